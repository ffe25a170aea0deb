//! Chances from costs: curves fitted to bugs whose end is known, and how far they can be believed.
//!
//! Isotonic regression is pool adjacent violators (Ayer et al. 1955, "An empirical distribution function for
//! sampling with incomplete information"); the other curve is Platt's scaling, a temperature and an offset
//! (Platt 1999, "Probabilistic outputs for support vector machines"), with his smoothed targets. Which of
//! them is used is decided by the loss on cases that were left out.

use serde::Serialize;

use super::compare::Case;
use crate::agent::cascade::{Curve, Fitted};

/// Parts that are left out one after the other.
const FOLDS: usize = 5;
/// Steps of Newton's method at most.
const MAX_STEPS: usize = 100;
/// Ends when neither number moves by more.
const TOLERANCE: f64 = 1e-9;
/// Chances nearer to 0 or 1 cost no more than this in the loss: nothing here is that sure.
const SURE: f64 = 1e-3;

/// One observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub cost: f64,
    /// Whether it ended well.
    pub right: bool,
    /// The case that it is of; cases are left out as a whole.
    pub case: usize,
}

/// A curve, how it was chosen, and what it is worth.
#[derive(Clone, Debug)]
pub struct Found {
    pub fitted: Fitted,
    /// "isotonic" or "logistic".
    pub method: &'static str,
    /// Mean log-loss in nats on cases that were left out: isotonic, logistic, and the share alone.
    pub losses: [f64; 3],
    /// The expected calibration error on cases that were left out, from 0 to 1.
    pub error: f64,
    pub bins: Vec<Bin>,
}

/// Samples of similar chances.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub samples: usize,
    /// The mean of what was foretold.
    pub foretold: f64,
    /// The share that came true.
    pub seen: f64,
}

/// By the cost that a search had come to: whether it found the repair after that.
pub fn of_search(cases: &[Case]) -> Vec<Sample> {
    let mut out = Vec::new();
    for (case, known) in cases.iter().enumerate() {
        let right = known.outcome == "repaired";
        let ends = known.position.filter(|_| right).unwrap_or(u64::MAX);
        let before = known.trail.iter().filter(|(handed, _)| *handed <= ends);
        out.extend(before.map(|(_, cost)| Sample { cost: *cost, right, case }));
    }
    out
}

/// By the cost of what was claimed: whether it was right.
pub fn of_claims(cases: &[Case]) -> Vec<Sample> {
    let claim = |(case, known): (usize, &Case)| {
        let right = match known.outcome.as_str() {
            "repaired" => true,
            "claimed wrongly" => false,
            _ => return None,
        };
        Some(Sample { cost: known.cost?, right, case })
    };
    cases.iter().enumerate().filter_map(claim).collect()
}

/// Claims of one generator that a curve of its own takes: fewer tell less than all claims together.
pub const FEWEST: usize = 20;

/// By the cost of what one generator has claimed: whether it was right.
pub fn of_tier(cases: &[Case], tier: &str) -> Vec<Sample> {
    let own = |sample: &Sample| cases[sample.case].tier.as_deref() == Some(tier);
    of_claims(cases).into_iter().filter(own).collect()
}

/// By the surprise of a model at the answer that was claimed: whether it was right.
pub fn of_answers(cases: &[Case]) -> Vec<Sample> {
    let answer = |sample: Sample| Some(Sample { cost: cases[sample.case].surprise?, ..sample });
    of_claims(cases).into_iter().filter_map(answer).collect()
}

/// The better of both curves for a part of the claims; `None` for fewer than [`FEWEST`], or where all of them ended
/// alike.
pub fn fit_part(samples: &[Sample], bins: usize) -> Option<Found> {
    let good = samples.iter().filter(|sample| sample.right).count();
    let tells = samples.len() >= FEWEST && good > 0 && good < samples.len();
    if tells { fit(samples, bins) } else { None }
}

/// The better of both curves for these samples; `None` without any.
pub fn fit(samples: &[Sample], bins: usize) -> Option<Found> {
    if samples.is_empty() {
        return None;
    }
    let isotonic_out = left_out(samples, isotonic);
    let logistic_out = left_out(samples, logistic);
    let shares = left_out(samples, |rest| Curve::Isotonic(vec![(0.0, share(rest))]));
    let losses = [&isotonic_out, &logistic_out, &shares].map(|foretold| loss(foretold));
    let is_stepped = losses[0] < losses[1];
    let (method, curve, foretold) = match is_stepped {
        true => ("isotonic", isotonic(samples), isotonic_out),
        false => ("logistic", logistic(samples), logistic_out),
    };
    let mut cases: Vec<usize> = samples.iter().map(|sample| sample.case).collect();
    cases.dedup();
    let bins = reliability(&foretold, bins);
    Some(Found {
        fitted: Fitted { cases: cases.len(), curve: rounded(curve) },
        method,
        losses,
        error: calibration_error(&bins),
        bins,
    })
}

