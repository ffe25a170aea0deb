//! Performs the search: worker threads check what the state machine hands out, while generators
//! refill it.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::escalate::Writers;
use super::generate::keep_time;
use super::prove::{Proof, not_proven, plain_proof};
use super::scout::{Scout, Scouting};
use super::search::{Budget, Next, Outcome, Search, Stop, Ticket};
use super::wider::{Opinion, Wider};
use super::{Case, FixError, Minds, Part, Runnable, Session};
use crate::agent::candidates::{self, Candidate, compiler, restore, rules};
use crate::agent::cascade::{Decision, Router, Sent, Stage as Generator};
use crate::agent::checks::probe::Mode;
use crate::agent::checks::server::Look;
use crate::agent::checks::verdict::{Judgement, Observation, judge};
use crate::agent::localise::recent::{self, Hunk};
use crate::agent::localise::{self, Clues, Localisation};
use crate::agent::proposal::{Caution, Progress, Stage, Tier};
use crate::agent::sources::Sources;
use crate::base::Cancel;
use crate::edit::Patch;
use crate::sandbox::SandboxError;
use crate::trace::FailureKind;

/// Steps on the way: bugs that need more than one edit are repaired one edit at a time.
const MAX_ROUNDS: usize = 3;
/// Share of the time kept back from the search for the wider tests and the proof.
const RESERVE: f64 = 0.1;
/// How long to look for something better after a pass, in runs of the command and in seconds.
const GRACE: (f64, f64, f64) = (1.5, 0.6, 2.0);
/// How long to look for something better after a pass that leaves other tests failing.
const PATIENCE: Duration = Duration::from_secs(8);
/// When so many have passed, those that break other tests or leave them failing are dropped at once.
const KEPT_WITH_CAUTION: usize = 2;
/// Added to the cost of a candidate that is put back: it did not end in the short time it had, or
/// repairs only some of the tests.
const SLOW_PENALTY: f64 = 3.0;

/// What a search found.
pub(super) struct Searched {
    pub(super) passing: Vec<Passing>,
    pub(super) localisation: Localisation,
    pub(super) generated: usize,
    pub(super) checked: usize,
    pub(super) notes: Vec<String>,
    pub(super) route: Vec<Decision>,
    pub(super) sent: Option<Sent>,
    pub(super) trail: Vec<(usize, f64)>,
}

/// A candidate that passed the command.
#[derive(Clone)]
pub(super) struct Passing {
    pub(super) candidate: Candidate,
    pub(super) patch: Patch,
    pub(super) cautions: Vec<Caution>,
    /// There are no tests, and the edit may only avoid the work.
    pub(super) doubtful: bool,
    /// What the wider tests said, when there are any.
    pub(super) wider: Option<String>,
    /// Tests beyond the command that failed before and still do, or that it is not known of.
    pub(super) still: usize,
    pub(super) rank: usize,
    /// The plain command with it, when that has been run.
    pub(super) proof: Option<Proof>,
}

impl Passing {
    /// True when nothing speaks against it.
    fn is_good(&self) -> bool {
        self.still == 0 && self.is_sound()
    }

    /// True when it repairs the command and breaks nothing.
    pub(super) fn is_sound(&self) -> bool {
        let harm = |c: &Caution| matches!(c, Caution::Regresses(_) | Caution::LeavesFailing(_));
        !self.doubtful && !self.cautions.iter().any(harm)
    }
}

pub(super) struct Shared {
    pub(super) search: Search,
    seen: HashSet<u64>,
    /// Candidates that were put back: they need more time, or repair only some of the tests.
    slow: HashSet<u64>,
    passing: Vec<Passing>,
    steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    pub(super) router: Router,
    pub(super) route: Vec<Decision>,
    pub(super) stop: Option<Stop>,
    /// Cancelled with the search: ends running checks and the model.
    pub(super) halt: Cancel,
    failed: Option<SandboxError>,
}

impl Shared {
    /// True when something that passed and has nothing against it comes before `candidate`.
    fn is_beaten(&self, candidate: &Candidate) -> bool {
        self.passing.iter().any(|p| p.is_good() && p.candidate.cost <= candidate.cost)
    }

