//! How likely a line is, as an engine tells it: a window of the text around the line, and the line in it.

use std::fmt;

use crate::agent::review::Likelihood;
use crate::base::{Cancel, floor_char};
use crate::engine::{Engine, EngineError, quote};

/// Bytes of the text before and after a line that the model sees: about 1,000 and 300 tokens of code.
const BEFORE: usize = 3_000;
const AFTER: usize = 900;
/// The window begins at a line behind a multiple of this: lines near to each other begin with the same text,
/// which the engine computes once.
const STEP: usize = 1_000;
/// Lines behind the line that are judged with it, for a model that only goes on. What is wrong is often
/// seen from what follows.
const FOLLOWING: usize = 2;
/// A window smaller than this says nothing.
const LEAST: usize = 60;

/// An engine as a judge of lines.
pub struct Judge<'e> {
    engine: &'e mut dyn Engine,
    cancel: Cancel,
    /// Halved when a prompt was too long for the context, down to nothing.
    before: usize,
    after: usize,
    failure: Option<EngineError>,
}

impl fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl<'e> Judge<'e> {
    /// A judge that is silent once `cancel` says stop.
    pub fn new(engine: &'e mut dyn Engine, cancel: &Cancel) -> Self {
        Self { engine, cancel: cancel.clone(), before: BEFORE, after: AFTER, failure: None }
    }

    /// Why it does not answer any more; [`EngineError::Cancelled`] when the time was up.
    pub fn failure(&self) -> Option<&EngineError> {
        self.failure.as_ref()
    }

    /// The prompt, and what is behind each text.
    fn prompt<'t>(&self, before: &str, after: &'t str) -> (String, &'t str) {
        let before = head(before, self.before);
        match &self.engine.info().fim {
            Some(fim) => (fim.prompt(before, tail(after, self.after)), ""),
            None => {
                let lines: usize =
                    after.split_inclusive('\n').take(FOLLOWING).map(str::len).sum::<usize>();
                // Nothing can be likely after nothing.
                let before = if before.is_empty() { "\n" } else { before };
                (quote(before), tail(&after[..lines], self.after))
            }
        }
    }
}

impl Likelihood for Judge<'_> {
    fn log_likelihoods(&mut self, before: &str, texts: &[String], after: &str) -> Option<Vec<f32>> {
        while self.failure.is_none() && self.before >= LEAST {
            let (prefix, behind) = self.prompt(before, after);
            let continuations: Vec<String> =
                texts.iter().map(|text| format!("{text}{behind}")).collect();
            match self.engine.score(&prefix, &continuations, &self.cancel) {
                Ok(scores) => return Some(scores.into_iter().map(|score| score.logprob).collect()),
                Err(EngineError::PromptTooLong { .. }) => {
                    self.before /= 2;
                    self.after /= 2;
                }
                Err(error) => self.failure = Some(error),
            }
        }
        None
    }
}

/// The last bytes of a text, about so many, from the beginning of a line.
fn head(text: &str, most: usize) -> &str {
    let from = text.len().saturating_sub(most);
    if from == 0 {
        return text;
    }
    let step = STEP.min(most / 3).max(1);
    let from = floor_char(text, (from.div_ceil(step) * step).min(text.len()));
    let line = text[from..].find('\n').map_or(from, |at| from + at + 1);
    if line < text.len() { &text[line..] } else { &text[from..] }
}

/// The first bytes of a text, at most so many, to the end of a line where there is one.
fn tail(text: &str, most: usize) -> &str {
    let cut = &text[..floor_char(text, most.min(text.len()))];
    if cut.len() == text.len() {
        return cut;
    }
    cut.rfind('\n').map_or(cut, |at| &cut[..=at])
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::engine::{Fim, Scripted};

    /// Prefixes with what was scored after them.
    type Asked = Arc<Mutex<Vec<(String, String)>>>;

    fn asked(engine: Scripted) -> (Scripted, Asked) {
        let record = Asked::default();
        let seen = Arc::clone(&record);
        let scoring = move |prefix: &str, text: &str| {
            seen.lock().unwrap().push((prefix.to_owned(), text.to_owned()));
            -1.0
        };
        (engine.scoring(scoring), record)
    }

    fn texts() -> Vec<String> {
        vec!["b\n".to_owned(), "B\n".to_owned()]
    }

    #[test]
    fn a_model_that_goes_on_judges_what_follows_too() {
        let (mut engine, record) = asked(Scripted::new());
        let mut judge = Judge::new(&mut engine, &Cancel::new());
        assert_eq!(judge.log_likelihoods("a\n", &texts(), "c\nd\ne\n").unwrap(), [-1.0, -1.0]);
        judge.log_likelihoods("", &texts(), "").unwrap();
        let seen = record.lock().unwrap();
        assert_eq!(seen[0], (quote("a\n"), "b\nc\nd\n".to_owned()));
        assert_eq!(seen[1].1, "B\nc\nd\n");
        assert_eq!(seen[2], (quote("\n"), "b\n".to_owned()));
    }

    #[test]
    fn a_model_that_fills_in_is_asked_for_the_line() {
        let fim = Fim { prefix: "<P>".into(), suffix: "<S>".into(), middle: Some("<M>".into()) };
        let (mut engine, record) = asked(Scripted::new().with_fim(fim));
        Judge::new(&mut engine, &Cancel::new()).log_likelihoods("a\n", &texts(), "c\nd\n").unwrap();
        let prompt = format!("<P>{}<S>{}<M>", quote("a\n"), quote("c\nd\n"));
        assert_eq!(record.lock().unwrap()[0], (prompt, "b\n".to_owned()));
    }

    #[test]
    fn the_window_has_bounds_and_a_steady_beginning() {
        let text: String = (0..2_000).map(|n| format!("line {n}\n")).collect();
        let start = |end: usize| text[..end].len() - head(&text[..end], BEFORE).len();
        let mut starts: Vec<usize> = (0..100).map(|n| start(10_000 + 20 * n)).collect();
        assert!(starts.iter().all(|at| text[..*at].ends_with('\n')));
        starts.dedup();
        assert!(starts.len() <= 4, "{starts:?}");
        assert!((10..3_000).all(|n| head(&text[..10_000 + n], BEFORE).len() <= BEFORE));
        assert_eq!(tail("a\nbb\n", 3), "a\n");
        assert_eq!(tail("äöü", 3), "ä");
        assert_eq!(head(&"ä".repeat(4_000), 3_000).chars().next(), Some('ä'));
    }

    #[test]
    fn silence_has_a_reason() {
        let cancel = Cancel::new();
        cancel.cancel();
        let mut engine = Scripted::new();
        let mut judge = Judge::new(&mut engine, &cancel);
        assert_eq!(judge.log_likelihoods("a", &texts(), ""), None);
        assert!(matches!(judge.failure(), Some(EngineError::Cancelled)));
        let mut engine = Scripted::new().dying();
        let mut judge = Judge::new(&mut engine, &Cancel::new());
        assert_eq!(judge.log_likelihoods("a", &texts(), ""), None);
        assert!(matches!(judge.failure(), Some(EngineError::WorkerDied(_))));
    }
}
