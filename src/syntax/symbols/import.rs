//! What import statements say, read from their text: statements of one line's grammar each.

use super::Imported;
use super::grammar::ImportStyle;
use super::import_curly::{ecma_script, rust};

/// One bound name, its parts still texts of the statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ImportText<'s> {
    pub(super) module: String,
    pub(super) what: Imported,
    pub(super) alias: Option<&'s str>,
    pub(super) reexport: bool,
}

impl<'s> ImportText<'s> {
    pub(super) fn new(module: impl Into<String>, what: Imported, alias: Option<&'s str>) -> Self {
        Self { module: module.into(), what, alias, reexport: false }
    }
}

/// Every name that `statement` imports; nothing for what cannot be read.
pub(super) fn read(style: ImportStyle, statement: &str) -> Vec<ImportText<'_>> {
    match style {
        ImportStyle::Python => python(statement),
        ImportStyle::Rust => rust(statement),
        ImportStyle::EcmaScript => ecma_script(statement),
        ImportStyle::Go => go(statement),
        ImportStyle::Dotted => dotted(statement),
        ImportStyle::Php => php(statement),
        ImportStyle::Include => include(statement),
        ImportStyle::Path => path(statement),
        ImportStyle::Module => module(statement),
    }
}

/// The parts of a list, with their aliases: `a as b, c`.
fn list(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let parts = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| match part.split_once(" as ") {
        Some((name, alias)) => (name.trim(), Some(alias.trim())),
        None => (part, None),
    })
}

fn python(statement: &str) -> Vec<ImportText<'_>> {
    let statement = statement.trim();
    if let Some(rest) = statement.strip_prefix("import ") {
        // `import a.b` binds `a`; a path before a dot is found by the whole of it.
        return list(rest)
            .map(|(module, alias)| {
                ImportText::new(module, Imported::Module, Some(alias.unwrap_or(module)))
            })
            .collect();
    }
    let Some(rest) = statement.strip_prefix("from ") else { return Vec::new() };
    let Some((module, items)) = rest.split_once(" import") else { return Vec::new() };
    let module: String = module.split_whitespace().collect();
    let items = items.trim().trim_start_matches('(').trim_end_matches(')');
    if items.trim() == "*" {
        let mut all = ImportText::new(module, Imported::All, None);
        all.reexport = true;
        return vec![all];
    }
    let without_comments = items.lines().map(|line| line.split('#').next().unwrap_or(line));
    without_comments
        .flat_map(list)
        .filter(|(name, _)| *name != "\\")
        .map(|(name, alias)| {
            let name = name.trim_end_matches('\\').trim();
            let item = Imported::Item(name.to_owned());
            // Whatever a module imports can be imported from it.
            let mut import = ImportText::new(module.clone(), item, Some(alias.unwrap_or(name)));
            import.reexport = true;
            import
        })
        .collect()
}

fn go(statement: &str) -> Vec<ImportText<'_>> {
    let rest = statement.trim().strip_prefix("import").unwrap_or(statement);
    let rest = rest.trim().trim_start_matches('(').trim_end_matches(')');
    rest.lines()
        .flat_map(|line| line.split(';'))
        .filter_map(|spec| {
            let spec = spec.trim();
            let open = spec.find(['"', '`'])?;
            let path = spec[open + 1..].split(['"', '`']).next()?;
            let given = Some(spec[..open].trim()).filter(|name| !name.is_empty());
            Some(match given {
                Some(".") => ImportText::new(path, Imported::All, None),
                Some("_") => ImportText::new(path, Imported::Module, None),
                Some(name) => ImportText::new(path, Imported::Module, Some(name)),
                None => ImportText::new(path, Imported::Module, Some(package_of(path))),
            })
        })
        .collect()
}

/// The name that a Go package most likely has, by its path: a version is no name.
fn package_of(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let is_version = last.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let name = if is_version { parts.next().unwrap_or(last) } else { last };
    let name = name.split(".v").next().unwrap_or(name);
    name.strip_prefix("go-").unwrap_or(name)
}

