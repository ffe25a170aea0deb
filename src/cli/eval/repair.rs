//! `slm eval repair`: a suite of bugs, one after the other.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::agent::tasks::fix::Part;
use crate::base::Cancel;
use crate::base::fs::{self, PathContext};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::cli::{chosen, model, warm, watch};
use crate::config::{self, Environment};
use crate::engine::Engine;
use crate::eval::compare::{Case, read};
use crate::eval::repair::{Trial, attempt, bugs};
use crate::models::registry::Role;

/// Repair a suite of bugs and judge each repair by hidden tests
///
/// A suite is a folder of cases: NAME/about.json with the failing "command" (and a "hidden_command"),
/// NAME/tree with the project, NAME/hidden with tests that are laid over the repaired tree. Results
/// are kept for each model, and a run that was cut short goes on where it stopped.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of cases
    suite: PathBuf,
    /// A GGUF model that may rank and write candidates
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where results go, one JSON object a line [default: below slm's state directory, by suite and model]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Forget earlier results
    #[arg(long)]
    fresh: bool,
    /// Seconds for each case
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = crate::cli::fix::seconds)]
    timeout: f64,
    /// Candidates checked at the same time [default: number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Only cases with this in their name
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// Leave a part of the search out
    #[arg(long, value_name = "PART")]
    without: Vec<Part>,
    /// Print a summary as one JSON object, the last line of standard output
    #[arg(long)]
    json: bool,
}

/// What a run came to.
#[derive(Debug, Serialize)]
struct Summary {
    model: Option<String>,
    cases: usize,
    outcomes: BTreeMap<String, usize>,
    /// Of the repaired.
    median_seconds: Option<f64>,
    median_checked: Option<f64>,
    results: PathBuf,
}

/// Runs `slm eval repair`.
///
/// # Errors
/// A suite or model that cannot be read.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let bugs = bugs(&args.suite)?;
    if bugs.is_empty() {
        let suite = args.suite.display();
        return Err(Failure::usage(format!("{suite} holds no case: no folder with about.json")));
    }
    let chosen = chosen::choose(Role::Repair, args.model.as_deref(), environment, &config)?;
    let open = |model| model::open_cold(&model, config.model.context, environment, &cancel);
    let mut engine = chosen.map(open).transpose()?;
    let name = engine.as_ref().map(|engine| engine.info().name.clone());
    let out =
        args.out.clone().unwrap_or_else(|| results(environment, &args.suite, name.as_deref()));
    let mut done = earlier(&out, args.fresh)?;
    let available = || std::thread::available_parallelism().map_or(1, usize::from);
    let trial = Trial {
        limit: Duration::from_secs_f64(args.timeout),
        jobs: args.jobs.map_or_else(available, usize::from),
        without: args.without.clone(),
        hidden: warm::hidden(environment),
    };
    let wanted =
        |id: &str| args.only.is_empty() || args.only.iter().any(|part| id.contains(part.as_str()));
    let mut cases = Vec::new();
    for bug in bugs.iter().filter(|bug| wanted(&bug.id)) {
        if let Some(case) = done.remove(&bug.id) {
            cases.push(case);
            continue;
        }
        let engine = engine.as_mut().map(|engine| &mut **engine as &mut dyn Engine);
        let case = attempt(bug, &trial, engine, &cancel)?;
        if cancel.is_cancelled() {
            return Ok(ExitStatus::Interrupted);
        }
        keep(&out, &case)?;
        if !args.json {
            show(&case);
        }
        cases.push(case);
    }
    let summary = summary(name, &cases, out);
    if args.json {
        report::json(&summary);
    } else {
        show_summary(&summary);
    }
    Ok(ExitStatus::Success)
}

/// The default file for results.
fn results(environment: &Environment, suite: &Path, model: Option<&str>) -> PathBuf {
    let suite = suite.canonicalize().unwrap_or_else(|_| suite.to_owned());
    let plain = |text: &str| {
        text.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect::<String>()
    };
    let (suite, model) = (plain(&suite.to_string_lossy()), plain(model.unwrap_or("none")));
    environment.state_dir().join("eval").join(suite).join(format!("{model}.jsonl"))
}

fn earlier(out: &Path, fresh: bool) -> anyhow::Result<BTreeMap<String, Case>> {
    if fresh || !out.exists() {
        if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        fs::write(out, "")?;
        return Ok(BTreeMap::new());
    }
    read(fs::read_text(out)?.as_bytes()).map_err(|error| error.context(out.display().to_string()))
}

/// Appends a whole line at once, so that a run that is cut short leaves a readable file.
fn keep(out: &Path, case: &Case) -> anyhow::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).open(out).path("open", out)?;
    let line = format!("{}\n", serde_json::to_string(case)?);
    file.write_all(line.as_bytes()).path("write", out)?;
    Ok(())
}

fn show(case: &Case) {
    let Case { id, outcome, checked, seconds, tier, .. } = case;
    report::line(&format!(
        "{id:<44} {outcome:<16} {:<10} {:>6} tried {:>6.1} s",
        tier.as_deref().unwrap_or("-"),
        checked.unwrap_or_default(),
        seconds.unwrap_or_default()
    ));
}

fn summary(model: Option<String>, cases: &[Case], results: PathBuf) -> Summary {
    let mut outcomes = BTreeMap::new();
    for case in cases {
        *outcomes.entry(case.outcome.clone()).or_default() += 1;
    }
    let repaired = || cases.iter().filter(|case| case.outcome == "repaired");
    #[expect(clippy::cast_precision_loss, reason = "counts of candidates")]
    let checked = repaired().filter_map(|case| Some(case.checked? as f64)).collect();
    Summary {
        model,
        cases: cases.len(),
        outcomes,
        median_seconds: median(repaired().filter_map(|case| case.seconds).collect()),
        median_checked: median(checked),
        results,
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

fn show_summary(summary: &Summary) {
    let outcomes: Vec<String> =
        summary.outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    report::line(&format!("{} cases: {}", summary.cases, outcomes.join(", ")));
    if let (Some(seconds), Some(checked)) = (summary.median_seconds, summary.median_checked) {
        report::line(&format!(
            "of the repaired, median {seconds:.1} s and {checked:.0} candidates checked"
        ));
    }
    report::line(&format!("results: {}", summary.results.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn results_are_kept_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/results.jsonl");
        assert!(earlier(&out, false).unwrap().is_empty());
        let case = Case {
            id: "one".into(),
            outcome: "repaired".into(),
            checked: Some(7),
            seconds: Some(1.5),
            tier: Some("rule".into()),
            trail: vec![(1, 0.5), (2, 1.25)],
            ..Case::default()
        };
        keep(&out, &case).unwrap();
        assert_eq!(earlier(&out, false).unwrap()["one"], case);
        let summary = summary(None, &[case], out.clone());
        assert_eq!((summary.median_seconds, summary.median_checked), (Some(1.5), Some(7.0)));
        assert!(earlier(&out, true).unwrap().is_empty());
    }
}
