//! `slm fix`: parse, resolve, run the task, show and apply what it found.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use super::fix_endpoint::{self, EndpointArgs, JsonDecision, JsonSent};
use super::report::{self, ExitStatus, Failure};
use super::{fix_apply, fix_show, model, recording, warm, watch};
use crate::agent::checks::probe::Variables;
use crate::agent::proposal::{Progress, Proposal};
use crate::agent::tasks::fix::{self, FixError, FixReport, FixRequest, Minds, Part, Status};
use crate::base::{Cancel, Line, RepoPath, sanitize};
use crate::config::{self, Config, Environment};
use crate::edit::RepoLock;
use crate::repo;
use crate::sandbox::{self, SandboxError, Workspace};
use crate::tui;

/// Seconds for a whole run when nothing else is said.
const DEFAULT_TIMEOUT: f64 = 60.0;
/// Kept back from the time limit for reporting and cleaning up.
const MARGIN: Duration = Duration::from_millis(400);
/// Bytes of a trace that are read; a longer one loses its middle.
const MAX_TRACE: usize = 8 << 20;

/// Repair a failing command or stack trace
///
/// Runs the command in a sandbox on a scratch copy of the tree, finds an edit that makes it pass,
/// proves it, shows it, and applies it when you say so. Without a command, a trace is read from
/// standard input; without either, the project's own test command is used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm fix -- pytest                    repair what makes pytest fail
  slm fix --yes -- cargo test          the same for Rust, applied without asking
  python app.py 2>&1 | slm fix         repair from a stack trace
  slm fix --json --yes --timeout 60 -- npm test

Exit status: 0 repaired or nothing to do, 1 no verified fix, 2 usage, 3 environment,
4 another slm is at work here, 130 interrupted.")]
pub struct Args {
    /// The failing command
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// Read the trace from FILE instead of standard input
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Look in this file first
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Look at this line of --file first
    #[arg(long, value_name = "N", requires = "file", value_parser = clap::value_parser!(u32).range(1..))]
    line: Option<u32>,
    /// Seconds for the whole run, a hard limit [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<f64>,
    /// Apply a proven fix without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// Show what would be done and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// Say why: the evidence behind the place and the edit
    #[arg(long)]
    explain: bool,
    /// Say what a model is shown of the repository, what had no room, and how many tokens it takes; of an
    /// endpoint, all that would be sent
    #[arg(long)]
    show_context: bool,
    /// Commit the fix, and nothing else, to the current branch
    #[arg(long, conflicts_with = "dry_run")]
    commit: bool,
    /// Commit the fix to a new branch
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    branch: Option<String>,
    /// Candidates checked at the same time [default: number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// A GGUF model that may rank and write candidates
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    #[command(flatten)]
    endpoint: EndpointArgs,
    /// Run each candidate as a command of its own: no check server, no build of many
    #[arg(long)]
    no_server: bool,
    /// Leave a part of the search out, to see what it contributes
    #[arg(long, value_name = "PART", hide = true)]
    without: Vec<Part>,
    /// Run checked commands without isolation where the system offers none
    #[arg(long)]
    no_sandbox: bool,
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 86_400.0 => Ok(value),
        _ => Err("must be a number of seconds above 0, at most 86400".to_owned()),
    }
}

/// The JSON contract of `slm fix --json`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Json {
    pub(super) status: &'static str,
    pub(super) failure: Option<String>,
    pub(super) diff: Option<String>,
    pub(super) files: Vec<String>,
    pub(super) tier: Option<&'static str>,
    /// What a reviewer should know of the diff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cautions: Vec<String>,
    pub(super) candidates_generated: usize,
    pub(super) candidates_checked: usize,
    pub(super) elapsed_ms: u128,
    pub(super) model: Option<String>,
    /// The command that was run, as words.
    pub(super) command: Vec<String>,
    /// What a person would be told, when there is something to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
    /// Which generators were asked, and why or why not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) route: Vec<JsonDecision>,
    /// What has left the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<JsonSent>,
}

