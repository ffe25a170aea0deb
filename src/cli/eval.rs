//! `slm eval`: measurements for slm's own developers. Hidden.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Subcommand;

use crate::agent::candidates::prior::{self, Prior};
use crate::base::fs::{self, PathContext};
use crate::cli::report;
use crate::eval::prior::{Ranking, Sample, counts, learn, ranking, read, sample};

/// Measure the parts of slm
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Prior(PriorArgs),
}

/// Count how often each kind of transformation is the repair
#[derive(Debug, clap::Args)]
pub struct PriorArgs {
    /// Fixes as `evals/prior/mine.py` writes them
    pub fixes: PathBuf,
    /// Write the counts, prior.tsv, and the weights, familiarity.tsv, to this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Threads; as many as there are processors by default
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// Runs the measurement and prints what it found.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.what {
        What::Prior(args) => count(args),
    }
}

fn count(args: &PriorArgs) -> anyhow::Result<()> {
    let (samples, fixes) = samples(args)?;
    let counts = counts(&samples);
    report::line(&format!("{fixes} places, {} of them with changed code", samples.len()));
    let show = |name: &str, r: Ranking| {
        let Ranking { reached, first, in_ten, mean } = r;
        report::line(&format!(
            "{name:<24} {reached} in reach, {first} ranked first, {in_ten} in the first ten, \
             geometric mean {mean:.1}"
        ));
    };
    let by_hand = Prior::default();
    show("costs set by hand", ranking(&samples, |_| &by_hand));
    show("what ships", ranking(&samples, |_| Prior::shipped()));
    let learned = learn(&samples);
    show("kinds, held out", learned.by_kind);
    show("and familiarity", learned.with_familiarity);
    if let Some(out) = &args.out {
        fs::write(&out.join("prior.tsv"), prior::write(&counts))?;
        fs::write(&out.join("familiarity.tsv"), learned.weights.write())?;
    }
    Ok(())
}

/// What the catalogue makes at each place, in the order of their lines, and how many places there
/// were.
fn samples(args: &PriorArgs) -> anyhow::Result<(Vec<Sample>, usize)> {
    let file = std::fs::File::open(&args.fixes).path("read", &args.fixes)?;
    let lines = Mutex::new(read(BufReader::new(file)).enumerate());
    let found = Mutex::new((Vec::new(), 0));
    let work = || -> anyhow::Result<()> {
        loop {
            let next = lines.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, fix)) = next else { return Ok(()) };
            let sample = sample(&fix?);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.1 += 1;
            found.0.extend(sample.map(|sample| (index, sample)));
        }
    };
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let workers: Vec<_> = (0..jobs.unwrap_or(1).max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let (mut samples, fixes) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    samples.sort_by_key(|(index, _)| *index);
    Ok((samples.into_iter().map(|(_, sample)| sample).collect(), fixes))
}
