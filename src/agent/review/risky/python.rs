//! Risky constructs of Python.

use std::sync::LazyLock;

use regex::Regex;

use crate::agent::review::finding::Severity;
use crate::agent::review::rules::{
    BINDS_EVERYWHERE, CODE_INJECTION, FIXED_TEMP_NAME, SHELL_INJECTION, SQL_INJECTION,
    TLS_DISABLED, UNSAFE_LOADING, WEAK_PASSWORD_HASH, WORLD_WRITABLE,
};
use crate::agent::review::source::{Draft, Source};
use crate::syntax::node::{ancestors, field, named};
use crate::syntax::tree::Node;

pub(super) fn look(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "call" => call(source, node, out),
        "assignment" => assignment(source, node, out),
        _ => {}
    }
}

fn call(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(function), Some(list)) = (field(node, "function"), field(node, "arguments")) else {
        return;
    };
    if list.kind() != "argument_list" {
        return;
    }
    let callee = source.text_of(function);
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let arguments = named(list);
    let first = arguments.first().copied().filter(|a| a.kind() != "keyword_argument");
    let keyword = |name: &str| {
        let matching = |a: &&Node<'_>| {
            a.kind() == "keyword_argument"
                && field(**a, "name").is_some_and(|n| source.text_of(n) == name)
        };
        arguments.iter().find(matching).and_then(|a| field(*a, "value")).map(|v| source.text_of(v))
    };
    sql(source, node, last, first, out);
    shell(source, node, callee, first, keyword("shell"), out);
    evaluation(source, node, callee, first, out);
    loading(source, node, callee, &arguments, keyword("Loader"), out);
    let asks = matches!(
        last,
        "get"
            | "post"
            | "put"
            | "patch"
            | "delete"
            | "head"
            | "options"
            | "request"
            | "Session"
            | "Client"
            | "AsyncClient"
            | "stream"
            | "send"
    );
    if asks && keyword("verify") == Some("False") {
        out.push(tls(source, node, "`verify=False`"));
    }
    if callee == "ssl._create_unverified_context" {
        out.push(tls(source, node, "an unverified context"));
    }
    if matches!(callee, "hashlib.md5" | "hashlib.sha1" | "md5" | "sha1")
        && speaks_of_password(source, node)
    {
        let message = format!(
            "`{callee}` of a password: such hashes are reversed by trying; use scrypt, bcrypt or argon2"
        );
        out.push(Draft::at(&WEAK_PASSWORD_HASH, source, node, message).confidence(0.75));
    }
    if callee.ends_with("chmod")
        && arguments
            .last()
            .is_some_and(|a| matches!(source.text_of(*a), "0o777" | "0777" | "0o666" | "0o776"))
    {
        out.push(
            Draft::at(
                &WORLD_WRITABLE,
                source,
                node,
                "every user of the machine may write this file; give the owner the right alone",
            )
            .confidence(0.8),
        );
    }
    if matches!(last, "bind" | "run" | "serve" | "listen" | "run_simple")
        && arguments.iter().any(|a| {
            source.text_of(*a).contains("\"0.0.0.0\"") || source.text_of(*a).contains("'0.0.0.0'")
        })
    {
        out.push(Draft::at(&BINDS_EVERYWHERE, source, node, "listens on all interfaces: anybody who reaches the machine can connect; bind to 127.0.0.1 unless that is meant").confidence(0.6));
    }
    let path = first.map_or("", |f| source.text_of(f)).trim_matches(['"', '\'']);
    let writes = arguments
        .iter()
        .skip(1)
        .any(|a| source.text_of(*a).trim_matches(['"', '\'']).starts_with(['w', 'a', 'x']));
    if callee == "open" && path.starts_with("/tmp/") && writes {
        out.push(Draft::at(&FIXED_TEMP_NAME, source, node, "a fixed name in /tmp: another user may have put a file or a link there; use `tempfile`").confidence(0.7));
    }
}

fn tls(source: &Source, node: Node<'_>, what: &str) -> Draft {
    let message = format!(
        "{what} turns the check of certificates off: anybody on the way can read and change what is sent; trust the right authority instead"
    );
    Draft::at(&TLS_DISABLED, source, node, message).confidence(0.85)
}

