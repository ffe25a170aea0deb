//! One model's context: tokens in, logits out, and the prefix that stays between requests.
//!
//! Sequence 0 holds the latest prompt. A new request keeps what its prompt shares with that, or with
//! a state of the prefix cache where that is more, and decodes only the rest. Parallel completions and continuations are sequences 1 and up that share
//! the cells of sequence 0 (one unified cache), so a shared prefix is computed and stored once.
//!
//! llama.cpp aborts on a batch larger than `n_batch`, on logits that were not asked for and on a
//! sequence number out of range; the bounds are kept here and nowhere else.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use super::adapter::Weights;
use super::prefix::Shelves;
use crate::engine::memory::{self, KeyType};
use crate::engine::quoting::{Piece, pieces};
use crate::engine::{EngineError, PrefixCache};

/// Tokens decoded between two looks at the cancel flag.
const PREFILL: usize = memory::UBATCH;
/// llama.cpp's `n_batch`: the most tokens of one decode call.
const BATCH: usize = 512;
/// Sequences beside number 0.
pub(super) const LANES: usize = 32;
/// How long a choice of threads stands: a new context costs as much as a few tokens.
const STEADY: Duration = Duration::from_secs(5);
/// Memory for the logits of one decode call, in bytes.
const LOGITS_BYTES: usize = 64 << 20;

/// `LLAMA_FLASH_ATTN_TYPE_DISABLED`. On the CPU that kernel sums in half precision and depends on
/// the shape of the batch: a score would differ in its third digit with what is scored beside it.
pub(super) const NO_FLASH_ATTENTION: i32 = 0;

/// Changes with every change of what llama.cpp's states depend on besides the model file: its version,
/// attention, types of the cache.
const STATE_DEPENDS_ON: &str = "llama-cpp-sys-2 0.1.161, no flash attention";

/// Why decoding did not go through.
#[derive(Debug)]
pub(super) enum Halt {
    /// The request was cancelled.
    Cancelled,
    /// No room for more tokens.
    Full,
    Failed(String),
}

/// Asked between decode calls: shall the request end?
pub(super) type Stop<'a> = &'a dyn Fn() -> bool;

/// One token to decode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) token: LlamaToken,
    pub(super) position: usize,
    /// The lanes it belongs to, each 1 to [`LANES`]. Lanes may share a token as long as they were
    /// branched together and have not been decoded apart since.
    pub(super) lanes: &'a [i32],
}

/// Tokens of the latest prompt that need not be decoded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// In memory.
    pub(super) kept: usize,
    /// On disk.
    pub(super) restored: usize,
}

/// What a context is made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Longest sequence, in tokens.
    pub(super) limit: usize,
    pub(super) keys: KeyType,
}

/// A context with its cache.
pub(super) struct Session<'m> {
    pub(super) vocab: LlamaVocab<'m>,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    /// Tokens of sequence 0.
    resident: Vec<LlamaToken>,
    shelves: Shelves,
    found: Found,
    /// Longest sequence, in tokens.
    limit: usize,
    cells: usize,
    /// Most tokens of one decode call that llama.cpp takes.
    rows: usize,
    attends: bool,
    backend: &'static LlamaBackend,
    weights: Weights<'m>,
    size: Size,
    threads: i32,
    tuned: Instant,
}

/// A context of this size. On a machine with little memory it may fail where the estimate said yes.
fn open<'m>(
    backend: &LlamaBackend,
    weights: Weights<'m>,
    size: Size,
    threads: i32,
) -> Result<LlamaContext<'m>, String> {
    let number = |n: usize| u32::try_from(n).map_err(|_| "the context is too large".to_owned());
    let keys = match size.keys {
        KeyType::F16 => KvCacheType::F16,
        KeyType::Q8_0 => KvCacheType::Q8_0,
    };
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(number(memory::cells(size.limit))?))
        .with_n_batch(number(BATCH)?)
        .with_n_ubatch(number(PREFILL)?)
        .with_n_seq_max(number(LANES + 1)?)
        .with_kv_unified(true)
        .with_type_k(keys)
        .with_flash_attention_policy(NO_FLASH_ATTENTION)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = weights
        .model
        .new_context(backend, params)
        .map_err(|_| format!("there is no memory for a context of {} tokens", size.limit))?;
    if let Some(adapter) = weights.adapter {
        adapter.set(&mut context)?;
    }
    Ok(context)
}

