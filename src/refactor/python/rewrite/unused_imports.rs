//! Imports of names that nothing uses.

use crate::base::{Replacement, Span};
use crate::refactor::{BoundId, Reason, Refusal, words};
use crate::syntax::node::{ancestors, descendants, field, fields, named, span};
use crate::syntax::tree::Node;

use super::file::{Beyond, File, Made};
use super::layout;

/// Modules that are imported for what importing them does.
const FOR_EFFECT: [&str; 7] =
    ["readline", "rlcompleter", "antigravity", "this", "__main__", "Axes3D", "sitecustomize"];

/// Takes the names that nothing uses out of one import statement.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let names = fields(node, "name");
    let mut unused: Vec<(Node<'_>, &str)> = Vec::new();
    let mut first = None;
    for name in &names {
        let Some(bound) = bound_name(*name) else { continue };
        let Some(id) = file.meaning(bound) else { continue };
        if file.uses(id).any(|o| o.role.reads() || o.role == crate::refactor::Role::Delete) {
            continue;
        }
        match unneeded(file, node, *name, id) {
            Ok(()) => unused.push((*name, file.of(bound))),
            Err(refusal) => first = first.or(Some(refusal)),
        }
    }
    if unused.is_empty() {
        return Err(first.unwrap_or_else(|| {
            file.refusal(Reason::NotHere, node, "everything that is imported here is used")
        }));
    }
    let module = field(node, "module_name").map(|m| file.of(m));
    let mut made = Made::new(title(&unused));
    for (name, bound) in &unused {
        let path = field(*name, "name").map_or(file.of(*name), |n| file.of(n));
        let module = module.map_or(path.to_owned(), |m| m.to_owned());
        made.beyond.push(Beyond::Import { name: (*bound).to_owned(), module });
        made.beyond.push(Beyond::NotTaken((*bound).to_owned()));
    }
    if unused.len() == names.len() {
        made.removed.push(span(node));
    } else {
        let gone: Vec<Node<'_>> = unused.iter().map(|(n, _)| *n).collect();
        made.edits.extend(without(file, &names, &gone));
    }
    Ok(made)
}

fn title(unused: &[(Node<'_>, &str)]) -> String {
    match unused {
        [(_, one)] => format!("Remove the unused import of `{one}`"),
        _ => format!("Remove {} unused imports", unused.len()),
    }
}

/// The identifier that an entry of the list binds.
fn bound_name<'t>(name: Node<'t>) -> Option<Node<'t>> {
    match name.kind() {
        "aliased_import" => field(name, "alias"),
        _ => named(name).first().copied(),
    }
}

/// Refuses where the name is wanted though no identifier means it.
fn unneeded(file: &File<'_>, node: Node<'_>, name: Node<'_>, id: BoundId) -> Result<(), Refusal> {
    let bound = file.bound(id);
    let word = bound.name.as_str();
    let no = |reason, message: String| Err(file.refusal(reason, node, message));
    if let Some(alias) = field(name, "alias")
        && field(name, "name").is_some_and(|n| file.of(n) == file.of(alias))
    {
        return no(Reason::Exported, format!("`{word} as {word}` says that the name is passed on"));
    }
    if FOR_EFFECT.contains(&word) {
        return no(Reason::Effects, format!("`{word}` is imported for what importing it does"));
    }
    if name.kind() == "dotted_name" && named(name).len() > 1 && root_elsewhere(file, name) {
        let message = format!(
            "`{}` becomes an attribute of its package by the import, and the package is imported under another name too",
            file.of(name)
        );
        return no(Reason::Effects, message);
    }
    if let Some(why) = marked(file, node, name) {
        return no(Reason::Exported, why);
    }
    if guarded(file, node) {
        let message = format!("the import of `{word}` is tried: whether it fails is what matters");
        return no(Reason::Effects, message);
    }
    let star = |at: Span| at.of(file.text).is_some_and(|t| t.starts_with("from"));
    let bindings = file.bindings();
    let chain = bindings.scopes.iter().find_map(|s| {
        let concerns = bound.scope.0 == 0 || bindings.scope(bound.scope).span.contains(s.span);
        s.dynamic.filter(|at| concerns && !star(*at))
    });
    if let Some(at) = chain {
        let line = file.line(at.start);
        let message = format!("line {line} looks names up at run time and may mean `{word}`");
        return no(Reason::Dynamic, message);
    }
    // Doctests and code in strings see what the module has.
    if bound.scope.0 == 0 {
        exported(file, node, word)?;
        spoken(file, node, word)?;
    }
    Ok(())
}

