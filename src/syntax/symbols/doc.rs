//! Heads and comments of definitions, by text: the same for all languages.

use super::Grammar;

/// Longest signature kept, in characters.
const SIGNATURE: usize = 200;
/// Longest comment kept, in characters.
const DOC: usize = 160;
/// Lines looked at above a definition.
const ABOVE: usize = 60;

/// The head of a definition on one line, without the bracket that opens its body.
pub(super) fn signature(head: &str) -> String {
    let head = without_annotations(head);
    let mut out = String::with_capacity(head.len().min(SIGNATURE));
    let is_comment = |line: &&str| ["# ", "// "].iter().any(|m| line.trim_start().starts_with(m));
    for word in head.lines().filter(|line| !is_comment(line)).flat_map(str::split_whitespace) {
        // What was broken over lines reads as if it had not been.
        let glued = out.ends_with(['(', '[']) || word.starts_with([')', ']', ',']);
        if !out.is_empty() && !glued {
            out.push(' ');
        }
        if word.starts_with([')', ']']) && out.ends_with(',') {
            out.pop();
        }
        out.push_str(word);
        if out.chars().count() > SIGNATURE {
            return shortened(&out, SIGNATURE);
        }
    }
    let bare = out.trim_end_matches(['{', ':', ';', '=', ' ', ',']);
    out.truncate(bare.len());
    out
}

/// What follows `@Deprecated(since = "2")` and the like.
fn without_annotations(head: &str) -> &str {
    let mut rest = head.trim_start();
    while let Some(after) = rest.strip_prefix('@').filter(|after| !after.starts_with("interface")) {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
        let after = after.trim_start_matches(is_name).trim_start();
        let mut depth = 0_i32;
        let end = after.char_indices().find(|(_, c)| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth <= 0
        });
        rest = match end {
            Some((at, ')')) => after[at + 1..].trim_start(),
            _ => after,
        };
    }
    if rest.is_empty() { head } else { rest }
}

/// The first sentence of the comment above the line that begins at byte `start`, which may be
/// separated from it by attributes.
pub(super) fn comment_above(grammar: &Grammar, text: &str, start: usize) -> String {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let mut lines: Vec<&str> = Vec::new();
    for line in text[..line_start].lines().rev().take(ABOVE) {
        let line = line.trim();
        if line.starts_with("#[") || line.starts_with('@') {
            if lines.is_empty() { continue } else { break }
        }
        let is_comment = grammar.comments.iter().any(|mark| line.starts_with(mark))
            || line.ends_with("*/") && grammar.comments.contains(&"/*");
        if !is_comment {
            break;
        }
        lines.push(line);
        if line.starts_with("/*") {
            break;
        }
    }
    lines.reverse();
    first_sentence(lines.into_iter().map(bare))
}

/// The first sentence of a string that documents what it stands in: `"""Says hello."""`.
pub(super) fn docstring(body: &str) -> String {
    let rest = body.trim_start().trim_start_matches(['r', 'R', 'u', 'U']);
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote));
    let Some(quote) = quote else { return String::new() };
    let rest = &rest[quote.len()..];
    let inside = rest.find(quote).map_or(rest, |end| &rest[..end]);
    first_sentence(inside.lines().map(str::trim))
}

/// A line of comment without its marks.
fn bare(line: &str) -> &str {
    let line = line.strip_suffix("*/").unwrap_or(line);
    line.trim_start_matches(['/', '*', '#', '!']).trim()
}

fn first_sentence<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut out = String::new();
    for line in lines.skip_while(|line| line.is_empty()) {
        // A blank line or a tag ends what a comment says first.
        if line.is_empty() || line.starts_with('@') || line.starts_with("\\param") {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
        if let Some(end) = out.find(". ") {
            out.truncate(end + 1);
            break;
        }
        if out.ends_with('.') || out.len() > 2 * DOC {
            break;
        }
    }
    shortened(&out, DOC)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(path: &str, text: &str) -> String {
        let at = text.find('$').unwrap();
        comment_above(Grammar::of_path(path).unwrap(), text, at)
    }

    #[test]
    fn heads_are_one_line() {
        assert_eq!(signature("def f(\n    a,\n    b,\n) -> int:"), "def f(a, b) -> int");
        assert_eq!(signature("pub fn f<T>(x: T) -> u8 {"), "pub fn f<T>(x: T) -> u8");
        assert_eq!(signature("const x = "), "const x");
        assert_eq!(signature("@Old(a = f(1))\n@Test public int f()"), "public int f()");
        assert_eq!(signature("@interface Tested"), "@interface Tested");
        assert_eq!(signature("def f(a):\n    # Why.\n    "), "def f(a)");
        assert!(signature(&"x ".repeat(300)).ends_with("..."));
    }

    #[test]
    fn comments_in_their_forms() {
        assert_eq!(above("a.rs", "/// Does it. More.\n/// Even.\n#[inline]\n$"), "Does it.");
        assert_eq!(above("a.rs", "use x;\n\n$"), "");
        assert_eq!(
            above("a.js", "/**\n * Adds two\n * numbers.\n * @param a\n */\n$"),
            "Adds two numbers."
        );
        assert_eq!(above("a.py", "# one\n@wraps\n$"), "one");
        assert_eq!(above("a.go", "x := 1 // no\n$"), "");
        assert_eq!(above("a.java", "/** One line */\n    @Override\n    $"), "One line");
    }

    #[test]
    fn docstrings() {
        assert_eq!(docstring("\n    \"\"\"Says hello. Twice.\"\"\"\n"), "Says hello.");
        assert_eq!(docstring("r'''\n  a\n  b\n\n c'''"), "a b");
        assert_eq!(docstring("return 1"), "");
        assert_eq!(docstring("\"\"\"open"), "open");
    }
}
