//! `slm where`, `slm refs`, `slm callers`: definitions and those who use them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use super::known::{self, Depth};
use super::report::{self, ExitStatus};
use crate::base::{Line, LineIndex, RepoPath, fs, sanitize};
use crate::config::Environment;
use crate::repo::graph::{Graph, Linking, NodeId};
use crate::repo::is_test_path;
use crate::repo::lookup::{self, Usage};

/// Steps over which a test is said to reach something, unless the user says otherwise.
const TESTS_DEPTH: u8 = 6;

/// Print where a definition is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm where parse_url
  slm where Session.close
  slm where src/net/session.py:Session

Exit status: 0 it was found, 1 nothing is called that, 2 usage, 3 environment.")]
pub struct WhereArgs {
    #[command(flatten)]
    what: What,
}

/// Print every use of a definition
///
/// Uses are resolved through imports, scopes and receivers. Where that leaves several definitions
/// possible, the use is marked with a question mark.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 there are uses, 1 there are none or nothing is called that, 2 usage, 3 environment.")]
pub struct RefsArgs {
    #[command(flatten)]
    what: What,
}

/// Print who calls a function, and who calls those
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 there are callers, 1 there are none or nothing is called that, 2 usage, 3 environment.")]
pub struct CallersArgs {
    #[command(flatten)]
    what: What,
    /// How many steps up [default: 1, with --tests 6]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20))]
    depth: Option<u8>,
    /// Only the tests that reach it
    #[arg(long)]
    tests: bool,
}

#[derive(Debug, clap::Args)]
struct What {
    /// A name, with the names around it (Type.method) or a path before it (src/a.py:name) when it is
    /// not the only one
    #[arg(value_name = "SYMBOL")]
    symbol: String,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct JsonDefinition {
    symbol: String,
    kind: &'static str,
    path: String,
    line: u32,
    last_line: u32,
    signature: String,
    doc: String,
}

#[derive(Debug, Serialize)]
struct JsonUse {
    path: String,
    lines: Vec<u32>,
    /// The definition around the use.
    within: Option<String>,
    kind: &'static str,
    confidence: f32,
}

#[derive(Debug, Serialize)]
struct JsonCaller {
    symbol: String,
    path: String,
    lines: Vec<u32>,
    /// Steps up from the definition asked for, from 1.
    depth: u8,
}

/// Runs `slm where`.
///
/// # Errors
/// A name that nothing has; an index that cannot be written.
pub fn run_where(args: &WhereArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    with(&args.what, environment, |graph, found, _| {
        let definitions: Vec<JsonDefinition> =
            found.iter().filter_map(|node| definition(graph, *node)).collect();
        if args.what.json {
            #[derive(Serialize)]
            struct Json {
                definitions: Vec<JsonDefinition>,
            }
            report::json(&Json { definitions });
        } else {
            for d in definitions {
                let doc = if d.doc.is_empty() { String::new() } else { format!("\n    {}", d.doc) };
                let text = format!("{}:{}: {} {}{doc}", d.path, d.line, d.kind, d.signature);
                report::line(&sanitize(&text));
            }
        }
        ExitStatus::Success
    })
}

/// Runs `slm refs`.
///
/// # Errors
/// As [`run_where`].
pub fn refs(args: &RefsArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    with(&args.what, environment, |graph, found, root| {
        let usages = lookup::usages(graph, found);
        let used: Vec<&Usage> = usages.iter().filter(|usage| !usage.lines.is_empty()).collect();
        if args.what.json {
            #[derive(Serialize)]
            struct Json {
                references: Vec<JsonUse>,
            }
            let of = |usage: &&Usage| JsonUse {
                path: usage.path.to_string(),
                lines: usage.lines.clone(),
                within: name(graph, usage.from),
                kind: usage.kind.name(),
                confidence: usage.confidence,
            };
            report::json(&Json { references: used.iter().map(of).collect() });
        } else {
            print_uses(&used, root);
        }
        if used.is_empty() { ExitStatus::NoFix } else { ExitStatus::Success }
    })
}

fn print_uses(used: &[&Usage], root: &std::path::Path) {
    let mut lines: BTreeSet<(&RepoPath, u32, bool)> = BTreeSet::new();
    for usage in used {
        lines.extend(usage.lines.iter().map(|line| (&usage.path, *line, usage.confidence < 0.99)));
    }
    let mut text: (Option<&RepoPath>, String) = (None, String::new());
    for (path, line, unsure) in lines {
        if text.0 != Some(path) {
            text = (Some(path), fs::read_text(&path.to_path(root)).unwrap_or_default());
        }
        let index = LineIndex::new(&text.1);
        let shown = index.span(Line(line)).and_then(|span| span.of(&text.1)).unwrap_or_default();
        let mark = if unsure { "? " } else { "" };
        report::line(&sanitize(&format!("{path}:{line}: {mark}{}", shown.trim())));
    }
    report::note(&format!("{} uses", used.iter().map(|usage| usage.lines.len()).sum::<usize>()));
}

/// Runs `slm callers`.
///
/// # Errors
/// As [`run_where`].
pub fn callers(args: &CallersArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    with(&args.what, environment, |graph, found, _| {
        let mut all: Vec<JsonCaller> = Vec::new();
        let mut seen: BTreeSet<NodeId> = found.iter().copied().collect();
        let depth = args.depth.unwrap_or(if args.tests { TESTS_DEPTH } else { 1 });
        climb(graph, found, (1, depth), &mut seen, &mut all);
        if args.tests {
            all.retain(|caller| RepoPath::new(&caller.path).is_ok_and(|path| is_test_path(&path)));
        }
        if args.what.json {
            #[derive(Serialize)]
            struct Json<'c> {
                callers: &'c [JsonCaller],
            }
            report::json(&Json { callers: &all });
        } else {
            for caller in &all {
                let lines: Vec<String> = caller.lines.iter().map(u32::to_string).collect();
                let steps = if args.tests { 0 } else { usize::from(caller.depth) - 1 };
                let indent = "  ".repeat(steps);
                let text =
                    format!("{indent}{}  {}:{}", caller.symbol, caller.path, lines.join(","));
                report::line(&sanitize(&text));
            }
        }
        if all.is_empty() { ExitStatus::NoFix } else { ExitStatus::Success }
    })
}

