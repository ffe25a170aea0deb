//! What a model's likelihoods say: a line that is far less likely than a small change of it.
//!
//! The model is behind [`Likelihood`]; here is which changes are asked for, and when the answer is a
//! finding. How sure a gain makes us is not the model's to say: it is fitted on lines whose answer is
//! known (logistic regression on one variable, after Platt 1999), so that the confidence of a finding
//! is the precision that was measured.

use super::rules::UNLIKELY_LINE;
use super::source::{Draft, Source};
use super::{ChangedFile, Finding, Version, place};
use crate::base::{Line, splice};
use crate::refactor::Project;
use crate::syntax::{Context, mutations};

/// A model that tells how likely a text is at its place.
pub trait Likelihood {
    /// Natural logarithms of the likelihoods of `texts`, each standing between `before` and `after`;
    /// `None` when there is no answer in time.
    fn log_likelihoods(&mut self, before: &str, texts: &[String], after: &str) -> Option<Vec<f32>>;
}

/// One line whose answer is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// By how much the best small change was likelier, in nats.
    pub gain: f32,
    /// That change was right.
    pub is_bug: bool,
}

/// From a gain to a probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub slope: f32,
    pub offset: f32,
    /// Findings below this probability are not reported.
    pub least: f32,
}

impl Calibration {
    /// The probability that a line with this gain is a bug.
    pub fn probability(self, gain: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * gain + self.offset)).exp())
    }

    /// Fits slope and offset by Newton's method, and chooses the smallest threshold whose findings are
    /// right at least as often as `precision`. `None` when the samples show no such threshold, or are
    /// all of one kind.
    pub fn fit(samples: &[Sample], precision: f32) -> Option<Self> {
        let bugs = samples.iter().filter(|s| s.is_bug).count();
        if bugs == 0 || bugs == samples.len() {
            return None;
        }
        let (slope, offset) = logistic(samples);
        let mut sorted: Vec<Sample> = samples.to_vec();
        sorted.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let (mut right, mut least) = (0_usize, None);
        for (index, sample) in sorted.iter().enumerate() {
            right += usize::from(sample.is_bug);
            // All equal gains fall on the same side of a threshold.
            let last = sorted.get(index + 1).is_none_or(|next| next.gain < sample.gain);
            if last && right as f32 >= precision * (index + 1) as f32 {
                least = Some(sample.gain);
            }
        }
        let made = Self { slope, offset, least: 0.0 };
        least.filter(|_| slope > 0.0).map(|gain| Self { least: made.probability(gain), ..made })
    }
}

