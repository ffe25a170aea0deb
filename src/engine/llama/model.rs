//! Loading: the header check, llama.cpp's own, and a first token to see that numbers come out.

use std::path::Path;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

use super::adapter::{self, Adapter, Weights};
use super::chat::{self, TokenTexts};
use super::devices;
use super::embed::{self, Embedder};
use super::logs::Errors;
use super::sampling::log_normaliser;
use super::session::{Halt, Session, Size};
use super::threads;
use crate::base::size;
use crate::engine::gguf::{self, Pooling};
use crate::engine::memory::{self, KeyType, Wish};
use crate::engine::{Beyond, EngineError, Fim, LoadOptions, ModelInfo, PrefixCache};

/// Largest context, in tokens, whatever a file or a caller asks for: llama.cpp would try to
/// allocate any number.
const MAX_CONTEXT: usize = 131_072;
const MIN_CONTEXT: usize = 32;
const NO_NUMBERS: &str = "computes no numbers (NaN): the weights are damaged; download it again";

/// Loads at once, with what else is known when it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    pub(super) backend: &'static LlamaBackend,
    /// Bytes of memory that can be had; `None`: nobody knows.
    pub(super) memory: Option<u64>,
}

/// A model and what is known about it.
pub(super) struct Loaded {
    pub(super) model: LlamaModel,
    adapter: Option<Adapter>,
    pub(super) info: ModelInfo,
    pub(super) template: Option<String>,
    pub(super) texts: TokenTexts,
    /// `None` for a model that writes.
    pub(super) pooling: Option<Pooling>,
    /// `None`: as many as are free.
    pub(super) threads: Option<usize>,
    keys: KeyType,
    /// Bytes of memory, as estimated.
    pub(super) need: u64,
}

