//! What the model is given to read and made to write: slm's own source, edits of it, and prose.
//!
//! Everything is the same in every run of one version, whatever the model, so that two runs can be
//! compared; only a mark in front differs, so that nothing is found in a cache by accident.

use std::fmt::Write as _;
use std::ops::Range;

/// Code to read; its first file is also the one that is edited.
const CODE: [&str; 2] = [include_str!("../../edit/diff.rs"), include_str!("../../edit/apply.rs")];
/// Text to write that stands nowhere in the code.
const PROSE: &str = include_str!("../../../LICENSE-APACHE");
/// The first line of the function that is edited.
const FUNCTION: &str = "fn write_file(";
/// Lines of the file that a model is shown to edit one function of it.
pub(super) const SHOWN: usize = 150;

/// Any string of lines, the least a grammar can ask: what is left is the price of asking.
pub(super) const LINES: &str = "root ::= line+\nline ::= [^\\n]* \"\\n\"\n";
/// An answer of slm's own repairs.
pub(super) const LINE_EDIT: &str = include_str!("../../../grammars/line_edit.gbnf");
/// JSON as in RFC 8259, without escapes: hardly a token of a random model fits.
pub(super) const JSON: &str = r#"root ::= object
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" space (pair ("," space pair)*)? "}" space
pair ::= string ":" space value
array ::= "[" space (value ("," space value)*)? "]" space
string ::= "\"" [^"\\\n]* "\"" space
number ::= "-"? [0-9]+ ("." [0-9]+)? space
space ::= " "*
"#;

/// Code of which a prompt of any length can be cut: `mark` in front, twice as much as is there of it.
pub(super) fn code(mark: &str) -> String {
    let mut out = format!("// {mark}\n");
    for file in CODE.iter().cycle().take(2 * CODE.len()) {
        out.push_str(file);
    }
    out
}

/// About `bytes` of prose, another piece for each `number`, of whole lines.
pub(super) fn prose(number: usize, bytes: usize) -> String {
    let lines: Vec<&str> = PROSE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut out = String::new();
    let first = 17 * number;
    for line in lines.iter().cycle().skip(first % lines.len().max(1)).take(lines.len()) {
        if out.len() >= bytes {
            break;
        }
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "{line}");
    }
    out
}

/// A function to rewrite: the file around it, and edits of the kinds that people ask for.
#[derive(Clone, Debug)]
pub(super) struct Editing {
    /// What the model is shown.
    pub(super) file: String,
    pub(super) edits: Vec<Edit>,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) kind: &'static str,
    /// What is asked for, in words.
    wish: String,
    /// The whole function afterwards.
    pub(super) after: String,
}

impl Editing {
    /// `shown` lines of the file, of which at most so many are the function's; edits that the lines
    /// give no occasion for are left out.
    pub(super) fn new(shown: usize) -> Self {
        let lines: Vec<&str> = CODE[0].lines().collect();
        let function = function(&lines);
        let length = function.len().min(shown);
        let first = function.start.saturating_sub(2 * (shown - length) / 3);
        let last = (first + shown).min(lines.len());
        let before = text(&lines[function.start..function.start + length]);
        Self { file: text(&lines[first..last]), edits: edits(&before) }
    }

    /// The request for `edit`; its beginning is the same for all edits.
    pub(super) fn prompt(&self, edit: &Edit) -> String {
        format!("{}\n// The function of the file above again, but {}:\n", self.file, edit.wish)
    }
}

/// The lines of the function.
fn function(lines: &[&str]) -> Range<usize> {
    let first = lines.iter().position(|line| line.contains(FUNCTION)).unwrap_or_default();
    let length = lines[first..].iter().position(|line| *line == "}").map_or(20, |at| at + 1);
    first..(first + length).min(lines.len())
}

