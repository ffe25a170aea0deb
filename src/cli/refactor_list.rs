//! What could be better in a file: the list of `slm refactor FILE`.

use serde::Serialize;

use super::refactor::Plan;
use super::report::{self, ExitStatus, Failure};
use crate::agent::tasks::refactor::{self, Opportunity};
use crate::base::sanitize;
use crate::edit::Patch;

/// Entries shown to people; `--json` has all of them.
const SHOWN: usize = 20;

/// One entry of the list.
#[derive(Debug, Serialize)]
pub(super) struct JsonOpportunity {
    /// For `--pick`.
    number: usize,
    kind: &'static str,
    first_line: u32,
    last_line: u32,
    message: String,
    /// 0 to 100.
    benefit: f64,
    /// The step for `--goal`, when slm has an exact one.
    step: Option<String>,
}

/// The list, the most worthwhile first.
///
/// # Errors
/// A file that is no readable source.
pub(super) fn numbered(plan: &Plan<'_>) -> anyhow::Result<Vec<Opportunity>> {
    let tree = plan.tree(Patch::default());
    refactor::opportunities(&tree, &plan.path).map_err(|error| Failure::usage(error.to_string()))
}

/// Prints the list.
pub(super) fn show(plan: &Plan<'_>) -> anyhow::Result<ExitStatus> {
    let list = numbered(plan)?;
    if plan.args.is_json() {
        let mut json = plan.json("listed");
        json.opportunities = Some((1..).zip(&list).map(|(n, entry)| json_of(n, entry)).collect());
        report::json(&json);
        return Ok(ExitStatus::Success);
    }
    if list.is_empty() {
        report::line(&sanitize(&format!("{}: nothing that slm looks for", plan.path)));
        return Ok(ExitStatus::Success);
    }
    for (number, entry) in (1..).zip(list.iter().take(SHOWN)) {
        let lines = match entry.lines {
            (first, last) if first == last => format!("{first}"),
            (first, last) => format!("{first}-{last}"),
        };
        let kind = entry.smell.kind.name();
        report::line(&sanitize(&format!(
            "{number:>3}  {kind:<15} {}:{lines}  {}",
            plan.path, entry.smell.message
        )));
        if let Some(wish) = &entry.wish {
            report::line(&sanitize(&format!("     {:<15} {wish}", "")));
        }
    }
    if list.len() > SHOWN {
        report::line(&format!("     and {} more (--json lists all)", list.len() - SHOWN));
    }
    if list.iter().any(|entry| entry.wish.is_some()) {
        let file = plan.path.as_str();
        report::note(&format!("Preview one with its step: slm refactor {file} --pick N"));
    }
    Ok(ExitStatus::Success)
}

fn json_of(number: usize, entry: &Opportunity) -> JsonOpportunity {
    JsonOpportunity {
        number,
        kind: entry.smell.kind.name(),
        first_line: entry.lines.0,
        last_line: entry.lines.1,
        message: entry.smell.message.clone(),
        benefit: entry.smell.benefit,
        step: entry.wish.as_ref().map(ToString::to_string),
    }
}
