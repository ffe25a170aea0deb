//! Smaller copies of a model: its weights in fewer bits.
//!
//! llama.cpp does the work, in a worker process that can read the one file and write the other, since
//! it may abort as anywhere. What comes out is read again before it is called a model. How much was
//! lost is for the caller to see, by a [`super::smoke`] test of both.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use serde::{Deserialize, Serialize};

use super::client::{self, Link};
use super::wire::{self, Ask, Reply, Request, Tell};
use super::{EngineError, Launcher, gguf};
use crate::base::{Cancel, size};

/// How often a waiting caller looks at its cancel token.
const POLL: Duration = Duration::from_millis(50);
/// Free disk space that is left to others, in bytes.
const RESERVE: u64 = 64 << 20;

/// How weights are stored, by the names that llama.cpp and published files use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(non_camel_case_types, reason = "as published files are called")]
pub enum QuantType {
    /// 4.5 bits; the fastest on a processor.
    Q4_0,
    /// About 5 bits; what most people use.
    Q4_K_M,
    /// About 5.7 bits.
    Q5_K_M,
    /// 6.6 bits.
    Q6_K,
    /// 8.5 bits; nothing is lost that can be measured.
    Q8_0,
    /// 16 bits: halves.
    F16,
}

impl QuantType {
    /// The smallest first.
    pub const ALL: [Self; 6] =
        [Self::Q4_0, Self::Q4_K_M, Self::Q5_K_M, Self::Q6_K, Self::Q8_0, Self::F16];

    /// As published files are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4_0 => "Q4_0",
            Self::Q4_K_M => "Q4_K_M",
            Self::Q5_K_M => "Q5_K_M",
            Self::Q6_K => "Q6_K",
            Self::Q8_0 => "Q8_0",
            Self::F16 => "F16",
        }
    }

    /// Bits of a weight, at most: of most matrices, and of the embeddings and the output.
    fn bits(self) -> gguf::Bits {
        let (inner, outer) = match self {
            Self::Q4_0 => (4.5, 6.5625),
            Self::Q4_K_M => (5.3, 6.5625),
            Self::Q5_K_M => (5.9, 6.5625),
            Self::Q6_K => (6.5625, 6.5625),
            Self::Q8_0 => (8.5, 8.5),
            Self::F16 => (16.0, 16.0),
        };
        gguf::Bits { inner, outer }
    }
}

impl fmt::Display for QuantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for QuantType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let same = |kind: &Self| kind.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(same).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no such type of weights: choose one of {names}")
        })
    }
}

/// Which copy to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantizeOptions {
    /// A model whose weights are whole: F32, F16 or BF16.
    pub input: PathBuf,
    /// The copy, which must not exist; to be renamed by the caller once it has seen it work.
    pub output: PathBuf,
    pub kind: QuantType,
    /// `None`: as many as there are free cores.
    pub threads: Option<usize>,
    /// Take weights that have lost bits already: the copy is worse than one of the original.
    pub again: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// What the copy's header says.
    pub header: gguf::Header,
    /// Bytes of both files.
    pub before: u64,
    pub after: u64,
}

/// Makes the copy in a worker that `launcher` starts. `on_progress` is told tensors that are done, of
/// how many.
///
/// # Errors
/// [`EngineError::BadModel`] for an input that is no model or is quantised already, an output that
/// exists or has no room, and whatever llama.cpp says; [`EngineError::Cancelled`]; a worker that died.
/// Nothing is left of the output then.
pub fn quantize(
    launcher: &dyn Launcher,
    options: &QuantizeOptions,
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<Quantized, EngineError> {
    if !cfg!(feature = "llama") {
        return Err(EngineError::NotBuiltIn(options.input.clone()));
    }
    let QuantizeOptions { input, output, kind, again, .. } = options;
    let before = sound(input, *again)?;
    make(output, gguf::size_as(input, kind.bits())?)?;
    let remove = Remove(Some(output));
    run(launcher, options, cancel, on_progress)?;
    let header = gguf::check(output)?;
    let after = length(output)?;
    remove.keep();
    Ok(Quantized { header, before, after })
}

/// The size of the input, when it can be quantised.
fn sound(input: &Path, again: bool) -> Result<u64, EngineError> {
    let header = gguf::check(input)?;
    if header.is_quantised && !again {
        let reason = "is quantised already, and each time costs: take the model with whole weights \
                      (F16, BF16 or F32), or allow it to be done again";
        return Err(bad(input, reason.to_owned()));
    }
    length(input)
}

/// Makes an empty output on a disk with room for `bytes`.
fn make(output: &Path, bytes: u64) -> Result<(), EngineError> {
    let made = std::fs::File::options().write(true).create_new(true).open(output);
    if let Err(error) = made {
        return Err(bad(
            output,
            match error.kind() {
                ErrorKind::AlreadyExists => "exists already: choose another name".to_owned(),
                _ => format!("cannot be written: {error}"),
            },
        ));
    }
    match free(output) {
        Some(free) if free < bytes.saturating_add(RESERVE) => {
            let _ = std::fs::remove_file(output);
            Err(bad(
                output,
                format!(
                    "needs {} of disk space, and {} are free there: make room, or choose a type with \
                 fewer bits",
                    size(bytes.saturating_add(RESERVE)),
                    size(free),
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// Free bytes of the disk that `path` is on; `None` where nobody can tell.
#[cfg(unix)]
fn free(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// Has the worker do it, and listens until it is done.
fn run(
    launcher: &dyn Launcher,
    options: &QuantizeOptions,
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<(), EngineError> {
    if cancel.is_cancelled() {
        return Err(EngineError::Cancelled);
    }
    let transport = launcher
        .launch()
        .map_err(|error| EngineError::WorkerDied(format!("it could not be started: {error}")))?;
    let mut link = Link::open(transport, false);
    let ask = Ask::Quantize(options.clone());
    let lost = |link: &mut Link, found: &str| {
        EngineError::WorkerDied(client::last_words(&link.worker.end(), found))
    };
    if let Err(error) = wire::send(&mut link.writer, &Request { id: 1, ask }) {
        return Err(lost(&mut link, &error.to_string()));
    }
    loop {
        if cancel.is_cancelled() {
            // Dropping the link ends the worker, wherever it is.
            return Err(EngineError::Cancelled);
        }
        match link.replies.recv_timeout(POLL) {
            Ok(Ok(Reply { tell: Tell::Log { level, message }, .. })) => {
                client::log(level, &message)
            }
            Ok(Ok(Reply { tell: Tell::Progress { done, total }, .. })) => on_progress(done, total),
            Ok(Ok(Reply { tell: Tell::Hello { .. }, .. })) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Ok(Reply { tell: Tell::Quantized, .. })) => return Ok(()),
            Ok(Ok(Reply { tell: Tell::Failed(fault), .. })) => return Err(fault.into()),
            Ok(Ok(_)) => return Err(lost(&mut link, "it answered something else")),
            Ok(Err(error)) => return Err(lost(&mut link, &error.to_string())),
            Err(RecvTimeoutError::Disconnected) => return Err(lost(&mut link, "")),
        }
    }
}

fn length(path: &Path) -> Result<u64, EngineError> {
    let about = path.metadata();
    about
        .map(|about| about.len())
        .map_err(|error: io::Error| bad(path, format!("cannot be read: {error}")))
}

fn bad(path: &Path, reason: String) -> EngineError {
    EngineError::BadModel { path: path.to_owned(), reason }
}

/// A file that goes away with this value.
struct Remove<'p>(Option<&'p Path>);

impl Remove<'_> {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Remove<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
#[path = "quantize_tests.rs"]
mod tests;
