//! Looks at many candidates of a compiled language with one build.
//!
//! `schemata.rs` makes the program, `agent/inject/slm_batch.sh` builds and runs it in the sandbox.
//! As with the check server, what comes out is a first look and never a proof.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::probe::{Mode, Probe};
use super::schemata::{Arm, Woven, refused_by_go, refused_by_rustc, weave};
use super::server::{Look, Reason};
use super::verdict::{Ending, Observation};
use crate::agent::candidates::Candidate;
use crate::agent::sources::Sources;
use crate::base::{Cancel, Language, RepoPath};
use crate::sandbox::{Run, SIDE_PLACEHOLDER, SandboxError, Workspace};
use crate::trace::{FailureKind, Outcome};

const SCRIPT: &str = include_str!("../inject/slm_batch.sh");
/// Each build names the candidates that do not compile, as far as the compiler got.
const MAX_BUILDS: usize = 7;
/// Time of the original's run, in seconds, before it counts as hanging.
const LIMIT: f64 = 10.0;
/// The same where it is known to hang.
const HANGING_LIMIT: f64 = 1.5;
/// Not `slm_arm.go`, which Go would build for ARM processors only.
const GO_FILE: &str = "slmswitch.go";

/// What the batches of one search have in common.
#[derive(Debug)]
pub struct Batches<'a> {
    probe: &'a Probe,
    workspace: &'a Workspace,
    root: &'a Path,
    sources: &'a Sources,
    hangs: bool,
    /// Time of one build and all its runs.
    wall: Duration,
    tool: Tool,
    /// The words that build the program.
    build: Vec<OsString>,
    /// The words that run the failing tests in it.
    args: Vec<String>,
    /// Go's packages with failing tests.
    packages: Vec<String>,
    /// True when only failing tests run, so that one that passes is worth a real run.
    narrow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Cargo,
    Go,
}

/// What a batch found out.
#[derive(Debug, Default)]
pub struct Looks {
    /// One for each candidate, in their order.
    pub looks: Vec<Look>,
    pub builds: usize,
    /// Candidates that do not compile.
    pub refused: usize,
}

impl<'a> Batches<'a> {
    /// Batches for the command of `probe`, which fails as `before` says. `None` where one build
    /// cannot hold many candidates: the command is of another kind, or does not build as it is.
    pub fn new(
        probe: &'a Probe,
        workspace: &'a Workspace,
        sources: &'a Sources,
        root: &'a Path,
        before: &Observation,
        wall: Duration,
    ) -> Option<Self> {
        if before.failures.iter().any(|f| f.kind == FailureKind::Compile) {
            return None;
        }
        let words: Vec<String> =
            probe.argv.iter().map(|w| w.to_str().map(str::to_owned)).collect::<Option<_>>()?;
        let program = Path::new(words.first()?).file_name()?.to_str()?;
        let hangs = before.ended == Ending::TimedOut;
        let mut batches = Self {
            probe,
            workspace,
            root,
            sources,
            hangs,
            wall,
            tool: Tool::Cargo,
            build: Vec::new(),
            args: Vec::new(),
            packages: Vec::new(),
            narrow: false,
        };
        match program {
            "cargo" => batches.with_cargo(&words, before)?,
            "go" => batches.with_go(&words, before)?,
            _ => return None,
        }
        Some(batches)
    }

