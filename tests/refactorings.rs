//! One refactoring each, done by the real binary on a small project and judged by the tree it leaves and by
//! running the project's tests on that.
//!
//! `tests/refactorings/*.txt`: some words, then `key: value` lines (`argv`, `test`, `status`, and for a refusal
//! `reason`), then the files, headed `-- path --`, and those that are different afterwards, headed `== path ==`.
//! `SLM_SCENARIO=part,part` runs only those whose name contains a part; `SLM_BLESS=1` writes what came out into
//! the files, to be read before it is committed.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers: the table is their result"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::Env;

/// Scenarios at a time.
const AT_ONCE: usize = 2;
/// The refactorings that must be shown, and the refusals.
const LEAST: usize = 60;

#[derive(Debug, Default)]
struct Scenario {
    path: PathBuf,
    /// Everything before the files, as written.
    head: String,
    argv: Vec<String>,
    test: Vec<String>,
    status: String,
    reason: String,
    input: BTreeMap<String, String>,
    expected: BTreeMap<String, String>,
}

impl Scenario {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut out = Self { path: path.to_owned(), ..Self::default() };
        let mut file: Option<(bool, String)> = None;
        for line in text.split_inclusive('\n') {
            if let Some(header) = header(line) {
                let files = if header.0 { &mut out.input } else { &mut out.expected };
                assert!(
                    files.insert(header.1.clone(), String::new()).is_none(),
                    "{path:?}: {line}"
                );
                file = Some(header);
            } else if let Some((input, name)) = &file {
                let files = if *input { &mut out.input } else { &mut out.expected };
                files.get_mut(name).unwrap().push_str(line);
            } else {
                out.head.push_str(line);
                out.key(line);
            }
        }
        out
    }

    fn key(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(": ") else { return };
        let words = || split(value);
        match key {
            "argv" => self.argv = words(),
            "test" => self.test = words(),
            "status" => self.status = value.trim().to_owned(),
            "reason" => self.reason = value.trim().to_owned(),
            _ => {}
        }
    }

    fn name(&self) -> &str {
        self.path.file_stem().unwrap().to_str().unwrap()
    }

    fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut need = |good: bool, text: &str| {
            if !good {
                wrong.push(format!("{}: {text}", self.name()));
            }
        };
        need(!self.argv.is_empty(), "no argv");
        need(!self.test.is_empty(), "no test");
        need(["refactored", "refused"].contains(&self.status.as_str()), "no status");
        need(
            (self.status == "refused") != self.reason.is_empty(),
            "reason and status do not agree",
        );
        need(
            (self.status == "refused") == self.expected.is_empty(),
            "only what is refused changes nothing",
        );
        need(self.head.lines().next().is_some_and(|line| line.ends_with('.')), "say what it shows");
        wrong
    }

    /// The tree that must be there in the end.
    fn wanted(&self) -> BTreeMap<String, String> {
        let mut wanted = self.input.clone();
        wanted.extend(self.expected.clone());
        wanted
    }

    fn bless(&self, tree: &BTreeMap<String, String>) {
        let mut text = self.head.clone();
        for (name, content) in &self.input {
            let _ = write!(text, "-- {name} --\n{content}");
        }
        for (name, content) in tree.iter().filter(|(name, now)| self.input.get(*name) != Some(now))
        {
            let _ = write!(text, "== {name} ==\n{content}");
        }
        std::fs::write(&self.path, text).unwrap();
    }
}

fn header(line: &str) -> Option<(bool, String)> {
    let line = line.trim_end();
    line.strip_prefix("-- ")
        .and_then(|rest| rest.strip_suffix(" --"))
        .map(|name| (true, name.to_owned()))
        .or_else(|| {
            let name = line.strip_prefix("== ")?.strip_suffix(" ==")?;
            Some((false, name.to_owned()))
        })
}

/// Words as a shell splits them, with double quotes only.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn load_all() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refactorings");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    paths.sort();
    paths.iter().map(|path| Scenario::read(path)).collect()
}