/// True when the package of `import a.b` is imported in another way too: `import a as x`, `from a import c`.
fn root_elsewhere(file: &File<'_>, name: Node<'_>) -> bool {
    let root = named(name).first().map_or("", |n| file.of(*n));
    let of_root = |n: Node<'_>| file.of(n).split('.').next() == Some(root);
    file.parsed.root().subtree().any(|n| match n.kind() {
        "import_statement" => fields(n, "name").into_iter().any(|entry| {
            let path = field(entry, "name").unwrap_or(entry);
            let dotted = entry.kind() == "dotted_name" && named(entry).len() > 1;
            !dotted && of_root(path)
        }),
        "import_from_statement" => field(n, "module_name").is_some_and(of_root),
        _ => false,
    })
}

/// Refuses what `__all__` lists, and modules that only pass names on.
fn exported(file: &File<'_>, node: Node<'_>, word: &str) -> Result<(), Refusal> {
    for o in &file.bindings().occurrences {
        if o.span.of(file.text) != Some("__all__") {
            continue;
        }
        let statement = file.node(o.span).and_then(|n| {
            ancestors(n).find(|n| matches!(n.kind(), "expression_statement" | "call"))
        });
        let strings = statement.map(descendants).unwrap_or_default();
        if strings.iter().any(|n| n.kind() == "string_content" && file.of(*n) == word) {
            let message = format!("`__all__` passes `{word}` on");
            return Err(file.refusal(Reason::Exported, node, message));
        }
    }
    let only_imports = named(file.parsed.root()).into_iter().all(|n| match n.kind() {
        "import_statement"
        | "import_from_statement"
        | "future_import_statement"
        | "try_statement" => true,
        "if_statement" => true,
        "expression_statement" => named(n).first().is_some_and(|v| {
            v.kind() == "string" || v.kind() == "assignment" && file.of(*v).starts_with("__")
        }),
        _ => false,
    });
    if only_imports && node.kind() == "import_from_statement" {
        let message = format!("the file does nothing but import: it seems to pass `{word}` on");
        return Err(file.refusal(Reason::Exported, node, message));
    }
    Ok(())
}

/// What a comment says about the import.
fn marked(file: &File<'_>, node: Node<'_>, name: Node<'_>) -> Option<String> {
    let whole_file = |line: &str| {
        let line = line.trim_start_matches('#').trim().to_ascii_lowercase();
        let tail = line.strip_prefix("flake8:").or_else(|| line.strip_prefix("ruff:"));
        tail.is_some_and(|t| t.trim().strip_prefix("noqa").is_some_and(silences))
    };
    for comment in file.comments() {
        let text = comment.of(file.text).unwrap_or("");
        if whole_file(text) {
            return Some("the file says that unused imports are meant (`noqa`)".to_owned());
        }
        let row = (file.line(comment.start).0 as usize).saturating_sub(1);
        let rows = [
            node.start_position().row,
            node.end_position().row,
            name.start_position().row,
            name.end_position().row,
        ];
        if !rows.contains(&row) {
            continue;
        }
        let lower = text.to_ascii_lowercase();
        let noqa = lower.find("noqa").is_some_and(|at| silences(&lower[at + 4..]));
        if noqa || lower.contains("unused-import") || lower.contains("unused import") {
            return Some("a comment says that the import is meant".to_owned());
        }
        let meant = [
            "side effect",
            "side-effect",
            "re-export",
            "reexport",
            "backward",
            "compat",
            "register",
        ];
        if meant.iter().any(|m| lower.contains(m)) {
            return Some("a comment says that the import is meant".to_owned());
        }
    }
    None
}

/// True when what stands after `noqa` includes unused imports.
fn silences(after: &str) -> bool {
    match after.trim_start().strip_prefix(':') {
        None => true,
        Some(codes) => {
            let word = |c: &str| c.trim().to_ascii_lowercase();
            codes
                .split([',', ' '])
                .any(|c| matches!(word(c).as_str(), "f401" | "f" | "f4" | "f40" | "unused-import"))
        }
    }
}

/// True within a `try` that catches a failing import, in its body or where it makes up for it.
fn guarded(file: &File<'_>, node: Node<'_>) -> bool {
    let _ = file;
    ancestors(node)
        .take_while(|n| n.kind() != "function_definition")
        .any(|n| n.kind() == "try_statement" || is_suppressing(file, n))
}

fn is_suppressing(file: &File<'_>, node: Node<'_>) -> bool {
    node.kind() == "with_statement"
        && named(node).first().is_some_and(|clause| {
            let text = file.of(*clause);
            text.contains("suppress") || text.contains("raises")
        })
}

