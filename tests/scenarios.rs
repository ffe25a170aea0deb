//! Small real projects, repaired by the real binary and judged by the tree it leaves.
//!
//! `tests/scenarios/README.md` describes a scenario's folder. Three tests: the folders are well
//! formed; the reference fixes are right (so a scenario cannot ask for the impossible); and `slm`
//! does what each expects. `SLM_SCENARIO=part,part` runs only those whose name contains a part.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers: the table is their result"
)]

mod scenario;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use scenario::{Git, Scenario};
use support::{Env, Run};

/// The two tests that start programs take turns, so that neither starves the other of the cores.
static HEAVY: Mutex<()> = Mutex::new(());

/// Scenarios at a time: `slm` itself uses every core.
const AT_ONCE: usize = 2;

#[test]
fn folders_are_well_formed() {
    let all = scenario::load_all("");
    let complaints: Vec<String> = all.iter().flat_map(Scenario::complaints).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    for (language, least) in [("py", 26), ("rs", 11), ("js", 4), ("go", 4)] {
        let part = format!("_{language}_");
        let count = all.iter().filter(|s| s.name.contains(&part)).count();
        assert!(count >= least, "{count} scenarios of {language}, at least {least} are promised");
    }
    let numbers: BTreeSet<&str> = all.iter().map(|s| &s.name[..3]).collect();
    assert_eq!(numbers.len(), all.len(), "two scenarios share a number");
}

#[test]
fn reference_fixes_are_right() {
    let _turn = HEAVY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    run_all("reference", |scenario| {
        let place = Place::new(scenario);
        let mut wrong = Vec::new();
        if place.run(&scenario.expected.command).code() == 0 {
            wrong.push("the command passes although nothing is fixed".to_string());
        }
        let fixed = scenario.dir.join("fixed");
        if fixed.is_dir() {
            support::copy_tree(&fixed, &place.root);
            wrong.extend(judge(scenario, &place));
        }
        (String::new(), wrong)
    });
}

#[test]
fn slm_does_what_each_expects() {
    let _turn = HEAVY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    run_all("slm", |scenario| {
        let place = Place::new(scenario);
        let before = support::snapshot(&place.root);
        let stdin = scenario.stdin();
        let mut slm = place.env.slm(&scenario.request.argv).cwd(&place.cwd).stdin(stdin);
        for (name, value) in &scenario.request.env {
            slm = slm.env(name, value);
        }
        let run = slm.limit(Duration::from_secs(260)).run();
        let after = support::snapshot(&place.root);
        let (line, mut wrong) = said(scenario, &run);
        // A search depends on the machine's speed: leaving the tree alone and saying so is no
        // error, only a miss, and misses are counted.
        if scenario.wants_fix() && run.code() == 1 && before == after {
            let why = scenario.expected.missed.as_deref().unwrap_or("not found in time");
            return (format!("{line}  MISSED: {why}"), vec![MISSED.to_owned()]);
        }
        wrong.extend(touched(scenario, &before, &after));
        if wrong.is_empty() && scenario.wants_fix() {
            wrong.extend(judge(scenario, &place));
            if !wrong.is_empty() {
                wrong.insert(0, WRONG_CLAIM.to_owned());
                wrong.push(format!("the diff was:\n{}", run.json()["diff"].as_str().unwrap_or("")));
            }
        }
        (line, wrong)
    });
}

/// What a search that ended without a fix is marked with, and how many there may be.
const MISSED: &str = "missed";
const MOST_MISSED: usize = 10;
/// A fix that the visible tests accept and the hidden ones do not, and how many there may be: under
/// 5 in 100.
const WRONG_CLAIM: &str = "wrong claim";
const MOST_WRONG_CLAIMS: usize = 3;

/// A scenario's project, laid out in an environment of its own.
struct Place {
    env: Env,
    root: PathBuf,
    cwd: PathBuf,
    vars: BTreeMap<String, String>,
}

impl Place {
    fn new(scenario: &Scenario) -> Self {
        let env = Env::new();
        let root = env.project(&[]);
        support::copy_tree(&scenario.dir.join("input"), &root);
        if scenario.request.git != Git::None {
            scenario::commit_all(&root);
        }
        if scenario.request.git == Git::Dirty {
            support::copy_tree(&scenario.dir.join("dirty"), &root);
        }
        let cwd = root.join(&scenario.request.cwd);
        Self { env, root, cwd, vars: scenario.request.env.clone() }
    }

    fn run(&self, command: &[String]) -> Run {
        let mut run = self.env.program(&command[0], &command[1..]).cwd(&self.cwd);
        for (name, value) in &self.vars {
            run = run.env(name, value);
        }
        run.env("PYTHONDONTWRITEBYTECODE", "1").limit(Duration::from_secs(120)).run()
    }
}

