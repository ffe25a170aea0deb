//! The compiler or type checker that a project has: found by its files, run before and after.
//!
//! As with test commands, nothing that a file says becomes a word of the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use super::project::Tree;
use crate::base::{Language, RepoPath};
use crate::refactor::{Project, Step, has_word, words};

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

/// Files that mypy is asked about at most, those that changed left out.
const USERS: usize = 200;

/// What mypy is asked about: the files that changed, and those that import them, which may be wrong now without a
/// change of their own. What all of these import is looked at in any case.
fn sources_of(tree: &Tree, step: &Step) -> String {
    let changed = step.changes.iter().map(|change| &change.path);
    let mut known: Vec<RepoPath> =
        changed.filter(|path| path.as_str().ends_with(".py") && tree.has(path)).cloned().collect();
    // Two files that are one module to mypy would end its run.
    let mut modules: BTreeSet<String> = known.iter().map(|path| module(tree, path)).collect();
    let users = users_of(tree, &known);
    known.extend(users.into_iter().filter(|path| modules.insert(module(tree, path))).take(USERS));
    // A path with a space would become two words.
    let words: Vec<&str> =
        known.iter().map(RepoPath::as_str).filter(|path| !path.contains(' ')).collect();
    words.join(" ")
}

/// The files that may import one of `files`, also by way of a package that passes on what is in it.
fn users_of(tree: &Tree, files: &[RepoPath]) -> Vec<RepoPath> {
    let mut found: Vec<RepoPath> = Vec::new();
    let mut queue: Vec<String> = files.iter().map(word_of).collect();
    let mut asked: Vec<String> = Vec::new();
    while let Some(word) = queue.pop() {
        if word.is_empty() || asked.contains(&word) {
            continue;
        }
        let users = tree.search(&|path, text| {
            path.as_str().ends_with(".py")
                && text.lines().any(|line| line.contains("import") && has_word(line, &word))
        });
        let packages = users.iter().filter(|path| path.file_name() == "__init__.py");
        queue.extend(packages.map(word_of));
        asked.push(word);
        found.extend(users.into_iter().filter(|path| !files.contains(path)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The last word of the name under which a file is imported.
fn word_of(path: &RepoPath) -> String {
    let whole = path.as_str().trim_end_matches(".py").trim_end_matches("/__init__");
    whole.rsplit('/').next().unwrap_or(whole).to_owned()
}

/// The dotted name of a file, by the packages that it lies in.
fn module(tree: &Tree, path: &RepoPath) -> String {
    let mut name = word_of(path);
    let mut folder = path.parent();
    if path.file_name() == "__init__.py" {
        folder = folder.rsplit_once('/').map_or("", |(up, _)| up);
    }
    while !folder.is_empty()
        && RepoPath::new(&format!("{folder}/__init__.py")).is_ok_and(|init| tree.has(&init))
    {
        let (up, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        name = format!("{last}.{name}");
        folder = up;
    }
    name
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
    fn mypy_is_asked_about_what_imports_a_changed_file_too() {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            ("shop/__init__.py", "from .cart import Cart\n"),
            ("shop/cart.py", "class Cart: pass\n"),
            ("shop/other.py", "cart = 1\n"),
            ("report.py", "from shop import Cart\n"),
            ("tools/a/setup.py", "import shop.cart\n"),
            ("tools/b/setup.py", "import shop.cart\n"),
        ];
        let mut paths = Vec::new();
        for (path, text) in files {
            let path = RepoPath::new(path).unwrap();
            let full = path.to_path(dir.path());
            crate::base::fs::create_dir_all(full.parent().unwrap()).unwrap();
            crate::base::fs::write(&full, text.as_bytes()).unwrap();
            paths.push(path);
        }
        let tree = Tree::new(dir.path(), paths.clone(), crate::edit::Patch::default());
        let mut step = Step::default();
        let edit = crate::refactor::Change {
            path: paths[1].clone(),
            edit: crate::refactor::Edit::Replace(Vec::new()),
        };
        step.changes.push(edit);
        assert_eq!(
            sources_of(&tree, &step),
            "shop/cart.py report.py shop/__init__.py tools/a/setup.py",
            "not the second module of one name, nor what only says the word"
        );
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
            "  /project/a.py - error: \"missing_name\" is not defined (reportUndefinedVariable)"
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
