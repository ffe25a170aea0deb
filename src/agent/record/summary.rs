//! Entries summed up: by task, by model, by decision.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::day::Day;
use super::event::{Entry, Event, Generation, ModelTag, Route, Run};
use super::log::{LogRead, first_second};
use super::numbers::{Percentiles, Rate, Share};
use super::word::{Code, Lang, Task, Tier};

/// Which entries are looked at: all, unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The last days, today among them.
    pub days: Option<u64>,
    pub task: Option<Task>,
    /// A model's name in any case, or its hash.
    pub model: Option<String>,
}

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Different days, in UTC, on which something was done.
    pub days: usize,
    /// Times of the first and last entry, in seconds since 1970.
    pub first: Option<u64>,
    pub last: Option<u64>,
    /// Lines of the log that are no entries, and files that cannot be read.
    pub skipped_lines: u64,
    pub unreadable_files: u64,
    pub tasks: Vec<TaskSummary>,
    pub models: Vec<ModelSummary>,
    pub routes: Vec<RouteSummary>,
}

/// The runs of one task, and what models wrote for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskSummary {
    pub task: Task,
    pub runs: usize,
    /// Of the runs that could succeed.
    pub success: Share,
    pub timed_out: usize,
    /// How the runs ended, with their number.
    pub statuses: BTreeMap<&'static str, usize>,
    pub duration_ms: Percentiles,
    /// Of the parts of a run, where they are known.
    pub stages: BTreeMap<&'static str, Percentiles>,
    /// Candidates made and run, and how many were run in the time that it took.
    pub generated: u64,
    pub checked: u64,
    pub checks: Rate,
    /// Until the first text of a model came.
    pub first_text_ms: Percentiles,
    /// Tokens of prompts that were computed, and tokens written.
    pub prefill: Rate,
    pub decode: Rate,
    /// The highest of all runs, in bytes.
    pub peak_bytes: Option<u64>,
    pub worker_peak_bytes: Option<u64>,
    /// By the generator of the best candidate, of runs that had one.
    pub tiers: BTreeMap<&'static str, Share>,
    pub languages: BTreeMap<&'static str, Share>,
}

/// The requests for text to one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelSummary {
    pub model: ModelTag,
    pub requests: usize,
    /// How they ended, with their number.
    pub endings: BTreeMap<&'static str, usize>,
    /// Tokens of prompts; of these found in memory, and restored from disk.
    pub prompt: u64,
    pub kept: u64,
    pub restored: u64,
    pub first_text_ms: Percentiles,
    pub prefill: Rate,
    pub decode: Rate,
    pub drafted: u64,
    pub accepted: u64,
}

/// The decisions of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteSummary {
    pub stage: Code,
    pub reason: Code,
    pub decisions: usize,
    /// How often what was decided on was used.
    pub taken: usize,
    /// Mean of those that rest on one.
    pub confidence: Option<f64>,
}

impl Filter {
    /// The first second that is looked at.
    pub fn since(&self, now: u64) -> u64 {
        self.days.map_or(0, |days| first_second(now, days))
    }

    fn keeps(&self, event: &Event) -> bool {
        let (task, model) = match event {
            Event::Run(run) => (run.task, run.model.as_ref()),
            Event::Generation(generation) => (generation.task, Some(&generation.model)),
            Event::Route(route) => (route.task, None),
        };
        let is_task = self.task.is_none_or(|wanted| wanted == task);
        let is_model = self.model.as_ref().is_none_or(|wanted| {
            model.is_some_and(|model| {
                model.name.as_str().eq_ignore_ascii_case(wanted)
                    || model.hash.is_some_and(|hash| hash.to_string() == *wanted)
            })
        });
        is_task && is_model
    }
}

/// Sums up what `filter` keeps; `now` in seconds since 1970.
pub fn summarise(read: &LogRead, filter: &Filter, now: u64) -> Summary {
    let since = filter.since(now);
    let kept = |entry: &&Entry| entry.at >= since && filter.keeps(&entry.event);
    let entries: Vec<&Entry> = read.entries.iter().filter(kept).collect();
    let days: BTreeSet<Day> = entries.iter().map(|entry| Day::of(entry.at)).collect();
    let mut tasks: BTreeMap<Task, (Vec<&Run>, Vec<&Generation>)> = BTreeMap::new();
    let mut models: BTreeMap<&ModelTag, Vec<&Generation>> = BTreeMap::new();
    let mut routes: BTreeMap<(&Code, &Code), Vec<&Route>> = BTreeMap::new();
    for entry in &entries {
        match &entry.event {
            Event::Run(run) => tasks.entry(run.task).or_default().0.push(run),
            Event::Generation(one) => {
                tasks.entry(one.task).or_default().1.push(one);
                models.entry(&one.model).or_default().push(one);
            }
            Event::Route(route) => {
                routes.entry((&route.stage, &route.reason)).or_default().push(route);
            }
        }
    }
    Summary {
        days: days.len(),
        first: entries.iter().map(|entry| entry.at).min(),
        last: entries.iter().map(|entry| entry.at).max(),
        skipped_lines: read.skipped,
        unreadable_files: read.unreadable,
        tasks: tasks.into_iter().map(|(task, (runs, made))| of_task(task, &runs, &made)).collect(),
        models: models.into_iter().map(|(model, made)| of_model(model, &made)).collect(),
        routes: routes.into_values().filter_map(|routes| of_routes(&routes)).collect(),
    }
}

