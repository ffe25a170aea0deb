//! What a grammar costs a token.

use std::time::Duration;

use serde::Serialize;

use super::statistics::{Ratio, Times, median};
use super::workload::{JSON, LINE_EDIT, LINES};
use super::{Round, Sizes};
use crate::engine::{GenerateRequest, Usage};

/// From the one that allows nearly everything to the one that a random model never keeps to by itself.
const GRAMMARS: [(&str, &str); 3] = [("lines", LINES), ("line edit", LINE_EDIT), ("json", JSON)];

/// Mean times of a token in each round.
#[derive(Clone, Debug, Default)]
pub(super) struct Grammars {
    free: Vec<Token>,
    under: [Vec<Token>; GRAMMARS.len()],
}

/// What one token took.
#[derive(Clone, Copy, Debug)]
struct Token {
    all: Duration,
    /// Of it: choosing among the vocabulary.
    choosing: Duration,
}

/// One grammar.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    pub(super) grammar: &'static str,
    /// Of a token.
    pub(super) token_ms: Times,
    pub(super) free_token_ms: Times,
    /// Median of what choosing a token takes longer, in percent of a token's time without grammar.
    /// The choice is timed by itself: whole tokens differ by more than it takes from one run to the
    /// next.
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
        let all = |tokens: &[Token]| tokens.iter().map(|t| t.all).collect::<Vec<Duration>>();
        let cost = |((grammar, _), under): (&(&'static str, &str), &Vec<Token>)| {
            let pairs = || under.iter().zip(&self.free);
            let ratios: Vec<f64> =
                pairs().map(|(under, free)| under.all.div_duration_f64(free.all)).collect();
            let shares: Vec<f64> = pairs()
                .map(|(under, free)| {
                    let [under, without] =
                        [under, free].map(|t| t.choosing.div_duration_f64(free.all));
                    100.0 * (under - without)
                })
                .collect();
            Some(Cost {
                grammar,
                token_ms: Times::of(&all(under))?,
                free_token_ms: Times::of(&all(&self.free))?,
                overhead_percent: median(&shares)?,
                ratio: Ratio::of(ratios)?,
            })
        };
        GRAMMARS.iter().zip(&self.under).filter_map(cost).collect()
    }
}

fn of_a_token(usage: &Usage) -> Token {
    let each =
        |time: Duration, count: usize| time / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    Token { all: each(usage.decode, usage.calls), choosing: each(usage.choosing, usage.generated) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_that_of_choosing() {
        let milliseconds = Duration::from_millis;
        let usage =
            |calls| Usage { calls, decode: milliseconds(2000), generated: 8, ..Usage::default() };
        assert_eq!(of_a_token(&usage(4)).all, milliseconds(500));
        assert_eq!(of_a_token(&usage(0)).all, milliseconds(2000));
        let token = |all, choosing: u64| Token {
            all: milliseconds(all),
            choosing: of_a_token(&Usage { choosing: milliseconds(8 * choosing), ..usage(1) })
                .choosing,
        };
        let grammars = Grammars {
            free: vec![token(100, 1), token(200, 1), token(100, 1)],
            under: std::array::from_fn(|_| vec![token(90, 3), token(300, 5), token(120, 11)]),
        };
        let costs = grammars.costs();
        assert_eq!(costs.len(), GRAMMARS.len());
        assert!((costs[0].overhead_percent - 2.0).abs() < 1e-9, "{costs:?}");
        assert!((costs[0].ratio.median - 1.2).abs() < 1e-9, "{costs:?}");
    }
}
