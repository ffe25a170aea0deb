//! `slm model quantize`: a smaller copy of a model, and what it lost.

use std::path::{Path, PathBuf};

use super::add::{Wish, take_in};
use super::shelf::{Shelf, name, say};
use crate::base::size;
use crate::cli::report::{ExitStatus, Failure};
use crate::cli::{model, worker};
use crate::config::Environment;
use crate::engine::{EngineError, Findings, QuantType, QuantizeOptions, SmokeReport, smoke};
use crate::models::store::Check;
use crate::tui::StepLine;

/// Make a copy of a model whose weights take fewer bits
///
/// The copy is loaded, and the likelihood of a piece of code under both is shown. It becomes a new model of the
/// store, or the file that `--out` names.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name that `slm model list` shows, or a GGUF file with whole weights (F16, BF16 or F32)
    model: String,
    /// Q4_0, Q4_K_M, Q5_K_M, Q6_K, Q8_0 or F16
    #[arg(value_name = "TYPE")]
    kind: QuantType,
    /// What to call the copy [default: the name with the type]
    #[arg(long, value_name = "NAME", conflicts_with = "out")]
    name: Option<String>,
    /// Write this file, and put nothing into the store
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also from weights that have lost bits already
    #[arg(long)]
    again: bool,
}

/// Runs `slm model quantize`.
///
/// # Errors
/// A model that is missing or quantised already; no room; a copy that does not load.
pub(super) fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let path = Path::new(&args.model);
    let is_file = args.model.contains('/') || path.is_file();
    let (input, called) = if is_file {
        (model::existing(path)?, super::shelf::name_of(path)?)
    } else {
        let called = name(&args.model)?;
        (shelf.file(&called, Check::Size)?.path, called)
    };
    let dir = match &args.out {
        Some(out) if out.exists() => {
            return Err(Failure::usage(format!("{} is there already", out.display())));
        }
        Some(out) => out
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned(),
        None => shelf.store.staging(),
    };
    let scratch =
        tempfile::Builder::new().prefix(".slm-quantize-").tempdir_in(&dir).map_err(|e| {
            Failure::environment(format!("cannot make a folder in {}: {e}", dir.display()))
        })?;
    let output = scratch.path().join("copy.gguf");
    let made = make(&shelf, &input, &output, args)?;
    compare(&shelf, &input, &output)?;
    say(format!("{}: {} to {}", args.kind, size(made.before), size(made.after)));
    if let Some(out) = &args.out {
        // Never over a file that has come in the meantime.
        std::fs::hard_link(&output, out)
            .or_else(|_| {
                if out.exists() {
                    Err(std::io::ErrorKind::AlreadyExists.into())
                } else {
                    std::fs::rename(&output, out)
                }
            })
            .map_err(|e| Failure::environment(format!("cannot write {}: {e}", out.display())))?;
        say(format!("wrote {}", out.display()));
        return Ok(ExitStatus::Success);
    }
    let called = match &args.name {
        Some(text) => name(text)?,
        None => name(&format!("{called}-{}", args.kind.name().to_lowercase()))?,
    };
    let source = format!("{} of {}", args.kind, args.model);
    let staged = shelf.following(|watch| shelf.store.stage_file(&output, None, watch))?;
    let wish = Wish::default();
    take_in(&shelf, staged, (called.as_str(), &source), called.clone(), &wish)?;
    Ok(ExitStatus::Success)
}

fn make(
    shelf: &Shelf<'_>,
    input: &Path,
    output: &Path,
    args: &Args,
) -> anyhow::Result<crate::engine::Quantized> {
    let options = QuantizeOptions {
        input: input.to_owned(),
        output: output.to_owned(),
        kind: args.kind,
        threads: None,
        again: args.again,
    };
    let line = StepLine::new(shelf.environment.term.as_deref());
    let launcher = || worker::quantizer(&options);
    let mut on_progress =
        |done: usize, of: usize| line.show(&format!("quantising: {done} of {of} tensors"));
    crate::engine::quantize(&launcher, &options, &shelf.cancel, &mut on_progress).map_err(failed)
}

/// Loads both, and says how much the copy lost.
fn compare(shelf: &Shelf<'_>, input: &Path, output: &Path) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for path in [input, output] {
        let mut client = model::open_for_test(path, shelf.environment, &shelf.cancel)?;
        found.push(smoke(&mut client, &shelf.cancel).map_err(failed)?);
    }
    let [before, after] = found.as_slice() else { return Ok(()) };
    if let (Some(before), Some(after)) = (likelihood(before), likelihood(after)) {
        let lost = before - after;
        say(format!(
            "a token of code: {before:.3} nats before, {after:.3} after ({lost:+.3} lost)"
        ));
    }
    Ok(())
}

fn likelihood(report: &SmokeReport) -> Option<f32> {
    match &report.found {
        Findings::Writes(writing) => Some(writing.code),
        Findings::Embeds(_) => None,
    }
}

fn failed(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::Cancelled => Failure::interrupted(),
        other => Failure::environment(other.to_string()),
    }
}
