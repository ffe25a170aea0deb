//! A user's file is copied in: never linked, hashed on the way.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::Store;
use super::disk::{self, Links};
use super::error::StoreError;
use crate::base::fault;
use crate::base::fs::PathContext as _;
use crate::models::digest::{Hasher, Sha256};
use crate::models::staged::Staged;
use crate::models::watch::Watch;

/// Less than this is not even the header of a model.
const SMALLEST: u64 = 32;
/// Bytes copied between two looks at the watch.
pub(in crate::models) const PIECE: usize = 1 << 20;

impl Store {
    /// Copies a file of the user's to `incoming/`, or, where the file system can, shares its blocks: later
    /// changes of the file do not change the copy. With `expected`, only that very file is taken.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`], [`StoreError::TooSmall`], [`StoreError::NoSpace`], [`StoreError::OtherFile`],
    /// [`StoreError::Moving`]; cancellation; I/O errors. Nothing stays then.
    pub fn stage_file(
        &self,
        path: &Path,
        expected: Option<Sha256>,
        watch: &mut Watch<'_>,
    ) -> Result<Staged, StoreError> {
        let source = disk::open_regular(path, Links::Follow)?;
        let size = source.metadata().path("read", path)?.len();
        if size < SMALLEST {
            return Err(StoreError::TooSmall { path: path.to_owned(), size });
        }
        self.stage("add", watch, |copy, at, watch| {
            let from = if shares_blocks(copy, &source) {
                None
            } else {
                disk::ensure_space(&self.staging(), size)?;
                Some(source)
            };
            let copied = fill(copy, at, from, (path, size), watch)?;
            match expected.filter(|expected| *expected != copied.sha256) {
                None => Ok(copied),
                Some(expected) => Err(StoreError::OtherFile {
                    path: path.to_owned(),
                    expected,
                    found: copied.sha256,
                }),
            }
        })
    }

    /// A new file in `incoming/`, filled by `fill`, made durable; removed when that fails.
    pub(in crate::models) fn stage(
        &self,
        kind: &str,
        watch: &mut Watch<'_>,
        fill: impl FnOnce(&mut File, &Path, &mut Watch<'_>) -> Result<Filled, StoreError>,
    ) -> Result<Staged, StoreError> {
        let (at, mut file) = disk::new_file(&self.staging(), kind)?;
        let filled = fill(&mut file, &at, watch).and_then(|filled| {
            fault::sync(|| file.sync_all()).path("write", &at)?;
            Ok(filled)
        });
        match filled {
            Ok(Filled { sha256, size }) => Ok(Staged::new(at, sha256, size)),
            Err(error) => {
                // The first error is the one to tell.
                let _ = disk::remove(&at);
                Err(error)
            }
        }
    }
}

/// What a new file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::models) struct Filled {
    pub(in crate::models) sha256: Sha256,
    pub(in crate::models) size: u64,
}

/// Copies `from` into `copy`, or, without it, only reads what is there; the file it comes from is `(path, size)`.
fn fill(
    copy: &mut File,
    at: &Path,
    from: Option<File>,
    (path, size): (&Path, u64),
    watch: &mut Watch<'_>,
) -> Result<Filled, StoreError> {
    watch.begin(if from.is_some() { "copying" } else { "checking" }, Some(size));
    let mut hashed = Hashed::default();
    match from {
        Some(mut from) => pump(&mut from, path, watch, |piece| {
            hashed.add(piece);
            write_piece(copy, at, piece)
        })?,
        None => pump(copy, at, watch, |piece| {
            hashed.add(piece);
            Ok(())
        })?,
    }
    let filled = hashed.finish();
    if filled.size != size {
        return Err(StoreError::Moving { path: path.to_owned() });
    }
    Ok(filled)
}

/// Counts and hashes.
#[derive(Debug, Default)]
pub(in crate::models) struct Hashed {
    hasher: Hasher,
    size: u64,
}

impl Hashed {
    pub(in crate::models) fn add(&mut self, piece: &[u8]) {
        self.hasher.add(piece);
        self.size += piece.len() as u64;
    }

    pub(in crate::models) fn finish(self) -> Filled {
        Filled { sha256: self.hasher.finish(), size: self.size }
    }
}

/// Hands everything that `from` has to `each`, piece by piece, as long as somebody waits for it.
pub(in crate::models) fn pump(
    from: &mut impl Read,
    path: &Path,
    watch: &mut Watch<'_>,
    mut each: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut buffer = vec![0; PIECE];
    loop {
        watch.check()?;
        let read = from.read(&mut buffer).path("read", path)?;
        if read == 0 {
            return Ok(());
        }
        each(&buffer[..read])?;
        watch.advance(read as u64);
    }
}

pub(in crate::models) fn write_piece(
    to: &mut impl Write,
    path: &Path,
    piece: &[u8],
) -> Result<(), StoreError> {
    Ok(fault::point("write").and_then(|()| to.write_all(piece)).path("write", path)?)
}

/// Makes `copy` share the blocks of `source`, where the file system can do that.
#[cfg(target_os = "linux")]
fn shares_blocks(copy: &File, source: &File) -> bool {
    rustix::fs::ioctl_ficlone(copy, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn shares_blocks(_: &File, _: &File) -> bool {
    false
}