/// Iteratively reweighted least squares, with a little weight against infinite slopes.
fn logistic(samples: &[Sample]) -> (f32, f32) {
    let (mut slope, mut offset) = (0.0_f64, 0.0_f64);
    for _ in 0..50 {
        let (mut g0, mut g1) = (-1e-3 * slope, 0.0);
        let (mut h00, mut h01, mut h11) = (1e-3, 0.0, 1e-9);
        for sample in samples {
            let gain = f64::from(sample.gain);
            let p = 1.0 / (1.0 + (-(slope * gain + offset)).exp());
            let error = f64::from(u8::from(sample.is_bug)) - p;
            let weight = p * (1.0 - p);
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
        slope += step0.clamp(-5.0, 5.0);
        offset += step1.clamp(-5.0, 5.0);
        if step0.abs() + step1.abs() < 1e-9 {
            break;
        }
    }
    (slope as f32, offset as f32)
}

/// The new lines of a file that the model finds far less likely than a small change of them.
///
/// At most `most` lines are asked about, each with up to `changes` small transformations.
pub fn unlikely_lines(
    file: &ChangedFile,
    project: &dyn Project,
    model: &mut dyn Likelihood,
    calibration: Calibration,
    (most, changes): (usize, usize),
) -> Vec<Finding> {
    let is_test = file.repo_path().is_some_and(|path| project.is_test(&path));
    let Some(text) = file.after.as_ref().and_then(Version::text) else { return Vec::new() };
    let source = Source::new(&file.path, text, is_test, Some(file.new_lines()));
    if source.kind.aside() || source.kind.foreign() || !source.is_clean() {
        return Vec::new();
    }
    let lines: Vec<Line> = source
        .wanted_lines()
        .filter(|(_, _, text)| text.trim().len() > 3)
        .map(|(line, _, _)| line)
        .take(most)
        .collect();
    let found = lines
        .into_iter()
        .filter_map(|line| ask(&source, line, model, calibration, changes))
        .collect();
    place(&source, found)
}

fn ask(
    source: &Source,
    line: Line,
    model: &mut dyn Likelihood,
    calibration: Calibration,
    changes: usize,
) -> Option<Draft> {
    let parsed = source.parsed.as_ref()?;
    let whole = source.lines.span(line)?;
    let (before, after) = (&source.text[..whole.start], &source.text[whole.end..]);
    let edits: Vec<_> = mutations(parsed, [line], &Context::default())
        .into_iter()
        // What reaches over the line cannot be compared with it.
        .filter(|m| m.replacements.iter().all(|r| whole.contains(r.span)))
        .take(changes)
        .collect();
    let mut texts = vec![source.text[whole.start..whole.end].to_owned()];
    for edit in &edits {
        let changed = splice(&source.text, &edit.replacements).ok()?;
        texts.push(changed[whole.start..changed.len() - after.len()].to_owned());
    }
    let scores = model.log_likelihoods(before, &texts, after)?;
    let (own, others) = scores.split_first()?;
    let best = others.iter().zip(&edits).max_by(|a, b| a.0.total_cmp(b.0))?;
    let probability = calibration.probability(best.0 - own);
    if !probability.is_finite() || probability < calibration.least || best.0 <= own {
        return None;
    }
    let message =
        format!("the model finds this line unlikely here, and far likelier: {}", best.1.title);
    let draft = Draft::new(&UNLIKELY_LINE, source, whole, message);
    Some(draft.confidence(probability).patch(best.1.replacements.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refactor::testing::Memory;

    fn samples() -> Vec<Sample> {
        (0..200).map(|i| Sample { gain: i as f32 / 20.0, is_bug: i > 120 || i % 7 == 0 }).collect()
    }

    #[test]
    fn fitted_probabilities_are_those_measured() {
        let fitted = Calibration::fit(&samples(), 0.9).unwrap();
        assert!(
            fitted.slope > 0.0 && fitted.probability(9.0) > 0.9 && fitted.probability(0.5) < 0.3,
            "{fitted:?}"
        );
        let reported: Vec<Sample> =
            samples().into_iter().filter(|s| fitted.probability(s.gain) >= fitted.least).collect();
        let right = reported.iter().filter(|s| s.is_bug).count();
        assert!(
            right * 10 >= reported.len() * 9 && reported.len() > 60,
            "{right} of {}",
            reported.len()
        );
        let one_kind: Vec<Sample> = samples().into_iter().filter(|s| s.is_bug).collect();
        assert_eq!(Calibration::fit(&one_kind, 0.9), None);
    }

    struct Prefers(&'static str);
    impl Likelihood for Prefers {
        fn log_likelihoods(&mut self, _: &str, texts: &[String], _: &str) -> Option<Vec<f32>> {
            Some(texts.iter().map(|t| if t.contains(self.0) { -1.0 } else { -9.0 }).collect())
        }
    }

    #[test]
    fn a_far_likelier_change_is_reported() {
        let after = "def f(a, b):\n    return a < b\n";
        let file = ChangedFile::of_texts("src/a.py", None, Some(after));
        let memory = Memory::new(&[("src/a.py", after)]);
        let sure = Calibration { slope: 1.0, offset: -4.0, least: 0.9 };
        let found = unlikely_lines(&file, &memory, &mut Prefers("a <= b"), sure, (50, 100));
        assert_eq!(found.len(), 1);
        assert_eq!(splice(after, &found[0].patch).unwrap(), after.replace('<', "<="));
        assert!(found[0].confidence > 0.9);
        assert!(unlikely_lines(&file, &memory, &mut Prefers("a < b"), sure, (50, 100)).is_empty());
        let never = Calibration { least: 1.0, ..sure };
        assert!(
            unlikely_lines(&file, &memory, &mut Prefers("a <= b"), never, (50, 100)).is_empty()
        );
    }
}
