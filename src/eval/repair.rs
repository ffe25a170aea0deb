//! A suite of bugs, each a folder, given to `slm fix` and judged by tests that it does not see.
//!
//! ```text
//! NAME/about.json   {"command": ["pytest"], "hidden_command": [...]}
//! NAME/tree/        the project with its bug; the command fails here
//! NAME/hidden/      laid over the repaired tree; then the hidden command must pass
//! ```
//!
//! Without a hidden command it is the command again, which finds the hidden tests by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::compare::Case;
use crate::agent::checks::probe::Variables;
use crate::agent::tasks::fix::{self, FixError, FixReport, FixRequest, Part, Status};
use crate::base::fs::{self, PathContext};
use crate::base::{Cancel, RepoPath};
use crate::engine::Engine;
use crate::repo;
use crate::sandbox::{Job, Limits, Options, Workspace};

/// Time for the hidden tests of one case.
const HIDDEN_WALL: Duration = Duration::from_secs(120);
/// Memory for one checked command.
const MEMORY: u64 = 4 << 30;

/// One case of a suite.
#[derive(Clone, Debug)]
pub struct Bug {
    pub id: String,
    dir: PathBuf,
    command: Vec<String>,
    hidden_command: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct About {
    command: Vec<String>,
    hidden_command: Option<Vec<String>>,
}

/// How each case is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// For one case, as a whole.
    pub limit: Duration,
    pub jobs: usize,
    pub without: Vec<Part>,
    /// Directories that no command of a case may see.
    pub hidden: Vec<PathBuf>,
}

/// The cases of `suite`, by name.
///
/// # Errors
/// A folder that cannot be read, or without a sound `about.json`.
pub fn bugs(suite: &Path) -> anyhow::Result<Vec<Bug>> {
    let mut bugs = Vec::new();
    for entry in std::fs::read_dir(suite).path("list", suite)? {
        let dir = entry.path("list", suite)?.path();
        let about = dir.join("about.json");
        if !about.is_file() {
            continue;
        }
        let text = fs::read_text(&about)?;
        let about: About = serde_json::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{}: {error}", about.display()))?;
        let id = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let About { command, hidden_command } = about;
        bugs.push(Bug { id, dir, command, hidden_command });
    }
    bugs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(bugs)
}

/// Tries to repair `bug` in a scratch copy.
///
/// # Errors
/// When the case cannot be copied; whatever goes wrong in the repair is an outcome.
pub fn attempt(
    bug: &Bug,
    trial: &Trial,
    engine: Option<&mut dyn Engine>,
    cancel: &Cancel,
) -> anyhow::Result<Case> {
    let scratch = tempfile::tempdir()?;
    let tree = scratch.path().join("tree");
    copy(&bug.dir.join("tree"), &tree)?;
    let began = Instant::now();
    let deadline = began + trial.limit;
    let request = FixRequest {
        root: tree.clone(),
        cwd: PathBuf::new(),
        command: Some(bug.command.iter().map(OsString::from).collect()),
        trace: None,
        hints: Vec::new(),
        wider: repo::detect_test_command(&tree)
            .map(|found| found.argv.into_iter().map(OsString::from).collect()),
        variables: Variables::default(),
        jobs: trial.jobs,
        without: trial.without.clone(),
        index: None,
        show_context: false,
        proposals: 1,
        deadline,
        memory_bytes: MEMORY,
    };
    let own = cancel.child(Some(deadline));
    let options = Options { hidden: trial.hidden.clone(), ..Options::from_process() };
    let workspace = Workspace::open(&tree, &options)?;
    let files = repo::walk::files(&tree, &own);
    let found = fix::run(&request, &workspace, files, engine, &own, &|_| {});
    let seconds = began.elapsed().as_secs_f64();
    let outcome = match &found {
        Ok(report) if report.status == Status::Proven => {
            if passes_hidden(bug, report, &workspace, cancel)? {
                "repaired"
            } else {
                "claimed wrongly"
            }
        }
        // The time was up.
        Ok(_) | Err(FixError::Interrupted) => "no claim",
        Err(_) => "crashed",
    };
    let best = found.as_ref().ok().and_then(|report| report.proposals.first());
    let rank = found
        .as_ref()
        .ok()
        .zip(best)
        .and_then(|(report, best)| report.ranks.iter().find(|rank| rank.id == best.id));
    Ok(Case {
        id: bug.id.clone(),
        outcome: outcome.to_owned(),
        checked: found.as_ref().ok().map(|report| report.checked as u64),
        seconds: Some((seconds * 100.0).round() / 100.0),
        operator: None,
        tier: best.map(|proposal| proposal.tier.name().to_owned()),
        diff: best.map(|proposal| proposal.diff.clone()),
        cost: rank.map(|rank| rank.cost),
        surprise: rank.and_then(|rank| rank.surprise),
        position: rank.map(|rank| rank.position as u64),
        trail: found.as_ref().map_or_else(|_| Vec::new(), trail),
    })
}

