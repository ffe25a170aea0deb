//! Real copies of the tree, for systems where no overlay can be had.
//!
//! A slot is a copy that one run at a time uses. Afterwards it is put back into its first state by
//! comparing what is there with a list of what should be. Large directories that no fix touches
//! (environments, installed packages, git's own) are links to the originals, which the command can
//! read and not write.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Job, SandboxError, caches, scratch};
use crate::base::fs::{FileError, PathContext as _, create_dir_all, write};

/// Directories that are linked rather than copied.
const LINKED: &[&str] =
    &[".git", ".hg", ".jj", ".nox", ".svn", ".tox", ".venv", "bower_components", "node_modules"];

/// The copies of one tree.
#[derive(Debug)]
pub(super) struct Slots {
    root: PathBuf,
    scratch: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<Slot>,
    made: usize,
    /// Oldest first.
    seeds: Vec<Seed>,
    pending: Option<Slot>,
}

/// Frozen caches.
#[derive(Clone, Debug)]
struct Seed {
    /// Has `tree` and `cache` in it, as a slot has.
    dir: PathBuf,
    /// The cache directories, relative to `dir`.
    caches: Vec<PathBuf>,
}

/// One copy, for one run at a time.
#[derive(Debug)]
pub(super) struct Slot {
    dir: PathBuf,
    /// What `tree` and `cache` hold when nothing has been run.
    listing: BTreeMap<PathBuf, Entry>,
    /// How many of the seeds are in it.
    seeds: usize,
}

/// Tells whether something was touched: the change time cannot be set back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    mode: u32,
    /// Size, inode, change time; zero for directories, whose times change with their contents.
    identity: (u64, u64, i64, i64),
}

impl Slots {
    pub(super) fn new(root: &Path, scratch: &Path) -> Self {
        let state = Mutex::new(State::default());
        Self { root: root.to_owned(), scratch: scratch.to_owned(), state }
    }

    /// A slot in its first state, with the patched files of `job` and its side files in place.
    pub(super) fn acquire(&self, job: &Job) -> Result<Slot, SandboxError> {
        let (free, number, seeds) = {
            let mut state = self.lock();
            let free = state.free.pop();
            state.made += usize::from(free.is_none());
            (free, state.made, state.seeds.clone())
        };
        let mut slot = match free {
            Some(slot) => slot,
            None => self.make(number)?,
        };
        for seed in &seeds[slot.seeds.min(seeds.len())..] {
            for cache in &seed.caches {
                // As a whole: what a later run removed from it stays removed.
                remove(&slot.dir.join(cache))?;
                copy_into(&seed.dir.join(cache), &slot.dir.join(cache))?;
            }
        }
        if slot.seeds != seeds.len() || slot.listing.is_empty() {
            slot.seeds = seeds.len();
            slot.listing = slot.list()?;
        }
        for (path, contents) in &job.files {
            slot.patch(path.as_str(), contents.as_deref(), &self.root)?;
        }
        for (name, contents) in &job.side {
            write(&slot.side().join(name), contents)?;
        }
        Ok(slot)
    }

    /// Takes a slot back after a run of which nothing is left alive.
    pub(super) fn release(&self, mut slot: Slot, keep: bool) -> Result<(), SandboxError> {
        if keep {
            let before = self.lock().pending.replace(slot);
            return before.map_or(Ok(()), |slot| self.release(slot, false));
        }
        let sources = self.sources();
        // A slot that cannot be put back is given up, not reused.
        match slot.restore(&sources, &self.root) {
            Ok(()) => self.lock().free.push(slot),
            Err(_) => drop(remove(&slot.dir)),
        }
        Ok(())
    }

    /// Keeps the caches of the slot that was released last with `keep`.
    pub(super) fn freeze(&self) -> Result<usize, SandboxError> {
        let Some(slot) = self.lock().pending.take() else { return Ok(0) };
        let number = self.lock().seeds.len();
        let seed = self.scratch.join(format!("seed-{number}"));
        let mut caches = Vec::new();
        find_caches(&slot.dir, Path::new("tree"), &mut caches)?;
        let shared = slot.dir.join("cache");
        if fs::read_dir(&shared).is_ok_and(|mut entries| entries.next().is_some()) {
            caches.push(PathBuf::from("cache"));
        }
        for cache in &caches {
            copy_into(&slot.dir.join(cache), &seed.join(cache))?;
        }
        let kept = caches.len();
        if kept > 0 {
            self.lock().seeds.push(Seed { dir: seed, caches });
        }
        self.release(slot, false)?;
        Ok(kept)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a slot's first state comes from, newest first.
    fn sources(&self) -> Vec<PathBuf> {
        self.lock().seeds.iter().rev().map(|seed| seed.dir.clone()).collect()
    }

    fn make(&self, number: usize) -> Result<Slot, SandboxError> {
        let dir = self.scratch.join(format!("slot-{number}"));
        for name in ["tree", "cache", "home", "tmp", "side"] {
            create_dir_all(&dir.join(name))?;
        }
        copy_tree(&self.root, &dir.join("tree"))?;
        Ok(Slot { dir, listing: BTreeMap::new(), seeds: 0 })
    }
}

impl Slot {
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.dir.join("tree")
    }

