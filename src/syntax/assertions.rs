//! Where a text asserts something.

use super::node::{field, span, text_of};
use super::parse::Parsed;
use super::tree::Node;
use crate::base::Span;

/// The statements and calls that assert something, in the order of the text: `assert`, `assert_eq!`, `console.assert(…)`,
/// `expect(…).toBe(…)`.
pub fn assertions(parsed: &Parsed) -> Vec<Span> {
    parsed.root().subtree().filter(|node| asserts(*node, parsed.text())).map(span).collect()
}

fn asserts(node: Node<'_>, text: &str) -> bool {
    let name = match node.kind() {
        "assert_statement" => return true,
        "call_expression" => field(node, "function"),
        "macro_invocation" => field(node, "macro"),
        _ => None,
    };
    let name = name.map_or("", |name| text_of(name, text));
    let first = name.trim_start_matches("debug_").trim_start_matches("console.");
    first.starts_with("assert") || first.starts_with("expect(")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Language;

    #[test]
    fn of_each_language() {
        let found = |language, text: &str| {
            let parsed = crate::syntax::parse(language, text);
            let spans = assertions(&parsed);
            spans.iter().map(|s| s.of(text).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let python = "def f(x):\n    assert x, 'no x'\n    return x\n\n\nassert f(1) == 1\nf(2)\n";
        assert_eq!(found(Language::Python, python), ["assert x, 'no x'", "assert f(1) == 1"]);
        let rust =
            "fn f() {\n    debug_assert_eq!(g(), 2);\n    g();\n    println!(\"{}\", 1);\n}\n";
        assert_eq!(found(Language::Rust, rust), ["debug_assert_eq!(g(), 2)"]);
        let js = "console.assert(f(1))\nassert.equal(f(1), 2)\nexpect(f(2)).toBe(3)\nf(4)\n";
        let calls = ["console.assert(f(1))", "assert.equal(f(1), 2)", "expect(f(2)).toBe(3)"];
        assert_eq!(found(Language::JavaScript, js), calls);
    }
}
