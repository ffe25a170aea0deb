//! Refills the queue of a search while others check what is in it.

use std::borrow::Cow;
use std::sync::{Condvar, Mutex, PoisonError};

use super::drive::{Round, Shared, lock, wait};
use super::{FixRequest, Part};
use crate::agent::candidates::prior::Prior;
use crate::agent::candidates::{Candidate, embedded, model, transform};
use crate::agent::cascade::Stage;
use crate::agent::proposal::Progress;
use crate::base::{Cancel, Language};

/// Suspects whose transformations are generated at once.
const BATCH: usize = 16;
/// The same for the first of them when a model ranks these.
const FIRST_BATCH_RANKED: usize = 40;
/// Candidates whose order a model may change.
const MAX_RESCORED: usize = 400;
/// Pairs are made of the cheapest transformations of the first suspects.
const PAIRED_SUSPECTS: usize = 64;
/// Of as many of them.
const PAIRED: usize = 40;

impl Round<'_, '_> {
    /// Puts transformations into the queue: the nearest suspects first, then what may come next.
    pub(super) fn generate(&self, shared: &Mutex<Shared>, wake: &Condvar) {
        if !self.await_turn(Stage::Search, shared, wake) {
            return;
        }
        let ranked = self.is_turn(Stage::Ranking, shared) == Some(true);
        let push = |found: Vec<Candidate>| {
            lock(shared).search.push(found);
            wake.notify_all();
        };
        let halt = lock(shared).halt.clone();
        let request = self.session.request;
        let prior = |language| prior(request, language);
        let batch = |from, to| {
            if !request.has(Part::Transformations) {
                return Vec::new();
            }
            let mut found =
                transform::candidates(self.localisation, self.sources, &prior, from, to, &halt);
            if request.has(Part::Pairs) {
                found.extend(transform::everywhere(&found, self.sources));
            }
            found
        };
        let pairs = |cheapest: &[Candidate]| {
            if request.has(Part::Pairs) { transform::pairs(cheapest) } else { Vec::new() }
        };
        let mut from = if ranked { FIRST_BATCH_RANKED } else { BATCH };
        let near = batch(0, from);
        let mut cheapest = cheapest_of(Vec::new(), &near);
        push(if ranked { self.rescored(near, &halt) } else { near });
        lock(shared).router.begun(Stage::Search);
        // The order is the queue's: a likely edit of a less suspected line may well be tried before
        // an unlikely one of the most suspected. But what cannot come next need not be made yet: it
        // takes time from the checks.
        let suspects = &self.localisation.suspects;
        while let Some(suspect) = suspects.get(from) {
            if !is_wanted(transform::low_cost(suspect), shared, wake) {
                return;
            }
            let found = batch(from, from + BATCH);
            from += BATCH;
            if from <= PAIRED_SUSPECTS {
                cheapest = cheapest_of(cheapest, &found);
            }
            push(found);
            if from >= PAIRED_SUSPECTS && !cheapest.is_empty() {
                push(pairs(&std::mem::take(&mut cheapest)));
            }
        }
        push(pairs(&cheapest));
    }

    fn rescored(&self, mut near: Vec<Candidate>, halt: &Cancel) -> Vec<Candidate> {
        let mut slot = self.writers.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(engine) = slot.as_deref_mut() else { return near };
        near.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut rest = near.split_off(near.len().min(MAX_RESCORED));
        near.sort_by(|a, b| a.place.cmp(&b.place));
        let ranked = if engine.info().repairs {
            let failure = self.failures.first();
            embedded::rescore(engine, &mut near, failure, self.sources, halt)
        } else {
            model::rescore(engine, &mut near, self.sources, halt)
        };
        if let Err(error) = ranked {
            (self.session.on)(Progress::Note(format!("the model did not rank: {error}")));
        }
        near.append(&mut rest);
        near
    }
}

/// The costs of transformations of a language, but for what is left out.
fn prior(request: &FixRequest, language: Language) -> Cow<'static, Prior> {
    let mut prior = Cow::Borrowed(Prior::shipped(language));
    if !request.has(Part::Prior) {
        prior = Cow::Owned(prior.by_hand());
    }
    if !request.has(Part::Familiarity) {
        prior = Cow::Owned(prior.without_familiarity());
    }
    if !request.has(Part::Trees) {
        prior = Cow::Owned(prior.without_trees());
    }
    prior
}

/// Waits until a candidate of this cost would be among the next. False when the search has ended.
fn is_wanted(cost: f64, shared: &Mutex<Shared>, wake: &Condvar) -> bool {
    let mut guard = lock(shared);
    while !guard.ends_now(wake) && !guard.search.wants(cost) {
        guard = wait(wake, guard);
    }
    guard.stop.is_none()
}

/// Ends the search when its time is up, whatever its workers are at.
pub(super) fn keep_time(shared: &Mutex<Shared>, wake: &Condvar) {
    let mut guard = lock(shared);
    while !guard.ends_now(wake) {
        guard = wait(wake, guard);
    }
}

/// The cheapest of both, at most [`PAIRED`].
fn cheapest_of(mut known: Vec<Candidate>, found: &[Candidate]) -> Vec<Candidate> {
    known.extend_from_slice(found);
    known.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    known.truncate(PAIRED);
    known
}
