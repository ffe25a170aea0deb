//! The first look at candidates: through a check server, one for each worker thread, or many in one
//! build.
//!
//! Decides when a server is worth having, starts another when one has died or was left in disorder,
//! and gives up where that happens again and again.

use std::sync::{Mutex, PoisonError};

use super::{Part, Runnable, Session};
use crate::agent::candidates::Candidate;
use crate::agent::checks::batch::Batches;
use crate::agent::checks::server::{Look, Plan, Runtime, Seen, Server};
use crate::agent::checks::verdict::Ending;
use crate::agent::sources::Sources;
use crate::base::{Cancel, Language, RepoPath};
use crate::edit::Patch;
use crate::sandbox::SandboxError;

/// Each watched file may cost a process that stays.
const MAX_WATCHED: usize = 24;
/// Servers of one worker that may die before there are no more.
const MAX_DEATHS: usize = 5;
/// Servers of one worker that are replaced because a candidate left something behind. Beyond that,
/// it is what the tests do, and they live with it.
const MAX_CLEANINGS: usize = 6;
/// Batches of one worker that may not build for a reason that lies in none of their candidates.
const MAX_FAILED_BUILDS: usize = 2;
/// Candidates in the first build; each later one has twice as many.
const FIRST_BUILD: usize = 12;
/// Candidates in one build at most.
const MAX_BUILD: usize = 96;

/// What the scouts of one round share.
pub(super) struct Scouting<'a> {
    plan: Option<Plan<'a>>,
    batches: Option<Batches<'a>>,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    looked: usize,
    swapped: usize,
    repeated: usize,
    unreached: usize,
    builds: usize,
    built: usize,
    not_compiling: usize,
    /// Time in forked processes, of all workers together.
    seconds: f64,
    restarts: usize,
    /// Why, the last time.
    restarted: String,
    refused: Option<String>,
}

/// The scout of one worker.
pub(super) struct Scout<'a> {
    scouting: &'a Scouting<'a>,
    cancel: Cancel,
    server: Option<Server>,
    deaths: usize,
    cleanings: usize,
    over: bool,
    /// How many candidates the next build holds.
    appetite: usize,
}

impl<'a> Scouting<'a> {
    /// Scouting for candidates in the `suspects`, most suspected first, that all include the base of
    /// `sources`.
    pub(super) fn new(
        session: &'a Session<'_>,
        runnable: &'a Runnable,
        sources: &'a Sources,
        suspects: impl Iterator<Item = RepoPath>,
    ) -> Self {
        let mut watch: Vec<(Runtime, RepoPath)> = Vec::new();
        for path in suspects {
            if let Some(runtime) = runtime_of(&path, runnable)
                && !watch.iter().any(|(_, known)| *known == path)
                && watch.first().is_none_or(|(first, _)| *first == runtime)
            {
                watch.push((runtime, path));
            }
        }
        watch.truncate(MAX_WATCHED);
        let runtime = watch.first().map(|(runtime, _)| *runtime);
        let watch = watch.into_iter().map(|(_, path)| path).collect();
        let hangs = runnable.before.ended == Ending::TimedOut;
        let plan = runtime.filter(|_| session.request.has(Part::Server)).map(|runtime| Plan {
            runtime,
            before: &runnable.before,
            probe: &runnable.probe,
            workspace: session.workspace,
            root: &session.request.root,
            base: sources.base(),
            only: runnable.narrow.clone().unwrap_or_default(),
            watch,
            expected: &[Look::Fails],
            has_tests: !runnable.before.report.is_empty() || runnable.narrow.is_some(),
            hangs,
            seconds: if hangs { 2.0 } else { runnable.before.seconds },
            wall: runnable.wall,
        });
        let batches = session.request.has(Part::Server).then(|| {
            let left = session.left();
            let (probe, before) = (&runnable.probe, &runnable.before);
            Batches::new(probe, session.workspace, sources, &session.request.root, before, left)
        });
        Self { plan, batches: batches.flatten(), tally: Mutex::default() }
    }

    /// A scout for one thread. `cancel` ends its server.
    pub(super) fn scout(&'a self, cancel: Cancel) -> Scout<'a> {
        let over = self.plan.is_none();
        let appetite = if self.batches.is_some() { FIRST_BUILD } else { 1 };
        Scout { scouting: self, cancel, server: None, deaths: 0, cleanings: 0, over, appetite }
    }

    /// What `--explain` says about it.
    pub(super) fn notes(&self) -> Vec<String> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = Vec::new();
        if tally.looked > 0 {
            let mut note = format!(
                "{} candidates were tried in processes or threads of a running command, {:.1} s in all: \
                 {} with their code put in place, {} the same as another",
                tally.looked, tally.seconds, tally.swapped, tally.repeated
            );
            if tally.unreached > 0 {
                note.push_str(&format!(", {} could not be", tally.unreached));
            }
            if tally.restarts > 0 {
                let (times, why) = (tally.restarts, &tally.restarted);
                note.push_str(&format!("; the server was started anew {times} times: {why}"));
            }
            notes.push(note);
        }
        if tally.built > 0 {
            let Tally { built, builds, not_compiling, .. } = &*tally;
            notes.push(format!(
                "{built} candidates were built together, in {builds} builds; {not_compiling} of them \
                 do not compile"
            ));
        }
        if let Some(reason) = &tally.refused {
            notes.push(format!("each candidate ran as a command of its own: {reason}"));
        }
        notes
    }
}

