//! The search as a pure state machine: candidates and verdicts in, what to check next out.
//!
//! No clock, no process, no file: the driver says what time it is.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::agent::candidates::Candidate;
use crate::agent::proposal::Tier;

/// After this many checks in a row of one tier another tier that has work gets a turn.
const MAX_RUN_OF_ONE_TIER: usize = 6;

/// What the driver should do next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Check this candidate and report back with [`Search::done`].
    Check(Box<Ticket>),
    /// Nothing to hand out at the moment; more may come from a generator or a running check.
    Wait,
    /// The search is over.
    Stop(Stop),
}

/// A candidate that was handed out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticket {
    pub(super) candidate: Candidate,
    /// Position in the order of checking, from 0.
    pub(super) rank: usize,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Something passed and the time for a simpler one is over.
    Found,
    /// Every candidate was checked.
    Exhausted,
    /// The time is up.
    OutOfTime,
}

/// How a check ended, as far as the search needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Dropped before a run: duplicate, does not parse, touches a test; or put back.
    Dropped,
    /// Ran and failed.
    Failed,
    /// The command passed and nothing was lost.
    Passed,
    /// The command passed, but other tests fail as they did before.
    Partly,
}

/// Time limits of a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// When the search must have stopped.
    pub(super) until: Instant,
    /// How long to look for a better candidate once one has passed.
    pub(super) grace: Duration,
    /// The same when what has passed leaves other tests failing.
    pub(super) patience: Duration,
}

/// The state of a search.
#[derive(Debug)]
pub(super) struct Search {
    budget: Budget,
    queues: Vec<(Tier, BinaryHeap<Queued>)>,
    sequence: usize,
    run_of: Option<(Tier, usize)>,
    in_flight: usize,
    open_generators: usize,
    first_pass: Option<Instant>,
    stop_at: Option<Instant>,
    /// The highest cost that was handed out.
    reached: Option<f64>,
    /// That cost when so many candidates had been handed out, at powers of two.
    trail: Vec<(usize, f64)>,
    handed: usize,
    pub(super) generated: usize,
    pub(super) checked: usize,
}

#[derive(Debug)]
struct Queued {
    candidate: Candidate,
    sequence: usize,
}

impl Search {
    /// A search with `open_generators` sources that may still push candidates.
    pub(super) fn new(budget: Budget, open_generators: usize) -> Self {
        Self {
            budget,
            queues: Vec::new(),
            sequence: 0,
            run_of: None,
            in_flight: 0,
            open_generators,
            first_pass: None,
            stop_at: None,
            reached: None,
            trail: Vec::new(),
            handed: 0,
            generated: 0,
            checked: 0,
        }
    }

    /// Adds candidates.
    pub(super) fn push(&mut self, candidates: impl IntoIterator<Item = Candidate>) {
        for candidate in candidates {
            self.generated += 1;
            self.sequence += 1;
            let tier = candidate.tier;
            let queued = Queued { candidate, sequence: self.sequence };
            match self.queues.iter_mut().find(|(t, _)| *t == tier) {
                Some((_, heap)) => heap.push(queued),
                None => self.queues.push((tier, BinaryHeap::from([queued]))),
            }
        }
    }

    /// Puts a candidate back that was handed out: it needs more time than the others.
    pub(super) fn put_back(&mut self, candidate: Candidate) {
        self.push([candidate]);
        self.generated -= 1;
    }

    /// True when a candidate of this cost would be among the next: nothing that waits is cheaper.
    pub(super) fn wants(&self, cost: f64) -> bool {
        let cheapest = self.queues.iter().filter_map(|(_, heap)| heap.peek());
        cheapest.map(|queued| queued.candidate.cost).all(|known| known >= cost)
    }

    /// The highest cost of what was handed out, as negative log-likelihood; what waits is about as likely.
    pub(super) fn reached(&self) -> Option<f64> {
        self.reached
    }

    /// [`Search::reached`] when 1, 2, 4, ... candidates had been handed out.
    pub(super) fn trail(&self) -> &[(usize, f64)] {
        &self.trail
    }

    /// When it must have stopped.
    pub(super) fn until(&self) -> Instant {
        self.budget.until
    }

    /// True when nothing waits or is being checked, and so many generators at most may still bring something.
    pub(super) fn is_idle(&self, open: usize) -> bool {
        self.in_flight == 0
            && self.open_generators <= open
            && self.queues.iter().all(|(_, heap)| heap.is_empty())
    }