fn of_task(task: Task, runs: &[&Run], made: &[&Generation]) -> TaskSummary {
    let sum = |count: fn(&Run) -> Option<u64>| {
        runs.iter().filter_map(|run| count(run)).fold(0, u64::saturating_add)
    };
    let checks = runs.iter().filter_map(|run| Some((run.checked?, run.stages.check_ms?)));
    TaskSummary {
        task,
        runs: runs.len(),
        success: success(runs.iter().copied()),
        timed_out: runs.iter().filter(|run| run.timed_out).count(),
        statuses: counted(runs.iter().map(|run| run.status.name())),
        duration_ms: Percentiles::of(runs.iter().map(|run| run.ms).collect()),
        stages: stages(runs),
        generated: sum(|run| run.generated),
        checked: sum(|run| run.checked),
        checks: Rate::of(checks),
        first_text_ms: first_text(made),
        prefill: Rate::of(made.iter().map(|made| computed(made))),
        decode: Rate::of(made.iter().map(|made| written(made))),
        peak_bytes: runs.iter().filter_map(|run| run.peak.own).max(),
        worker_peak_bytes: runs.iter().filter_map(|run| run.peak.worker).max(),
        tiers: shares(runs, |run| run.tier.map(Tier::name)),
        languages: shares(runs, |run| run.language.map(Lang::name)),
    }
}

fn of_model(model: &ModelTag, made: &[&Generation]) -> ModelSummary {
    let sum = |count: fn(&Generation) -> u64| {
        made.iter().map(|generation| count(generation)).fold(0, u64::saturating_add)
    };
    ModelSummary {
        model: model.clone(),
        requests: made.len(),
        endings: counted(made.iter().map(|generation| generation.finish.name())),
        prompt: sum(|made| made.prompt),
        kept: sum(|made| made.kept),
        restored: sum(|made| made.restored),
        first_text_ms: first_text(made),
        prefill: Rate::of(made.iter().map(|made| computed(made))),
        decode: Rate::of(made.iter().map(|made| written(made))),
        drafted: sum(|made| made.drafted),
        accepted: sum(|made| made.accepted),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of decisions")]
fn of_routes(routes: &[&Route]) -> Option<RouteSummary> {
    let Route { stage, reason, .. } = routes.first()?;
    let confident = routes.iter().filter_map(|route| route.confidence).filter(|c| c.is_finite());
    let confident: Vec<f64> = confident.map(f64::from).collect();
    let mean = confident.iter().sum::<f64>() / confident.len() as f64;
    Some(RouteSummary {
        stage: stage.clone(),
        reason: reason.clone(),
        decisions: routes.len(),
        taken: routes.iter().filter(|route| route.taken).count(),
        confidence: (!confident.is_empty()).then_some(mean),
    })
}

/// Of those runs that could succeed.
pub(super) fn success<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Share {
    Share::of(runs.into_iter().filter_map(|run| run.status.success()))
}

pub(super) fn first_text(made: &[&Generation]) -> Percentiles {
    Percentiles::of(made.iter().filter_map(|made| made.first_ms).collect())
}

/// Tokens of the prompt that were computed, those that were there already not among them, and the milliseconds.
pub(super) fn computed(made: &Generation) -> (u64, u64) {
    let there = made.kept.saturating_add(made.restored);
    (made.prompt.saturating_sub(there), made.prefill_ms)
}

/// Tokens that were written, and the milliseconds.
pub(super) fn written(made: &Generation) -> (u64, u64) {
    (made.generated, made.decode_ms)
}

fn stages(runs: &[&Run]) -> BTreeMap<&'static str, Percentiles> {
    let of = |stage: fn(&Run) -> Option<u64>| {
        Percentiles::of(runs.iter().filter_map(|run| stage(run)).collect())
    };
    let all = [
        ("reproduce", of(|run| run.stages.reproduce_ms)),
        ("localise", of(|run| run.stages.localise_ms)),
        ("generate", of(|run| run.stages.generate_ms)),
        ("check", of(|run| run.stages.check_ms)),
        ("prove", of(|run| run.stages.prove_ms)),
    ];
    all.into_iter().filter(|(_, times)| times.n > 0).collect()
}

fn shares(
    runs: &[&Run],
    group: impl Fn(&Run) -> Option<&'static str>,
) -> BTreeMap<&'static str, Share> {
    let mut groups: BTreeMap<&'static str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        if let Some(name) = group(run) {
            groups.entry(name).or_default().push(run);
        }
    }
    groups.into_iter().map(|(name, runs)| (name, success(runs))).collect()
}

fn counted(words: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
