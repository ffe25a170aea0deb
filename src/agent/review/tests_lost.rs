//! Tests that a change takes away: removed, skipped, or left without assertions.

use std::collections::HashSet;

use super::Subject;
use super::finding::Severity;
use super::rules::{ASSERTIONS_REMOVED, TEST_REMOVED, TEST_SKIPPED};
use super::source::{Draft, Source, World};
use crate::base::{Language, Span};
use crate::syntax::node::{ancestors, field, named};
use crate::syntax::tree::Node;
use crate::syntax::{Function, functions};

/// Compares the tests of both sides of one file, with what the rest of the change adds.
pub(super) fn find(
    subject: &Subject<'_>,
    all: &[Subject<'_>],
    world: World<'_>,
    out: &mut Vec<Draft>,
) {
    let kind = subject.after.as_ref().map(|s| s.kind).or_else(|| Some(subject.before()?.kind));
    let source = kind.is_some_and(|k| !k.foreign() && !k.fixture);
    // Rust keeps tests beside the code.
    let may = kind.is_some_and(|k| k.test) || subject.file.path.ends_with(".rs");
    if !source || !may {
        return;
    }
    let Some(before) = subject.before().filter(|b| b.is_clean()) else { return };
    let old = tests(before);
    if old.is_empty() {
        return;
    }
    let Some(after) = &subject.after else {
        removed(subject, before, &old, &[], all, world, out);
        return;
    };
    if !after.is_clean() {
        return;
    }
    let new = tests(after);
    removed(subject, before, &old, &new, all, world, out);
    let was_skipped: HashSet<&str> =
        old.iter().filter(|t| skip(before, t).is_some()).map(|t| t.qualified.as_str()).collect();
    // A suite that is skipped is one finding, not one for each of its tests.
    let mut seen: HashSet<Span> = HashSet::new();
    for test in &new {
        // Of two tests of one name either may be the one that was there.
        let [earlier] = named_as(&old, test)[..] else { continue };
        if named_as(&new, test).len() != 1 {
            continue;
        }
        if let Some((how, place)) =
            skip(after, test).filter(|_| !was_skipped.contains(test.qualified.as_str()))
        {
            if !seen.insert(place) {
                continue;
            }
            let message = format!(
                "`{}` ran before and is skipped now ({how}): what it guards is not guarded any more; mend it, or say where it is tracked",
                test.name
            );
            out.push(
                Draft::new(&TEST_SKIPPED, after, place, message)
                    .key(test.qualified.clone())
                    .confidence(0.85),
            );
        } else if asserts(before, earlier.body, "fail") > 0 && asserts(after, test.body, "") == 0 {
            let message = format!(
                "`{}` asserted something before and asserts nothing now: it passes whatever the code does",
                test.name
            );
            let place = Span::new(test.span.start, test.body.start);
            out.push(
                Draft::new(&ASSERTIONS_REMOVED, after, place, message)
                    .key(test.qualified.clone())
                    .confidence(0.75),
            );
        }
    }
}

fn named_as<'f>(all: &'f [Function], test: &Function) -> Vec<&'f Function> {
    all.iter().filter(|other| other.qualified == test.qualified).collect()
}

fn tests(source: &Source) -> Vec<Function> {
    let parsed = source.parsed.as_ref();
    parsed.map(functions).unwrap_or_default().into_iter().filter(|f| f.is_test).collect()
}

