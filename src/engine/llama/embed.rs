//! Vectors of texts: several texts are the sequences of one batch, and llama.cpp pools what it
//! computes for the tokens of each.
//!
//! An encoder sees a whole batch at once, or it aborts (`encoder requires n_ubatch >= n_tokens`);
//! a decoder pools only the part of a text that it computed last. So no batch is ever split, and
//! the bounds on what a batch costs are kept here.

use std::num::NonZeroU32;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{LlamaContextParams, LlamaPoolingType};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use super::adapter::Weights;
use super::session::{NO_FLASH_ATTENTION, Stop};
use crate::engine::gguf::Pooling;
use crate::engine::vectors::{MAX_TEXTS, cut, normalise};
use crate::engine::{EngineError, unquoted};

/// Longest text in tokens, whatever a model was trained for: time and memory of a batch that is
/// not split grow with its square, and a vector of more text says less of each part of it.
const MAX_TEXT: usize = 2048;
/// Memory in bytes for the attention of one text: a number for each head and pair of tokens.
const ATTENTION_BYTES: usize = 1 << 30;
/// Memory in bytes for the logits of one text: llama.cpp keeps room for those of every token, also
/// when none are wanted, and decoders compute them too.
const LOGITS_BYTES: usize = 512 << 20;
/// The same for several texts in one batch, which need not be together.
const SHARED_LOGITS_BYTES: usize = 128 << 20;
/// Tokens of several texts in one batch, at most: more gain no speed on a CPU, and every text pays
/// for the attention between all of them.
const SHARED: usize = 512;
/// Texts in one batch.
const LANES: usize = 32;

/// The longest text in tokens that memory allows, at least 33.
pub(super) fn longest_text(vocabulary: usize, heads: usize) -> usize {
    let by_attention = ATTENTION_BYTES / size_of::<f32>() / heads.max(1);
    let by_logits = LOGITS_BYTES / size_of::<f32>() / vocabulary.max(1);
    MAX_TEXT.min(by_attention.isqrt()).min(by_logits)
}

/// A context that makes vectors.
pub(super) struct Embedder<'m> {
    vocab: LlamaVocab<'m>,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    /// Longest text, in tokens, with those that the model wants around it.
    limit: usize,
    /// Most tokens of a batch of several texts.
    shared: usize,
}

