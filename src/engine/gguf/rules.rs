//! What a header must say for llama.cpp to load the model and not to abort in it.
//!
//! Each rule names the crash or the nonsense it keeps away; the numbers are llama.cpp's own
//! limits (`llama-hparams.h`, `ggml.h`) or generous bounds on what exists.

use std::collections::HashSet;

use super::adapter;
use super::architecture::{self, Use};
use super::embedder;
use super::file_type;
use super::read::{STRING, damaged};
use super::{Bits, Header, Pooling, Raw, Shape, Tensor, Value};
use crate::engine::REPAIR_FORMAT;

/// llama.cpp's `LLAMA_MAX_LAYERS`.
const MAX_BLOCKS: u64 = 512;
/// llama.cpp's `LLAMA_MAX_EXPERTS` is 1024 in this version, 512 in older ones; nothing uses more.
const MAX_EXPERTS: u64 = 1024;
/// Less than this holds no prompt worth an answer.
const MIN_CONTEXT: u64 = 16;
const MAX_CONTEXT: u64 = 1 << 31;
const MAX_EMBEDDING: u64 = 1 << 17;
pub(super) const MAX_HEADS: u64 = 1024;
pub(super) const MAX_HEAD_LENGTH: u64 = 4096;
const MAX_VOCABULARY: u64 = 4_000_000;

/// Checks everything and extracts what callers want to know.
pub(super) fn apply(raw: &Raw) -> Result<Header, String> {
    let meta = Meta(raw);
    if adapter::is_adapter(&meta) {
        return Err(
            "is an adapter, which changes a model and is none: load its base model, and this \
             on top of it"
                .to_owned(),
        );
    }
    let architecture = meta.text("general.architecture")?.to_owned();
    let kind = architecture::of(&architecture);
    match kind {
        Use::Generates | Use::Embeds => {}
        Use::Other(what) => {
            return Err(format!(
                "is {what} (architecture {architecture}), which neither writes text from left to \
                 right nor makes vectors here: choose a language model or an embedding model"
            ));
        }
        Use::Unknown => {
            let name: String = architecture.chars().take(40).collect();
            return Err(format!(
                "has the architecture {name:?}, which this slm does not know: update slm or \
                 choose another model"
            ));
        }
    }
    if meta.number("split.count")?.is_some_and(|count| count > 1) {
        return Err(
            "is one part of a split model: join the parts with llama-gguf-split --merge".to_owned()
        );
    }
    let parameters = tensors(raw)?;
    let pooling = embedder::pooling(&meta, &architecture, kind)?;
    let vocabulary = vocabulary(raw, &meta, pooling)?;
    let key = |name: &str| format!("{architecture}.{name}");
    let blocks = meta.within(&key("block_count"), 1, MAX_BLOCKS)?;
    let drafts = meta.optional(&key("nextn_predict_layers"), 0, blocks - 1)?.unwrap_or(0);
    let context = meta.within(&key("context_length"), MIN_CONTEXT, MAX_CONTEXT)?;
    let embedding = meta.within(&key("embedding_length"), 1, MAX_EMBEDDING)?;
    heads(&meta, &architecture, embedding)?;
    match pooling {
        None => looks_back(&meta, &architecture)?,
        Some(_) => embedder::output(&meta, &architecture, embedding)?,
    }
    if kind == Use::Embeds {
        let sizes = embedder::Sizes { blocks: blocks - drafts, embedding, context };
        embedder::encoder(raw, &meta, &architecture, &sizes)?;
    }
    windows(&meta, &architecture, blocks)?;
    rope(&meta, &architecture)?;
    experts(raw, &meta, &architecture)?;
    // Draft layers at the end may be left out.
    blocks_present(raw, blocks - drafts, embedding, vocabulary)?;
    attention_present(raw, &architecture, blocks - drafts)?;
    let shape = shape(raw, &meta, &architecture, embedding)?;
    Ok(Header {
        version: raw.version,
        name: meta.text("general.name").ok().map(str::to_owned),
        chat_template: meta.text("tokenizer.chat_template").ok().map(str::to_owned),
        repairs: repairs(raw)?,
        quantisation: file_type::of(raw),
        licence: meta.text("general.license").ok().map(str::to_owned),
        fills_in: meta.get("tokenizer.ggml.fim_pre_token_id").is_some()
            || meta.get("tokenizer.ggml.prefix_token_id").is_some(),
        is_quantised: raw.tensors.iter().any(|tensor| is_quantised(tensor.kind)),
        stretched: stretched(&meta, &architecture, context)?,
        architecture,
        blocks,
        context,
        dimension: embedding,
        shape,
        pooling,
        vocabulary,
        parameters,
    })
}

