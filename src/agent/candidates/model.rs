//! Candidates that a language model writes, and its opinion on those that others made.
//!
//! The model fills one slot: new text for a range of lines of one function it was shown. What it
//! answers is parsed as data; anything else is dropped.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Candidate, FileEdit};
use crate::agent::cascade::Unusable;
use crate::agent::knowledge::context::{self, Context, Purpose, Wanted};
use crate::agent::knowledge::count_tokens;
use crate::agent::localise::{Localisation, Suspect, line_range};
use crate::agent::proposal::Tier;
use crate::agent::sources::{Source, Sources};
use crate::base::{Cancel, Language, Line, Replacement, floor_char};
use crate::engine::{Engine, EngineError, GenerateRequest, Message, Role, Sampling, quote};
use crate::repo::graph::Graph;
use crate::trace::Failure;

pub(in crate::agent) const SYSTEM: &str = include_str!("../../../prompts/repair_system.md");
const REQUEST: &str = include_str!("../../../prompts/repair_request.md");
const GRAMMAR: &str = include_str!("../../../grammars/line_edit.gbnf");

/// Functions longer than this are shown only around the suspect line.
const MAX_SHOWN_LINES: u32 = 80;
/// Functions asked about at most.
const MAX_PLACES: usize = 4;
const COMPLETIONS: usize = 4;
/// Tokens of an answer.
pub(in crate::agent) const ANSWER: usize = 400;
/// Tokens of the fixed words, the error and the function that is asked about, at most.
const FRAME: usize = 1_600;
/// Tokens of what stands around that function elsewhere: more is rarely read by a small model, and always
/// paid for.
const MOST_CONTEXT: usize = 1_024;
/// Nats a token that an answer may lie behind a finished one before it is given up.
const HOPELESS: f32 = 1.5;
/// Bytes of an answer: several times what its tokens can spell.
pub(in crate::agent) const MAX_ANSWER: usize = 64 << 10;
/// How strongly the model's log-likelihood counts against the search's own cost.
const LIKELIHOOD_WEIGHT: f64 = 0.25;
/// The model's say is bounded, so that a bad model cannot bury the right edit.
const MAX_SAY: f64 = 2.0;
/// Characters of context before the edited line when scoring.
const SCORE_CONTEXT: usize = 1_200;
/// Characters of a function before the edited line, when the function begins further up.
const MAX_PREFIX: usize = 6_000;

/// Where a search goes on while the model is asked.
pub struct Listener<'l> {
    /// Takes the edits for one place.
    pub push: &'l mut dyn FnMut(Vec<Candidate>),
    /// Hears what the model was shown besides the function.
    pub context: &'l mut dyn FnMut(&Context),
}

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

