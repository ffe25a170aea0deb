//! Build caches kept from one run and shown, read-only and unchanging, to all later ones.
//!
//! A run that keeps its caches writes to directories on disk instead of memory. Freezing removes
//! from them all that is no cache; what remains becomes a layer between the user's tree and every
//! later run's own. Nothing is copied, and no later run can change it.

use std::collections::HashSet;
use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{SandboxError, caches};
use super::launch::c_path;
use super::namespace::{FileChange, MAX_SEEDS};
use super::view::Kind;
use crate::base::fs::{PathContext as _, create_dir_all};

/// Where a run that keeps its caches writes.
#[derive(Debug)]
pub(super) struct Kept {
    base: PathBuf,
    /// One for each cover that has any.
    pub(super) uppers: Vec<Option<CString>>,
}

/// The frozen layers, and the one that waits for it.
#[derive(Debug)]
pub(super) struct Seeds {
    scratch: PathBuf,
    covers: Vec<PathBuf>,
    kinds: Vec<Kind>,
    count: usize,
    /// For each cover, newest first.
    frozen: Vec<Vec<CString>>,
    /// The directory of the latest run that kept its caches.
    pending: Option<PathBuf>,
    /// Seconds that patched files bore in kept runs.
    seen: HashSet<i64>,
}

impl Seeds {
    /// For covers of these paths and kinds.
    pub(super) fn new(scratch: &Path, covers: &[CString], kinds: &[Kind]) -> Self {
        Self {
            scratch: scratch.to_owned(),
            covers: covers.iter().map(path_of).collect(),
            kinds: kinds.to_vec(),
            count: 0,
            frozen: vec![Vec::new(); kinds.len()],
            pending: None,
            seen: HashSet::new(),
        }
    }

    /// The frozen layers of cover number `index`, newest first.
    pub(super) fn layers(&self, index: usize) -> Vec<CString> {
        self.frozen.get(index).cloned().unwrap_or_default()
    }

    /// True when a kept cache may know a patched file by this time.
    pub(super) fn has_seen(&self, seconds: i64) -> bool {
        self.seen.contains(&seconds)
    }

    /// Fresh directories on disk for a run that keeps its caches.
    pub(super) fn new_uppers(&mut self) -> Result<Kept, SandboxError> {
        self.count += 1;
        let base = self.scratch.join(format!("kept-{}", self.count));
        let mut uppers = Vec::with_capacity(self.kinds.len());
        for (index, kind) in self.kinds.iter().enumerate() {
            if *kind == Kind::Tmp {
                uppers.push(None);
                continue;
            }
            let dir = base.join(index.to_string());
            create_dir_all(&dir.join("upper"))?;
            create_dir_all(&dir.join("work"))?;
            uppers.push(Some(c_path(&dir)?));
        }
        Ok(Kept { base, uppers })
    }

    /// The run that wrote to `kept` is over, or did not start.
    pub(super) fn finished(&mut self, kept: &Kept, files: &[FileChange], ran: bool) {
        for index in 0..self.kinds.len() {
            remove_work(&kept.base.join(index.to_string()));
        }
        if ran {
            self.pending = Some(kept.base.clone());
            self.seen.extend(files.iter().map(|file| file.mtime.0));
        }
    }

    /// The directories below the uppers of cover number `index`.
    fn lowers(&self, index: usize) -> Vec<PathBuf> {
        let frozen = self.frozen.get(index).into_iter().flatten().map(path_of);
        frozen.chain(self.covers.get(index).cloned()).collect()
    }

    /// Turns what the latest kept run left into layers. Gives the number of cache directories.
    pub(super) fn freeze(&mut self) -> Result<usize, SandboxError> {
        let Some(base) = self.pending.take() else { return Ok(0) };
        let mut total = 0;
        for (index, kind) in self.kinds.iter().enumerate() {
            let upper = base.join(index.to_string()).join("upper");
            if *kind == Kind::Tmp || !upper.is_dir() {
                continue;
            }
            let kept = if *kind == Kind::Cache {
                usize::from(!is_empty(&upper))
            } else {
                keep_caches(&upper, &self.lowers(index))?
            };
            total += kept;
            if let Some(layers) = self.frozen.get_mut(index).filter(|_| kept > 0) {
                layers.insert(0, c_path(&upper)?);
                layers.truncate(MAX_SEEDS);
            }
        }
        Ok(total)
    }
}

fn path_of(text: &CString) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(text.as_bytes()))
}

/// Removes an overlay's work directory, which the kernel leaves closed even for its owner.
fn remove_work(dir: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let work = dir.join("work");
    let _ = fs::set_permissions(work.join("work"), fs::Permissions::from_mode(0o700));
    // What cannot be removed now is tried again with the whole scratch directory.
    let _ = fs::remove_dir_all(work);
}

/// Removes everything below `dir` that is in no cache directory; gives how many there are.
///
/// `lowers` are the same directory in the layers below: a build directory that was only added to
/// has its mark there.
fn keep_caches(dir: &Path, lowers: &[PathBuf]) -> Result<usize, SandboxError> {
    let mut kept = 0;
    for entry in fs::read_dir(dir).path("list", dir)? {
        let entry = entry.path("list", dir)?;
        let path = entry.path();
        let is_dir = entry.file_type().path("inspect", &path)?.is_dir();
        let lower: Vec<PathBuf> = lowers.iter().map(|l| l.join(entry.file_name())).collect();
        if !is_dir {
            fs::remove_file(&path).path("remove", &path)?;
        } else if caches::is_cache(&path, &lower) {
            kept += 1;
        } else {
            let below = keep_caches(&path, &lower)?;
            if below == 0 {
                fs::remove_dir(&path).path("remove", &path)?;
            }
            kept += below;
        }
    }
    Ok(kept)
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none())
}
