//! `slm search`: places that fit some words.

use std::path::PathBuf;

use serde::Serialize;

use super::known::{self, Depth};
use super::meaning;
use super::report::{self, ExitStatus};
use crate::agent::knowledge::find::{Found, find};
use crate::base::{Line, LineIndex, fs, sanitize};
use crate::config::Environment;
use crate::repo::graph::{Graph, Linking};

/// Search the repository by words, parts of names, or meaning
///
/// Names are searched whole and in their parts: "http response" finds getHTTPResponse. Places that more of the
/// repository depends on come first among equals.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm search retry backoff
  slm search --json parseUrl

Exit status: 0 something was found, 1 nothing was, 2 usage, 3 environment.")]
pub struct Args {
    /// Words to look for
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Places at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// A GGUF embedding model: search by meaning as well
    #[arg(long, value_name = "PATH")]
    embedding_model: Option<PathBuf>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// The JSON contract of `slm search --json`.
#[derive(Debug, Serialize)]
struct Json {
    query: String,
    /// Best first.
    results: Vec<JsonPlace>,
    /// "words and graph", with " and meaning" when an embedding model was used.
    by: &'static str,
}

/// One place, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonPlace {
    pub(super) path: String,
    pub(super) first_line: u32,
    pub(super) last_line: u32,
    pub(super) symbol: Option<String>,
    pub(super) kind: Option<&'static str>,
    pub(super) signature: Option<String>,
    pub(super) score: f64,
}

/// Runs `slm search`.
///
/// # Errors
/// An index that cannot be written, a model that does not load.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let mut known = known::open(args.directory.as_deref(), Depth::Words, environment)?;
    let query = args.query.join(" ");
    let near = meaning::nearest(args.embedding_model.as_deref(), &mut known, &query, environment)?;
    let snapshot = known.snapshot()?;
    let graph = Graph::new(&snapshot, Linking::Imports);
    let meaning = near.as_deref().unwrap_or_default();
    let found = find(&mut known.index, &graph, &query, meaning, usize::from(args.count))?;
    let by = if near.is_some() { "words and graph and meaning" } else { "words and graph" };
    if args.json {
        let results = found.iter().map(|found| place(&graph, found)).collect();
        report::json(&Json { query, results, by });
    } else {
        for found in &found {
            let text = fs::read_text(&found.path.to_path(known.index.root())).unwrap_or_default();
            report::line(&sanitize(&shown(&graph, found, &text)));
        }
        let note = if near.is_some() { "" } else { " (by words and graph: no embedding model)" };
        report::note(&format!("{} places{note}", found.len()));
    }
    Ok(if found.is_empty() { ExitStatus::NoFix } else { ExitStatus::Success })
}

/// One place with its first telling line.
pub(super) fn shown(graph: &Graph<'_>, found: &Found, text: &str) -> String {
    let Found { path, first, last, .. } = found;
    match found.node.and_then(|node| graph.symbol(node)) {
        Some(symbol) => {
            let line = symbol.line.clamp(*first, *last);
            let doc =
                if symbol.doc.is_empty() { String::new() } else { format!("\n    {}", symbol.doc) };
            format!("{path}:{line}: {}{doc}", symbol.signature)
        }
        None => {
            let lines = LineIndex::new(text);
            let of =
                |line| lines.span(Line(line)).and_then(|span| span.of(text)).unwrap_or_default();
            let telling =
                (*first..=*last).find(|line| of(*line).chars().any(char::is_alphanumeric));
            let line = telling.unwrap_or(*first);
            let shown: String = of(line).trim().chars().take(120).collect();
            format!("{path}:{line}: {shown}")
        }
    }
}

/// One place as JSON.
pub(super) fn place(graph: &Graph<'_>, found: &Found) -> JsonPlace {
    let symbol = found.node.and_then(|node| graph.symbol(node));
    let name = found.node.and_then(|node| {
        let (file, definition) = graph.place(node);
        Some(graph.snapshot().files[file].symbols.qualified(definition?))
    });
    JsonPlace {
        path: found.path.to_string(),
        first_line: found.first,
        last_line: found.last,
        symbol: name,
        kind: symbol.map(|symbol| symbol.kind.name()),
        signature: symbol.map(|symbol| symbol.signature.clone()),
        score: found.score,
    }
}
