//! What changed between two files: the new one as steps that copy from the old one, or bring bytes of their own.
//!
//! The exporter cuts both files where their content says so, so that bytes that moved are found again, and plans
//! the steps ([`Plan`]). The other side follows them ([`rebuild`]) and believes nothing of it: the digest of what comes
//! out is compared with the signed one. Where files are cut is the exporter's affair; the format is only the steps:
//!
//! ```text
//! 'C' from len     len bytes of the old file, from there (64 bits each, little endian)
//! 'D' len ...      len bytes that follow
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fastcdc::v2020::{Error as CutError, StreamCDC};

use super::BundleError;
use super::archive::{Broken, Reader, shape};
use super::export::Source;
use crate::base::fs::PathContext as _;
use crate::models::Sha256;
use crate::models::digest::Hasher;
use crate::models::watch::Watch;

/// Shortest, usual and longest piece that files are cut into, in bytes.
const CUT: (usize, usize, usize) = (4 << 10, 16 << 10, 64 << 10);
/// Bytes that are copied between two looks at the watch.
const PIECE: u64 = 1 << 20;
const COPY: u8 = b'C';
const DATA: u8 = b'D';

/// A file that the other side has, and this one too.
#[derive(Clone, Debug)]
pub struct Base {
    pub path: PathBuf,
    pub sha256: Sha256,
    /// In bytes.
    pub size: u64,
}

/// How a file is made from another.
#[derive(Debug)]
pub(super) struct Plan {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Copy {
        from: u64,
        len: u64,
    },
    /// Bytes of the new file, and what they are.
    Data {
        from: u64,
        len: u64,
        hash: [u8; 32],
    },
}

