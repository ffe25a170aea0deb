//! `slm eval calibrate`: what the chances of the cascade are counted from.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::PathBuf;

use serde::Serialize;

use crate::agent::cascade::Calibration;
use crate::base::fs::{self, PathContext};
use crate::base::sanitize;
use crate::cli::report::{self, ExitStatus, Failure};
use crate::eval::calibrate::{
    Bin, FEWEST, Found, fit, fit_part, of_answers, of_claims, of_search, of_tier,
};
use crate::eval::compare::{Case, read};

/// Fit the chances that decide when a model is asked
///
/// Reads what `slm eval repair` has kept, fits a curve from the cost that a search has come to to the chance
/// that it still finds the repair, and one from the cost of a claim to the chance that it is right; the same for
/// each generator, and by how little a model expected its own answer, where enough was seen. Prints how far they can
/// be believed. `cascade.calibration` in the configuration names the file that --out writes.
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
    /// By generator, where enough was seen.
    tiers: BTreeMap<String, JsonFound>,
    /// By the surprise of a model at its own answer, where enough was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<JsonFound>,
}

/// What the results have enough of besides what is always fitted.
struct Parts {
    tiers: BTreeMap<String, Found>,
    answer: Option<Found>,
    /// What there is too little of, and how much there is.
    few: Vec<(String, usize)>,
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
    let parts = parts(&cases, bins);
    if let Some(out) = &args.out {
        let about = format!("{} cases of slm eval repair", cases.len());
        let mut made = Calibration::new(about, search.fitted.clone(), claim.fitted.clone());
        let fitted = |(tier, found): (&String, &Found)| (tier.clone(), found.fitted.clone());
        made.tiers = parts.tiers.iter().map(fitted).collect();
        made.answer = parts.answer.as_ref().map(|found| found.fitted.clone());
        fs::write(out, made.text()?)?;
    }
    if args.json {
        let tiers = parts.tiers.into_iter().map(|(tier, found)| (tier, as_json(found))).collect();
        report::json(&Json {
            cases: cases.len(),
            search: as_json(search),
            claim: as_json(claim),
            tiers,
            answer: parts.answer.map(as_json),
        });
        return Ok(ExitStatus::Success);
    }
    show("the search will still find the repair, by the cost that it has come to", &search);
    show("what passed is right, by its cost", &claim);
    for (tier, found) in &parts.tiers {
        show(&format!("what passed is right, by its cost, of {tier} alone"), found);
    }
    if let Some(found) = &parts.answer {
        show("what a model wrote is right, by its surprise at its own answer", found);
    }
    for (what, count) in &parts.few {
        report::line(&format!(
            "no curve of its own for {what}: {count} claims, and {FEWEST} with both ends are needed"
        ));
    }
    if let Some(out) = &args.out {
        report::line(&format!("written: {}", out.display()));
    }
    Ok(ExitStatus::Success)
}

/// Fits what has enough claims of its own.
fn parts(cases: &[Case], bins: usize) -> Parts {
    let names: BTreeSet<&String> = cases.iter().filter_map(|case| case.tier.as_ref()).collect();
    let (mut tiers, mut few) = (BTreeMap::new(), Vec::new());
    for tier in names {
        let samples = of_tier(cases, tier);
        match fit_part(&samples, bins) {
            Some(found) => drop(tiers.insert(tier.clone(), found)),
            None => few.push((sanitize(tier).into_owned(), samples.len())),
        }
    }
    let answers = of_answers(cases);
    let answer = fit_part(&answers, bins);
    if answer.is_none() {
        few.push(("a model's surprise at its answers".to_owned(), answers.len()));
    }
    Parts { tiers, answer, few }
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
