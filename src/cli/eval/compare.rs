//! `slm eval compare`: two runs side by side.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::base::fs::PathContext;
use crate::cli::report::{self, Failure};
use crate::eval::compare::{Case, Comparison, Interval, compare, read};

/// Show what a second run gained and lost against a first one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Results of a run, as `slm eval repair` and `slm eval complete` write them
    first: PathBuf,
    /// Results of another run over the same cases
    second: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `slm eval compare`.
///
/// # Errors
/// A file that is no run; two runs without a common case.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (first, second) = (load(&args.first)?, load(&args.second)?);
    let Some(found) = compare(&first, &second) else {
        return Err(Failure::usage("these two runs have no case in common"));
    };
    if args.json {
        report::json(&found);
    } else {
        show(&found);
    }
    Ok(())
}

fn load(path: &Path) -> anyhow::Result<std::collections::BTreeMap<String, Case>> {
    let file = std::fs::File::open(path).path("read", path)?;
    read(BufReader::new(file)).map_err(|error| error.context(path.display().to_string()))
}

fn show(found: &Comparison) {
    let Comparison { cases, repaired, wrong, gained, lost, difference, chance, .. } = found;
    report::line(&format!("{cases} cases, first run and second run:"));
    report::line(&format!("  right        {:>5} {:>5}", repaired[0], repaired[1]));
    report::line(&format!("  wrong claims {:>5} {:>5}", wrong[0], wrong[1]));
    let Interval { value, low, high } = difference;
    report::line(&format!(
        "  {value:+.1} points (95 %: {low:+.1} to {high:+.1}); {} gained, {} lost, by chance in {:.0} \
         of 100 cases",
        gained.len(),
        lost.len(),
        100.0 * chance
    ));
    for (name, ratio) in [("candidates checked", found.checked), ("time", found.seconds)] {
        if let Some(Interval { value, low, high }) = ratio {
            report::line(&format!(
                "  {name} where both are right: x{value:.2} (95 %: {low:.2} to {high:.2})"
            ));
        }
    }
    for (name, list) in [("gained", gained), ("lost", lost)] {
        for id in list {
            report::line(&format!("  {name} {id}"));
        }
    }
    if found.kinds.len() > 1 {
        report::line("  kind, cases, right in the first and in the second run:");
        for (kind, [cases, first, second]) in &found.kinds {
            report::line(&format!("    {kind:<28} {cases:>4} {first:>4} {second:>4}"));
        }
    }
}