/// One finding for all tests of a file that are nowhere any more.
fn removed(
    subject: &Subject<'_>,
    before: &Source,
    old: &[Function],
    new: &[Function],
    all: &[Subject<'_>],
    world: World<'_>,
    out: &mut Vec<Draft>,
) {
    let kept: HashSet<&str> = new.iter().map(|t| t.name.as_str()).collect();
    let gone: Vec<&Function> = old.iter().filter(|t| !kept.contains(t.name.as_str())).collect();
    if gone.is_empty() {
        return;
    }
    let elsewhere = |test: &Function| {
        // The title of a callback is no identifier: only the change itself can be asked.
        let in_change =
            all.iter().filter_map(|s| s.after.as_ref()).any(|s| s.text.contains(&test.name));
        in_change || !world.project.files_with(&test.name).is_empty()
    };
    let lost: Vec<&str> = gone.iter().filter(|t| !elsewhere(t)).map(|t| t.name.as_str()).collect();
    // As many new ones: rewritten or renamed, which is the author's business.
    let added = added_tests(subject, all);
    if lost.is_empty() || added >= lost.len() {
        return;
    }
    let after = subject.after.as_ref();
    let names = lost.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if lost.len() > 3 { format!(" and {} more", lost.len() - 3) } else { String::new() };
    let message = format!(
        "removed without another in their place: {names}{more}; what they guard is not guarded any more"
    );
    let place = after.map_or(Span::at(0), |after| near(before, after, gone[0]));
    let source = after.unwrap_or(before);
    let draft = Draft::new(&TEST_REMOVED, source, place, message)
        .key(lost.join(" "))
        .evidence(format!("{} of {} tests", lost.len(), old.len()))
        .confidence(0.8);
    // Tests go with the code that they test.
    let rewritten = after.is_some_and(|after| tables(after) > tables(before));
    out.push(if rewritten || code_removed(all) {
        draft.severity(Severity::Informs).confidence(0.4)
    } else {
        draft
    });
}

/// How often a file makes many tests of one: the usual reason why there are fewer functions.
fn tables(source: &Source) -> usize {
    ["parametrize", ".each(", ".each`", "subTest(", "t.Run(", "#[case", "forEach("]
        .iter()
        .map(|w| source.text.matches(w).count())
        .sum()
}

fn added_tests(subject: &Subject<'_>, all: &[Subject<'_>]) -> usize {
    let count = |s: &Subject<'_>| {
        let old: HashSet<String> =
            s.before().map(tests).unwrap_or_default().into_iter().map(|t| t.name).collect();
        let new = s.after.as_ref().map(tests).unwrap_or_default();
        new.into_iter().filter(|t| !old.contains(&t.name)).count()
    };
    // A test may move to another file under another name.
    all.iter().filter(|s| s.is_test || s.file.path == subject.file.path).map(count).sum()
}