fn trail(report: &FixReport) -> Vec<(u64, f64)> {
    report.trail.iter().map(|(n, cost)| (*n as u64, *cost)).collect()
}

fn passes_hidden(
    bug: &Bug,
    report: &FixReport,
    workspace: &Workspace,
    cancel: &Cancel,
) -> anyhow::Result<bool> {
    let Some(proposal) = report.proposals.first() else { return Ok(false) };
    let mut job = Job::new(bug.hidden_command.as_ref().unwrap_or(&bug.command));
    job.files = proposal.patch.files().iter().map(|f| (f.path.clone(), f.after.clone())).collect();
    let hidden = bug.dir.join("hidden");
    for path in files_below(&hidden)? {
        let relative = path.strip_prefix(&hidden).unwrap_or(&path).to_string_lossy().into_owned();
        let bytes: Arc<[u8]> = Arc::from(fs::read(&path)?);
        job.files.push((RepoPath::new(&relative)?, Some(bytes)));
    }
    job.limits = Limits { wall: HIDDEN_WALL, memory_bytes: MEMORY, ..Limits::default() };
    Ok(workspace.run(&job, cancel)?.success())
}

/// Every file in a folder and below, in order; none where the folder does not exist.
fn files_below(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        if !dir.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&dir).path("list", &dir)? {
            let path = entry.path("list", &dir)?.path();
            if path.is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for path in files_below(from)? {
        let target = to.join(path.strip_prefix(from).unwrap_or(&path));
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        std::fs::copy(&path, &target).path("copy", &path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(hidden: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let test = |name: &str, values: &str, wanted: i32| {
            format!(
                "import unittest\nfrom mod import total\nclass T(unittest.TestCase):\n    \
                 def test_{name}(self):\n        self.assertEqual(total({values}), {wanted})\n"
            )
        };
        let files = [
            ("one/about.json", r#"{"command": ["python3", "-m", "unittest", "-q"]}"#.to_owned()),
            (
                "one/tree/mod.py",
                "def total(values):\n    result = 0\n    for value in values:\n        \
                 result -= value\n    return result\n"
                    .to_owned(),
            ),
            ("one/tree/test_mod.py", test("sum", "[1, 2]", 3)),
            ("one/hidden/test_hidden.py", test("hidden", hidden, 9)),
            ("notes/README.md", "no case".to_owned()),
        ];
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        dir
    }

    fn outcome(hidden: &str) -> String {
        let dir = suite(hidden);
        let [bug] = &bugs(dir.path()).unwrap()[..] else { panic!("one case") };
        let trial = Trial {
            limit: Duration::from_secs(60),
            jobs: 2,
            without: Vec::new(),
            hidden: Vec::new(),
        };
        let case = attempt(bug, &trial, None, &Cancel::new()).unwrap();
        assert_eq!(case.id, "one");
        // What the chances are counted from.
        assert!(case.position.is_some_and(|n| n >= 1) && case.cost.is_some(), "{case:?}");
        assert_eq!(case.trail.first().map(|(n, _)| *n), Some(1), "{case:?}");
        case.outcome
    }

    #[test]
    fn a_repair_is_judged_by_hidden_tests() {
        assert_eq!(outcome("[4, 5]"), "repaired");
        assert_eq!(outcome("[4, 6]"), "claimed wrongly");
    }
}
