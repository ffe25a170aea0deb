//! Taking a bundle: nothing of it counts until all of it was found right.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use super::BundleError;
use super::archive::{Broken, Faulty, Member, Reader};
use super::delta::{Failed, rebuild};
use super::manifest::{Item, LONGEST, Manifest};
use crate::base::fault;
use crate::base::fs::{self, FileError, PathContext as _};
use crate::models::digest::Hasher;
use crate::models::download::Claim;
use crate::models::download::claim::{free_space, remove};
use crate::models::keys::{Signed, Trusted};
use crate::models::watch::Watch;
use crate::models::{Sha256, Staged};

/// Bytes that stay free on the disk.
const SPARE: u64 = 64 << 20;
/// Longest signature, in bytes.
const LONGEST_SIGNATURE: u64 = 8 << 10;

/// A bundle whose manifest a trusted key has signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub manifest: Manifest,
    pub signed: Signed,
}

/// An item of a bundle that was taken.
#[derive(Debug)]
pub struct Arrived {
    pub item: Item,
    /// Its file, unless this machine has it already or an item before this one is of the same file.
    pub staged: Option<Staged>,
    /// Keeps others from bringing in the same file: to be dropped once the store has it.
    pub claim: Option<Claim>,
}

/// What this machine has already.
#[derive(Clone, Copy)]
pub struct There<'a> {
    /// Whether it knows a file.
    pub have: &'a dyn Fn(&Sha256) -> bool,
    /// Where that file lies in plain, if it does.
    pub file: &'a dyn Fn(&Sha256) -> Option<PathBuf>,
}

impl fmt::Debug for There<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("There").finish_non_exhaustive()
    }
}

/// Reads what a bundle says to hold, and checks who says so. Its files are not looked at.
///
/// # Errors
/// What is no bundle, or not signed by a trusted key.
pub fn inspect(path: &Path, trusted: &Trusted) -> Result<Opened, BundleError> {
    Bundle::open(path, trusted).map(|(_, opened)| opened)
}

/// Brings all files of a bundle into `incoming` and returns its items; `there` says what the store has already.
///
/// When a file is wrong, or the archive, nothing of it stays. When it is cancelled, what has come is kept for the
/// next try.
///
/// # Errors
/// What [`inspect`] refuses; files that are left out and not there; wrong files, whatever else is in the archive;
/// the disk; the watch.
pub fn unpack(
    path: &Path,
    trusted: &Trusted,
    incoming: &Path,
    there: There<'_>,
    watch: &mut Watch<'_>,
) -> Result<(Opened, Vec<Arrived>), BundleError> {
    let (mut bundle, opened) = Bundle::open(path, trusted)?;
    let manifest = &opened.manifest;
    check_left_out(path, manifest, there)?;
    fs::create_dir_all(incoming)?;
    check_space(path, manifest, incoming, there.have)?;
    let mut landed = Vec::new();
    match bundle.files(manifest, incoming, there, &mut landed, watch) {
        Ok(()) => {}
        Err(error) => {
            if !matches!(error, BundleError::Stopped(_)) {
                // The error that there was is the one to tell; what stays is harmless, and pruned.
                let _ = landed.iter().try_for_each(|(staged, _)| remove(staged.path()));
            }
            return Err(error);
        }
    }
    let arrived = manifest.items.iter().map(|item| {
        let at = landed.iter().position(|(staged, _)| staged.sha256() == item.sha256);
        let (staged, claim) = at.map(|at| landed.swap_remove(at)).unzip();
        Arrived { item: item.clone(), staged, claim }
    });
    let arrived = arrived.collect();
    Ok((opened, arrived))
}