    /// The cheapest that has passed and has nothing against it.
    pub(super) fn cheapest_sound(&self) -> Option<&Candidate> {
        let sound = self.passing.iter().filter(|p| p.is_sound()).map(|p| &p.candidate);
        sound.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// True when everything that passed and has nothing against it has been proven.
    pub(super) fn is_settled(&self) -> bool {
        self.passing.iter().all(|p| p.proof.is_some() || !p.is_good())
    }

    /// True when nothing need be checked any more.
    fn is_over(&self) -> bool {
        self.stop.is_some() || self.halt.is_cancelled()
    }

    /// True when the search has ended, or ends here because its time is up.
    pub(super) fn ends_now(&mut self, wake: &Condvar) -> bool {
        if self.stop.is_none()
            && let Some(stop) = self.search.due(Instant::now())
        {
            self.end(stop);
            wake.notify_all();
        }
        self.stop.is_some()
    }

    fn end(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
        self.halt.cancel();
    }
}

/// What may be known of a candidate by the time it has passed the command.
#[derive(Default)]
struct Early {
    /// Of the wider tests.
    opinion: Option<Opinion>,
    /// The plain command, when it passed.
    proof: Option<Proof>,
    /// The plain command did not pass.
    refuted: bool,
}

/// A patch that does not repair the failure but brings it closer.
struct Step {
    patch: Patch,
    failing: usize,
    rank: usize,
}

/// Searches until something passes, nothing is left, or the time is up.
pub(super) fn search(
    session: &Session<'_>,
    case: &Case,
    runnable: &Runnable,
    sources: &Sources,
    minds: Minds<'_>,
) -> Result<Searched, FixError> {
    let mut total = Searched {
        passing: Vec::new(),
        localisation: Localisation::default(),
        generated: 0,
        checked: 0,
        notes: Vec::new(),
        route: Vec::new(),
        sent: None,
        trail: Vec::new(),
    };
    let writers = Writers::new(minds);
    let until = session.request.deadline - session.left().mul_f64(RESERVE);
    let mut base = Patch::default();
    let wider = Wider::default();
    for round in 0..MAX_ROUNDS {
        let sources = sources.on_top_of(base.clone());
        let failures;
        let mut traced = None;
        if round == 0 {
            failures = case.failures.clone();
            traced.clone_from(&runnable.traced);
        } else {
            let mode = if runnable.traced.is_some() { Mode::Traced } else { Mode::Observed };
            let wall = runnable.wall.mul_f64(4.0).min(session.left().mul_f64(0.2));
            let again = runnable.probe.run(
                session.workspace,
                &session.request.root,
                &base,
                &mode,
                wall,
                session.cancel,
            )?;
            failures = again.observation.failures;
            traced = again.traced.map(|recording| recording.read(None));
            total.notes.push(format!("one edit was not enough: round {} builds on it", round + 1));
        }
        let clues = Clues { failures: &failures, traced: traced.as_ref(), hints: &case.hints };
        let mut localisation = localise::localise(&clues, &sources);
        let hunks = if session.request.has(Part::History) {
            recent::hunks(&localisation, &sources)
        } else {
            Vec::new()
        };
        recent::suspect(&mut localisation, &hunks);
        (session.on)(Progress::Stage(Stage::Searching));
        let budget = Budget { until, grace: grace(runnable), patience: PATIENCE };
        let round = Round {
            session,
            runnable,
            sources: &sources,
            localisation: &localisation,
            hunks: &hunks,
            failures: &failures,
            wider: &wider,
            writers: &writers,
            began: Instant::now(),
        };
        let scouting = round.scouting();
        let shared = round.run(budget, total.checked, &scouting)?;
        total.notes.extend(scouting.notes());
        total.notes.extend(shared.notes);
        total.route.extend(shared.route);
        let before = total.checked;
        total.trail.extend(shared.search.trail().iter().map(|(n, cost)| (before + n, *cost)));
        total.generated += shared.search.generated;
        total.checked += shared.search.checked;
        total.localisation = localisation;
        total.passing = shared.passing;
        let step = shared.steps.into_iter().min_by_key(|s| (s.failing, s.rank));
        match step {
            Some(step) if total.passing.is_empty() && Instant::now() < until => {
                base = step.patch;
                wider.end_server();
            }
            _ => break,
        }
    }
    total.sent = writers.sent();
    Ok(total)
}

fn grace(runnable: &Runnable) -> Duration {
    // Long enough for a few more checks of this command.
    Duration::from_secs_f64((runnable.before.seconds * GRACE.0).clamp(GRACE.1, GRACE.2))
}

/// One pass of the search over one state of the tree.
pub(super) struct Round<'a, 'm> {
    pub(super) session: &'a Session<'a>,
    runnable: &'a Runnable,
    pub(super) sources: &'a Sources,
    pub(super) localisation: &'a Localisation,
    hunks: &'a [Hunk],
    pub(super) failures: &'a [crate::trace::Failure],
    wider: &'a Wider,
    pub(super) writers: &'a Writers<'m>,
    pub(super) began: Instant,
}

impl Round<'_, '_> {
    fn run(
        &self,
        budget: Budget,
        checked_before: usize,
        scouting: &Scouting<'_>,
    ) -> Result<Shared, FixError> {
        let writing = self.writers.is_anybody_there();
        let shared = Mutex::new(Shared {
            search: Search::new(budget, 1 + usize::from(writing)),
            seen: HashSet::new(),
            slow: HashSet::new(),
            passing: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            router: self.writers.router(),
            route: Vec::new(),
            stop: None,
            halt: self.session.cancel.child(Some(budget.until)),
            failed: None,
        });
        let wake = Condvar::new();
        self.ruled(&shared);
        std::thread::scope(|scope| {
            for _ in 0..self.session.request.jobs.max(1) {
                scope.spawn(|| {
                    let halt = lock(&shared).halt.clone();
                    self.work(&shared, &wake, checked_before, &mut scouting.scout(halt));
                });
            }
            if writing {
                scope.spawn(|| {
                    self.escalate(&shared, &wake);
                    lock(&shared).search.generator_done();
                    wake.notify_all();
                });
            }
            self.generate(&shared, &wake);
            lock(&shared).search.generator_done();
            wake.notify_all();
            keep_time(&shared, &wake);
        });
        self.closed(&shared);
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        match shared.failed {
            Some(error) => Err(error.into()),
            None => Ok(shared),
        }
    }

