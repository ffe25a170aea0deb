//! What a grammar costs a token.

use std::time::Duration;

use serde::Serialize;

use super::statistics::{Ratio, Times, median};
use super::workload::{JSON, LINE_EDIT, LINES};
use super::{Round, Sizes};
use crate::engine::{GenerateRequest, Usage};

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
        round.step("no grammar");
        let max_tokens = sizes.part + 1;
        let request = GenerateRequest { max_tokens, speculate: false, ..Default::default() };
        let (request, timed) = round.begin("grammar", sizes.part, &request)?;
        self.free.push(of_a_token(&timed.usage));
        for ((name, grammar), times) in GRAMMARS.iter().zip(&mut self.under) {
            round.step(&format!("grammar: {name}"));
            let grammar = Some((*grammar).to_owned());
            let timed = round.generate(&GenerateRequest { grammar, ..request.clone() })?;
            times.push(of_a_token(&timed.usage));
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

fn of_a_token(usage: &Usage) -> Duration {
    usage.decode / u32::try_from(usage.calls.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_that_of_a_decode_call() {
        let usage = |calls, decode| Usage { calls, decode, ..Usage::default() };
        assert_eq!(of_a_token(&usage(4, Duration::from_secs(2))), Duration::from_millis(500));
        assert_eq!(of_a_token(&usage(0, Duration::from_secs(2))), Duration::from_secs(2));
        let milliseconds = |list: [u64; 3]| list.map(Duration::from_millis).to_vec();
        let grammars = Grammars {
            free: milliseconds([10, 20, 10]),
            under: std::array::from_fn(|_| milliseconds([11, 30, 12])),
        };
        let costs = grammars.costs();
        assert_eq!(costs.len(), GRAMMARS.len());
        assert!((costs[0].overhead_percent - 20.0).abs() < 1e-9, "{costs:?}");
    }
}
