//! What a model's likelihoods say: a line that is far less likely than a small change of it.
//!
//! The model is behind [`Likelihood`]; here is which changes are asked for, and when the answer is a
//! finding. How sure a gain makes us is not the model's to say: that is fitted on lines whose answer is
//! known ([`Calibration`], [`trials`]), so that the confidence of a finding is the precision that was
//! measured.

mod calibration;
mod trial;

pub use calibration::{Bin, Calibration, Goal, Measured, Sample};
pub use trial::{Trial, trials};

use super::rules::UNLIKELY_LINE;
use super::source::{Draft, Source};
use super::{ChangedFile, Finding, Version, place};
use crate::base::{Line, Span, splice};
use crate::refactor::Project;
use crate::syntax::{Context, Mutation, mutations};

/// A model that tells how likely a text is at its place.
pub trait Likelihood {
    /// Natural logarithms of the likelihoods of `texts`, each standing between `before` and `after`;
    /// `None` when there is no answer in time.
    fn log_likelihoods(&mut self, before: &str, texts: &[String], after: &str) -> Option<Vec<f32>>;
}

/// How much of a change a model is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Lines of one file.
    pub lines: usize,
    /// Small changes of one line.
    pub changes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { lines: 60, changes: 48 }
    }
}

/// What a model said of one file.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub findings: Vec<Finding>,
    /// Lines that were asked about.
    pub lines: usize,
    /// Lines that were not: no answer came in time, or there were too many.
    pub left: usize,
}

/// The new lines of a file that the model finds far less likely than a small change of them.
pub fn unlikely_lines(
    file: &ChangedFile,
    project: &dyn Project,
    model: &mut dyn Likelihood,
    calibration: Calibration,
    bounds: Bounds,
) -> Asked {
    let is_test = file.repo_path().is_some_and(|path| project.is_test(&path));
    let Some(text) = file.after.as_ref().and_then(Version::text) else { return Asked::default() };
    let source = Source::new(&file.path, text, is_test, Some(file.new_lines()));
    let lines = worth_asking(&source);
    let mut asked = Asked { left: lines.len(), ..Asked::default() };
    let mut drafts = Vec::new();
    for line in lines.into_iter().take(bounds.lines) {
        match ask(&source, line, model, calibration, bounds.changes) {
            Answer::None => break,
            Answer::Fine => {}
            Answer::Unlikely(draft) => drafts.push(draft),
        }
        asked.lines += 1;
        asked.left -= 1;
    }
    asked.findings = place(&source, drafts);
    asked
}

/// The lines to look at of what is shipped, whole and ours.
fn worth_asking(source: &Source) -> Vec<Line> {
    if source.kind.aside() || source.kind.foreign() || !source.is_clean() {
        return Vec::new();
    }
    let lines = source.wanted_lines().filter(|(_, _, text)| text.trim().len() > 3);
    lines.map(|(line, _, _)| line).collect()
}

enum Answer {
    None,
    Fine,
    Unlikely(Draft),
}

fn ask(
    source: &Source,
    line: Line,
    model: &mut dyn Likelihood,
    calibration: Calibration,
    changes: usize,
) -> Answer {
    let Some(alternatives) = Alternatives::of(source, line, changes) else { return Answer::Fine };
    let (before, after) = alternatives.around(&source.text);
    let own = [alternatives.own(&source.text)];
    let Some(own) = model.log_likelihoods(before, &own, after).and_then(|s| s.first().copied())
    else {
        return Answer::None;
    };
    // No text is likelier than certain: most lines are settled by this one question.
    if !calibration.reports(-own) {
        return Answer::Fine;
    }
    let Some(others) = model.log_likelihoods(before, &alternatives.texts, after) else {
        return Answer::None;
    };
    let Some((at, score)) = best(&others) else { return Answer::Fine };
    if !calibration.reports(score - own) {
        return Answer::Fine;
    }
    let edit = &alternatives.edits[at];
    let message =
        format!("the model finds this line unlikely here, and far likelier: {}", edit.title);
    let draft = Draft::new(&UNLIKELY_LINE, source, alternatives.span, message);
    let sure = calibration.probability(score - own);
    Answer::Unlikely(draft.confidence(sure).patch(edit.replacements.clone()))
}