    fn with_cargo(&mut self, words: &[String], before: &Observation) -> Option<()> {
        let split = words.iter().position(|w| w == "--").unwrap_or(words.len());
        let (cargo, own) = words.split_at(split);
        let own = own.get(1..).unwrap_or_default();
        let at = cargo.iter().position(|w| matches!(w.as_str(), "test" | "t" | "run" | "r"))?;
        let tests = cargo[at].starts_with('t');
        if cargo.iter().any(|w| w.starts_with("--message-format") || w == "--doc") {
            return None;
        }
        let mut build: Vec<String> = cargo[..at].to_vec();
        build.push(if tests { "test" } else { "build" }.to_owned());
        build.extend(tests.then(|| "--no-run".to_owned()));
        build.push("--message-format=json".to_owned());
        build.extend_from_slice(&cargo[at + 1..]);
        self.build = build.into_iter().map(Into::into).collect();
        self.args = own.to_vec();
        if tests {
            // Cargo does not say which program it runs when it is to be quiet.
            let quiet = cargo.iter().any(|w| w == "-q" || w == "--quiet");
            let name = |id: &str| match id.split_once("::") {
                Some((_, name)) if !quiet => name.to_owned(),
                _ => id.to_owned(),
            };
            // A doctest is compiled on its own.
            let failing = before.failing().into_iter().filter(|id| !id.contains(" - "));
            let names: Vec<String> = failing.filter(|id| !id.contains(" doc")).map(name).collect();
            if !names.is_empty() {
                self.args = std::iter::once("--exact".to_owned()).chain(names).collect();
                self.narrow = true;
            } else if !self.hangs {
                return None;
            }
        }
        Some(())
    }

    fn with_go(&mut self, words: &[String], before: &Observation) -> Option<()> {
        if words.get(1).map(String::as_str) != Some("test") {
            return None;
        }
        self.tool = Tool::Go;
        // The compiler stops at ten errors unless told otherwise.
        let build = [words[0].as_str(), "test", "-c", "-vet=off", "-gcflags=-e"];
        self.build = build.iter().map(OsString::from).collect();
        let failed = before.report.suites.iter().filter(|(_, o)| **o == Outcome::Failed);
        self.packages = failed.map(|(package, _)| package.clone()).collect();
        let tests: BTreeSet<&str> = before
            .failing()
            .into_iter()
            .filter_map(|id| id.rsplit_once('.').map_or(Some(id), |(_, test)| Some(test)))
            .filter_map(|test| test.split('/').next())
            .collect();
        if self.packages.is_empty() || tests.is_empty() {
            return None;
        }
        let tests: Vec<&str> = tests.into_iter().collect();
        self.args = vec!["-test.v".into(), format!("-test.run=^({})$", tests.join("|"))];
        self.narrow = true;
        Some(())
    }

    /// True when this candidate can be one of many.
    pub fn can_hold(&self, candidate: &Candidate) -> bool {
        let language = match self.tool {
            Tool::Cargo => Language::Rust,
            Tool::Go => Language::Go,
        };
        candidate.edits.iter().all(|edit| Language::of_path(edit.path.as_str()) == Some(language))
    }

    /// Looks at all of `candidates`.
    ///
    /// # Errors
    /// Outside, when the sandbox failed; inside, the reason why batches are of no use here.
    pub fn look(
        &self,
        candidates: &[&Candidate],
        cancel: &Cancel,
    ) -> Result<Result<Looks, Reason>, SandboxError> {
        let mut found =
            Looks { looks: vec![Look::Unreached; candidates.len()], ..Looks::default() };
        let mut alive: Vec<(Arm, &Candidate)> =
            candidates.iter().enumerate().map(|(index, c)| (index + 1, *c)).collect();
        while found.builds < MAX_BUILDS && !cancel.is_cancelled() {
            let woven = weave(&alive, self.sources);
            if woven.is_empty() {
                return Ok(Ok(found));
            }
            let run = self.run(&woven, cancel)?;
            found.builds += 1;
            if let Some(results) = run.side.get("results.txt") {
                return Ok(self.read(&String::from_utf8_lossy(results), &woven, found));
            }
            let side = |name: &str| {
                String::from_utf8_lossy(run.side.get(name).map_or(&[][..], Vec::as_slice))
                    .into_owned()
            };
            let refused = match self.tool {
                Tool::Cargo => refused_by_rustc(&side("build.txt"), &woven),
                Tool::Go => refused_by_go(&side("build.txt"), &woven),
            };
            let refused = match refused {
                Some(refused) if !refused.is_empty() => refused,
                // The batch as a whole is at fault: its candidates must be tried alone.
                _ if found.builds > 1 || cancel.is_cancelled() => return Ok(Ok(found)),
                _ => return Ok(Err(reason(&side("messages.txt"), &side("build.txt"), &run))),
            };
            found.refused += refused.len();
            for arm in &refused {
                found.looks[arm - 1] = Look::Fails;
            }
            alive.retain(|(arm, _)| !refused.contains(arm));
        }
        Ok(Ok(found))
    }