impl<'m> Embedder<'m> {
    /// A context for texts of at most `limit` tokens.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn new(
        backend: &LlamaBackend,
        weights: Weights<'m>,
        limit: usize,
        pooling: Pooling,
        threads: i32,
    ) -> Result<Self, String> {
        let Weights { model, adapter } = weights;
        let vocab = model.vocab();
        let logits = vocab.n_tokens().max(1) as usize * size_of::<f32>();
        let shared = (SHARED_LOGITS_BYTES / logits).clamp(1, SHARED);
        // llama.cpp reserves memory for a token of every sequence.
        let tokens = limit.max(shared).next_multiple_of(LANES);
        let size = |n: usize| u32::try_from(n).map_err(|_| "the context is too large".to_owned());
        let pooling = match pooling {
            Pooling::Mean => LlamaPoolingType::Mean,
            Pooling::First => LlamaPoolingType::Cls,
            Pooling::Last => LlamaPoolingType::Last,
        };
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size(tokens)?))
            .with_n_batch(size(tokens)?)
            .with_n_ubatch(size(tokens)?)
            .with_n_seq_max(size(LANES)?)
            .with_kv_unified(true)
            .with_embeddings(true)
            .with_pooling_type(pooling)
            .with_flash_attention_policy(NO_FLASH_ATTENTION)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let mut context = model
            .new_context(backend, params)
            .map_err(|_| format!("there is no memory for texts of {limit} tokens"))?;
        if let Some(adapter) = adapter {
            adapter.set(&mut context)?;
        }
        // What llama.cpp made of the wishes is what counts.
        let tokens = tokens.min(context.n_ubatch() as usize).min(context.n_ctx() as usize);
        Ok(Self {
            vocab,
            context,
            batch: LlamaBatch::new(tokens, LANES as i32),
            limit: limit.min(tokens),
            shared: shared.min(tokens),
        })
    }

    /// Text to tokens, without those that the model wants around it. Control tokens are not
    /// recognised: whoever asks for the vector of a file wants that of what is written there.
    pub(super) fn tokenize(&self, text: &str) -> Vec<LlamaToken> {
        let mut tokens = self.vocab.tokenize(unquoted(text).as_bytes(), false, false);
        // A vocabulary without a token for the unknown gives -1.
        tokens.retain(|token| self.knows(*token));
        tokens
    }

    /// The vector of each text, as [`crate::engine::Engine::embed`] describes.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`], between batches; [`EngineError::BadRequest`] for too many texts,
    /// or a model that computes no numbers.
    pub(super) fn embed(
        &mut self,
        texts: &[String],
        stop: Stop<'_>,
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        if texts.len() > MAX_TEXTS {
            return Err(EngineError::BadRequest(format!("{} texts at once", texts.len())));
        }
        let mut tokens = Vec::with_capacity(texts.len());
        for text in texts {
            if stop() {
                return Err(EngineError::Cancelled);
            }
            tokens.push(self.framed(text)?);
        }
        let mut vectors = Vec::with_capacity(texts.len());
        while vectors.len() < tokens.len() {
            if stop() {
                return Err(EngineError::Cancelled);
            }
            let rest = &tokens[vectors.len()..];
            let together = &rest[..fitting(rest, self.shared)];
            let pooled = self.pooled(together).map_err(EngineError::BadRequest)?;
            vectors.extend(pooled);
        }
        Ok(vectors)
    }

    /// The tokens of a text between those that the model was trained to see around one, cut in
    /// front of the last of these.
    fn framed(&self, text: &str) -> Result<Vec<LlamaToken>, EngineError> {
        let vocab = &self.vocab;
        // What llama.cpp's `tokenize` adds, which aborts where such a token is absent. It asks for
        // the kind of vocabulary instead of `should_add_sep`; files agree.
        let known =
            |wanted: bool, token: LlamaToken| (wanted && self.knows(token)).then_some(token);
        let first = known(vocab.should_add_bos(), vocab.bos());
        let last = known(vocab.should_add_eos(), vocab.eos())
            .or_else(|| known(vocab.should_add_sep(), vocab.sep()));
        let frame = usize::from(first.is_some()) + usize::from(last.is_some());
        let mut inner = self.tokenize(cut(text, self.limit));
        inner.truncate(self.limit.saturating_sub(frame));
        let mut tokens: Vec<LlamaToken> = first.into_iter().chain(inner).chain(last).collect();
        if tokens.is_empty() {
            // Something must stand for nothing.
            let any = [vocab.bos(), vocab.eos(), vocab.sep(), vocab.pad()];
            let any = any.into_iter().find(|token| self.knows(*token));
            tokens.push(
                any.ok_or_else(|| EngineError::BadRequest("a text without tokens".to_owned()))?,
            );
        }
        Ok(tokens)
    }

    fn knows(&self, token: LlamaToken) -> bool {
        (0..self.vocab.n_tokens()).contains(&token.0)
    }

    /// One vector for each of these texts, which are the sequences of one batch.
    fn pooled(&mut self, texts: &[Vec<LlamaToken>]) -> Result<Vec<Vec<f32>>, String> {
        if texts.len() > LANES {
            return Err(format!("{} texts in one batch", texts.len()));
        }
        // Decoders remember; encoders have nothing to forget.
        self.context.clear_kv_cache();
        self.batch.clear();
        for (lane, text) in texts.iter().enumerate() {
            for (position, &token) in text.iter().enumerate() {
                self.batch
                    .add(token, position as i32, &[lane as i32], true)
                    .map_err(|error| error.to_string())?;
            }
        }
        self.context.decode(&mut self.batch).map_err(|error| error.to_string())?;
        (0..texts.len())
            .map(|lane| {
                let vector = self.context.embeddings_seq_ith(lane as i32);
                let vector = vector.map_err(|error| error.to_string())?;
                normalise(vector.to_vec()).ok_or_else(|| {
                    "it computes no numbers (NaN), the weights are damaged".to_owned()
                })
            })
            .collect()
    }
}

/// How many of `texts`, from the first on, make one batch of at most `shared` tokens: at least one.
fn fitting(texts: &[Vec<LlamaToken>], shared: usize) -> usize {
    let mut tokens = 0;
    texts
        .iter()
        .take(LANES)
        .enumerate()
        .take_while(|(index, text)| {
            tokens += text.len();
            *index == 0 || tokens <= shared
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_and_texts_are_bounded() {
        let texts = |length: usize, count: usize| vec![vec![LlamaToken(1); length]; count];
        assert_eq!(fitting(&texts(10, 100), 512), LANES);
        assert_eq!(fitting(&texts(100, 100), 512), 5);
        assert_eq!(fitting(&texts(2000, 3), 512), 1);
        assert_eq!(fitting(&texts(512, 1), 512), 1);
        assert_eq!(longest_text(30_522, 12), 2048);
        assert_eq!(longest_text(151_936, 16), 883);
        assert_eq!(longest_text(1000, 1024), 512);
        assert!(longest_text(4_000_000, 1024) >= 33);
    }
}