/// What decides about memory. Layers that differ count as the largest of them.
fn shape(raw: &Raw, meta: &Meta<'_>, architecture: &str, embedding: u64) -> Result<Shape, String> {
    let number = |name: &str| meta.number(&format!("{architecture}.{name}"));
    let heads = number("attention.head_count")?.unwrap_or(0);
    let shared = number("attention.head_count_kv")?.unwrap_or(heads);
    let length = embedding.checked_div(heads).unwrap_or(0);
    let own = |own: Option<u64>| own.unwrap_or(length).min(MAX_HEAD_LENGTH);
    let key_length = own(number("attention.key_length")?);
    Ok(Shape {
        weights: raw.length.saturating_sub(raw.data),
        heads,
        key_length,
        key_width: shared * key_length,
        value_width: shared * own(number("attention.value_length")?),
        feed_forward: number("feed_forward_length")?.unwrap_or(0).min(MAX_EMBEDDING * 8),
    })
}

/// True for a model of slm's own kind, whose format this slm knows.
pub(super) fn repairs(raw: &Raw) -> Result<bool, String> {
    match Meta(raw).number("slm.format_version")? {
        None => Ok(false),
        Some(version) if version == u64::from(REPAIR_FORMAT) => Ok(true),
        Some(version) => Err(format!(
            "was trained for slm's prompts of format version {version}, and this slm knows version \
             {REPAIR_FORMAT}: update slm or choose another model"
        )),
    }
}

pub(super) struct Meta<'a>(&'a Raw);

impl<'a> Meta<'a> {
    pub(super) fn new(raw: &'a Raw) -> Self {
        Self(raw)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.meta.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str, String> {
        match self.get(key) {
            Some(Value::Text(text)) => Ok(text),
            Some(_) => Err(damaged(&format!("{key} is no text"))),
            None => Err(damaged(&format!("{key} is missing"))),
        }
    }

    /// A number, or the first of a per-layer list of them.
    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array { head, .. }) => {
                let bad = head.iter().any(|&n| n < 0.0 || n.fract() != 0.0 || n > 1e15);
                if bad || head.is_empty() {
                    return Err(damaged(&format!("{key} is no list of sizes")));
                }
                // The largest decides: hybrid models have 0 for layers without attention.
                Ok(Some(head.iter().fold(0.0, |a: f64, &b| a.max(b)) as u64))
            }
            Some(value) => match value.unsigned() {
                Some(number) => Ok(Some(number)),
                None => Err(damaged(&format!("{key} is no size"))),
            },
        }
    }

    pub(super) fn within(&self, key: &str, low: u64, high: u64) -> Result<u64, String> {
        match self.number(key)? {
            Some(value) if (low..=high).contains(&value) => Ok(value),
            Some(value) => Err(damaged(&format!("{key} is {value}, it should be {low} to {high}"))),
            None => Err(damaged(&format!("{key} is missing"))),
        }
    }

    pub(super) fn optional(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, String> {
        match self.number(key)? {
            None => Ok(None),
            Some(_) => self.within(key, low, high).map(Some),
        }
    }

    pub(super) fn float(
        &self,
        key: &str,
        good: impl Fn(f64) -> bool,
    ) -> Result<Option<f64>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Float(value)) if value.is_finite() && good(*value) => Ok(Some(*value)),
            Some(Value::Array { head, .. }) if head.iter().all(|v| v.is_finite()) => Ok(None),
            Some(Value::Float(value)) => {
                Err(damaged(&format!("{key} is {value}, which makes no sense")))
            }
            Some(_) => Err(damaged(&format!("{key} is no number"))),
        }
    }
}

