//! `slm ask`: where something is, with evidence, and in words when a chat model is there.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::known::{self, Depth, Known};
use super::report::{self, ExitStatus, Failure};
use super::run::said;
use super::search::{JsonPlace, place, shown};
use super::{chosen, meaning, model};
use crate::agent::knowledge::context::{self, Context, Wanted};
use crate::agent::knowledge::count_tokens;
use crate::agent::knowledge::find::{Found, find};
use crate::agent::sources::Sources;
use crate::agent::tasks::ask;
use crate::base::{Cancel, fs, sanitize};
use crate::config::{self, Environment};
use crate::engine::Engine;
use crate::models::registry::Role;
use crate::repo::graph::{Graph, Linking};
use crate::repo::lookup;

/// Places that are named without a model.
const PLACES: usize = 8;
/// Places whose text goes to a model.
const SHOWN: usize = 12;
/// Tokens of context when there is no model to say how many it holds.
const BUDGET: usize = 4096;

/// Ask where something is done in this repository
///
/// Answers with files, symbols and lines. With a chat model the answer is in words as well, and names the
/// lines that it rests on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm ask \"where is retry handled?\"
  slm ask --model chat.gguf \"how does a request get its timeout?\"

Exit status: 0 there is an answer, 1 there is none, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    /// The question; `-` reads it from standard input
    #[arg(value_name = "QUESTION", required = true)]
    question: Vec<String>,
    /// A GGUF chat model
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// A GGUF embedding model: search by meaning as well
    #[arg(long, value_name = "PATH")]
    embedding_model: Option<PathBuf>,
    /// Print what goes into the model's context, what is left out, and why
    #[arg(long)]
    show_context: bool,
    /// Tokens of context
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    context_tokens: Option<u32>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// The JSON contract of `slm ask --json`.
#[derive(Debug, Serialize)]
struct Json {
    question: String,
    /// In words; `null` without a chat model.
    answer: Option<String>,
    model: Option<String>,
    /// Best first.
    places: Vec<JsonEvidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<JsonContext>,
}

#[derive(Debug, Serialize)]
struct JsonEvidence {
    #[serde(flatten)]
    place: JsonPlace,
    doc: String,
    /// Those who call it, a few.
    callers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonContext {
    budget: usize,
    tokens: usize,
    parts: Vec<JsonPart>,
    left_out: Vec<JsonPart>,
}

#[derive(Debug, Serialize)]
struct JsonPart {
    purpose: &'static str,
    path: Option<String>,
    first_line: u32,
    last_line: u32,
    tokens: usize,
}

/// Runs `slm ask`.
///
/// # Errors
/// An index that cannot be written, a model that does not load.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let question = said(&args.question)?.trim().to_owned();
    let config = config::load(&environment.config_file())?;
    let mut known = known::open(args.directory.as_deref(), Depth::Words, environment)?;
    let near =
        meaning::nearest(args.embedding_model.as_deref(), &mut known, &question, environment)?;
    let snapshot = known.snapshot()?;
    let graph = Graph::new(&snapshot, Linking::Imports);
    let meaning = near.as_deref().unwrap_or_default();
    let found = find(&mut known.index, &graph, &question, meaning, SHOWN)?;
    if !args.json {
        print_places(&graph, &found, known.index.root(), near.is_some());
    }
    let mut engine = match chosen::choose(Role::Chat, args.model.as_deref(), environment, &config)?
    {
        Some(model) => Some(model::open_file(&model, environment, &config, &known.cancel)?),
        None => None,
    };
    let mut context = None;
    if engine.is_some() || args.show_context {
        let budget = budget(args, engine.as_deref());
        let made = gather(&graph, &known, &found, budget, engine.as_deref_mut());
        if args.show_context && !args.json {
            report::line("");
            report::out(&sanitize(&made.account()));
        }
        context = Some(made);
    }
    let answer = match (&mut engine, &context) {
        (Some(engine), Some(context)) => {
            answer(engine.as_mut(), context, &question, &known.cancel, args.json)?
        }
        _ => None,
    };
    let empty = found.is_empty();
    if args.json {
        report::json(&Json {
            answer,
            model: engine.as_ref().map(|engine| engine.info().name.clone()),
            places: found.iter().take(PLACES).map(|found| evidence(&graph, found)).collect(),
            context: context.filter(|_| args.show_context).map(|context| shown_context(&context)),
            question,
        });
    }
    Ok(if empty { ExitStatus::NoFix } else { ExitStatus::Success })
}