    /// One generator has nothing more to give.
    pub(super) fn generator_done(&mut self) {
        self.open_generators = self.open_generators.saturating_sub(1);
    }

    /// What to do at time `now`.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if let Some(stop) = self.due(now) {
            return Next::Stop(stop);
        }
        if let Some(candidate) = self.pop() {
            self.in_flight += 1;
            self.note(candidate.cost);
            let rank = self.checked + self.in_flight - 1;
            return Next::Check(Box::new(Ticket { candidate, rank }));
        }
        if self.in_flight > 0 || self.open_generators > 0 {
            return Next::Wait;
        }
        Next::Stop(if self.first_pass.is_some() { Stop::Found } else { Stop::Exhausted })
    }

    fn note(&mut self, cost: f64) {
        self.handed += 1;
        let reached = self.reached.map_or(cost, |known| known.max(cost));
        self.reached = Some(reached);
        if self.handed.is_power_of_two() {
            self.trail.push((self.handed, reached));
        }
    }

    /// Why the search must stop at time `now`, if it must.
    pub(super) fn due(&self, now: Instant) -> Option<Stop> {
        if self.stop_at.is_some_and(|at| now >= at) {
            return Some(Stop::Found);
        }
        let found = if self.first_pass.is_some() { Stop::Found } else { Stop::OutOfTime };
        (now >= self.budget.until).then_some(found)
    }

    /// What passed has turned out not to: the search goes on as if nothing had been found.
    pub(super) fn retract(&mut self) {
        self.first_pass = None;
        self.stop_at = None;
    }

    /// A check that [`Search::next`] handed out has ended.
    pub(super) fn done(&mut self, outcome: Outcome, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if outcome != Outcome::Dropped {
            self.checked += 1;
        }
        let wait = match outcome {
            Outcome::Passed => self.budget.grace,
            Outcome::Partly => self.budget.patience,
            Outcome::Failed | Outcome::Dropped => return,
        };
        self.first_pass.get_or_insert(now);
        // A later pass never makes the search longer.
        let at = (now + wait).min(self.budget.until);
        self.stop_at = Some(self.stop_at.map_or(at, |known| known.min(at)));
    }

    /// The cheapest candidate of the tier whose turn it is.
    fn pop(&mut self) -> Option<Candidate> {
        let tired =
            self.run_of.and_then(|(tier, length)| (length >= MAX_RUN_OF_ONE_TIER).then_some(tier));
        let best = |skip: Option<Tier>| {
            self.queues
                .iter()
                .enumerate()
                .filter(|(_, (tier, heap))| Some(*tier) != skip && !heap.is_empty())
                .max_by(|a, b| a.1.1.peek().cmp(&b.1.1.peek()))
                .map(|(index, _)| index)
        };
        let index = best(tired).or_else(|| best(None))?;
        let (tier, heap) = &mut self.queues[index];
        let length = match self.run_of {
            Some((last, length)) if last == *tier => length + 1,
            _ => 1,
        };
        self.run_of = Some((*tier, length));
        heap.pop().map(|queued| queued.candidate)
    }
}