    /// Pushes what is made at once: answers to the error, and what a compiler suggests.
    fn ruled(&self, shared: &Mutex<Shared>) {
        if self.is_turn(Generator::Rules, shared) != Some(true) {
            return;
        }
        let scene = rules::Scene {
            failures: self.failures,
            sources: self.sources,
            localisation: self.localisation,
        };
        let mut guard = lock(shared);
        guard.search.push(compiler::candidates(self.failures, self.sources));
        if self.session.request.has(Part::Rules) {
            guard.search.push(rules::candidates(&scene));
        }
        guard.search.push(restore::candidates(self.localisation, self.sources, self.hunks));
        guard.router.begun(Generator::Rules);
    }

    /// Says of those whose turn did not come why not.
    fn closed(&self, shared: &Mutex<Shared>) {
        let mut guard = lock(shared);
        let known = self.known(&guard);
        let decisions = guard.router.close(&known);
        drop(guard);
        decisions.into_iter().for_each(|decision| self.decided(decision, shared));
    }

    fn work(
        &self,
        shared: &Mutex<Shared>,
        wake: &Condvar,
        checked_before: usize,
        scout: &mut Scout<'_>,
    ) {
        loop {
            let mut guard = lock(shared);
            if guard.stop.is_some() {
                return;
            }
            if self.session.cancel.is_cancelled() {
                guard.end(Stop::OutOfTime);
                wake.notify_all();
                return;
            }
            match guard.search.next(Instant::now()) {
                Next::Stop(stop) => {
                    guard.end(stop);
                    wake.notify_all();
                    return;
                }
                Next::Wait => {
                    drop(wait(wake, guard));
                }
                Next::Check(ticket) => {
                    let tickets = self.more(*ticket, &mut guard, scout);
                    drop(guard);
                    self.check_all(tickets, shared, scout);
                    let guard = lock(shared);
                    let generated = guard.search.generated;
                    let checked = checked_before + guard.search.checked;
                    drop(guard);
                    (self.session.on)(Progress::Candidates { generated, checked });
                    wake.notify_all();
                }
            }
        }
    }