/// Asks `engine` for edits of the most suspected functions, one place after the other. With the links of the
/// repository it is shown what the function calls and who uses it.
///
/// # Errors
/// When the engine fails; what was pushed before stays.
pub fn generate(
    engine: &mut dyn Engine,
    failure: &Failure,
    localisation: &Localisation,
    (sources, graph): (&Sources, Option<&Graph<'_>>),
    cancel: &Cancel,
    listener: Listener<'_>,
) -> Result<(), EngineError> {
    if !engine.info().has_chat_template {
        // A base model can rank, but has no way to be asked.
        return Ok(());
    }
    for suspect in places(localisation, sources) {
        if cancel.is_cancelled() {
            break;
        }
        let Some(source) = sources.get(&suspect.path) else { continue };
        let context = graph.map(|graph| {
            let room = engine.info().context.saturating_sub(ANSWER + FRAME);
            let mut count = |text: &str| count_tokens(Some(&mut *engine), text);
            around(room, graph, sources, suspect, &mut count)
        });
        if let Some(context) = &context {
            (listener.context)(context);
        }
        let question = Question::new(failure, localisation, source, suspect, context.as_ref());
        (listener.push)(ask(engine, &question, cancel)?);
    }
    Ok(())
}

/// What stands around a place elsewhere in the repository, in at most so many tokens.
fn around(
    room: usize,
    graph: &Graph<'_>,
    sources: &Sources,
    suspect: &Suspect,
    count: &mut dyn FnMut(&str) -> usize,
) -> Context {
    let places = [(suspect.path.clone(), suspect.line)];
    let wanted = Wanted { budget: room.min(MOST_CONTEXT), places: &places, found: &[] };
    let mut context = context::build(graph, sources, &wanted, count);
    // The function itself is shown with its line numbers.
    context.parts.retain(|part| part.purpose != Purpose::Here);
    context
}

/// Lowers the cost of candidates that the model finds likelier than the text they replace, and
/// raises that of the others. Only single edits within one line are judged.
///
/// # Errors
/// When the engine fails; costs are unchanged then.
pub fn rescore(
    engine: &mut dyn Engine,
    candidates: &mut [Candidate],
    sources: &Sources,
    cancel: &Cancel,
) -> Result<(), EngineError> {
    let mut start = 0;
    while start < candidates.len() && !cancel.is_cancelled() {
        let place = candidates[start].place.clone();
        let end = candidates[start..]
            .iter()
            .position(|c| c.place != place)
            .map_or(candidates.len(), |n| start + n);
        if let Some(source) = sources.get(&place.0) {
            rescore_line(engine, &mut candidates[start..end], &source, place.1, cancel)?;
        }
        start = end;
    }
    Ok(())
}

fn rescore_line(
    engine: &mut dyn Engine,
    group: &mut [Candidate],
    source: &Source,
    line: Line,
    cancel: &Cancel,
) -> Result<(), EngineError> {
    let Some(span) = source.lines.span(line) else { return Ok(()) };
    // From the function's start, so that the lines of one function share a prefix that grows.
    let function = source.function_at(line).map(|f| f.span.start);
    let far = span.start.saturating_sub(SCORE_CONTEXT);
    let from = function.filter(|&at| at + MAX_PREFIX > span.start).unwrap_or(far);
    let from = floor_char(&source.text, from);
    let old = span.of(&source.text).unwrap_or_default();
    let mut texts = vec![quote(old)];
    let mut judged = Vec::new();
    for (index, candidate) in group.iter().enumerate() {
        if let Some(text) = edited_line(candidate, source, line) {
            texts.push(quote(&text));
            judged.push(index);
        }
    }
    if judged.is_empty() {
        return Ok(());
    }
    let scores = engine.score(&quote(&source.text[from..span.start]), &texts, cancel)?;
    let Some((base, rest)) = scores.split_first() else { return Ok(()) };
    for (&index, score) in judged.iter().zip(rest) {
        let gain = f64::from(score.logprob - base.logprob) * LIKELIHOOD_WEIGHT;
        if gain.is_finite() {
            group[index].cost -= gain.clamp(-MAX_SAY, MAX_SAY);
        }
    }
    Ok(())
}

/// The line as the candidate would have it, when the candidate stays within it.
fn edited_line(candidate: &Candidate, source: &Source, line: Line) -> Option<String> {
    let span = source.lines.span(line)?;
    let [edit] = candidate.edits.as_slice() else { return None };
    let inside: Vec<Replacement> = edit
        .replacements
        .iter()
        .filter(|r| span.contains(r.span))
        .map(|r| {
            Replacement::new(r.span.start - span.start, r.span.end - span.start, r.text.clone())
        })
        .collect();
    if inside.len() != edit.replacements.len() {
        return None;
    }
    crate::base::splice(span.of(&source.text)?, &inside).ok()
}

/// The most suspected line of each of the most suspected functions.
fn places<'a>(localisation: &'a Localisation, sources: &Sources) -> Vec<&'a Suspect> {
    let mut out: Vec<&Suspect> = Vec::new();
    let mut seen = Vec::new();
    for suspect in &localisation.suspects {
        let Some(source) = sources.get(&suspect.path) else { continue };
        let function = source.function_at(suspect.line);
        // What stands around tests decides what they test. Rust's have a module of their own.
        let beside_tests = source.language != Language::Rust && !source.tests.is_empty();
        if function.is_none() && beside_tests {
            continue;
        }
        let key = function.map_or(usize::MAX, |f| f.span.start);
        if !seen.contains(&(&suspect.path, key)) {
            seen.push((&suspect.path, key));
            out.push(suspect);
        }
        if out.len() == MAX_PLACES {
            break;
        }
    }
    out
}

