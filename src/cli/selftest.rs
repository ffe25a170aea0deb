//! The self-test of llama.cpp on this machine: run once for each build and processor before a model is
//! loaded, and kept; and `slm __self-test`, which runs it at once.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::model;
use super::report::{self, ExitStatus};
use crate::base::cpu::Cpu;
use crate::base::{Cancel, fs, sanitize};
use crate::config::Environment;
use crate::engine::LoadOptions;
use crate::engine::selftest::{self, Verdict};

/// Results that are kept, of other builds too.
const KEPT: usize = 16;
/// More layers than a model has: all of them.
const ALL: u32 = 9999;
/// llama.cpp has a part for a graphics processor built in; on Apple's it always has.
const HAS_GPU: bool =
    cfg!(feature = "gpu") || cfg!(all(target_os = "macos", target_arch = "aarch64"));

/// Compute a tiny model, and compare with what is right
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// What the self-test found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) cpu: Verdict,
    /// With all layers on a GPU; `None` where llama.cpp was built without.
    pub(super) gpu: Option<Verdict>,
    /// Milliseconds that it took.
    pub(super) elapsed_ms: u64,
}

impl Found {
    pub(super) fn gpu_is_usable(&self) -> bool {
        self.gpu.as_ref().is_some_and(Verdict::is_usable)
    }

    fn came_to_an_end(&self) -> bool {
        !matches!(self.cpu, Verdict::Unknown { .. })
            && !matches!(self.gpu, Some(Verdict::Unknown { .. }))
    }
}

/// Why no model is loaded: what this build computes here is wrong.
#[derive(Debug, thiserror::Error)]
#[error(
    "llama.cpp as built here fails its self-test on this processor ({processor}): {what}.\n\
     Build slm without the processor's special instructions: ./install.sh --portable\n\
     (`slm doctor` tests again)"
)]
pub(super) struct Unsound {
    processor: String,
    what: String,
}

/// Runs `slm __self-test`: 0 when all is right, 1 when it is not, 3 when it could not be found out.
///
/// # Errors
/// A machine on which no worker can be started.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let found = again(environment, &Cancel::new())?;
    if args.json {
        report::json(&found);
    } else {
        report::line(&sanitize(&found.cpu.describe()));
        if let Some(gpu) = &found.gpu {
            report::line(&sanitize(&format!("on the GPU: {}", gpu.describe())));
        }
    }
    Ok(match &found.cpu {
        Verdict::Right { .. } => ExitStatus::Success,
        Verdict::Wrong { .. } | Verdict::Crashed { .. } => ExitStatus::NoFix,
        Verdict::Unknown { .. } => ExitStatus::Environment,
    })
}

/// Makes sure that this build computes correctly here, by a result that was kept or by a test.
///
/// # Errors
/// [`Unsound`].
pub(super) fn ensure(environment: &Environment, cancel: &Cancel) -> anyhow::Result<Found> {
    let cpu = Cpu::here();
    let kept = place(environment, &cpu).and_then(|place| read(&place));
    let found = match kept {
        Some(found) => found,
        None => test_and_keep(environment, &cpu, cancel)?,
    };
    if !found.cpu.is_usable() {
        return Err(Unsound { processor: cpu.name, what: found.cpu.describe() }.into());
    }
    if let Some(gpu) = found.gpu.as_ref().filter(|gpu| !gpu.is_usable()) {
        tracing::warn!("the GPU is not used: in the self-test, {}", gpu.describe());
    }
    Ok(found)
}

/// Runs the test whatever was kept, and keeps the result.
///
/// # Errors
/// When the model of the test cannot be written.
pub(super) fn again(environment: &Environment, cancel: &Cancel) -> anyhow::Result<Found> {
    test_and_keep(environment, &Cpu::here(), cancel)
}

fn test_and_keep(environment: &Environment, cpu: &Cpu, cancel: &Cancel) -> anyhow::Result<Found> {
    let found = test(cancel)?;
    if let (true, Some(place)) = (found.came_to_an_end(), place(environment, cpu)) {
        keep(&place, &found)
            .unwrap_or_else(|error| tracing::debug!("the self-test is not kept: {error}"));
    }
    Ok(found)
}

fn test(cancel: &Cancel) -> anyhow::Result<Found> {
    let started = Instant::now();
    let dir = tempfile::tempdir().context("no directory for the model of the self-test")?;
    let file = dir.path().join("kernels.gguf");
    fs::write(&file, selftest::MODEL)?;
    let verdict = |gpu_layers| {
        let options = LoadOptions::new(&file);
        selftest::run(move || model::launch(&options), &file, gpu_layers, cancel)
    };
    let (cpu, gpu) = (verdict(0), HAS_GPU.then(|| verdict(ALL)));
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Found { cpu, gpu, elapsed_ms })
}

/// Where the result for this very program on this processor is kept.
fn place(environment: &Environment, cpu: &Cpu) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let file = program.metadata().ok()?;
    let changed = file.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let key = format!("{program:?} {} {} {changed:?}", env!("CARGO_PKG_VERSION"), file.len());
    let key = blake3::hash(format!("{key}\n{}", cpu.identity).as_bytes()).to_hex();
    Some(environment.cache_dir().join("selftest").join(format!("{}.json", &key[..24])))
}

fn read(place: &Path) -> Option<Found> {
    serde_json::from_str(&fs::read_text(place).ok()?).ok()
}

fn keep(place: &Path, found: &Found) -> anyhow::Result<()> {
    let dir = place.parent().unwrap_or(place);
    fs::create_dir_all(dir)?;
    let others: Vec<_> = std::fs::read_dir(dir)?.flatten().map(|entry| entry.path()).collect();
    if others.len() >= KEPT {
        for other in others {
            std::fs::remove_file(other)?;
        }
    }
    Ok(fs::write(place, serde_json::to_string(found)?)?)
}
