//! The languages whose symbols can be read: one row each.

use std::sync::OnceLock;

use tree_sitter::Query;

use super::super::parse::grammar as repaired;
use super::extract::Roles;
use crate::base::Language;

/// A language whose files can be read for symbols.
///
/// More than the languages that slm repairs ([`Language`]): to know a repository it is enough to
/// see names.
#[derive(Debug)]
pub struct Grammar {
    /// The name for people.
    pub name: &'static str,
    extensions: &'static [&'static str],
    /// Programs of a `#!` line, for files without an extension.
    interpreters: &'static [&'static str],
    /// `None`: known by name, but its grammar is not compiled in.
    load: Option<fn() -> tree_sitter::Language>,
    query: &'static str,
    /// How its import statements are read.
    pub imports: ImportStyle,
    /// What begins a line of comment.
    pub(super) comments: &'static [&'static str],
    /// Where the source begins and what is bound must be imported or defined first: a plain name
    /// that is neither is none of the repository's.
    pub names_are_imported: bool,
    /// Files of one directory see each other's names.
    pub shares_directory: bool,
}

/// How import statements look, and what they name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportStyle {
    /// `import a.b`, `from .a import b as c`.
    Python,
    /// `use a::{b, c as d}`.
    Rust,
    /// `import a, {b as c} from "./x"`, `require("./x")`.
    EcmaScript,
    /// `import ("a/b"; c "a/d")`.
    Go,
    /// `import a.b.C`, with braces, wildcards and aliases of Java, Kotlin, Scala and C#.
    Dotted,
    /// `use A\B\C as D;`, `require "x.php"`.
    Php,
    /// `#include "x.h"`.
    Include,
    /// `require_relative "x"`, `source x.sh`.
    Path,
    /// A whole module at once, whose files are not told apart: Swift.
    Module,
}

const SLASHES: &[&str] = &["//", "/*", "*"];
const HASH: &[&str] = &["#"];

/// A row with what most languages have.
const ROW: Grammar = Grammar {
    name: "",
    extensions: &[],
    interpreters: &[],
    load: None,
    query: "",
    imports: ImportStyle::Module,
    comments: SLASHES,
    names_are_imported: true,
    shares_directory: false,
};

