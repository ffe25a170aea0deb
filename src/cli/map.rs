//! `slm map`: the outline of a repository within a budget of tokens.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::known::{self, Depth, Known};
use super::report::{self, ExitStatus, Failure};
use super::{chosen, model};
use crate::base::{RepoPath, sanitize};
use crate::config::{self, Environment};
use crate::engine::Engine;
use crate::models::registry::Role;
use crate::repo::graph::{Focus, Graph, Linking};
use crate::repo::map::{MapOptions, estimate_tokens, map};

/// Print the outline of the repository: the definitions that matter most
///
/// Definitions are ranked by who uses them, and as many are shown as the budget holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm map
  slm map --tokens 4000 --focus src/server.py --focus Session.close
  slm map --json | jq '.files[].path'

Exit status: 0 there is an outline, 1 nothing in the focus is known, 2 usage, 3 environment.")]
pub struct Args {
    /// Tokens that the outline may have
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(16..=10_000_000))]
    tokens: u32,
    /// What the interest is in: a file, a directory, or a definition by its name; may be repeated
    #[arg(long, value_name = "PATH|SYMBOL")]
    focus: Vec<String>,
    /// Count with this model's own tokenizer; without a model tokens are estimated
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// The JSON contract of `slm map --json`.
#[derive(Debug, Serialize, Deserialize)]
struct Json {
    /// The outline as text.
    text: String,
    tokens: usize,
    budget: u32,
    /// Tokens were counted by this model; `null`: estimated.
    model: Option<String>,
    /// What is shown, by file.
    files: Vec<JsonFile>,
    /// Definitions that had no room.
    left_out: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct JsonFile {
    path: String,
    definitions: Vec<JsonDefinition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct JsonDefinition {
    name: String,
    kind: String,
    line: u32,
    signature: String,
    score: f64,
}

/// Runs `slm map`.
///
/// # Errors
/// A focus that names nothing, an index that cannot be written, a model that does not load.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    // Tests are no part of an outline, unless it is asked for around one.
    let tests = args.focus.iter().any(|word| is_about_tests(word));
    let depth = if tests { Depth::Symbols } else { Depth::Outline };
    let mut known = known::open(args.directory.as_deref(), depth, environment)?;
    let model = chosen::choose(Role::Chat, args.model.as_deref(), environment, &config)?;
    // Everything that the outline depends on, besides the files.
    let question = format!(
        "map {} {} {:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        args.tokens,
        args.focus,
        model.as_ref().map(|model| &model.path)
    );
    let kept = known.index.answer(&question);
    let json = match kept.and_then(|bytes| serde_json::from_slice::<Json>(&bytes).ok()) {
        Some(json) => json,
        None => {
            let mut engine = match model {
                Some(model) => Some(model::open_file(&model, environment, &config, &known.cancel)?),
                None => None,
            };
            let mut made = outline(args, &mut known, tests, engine.as_deref_mut());
            if made.is_err() && !tests {
                // The focus may be in a test that is not called one.
                known.update_all()?;
                made = outline(args, &mut known, true, engine.as_deref_mut());
            }
            let json = made?;
            if let Ok(bytes) = serde_json::to_vec(&json) {
                known.index.keep_answer(&question, &bytes);
            }
            json
        }
    };
    if args.json {
        report::json(&json);
        return Ok(ExitStatus::Success);
    }
    if json.text.is_empty() {
        report::note("slm: there is no definition to show");
    }
    report::out(&sanitize(&json.text));
    Ok(ExitStatus::Success)
}

/// True for a word that may name a test, a path or a symbol.
fn is_about_tests(word: &str) -> bool {
    let parts = word.split(['/', '.', ':', '_']);
    let mut words = parts.map(str::to_ascii_lowercase);
    words.any(|part| {
        part.starts_with("test")
            || part.ends_with("test")
            || part.ends_with("tests")
            || part == "spec"
    })
}

fn outline(
    args: &Args,
    known: &mut Known,
    tests: bool,
    engine: Option<&mut (dyn Engine + 'static)>,
) -> anyhow::Result<Json> {
    let snapshot = known.snapshot()?;
    let snapshot = if tests { snapshot } else { snapshot.without_tests() };
    make(args, &Graph::new(&snapshot, Linking::Imports), engine)
}

fn make(
    args: &Args,
    graph: &Graph<'_>,
    mut engine: Option<&mut (dyn Engine + 'static)>,
) -> anyhow::Result<Json> {
    let focus = focus(graph, &args.focus)?;
    let model = engine.as_ref().map(|engine| engine.info().name.clone());
    let mut failed = None;
    let mut count = |text: &str| match &mut engine {
        Some(engine) => engine.count_tokens(text).unwrap_or_else(|error| {
            failed = Some(error);
            estimate_tokens(text)
        }),
        None => estimate_tokens(text),
    };
    let made = map(graph, MapOptions { budget: args.tokens as usize, focus, count: &mut count });
    if let Some(error) = failed {
        return Err(Failure::environment(error.to_string()));
    }
    let mut files: Vec<JsonFile> = Vec::new();
    let mut shown = made.shown;
    shown.sort_by_key(|shown| shown.node);
    for shown in shown {
        let file = graph.file(shown.node);
        let (_, Some(definition)) = graph.place(shown.node) else { continue };
        let symbol = &file.symbols.definitions[definition as usize];
        if files.last().is_none_or(|last| last.path != file.path.as_str()) {
            files.push(JsonFile { path: file.path.to_string(), definitions: Vec::new() });
        }
        if let Some(last) = files.last_mut() {
            last.definitions.push(JsonDefinition {
                name: file.symbols.qualified(definition),
                kind: symbol.kind.name().to_owned(),
                line: symbol.line,
                signature: symbol.signature.clone(),
                score: shown.score,
            });
        }
    }
    let (text, tokens, left_out) = (made.text, made.tokens, made.left_out);
    Ok(Json { text, tokens, budget: args.tokens, model, files, left_out })
}

/// The nodes that the words name: files first, directories, then definitions.
pub(super) fn focus(graph: &Graph<'_>, words: &[String]) -> anyhow::Result<Focus> {
    let mut focus = Focus::default();
    for word in words {
        let bare = word.trim_start_matches("./").trim_end_matches('/');
        let inside = |path: &RepoPath| {
            path.as_str() == bare
                || path.as_str().strip_prefix(bare).is_some_and(|rest| rest.starts_with('/'))
        };
        let files = graph.snapshot().files.iter().enumerate();
        let nodes: Vec<_> = files
            .filter(|(_, file)| inside(&file.path))
            .map(|(at, _)| graph.file_node(at))
            .collect();
        if nodes.is_empty() {
            focus.nodes.extend(known::symbol(graph, word)?);
        } else {
            focus.nodes.extend(nodes);
        }
    }
    Ok(focus)
}