/// `verify_mode = ssl.CERT_NONE`, `check_hostname = False` on a context.
fn assignment(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    let (left, right) = (source.text_of(left), source.text_of(right));
    let conditional =
        ancestors(node).any(|a| matches!(a.kind(), "if_statement" | "elif_clause" | "else_clause"));
    if left.ends_with(".verify_mode")
        && matches!(right, "ssl.CERT_NONE" | "CERT_NONE")
        && !conditional
    {
        out.push(tls(source, node, "`CERT_NONE`"));
    }
    if left == "ssl._create_default_https_context" && right.ends_with("_create_unverified_context")
    {
        out.push(tls(source, node, "this default"));
    }
}

fn sql(
    source: &Source,
    node: Node<'_>,
    method: &str,
    first: Option<Node<'_>>,
    out: &mut Vec<Draft>,
) {
    if !matches!(
        method,
        "execute"
            | "executemany"
            | "executescript"
            | "raw"
            | "execute_sql"
            | "read_sql"
            | "read_sql_query"
            | "text"
            | "fetch"
            | "fetchrow"
            | "fetchval"
    ) {
        return;
    }
    let Some(first) = first else { return };
    let made = made_by_formatting(source, first);
    let Some(values) = made.filter(|_| is_statement(source.text_of(first))) else { return };
    // Names of tables cannot be parameters, and constants are nobody's choice.
    if values.is_empty() || values.iter().all(|v| is_constant(v)) {
        return;
    }
    let message = format!(
        "SQL made by formatting in `{}`: whoever chooses it chooses the statement; pass it as a parameter",
        values.join("`, `")
    );
    out.push(Draft::at(&SQL_INJECTION, source, node, message).confidence(0.7));
}

fn is_statement(text: &str) -> bool {
    static SQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?is)^[\s(]*[rfbu]{0,2}["']{1,3}\s*(select\s.+\sfrom\s|insert\s+into\s|update\s.+\sset\s|delete\s+from\s)"#).ok()
    });
    SQL.as_ref().is_some_and(|sql| sql.is_match(text))
}

/// The values that a formatted text is made of; `None` for a text that is not formatted.
fn made_by_formatting(source: &Source, node: Node<'_>) -> Option<Vec<String>> {
    let text = |n: Node<'_>| source.text_of(n).to_owned();
    match node.kind() {
        "string" | "concatenated_string" => {
            let holes = node.subtree().filter(|n| n.kind() == "interpolation");
            let values: Vec<String> =
                holes.filter_map(|h| field(h, "expression").map(text)).collect();
            (!values.is_empty()).then_some(values)
        }
        "binary_operator" => {
            let (left, right) = (field(node, "left")?, field(node, "right")?);
            let operator = field(node, "operator").map_or("", |o| source.text_of(o));
            let literal = |n: Node<'_>| matches!(n.kind(), "string" | "concatenated_string");
            match operator {
                "%" if literal(left) => Some(if right.kind() == "tuple" {
                    named(right).into_iter().filter(|n| !literal(*n)).map(text).collect()
                } else {
                    vec![text(right)]
                }),
                "+" => {
                    let parts = [left, right].into_iter().flat_map(|n| match n.kind() {
                        "binary_operator" => made_by_formatting(source, n).unwrap_or_default(),
                        _ if literal(n) => Vec::new(),
                        _ => vec![text(n)],
                    });
                    Some(parts.collect())
                }
                _ => None,
            }
        }
        "call" => {
            let function = field(node, "function").filter(|f| f.kind() == "attribute")?;
            let object = field(function, "object")
                .filter(|o| matches!(o.kind(), "string" | "concatenated_string"));
            let formats =
                field(function, "attribute").is_some_and(|a| source.text_of(a) == "format");
            object.filter(|_| formats)?;
            Some(named(field(node, "arguments")?).into_iter().map(text).collect())
        }
        "parenthesized_expression" => made_by_formatting(source, *named(node).first()?),
        _ => None,
    }
}

fn is_constant(value: &str) -> bool {
    let last = value.rsplit(['.', '(']).next().unwrap_or(value);
    let upper = last.len() > 1 && !last.chars().any(char::is_lowercase);
    let lower = value.to_ascii_lowercase();
    let named = [
        "table",
        "column",
        "schema",
        "placeholder",
        "marks",
        "fields",
        "quote",
        "escape",
        "db_name",
        "self._",
        "join(",
    ]
    .iter()
    .any(|word| lower.contains(word));
    upper || named
}

