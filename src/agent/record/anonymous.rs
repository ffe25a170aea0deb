//! What may be shared with others: counts and rounded figures of many runs, and nothing of one.
//!
//! - Nothing is about fewer than [`FEW`] runs or requests: smaller groups are put together as "other", and with them
//!   the smallest of the others where they alone would be too few, so that no difference tells what was left out.
//! - A part of a group (how many succeeded) is told when it is at least [`FEW`], and the rest is none or as many.
//! - No time but the number of days. Durations and rates have two significant digits, memory steps of 64 MiB.
//! - Models are named when the caller says that everybody knows them; the others are together.

use std::collections::BTreeMap;

use serde::Serialize;

use super::day::Day;
use super::event::{Entry, Event, Generation, Route, Run};
use super::numbers::{Percentiles, Rate};
use super::summary::{computed, first_text, success, written};
use super::word::Tier;

/// The fewest that something is told of.
pub const FEW: usize = 5;
/// The schema of [`Shared`] as JSON; a change that a reader could stumble over gives it another number.
pub const SCHEMA: &str = "slm-stats/1";
/// Steps of memory, in bytes.
const STEP: u64 = 64 << 20;
/// The name of those that are put together.
const OTHER: &str = "other";

/// A file for others; as JSON it is the documented schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    pub schema: &'static str,
    /// The version of slm that wrote it.
    pub slm: String,
    /// What is not told of: fewer than so many.
    pub fewer_than: usize,
    /// Different days on which something was done.
    pub days: usize,
    pub tasks: Vec<SharedTask>,
    pub models: Vec<SharedModel>,
    pub routes: Vec<SharedRoute>,
}

/// Runs of one task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedTask {
    pub task: String,
    pub runs: usize,
    /// Runs that could succeed, and those that did.
    pub counted: Option<usize>,
    pub succeeded: Option<usize>,
    pub timed_out: Option<usize>,
    pub duration_ms: Percentiles,
    pub checks_per_second: Option<f64>,
    pub peak_bytes: Percentiles,
    pub worker_peak_bytes: Percentiles,
    pub tiers: Vec<SharedTier>,
}

/// Runs whose best candidate came from one generator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedTier {
    pub tier: &'static str,
    pub runs: usize,
    /// Told for all tiers of a task or for none.
    pub succeeded: Option<usize>,
}

/// Requests to one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedModel {
    pub model: String,
    pub requests: usize,
    pub first_text_ms: Percentiles,
    pub prefill_per_second: Option<f64>,
    pub decode_per_second: Option<f64>,
    /// Of tokens proposed, those that were right, in percent.
    pub accepted_percent: Option<u64>,
}

/// Decisions of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedRoute {
    pub stage: String,
    pub reason: String,
    pub decisions: usize,
    pub taken: Option<usize>,
}

/// What of `entries` may be shared. `public` are names of models that everybody knows, in any case and with any
/// punctuation; `version` is slm's own.
pub fn anonymous(entries: &[Entry], public: &[&str], version: &str) -> Shared {
    let mut tasks: BTreeMap<String, Vec<&Run>> = BTreeMap::new();
    let mut models: BTreeMap<String, Vec<&Generation>> = BTreeMap::new();
    let mut routes: BTreeMap<(String, String), Vec<&Route>> = BTreeMap::new();
    let public: BTreeMap<String, &str> = public.iter().map(|name| (plain(name), *name)).collect();
    for entry in entries {
        match &entry.event {
            Event::Run(run) => tasks.entry(run.task.name().to_owned()).or_default().push(run),
            Event::Generation(made) => {
                let known = public.get(&plain(made.model.name.as_str()));
                let name = known.copied().unwrap_or(OTHER).to_owned();
                models.entry(name).or_default().push(made);
            }
            Event::Route(route) => {
                let kind = (route.stage.as_str().to_owned(), route.reason.as_str().to_owned());
                routes.entry(kind).or_default().push(route);
            }
        }
    }
    let other = || OTHER.to_owned();
    let tasks = merged(tasks, other());
    let models = merged(models, other());
    let routes = merged(routes, (other(), other()));
    Shared {
        schema: SCHEMA,
        slm: version.to_owned(),
        fewer_than: FEW,
        days: days(entries),
        tasks: tasks.into_iter().map(|(task, runs)| of_task(task, &runs)).collect(),
        models: models.into_iter().map(|(name, made)| of_model(name, &made)).collect(),
        routes: routes.into_iter().map(|(kind, routes)| of_routes(kind, &routes)).collect(),
    }
}

fn days(entries: &[Entry]) -> usize {
    let days: std::collections::BTreeSet<Day> = entries.iter().map(|e| Day::of(e.at)).collect();
    days.len()
}

