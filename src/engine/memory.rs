//! What a model needs in memory, and whether it is there.
//!
//! A model that does not fit is not refused by the kernel but swapped, or killed half-way through an
//! answer. So the need is estimated from the file's header before anything is loaded; when it is too
//! much, the keys of the cache are stored in 8 bits, then the context is made shorter, and only then
//! the model is refused.

use std::path::Path;

use super::gguf::Header;
use crate::base::fs::read_text;
use crate::base::size;

/// Tokens computed at once for a prompt: llama.cpp's `n_ubatch`.
pub(crate) const UBATCH: usize = 128;
/// Cells beyond the context, for what parallel sequences do not share.
const SPARE_CELLS: usize = 2048;
const MIN_CELLS: usize = 256;
/// A context is not made shorter than this, or than was asked for.
const MIN_CONTEXT: usize = 2048;
/// Left to everybody else.
const RESERVE: u64 = 128 << 20;
/// The program itself, tables of the vocabulary, logits.
const BASE: u64 = 96 << 20;

/// Cells of a cache for a context of so many tokens.
pub(crate) fn cells(context: usize) -> usize {
    (context + context.min(SPARE_CELLS)).max(MIN_CELLS)
}

/// How the keys in the cache are stored. Values are always halves: without flash attention llama.cpp
/// stores them no smaller.
///
/// Fewer than 8 bits are not offered: models begin to garble what must be exact, such as calls of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    F16,
    #[serde(rename = "q8_0")]
    Q8_0,
}

impl KeyType {
    /// Bytes of so many numbers, a multiple of 32 for `Q8_0`.
    fn bytes(self, count: u64) -> u64 {
        match self {
            Self::F16 => count.saturating_mul(2),
            Self::Q8_0 => count.saturating_mul(34) / 32,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Tokens, at most as many as the model was trained for.
    pub context: usize,
    /// `None`: halves, or 8 bits where memory is short.
    pub keys: Option<KeyType>,
}

/// What a model takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Weights; where they are repacked for the processor, the file's own pages can be dropped.
    pub weights: u64,
    /// Keys and values of all cells.
    pub cache: u64,
    /// Intermediate results of one batch.
    pub compute: u64,
}

impl Need {
    /// Of a model with this context.
    pub fn of(header: &Header, context: usize, keys: KeyType) -> Self {
        let shape = &header.shape;
        let (cells, batch) = (cells(context) as u64, UBATCH as u64);
        let layer = keys.bytes(shape.key_width).saturating_add(2 * shape.value_width);
        let cache = layer.saturating_mul(header.blocks).saturating_mul(cells);
        // The largest results that live at the same time: attention of all heads to all cells, the
        // feed-forward layer, and the logits of a whole batch.
        let row = (2 * shape.heads.saturating_mul(cells))
            .saturating_add(3 * shape.feed_forward)
            .saturating_add(8 * header.dimension)
            .saturating_add(header.vocabulary);
        Self { weights: shape.weights, cache, compute: row.saturating_mul(4 * batch) }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        [self.weights, self.cache, self.compute, BASE].into_iter().fold(0, u64::saturating_add)
    }
}

/// How a model is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    pub context: usize,
    pub keys: KeyType,
    pub need: Need,
}

/// The longest context up to the wish that fits into `available` bytes; `None` for `available`:
/// unknown, everything fits.
///
/// # Errors
/// What is missing, when not even the shortest fits.
pub fn fit(header: &Header, wish: Wish, available: Option<u64>) -> Result<Fit, String> {
    let room = available.map_or(u64::MAX, |bytes| bytes.saturating_sub(RESERVE));
    let kinds = match wish.keys {
        Some(keys) => vec![keys],
        // Blocks of 32 numbers must make up a key.
        None if header.shape.key_length.is_multiple_of(32) => vec![KeyType::F16, KeyType::Q8_0],
        None => vec![KeyType::F16],
    };
    let mut context = wish.context;
    loop {
        for &keys in &kinds {
            let need = Need::of(header, context, keys);
            if need.total() <= room {
                return Ok(Fit { context, keys, need });
            }
        }
        let shorter = (context / 2).max(MIN_CONTEXT);
        if shorter >= context {
            break;
        }
        context = shorter;
    }
    let least = Need::of(header, context, kinds[kinds.len() - 1]);
    Err(format!(
        "needs {} of memory with a context of {context} tokens ({} for its weights), and {} can be \
         had: close other programs, or choose a smaller model or one with fewer bits",
        size(least.total()),
        size(least.weights),
        size(available.unwrap_or_default()),
    ))
}

/// Bytes that can be had without swapping: of the machine, and within the limits of the control groups
/// that this process is in. `None` where neither can be told.
pub fn available() -> Option<u64> {
    let of_machine = read_text("/proc/meminfo".as_ref()).ok().and_then(|text| free(&text));
    let of_groups = read_text("/proc/self/cgroup".as_ref())
        .ok()
        .and_then(|text| groups(&text, "/sys/fs/cgroup".as_ref()));
    match (of_machine, of_groups) {
        (Some(machine), Some(groups)) => Some(machine.min(groups)),
        (machine, groups) => machine.or(groups),
    }
}

