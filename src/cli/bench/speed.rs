//! Reading a prompt and writing one token after the other, beside llama-bench.

use std::time::Duration;

use serde::Serialize;

use super::peer::{Peer, Run};
use super::statistics::{Ratio, Times, median, rate};
use super::{Round, Sizes, workload};
use crate::engine::GenerateRequest;

/// Tokens before the text whose writing is timed: llama-bench writes into an empty context.
const SHORT_PROMPT: usize = 16;
/// Bytes to read before anything is timed.
const WARM_UP: usize = 64;

/// What the rounds took.
#[derive(Clone, Debug, Default)]
pub(super) struct Speed {
    /// Tokens, and their time.
    reads: Vec<(usize, Duration)>,
    /// Decode calls of one token, and their time.
    writes: Vec<(usize, Duration)>,
    gaps: Vec<Duration>,
    peer: Vec<Run>,
}

/// Reading one prompt.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Prefill {
    /// Of a prompt.
    pub(super) tokens: usize,
    /// Median of the rounds, as in the following.
    pub(super) tokens_per_second: f64,
    /// For the prompt.
    pub(super) ms: Times,
}

/// Writing.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Decode {
    /// In each round.
    pub(super) tokens: usize,
    pub(super) tokens_per_second: f64,
    /// From one token to the next, as they arrive here.
    pub(super) token_ms: Times,
}

/// llama-bench, with as many tokens, in the same rounds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Beside {
    pub(super) program: String,
    pub(super) build: String,
    /// Tokens per second, medians.
    pub(super) prefill: f64,
    pub(super) decode: f64,
    /// Our speed over its speed, in each round.
    pub(super) prefill_ratio: Ratio,
    pub(super) decode_ratio: Ratio,
    pub(super) peak_bytes: Option<u64>,
}

impl Speed {
    /// One round. Who begins takes turns: what else runs on the machine comes and goes.
    pub(super) fn round(
        &mut self,
        round: &mut Round<'_>,
        sizes: &Sizes,
        peer: Option<&Peer>,
    ) -> anyhow::Result<()> {
        let peer_first = round.number % 2 == 1;
        if let Some(peer) = peer.filter(|_| peer_first) {
            self.beside(round, peer)?;
        }
        self.own(round, sizes)?;
        if let Some(peer) = peer.filter(|_| !peer_first) {
            self.beside(round, peer)?;
        }
        Ok(())
    }

    fn own(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        // llama-bench warms up before it measures, and while it ran nobody touched our weights.
        // The text begins unlike the one whose reading is timed.
        let prompt = workload::prose(round.number, WARM_UP);
        round.generate(&GenerateRequest { prompt, max_tokens: 2, ..Default::default() })?;
        round.step("reading a prompt");
        let prompt = round.subject.code(&round.mark("prefill"), sizes.prompt)?;
        let request = GenerateRequest { prompt, max_tokens: 1, ..Default::default() };
        let usage = round.generate(&request)?.usage;
        self.reads.push((usage.prompt - usage.kept - usage.restored, usage.prefill));
        round.step("writing");
        // The first token comes of the prompt, so this is as many decode calls as llama-bench makes.
        let max_tokens = sizes.output + 1;
        let request = GenerateRequest { max_tokens, speculate: false, ..Default::default() };
        let (_, timed) = round.begin("decode", SHORT_PROMPT, &request)?;
        self.writes.push((timed.usage.calls, timed.usage.decode));
        self.gaps.extend(timed.gaps);
        Ok(())
    }

    fn beside(&mut self, round: &mut Round<'_>, peer: &Peer) -> anyhow::Result<()> {
        round.step("llama-bench");
        self.peer.push(peer.run(round.cancel)?);
        Ok(())
    }

    pub(super) fn prefill(&self) -> Option<Prefill> {
        let times: Vec<Duration> = self.reads.iter().map(|(_, time)| *time).collect();
        Some(Prefill {
            tokens: self.reads.first()?.0,
            tokens_per_second: median(&rates(&self.reads))?,
            ms: Times::of(&times)?,
        })
    }

    pub(super) fn decode(&self) -> Option<Decode> {
        Some(Decode {
            tokens: self.writes.first()?.0,
            tokens_per_second: median(&rates(&self.writes))?,
            token_ms: Times::of(&self.gaps)?,
        })
    }

    pub(super) fn beside_peer(&self, peer: &Peer) -> Option<Beside> {
        let prefill: Vec<f64> = self.peer.iter().map(|run| run.prefill).collect();
        let decode: Vec<f64> = self.peer.iter().map(|run| run.decode).collect();
        let ratio = |own: Vec<f64>, other: &[f64]| {
            Ratio::of(own.into_iter().zip(other).map(|(own, other)| own / other))
        };
        Some(Beside {
            program: peer.program.display().to_string(),
            build: self.peer.first()?.build.clone(),
            prefill: median(&prefill)?,
            decode: median(&decode)?,
            prefill_ratio: ratio(rates(&self.reads), &prefill)?,
            decode_ratio: ratio(rates(&self.writes), &decode)?,
            peak_bytes: self.peer.iter().filter_map(|run| run.peak).max(),
        })
    }
}

fn rates(list: &[(usize, Duration)]) -> Vec<f64> {
    list.iter().map(|(tokens, time)| rate(*tokens, *time)).collect()
}
