//! The prefix cache: what was computed for the beginning of a prompt, kept for the next one.
//!
//! Two shelves. In memory stand the states that other prompts took the place of; on disk those
//! that were expensive, for processes to come. Both are searched for the state that shares the
//! longest beginning with a prompt: the rest of it is cut off, so an entry serves every prompt that
//! begins like it, and nobody has to say where the stable part of a prompt ends.
//!
//! ```text
//! <tokens>-<hash>.kv   llama.cpp's state file: 12 bytes, the tokens, the cells
//!                      FOOTER: BLAKE3 of all before and of what the state depends on, length, mark
//! ```
//!
//! A file counts when its footer does: written under another name, checked, then renamed. One
//! directory belongs to one model file (see [`PrefixCache::open`]); the worker can reach no
//! other, so a model can spoil no states but its own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::{LlamaStateSeqFlags, SeqState};
use llama_cpp_2::token::LlamaToken;

use crate::engine::prefix::{self, PrefixCache};

/// Fewer tokens than these are not worth a look at the shelves, nor a file.
const FEW: usize = 64;
/// Tokens that must be lost before the state they belong to is kept in memory.
const MANY: usize = 256;
/// A state of which this share is on disk already is not saved again.
const KNOWN_SHARE: f64 = 0.8;
/// Bytes of states in memory.
const MEMORY: usize = 256 << 20;
const MARK: &[u8; 8] = b"slm-kv 1";
/// Hash, length, mark.
const FOOTER: u64 = 32 + 8 + 8;
/// Magic, version and number of tokens in front of llama.cpp's state file.
const HEAD: u64 = 12;
/// A file under way that is older was left behind by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(600);

/// Both shelves.
pub(super) struct Shelves {
    disk: Option<PrefixCache>,
    /// What a state depends on besides model and tokens.
    depends: String,
    /// The latest one last.
    memory: Vec<(Vec<LlamaToken>, SeqState)>,
    /// Whether a state can be cut: only then does one serve prompts that leave it half-way.
    cuts: bool,
}

/// A state that shares a beginning with a prompt.
struct Found {
    /// Tokens of the prompt that it saves.
    shared: usize,
    place: Place,
}

enum Place {
    Memory(usize),
    Disk { path: PathBuf, tokens: usize },
}

impl Shelves {
    /// `context` says what a state depends on besides the model.
    pub(super) fn new(disk: Option<PrefixCache>, context: &str, cuts: bool) -> Self {
        let mut depends = context.to_owned();
        if let Some(disk) = &disk {
            sweep(&disk.dir);
            // The directory is named after the model: a file that came from elsewhere is foreign.
            depends.push_str(&disk.dir.file_name().unwrap_or_default().to_string_lossy());
        }
        Self { disk, depends, memory: Vec::new(), cuts }
    }

    /// Puts the best state for `prompt` into sequence 0, which must be empty or may be lost, if it
    /// saves at least some tokens more than `have`. Gives the tokens now in the sequence, and whether
    /// they came from disk.
    ///
    /// When it fails half-way the sequence is empty.
    pub(super) fn restore(
        &mut self,
        context: &mut LlamaContext<'_>,
        prompt: &[LlamaToken],
        have: usize,
    ) -> Option<(Vec<LlamaToken>, bool)> {
        if prompt.len() < have + FEW {
            return None;
        }
        let found = self.best(prompt).filter(|found| found.shared >= have + FEW)?;
        empty(context);
        match found.place {
            Place::Memory(index) => {
                let (tokens, state) = self.memory.remove(index);
                let restored = context.state_seq_set(&state, 0).is_ok();
                if restored {
                    return Some((tokens, false));
                }
            }
            Place::Disk { path, tokens } => match self.load(context, &path, tokens, prompt) {
                Ok(tokens) => return Some((tokens, true)),
                Err(error) => {
                    tracing::debug!("{}: {error}", path.display());
                    // Damaged, or of another llama.cpp: it would be in the way of a good one.
                    let _ = std::fs::remove_file(&path);
                }
            },
        }
        empty(context);
        Some((Vec::new(), false))
    }