fn shell(
    source: &Source,
    node: Node<'_>,
    callee: &str,
    first: Option<Node<'_>>,
    shell: Option<&str>,
    out: &mut Vec<Draft>,
) {
    let runs = matches!(
        callee,
        "subprocess.run"
            | "subprocess.call"
            | "subprocess.Popen"
            | "subprocess.check_call"
            | "subprocess.check_output"
            | "Popen"
            | "check_output"
            | "check_call"
    ) && shell == Some("True");
    let always = matches!(
        callee,
        "os.system"
            | "os.popen"
            | "commands.getoutput"
            | "subprocess.getoutput"
            | "asyncio.create_subprocess_shell"
    );
    if !(runs || always) {
        return;
    }
    let values = first.and_then(|f| made_by_formatting(source, f)).unwrap_or_default();
    let foreign: Vec<&String> = values
        .iter()
        .filter(|v| !v.contains("quote") && !is_constant(v) && !v.starts_with("sys.executable"))
        .collect();
    let Some(value) = foreign.first() else { return };
    let message = format!(
        "a shell command made by formatting in `{value}`: whoever chooses it runs commands; pass a list without a shell, or quote it with `shlex.quote`"
    );
    let draft = Draft::at(&SHELL_INJECTION, source, node, message).confidence(0.75);
    out.push(if source.kind.script { draft.severity(Severity::Informs) } else { draft });
}

fn evaluation(
    source: &Source,
    node: Node<'_>,
    callee: &str,
    first: Option<Node<'_>>,
    out: &mut Vec<Draft>,
) {
    let Some(first) = first.filter(|_| matches!(callee, "eval" | "exec")) else { return };
    if matches!(first.kind(), "string" | "concatenated_string" | "integer")
        && made_by_formatting(source, first).is_none()
    {
        return;
    }
    // Own code compiled again is no foreign text.
    let text = source.text_of(first);
    if text.contains("compile(")
        || text.contains("code")
        || text.contains("__file__")
        || text.contains(".read()")
    {
        return;
    }
    let message = format!(
        "`{callee}` of a text made at run time: whoever chooses it runs code; parse it (`ast.literal_eval`, `json.loads`) or look it up in a table"
    );
    let draft = Draft::at(&CODE_INJECTION, source, node, message).confidence(0.6);
    // Who says in which names it runs knows that it runs.
    let meant = field(node, "arguments").is_some_and(|a| named(a).len() > 1);
    let aside = source.kind.script || meant;
    out.push(if aside { draft.severity(Severity::Informs) } else { draft });
}

fn loading(
    source: &Source,
    node: Node<'_>,
    callee: &str,
    arguments: &[Node<'_>],
    loader: Option<&str>,
    out: &mut Vec<Draft>,
) {
    let what = match callee {
        // The object that ruamel makes, and that everybody calls so, is safe unless asked not to be.
        "yaml.load" | "yaml.load_all" if source.text.contains("ruamel") => return,
        "yaml.load" | "yaml.load_all" => {
            let second = arguments.get(1).map_or("", |a| source.text_of(*a));
            let safe = loader.unwrap_or(second).contains("Safe")
                || loader.unwrap_or(second).contains("Base");
            let unsafe_one = loader.unwrap_or(second).contains("Unsafe") || second.is_empty();
            if safe || !unsafe_one {
                return;
            }
            "`yaml.load` without a safe loader makes any object: use `yaml.safe_load`"
        }
        "yaml.unsafe_load" => "`yaml.unsafe_load` makes any object: use `yaml.safe_load`",
        "marshal.loads" | "marshal.load" => {
            "`marshal` crashes on, and runs, what others have written: use JSON"
        }
        "pickle.loads" | "pickle.load" | "cPickle.loads" | "dill.loads" | "jsonpickle.decode" => {
            "`pickle` runs what the data says: only for data that nobody else can write; otherwise use JSON"
        }
        _ => return,
    };
    let draft = Draft::at(&UNSAFE_LOADING, source, node, what).confidence(0.6);
    // Most pickles are the program's own; whether this one is cannot be seen here.
    out.push(if callee.starts_with("yaml") {
        draft.confidence(0.85)
    } else {
        draft.severity(Severity::Informs)
    });
}

/// A password is hashed, or the result is called one.
fn speaks_of_password(source: &Source, node: Node<'_>) -> bool {
    let inside = field(node, "arguments").map_or("", |a| source.text_of(a));
    let target = ancestors(node).find(|a| a.kind() == "assignment").and_then(|a| field(a, "left"));
    let around =
        ancestors(node).find(|a| a.kind() == "function_definition").and_then(|f| field(f, "name"));
    [inside, target.map_or("", |t| source.text_of(t)), around.map_or("", |n| source.text_of(n))]
        .iter()
        .any(|text| {
            let lower = text.to_ascii_lowercase();
            lower.contains("password") || lower.contains("passwd") || lower.contains("passphrase")
        })
}