    fn run(&self, woven: &[Woven], cancel: &Cancel) -> Result<Run, SandboxError> {
        let mut job = self.probe.job(self.root, &Mode::Plain, self.wall);
        job.argv = vec![
            "sh".into(),
            format!("{SIDE_PLACEHOLDER}/slm_batch.sh").into(),
            match self.tool {
                Tool::Cargo => "cargo",
                Tool::Go => "go",
            }
            .into(),
        ];
        job.argv.extend(self.build.iter().cloned());
        let mut files: BTreeMap<RepoPath, Option<Arc<[u8]>>> =
            self.sources.base().files().iter().map(|f| (f.path.clone(), f.after.clone())).collect();
        for file in woven {
            files.insert(file.path.clone(), Some(Arc::from(file.text.as_bytes())));
            if self.tool == Tool::Go
                && let Some((path, text)) = go_file(file)
            {
                files.insert(path, Some(Arc::from(text.as_bytes())));
            }
        }
        job.files = files.into_iter().collect();
        let arms: Vec<String> =
            woven.iter().flat_map(Woven::arms).map(|arm| format!("{arm}\n")).collect();
        let lines = |words: &[String]| words.iter().map(|w| format!("{w}\n")).collect::<String>();
        for (name, text) in [
            ("slm_batch.sh", SCRIPT.to_owned()),
            ("arms.txt", arms.concat()),
            ("args.txt", lines(&self.args)),
            ("packages.txt", lines(&self.packages)),
        ] {
            job.side.push((name.to_owned(), Arc::from(text.as_bytes())));
        }
        let limit = if self.hangs { HANGING_LIMIT } else { LIMIT };
        job.env.push(("SLM_LIMIT".into(), limit.to_string().into()));
        job.collect = ["results.txt", "build.txt", "messages.txt"].map(str::to_owned).to_vec();
        self.workspace.run(&job, cancel)
    }

    fn read(&self, results: &str, woven: &[Woven], mut found: Looks) -> Result<Looks, Reason> {
        let mut lines = results.lines().filter_map(|line| {
            let mut numbers = line.split(' ').map(str::parse::<usize>);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
        });
        match lines.next() {
            Some((0, status, passed)) if status != 0 && (passed == 0 || !self.narrow) => {}
            Some((0, 0, _)) => return Err("the failing test passes when it runs alone".to_owned()),
            _ => return Err("the program of a batch did not run".to_owned()),
        }
        let held: BTreeSet<Arm> = woven.iter().flat_map(Woven::arms).collect();
        for (arm, status, passed) in lines.filter(|(arm, ..)| held.contains(arm)) {
            found.looks[arm - 1] = match status {
                0 => Look::Promising,
                _ if self.narrow && passed > 0 => Look::Partly,
                _ => Look::Fails,
            };
        }
        Ok(found)
    }
}

/// The file that gives a Go package its switch.
fn go_file(woven: &Woven) -> Option<(RepoPath, String)> {
    let package = woven.text.lines().find_map(|line| line.strip_prefix("package "))?;
    let package = package.split_whitespace().next()?;
    let path = woven.path.as_str();
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let text = format!(
        "package {package}\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\n\
         var slmArm, _ = strconv.Atoi(os.Getenv(\"SLM_ARM\"))\n"
    );
    Some((RepoPath::new(&format!("{folder}{GO_FILE}")).ok()?, text))
}

/// Why a build of many is of no use, from what the compiler said.
fn reason(messages: &str, build: &str, run: &Run) -> Reason {
    let text = run.text();
    let said = [messages, build, text.as_str()]
        .iter()
        .flat_map(|text| text.lines())
        .map(str::trim)
        .find(|line| line.starts_with("error") || line.contains(".go:"))
        .unwrap_or("it did not build")
        .to_owned();
    format!("candidates cannot be built together: {said}")
}

#[cfg(test)]
mod tests;