/// Java, Kotlin, Scala and C#.
fn dotted(statement: &str) -> Vec<ImportText<'_>> {
    let statement = statement.trim().trim_end_matches(';').trim();
    let is_using = statement.starts_with("using") || statement.starts_with("global using");
    let rest = ["global", "using", "import", "static"].iter().fold(statement, |rest, word| {
        match rest.strip_prefix(word) {
            Some(after) if after.starts_with(char::is_whitespace) => after.trim_start(),
            _ => rest,
        }
    });
    if is_using {
        return match rest.split_once('=') {
            Some((alias, name)) => {
                item_of(name.trim(), '.', Some(alias.trim())).into_iter().collect()
            }
            None => vec![ImportText::new(rest.trim(), Imported::All, None)],
        };
    }
    if let Some((module, items)) = rest.split_once(".{") {
        return list(items.trim_end_matches('}'))
            .map(|(name, alias)| {
                let (name, renamed) = name.split_once("=>").unwrap_or((name, ""));
                let (name, renamed) = (name.trim(), renamed.trim());
                if matches!(name, "_" | "*" | "given") {
                    return ImportText::new(module, Imported::All, None);
                }
                let alias = alias.or(Some(renamed).filter(|r| !r.is_empty())).unwrap_or(name);
                ImportText::new(module, Imported::Item(name.to_owned()), Some(alias))
            })
            .collect();
    }
    list(rest)
        .filter_map(|(name, alias)| {
            for all in [".*", "._"] {
                if let Some(module) = name.strip_suffix(all) {
                    return Some(ImportText::new(module, Imported::All, None));
                }
            }
            item_of(name, '.', alias)
        })
        .collect()
}

/// `a.b.C` as the item `C` of `a.b`.
fn item_of<'s>(path: &'s str, dot: char, alias: Option<&'s str>) -> Option<ImportText<'s>> {
    let path = path.trim();
    let (module, name) = path.rsplit_once(dot).unwrap_or(("", path));
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then(|| {
        ImportText::new(module, Imported::Item(name.to_owned()), Some(alias.unwrap_or(name)))
    })
}

fn php(statement: &str) -> Vec<ImportText<'_>> {
    let statement = statement.trim().trim_end_matches(';').trim();
    let Some(rest) = statement.strip_prefix("use ") else { return path(statement) };
    let rest = rest.trim_start_matches("function ").trim_start_matches("const ");
    if let Some((module, items)) = rest.split_once('{') {
        let module = module.trim().trim_matches('\\');
        return list(items.trim_end_matches('}'))
            .map(|(name, alias)| {
                let (inner, last) = name.rsplit_once('\\').unwrap_or(("", name));
                let module =
                    if inner.is_empty() { module.to_owned() } else { format!("{module}\\{inner}") };
                ImportText::new(
                    module,
                    Imported::Item(last.to_owned()),
                    Some(alias.unwrap_or(last)),
                )
            })
            .collect();
    }
    list(rest)
        .filter_map(|(name, alias)| item_of(name.trim_start_matches('\\'), '\\', alias))
        .collect()
}

fn include(statement: &str) -> Vec<ImportText<'_>> {
    let Some(open) = statement.find(['"', '<']) else { return Vec::new() };
    let path = statement[open + 1..].split(['"', '>', '\n']).next().unwrap_or("");
    if path.is_empty() {
        return Vec::new();
    }
    // What a header includes is seen by those that include it.
    let mut all = ImportText::new(path, Imported::All, None);
    all.reexport = true;
    vec![all]
}