/// Name, elements a block, bytes a block, by `ggml_type`; `None`: unknown or not for weights.
fn weight_type(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),           // F32
        1 | 30 => (1, 2),      // F16, BF16
        2 | 20 => (32, 18),    // Q4_0, IQ4_NL
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        16 | 35 => (256, 66),  // IQ2_XXS, TQ2_0
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        29 => (256, 56),       // IQ1_M
        34 => (256, 54),       // TQ1_0
        39 => (32, 17),        // MXFP4
        40 => (64, 36),        // NVFP4
        41 => (128, 18),       // Q1_0
        42 => (64, 18),        // Q2_0
        _ => return None,
    })
}

/// What llama.cpp takes at least where rows are no whole blocks of a type: bits by the length that rows
/// are a multiple of.
const FALLBACKS: [(u64, f64); 3] = [(256, 0.0), (32, 8.5), (1, 16.0)];

/// See [`super::size_as`].
pub(super) fn size_as(raw: &Raw, bits: Bits) -> u64 {
    let of = |Tensor { name, shape, kind, .. }: &Tensor| {
        let elements = shape.iter().fold(1, |product: u64, &size| product.saturating_mul(size));
        let wished = match name.as_str() {
            "token_embd.weight" | "output.weight" => bits.outer,
            _ => bits.inner,
        };
        let whole = |&&(block, _): &&(u64, f64)| shape[0].is_multiple_of(block);
        let least = FALLBACKS.iter().find(whole).map_or(0.0, |&(_, bits)| bits);
        let bits = match weight_type(*kind) {
            // Vectors stay as they are.
            Some((block, bytes)) if shape.len() < 2 => (8 * bytes) as f64 / block as f64,
            _ => wished.max(least),
        };
        // Each begins at a multiple of the alignment.
        (elements as f64 * bits / 8.0) as u64 + 32
    };
    raw.tensors.iter().map(of).fold(raw.data, u64::saturating_add)
}

/// Whether a type stores several weights with one scale.
fn is_quantised(kind: u32) -> bool {
    weight_type(kind).is_some_and(|(block, _)| block > 1)
}

/// Every tensor lies inside the file and has a type that can be computed with.
pub(super) fn tensors(raw: &Raw) -> Result<u64, String> {
    if raw.tensors.is_empty() {
        return Err("holds no weights: it is a vocabulary only; get the model itself".to_owned());
    }
    let mut parameters: u64 = 0;
    for tensor in &raw.tensors {
        let Tensor { name, shape, kind, offset } = tensor;
        let elements = shape
            .iter()
            .try_fold(1_u64, |product, &size| product.checked_mul(size))
            .filter(|&elements| elements <= i64::MAX as u64)
            .ok_or_else(|| damaged(&format!("the tensor {name} is impossibly large")))?;
        let Some((block, bytes)) = weight_type(*kind) else {
            // Integer weights abort in ggml_mul_mat; the intermediate types Q8_1 and Q8_K too.
            return Err(format!(
                "stores the tensor {name} as type {kind}, which cannot be computed with: \
                 get another quantisation of the model"
            ));
        };
        if shape[0] % block != 0 {
            return Err(damaged(&format!("the rows of tensor {name} are no whole blocks")));
        }
        // Norms and biases are added and multiplied in F32; other types abort in ggml.
        let is_vector = shape.len() == 1;
        let is_factor = name.ends_with("_norm.weight") || name.starts_with("rope_");
        if (is_vector || is_factor || name.ends_with(".bias")) && *kind != 0 {
            return Err(format!(
                "stores the vector {name} in another type than F32, which llama.cpp cannot \
                 compute with: get another conversion of the model"
            ));
        }
        let end = (elements / block)
            .checked_mul(bytes)
            .and_then(|size| size.checked_add(*offset))
            .and_then(|end| end.checked_add(raw.data))
            .ok_or_else(|| damaged(&format!("the tensor {name} is impossibly large")))?;
        if end > raw.length {
            return Err(format!(
                "is truncated: the file ends at byte {}, tensor {name} needs {end}: \
                 download it again",
                raw.length
            ));
        }
        parameters = parameters.saturating_add(elements);
    }
    Ok(parameters)
}