impl<'m> Session<'m> {
    /// A context of `limit` tokens.
    pub(super) fn new(
        backend: &'static LlamaBackend,
        weights: Weights<'m>,
        size: Size,
        threads: i32,
        disk: Option<PrefixCache>,
    ) -> Result<Self, String> {
        let model = weights.model;
        let context = open(backend, weights, size, threads)?;
        let cells = memory::cells(size.limit);
        // What llama.cpp made of the wishes is what counts.
        let cells = cells.min(context.n_ctx() as usize);
        let rows = BATCH.min(context.n_batch() as usize);
        let attends = !model.is_recurrent() && !model.is_hybrid();
        let adapter = weights.adapter.map(|adapter| format!(", {}", adapter.key()));
        let depends = format!("{STATE_DEPENDS_ON}, {:?}{}", size.keys, adapter.unwrap_or_default());
        Ok(Self {
            rows,
            attends,
            shelves: Shelves::new(disk, &depends, attends),
            found: Found::default(),
            vocab: model.vocab(),
            batch: LlamaBatch::new(BATCH, LANES as i32 + 1),
            context,
            resident: Vec::new(),
            limit: size.limit.min(cells),
            cells,
            backend,
            weights,
            size,
            threads,
            tuned: Instant::now(),
        })
    }

    /// Longest sequence, in tokens.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Goes on with so many threads, if it has not been changed just now: a machine that was busy when
    /// the model was loaded is free later, and the other way round.
    ///
    /// llama.cpp's threads can only be chosen with a context, so there is a new one, with the old state.
    pub(super) fn tune(&mut self, threads: i32) {
        let short = || {
            let cells = self.context.get_state_size() as u64;
            memory::available().is_some_and(|free| free < 2 * cells)
        };
        if threads == self.threads || self.tuned.elapsed() < STEADY || short() {
            return;
        }
        self.tuned = Instant::now();
        let state = self.context.state_seq_get(0, LlamaStateSeqFlags::empty());
        let Ok(context) = open(self.backend, self.weights, self.size, threads) else { return };
        self.context = context;
        self.threads = threads;
        if !state.is_ok_and(|state| self.context.state_seq_set(&state, 0).is_ok()) {
            self.reset();
        }
    }

    /// Cells left for lanes beside the prompt.
    pub(super) fn spare_cells(&self) -> usize {
        self.cells.saturating_sub(self.resident.len())
    }

    /// Most tokens that one [`Session::decode`] takes, so that their logits fit in memory.
    pub(super) fn rows(&self) -> usize {
        let vocabulary = (self.vocab.n_tokens().max(1) as usize) * size_of::<f32>();
        (LOGITS_BYTES / vocabulary).max(LANES).min(self.rows)
    }

    /// Whether lanes may share tokens: only attention looks back at single tokens.
    pub(super) fn can_share(&self) -> bool {
        self.attends
    }

    /// Text to tokens; control tokens are recognised outside quoted regions.
    pub(super) fn tokenize(&self, text: &str) -> Vec<LlamaToken> {
        let mut out = Vec::new();
        for piece in pieces(text) {
            let (text, special) = match piece {
                Piece::Markup(text) => (text, true),
                Piece::Plain(text) => (text, false),
            };
            out.extend(self.vocab.tokenize(text.as_bytes(), false, special));
        }
        out
    }

