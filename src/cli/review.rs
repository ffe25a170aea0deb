//! `slm review`: what a change brings that is worth stopping for.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::report::{self, ExitStatus, Failure};
use super::review_model::{self, Asks};
use super::{chosen, model, review_fix, watch};
use crate::agent::review::{self, Finding, Reviewed, Severity};
use crate::agent::tasks::review::{self as task, Subject};
use crate::base::{Cancel, RepoPath, sanitize};
use crate::config::{self, Config, Environment};
use crate::models::registry::Role;
use crate::repo::{self, changes::Selection};

/// Findings shown to people; `--json` and `--sarif` have all of them.
const SHOWN: usize = 30;

/// Say what in a change is worth stopping for
///
/// Reads what is staged; without that, what the work tree has; or a range of commits. Reports syntax errors, merge
/// markers, leftover debugging, secrets, names that do not exist, tests that went away, risky constructs and likely bugs,
/// each with its evidence. Changes nothing without --fix.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm review                         what is staged, or else the work tree
  slm review --range main..HEAD      a branch
  slm review --fix                   and apply what has a proven patch, when you say so
  slm review --sarif report.sarif    for other tools

Exit status: 0 nothing that blocks, 1 something does, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    /// Only these files or directories of the work tree
    #[arg(value_name = "PATH", conflicts_with_all = ["staged", "range"])]
    paths: Vec<PathBuf>,
    /// What is staged, also when nothing is
    #[arg(long)]
    staged: bool,
    /// A range of commits: A..B, A...B, or one commit
    #[arg(long, value_name = "A..B", conflicts_with = "staged")]
    range: Option<String>,
    /// The repository [default: the one around the current directory]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Apply proven patches to the work tree
    #[arg(long, conflicts_with = "range")]
    fix: bool,
    /// With --fix: without asking
    #[arg(long, short, requires = "fix")]
    yes: bool,
    /// Show what is only for information as well
    #[arg(long)]
    all: bool,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// Write the findings as SARIF 2.1.0; - for standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    sarif: Option<PathBuf>,
    /// Seconds after which the review stops where it is [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = super::fix::seconds)]
    budget: Option<f64>,
    /// A chat model that sums the change up
    #[arg(long)]
    summary: bool,
    /// A chat model that suggests a commit message
    #[arg(long)]
    message: bool,
    /// A GGUF model: it looks for unlikely lines, where `slm eval review` has measured it, and writes for --summary
    /// and --message
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
}

/// The JSON contract of `slm review --json`.
#[derive(Debug, Default, Serialize)]
struct Json {
    /// "clean", "findings", "blocked" or "error"
    status: &'static str,
    findings: Vec<JsonFinding>,
    /// Findings that comments or the configuration silence.
    suppressed: usize,
    /// True when the time was up before the end.
    incomplete: bool,
    files: usize,
    /// Patches applied by --fix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    applied: Vec<String>,
    /// New lines that a model was asked about, and those that it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<(usize, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_message: Option<String>,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonFinding {
    rule: &'static str,
    severity: &'static str,
    path: String,
    /// The first one.
    line: u32,
    last_line: u32,
    columns: Option<(u32, u32)>,
    message: String,
    evidence: String,
    confidence: f32,
    fingerprint: String,
    has_patch: bool,
}

/// Everything resolved that a review needs.
pub(super) struct Plan<'a> {
    pub(super) environment: &'a Environment,
    pub(super) config: Config,
    pub(super) root: PathBuf,
    pub(super) cancel: Cancel,
}

/// Runs `slm review`.
///
/// # Errors
/// No repository, an unknown revision, a file that cannot be written.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    match start(args, environment, started) {
        Err(error) if args.json => {
            report::json(&Json {
                status: "error",
                elapsed_ms: started.elapsed().as_millis(),
                message: Some(format!("{error:#}")),
                ..Json::default()
            });
            Ok(report::status_of(&error))
        }
        other => other,
    }
}