/// The tokenizer is one that llama.cpp has, and its lists are of one length.
fn vocabulary(raw: &Raw, meta: &Meta<'_>, pooling: Option<Pooling>) -> Result<u64, String> {
    let model = meta.text("tokenizer.ggml.model")?;
    let known = match model {
        "llama" | "gpt2" | "gemma4" => true,
        // These lose what was written: letters become lower case, spaces one.
        "bert" | "t5" => pooling.is_some(),
        _ => false,
    };
    if !known {
        let shown: String = model.chars().take(40).collect();
        return Err(format!(
            "has the tokenizer {shown:?}, which this slm cannot use for it: update slm or \
             choose another model"
        ));
    }
    let Some(Value::Array { kind: STRING, count, .. }) = meta.get("tokenizer.ggml.tokens") else {
        return Err(damaged("tokenizer.ggml.tokens is missing"));
    };
    let count = *count;
    if !(2..=MAX_VOCABULARY).contains(&count) {
        return Err(damaged(&format!("the vocabulary has {count} tokens")));
    }
    // Text that no other token covers is looked up byte by byte, and a miss is a C++ exception.
    if model == "llama" && raw.vocabulary.bytes < 256 {
        return Err(damaged("the vocabulary lacks tokens for single bytes"));
    }
    if let Some(index) = raw.vocabulary.repeated {
        return Err(damaged(&format!("token {index} of the vocabulary appears twice")));
    }
    for (key, kinds) in [("tokenizer.ggml.scores", [5, 6]), ("tokenizer.ggml.token_type", [5, 5])] {
        match meta.get(key) {
            None => {}
            Some(Value::Array { kind, count: n, .. }) if kinds.contains(kind) && *n >= count => {}
            Some(_) => {
                return Err(damaged(&format!("{key} is no list of {count} numbers")));
            }
        }
    }
    Ok(count)
}

/// Who writes from left to right has not seen what follows. A graph that looks ahead is computed in
/// one piece, and llama.cpp aborts on pieces (`non-causal attention requires n_ubatch >= n_tokens`).
fn looks_back(meta: &Meta<'_>, architecture: &str) -> Result<(), String> {
    match meta.get(&format!("{architecture}.attention.causal")) {
        Some(Value::Bool(false)) => Err(format!(
            "reads a text from both sides (architecture {architecture}) and cannot write one from \
             left to right: choose a language model"
        )),
        _ => Ok(()),
    }
}

