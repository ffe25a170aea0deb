//! `slm eval complete`: how much of a model's completions a person would take.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::base::Cancel;
use crate::base::fs;
use crate::cli::report::{self, ExitStatus, Failure};
use crate::cli::{chosen, model, watch};
use crate::config::{self, Environment};
use crate::eval::compare::Case;
use crate::eval::gaps::{Filled, Gap, fill, gaps};
use crate::models::registry::Role;

/// Take texts out of real files and have the model put them back
///
/// Give it code that the model did not learn from. A completion is accepted when its first line is what
/// stood there.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder with source files
    folder: PathBuf,
    /// A GGUF model that can fill in the middle
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Gaps in each file at most
    #[arg(long, value_name = "N", default_value_t = 5)]
    each: usize,
    /// Gaps altogether at most, evenly from all files
    #[arg(long, value_name = "N", default_value_t = 500)]
    limit: usize,
    /// Tokens of a completion at most
    #[arg(long, value_name = "N", default_value_t = 64)]
    max_tokens: usize,
    /// Where results go, one JSON object a line, for `slm eval compare`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print a summary as one JSON object, the last line of standard output
    #[arg(long)]
    json: bool,
}

/// What a run came to.
#[derive(Debug, Serialize)]
struct Summary {
    model: String,
    /// By kind of gap, and all together as "all".
    kinds: BTreeMap<String, Share>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Share {
    gaps: usize,
    accepted: usize,
    exact: usize,
    empty: usize,
    /// Seconds for all of them.
    seconds: f64,
}

/// Runs `slm eval complete`.
///
/// # Errors
/// No source files, no model, a model that cannot do it.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let config = config::load(&environment.config_file())?;
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let chosen = chosen::choose(Role::Complete, args.model.as_deref(), environment, &config)?;
    let Some(model) = chosen else {
        return Err(Failure::usage("there is no model to measure: give --model FILE"));
    };
    let mut gaps = gaps(&args.folder, args.each);
    if gaps.is_empty() {
        return Err(Failure::usage(format!("{} holds no source code", args.folder.display())));
    }
    let every = gaps.len().div_ceil(args.limit.max(1));
    gaps = gaps.into_iter().step_by(every).collect();
    let mut engine = model::open_cold(&model, config.model.context, environment, &cancel)?;
    let mut summary = Summary { model: engine.info().name.clone(), kinds: BTreeMap::new() };
    let mut lines = String::new();
    for gap in &gaps {
        let filled = fill(engine.as_mut(), gap, args.max_tokens, &cancel)
            .map_err(|error| Failure::environment(error.to_string()))?;
        if cancel.is_cancelled() {
            return Ok(ExitStatus::Interrupted);
        }
        for kind in [gap.kind.to_string(), "all".to_owned()] {
            summary.kinds.entry(kind).or_default().add(filled);
        }
        lines.push_str(&serde_json::to_string(&case(gap, filled))?);
        lines.push('\n');
    }
    if let Some(out) = &args.out {
        fs::write(out, lines)?;
    }
    if args.json {
        report::json(&summary);
    } else {
        for (kind, share) in &summary.kinds {
            report::line(&share.said_of(kind));
        }
    }
    Ok(ExitStatus::Success)
}

fn case(gap: &Gap, filled: Filled) -> Case {
    let outcome = match filled {
        Filled { accepted: true, .. } => "repaired",
        Filled { empty: true, .. } => "no claim",
        _ => "claimed wrongly",
    };
    Case {
        id: gap.id.clone(),
        outcome: outcome.to_owned(),
        seconds: Some(filled.seconds),
        operator: Some(gap.kind.to_string()),
        ..Case::default()
    }
}

impl Share {
    fn add(&mut self, filled: Filled) {
        self.gaps += 1;
        self.accepted += usize::from(filled.accepted);
        self.exact += usize::from(filled.exact);
        self.empty += usize::from(filled.empty);
        self.seconds += filled.seconds;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of gaps")]
    fn said_of(&self, kind: &str) -> String {
        let percent = |part: usize| 100.0 * part as f64 / self.gaps.max(1) as f64;
        format!(
            "{kind:<14} {:>5} gaps, {:>5.1} % accepted, {:>5.1} % exact, {:>5.1} % empty, {:.0} ms each",
            self.gaps,
            percent(self.accepted),
            percent(self.exact),
            percent(self.empty),
            1e3 * self.seconds / self.gaps.max(1) as f64
        )
    }
}