fn start(args: &Args, environment: &Environment, started: Instant) -> anyhow::Result<ExitStatus> {
    let deadline = args.budget.map(|limit| started + Duration::from_secs_f64(limit));
    let cancel = deadline.map_or_else(Cancel::new, Cancel::with_deadline);
    watch::interrupts(&cancel)?;
    let plan = Plan {
        environment,
        config: config::load(&environment.config_file())?,
        root: match &args.root {
            Some(dir) => dir
                .canonicalize()
                .map_err(|error| Failure::usage(format!("--root {}: {error}", dir.display())))?,
            None => root()?,
        },
        cancel,
    };
    let selection = selection(args, &plan)?;
    let subject =
        Subject::read(&plan.root, &selection).map_err(|e| Failure::usage(e.to_string()))?;
    let mut reviewed = subject.review(&settings(&plan.config)?, &plan.cancel);
    if watch::is_interrupted() {
        return Err(Failure::interrupted());
    }
    let said = ask_model(args, &plan, &subject, &mut reviewed)?;
    if watch::is_interrupted() {
        return Err(Failure::interrupted());
    }
    let mut json = json_of(&subject, &reviewed);
    (json.judged, json.summary, json.commit_message) = (said.judged, said.summary, said.message);
    if let Some(file) = &args.sarif {
        let log =
            review::sarif(&reviewed.findings, env!("CARGO_PKG_VERSION"), |path| subject.text(path));
        let text = format!("{log:#}\n");
        if file.as_os_str() == "-" {
            report::out(&text);
        } else {
            crate::base::fs::write(file, text)?;
        }
    } else if !args.json {
        show(args, &subject, &reviewed, &json);
    }
    if args.fix {
        json.applied = review_fix::run(&plan, &subject, &reviewed.findings, args.yes, args.json)?;
    }
    let blocked = reviewed.findings.iter().any(|finding| finding.severity == Severity::Blocks);
    if args.json {
        json.elapsed_ms = started.elapsed().as_millis();
        report::json(&json);
    }
    Ok(if blocked { ExitStatus::NoFix } else { ExitStatus::Success })
}

/// What a model made of the change.
#[derive(Debug, Default)]
struct Said {
    judged: Option<(usize, usize)>,
    summary: Option<String>,
    message: Option<String>,
}

/// Asks the model, where there is one, for unlikely lines and for words.
fn ask_model(
    args: &Args,
    plan: &Plan<'_>,
    subject: &Subject,
    reviewed: &mut Reviewed,
) -> anyhow::Result<Said> {
    let mut said = Said::default();
    let words = args.summary || args.message;
    let role = if words { Role::Chat } else { Role::Repair };
    let chosen = chosen::choose(role, args.model.as_deref(), plan.environment, &plan.config)?;
    let Some(model) = chosen else {
        if words {
            return Err(Failure::usage(
                "--summary and --message need a chat model: --model FILE, or `slm model use chat NAME`",
            ));
        }
        return Ok(said);
    };
    let asks = if args.model.is_some() && !words { Asks::ByName } else { Asks::ByConfiguration };
    let calibration = review_model::calibration(&model.path, asks, plan.environment, &plan.cancel);
    // A model that is only configured, and cannot be read, is no reason not to review.
    let calibration = if words || asks == Asks::ByName {
        calibration?
    } else {
        calibration.unwrap_or_else(|error| {
            report::note(&format!("slm: the model is not asked: {error:#}"));
            None
        })
    };
    if !words && (calibration.is_none() || subject.files().is_empty()) {
        return Ok(said);
    }
    let mut engine = model::open_file(&model, plan.environment, &plan.config, &plan.cancel)?;
    if let Some(calibration) = calibration {
        let both = (subject, reviewed);
        let settings = settings(&plan.config)?;
        let asked =
            review_model::judge(engine.as_mut(), both, calibration, &settings, &plan.cancel)?;
        said.judged = Some((asked.lines, asked.left));
        review_model::say_left(&asked);
    }
    let diff = if words { subject.diff() } else { String::new() };
    if args.summary {
        said.summary = Some(task::summary(engine.as_mut(), &diff, &plan.cancel)?);
    }
    if args.message {
        said.message = Some(task::commit_message(engine.as_mut(), &diff, &plan.cancel)?);
    }
    Ok(said)
}

