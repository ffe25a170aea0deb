//! A summary as tables for people: plain text, columns aligned, `-` where there is too little to say.

use std::collections::BTreeMap;

use super::numbers::{Percentiles, Rate, Share};
use super::summary::{ModelSummary, Summary, TaskSummary};

/// The tables, or one line that says that there is nothing.
pub fn table(summary: &Summary) -> String {
    let mut out = String::new();
    if summary.tasks.is_empty() && summary.routes.is_empty() {
        out.push_str("nothing is recorded yet\n");
    } else {
        out.push_str(&format!("{} day(s) with something recorded\n", summary.days));
        out.push_str(&tasks(&summary.tasks));
        out.push_str(&parts(&summary.tasks));
        out.push_str(&groups("tier", &summary.tasks, |task| &task.tiers));
        out.push_str(&groups("language", &summary.tasks, |task| &task.languages));
        out.push_str(&models(&summary.models));
        out.push_str(&routes(summary));
    }
    if summary.skipped_lines > 0 {
        out.push_str(&format!("\n{} line(s) could not be read\n", summary.skipped_lines));
    }
    if summary.unreadable_files > 0 {
        out.push_str(&format!("\n{} file(s) could not be read\n", summary.unreadable_files));
    }
    out
}

fn tasks(tasks: &[TaskSummary]) -> String {
    let head =
        ["task", "runs", "success", "95 %", "p50", "p95", "p99", "checks/s", "slm", "worker"];
    let rows = tasks.iter().map(|task| {
        let [share, interval] = share(&task.success);
        let [p50, p95, p99] = times(&task.duration_ms);
        vec![
            task.task.name().to_owned(),
            task.runs.to_string(),
            share,
            interval,
            p50,
            p95,
            p99,
            rate(&task.checks),
            bytes(task.peak_bytes),
            bytes(task.worker_peak_bytes),
        ]
    });
    grid("Runs", &head, rows.collect())
}

/// Where the time of runs goes, and until the first text of a model.
fn parts(tasks: &[TaskSummary]) -> String {
    let head = ["task", "part", "n", "p50", "p95", "p99"];
    let row = |task: &TaskSummary, part: &str, all: &Percentiles| {
        let [p50, p95, p99] = times(all);
        vec![task.task.name().to_owned(), part.to_owned(), all.n.to_string(), p50, p95, p99]
    };
    let mut rows = Vec::new();
    for task in tasks {
        // In the order of the work.
        for part in ["reproduce", "localise", "generate", "check", "prove"] {
            rows.extend(task.stages.get(part).map(|all| row(task, part, all)));
        }
        if task.first_text_ms.n > 0 {
            rows.push(row(task, "first text", &task.first_text_ms));
        }
    }
    grid("Parts", &head, rows)
}

fn groups(
    what: &'static str,
    tasks: &[TaskSummary],
    of: impl Fn(&TaskSummary) -> &BTreeMap<&'static str, Share>,
) -> String {
    let head = ["task", what, "runs", "success", "95 %"];
    let mut rows = Vec::new();
    for task in tasks {
        for (name, all) in of(task) {
            let [share, interval] = share(all);
            let (task, name) = (task.task.name().to_owned(), (*name).to_owned());
            rows.push(vec![task, name, all.of.to_string(), share, interval]);
        }
    }
    grid(&format!("Success by {what}"), &head, rows)
}

fn models(models: &[ModelSummary]) -> String {
    let head = [
        "model",
        "hash",
        "requests",
        "not ended well",
        "first p50",
        "first p95",
        "first p99",
        "prefill/s",
        "decode/s",
        "in cache",
        "drafts right",
    ];
    let rows = models.iter().map(|model| {
        let [p50, p95, p99] = times(&model.first_text_ms);
        let well = ["stop", "length"].iter().filter_map(|word| model.endings.get(word));
        let there = model.kept.saturating_add(model.restored);
        vec![
            model.model.name.as_str().to_owned(),
            model.model.hash.map_or_else(none, |hash| hash.to_string()),
            model.requests.to_string(),
            model.requests.saturating_sub(well.sum::<usize>()).to_string(),
            p50,
            p95,
            p99,
            rate(&model.prefill),
            rate(&model.decode),
            part(there, model.prompt),
            part(model.accepted, model.drafted),
        ]
    });
    grid("Models", &head, rows.collect())
}

fn routes(summary: &Summary) -> String {
    let head = ["stage", "reason", "decisions", "taken", "mean confidence"];
    let rows = summary.routes.iter().map(|route| {
        vec![
            route.stage.as_str().to_owned(),
            route.reason.as_str().to_owned(),
            route.decisions.to_string(),
            route.taken.to_string(),
            route.confidence.map_or_else(none, |mean| format!("{mean:.2}")),
        ]
    });
    grid("Routing", &head, rows.collect())
}

/// Columns as wide as their longest cell, two spaces between; nothing without rows.
fn grid(title: &str, head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = head.iter().map(|&word| word.to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            lines.iter().filter_map(|line| Some(line.get(column)?.len())).max().unwrap_or(0)
        })
        .collect();
    let mut out = format!("\n{title}\n");
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        let text = cells.collect::<Vec<_>>().join("  ");
        out.push_str(&format!("  {}\n", text.trim_end()));
    }
    out
}

fn none() -> String {
    "-".to_owned()
}

/// "9/11 82 %" and "52-95 %".
fn share(all: &Share) -> [String; 2] {
    let Share { of, successes, share: Some(share), low: Some(low), high: Some(high) } = all else {
        return [none(), none()];
    };
    [
        format!("{successes}/{of} {:.0} %", share * 100.0),
        format!("{:.0}-{:.0} %", low * 100.0, high * 100.0),
    ]
}

fn times(all: &Percentiles) -> [String; 3] {
    [all.p50, all.p95, all.p99].map(|time| time.map_or_else(none, time_of))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds on screen")]
fn time_of(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..100_000 => format!("{:.1} s", milliseconds as f64 / 1e3),
        _ => format!("{} s", milliseconds / 1000),
    }
}

fn rate(rate: &Rate) -> String {
    rate.per_second.map_or_else(none, |per_second| format!("{per_second:.1}"))
}

fn bytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(none, |bytes| format!("{} MiB", bytes >> 20))
}

/// A part of a whole, in percent.
fn part(part: u64, whole: u64) -> String {
    let percent = |whole| u128::from(part) * 100 / u128::from(whole);
    if whole == 0 { none() } else { format!("{} %", percent(whole)) }
}