/// Refuses when a type comment, a doctest or code in a string uses the name.
fn spoken(file: &File<'_>, node: Node<'_>, word: &str) -> Result<(), Refusal> {
    for at in words(file.text, word) {
        let Some(inner) = file.node(at) else { continue };
        let used = match inner.kind() {
            "comment" => {
                let text = file.of(inner).trim_start_matches('#').trim_start();
                text.starts_with("type:") && !text.starts_with("type: ignore")
            }
            "string_content" | "string" => in_string(file, inner, at),
            _ => false,
        };
        if used {
            let line = file.line(at.start);
            let message = format!("`{word}` seems to be used in the text on line {line}");
            return Err(file.refusal(Reason::Dynamic, node, message));
        }
    }
    Ok(())
}

fn in_string(file: &File<'_>, inner: Node<'_>, at: Span) -> bool {
    let string = if inner.kind() == "string" { inner } else { inner.parent().unwrap_or(inner) };
    let line =
        &file.text[layout::line_start(file.text, at.start)..layout::line_end(file.text, at.start)];
    let line = line.trim_start().trim_start_matches(['"', '\'', 'r']);
    if line.starts_with(">>>") || line.starts_with("... ") {
        return true;
    }
    let content = file
        .of(string)
        .trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .trim_matches(['"', '\'']);
    let is_type = content.chars().all(|c| c.is_alphanumeric() || "_.[], |'\"".contains(c));
    let around = ancestors(string).take_while(|n| !n.kind().ends_with("_statement"));
    for outer in around {
        match outer.kind() {
            "type" => return true,
            "subscript" if is_type => {
                // `d["key"]` is no type, `Optional["Name"]` is.
                let head = field(outer, "value").map_or("", |v| file.of(v));
                let last = head.rsplit('.').next().unwrap_or(head);
                return last.starts_with(|c: char| c.is_ascii_uppercase())
                    || last == "list"
                    || last == "dict";
            }
            "call" => {
                let name = field(outer, "function").map_or("", |f| file.of(f));
                let last = name.rsplit('.').next().unwrap_or(name);
                return matches!(
                    last,
                    "eval"
                        | "exec"
                        | "compile"
                        | "timeit"
                        | "Timer"
                        | "cast"
                        | "TypeVar"
                        | "NewType"
                        | "ForwardRef"
                        | "patch"
                        | "NamedTuple"
                        | "TypedDict"
                        | "getattr"
                        | "setattr"
                        | "relationship"
                ) && (is_type
                    || !matches!(last, "cast" | "TypeVar" | "NewType" | "ForwardRef"));
            }
            _ => {}
        }
    }
    false
}

/// Takes entries out of the list of an import.
fn without(file: &File<'_>, names: &[Node<'_>], gone: &[Node<'_>]) -> Vec<Replacement> {
    let text = file.text;
    let cut =
        |from: usize, to: usize| Replacement { span: Span::new(from, to), text: String::new() };
    let mut out = Vec::new();
    // Entries behind the last one that stays go with the comma before them.
    let in_parentheses = names
        .first()
        .and_then(|n| n.parent())
        .is_some_and(|p| p.children().any(|c| c.kind() == "("));
    let last_kept = names.iter().rposition(|n| !gone.contains(n)).unwrap_or(0);
    for (at, name) in names.iter().enumerate().filter(|(_, n)| gone.contains(n)) {
        let after_comma = text[name.end_byte()..]
            .find(|c: char| !c.is_whitespace())
            .map(|n| name.end_byte() + n)
            .filter(|at| text[*at..].starts_with(','))
            .map(|at| at + 1);
        let own_line = layout::alone_before(text, *name) && {
            let end = after_comma.unwrap_or(name.end_byte());
            let rest = text[end..layout::line_end(text, end)].trim();
            rest.is_empty() || rest.starts_with('#')
        };
        if own_line && in_parentheses {
            let end = after_comma.unwrap_or(name.end_byte());
            let lines = layout::lines(text, Span::new(name.start_byte(), end));
            out.push(cut(lines.start, lines.end));
        } else if at < last_kept {
            let next = names[at + 1].start_byte();
            let to = if text[name.end_byte()..next].contains(['\n', '#']) {
                let end = after_comma.unwrap_or(name.end_byte());
                let blanks = text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
                end + if text[end + blanks..].starts_with(['\n', '\r', '#', '\\']) {
                    0
                } else {
                    blanks
                }
            } else {
                next
            };
            out.push(cut(name.start_byte(), to));
        } else {
            let before = names[at - 1];
            let same_line = before.end_position().row == name.start_position().row;
            let from =
                if same_line || !in_parentheses { before.end_byte() } else { name.start_byte() };
            out.push(cut(from, name.end_byte()));
        }
    }
    out
}
