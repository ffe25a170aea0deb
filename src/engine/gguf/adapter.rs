//! What the header of a LoRA adapter must say for llama.cpp to add it to a model.
//!
//! llama.cpp looks at fewer dimensions than it multiplies with, asks for values by a type that they
//! may not have, and uses embeddings that are also the output in two ways of which one aborts. A file
//! that passes here and does not fit ends in llama.cpp's own message.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::architecture::{self, Use};
use super::read::damaged;
use super::rules::{self, Meta};
use super::{Raw, Tensor, Value};

/// Larger products than these are no adapters but models.
const MAX_RANK: u64 = 4096;
const EMBEDDINGS: &str = "token_embd.weight";

/// What the header of a usable adapter says.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// `general.name`.
    pub name: Option<String>,
    /// `general.architecture`, that of its base model.
    pub architecture: String,
    /// The product of its matrices counts for `alpha` by their rank; 0: as it is.
    pub alpha: f64,
    /// The largest rank of a pair of matrices.
    pub rank: u64,
    /// Tensors of the base model that it changes.
    pub changes: usize,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Norms in it, which llama.cpp leaves as they are in the base model.
    pub unused: usize,
    pairs: BTreeMap<String, Pair>,
}

/// Shapes of the two matrices whose product is added to a tensor, row length first.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pair {
    a: Option<Vec<u64>>,
    b: Option<Vec<u64>>,
}

/// Checks everything that can be told without the base model.
pub(super) fn apply(raw: &Raw) -> Result<Adapter, String> {
    let meta = Meta::new(raw);
    if !is_adapter(&meta) {
        return Err("is no adapter: general.type is not \"adapter\"; give the file of a LoRA \
             adapter in GGUF, or load this as a model"
            .to_owned());
    }
    let architecture = meta.text("general.architecture")?.to_owned();
    let kind = meta.text("adapter.type")?;
    if kind != "lora" {
        let shown: String = kind.chars().take(40).collect();
        return Err(format!(
            "is an adapter of the kind {shown:?}, and this slm knows \"lora\" only"
        ));
    }
    if meta.get("adapter.alora.invocation_tokens").is_some() {
        return Err(
            "is an adapter that certain tokens switch on (aLoRA), which this slm cannot do: \
             get an ordinary LoRA adapter"
                .to_owned(),
        );
    }
    let alpha =
        meta.float("adapter.lora.alpha", |alpha| (0.0..1e6).contains(&alpha))?.unwrap_or(0.0);
    if raw.tensors.is_empty() {
        return Err(damaged("an adapter without weights"));
    }
    rules::tensors(raw)?;
    let (pairs, unused) = pairs(&raw.tensors)?;
    let ranks = pairs.iter().map(|(name, pair)| rank(name, pair));
    let rank = ranks.collect::<Result<Vec<_>, _>>()?.into_iter().max();
    Ok(Adapter {
        name: meta.text("general.name").ok().map(str::to_owned),
        architecture,
        alpha,
        rank: rank.ok_or_else(|| damaged("it changes no matrix"))?,
        changes: pairs.len(),
        bytes: raw.length.saturating_sub(raw.data),
        unused,
        pairs,
    })
}

/// The pairs by the tensor that they change, and the number of norms beside them.
fn pairs(tensors: &[Tensor]) -> Result<(BTreeMap<String, Pair>, usize), String> {
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    let mut unused = 0;
    for Tensor { name, shape, .. } in tensors {
        if let Some(changed) = name.strip_suffix(".lora_a") {
            pairs.entry(changed.to_owned()).or_default().a = Some(shape.clone());
        } else if let Some(changed) = name.strip_suffix(".lora_b") {
            pairs.entry(changed.to_owned()).or_default().b = Some(shape.clone());
        } else if name.ends_with("_norm.weight") {
            unused += 1;
        } else {
            return Err(damaged(&format!("{name} is neither half of a LoRA pair")));
        }
    }
    Ok((pairs, unused))
}