/// Runs `slm fix`.
///
/// # Errors
/// Bad input and a machine that cannot do it; with `--json` these too end in a JSON object.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    let guard = args.timeout.map(|limit| watch::Watchdog::start(started, limit, args.json));
    let result = repair(args, environment, started, guard.as_ref());
    if let Some(guard) = guard {
        guard.disarm();
    }
    match result {
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

/// Everything resolved that a run needs.
pub(super) struct Plan<'a> {
    pub(super) args: &'a Args,
    pub(super) environment: &'a Environment,
    pub(super) config: Config,
    pub(super) root: repo::Root,
    pub(super) lock: RepoLock,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) cancel: Cancel,
    pub(super) progress: fix_show::Line,
    watchdog: Option<&'a watch::Watchdog>,
}

impl Plan<'_> {
    pub(super) fn output(&self) -> fix_show::Output {
        self.args.output(self.environment.term.as_deref())
    }

    /// True when a person may be asked about an endpoint while the search goes on.
    pub(super) fn asks_endpoint(&self) -> bool {
        self.args.endpoint.asks(&self.config)
    }

    /// From here on the run will end by itself: nothing may cut a write in the middle.
    pub(super) fn past_the_limit_is_fine(&self) {
        if let Some(watchdog) = self.watchdog {
            watchdog.disarm();
        }
    }
}

impl Args {
    pub(super) fn output(&self, term: Option<&str>) -> fix_show::Output {
        if self.json {
            fix_show::Output::Json
        } else if self.yes || self.dry_run || !tui::is_usable(term) {
            fix_show::Output::Plain
        } else {
            fix_show::Output::Screen
        }
    }

    /// The command as typed, or where the failure comes from instead.
    pub(super) fn shown_command(&self) -> String {
        if self.command.is_empty() {
            return "the given trace, or the project's tests".to_owned();
        }
        let words: Vec<_> = self.command.iter().map(|w| w.to_string_lossy()).collect();
        words.join(" ")
    }

    pub(super) fn explain(&self) -> bool {
        self.explain
    }

    pub(super) fn consent(&self) -> fix_apply::Consent {
        if self.yes { fix_apply::Consent::Given } else { fix_apply::Consent::Ask }
    }

    pub(super) fn endpoint(&self) -> &EndpointArgs {
        &self.endpoint
    }

    pub(super) fn json(&self) -> bool {
        self.json
    }

    pub(super) fn model(&self) -> Option<&Path> {
        self.model.as_deref()
    }

    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }

    pub(super) fn commit_to(&self) -> Option<fix_apply::Commit<'_>> {
        match &self.branch {
            Some(name) => Some(fix_apply::Commit::Branch(name)),
            None => self.commit.then_some(fix_apply::Commit::Head),
        }
    }
}

