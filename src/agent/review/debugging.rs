//! What was put in to look at a running program once.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Severity;
use super::rules::{DEBUG_PRINT, DEBUGGER, FOCUSED_TEST, UNFINISHED};
use super::source::{Draft, Source, World};
use crate::base::{Language, Replacement, Span};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// Debuggers, output, focused tests and holes.
pub(super) fn find(source: &Source, _world: World<'_>, out: &mut Vec<Draft>) {
    if source.kind.foreign() || source.kind.fixture {
        return;
    }
    if source.path.ends_with(".rb") {
        ruby(source, out);
    }
    let mut prints = Vec::new();
    for node in source.nodes() {
        if source.is(Language::Python) {
            python(source, node, &mut prints, out);
        } else if source.is_ecma() {
            ecma(source, node, &mut prints, out);
        } else if source.is(Language::Rust) {
            rust(source, node, &mut prints, out);
        }
    }
    if source.kind.script || source.kind.aside() || prints.is_empty() {
        return;
    }
    // Where a file prints anyway, one more line says nothing.
    let elsewhere = source.all_nodes().filter(|n| is_print(source, *n)).count() > prints.len();
    for (node, telling) in prints {
        let name = source.text_of(node).split(['(', '!']).next().unwrap_or_default().to_owned();
        let message = format!(
            "`{name}` in a file that prints nothing else; remove it, or use the project's way of logging"
        );
        let draft =
            Draft::at(&DEBUG_PRINT, source, node, message).patch(statement_removed(source, node));
        if telling && !elsewhere {
            out.push(draft.confidence(0.8));
        } else if !elsewhere {
            out.push(draft.severity(Severity::Informs).confidence(0.5));
        }
    }
}

fn debugger(source: &Source, node: Node<'_>, what: &str) -> Draft {
    let message =
        format!("{what} stops the program and waits for input; remove it before the commit");
    Draft::at(&DEBUGGER, source, node, message)
        .confidence(0.97)
        .patch(statement_removed(source, node))
}

fn python<'t>(
    source: &'t Source,
    node: Node<'t>,
    prints: &mut Vec<(Node<'t>, bool)>,
    out: &mut Vec<Draft>,
) {
    if node.kind() != "call" {
        return;
    }
    let Some(function) = field(node, "function") else { return };
    let name = source.text_of(function);
    let alone = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    let stops = match name {
        "breakpoint" => {
            !source.text.contains("def breakpoint") && !source.text.contains("import breakpoint")
        }
        "pdb.set_trace"
        | "ipdb.set_trace"
        | "pudb.set_trace"
        | "wdb.set_trace"
        | "pdb.Pdb().set_trace"
        | "IPython.embed"
        | "code.interact"
        | "pdb.post_mortem"
        | "bdb.set_trace"
        | "rpdb.set_trace" => true,
        "set_trace" => ["pdb", "ipdb", "pudb"]
            .iter()
            .any(|m| source.text.contains(&format!("from {m} import"))),
        _ => false,
    };
    // A debugger of the program's own is started on purpose, under a condition.
    let on_purpose = ancestors(node)
        .any(|a| a.kind() == "if_statement" && mentions_debug(source, a))
        || source.path.contains("debug")
        || source.path.contains("pdb")
        || ancestors(node).any(|a| {
            a.kind() == "function_definition"
                && field(a, "name").is_some_and(|n| {
                    ["debug", "break"].iter().any(|word| source.text_of(n).contains(word))
                })
        });
    if stops && alone {
        let draft = debugger(source, node, &format!("`{name}()`"));
        out.push(if on_purpose {
            draft.severity(Severity::Informs).confidence(0.3)
        } else {
            draft
        });
    }
    if alone && is_print(source, node) {
        prints.push((node, is_telling(source.text_of(node))));
    }
}

fn mentions_debug(source: &Source, conditional: Node<'_>) -> bool {
    field(conditional, "condition").is_some_and(|c| {
        let text = source.text_of(c).to_ascii_lowercase();
        ["debug", "pdb", "interactive", "trace", "verbose"].iter().any(|word| text.contains(word))
    })
}

fn ecma<'t>(
    source: &'t Source,
    node: Node<'t>,
    prints: &mut Vec<(Node<'t>, bool)>,
    out: &mut Vec<Draft>,
) {
    match node.kind() {
        "debugger_statement" => out.push(debugger(source, node, "`debugger`")),
        "call_expression" => {
            if source.kind.test
                && let Some(function) = field(node, "function")
            {
                focused(source, node, function, out);
            }
            if is_print(source, node)
                && node.parent().is_some_and(|p| p.kind() == "expression_statement")
            {
                prints.push((node, is_telling(source.text_of(node))));
            }
        }
        _ => {}
    }
}

