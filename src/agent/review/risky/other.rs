//! Risky constructs of Rust and Go, and of files without a grammar.

use std::sync::LazyLock;

use regex::Regex;

use crate::agent::review::finding::Severity;
use crate::agent::review::rules::{
    SHELL_INJECTION, SQL_INJECTION, TLS_DISABLED, UNSAFE_BLOCK, WORLD_WRITABLE,
};
use crate::agent::review::source::{Draft, Source};
use crate::base::{Line, Span};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

pub(super) fn rust(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "unsafe_block" => {
            let line = source.lines.line(node.start_byte());
            let said = (line.0.saturating_sub(8)..=line.0 + 1).any(|l| {
                let text = source.line_text(Line(l)).to_ascii_lowercase();
                text.contains("safety")
            });
            if !said {
                let message = "`unsafe` without a SAFETY comment: say why what it relies on holds";
                let place = Span::new(node.start_byte(), node.start_byte() + "unsafe".len());
                out.push(
                    Draft::new(&UNSAFE_BLOCK, source, place, message)
                        .key(source.text_of(node))
                        .confidence(0.7),
                );
            }
        }
        "call_expression" => {
            let callee = field(node, "function").map_or("", |f| source.text_of(f));
            let argument = field(node, "arguments").map_or("", |a| source.text_of(a));
            let off = ["danger_accept_invalid_certs", "danger_accept_invalid_hostnames"]
                .iter()
                .any(|m| callee.ends_with(m));
            if off && argument == "(true)" {
                out.push(tls(source, node, "this setting"));
            }
        }
        _ => {}
    }
}

fn tls(source: &Source, node: Node<'_>, what: &str) -> Draft {
    let message = format!(
        "{what} turns the check of certificates off: anybody on the way can read and change what is sent; trust the right authority instead"
    );
    Draft::at(&TLS_DISABLED, source, node, message).confidence(0.85)
}

pub(super) fn go(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "keyed_element" if source.text_of(node).replace(' ', "") == "InsecureSkipVerify:true" => {
            out.push(tls(source, node, "`InsecureSkipVerify`"));
        }
        "call_expression" => {
            let callee = field(node, "function").map_or("", |f| source.text_of(f));
            let arguments = field(node, "arguments").map(named).unwrap_or_default();
            let last = callee.rsplit('.').next().unwrap_or(callee);
            let formatted = |a: &Node<'_>| {
                let text = source.text_of(*a);
                text.starts_with("fmt.Sprintf(")
                    || (a.kind() == "binary_expression" && text.contains('"') && text.contains('+'))
            };
            let sql = |a: &Node<'_>| {
                let text = source.text_of(*a).to_ascii_lowercase();
                [
                    "\"select ",
                    "`select ",
                    "\"insert into",
                    "`insert into",
                    "\"update ",
                    "\"delete from",
                    "`delete from",
                ]
                .iter()
                .any(|w| text.contains(w))
            };
            if matches!(
                last,
                "Query" | "QueryRow" | "Exec" | "QueryContext" | "ExecContext" | "QueryRowContext"
            ) && arguments.iter().any(|a| formatted(a) && sql(a))
            {
                let message = "SQL made by formatting: whoever chooses a part of it chooses the statement; pass the values as parameters";
                out.push(Draft::at(&SQL_INJECTION, source, node, message).confidence(0.7));
            }
            let shell = arguments.iter().any(|a| matches!(source.text_of(*a), "\"-c\""));
            if matches!(callee, "exec.Command" | "exec.CommandContext")
                && shell
                && arguments.iter().any(formatted)
            {
                let message = "a shell command made by formatting: whoever chooses a part of it runs commands; pass the arguments without a shell";
                out.push(Draft::at(&SHELL_INJECTION, source, node, message).confidence(0.7));
            }
        }
        _ => {}
    }
}

/// Shell scripts, container files, settings.
pub(super) fn lines(source: &Source, out: &mut Vec<Draft>) {
    static CHMOD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[^#]*\bchmod\s+(-R\s+)?(0?777|a\+rwx|ugo\+rwx|o\+w)\s").ok()
    });
    static TLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^[^#]*\b(NODE_TLS_REJECT_UNAUTHORIZED\s*[=:]\s*["']?0|GIT_SSL_NO_VERIFY\s*[=:]\s*["']?(1|true)|http\.sslVerify\s+false|PYTHONHTTPSVERIFY\s*[=:]\s*["']?0)"#).ok()
    });
    if source.language.is_some() || source.kind.docs {
        return;
    }
    for (_, start, text) in source.wanted_lines() {
        let place = Span::new(start, start + text.len());
        if CHMOD.as_ref().is_some_and(|chmod| chmod.is_match(text)) {
            let message = "every user of the machine may write these files; give the owner or a group the right alone";
            let draft = Draft::new(&WORLD_WRITABLE, source, place, message).confidence(0.7);
            out.push(if source.kind.script { draft.severity(Severity::Informs) } else { draft });
        }
        if TLS.as_ref().is_some_and(|tls| tls.is_match(text)) {
            let message = "this turns the check of certificates off: anybody on the way can read and change what is sent";
            out.push(Draft::new(&TLS_DISABLED, source, place, message).confidence(0.8));
        }
    }
}