    /// The next tickets together with this one, as many as the scout takes at once.
    fn more(&self, first: Ticket, guard: &mut Shared, scout: &Scout<'_>) -> Vec<Ticket> {
        let mut tickets = vec![first];
        let takes = |ticket: &Ticket| {
            scout.can_batch(&ticket.candidate) && !self.may_get_further(&ticket.candidate)
        };
        while takes(&tickets[tickets.len() - 1]) && tickets.len() < scout.appetite() {
            let Next::Check(ticket) = guard.search.next(Instant::now()) else { break };
            tickets.push(*ticket);
        }
        tickets
    }

    /// Checks candidates, all together as far as that is possible.
    fn check_all(&self, tickets: Vec<Ticket>, shared: &Mutex<Shared>, scout: &mut Scout<'_>) {
        let mut fresh = Vec::new();
        for ticket in tickets {
            match ticket.candidate.patch(self.sources) {
                Ok(patch) if lock(shared).seen.insert(Candidate::fingerprint(&patch)) => {
                    fresh.push((ticket, patch));
                }
                _ => lock(shared).search.done(Outcome::Dropped, Instant::now()),
            }
        }
        let mut looks = vec![None; fresh.len()];
        if fresh.len() > 1 {
            let together: Vec<&Candidate> = fresh.iter().map(|(t, _)| &t.candidate).collect();
            let title = format!("{} candidates in one build", together.len());
            (self.session.on)(Progress::Trying(title));
            match scout.look_at_all(&together) {
                Ok(found) => looks = found,
                Err(error) => drop(lock(shared).failed.get_or_insert(error)),
            }
        }
        let mut judged: Vec<_> = fresh.into_iter().zip(looks).collect();
        // What may well pass comes before what has to be run alone.
        judged.sort_by_key(|(_, look)| *look != Some(Look::Promising));
        for ((ticket, patch), look) in judged {
            if lock(shared).is_over() {
                lock(shared).search.done(Outcome::Dropped, Instant::now());
            } else {
                self.check(ticket, patch, look, shared, scout);
            }
        }
    }

    /// Checks one candidate, of which `look` may be known, and records what came of it.
    fn check(
        &self,
        ticket: Ticket,
        patch: Patch,
        look: Option<Look>,
        shared: &Mutex<Shared>,
        scout: &mut Scout<'_>,
    ) {
        if look.is_none() {
            (self.session.on)(Progress::Trying(ticket.candidate.title.clone()));
        }
        let began = Instant::now();
        let outcome = match self.judge(&ticket.candidate, &patch, look, shared, scout) {
            Ok(Some((Judgement::Repaired, early))) => {
                self.passed(ticket, patch.clone(), early, shared)
            }
            Ok(Some(_)) => Outcome::Failed,
            Ok(None) => {
                put_back(ticket.candidate, &patch, shared);
                Outcome::Dropped
            }
            Err(error) => {
                lock(shared).failed.get_or_insert(error);
                Outcome::Failed
            }
        };
        let mut guard = lock(shared);
        if guard.failed.is_some() {
            guard.end(Stop::OutOfTime);
        }
        // While this one was run, others have been looking for a better one.
        let alone = self.session.request.jobs < 2;
        guard.search.done(outcome, if alone { Instant::now() } else { began });
        drop(guard);
        if outcome == Outcome::Passed {
            self.prove(&patch, shared);
        }
    }

    /// Runs the plain command on what has passed, if that has not been done, while the search looks
    /// for something better. What does not pass there has not been found.
    fn prove(&self, patch: &Patch, shared: &Mutex<Shared>) {
        let proven = |p: &Passing| p.patch == *patch && p.proof.is_some();
        if lock(shared).passing.iter().any(proven) {
            return;
        }
        let proof = plain_proof(self.session, self.runnable, patch);
        let mut guard = lock(shared);
        let Some(at) = guard.passing.iter().position(|p| p.patch == *patch) else { return };
        if proof.is_none() && !self.session.cancel.is_cancelled() {
            let dropped = guard.passing.remove(at);
            guard.notes.push(not_proven(&dropped.candidate.title));
            if !guard.passing.iter().any(Passing::is_sound) {
                guard.search.retract();
            }
        } else {
            guard.passing[at].proof = proof;
        }
    }

