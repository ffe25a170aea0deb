//! What a grammar costs a token.

use std::time::Duration;

use serde::Serialize;

use super::statistics::{Ratio, Times, median};
use super::workload::{JSON, LINE_EDIT, LINES};
use super::{Round, Sizes};
use crate::engine::GenerateRequest;

/// From the one that allows nearly everything to the one that a random model never keeps to by itself.
const GRAMMARS: [(&str, &str); 3] = [("lines", LINES), ("line edit", LINE_EDIT), ("json", JSON)];

/// Mean time of a token in each round.
#[derive(Clone, Debug, Default)]
pub(super) struct Grammars {
    free: Vec<Duration>,
    under: [Vec<Duration>; GRAMMARS.len()],
}

/// One grammar.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    pub(super) grammar: &'static str,
    /// Of a token.
    pub(super) token_ms: Times,
    pub(super) free_token_ms: Times,
    /// Median of what a token takes longer, in percent; may be below 0 by chance.
    pub(super) overhead_percent: f64,
    /// Time of a token over its time without grammar.
    pub(super) ratio: Ratio,
}

impl Grammars {
    /// The same prompt without grammar and with each.
    pub(super) fn round(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        let prompt = round.subject.code(&round.mark("grammar"), sizes.part)?;
        let mut run = |name: &str, grammar: Option<&str>| -> anyhow::Result<Duration> {
            round.step(&format!("grammar: {name}"));
            let request = GenerateRequest {
                prompt: prompt.clone(),
                max_tokens: sizes.part + 1,
                grammar: grammar.map(str::to_owned),
                speculate: false,
                ..Default::default()
            };
            let usage = round.generate(&request)?.usage;
            Ok(usage.decode / u32::try_from(usage.calls.max(1)).unwrap_or(u32::MAX))
        };
        self.free.push(run("none", None)?);
        for ((name, grammar), times) in GRAMMARS.iter().zip(&mut self.under) {
            times.push(run(name, Some(grammar))?);
        }
        Ok(())
    }

    pub(super) fn costs(&self) -> Vec<Cost> {
        let cost = |((grammar, _), times): (&(&'static str, &str), &Vec<Duration>)| {
            let ratios: Vec<f64> = times
                .iter()
                .zip(&self.free)
                .map(|(under, free)| under.as_secs_f64() / free.as_secs_f64())
                .collect();
            Some(Cost {
                grammar,
                token_ms: Times::of(times)?,
                free_token_ms: Times::of(&self.free)?,
                overhead_percent: 100.0 * (median(&ratios)? - 1.0),
                ratio: Ratio::of(ratios)?,
            })
        };
        GRAMMARS.iter().zip(&self.under).filter_map(cost).collect()
    }
}
