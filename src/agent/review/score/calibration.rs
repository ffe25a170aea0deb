//! From "how much likelier" to "how surely wrong": fitted on lines whose answer is known.
//!
//! Logistic regression on one variable (after Platt 1999). Half of the known lines are injected bugs, but
//! hardly any new line of a real change is one: each kind is weighted so that bugs are as rare as they are
//! thought to be, and the precision is that of reviews, not of the experiment.

/// One line whose answer is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// By how much the best small change was likelier, in nats.
    pub gain: f32,
    /// The line was a bug, and that change its repair.
    pub is_bug: bool,
}

/// What a calibration is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// Share of the findings that have to be right, 0 to 1.
    pub precision: f32,
    /// Share of the new lines of real changes that are bugs of this kind, above 0 and below 1.
    pub rate: f32,
}

/// From a gain to a probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub slope: f32,
    pub offset: f32,
    /// Findings below this probability are not reported.
    pub least: f32,
}

/// How a calibration does on lines that it was not fitted on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Injected bugs, and clean lines.
    pub bugs: usize,
    pub clean: usize,
    /// Of the bugs, those reported with their repair; of the clean lines, those reported.
    pub right: usize,
    pub wrong: usize,
    /// Weighted by the rate of bugs; `None` when nothing was reported.
    pub precision: Option<f32>,
    /// By tenths of the probability that was claimed; empty ones are left out.
    pub bins: Vec<Bin>,
}

/// What was claimed with about the same probability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    pub samples: usize,
    /// Weighted means: what was claimed, and what it was.
    pub claimed: f32,
    pub observed: f32,
}

/// What one sample counts for, by its kind.
#[derive(Clone, Copy, Debug)]
struct Weights {
    bug: f64,
    other: f64,
}

impl Weights {
    fn new(samples: &[Sample], rate: f32) -> Self {
        let rate = f64::from(rate);
        let bugs = samples.iter().filter(|s| s.is_bug).count().max(1) as f64;
        let others = samples.iter().filter(|s| !s.is_bug).count().max(1) as f64;
        let all = samples.len() as f64;
        Self { bug: rate * all / bugs, other: (1.0 - rate) * all / others }
    }

    fn of(self, sample: &Sample) -> f64 {
        if sample.is_bug { self.bug } else { self.other }
    }
}

impl Calibration {
    /// The probability that a line with this gain is a bug.
    pub fn probability(self, gain: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * gain + self.offset)).exp())
    }

    /// Fits slope and offset by Newton's method, and chooses the smallest threshold whose findings are right
    /// as often as the goal says, even if one more of them were wrong: that none was is no proof that none
    /// will be. `None` when the samples show no such threshold, or are all of one kind.
    pub fn fit(samples: &[Sample], goal: Goal) -> Option<Self> {
        let bugs = samples.iter().filter(|s| s.is_bug).count();
        if bugs == 0 || bugs == samples.len() {
            return None;
        }
        let weights = Weights::new(samples, goal.rate);
        let (slope, offset) = logistic(samples, weights);
        let mut sorted: Vec<Sample> = samples.to_vec();
        sorted.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let (mut right, mut wrong, mut least) = (0.0, weights.other, None);
        for (index, sample) in sorted.iter().enumerate() {
            *(if sample.is_bug { &mut right } else { &mut wrong }) += weights.of(sample);
            // All equal gains fall on the same side of a threshold.
            let last = sorted.get(index + 1).is_none_or(|next| next.gain < sample.gain);
            if last && right >= f64::from(goal.precision) * (right + wrong) {
                least = Some(sample.gain);
            }
        }
        let made = Self { slope, offset, least: 0.0 };
        least.filter(|_| slope > 0.0).map(|gain| Self { least: made.probability(gain), ..made })
    }

    /// True when a line with this gain is reported.
    pub fn reports(self, gain: f32) -> bool {
        let probability = self.probability(gain);
        gain > 0.0 && probability.is_finite() && probability >= self.least
    }

    /// What the calibration makes of other samples. `bugs` is how many lines had one put in, also those whose
    /// best change was not the repair.
    pub fn measure(self, samples: &[Sample], bugs: usize, rate: f32) -> Measured {
        let weights = Weights::new(samples, rate);
        let reported = |s: &&Sample| self.reports(s.gain);
        let right = samples.iter().filter(reported).filter(|s| s.is_bug).count();
        let wrong = samples.iter().filter(reported).filter(|s| !s.is_bug).count();
        let (good, bad) = (right as f64 * weights.bug, wrong as f64 * weights.other);
        let mut bins = Vec::new();
        for tenth in 0..10 {
            let of_bin = |s: &&Sample| ((self.probability(s.gain) * 10.0) as usize).min(9) == tenth;
            let inside: Vec<&Sample> = samples.iter().filter(of_bin).collect();
            let weight: f64 = inside.iter().map(|s| weights.of(s)).sum();
            if weight > 0.0 {
                let claimed: f64 = inside
                    .iter()
                    .map(|s| weights.of(s) * f64::from(self.probability(s.gain)))
                    .sum();
                let observed = inside.iter().filter(|s| s.is_bug).count() as f64 * weights.bug;
                bins.push(Bin {
                    samples: inside.len(),
                    claimed: (claimed / weight) as f32,
                    observed: (observed / weight) as f32,
                });
            }
        }
        Measured {
            bugs,
            clean: samples.iter().filter(|s| !s.is_bug).count(),
            right,
            wrong,
            precision: (right + wrong > 0).then(|| (good / (good + bad)) as f32),
            bins,
        }
    }
}