/// Loads `load.path`.
///
/// # Errors
/// [`EngineError::BadModel`].
pub(super) fn open(
    machine: Machine,
    load: &LoadOptions,
    errors: &Errors,
) -> Result<Loaded, EngineError> {
    let mut header = gguf::check(&load.path)?;
    let added = adapter::check(load.adapter.as_ref(), &load.path)?;
    header.shape.weights += added.as_ref().map_or(0, |adapter| adapter.bytes);
    let bad = |reason: String| EngineError::BadModel { path: load.path.clone(), reason };
    let context = bounded(load, &header).map_err(bad)?;
    let wish = Wish { context, keys: load.keys };
    let room = machine.memory.map(|bytes| bytes.saturating_add(devices::own_memory()));
    let fit = memory::fit(&header, wish, room).map_err(bad)?;
    if fit.context < context {
        tracing::warn!(
            "the context is {} tokens instead of {context}: {} of memory can be had",
            fit.context,
            size(room.unwrap_or_default()),
        );
    }
    errors.clear();
    let layers = load.gpu_layers.unwrap_or_else(|| devices::layers(&header, &fit));
    let params = LlamaModelParams::default().with_use_mmap(true).with_n_gpu_layers(layers);
    let mut model =
        LlamaModel::load_from_file(machine.backend, &load.path, &params).map_err(|error| {
            let cause = errors.cause().unwrap_or_else(|| error.to_string());
            bad(format!("llama.cpp cannot load it: {}", readable(&cause)))
        })?;
    let adapter = match (&load.adapter, &added) {
        (Some(wish), Some(header)) => Some(Adapter::load(&mut model, wish, header, errors)?),
        _ => None,
    };
    let vocab = model.vocab();
    let text_of = |token: LlamaToken| {
        let text = (token.0 >= 0).then(|| vocab.text(token)).flatten();
        text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let texts = TokenTexts { bos: text_of(vocab.bos()), eos: text_of(vocab.eos()) };
    let vocabulary = vocab.n_tokens().max(0) as usize;
    let embeds = header.pooling.is_some();
    let most = match header.pooling {
        Some(_) => embed::longest_text(vocabulary, model.n_head() as usize),
        None => usize::MAX,
    };
    let fim = || fim(vocab.fim_pre(), vocab.fim_suf(), vocab.fim_mid(), &text_of);
    let info = ModelInfo {
        name: header.name.clone().unwrap_or_else(|| file_name(&load.path)),
        path: Some(load.path.clone()),
        architecture: header.architecture.clone(),
        context: fit.context.min(most),
        vocabulary,
        parameters: header.parameters,
        // Embedding models made of language models bring the template of these along.
        has_chat_template: header.chat_template.is_some() && !embeds,
        calls_tools: header.chat_template.as_deref().is_some_and(chat::calls_tools) && !embeds,
        fim: (!embeds).then(fim).flatten(),
        repairs: header.repairs && !embeds,
        embeds: embeds.then(|| model.n_embd_out().max(0) as usize),
        adapter: adapter.as_ref().map(|adapter| adapter.info.clone()),
    };
    let (template, pooling) = (header.chat_template, header.pooling);
    let (threads, keys, need) = (load.threads, fit.keys, fit.need.total());
    Ok(Loaded { model, adapter, info, template, texts, pooling, threads, keys, need })
}

/// The context that is wished for, as far as the model was trained for it or stretches to it.
///
/// # Errors
/// Both numbers, when a longer one was asked for by somebody.
fn bounded(load: &LoadOptions, header: &gguf::Header) -> Result<usize, String> {
    let reached = usize::try_from(header.stretched).unwrap_or(usize::MAX);
    let most = MAX_CONTEXT.min(reached);
    let wished = load.context.max(MIN_CONTEXT);
    if wished <= most {
        return Ok(wished);
    }
    let trained = match reached <= MAX_CONTEXT {
        true => format!("was trained for contexts of {reached} tokens"),
        false => format!("can be used with contexts of {MAX_CONTEXT} tokens at most"),
    };
    match load.beyond {
        Beyond::Shorten => {}
        Beyond::Warn => {
            tracing::warn!("the context is {most} tokens instead of {wished}: the model {trained}");
        }
        Beyond::Refuse => {
            return Err(format!("{trained}, and {wished} were asked for: ask for at most {most}"));
        }
    }
    Ok(most)
}

impl Loaded {
    /// The context to work in, tried with one token: some damaged files load and compute NaN.
    ///
    /// # Errors
    /// [`EngineError::BadModel`].
    pub(super) fn session(
        &self,
        backend: &'static LlamaBackend,
        cache: Option<PrefixCache>,
    ) -> Result<Session<'_>, EngineError> {
        let bad = |reason: String| self.bad(reason);
        let size = Size { limit: self.info.context, keys: self.keys };
        let threads = threads::choose(self.threads);
        let mut session =
            Session::new(backend, self.weights(), size, threads, cache).map_err(bad)?;
        let first = session.tokenize_prompt("")?;
        let finite = match session.hold(&first, &|| false) {
            Ok(logits) => log_normaliser(logits).is_some(),
            Err(Halt::Failed(reason)) => return Err(bad(format!("does not compute: {reason}"))),
            Err(Halt::Full | Halt::Cancelled) => false,
        };
        if !finite {
            return Err(match &self.adapter {
                None => bad(format!("loads, but {NO_NUMBERS}")),
                Some(adapter) => EngineError::BadModel {
                    path: adapter.info.path.clone(),
                    reason: format!("on top of {} it {NO_NUMBERS}", self.info.name),
                },
            });
        }
        session.reset();
        Ok(session)
    }

    /// The context to make vectors in, tried with an empty text.
    ///
    /// # Errors
    /// [`EngineError::BadModel`].
    pub(super) fn embedder(
        &self,
        backend: &LlamaBackend,
        pooling: Pooling,
    ) -> Result<Embedder<'_>, EngineError> {
        let limit = self.info.context;
        let mut embedder =
            Embedder::new(backend, self.weights(), limit, pooling, threads::choose(self.threads))
                .map_err(|reason| self.bad(reason))?;
        match embedder.embed(&[String::new()], &|| false) {
            Ok(_) => Ok(embedder),
            Err(EngineError::BadRequest(reason)) => {
                Err(self.bad(format!("loads, but makes no vectors: {reason}; download it again")))
            }
            Err(other) => Err(other),
        }
    }

    fn weights(&self) -> Weights<'_> {
        Weights { model: &self.model, adapter: self.adapter.as_ref() }
    }

    fn bad(&self, reason: String) -> EngineError {
        EngineError::BadModel { path: self.info.path.clone().unwrap_or_default(), reason }
    }
}

/// The tokens' texts; without those before and after a gap there is nothing to ask with.
fn fim(
    prefix: LlamaToken,
    suffix: LlamaToken,
    middle: LlamaToken,
    text_of: &dyn Fn(LlamaToken) -> String,
) -> Option<Fim> {
    let known = |token| Some(text_of(token)).filter(|text| !text.is_empty());
    Some(Fim { prefix: known(prefix)?, suffix: known(suffix)?, middle: known(middle) })
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Drops the names of llama.cpp's functions and what needs no saying before the message.
pub(super) fn readable(message: &str) -> &str {
    // A C++ container's way to say that what was looked up in it is not there.
    if message.ends_with("map::at") {
        return "its vocabulary lacks a token that its architecture needs";
    }
    let mut rest = message.trim();
    while let Some((before, after)) = rest.split_once(": ") {
        let is_function = before.contains('_') && !before.contains(' ');
        if !is_function && !before.starts_with("error loading model") {
            break;
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_where_they_say_something() {
        let cases = [
            ("llama_model_load: error loading model: missing tensor 'x'", "missing tensor 'x'"),
            ("error loading model: check_dims: tensor 'x' not found", "tensor 'x' not found"),
            ("error loading model vocabulary: missing: key", "missing: key"),
            ("the file says: nothing", "the file says: nothing"),
            ("tensor 'x' has 3: too many", "tensor 'x' has 3: too many"),
            ("", ""),
        ];
        for (message, expected) in cases {
            assert_eq!(readable(message), expected);
        }
        assert!(readable("error loading model: unordered_map::at").contains("lacks a token"));
    }
}
