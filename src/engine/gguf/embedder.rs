//! What more a header must say when vectors are wanted of a model.
//!
//! The rules are the asserts of llama.cpp's encoder graphs (`models/bert.cpp` and its neighbours)
//! and of its pooling (`llama-graph.cpp`). A tensor that is absent or of another shape than the
//! header implies is not among them: llama.cpp says so itself.

use super::architecture::{self, Use};
use super::read::damaged;
use super::rules::{MAX_HEAD_LENGTH, MAX_HEADS, Meta};
use super::{Pooling, Raw, Tensor, Value};

/// Kinds of sentences in one text; there are two.
const MAX_TOKEN_TYPES: u64 = 1024;

/// How the model makes one vector of a text; `None` when it writes text.
///
/// The numbers are llama.cpp's `llama_pooling_type`. An encoder that does not say is pooled by the
/// mean, as it was trained in most cases.
pub(super) fn pooling(
    meta: &Meta<'_>,
    architecture: &str,
    kind: Use,
) -> Result<Option<Pooling>, String> {
    let encodes = kind == Use::Embeds;
    if !encodes && !architecture::pools(architecture) {
        return Ok(None);
    }
    let key = format!("{architecture}.pooling_type");
    match meta.number(&key)? {
        None | Some(0) => Ok(encodes.then_some(Pooling::Mean)),
        Some(1) => Ok(Some(Pooling::Mean)),
        Some(2) => Ok(Some(Pooling::First)),
        Some(3) => Ok(Some(Pooling::Last)),
        Some(4) => {
            Err("ranks pairs of texts, and neither writes text nor makes vectors: choose a \
             language model or an embedding model"
                .to_owned())
        }
        Some(kind) => Err(format!(
            "makes its vectors in an unknown way ({key} is {kind}): update slm or choose another \
             model"
        )),
    }
}

/// The vectors that come out are as long as those that go in; llama.cpp aborts when it reads others.
pub(super) fn output(meta: &Meta<'_>, architecture: &str, embedding: u64) -> Result<(), String> {
    let key = format!("{architecture}.embedding_length_out");
    match meta.number(&key)? {
        None => Ok(()),
        Some(length) if length == embedding => Ok(()),
        Some(length) => Err(format!(
            "makes vectors of another length ({length}) than it works with ({embedding}), which \
             this slm cannot read: choose another model"
        )),
    }
}

/// What the header says of a model's size.
pub(super) struct Sizes {
    /// Layers, without those that draft.
    pub(super) blocks: u64,
    pub(super) embedding: u64,
    pub(super) context: u64,
}

/// The rules of encoder graphs, beside those for all models.
pub(super) fn encoder(
    raw: &Raw,
    meta: &Meta<'_>,
    architecture: &str,
    sizes: &Sizes,
) -> Result<(), String> {
    let &Sizes { blocks, embedding, context } = sizes;
    attention(meta, architecture, embedding)?;
    windows(meta, architecture, blocks)?;
    let find = |name: &str| raw.tensors.iter().find(|tensor| tensor.name == name);
    // A row of it is added to vectors of F32, as norms and biases are.
    if find("token_types.weight").is_some_and(|table| table.kind != 0) {
        return Err("stores token_types.weight in another type than F32, which llama.cpp cannot \
             compute with: get another conversion of the model"
            .to_owned());
    }
    if architecture::has_token_types(architecture) {
        meta.within("tokenizer.ggml.token_type_count", 1, MAX_TOKEN_TYPES)?;
    }
    match architecture {
        "bert" => {
            // Positions beyond the table would be read beyond it.
            let Some(table) = find("position_embd.weight") else {
                return Err(damaged("the tensor position_embd.weight is missing"));
            };
            if table.shape != [embedding, context] {
                return Err(damaged(&format!(
                    "position_embd.weight is {:?}, the header says [{embedding}, {context}]",
                    table.shape
                )));
            }
            Ok(())
        }
        "gemma-embedding" => dense(raw, meta, architecture, embedding),
        "jina-bert-v2" => raw.tensors.iter().try_for_each(|tensor| jina(raw, meta, tensor)),
        "modern-bert" => modern(meta, architecture),
        _ => Ok(()),
    }
}

