//! What each language's query finds in a sample of it: definitions, uses and imports, recorded and
//! read by a person.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::fmt::Write as _;
use std::path::Path;

use slm::syntax::{Grammar, Imported, Symbols, extract};

const SAMPLES: [&str; 15] = [
    "sample.py",
    "sample.rs",
    "sample.js",
    "sample.ts",
    "sample.go",
    "sample.java",
    "sample.c",
    "sample.cpp",
    "sample.rb",
    "sample.php",
    "sample.cs",
    "sample.kt",
    "sample.scala",
    "sample.swift",
    "sample.sh",
];

fn sample(name: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/symbols");
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// Everything that was found, a line each.
fn shown(symbols: &Symbols) -> String {
    let mut out = String::new();
    for (index, d) in (0..).zip(&symbols.definitions) {
        let name = symbols.qualified(index);
        let kind = d.kind.name();
        let _ = write!(out, "{:>3}-{:<3} {kind:<9} {name:<28} {}", d.first, d.last, d.signature);
        let _ = if d.doc.is_empty() { writeln!(out) } else { writeln!(out, "  -- {}", d.doc) };
    }
    if symbols.has_errors {
        out.push_str("a part does not fit the grammar\n");
    }
    out.push('\n');
    for import in &symbols.imports {
        let what = match &import.what {
            Imported::Module => "",
            Imported::Item(item) => item,
            Imported::All => "*",
        };
        let alias = import.alias.map_or("", |alias| symbols.name(alias));
        let _ = writeln!(out, "{:>3} import {} {what} as {alias}", import.line, import.module);
    }
    out.push('\n');
    for r in &symbols.references {
        let before = r.qualifier.map_or(String::new(), |q| format!("{}.", symbols.name(q)));
        let within = r.within.map_or(String::new(), |d| symbols.qualified(d));
        let lines: Vec<String> = r.lines.iter().map(u32::to_string).collect();
        let name = symbols.name(r.name);
        let _ =
            writeln!(out, "{:<6} {before}{name} in {within}: {}", r.kind.name(), lines.join(" "));
    }
    out
}

#[test]
fn samples_of_every_language() {
    let mut built_in = 0;
    for name in SAMPLES {
        let grammar = Grammar::of_path(name).unwrap();
        if !grammar.is_built_in() {
            println!("skipped: {} is not built in", grammar.name);
            continue;
        }
        built_in += 1;
        let symbols = extract(grammar, &sample(name)).unwrap();
        insta::with_settings!({ snapshot_path => "fixtures/symbols/found", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.replace('.', "_"), shown(&symbols));
        });
    }
    // Those that slm repairs are always there.
    assert!(built_in >= 5);
}

#[test]
fn what_a_broken_line_leaves() {
    for name in SAMPLES {
        let grammar = Grammar::of_path(name).unwrap();
        if !grammar.is_built_in() {
            continue;
        }
        let text = sample(name);
        let whole = extract(grammar, &text).unwrap().definitions.len();
        // In the middle of the file, which is in some body.
        let middle = text.lines().count() / 2;
        let broken: String = text
            .lines()
            .enumerate()
            .map(
                |(at, line)| {
                    if at == middle { format!("{line} = = (\n") } else { format!("{line}\n") }
                },
            )
            .collect();
        let left = extract(grammar, &broken).unwrap().definitions.len();
        assert!(left * 2 >= whole, "{name}: {left} of {whole} definitions are left");
    }
}

#[test]
fn every_prefix_of_every_sample_is_survived() {
    for name in SAMPLES {
        let grammar = Grammar::of_path(name).unwrap();
        if !grammar.is_built_in() {
            continue;
        }
        let text = sample(name);
        for (at, _) in text.char_indices().step_by(37) {
            let _ = extract(grammar, &text[..at]).unwrap();
            let _ = extract(grammar, &text[at..]).unwrap();
        }
    }
}