fn check_left_out(path: &Path, manifest: &Manifest, there: There<'_>) -> Result<(), BundleError> {
    let lacked = manifest.items.iter().filter(|item| !(there.have)(&item.sha256));
    let no_base = |item: &&Item| item.delta.is_some_and(|by| (there.file)(&by.base).is_none());
    if let Some((item, delta)) = lacked.clone().find(no_base).and_then(|i| i.delta.map(|d| (i, d)))
    {
        return Err(BundleError::NoBase {
            path: path.to_owned(),
            name: format!("{} {}", item.about.name, item.about.version),
            base: delta.base,
            against: manifest.against.clone(),
        });
    }
    let missing = lacked.filter(|item| !item.present);
    let name = |item: &Item| format!("{} {}", item.about.name, item.about.version);
    let names: Vec<String> = missing.map(name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let against = manifest.against.clone();
    Err(BundleError::Incomplete { path: path.to_owned(), names, against })
}

fn check_space(
    path: &Path,
    manifest: &Manifest,
    incoming: &Path,
    have: &dyn Fn(&Sha256) -> bool,
) -> Result<(), BundleError> {
    let files = manifest.files();
    let new = files.iter().filter(|(sha256, _)| !have(sha256));
    let needed = new.fold(0_u64, |sum, (_, item)| sum.saturating_add(item.size));
    let free = free_space(incoming)?;
    if free >= needed.saturating_add(SPARE) {
        return Ok(());
    }
    let (path, folder) = (path.to_owned(), incoming.to_owned());
    Err(BundleError::NoSpace { path, needed, free, folder })
}

/// A bundle whose manifest was read.
struct Bundle<'a> {
    path: &'a Path,
    reader: Reader<BufReader<File>>,
}

impl<'a> Bundle<'a> {
    fn open(path: &'a Path, trusted: &Trusted) -> Result<(Self, Opened), BundleError> {
        let file = File::open(path).path("open", path)?;
        let mut bundle = Self { path, reader: Reader::new(BufReader::new(file)) };
        bundle.member("manifest.toml", None)?;
        let text = bundle.reader.all(LONGEST).map_err(|broken| bundle.broken(broken))?;
        bundle.member("manifest.toml.minisig", None)?;
        let signature =
            bundle.reader.all(LONGEST_SIGNATURE).map_err(|broken| bundle.broken(broken))?;
        let signed = trusted.verify(&text, &signature);
        let signed =
            signed.map_err(|source| BundleError::Signature { path: path.to_owned(), source })?;
        let manifest = Manifest::read(&text).map_err(|reason| bundle.malformed(reason))?;
        Ok((bundle, Opened { manifest, signed }))
    }

    /// Goes on to a member, which must have this name, and this size where one is given.
    fn member(&mut self, name: &str, size: Option<u64>) -> Result<(), BundleError> {
        let member = self.reader.next().map_err(|broken| self.broken(broken))?;
        let Some(Member { name: found, size: says }) = member else {
            return Err(self.malformed(format!("it ends where {name} should be")));
        };
        if found != name.as_bytes() {
            let found = String::from_utf8_lossy(&found).into_owned();
            return Err(self.malformed(format!("{found:?} is where {name} should be")));
        }
        match size.filter(|&size| size != says) {
            Some(size) => {
                Err(self.malformed(format!("{name} has {says} bytes, and should have {size}")))
            }
            None => Ok(()),
        }
    }

    /// Brings in all files, and makes sure that nothing follows them.
    fn files(
        &mut self,
        manifest: &Manifest,
        incoming: &Path,
        there: There<'_>,
        landed: &mut Vec<(Staged, Claim)>,
        watch: &mut Watch<'_>,
    ) -> Result<(), BundleError> {
        let mut done = 0;
        // In the order of the digests, so that two that unpack do not wait for each other.
        for (sha256, item) in manifest.files() {
            self.member(&item.member(), Some(item.packed()))?;
            let claim = Claim::take(incoming, &sha256.to_string(), watch)?;
            let is_known = (there.have)(&sha256);
            let arrived = if is_known { None } else { claim.arrived(Some(sha256), watch)? };
            watch.begin("unpacking", Some(manifest.bytes()));
            watch.advance(done);
            if is_known || arrived.is_some() {
                landed.extend(arrived.map(|staged| (staged, claim)));
                self.receive(item, there, None, watch)?;
            } else {
                let whole = self.land(item, there, &claim, watch)?;
                landed.push((Staged::new(whole, sha256, item.size), claim));
            }
            done += item.size;
        }
        match self.reader.next().map_err(|broken| self.broken(broken))? {
            None => Ok(()),
            Some(Member { name, .. }) => {
                let name = String::from_utf8_lossy(&name).into_owned();
                Err(self.malformed(format!("{name:?} in it is not in its manifest")))
            }
        }
    }