/// The falling curve nearest to the samples.
pub fn isotonic(samples: &[Sample]) -> Curve {
    let mut sorted: Vec<Sample> = samples.to_vec();
    sorted.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    // Blocks of neighbours: the sum of their costs, of their good ends, and how many they are.
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    for (index, sample) in sorted.iter().enumerate() {
        let good = f64::from(u8::from(sample.right));
        // Equal costs have one chance.
        let same = index > 0 && sorted[index - 1].cost == sample.cost;
        match blocks.last_mut().filter(|_| same) {
            Some(last) => *last = joined(*last, (sample.cost, good, 1.0)),
            None => blocks.push((sample.cost, good, 1.0)),
        }
        while let [.., before, last] = blocks.as_slice()
            && before.1 / before.2 <= last.1 / last.2
        {
            let both = joined(*before, *last);
            blocks.truncate(blocks.len() - 2);
            blocks.push(both);
        }
    }
    Curve::Isotonic(blocks.iter().map(|(cost, good, n)| (cost / n, good / n)).collect())
}

fn joined(a: (f64, f64, f64), b: (f64, f64, f64)) -> (f64, f64, f64) {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

/// The logistic curve under which the samples are most likely; one that would rise is level instead.
pub fn logistic(samples: &[Sample]) -> Curve {
    let good = count(samples, true);
    let bad = count(samples, false);
    // Platt's targets: as if one more of each had been seen.
    let target = |right: bool| if right { (good + 1.0) / (good + 2.0) } else { 1.0 / (bad + 2.0) };
    let level = (good + 1.0) / (good + bad + 2.0);
    let (mut slope, mut offset) = (0.0_f64, (level / (1.0 - level)).ln());
    for _ in 0..MAX_STEPS {
        let (mut by_slope, mut by_offset) = (0.0, 0.0);
        // A little is added so that a single cost does not make it singular.
        let (mut ss, mut so, mut oo) = (1e-6, 0.0, 1e-6);
        for sample in samples {
            let chance = 1.0 / (1.0 + (-(offset + slope * sample.cost)).exp());
            let apart = target(sample.right) - chance;
            by_slope += apart * sample.cost;
            by_offset += apart;
            let weight = chance * (1.0 - chance);
            ss += weight * sample.cost * sample.cost;
            so += weight * sample.cost;
            oo += weight;
        }
        let determinant = ss * oo - so * so;
        if determinant.abs() < 1e-12 {
            break;
        }
        let step = (
            (oo * by_slope - so * by_offset) / determinant,
            (ss * by_offset - so * by_slope) / determinant,
        );
        // Far from the optimum a whole step may overshoot.
        let longest = step.0.abs().max(step.1.abs());
        let part = if longest > 1.0 { 1.0 / longest } else { 1.0 };
        slope += part * step.0;
        offset += part * step.1;
        if longest < TOLERANCE {
            break;
        }
    }
    if slope > 0.0 || !slope.is_finite() || !offset.is_finite() {
        return Curve::Logistic { slope: 0.0, offset: (level / (1.0 - level)).ln() };
    }
    Curve::Logistic { slope, offset }
}

/// What each sample is foretold by a curve that has seen nothing of its case, and what came.
fn left_out(samples: &[Sample], make: impl Fn(&[Sample]) -> Curve) -> Vec<(f64, bool)> {
    let mut out = vec![(0.5, false); samples.len()];
    for fold in 0..FOLDS {
        let rest: Vec<Sample> =
            samples.iter().filter(|sample| sample.case % FOLDS != fold).copied().collect();
        if rest.is_empty() {
            continue;
        }
        let curve = make(&rest);
        for (slot, sample) in out.iter_mut().zip(samples) {
            if sample.case % FOLDS == fold {
                *slot = (curve.at(sample.cost), sample.right);
            }
        }
    }
    out
}

/// The mean of the negative logarithms of what was foretold for what came, in nats.
pub fn loss(foretold: &[(f64, bool)]) -> f64 {
    let one = |(chance, right): &(f64, bool)| {
        let chance = if *right { *chance } else { 1.0 - chance };
        -chance.max(SURE).ln()
    };
    mean(foretold.iter().map(one))
}

/// Bins of as many samples each, by what was foretold.
pub fn reliability(foretold: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    let mut sorted = foretold.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = sorted.len().div_ceil(bins.max(1)).max(1);
    sorted
        .chunks(size)
        .map(|chunk| Bin {
            samples: chunk.len(),
            foretold: mean(chunk.iter().map(|(chance, _)| *chance)),
            seen: mean(chunk.iter().map(|(_, right)| f64::from(u8::from(*right)))),
        })
        .collect()
}

/// The mean distance of what was foretold from what was seen, each bin with its weight.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
pub fn calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.samples).sum();
    let apart = |bin: &Bin| (bin.foretold - bin.seen).abs() * bin.samples as f64;
    bins.iter().map(apart).sum::<f64>() / all.max(1) as f64
}

