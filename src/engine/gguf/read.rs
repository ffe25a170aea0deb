//! Bytes to a [`Raw`] header; nothing here knows what a value means.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use super::{Raw, Tensor, Value, Vocabulary};

/// Texts above this are not kept (a chat template is some ten thousand bytes).
const KEPT_TEXT: u64 = 512 * 1024;
/// Numbers kept of a numeric array: one per layer is the longest that matters.
const KEPT_NUMBERS: usize = 512;
const MAX_KEYS: u64 = 20_000;
const MAX_TENSORS: u64 = 200_000;
/// llama.cpp's `GGML_MAX_NAME` is 64 with the closing zero.
const MAX_TENSOR_NAME: u64 = 63;

pub(super) const STRING: u32 = 8;
pub(super) const ARRAY: u32 = 9;

/// Reads the header. See [`super::check_reader`].
pub(super) fn read(reader: impl Read, length: u64) -> Result<Raw, String> {
    let mut input = Input { reader, at: 0, length };
    input.magic()?;
    let version = input.u32("the version")?;
    match version {
        2 | 3 => {}
        1 => return Err("is GGUF version 1, which is obsolete: convert the model again".into()),
        _ if version.swap_bytes() <= 3 => {
            return Err("is a big-endian GGUF file: get the little-endian one".into());
        }
        _ => return Err(format!("is GGUF version {version}; this slm knows 2 and 3")),
    }
    let tensor_count = input.count("tensors", 24, MAX_TENSORS)?;
    let key_count = input.count("metadata keys", 13, MAX_KEYS)?;
    let mut meta = BTreeMap::new();
    let mut vocabulary = Vocabulary::default();
    for _ in 0..key_count {
        let key = input.short_text("a metadata key", 65_535)?;
        if key.is_empty() {
            return Err(damaged("a metadata key is empty"));
        }
        let kind = input.u32(&key)?;
        let value = if kind == ARRAY && key == "tokenizer.ggml.tokens" {
            input.tokens(&key, &mut vocabulary)?
        } else {
            input.value(&key, kind)?
        };
        if meta.contains_key(&key) {
            return Err(damaged(&format!("the key {key} appears twice")));
        }
        meta.insert(key, value);
    }
    let mut tensors = Vec::new();
    let mut names = HashSet::new();
    for _ in 0..tensor_count {
        let tensor = input.tensor()?;
        if !names.insert(tensor.name.clone()) {
            return Err(damaged(&format!("the tensor {} appears twice", tensor.name)));
        }
        tensors.push(tensor);
    }
    let alignment = match meta.get("general.alignment") {
        None => 32,
        Some(value) => value
            .unsigned()
            // ggml asserts on tensors that are not aligned to 32 bytes.
            .filter(|value| value.is_power_of_two() && (32..=1 << 20).contains(value))
            .ok_or_else(|| damaged("general.alignment is no power of two from 32 up"))?,
    };
    let data = input.at.next_multiple_of(alignment);
    Ok(Raw { version, length, meta, tensors, data, vocabulary })
}

/// A message for a file that was never well formed, or was changed afterwards.
pub(super) fn damaged(what: &str) -> String {
    format!("is damaged: {what}; download it again")
}

struct Input<R> {
    reader: R,
    at: u64,
    length: u64,
}

impl<R: Read> Input<R> {
    fn left(&self) -> u64 {
        self.length.saturating_sub(self.at)
    }

    fn fill(&mut self, buffer: &mut [u8], what: &str) -> Result<(), String> {
        if self.left() < buffer.len() as u64 {
            return Err(self.truncated(what, buffer.len() as u64));
        }
        self.reader
            .read_exact(buffer)
            .map_err(|error| format!("cannot be read at byte {}: {error}", self.at))?;
        self.at += buffer.len() as u64;
        Ok(())
    }

    fn truncated(&self, what: &str, need: u64) -> String {
        format!(
            "is truncated: the file ends at byte {}, {what} needs {}: download it again",
            self.length,
            self.at.saturating_add(need)
        )
    }