/// What runs a file, when that is something that has a check server.
fn runtime_of(path: &RepoPath, runnable: &Runnable) -> Option<Runtime> {
    match Language::of_path(path.as_str())? {
        Language::Python => runnable.python.then_some(Runtime::Python),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            (!runnable.python).then_some(Runtime::Node)
        }
        Language::Rust | Language::Go => None,
    }
}

impl Tally {
    fn add(&mut self, seen: &Seen) {
        if seen.look == Look::Unreached {
            self.unreached += 1;
            return;
        }
        self.looked += 1;
        if seen.repeated {
            self.repeated += 1;
        } else {
            self.swapped += usize::from(seen.swapped);
            self.seconds += seen.seconds;
        }
    }
}

impl Scout<'_> {
    /// How many candidates it takes at once.
    pub(super) fn appetite(&self) -> usize {
        self.appetite
    }

    /// What its server is about.
    pub(super) fn plan(&self) -> Option<&Plan<'_>> {
        self.scouting.plan.as_ref()
    }

    /// True for a candidate that can be one of many.
    pub(super) fn can_batch(&self, candidate: &Candidate) -> bool {
        self.appetite > 1 && self.scouting.batches.as_ref().is_some_and(|b| b.can_hold(candidate))
    }

    /// Looks at many candidates in one build. `None` for each when that does not work here.
    ///
    /// # Errors
    /// When the sandbox cannot run the command at all.
    pub(super) fn look_at_all(
        &mut self,
        candidates: &[&Candidate],
    ) -> Result<Vec<Option<Look>>, SandboxError> {
        let none = vec![None; candidates.len()];
        let Some(batches) = &self.scouting.batches else { return Ok(none) };
        match batches.look(candidates, &self.cancel)? {
            Ok(found) => {
                let held = found.looks.iter().filter(|look| **look != Look::Unreached).count();
                self.count(|tally| {
                    tally.builds += found.builds;
                    tally.built += held;
                    tally.not_compiling += found.refused;
                });
                self.appetite = (self.appetite * 2).min(MAX_BUILD);
                Ok(found.looks.into_iter().map(Some).collect())
            }
            Err(_) if self.cancel.is_cancelled() => Ok(none),
            Err(reason) => {
                self.deaths += 1;
                if self.deaths > MAX_FAILED_BUILDS {
                    self.appetite = 1;
                    self.give_up(reason);
                }
                Ok(none)
            }
        }
    }

    /// Looks at one candidate, with the full time limit if `patient`.
    ///
    /// # Errors
    /// When the sandbox cannot run the command at all.
    pub(super) fn look(&mut self, patch: &Patch, patient: bool) -> Result<Look, SandboxError> {
        let Some(plan) = self.scouting.plan.as_ref().filter(|_| !self.over) else {
            return Ok(Look::Unreached);
        };
        if self.server.is_none() {
            match Server::start(plan, &self.cancel)? {
                Ok(server) => self.server = Some(server),
                Err(reason) => {
                    self.give_up(reason);
                    return Ok(Look::Unreached);
                }
            }
        }
        let Some(server) = &mut self.server else { return Ok(Look::Unreached) };
        match server.look(plan, patch, patient) {
            Ok(seen) => {
                self.count(|tally| tally.add(&seen));
                let look = seen.look;
                if let Some(reason) = seen.disorder.filter(|_| self.cleanings < MAX_CLEANINGS) {
                    self.cleanings += 1;
                    self.replace(&reason);
                }
                Ok(look)
            }
            // The search is over, and its end is what ended the server.
            Err(_) if self.cancel.is_cancelled() => Ok(Look::Unreached),
            Err(reason) => {
                self.deaths += 1;
                self.replace(&reason);
                if self.deaths > MAX_DEATHS {
                    self.give_up(reason);
                }
                Ok(Look::Unreached)
            }
        }
    }

    fn replace(&mut self, reason: &str) {
        self.server = None;
        self.count(|tally| {
            tally.restarts += 1;
            reason.clone_into(&mut tally.restarted);
        });
    }

    fn give_up(&mut self, reason: String) {
        self.over = true;
        self.server = None;
        if !self.cancel.is_cancelled() {
            self.count(|tally| tally.refused = Some(reason));
        }
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.scouting.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
