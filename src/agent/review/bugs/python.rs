//! Mistakes in Python.

use std::collections::{HashMap, HashSet};

use super::{self_comparison, unreachable};
use crate::agent::review::finding::Severity;
use crate::agent::review::names;
use crate::agent::review::rules::{
    ASSERT_TUPLE, DUPLICATE_KEY, EMPTY_F_STRING, IS_LITERAL, MISSING_AWAIT, MUTABLE_DEFAULT,
    NEVER_EQUAL, NOT_IMPLEMENTED, SWALLOWED,
};
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Replacement, Span};
use crate::syntax::node::{ancestor, ancestors, children, field, insert, named, span};
use crate::syntax::tree::Node;

pub(super) fn look(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "comparison_operator" => comparison(source, node, out),
        "assert_statement" => assertion(source, node, out),
        "dictionary" => duplicate_keys(source, node, out),
        "except_clause" => swallowed(source, node, out),
        "function_definition" => mutable_defaults(source, node, out),
        "raise_statement" => raised(source, node, out),
        "string" => empty_f_string(source, node, out),
        "block" | "module" => {
            // A `yield` behind the jump makes the function a generator: that is what it is there for.
            let yields = node.subtree().any(|n| n.kind() == "yield");
            if !yields {
                let jumps = [
                    "return_statement",
                    "raise_statement",
                    "continue_statement",
                    "break_statement",
                ];
                unreachable(source, node, &jumps, &[], out);
            }
        }
        _ => {}
    }
}

/// Operands and operators of a chain, in order.
fn comparison(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let operands = named(node);
    let [left, right] = operands[..] else { return };
    let operator: Vec<&str> =
        children(node).filter(|c| !c.is_named()).map(|c| source.text_of(c)).collect();
    let operator = operator.join(" ");
    match operator.as_str() {
        "is" | "is not" => {
            let literal = |n: Node<'_>| {
                matches!(n.kind(), "string" | "integer" | "float" | "concatenated_string")
                    || (n.kind() == "tuple" && named(n).is_empty())
            };
            if literal(left) || literal(right) {
                let equal = if operator.starts_with("is not") { "!=" } else { "==" };
                let tokens: Vec<Node<'_>> = children(node).filter(|c| !c.is_named()).collect();
                let patch = match (tokens.first(), tokens.last()) {
                    (Some(first), Some(last)) => vec![Replacement {
                        span: Span::new(first.start_byte(), last.end_byte()),
                        text: equal.to_owned(),
                    }],
                    _ => Vec::new(),
                };
                let message = format!(
                    "`{operator}` with a literal asks whether it is the same object, which differs between runs; use `{equal}`"
                );
                out.push(
                    Draft::at(&IS_LITERAL, source, node, message).confidence(0.97).patch(patch),
                );
            }
        }
        "==" | "<=" | ">=" | "<" | ">" | "!=" => {
            self_comparison(source, node, left, right, &operator, out);
            let nan = |n: Node<'_>| {
                matches!(
                    source.text_of(n),
                    "float('nan')" | "float(\"nan\")" | "math.nan" | "np.nan" | "numpy.nan"
                )
            };
            if (nan(left) || nan(right))
                && matches!(operator.as_str(), "==" | "!=")
                && !source.kind.test
            {
                let message = "NaN is equal to nothing, itself included; use `math.isnan`";
                out.push(Draft::at(&NEVER_EQUAL, source, node, message).confidence(0.95));
            }
        }
        _ => {}
    }
}

fn assertion(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let parts = named(node);
    let tuple = parts.first().filter(|p| p.kind() == "tuple" && named(**p).len() > 1);
    if let (Some(tuple), 1) = (tuple, parts.len()) {
        let inner = Span::new(tuple.start_byte() + 1, tuple.end_byte() - 1);
        let text =
            inner.of(&source.text).unwrap_or_default().trim().trim_end_matches(',').to_owned();
        let patch = if text.contains('\n') {
            Vec::new()
        } else {
            vec![Replacement { span: span(*tuple), text }]
        };
        let message =
            "a tuple that is not empty is true: this asserts nothing; take the parentheses away";
        out.push(Draft::at(&ASSERT_TUPLE, source, node, message).confidence(0.97).patch(patch));
    }
}

