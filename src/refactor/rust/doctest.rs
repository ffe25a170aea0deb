//! Code in documentation comments: compiled and run as tests, so a change of names must reach it.

use crate::base::Span;

/// The code blocks of a file's line comments: where each begins, and its text with all that is no code blanked, so
/// that offsets stay.
pub(super) fn blocks(text: &str, comments: &[Span]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut last_end = 0;
    let mut skipping = false;
    for span in comments {
        let (start, comment) = (span.start, span.of(text).unwrap_or(""));
        let Some(line) = comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!")) else {
            open = None;
            continue;
        };
        if !text.get(last_end..start).is_some_and(|between| between.trim().is_empty()) {
            (open, skipping) = (None, false);
        }
        last_end = span.end;
        let body = line.trim_end_matches(['\n', '\r']);
        let at = start + 3;
        if let Some(tag) = body.trim_start().strip_prefix("```") {
            match open.take() {
                Some(block) => out.push(block),
                None if skipping => skipping = false,
                None if is_rust(tag) => open = Some((at + body.len(), String::new())),
                None => skipping = true,
            }
            continue;
        }
        if let Some((from, code)) = &mut open {
            let gap = &text[(*from + code.len()).min(at)..at];
            code.extend(gap.chars().flat_map(blank));
            code.push_str(&visible(body));
        }
    }
    out
}

/// The code blocks of a Markdown file that a crate takes as documentation.
pub(super) fn markdown_blocks(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut skipping = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(tag) = line.trim().strip_prefix("```") {
            match open.take() {
                Some(block) => out.push(block),
                None if skipping => skipping = false,
                None if is_rust(tag) => open = Some((start + line.len(), String::new())),
                None => skipping = true,
            }
        } else if let Some((_, code)) = &mut open {
            let body = line.trim_end_matches('\n');
            code.push_str(&visible(body));
            code.push_str(&line[body.len()..]);
        }
    }
    out
}

/// The files that `#![doc = include_str!("…")]` takes, relative to the file.
pub(super) fn included(text: &str) -> Vec<&str> {
    let all = text.match_indices("doc = include_str!(");
    all.filter_map(|(at, _)| text[at..].split('"').nth(1)).filter(|p| p.ends_with(".md")).collect()
}

fn is_rust(tag: &str) -> bool {
    tag.split([',', ' ']).map(str::trim).all(|word| {
        matches!(word, "" | "rust" | "should_panic" | "no_run" | "ignore" | "compile_fail")
            || word.starts_with("edition")
    })
}

/// A line without the `#` that hides it.
fn visible(line: &str) -> String {
    let code = line.trim_start();
    let indent = line.len() - code.len();
    match code.strip_prefix('#') {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
            format!("{} {rest}", " ".repeat(indent))
        }
        _ => line.to_owned(),
    }
}

/// As many bytes, but nothing.
fn blank(c: char) -> impl Iterator<Item = char> {
    let (filler, count) = if c == '\n' { ('\n', 1) } else { (' ', c.len_utf8()) };
    std::iter::repeat_n(filler, count)
}

#[cfg(test)]
mod tests {
    use crate::refactor::rust::outline::outline;

    #[test]
    fn blocks_keep_their_offsets() {
        let text = "/// A.\n///\n/// ```\n/// # use a::b;\n/// b(1);\n/// ```\n///\n/// ```text\n/// no\n/// ```\nfn b() {}\n";
        let found = outline(text).examples;
        assert_eq!(found.len(), 1);
        let (at, code) = &found[0];
        assert_eq!(code.find("b(1)").map(|b| b + at), text.find("b(1)"));
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["use", "a::b;", "b(1);"]);
    }
}
