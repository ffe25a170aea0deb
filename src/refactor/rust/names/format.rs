//! Inline arguments of format strings: `"{name:>width$}"`.

use crate::base::Span;

/// The identifiers that a format string captures, as spans within `literal`, which is the literal with its quotes.
pub(in crate::refactor::rust) fn captured(literal: &str) -> Vec<Span> {
    let mut out = Vec::new();
    for hole in holes(literal) {
        let Some(inside) = hole.of(literal) else { continue };
        let (argument, spec) = inside.split_once(':').unwrap_or((inside, ""));
        let name = argument.trim_end();
        if is_name(name) {
            out.push(Span::new(hole.start, hole.start + name.len()));
        }
        let base = hole.start + inside.len() - spec.len();
        let mut word = None;
        for (at, c) in spec.char_indices() {
            if c.is_alphanumeric() || c == '_' {
                word = word.or(Some(at));
            } else {
                if let Some(from) = word.filter(|_| c == '$') {
                    // A fill character may stand right in front: `{:a<width$}` has a sign between.
                    let from = from + spec[from..at].len() - name_at_end(&spec[from..at]).len();
                    if from < at {
                        out.push(Span::new(base + from, base + at));
                    }
                }
                word = None;
            }
        }
    }
    out
}

/// What stands between the braces of a format string.
pub(in crate::refactor::rust) fn holes(literal: &str) -> Vec<Span> {
    let raw = literal.starts_with('r');
    let bytes = literal.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw => {
                // `\u{7b}` has braces of its own.
                if bytes.get(at + 1) == Some(&b'u') {
                    at = literal[at..].find('}').map_or(bytes.len(), |end| at + end + 1);
                } else {
                    at += 2;
                }
            }
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => {
                let Some(len) = literal[at..].find('}') else { break };
                out.push(Span::new(at + 1, at + len));
                at += len + 1;
            }
            _ => at += 1,
        }
    }
    out
}

pub(in crate::refactor::rust) fn is_name(text: &str) -> bool {
    let text = text.strip_prefix("r#").unwrap_or(text);
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && text != "_"
}

/// `0width` in `{:0width$}` is the flag `0` and a name.
fn name_at_end(word: &str) -> &str {
    word.trim_start_matches(|c: char| c.is_ascii_digit())
}
