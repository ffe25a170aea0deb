//! Import statements that nest or come in many shapes: Rust's `use` and those of JavaScript.

use super::Imported;
use super::import::ImportText;

/// `use a::{b::{self, C as D}, e::*};`, with `pub` in front.
pub(super) fn rust(statement: &str) -> Vec<ImportText<'_>> {
    let statement = statement.trim().trim_end_matches(';');
    if let Some(rest) = statement.strip_prefix("extern crate ") {
        let (name, alias) = rest.split_once(" as ").unwrap_or((rest, rest));
        return vec![ImportText::new(name.trim(), Imported::Module, Some(alias.trim()))];
    }
    let Some(at) = statement.find("use ").filter(|&at| at == 0 || statement.starts_with("pub"))
    else {
        return Vec::new();
    };
    let mut imports = Vec::new();
    tree(&statement[at + 4..], ("", ""), 0, &mut imports);
    for import in &mut imports {
        import.reexport = at > 0;
    }
    imports
}

/// One part of a use tree below a prefix, given with its last segment as the statement has it.
fn tree<'s>(
    part: &'s str,
    (prefix, last): (&str, &'s str),
    depth: usize,
    imports: &mut Vec<ImportText<'s>>,
) {
    let part = part.trim();
    // No source nests that deep; a hostile one must not overflow the stack.
    if part.is_empty() || depth > 32 {
        return;
    }
    let joined = |name: &str| match (prefix, name) {
        ("", name) => name.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, name) => format!("{prefix}::{name}"),
    };
    if let Some(open) = part.find('{') {
        let inner = part[open + 1..].strip_suffix('}').unwrap_or(&part[open + 1..]);
        let path = part[..open].trim().trim_end_matches("::").trim_start_matches("::");
        let last = path.rsplit("::").next().filter(|last| !last.is_empty()).unwrap_or(last);
        let prefix = joined(path);
        for part in commas(inner) {
            tree(part, (&prefix, last), depth + 1, imports);
        }
        return;
    }
    let (path, alias) = match part.split_once(" as ") {
        Some((path, alias)) => (path.trim(), Some(alias.trim())),
        None => (part, None),
    };
    let path = path.trim_start_matches("::");
    let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
    let module = joined(module);
    imports.push(match name {
        "*" => ImportText::new(module, Imported::All, None),
        "self" if module.is_empty() => return,
        "self" => {
            // `a::b::{self}` binds `b`, which is spelt before the brace only.
            let (outer, name) = module.rsplit_once("::").unwrap_or(("", &module));
            let alias = alias.or(Some(last).filter(|last| !last.is_empty()));
            if outer.is_empty() {
                ImportText::new(name, Imported::Module, alias)
            } else {
                ImportText::new(outer, Imported::Item(name.to_owned()), alias)
            }
        }
        _ if module.is_empty() => ImportText::new(name, Imported::Module, alias.or(Some(name))),
        _ => ImportText::new(module, Imported::Item(name.to_owned()), alias.or(Some(name))),
    });
}

/// Splits at the commas that no brace holds.
fn commas(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `import a, { b as c } from "x"`, `export * from "x"`, and what is bound to `require("x")`.
pub(super) fn ecma_script(statement: &str) -> Vec<ImportText<'_>> {
    let statement = statement.trim();
    let Some(module) = last_string(statement) else { return Vec::new() };
    if let Some(rest) = statement.strip_prefix("import").or(statement.strip_prefix("export")) {
        let reexport = statement.starts_with("export");
        let clause = rest.split(" from").next().unwrap_or("").trim();
        let clause = clause.strip_prefix("type ").unwrap_or(clause);
        let mut imports = clause_of(clause, module);
        if reexport {
            for import in &mut imports {
                import.reexport = true;
            }
        }
        return imports;
    }
    // `const a = require("x")`, `const { a, b: c } = require("x")`, `require("x")`.
    let bound = statement.split_once('=').map(|(left, _)| left.trim());
    let left = bound.and_then(|left| {
        ["const ", "let ", "var "].iter().find_map(|word| left.strip_prefix(word)).or(Some(left))
    });
    match left.map(str::trim) {
        Some(left) if left.starts_with('{') => items(left, ':', module),
        Some(name) if is_name(name) => vec![ImportText::new(module, Imported::Module, Some(name))],
        _ => vec![ImportText::new(module, Imported::Module, None)],
    }
}

