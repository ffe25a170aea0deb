//! The compiler or type checker that a project has: found by its files, run before and after.
//!
//! As with test commands, nothing that a file says becomes a word of the command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::project::Tree;
use crate::base::Language;
use crate::refactor::{Project, Step, words};

/// One checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checker {
    pub(super) argv: Vec<OsString>,
    /// It sees every name of the language, so that what it accepts is named right.
    pub(super) is_complete: bool,
}

/// The checkers that know the languages a step touches.
pub(super) fn checkers(root: &Path, tree: &Tree, step: &Step) -> Vec<Checker> {
    let languages: Vec<Language> =
        step.changes.iter().filter_map(|c| Language::of_path(c.path.as_str())).collect();
    let has = |name: &str| root.join(name).is_file();
    let mentions = |name: &str, word: &str| {
        crate::base::fs::read_text(&root.join(name)).is_ok_and(|text| text.contains(word))
    };
    let mut out = Vec::new();
    let mut add = |words: &str, is_complete| {
        let argv = words.split(' ').map(OsString::from).collect();
        out.push(Checker { argv, is_complete });
    };
    if languages.contains(&Language::Rust) && has("Cargo.toml") {
        add("cargo check --offline --all-targets --message-format short", true);
    }
    let typed = |l: &Language| matches!(l, Language::TypeScript | Language::Tsx);
    let script = |l: &Language| typed(l) || *l == Language::JavaScript;
    if languages.iter().any(script) && has("tsconfig.json") {
        let own = root.join("node_modules/.bin/tsc").exists();
        let tsc = if own { "node_modules/.bin/tsc" } else { "tsc" };
        add(&format!("{tsc} --noEmit --pretty false"), languages.iter().any(typed));
    }
    if languages.contains(&Language::Python) {
        let mypy = has("mypy.ini")
            || has(".mypy.ini")
            || mentions("pyproject.toml", "[tool.mypy")
            || mentions("setup.cfg", "[mypy");
        if mypy {
            let places = sources_of(tree, step);
            add(&format!("python3 -m mypy --no-error-summary --no-incremental {places}"), false);
        } else if has("pyrightconfig.json") || mentions("pyproject.toml", "[tool.pyright") {
            add("pyright", false);
        }
    }
    out
}

/// The files that changed: what mypy is asked about, together with what they import.
fn sources_of(tree: &Tree, step: &Step) -> String {
    let python = step.changes.iter().filter(|c| c.path.as_str().ends_with(".py"));
    let known = python.filter(|c| tree.has(&c.path)).map(|c| c.path.as_str());
    // A path with a space would become two words.
    known.filter(|path| !path.contains(' ')).collect::<Vec<_>>().join(" ")
}

/// What a checker complains about, its places left out: they move. Each complaint with how often it is made.
pub(super) fn complaints(output: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for line in output.lines() {
        let is_complaint = [": error", " error:", "error[", " - error", "error TS"]
            .iter()
            .any(|mark| line.contains(mark));
        if is_complaint {
            *out.entry(without_places(line)).or_default() += 1;
        }
    }
    out
}

/// What a step does to complaints that stay: they speak of what it changes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meanwhile<'s> {
    /// A name that has become another one.
    pub(super) renamed: Option<(&'s str, &'s str)>,
    /// Code has gone to another file, and what is said about it with it.
    pub(super) moved: bool,
}

/// The same complaints as they are made after a step that changes nothing in them.
pub(super) fn meanwhile(
    complaints: &BTreeMap<String, usize>,
    step: Meanwhile<'_>,
) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for (line, count) in complaints {
        let mut line = line.as_str();
        if step.moved {
            let at =
                [": error", " error:", " - error"].iter().filter_map(|mark| line.find(mark)).min();
            line = at.map_or(line, |at| &line[at..]);
        }
        let line = match step.renamed {
            Some((from, to)) => {
                let mut line = line.to_owned();
                for at in words(&line, from).into_iter().rev() {
                    line.replace_range(at.start..at.end, to);
                }
                line
            }
            None => line.to_owned(),
        };
        *out.entry(line).or_default() += count;
    }
    out
}

/// The complaints of `after` that `before` did not have.
pub(super) fn new_ones(
    before: &BTreeMap<String, usize>,
    after: &BTreeMap<String, usize>,
) -> Vec<String> {
    let more = |(line, count): &(&String, &usize)| before.get(*line).is_none_or(|was| was < count);
    after.iter().filter(more).map(|(line, _)| line.clone()).collect()
}

/// `a.py:12:5: error: x` as `a.py: error: x`.
fn without_places(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find([':', '(', ',']) {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..at]);
        if digits == 0 {
            out.push_str(&rest[at..=at]);
        }
        rest = &rest[at + 1 + digits..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_that_only_moved_is_no_new_one() {
        let before = complaints("a.py:3: error: Name \"x\" is not defined  [name-defined]\n");
        let moved = complaints("a.py:9: error: Name \"x\" is not defined  [name-defined]\n");
        assert_eq!(before.len(), 1);
        assert!(new_ones(&before, &moved).is_empty());
        let more = complaints(
            "src/a.ts(3,5): error TS2304: Cannot find name 'y'.\nsrc/lib.rs:3:5: error[E0425]: cannot find\n",
        );
        assert_eq!(new_ones(&before, &more).len(), 2);
        assert!(complaints("Found 0 errors. Watching.\n").is_empty());
    }

    #[test]
    fn what_mypy_and_pyright_print_is_read() {
        let mypy = complaints(include_str!("fixtures/mypy.txt"));
        assert_eq!(mypy.values().sum::<usize>(), 8);
        assert!(mypy.contains_key(
            "b.py: error: Unexpected keyword argument \"extra\" for \"total\"  [call-arg]"
        ));
        let pyright = complaints(include_str!("fixtures/pyright.txt"));
        assert_eq!(pyright.values().sum::<usize>(), 7, "warnings are none");
        assert!(pyright.contains_key(
            "  /work/a.py - error: \"missing_name\" is not defined (reportUndefinedVariable)"
        ));
    }

    #[test]
    fn what_speaks_of_the_changed_name_is_no_new_complaint() {
        let before = complaints("a.py:1: error: Too many arguments for \"total\"  [call-arg]\n");
        let after = complaints("b.py:7: error: Too many arguments for \"sum_of\"  [call-arg]\n");
        assert_eq!(new_ones(&before, &after).len(), 1);
        let step = Meanwhile { renamed: Some(("total", "sum_of")), moved: true };
        assert!(new_ones(&meanwhile(&before, step), &meanwhile(&after, step)).is_empty());
    }
}
