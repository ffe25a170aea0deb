//! Who is called and who is named in a stretch of code: the edges to walk from a test to the
//! functions it reaches.

use super::dialect;
use super::node::{first_line, named, span, text_of, walk};
use super::parse::Parsed;
use crate::base::{Line, Span};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The function or method: `g` in `a.b.g(x)`.
    pub name: String,
    /// What it is called on: `a.b` in `a.b.g(x)`, the path in `a::b::g(x)`.
    pub receiver: Option<String>,
    /// Number of arguments as written; a spread counts as one.
    pub arguments: usize,
    /// The name, not the whole call.
    pub span: Span,
    pub line: Line,
}

/// One mention of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    pub name: String,
    pub span: Span,
    pub line: Line,
}

/// The calls whose name lies in `within`, in source order.
pub fn calls(parsed: &Parsed, within: Span) -> Vec<Call> {
    let dialect = dialect::of(parsed.language());
    let text = parsed.text();
    let mut out: Vec<Call> = walk(parsed.root(), |n| touches(span(n), within))
        .into_iter()
        .filter_map(|node| (dialect.call)(node, text))
        .filter(|parts| within.contains(span(parts.name)))
        .map(|parts| Call {
            name: text_of(parts.name, text).to_owned(),
            receiver: parts.receiver.map(|r| text_of(r, text).to_owned()),
            arguments: parts.arguments.map_or(0, |a| named(a).len()),
            span: span(parts.name),
            line: Line(first_line(parts.name)),
        })
        .collect();
    out.sort_by_key(|c| c.span);
    out
}

/// Every identifier in `within`, names of attributes and fields included, in source order.
pub fn uses(parsed: &Parsed, within: Span) -> Vec<Use> {
    let text = parsed.text();
    walk(parsed.root(), |n| touches(span(n), within))
        .into_iter()
        .filter(|n| n.is_named() && n.kind().ends_with("identifier") && n.named_child_count() == 0)
        .filter(|n| within.contains(span(*n)))
        .map(|n| Use {
            name: text_of(n, text).to_owned(),
            span: span(n),
            line: Line(first_line(n)),
        })
        .collect()
}

fn touches(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Language;
    use crate::syntax::parse;

    fn names(language: Language, text: &str) -> Vec<(String, Option<String>, usize)> {
        calls(&parse(language, text), Span::new(0, text.len()))
            .into_iter()
            .map(|c| (c.name, c.receiver, c.arguments))
            .collect()
    }

    fn owned(list: &[(&str, Option<&str>, usize)]) -> Vec<(String, Option<String>, usize)> {
        list.iter().map(|(n, r, a)| ((*n).to_owned(), r.map(str::to_owned), *a)).collect()
    }

    #[test]
    fn python() {
        assert_eq!(
            names(Language::Python, "def t():\n    assert f(1, k=2) == a.b.g(h(*x))\n"),
            owned(&[("f", None, 2), ("g", Some("a.b"), 1), ("h", None, 1)])
        );
    }

    #[test]
    fn rust_sees_into_macros() {
        let found =
            names(Language::Rust, "fn t() { assert_eq!(add(1, 2), s.len()); m::go::<u8>(1); }");
        let names: Vec<&str> = found.iter().map(|c| c.0.as_str()).collect();
        assert_eq!(names, ["assert_eq", "add", "len", "go"]);
        assert_eq!(found[2].1.as_deref(), Some("s"));
        assert_eq!(found[3].1.as_deref(), Some("m"));
    }

    #[test]
    fn javascript_and_go() {
        assert_eq!(
            names(Language::TypeScript, "test('x', () => { expect(new A(1).b(2)).toBe(3) })")
                .iter()
                .map(|c| c.0.as_str())
                .collect::<Vec<_>>(),
            ["test", "expect", "A", "b", "toBe"]
        );
        assert_eq!(
            names(Language::Go, "package p\nfunc f() { g(1); s.h(2, 3) }"),
            owned(&[("g", None, 1), ("h", Some("s"), 2)])
        );
    }

    #[test]
    fn only_within() {
        let text = "f()\ng()\n";
        let parsed = parse(Language::Python, text);
        assert_eq!(calls(&parsed, Span::new(4, 8))[0].name, "g");
        let used = uses(&parsed, Span::new(0, 3));
        assert_eq!((used.len(), used[0].name.as_str(), used[0].line), (1, "f", Line(1)));
    }
}
