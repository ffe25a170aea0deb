//! The first look at a candidate through a check server, one server for each worker thread.
//!
//! Decides when a server is worth having, starts another when one has died or was left in disorder,
//! and gives up where that happens again and again.

use std::sync::{Mutex, PoisonError};

use super::{Runnable, Session};
use crate::agent::checks::server::{Look, Plan, Seen, Server};
use crate::agent::checks::verdict::Ending;
use crate::base::{Cancel, RepoPath};
use crate::edit::Patch;
use crate::sandbox::SandboxError;

/// Each watched file may cost a process that stays.
const MAX_WATCHED: usize = 24;
/// Servers of one worker that may die before there are no more.
const MAX_DEATHS: usize = 5;
/// Servers of one worker that are replaced because a candidate left something behind. Beyond that,
/// it is what the tests do, and they live with it.
const MAX_CLEANINGS: usize = 6;

/// What the scouts of one round share.
pub(super) struct Scouting<'a> {
    plan: Option<Plan<'a>>,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    looked: usize,
    swapped: usize,
    repeated: usize,
    unreached: usize,
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
}

impl<'a> Scouting<'a> {
    /// Scouting for candidates in the `suspects`, most suspected first, that all include `base`.
    pub(super) fn new(
        session: &'a Session<'_>,
        runnable: &'a Runnable,
        base: &'a Patch,
        suspects: impl Iterator<Item = RepoPath>,
    ) -> Self {
        let mut watch: Vec<RepoPath> = Vec::new();
        for path in suspects {
            if watch.len() < MAX_WATCHED && path.as_str().ends_with(".py") && !watch.contains(&path)
            {
                watch.push(path);
            }
        }
        let hangs = runnable.before.ended == Ending::TimedOut;
        let wanted = session.request.server && runnable.python && !watch.is_empty();
        let plan = wanted.then(|| Plan {
            probe: &runnable.probe,
            workspace: session.workspace,
            root: &session.request.root,
            base,
            only: runnable.narrow.clone().unwrap_or_default(),
            watch,
            has_tests: !runnable.before.report.is_empty() || runnable.narrow.is_some(),
            hangs,
            seconds: if hangs { 2.0 } else { runnable.before.seconds },
            wall: runnable.wall,
        });
        Self { plan, tally: Mutex::default() }
    }

    /// A scout for one thread. `cancel` ends its server.
    pub(super) fn scout(&'a self, cancel: Cancel) -> Scout<'a> {
        let over = self.plan.is_none();
        Scout { scouting: self, cancel, server: None, deaths: 0, cleanings: 0, over }
    }

    /// What `--explain` says about it.
    pub(super) fn notes(&self) -> Vec<String> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = Vec::new();
        if tally.looked > 0 {
            let mut note = format!(
                "{} candidates were tried in forked processes, {:.1} s in all: {} with their code put \
                 in place, {} the same as another",
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
        if let Some(reason) = &tally.refused {
            notes.push(format!("each candidate ran as a command of its own: {reason}"));
        }
        notes
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
