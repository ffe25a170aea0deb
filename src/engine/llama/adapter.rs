//! A LoRA adapter on a loaded model: read once, before the model has a context, and set in each
//! context that is made of it.

use std::cell::RefCell;
use std::path::Path;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};

use super::logs::Errors;
use super::model::{file_name, readable};
use crate::engine::{AdapterInfo, AdapterOptions, EngineError, gguf, prefix};

/// What a context computes with.
#[derive(Clone, Copy)]
pub(super) struct Weights<'m> {
    pub(super) model: &'m LlamaModel,
    pub(super) adapter: Option<&'m Adapter>,
}

/// An adapter of a model. llama.cpp keeps it in the model, and frees it with that.
pub(super) struct Adapter {
    handle: RefCell<LlamaLoraAdapter>,
    pub(super) info: AdapterInfo,
    identity: String,
}

/// The header of the adapter, if one is wanted, held against that of the model at `base`.
///
/// # Errors
/// [`EngineError::BadModel`] with the adapter's path.
pub(super) fn check(
    wish: Option<&AdapterOptions>,
    base: &Path,
) -> Result<Option<gguf::Adapter>, EngineError> {
    let Some(wish) = wish else { return Ok(None) };
    wish.check_scale()?;
    let adapter = gguf::check_adapter_for(&wish.path, base)?;
    if adapter.unused > 0 {
        tracing::warn!(
            "{}: {} norms in it are not used: llama.cpp leaves the base model's as they are",
            wish.path.display(),
            adapter.unused
        );
    }
    Ok(Some(adapter))
}

impl Adapter {
    /// Adds what [`check`] found to `model`.
    ///
    /// # Errors
    /// [`EngineError::BadModel`].
    pub(super) fn load(
        model: &mut LlamaModel,
        wish: &AdapterOptions,
        header: &gguf::Adapter,
        errors: &Errors,
    ) -> Result<Self, EngineError> {
        let bad = |reason: String| EngineError::BadModel { path: wish.path.clone(), reason };
        errors.clear();
        let handle = model.lora_adapter_init(&wish.path).map_err(|error| {
            let cause = errors.cause().unwrap_or_else(|| error.to_string());
            bad(format!("llama.cpp cannot add it: {}", readable(&cause)))
        })?;
        let identity = prefix::identity(&wish.path)
            .map_err(|error| bad(format!("cannot be read: {error}")))?;
        let name = header.name.clone().unwrap_or_else(|| file_name(&wish.path));
        let info = AdapterInfo { name, path: wish.path.clone(), scale: wish.scale };
        Ok(Self { handle: RefCell::new(handle), info, identity })
    }

    /// Lets `context` compute with it.
    ///
    /// # Errors
    /// llama.cpp's.
    pub(super) fn set(&self, context: &mut LlamaContext<'_>) -> Result<(), String> {
        let mut handle = self.handle.borrow_mut();
        context
            .lora_adapter_set(&mut handle, self.info.scale)
            .map_err(|error| format!("the adapter cannot be set: {error}"))
    }

    /// What a state depends on that was computed with it.
    pub(super) fn key(&self) -> String {
        format!("adapter {} scaled by {:08x}", self.identity, self.info.scale.to_bits())
    }
}