/// True when the change removes a definition, or a file, that is no test.
fn code_removed(all: &[Subject<'_>]) -> bool {
    all.iter().filter(|s| !s.is_test).any(|s| {
        let Some(before) = s.before().filter(|b| b.parsed.is_some() && !b.kind.test) else {
            return false;
        };
        let names = |source: &Source| -> HashSet<String> {
            let parsed = source.parsed.as_ref();
            let defined = parsed.map(crate::syntax::definitions).unwrap_or_default();
            defined
                .into_iter()
                .filter(|d| d.kind != crate::syntax::DefinitionKind::Import)
                .map(|d| d.qualified)
                .collect()
        };
        let after = s.after.as_ref().map(names).unwrap_or_default();
        names(before).iter().any(|name| !after.contains(name))
    })
}

/// The place in the new text that corresponds to where the test was.
fn near(before: &Source, after: &Source, test: &Function) -> Span {
    let head = &before.text[..test.span.start.min(before.text.len())];
    let shared = head.bytes().zip(after.text.bytes()).take_while(|(a, b)| a == b).count();
    Span::at(crate::base::floor_char(&after.text, shared))
}

/// How a test says that it does not run, and where.
fn skip(source: &Source, test: &Function) -> Option<(String, Span)> {
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

fn head(test: &Function) -> Span {
    Span::new(test.span.start, test.body.start)
}

/// The outermost node of a span.
fn node_at(source: &Source, place: Span) -> Option<Node<'_>> {
    let found = source.parsed.as_ref()?.root().descendant_for_byte_range(place.start, place.end)?;
    let same = |n: &Node<'_>| crate::syntax::node::span(*n) == place;
    Some(ancestors(found).take_while(same).last().unwrap_or(found))
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

/// How many times a body asks for something, directly or through a helper that is named so. `self.fail()` where
/// nothing else is asked only words an exception that would fail the test anyway: it is left out with `without`.
fn asserts(source: &Source, body: Span, without: &str) -> usize {
    const WORDS: &[&str] = &[
        "assert", "expect", "raises", "check", "verify", "should", "fail", "match", "compare",
        "ensure", "require", "snapshot", "warns", "equal", "test", "run", "validate", "panic",
        "same", "contains", "true", "false", "nil",
    ];
    let Some(body) = node_at(source, body) else { return 0 };
    body.subtree()
        .filter(|n| match n.kind() {
            "assert_statement" => true,
            "call" | "call_expression" | "macro_invocation" => {
                let name = field(*n, "function").or_else(|| field(*n, "macro"));
                let name = name.map_or("", |f| source.text_of(f)).to_ascii_lowercase();
                let last = name.rsplit(['.', ':']).next().unwrap_or(&name);
                // `expect.poll(...)` and `assert.equal(...)` say it in front.
                WORDS.iter().any(|w| *w != without && last.contains(w))
                    || ["t.", "expect", "assert", "require", "should"]
                        .iter()
                        .any(|w| name.starts_with(w))
            }
            _ => false,
        })
        .count()
}

#[cfg(test)]
mod tests {
    use crate::agent::review::testing::{found, rules_in, rules_of};

    const TWO: &str =
        "def test_a():\n    assert f() == 1\n\n\ndef test_b():\n    assert g() == 2\n";

    #[test]
    fn removed() {
        let one = "def test_a():\n    assert f() == 1\n";
        let names = "from x import f, g\n";
        let (two, one) = (format!("{names}{TWO}"), format!("{names}{one}"));
        assert_eq!(rules_of("tests/test_x.py", &two, &one), ["test-removed"]);
        assert_eq!(rules_of("tests/test_x.py", &two, &two.replace("test_b", "test_c")), [""; 0]);
        let moved = format!("{names}def test_b():\n    assert g() == 2\n");
        assert_eq!(
            rules_in(&[("tests/test_x.py", &two, &one), ("tests/test_y.py", "", &moved)], &[]),
            [""; 0]
        );
    }

    #[test]
    fn two_tests_of_one_name_are_not_told_apart() {
        let one = "it('works', () => { expect(f()).toBe(1) })\n";
        let idle = "it('works', () => { g() })\n";
        let before = format!("{one}{idle}const a = 1\n");
        assert_eq!(rules_of("a.test.js", &before, &before.replace("a = 1", "a = 2")), [""; 0]);
        assert_eq!(rules_of("a.test.js", one, idle), ["assertions-removed"]);
    }

    #[test]
    fn the_code_went_too() {
        let one = "def test_a():\n    assert f() == 1\n";
        let all = crate::agent::review::testing::found_in(
            &[
                ("tests/test_x.py", TWO, one),
                (
                    "x.py",
                    "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
                    "def f():\n    return 1\n",
                ),
            ],
            &[],
        );
        let removed = all.iter().find(|f| f.rule.id == "test-removed").unwrap();
        assert_eq!(removed.severity, crate::agent::review::Severity::Informs);
    }

    #[test]
    fn skipped() {
        let head = "import pytest\nfrom x import f, g\n\n\n";
        let before = format!("{head}{TWO}");
        for mark in ["@pytest.mark.skip(reason='slow')\n", "@pytest.mark.xfail\n"] {
            let after = before.replace("def test_b", &format!("{mark}def test_b"));
            assert_eq!(rules_of("tests/test_x.py", &before, &after), ["test-skipped"]);
        }
        let call = before.replace("    assert g", "    pytest.skip('later')\n    assert g");
        assert!(rules_of("tests/test_x.py", &before, &call).contains(&"test-skipped".to_owned()));
        let only = before.replace(
            "def test_b",
            "@pytest.mark.skipif(sys.platform == 'win32', reason='x')\ndef test_b",
        );
        assert!(!rules_of("tests/test_x.py", &before, &only).contains(&"test-skipped".to_owned()));
        let it = "it('adds', () => { expect(1).toBe(1) })\n";
        assert_eq!(rules_of("a.test.js", it, &it.replace("it(", "it.skip(")), ["test-skipped"]);
        let rust = "#[test]\nfn adds() {\n    assert_eq!(1, 1);\n}\n";
        assert_eq!(
            rules_of("src/a.rs", rust, &rust.replace("#[test]\n", "#[test]\n#[ignore]\n")),
            ["test-skipped"]
        );
        let go =
            "package a\n\nfunc TestA(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Fatal(1)\n\t}\n}\n";
        assert_eq!(
            rules_of("a_test.go", go, &go.replace("\tif", "\tt.Skip(\"later\")\n\tif")),
            ["test-skipped"]
        );
    }

    #[test]
    fn nothing_asserted_any_more() {
        let before = "from x import f\n\n\ndef test_a():\n    assert f() == 1\n";
        let all = found("tests/test_x.py", before, "from x import f\n\n\ndef test_a():\n    f()\n");
        assert_eq!(all[0].rule.id, "assertions-removed");
        let helper = "from x import f, check_one\n\n\ndef test_a():\n    check_one(f())\n";
        assert_eq!(rules_of("tests/test_x.py", before, helper), [""; 0]);
    }
}
