//! Sums over invented entries, what a filter keeps, and the tables.

use super::*;
use crate::agent::record::event::{Peak, Stages};
use crate::agent::record::table;
use crate::agent::record::word::{Ending, ModelName, Status, Tag};

const DAY: u64 = 86_400;
const NOW: u64 = 100 * DAY + 7;

fn run(task: Task, status: Status, ms: u64) -> Run {
    Run {
        ms,
        stages: Stages { reproduce_ms: Some(ms / 10), check_ms: Some(2000), ..Stages::default() },
        generated: Some(10),
        checked: Some(6),
        peak: Peak { own: Some(ms << 20), worker: None },
        ..Run::new(task, status)
    }
}

fn made(model: &ModelTag, first_ms: u64) -> Generation {
    Generation {
        task: Task::Fix,
        model: model.clone(),
        finish: Ending::Stop,
        ms: first_ms + 500,
        first_ms: Some(first_ms),
        prompt: 100,
        kept: 50,
        restored: 10,
        prefill_ms: 100,
        decode_ms: 500,
        generated: 20,
        drafted: 8,
        accepted: 2,
    }
}

fn model(name: &str) -> ModelTag {
    ModelTag { name: ModelName::new(name), hash: Some(Tag::of(1, name.as_bytes())) }
}

fn read(events: impl IntoIterator<Item = (u64, Event)>) -> LogRead {
    let entries = events.into_iter().map(|(at, event)| Entry { at, event }).collect();
    LogRead { entries, skipped: 2, unreadable: 0 }
}

fn of(read: &LogRead, filter: Filter) -> Summary {
    summarise(read, &filter, NOW)
}

#[test]
fn nothing_is_said_of_nothing() {
    let summary = of(&LogRead::default(), Filter::default());
    assert_eq!(summary, Summary::default());
    assert_eq!(table(&summary), "nothing is recorded yet\n");
}

#[test]
fn runs_are_summed_up_by_task_and_tier() {
    let fixed = |tier, ms| Run { tier: Some(tier), ..run(Task::Fix, Status::Fixed, ms) };
    let late = Run { timed_out: true, ..run(Task::Fix, Status::NoFix, 400) };
    let unproven = Run { tier: Some(Tier::Model), ..run(Task::Fix, Status::Unverified, 500) };
    let runs = [
        fixed(Tier::Rule, 100),
        fixed(Tier::Rule, 200),
        fixed(Tier::Model, 300),
        late,
        unproven,
        run(Task::Fix, Status::Passes, 10),
        run(Task::Review, Status::Blocked, 50),
    ];
    let events = runs.into_iter().map(|run| (NOW, Event::Run(run)));
    let summary = of(&read(events), Filter::default());
    let [fix, review] = &summary.tasks[..] else { panic!("{summary:?}") };
    assert_eq!((fix.runs, fix.success.successes, fix.success.of), (6, 3, 5));
    assert_eq!((fix.timed_out, fix.statuses["fixed"], fix.statuses["passes"]), (1, 3, 1));
    assert_eq!((fix.duration_ms.n, fix.duration_ms.p50), (6, Some(200)));
    assert_eq!((fix.stages["reproduce"].n, fix.stages.get("prove")), (6, None));
    // 36 candidates in 12 seconds.
    assert_eq!((fix.generated, fix.checked, fix.checks.per_second), (60, 36, Some(3.0)));
    assert_eq!((fix.peak_bytes, fix.worker_peak_bytes), (Some(500 << 20), None));
    let tier = |name| (fix.tiers[name].successes, fix.tiers[name].of);
    assert_eq!((fix.tiers.len(), tier("rule"), tier("model")), (2, (2, 2), (1, 2)));
    assert_eq!((review.task, review.success.share), (Task::Review, Some(1.0)));
    assert_eq!((summary.days, summary.skipped_lines), (1, 2));
}

#[test]
fn models_and_decisions_are_summed_up() {
    let (small, large) = (model("small"), model("large"));
    let failed = Generation { finish: Ending::Died, first_ms: None, ..made(&large, 0) };
    let route = |taken, confidence| Route {
        task: Task::Fix,
        stage: Code::new("model"),
        taken,
        reason: Code::new("rules-enough"),
        confidence,
    };
    let events = [
        Event::Generation(made(&small, 40)),
        Event::Generation(made(&small, 60)),
        Event::Generation(failed),
        Event::Route(route(true, Some(0.75))),
        Event::Route(route(false, Some(0.25))),
        Event::Route(route(false, None)),
    ];
    let summary = of(&read(events.map(|event| (NOW, event))), Filter::default());
    let [first, second] = &summary.models[..] else { panic!("{summary:?}") };
    assert_eq!((&first.model, first.requests, first.endings["worker-died"]), (&large, 1, 1));
    assert_eq!((&second.model, second.requests, second.first_text_ms.p50), (&small, 2, Some(40)));
    // 40 of the prompt's 100 tokens were computed, each time in a tenth of a second.
    assert_eq!((second.prefill.per_second, second.decode.per_second), (Some(400.0), Some(40.0)));
    assert_eq!((second.drafted, second.accepted, second.kept), (16, 4, 100));
    let [kind] = &summary.routes[..] else { panic!("{summary:?}") };
    assert_eq!((kind.decisions, kind.taken, kind.confidence), (3, 1, Some(0.5)));
    // A task without a run of its own, because it goes on or was killed, is there with its requests.
    assert_eq!((summary.tasks[0].runs, summary.tasks[0].first_text_ms.n), (0, 2));

    let shown = table(&summary);
    for words in ["Models", "small", "Routing", "rules-enough", "0.50", "25 %", "2 line(s)"] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    assert!(shown.lines().all(|line| line.trim_end() == line), "{shown}");
}

#[test]
fn a_filter_keeps_days_tasks_and_models() {
    let small = model("Small");
    let with_model = Run { model: Some(small.clone()), ..run(Task::Ask, Status::Done, 5) };
    let log = read([
        (NOW - 8, Event::Run(run(Task::Fix, Status::Fixed, 1))),
        (NOW - 7, Event::Run(run(Task::Fix, Status::Fixed, 2))),
        (NOW, Event::Run(with_model)),
        (NOW, Event::Generation(made(&small, 3))),
        (NOW + 40 * DAY, Event::Run(run(Task::Fix, Status::Fixed, 3))),
    ]);
    let runs = |filter| of(&log, filter).tasks.iter().map(|task| task.runs).sum::<usize>();
    assert_eq!(runs(Filter::default()), 4);
    // The day before ended eight seconds ago; what a clock put into the future is not lost.
    assert_eq!(runs(Filter { days: Some(1), ..Filter::default() }), 3);
    assert_eq!(runs(Filter { days: Some(2), ..Filter::default() }), 4);
    assert_eq!(runs(Filter { days: Some(u64::MAX), ..Filter::default() }), 4);
    assert_eq!(runs(Filter { task: Some(Task::Ask), ..Filter::default() }), 1);
    let hash = small.hash.map(|hash| hash.to_string());
    for wanted in [Some("small".to_owned()), hash] {
        let summary = of(&log, Filter { model: wanted, ..Filter::default() });
        let runs = summary.tasks.iter().map(|task| (task.task, task.runs));
        // The request of the fix is the model's, its run is not known to be.
        assert_eq!(runs.collect::<Vec<_>>(), [(Task::Fix, 0), (Task::Ask, 1)]);
        assert_eq!(summary.models.len(), 1);
    }
    assert_eq!(runs(Filter { model: Some("smal".to_owned()), ..Filter::default() }), 0);
}