/// The repository around the current directory.
pub(super) fn root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    Ok(repo::discover(&here)?.path)
}

/// What the user has configured of reviews.
pub(super) fn settings(config: &Config) -> anyhow::Result<review::Settings> {
    let entries = config.review.ignore.iter().map(String::as_str);
    let suppressions = review::Suppressions::parse(entries)
        .map_err(|error| Failure::usage(format!("configuration, review.ignore: {error}")))?;
    let defaults = review::Settings::default();
    Ok(review::Settings {
        large: config.review.large_kb.map_or(defaults.large, |kb| kb.saturating_mul(1 << 10)),
        suppressions,
        ..defaults
    })
}

fn selection(args: &Args, plan: &Plan<'_>) -> anyhow::Result<Selection> {
    if let Some(range) = &args.range {
        return Ok(Selection::Range(range.clone()));
    }
    if args.staged || args.paths.is_empty() && repo::changes::has_staged(&plan.root) {
        return Ok(Selection::Staged);
    }
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let mut paths = Vec::new();
    for path in &args.paths {
        let full = here.join(path);
        let full = full.canonicalize().unwrap_or(full);
        if full == plan.root {
            return Ok(Selection::WorkTree(Vec::new()));
        }
        paths.push(RepoPath::below(&plan.root, &full).map_err(|error| {
            Failure::usage(format!("{}: {error}", sanitize(&path.display().to_string())))
        })?);
    }
    Ok(Selection::WorkTree(paths))
}

fn json_of(subject: &Subject, reviewed: &Reviewed) -> Json {
    let blocked = reviewed.findings.iter().any(|finding| finding.severity == Severity::Blocks);
    Json {
        status: match (blocked, reviewed.findings.is_empty()) {
            (true, _) => "blocked",
            (false, false) => "findings",
            (false, true) => "clean",
        },
        findings: reviewed.findings.iter().map(finding).collect(),
        suppressed: reviewed.suppressed,
        incomplete: reviewed.incomplete,
        files: subject.files().len(),
        ..Json::default()
    }
}

fn finding(finding: &Finding) -> JsonFinding {
    JsonFinding {
        rule: finding.rule.id,
        severity: finding.severity.name(),
        path: finding.path.clone(),
        line: finding.lines.start().0,
        last_line: finding.lines.end().0,
        columns: finding.columns,
        message: finding.message.clone(),
        evidence: finding.evidence.clone(),
        confidence: finding.confidence,
        fingerprint: finding.fingerprint.clone(),
        has_patch: !finding.patch.is_empty(),
    }
}

fn show(args: &Args, subject: &Subject, reviewed: &Reviewed, json: &Json) {
    let least = if args.all { Severity::Informs } else { Severity::Warns };
    let text = review::human(&reviewed.findings, least, SHOWN);
    if text.is_empty() {
        let count = subject.files().len();
        report::line(&format!("nothing to stop for in {count} changed file(s)"));
    } else {
        report::out(&text);
    }
    for (head, text) in [("Summary", &json.summary), ("Suggested message", &json.commit_message)] {
        if let Some(text) = text {
            report::line(&sanitize(&format!("\n{head}:\n{text}")));
        }
    }
    if reviewed.suppressed > 0 {
        report::note(&format!("slm: {} more are silenced", reviewed.suppressed));
    }
    if reviewed.incomplete {
        report::note("slm: the time was up before everything was looked at");
    }
    if !args.fix && reviewed.findings.iter().any(|finding| !finding.patch.is_empty()) {
        report::note("slm: some have a patch: slm review --fix proves and applies them");
    }
}