/// A file named by its path, as the last word or in quotes.
fn path(statement: &str) -> Vec<ImportText<'_>> {
    let quoted = statement.find(['"', '\'']).and_then(|open| {
        let quote = &statement[open..=open];
        statement[open + 1..].split(quote).next()
    });
    let bare = statement.split_whitespace().nth(1).filter(|_| quoted.is_none());
    let Some(path) = quoted.or(bare).filter(|path| !path.is_empty()) else { return Vec::new() };
    let relative = statement.starts_with("require_relative") && !path.starts_with('.');
    let module = if relative { format!("./{path}") } else { path.to_owned() };
    vec![ImportText::new(module, Imported::All, None)]
}

fn module(statement: &str) -> Vec<ImportText<'_>> {
    let last = statement.split_whitespace().last();
    last.map(|name| ImportText::new(name, Imported::All, None)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `module what>alias`, one a name.
    fn shown(style: ImportStyle, statement: &str) -> Vec<String> {
        let what = |i: &ImportText<'_>| match &i.what {
            Imported::Module => String::new(),
            Imported::Item(name) => format!(" {name}"),
            Imported::All => " *".to_owned(),
        };
        read(style, statement)
            .iter()
            .map(|i| format!("{}{}>{}", i.module, what(i), i.alias.unwrap_or("")))
            .collect()
    }

    #[test]
    fn python() {
        let of = |text| shown(ImportStyle::Python, text);
        assert_eq!(of("import os, a.b as c"), ["os>os", "a.b>c"]);
        assert_eq!(of("import a.b"), ["a.b>a.b"]);
        assert_eq!(of("from ..x import (\n    a,  # why\n    b as c,\n)"), ["..x a>a", "..x b>c"]);
        assert_eq!(of("from . import x"), [". x>x"]);
        assert_eq!(of("from a import *"), ["a *>"]);
        assert_eq!(
            of("from __future__ import annotations"),
            ["__future__ annotations>annotations"]
        );
        assert_eq!(of("import"), [""; 0]);
    }

    #[test]
    fn go() {
        let of = |text| shown(ImportStyle::Go, text);
        assert_eq!(
            of("import (\n\t\"fmt\"\n\tx \"a/b\"\n\t_ \"c\"\n\t. \"d\"\n\t\"e/go-f/v2\"\n)"),
            ["fmt>fmt", "a/b>x", "c>", "d *>", "e/go-f/v2>f"]
        );
        assert_eq!(of("import \"a\""), ["a>a"]);
    }

    #[test]
    fn dotted() {
        let of = |text| shown(ImportStyle::Dotted, text);
        assert_eq!(of("import java.util.List;"), ["java.util List>List"]);
        assert_eq!(of("import static a.B.*;"), ["a.B *>"]);
        assert_eq!(of("import a.b.C as D"), ["a.b C>D"]);
        assert_eq!(of("import a.{B, C => D, _}"), ["a B>B", "a C>D", "a *>"]);
        assert_eq!(of("using System.Text;"), ["System.Text *>"]);
        assert_eq!(of("using X = A.B;"), ["A B>X"]);
    }

    #[test]
    fn files_by_path() {
        let of = |text| shown(ImportStyle::Path, text);
        assert_eq!(of("require_relative 'a/b'"), ["./a/b *>"]);
        assert_eq!(of("require(\"x\")"), ["x *>"]);
        assert_eq!(of("source lib/x.sh"), ["lib/x.sh *>"]);
        assert_eq!(of(". \"$DIR/x.sh\""), ["$DIR/x.sh *>"]);
        assert_eq!(of("require"), [""; 0]);
        let of = |text| shown(ImportStyle::Include, text);
        assert_eq!(of("#include <a/b.h>\n"), ["a/b.h *>"]);
        assert_eq!(of("#include MACRO"), [""; 0]);
    }

    #[test]
    fn php() {
        let of = |text| shown(ImportStyle::Php, text);
        assert_eq!(of("use A\\B\\C;"), ["A\\B C>C"]);
        assert_eq!(of("use A\\{B, C\\D as E};"), ["A B>B", "A\\C D>E"]);
        assert_eq!(of("require_once 'x.php';"), ["x.php *>"]);
    }
}
