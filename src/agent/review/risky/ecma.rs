//! Risky constructs of JavaScript and TypeScript.

use crate::agent::review::finding::Severity;
use crate::agent::review::rules::{
    CODE_INJECTION, HTML_INJECTION, SHELL_INJECTION, SQL_INJECTION, TLS_DISABLED,
};
use crate::agent::review::source::{Draft, Source};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

pub(super) fn look(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "call_expression" | "new_expression" => call(source, node, out),
        "assignment_expression" => assignment(source, node, out),
        "pair" => pair(source, node, out),
        "jsx_attribute" => jsx(source, node, out),
        _ => {}
    }
}

fn is_literal(node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "number" | "null" | "undefined" | "true" | "false" => true,
        "template_string" => !node.subtree().any(|n| n.kind() == "template_substitution"),
        "binary_expression" => named(node).into_iter().all(is_literal),
        "parenthesized_expression" => named(node).first().is_some_and(|n| is_literal(*n)),
        "ternary_expression" => named(node).into_iter().skip(1).all(is_literal),
        _ => false,
    }
}

fn is_formatted(source: &Source, node: Node<'_>) -> bool {
    match node.kind() {
        "template_string" => node.subtree().any(|n| n.kind() == "template_substitution"),
        "binary_expression" => {
            source.text_of(node).contains('+')
                && !is_literal(node)
                && node.subtree().any(|n| n.kind() == "string")
        }
        _ => false,
    }
}

fn call(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let function = field(node, "function").or_else(|| field(node, "constructor"));
    let (Some(function), Some(list)) = (function, field(node, "arguments")) else { return };
    let callee = source.text_of(function);
    let arguments = named(list);
    let Some(&first) = arguments.first() else { return };
    let formatted = is_formatted(source, first);
    let child = source.text.contains("child_process");
    let runs = matches!(
        callee,
        "exec"
            | "execSync"
            | "child_process.exec"
            | "child_process.execSync"
            | "cp.exec"
            | "cp.execSync"
    );
    if child && runs && formatted {
        let message = "a shell command made by formatting: whoever chooses a part of it runs commands; use `execFile` with a list of arguments";
        let draft = Draft::at(&SHELL_INJECTION, source, node, message).confidence(0.75);
        out.push(if source.kind.script { draft.severity(Severity::Informs) } else { draft });
    }
    let last = callee.rsplit('.').next().unwrap_or(callee);
    if matches!(last, "query" | "execute" | "raw" | "$queryRawUnsafe" | "$executeRawUnsafe")
        && formatted
        && is_statement(source.text_of(first))
    {
        let message = "SQL made by formatting: whoever chooses a part of it chooses the statement; pass the values as parameters";
        out.push(Draft::at(&SQL_INJECTION, source, node, message).confidence(0.7));
    }
    if matches!(callee, "eval" | "Function" | "window.eval")
        && arguments.last().is_some_and(|a| !is_literal(*a))
    {
        let message = format!(
            "`{callee}` of a text made at run time: whoever chooses it runs code; parse it, or look it up in a table"
        );
        let draft = Draft::at(&CODE_INJECTION, source, node, message).confidence(0.6);
        out.push(if source.kind.script { draft.severity(Severity::Informs) } else { draft });
    }
    let markup = match last {
        "insertAdjacentHTML" => arguments.get(1).copied(),
        "write" | "writeln" if callee.starts_with("document.") => Some(first),
        _ => None,
    };
    if let Some(value) = markup.filter(|value| !is_clean(source, *value)) {
        out.push(html(source, node, last, value));
    }
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start_matches(['`', '"', '\'', '(', ' ', '\n']).to_ascii_lowercase();
    let then = |word: &str, next: &str| text.starts_with(word) && text.contains(next);
    then("select ", " from ")
        || then("insert ", " into ")
        || then("update ", " set ")
        || then("delete ", " from ")
}

/// Nothing foreign, or said to be cleaned.
fn is_clean(source: &Source, value: Node<'_>) -> bool {
    let text = source.text_of(value).to_ascii_lowercase();
    is_literal(value)
        || [
            "sanitize",
            "purify",
            "escape",
            "encode",
            "trusted",
            "innerhtml",
            "policy",
            "svg",
            "icon",
        ]
        .iter()
        .any(|word| text.contains(word))
}

fn html(source: &Source, node: Node<'_>, what: &str, value: Node<'_>) -> Draft {
    let message = format!(
        "`{what}` of a value: whoever chooses it runs scripts in the page; use `textContent`, or clean it first"
    );
    let formatted = is_formatted(source, value);
    let draft = Draft::at(&HTML_INJECTION, source, node, message);
    if formatted && !source.kind.script {
        draft.confidence(0.65)
    } else {
        draft.severity(Severity::Informs).confidence(0.5)
    }
}

fn assignment(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    let target = source.text_of(left);
    if (target.ends_with(".innerHTML") || target.ends_with(".outerHTML"))
        && !is_clean(source, right)
    {
        let name = target.rsplit('.').next().unwrap_or(target).to_owned();
        out.push(html(source, node, &name, right));
    }
    let value = source.text_of(right).trim_matches(['"', '\'', '`']);
    if target.contains("NODE_TLS_REJECT_UNAUTHORIZED") && value == "0" {
        out.push(tls(source, node, "`NODE_TLS_REJECT_UNAUTHORIZED`"));
    }
}

fn tls(source: &Source, node: Node<'_>, what: &str) -> Draft {
    let message = format!(
        "{what} turns the check of certificates off: anybody on the way can read and change what is sent; trust the right authority instead"
    );
    Draft::at(&TLS_DISABLED, source, node, message).confidence(0.85)
}

fn pair(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(key), Some(value)) = (field(node, "key"), field(node, "value")) else { return };
    let key = source.text_of(key).trim_matches(['"', '\'']);
    if matches!(key, "rejectUnauthorized" | "strictSSL") && source.text_of(value) == "false" {
        out.push(tls(source, node, &format!("`{key}: false`")));
    }
}

/// `dangerouslySetInnerHTML={{ __html: value }}`
fn jsx(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let Some(name) =
        named(node).first().copied().filter(|n| source.text_of(*n) == "dangerouslySetInnerHTML")
    else {
        return;
    };
    let value = node.subtree().find(|n| {
        n.kind() == "pair"
            && field(*n, "key")
                .is_some_and(|k| source.text_of(k).trim_matches(['"', '\'']) == "__html")
    });
    let value = value.and_then(|pair| field(pair, "value"));
    if value.is_some_and(|v| !is_clean(source, v)) {
        let message = "`dangerouslySetInnerHTML` of a value: whoever chooses it runs scripts in the page; render it as text, or clean it first";
        out.push(Draft::at(&HTML_INJECTION, source, name, message).confidence(0.6));
    }
}
