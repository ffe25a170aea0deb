//! Where the states of computed prompts are kept: one directory for each model file.
//!
//! The worker reads and writes its model's directory and no other; which one that is and how large it
//! may grow is decided here, by the process that starts the worker.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::AdapterOptions;

/// Where and how much to keep on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixCache {
    /// The directory of one model file.
    pub dir: PathBuf,
    /// Bytes of all its files together, at most.
    pub bytes: u64,
    /// States that took less time to compute are not kept.
    pub worth: Duration,
}

/// What is quicker computed than looked for.
const WORTH: Duration = Duration::from_millis(300);
/// Parts of a model's file that its identity is made of, and their size in bytes.
const SAMPLES: u64 = 64;
const SAMPLE: u64 = 4096;
/// At the beginning of the file, where its header is, more is looked at.
const HEADER: u64 = 1 << 20;

impl PrefixCache {
    /// The cache of `model` below `root`, made for its owner alone. All models together may take
    /// `bytes`: those of others that were not used for the longest time make room.
    ///
    /// # Errors
    /// A model that cannot be read, a directory that cannot be made.
    pub fn open(root: &Path, model: &Path, bytes: u64) -> io::Result<Self> {
        Self::open_adapted(root, model, None, bytes)
    }

    /// As [`PrefixCache::open`], of a model with an adapter on top: a state computed with one is of
    /// no use without it, nor with another, nor with another scale.
    ///
    /// # Errors
    /// As there, of the adapter too.
    pub fn open_adapted(
        root: &Path,
        model: &Path,
        adapter: Option<&AdapterOptions>,
        bytes: u64,
    ) -> io::Result<Self> {
        let mut name = identity(model)?;
        if let Some(AdapterOptions { path, scale }) = adapter {
            let both = format!("{name} {} {:08x}", identity(path)?, scale.to_bits());
            name = blake3::hash(both.as_bytes()).to_hex()[..32].to_owned();
        }
        let dir = root.join(name);
        make_private(root)?;
        make_private(&dir)?;
        let own = files(&dir)?.iter().map(|file| file.size).sum::<u64>();
        let mut others = files(root)?;
        others.retain(|file| file.path.parent() != Some(&dir));
        make_room(others, bytes.saturating_sub(own));
        // The same for every command, whatever others take: a warm worker is found by what it was
        // asked for. So until the next command all of them together may have more.
        Ok(Self { dir, bytes, worth: WORTH })
    }
}

/// Tells model files apart: from header, size, time of the last change and samples all over the file.
/// Reading gigabytes at every start would cost more than the cache saves.
pub(super) fn identity(model: &Path) -> io::Result<String> {
    let mut file = File::open(model)?;
    let about = file.metadata()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&about.len().to_le_bytes());
    let changed = about.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    hasher.update(&changed.as_nanos().to_le_bytes());
    let mut sample = |from: u64, length: u64| -> io::Result<()> {
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&mut file).take(length).read_to_end(&mut bytes)?;
        hasher.update(&bytes);
        Ok(())
    };
    sample(0, HEADER)?;
    for number in 1..=SAMPLES {
        sample(about.len().saturating_sub(SAMPLE) / SAMPLES * number, SAMPLE)?;
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// A file of the cache.
pub(super) struct Kept {
    pub(super) path: PathBuf,
    size: u64,
    used: SystemTime,
}

/// Removes the least recently used of `files` until all together have at most `most` bytes.
pub(super) fn make_room(mut files: Vec<Kept>, most: u64) {
    files.sort_by(|a, b| (a.used, a.size, &a.path).cmp(&(b.used, b.size, &b.path)));
    let mut total = files.iter().map(|file| file.size).sum::<u64>();
    for file in files {
        if total <= most {
            break;
        }
        // Another process may have been quicker.
        let _ = std::fs::remove_file(&file.path);
        total -= file.size;
    }
}

/// The files in `dir`, and in the directories in it.
pub(super) fn files(dir: &Path) -> io::Result<Vec<Kept>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir)?.flatten() {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            // One level: nothing here makes more.
            for entry in std::fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                out.extend(kept(&entry));
            }
        } else {
            out.extend(kept(&entry));
        }
    }
    Ok(out)
}

fn kept(entry: &std::fs::DirEntry) -> Option<Kept> {
    let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(Kept { path: entry.path(), size: about.len(), used: about.modified().ok()? })
}

/// States hold what was in the prompts: nobody else's business.
fn make_private(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::write;

    #[test]
    fn a_model_has_a_directory_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (root, model) = (dir.path().join("cache"), dir.path().join("m.gguf"));
        write(&model, vec![1; 3 << 20]).unwrap();
        let open = || PrefixCache::open(&root, &model, 1000).unwrap();
        let first = open();
        assert_eq!(open(), first);
        assert!(first.dir.starts_with(&root) && first.dir.is_dir());
        let time = model.metadata().unwrap().modified().unwrap();
        let mut bytes = vec![1; 3 << 20];
        // In the last block, which is always looked at.
        bytes[(3 << 20) - 5] = 2;
        write(&model, &bytes).unwrap();
        File::options().append(true).open(&model).unwrap().set_modified(time).unwrap();
        assert_ne!(open().dir, first.dir);
        assert!(PrefixCache::open(&root, &dir.path().join("none"), 1).is_err());
    }

    #[test]
    fn the_models_used_last_keep_their_states() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("cache");
        let model = |name: &str| {
            let path = dir.path().join(name);
            write(&path, name.as_bytes()).unwrap();
            path
        };
        let (old, new, own) = (model("old"), model("new"), model("own"));
        for (age, model) in [(30, &old), (20, &new), (90, &own)] {
            let kept = PrefixCache::open(&root, model, 1000).unwrap().dir.join("1-a.kv");
            write(&kept, [0; 100]).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            File::options().append(true).open(&kept).unwrap().set_modified(time).unwrap();
        }
        let left = || files(&root).unwrap().len();
        PrefixCache::open(&root, &own, 1000).unwrap();
        assert_eq!(left(), 3);
        let cache = PrefixCache::open(&root, &own, 250).unwrap();
        // The oldest of the others has gone; the worker sees to its own.
        assert_eq!((cache.bytes, left()), (250, 2));
        assert!(cache.dir.join("1-a.kv").exists());
        assert!(PrefixCache::open(&root, &new, 1000).unwrap().dir.join("1-a.kv").exists());
    }
}