fn duplicate_keys(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let mut seen: HashMap<&str, Node<'_>> = HashMap::new();
    for pair in named(node).into_iter().filter(|p| p.kind() == "pair") {
        let Some(key) = field(pair, "key")
            .filter(|k| matches!(k.kind(), "string" | "integer" | "true" | "false" | "none"))
        else {
            continue;
        };
        if key.subtree().any(|n| n.kind() == "interpolation") {
            continue;
        }
        if let Some(first) = seen.insert(source.text_of(key), pair) {
            let value = |p: Node<'_>| field(p, "value").map_or("", |v| source.text_of(v));
            let same = value(first) == value(pair);
            let line = source.lines.line(first.start_byte());
            let message = format!(
                "the key {} is given on line {line} too; only the last value stays",
                source.text_of(key)
            );
            let at = if source.wants(span(pair)) { pair } else { first };
            let draft = Draft::at(&DUPLICATE_KEY, source, at, message)
                .key(format!("{} {}", source.text_of(key), value(pair)))
                .confidence(0.93);
            out.push(if same || source.kind.test {
                draft.severity(Severity::Informs)
            } else {
                draft
            });
        }
    }
}

/// `except: pass` and `except Exception: pass`, without a word why.
fn swallowed(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    if source.kind.test || source.kind.script {
        return;
    }
    let inner: Vec<Node<'_>> = named(node);
    let Some(body) = inner.iter().find(|n| n.kind() == "block") else { return };
    let class = inner.iter().find(|n| n.kind() != "block").map_or("", |n| source.text_of(*n));
    let statements = named(*body);
    let passes = statements.len() == 1 && statements[0].kind() == "pass_statement";
    let whole = Span::new(node.start_byte(), node.end_byte());
    let text = whole.of(&source.text).unwrap_or_default();
    let next = source.line_text(crate::base::Line(source.line_range(whole).1.0));
    if !passes || text.contains('#') || next.contains('#') {
        return;
    }
    let all = class.is_empty() || class == "BaseException";
    let most = class == "Exception" || class.starts_with("Exception as");
    if !(all || most) {
        return;
    }
    let message = if all {
        "every exception is swallowed, Ctrl-C and typing mistakes too; name the ones that are expected"
    } else {
        "every error is swallowed, typing mistakes too; name the ones that are expected, or say why"
    };
    let try_text = ancestor(node, &["try_statement"]).map_or("", |t| source.text_of(t));
    let draft = Draft::at(&SWALLOWED, source, node, message).key(try_text);
    // Cleaning up must not fail, and imports that may be missing are asked for like this.
    let usual = [
        "close",
        "import ",
        "unlink",
        "remove",
        "kill",
        "shutdown",
        "terminate",
        "__del__",
        "flush",
    ]
    .iter()
    .any(|w| try_text.contains(w));
    out.push(if all && !usual {
        draft.confidence(0.8)
    } else {
        draft.severity(Severity::Informs).confidence(0.6)
    });
}

/// A list, dict or set as default that the body changes or gives away.
fn mutable_defaults(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(list), Some(body)) = (field(node, "parameters"), field(node, "body")) else { return };
    for parameter in named(list) {
        if !matches!(parameter.kind(), "default_parameter" | "typed_default_parameter") {
            continue;
        }
        let (Some(name), Some(value)) = (field(parameter, "name"), field(parameter, "value"))
        else {
            continue;
        };
        let mutable = matches!(value.kind(), "list" | "dictionary" | "set")
            || matches!(source.text_of(value), "list()" | "dict()" | "set()" | "defaultdict(list)");
        if !mutable || !source.wants(span(parameter)) {
            continue;
        }
        let name = source.text_of(name);
        let changed = is_changed(source, body, name);
        let message = format!(
            "the default of `{name}` is made once and shared by all calls; use `None` and make a new one in the body"
        );
        let draft = Draft::at(&MUTABLE_DEFAULT, source, parameter, message).confidence(0.9);
        let function = field(node, "name").map_or("", |n| source.text_of(n));
        let draft = draft.key(format!("{function} {name}"));
        out.push(if changed { draft } else { draft.severity(Severity::Informs).confidence(0.5) });
    }
}

fn is_changed(source: &Source, body: Node<'_>, name: &str) -> bool {
    // Given a new value first, it is another object.
    let again = body.subtree().any(|n| {
        n.kind() == "assignment" && field(n, "left").is_some_and(|l| source.text_of(l) == name)
    });
    let is_it = |n: Option<Node<'_>>| {
        n.is_some_and(|n| n.kind() == "identifier" && source.text_of(n) == name)
    };
    const CHANGES: &[&str] = &[
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "pop",
        "remove",
        "clear",
        "setdefault",
        "sort",
        "reverse",
        "popitem",
        "discard",
    ];
    !again
        && body.subtree().any(|n| match n.kind() {
            "call" => field(n, "function").filter(|f| f.kind() == "attribute").is_some_and(|f| {
                is_it(field(f, "object"))
                    && field(f, "attribute").is_some_and(|a| CHANGES.contains(&source.text_of(a)))
            }),
            "assignment" | "augmented_assignment" => field(n, "left").is_some_and(|l| {
                (l.kind() == "subscript" && is_it(field(l, "value")))
                    || (n.kind() == "augmented_assignment" && is_it(Some(l)))
            }),
            _ => false,
        })
}

