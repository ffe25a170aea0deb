//! `slm __worker`: the process that llama.cpp lives in. Started by slm itself, never by hand.

use std::path::{Path, PathBuf};

use super::model;
#[cfg(feature = "llama")]
use super::{doctor::machine::Found, report};
#[cfg(feature = "llama")]
use crate::engine::llama;
use crate::engine::{QuantizeOptions, Transport, memory};
use crate::sandbox;

/// Serve one model to the slm that started this process
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The only file that may be read
    #[arg(long)]
    model: PathBuf,
    /// The only other file that may be read: a smaller model that makes proposals
    #[arg(long)]
    draft: Option<PathBuf>,
    /// Another file that may be read: what is added to the model's weights
    #[arg(long)]
    adapter: Option<PathBuf>,
    /// The only directory that may be written to: states of this model
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Bytes of memory that can be had, instead of what the system says
    #[arg(long)]
    memory: Option<u64>,
}

/// Make a smaller copy of a model for the slm that started this process
#[derive(Debug, clap::Args)]
pub struct QuantizeArgs {
    /// The only file that may be read
    #[arg(long)]
    input: PathBuf,
    /// The only file that may be written to, which exists
    #[arg(long)]
    output: PathBuf,
}

/// Say what llama.cpp can compute on
#[derive(Debug, clap::Args)]
pub struct DevicesArgs {}

/// Runs `slm __devices`: one JSON object.
///
/// # Errors
/// A process that cannot be confined.
pub fn devices(_: &DevicesArgs) -> anyhow::Result<()> {
    #[cfg(feature = "llama")]
    {
        llama::prepare();
        confine(&[], None)?;
        let found = Found { devices: llama::devices(), variant: llama::variant() };
        report::json(&found);
    }
    Ok(())
}

fn confine(readable: &[&Path], writable: Option<&Path>) -> anyhow::Result<()> {
    sandbox::confine_self(readable, writable)
        .map_err(|e| anyhow::anyhow!("cannot confine the model worker: {e}"))?;
    Ok(())
}

/// Starts `slm __quantize` for this copy: a launcher for [`crate::engine::quantize`].
///
/// # Errors
/// A path that is no text; a process that cannot be started.
pub fn quantizer(options: &QuantizeOptions) -> std::io::Result<Transport> {
    let text = |path: &Path| match path.to_str() {
        Some(path) => Ok(path.to_owned()),
        None => Err(std::io::Error::other("the path of a model must be valid UTF-8")),
    };
    let (input, output) = (text(&options.input)?, text(&options.output)?);
    model::spawn(&["__quantize", "--input", &input, "--output", &output])
}

/// Confines the process to the two files, then serves standard input and output until they close.
///
/// # Errors
/// When the pipe to the parent breaks.
pub fn quantize(args: &QuantizeArgs) -> anyhow::Result<()> {
    #[cfg(feature = "llama")]
    llama::prepare();
    confine(&[&args.input], Some(&args.output))?;
    serve(None)
}

/// Confines the process, then serves standard input and output until they close.
///
/// # Errors
/// When the pipe to the parent breaks.
pub fn run(args: &Args) -> anyhow::Result<()> {
    // The limits of control groups cannot be read any more afterwards.
    let memory = args.memory.or_else(memory::available);
    #[cfg(feature = "llama")]
    llama::prepare();
    // Before any thread exists: later threads inherit the confinement, earlier ones would not.
    let files = std::iter::once(&args.model).chain(&args.draft).chain(&args.adapter);
    let readable: Vec<&Path> = files.map(PathBuf::as_path).collect();
    confine(&readable, args.cache.as_deref())?;
    serve(memory)
}

#[cfg(feature = "llama")]
fn serve(memory: Option<u64>) -> anyhow::Result<()> {
    Ok(crate::engine::llama::serve(std::io::stdin(), std::io::stdout(), memory)?)
}

#[cfg(not(feature = "llama"))]
fn serve(_: Option<u64>) -> anyhow::Result<()> {
    anyhow::bail!("this slm was built without llama.cpp")
}
