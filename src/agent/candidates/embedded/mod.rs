//! The opinion of a model of slm's own kind: how likely it finds each edit of a place.
//!
//! It was trained to answer a window of code and an error message with the smallest edit that repairs
//! it. Here it writes nothing: each candidate is put in the words of an answer, and what counts is how
//! likely that answer is.

use super::Candidate;
use crate::agent::localise::line_range;
use crate::agent::sources::{Source, Sources};
use crate::base::{Cancel, Line, Replacement, RepoPath, splice};
use crate::engine::{Engine, EngineError};
use crate::trace::Failure;

pub mod format;

/// Lines shown around a place outside of functions, on each side.
const AROUND: u32 = 30;
/// How strongly the model's log-likelihood counts against the search's own cost.
const WEIGHT: f64 = 0.3;
/// The model's say is bounded, so that a bad model cannot bury the right edit.
const MAX_SAY: f64 = 2.0;

/// Lowers the cost of candidates that the model finds likelier than others of the same window, and
/// raises that of the rest. Those that cannot be said as an answer keep theirs. Neighbours come in a
/// row.
///
/// # Errors
/// When the engine fails; what was done before stays.
pub fn rescore(
    engine: &mut dyn Engine,
    candidates: &mut [Candidate],
    failure: Option<&Failure>,
    sources: &Sources,
    cancel: &Cancel,
) -> Result<(), EngineError> {
    for group in candidates.chunk_by_mut(|a, b| same_window(&a.place, &b.place, sources)) {
        if cancel.is_cancelled() {
            break;
        }
        let (path, line) = group[group.len() / 2].place.clone();
        let Some(source) = sources.get(&path) else { continue };
        let known = Known::of(failure, &source, sources);
        let edits: Vec<&[Replacement]> = group
            .iter()
            .map(|candidate| match candidate.edits.as_slice() {
                [edit] => edit.replacements.as_slice(),
                _ => &[],
            })
            .collect();
        let logs = likelihoods(engine, &source, line, &known, &edits, cancel)?;
        for (candidate, say) in group.iter_mut().zip(says(&logs)) {
            candidate.cost -= say;
        }
    }
    Ok(())
}

/// What is known of a failure, besides the code.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// `TYPE: text`, or nothing.
    pub message: String,
    /// Lines that it names, the innermost first.
    pub lines: Vec<Line>,
}

impl Known {
    fn of(failure: Option<&Failure>, source: &Source, sources: &Sources) -> Self {
        let frames = failure.into_iter().flat_map(|failure| &failure.frames);
        let here = frames.filter(|f| sources.resolve(&f.path).as_ref() == Some(&source.path));
        Self {
            message: failure.map(message).unwrap_or_default(),
            lines: here.filter_map(|frame| frame.line.map(Line)).collect(),
        }
    }
}

/// The log-likelihood, in nats, of each of `edits` as the answer about the window around `line`;
/// `None` for what cannot be said as an answer, or where there is nothing to choose between.
///
/// # Errors
/// When the engine fails.
pub fn likelihoods(
    engine: &mut dyn Engine,
    source: &Source,
    line: Line,
    known: &Known,
    edits: &[&[Replacement]],
    cancel: &Cancel,
) -> Result<Vec<Option<f64>>, EngineError> {
    let mut logs = vec![None; edits.len()];
    let Some(window) = Window::around(engine, source, line)? else { return Ok(logs) };
    let Some(prompt) = window.prompt(source, known) else { return Ok(logs) };
    let room = engine.info().context.saturating_sub(engine.count_tokens(&prompt)?);
    let (mut said, mut answers) = (Vec::new(), Vec::new());
    for (index, edit) in edits.iter().enumerate() {
        let Some(answer) = window.answer(edit, source) else { continue };
        // A token is a byte at least.
        if answer.len() < room || engine.count_tokens(&answer)? < room {
            said.push(index);
            answers.push(answer);
        }
    }
    if answers.len() < 2 {
        return Ok(logs);
    }
    let scores = engine.score(&prompt, &answers, cancel)?;
    for (index, score) in said.into_iter().zip(scores) {
        logs[index] = Some(f64::from(score.logprob));
    }
    Ok(logs)
}

/// Log-likelihoods against their mean, so that a window as a whole becomes neither likelier nor less
/// likely. 0 where there is none.
pub fn against_mean(logs: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<f64> = logs.iter().copied().flatten().collect();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    logs.iter().map(|log| log.map_or(0.0, |log| log - mean)).collect()
}

/// What log-likelihoods take off the costs.
fn says(logs: &[Option<f64>]) -> Vec<f64> {
    let say = |apart: f64| {
        let say = apart * WEIGHT;
        if say.is_finite() { say.clamp(-MAX_SAY, MAX_SAY) } else { 0.0 }
    };
    against_mean(logs).into_iter().map(say).collect()
}

fn same_window(a: &(RepoPath, Line), b: &(RepoPath, Line), sources: &Sources) -> bool {
    let function = |(path, line): &(RepoPath, Line)| {
        Some(sources.get(path)?.function_at(*line).map(|f| f.span))
    };
    a.0 == b.0 && a.1.0.abs_diff(b.1.0) < AROUND && function(a) == function(b)
}

/// Lines of a file that the model sees.
struct Window {
    /// The first of them.
    first: u32,
    /// What it sees of them.
    tidy: format::Tidy,
}