fn of_task(task: String, runs: &[&Run]) -> SharedTask {
    let all = success(runs.iter().copied());
    let timed_out = runs.iter().filter(|run| run.timed_out).count();
    let checks = runs.iter().filter_map(|run| Some((run.checked?, run.stages.check_ms?)));
    let memory = |of: fn(&Run) -> Option<u64>| {
        let all = runs.iter().filter_map(|run| of(run)).map(|bytes| bytes.div_ceil(STEP) * STEP);
        enough(Percentiles::of(all.collect()))
    };
    SharedTask {
        task,
        runs: runs.len(),
        counted: part(all.of, runs.len()),
        succeeded: part(all.of, runs.len()).and(part(all.successes, all.of)),
        timed_out: part(timed_out, runs.len()),
        duration_ms: rounded(Percentiles::of(runs.iter().map(|run| run.ms).collect())),
        checks_per_second: speed(checks),
        peak_bytes: memory(|run| run.peak.own),
        worker_peak_bytes: memory(|run| run.peak.worker),
        tiers: tiers(runs),
    }
}

fn tiers(runs: &[&Run]) -> Vec<SharedTier> {
    let mut groups: BTreeMap<&'static str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        if let Some(tier) = run.tier {
            groups.entry(Tier::name(tier)).or_default().push(run);
        }
    }
    let mut tiers: Vec<SharedTier> = Vec::new();
    for (tier, runs) in merged(groups, OTHER) {
        let succeeded = success(runs.iter().copied()).successes;
        tiers.push(SharedTier { tier, runs: runs.len(), succeeded: part(succeeded, runs.len()) });
    }
    // From the sum and all but one the last could be told.
    if tiers.iter().any(|tier| tier.succeeded.is_none()) {
        tiers.iter_mut().for_each(|tier| tier.succeeded = None);
    }
    tiers
}

fn of_model(model: String, made: &[&Generation]) -> SharedModel {
    let sum = |count: fn(&Generation) -> u64| {
        made.iter().map(|made| count(made)).fold(0, u64::saturating_add)
    };
    let (drafted, accepted) = (sum(|made| made.drafted), sum(|made| made.accepted));
    let percent = u64::try_from(u128::from(accepted) * 100 / u128::from(drafted.max(1))).ok();
    SharedModel {
        model,
        requests: made.len(),
        first_text_ms: rounded(first_text(made)),
        prefill_per_second: speed(made.iter().map(|made| computed(made))),
        decode_per_second: speed(made.iter().map(|made| written(made))),
        accepted_percent: percent.filter(|_| drafted > 0),
    }
}

fn of_routes((stage, reason): (String, String), routes: &[&Route]) -> SharedRoute {
    let taken = routes.iter().filter(|route| route.taken).count();
    SharedRoute { stage, reason, decisions: routes.len(), taken: part(taken, routes.len()) }
}

/// Groups of at least [`FEW`]; the smaller ones are one group named `other`. Nothing at all when all together are too
/// few.
fn merged<K: Ord + Clone, T>(groups: BTreeMap<K, Vec<T>>, other: K) -> Vec<(K, Vec<T>)> {
    let (mut large, small): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(name, group)| group.len() >= FEW && *name != other);
    let mut rest: Vec<T> = small.into_iter().flat_map(|(_, group)| group).collect();
    large.sort_by_key(|(name, group)| (std::cmp::Reverse(group.len()), name.clone()));
    while !rest.is_empty() && rest.len() < FEW {
        let Some((_, smallest)) = large.pop() else { return Vec::new() };
        rest.extend(smallest);
    }
    if !rest.is_empty() {
        large.push((other, rest));
    }
    large
}

/// A part of a whole, when neither it nor the rest is small.
fn part(part: usize, whole: usize) -> Option<usize> {
    let rest = whole.saturating_sub(part);
    (part >= FEW && (rest >= FEW || rest == 0)).then_some(part)
}

fn enough(all: Percentiles) -> Percentiles {
    if all.n < FEW { Percentiles::default() } else { all }
}

fn rounded(all: Percentiles) -> Percentiles {
    let Percentiles { n, p50, p95, p99 } = enough(all);
    Percentiles { n, p50: p50.map(two_digits), p95: p95.map(two_digits), p99: p99.map(two_digits) }
}

/// The nearest number with two significant digits.
fn two_digits(number: u64) -> u64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    let step = 10_u64.pow(digits.saturating_sub(1));
    (number / step + u64::from(number % step >= step.div_ceil(2) && step > 1)).saturating_mul(step)
}

/// The rate of at least [`FEW`] that took some time.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate of some tokens a second"
)]
fn speed(all: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let timed: Vec<(u64, u64)> = all.filter(|(_, ms)| *ms > 0).collect();
    let per_second = Rate::of(timed.iter().copied()).per_second.filter(|_| timed.len() >= FEW)?;
    // Through tenths, so that slow ones keep a digit.
    Some(two_digits((per_second * 10.0).round() as u64) as f64 / 10.0)
}

/// Letters and digits alone, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
#[path = "anonymous_tests.rs"]
mod tests;
