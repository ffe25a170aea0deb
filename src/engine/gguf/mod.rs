//! Our own reading of a model file's header, before llama.cpp sees it.
//!
//! llama.cpp aborts on some well-formed files (a layer count of 0, a NaN epsilon, duplicate
//! tokens...) and its message for others helps nobody. This check is pure Rust, reads only the
//! header, keeps memory bounded by what the file really holds, and says what to do. It is a
//! filter, not a proof: the worker process is still the guarantee.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod adapter;
mod architecture;
mod embedder;
mod file_type;
mod read;
mod rules;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::EngineError;

pub use adapter::Adapter;

/// What the header of a usable model says.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// GGUF version, 2 or 3.
    pub version: u32,
    /// `general.architecture`.
    pub architecture: String,
    /// `general.name`.
    pub name: Option<String>,
    /// Layers.
    pub blocks: u64,
    /// Context the model was trained for, in tokens.
    pub context: u64,
    /// The longest that its scaled positions reach to; `context` where they are not scaled.
    pub stretched: u64,
    /// Length of the vectors that stand for tokens, and of those that an embedding model makes.
    pub dimension: u64,
    /// How an embedding model makes one vector of a text; `None`: the model writes text.
    pub pooling: Option<Pooling>,
    /// Number of tokens in the vocabulary.
    pub vocabulary: u64,
    /// Number of weights.
    pub parameters: u64,
    /// What decides how much memory it takes.
    pub shape: Shape,
    /// `tokenizer.chat_template`.
    pub chat_template: Option<String>,
    /// True for a model trained on the prompts and answers of [`super::REPAIR_FORMAT`].
    pub repairs: bool,
    /// Some weights are stored in blocks of a few bits each.
    pub is_quantised: bool,
    /// How most weights are stored: "Q4_K_M", "F16".
    pub quantisation: Option<&'static str>,
    /// `general.license`, an identifier.
    pub licence: Option<String>,
    /// The file names the token where a middle begins; one that is only spelled is found when it is loaded.
    pub fills_in: bool,
}

/// Sizes of a model's parts, numbers of elements unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of all tensors.
    pub weights: u64,
    /// Attention heads.
    pub heads: u64,
    /// The key of one head.
    pub key_length: u64,
    /// The keys of one token in one layer; 0 without attention.
    pub key_width: u64,
    /// The values of one token in one layer.
    pub value_width: u64,
    /// The feed-forward layer.
    pub feed_forward: u64,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's (`CLS`).
    First,
    /// The last token's.
    Last,
}

/// Checks the model at `path`.
///
/// # Errors
/// [`EngineError::BadModel`] with what is wrong and what to do about it.
pub fn check(path: &Path) -> Result<Header, EngineError> {
    open(path).map_err(|reason| EngineError::BadModel { path: path.to_owned(), reason })
}

/// Checks the LoRA adapter at `path`, without its base model.
///
/// # Errors
/// As [`check`].
pub fn check_adapter(path: &Path) -> Result<Adapter, EngineError> {
    let bad = |reason| EngineError::BadModel { path: path.to_owned(), reason };
    raw(path).and_then(|raw| adapter::apply(&raw)).map_err(bad)
}

/// Checks the LoRA adapter at `path`, that it fits the model at `base`, and that its weights are
/// numbers.
///
/// # Errors
/// As [`check`]; the path is the adapter's where it is the adapter that does not fit.
pub fn check_adapter_for(path: &Path, base: &Path) -> Result<Adapter, EngineError> {
    let bad = |path: &Path, reason| EngineError::BadModel { path: path.to_owned(), reason };
    let found = raw(path).map_err(|reason| bad(path, reason))?;
    let adapter = adapter::apply(&found).map_err(|reason| bad(path, reason))?;
    let model = raw(base).map_err(|reason| bad(base, reason))?;
    adapter::fits(&adapter, &model).map_err(|reason| bad(path, reason))?;
    adapter::finite(path, &found).map_err(|reason| bad(path, reason))?;
    Ok(adapter)
}

/// Bits of a weight in another type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bits {
    /// In most matrices.
    pub inner: f64,
    /// In the embeddings and the output.
    pub outer: f64,
}

/// Bytes of the file, at most, with the weights of its matrices in so many bits.
///
/// # Errors
/// As [`check`], for a header that cannot be read.
pub fn size_as(path: &Path, bits: Bits) -> Result<u64, EngineError> {
    let bad = |reason| EngineError::BadModel { path: path.to_owned(), reason };
    Ok(rules::size_as(&raw(path).map_err(bad)?, bits))
}

fn open(path: &Path) -> Result<Header, String> {
    raw(path).and_then(|raw| rules::apply(&raw))
}

fn raw(path: &Path) -> Result<Raw, String> {
    let data = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    if !data.is_file() {
        return Err("is not a file; give the path of a .gguf file".to_owned());
    }
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    read::read(BufReader::with_capacity(1 << 16, file), data.len())
}

/// Checks a model that `reader` yields from its first byte, `length` bytes in all.
///
/// # Errors
/// What is wrong, and what to do about it.
pub fn check_reader(reader: impl Read, length: u64) -> Result<Header, String> {
    let raw = read::read(reader, length)?;
    rules::apply(&raw)
}

/// The header as it stands in the file.
#[derive(Debug)]
struct Raw {
    version: u32,
    length: u64,
    meta: BTreeMap<String, Value>,
    tensors: Vec<Tensor>,
    /// Where tensor data begins.
    data: u64,
    vocabulary: Vocabulary,
}

/// What the reader notes about `tokenizer.ggml.tokens`, whose texts are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Vocabulary {
    /// An entry that appeared before.
    repeated: Option<u64>,
    /// Number of byte tokens.
    bytes: usize,
}

/// A metadata value; long texts and arrays keep only what the rules look at.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// Eight bytes long; llama.cpp wants four everywhere.
    Double(f64),
    Bool(bool),
    Text(String),
    /// A text too long to keep.
    LongText,
    Array {
        kind: u32,
        count: u64,
        /// The first numbers of a numeric array.
        head: Vec<f64>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tensor {
    name: String,
    shape: Vec<u64>,
    kind: u32,
    /// From the beginning of tensor data.
    offset: u64,
}

impl Value {
    fn unsigned(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(value) => Some(value),
            Self::Signed(value) => u64::try_from(value).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