impl Window {
    /// The function around `line`, as far as it fits; `None` past the end.
    fn around(
        engine: &mut dyn Engine,
        source: &Source,
        line: Line,
    ) -> Result<Option<Self>, EngineError> {
        let count = u32::try_from(source.lines.count()).unwrap_or(u32::MAX);
        let near = (line.0.saturating_sub(AROUND).max(1), line.0.saturating_add(AROUND));
        let whole = source.function_at(line).map_or(near, |f| line_range(source, f.span));
        let (first, last) = (whole.0, whole.1.min(count));
        if !(first..=last).contains(&line.0) {
            return Ok(None);
        }
        let raw: Vec<&str> =
            (first..=last).map(|n| without_end(source.line_text(Line(n)))).collect();
        let mut costs = Vec::with_capacity(raw.len());
        for text in &format::tidy(&raw).lines {
            costs.push(engine.count_tokens(text)? + 1);
        }
        let (begin, end) = format::fit(&costs, (line.0 - first) as usize);
        let first = first + u32::try_from(begin).unwrap_or(0);
        Ok(Some(Self { first, tidy: format::tidy(&raw[begin..end]) }))
    }

    fn height(&self) -> usize {
        self.tidy.lines.len()
    }

    fn prompt(&self, source: &Source, known: &Known) -> Option<String> {
        let inside = |line: &Line| {
            let index = line.0.checked_sub(self.first)? as usize;
            (index < self.height()).then_some(index + 1)
        };
        let marks: Vec<usize> = known.lines.iter().filter_map(inside).collect();
        format::prompt(source.language, &known.message, &marks, &self.tidy.lines)
    }

    /// An edit in the words of an answer; `None` when it reaches beyond the window, or there are no
    /// words for it.
    fn answer(&self, edit: &[Replacement], source: &Source) -> Option<String> {
        let last = self.first + u32::try_from(self.height()).ok()? - 1;
        let start = source.lines.span(Line(self.first))?.start;
        let end = source.lines.span(Line(last))?.end;
        let mut inside = edit.to_vec();
        for replacement in &mut inside {
            let span = &mut replacement.span;
            if span.start < start || span.end > end {
                return None;
            }
            (span.start, span.end) = (span.start - start, span.end - start);
        }
        let after = splice(source.text.get(start..end)?, &inside).ok()?;
        let lines: Vec<&str> = without_end(&after).split('\n').collect();
        format::answer(&self.tidy.lines, &format::tidy_after(&lines, &self.tidy.shared)?)
    }
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

/// `TYPE: text` of a failure.
fn message(failure: &Failure) -> String {
    match &failure.exception {
        Some(exception) if !failure.message.starts_with(exception.as_str()) => {
            format!("{exception}: {}", failure.message)
        }
        _ => failure.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Language;
    use crate::engine::Scripted;

    const TEXT: &str = "\
import os

class Shelf:
    def room(self, width):
        free = self.width - self.used
        return free > width
";

    fn source() -> Source {
        let path = RepoPath::new("shelf.py").unwrap();
        Source::new(path, Language::Python, Arc::from(TEXT.as_bytes())).unwrap()
    }

    fn edit(old: &str, new: &str) -> [Replacement; 1] {
        let start = TEXT.find(old).unwrap();
        [Replacement::new(start, start + old.len(), new)]
    }

    fn window() -> Window {
        Window::around(&mut Scripted::default(), &source(), Line(6)).unwrap().unwrap()
    }

    #[test]
    fn the_window_is_the_function_and_candidates_are_answers() {
        let window = window();
        assert_eq!((window.first, window.height()), (4, 3));
        let said = |old, new| window.answer(&edit(old, new), &source());
        assert_eq!(said("free > width", "free >= width").unwrap(), "<L3>><rep>>=<end>");
        assert_eq!(
            said("self.used\n", "self.used\n        free = 0\n").unwrap(),
            "<L3><ins>    free = 0<end>"
        );
        assert_eq!(said("import os", "import io"), None);
        assert_eq!(said("width\n", "width  # <fix>\n"), None);
    }

    #[test]
    fn the_prompt_says_what_failed_and_where() {
        let frame = crate::trace::Frame {
            path: "/container/shelf.py".into(),
            line: Some(6),
            column: None,
            function: None,
            source: None,
        };
        let failure = Failure {
            exception: Some("AssertionError".into()),
            message: "assert  False\nmore".into(),
            frames: vec![frame],
            ..failure()
        };
        let path = RepoPath::new("shelf.py").unwrap();
        let sources = Sources::new(std::path::Path::new("/nowhere"), vec![path]);
        let known = Known::of(Some(&failure), &source(), &sources);
        let prompt = window().prompt(&source(), &known).unwrap();
        assert!(
            prompt.starts_with("<bos><py><err>AssertionError: assert False<at><L3><src><L1>def")
        );
        assert!(prompt.ends_with("<L3>    return free > width<fix>"), "{prompt}");
    }

    fn failure() -> Failure {
        Failure {
            kind: crate::trace::FailureKind::Assertion,
            language: Some(Language::Python),
            exception: None,
            message: String::new(),
            frames: Vec::new(),
            tests: Vec::new(),
            causes: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    #[test]
    fn what_is_likelier_than_the_mean_costs_less() {
        let says = says(&[Some(-1.0), Some(-3.0), None, Some(-5.0)]);
        let expected = [2.0 * WEIGHT, 0.0, 0.0, -2.0 * WEIGHT];
        assert!(says.iter().zip(expected).all(|(say, wanted)| (say - wanted).abs() < 1e-9));
        assert_eq!(super::says(&[Some(0.0), Some(-1000.0)]), [MAX_SAY, -MAX_SAY]);
        assert_eq!(super::says(&[Some(f64::NEG_INFINITY), None]), [0.0, 0.0]);
    }
}