/// `it.only("...", ...)`, `fdescribe("...", ...)`.
fn focused(source: &Source, call: Node<'_>, function: Node<'_>, out: &mut Vec<Draft>) {
    let name = source.text_of(function);
    let arguments = field(call, "arguments").map(named).unwrap_or_default();
    let titled =
        arguments.first().is_some_and(|a| matches!(a.kind(), "string" | "template_string"));
    let head = name.split('.').next().unwrap_or_default();
    let only =
        matches!(head, "describe" | "it" | "test" | "context" | "suite" | "specify" | "bench")
            && name.split('.').skip(1).any(|part| part == "only");
    let f = matches!(name, "fdescribe" | "fit" | "fcontext") && arguments.len() > 1;
    if !(titled && (only || f)) || source.text.contains(&format!("function {name}")) {
        return;
    }
    let patch = if only {
        let at = span(function);
        vec![Replacement { span: at, text: name.replacen(".only", "", 1) }]
    } else {
        vec![Replacement::new(function.start_byte(), function.start_byte() + 1, "")]
    };
    let message = format!(
        "`{name}` runs this test alone: all others are left out without a word; remove the focus"
    );
    out.push(Draft::at(&FOCUSED_TEST, source, function, message).confidence(0.97).patch(patch));
}

fn rust<'t>(
    source: &'t Source,
    node: Node<'t>,
    prints: &mut Vec<(Node<'t>, bool)>,
    out: &mut Vec<Draft>,
) {
    if node.kind() != "macro_invocation" {
        return;
    }
    let name = field(node, "macro").map_or("", |m| source.text_of(m));
    match name {
        "dbg" | "std::dbg" => {
            let message =
                "`dbg!` writes to standard error on every run; remove it before the commit";
            let inner = children(node).find(|c| c.kind() == "token_tree").map(span);
            let patch = inner.map(|inner| {
                let text =
                    Span::new(inner.start + 1, inner.end - 1).of(&source.text).unwrap_or_default();
                vec![Replacement { span: span(node), text: text.to_owned() }]
            });
            let draft = Draft::at(&DEBUG_PRINT, source, node, message).confidence(0.9);
            let draft = draft.patch(patch.unwrap_or_default());
            out.push(if source.kind.aside() { draft.severity(Severity::Informs) } else { draft });
        }
        "todo" | "unimplemented" if !source.kind.aside() => {
            let message =
                format!("`{name}!` panics when it is reached; write the code, or return an error");
            out.push(Draft::at(&UNFINISHED, source, node, message).confidence(0.8));
        }
        "println" | "eprintln" if source.path.contains("src/") && !is_test_code(source, node) => {
            prints.push((node, is_telling(source.text_of(node))));
        }
        _ => {}
    }
}

/// Inside `mod tests` or under `#[test]`.
fn is_test_code(source: &Source, node: Node<'_>) -> bool {
    ancestors(node).any(|a| {
        let before = a.prev_named_sibling().filter(|s| s.kind() == "attribute_item");
        before.is_some_and(|s| source.text_of(s).contains("test"))
    })
}

fn is_print(source: &Source, node: Node<'_>) -> bool {
    let name = match node.kind() {
        "call" | "call_expression" => field(node, "function"),
        "macro_invocation" => field(node, "macro"),
        _ => None,
    };
    let Some(name) = name else { return false };
    match source.language {
        Some(Language::Python) => {
            matches!(source.text_of(name), "print" | "pprint" | "pprint.pprint" | "pp")
                && !field(node, "arguments").is_some_and(|a| source.text_of(a).contains("file="))
        }
        Some(Language::Rust) => {
            matches!(source.text_of(name), "println" | "eprintln" | "print" | "eprint")
        }
        _ => matches!(
            source.text_of(name),
            "console.log" | "console.debug" | "console.dir" | "console.trace"
        ),
    }
}