/// What the two matrices have in common.
fn rank(name: &str, pair: &Pair) -> Result<u64, String> {
    let (Some(a), Some(b)) = (&pair.a, &pair.b) else {
        let missing = if pair.a.is_none() { "lora_a" } else { "lora_b" };
        return Err(damaged(&format!("{name} has no {missing}")));
    };
    let at = |shape: &[u64], index: usize| shape.get(index).copied().unwrap_or(1);
    // Embeddings are looked up row by row, so the first of their matrices lies the other way.
    let (of_a, of_b) = (at(a, usize::from(name != EMBEDDINGS)), at(b, 0));
    if of_a != of_b || !(1..=MAX_RANK).contains(&of_b) {
        return Err(damaged(&format!("{name} has matrices of the ranks {of_a} and {of_b}")));
    }
    Ok(of_b)
}

/// That every pair changes a tensor of `base`, and has its shape.
pub(super) fn fits(adapter: &Adapter, base: &Raw) -> Result<(), String> {
    let meta = Meta::new(base);
    let architecture = meta.text("general.architecture")?;
    if adapter.architecture != architecture {
        return Err(format!(
            "was made for a model of the architecture {}, and the base model is {architecture}: \
             choose the adapter's own base model",
            adapter.architecture
        ));
    }
    let find = |name: &str| base.tensors.iter().find(|tensor| tensor.name == name);
    for (name, pair) in &adapter.pairs {
        let Some(tensor) = find(name) else {
            return Err(foreign(&format!("it changes {name}, which the base model does not have")));
        };
        // Also the output: llama.cpp would multiply with the embeddings' matrices, and abort.
        let shared = name == EMBEDDINGS && find("output.weight").is_none();
        if shared && architecture::of(architecture) != Use::Embeds {
            return Err("changes the token embeddings, which are also the output of this base \
                 model, and llama.cpp cannot do that: train an adapter without them"
                .to_owned());
        }
        if product(name, pair) != widened(&tensor.shape) {
            return Err(foreign(&format!(
                "its change of {name} does not have the shape {:?} of the base model",
                tensor.shape
            )));
        }
    }
    Ok(())
}

fn foreign(what: &str) -> String {
    format!("was made for another base model: {what}")
}

/// The shape of a pair's product; `None` for one that is no matrix.
fn product(name: &str, pair: &Pair) -> Option<[u64; 4]> {
    let (a, b) = (widened(pair.a.as_ref()?)?, widened(pair.b.as_ref()?)?);
    let (row, rows) = if name == EMBEDDINGS { (b[1], a[1]) } else { (a[0], b[1]) };
    (a[2..] == b[2..]).then_some([row, rows, a[2], a[3]])
}

/// A shape of two dimensions or more, with those that are left out.
fn widened(shape: &[u64]) -> Option<[u64; 4]> {
    let mut out = [1; 4];
    out.get_mut(..shape.len())?.copy_from_slice(shape);
    (shape.len() > 1).then_some(out)
}

/// That the weights are numbers: one that is not may be used by the third token only.
pub(super) fn finite(path: &Path, raw: &Raw) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let mut file = File::open(path).map_err(unreadable)?;
    for Tensor { name, shape, kind, offset } in &raw.tensors {
        let Some((width, exponent)) = exponent(*kind) else { continue };
        let elements: u64 = shape.iter().product();
        file.seek(SeekFrom::Start(raw.data + offset)).map_err(unreadable)?;
        let mut values = BufReader::with_capacity(1 << 16, &mut file).take(elements * width as u64);
        let mut value = [0; 4];
        for _ in 0..elements {
            values.read_exact(&mut value[..width]).map_err(unreadable)?;
            if u32::from_le_bytes(value) & exponent == exponent {
                return Err(damaged(&format!("{name} holds what is no number (NaN)")));
            }
        }
    }
    Ok(())
}

/// Bytes of a value, and the bits that are all set in what is no number; `None`: stored in blocks.
fn exponent(kind: u32) -> Option<(usize, u32)> {
    match kind {
        0 => Some((4, 0x7f80_0000)),
        1 => Some((2, 0x7c00)),
        30 => Some((2, 0x7f80)),
        _ => None,
    }
}

/// Whether the header is an adapter's.
pub(super) fn is_adapter(meta: &Meta<'_>) -> bool {
    matches!(meta.get("general.type"), Some(Value::Text(kind)) if kind == "adapter")
}
