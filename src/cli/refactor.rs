//! `slm refactor`: what could be better in a file, and steps that are proven before they are shown.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::report::{self, ExitStatus, Failure};
use super::{fix_apply, refactor_list, refactor_steps, watch};
use crate::agent::checks::probe::Variables;
use crate::agent::tasks::refactor::{self, Bench, Manner, Tree, Wish};
use crate::base::{Cancel, RepoPath, sanitize};
use crate::config::{self, Config, Environment};
use crate::edit::{Patch, RepoLock};
use crate::refactor::{Api, Rewrite};
use crate::repo;

/// Seconds for a whole run when nothing else is said.
const DEFAULT_TIMEOUT: f64 = 300.0;

/// Improve code in small steps, each proven to keep its meaning
///
/// Without a goal, lists what could be better in FILE. With one, makes the step (exactly, over the whole
/// repository, or not at all), proves it with what the project has (compiler, types, the tests that reach it, or
/// calls with generated arguments), shows it, and applies it when you say so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm refactor shop.py                                       what could be better
  slm refactor shop.py --pick 2                              preview the second of these
  slm refactor shop.py --symbol Cart.total --rename grand_total
  slm refactor shop.py --lines 10-14 --extract net_price -- pytest -q
  slm refactor shop.py --goal \"move load to store/loader.py; remove unused imports\" --yes --commit
  slm refactor src/lib.rs --symbol parse --add-parameter \"strict: bool\" --argument false

Steps in words, for --goal, parted by semicolons:
  rename SYMBOL to NAME                  inline SYMBOL
  extract function NAME from 10-14       extract variable NAME from 12:9-12:30 [everywhere]
  move SYMBOL to PATH                    add parameter DECL [= DEFAULT] [passing ARG] [at N] to SYMBOL
  remove parameter NAME from SYMBOL      order parameters A, B of SYMBOL
  rewrite KIND [at LINE | in SYMBOL]     edit SYMBOL: what to do (needs --model)

Exit status: 0 done or nothing to do, 1 refused or not proven, 2 usage, 3 environment,
4 another slm is at work here, 130 interrupted.")]
pub struct Args {
    /// The source file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The test command that must pass before and after [default: the project's own]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// What to do, in words
    #[arg(long, value_name = "TEXT", group = "what")]
    goal: Option<String>,
    /// The name that a step is about: total, Cart.total, main.total
    #[arg(long, value_name = "NAME", group = "where")]
    symbol: Option<String>,
    /// The lines that a step is about
    #[arg(long, value_name = "A-B", group = "where")]
    lines: Option<String>,
    /// The place that a step is about: LINE:COLUMN or LINE:COLUMN-LINE:COLUMN
    #[arg(long, value_name = "PLACE", group = "where")]
    at: Option<String>,
    /// Take the Nth of what the list offers
    #[arg(long, value_name = "N", group = "what", conflicts_with = "where")]
    pick: Option<usize>,
    /// Give the symbol another name
    #[arg(long, value_name = "NAME", group = "what")]
    rename: Option<String>,
    /// Make a function of the lines
    #[arg(long, value_name = "NAME", group = "what")]
    extract: Option<String>,
    /// Give the expression at the place a name
    #[arg(long, value_name = "NAME", group = "what")]
    extract_variable: Option<String>,
    /// With --extract-variable: all equal expressions of the block
    #[arg(long, requires = "extract_variable")]
    everywhere: bool,
    /// Put the symbol's value or body where it is used
    #[arg(long, group = "what")]
    inline: bool,
    /// Move the symbol to another file
    #[arg(long, value_name = "PATH", group = "what")]
    move_to: Option<String>,
    /// Add a parameter to the function: \"limit: int\"
    #[arg(long, value_name = "DECLARATION", group = "what")]
    add_parameter: Option<String>,
    /// With --add-parameter: what callers pass from now on
    #[arg(long, value_name = "EXPRESSION", requires = "add_parameter")]
    argument: Option<String>,
    /// With --add-parameter: its default, so that callers stay as they are
    #[arg(long, value_name = "EXPRESSION", requires = "add_parameter")]
    default: Option<String>,
    /// With --add-parameter: where it goes, from 0 [default: last]
    #[arg(long, value_name = "N", requires = "add_parameter")]
    position: Option<usize>,
    /// Remove a parameter that the function does not use
    #[arg(long, value_name = "NAME", group = "what")]
    remove_parameter: Option<String>,
    /// All parameters in their new order
    #[arg(long, value_name = "A,B,C", group = "what")]
    order: Option<String>,
    /// Write one construct as another
    #[arg(long, value_name = "KIND", group = "what", value_parser = kinds())]
    rewrite: Option<String>,
    /// Change the words in comments, strings and documentation that speak of it as well
    #[arg(long)]
    mentions: bool,
    /// Names that others may use from outside of the repository may change
    #[arg(long)]
    api: bool,
    /// Apply without asking what is proven
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// With --yes: apply as well what no test reaches, when nothing speaks against it
    #[arg(long, requires = "yes")]
    unproven: bool,
    /// Show what would be done and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// Commit each step, and nothing else, to the current branch
    #[arg(long, conflicts_with = "dry_run")]
    commit: bool,
    /// Seconds for the whole run [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = super::fix::seconds)]
    timeout: Option<f64>,
    /// A GGUF model that may plan steps for a goal in free words
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Run checks without isolation where the system offers none
    #[arg(long)]
    no_sandbox: bool,
    /// Make the step without running anything
    #[arg(long, conflicts_with_all = ["yes", "commit"])]
    no_checks: bool,
}

