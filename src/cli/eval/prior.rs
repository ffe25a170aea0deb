//! `slm eval prior` and `slm eval ranker`: what orders the search.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::agent::candidates::prior::{self, Prior};
use crate::base::fs::{self, PathContext};
use crate::base::{Cancel, Language};
use crate::cli::chosen::Chosen;
use crate::cli::{model, report};
use crate::config::Environment;
use crate::eval::prior::{Ranking, Sample, counts, learn, ranking, read, rows, sample};
use crate::eval::ranker;

/// Count how often each kind of transformation is the repair
#[derive(Debug, clap::Args)]
pub struct PriorArgs {
    /// Fixes as `evals/prior/mine.py` writes them
    pub fixes: PathBuf,
    /// Write the counts, prior.tsv, and the weights, familiarity.tsv, to this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Write what `evals/prior/trees.py` learns from to this file
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,
    /// Also show what ships, with and without its trees, for each project by itself
    #[arg(long)]
    pub each: bool,
    /// Threads; as many as there are processors by default
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// Measure what a repair model adds to the prior
#[derive(Debug, clap::Args)]
pub struct RankerArgs {
    /// Fixes as `evals/prior/mine.py` writes them
    pub fixes: PathBuf,
    /// The model, a GGUF file
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Only fixes of these projects, those that the model did not learn from
    #[arg(long = "only", value_name = "OWNER/PROJECT")]
    pub only: Vec<String>,
}

/// Runs `slm eval ranker`.
///
/// # Errors
/// When a file cannot be read, or the model fails.
pub fn rank(args: &RankerArgs, environment: &Environment) -> anyhow::Result<()> {
    let mut engine =
        model::open_cold(&Chosen::file(&args.model), None, environment, &Cancel::new())?;
    let file = std::fs::File::open(&args.fixes).path("read", &args.fixes)?;
    let mut samples = Vec::new();
    let (mut options, began) = (0, Instant::now());
    for fix in read(BufReader::new(file)) {
        let fix = fix?;
        if args.only.is_empty() || args.only.contains(&fix.repository) {
            let sample = ranker::sample(engine.as_mut(), &fix)?;
            options += sample.as_ref().map_or(0, |sample| sample.choice.options.len());
            samples.extend(sample);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    report::line(&format!(
        "{} places with {options} transformations, in {seconds:.1} s",
        samples.len()
    ));
    let found = ranker::compare(&samples);
    show("what ships", found.by_prior);
    show("the model", found.by_model);
    show("both, held out", found.by_both);
    report::line(&format!("a nat is worth {:.3}", found.weight));
    Ok(())
}

fn show(name: &str, ranking: Ranking) {
    let Ranking { reached, first, in_ten, mean } = ranking;
    report::line(&format!(
        "{name:<26} {reached} in reach, {first} ranked first, {in_ten} in the first ten, \
         geometric mean {mean:.2}"
    ));
}

/// Runs `slm eval prior`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn count(args: &PriorArgs) -> anyhow::Result<()> {
    let (samples, fixes) = samples(args)?;
    let counts = counts(&samples);
    report::line(&format!("{fixes} places, {} of them with changed code", samples.len()));
    let by_hand = Prior::default();
    show("costs set by hand", ranking(&samples, |_| &by_hand));
    let ships = |sample: &Sample| Prior::shipped(sample.language);
    let languages: BTreeSet<Language> = samples.iter().map(|s| s.language).collect();
    let bare: BTreeMap<Language, Prior> =
        languages.into_iter().map(|l| (l, Prior::shipped(l).without_trees())).collect();
    let without_trees = |sample: &Sample| &bare[&sample.language];
    show("what ships, but for trees", ranking(&samples, without_trees));
    show("what ships", ranking(&samples, ships));
    if args.each {
        let projects: BTreeSet<&str> = samples.iter().map(|s| s.repository.as_str()).collect();
        for project in projects {
            let own = || samples.iter().filter(|s| s.repository == project);
            show(project, ranking(own(), without_trees));
            show("  and trees", ranking(own(), ships));
        }
    }
    let learned = learn(&samples);
    show("kinds, held out", learned.by_kind);
    show("and familiarity", learned.with_familiarity);
    if let Some(out) = &args.out {
        fs::write(&out.join("prior.tsv"), prior::write(&counts))?;
        fs::write(&out.join("familiarity.tsv"), learned.weights.write())?;
    }
    if let Some(path) = &args.rows {
        fs::write(path, rows(&samples, &learned))?;
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
