//! `slm eval review`: how surely a model tells a wrong line from a right one.

use std::path::PathBuf;

use serde::Serialize;

use crate::agent::review::{Bounds, Calibration, Goal, Measured, Sample};
use crate::agent::tasks::review::{Judge, Known, known};
use crate::base::{Cancel, sanitize};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::cli::review_model::{self, Fitted, Stored};
use crate::cli::{chosen, model, watch};
use crate::config::{self, Environment};
use crate::engine::EngineError;
use crate::models::registry::Role;
use crate::models::{Sha256, Watch};

/// Measure how surely a model tells a wrong line from a right one
///
/// Asks about lines that the last commits of a repository added and nobody has changed since, as they are and with
/// one small bug put in. One half of the files fits the calibration, the other half measures it. Where its findings
/// are right often enough, `slm review` and the hook report unlikely lines with this model from then on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A work tree with a history that the model did not learn from [default: the repository around the current
    /// directory]
    repository: Option<PathBuf>,
    /// The GGUF model
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// How far back the lines may come from
    #[arg(long, value_name = "N", default_value_t = 300)]
    commits: usize,
    /// Lines that are asked about, at most
    #[arg(long, value_name = "N", default_value_t = 4000)]
    lines: usize,
    /// Share of the findings that must be right
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    precision: f32,
    /// Share of new lines that are thought to be bugs of this kind
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = share)]
    rate: f32,
    /// Only show it; keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("must be a number between 0 and 1".to_owned()),
    }
}

/// What a run came to.
#[derive(Debug, Serialize)]
struct Summary {
    model: String,
    /// "usable" or "not usable"
    status: &'static str,
    /// Lines asked about, those of the half that measures, and how many of these had a bug put in.
    lines: usize,
    held_out: usize,
    bugs: usize,
    right: usize,
    wrong: usize,
    precision: Option<f32>,
    recall: Option<f32>,
    /// By tenths: samples, what was claimed, what it was.
    reliability: Vec<(usize, f32, f32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<PathBuf>,
}

/// What was learned of one half of the files.
#[derive(Debug, Default)]
struct Half {
    samples: Vec<Sample>,
    bugs: usize,
}

/// Runs `slm eval review`.
///
/// # Errors
/// No model, no history, a model that fails.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let chosen = chosen::choose(Role::Repair, args.model.as_deref(), environment, &config)?;
    let Some(model) = chosen else {
        return Err(Failure::usage("there is no model to measure: give --model FILE"));
    };
    let root = match &args.repository {
        Some(path) => path.clone(),
        None => crate::cli::review::root()?,
    };
    let files = known(&root, args.commits).map_err(|error| Failure::usage(error.to_string()))?;
    if files.is_empty() {
        let root = sanitize(&root.display().to_string()).into_owned();
        return Err(Failure::usage(format!("no commit of {root} added source code that is there")));
    }
    let mut engine = model::open_cold(&model, config.model.context, environment, &cancel)?;
    let name = engine.info().name.clone();
    let mut judge = Judge::new(engine.as_mut(), &cancel);
    let (fitting, measuring) = ask(&files, &mut judge, args.lines);
    match judge.failure() {
        None => {}
        Some(EngineError::Cancelled) => return Ok(ExitStatus::Interrupted),
        Some(error) => return Err(Failure::environment(error.to_string())),
    }
    let goal = Goal { precision: args.precision, rate: args.rate };
    let fitted = Calibration::fit(&fitting.samples, goal);
    let measured =
        fitted.map(|fitted| fitted.measure(&measuring.samples, measuring.bugs, args.rate));
    let holds = measured.as_ref().is_some_and(|m| m.precision.is_some_and(|p| p >= goal.precision));
    let mut summary = Summary {
        model: name,
        status: if holds { "usable" } else { "not usable" },
        lines: fitting.bugs + measuring.bugs,
        held_out: measuring.samples.len(),
        ..Summary::of(measured.unwrap_or_default())
    };
    if !args.dry_run {
        let stored = stored(&model.path, fitted.filter(|_| holds), goal, &summary, &cancel)?;
        summary.kept = Some(review_model::keep(&stored, environment)?);
    }
    if args.json {
        report::json(&summary);
    } else {
        show(&summary, goal);
    }
    Ok(ExitStatus::Success)
}

/// Asks about the lines of all files, one after the other in an order that mixes them.
fn ask(files: &[Known], judge: &mut Judge<'_>, most: usize) -> (Half, Half) {
    let (mut fitting, mut measuring) = (Half::default(), Half::default());
    let mut files: Vec<&Known> = files.iter().collect();
    files.sort_by_key(|file| *blake3::hash(file.path.as_str().as_bytes()).as_bytes());
    for file in files {
        if fitting.bugs + measuring.bugs >= most || judge.failure().is_some() {
            break;
        }
        let trial = file.trial(judge, Bounds::default().changes, 1);
        let half = if file.is_for_fitting() { &mut fitting } else { &mut measuring };
        half.samples.extend(trial.samples);
        half.bugs += trial.bugs;
    }
    (fitting, measuring)
}

fn stored(
    path: &std::path::Path,
    fitted: Option<Calibration>,
    goal: Goal,
    summary: &Summary,
    cancel: &Cancel,
) -> anyhow::Result<Stored> {
    let (path, bytes, modified_ns) = review_model::about(path)?;
    Ok(Stored {
        sha256: Sha256::of_file(&path, &mut Watch::quiet(cancel))?,
        path,
        bytes,
        modified_ns,
        fitted: fitted.map(|Calibration { slope, offset, least }| Fitted { slope, offset, least }),
        precision_wanted: goal.precision,
        rate: goal.rate,
        precision: summary.precision,
        recall: summary.recall,
    })
}

impl Summary {
    #[expect(clippy::cast_precision_loss, reason = "counts of lines")]
    fn of(measured: Measured) -> Self {
        let recall = measured.right as f32 / measured.bugs.max(1) as f32;
        Self {
            model: String::new(),
            status: "",
            lines: 0,
            held_out: 0,
            bugs: measured.bugs,
            right: measured.right,
            wrong: measured.wrong,
            precision: measured.precision,
            recall: (measured.bugs > 0).then_some(recall),
            reliability: measured
                .bins
                .iter()
                .map(|bin| (bin.samples, bin.claimed, bin.observed))
                .collect(),
            kept: None,
        }
    }
}

fn show(summary: &Summary, goal: Goal) {
    let percent = |share: f32| format!("{:.1} %", 100.0 * share);
    report::line(&sanitize(&format!(
        "{}: {} lines, {} of the {} bugs of the other half found with their repair, {} false alarms",
        summary.model, summary.lines, summary.right, summary.bugs, summary.wrong
    )));
    for (samples, claimed, observed) in &summary.reliability {
        report::line(&format!(
            "  {samples:>5} lines said to be bugs with {:>7}, which {:>7} were",
            percent(*claimed),
            percent(*observed)
        ));
    }
    let rate = percent(goal.rate);
    match (summary.precision, summary.recall) {
        (Some(precision), Some(recall)) => report::line(&format!(
            "precision {} where {rate} of the new lines are such bugs, recall {}",
            percent(precision),
            percent(recall)
        )),
        _ => report::line(&format!(
            "no threshold is right in {} of its findings where {rate} of the new lines are such bugs",
            percent(goal.precision)
        )),
    }
    report::line(if summary.status == "usable" {
        "slm review and the hook report unlikely lines with this model"
    } else {
        "unlikely lines are not reported with this model"
    });
}