/// One head length for the whole model, and heads that make up the embedding.
fn attention(meta: &Meta<'_>, architecture: &str, embedding: u64) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.{name}");
    for name in ["attention.head_count", "attention.head_count_kv", "feed_forward_length"] {
        if matches!(meta.get(&key(name)), Some(Value::Array { .. })) {
            return Err(damaged(&format!("{} differs from layer to layer", key(name))));
        }
    }
    meta.optional(&key("attention.head_count_kv"), 1, MAX_HEADS)?;
    let heads = meta.within(&key("attention.head_count"), 1, MAX_HEADS)?;
    let own = meta.optional(&key("attention.key_length"), 1, MAX_HEAD_LENGTH)?;
    let length = own.unwrap_or(embedding / heads);
    if architecture::spans_embedding(architecture) && length * heads != embedding {
        return Err(damaged(&format!(
            "{heads} attention heads of length {length} are no embedding of length {embedding}"
        )));
    }
    let rotated = meta.number(&key("rope.dimension_count"))?.unwrap_or(length);
    for (name, expected) in [
        ("attention.key_length_swa", length),
        ("attention.value_length_swa", length),
        ("rope.dimension_count_swa", rotated),
    ] {
        if meta.number(&key(name))?.is_some_and(|found| found != expected) {
            return Err(damaged(&format!("{} is not {expected}", key(name))));
        }
    }
    Ok(())
}

/// Layers that see a window around each token, beside layers that see all: llama.cpp aborts when it
/// prepared a mask for one kind and there is none of it.
fn windows(meta: &Meta<'_>, architecture: &str, blocks: u64) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.attention.{name}");
    // A window that is no i32 masks every token, also from itself.
    let most = i32::MAX.unsigned_abs().into();
    let window = meta.optional(&key("sliding_window"), 0, most)?.unwrap_or(0);
    let (usual, whole_first) = match architecture {
        "gemma-embedding" => (6, false),
        "modern-bert" if window > 0 => (3, true),
        _ => return Ok(()),
    };
    let pattern = key("sliding_window_pattern");
    let slides: Box<dyn Fn(u64) -> bool> = match meta.get(&pattern) {
        Some(Value::Array { head, .. }) => {
            Box::new(|layer| head.get(layer as usize).is_some_and(|&slides| slides != 0.0))
        }
        _ => match meta.number(&pattern)?.unwrap_or(usual) {
            0 => Box::new(|_| true),
            every if whole_first => Box::new(move |layer| layer % every != 0),
            every => Box::new(move |layer| layer % every < every - 1),
        },
    };
    let sliding = (0..blocks).filter(|&layer| slides(layer)).count() as u64;
    if sliding == 0 || sliding == blocks {
        return Err(damaged(&format!("{sliding} of {blocks} layers attend to a window only")));
    }
    Ok(())
}

/// The two projections behind a pooled vector: both or none, and back to the length it had.
fn dense(raw: &Raw, meta: &Meta<'_>, architecture: &str, embedding: u64) -> Result<(), String> {
    let number = |name: &str| meta.number(&format!("{architecture}.{name}"));
    let has = |name: &str| raw.tensors.iter().any(|tensor| tensor.name == name);
    let (first, second) = (has("dense_2.weight"), has("dense_3.weight"));
    let (enters, leaves) = (number("dense_2_feat_in")?, number("dense_3_feat_out")?);
    let (from, to) = (number("dense_2_feat_out")?, number("dense_3_feat_in")?);
    let same = [enters, leaves].into_iter().flatten().all(|n| n == 0 || n == embedding);
    if first != second || !same || from != to {
        return Err(damaged("its dense_2 and dense_3 layers do not fit together"));
    }
    Ok(())
}

/// `up` is as wide as `down` reads, or twice that and gates itself; fused keys have no norms.
fn jina(raw: &Raw, meta: &Meta<'_>, tensor: &Tensor) -> Result<(), String> {
    let Some((block, part)) =
        tensor.name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'))
    else {
        return Ok(());
    };
    let has = |part: &str| {
        let name = format!("blk.{block}.{part}");
        raw.tensors.iter().any(|tensor| tensor.name == name)
    };
    match part {
        "ffn_up.weight" => {
            let hidden = meta.within("jina-bert-v2.feed_forward_length", 1, u64::from(u32::MAX))?;
            let most = if has("ffn_gate.weight") { hidden } else { 2 * hidden };
            match tensor.shape.get(1) {
                Some(&width) if width == hidden || width == most => Ok(()),
                _ => Err(damaged(&format!(
                    "{} is {:?} for a feed-forward length of {hidden}",
                    tensor.name, tensor.shape
                ))),
            }
        }
        "attn_qkv.weight" if has("attn_q_norm.weight") || has("attn_k_norm.weight") => {
            Err(damaged(&format!("layer {block} has norms for keys that are not apart")))
        }
        _ => Ok(()),
    }
}

/// Its feed-forward layers gate themselves, and no blocks that decide follow the encoder.
fn modern(meta: &Meta<'_>, architecture: &str) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.{name}");
    if matches!(meta.get(&key("hidden_activation")), Some(Value::Text(name)) if name == "relu") {
        return Err(damaged(&format!("{} is relu, which gates nothing", key("hidden_activation"))));
    }
    match meta.number(&key("decision.block_count"))? {
        None | Some(0) => Ok(()),
        Some(_) => Err("decides between given answers, and makes no vectors: choose an embedding \
             model"
            .to_owned()),
    }
}