fn kinds() -> clap::builder::PossibleValuesParser {
    Rewrite::ALL.map(Rewrite::name).into()
}

/// The JSON contract of `slm refactor --json`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Json {
    /// "listed", "refactored", "proven", "unproven", "broken", "refused" or "error"
    pub(super) status: &'static str,
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) opportunities: Option<Vec<refactor_list::JsonOpportunity>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) steps: Vec<refactor_steps::JsonStep>,
    /// The test command, as words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) command: Vec<String>,
    pub(super) elapsed_ms: u128,
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

/// Everything resolved that a run needs.
pub(super) struct Plan<'a> {
    pub(super) args: &'a Args,
    pub(super) environment: &'a Environment,
    pub(super) config: Config,
    pub(super) root: PathBuf,
    pub(super) path: RepoPath,
    pub(super) bench: Bench,
    pub(super) manner: Manner,
    pub(super) started: Instant,
    pub(super) cancel: Cancel,
}

impl Plan<'_> {
    /// The repository as it is on disk now, with `base` made.
    pub(super) fn tree(&self, base: Patch) -> Tree {
        Tree::new(&self.root, repo::walk::files(&self.root, &self.cancel), base)
    }

    /// The lock of the repository, after what was cut off earlier is mended.
    pub(super) fn lock(&self) -> anyhow::Result<RepoLock> {
        let lock = RepoLock::acquire(&self.environment.state_dir(), &self.root)
            .map_err(fix_apply::lock_failure)?;
        fix_apply::recover(&lock)?;
        Ok(lock)
    }

    /// The object of this run, with nothing of its outcome yet.
    pub(super) fn json(&self, status: &'static str) -> Json {
        let words = self.bench.test.iter().flatten();
        Json {
            status,
            file: Some(self.path.to_string()),
            command: words.map(|word| word.to_string_lossy().into_owned()).collect(),
            elapsed_ms: self.started.elapsed().as_millis(),
            ..Json::default()
        }
    }
}

impl Args {
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run || self.no_checks
    }

    pub(super) fn runs_checks(&self) -> bool {
        !self.no_checks
    }

    pub(super) fn says_yes(&self) -> bool {
        self.yes
    }

    pub(super) fn takes_unproven(&self) -> bool {
        self.unproven
    }

    pub(super) fn commits(&self) -> bool {
        self.commit
    }

    pub(super) fn allows_unconfined(&self) -> bool {
        self.no_sandbox
    }

    pub(super) fn model(&self) -> Option<&Path> {
        self.model.as_deref()
    }

    /// Nothing was asked for but the file.
    fn asks_nothing(&self) -> bool {
        self.goal.is_none() && self.pick.is_none() && self.words().is_none()
    }

    /// The step that the options spell, in words without its place.
    fn words(&self) -> Option<(String, &'static str)> {
        // The mark stands for the place.
        let step = if let Some(to) = &self.rename {
            (format!("rename @ to {to}"), "--symbol NAME")
        } else if let Some(name) = &self.extract {
            (format!("extract function {name} from @"), "--lines A-B")
        } else if let Some(name) = &self.extract_variable {
            let all = if self.everywhere { " everywhere" } else { "" };
            (format!("extract variable {name} from @{all}"), "--at LINE:COLUMN-LINE:COLUMN")
        } else if self.inline {
            ("inline @".to_owned(), "--symbol NAME")
        } else if let Some(to) = &self.move_to {
            (format!("move @ to {to}"), "--symbol NAME")
        } else if let Some(declaration) = &self.add_parameter {
            let mut words = format!("add parameter {declaration}");
            for (mark, text) in [(" = ", &self.default), (" passing ", &self.argument)] {
                if let Some(text) = text {
                    words.push_str(mark);
                    words.push_str(text);
                }
            }
            if let Some(at) = self.position {
                words.push_str(&format!(" at {at}"));
            }
            (words + " to @", "--symbol NAME")
        } else if let Some(name) = &self.remove_parameter {
            (format!("remove parameter {name} from @"), "--symbol NAME")
        } else if let Some(names) = &self.order {
            (format!("order parameters {names} of @"), "--symbol NAME")
        } else if let Some(kind) = &self.rewrite {
            let place = match (&self.symbol, self.lines.as_ref().or(self.at.as_ref())) {
                (Some(symbol), _) => format!(" in {symbol}"),
                (None, Some(place)) => format!(" at {}", caret(place)),
                (None, None) => String::new(),
            };
            (format!("rewrite {kind}{place}"), "--symbol NAME")
        } else {
            return None;
        };
        Some(step)
    }

    /// The place as it is written in a step.
    fn place(&self) -> Option<String> {
        let at = self.at.as_ref().map(|at| caret(at));
        self.symbol.clone().or_else(|| self.lines.clone()).or(at)
    }

    /// The steps that were asked for.
    fn wishes(&self, plan: &Plan<'_>) -> anyhow::Result<Vec<Wish>> {
        if let Some(number) = self.pick {
            let list = refactor_list::numbered(plan)?;
            let chosen = number.checked_sub(1).and_then(|at| list.get(at));
            let Some(chosen) = chosen else {
                let count = list.len();
                return Err(Failure::usage(format!(
                    "--pick {number}: the list has {count} entries"
                )));
            };
            let Some(wish) = chosen.wish.clone() else {
                return Err(Failure::usage(format!(
                    "--pick {number}: slm has no exact step for this one: {}",
                    chosen.smell.message
                )));
            };
            return Ok(vec![wish]);
        }
        if let Some((words, needed)) = self.words() {
            let words = match (words.contains('@'), self.place()) {
                (true, None) => {
                    return Err(Failure::usage(format!("say what the step is about: {needed}")));
                }
                (true, Some(place)) => words.replacen('@', &place, 1),
                (false, _) => words,
            };
            return Ok(vec![refactor::read(&words).map_err(Failure::usage)?]);
        }
        let goal = self.goal.as_deref().unwrap_or_default();
        refactor_steps::read_goal(plan, goal)
    }
}

