//! Runs the checks of one step: on the files before and after it, in the sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::changed::{self, Touched};
use super::project::Tree;
use super::proof::{CheckKind, CheckOutcome, Proof};
use super::reach::{self, Reach};
use super::{Planned, behaviour, interface, types};
use crate::agent::checks::probe::{Mode, Outcome, Probe, Variables, last_lines, shown};
use crate::agent::checks::verdict::{Ending, Observation};
use crate::agent::localise::spectrum::Traced;
use crate::base::{Cancel, Language, RepoPath};
use crate::edit::Patch;
use crate::refactor::{self, Api, Project as _, Refactoring};
use crate::sandbox::{Job, Limits, SandboxError, Workspace};
use crate::{syntax, trace};

/// Lines of a failing run that are told.
const TOLD: usize = 14;
/// What a run after the step may take beyond three times the one before.
const SLACK: Duration = Duration::from_secs(10);
/// Complaints of a checker that are told.
const COMPLAINTS: usize = 5;

/// Where and how checks are run.
#[derive(Clone, Debug)]
pub struct Bench {
    pub root: PathBuf,
    /// Working directory of the tests, relative to the root.
    pub cwd: PathBuf,
    /// The test command; `None` when there is none.
    pub test: Option<Vec<OsString>>,
    pub variables: Variables,
    pub memory_bytes: u64,
    /// Where the indexes of all repositories lie.
    pub index: PathBuf,
    pub deadline: Instant,
}

/// Proves one step after the other; what was seen after a step is what there is before the next.
#[derive(Debug)]
pub struct Prover<'a> {
    bench: &'a Bench,
    workspace: &'a Workspace,
    cancel: &'a Cancel,
    intent: Intent,
    before: Option<Before>,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    /// To do the same as before.
    Keep,
    /// To do better: results may differ, as long as no test is lost.
    Mend,
}

#[derive(Debug)]
struct Before {
    observation: Observation,
    traced: Option<Traced>,
}

impl<'a> Prover<'a> {
    /// A prover for the files as they are.
    pub fn new(bench: &'a Bench, workspace: &'a Workspace, cancel: &'a Cancel) -> Self {
        Self { bench, workspace, cancel, intent: Intent::Keep, before: None }
    }

    /// The same for a patch that mends something: what it does and offers may change.
    #[must_use]
    pub fn mending(self) -> Self {
        Self { intent: Intent::Mend, ..self }
    }

    /// Every check of a step.
    ///
    /// # Errors
    /// When the sandbox cannot run anything at all, or the user stopped it.
    pub fn prove(
        &mut self,
        tree: &Tree,
        planned: &Planned,
        api: Api,
        say: &dyn Fn(String),
    ) -> Result<Proof, SandboxError> {
        let mut proof = Proof::default();
        let touched = changed::touched(tree, &planned.step);
        // That it parses was a condition of there being a step.
        proof.add(CheckKind::Syntax, CheckOutcome::Passed, "every changed file parses");
        names(tree, planned, &mut proof);
        if self.intent == Intent::Keep {
            visible(tree, planned, api, &mut proof);
        }
        if proof.checks.iter().any(|check| check.outcome == CheckOutcome::Failed) {
            return Ok(proof);
        }
        for checker in types::checkers(&self.bench.root, tree, &planned.step) {
            say(format!("running {}", shown(&checker.argv)));
            self.types(tree, planned, &checker, &mut proof)?;
        }
        let missed = self.tests(tree, planned, &touched, &mut proof, say)?;
        if self.intent == Intent::Keep && !missed.is_empty() && !self.cancel.is_cancelled() {
            let told = behaviour::compare(
                &behaviour::Stage {
                    tree,
                    planned,
                    workspace: self.workspace,
                    bench: self.bench,
                    cancel: self.cancel,
                },
                &missed,
                say,
            )?;
            let compared: BTreeSet<String> = told.compared.iter().cloned().collect();
            proof.checks.extend(told.check);
            proof.unreached.extend(
                missed
                    .iter()
                    .map(Touched::shown)
                    .filter(|piece| !compared.contains(piece))
                    .map(|piece| format!("no test or generated call runs {piece}")),
            );
        }
        Ok(proof)
    }