fn raised(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let Some(&what) = named(node).first() else { return };
    let name = match what.kind() {
        "call" => field(what, "function").unwrap_or(what),
        _ => what,
    };
    if source.text_of(name) == "NotImplemented" {
        let message = "`NotImplemented` is a value for comparisons and no exception; raise `NotImplementedError`";
        let patch = vec![Replacement { span: span(name), text: "NotImplementedError".to_owned() }];
        out.push(Draft::at(&NOT_IMPLEMENTED, source, node, message).confidence(0.97).patch(patch));
    }
}

fn empty_f_string(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let text = source.text_of(node);
    let prefix: String = text.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    let inner = node.subtree().any(|n| n.kind() == "interpolation");
    let joined = node.parent().is_some_and(|p| p.kind() == "concatenated_string");
    if !prefix.eq_ignore_ascii_case("f")
        && !prefix.eq_ignore_ascii_case("rf")
        && !prefix.eq_ignore_ascii_case("fr")
    {
        return;
    }
    if inner || joined {
        return;
    }
    let patch = if text.contains(['{', '}']) || prefix.len() > 1 {
        Vec::new()
    } else {
        vec![Replacement::new(node.start_byte(), node.start_byte() + 1, "")]
    };
    let message = "an f-string without a value: a placeholder was forgotten, or the `f` can go";
    out.push(Draft::at(&EMPTY_F_STRING, source, node, message).confidence(0.9).patch(patch));
}

/// `f()` as a statement, where `f` is a coroutine of this file or of one that it is imported from.
pub(super) fn awaits(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if !source.text.contains("async def") || source.kind.test {
        return;
    }
    let local: HashSet<&str> = coroutines(source);
    for node in source.nodes() {
        if node.kind() != "expression_statement" {
            continue;
        }
        let Some(call) = named(node).first().copied().filter(|c| c.kind() == "call") else {
            continue;
        };
        let Some(function) = field(call, "function") else { continue };
        let around = ancestors(node).find(|a| matches!(a.kind(), "function_definition" | "lambda"));
        let inside = around.is_some_and(|f| source.text_of(f).starts_with("async"));
        let name = source.text_of(function);
        let known = match function.kind() {
            "identifier" => local.contains(name) || names::imports_coroutine(source, world, name),
            "attribute" => is_own_coroutine(source, node, name),
            _ => false,
        };
        if known {
            let message = format!("`{name}` is a coroutine: without `await` the call does nothing");
            let patch = if inside { vec![insert(call.start_byte(), "await ")] } else { Vec::new() };
            out.push(
                Draft::at(&MISSING_AWAIT, source, call, message).confidence(0.95).patch(patch),
            );
        }
    }
}

/// Functions at the top level that are coroutines and nothing else.
fn coroutines(source: &Source) -> HashSet<&str> {
    let mut found = HashSet::new();
    let mut plain = HashSet::new();
    for node in source.all_nodes().filter(|n| n.kind() == "function_definition") {
        let Some(name) = field(node, "name").map(|n| source.text_of(n)) else { continue };
        let top = node.parent().is_some_and(|p| p.kind() == "module");
        if top && is_coroutine(source, node) {
            found.insert(name)
        } else {
            plain.insert(name)
        };
    }
    found.retain(|name| !plain.contains(name));
    found
}

fn is_coroutine(source: &Source, function: Node<'_>) -> bool {
    let generator = function
        .walk(|n| !matches!(n.kind(), "function_definition" | "lambda"))
        .iter()
        .any(|n| n.kind() == "yield");
    source.text_of(function).starts_with("async") && !generator
}

/// `self.f()` where the class, which nothing derives from here, defines `async def f` once.
fn is_own_coroutine(source: &Source, node: Node<'_>, name: &str) -> bool {
    let Some(method) = name.strip_prefix("self.").filter(|m| !m.contains('.')) else {
        return false;
    };
    let Some(class) = ancestor(node, &["class_definition"]) else { return false };
    let methods: Vec<Node<'_>> = class
        .subtree()
        .filter(|n| {
            n.kind() == "function_definition"
                && field(*n, "name").is_some_and(|f| source.text_of(f) == method)
        })
        .collect();
    let [only] = methods[..] else { return false };
    let decorated = only.parent().is_some_and(|p| p.kind() == "decorated_definition");
    !decorated && is_coroutine(source, only)
}