/// The likeliest and its likelihood.
fn best(scores: &[f32]) -> Option<(usize, f32)> {
    let finite = scores.iter().copied().enumerate().filter(|(_, score)| score.is_finite());
    finite.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The small changes of one line that stay within it.
struct Alternatives {
    span: Span,
    edits: Vec<Mutation>,
    /// The line as each edit leaves it.
    texts: Vec<String>,
}

impl Alternatives {
    /// At most `most`; `None` without any.
    fn of(source: &Source, line: Line, most: usize) -> Option<Self> {
        let parsed = source.parsed.as_ref()?;
        let span = source.lines.span(line)?;
        let mut found = Self { span, edits: Vec::new(), texts: Vec::new() };
        for edit in mutations(parsed, [line], &Context::default()) {
            if found.edits.len() == most {
                break;
            }
            // What reaches over the line cannot be compared with it.
            if !edit.replacements.iter().all(|r| span.contains(r.span)) {
                continue;
            }
            let changed = splice(&source.text, &edit.replacements).ok()?;
            let rest = source.text.len() - span.end;
            let text = changed[span.start..changed.len() - rest].to_owned();
            // Another way to the same text, or an empty line: a statement taken out is not compared with one.
            if !text.trim().is_empty() && !found.texts.contains(&text) {
                found.texts.push(text);
                found.edits.push(edit);
            }
        }
        (!found.edits.is_empty()).then_some(found)
    }

    fn own(&self, text: &str) -> String {
        text[self.span.start..self.span.end].to_owned()
    }

    fn around<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        (&text[..self.span.start], &text[self.span.end..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refactor::testing::Memory;

    /// Likes texts that hold something, and counts its questions.
    struct Prefers(&'static str, usize);
    impl Likelihood for Prefers {
        fn log_likelihoods(&mut self, _: &str, texts: &[String], _: &str) -> Option<Vec<f32>> {
            self.1 += texts.len();
            Some(texts.iter().map(|t| if t.contains(self.0) { -1.0 } else { -9.0 }).collect())
        }
    }

    /// Answers so many questions, then no more.
    struct Tires(usize);
    impl Likelihood for Tires {
        fn log_likelihoods(&mut self, _: &str, texts: &[String], _: &str) -> Option<Vec<f32>> {
            self.0 = self.0.checked_sub(1)?;
            Some(vec![-1.0; texts.len()])
        }
    }

    const SURE: Calibration = Calibration { slope: 1.0, offset: -4.0, least: 0.9 };

    fn asked(path: &str, after: &str, model: &mut dyn Likelihood, sure: Calibration) -> Asked {
        let file = ChangedFile::of_texts(path, None, Some(after));
        let memory = Memory::new(&[(path, after)]);
        unlikely_lines(&file, &memory, model, sure, Bounds::default())
    }

    #[test]
    fn a_far_likelier_change_is_reported() {
        let after = "def f(a, b):\n    return a < b\n";
        let found = asked("src/a.py", after, &mut Prefers("a <= b", 0), SURE).findings;
        assert_eq!(found.len(), 1);
        assert_eq!(splice(after, &found[0].patch).unwrap(), after.replace('<', "<="));
        assert!(found[0].confidence > 0.9);
        let of = |prefers: &'static str, sure| {
            asked("src/a.py", after, &mut Prefers(prefers, 0), sure).findings.len()
        };
        assert_eq!(of("a < b", SURE), 0, "the line itself is the likeliest");
        assert_eq!(of("a <= b", Calibration { least: 1.0, ..SURE }), 0, "never sure enough");
        let tests = asked("tests/test_a.py", after, &mut Prefers("a <= b", 0), SURE);
        assert_eq!((tests.findings.len(), tests.lines), (0, 0), "what is no shipped code");
    }

    #[test]
    fn a_likely_line_is_asked_about_once() {
        let mut model = Prefers("", 0);
        let asked = asked("src/a.py", "def f(a, b):\n    return a < b\n", &mut model, SURE);
        assert_eq!((asked.lines, asked.left, asked.findings.len()), (2, 0, 0));
        assert!(model.1 <= 2, "{} questions", model.1);
    }

    #[test]
    fn what_was_not_answered_is_said() {
        let after = "def f(a, b):\n    c = a < b\n    d = a + b\n    return c, d, a - b\n";
        let asked = asked("src/a.py", after, &mut Tires(2), SURE);
        assert_eq!(asked.lines + asked.left, 4);
        assert!(asked.left >= 1, "{asked:?}");
    }
}