/// Iteratively reweighted least squares, with a little weight against infinite slopes.
fn logistic(samples: &[Sample], weights: Weights) -> (f32, f32) {
    let (mut slope, mut offset) = (0.0_f64, 0.0_f64);
    for _ in 0..100 {
        let (mut g0, mut g1) = (-1e-3 * slope, 0.0);
        let (mut h00, mut h01, mut h11) = (1e-3, 0.0, 1e-9);
        for sample in samples {
            let gain = f64::from(sample.gain);
            let p = 1.0 / (1.0 + (-(slope * gain + offset)).exp());
            let error = weights.of(sample) * (f64::from(u8::from(sample.is_bug)) - p);
            let weight = weights.of(sample) * p * (1.0 - p);
            g0 += error * gain;
            g1 += error;
            h00 += weight * gain * gain;
            h01 += weight * gain;
            h11 += weight;
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant.abs() < 1e-12 {
            break;
        }
        let (step0, step1) =
            ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        slope += step0.clamp(-2.0, 2.0);
        offset += step1.clamp(-2.0, 2.0);
        if step0.abs() + step1.abs() < 1e-9 {
            break;
        }
    }
    (slope as f32, offset as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: Goal = Goal { precision: 0.9, rate: 0.4 };

    fn samples() -> Vec<Sample> {
        (0..200).map(|i| Sample { gain: i as f32 / 20.0, is_bug: i > 120 || i % 7 == 0 }).collect()
    }

    #[test]
    fn fitted_probabilities_are_those_measured() {
        let fitted = Calibration::fit(&samples(), GOAL).unwrap();
        assert!(
            fitted.slope > 0.0 && fitted.probability(9.0) > 0.9 && fitted.probability(0.5) < 0.3,
            "{fitted:?}"
        );
        let measured = fitted.measure(&samples(), 95, GOAL.rate);
        assert!(measured.precision.unwrap() >= 0.9 && measured.right > 50, "{measured:?}");
        assert!(measured.bins.len() > 3);
        let one_kind: Vec<Sample> = samples().into_iter().filter(|s| s.is_bug).collect();
        assert_eq!(Calibration::fit(&one_kind, GOAL), None);
    }

    /// Bugs as often as a logistic curve says.
    fn lawful() -> Vec<Sample> {
        let of = |i: u32| {
            let gain = (i % 200) as f32 / 20.0;
            let chance = 1.0 / (1.0 + (6.0 - gain).exp());
            Sample { gain, is_bug: (i * 7_919 % 4_001) as f32 / 4_001.0 < chance }
        };
        (0..4_000).map(of).collect()
    }

    #[test]
    fn what_is_claimed_is_what_is_seen() {
        let samples = lawful();
        let bugs = samples.iter().filter(|sample| sample.is_bug).count();
        let rate = bugs as f32 / samples.len() as f32;
        let fitted = Calibration::fit(&samples, Goal { rate, ..GOAL }).unwrap();
        let measured = fitted.measure(&samples, bugs, rate);
        let off = |bin: &Bin| (bin.claimed - bin.observed).abs();
        assert!(measured.bins.iter().all(|bin| bin.samples < 50 || off(bin) < 0.1), "{measured:?}");
    }

    #[test]
    fn rare_bugs_need_more_evidence() {
        // Among equally many bugs and clean lines nine of ten findings are right; among real lines none would be.
        let rare = Goal { rate: 0.01, ..GOAL };
        assert!(Calibration::fit(&samples()[..150], GOAL).is_some());
        assert_eq!(Calibration::fit(&samples()[..150], rare), None);
        // No false alarm in a few lines says little about hundreds of them.
        let apart = |n: u32| -> Vec<Sample> {
            (0..n).map(|i| Sample { gain: (i % 2) as f32 * 5.0, is_bug: i % 2 == 1 }).collect()
        };
        assert_eq!(Calibration::fit(&apart(200), rare), None);
        assert!(Calibration::fit(&apart(20_000), rare).is_some());
    }

    #[test]
    fn noise_yields_no_calibration() {
        let mut state = 7_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / 16_777_216.0
        };
        let samples: Vec<Sample> =
            (0..600).map(|i| Sample { gain: noise(), is_bug: i % 2 == 0 }).collect();
        assert_eq!(Calibration::fit(&samples, Goal { precision: 0.8, rate: 0.02 }), None);
        assert!(!Calibration { slope: f32::NAN, offset: 0.0, least: 0.5 }.reports(9.0));
    }
}