/// `MemAvailable` of `/proc/meminfo`.
fn free(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The least that is free in one of the groups named by `/proc/self/cgroup`, and in those around them.
fn groups(own: &str, root: &Path) -> Option<u64> {
    let mut least = None;
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        // One hierarchy for everything (version 2), or one for memory (version 1).
        let (base, names) = match controllers {
            "" => (root.to_owned(), ["memory.max", "memory.current", "inactive_file"]),
            "memory" => (
                root.join("memory"),
                ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
            ),
            _ => continue,
        };
        let inner = base.join(path.trim_start_matches('/'));
        for group in inner.ancestors().take_while(|group| group.starts_with(&base)) {
            least = [least, left(group, names)].into_iter().flatten().min();
        }
    }
    least
}

/// What may still be taken in one group; `None` without a limit.
fn left(group: &Path, [limit, usage, droppable]: [&str; 3]) -> Option<u64> {
    let number = |name: &str| read_text(&group.join(name)).ok()?.trim().parse::<u64>().ok();
    // "max" is no number; version 1 says it with a number larger than any memory.
    let limit = number(limit).filter(|&bytes| bytes < 1 << 60)?;
    // Pages of files count as used, and are given back when they are wanted.
    let pages = read_text(&group.join("memory.stat")).ok().and_then(|text| {
        let of = |line: &str| line.strip_prefix(droppable)?.trim().parse::<u64>().ok();
        text.lines().find_map(of)
    });
    Some(limit.saturating_sub(number(usage)?).saturating_add(pages.unwrap_or(0)).min(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::write;
    use crate::engine::gguf::{self, Shape};

    /// A model of 1.5 billion parameters in 4 bits, of the shape of Qwen2.5-Coder.
    fn header() -> Header {
        let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-qwen2.gguf");
        let mut header = gguf::check(Path::new(tiny)).unwrap();
        (header.blocks, header.dimension, header.vocabulary) = (28, 1536, 151_936);
        header.shape = Shape {
            weights: 935 << 20,
            heads: 12,
            key_length: 128,
            key_width: 256,
            value_width: 256,
            feed_forward: 8960,
        };
        header
    }

    const GIB: u64 = 1 << 30;

    #[test]
    fn what_fits_is_taken_as_it_is() {
        let wish = Wish { context: 8192, keys: None };
        let all = fit(&header(), wish, None).unwrap();
        assert_eq!((all.context, all.keys), (8192, KeyType::F16));
        // 10,240 cells, 28 layers, twice 256 halves.
        assert_eq!(all.need.cache, 10_240 * 28 * 2 * 512);
        assert_eq!(fit(&header(), wish, Some(8 * GIB)).unwrap(), all);
        assert!(all.need.total() > 1_300 << 20 && all.need.total() < 1_800 << 20, "{all:?}");
    }

    #[test]
    fn short_memory_costs_bits_then_context_then_the_model() {
        let wish = Wish { context: 32_768, keys: None };
        let mut seen = Vec::new();
        for mebibytes in (900..3_000).rev().step_by(10) {
            if let Ok(fit) = fit(&header(), wish, Some(mebibytes << 20)) {
                assert!(fit.need.total() + RESERVE <= mebibytes << 20);
                seen.push((fit.context, fit.keys));
            }
        }
        seen.dedup();
        let kinds = [KeyType::F16, KeyType::Q8_0];
        let contexts = [32_768, 16_384, 8192, 4096, 2048];
        let expected: Vec<_> =
            contexts.iter().flat_map(|&context| kinds.map(|keys| (context, keys))).collect();
        assert_eq!(seen, expected);
        let error = fit(&header(), wish, Some(GIB)).unwrap_err();
        assert!(
            error.contains("with a context of 2048 tokens (935 MiB for its weights)"),
            "{error}"
        );
        assert!(error.contains("1.0 GiB can be had"), "{error}");
        // What was wished for is not overruled.
        let wish = Wish { context: 1024, keys: Some(KeyType::F16) };
        assert_eq!(fit(&header(), wish, Some(4 * GIB)).unwrap().context, 1024);
        assert!(fit(&header(), wish, Some(GIB)).unwrap_err().contains("1024 tokens"));
    }

    #[test]
    fn absurd_shapes_do_not_overflow() {
        let mut header = header();
        header.blocks = 512;
        header.shape.key_width = u64::MAX / 4;
        header.shape.feed_forward = u64::MAX / 8;
        let wish = Wish { context: 131_072, keys: None };
        assert!(fit(&header, wish, Some(1 << 40)).is_err());
    }

    #[test]
    fn limits_of_control_groups_count() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, text).unwrap();
        };
        put("a/memory.max", "1000000\n");
        put("a/memory.current", "300000\n");
        put("a/memory.stat", "anon 1\ninactive_file 50000\n");
        put("a/b/memory.max", "max\n");
        put("memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(groups("0::/a/b\n", dir.path()), Some(750_000));
        assert_eq!(groups("0::/\n", dir.path()), None);
        assert_eq!(groups("4:memory:/c\n2:cpu:/a\n", dir.path()), None);
        put("memory/c/memory.limit_in_bytes", "5000");
        put("memory/c/memory.usage_in_bytes", "6000");
        assert_eq!(groups("4:memory:/c\n", dir.path()), Some(0));
        assert_eq!(free("MemTotal: 9 kB\nMemAvailable:   12 kB\n"), Some(12_288));
        assert!(!cfg!(target_os = "linux") || available().unwrap() > 1 << 20);
    }
}