/// What `--json` and the exit code said: a line for the table, and what is wrong with it.
fn said(scenario: &Scenario, run: &Run) -> (String, Vec<String>) {
    let json = match catch_unwind(AssertUnwindSafe(|| run.json())) {
        Ok(json) => json,
        Err(_) => return ("no JSON".into(), vec![format!("no JSON in the last line:\n{run}")]),
    };
    let status = json["status"].as_str().unwrap_or("(none)");
    let tier = json["tier"].as_str().unwrap_or("-");
    let count = |name: &str| json[name].as_u64().unwrap_or(0);
    let line = format!(
        "{status:<14} {tier:<9} {:>5} made {:>5} tried {:>6} ms",
        count("candidates_generated"),
        count("candidates_checked"),
        count("elapsed_ms")
    );
    let expected = &scenario.expected;
    let mut wrong = Vec::new();
    if !expected.status.iter().any(|s| s == status) {
        wrong.push(format!("status {status}, expected {}\n{run}", expected.status.join(" or ")));
    }
    if run.code() != expected.exit {
        wrong.push(format!("exit {}, expected {}", run.code(), expected.exit));
    }
    if !expected.tier.is_empty() && !expected.tier.iter().any(|t| t == tier) {
        wrong.push(format!("tier {tier}, expected {}", expected.tier.join(" or ")));
    }
    (line, wrong)
}

/// Files that should have been left alone. Without a fix that is every file, git's own included.
fn touched(
    scenario: &Scenario,
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        if before.get(path) == after.get(path) {
            continue;
        }
        let what = match (before.get(path), after.get(path)) {
            (None, _) => "made",
            (_, None) => "deleted",
            _ => "changed",
        };
        let kept = scenario.expected.unchanged.iter().any(|p| path.starts_with(p));
        let allowed =
            scenario.wants_fix() && what == "changed" && !kept && !path.starts_with(".git");
        if !allowed {
            wrong.push(format!("{} was {what}", path.display()));
        }
    }
    wrong
}

/// Runs the command and the tests that the fixer never saw.
fn judge(scenario: &Scenario, place: &Place) -> Vec<String> {
    let mut wrong = Vec::new();
    let run = place.run(&scenario.expected.command);
    if run.code() != 0 {
        wrong.push(format!("the command still fails:\n{run}"));
    }
    let hidden = scenario.dir.join("hidden");
    if hidden.is_dir() {
        support::copy_tree(&hidden, &place.root);
    }
    for command in &scenario.expected.hidden {
        let run = place.run(command);
        if run.code() != 0 {
            wrong.push(format!("hidden tests fail ({}):\n{run}", command.join(" ")));
        }
    }
    wrong
}

/// Runs `check` over the scenarios that this machine has the tools for; prints a table.
fn run_all(title: &str, check: impl Fn(&Scenario) -> (String, Vec<String>) + Sync) {
    let filter = std::env::var("SLM_SCENARIO").unwrap_or_default();
    let queue = Mutex::new(scenario::load_all(&filter).into_iter());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(scenario) = next else { break };
                    let result = one(&scenario, &check);
                    println!("{title}: {} {}", scenario.name, result.0);
                    results.lock().unwrap().push((scenario.name, result.1));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort();
    assert!(!results.is_empty(), "no scenario is called like {filter:?}");
    let failed: Vec<String> = results
        .iter()
        .filter(|(_, wrong)| !wrong.is_empty())
        .map(|(name, wrong)| format!("== {name}\n{}", wrong.join("\n")))
        .collect();
    println!("{title}: {} of {} as expected", results.len() - failed.len(), results.len());
    let marked = |mark: &str| {
        results.iter().filter(|(_, wrong)| wrong.first().is_some_and(|w| w == mark)).count()
    };
    let (missed, claims) = (marked(MISSED), marked(WRONG_CLAIM));
    println!("{title}: {missed} missed, {claims} wrong claims");
    assert!(
        missed <= MOST_MISSED,
        "{missed} missed, at most {MOST_MISSED}:\n{}",
        failed.join("\n")
    );
    assert!(claims <= MOST_WRONG_CLAIMS, "{claims} wrong claims:\n{}", failed.join("\n"));
    if failed.len() == missed + claims {
        return;
    }
    assert!(failed.is_empty(), "{} scenarios went wrong:\n{}", failed.len(), failed.join("\n"));
}

fn one(
    scenario: &Scenario,
    check: &(impl Fn(&Scenario) -> (String, Vec<String>) + Sync),
) -> (String, Vec<String>) {
    let needs: Vec<&str> = scenario.request.needs.iter().map(String::as_str).collect();
    if !support::have(&needs) {
        return ("skipped: a tool is missing".into(), Vec::new());
    }
    let began = Instant::now();
    // A panic in one scenario (a run over its limit) must not hide what the others did.
    let (line, wrong) =
        catch_unwind(AssertUnwindSafe(|| check(scenario))).unwrap_or_else(|cause| {
            let text = cause.downcast_ref::<String>().cloned().unwrap_or_default();
            ("panicked".into(), vec![text])
        });
    let verdict = if wrong.is_empty() { "ok" } else { "WRONG" };
    (format!("{verdict:<5} {:>6.1} s  {line}", began.elapsed().as_secs_f32()), wrong)
}