fn repair(
    args: &Args,
    environment: &Environment,
    started: Instant,
    watchdog: Option<&watch::Watchdog>,
) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let root = repo::discover(&here)?;
    let limit = args.timeout.or(config.fix.timeout).unwrap_or(DEFAULT_TIMEOUT);
    let limit = Duration::from_secs_f64(limit);
    let deadline = started + limit.saturating_sub(MARGIN.min(limit / 4));
    let cancel = Cancel::with_deadline(deadline);
    watch::interrupts(&cancel)?;
    let lock =
        RepoLock::acquire(&environment.state_dir(), &root.path).map_err(fix_apply::lock_failure)?;
    fix_apply::recover(&lock)?;
    let progress = fix_show::Line::default();
    let plan = Plan {
        args,
        environment,
        config,
        root,
        lock,
        started,
        deadline,
        cancel,
        progress,
        watchdog,
    };
    let request = request(&plan, &here)?;
    let files = repo::walk::files(&plan.root.path, &plan.cancel);
    let distant = fix_endpoint::distant(&plan)?;
    let calibration = fix_endpoint::calibration(&plan.config)?;
    let settings = fix_endpoint::settings(&plan.config);
    let mut engine = model::open(&plan)?;
    let options = sandbox::Options {
        allow_unconfined: args.no_sandbox,
        allow_env: plan.config.sandbox.allow_env.clone(),
        hidden: warm::hidden(environment),
        ..sandbox::Options::from_process()
    };
    let workspace = Workspace::open(&plan.root.path, &options).map_err(sandbox_failure)?;
    let model_name = engine.as_ref().map(|e| e.info().name.clone());
    let known = files.clone();
    let contexts = std::sync::Mutex::new(Vec::new());
    let work = |on: &(dyn Fn(Progress) + Sync)| {
        let engine = engine.as_mut().map(|e| &mut **e as &mut dyn crate::engine::Engine);
        let minds = Minds { engine, distant, settings, calibration };
        let keep = |progress| match progress {
            Progress::Context(account) => {
                contexts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(account);
            }
            other => {
                recording::progress(&other);
                on(other);
            }
        };
        fix::run_with(&request, &workspace, files, minds, &plan.cancel, &keep)
    };
    let recheck = |proposal: &Proposal, patch| {
        fix::recheck(&request, &workspace, known.clone(), proposal, patch, &Cancel::new())
    };
    let shown = fix_show::show(&plan, work, &recheck)?;
    for account in contexts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        report::note(&account);
    }
    let report = match shown.report {
        Ok(report) => report,
        Err(FixError::Interrupted) => return interrupted(&plan),
        Err(FixError::Sandbox(error)) => return Err(sandbox_failure(error)),
        Err(error @ FixError::RunnerMissing(_)) => {
            return Err(Failure::environment(error.to_string()));
        }
        Err(error @ FixError::NothingToGoOn(_)) => return Err(Failure::usage(error.to_string())),
    };
    recording::found(&report, plan.deadline);
    fix_apply::finish(&plan, &report, shown.choice, model_name)
}

/// Ctrl-C: nothing was changed, and the last line of a JSON run still is an object.
fn interrupted(plan: &Plan<'_>) -> anyhow::Result<ExitStatus> {
    if plan.args.json {
        report::json(&Json {
            status: "error",
            elapsed_ms: plan.started.elapsed().as_millis(),
            message: Some("interrupted; nothing was changed".to_owned()),
            ..Json::default()
        });
    } else {
        report::note("slm: interrupted; nothing was changed");
    }
    Ok(ExitStatus::Interrupted)
}

fn sandbox_failure(error: SandboxError) -> anyhow::Error {
    Failure::environment(error.to_string())
}

fn request(plan: &Plan<'_>, here: &Path) -> anyhow::Result<FixRequest> {
    let Plan { args, environment, config, root, .. } = plan;
    let here = here.canonicalize().context("cannot resolve the current directory")?;
    let cwd = here.strip_prefix(&root.path).unwrap_or(Path::new("")).to_owned();
    let trace = read_trace(args)?;
    let mut command = (!args.command.is_empty()).then(|| args.command.clone());
    let wider = super::known::test_command(config, &root.path)
        .map(|words| words.into_iter().map(OsString::from).collect::<Vec<_>>());
    if command.is_none() && trace.is_none() {
        let Some(found) = wider.clone() else {
            return Err(Failure::usage(format!(
                "no command given, and no test command found in {}.\n\
                 Say which command fails: slm fix -- COMMAND",
                root.path.display()
            )));
        };
        let words: Vec<_> = found.iter().map(|w| w.to_string_lossy()).collect();
        report::note(&format!("slm: no command given, using {}", words.join(" ")));
        command = Some(found);
    }
    let jobs =
        args.jobs.map(usize::from).or(config.fix.jobs).unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
        });
    Ok(FixRequest {
        root: root.path.clone(),
        cwd,
        command,
        trace,
        hints: hint(args, root, &here)?.into_iter().collect(),
        wider,
        variables: Variables {
            python_path: environment.python_path.clone(),
            pytest_plugins: environment.pytest_plugins.clone(),
            node_options: environment.node_options.clone(),
        },
        jobs,
        without: {
            let server = args.no_server.then_some(Part::Server);
            args.without.iter().copied().chain(server).collect()
        },
        index: Some(super::known::directory(environment)),
        show_context: args.show_context,
        proposals: if args.yes && !args.explain { 1 } else { usize::MAX },
        deadline: plan.deadline,
        memory_bytes: config.sandbox.memory_mb.unwrap_or(4096).saturating_mul(1 << 20),
    })
}

