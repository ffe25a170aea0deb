//! rustc's diagnostics as JSON, bare or wrapped by cargo, with the edits that the compiler offers.

use serde_json::Value;

use super::rustc::kind_of;
use super::text::{Found, Rank, Text};
use super::{Failure, Frame, Suggestion};
use crate::base::Language;

/// Reports errors and claims every line of compiler JSON.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    for at in 0..text.lines.len() {
        let line = text.lines[at].trim();
        if !line.starts_with('{') || !line.ends_with('}') || !line.contains('"') {
            continue;
        }
        let ours = line.contains("\"$message_type\"")
            || line.contains("\"reason\"")
            || (line.contains("\"spans\"") && line.contains("\"level\""));
        if !ours {
            continue;
        }
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let diagnostic = match value.get("reason").and_then(Value::as_str) {
            Some("compiler-message") => value.get("message"),
            Some(_) => None,
            None => Some(&value),
        };
        if let Some(failure) = diagnostic.and_then(failure) {
            found.push(Found::new(Rank::Reported, at, failure));
        }
        text.claim(at..at + 1);
    }
}

fn failure(diagnostic: &Value) -> Option<Failure> {
    if !diagnostic.get("level")?.as_str()?.starts_with("error") {
        return None;
    }
    let message = diagnostic.get("message")?.as_str()?;
    let spans = array(diagnostic, "spans");
    if spans.is_empty() && message.starts_with("aborting due to ") {
        return None;
    }
    let code = diagnostic.pointer("/code/code").and_then(Value::as_str);
    let mut failure = Failure::of(kind_of(code, message));
    failure.language = Some(Language::Rust);
    failure.exception = code.map(str::to_owned);
    failure.message = message.to_owned();
    let (primary, other): (Vec<&Value>, Vec<&Value>) =
        spans.iter().partition(|s| s.get("is_primary").and_then(Value::as_bool) == Some(true));
    for span in primary.into_iter().chain(other) {
        push_frames(span, &mut failure.frames);
    }
    suggest(spans, &mut failure.suggestions);
    for child in array(diagnostic, "children") {
        let level = child.get("level").and_then(Value::as_str).unwrap_or("note");
        if let Some(text) = child.get("message").and_then(Value::as_str) {
            failure.message.push_str(&format!("\n{level}: {text}"));
        }
        let before = failure.suggestions.len();
        suggest(array(child, "spans"), &mut failure.suggestions);
        let offered: Vec<&str> =
            failure.suggestions[before..].iter().map(|s| s.replacement.trim()).collect();
        if let [only] = offered.as_slice()
            && !only.is_empty()
        {
            failure.message.push_str(&format!(": `{only}`"));
        }
        if level == "note" && failure.suggestions.len() == before {
            for span in array(child, "spans") {
                push_frames(span, &mut failure.frames);
            }
        }
    }
    Some(failure)
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn unsigned(value: &Value, key: &str) -> Option<u64> {
    value.get(key).and_then(Value::as_u64)
}

/// The span itself, then the macro calls it came from.
fn push_frames(span: &Value, frames: &mut Vec<Frame>) {
    let mut next = Some(span);
    for _ in 0..16 {
        let Some(span) = next else { break };
        if let Some(path) = span.get("file_name").and_then(Value::as_str) {
            let mut frame = Frame::at(path, small(span, "line_start"));
            frame.column = small(span, "column_start");
            frame.source = span
                .pointer("/text/0/text")
                .and_then(Value::as_str)
                .map(|text| text.trim().to_owned());
            let known = frames
                .iter()
                .any(|f| f.path == frame.path && f.line == frame.line && f.column == frame.column);
            if !known && !path.starts_with("/rustc/") && !path.contains("/rustlib/src/") {
                frames.push(frame);
            }
        }
        next = span.pointer("/expansion/span");
    }
}

fn small(span: &Value, key: &str) -> Option<u32> {
    unsigned(span, key).and_then(|n| u32::try_from(n).ok())
}

/// Adds the edits of one diagnostic. rustc flattens alternatives into one list of spans
/// (`DiagnosticSpan::from_suggestion`): where a span occurs twice, each round is an alternative.
fn suggest(spans: &[Value], out: &mut Vec<Suggestion>) {
    let mut edits: Vec<Suggestion> = Vec::new();
    for span in spans {
        let edit = || {
            Some(Suggestion {
                path: span.get("file_name")?.as_str()?.to_owned(),
                start: usize::try_from(unsigned(span, "byte_start")?).ok()?,
                end: usize::try_from(unsigned(span, "byte_end")?).ok()?,
                replacement: span.get("suggested_replacement")?.as_str()?.to_owned(),
                machine_applicable: span.get("suggestion_applicability")?.as_str()?
                    == "MachineApplicable",
                group: 0,
            })
        };
        edits.extend(edit());
    }
    if edits.is_empty() {
        return;
    }
    let mut places: Vec<(&str, usize, usize)> =
        edits.iter().map(|e| (e.path.as_str(), e.start, e.end)).collect();
    places.sort_unstable();
    places.dedup();
    let round = if edits.len().is_multiple_of(places.len()) { places.len() } else { edits.len() };
    let first = out.last().map_or(0, |last| last.group + 1);
    for (at, mut edit) in edits.into_iter().enumerate() {
        edit.group = first + at / round;
        out.push(edit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_become_groups_and_parts_stay_together() {
        let span = |start: u64, new: &str| {
            serde_json::json!({"file_name": "a.rs", "byte_start": start, "byte_end": start,
                "suggested_replacement": new, "suggestion_applicability": "MaybeIncorrect"})
        };
        let mut out = Vec::new();
        suggest(&[span(0, "use a;"), span(0, "use b;")], &mut out);
        suggest(&[span(3, "("), span(9, ")")], &mut out);
        let groups: Vec<usize> = out.iter().map(|s| s.group).collect();
        assert_eq!(groups, [0, 1, 2, 2]);
    }
}