    /// Writes the current file to where it is claimed.
    fn land(
        &mut self,
        item: &Item,
        there: There<'_>,
        claim: &Claim,
        watch: &mut Watch<'_>,
    ) -> Result<PathBuf, BundleError> {
        let path = claim.path("unpack");
        fault::point("open").path("write", &path)?;
        let mut file = File::create(&path).path("write", &path)?;
        if let Err(error) = self.receive(item, there, Some((&mut file, &path)), watch) {
            // What stays is written over by the next try.
            let _ = remove(&path);
            return Err(error);
        }
        fault::sync(|| file.sync_all()).path("write", &path)?;
        Ok(claim.land(&path)?)
    }

    /// Reads the current file, whole or as what changed, writes it to `to` if there is one, and makes sure that it is
    /// the right one.
    fn receive(
        &mut self,
        item: &Item,
        there: There<'_>,
        to: Option<(&mut File, &Path)>,
        watch: &mut Watch<'_>,
    ) -> Result<(), BundleError> {
        let base = item.delta.map(|delta| (there.file)(&delta.base));
        let mut to = to.map(|(file, path)| (Faulty(file), path));
        let out = to.as_mut().map(|(file, path)| (file as &mut dyn Write, *path));
        let got =
            match &base {
                Some(Some(base)) => rebuild(&mut self.reader, base, item.size, out, watch)
                    .map_err(|failed| match failed {
                        Failed::Broken(broken) => self.broken(broken),
                        Failed::Here(error) => error,
                    })?,
                // It is here already, and what it would be made from is not: nothing can be compared.
                Some(None) => return copy(self.path, &mut self.reader, None, watch).map(drop),
                None => copy(self.path, &mut self.reader, out, watch)?,
            };
        let (path, name, wanted) = (self.path.to_owned(), item.about.name.clone(), item.sha256);
        match base.flatten() {
            _ if got == wanted => Ok(()),
            None => Err(BundleError::WrongFile { path, name, wanted, got }),
            Some(base) => Err(BundleError::WrongRebuilt { path, base, name, wanted }),
        }
    }

    fn broken(&self, broken: Broken) -> BundleError {
        explain(self.path, broken)
    }

    fn malformed(&self, reason: String) -> BundleError {
        BundleError::Malformed { path: self.path.to_owned(), reason }
    }
}

/// Reads a file of the bundle at `path`, writes it to `to` if there is one, and returns its digest.
fn copy(
    path: &Path,
    reader: &mut Reader<BufReader<File>>,
    mut to: Option<(&mut dyn Write, &Path)>,
    watch: &mut Watch<'_>,
) -> Result<Sha256, BundleError> {
    let (mut hasher, mut buffer) = (Hasher::default(), Vec::new());
    loop {
        watch.check()?;
        let piece = reader.piece(&mut buffer).map_err(|broken| explain(path, broken))?;
        if piece.is_empty() {
            return Ok(hasher.finish());
        }
        hasher.add(piece);
        if let Some((file, to)) = &mut to {
            file.write_all(piece).path("write", to)?;
        }
        watch.advance(piece.len() as u64);
    }
}

fn explain(path: &Path, broken: Broken) -> BundleError {
    let path = path.to_owned();
    match broken {
        Broken::Shape(reason) => BundleError::Malformed { path, reason },
        Broken::Read(source) => FileError { verb: "read", path, source }.into(),
    }
}
