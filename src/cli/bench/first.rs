//! How long until the first token: with nothing known, with the prefix in memory, and on disk.

use std::time::Duration;

use serde::Serialize;

use super::statistics::Times;
use super::{Round, Sizes, Subject};
use crate::engine::{GenerateRequest, PrefixCache, Usage};

/// Bytes for states: enough for one.
const CACHE: u64 = 4 << 30;

/// What the rounds took.
#[derive(Clone, Debug, Default)]
pub(super) struct First {
    loads: Vec<Duration>,
    cold: Vec<(Duration, Usage)>,
    memory: Vec<(Duration, Usage)>,
    restart: Vec<(Duration, Usage)>,
}

/// Times to the first token of a loaded model.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Ttft {
    /// Of the prefix; a question of about 16 tokens follows it, another one each time.
    pub(super) prefix: usize,
    /// Nothing is known of the prefix.
    pub(super) cold: Source,
    /// The worker has just read it.
    pub(super) memory: Source,
    /// Another worker has read it before.
    pub(super) restart: Source,
}

/// Times, and how much of the prompt did not have to be read again in the last round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Source {
    pub(super) ms: Times,
    pub(super) tokens: usize,
    pub(super) kept: usize,
    pub(super) restored: usize,
}

impl First {
    /// One round: two workers of its own.
    pub(super) fn round(&mut self, round: &mut Round<'_>, sizes: &Sizes) -> anyhow::Result<()> {
        round.step("loading");
        let states = tempfile::tempdir()?;
        let cache = PrefixCache::open(states.path(), &round.setup.model, CACHE)?;
        let mut worker = Subject::open(round.setup, Some(cache.clone()), round.cancel)?;
        self.loads.push(worker.load);
        let prefix = worker.code(&round.mark("first token"), sizes.prefix)?;
        let ask = |worker: &mut Subject, question: &str| -> anyhow::Result<_> {
            let request = GenerateRequest {
                prompt: format!("{prefix}\n\n// What does {question} do, and who calls it?\n// "),
                max_tokens: 1,
                forced: Some("It".to_owned()),
                ..Default::default()
            };
            let timed = worker.generate(&request, round.cancel)?;
            // Forced, so something was written.
            Ok((timed.first.unwrap_or_default(), timed.usage))
        };
        round.step("first token, cold");
        self.cold.push(ask(&mut worker, "`unified`")?);
        round.step("first token, prefix in memory");
        self.memory.push(ask(&mut worker, "`hunks`")?);
        drop(worker);
        round.step("first token, after a restart");
        let mut worker = Subject::open(round.setup, Some(cache), round.cancel)?;
        self.loads.push(worker.load);
        self.restart.push(ask(&mut worker, "`stats`")?);
        Ok(())
    }

    pub(super) fn load(&self) -> Option<Times> {
        Times::of(&self.loads)
    }

    pub(super) fn ttft(&self, sizes: &Sizes) -> Option<Ttft> {
        Some(Ttft {
            prefix: sizes.prefix,
            cold: source(&self.cold)?,
            memory: source(&self.memory)?,
            restart: source(&self.restart)?,
        })
    }
}

fn source(list: &[(Duration, Usage)]) -> Option<Source> {
    let times: Vec<Duration> = list.iter().map(|(time, _)| *time).collect();
    let usage = list.last()?.1;
    let Usage { prompt: tokens, kept, restored, .. } = usage;
    Some(Source { ms: Times::of(&times)?, tokens, kept, restored })
}