fn heads(meta: &Meta<'_>, architecture: &str, embedding: u64) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.{name}");
    for epsilon in ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"] {
        meta.float(&key(epsilon), |value| value > 0.0 && value < 1.0)?;
    }
    meta.number(&key("feed_forward_length"))?;
    let kv = meta.optional(&key("attention.head_count_kv"), 0, MAX_HEADS)?;
    let heads = meta.optional(&key("attention.head_count"), 0, MAX_HEADS)?.unwrap_or(0);
    if heads == 0 {
        if architecture::has_no_rope(architecture) {
            return Ok(());
        }
        return Err(damaged(&format!("{} is 0", key("attention.head_count"))));
    }
    if let Some(kv) = kv.filter(|&kv| kv > 0)
        && (kv > heads || heads % kv != 0)
        && matches!(meta.get(&key("attention.head_count")), Some(Value::Unsigned(_)))
        && matches!(meta.get(&key("attention.head_count_kv")), Some(Value::Unsigned(_)))
    {
        return Err(damaged(&format!("{heads} attention heads cannot share {kv} key heads")));
    }
    let own_length = meta.optional(&key("attention.key_length"), 1, MAX_HEAD_LENGTH)?;
    let own_value = meta.optional(&key("attention.value_length"), 1, MAX_HEAD_LENGTH)?;
    let (keys, values) =
        (own_length.unwrap_or(embedding / heads), own_value.unwrap_or(embedding / heads));
    if keys != values && !architecture::compresses_keys(architecture) {
        return Err(damaged(&format!(
            "the keys of an attention head have the length {keys}, its values {values}"
        )));
    }
    if architecture::has_no_rope(architecture) {
        return Ok(());
    }
    if own_length.is_none() && !embedding.is_multiple_of(heads) {
        return Err(damaged(&format!("{embedding} is not divisible by {heads} attention heads")));
    }
    let length = own_length.unwrap_or(embedding / heads);
    // Rotary embedding works on pairs.
    if length % 2 != 0 || length == 0 {
        return Err(damaged(&format!("an attention head has the odd length {length}")));
    }
    for (name, limit) in [("rope.dimension_count", length), ("rope.dimension_count_swa", 4096)] {
        // A rotary embedding of no dimension never ends.
        let Some(rotated) = meta.optional(&key(name), 2, MAX_HEAD_LENGTH)? else { continue };
        let whole = architecture::rotates_whole_head(architecture) && rotated != length;
        if rotated % 2 != 0 || rotated > limit || whole {
            return Err(damaged(&format!(
                "{} is {rotated} for attention heads of length {length}",
                key(name)
            )));
        }
    }
    Ok(())
}

/// `GGML_ASSERT(hparams.is_swa_any())`: where layers may look at a window only, at least one does.
fn windows(meta: &Meta<'_>, architecture: &str, blocks: u64) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.attention.{name}");
    let window = meta.number(&key("sliding_window"))?;
    let slides = window.map_or(architecture == "gemma2", |window| window > 0);
    if !slides || !architecture::slides(architecture) {
        return Ok(());
    }
    let pattern = key("sliding_window_pattern");
    let none = match meta.get(&pattern) {
        Some(Value::Array { head, .. }) => {
            head.iter().zip(0..blocks).all(|(&slides, _)| slides == 0.0)
        }
        _ => meta.number(&pattern)? == Some(1),
    };
    if none {
        return Err(damaged(&format!("by {pattern} none of its layers attends to a window")));
    }
    Ok(())
}

fn rope(meta: &Meta<'_>, architecture: &str) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.{name}");
    match meta.get(&key("rope.scaling.type")) {
        None => {}
        Some(Value::Text(kind))
            if matches!(kind.as_str(), "none" | "linear" | "yarn" | "longrope") => {}
        Some(_) => {
            return Err(format!(
                "uses an unknown kind of {}: update slm or choose another model",
                key("rope.scaling.type")
            ));
        }
    }
    meta.float(&key("rope.freq_base"), |value| value > 0.0)?;
    meta.float(&key("rope.freq_base_swa"), |value| value > 0.0)?;
    meta.float(&key("rope.scaling.factor"), |value| value >= 0.0)?;
    meta.float(&key("rope.scale_linear"), |value| value >= 0.0)?;
    meta.float(&key("rope.scaling.attn_factor"), |value| value >= 0.0)?;
    meta.optional(&key("rope.scaling.original_context_length"), 0, MAX_CONTEXT)?;
    meta.float(&key("logit_scale"), |_| true)?;
    meta.float(&key("attention.scale"), |_| true)?;
    Ok(())
}

