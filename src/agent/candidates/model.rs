//! Candidates that a language model writes, and its opinion on those that others made.
//!
//! The model fills one slot: new text for a range of lines of one function it was shown. What it
//! answers is parsed as data; anything else is dropped.

use std::fmt::Write as _;

use super::{Candidate, FileEdit};
use crate::agent::localise::{Localisation, Suspect, line_range};
use crate::agent::proposal::Tier;
use crate::agent::sources::{Source, Sources};
use crate::base::{Cancel, Line, Replacement, floor_char};
use crate::engine::{Engine, EngineError, GenerateRequest, Message, Role, Sampling, quote};
use crate::trace::Failure;

const SYSTEM: &str = include_str!("../../../prompts/repair_system.md");
const REQUEST: &str = include_str!("../../../prompts/repair_request.md");
const GRAMMAR: &str = include_str!("../../../grammars/line_edit.gbnf");

/// Functions longer than this are shown only around the suspect line.
const MAX_SHOWN_LINES: u32 = 80;
/// Functions asked about at most.
const MAX_PLACES: usize = 4;
const COMPLETIONS: usize = 4;
/// How strongly the model's log-likelihood counts against the search's own cost.
const LIKELIHOOD_WEIGHT: f64 = 0.25;
/// The model's say is bounded, so that a bad model cannot bury the right edit.
const MAX_SAY: f64 = 2.0;
/// Characters of context before the edited line when scoring.
const SCORE_CONTEXT: usize = 1_200;
/// Characters of a function before the edited line, when the function begins further up.
const MAX_PREFIX: usize = 6_000;

/// Asks `engine` for edits of the most suspected functions, one place after the other.
///
/// # Errors
/// When the engine fails; what was pushed before stays.
pub fn generate(
    engine: &mut dyn Engine,
    failure: &Failure,
    localisation: &Localisation,
    sources: &Sources,
    cancel: &Cancel,
    push: &mut dyn FnMut(Vec<Candidate>),
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
        push(ask(engine, failure, localisation, &source, suspect, cancel)?);
    }
    Ok(())
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
        let key = source.function_at(suspect.line).map_or(usize::MAX, |f| f.span.start);
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

fn ask(
    engine: &mut dyn Engine,
    failure: &Failure,
    localisation: &Localisation,
    source: &Source,
    suspect: &Suspect,
    cancel: &Cancel,
) -> Result<Vec<Candidate>, EngineError> {
    let (first, last) = shown_lines(source, suspect.line);
    let request = REQUEST
        .replace("{error}", &clip(&crate::agent::checks::verdict::summary(failure), 600))
        .replace("{values}", &values_text(localisation, source))
        .replace("{path}", source.path.as_str())
        .replace("{line}", &suspect.line.to_string())
        .replace("{code}", &numbered(source, first, last));
    let messages = [
        Message { role: Role::System, content: SYSTEM.to_owned() },
        Message { role: Role::User, content: request },
    ];
    let prompt = engine.chat_prompt(&messages)?;
    let request = GenerateRequest {
        prompt,
        n: COMPLETIONS,
        max_tokens: 400,
        sampling: Sampling::Nucleus { temperature: 0.7, top_p: 0.95, top_k: 40, seed: 1 },
        grammar: Some(GRAMMAR.to_owned()),
        stop: Vec::new(),
    };
    let answers = engine.generate(&request, cancel, &mut |_, _| {})?;
    let edits = answers.iter().enumerate().filter_map(|(rank, answer)| {
        let (from, to, text) = parse_answer(&answer.text)?;
        (first <= from && from <= to && to <= last).then_some(())?;
        line_candidate(source, from, to, &text, rank)
    });
    Ok(edits.collect())
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
    if text == old || text.trim() == old.trim() {
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
    })
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

fn numbered(source: &Source, first: u32, last: u32) -> String {
    let mut out = String::new();
    for line in first..=last {
        let text = source.lines.span(Line(line)).and_then(|s| s.of(&source.text));
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "{line}: {}", text.unwrap_or_default().trim_end_matches(['\n', '\r']));
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

fn clip(text: &str, limit: usize) -> String {
    let end = floor_char(text, limit.min(text.len()));
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