impl Ord for Queued {
    /// Greater means sooner: lower cost, then earlier in generation order.
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .candidate
            .cost
            .total_cmp(&self.candidate.cost)
            .then_with(|| other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Queued {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Line, RepoPath};

    fn candidate(tier: Tier, cost: f64) -> Candidate {
        Candidate {
            tier,
            operator: "test",
            title: format!("{cost}"),
            edits: Vec::new(),
            place: (RepoPath::new("a.py").unwrap(), Line(1)),
            cost,
            surprise: None,
        }
    }

    fn budget(now: Instant) -> Budget {
        Budget {
            until: now + Duration::from_secs(60),
            grace: Duration::from_secs(2),
            patience: Duration::from_secs(9),
        }
    }

    fn cost_of(next: Next) -> f64 {
        match next {
            Next::Check(ticket) => ticket.candidate.cost,
            other => panic!("expected a check, got {other:?}"),
        }
    }

    #[test]
    fn cheapest_first_and_stable() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 0);
        search.push([3.0, 1.0, 2.0].map(|c| candidate(Tier::Transform, c)));
        assert_eq!([(); 3].map(|()| cost_of(search.next(now))), [1.0, 2.0, 3.0]);
        assert_eq!(search.next(now), Next::Wait);
        for _ in 0..3 {
            search.done(Outcome::Failed, now);
        }
        assert_eq!(search.next(now), Next::Stop(Stop::Exhausted));
        assert_eq!((search.generated, search.checked), (3, 3));
    }

    #[test]
    fn more_is_wanted_when_it_may_be_cheaper_than_what_waits() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 1);
        assert!(search.wants(9.0));
        search.push([candidate(Tier::Rule, 3.0), candidate(Tier::Transform, 1.0)]);
        assert!(search.wants(0.5) && !search.wants(2.0));
        cost_of(search.next(now));
        assert!(search.wants(2.0) && !search.wants(4.0));
    }

    #[test]
    fn no_tier_starves_another() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 0);
        search.push((0..50).map(|_| candidate(Tier::Transform, 1.0)));
        search.push([candidate(Tier::Model, 9.0)]);
        let first = (0..=MAX_RUN_OF_ONE_TIER).map(|_| cost_of(search.next(now)));
        assert!(first.into_iter().any(|cost| cost > 8.0));
    }

    #[test]
    fn a_pass_starts_the_grace_period() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 1);
        search.push([candidate(Tier::Rule, 1.0), candidate(Tier::Rule, 2.0)]);
        cost_of(search.next(now));
        search.done(Outcome::Passed, now);
        cost_of(search.next(now + Duration::from_secs(1)));
        assert_eq!(search.next(now + Duration::from_secs(2)), Next::Stop(Stop::Found));
    }

    #[test]
    fn a_pass_that_leaves_failures_is_waited_on_longer_and_a_better_one_ends_that() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut search = Search::new(budget(now), 1);
        search.push((0..9).map(|n| candidate(Tier::Rule, f64::from(n))));
        cost_of(search.next(now));
        search.done(Outcome::Partly, now);
        cost_of(search.next(at(3)));
        search.done(Outcome::Partly, at(3));
        cost_of(search.next(at(4)));
        search.done(Outcome::Passed, at(4));
        cost_of(search.next(at(5)));
        assert_eq!(search.next(at(6)), Next::Stop(Stop::Found));
        search.done(Outcome::Passed, at(8));
        assert_eq!(search.next(at(9)), Next::Stop(Stop::Found));
    }

    #[test]
    fn a_pass_that_is_taken_back_ends_nothing() {
        let now = Instant::now();
        let later = now + Duration::from_secs(3);
        let mut search = Search::new(budget(now), 1);
        search.push([candidate(Tier::Rule, 1.0), candidate(Tier::Rule, 2.0)]);
        cost_of(search.next(now));
        search.done(Outcome::Passed, now);
        assert_eq!(search.due(later), Some(Stop::Found));
        search.retract();
        assert_eq!(search.due(later), None);
        assert!((cost_of(search.next(later)) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn it_tells_how_far_it_got_and_whether_anything_is_left() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 2);
        search.push([2.0, 1.0, 4.0].map(|c| candidate(Tier::Transform, c)));
        assert!(search.reached().is_none() && !search.is_idle(2));
        for _ in 0..3 {
            cost_of(search.next(now));
        }
        search.put_back(candidate(Tier::Transform, 3.0));
        cost_of(search.next(now));
        assert_eq!(search.reached(), Some(4.0));
        assert_eq!(search.trail(), [(1, 1.0), (2, 2.0), (4, 4.0)]);
        assert!(!search.is_idle(2), "checks are under way");
        for _ in 0..4 {
            search.done(Outcome::Failed, now);
        }
        assert!(!search.is_idle(1) && search.is_idle(2));
        search.generator_done();
        assert!(search.is_idle(1));
    }

    #[test]
    fn out_of_time() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 1);
        search.push([candidate(Tier::Rule, 1.0)]);
        assert_eq!(search.next(now + Duration::from_secs(60)), Next::Stop(Stop::OutOfTime));
    }

    #[test]
    fn waits_for_open_generators() {
        let now = Instant::now();
        let mut search = Search::new(budget(now), 1);
        assert_eq!(search.next(now), Next::Wait);
        search.generator_done();
        assert_eq!(search.next(now), Next::Stop(Stop::Exhausted));
    }
}