fn hint(
    args: &Args,
    root: &repo::Root,
    here: &Path,
) -> anyhow::Result<Option<(RepoPath, Option<Line>)>> {
    let Some(file) = &args.file else { return Ok(None) };
    let full = here.join(file);
    let full = full
        .canonicalize()
        .map_err(|e| Failure::usage(format!("--file {}: {e}", file.display())))?;
    let path =
        RepoPath::below(&root.path, &full).map_err(|e| Failure::usage(format!("--file: {e}")))?;
    Ok(Some((path, args.line.map(Line))))
}

/// The trace from `--trace`, or from standard input when no command is given and it is no terminal.
fn read_trace(args: &Args) -> anyhow::Result<Option<String>> {
    if let Some(path) = &args.trace {
        let file = std::fs::File::open(path)
            .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
        return Ok(Some(
            read_capped(file)
                .map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?,
        ));
    }
    let stdin = std::io::stdin();
    if !args.command.is_empty() || stdin.is_terminal() {
        return Ok(None);
    }
    let text = read_capped(stdin.lock()).context("cannot read standard input")?;
    Ok((!text.trim().is_empty()).then_some(text))
}

/// Reads everything, keeping the first and the last part of what is too long.
fn read_capped(mut from: impl Read) -> std::io::Result<String> {
    let half = MAX_TRACE / 2;
    let mut head = Vec::new();
    let mut tail = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let n = from.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        let room = half.saturating_sub(head.len()).min(n);
        head.extend_from_slice(&chunk[..room]);
        tail.extend_from_slice(&chunk[room..n]);
        if tail.len() > 2 * half {
            tail.drain(..tail.len() - half);
        }
    }
    let cut = tail.len().saturating_sub(half);
    if cut > 0 {
        head.extend_from_slice(b"\n");
    }
    head.extend_from_slice(&tail[cut..]);
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The JSON object of a finished run.
pub(super) fn json_of(
    plan: &Plan<'_>,
    report: &FixReport,
    chosen: Option<&Proposal>,
    status: &'static str,
    model: Option<String>,
) -> Json {
    Json {
        status,
        failure: report.failure.clone(),
        diff: chosen.map(|p| p.diff.clone()),
        files: chosen
            .map(|p| p.patch.files().iter().map(|f| f.path.to_string()).collect())
            .unwrap_or_default(),
        tier: chosen.map(|p| p.tier.name()),
        cautions: chosen
            .map(|p| {
                p.cautions.iter().map(|c| sanitize(&tui::caution_text(c)).into_owned()).collect()
            })
            .unwrap_or_default(),
        candidates_generated: report.generated,
        candidates_checked: report.checked,
        elapsed_ms: plan.started.elapsed().as_millis(),
        model,
        command: report.command.clone(),
        message: None,
        notes: report.notes.iter().map(|n| sanitize(n).into_owned()).collect(),
        route: fix_endpoint::route(&report.route),
        sent: report.sent.as_ref().map(fix_endpoint::sent),
    }
}

/// The word of the contract for a run that applied nothing.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Proven | Status::Unverified => "unverified",
        Status::NoFix => "no-fix",
        Status::Passes | Status::NotReproduced => "not-reproduced",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_trace_keeps_both_ends() {
        let mut input = b"first line\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', 3 * MAX_TRACE));
        input.extend(b"\nlast line\n");
        let text = read_capped(&input[..]).unwrap();
        assert!(text.starts_with("first line\n") && text.ends_with("\nlast line\n"));
        assert!(text.len() <= MAX_TRACE + 1);
        assert_eq!(read_capped(&b"short"[..]).unwrap(), "short");
    }

    #[test]
    fn time_limits_are_positive_numbers() {
        assert!(seconds("0.5").is_ok() && seconds("60").is_ok());
        for bad in ["0", "-1", "nan", "inf", "x", "1e9"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