/// Adds the callers of `of`, each followed by its own.
fn climb(
    graph: &Graph<'_>,
    of: &[NodeId],
    (depth, most): (u8, u8),
    seen: &mut BTreeSet<NodeId>,
    all: &mut Vec<JsonCaller>,
) {
    for (node, mut lines) in lookup::callers(graph, of) {
        lines.sort_unstable();
        lines.dedup();
        let path = graph.file(node).path.to_string();
        let symbol = name(graph, node).unwrap_or_else(|| "(top of the file)".to_owned());
        all.push(JsonCaller { symbol, path, lines, depth });
        // Who calls itself over others is listed once.
        if depth < most && seen.insert(node) {
            climb(graph, &[node], (depth + 1, most), seen, all);
        }
    }
}

/// Finds the definitions and hands them on, with the root.
fn with(
    what: &What,
    environment: &Environment,
    then: impl FnOnce(&Graph<'_>, &[NodeId], &std::path::Path) -> ExitStatus,
) -> anyhow::Result<ExitStatus> {
    let mut known = known::open(what.directory.as_deref(), Depth::Symbols, environment)?;
    let snapshot = known.snapshot()?;
    let graph = Graph::new(&snapshot, Linking::Imports);
    let found = known::symbol(&graph, &what.symbol)?;
    Ok(then(&graph, &found, known.index.root()))
}

fn definition(graph: &Graph<'_>, node: NodeId) -> Option<JsonDefinition> {
    let symbol = graph.symbol(node)?;
    Some(JsonDefinition {
        symbol: name(graph, node)?,
        kind: symbol.kind.name(),
        path: graph.file(node).path.to_string(),
        line: symbol.line,
        last_line: symbol.last,
        signature: symbol.signature.clone(),
        doc: symbol.doc.clone(),
    })
}

fn name(graph: &Graph<'_>, node: NodeId) -> Option<String> {
    let (file, definition) = graph.place(node);
    Some(graph.snapshot().files[file].symbols.qualified(definition?))
}