    /// To be called when a step was made: what was seen after it is true now.
    pub fn accepted(&mut self) {
        self.before = None;
    }

    fn types(
        &self,
        tree: &Tree,
        planned: &Planned,
        checker: &types::Checker,
        proof: &mut Proof,
    ) -> Result<(), SandboxError> {
        let run = |patch: &Patch| {
            let mut job = Job::new(checker.argv.iter().cloned());
            job.limits = Limits {
                wall: self.left(0.5),
                memory_bytes: self.bench.memory_bytes,
                ..Limits::default()
            };
            job.files = tree
                .sources()
                .base()
                .files()
                .iter()
                .chain(patch.files())
                .map(|f| (f.path.clone(), f.after.clone()))
                .collect();
            self.workspace.run(&job, self.cancel)
        };
        let name = shown(&checker.argv);
        let before = match run(&Patch::default()) {
            Ok(run) => run,
            Err(SandboxError::NotFound { .. }) => {
                proof.add(CheckKind::Types, CheckOutcome::NotRun, format!("{name}: not installed"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let step = types::Meanwhile {
            renamed: planned.subject.as_deref().zip(planned.renamed.as_deref()),
            moved: matches!(planned.what, Some(Refactoring::Move { .. })),
        };
        let told = |text: &str| types::meanwhile(&types::complaints(text), step);
        let old = told(&before.text());
        if !before.success() && old.is_empty() {
            let why = format!("{name}: does not work here: {}", last_line(&before.text()));
            proof.add(CheckKind::Types, CheckOutcome::NotRun, why);
            return Ok(());
        }
        let after = run(&planned.patch)?;
        let new = types::new_ones(&old, &told(&after.text()));
        let crashed = before.success() && !after.success() && new.is_empty();
        if !new.is_empty() || crashed {
            let told = if crashed { last_lines(&after.text(), TOLD) } else { first(&new) };
            proof.add(CheckKind::Types, CheckOutcome::Failed, format!("{name}:\n{told}"));
            return Ok(());
        }
        let complete = checker.is_complete && before.success() && is_about_names(&planned.what);
        let outcome = if complete { CheckOutcome::Passed } else { CheckOutcome::Weak };
        let line = match old.values().sum::<usize>() {
            0 => format!("{name}: no complaint before and after"),
            n => format!("{name}: the same {n} complaint(s) before and after"),
        };
        proof.add(CheckKind::Types, outcome, line);
        Ok(())
    }

    /// Runs the tests before and after; gives back what they do not reach.
    fn tests(
        &mut self,
        tree: &Tree,
        planned: &Planned,
        touched: &[Touched],
        proof: &mut Proof,
        say: &dyn Fn(String),
    ) -> Result<Vec<Touched>, SandboxError> {
        let Some(argv) = self.bench.test.clone() else {
            let line = "no test command is known; give one after --";
            proof.add(CheckKind::Tests, CheckOutcome::NotRun, line);
            return Ok(touched.to_vec());
        };
        let name = shown(&argv);
        let before = match self.before.take() {
            Some(before) => before,
            None => {
                say(format!("running {name} as the files are"));
                match self.first(tree, touched)? {
                    Some(before) => before,
                    None => {
                        let line = format!("{name}: not installed");
                        proof.add(CheckKind::Tests, CheckOutcome::NotRun, line);
                        return Ok(touched.to_vec());
                    }
                }
            }
        };
        let observed = &before.observation;
        if let Some(module) = observed.missing_runner() {
            let line = format!("{name}: {module} is not installed here");
            proof.add(CheckKind::Tests, CheckOutcome::NotRun, line);
            return Ok(touched.to_vec());
        }
        if matches!(observed.ended, Ending::TimedOut | Ending::Cancelled) {
            let line = format!("{name}: {} as the files are", observed.ended.describe());
            proof.add(CheckKind::Tests, CheckOutcome::NotRun, line);
            return Ok(touched.to_vec());
        }
        say(format!("running {name} with the step made"));
        let wall = Duration::from_secs_f64(observed.seconds * 3.0) + SLACK;
        let after =
            self.observe(tree, &planned.patch, &Mode::Observed, wall.min(self.left(0.9)))?;
        let after = after.observation;
        let reach = self.reach(tree, touched, before.traced.as_ref());
        let missed = judge(&name, observed, &after, reach, touched, proof);
        self.before = Some(before);
        Ok(missed)
    }

    /// The tests on the files as they are; with each line recorded where Python code changes. `None` when their
    /// program is not there.
    fn first(&self, tree: &Tree, touched: &[Touched]) -> Result<Option<Before>, SandboxError> {
        let python = touched.iter().any(|piece| piece.path.as_str().ends_with(".py"));
        let mode = if python { Mode::Traced } else { Mode::Observed };
        let outcome = match self.observe(tree, &Patch::default(), &mode, self.left(0.5)) {
            Ok(outcome) => outcome,
            Err(SandboxError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let traced = outcome.traced.as_ref().map(|recording| recording.read(None));
        Ok(Some(Before { observation: outcome.observation, traced }))
    }

    fn observe(
        &self,
        tree: &Tree,
        patch: &Patch,
        mode: &Mode,
        wall: Duration,
    ) -> Result<Outcome, SandboxError> {
        let probe = Probe {
            argv: self.bench.test.clone().unwrap_or_default(),
            cwd: self.bench.cwd.clone(),
            variables: self.bench.variables.clone(),
            memory_bytes: self.bench.memory_bytes,
        };
        let whole = super::on_top(tree.sources().base(), patch);
        probe.run(self.workspace, &self.bench.root, &whole, mode, wall, self.cancel)
    }

    fn reach(&self, tree: &Tree, touched: &[Touched], traced: Option<&Traced>) -> Option<Reach> {
        match traced.filter(|traced| traced.tests().1 > 0) {
            Some(traced) => Some(reach::traced(tree, touched, traced)),
            None => reach::linked(tree, touched, &self.bench.index, self.cancel),
        }
    }

    /// A share of the time that is left.
    fn left(&self, share: f64) -> Duration {
        let left = self.bench.deadline.saturating_duration_since(Instant::now());
        left.mul_f64(share).max(Duration::from_secs(1))
    }
}

/// What the two runs say together; gives back what no test reaches.
fn judge(
    name: &str,
    before: &Observation,
    after: &Observation,
    reach: Option<Reach>,
    touched: &[Touched],
    proof: &mut Proof,
) -> Vec<Touched> {
    let failed = |proof: &mut Proof, line: String| {
        proof.add(CheckKind::Tests, CheckOutcome::Failed, line);
        Vec::new()
    };
    let lost = trace::broken(&before.report, &after.report);
    if !lost.is_empty() {
        let more = lost.len().saturating_sub(3);
        let named = lost[..lost.len() - more].join("; ");
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        return failed(proof, format!("{name}: {named}{more}\n{}", last_lines(&after.tail, TOLD)));
    }
    if before.passed() && !after.passed() {
        let line = format!(
            "{name}: {}, passes without the step\n{}",
            after.ended.describe(),
            last_lines(&after.tail, TOLD)
        );
        return failed(proof, line);
    }
    // It failed before; without single tests nothing is known of what it did.
    if !after.passed() && (after.report.is_empty() || after.ended != before.ended) {
        proof.add(
            CheckKind::Tests,
            CheckOutcome::NotRun,
            format!("{name}: fails as the files are: {}", before.headline()),
        );
        return touched.to_vec();
    }
    let summary = after.report.summary();
    let how = match (after.passed(), summary.is_empty()) {
        (true, true) => "passes before and after".to_owned(),
        (true, false) => format!("{summary}, before and after"),
        (false, _) => format!("{summary}, nothing lost"),
    };
    let Some(reach) = reach else {
        proof.add(
            CheckKind::Tests,
            CheckOutcome::Weak,
            format!("{name}: {how}; what they reach is not known"),
        );
        return touched.to_vec();
    };
    let all = touched.len();
    if all == 0 {
        // Imports alone: the tests import what they test.
        proof.add(CheckKind::Tests, CheckOutcome::Passed, format!("{name}: {how}"));
        return Vec::new();
    }
    if reach.reached == 0 {
        proof.add(
            CheckKind::Tests,
            CheckOutcome::Weak,
            format!("{name}: {how}, but no test reaches the change"),
        );
    } else {
        proof.add(
            CheckKind::Tests,
            CheckOutcome::Passed,
            format!("{name}: {how}; {}", reach.shown(all)),
        );
    }
    reach.missed
}

/// Names that meant something and would mean nothing now.
fn names(tree: &Tree, planned: &Planned, proof: &mut Proof) {
    let mut lost = Vec::new();
    let mut looked = false;
    for (path, after) in &planned.texts {
        let Some(language) = Language::of_path(path.as_str()) else { continue };
        let Some(before) = tree.parsed(path) else { continue };
        let Some(old) = unbound(&before) else { continue };
        looked = true;
        let Some(new) = unbound(&syntax::parse(language, after.as_str())) else { continue };
        for (name, count) in new {
            let was = old.get(&name).copied().unwrap_or(0);
            let known = name == "_" || syntax::is_builtin(language, &name);
            if was == 0 && count > 0 && !known {
                lost.push(format!("`{name}` in {path}"));
            }
        }
    }
    if !looked {
        return;
    }
    if lost.is_empty() {
        proof.add(CheckKind::Names, CheckOutcome::Passed, "every name still means something");
    } else {
        let line = format!("nothing defines {} any more", lost.join(", "));
        proof.add(CheckKind::Names, CheckOutcome::Failed, line);
    }
}

/// The names that a file uses without binding them, with how often.
fn unbound(parsed: &syntax::Parsed) -> Option<BTreeMap<String, usize>> {
    let bindings = refactor::bindings(parsed)?;
    // Names that a macro or a star import may bind are nobody's to judge.
    if bindings.scopes.iter().any(|scope| scope.dynamic.is_some()) {
        return None;
    }
    let mut out = BTreeMap::new();
    for occurrence in bindings.occurrences.iter().filter(|o| o.bound.is_none() && o.role.reads()) {
        let name = occurrence.span.of(parsed.text()).unwrap_or_default();
        *out.entry(name.to_owned()).or_default() += 1;
    }
    Some(out)
}

/// What others see must be what the step says.
fn visible(tree: &Tree, planned: &Planned, api: Api, proof: &mut Proof) {
    let differences = interface::differences(tree, &planned.texts);
    let unannounced = interface::unannounced(&differences, planned);
    let list = |all: &[(RepoPath, interface::Difference)]| {
        let lines: Vec<String> = all
            .iter()
            .take(COMPLAINTS)
            .map(|(path, d)| format!("{} in {path}", d.shown()))
            .collect();
        lines.join(", ")
    };
    if !unannounced.is_empty() && api == Api::Keep {
        proof.add(CheckKind::Interface, CheckOutcome::Failed, list(&unannounced));
    } else if differences.is_empty() {
        proof.add(CheckKind::Interface, CheckOutcome::Passed, "what others can see is the same");
    } else {
        proof.add(
            CheckKind::Interface,
            CheckOutcome::Passed,
            format!("as asked: {}", list(&differences)),
        );
    }
}

/// A compiler that accepts these has seen all there is to see.
fn is_about_names(what: &Option<Refactoring>) -> bool {
    use crate::refactor::Rewrite;
    matches!(
        what,
        Some(
            Refactoring::Rename { .. }
                | Refactoring::Move { .. }
                | Refactoring::ChangeSignature(_)
                | Refactoring::Rewrite(Rewrite::UnusedImports)
        )
    )
}

fn first(complaints: &[String]) -> String {
    complaints.iter().take(COMPLAINTS).cloned().collect::<Vec<_>>().join("\n")
}

fn last_line(output: &str) -> String {
    output
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it says nothing")
        .to_owned()
}