    /// Keeps the state of sequence 0, which holds `tokens` and is about to lose all after the first
    /// `rest` of them.
    pub(super) fn displace(
        &mut self,
        context: &LlamaContext<'_>,
        tokens: &[LlamaToken],
        rest: usize,
    ) {
        if tokens.len() < rest + MANY {
            return;
        }
        let Ok(state) = context.state_seq_get(0, LlamaStateSeqFlags::empty()) else { return };
        self.memory.retain(|(known, _)| !tokens.starts_with(known));
        self.memory.push((tokens.to_vec(), state));
        let size = |memory: &[(Vec<LlamaToken>, SeqState)]| {
            memory.iter().map(|(_, state)| state.byte_len()).sum::<usize>()
        };
        while size(&self.memory) > MEMORY {
            self.memory.remove(0);
        }
    }

    /// Saves the state of sequence 0, which holds `tokens` and took so long, if that pays.
    pub(super) fn save(&self, context: &LlamaContext<'_>, tokens: &[LlamaToken], took: Duration) {
        let Some(disk) = &self.disk else { return };
        if took < disk.worth || tokens.len() < FEW {
            return;
        }
        let known = self.on_disk(tokens).map_or(0, |found| found.shared);
        if known as f64 >= KNOWN_SHARE * tokens.len() as f64 {
            return;
        }
        if let Err(error) = self.write(disk, context, tokens) {
            // A cache that cannot be written costs time, nothing else.
            tracing::debug!("{}: {error}", disk.dir.display());
        }
    }

    fn best(&self, prompt: &[LlamaToken]) -> Option<Found> {
        let in_memory = (0..self.memory.len()).filter_map(|index| {
            let shared = self.shared(&self.memory[index].0, prompt)?;
            Some(Found { shared, place: Place::Memory(index) })
        });
        let in_memory = in_memory.max_by_key(|found| found.shared);
        let on_disk = self.on_disk(prompt);
        match (in_memory, on_disk) {
            (Some(memory), Some(disk)) if disk.shared > memory.shared => Some(disk),
            (memory, disk) => memory.or(disk),
        }
    }

    fn on_disk(&self, prompt: &[LlamaToken]) -> Option<Found> {
        let disk = self.disk.as_ref()?;
        let entries = std::fs::read_dir(&disk.dir).ok()?.flatten().filter_map(|entry| {
            let path = entry.path();
            (path.extension()? == "kv").then_some(())?;
            let known = tokens_of(&path).ok()?;
            let shared = self.shared(&known, prompt)?;
            Some(Found { shared, place: Place::Disk { path, tokens: known.len() } })
        });
        entries.max_by_key(|found| found.shared)
    }

    /// Tokens of `prompt` that a state of `known` saves.
    fn shared(&self, known: &[LlamaToken], prompt: &[LlamaToken]) -> Option<usize> {
        let shared = known.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        // The last token of a prompt is always decoded: its logits are wanted.
        let whole = shared == known.len() && shared < prompt.len();
        (self.cuts || whole).then_some(shared)
    }

