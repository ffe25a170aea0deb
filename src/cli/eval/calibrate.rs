//! `slm eval calibrate`: what the chances of the cascade are counted from.

use std::io::BufReader;
use std::path::PathBuf;

use serde::Serialize;

use crate::agent::cascade::Calibration;
use crate::base::fs::{self, PathContext};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::eval::calibrate::{Bin, Found, fit, of_claims, of_search};
use crate::eval::compare::{Case, read};

/// Fit the chances that decide when a model is asked
///
/// Reads what `slm eval repair` has kept, fits a curve from the cost that a search has come to to the chance
/// that it still finds the repair, and one from the cost of a claim to the chance that it is right. Prints how
/// far they can be believed. `cascade.calibration` in the configuration names the file that --out writes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Results of slm eval repair, one JSON object a line
    #[arg(required = true, value_name = "RESULTS")]
    results: Vec<PathBuf>,
    /// Write the curves to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Rows of the tables
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    bins: u8,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Json {
    cases: usize,
    search: JsonFound,
    claim: JsonFound,
}

#[derive(Debug, Serialize)]
struct JsonFound {
    method: &'static str,
    cases: usize,
    /// Nats, on cases that were left out.
    loss_isotonic: f64,
    loss_logistic: f64,
    /// Of foretelling the share alone.
    loss_share: f64,
    calibration_error: f64,
    bins: Vec<Bin>,
}

/// Runs `slm eval calibrate`.
///
/// # Errors
/// A file that is no run; runs that have kept no costs.
pub fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let mut cases: Vec<Case> = Vec::new();
    for path in &args.results {
        let file = std::fs::File::open(path).path("read", path)?;
        let read = read(BufReader::new(file)).map_err(|e| e.context(path.display().to_string()))?;
        cases.extend(read.into_values());
    }
    let bins = usize::from(args.bins);
    let found = fit(&of_search(&cases), bins).zip(fit(&of_claims(&cases), bins));
    let Some((search, claim)) = found else {
        return Err(Failure::usage(
            "these results have no costs: run slm eval repair --fresh with this version of slm",
        ));
    };
    if let Some(out) = &args.out {
        let about = format!("{} cases of slm eval repair", cases.len());
        let made = Calibration::new(about, search.fitted.clone(), claim.fitted.clone());
        fs::write(out, made.text()?)?;
    }
    if args.json {
        let (search, claim) = (as_json(search), as_json(claim));
        report::json(&Json { cases: cases.len(), search, claim });
        return Ok(ExitStatus::Success);
    }
    show("the search will still find the repair, by the cost that it has come to", &search);
    show("what passed is right, by its cost", &claim);
    if let Some(out) = &args.out {
        report::line(&format!("written: {}", out.display()));
    }
    Ok(ExitStatus::Success)
}

fn as_json(found: Found) -> JsonFound {
    let [loss_isotonic, loss_logistic, loss_share] = found.losses;
    JsonFound {
        method: found.method,
        cases: found.fitted.cases,
        loss_isotonic,
        loss_logistic,
        loss_share,
        calibration_error: found.error,
        bins: found.bins,
    }
}

fn show(what: &str, found: &Found) {
    let [isotonic, logistic, share] = found.losses;
    report::line(&format!("{what}: {}, {} cases", found.method, found.fitted.cases));
    report::line("  samples  foretold  seen");
    for Bin { samples, foretold, seen } in &found.bins {
        report::line(&format!("  {samples:>7}  {foretold:>8.3}  {seen:>5.3}"));
    }
    report::line(&format!(
        "  loss on cases left out: isotonic {isotonic:.3}, logistic {logistic:.3}, the share alone \
         {share:.3} nats; expected calibration error {:.3}",
        found.error
    ));
}