/// `12:9` as the empty range there.
fn caret(place: &str) -> String {
    if place.contains('-') || !place.contains(':') {
        place.to_owned()
    } else {
        format!("{place}-{place}")
    }
}

/// Runs `slm refactor`.
///
/// # Errors
/// Bad input and a machine that cannot do it; with `--json` these too end in a JSON object.
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
    let plan = resolve(args, environment, started)?;
    super::recording::about(&args.file);
    if args.asks_nothing() {
        return refactor_list::show(&plan);
    }
    let wishes = args.wishes(&plan)?;
    refactor_steps::run(&plan, wishes)
}

/// The repository of the file, which need not be the one around the current directory; without git, the project
/// around the current directory, when the file is in it.
fn root_of(file: &Path, here: &Path) -> anyhow::Result<PathBuf> {
    let own = repo::discover(file.parent().unwrap_or(here))?;
    let around = repo::discover(here)?.path;
    Ok(if own.has_git || !file.starts_with(&around) { own.path } else { around })
}

fn resolve<'a>(
    args: &'a Args,
    environment: &'a Environment,
    started: Instant,
) -> anyhow::Result<Plan<'a>> {
    let config = config::load(&environment.config_file())?;
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let here = here.canonicalize().context("cannot resolve the current directory")?;
    let shown = sanitize(&args.file.display().to_string()).into_owned();
    let full = here.join(&args.file);
    let full = full.canonicalize().map_err(|e| Failure::usage(format!("{shown}: {e}")))?;
    if full.is_dir() {
        return Err(Failure::usage(format!("{shown} is a directory; name one source file")));
    }
    let root = root_of(&full, &here)?;
    let path =
        RepoPath::below(&root, &full).map_err(|e| Failure::usage(format!("{shown}: {e}")))?;
    let limit =
        Duration::from_secs_f64(args.timeout.or(config.fix.timeout).unwrap_or(DEFAULT_TIMEOUT));
    let deadline = started + limit;
    let cancel = Cancel::with_deadline(deadline);
    watch::interrupts(&cancel)?;
    let given = (!args.command.is_empty()).then(|| args.command.clone());
    let cwd = match &given {
        Some(_) => here.strip_prefix(&root).unwrap_or(Path::new("")).to_owned(),
        None => PathBuf::new(),
    };
    let detected = || {
        let words = super::known::test_command(&config, &root);
        words.map(|words| words.into_iter().map(OsString::from).collect())
    };
    let bench = Bench {
        root: root.clone(),
        cwd,
        test: given.or_else(detected),
        variables: Variables {
            python_path: environment.python_path.clone(),
            pytest_plugins: environment.pytest_plugins.clone(),
            node_options: environment.node_options.clone(),
        },
        memory_bytes: config.sandbox.memory_mb.unwrap_or(4096).saturating_mul(1 << 20),
        index: super::known::directory(environment),
        deadline,
    };
    let api = if args.api { Api::Change } else { Api::Keep };
    let manner = Manner { api, mentions: args.mentions };
    Ok(Plan { args, environment, config, root, path, bench, manner, started, cancel })
}