    /// A prompt's tokens, with the beginning-of-text token when the model wants one.
    pub(super) fn tokenize_prompt(&self, text: &str) -> Result<Vec<LlamaToken>, EngineError> {
        let mut tokens = self.tokenize(text);
        let bos = self.vocab.bos();
        if self.vocab.should_add_bos() && bos.0 >= 0 && tokens.first() != Some(&bos) {
            tokens.insert(0, bos);
        }
        if tokens.is_empty() {
            // Something must precede the first token: its logits are asked for.
            let first = [bos, self.vocab.eos()].into_iter().find(|token| token.0 >= 0);
            tokens.push(
                first.ok_or_else(|| EngineError::BadRequest("the prompt is empty".to_owned()))?,
            );
        }
        if tokens.len() >= self.limit {
            return Err(EngineError::PromptTooLong { prompt: tokens.len(), context: self.limit });
        }
        Ok(tokens)
    }

    /// Makes `tokens` the content of sequence 0 and returns the logits after the last of them.
    pub(super) fn hold(&mut self, tokens: &[LlamaToken], stop: Stop<'_>) -> Result<&[f32], Halt> {
        let keep = self.prepare(tokens);
        let fresh = &tokens[keep..];
        let mut row = 0;
        let size = PREFILL.min(self.rows);
        for (index, chunk) in fresh.chunks(size).enumerate() {
            if stop() {
                return Err(Halt::Cancelled);
            }
            let last_chunk = (index + 1) * size >= fresh.len();
            self.batch.clear();
            for (offset, &token) in chunk.iter().enumerate() {
                let position = self.resident.len() + offset;
                let wants_logits = last_chunk && offset + 1 == chunk.len();
                self.add(Step { token, position, lanes: &[0] }, wants_logits)?;
            }
            row = chunk.len() - 1;
            self.run()?;
            self.resident.extend_from_slice(chunk);
        }
        self.logits(row)
    }

    /// Leaves in sequence 0 what it shares with `tokens`, from the prefix cache if there is more of it;
    /// gives the number of tokens.
    fn prepare(&mut self, tokens: &[LlamaToken]) -> usize {
        let shared = |resident: &[LlamaToken]| {
            let shared = resident.iter().zip(tokens).take_while(|(a, b)| a == b).count();
            // The last token is decoded again: its logits are gone.
            shared.min(tokens.len().saturating_sub(1))
        };
        let mut keep = shared(&self.resident);
        self.shelves.displace(&self.context, &self.resident, keep);
        let mut from_disk = false;
        if let Some((resident, disk)) = self.shelves.restore(&mut self.context, tokens, keep) {
            self.resident = resident;
            keep = shared(&self.resident);
            from_disk = disk;
        }
        if keep < self.resident.len() {
            let from = u32::try_from(keep).ok();
            if self.context.kv_cache_seq_rm(0, from, None).is_err() {
                // Recurrent models cannot forget a part.
                self.context.clear_kv_cache();
                keep = 0;
            }
            self.resident.truncate(keep);
        }
        let (kept, restored) = if from_disk { (0, keep) } else { (keep, 0) };
        self.found = Found { kept, restored };
        keep
    }

    /// Tokens of the latest [`Session::hold`] that were there already.
    pub(super) fn found(&self) -> Found {
        self.found
    }

    /// Saves what sequence 0 holds for processes to come, if computing it took long enough.
    pub(super) fn save(&self, took: Duration) {
        self.shelves.save(&self.context, &self.resident, took);
    }

    /// Whether the last tokens of a lane can be taken back.
    pub(super) fn can_forget(&self) -> bool {
        self.attends
    }

    /// Takes back the tokens of `lane` from `position` on.
    pub(super) fn forget(&mut self, lane: i32, position: usize) -> Result<(), Halt> {
        let from = u32::try_from(position).ok();
        self.context
            .kv_cache_seq_rm(lane, from, None)
            .map_err(|error| Halt::Failed(error.to_string()))
    }