impl Plan {
    /// How `source` is made from `base`; `None` where that would save less than a tenth.
    ///
    /// # Errors
    /// Files that are not what they were; the disk; the watch.
    pub(super) fn new(
        base: &Base,
        source: &Source,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Self>, BundleError> {
        watch.begin("comparing", Some(base.size.saturating_add(source.size)));
        let name = &source.about.name;
        let mut known: HashMap<[u8; 32], u64> = HashMap::new();
        pieces((&base.path, base.sha256), name, watch, |from, bytes| {
            known.entry(*blake3::hash(bytes).as_bytes()).or_insert(from);
        })?;
        let mut plan = Self { steps: Vec::new() };
        pieces((&source.path, source.sha256), name, watch, |from, bytes| {
            let (hash, len) = (*blake3::hash(bytes).as_bytes(), bytes.len() as u64);
            match known.get(&hash) {
                Some(&from) => plan.copy(from, len),
                None => plan.steps.push(Step::Data { from, len, hash }),
            }
        })?;
        let is_worth_it = plan.size() <= source.size - source.size / 10;
        Ok(is_worth_it.then_some(plan))
    }

    /// Bytes of its steps.
    pub(super) fn size(&self) -> u64 {
        let size = |step: &Step| match step {
            Step::Copy { .. } => 17,
            Step::Data { len, .. } => 9 + len,
        };
        self.steps.iter().map(size).sum()
    }

    /// Writes its steps, with the bytes from `source`; `to` is for errors.
    ///
    /// # Errors
    /// A source that changes meanwhile; the disk; the watch.
    pub(super) fn write(
        &self,
        source: &Source,
        out: &mut dyn Write,
        to: &Path,
        watch: &mut Watch<'_>,
    ) -> Result<(), BundleError> {
        let mut file = File::open(&source.path).path("open", &source.path)?;
        let mut piece = Vec::new();
        for step in &self.steps {
            watch.check()?;
            let (head, bytes) = match step {
                Step::Copy { from, len } => {
                    ([&[COPY], &from.to_le_bytes()[..], &len.to_le_bytes()].concat(), &[][..])
                }
                Step::Data { from, len, hash } => {
                    read_at(&mut file, *from, *len, &mut piece).path("read", &source.path)?;
                    if blake3::hash(&piece).as_bytes() != hash {
                        return Err(changed(source));
                    }
                    ([&[DATA], &len.to_le_bytes()[..]].concat(), piece.as_slice())
                }
            };
            out.write_all(&head).and_then(|()| out.write_all(bytes)).path("write", to)?;
            watch.advance((head.len() + bytes.len()) as u64);
        }
        Ok(())
    }

    /// Copies so much more; a copy that goes on where the last one ended is one with it.
    fn copy(&mut self, from: u64, len: u64) {
        if let Some(Step::Copy { from: start, len: before }) = self.steps.last_mut()
            && *start + *before == from
        {
            *before += len;
            return;
        }
        self.steps.push(Step::Copy { from, len });
    }
}

/// Why no file was made.
#[derive(Debug)]
pub(super) enum Failed {
    /// The bundle.
    Broken(Broken),
    /// This machine, or whoever waits.
    Here(BundleError),
}

/// Follows the steps of the current member: makes a file of `size` bytes from `base`, writes it to `to` if there is
/// one, and returns its digest.
///
/// # Errors
/// Steps that are none, that reach beyond the base, or that do not make `size` bytes; the disk; the watch.
pub(super) fn rebuild(
    reader: &mut Reader<impl Read>,
    base: &Path,
    size: u64,
    mut to: Option<(&mut dyn Write, &Path)>,
    watch: &mut Watch<'_>,
) -> Result<Sha256, Failed> {
    let mut old = File::open(base).path("open", base)?;
    let reach = old.metadata().path("read", base)?.len();
    let (mut hasher, mut left, mut piece) = (Hasher::default(), size, Vec::new());
    while reader.left() > 0 {
        let [tag] = reader.array::<1>()?;
        let from = match tag {
            COPY => Some(u64::from_le_bytes(reader.array()?)),
            DATA => None,
            _ => return Err(shape("what it says of a file that changed makes no sense").into()),
        };
        let mut len = u64::from_le_bytes(reader.array()?);
        let end = from.map_or(Some(0), |from| from.checked_add(len));
        if len > left || end.is_none_or(|end| end > reach) {
            return Err(shape("what it says of a file that changed reaches beyond it").into());
        }
        left -= len;
        let mut at = from;
        while len > 0 {
            watch.check().map_err(BundleError::from)?;
            let now = len.min(PIECE);
            match &mut at {
                Some(at) => {
                    read_at(&mut old, *at, now, &mut piece).path("read", base)?;
                    *at += now;
                }
                None => reader.exact(now, &mut piece)?,
            }
            hasher.add(&piece);
            if let Some((file, path)) = &mut to {
                file.write_all(&piece).path("write", path)?;
            }
            watch.advance(now);
            len -= now;
        }
    }
    match left {
        0 => Ok(hasher.finish()),
        _ => Err(shape("what it says of a file that changed ends too early").into()),
    }
}

/// Gives `each` all pieces of a file, with where they begin; the file must have this digest.
fn pieces(
    (path, sha256): (&Path, Sha256),
    name: &str,
    watch: &mut Watch<'_>,
    mut each: impl FnMut(u64, &[u8]),
) -> Result<(), BundleError> {
    let file = File::open(path).path("open", path)?;
    let (shortest, usual, longest) = CUT;
    let mut hasher = Hasher::default();
    for piece in StreamCDC::new(BufReader::new(file), shortest, usual, longest) {
        watch.check()?;
        let piece = piece.map_err(io_error).path("read", path)?;
        hasher.add(&piece.data);
        each(piece.offset, &piece.data);
        watch.advance(piece.data.len() as u64);
    }
    let got = hasher.finish();
    if got == sha256 {
        return Ok(());
    }
    let (name, path) = (name.to_owned(), path.to_owned());
    Err(BundleError::Changed { name, path, wanted: sha256, got })
}

fn io_error(error: CutError) -> io::Error {
    match error {
        CutError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Reads `len` bytes from there.
fn read_at(file: &mut File, from: u64, len: u64, piece: &mut Vec<u8>) -> io::Result<()> {
    piece.resize(len as usize, 0);
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(piece)
}

/// A source that changed while it was read: what it is now is not known.
fn changed(source: &Source) -> BundleError {
    let moved = io::Error::other("it changed while it was read");
    crate::base::fs::FileError { verb: "read", path: source.path.clone(), source: moved }.into()
}

impl From<Broken> for Failed {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<BundleError> for Failed {
    fn from(error: BundleError) -> Self {
        Self::Here(error)
    }
}

impl From<crate::base::fs::FileError> for Failed {
    fn from(error: crate::base::fs::FileError) -> Self {
        Self::Here(error.into())
    }
}