/// The questions about the most suspected places, at most so many, for a model that cannot be asked how
/// many tokens a text has.
pub(in crate::agent) fn questions(
    failure: &Failure,
    localisation: &Localisation,
    (sources, graph): (&Sources, Option<&Graph<'_>>),
    most: usize,
) -> Vec<Question> {
    let ask = |suspect: &Suspect| {
        let source = sources.get(&suspect.path)?;
        let context = graph.map(|graph| {
            let mut count = |text: &str| count_tokens(None, text);
            around(MOST_CONTEXT, graph, sources, suspect, &mut count)
        });
        Some(Question::new(failure, localisation, source, suspect, context.as_ref()))
    };
    places(localisation, sources).into_iter().take(most).filter_map(ask).collect()
}

/// One question to a model: what fills the template, and the lines that an answer may replace.
#[derive(Debug)]
pub(in crate::agent) struct Question {
    pub(in crate::agent) source: Arc<Source>,
    /// First and last line that is shown, from 1.
    pub(in crate::agent) first: u32,
    last: u32,
    line: Line,
    pub(in crate::agent) context: String,
    pub(in crate::agent) error: String,
    pub(in crate::agent) values: String,
    /// The shown lines without their numbers.
    pub(in crate::agent) code: String,
    /// Files that the context is from.
    pub(in crate::agent) files: Vec<String>,
}

impl Question {
    fn new(
        failure: &Failure,
        localisation: &Localisation,
        source: Arc<Source>,
        suspect: &Suspect,
        context: Option<&Context>,
    ) -> Self {
        let (first, last) = shown_lines(&source, suspect.line);
        let text = |line| source.lines.span(Line(line)).and_then(|span| span.of(&source.text));
        let code = (first..=last).filter_map(text).collect();
        let parts = context.into_iter().flat_map(|context| &context.parts);
        Self {
            first,
            last,
            line: suspect.line,
            error: clip(&crate::agent::checks::verdict::summary(failure), 600),
            values: values_text(localisation, &source),
            code,
            context: context.map(Context::text).unwrap_or_default(),
            files: parts.filter_map(|part| Some(part.path.as_ref()?.to_string())).collect(),
            source,
        }
    }

    /// Everything of it that is from the repository or its output.
    pub(in crate::agent) fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.context, &self.error, &self.values, &self.code].into_iter().map(String::as_str)
    }

    /// The template, filled with these.
    pub(in crate::agent) fn filled_with(
        &self,
        context: &str,
        error: &str,
        values: &str,
        code: &str,
    ) -> String {
        let slots = [
            ("{context}", context),
            ("{error}", error),
            ("{values}", values),
            ("{path}", self.source.path.as_str()),
            ("{line}", &self.line.to_string()),
            ("{code}", &with_numbers(code.lines(), self.first)),
        ];
        filled(REQUEST, &slots)
    }

    /// New text for these lines, if they were shown.
    ///
    /// # Errors
    /// Lines that were not; a text that changes nothing or begins to name the test runner.
    pub(in crate::agent) fn edit(
        &self,
        from: u32,
        to: u32,
        text: &str,
        rank: usize,
        tier: Tier,
    ) -> Result<Candidate, Unusable> {
        if !(self.first <= from && from <= to && to <= self.last) {
            return Err(Unusable::NoEdit);
        }
        let made = line_candidate(&self.source, from, to, text, rank).ok_or(Unusable::Nothing)?;
        let title = match tier {
            Tier::Endpoint => "written by the model of the endpoint".to_owned(),
            _ => made.title,
        };
        Ok(Candidate { tier, title, ..made })
    }
}