/// True for output that was not meant for users: a bare value, a cry.
fn is_telling(call: &str) -> bool {
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?ix)
        ^[\w.]+!?\(\s*(
            [A-Za-z_][\w.\[\]]*(\s*,\s*[A-Za-z_][\w.\[\]]*)*          # print(x, y)
          | (type|len|repr|dir|vars|locals|globals|str)\([^()]*\)     # print(type(x))
          | f?["'`](debug|here|xxx+|zzz+|foo|bar|test|hello|!!+|>>+|\*\*+|==+|--+)\b?[^"'`]*["'`].*
          | f["']\{\w+=\}["']
          | "\{:\??\}"\s*,\s*[\w.]+                                    # println!("{:?}", x)
          | "\{\w*:\??\}"
        )\s*\)$"#,
        )
        .ok()
    });
    let call = call.trim();
    let empty = call.ends_with("()") || call.ends_with("!()");
    !empty && BARE.as_ref().is_some_and(|bare| bare.is_match(call))
}

fn ruby(source: &Source, out: &mut Vec<Draft>) {
    static STOP: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^\s*(binding\.(pry|irb|b|break)|byebug|debugger)\s*(#.*)?$").ok()
    });
    let Some(stop) = STOP.as_ref() else { return };
    for (_, start, line) in source.wanted_lines() {
        if stop.is_match(line) {
            let what = line.trim();
            let message = format!(
                "`{what}` stops the program and waits for input; remove it before the commit"
            );
            let place = Span::new(start, start + line.len());
            out.push(Draft::new(&DEBUGGER, source, place, message).confidence(0.95));
        }
    }
}

/// The edit that takes out the statement's line, when it stands alone on it.
pub(super) fn statement_removed(source: &Source, node: Node<'_>) -> Vec<Replacement> {
    let statement = match node.parent() {
        Some(parent) if parent.kind() == "expression_statement" => parent,
        _ => node,
    };
    let only = statement.parent().is_none_or(|block| named(block).len() < 2);
    let (first, last) = source.line_range(span(statement));
    let (Some(start), Some(end)) = (source.lines.span(first), source.lines.span(last)) else {
        return Vec::new();
    };
    let around = Span::new(start.start, end.end);
    let text = around.of(&source.text).unwrap_or_default().trim();
    let own = source.text_of(statement);
    if only || text.trim_end_matches(';') != own.trim_end_matches(';') {
        return Vec::new();
    }
    vec![Replacement { span: around, text: String::new() }]
}

#[cfg(test)]
mod tests {
    use crate::agent::review::Severity;
    use crate::agent::review::testing::{found, rules_of};
    use crate::base::splice;

    #[test]
    fn debuggers() {
        let before = "def f(x):\n    return x\n";
        let after = "def f(x):\n    breakpoint()\n    return x\n";
        let all = found("a.py", before, after);
        assert_eq!(all[0].rule.id, "debugger");
        assert_eq!(splice(after, &all[0].patch).unwrap(), before);
        let pdb = "import pdb\ndef f():\n    pdb.set_trace()\n    return 1\n";
        assert_eq!(rules_of("a.py", "", pdb), ["debugger"]);
        assert_eq!(rules_of("a.js", "", "function f() { debugger; return 1 }\n"), ["debugger"]);
        assert_eq!(rules_of("a.rb", "", "def f\n  binding.pry\nend\n"), ["debugger"]);
        let offered = found("a.py", "", "def breaker(x):\n    breakpoint()\n    return x\n");
        assert_eq!(offered[0].severity, Severity::Informs);
        assert_eq!(rules_of("a.py", "", "X = '''\nbreakpoint()\n'''\n"), [""; 0]);
        assert_eq!(
            found(
                "a.py",
                "",
                "def f(args):\n    if args.pdb:\n        import pdb\n        pdb.set_trace()\n"
            )[0]
            .severity,
            Severity::Informs
        );
    }

    #[test]
    fn output() {
        let before = "def f(x):\n    return x\n";
        let after = "def f(x):\n    print(x)\n    return x\n";
        assert_eq!(found("a.py", before, after)[0].severity, Severity::Warns);
        assert_eq!(rules_of("cli.py", before, after), [""; 0]);
        assert_eq!(rules_of("tests/a.py", before, after), [""; 0]);
        let usual = "def g():\n    print('done')\ndef f(x):\n    return x\n";
        let more = "def g():\n    print('done')\ndef f(x):\n    print(x)\n    return x\n";
        assert_eq!(rules_of("a.py", usual, more), [""; 0]);
        let said = "def f(x):\n    print('Reading the files of the user')\n    return x\n";
        assert_eq!(found("a.py", before, said)[0].severity, Severity::Informs);
        assert_eq!(rules_of("src/a.rs", "", "fn f(x: u8) { dbg!(x); }\n"), ["debug-print"]);
        assert_eq!(
            rules_of("lib/a.js", "", "export function f(x) {\n  console.log(x);\n}\n"),
            ["debug-print"]
        );
    }

    #[test]
    fn focus() {
        let after = "describe('a', () => { it.only('b', () => {}) })\n";
        let all = found("a.test.js", "", after);
        assert_eq!(all[0].rule.id, "focused-test");
        assert_eq!(splice(after, &all[0].patch).unwrap(), after.replace(".only", ""));
        assert_eq!(rules_of("a.test.js", "", "fdescribe('a', () => {})\n"), ["focused-test"]);
        assert_eq!(rules_of("a.js", "", "it.only('b', f)\n"), [""; 0]);
        assert_eq!(rules_of("a.test.js", "", "model.fit('x')\n"), [""; 0]);
    }

    #[test]
    fn holes() {
        assert_eq!(rules_of("src/a.rs", "", "fn f() -> u8 { todo!() }\n"), ["unfinished"]);
    }
}
