//! What is shared is never about few, and names nobody.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::agent::record::event::{ModelTag, Peak, Stages};
use crate::agent::record::word::{Code, Ending, ModelName, Status, Tag, Task};

const DAY: u64 = 86_400;

fn run(task: Task, tier: Tier, status: Status, ms: u64) -> Entry {
    let run = Run {
        ms,
        stages: Stages { check_ms: Some(1000), ..Stages::default() },
        tier: Some(tier),
        generated: Some(40),
        checked: Some(33),
        peak: Peak { own: Some(65 << 20), worker: None },
        ..Run::new(task, status)
    };
    Entry { at: ms % 3 * DAY, event: Event::Run(run) }
}

fn made(name: &str) -> Entry {
    let generation = Generation {
        task: Task::Fix,
        model: ModelTag { name: ModelName::new(name), hash: Some(Tag::of(1, name.as_bytes())) },
        finish: Ending::Stop,
        ms: 777,
        first_ms: Some(123),
        prompt: 99,
        kept: 0,
        restored: 0,
        prefill_ms: 1000,
        decode_ms: 1000,
        generated: 17,
        drafted: 4,
        accepted: 1,
    };
    Entry { at: 5, event: Event::Generation(generation) }
}

fn shared(entries: &[Entry]) -> Shared {
    anonymous(entries, &["Known-Coder 1B"], "1.2.3")
}

fn times<T>(count: usize, make: impl Fn(u64) -> T) -> Vec<T> {
    (0..count as u64).map(make).collect()
}

#[test]
fn few_runs_are_not_shared() {
    let few = times(FEW - 1, |ms| run(Task::Fix, Tier::Rule, Status::Fixed, ms));
    let out = shared(&few);
    assert!(out.tasks.is_empty() && out.models.is_empty() && out.routes.is_empty());
    let enough = times(FEW, |ms| run(Task::Fix, Tier::Rule, Status::Fixed, ms));
    let out = shared(&enough);
    assert_eq!((out.tasks[0].task.as_str(), out.tasks[0].runs), ("fix", FEW));
    assert_eq!((out.tasks[0].succeeded, out.tasks[0].peak_bytes.p50), (Some(FEW), Some(128 << 20)));
    assert_eq!((out.schema, out.slm.as_str(), out.days), (SCHEMA, "1.2.3", 3));
}

#[test]
fn small_groups_are_put_together_so_that_no_difference_tells_of_them() {
    let mut entries = times(20, |ms| run(Task::Fix, Tier::Rule, Status::Fixed, ms));
    entries.extend(times(9, |ms| run(Task::Review, Tier::Rule, Status::Done, ms)));
    entries.extend(times(2, |ms| run(Task::Ask, Tier::Rule, Status::Done, ms)));
    let out = shared(&entries);
    let seen: Vec<_> = out.tasks.iter().map(|task| (task.task.as_str(), task.runs)).collect();
    // The two questions alone would be too few: the reviews go with them.
    assert_eq!(seen, [("fix", 20), ("other", 11)]);
}

#[test]
fn a_part_is_told_when_neither_side_is_small() {
    assert_eq!((part(5, 10), part(5, 5)), (Some(5), Some(5)));
    for (few, of) in [(0, 10), (4, 10), (6, 10), (9, 10), (4, 4)] {
        assert_eq!(part(few, of), None, "{few} of {of}");
    }
    let mut entries = times(10, |ms| run(Task::Fix, Tier::Rule, Status::Fixed, ms));
    entries.extend(times(10, |ms| run(Task::Fix, Tier::Model, Status::Fixed, ms)));
    assert_eq!(shared(&entries).tasks[0].tiers[1].succeeded, Some(10));
    // One tier's failures are few: nothing is told of any, since the sum is known.
    entries.extend(times(2, |ms| run(Task::Fix, Tier::Model, Status::Unverified, ms)));
    entries.extend(times(9, |ms| run(Task::Fix, Tier::Rule, Status::Unverified, ms)));
    let fix = &shared(&entries).tasks[0];
    assert_eq!((fix.succeeded, fix.counted), (Some(20), Some(31)));
    assert!(fix.tiers.iter().all(|tier| tier.succeeded.is_none()), "{fix:?}");
}

#[test]
fn only_public_models_have_names() {
    let mut entries = times(6, |_| made("known coder-1b"));
    entries.extend(times(6, |_| made("acme-internal-finetune")));
    let out = shared(&entries);
    let names: Vec<_> = out.models.iter().map(|model| model.model.as_str()).collect();
    assert_eq!(names, ["Known-Coder 1B", "other"]);
    let model = &out.models[0];
    assert_eq!((model.first_text_ms.p50, model.accepted_percent), (Some(120), Some(25)));
    assert_eq!((model.prefill_per_second, model.decode_per_second), (Some(99.0), Some(17.0)));
    let json = serde_json::to_string(&out).unwrap();
    let tags = entries.iter().filter_map(|entry| match &entry.event {
        Event::Generation(made) => made.model.hash.map(|hash| hash.to_string()),
        _ => None,
    });
    for hidden in tags.chain(["acme".to_owned(), "123".to_owned(), "777".to_owned()]) {
        assert!(!json.contains(&hidden), "{hidden}\n{json}");
    }
}

#[test]
fn figures_have_two_digits() {
    for (number, rounded) in [
        (0, 0),
        (7, 7),
        (99, 99),
        (100, 100),
        (104, 100),
        (105, 110),
        (1_949, 1_900),
        (1_950, 2_000),
    ] {
        assert_eq!(two_digits(number), rounded);
    }
    assert!(two_digits(u64::MAX) >= u64::MAX / 10 * 9);
}

/// Every count in `value`: those of runs, of requests, of decisions, and the parts of these.
fn counts(value: &Value, into: &mut Vec<u64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| counts(value, into)),
        Value::Object(map) => {
            for (key, value) in map {
                let counted = [
                    "runs",
                    "counted",
                    "succeeded",
                    "timed_out",
                    "requests",
                    "decisions",
                    "taken",
                    "n",
                ];
                if counted.contains(&key.as_str()) {
                    into.extend(value.as_u64());
                }
                counts(value, into);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn nothing_is_about_few(
        picks in prop::collection::vec((0usize..8, 0usize..5, 0usize..14, any::<u64>(), any::<bool>()), 0..60),
    ) {
        let mut entries = Vec::new();
        for (task, tier, status, number, flag) in picks {
            entries.push(run(Task::ALL[task], Tier::ALL[tier], Status::ALL[status], number));
            entries.push(made(["known-coder-1b", "secret one", "secret two"][number as usize % 3]));
            let route = Route {
                task: Task::ALL[task],
                stage: Code::new(if flag { "model" } else { "remote" }),
                taken: number % 5 == 0,
                reason: Code::new("r"),
                confidence: None,
            };
            entries.push(Entry { at: number, event: Event::Route(route) });
        }
        let out = shared(&entries);
        let json = serde_json::to_value(&out).unwrap();
        let mut all = Vec::new();
        counts(&json, &mut all);
        // An empty list of measurements says 0 where it is not told of.
        prop_assert!(all.iter().all(|count| *count == 0 || *count >= FEW as u64), "{json}");
        prop_assert!(!json.to_string().contains("secret"));
        let runs = entries.len() / 3;
        let told: usize = out.tasks.iter().map(|task| task.runs).sum();
        prop_assert!(told == runs || (told == 0 && runs < FEW), "{told} of {runs}");
        let names: BTreeSet<&str> = out.tasks.iter().map(|task| task.task.as_str()).collect();
        prop_assert_eq!(names.len(), out.tasks.len(), "each group once");
    }
}