    /// Records a pass. One that breaks other tests is kept, but does not end the search.
    fn passed(
        &self,
        ticket: Ticket,
        patch: Patch,
        early: Early,
        shared: &Mutex<Shared>,
    ) -> Outcome {
        let mut cautions = candidates::cautions(&ticket.candidate, self.sources);
        let halt = lock(shared).halt.clone();
        // One that leaves other tests failing is known: another of its kind is none the better.
        let sound = lock(shared).passing.iter().any(Passing::is_sound);
        if sound && self.wider.leaves_failures(self.session, self.runnable, &patch, &halt) {
            return Outcome::Failed;
        }
        // What comes after a good one anyway is only an alternative, and the wider tests take time.
        let beaten = lock(shared).is_beaten(&ticket.candidate);
        let opinion = early.opinion.or_else(|| {
            let asked = || self.wider.opinion(self.session, self.runnable, &patch, &halt);
            if beaten { None } else { asked() }
        });
        let lost = opinion.as_ref().map(|o| o.lost.clone()).unwrap_or_default();
        // Without tests, exit 0 is all there is: an edit that skips the work gets it too.
        let untested = self.runnable.before.report.is_empty();
        let doubtful = untested && candidates::avoids_work(&ticket.candidate, &cautions);
        if !lost.is_empty() {
            cautions.push(Caution::Regresses(lost));
        }
        let same = opinion.as_ref().map(|o| o.same.clone()).unwrap_or_default();
        if !same.is_empty() {
            cautions.push(Caution::LeavesFailing(same));
        }
        let Ticket { candidate, rank } = ticket;
        // A run that the end of the search has cut off speaks for nothing.
        let unknown = usize::from(opinion.is_none() && !beaten && halt.is_cancelled());
        let still = opinion.as_ref().map_or(unknown, |o| o.still);
        let wider = opinion.map(|o| o.line);
        let proof = early.proof;
        let passing = Passing { candidate, patch, cautions, doubtful, wider, still, rank, proof };
        let outcome = match (passing.is_good(), passing.is_sound()) {
            (true, _) => Outcome::Passed,
            // What else fails may have the same cause: a better edit repairs that as well.
            (false, true) => Outcome::Partly,
            (false, false) => Outcome::Failed,
        };
        lock(shared).passing.push(passing);
        if outcome != Outcome::Failed {
            (self.session.on)(Progress::Stage(Stage::Simplifying));
        }
        outcome
    }

    /// What the check servers of this round need to know.
    fn scouting(&self) -> Scouting<'_> {
        let watch = self.localisation.suspects.iter().map(|s| s.path.clone());
        Scouting::new(self.session, self.runnable, self.sources, watch)
    }

    /// Runs the command with `patch`, the failing tests alone first when that is cheaper, and the
    /// wider tests beside it when it is likely to pass. `None` when the candidate needs more time
    /// than it was given.
    fn judge(
        &self,
        candidate: &Candidate,
        patch: &Patch,
        look: Option<Look>,
        shared: &Mutex<Shared>,
        scout: &mut Scout<'_>,
    ) -> Result<Option<(Judgement, Early)>, SandboxError> {
        let before = &self.runnable.before;
        let halt = lock(shared).halt.clone();
        let patient = lock(shared).slow.contains(&Candidate::fingerprint(patch));
        let look = match look {
            Some(look) => look,
            None if self.may_get_further(candidate) => Look::Unreached,
            None => scout.look(patch, patient)?,
        };
        match look {
            Look::Fails => return Ok(Some((Judgement::Same, Early::default()))),
            Look::Slow => return Ok(None),
            // Its time comes when what may be the whole repair has been tried.
            Look::Partly if !patient => return Ok(None),
            Look::Promising | Look::Partly | Look::Unreached => {}
        }
        // Nobody would see it.
        if self.session.request.proposals == 1 && lock(shared).is_beaten(candidate) {
            return Ok(Some((Judgement::Different, Early::default())));
        }
        // One or two that break other tests, or leave them failing, are worth showing where nothing
        // better is found.
        if lock(shared).passing.len() >= KEPT_WITH_CAUTION
            && look == Look::Promising
            && let Some(plan) = scout.plan()
            && self.wider.rejects(self.session, self.runnable, plan, patch, &halt)
        {
            return Ok(Some((Judgement::Different, Early::default())));
        }
        let narrow = self.runnable.narrow.as_ref().filter(|_| look == Look::Unreached);
        if let Some(tests) = narrow {
            let look = self.probe(patch, &Mode::Narrow(tests.clone()), &halt)?.observation;
            if !look.passed() {
                let some_pass = look.passing().any(|t| tests.contains(t));
                if !some_pass {
                    return Ok(Some((judge(before, &look), Early::default())));
                }
            }
        }
        let likely =
            look == Look::Promising && self.runnable.python && lock(shared).passing.is_empty();
        let (after, early) = self.whole(patch, likely, &halt)?;
        if early.refuted {
            lock(shared).notes.push(not_proven(&candidate.title));
            return Ok(Some((Judgement::Different, Early::default())));
        }
        let judgement = judge(before, &after);
        let step = judgement == Judgement::Improved
            || judgement == Judgement::Different && self.gets_further(candidate, &after);
        if step {
            let mut guard = lock(shared);
            let rank = guard.search.checked;
            let failing = after.failing().len();
            guard.steps.push(Step { patch: patch.clone(), failing, rank });
        }
        Ok(Some((judgement, early)))
    }

