//! `slm eval map`: the ranking of `slm map`, held against what past commits needed.

use std::path::PathBuf;

use serde::Serialize;

use crate::base::Cancel;
use crate::cli::report::{self, ExitStatus};
use crate::cli::watch;
use crate::eval::map::{BUDGETS, Report, Score, evaluate};

/// Measure how well the map ranks what past commits of a repository needed
///
/// Prints linking by imports against linking by names alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A git repository, with or without a work tree
    #[arg(value_name = "REPOSITORY", required = true)]
    repository: Vec<PathBuf>,
    /// Commits at most, newest first
    #[arg(long, value_name = "N", default_value_t = 100)]
    commits: usize,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Json {
    repository: String,
    commits: usize,
    rows: Vec<JsonRow>,
}

#[derive(Debug, Serialize)]
struct JsonRow {
    needed_because: &'static str,
    linking: &'static str,
    needed: usize,
    mean_reciprocal_rank: f64,
    median_percentile: f64,
    /// Share shown in an outline of each budget, in tokens.
    shown: Vec<(usize, f64)>,
}

/// Runs the measurement.
///
/// # Errors
/// A history that cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let mut all = Vec::new();
    for repository in &args.repository {
        let report = evaluate(repository, args.commits, &cancel, &mut |_| ())?;
        if watch::is_interrupted() {
            return Ok(ExitStatus::Interrupted);
        }
        let rows = rows(&report);
        if !args.json {
            report::line(&format!("{}: {} commits", repository.display(), report.commits));
            for row in &rows {
                let shown: Vec<String> = row
                    .shown
                    .iter()
                    .map(|(budget, share)| format!("{:.0} % within {budget}", share * 100.0))
                    .collect();
                report::line(&format!(
                    "  {:<12} {:<8} {:>5} needed, reciprocal rank {:.3}, median percentile {:.2} %, {}",
                    row.needed_because,
                    row.linking,
                    row.needed,
                    row.mean_reciprocal_rank,
                    row.median_percentile * 100.0,
                    shown.join(", ")
                ));
            }
        }
        let repository = repository.display().to_string();
        all.push(Json { repository, commits: report.commits, rows });
    }
    if args.json {
        report::json(&all);
    }
    Ok(ExitStatus::Success)
}

fn rows(report: &Report) -> Vec<JsonRow> {
    let mut rows = Vec::new();
    for (needed_because, scores) in
        [("changed too", &report.changed), ("named", &report.named), ("used", &report.used)]
    {
        for (linking, score) in ["imports", "names"].into_iter().zip(scores) {
            rows.push(row(needed_because, linking, score));
        }
    }
    rows
}

fn row(needed_because: &'static str, linking: &'static str, score: &Score) -> JsonRow {
    let share = |shown: &usize| *shown as f64 / score.needed.max(1) as f64;
    JsonRow {
        needed_because,
        linking,
        needed: score.needed,
        mean_reciprocal_rank: score.mean_reciprocal_rank(),
        median_percentile: score.median_percentile(),
        shown: BUDGETS.iter().copied().zip(score.shown.iter().map(share)).collect(),
    }
}
