//! Tests of the source itself: who may import whom, which room owns which crate, sizes, docs.
//!
//! `docs/architecture.md` gives the reasons. Every rule is a pure function from a file's path and
//! text to complaints, and is shown a bad sample here, so that it cannot go quiet unnoticed.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::path::{Path, PathBuf};

use source::Source;

/// A file of this repository: its path from the root, with `/`, and its bytes as text.
struct File {
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that git would track, generated and recorded ones included.
fn files() -> Vec<File> {
    let walk = ignore::WalkBuilder::new(root())
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let paths: Vec<PathBuf> = walk
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect();
    let files: Vec<File> = paths
        .into_iter()
        .map(|path| File {
            text: String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
            path: path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"),
        })
        .collect();
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the walk found no source");
    files
}

/// Applies a rule to the Rust files below these folders.
fn check_rust(folders: &[&str], rule: impl Fn(&Source) -> Vec<String>) {
    let files: Vec<File> = files()
        .into_iter()
        .filter(|file| file.path.ends_with(".rs") && !rules::is_material(&file.path))
        .collect();
    let tests: Vec<String> =
        files.iter().flat_map(|file| source::test_modules(&file.path, &file.text)).collect();
    let complaints: Vec<String> = files
        .iter()
        .filter(|file| folders.iter().any(|folder| file.path.starts_with(folder)))
        .flat_map(|file| {
            let mut source = Source::new(&file.path, &file.text);
            let stem = file.path.trim_end_matches(".rs");
            if tests.iter().any(|test| Path::new(stem).starts_with(test)) {
                source.shipped.clear();
            }
            rule(&source)
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Applies a rule to the text of all files that `applies` to.
fn check_text(applies: impl Fn(&str) -> bool, rule: impl Fn(&str, &str) -> Vec<String>) {
    let complaints: Vec<String> = files()
        .iter()
        .filter(|file| applies(&file.path))
        .flat_map(|file| rule(&file.path, &file.text))
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Asserts that `rule` complains about `text` at `path`.
#[track_caller]
fn trips(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) {
    assert_ne!(rule(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
}

/// Asserts that `rule` accepts `text` at `path`.
#[track_caller]
fn passes(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) {
    assert_eq!(rule(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
}

#[test]
fn rooms_import_only_downwards() {
    check_rust(&["src/"], rules::direction);
}

#[test]
fn the_direction_rule_works() {
    use rules::direction as rule;
    trips(rule, "src/trace/python.rs", "use crate::agent::Proposal;");
    trips(rule, "src/trace/python.rs", "use crate::repo::walk;");
    trips(rule, "src/base/path.rs", "fn f() { crate::syntax::parse() }");
    trips(rule, "src/agent/fix.rs", "use crate::{base::Line, tui::{App, Key}};");
    trips(rule, "src/agent/fix.rs", "use crate::{\n    edit::{Patch, diff},\n    eval,\n};");
    trips(rule, "src/agent/fix.rs", "use crate::config::Config;");
    trips(rule, "src/config/mod.rs", "use crate::repo::root;");
    trips(rule, "src/edit/mod.rs", "use super::agent::Proposal;");
    trips(rule, "src/edit/diff.rs", "use super::super::agent::Proposal;");
    trips(rule, "src/tui/app.rs", "use crate::eval::Score;");
    trips(rule, "src/attic/mod.rs", "");

    passes(rule, "src/agent/fix.rs", "use crate::{base::Line, edit::{Patch, diff}, trace};");
    passes(rule, "src/trace/python.rs", "use crate::base::Line; use crate::trace::Frame;");
    passes(
        rule,
        "src/trace/python.rs",
        "//! [`crate::agent`]\nconst A: &str = \"crate::agent::x\";",
    );
    passes(rule, "src/trace/python.rs", "#[cfg(test)]\nmod tests { use crate::agent::Proposal; }");
    passes(rule, "src/edit/diff.rs", "use super::patch; pub(crate) fn f() {}");
    passes(rule, "src/cli/fix.rs", "use crate::{agent, config::Config, tui};");
    passes(rule, "src/main.rs", "use slm::cli;");
}

#[test]
fn every_outside_crate_has_one_room() {
    check_rust(&["src/"], rules::one_room);
}

#[test]
fn the_one_room_rule_works() {
    use rules::one_room as rule;
    trips(rule, "src/engine/client.rs", "use llama_cpp_2::model::LlamaModel;");
    trips(rule, "src/cli/fix.rs", "let c = ratatui::style::Color::Red;");
    trips(rule, "src/cli/fix.rs", "use crossterm::event;");
    trips(rule, "src/agent/fix.rs", "use git2::Repository;");
    trips(rule, "src/repo/symbols.rs", "fn f() { tree_sitter_python::LANGUAGE; }");
    trips(rule, "src/repo/git.rs", "std::process::Command::new(\"git\")");
    trips(rule, "src/repo/git.rs", "use std::process::{Stdio, Command};");
    trips(rule, "src/agent/fix.rs", "unsafe { libc::fork() }");
    trips(rule, "src/agent/fix.rs", "use std::net::TcpStream;");
    trips(rule, "src/engine/remote/mod.rs", "let agent = ureq::agent();");
    passes(rule, "src/engine/remote/http.rs", "use ureq::Agent;");
    trips(rule, "src/cli/fix.rs", "println!(\"x\");");
    trips(rule, "src/agent/fix.rs", "eprint!(\"x\");");

    passes(rule, "src/engine/llama/load.rs", "use llama_cpp_2::model::LlamaModel;");
    passes(rule, "src/cli/report.rs", "println!(\"x\");");
    passes(rule, "src/edit/commit.rs", "use git2::Repository;");
    passes(rule, "src/sandbox/spawn.rs", "use std::process::{Command, Stdio};");
    passes(rule, "src/cli/man.rs", "let c = clap::Command::new(\"slm\"); // println!");
    passes(rule, "src/agent/fix.rs", "writeln!(out, \"println!\")");
    passes(rule, "src/agent/fix.rs", "#[cfg(test)]\nmod tests { fn f() { println!(); } }");
}

#[test]
fn unsafe_is_rare_and_explained() {
    check_rust(&["src/"], rules::explained);
}

#[test]
fn the_unsafe_rule_works() {
    use rules::explained as rule;
    trips(rule, "src/agent/fix.rs", "// SAFETY: none\nunsafe { f() }");
    trips(rule, "src/sandbox/spawn.rs", "fn f() {\n    unsafe { g() }\n}");
    passes(rule, "src/sandbox/spawn.rs", "// SAFETY: g takes no pointer.\nunsafe { g() }");
    passes(rule, "src/agent/fix.rs", "#![allow(unsafe_code)] // unsafe {");
}

#[test]
fn every_rust_file_says_why_it_exists() {
    check_rust(&["src/", "tests/", "benches/"], rules::module_doc);
}

#[test]
fn the_module_doc_rule_works() {
    use rules::module_doc as rule;
    trips(rule, "src/a.rs", "use std::fmt;\n//! late");
    trips(rule, "src/a.rs", "//!\n//!\nuse std::fmt;");
    passes(rule, "src/a.rs", "//! Why.\nuse std::fmt;");
}

#[test]
fn no_file_outgrows_its_reader() {
    check_rust(&["src/", "tests/", "benches/"], rules::size);
    check_text(|path| path.ends_with(".sh"), |path, text| rules::size(&Source::new(path, text)));
}

#[test]
fn the_size_rule_works() {
    use rules::size as rule;
    trips(rule, "src/agent/fix.rs", &"x\n".repeat(801));
    passes(rule, "src/agent/fix.rs", &"x\n".repeat(800));
    trips(rule, "src/main.rs", &"x\n".repeat(80));
    passes(rule, "src/main.rs", &"x\n".repeat(79));
}

#[test]
fn nothing_is_left_for_later() {
    check_text(rules::is_written_here, rules::unfinished);
}

#[test]
fn the_unfinished_rule_works() {
    for word in [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|pieces| pieces.concat()) {
        assert_ne!(rules::unfinished("a.rs", &format!("// {word}: later")), [""; 0]);
        assert_ne!(rules::unfinished("a.rs", &format!("/// {word} later")), [""; 0]);
        assert_ne!(rules::unfinished("a.rs", &format!("f(); /* see {word}(me) */")), [""; 0]);
        assert_ne!(rules::unfinished("a.sh", &format!("# {word} later")), [""; 0]);
        assert_ne!(rules::unfinished("a.md", &format!("{word}: later")), [""; 0]);
        assert_eq!(rules::unfinished("a.rs", &format!("line.ends_with(\" # {word}\")")), [""; 0]);
    }
    assert_ne!(rules::unfinished("a.rs", "fn f() { todo!() }"), [""; 0]);
    assert_ne!(rules::unfinished("a.rs", "fn f() { unimplemented!(\"x\") }"), [""; 0]);
    assert_eq!(rules::unfinished("a.rs", "let sample = \"fn f() { todo!() }\";"), [""; 0]);
    assert_eq!(rules::unfinished("a.rs", "let method = \"todos\";"), [""; 0]);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    check_text(|_| true, rules::machine);
}

#[test]
fn the_machine_rule_works() {
    let bad = [
        ["see /ro", "ot/notes"],
        ["(/wo", "rk/x/y)"],
        ["https://registry.", "npmjs.org/jest"],
        ["https://files.python", "hosted.org/x"],
        ["https://static.", "crates.io/x"],
        ["https://proxy.go", "lang.org"],
    ];
    for text in bad {
        assert_ne!(rules::machine("a", &text.concat()), [""; 0], "{text:?}");
    }
    for text in ["/home/runner/work/repo/a.py", "a/root/b", "src/work/x", "C:/work/x", "/usr/lib/x"]
    {
        assert_eq!(rules::machine("a", text), [""; 0], "{text:?}");
    }
}

#[test]
fn every_prompt_and_grammar_is_compiled_in() {
    let files = files();
    let sources: Vec<&File> =
        files.iter().filter(|f| f.path.starts_with("src/") && f.path.ends_with(".rs")).collect();
    let material: Vec<&str> = files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| path.starts_with("prompts/") || path.starts_with("grammars/"))
        .collect();
    let all = sources.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().concat();
    let unused = rules::not_included(&material, &all);
    assert!(unused.is_empty(), "\n{}\n", unused.join("\n"));
}

#[test]
fn the_inclusion_rule_works() {
    let source = "const P: &str = include_str!(\"../../prompts/fix.txt\"); // prompts/old.txt";
    assert_eq!(rules::not_included(&["prompts/fix.txt"], source), [""; 0]);
    assert_eq!(rules::not_included(&["prompts/old.txt"], source).len(), 1);
}