    fn skip(&mut self, bytes: u64, what: &str) -> Result<(), String> {
        if self.left() < bytes {
            return Err(self.truncated(what, bytes));
        }
        let skipped = std::io::copy(&mut (&mut self.reader).take(bytes), &mut std::io::sink())
            .map_err(|error| format!("cannot be read at byte {}: {error}", self.at))?;
        self.at += skipped;
        if skipped < bytes {
            return Err(self.truncated(what, bytes - skipped));
        }
        Ok(())
    }

    fn u32(&mut self, what: &str) -> Result<u32, String> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes, what)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self, what: &str) -> Result<u64, String> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes, what)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn magic(&mut self) -> Result<(), String> {
        if self.length == 0 {
            return Err("is empty: download it again".into());
        }
        let mut head = vec![0; self.left().min(24) as usize];
        let mut first = [0; 4];
        let shown = head.len().min(4);
        self.fill(&mut first[..shown], "the header")?;
        if &first == b"GGUF" {
            return Ok(());
        }
        head[..shown].copy_from_slice(&first[..shown]);
        if head.len() > 4 {
            self.fill(&mut head[4..], "the header")?;
        }
        let text = String::from_utf8_lossy(&head).trim_start().to_lowercase();
        Err(if b"GGUF".starts_with(&head) {
            self.truncated("the header", 24)
        } else if text.starts_with("version https://git-lf") {
            "is a Git LFS pointer, not the model itself: run `git lfs pull`".into()
        } else if text.starts_with("<!doctype") || text.starts_with("<html") {
            "is a web page, not a model: the download went wrong".into()
        } else if head.starts_with(b"PK") {
            "is a PyTorch or zip archive: convert the model to GGUF".into()
        } else if matches!(&first, b"lmgg" | b"fmgg" | b"tjgg" | b"algg") {
            "is in a format older than GGUF: get a GGUF file of the model".into()
        } else if head.get(8) == Some(&b'{') {
            "is a safetensors file: convert the model to GGUF".into()
        } else {
            "is not a GGUF file".into()
        })
    }

    fn count(&mut self, what: &str, least_bytes: u64, most: u64) -> Result<u64, String> {
        let count = self.u64(what)?;
        if count > most || count.saturating_mul(least_bytes) > self.left() {
            return Err(damaged(&format!("it claims {count} {what}")));
        }
        Ok(count)
    }

    fn short_text(&mut self, what: &str, most: u64) -> Result<String, String> {
        let length = self.u64(what)?;
        if length > most {
            return Err(damaged(&format!("{what} claims to be {length} bytes long")));
        }
        let mut bytes = vec![0; length.min(self.left()) as usize];
        if (bytes.len() as u64) < length {
            return Err(self.truncated(what, length));
        }
        self.fill(&mut bytes, what)?;
        // A name that is no text, or hides a zero byte, would reach C code cut short.
        let text = String::from_utf8(bytes)
            .ok()
            .filter(|text| !text.contains('\0'))
            .ok_or_else(|| damaged(&format!("{what} is no text")))?;
        Ok(text)
    }

    fn value(&mut self, key: &str, kind: u32) -> Result<Value, String> {
        match kind {
            STRING => {
                let length = self.u64(key)?;
                if length > KEPT_TEXT {
                    self.skip(length, key)?;
                    return Ok(Value::LongText);
                }
                if length > self.left() {
                    return Err(self.truncated(key, length));
                }
                let mut bytes = vec![0; length as usize];
                self.fill(&mut bytes, key)?;
                Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            ARRAY => {
                let (kind, count) = self.array_head(key)?;
                if kind == STRING {
                    for _ in 0..count {
                        let length = self.u64(key)?;
                        self.skip(length, key)?;
                    }
                    return Ok(Value::Array { kind, count, head: Vec::new() });
                }
                let mut head = Vec::new();
                let kept = count.min(KEPT_NUMBERS as u64);
                for _ in 0..kept {
                    head.push(number(&self.scalar(key, kind)?));
                }
                let size = scalar_size(kind).unwrap_or(1);
                self.skip((count - kept).saturating_mul(size), key)?;
                Ok(Value::Array { kind, count, head })
            }
            _ => self.scalar(key, kind),
        }
    }

    fn array_head(&mut self, key: &str) -> Result<(u32, u64), String> {
        let kind = self.u32(key)?;
        let least = match kind {
            STRING => 8,
            ARRAY => return Err(damaged(&format!("{key} is an array of arrays"))),
            _ => scalar_size(kind).ok_or_else(|| unknown_kind(key, kind))?,
        };
        let count = self.u64(key)?;
        if count.checked_mul(least).is_none_or(|bytes| bytes > self.left()) {
            return Err(self.truncated(key, count.saturating_mul(least)));
        }
        Ok((kind, count))
    }

    fn scalar(&mut self, key: &str, kind: u32) -> Result<Value, String> {
        let size = scalar_size(kind).ok_or_else(|| unknown_kind(key, kind))?;
        let mut bytes = [0; 8];
        self.fill(&mut bytes[..size as usize], key)?;
        let wide = u64::from_le_bytes(bytes);
        Ok(match kind {
            1 => Value::Signed(i64::from(wide as u8 as i8)),
            3 => Value::Signed(i64::from(wide as u16 as i16)),
            5 => Value::Signed(i64::from(wide as u32 as i32)),
            11 => Value::Signed(wide as i64),
            6 => Value::Float(f64::from(f32::from_bits(wide as u32))),
            12 => Value::Double(f64::from_bits(wide)),
            7 if wide > 1 => return Err(damaged(&format!("{key} is neither true nor false"))),
            7 => Value::Bool(wide == 1),
            _ => Value::Unsigned(wide),
        })
    }

    /// The vocabulary: counted and searched for repetitions, not kept.
    fn tokens(&mut self, key: &str, found: &mut Vocabulary) -> Result<Value, String> {
        let (kind, count) = self.array_head(key)?;
        if kind != STRING {
            return Err(damaged("the vocabulary is not a list of texts"));
        }
        let mut seen: HashSet<u64> = HashSet::new();
        let mut bytes = Vec::new();
        for index in 0..count {
            let length = self.u64(key)?;
            if length > 65_535 {
                return Err(damaged(&format!("token {index} claims to be {length} bytes long")));
            }
            if length > self.left() {
                return Err(self.truncated(key, length));
            }
            bytes.resize(length as usize, 0);
            self.fill(&mut bytes, key)?;
            // llama.cpp gives empty tokens names of their own.
            if bytes.is_empty() {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            if !seen.insert(hasher.finish()) && found.repeated.is_none() {
                found.repeated = Some(index);
            }
            found.bytes += usize::from(is_byte_token(&bytes));
        }
        Ok(Value::Array { kind, count, head: Vec::new() })
    }

    fn tensor(&mut self) -> Result<Tensor, String> {
        let name = self.short_text("a tensor's name", MAX_TENSOR_NAME)?;
        let dimensions = self.u32(&name)?;
        if !(1..=4).contains(&dimensions) {
            return Err(damaged(&format!("the tensor {name} has {dimensions} dimensions")));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            let size = self.u64(&name)?;
            if size == 0 || size > i64::MAX as u64 {
                return Err(damaged(&format!("the tensor {name} has a dimension of {size}")));
            }
            shape.push(size);
        }
        let kind = self.u32(&name)?;
        let offset = self.u64(&name)?;
        Ok(Tensor { name, shape, kind, offset })
    }
}

/// `<0x00>` to `<0xFF>`, as SentencePiece vocabularies spell bytes.
fn is_byte_token(token: &[u8]) -> bool {
    matches!(token, [b'<', b'0', b'x', high, low, b'>']
        if [high, low].iter().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F')))
}

fn unknown_kind(key: &str, kind: u32) -> String {
    damaged(&format!("{key} has the unknown type {kind}"))
}

/// Bytes of a scalar by its GGUF type number.
fn scalar_size(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Unsigned(value) => *value as f64,
        Value::Signed(value) => *value as f64,
        Value::Float(value) | Value::Double(value) => *value,
        Value::Bool(value) => f64::from(u8::from(*value)),
        _ => 0.0,
    }
}