macro_rules! when {
    ($feature:literal, $language:expr) => {{
        #[cfg(feature = $feature)]
        {
            Some(|| $language.into())
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}

static TABLE: [Grammar; 17] = [
    Grammar {
        name: "Python",
        extensions: &["py", "pyi", "pyw"],
        interpreters: &["python", "python3"],
        load: Some(|| repaired(Language::Python).clone()),
        query: include_str!("../queries/python.scm"),
        imports: ImportStyle::Python,
        comments: HASH,
        ..ROW
    },
    Grammar {
        name: "Rust",
        extensions: &["rs"],
        load: Some(|| repaired(Language::Rust).clone()),
        query: include_str!("../queries/rust.scm"),
        imports: ImportStyle::Rust,
        ..ROW
    },
    Grammar {
        name: "JavaScript",
        extensions: &["js", "mjs", "cjs", "jsx"],
        interpreters: &["node"],
        load: Some(|| repaired(Language::JavaScript).clone()),
        query: include_str!("../queries/javascript.scm"),
        imports: ImportStyle::EcmaScript,
        ..ROW
    },
    Grammar {
        name: "TypeScript",
        extensions: &["ts", "mts", "cts"],
        interpreters: &["deno", "ts-node", "tsx"],
        load: Some(|| repaired(Language::TypeScript).clone()),
        query: include_str!("../queries/typescript.scm"),
        imports: ImportStyle::EcmaScript,
        ..ROW
    },
    Grammar {
        name: "TSX",
        extensions: &["tsx"],
        load: Some(|| repaired(Language::Tsx).clone()),
        query: include_str!("../queries/typescript.scm"),
        imports: ImportStyle::EcmaScript,
        ..ROW
    },
    Grammar {
        name: "Go",
        extensions: &["go"],
        load: Some(|| repaired(Language::Go).clone()),
        query: include_str!("../queries/go.scm"),
        imports: ImportStyle::Go,
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "Java",
        extensions: &["java"],
        load: when!("lang-java", tree_sitter_java::LANGUAGE),
        query: include_str!("../queries/java.scm"),
        imports: ImportStyle::Dotted,
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "C",
        extensions: &["c"],
        load: when!("lang-c", tree_sitter_c::LANGUAGE),
        query: include_str!("../queries/c.scm"),
        imports: ImportStyle::Include,
        ..ROW
    },
    // Headers as well: what is C in them is C++ too, nearly always.
    Grammar {
        name: "C++",
        extensions: &["cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "inl", "ipp"],
        load: when!("lang-cpp", tree_sitter_cpp::LANGUAGE),
        query: include_str!("../queries/cpp.scm"),
        imports: ImportStyle::Include,
        ..ROW
    },
    Grammar {
        name: "Ruby",
        extensions: &["rb", "rake", "gemspec"],
        interpreters: &["ruby"],
        load: when!("lang-ruby", tree_sitter_ruby::LANGUAGE),
        query: include_str!("../queries/ruby.scm"),
        imports: ImportStyle::Path,
        comments: HASH,
        names_are_imported: false,
        ..ROW
    },
    Grammar {
        name: "PHP",
        extensions: &["php"],
        interpreters: &["php"],
        load: when!("lang-php", tree_sitter_php::LANGUAGE_PHP),
        query: include_str!("../queries/php.scm"),
        imports: ImportStyle::Php,
        comments: &["//", "/*", "*", "#"],
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "C#",
        extensions: &["cs"],
        load: when!("lang-c-sharp", tree_sitter_c_sharp::LANGUAGE),
        query: include_str!("../queries/c_sharp.scm"),
        imports: ImportStyle::Dotted,
        names_are_imported: false,
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "Kotlin",
        extensions: &["kt", "kts"],
        load: when!("lang-kotlin", tree_sitter_kotlin_ng::LANGUAGE),
        query: include_str!("../queries/kotlin.scm"),
        imports: ImportStyle::Dotted,
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "Scala",
        extensions: &["scala", "sc"],
        load: when!("lang-scala", tree_sitter_scala::LANGUAGE),
        query: include_str!("../queries/scala.scm"),
        imports: ImportStyle::Dotted,
        shares_directory: true,
        ..ROW
    },
    Grammar {
        name: "Swift",
        extensions: &["swift"],
        load: when!("lang-swift", tree_sitter_swift::LANGUAGE),
        query: include_str!("../queries/swift.scm"),
        names_are_imported: false,
        ..ROW
    },
    Grammar {
        name: "Bash",
        extensions: &["sh", "bash"],
        interpreters: &["sh", "bash", "dash"],
        load: when!("lang-bash", tree_sitter_bash::LANGUAGE),
        query: include_str!("../queries/bash.scm"),
        imports: ImportStyle::Path,
        comments: HASH,
        names_are_imported: false,
        ..ROW
    },
    // `.h` without the grammar of C++.
    Grammar {
        name: "C header",
        extensions: if cfg!(feature = "lang-cpp") { &[] } else { &["h"] },
        load: when!("lang-c", tree_sitter_c::LANGUAGE),
        query: include_str!("../queries/c.scm"),
        imports: ImportStyle::Include,
        ..ROW
    },
];

/// A grammar as loaded, with its compiled query.
pub(super) struct Loaded {
    pub(super) language: tree_sitter::Language,
    pub(super) query: Query,
    pub(super) roles: Roles,
}

impl Grammar {
    /// Every language known, in a fixed order.
    pub fn all() -> &'static [Self] {
        &TABLE
    }

    /// The language of a file by its extension, built in or not.
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, extension) = name.rsplit_once('.')?;
        let has = |grammar: &&Self| grammar.extensions.contains(&extension);
        let mut known = TABLE.iter().filter(has);
        let first = known.next()?;
        // A row that is built in goes before one that is not: `.h`.
        Some(if first.is_built_in() {
            first
        } else {
            known.find(|g| g.is_built_in()).unwrap_or(first)
        })
    }

    /// The language of a script by its first line, `#!/usr/bin/env python3`.
    pub fn of_first_line(line: &str) -> Option<&'static Self> {
        let mut words = line.strip_prefix("#!")?.split_whitespace();
        let mut program = words.next()?.rsplit('/').next()?;
        if program == "env" {
            program = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
        }
        let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let knows = |g: &&Self| g.interpreters.iter().any(|i| *i == program || *i == bare);
        TABLE.iter().find(knows)
    }

    /// True when its grammar is compiled in.
    pub fn is_built_in(&self) -> bool {
        self.load.is_some()
    }

    /// A number that stays the same while the program runs.
    pub fn index(&self) -> usize {
        TABLE.iter().position(|row| std::ptr::eq(row, self)).unwrap_or_default()
    }

    /// The grammar itself; `None` when it is not compiled in.
    pub(in crate::syntax) fn language(&self) -> Option<tree_sitter::Language> {
        self.load.map(|load| load())
    }

    /// The grammar with its query, made once; `None` when it is not compiled in.
    pub(super) fn loaded(&self) -> Option<&'static Loaded> {
        static LOADED: [OnceLock<Loaded>; TABLE.len()] = [const { OnceLock::new() }; TABLE.len()];
        let load = self.load?;
        Some(LOADED[self.index()].get_or_init(|| {
            let language = load();
            let query = Query::new(&language, self.query).unwrap_or_else(|error| {
                panic!("the query of {} does not fit its grammar: {error}", self.name)
            });
            let roles = Roles::new(&query);
            Loaded { language, query, roles }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_extension_and_first_line() {
        let of = |path| Grammar::of_path(path).map(|g| g.name);
        assert_eq!(of("a/b.py"), Some("Python"));
        assert_eq!(of("a.d.ts"), Some("TypeScript"));
        assert_eq!(of("x.rs/README"), None);
        assert!(matches!(of("x.h"), Some("C++" | "C header")));
        let of = |line| Grammar::of_first_line(line).map(|g| g.name);
        assert_eq!(of("#!/bin/bash -e"), Some("Bash"));
        assert_eq!(of("#!/usr/bin/env -S A=1 python3.11"), Some("Python"));
        assert_eq!(of("#!/usr/bin/env node"), Some("JavaScript"));
        assert_eq!(of("import os"), None);
        assert_eq!(of("#!"), None);
    }

    #[test]
    fn every_query_fits_its_grammar() {
        let built_in = Grammar::all().iter().filter(|g| g.is_built_in());
        assert!(built_in.map(|g| g.loaded().unwrap().query.pattern_count()).all(|n| n > 3));
    }
}