#[test]
fn files_are_well_formed() {
    let all = load_all();
    let complaints: Vec<String> = all.iter().flat_map(Scenario::complaints).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(all.len() >= LEAST, "{} scenarios, at least {LEAST} are promised", all.len());
    for language in ["py_", "js_", "ts_", "rs_"] {
        let of = |status: &str| {
            all.iter().filter(|s| s.name().starts_with(language) && s.status == status).count()
        };
        assert!(of("refactored") >= 5 && of("refused") >= 2, "too few of {language}");
    }
}

#[test]
fn slm_does_what_each_expects() {
    let filter = std::env::var("SLM_SCENARIO").unwrap_or_default();
    let all = load_all();
    let chosen: Vec<&Scenario> =
        all.iter().filter(|s| filter.split(',').any(|part| s.name().contains(part))).collect();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(scenario) = chosen.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (line, complaints) = run(scenario);
                    println!("{:<44} {line}", scenario.name());
                    wrong.lock().unwrap().extend(
                        complaints.into_iter().map(|text| format!("{}: {text}", scenario.name())),
                    );
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn run(scenario: &Scenario) -> (String, Vec<String>) {
    if !support::have(&[scenario.test[0].as_str()]) {
        return ("skipped".to_owned(), Vec::new());
    }
    let env = Env::new();
    let files: Vec<(&str, &str)> =
        scenario.input.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let root = env.project(&files);
    let mut argv = vec!["refactor".to_owned()];
    argv.extend(scenario.argv.iter().cloned());
    argv.extend(["--json", "--yes", "--unproven", "--"].map(str::to_owned));
    argv.extend(scenario.test.iter().cloned());
    let run = env.slm(&argv).cwd(&root).limit(Duration::from_secs(240)).run();
    let json = run.json();
    let status = json["status"].as_str().unwrap_or("(none)").to_owned();
    let step = &json["steps"][0];
    let reason = step["reason"].as_str().unwrap_or("").to_owned();
    let mut wrong = Vec::new();
    if status != scenario.status || reason != scenario.reason {
        wrong.push(format!(
            "{status} {reason}, expected {} {}\n{}",
            scenario.status,
            scenario.reason,
            serde_json::to_string_pretty(&json).unwrap()
        ));
    }
    let code = if scenario.status == "refactored" { 0 } else { 1 };
    if run.code() != code && wrong.is_empty() {
        wrong.push(format!("exit {}, expected {code}", run.code()));
    }
    let tree = tree(&root, scenario);
    if std::env::var_os("SLM_BLESS").is_some() && wrong.is_empty() {
        scenario.bless(&tree);
    } else {
        for (name, text) in scenario.wanted() {
            let now = tree.get(&name).map(String::as_str).unwrap_or("(no such file)");
            if now != text {
                wrong.push(format!("{name} is now\n{now}\nexpected\n{text}"));
            }
        }
    }
    let test = env.program(&scenario.test[0], &scenario.test[1..]).cwd(&root);
    let test = test.env("PYTHONDONTWRITEBYTECODE", "1").limit(Duration::from_secs(120)).run();
    if test.code() != 0 {
        wrong.push(format!("the tests fail on the final tree:\n{test}"));
    }
    (format!("{status} {reason} {} ms", json["elapsed_ms"]), wrong)
}

/// The files of the project that are texts of the scenario, or new.
fn tree(root: &Path, scenario: &Scenario) -> BTreeMap<String, String> {
    let made = |name: &str| {
        !(name.starts_with("target/") || name.starts_with(".git/") || name.ends_with("Cargo.lock"))
    };
    support::snapshot(root)
        .into_iter()
        .filter_map(|(path, bytes)| {
            let name = path.to_str()?.to_owned();
            let known = scenario.input.contains_key(&name);
            (known || made(&name))
                .then(|| String::from_utf8(bytes).ok())
                .flatten()
                .map(|t| (name, t))
        })
        .collect()
}