fn ask(
    engine: &mut dyn Engine,
    question: &Question,
    cancel: &Cancel,
) -> Result<Vec<Candidate>, EngineError> {
    let Question { context, error, values, code, .. } = question;
    let messages = [
        Message { role: Role::System, content: SYSTEM.to_owned() },
        Message { role: Role::User, content: question.filled_with(context, error, values, code) },
    ];
    let prompt = engine.chat_prompt(&messages)?;
    let request = GenerateRequest {
        prompt,
        n: COMPLETIONS,
        max_tokens: ANSWER,
        sampling: Sampling::Nucleus { temperature: 0.7, top_p: 0.95, top_k: 40, seed: 1 },
        grammar: Some(GRAMMAR.to_owned()),
        // In the prompt every line has its number in front; the answer has them without.
        lookup: vec![quote(code)],
        give_up: Some(HOPELESS),
        ..GenerateRequest::default()
    };
    let answers = engine.generate(&request, cancel, &mut |_, _| {})?;
    let edits = answers.iter().take(COMPLETIONS).enumerate().filter_map(|(rank, answer)| {
        (answer.text.len() <= MAX_ANSWER).then_some(())?;
        let (from, to, text) = parse_answer(&answer.text)?;
        let made = question.edit(from, to, &text, rank, Tier::Model).ok()?;
        let told = !answer.logprobs.is_empty();
        Some(Candidate { surprise: told.then(|| -f64::from(answer.mean_logprob())), ..made })
    });
    Ok(edits.collect())
}

/// The template with its slots filled. What fills one is not searched for others.
pub(in crate::agent) fn filled(template: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let slot = slots.iter().find(|(name, _)| rest.starts_with(name));
        let (text, length) = slot.map_or(("{", 1), |(name, text)| (*text, name.len()));
        out.push_str(text);
        rest = &rest[length..];
    }
    out + rest
}

fn line_candidate(
    source: &Source,
    from: u32,
    to: u32,
    text: &str,
    rank: usize,
) -> Option<Candidate> {
    let start = source.lines.span(Line(from))?.start;
    let end = source.lines.span(Line(to))?.end;
    let old = source.text.get(start..end)?;
    let mut text = text.to_owned();
    if old.ends_with('\n') && !text.ends_with('\n') {
        text.push('\n');
    }
    if text == old || text.trim() == old.trim() || names_runner(&text) && !names_runner(old) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 16 completions")]
    let cost = 2.0 + rank as f64 * 0.3;
    Some(Candidate {
        tier: Tier::Model,
        operator: "model_edit",
        title: "written by the model".to_owned(),
        edits: vec![FileEdit {
            path: source.path.clone(),
            replacements: vec![Replacement::new(start, end, text)],
        }],
        place: (source.path.clone(), Line(from)),
        cost,
        surprise: None,
    })
}

/// True for text that reaches for a test runner or for slm's observers. What it does there decides
/// whether tests count, and no run can see that; a repair of a program that did not has no use for it.
fn names_runner(text: &str) -> bool {
    let runners = ["unittest", "pytest", "_pytest", "doctest", "jest", "vitest", "mocha"];
    let own = ["SLM_", "_slm_", "slm_"];
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    text.contains("node:test")
        || words.any(|w| runners.contains(&w) || own.iter().any(|start| w.starts_with(start)))
}

/// A model's answer, `LINES a-b` and a fenced block: first and last line, and the new text. `None` for
/// anything else.
pub fn parse_answer(text: &str) -> Option<(u32, u32, String)> {
    let rest = text.trim_start().strip_prefix("LINES ")?;
    let (range, rest) = rest.split_once('\n')?;
    let (from, to) = range.split_once('-')?;
    let body = rest.strip_prefix("```")?.split_once('\n')?.1;
    let code = body.strip_suffix("```").or_else(|| body.split_once("\n```").map(|(c, _)| c))?;
    Some((
        from.trim().parse().ok()?,
        to.trim().parse().ok()?,
        code.trim_end_matches('\n').to_owned(),
    ))
}

fn shown_lines(source: &Source, line: Line) -> (u32, u32) {
    let whole = u32::try_from(source.lines.count()).unwrap_or(u32::MAX);
    let (first, last) =
        source.function_at(line).map_or((1, whole), |function| line_range(source, function.span));
    if last - first < MAX_SHOWN_LINES {
        return (first, last);
    }
    let half = MAX_SHOWN_LINES / 2;
    (line.0.saturating_sub(half).max(first), (line.0 + half).min(last))
}

