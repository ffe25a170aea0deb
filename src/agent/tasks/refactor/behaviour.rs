//! Where no test reaches: the functions are called with generated arguments, before and after, and what they
//! return, raise, print and do to their arguments is compared.
//!
//! The calls run in the sandbox like everything else, so that a function that is not as pure as it looks does no
//! harm; one that answers differently twice on the same files (it looks at the time, say) is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Planned;
use super::changed::Touched;
use super::project::Tree;
use super::proof::{Check, CheckKind, CheckOutcome};
use super::prove::Bench;
use crate::base::{Cancel, Language};
use crate::edit::Patch;
use crate::sandbox::{Job, Limits, SandboxError, Workspace};
use crate::syntax;

const PYTHON: &str = include_str!("../../inject/behaviour.py");
const NODE: &str = include_str!("../../inject/behaviour.mjs");
/// Calls of each function.
const CALLS: usize = 200;
/// Functions called at most.
const MOST_FUNCTIONS: usize = 8;
/// Calls that must have ended without an error for the comparison to say much.
const ENOUGH: usize = 10;
const SEED: u32 = 20;
const WALL: Duration = Duration::from_secs(30);
/// Characters of a difference that are told.
const TOLD: usize = 160;

/// What the comparison needs.
pub(super) struct Stage<'a> {
    pub(super) tree: &'a Tree,
    pub(super) planned: &'a Planned,
    pub(super) workspace: &'a Workspace,
    pub(super) bench: &'a Bench,
    pub(super) cancel: &'a Cancel,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) check: Option<Check>,
    /// The pieces that were compared, as [`Touched::shown`].
    pub(super) compared: Vec<String>,
}

/// A function to be called.
#[derive(Clone, Debug, Serialize)]
struct Spec {
    path: String,
    function: String,
    seed: u32,
    calls: usize,
    /// Whether the lines that run are recorded.
    lines: bool,
    /// Values that the function compared with before: the calls must be the same afterwards.
    literals: Option<serde_json::Value>,
}