/// To as many digits as a few hundred cases can bear.
fn rounded(curve: Curve) -> Curve {
    let round = |number: f64| (number * 1e4).round() / 1e4;
    match curve {
        Curve::Logistic { slope, offset } => {
            Curve::Logistic { slope: round(slope), offset: round(offset) }
        }
        Curve::Isotonic(points) => {
            let mut points: Vec<_> = points.iter().map(|(c, p)| (round(*c), round(*p))).collect();
            points.dedup_by_key(|(cost, _)| *cost);
            Curve::Isotonic(points)
        }
    }
}

fn share(samples: &[Sample]) -> f64 {
    mean(samples.iter().map(|sample| f64::from(u8::from(sample.right))))
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn count(samples: &[Sample], right: bool) -> f64 {
    samples.iter().filter(|sample| sample.right == right).count() as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len().max(1) as f64;
    values.sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A source of numbers that look random and are the same in every run.
    fn numbers(seed: u64) -> impl Iterator<Item = f64> {
        let mut state = seed;
        std::iter::from_fn(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
            Some((state >> 11) as f64 / (1_u64 << 53) as f64)
        })
    }

    /// Samples whose chance is `truth` of their cost, from 0 to 8.
    fn drawn(n: usize, truth: impl Fn(f64) -> f64) -> Vec<Sample> {
        let mut numbers = numbers(7);
        let mut next = || numbers.next().unwrap();
        (0..n)
            .map(|case| {
                let cost = 8.0 * next();
                Sample { cost, right: next() < truth(cost), case }
            })
            .collect()
    }

    fn logistic_truth(cost: f64) -> f64 {
        1.0 / (1.0 + (cost - 3.0).exp())
    }

    #[test]
    fn a_logistic_truth_is_found_and_believed() {
        let samples = drawn(4000, logistic_truth);
        let Curve::Logistic { slope, offset } = logistic(&samples) else { panic!("logistic") };
        assert!((slope + 1.0).abs() < 0.1 && (offset - 3.0).abs() < 0.3, "{slope} {offset}");
        let found = fit(&samples, 10).unwrap();
        assert!(found.losses[0] < found.losses[2] && found.losses[1] < found.losses[2]);
        assert_eq!((found.method, found.fitted.cases), ("logistic", 4000));
        assert!(found.error < 0.05, "{}", found.error);
        assert_eq!(found.bins.len(), 10);
    }

    #[test]
    fn a_truth_with_steps_is_isotonic() {
        let samples = drawn(4000, |cost| if cost < 2.0 { 0.9 } else { 0.3 });
        let found = fit(&samples, 8).unwrap();
        assert_eq!(found.method, "isotonic", "{:?}", found.losses);
        let curve = &found.fitted.curve;
        assert!((curve.at(1.0) - 0.9).abs() < 0.06 && (curve.at(6.0) - 0.3).abs() < 0.06);
        assert!(found.error < 0.05);
    }

    #[test]
    fn what_tells_nothing_is_level() {
        let samples = drawn(900, |_| 0.25);
        let Curve::Logistic { slope, .. } = logistic(&samples) else { panic!("logistic") };
        assert!(slope.abs() < 0.1, "{slope}");
        // Dearer ones that end better are not believed to.
        let rising: Vec<Sample> = drawn(900, |cost| cost / 9.0);
        let curve = logistic(&rising);
        assert!((curve.at(0.0) - curve.at(8.0)).abs() < 1e-9, "{curve:?}");
        let Curve::Isotonic(points) = isotonic(&rising) else { panic!("isotonic") };
        assert!(points.len() < 20, "{points:?}");
    }

    #[test]
    fn few_samples_and_extremes_are_no_trouble() {
        assert!(fit(&[], 5).is_none());
        let one = |right| Sample { cost: 1.0, right, case: 0 };
        for samples in [vec![one(true)], vec![one(false)], vec![one(true), one(false), one(true)]] {
            let found = fit(&samples, 5).unwrap();
            let chance = found.fitted.curve.at(1.0);
            assert!((0.0..=1.0).contains(&chance), "{samples:?}");
        }
        let all = drawn(50, |_| 2.0);
        assert!(logistic(&all).at(3.0) < 1.0, "never quite sure");
    }

    #[test]
    fn neighbours_that_disagree_share_their_mean() {
        let samples: Vec<Sample> = [(1.0, true), (2.0, false), (3.0, true), (4.0, false)]
            .iter()
            .enumerate()
            .map(|(case, (cost, right))| Sample { cost: *cost, right: *right, case })
            .collect();
        let wanted = vec![(1.0, 1.0), (2.5, 0.5), (4.0, 0.0)];
        assert_eq!(isotonic(&samples), Curve::Isotonic(wanted));
    }

    #[test]
    fn samples_are_taken_from_what_a_run_has_kept() {
        let case = |outcome: &str, position, cost, trail: &[(u64, f64)]| Case {
            outcome: outcome.to_owned(),
            position,
            cost,
            trail: trail.to_vec(),
            ..Case::default()
        };
        let cases = [
            case("repaired", Some(2), Some(1.5), &[(1, 1.0), (2, 1.5), (4, 2.0)]),
            case("claimed wrongly", Some(1), Some(0.5), &[(1, 0.5)]),
            case("no claim", None, None, &[(1, 3.0)]),
        ];
        let search: Vec<_> = of_search(&cases).iter().map(|s| (s.cost, s.right, s.case)).collect();
        assert_eq!(search, [(1.0, true, 0), (1.5, true, 0), (0.5, false, 1), (3.0, false, 2)]);
        let claims: Vec<_> = of_claims(&cases).iter().map(|s| (s.cost, s.right)).collect();
        assert_eq!(claims, [(1.5, true), (0.5, false)]);
    }

    #[test]
    fn a_generator_and_a_model_have_curves_of_their_own_once_enough_was_seen() {
        let mut numbers = numbers(3);
        let mut next = || numbers.next().unwrap();
        let mut case = |tier: &str, surprise: Option<f64>| {
            let right = surprise.map_or(next() < 0.9, |surprise| next() < (-surprise).exp());
            let outcome = if right { "repaired" } else { "claimed wrongly" }.to_owned();
            let (cost, tier) = (Some(2.0 + next()), Some(tier.to_owned()));
            Case { outcome, cost, tier, surprise, ..Case::default() }
        };
        let mut cases: Vec<Case> = (0..15).map(|_| case("compiler", None)).collect();
        cases.extend((0..400).map(|_| case("rule", None)));
        cases.extend((0..400).map(|at| case("model", Some(f64::from(at) / 100.0))));
        assert!(fit_part(&of_tier(&cases, "compiler"), 5).is_none(), "too few");
        let rule = fit_part(&of_tier(&cases, "rule"), 5).unwrap().fitted;
        assert_eq!(rule.cases, 400);
        assert!((rule.curve.at(2.5) - 0.9).abs() < 0.05);
        let model = fit_part(&of_tier(&cases, "model"), 5).unwrap();
        let answer = fit_part(&of_answers(&cases), 5).unwrap();
        let loss = |found: &Found| found.losses[0].min(found.losses[1]);
        assert!(loss(&answer) < loss(&model) - 0.05, "the surprise tells more than the cost");
        assert!(answer.fitted.curve.at(0.1) > 0.7 && answer.fitted.curve.at(3.5) < 0.25);
        let alike: Vec<Sample> = of_answers(&cases).into_iter().filter(|s| s.right).collect();
        assert!(alike.len() >= FEWEST && fit_part(&alike, 5).is_none(), "all ended alike");
    }

    #[test]
    fn reliability_is_told_bin_by_bin() {
        let foretold = [(0.1, false), (0.2, false), (0.8, true), (0.9, false)];
        let bins = reliability(&foretold, 2);
        assert_eq!(bins.iter().map(|bin| bin.samples).collect::<Vec<_>>(), [2, 2]);
        assert!((bins[1].foretold - 0.85).abs() < 1e-9 && (bins[1].seen - 0.5).abs() < 1e-9);
        assert!((calibration_error(&bins) - (0.15 + 0.35) / 2.0).abs() < 1e-9);
        assert!((loss(&[(0.5, true), (0.5, false)]) - 2.0_f64.ln()).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn fits_fall_and_are_chances(
            points in proptest::collection::vec((-5.0..9.0_f64, any::<bool>()), 1..60),
        ) {
            let samples: Vec<Sample> = points
                .iter()
                .enumerate()
                .map(|(case, (cost, right))| Sample { cost: *cost, right: *right, case })
                .collect();
            for curve in [isotonic(&samples), logistic(&samples)] {
                let mut last = 1.0;
                for tenth in -60..100 {
                    let chance = curve.at(f64::from(tenth) / 10.0);
                    prop_assert!((0.0..=1.0).contains(&chance) && chance <= last + 1e-9);
                    last = chance;
                }
            }
        }
    }
}
