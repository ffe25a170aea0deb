//! Lines whose answer is known: those that stayed in a history, and the same with one small change.

use super::calibration::Sample;
use super::{Alternatives, Likelihood, best, worth_asking};
use crate::agent::review::change::LineRange;
use crate::agent::review::source::Source;
use crate::base::splice;

/// What a model said of lines whose answer is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    pub samples: Vec<Sample>,
    /// How many of the lines had a bug put in. Where the best change is another than the repair there is no
    /// sample: it would be neither right nor a false alarm.
    pub bugs: usize,
}

/// Asks about `lines` of a text that are thought to be right, each as it is and with one small change put in.
/// Stops where the model has no answer, and after `most` lines.
///
/// `seed` chooses the lines and the changes; the same seed chooses the same.
pub fn trials(
    path: &str,
    text: &str,
    lines: Vec<LineRange>,
    model: &mut dyn Likelihood,
    (most, changes): (usize, usize),
    seed: u64,
) -> Trial {
    let source = Source::new(path, text, false, Some(lines));
    let mut lines = worth_asking(&source);
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
    lines.sort_by_key(|line| Random(seed.wrapping_add(u64::from(line.0))).next());
    let mut trial = Trial::default();
    for line in lines.into_iter().take(most) {
        let Some(alternatives) = Alternatives::of(&source, line, changes) else { continue };
        let (before, after) = alternatives.around(&source.text);
        let own = alternatives.own(&source.text);
        let mut texts = alternatives.texts.clone();
        texts.push(own.clone());
        let Some(scores) = model.log_likelihoods(before, &texts, after) else { break };
        let Some((clean, others)) = scores.split_last() else { break };
        if let Some((_, other)) = best(others) {
            trial.samples.push(Sample { gain: other - clean, is_bug: false });
        }
        let chosen = random.below(alternatives.edits.len());
        let bug = splice(&source.text, &alternatives.edits[chosen].replacements).ok();
        let Some(bug) = bug else { continue };
        let changed = Source::new(path, &bug, false, None);
        let Some(back) = Alternatives::of(&changed, line, changes) else { continue };
        let Some(scores) = model.log_likelihoods(before, &back.texts, after) else { break };
        trial.bugs += 1;
        if let Some((_, score)) = best(&scores).filter(|(at, _)| back.texts[*at] == own) {
            trial.samples.push(Sample { gain: score - others[chosen], is_bug: true });
        }
    }
    trial
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Line;

    const TEXT: &str = "def f(a, b):\n    return a < b\n\n\ndef g(a, b):\n    return a + b\n";

    /// Knows the right lines.
    struct Knows;
    impl Likelihood for Knows {
        fn log_likelihoods(&mut self, _: &str, texts: &[String], _: &str) -> Option<Vec<f32>> {
            Some(
                texts.iter().map(|t| if TEXT.contains(t.as_str()) { -1.0 } else { -8.0 }).collect(),
            )
        }
    }

    #[test]
    fn who_knows_the_lines_finds_the_bugs() {
        let all = || vec![Line(1)..=Line(6)];
        let trial = trials("src/a.py", TEXT, all(), &mut Knows, (10, 40), 1);
        let (bugs, clean): (Vec<&Sample>, Vec<&Sample>) =
            trial.samples.iter().partition(|sample| sample.is_bug);
        assert!(!bugs.is_empty() && bugs.iter().all(|s| s.gain == 7.0), "{trial:?}");
        assert!(clean.len() >= 2 && clean.iter().all(|s| s.gain <= 0.0), "{trial:?}");
        assert_eq!(trial, trials("src/a.py", TEXT, all(), &mut Knows, (10, 40), 1));
        let tests = trials("tests/test_a.py", TEXT, all(), &mut Knows, (10, 40), 1);
        assert_eq!(tests, Trial::default());
    }
}