/// One line of the outcome.
#[derive(Clone, Debug, Deserialize)]
struct Record {
    path: String,
    function: String,
    call: Option<usize>,
    ran: Option<BTreeSet<u32>>,
    literals: Option<serde_json::Value>,
    unable: Option<String>,
    raises: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

/// All that is known of one function after a run.
#[derive(Clone, Debug, Default)]
struct Observed {
    calls: BTreeMap<usize, Record>,
    ran: BTreeSet<u32>,
    literals: Option<serde_json::Value>,
    unable: Option<String>,
}

type Runs = BTreeMap<(String, String), Observed>;

/// Compares the touched functions that no test reaches.
///
/// # Errors
/// When the sandbox cannot run anything.
pub(super) fn compare(
    stage: &Stage<'_>,
    missed: &[Touched],
    say: &dyn Fn(String),
) -> Result<Told, SandboxError> {
    let mut told = Told::default();
    let callable: Vec<&Touched> =
        missed.iter().filter(|piece| can_be_called(stage, piece)).take(MOST_FUNCTIONS).collect();
    let mut lines = Vec::new();
    let mut outcome = CheckOutcome::Passed;
    for (language, script) in [(Language::Python, PYTHON), (Language::JavaScript, NODE)] {
        let of = |piece: &&&Touched| Language::of_path(piece.path.as_str()) == Some(language);
        let pieces: Vec<&Touched> = callable.iter().filter(of).copied().collect();
        if pieces.is_empty() {
            continue;
        }
        say(format!("calling {} function(s) with generated arguments", pieces.len()));
        let specs: Vec<Spec> = pieces.iter().map(|piece| spec(piece)).collect();
        let Some(first) = run(stage, language, script, &specs, &Patch::default())? else {
            continue;
        };
        // The same calls again: what differs now differs by itself.
        let specs: Vec<Spec> = specs.into_iter().map(|spec| known(spec, &first)).collect();
        let Some(again) = run(stage, language, script, &specs, &Patch::default())? else {
            continue;
        };
        let Some(after) = run(stage, language, script, &specs, &stage.planned.patch)? else {
            continue;
        };
        let after = as_before(after, stage.planned);
        for piece in pieces {
            let Some(function) = &piece.function else { continue };
            let key = (piece.path.to_string(), function.qualified.clone());
            let verdict = verdict(piece, first.get(&key), again.get(&key), after.get(&key));
            lines.push(format!("{}: {}", piece.shown(), verdict.line));
            match verdict.outcome {
                CheckOutcome::Failed => outcome = CheckOutcome::Failed,
                CheckOutcome::Passed => told.compared.push(piece.shown()),
                _ if outcome == CheckOutcome::Passed => outcome = CheckOutcome::Weak,
                _ => {}
            }
        }
    }
    if !lines.is_empty() {
        if outcome == CheckOutcome::Weak && !told.compared.is_empty() {
            outcome = CheckOutcome::Passed;
        }
        told.check = Some(Check { kind: CheckKind::Behaviour, outcome, line: lines.join("; ") });
    }
    Ok(told)
}

/// A function at the top of a file, or a method of a class there, that is still there afterwards.
fn can_be_called(stage: &Stage<'_>, piece: &Touched) -> bool {
    let Some(function) = &piece.function else { return false };
    let nested = function.qualified.matches('.').count() > usize::from(function.class.is_some());
    let language = Language::of_path(piece.path.as_str());
    let (Some(language), Some(after)) = (language, stage.planned.texts.get(&piece.path)) else {
        return false;
    };
    let after = syntax::functions(&syntax::parse(language, after.as_str()));
    !nested
        && after.iter().any(|f| f.qualified == function.qualified && f.params == function.params)
}

fn spec(piece: &Touched) -> Spec {
    let function = piece.function.as_ref().map(|f| f.qualified.clone()).unwrap_or_default();
    let path = piece.path.to_string();
    Spec { path, function, seed: SEED, calls: CALLS, lines: true, literals: None }
}

fn known(spec: Spec, first: &Runs) -> Spec {
    let seen = first.get(&(spec.path.clone(), spec.function.clone()));
    Spec { lines: false, literals: seen.and_then(|seen| seen.literals.clone()), ..spec }
}

/// What was renamed is called by its old name in what was seen: attributes of objects, words of errors.
fn as_before(mut runs: Runs, planned: &Planned) -> Runs {
    let Some((from, to)) = planned.subject.as_deref().zip(planned.renamed.as_deref()) else {
        return runs;
    };
    let restored = |text: &str| {
        let mut out = String::new();
        let mut at = 0;
        for span in crate::refactor::words(text, to) {
            out.push_str(&text[at..span.start]);
            out.push_str(from);
            at = span.end;
        }
        out + &text[at..]
    };
    for record in runs.values_mut().flat_map(|seen| seen.calls.values_mut()) {
        for value in record.rest.values_mut() {
            if let serde_json::Value::String(text) = value {
                *text = restored(text);
            }
        }
    }
    runs
}

struct Judged {
    outcome: CheckOutcome,
    line: String,
}

fn verdict(
    piece: &Touched,
    first: Option<&Observed>,
    again: Option<&Observed>,
    after: Option<&Observed>,
) -> Judged {
    let judged = |outcome, line: String| Judged { outcome, line };
    let (Some(first), Some(again), Some(after)) = (first, again, after) else {
        return judged(CheckOutcome::NotRun, "the calls did not end in time".to_owned());
    };
    if let Some(why) = &first.unable {
        return judged(CheckOutcome::NotRun, format!("cannot be called alone ({why})"));
    }
    if let Some(why) = &after.unable {
        return judged(CheckOutcome::Failed, format!("cannot be called any more ({why})"));
    }
    let mut compared = 0;
    let mut fine = 0;
    for (turn, record) in &first.calls {
        // What is not the same twice, or had no time once, says nothing.
        if again.calls.get(turn).is_none_or(|other| !same(record, other)) {
            continue;
        }
        let Some(now) = after.calls.get(turn) else { continue };
        if !same(record, now) {
            let line =
                format!("differs: {} gave {}, now {}", arguments(record), what(record), what(now));
            return judged(CheckOutcome::Failed, line);
        }
        compared += 1;
        fine += usize::from(record.raises.is_none());
    }
    let touched = piece.lines.len();
    let ran = piece.lines.iter().filter(|line| first.ran.contains(line)).count();
    let mut line =
        format!("the same in {compared} calls with generated arguments, {fine} without an error");
    if !first.ran.is_empty() {
        line.push_str(&format!(", which run {ran} of {touched} changed lines"));
    }
    if fine < ENOUGH {
        return judged(CheckOutcome::Weak, line);
    }
    judged(CheckOutcome::Passed, line)
}

/// Texts of errors may name what was refactored.
fn same(one: &Record, two: &Record) -> bool {
    let kind = |record: &Record| {
        record.raises.as_ref().map(|raises| raises.split(':').next().unwrap_or_default().to_owned())
    };
    one.rest == two.rest && kind(one) == kind(two)
}

fn arguments(record: &Record) -> String {
    let text = record.rest.get("arguments").and_then(|v| v.as_str()).unwrap_or_default();
    cut(text)
}

fn what(record: &Record) -> String {
    let value = |name: &str| record.rest.get(name).and_then(|v| v.as_str());
    match (&record.raises, value("returns")) {
        (Some(raises), _) => cut(raises),
        (None, Some(returns)) => cut(returns),
        (None, None) => "nothing".to_owned(),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= TOLD {
        text.to_owned()
    } else {
        text.chars().take(TOLD).collect::<String>() + "…"
    }
}

/// One run of all calls; `None` when the interpreter is not there.
fn run(
    stage: &Stage<'_>,
    language: Language,
    script: &str,
    specs: &[Spec],
    patch: &Patch,
) -> Result<Option<Runs>, SandboxError> {
    let name = if language == Language::Python { "behaviour.py" } else { "behaviour.mjs" };
    let program = interpreter(stage.bench, language);
    let place = format!("{}/{name}", crate::sandbox::SIDE_PLACEHOLDER);
    let mut job = Job::new([program, OsString::from(place)]);
    let spec = serde_json::to_vec(specs).unwrap_or_default();
    job.side = vec![
        (name.to_owned(), Arc::from(script.as_bytes())),
        ("spec.json".to_owned(), Arc::from(spec)),
    ];
    job.collect = vec!["calls.jsonl".to_owned()];
    job.env.push(("PYTHONHASHSEED".into(), "0".into()));
    if let Some(path) = stage.bench.variables.python_path.clone().filter(|path| !path.is_empty()) {
        job.env.push(("PYTHONPATH".into(), path));
    }
    job.limits = Limits { wall: WALL, memory_bytes: stage.bench.memory_bytes, ..Limits::default() };
    let whole = super::on_top(stage.tree.sources().base(), patch);
    job.files = whole.files().iter().map(|f| (f.path.clone(), f.after.clone())).collect();
    match stage.workspace.run(&job, stage.cancel) {
        Ok(run) => Ok(Some(read(run.side.get("calls.jsonl").map_or(&[], Vec::as_slice)))),
        Err(SandboxError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The interpreter that the tests run in, or the usual one.
fn interpreter(bench: &Bench, language: Language) -> OsString {
    let wanted = if language == Language::Python { "python" } else { "node" };
    let first = bench.test.as_ref().and_then(|argv| argv.first());
    let fits = first.filter(|word| {
        let text = word.to_string_lossy();
        text.rsplit('/').next().is_some_and(|name| name.starts_with(wanted))
    });
    let usual = if language == Language::Python { "python3" } else { "node" };
    fits.cloned().unwrap_or_else(|| usual.into())
}

fn read(bytes: &[u8]) -> Runs {
    let mut runs = Runs::new();
    let lines = bytes.split(|byte| *byte == b'\n');
    for record in lines.filter_map(|line| serde_json::from_slice::<Record>(line).ok()) {
        let seen = runs.entry((record.path.clone(), record.function.clone())).or_default();
        if let Some(why) = record.unable {
            seen.unable = Some(why);
        } else if let Some(turn) = record.call {
            seen.calls.insert(turn, record);
        } else {
            seen.ran = record.ran.unwrap_or_default();
            seen.literals = record.literals;
        }
    }
    runs
}