/// What the model is given besides the question: what its context holds, less the answer.
fn budget(args: &Args, engine: Option<&(dyn Engine + 'static)>) -> usize {
    let holds = engine.map_or(BUDGET, |engine| {
        engine.info().context.saturating_sub(ask::ANSWER_TOKENS + ask::FRAME_TOKENS)
    });
    args.context_tokens.map_or(holds.min(4 * BUDGET), |tokens| tokens as usize)
}

fn gather(
    graph: &Graph<'_>,
    known: &Known,
    found: &[Found],
    budget: usize,
    mut engine: Option<&mut (dyn Engine + 'static)>,
) -> Context {
    let files = graph.snapshot().files.iter().map(|file| file.path.clone()).collect();
    let sources = Sources::new(known.index.root(), files);
    let wanted = Wanted { budget, places: &[], found };
    let mut count = |text: &str| count_tokens(engine.as_deref_mut(), text);
    context::build(graph, &sources, &wanted, &mut count)
}

/// Streams the answer; `None` from a model that cannot be talked to.
fn answer(
    engine: &mut dyn Engine,
    context: &Context,
    question: &str,
    cancel: &Cancel,
    quiet: bool,
) -> anyhow::Result<Option<String>> {
    if !engine.info().has_chat_template {
        report::note(&format!("slm: {} is no chat model: no answer in words", engine.info().name));
        return Ok(None);
    }
    if !quiet {
        report::line("");
    }
    let text = in_words(engine, &context.text(), question, cancel, quiet)?;
    if super::watch::is_interrupted() {
        return Err(Failure::interrupted());
    }
    Ok(Some(text))
}

/// What a chat model answers from `context`, printed as it comes unless `quiet`.
///
/// # Errors
/// When the model fails.
pub(super) fn in_words(
    engine: &mut dyn Engine,
    context: &str,
    question: &str,
    cancel: &Cancel,
    quiet: bool,
) -> anyhow::Result<String> {
    let mut show = |text: &str| {
        if !quiet {
            report::out(&sanitize(text));
        }
    };
    let text = ask::run(engine, context, question, cancel, &mut show)
        .map_err(|error| Failure::environment(error.to_string()))?;
    if !quiet {
        report::line("");
    }
    Ok(text)
}

fn print_places(graph: &Graph<'_>, found: &[Found], root: &Path, by_meaning: bool) {
    for (number, found) in (1..).zip(found.iter().take(PLACES)) {
        let text = fs::read_text(&found.path.to_path(root)).unwrap_or_default();
        report::line(&sanitize(&format!("{number}. {}", shown(graph, found, &text))));
        let callers = callers(graph, found);
        if !callers.is_empty() {
            report::line(&sanitize(&format!("    called by {}", callers.join(", "))));
        }
    }
    if found.is_empty() {
        report::note("slm: nothing here has the words of the question");
    } else if !by_meaning {
        report::note("(found by words and graph: no embedding model)");
    }
}

/// A few of those who call a place.
fn callers(graph: &Graph<'_>, found: &Found) -> Vec<String> {
    let Some(node) = found.node else { return Vec::new() };
    let callers = lookup::callers(graph, &[node]);
    let mut names: Vec<String> = callers
        .keys()
        .filter(|caller| !crate::repo::is_test_path(&graph.file(**caller).path))
        .map(|caller| {
            let (file, definition) = graph.place(*caller);
            let file = &graph.snapshot().files[file];
            definition.map_or_else(|| file.path.to_string(), |d| file.symbols.qualified(d))
        })
        .collect();
    names.dedup();
    names.truncate(4);
    names
}

fn evidence(graph: &Graph<'_>, found: &Found) -> JsonEvidence {
    let doc = found.node.and_then(|node| graph.symbol(node)).map(|symbol| symbol.doc.clone());
    JsonEvidence {
        place: place(graph, found),
        doc: doc.unwrap_or_default(),
        callers: callers(graph, found),
    }
}

fn shown_context(context: &Context) -> JsonContext {
    let part = |part: &context::Part| JsonPart {
        purpose: part.purpose.name(),
        path: part.path.as_ref().map(ToString::to_string),
        first_line: part.lines.0,
        last_line: part.lines.1,
        tokens: part.tokens,
    };
    JsonContext {
        budget: context.budget,
        tokens: context.tokens(),
        parts: context.parts.iter().map(part).collect(),
        left_out: context.left_out.iter().map(part).collect(),
    }
}