    /// Lets lanes 1 to `count` begin where sequence 0 ends.
    pub(super) fn branch(&mut self, count: usize) -> Result<(), Halt> {
        for lane in 1..=count.min(LANES) {
            self.context
                .kv_cache_seq_cp(0, lane as i32, None, None)
                .map_err(|error| Halt::Failed(error.to_string()))?;
        }
        Ok(())
    }

    /// Forgets lanes 1 to `count`.
    pub(super) fn release(&mut self, count: usize) {
        for lane in 1..=count.min(LANES) {
            if self.context.kv_cache_seq_rm(lane as i32, None, None).is_err() {
                self.reset();
                return;
            }
        }
    }

    /// Decodes `steps`, at most [`Session::rows`], in one call; logits of each are available.
    pub(super) fn decode(&mut self, steps: &[Step<'_>]) -> Result<(), Halt> {
        if steps.len() > self.rows {
            return Err(Halt::Failed(format!("{} tokens in one batch", steps.len())));
        }
        self.batch.clear();
        for &step in steps {
            self.add(step, true)?;
        }
        self.run()
    }

    /// Logits after step `row` of the latest decode call.
    pub(super) fn logits(&self, row: usize) -> Result<&[f32], Halt> {
        if row >= self.batch.n_tokens().max(0) as usize {
            return Err(Halt::Failed(format!("no logits for row {row}")));
        }
        Ok(self.context.get_logits_ith(row as i32))
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.context.clear_kv_cache();
        self.resident.clear();
    }

    fn add(&mut self, step: Step<'_>, logits: bool) -> Result<(), Halt> {
        let Step { token, position, lanes } = step;
        let known = (0..self.vocab.n_tokens()).contains(&token.0);
        let lanes_exist = lanes.iter().all(|lane| (0..=LANES as i32).contains(lane));
        // More lanes than the batch was made for would be written past its end.
        if !known || !lanes_exist || lanes.is_empty() || lanes.len() > LANES {
            return Err(Halt::Failed(format!("token {} in lanes {lanes:?}", token.0)));
        }
        if position >= self.limit {
            return Err(Halt::Full);
        }
        self.batch
            .add(token, position as i32, lanes, logits)
            .map_err(|error| Halt::Failed(error.to_string()))
    }

    fn run(&mut self) -> Result<(), Halt> {
        if self.batch.n_tokens() == 0 {
            return Ok(());
        }
        self.context.decode(&mut self.batch).map_err(|error| match error {
            DecodeError::NoKvCacheSlot => Halt::Full,
            other => {
                self.context.clear_kv_cache();
                self.resident.clear();
                Halt::Failed(other.to_string())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LoadOptions;
    use crate::engine::llama::backend;
    use crate::engine::llama::logs::Errors;
    use crate::engine::llama::model::{self, Machine};
    use crate::engine::llama::tests::fixture;

    #[test]
    fn other_threads_go_on_with_the_same_state() {
        let backend = backend().unwrap();
        {
            let options = LoadOptions {
                context: 512,
                threads: Some(1),
                ..LoadOptions::new(fixture("tiny-llama.gguf"))
            };
            let machine = Machine { backend, memory: None };
            let loaded = model::open(machine, &options, &Errors::default()).unwrap();
            let mut session = loaded.session(backend, None).unwrap();
            let tokens = session.tokenize_prompt(&"def f(x): return x\n".repeat(8)).unwrap();
            let before = session.hold(&tokens, &|| false).unwrap().to_vec();
            session.tune(2);
            assert_eq!(session.threads, 1, "it was changed just now");
            session.tuned = Instant::now() - 2 * STEADY;
            session.tune(2);
            assert_eq!(session.threads, 2);
            let after = session.hold(&tokens, &|| false).unwrap().to_vec();
            assert_eq!(session.found().kept, tokens.len() - 1);
            // Not only alike: what a token's logits are does not depend on the threads.
            assert_eq!(before.len(), after.len());
            let far = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 1e-4, "{far}");
        }
    }
}
