//! How a test says that it does not run.

use super::{head, node_at};
use crate::agent::review::source::Source;
use crate::base::{Language, Span};
use crate::syntax::Function;
use crate::syntax::node::{ancestors, field, named};
use crate::syntax::tree::Node;

/// How a test says that it does not run, and where.
pub(super) fn skip(source: &Source, test: &Function) -> Option<(String, Span)> {
    let parsed = source.parsed.as_ref()?;
    match parsed.language() {
        Language::Python => {
            let decorated =
                test.decorators.iter().find(|d| is_skip(d)).map(|d| (short(d), head(test)));
            decorated.or_else(|| {
                let first = first_statement(source, test)?;
                let text = source.text_of(first);
                let calls =
                    ["pytest.skip(", "self.skipTest(", "raise SkipTest", "raise unittest.SkipTest"];
                let found = calls.iter().find(|c| text.starts_with(**c))?;
                Some(((*found).trim_end_matches('(').to_owned(), crate::syntax::node::span(first)))
            })
        }
        Language::Rust => {
            let ignored =
                test.decorators.iter().find(|d| *d == "ignore" || d.starts_with("ignore "));
            ignored.map(|d| (short(d), head(test)))
        }
        Language::Go => {
            let first = first_statement(source, test)?;
            let text = source.text_of(first);
            let skips = ["t.Skip(", "t.SkipNow(", "t.Skipf("].iter().any(|c| text.starts_with(c));
            skips.then(|| ("t.Skip".to_owned(), crate::syntax::node::span(first)))
        }
        _ => skipped_callback(source, test),
    }
}

/// `@pytest.mark.skip(...)`; one with a condition still runs somewhere.
fn is_skip(decorator: &str) -> bool {
    let name = decorator.split('(').next().unwrap_or(decorator).trim();
    let last = name.rsplit('.').next().unwrap_or(name);
    let conditional = last == "xfail"
        && decorator.contains("(")
        && !decorator.contains("reason")
        && !decorator.contains("strict");
    matches!(last, "skip" | "xfail" | "skipTest")
        && !conditional
        && !decorator.contains("condition")
        && !decorator.contains("sys.")
        && !decorator.contains("raises")
        || matches!(name, "unittest.expectedFailure" | "expectedFailure")
}

fn short(decorator: &str) -> String {
    let first = decorator.lines().next().unwrap_or_default();
    first.chars().take(60).collect()
}

/// The first statement of the body that is no docstring.
fn first_statement<'t>(source: &'t Source, test: &Function) -> Option<Node<'t>> {
    let mut body = node_at(source, test.body)?;
    while let Some(inner) = named(body).first().copied().filter(|n| n.kind() == "statement_list") {
        body = inner;
    }
    let statements = named(body);
    statements.into_iter().find(|s| {
        let first = named(*s).first().map(|n| n.kind());
        !(s.kind() == "expression_statement" && first == Some("string"))
    })
}

/// `it.skip("...")`, `xit("...")`, or within `describe.skip`.
fn skipped_callback(source: &Source, test: &Function) -> Option<(String, Span)> {
    let root = source.parsed.as_ref()?.root();
    let node = root.descendant_for_byte_range(test.span.start, test.span.end)?;
    std::iter::once(node).chain(ancestors(node)).filter(|n| n.kind() == "call_expression").find_map(
        |call| {
            let function = field(call, "function")?;
            let name = source.text_of(function);
            let skips = name.split('.').skip(1).any(|p| matches!(p, "skip" | "failing" | "todo"))
                || matches!(name, "xit" | "xdescribe" | "xtest" | "xcontext");
            let titled = named(field(call, "arguments")?)
                .first()
                .is_some_and(|a| matches!(a.kind(), "string" | "template_string"));
            (skips && titled).then(|| (name.to_owned(), crate::syntax::node::span(function)))
        },
    )
}