    fn load(
        &self,
        context: &mut LlamaContext<'_>,
        path: &Path,
        tokens: usize,
        prompt: &[LlamaToken],
    ) -> Result<Vec<LlamaToken>, String> {
        self.check(path).map_err(|error| error.to_string())?;
        let (tokens, _) =
            context.state_seq_load_file(path, 0, tokens).map_err(|error| error.to_string())?;
        if self.shared(&tokens, prompt).is_none() {
            return Err("its tokens have changed".to_owned());
        }
        // The least recently used go first; a file that cannot be touched goes as it is.
        if let Ok(file) = File::options().append(true).open(path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Ok(tokens)
    }

    fn write(
        &self,
        disk: &PrefixCache,
        context: &LlamaContext<'_>,
        tokens: &[LlamaToken],
    ) -> Result<(), String> {
        let mut ids = blake3::Hasher::new();
        ids.update(self.depends.as_bytes());
        tokens.iter().for_each(|token| {
            ids.update(&token.0.to_le_bytes());
        });
        let name = format!("{}-{}", tokens.len(), &ids.finalize().to_hex()[..32]);
        let under_way = disk.dir.join(format!("{name}.{}.part", std::process::id()));
        let _remove = Remove(&under_way);
        let written = context
            .state_seq_save_file(&under_way, 0, tokens)
            .map_err(|error| format!("the state cannot be written: {error}"))?;
        let finish = || -> io::Result<()> {
            let mut file = File::options().read(true).append(true).open(&under_way)?;
            let length = file.metadata()?.len();
            // llama.cpp closes its file without a look at whether the last bytes were taken.
            if length != written as u64 {
                return Err(io::Error::other("the disk is full"));
            }
            if length + FOOTER > disk.bytes {
                return Err(io::Error::other("larger than the whole cache may be"));
            }
            let hash = self.hash(&mut file, length)?;
            file.write_all(&footer(&hash, length))?;
            let mut states = prefix::files(&disk.dir).unwrap_or_default();
            states.retain(|state| state.path.extension().is_some_and(|ending| ending == "kv"));
            prefix::make_room(states, disk.bytes - (length + FOOTER));
            std::fs::rename(&under_way, disk.dir.join(format!("{name}.kv")))
        };
        finish().map_err(|error| error.to_string())
    }

    /// That the file is whole, and of a context like this one.
    fn check(&self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "damaged or of another kind");
        let length = file.metadata()?.len().checked_sub(FOOTER).ok_or_else(damaged)?;
        let hash = self.hash(&mut file, length)?;
        let mut found = [0; FOOTER as usize];
        file.read_exact(&mut found)?;
        if found == footer(&hash, length) { Ok(()) } else { Err(damaged()) }
    }

    /// Of the first `length` bytes, and of what they depend on.
    fn hash(&self, file: &mut File, length: u64) -> io::Result<blake3::Hash> {
        file.seek(SeekFrom::Start(0))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.depends.as_bytes());
        let mut buffer = vec![0; 1 << 20];
        let mut left = length;
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let count = file.read(&mut buffer[..most])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hasher.update(&buffer[..count]);
            left -= count as u64;
        }
        Ok(hasher.finalize())
    }
}

/// Forgets sequence 0. Unlike clearing the whole cache this does not write over all its memory.
fn empty(context: &mut LlamaContext<'_>) {
    if context.kv_cache_seq_rm(0, None, None).is_err() {
        context.clear_kv_cache();
    }
}

/// A file that goes away with this value, unless it has another name by then.
struct Remove<'p>(&'p Path);

impl Drop for Remove<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.0);
    }
}

fn footer(hash: &blake3::Hash, length: u64) -> [u8; FOOTER as usize] {
    let mut out = [0; FOOTER as usize];
    out[..32].copy_from_slice(hash.as_bytes());
    out[32..40].copy_from_slice(&length.to_le_bytes());
    out[40..].copy_from_slice(MARK);
    out
}

/// The tokens that a state file says it holds.
fn tokens_of(path: &Path) -> io::Result<Vec<LlamaToken>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head)?;
    let count = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    let bytes = u64::from(count) * 4;
    if HEAD + bytes + FOOTER > length {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut ids = Vec::new();
    file.take(bytes).read_to_end(&mut ids)?;
    let ids = ids.chunks_exact(4).map(|id| i32::from_le_bytes([id[0], id[1], id[2], id[3]]));
    Ok(ids.map(LlamaToken).collect())
}

/// Removes what killed processes left behind.
fn sweep(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let old = || {
            let age = entry.metadata().ok()?.modified().ok()?.elapsed().ok()?;
            Some(age > ABANDONED)
        };
        if entry.path().extension().is_some_and(|ending| ending == "part") && old() == Some(true) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
