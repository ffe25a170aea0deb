//! `slm index`: brings the index of a repository up to date, and says what is in it.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::known::{self, Depth, Known};
use super::report::{self, ExitStatus};
use super::watch;
use crate::base::{sanitize, size};
use crate::config::Environment;
use crate::repo::index::{Scope, Update};
use crate::repo::watch::Watch;

/// Read the repository's symbols and words, so that questions about it are answered at once
///
/// Commands that need the index bring it up to date themselves; this one does it ahead of time. The
/// index lies in the user's cache directory and can be deleted at any time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Say what is in the index
    #[arg(long)]
    stats: bool,
    /// Stay, and follow every change until Ctrl-C
    #[arg(long, conflicts_with = "stats")]
    watch: bool,
    /// Print JSON: one object as the last line of standard output, with --watch one a line
    #[arg(long)]
    json: bool,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Json {
    root: String,
    index: String,
    files: usize,
    changed: usize,
    parsed: usize,
    removed: usize,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<JsonStats>,
}

#[derive(Debug, Serialize)]
struct JsonStats {
    languages: Vec<(&'static str, usize)>,
    other_text: usize,
    generated: usize,
    skipped: Vec<(&'static str, usize)>,
    definitions: usize,
    references: usize,
    chunks: usize,
    vectors: usize,
    bytes: u64,
    peak_memory_bytes: Option<u64>,
}

/// Runs `slm index`.
///
/// # Errors
/// An index that cannot be written; Ctrl-C.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    let mut known = known::open(args.directory.as_deref(), Depth::Words, environment)?;
    let stats = if args.stats { Some(stats(&mut known)?) } else { None };
    say(args, &known, known.update, started, stats);
    if args.watch {
        return follow(args, &mut known);
    }
    Ok(ExitStatus::Success)
}

/// Updates at every change, until Ctrl-C.
fn follow(args: &Args, known: &mut Known) -> anyhow::Result<ExitStatus> {
    let watch = Watch::new(known.index.root())?;
    report::note("slm: following changes, Ctrl-C ends it");
    while watch.wait(&known.cancel) {
        let started = Instant::now();
        let cancel = known.cancel.clone();
        let quiet = |_| ();
        let update = match known.index.update(Scope::All, &cancel, &quiet) {
            Ok(update) => update,
            Err(_) if watch::is_interrupted() => break,
            Err(error) => return Err(known::interrupted(error)),
        };
        if update.changed + update.removed > 0 {
            known.index.make_searchable(&cancel, &quiet).map_err(known::interrupted)?;
            say(args, known, update, started, None);
        }
    }
    Ok(ExitStatus::Success)
}

fn say(args: &Args, known: &Known, update: Update, started: Instant, stats: Option<JsonStats>) {
    let elapsed = started.elapsed();
    if args.json {
        report::json(&Json {
            root: known.index.root().display().to_string(),
            index: known.index.file().display().to_string(),
            files: update.files,
            changed: update.changed,
            parsed: update.parsed,
            removed: update.removed,
            elapsed_ms: elapsed.as_millis(),
            stats,
        });
        return;
    }
    report::line(&format!(
        "{} files, {} changed, {} parsed, {} gone, {:.2} s",
        update.files,
        update.changed,
        update.parsed,
        update.removed,
        elapsed.as_secs_f64()
    ));
    let Some(stats) = stats else { return };
    let row = |name: &str, value: String| report::line(&sanitize(&format!("  {name:<22} {value}")));
    for (name, files) in &stats.languages {
        row(name, format!("{files} files"));
    }
    row("other text", format!("{} files", stats.other_text));
    for (reason, files) in &stats.skipped {
        row(&format!("skipped: {reason}"), format!("{files} files"));
    }
    row("generated", format!("{} files", stats.generated));
    row("definitions", stats.definitions.to_string());
    row("references", stats.references.to_string());
    row("pieces to search", format!("{}, {} with a vector", stats.chunks, stats.vectors));
    row("index", format!("{} ({})", known.index.file().display(), size(stats.bytes)));
    if let Some(bytes) = stats.peak_memory_bytes {
        row("most memory used", size(bytes));
    }
}

fn stats(known: &mut Known) -> anyhow::Result<JsonStats> {
    let stats = known.index.stats()?;
    Ok(JsonStats {
        languages: stats.languages,
        other_text: stats.others,
        generated: stats.generated,
        skipped: stats.skipped.iter().map(|(skipped, files)| (skipped.reason(), *files)).collect(),
        definitions: stats.definitions,
        references: stats.references,
        chunks: stats.chunks,
        vectors: stats.vectors,
        bytes: stats.bytes,
        peak_memory_bytes: peak_memory(),
    })
}

/// The most memory that this process has had, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = crate::base::fs::read_text(std::path::Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