fn text(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

fn edits(before: &str) -> Vec<Edit> {
    let lines: Vec<&str> = before.lines().collect();
    let middle = lines.len() / 2;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inserted = lines.get(middle).map(|line| {
        let new = format!("{}let seen = change.path.clone();", " ".repeat(indent(line)));
        text(&[&lines[..middle], &[new.as_str()], &lines[middle..]].concat())
    });
    let deleted =
        (lines.len() > 2).then(|| text(&[&lines[..middle], &lines[middle + 1..]].concat()));
    [
        ("rename", "with `change` called `file_change`", word(before, "change", "file_change")),
        ("insert", "with one more variable", inserted),
        ("delete", "without one of its lines", deleted),
        ("operator", "with the comparison the other way", operator(before)),
        ("literal", "with another number", literal(before)),
        ("swap", "with two arguments exchanged", swap(before)),
    ]
    .into_iter()
    .filter_map(|(kind, wish, after)| Some(Edit { kind, wish: wish.to_owned(), after: after? }))
    .filter(|edit| edit.after != before)
    .collect()
}

/// Every `old` that is a word of its own.
fn word(text: &str, old: &str, new: &str) -> Option<String> {
    let word = regex::Regex::new(&format!(r"\b{}\b", regex::escape(old))).ok()?;
    let out = word.replace_all(text, regex::NoExpand(new));
    (out != text).then(|| out.into_owned())
}

fn operator(text: &str) -> Option<String> {
    let swaps = [(" == ", " != "), (" != ", " == "), (" < ", " >= "), (" && ", " || ")];
    swaps.iter().find(|(old, _)| text.contains(old)).map(|(old, new)| text.replacen(old, new, 1))
}

/// The first number, one larger.
fn literal(text: &str) -> Option<String> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let length = text[first..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - first);
    let value: u64 = text[first..first + length].parse().ok()?;
    Some(format!("{}{}{}", &text[..first], value + 1, &text[first + length..]))
}

/// The first call with two plain arguments, these exchanged.
fn swap(text: &str) -> Option<String> {
    let call = regex::Regex::new(r#"(\w\()([\w"/]+), ([\w"/]+)\)"#).ok()?;
    let swapped = call.replace(text, "$1$3, $2)");
    (swapped != text).then(|| swapped.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_edits_change_a_few_lines_each() {
        let editing = Editing::new(SHOWN);
        assert_eq!(editing.file.lines().count(), SHOWN);
        let lines: Vec<&str> = CODE[0].lines().collect();
        let before = text(&lines[function(&lines)]);
        assert!(editing.file.contains(&before) && before.ends_with("\n}\n"), "{before}");
        let kinds: Vec<&str> = editing.edits.iter().map(|edit| edit.kind).collect();
        assert_eq!(kinds, ["rename", "insert", "delete", "operator", "literal", "swap"]);
        for edit in &editing.edits {
            let kept = before.lines().filter(|line| edit.after.contains(line)).count();
            let share = 100 * kept / before.lines().count();
            assert!((60..100).contains(&share) || edit.kind == "insert", "{}: {share}", edit.kind);
            let prompt = editing.prompt(edit);
            assert!(prompt.starts_with(&editing.file) && !prompt.contains(&edit.after));
        }
    }

    #[test]
    fn a_small_context_gets_less_to_edit() {
        let editing = Editing::new(6);
        assert_eq!(editing.file.lines().count(), 6);
        assert!(editing.edits.iter().any(|edit| edit.kind == "rename"));
        assert!(editing.edits.iter().all(|edit| edit.after.lines().count() <= 7));
    }

    #[test]
    fn edits_are_what_they_say() {
        assert_eq!(word("a aa (a)", "a", "b"), Some("b aa (b)".to_owned()));
        assert_eq!(operator("if a == b && c == d"), Some("if a != b && c == d".to_owned()));
        assert_eq!(literal("x[7] + 12"), Some("x[8] + 12".to_owned()));
        assert_eq!(swap("f(g(x), h(y, \"z\"))"), Some("f(g(x), h(\"z\", y))".to_owned()));
        for edit in [operator, literal, swap] {
            assert_eq!(edit("nothing here"), None);
        }
    }

    #[test]
    fn prompts_can_be_long_and_prose_is_not_in_them() {
        let code = code("round 1");
        assert!(code.starts_with("// round 1\n") && code.len() > 40_000, "{}", code.len());
        let (first, second) = (prose(0, 800), prose(1, 800));
        assert!((800..1000).contains(&first.len()) && first != second);
        assert!(first.lines().all(|line| !code.contains(line)), "{first}");
    }

    #[test]
    fn the_grammars_parse() {
        for grammar in [LINES, LINE_EDIT, JSON] {
            crate::engine::grammar::Grammar::parse(grammar).unwrap();
        }
    }
}