/// The lines of a source with their numbers, for a prompt.
pub(in crate::agent) fn numbered(source: &Source, first: u32, last: u32) -> String {
    let text = |line| source.lines.span(Line(line)).and_then(|s| s.of(&source.text));
    with_numbers((first..=last).map(|line| text(line).unwrap_or_default()), first)
}

fn with_numbers<'t>(lines: impl Iterator<Item = &'t str>, first: u32) -> String {
    let mut out = String::new();
    for (line, text) in (first..).zip(lines) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{line}: {}", text.trim_end_matches(['\n', '\r']));
    }
    out
}

fn values_text(localisation: &Localisation, source: &Source) -> String {
    let mut out = String::new();
    for frame in localisation.values.iter().rev().filter(|f| f.path == source.path).take(1) {
        for (name, value) in frame.locals.iter().take(12) {
            let shown = value.repr.as_deref().unwrap_or(&value.kind);
            let _ = writeln!(out, "{name} = {}", clip(shown, 120));
        }
    }
    if out.is_empty() { "(not observed)\n".to_owned() } else { out }
}

/// At most so many bytes of a text, whole characters.
pub(in crate::agent) fn clip(text: &str, limit: usize) -> String {
    let end = floor_char(text, limit.min(text.len()));
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RepoPath;

    #[test]
    fn answers_are_data_or_nothing() {
        let good = "LINES 3-4\n```\n    return x\n```";
        assert_eq!(parse_answer(good), Some((3, 4, "    return x".to_owned())));
        for bad in [
            "",
            "rm -rf /",
            "LINES x-4\n```\na\n```",
            "LINES 3-4\nno fence",
            "LINES 3\n```\na\n```",
        ] {
            assert_eq!(parse_answer(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_fills_a_slot_opens_no_other() {
        let slots = [("{error}", "{code}{code}"), ("{code}", "x = {1}")];
        assert_eq!(filled("{error}: {code}{", &slots), "{code}{code}: x = {1}{");
        let every = ["{context}", "{error}", "{values}", "{path}", "{line}", "{code}"]
            .map(|name| (name, ""));
        assert!(!filled(REQUEST, &every).contains('{'), "a slot without a text");
    }

    #[test]
    fn an_edit_that_begins_to_name_the_test_runner_is_no_repair() {
        let total = source("def total(prices):\n    return sum(prices)\n");
        let edit = |text: &str| line_candidate(&total, 2, 2, text, 0);
        assert!(edit("    return sum(prices) + 1").is_some());
        assert!(edit("    suggest = pytested(prices)\n    return suggest").is_some());
        for hostile in [
            "    import unittest\n    raise unittest.SkipTest",
            "    import pytest; pytest.skip('no')",
            "    from _pytest import runner",
            "    print(os.environ['SLM_SIDE'])",
            "    sys._slm_state.finish('t', 'passed')",
            "    require('node:test')",
        ] {
            assert!(edit(hostile).is_none(), "{hostile}");
        }
        let plugin = source("import pytest\n\n\ndef hook(): return pytest.skip\n");
        let edit = line_candidate(&plugin, 4, 4, "def hook(): return pytest.fail", 0);
        assert!(edit.is_some(), "code that has to do with it may go on so");
    }

    #[test]
    fn the_model_is_not_asked_for_what_stands_around_tests() {
        let text = "import unittest\nfrom stock import total\n\n\ndef helper(x):\n    return x\n\n\n\
                    class StockTest(unittest.TestCase):\n    def test_a(self):\n        total()\n";
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("checks.py"), text).unwrap();
        let path = RepoPath::new("checks.py").unwrap();
        let sources = Sources::new(dir.path(), vec![path.clone()]);
        let suspects = [2, 9, 6].map(|line| Suspect {
            path: path.clone(),
            line: Line(line),
            suspicion: 0.5,
            reason: String::new(),
        });
        let localisation = Localisation { suspects: suspects.into(), ..Localisation::default() };
        let asked: Vec<Line> = places(&localisation, &sources).iter().map(|s| s.line).collect();
        assert_eq!(asked, [Line(6)]);
    }

    fn source(text: &str) -> Source {
        let path = RepoPath::new("stock.py").unwrap();
        let bytes = std::sync::Arc::from(text.as_bytes());
        Source::new(path, Language::Python, bytes).unwrap()
    }
}