    /// The whole command with `patch`; where it is likely to pass, the wider tests at the same time,
    /// and the plain command after it.
    fn whole(
        &self,
        patch: &Patch,
        likely: bool,
        halt: &Cancel,
    ) -> Result<(Observation, Early), SandboxError> {
        let command = || self.probe(patch, &Mode::Brief, halt).map(|run| run.observation);
        if !likely || self.session.request.jobs < 2 {
            return Ok((command()?, Early::default()));
        }
        std::thread::scope(|scope| {
            let wider =
                scope.spawn(|| self.wider.opinion(self.session, self.runnable, patch, halt));
            let after = command()?;
            let repaired = judge(&self.runnable.before, &after) == Judgement::Repaired;
            let proof = repaired.then(|| plain_proof(self.session, self.runnable, patch)).flatten();
            let refuted = repaired && proof.is_none() && !self.session.cancel.is_cancelled();
            Ok((after, Early { opinion: wider.join().ok().flatten(), proof, refuted }))
        })
    }

    fn probe(
        &self,
        patch: &Patch,
        mode: &Mode,
        halt: &Cancel,
    ) -> Result<crate::agent::checks::probe::Outcome, SandboxError> {
        let Session { request, workspace, .. } = self.session;
        let wall = self.runnable.wall.min(self.session.left());
        self.runnable.probe.run(workspace, &request.root, patch, mode, wall, halt)
    }

    /// True for an edit by a rule to an error that hides what comes after it: what it leads to must
    /// be read, not only whether it passes.
    fn may_get_further(&self, candidate: &Candidate) -> bool {
        let hides = |f: &crate::trace::Failure| {
            matches!(f.kind, FailureKind::Syntax | FailureKind::Compile)
                || f.exception.as_deref().is_some_and(|e| {
                    matches!(
                        e,
                        "NameError"
                            | "ImportError"
                            | "ModuleNotFoundError"
                            | "UnboundLocalError"
                            | "ReferenceError"
                    )
                })
        };
        let sure = matches!(candidate.tier, Tier::Rule | Tier::Compiler);
        sure && self.failures.first().is_some_and(hides)
    }

    /// True when a rule removed an error that hides what comes after it.
    fn gets_further(&self, candidate: &Candidate, after: &Observation) -> bool {
        let compile_errors = |list: &[crate::trace::Failure]| {
            list.iter().filter(|f| f.kind == FailureKind::Compile).count()
        };
        let fewer =
            compile_errors(&after.failures) < compile_errors(&self.runnable.before.failures);
        self.may_get_further(candidate)
            && (fewer || after.failures.first().is_some_and(|f| f.kind != FailureKind::Compile))
    }
}

/// Gives a candidate its second turn, after the others.
fn put_back(candidate: Candidate, patch: &Patch, shared: &Mutex<Shared>) {
    let print = Candidate::fingerprint(patch);
    let mut guard = lock(shared);
    guard.seen.remove(&print);
    guard.slow.insert(print);
    let cost = candidate.cost + SLOW_PENALTY;
    guard.search.put_back(Candidate { cost, ..candidate });
}

/// Waits until something has happened, or for a moment.
pub(super) fn wait<'g>(wake: &Condvar, guard: MutexGuard<'g, Shared>) -> MutexGuard<'g, Shared> {
    let moment = Duration::from_millis(50);
    wake.wait_timeout(guard, moment).unwrap_or_else(PoisonError::into_inner).0
}

pub(super) fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