    pub(super) fn side(&self) -> PathBuf {
        self.dir.join("side")
    }

    fn list(&self) -> Result<BTreeMap<PathBuf, Entry>, SandboxError> {
        let mut listing = BTreeMap::new();
        for name in ["tree", "cache"] {
            visit(&self.dir, Path::new(name), &mut |path, meta| {
                listing.insert(path.to_owned(), entry(meta));
                Ok(())
            })?;
        }
        Ok(listing)
    }

    /// Puts contents at `path`; never through a link, which may lead to the user's own files.
    fn patch(&self, path: &str, contents: Option<&[u8]>, root: &Path) -> Result<(), SandboxError> {
        let full = self.tree().join(path);
        let mut above = self.tree();
        let parts: Vec<&str> = path.split('/').collect();
        for part in &parts[..parts.len().saturating_sub(1)] {
            above.push(part);
            match fs::symlink_metadata(&above) {
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => {
                    let reason =
                        format!("{path} lies behind a link and cannot be patched in a copy");
                    return Err(SandboxError::Job(reason));
                }
                Err(_) if contents.is_none() => return Ok(()),
                Err(_) => fs::create_dir(&above).path("create the directory", &above)?,
            }
        }
        match fs::symlink_metadata(&full) {
            Ok(meta) if meta.is_dir() => {
                return Err(SandboxError::Job(format!("{path} is a directory")));
            }
            Ok(_) => fs::remove_file(&full).path("remove", &full)?,
            Err(_) => {}
        }
        let Some(contents) = contents else { return Ok(()) };
        write(&full, contents)?;
        let original = fs::metadata(root.join(path)).ok();
        if let Some(original) = &original {
            let mode = fs::Permissions::from_mode(original.mode() & 0o7777);
            fs::set_permissions(&full, mode).path("set the mode of", &full)?;
        }
        // Python compares whole seconds: a patch must never be as old as the original.
        let written = fs::metadata(&full).path("inspect", &full)?;
        if original.is_some_and(|original| original.mtime() == written.mtime()) {
            let later = written.modified().path("inspect", &full)?;
            set_mtime(&full, later + std::time::Duration::from_secs(1))?;
        }
        Ok(())
    }

    /// Undoes everything a run has done.
    fn restore(&mut self, seeds: &[PathBuf], root: &Path) -> Result<(), SandboxError> {
        for name in ["home", "tmp", "side"] {
            let dir = self.dir.join(name);
            remove(&dir)?;
            create_dir_all(&dir)?;
        }
        let mut present: BTreeMap<PathBuf, bool> = BTreeMap::new();
        let mut wrong: Vec<PathBuf> = Vec::new();
        for name in ["tree", "cache"] {
            visit(&self.dir, Path::new(name), &mut |path, meta| {
                let same = self.listing.get(path) == Some(&entry(meta));
                present.insert(path.to_owned(), same);
                if !same {
                    wrong.push(path.to_owned());
                }
                Ok(())
            })?;
        }
        // Outer ones first: what was removed with its parent is not there any more.
        for path in &wrong {
            remove(&self.dir.join(path))?;
        }
        let intact = |path: &Path| {
            present.get(path) == Some(&true)
                && path.ancestors().skip(1).all(|a| present.get(a) != Some(&false))
        };
        let missing: Vec<PathBuf> =
            self.listing.keys().filter(|path| !intact(path)).cloned().collect();
        for path in missing {
            let full = self.dir.join(&path);
            let seed = seeds.iter().map(|seed| seed.join(&path)).find(|source| exists(source));
            let source = match (seed, path.strip_prefix("tree")) {
                (Some(seed), _) => seed,
                (None, Ok(below)) => root.join(below),
                (None, Err(_)) => self.dir.join("none"),
            };
            let was_link = self.listing.get(&path).is_some_and(Entry::is_link);
            if was_link && fs::symlink_metadata(&source).is_ok_and(|meta| meta.is_dir()) {
                symlink(&source, &full).path("link", &full)?;
            } else {
                copy_one(&source, &full)?;
            }
            let meta = fs::symlink_metadata(&full).path("inspect", &full)?;
            self.listing.insert(path, entry(&meta));
        }
        Ok(())
    }
}