/// How far positions reach that are scaled, as the file says: so many times the context that they
/// were trained for.
fn stretched(meta: &Meta<'_>, architecture: &str, context: u64) -> Result<u64, String> {
    let key = |name: &str| format!("{architecture}.rope.scaling.{name}");
    let scales = matches!(meta.get(&key("type")), Some(Value::Text(kind)) if kind != "none");
    let factor = meta.float(&key("factor"), |_| true)?.filter(|factor| scales && *factor > 1.0);
    let original = meta.number(&key("original_context_length"))?.filter(|&length| length > 0);
    let reached = factor.map_or(0.0, |factor| original.unwrap_or(context) as f64 * factor);
    Ok(context.max((reached as u64).min(MAX_CONTEXT)))
}

/// `GGML_ASSERT`s of `llama-model.cpp` on experts, and a count that no tensor backs.
fn experts(raw: &Raw, meta: &Meta<'_>, architecture: &str) -> Result<(), String> {
    let key = |name: &str| format!("{architecture}.{name}");
    let count = meta.optional(&key("expert_count"), 0, MAX_EXPERTS)?.unwrap_or(0);
    let used = meta.optional(&key("expert_used_count"), 0, MAX_EXPERTS)?.unwrap_or(0);
    if used > count || (count > 0 && used == 0) {
        return Err(damaged(&format!("it uses {used} of {count} experts")));
    }
    let groups = meta.optional(&key("expert_group_count"), 0, MAX_EXPERTS)?.unwrap_or(0);
    let groups_used = meta.optional(&key("expert_group_used_count"), 0, MAX_EXPERTS)?.unwrap_or(0);
    if groups > 1 {
        let fits = groups < count
            && count.is_multiple_of(groups)
            && groups_used > 0
            && groups_used < groups;
        if !fits {
            return Err(damaged(&format!(
                "it uses {groups_used} of {groups} groups of {count} experts"
            )));
        }
    }
    if count == 0 {
        return match groups {
            0 => Ok(()),
            _ => Err(damaged(&format!("it has {groups} groups of no experts"))),
        };
    }
    let mut gates = raw.tensors.iter().filter(|t| t.name.ends_with(".ffn_gate_inp.weight"));
    let gated = gates.clone().next().is_some();
    if !gated || gates.any(|gate| gate.shape.get(1) != Some(&count)) {
        return Err(damaged(&format!("it claims {count} experts and does not hold them")));
    }
    Ok(())
}

/// Phi 3's graph takes the keys of every layer for granted, and its loader does not.
fn attention_present(raw: &Raw, architecture: &str, blocks: u64) -> Result<(), String> {
    if architecture != "phi3" {
        return Ok(());
    }
    let names: HashSet<&str> = raw.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    for block in 0..blocks {
        let has = |part: &str| names.contains(format!("blk.{block}.{part}.weight").as_str());
        if !has("attn_qkv") && !["attn_q", "attn_k", "attn_v"].into_iter().all(has) {
            return Err(damaged(&format!("the attention of layer {block} is missing")));
        }
    }
    Ok(())
}

fn blocks_present(raw: &Raw, blocks: u64, embedding: u64, vocabulary: u64) -> Result<(), String> {
    let find = |name: &str| raw.tensors.iter().find(|tensor| tensor.name == name);
    let Some(table) = find("token_embd.weight") else {
        return Err(damaged("the tensor token_embd.weight is missing"));
    };
    if table.shape != [embedding, vocabulary] {
        return Err(damaged(&format!(
            "token_embd.weight is {:?}, the header says [{embedding}, {vocabulary}]",
            table.shape
        )));
    }
    for block in [0, blocks - 1] {
        let prefix = format!("blk.{block}.");
        if !raw.tensors.iter().any(|tensor| tensor.name.starts_with(&prefix)) {
            return Err(damaged(&format!("layer {block} of {blocks} is missing")));
        }
    }
    Ok(())
}