/// What stands between `import` and `from`.
fn clause_of<'s>(clause: &'s str, module: &'s str) -> Vec<ImportText<'s>> {
    let mut imports = Vec::new();
    let (outside, braces) = match clause.find('{') {
        Some(open) => (&clause[..open], &clause[open..]),
        None => (clause, ""),
    };
    for part in outside.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(rest) = part.strip_prefix('*') {
            let alias = rest.trim().strip_prefix("as ").map(str::trim);
            let what = if alias.is_some() { Imported::Module } else { Imported::All };
            imports.push(ImportText::new(module, what, alias));
        } else if is_name(part) {
            imports.push(ImportText::new(module, Imported::Item("default".to_owned()), Some(part)));
        }
    }
    if !braces.is_empty() {
        imports.extend(items(braces, ' ', module));
    }
    if imports.is_empty() {
        imports.push(ImportText::new(module, Imported::Module, None));
    }
    imports
}

/// `{ a, b as c }`, or `{ a, b: c }` of a destructuring.
fn items<'s>(braces: &'s str, separator: char, module: &'s str) -> Vec<ImportText<'s>> {
    let inner = braces.trim_start_matches('{').split('}').next().unwrap_or("");
    inner
        .split(',')
        .map(|part| part.trim().strip_prefix("type ").unwrap_or(part.trim()))
        .filter_map(|part| {
            let (name, alias) = match separator {
                ':' => part.split_once(':').unwrap_or((part, part)),
                _ => part.split_once(" as ").unwrap_or((part, part)),
            };
            let (name, alias) = (name.trim(), alias.trim());
            (is_name(name) && is_name(alias))
                .then(|| ImportText::new(module, Imported::Item(name.to_owned()), Some(alias)))
        })
        .collect()
}

fn last_string(statement: &str) -> Option<&str> {
    let close = statement.rfind(['"', '\'', '`'])?;
    let quote = &statement[close..=close];
    let open = statement[..close].rfind(quote)?;
    Some(&statement[open + 1..close])
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(imports: &[ImportText<'_>]) -> Vec<String> {
        let what = |i: &ImportText<'_>| match &i.what {
            Imported::Module => String::new(),
            Imported::Item(name) => format!(" {name}"),
            Imported::All => " *".to_owned(),
        };
        let mark = |i: &ImportText<'_>| if i.reexport { "+" } else { "" };
        imports
            .iter()
            .map(|i| format!("{}{}{}>{}", mark(i), i.module, what(i), i.alias.unwrap_or("")))
            .collect()
    }

    #[test]
    fn use_trees() {
        let of = |text| shown(&rust(text));
        assert_eq!(of("use a::b::C;"), ["a::b C>C"]);
        assert_eq!(
            of("pub(crate) use crate::a::{b::{self, C as D}, e::*, F};"),
            ["+crate::a b>b", "+crate::a::b C>D", "+crate::a::e *>", "+crate::a F>F"]
        );
        assert_eq!(of("use super::*;"), ["super *>"]);
        assert_eq!(of("use log;"), ["log>log"]);
        assert_eq!(of("extern crate a as b;"), ["a>b"]);
        assert_eq!(of("user::f()"), [""; 0]);
        assert!(rust(&format!("use {}", "a::{".repeat(5000))).is_empty());
    }

    #[test]
    fn modules_of_javascript() {
        let of = |text| shown(&ecma_script(text));
        assert_eq!(
            of("import a, { b as c, type D } from './x';"),
            ["./x default>a", "./x b>c", "./x D>D"]
        );
        assert_eq!(of("import * as fs from \"fs\""), ["fs>fs"]);
        assert_eq!(of("import './side'"), ["./side>"]);
        assert_eq!(of("import type { A } from './t'"), ["./t A>A"]);
        assert_eq!(of("export * from './x'"), ["+./x *>"]);
        assert_eq!(of("export { default as A } from './a'"), ["+./a default>A"]);
        assert_eq!(of("const { a, b: c } = require('./y')"), ["./y a>a", "./y b>c"]);
        assert_eq!(of("const x = require('y')"), ["y>x"]);
        assert_eq!(of("require('z')"), ["z>"]);
        assert_eq!(of("import x from y"), [""; 0]);
    }
}
