//! `slm tour`: an overview of a repository for somebody new to it.

use std::path::PathBuf;

use serde::Serialize;

use super::ask::in_words;
use super::known::{self, Depth, Known};
use super::report::{self, ExitStatus};
use super::{chosen, model};
use crate::agent::knowledge::count_tokens;
use crate::agent::knowledge::tour::{self, Tour};
use crate::agent::tasks::ask;
use crate::base::sanitize;
use crate::config::{self, Environment};
use crate::models::registry::Role;
use crate::repo::graph::{Focus, Graph, Linking};
use crate::repo::map::{MapOptions, map};

const QUESTION: &str = include_str!("../../prompts/tour_question.md");
/// Tokens of the outline that a model gets besides the tour.
const OUTLINE: usize = 1_500;

/// Explain an unknown repository: where it starts, what is central, how it is built and tested
///
/// With a chat model an explanation in words follows.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A GGUF chat model
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Json<'t> {
    about: &'t str,
    languages: &'t [(&'static str, usize)],
    entry_points: Vec<JsonPlace<'t>>,
    directories: Vec<JsonDirectory<'t>>,
    modules: Vec<JsonModule<'t>>,
    tests: &'t [(String, usize)],
    test_commands: Vec<&'t [String]>,
    build_commands: Vec<&'t [String]>,
    /// By the chat model; `null` without one.
    in_words: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonPlace<'t> {
    path: &'t str,
    line: u32,
    what: &'t str,
}

#[derive(Debug, Serialize)]
struct JsonDirectory<'t> {
    path: &'t str,
    files: usize,
}

#[derive(Debug, Serialize)]
struct JsonModule<'t> {
    path: &'t str,
    rank: f64,
    about: &'t str,
    definitions: &'t [String],
}

/// Runs `slm tour`.
///
/// # Errors
/// An index that cannot be written.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let mut known = known::open(args.directory.as_deref(), Depth::Symbols, environment)?;
    let snapshot = known.snapshot()?;
    let graph = Graph::new(&snapshot, Linking::Imports);
    let tour = tour::tour(&graph, known.index.root());
    if !args.json {
        report::out(&sanitize(&text(&tour)));
    }
    let in_words = explained(args, environment, &known, &graph, &tour)?;
    if args.json {
        report::json(&json(&tour, in_words));
    }
    Ok(ExitStatus::Success)
}

/// What a chat model makes of the tour and the outline; `None` without one.
fn explained(
    args: &Args,
    environment: &Environment,
    known: &Known,
    graph: &Graph<'_>,
    tour: &Tour,
) -> anyhow::Result<Option<String>> {
    let config = config::load(&environment.config_file())?;
    let chosen = chosen::choose(Role::Chat, args.model.as_deref(), environment, &config)?;
    let Some(model) = chosen else {
        return Ok(None);
    };
    let mut engine = model::open_file(&model, environment, &config, &known.cancel)?;
    if !engine.info().has_chat_template {
        report::note(&format!("slm: {} is no chat model: no tour in words", engine.info().name));
        return Ok(None);
    }
    let holds = engine.info().context;
    let mut context = text(tour);
    let mut count = |text: &str| count_tokens(Some(engine.as_mut()), text);
    let frame = ask::ANSWER_TOKENS + ask::FRAME_TOKENS + count(&context);
    let budget = holds.saturating_sub(frame).min(OUTLINE);
    let outline = map(graph, MapOptions { budget, focus: Focus::default(), count: &mut count });
    context.push_str("\nOutline:\n");
    context.push_str(&outline.text);
    if !args.json {
        report::line("\nIn words");
    }
    let question = QUESTION.trim();
    in_words(engine.as_mut(), &context, question, &known.cancel, args.json).map(Some)
}

fn json(tour: &Tour, in_words: Option<String>) -> Json<'_> {
    Json {
        about: &tour.about,
        languages: &tour.languages,
        entry_points: tour
            .entries
            .iter()
            .map(|e| JsonPlace { path: e.path.as_str(), line: e.line, what: &e.what })
            .collect(),
        directories: tour
            .directories
            .iter()
            .map(|d| JsonDirectory { path: &d.path, files: d.files })
            .collect(),
        modules: tour
            .modules
            .iter()
            .map(|m| JsonModule {
                path: m.path.as_str(),
                rank: m.rank,
                about: &m.about,
                definitions: &m.definitions,
            })
            .collect(),
        tests: &tour.tests,
        test_commands: tour.test_commands.iter().map(|c| c.argv.as_slice()).collect(),
        build_commands: tour.build_commands.iter().map(|c| c.argv.as_slice()).collect(),
        in_words,
    }
}

fn text(tour: &Tour) -> String {
    let mut out = String::new();
    let mut section = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(title);
        out.push('\n');
        for line in lines {
            out.push_str("  ");
            out.push_str(&line);
            out.push('\n');
        }
    };
    if !tour.about.is_empty() {
        section("What it says of itself", vec![tour.about.clone()]);
    }
    let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    let languages =
        tour.languages.iter().map(|(name, n)| format!("{name:<12} {}", files(*n))).collect();
    section("Languages", languages);
    let entries: Vec<String> = tour
        .entries
        .iter()
        .take(12)
        .map(|e| format!("{}:{}  {}", e.path, e.line, e.what))
        .collect();
    section("Where it starts", entries);
    let here = |path: &str| if path.is_empty() { ".".to_owned() } else { format!("{path}/") };
    let directories = tour
        .directories
        .iter()
        .map(|d| format!("{:<40} {}", here(&d.path), files(d.files)))
        .collect();
    section("Where the code is, most used first", directories);
    let modules = tour.modules.iter().map(|m| {
        let about = if m.about.is_empty() { String::new() } else { format!("  {}", m.about) };
        let holds = if m.definitions.is_empty() {
            String::new()
        } else {
            format!("\n      {}", m.definitions.join(", "))
        };
        format!("{}{about}{holds}", m.path)
    });
    section("What everything leans on", modules.collect());
    section(
        "Tests",
        tour.tests.iter().map(|(path, n)| format!("{:<40} {}", here(path), files(*n))).collect(),
    );
    let command = |c: &crate::repo::Detected| format!("{:<40} {}", c.argv.join(" "), c.why);
    section("To test", tour.test_commands.iter().map(command).collect());
    section("To build", tour.build_commands.iter().map(command).collect());
    out
}
