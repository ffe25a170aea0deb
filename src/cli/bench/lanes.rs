//! Several completions of one prompt at once.

use std::time::Duration;

use serde::Serialize;

use super::statistics::{Times, median, rate};
use super::{Round, Sizes};
use crate::engine::{GenerateRequest, Sampling};

/// Hot, so that each completion goes its own way.
const SAMPLING: Sampling = Sampling::Nucleus { temperature: 1.5, top_p: 1.0, top_k: 0, seed: 1 };

/// What the rounds took: how many completions, tokens of all, time.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes(Vec<(usize, usize, Duration)>);

/// So many completions.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Width {
    pub(super) n: usize,
    /// Of all of them.
    pub(super) tokens_per_second: f64,
    /// For all of them, the prompt not counted.
    pub(super) ms: Times,
}

impl Lanes {
    /// Each width once, on a prompt that was read before.
    pub(super) fn round(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        round.step("prompt of several completions");
        let request = GenerateRequest {
            max_tokens: sizes.part,
            sampling: SAMPLING,
            speculate: false,
            ..Default::default()
        };
        let (request, _) = round.begin("several", sizes.prompt, &request)?;
        for &n in sizes.lanes {
            round.step(&format!("{n} at once"));
            let usage = round.generate(&GenerateRequest { n, ..request.clone() })?.usage;
            // The first token of each comes of the prompt.
            self.0.push((n, usage.generated.saturating_sub(n), usage.decode));
        }
        Ok(())
    }

    pub(super) fn widths(&self, sizes: &Sizes) -> Vec<Width> {
        let width = |&n: &usize| {
            let list = || self.0.iter().filter(move |(found, ..)| *found == n);
            let rates: Vec<f64> = list().map(|(_, tokens, time)| rate(*tokens, *time)).collect();
            let times: Vec<Duration> = list().map(|(.., time)| *time).collect();
            Some(Width { n, tokens_per_second: median(&rates)?, ms: Times::of(&times)? })
        };
        sizes.lanes.iter().filter_map(width).collect()
    }
}