impl Entry {
    fn is_link(&self) -> bool {
        // The file type bits of inode(7).
        self.mode & 0o170_000 == 0o120_000
    }
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn entry(meta: &Metadata) -> Entry {
    let identity = if meta.is_dir() {
        (0, 0, 0, 0)
    } else {
        (meta.size(), meta.ino(), meta.ctime(), meta.ctime_nsec())
    };
    Entry { mode: meta.mode(), identity }
}

/// Calls `see` for everything below `base/start`, parents first; links are not followed.
fn visit(
    base: &Path,
    start: &Path,
    see: &mut dyn FnMut(&Path, &Metadata) -> Result<(), SandboxError>,
) -> Result<(), SandboxError> {
    let dir = base.join(start);
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // A run may have closed its directories.
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).path("open", &dir)?;
            fs::read_dir(&dir)
        }
        other => other,
    };
    for found in entries.path("list", &dir)? {
        let found = found.path("list", &dir)?;
        let path = start.join(found.file_name());
        let full = base.join(&path);
        let meta = fs::symlink_metadata(&full).path("inspect", &full)?;
        see(&path, &meta)?;
        if meta.is_dir() {
            visit(base, &path, see)?;
        }
    }
    Ok(())
}

/// Removes whatever is at `path`, if anything; links are not followed.
fn remove(path: &Path) -> Result<(), FileError> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path).or_else(|_| {
            scratch::open_up(path);
            fs::remove_dir_all(path)
        }),
        Ok(_) => fs::remove_file(path),
    };
    removed.path("remove", path)
}

/// Copies the user's tree: large directories become links, build directories stay behind.
fn copy_tree(from: &Path, to: &Path) -> Result<(), SandboxError> {
    for found in fs::read_dir(from).path("list", from)? {
        let found = found.path("list", from)?;
        let (source, target) = (found.path(), to.join(found.file_name()));
        let is_dir = found.file_type().path("inspect", &source)?.is_dir();
        let name = found.file_name();
        let name = name.to_str().unwrap_or("");
        if is_dir && (LINKED.contains(&name) || source.join("pyvenv.cfg").is_file()) {
            symlink(&source, &target).path("link", &target)?;
        } else if is_dir && caches::is_build(&source) {
            // Cargo ties its build directory to the place of the package: useless in a copy.
            continue;
        } else {
            copy_one(&source, &target)?;
            if is_dir {
                copy_tree(&source, &target)?;
            }
        }
    }
    Ok(())
}

/// Copies all of `from` into the existing or new directory `to`.
fn copy_into(from: &Path, to: &Path) -> Result<(), SandboxError> {
    create_dir_all(to)?;
    visit(from, Path::new(""), &mut |path, meta| {
        let target = to.join(path);
        if !(meta.is_dir() && target.is_dir()) {
            remove(&target)?;
            copy_one(&from.join(path), &target)?;
        }
        Ok(())
    })
}

/// Collects the cache directories below `base/start`.
fn find_caches(base: &Path, start: &Path, caches: &mut Vec<PathBuf>) -> Result<(), SandboxError> {
    let dir = base.join(start);
    for found in fs::read_dir(&dir).path("list", &dir)? {
        let found = found.path("list", &dir)?;
        let path = start.join(found.file_name());
        if !found.file_type().path("inspect", &found.path())?.is_dir() {
            continue;
        }
        if caches::is_cache(&found.path(), &[]) {
            caches.push(path);
        } else {
            find_caches(base, &path, caches)?;
        }
    }
    Ok(())
}

/// Copies one file or link with mode and modification time, or makes one directory. The copy is a
/// reflink where the file system has them; sockets and devices are left out.
fn copy_one(from: &Path, to: &Path) -> Result<(), SandboxError> {
    let Ok(meta) = fs::symlink_metadata(from) else { return Ok(()) };
    if meta.is_symlink() {
        let target = fs::read_link(from).path("read", from)?;
        symlink(target, to).path("link", to)?;
    } else if meta.is_dir() {
        create_dir_all(to)?;
        let mode = fs::Permissions::from_mode(meta.mode() & 0o7777 | 0o700);
        fs::set_permissions(to, mode).path("set the mode of", to)?;
    } else if meta.is_file() {
        match fs::copy(from, to) {
            // What the user cannot read, the command cannot either.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
            other => other.path("copy", from)?,
        };
        set_mtime(to, meta.modified().path("inspect", from)?)?;
    }
    Ok(())
}

fn set_mtime(path: &Path, time: std::time::SystemTime) -> Result<(), SandboxError> {
    // The descriptor need not be writable, only ours.
    let file = fs::File::open(path).path("open", path)?;
    Ok(file.set_modified(time).path("set the time of", path)?)
}
