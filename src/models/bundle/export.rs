//! Making a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use super::manifest::{About, FORMAT, Item, Manifest};
use super::{BundleError, archive};
use crate::base::fault;
use crate::base::fs::PathContext as _;
use crate::models::Sha256;
use crate::models::digest::Hasher;
use crate::models::download::claim;
use crate::models::keys::Signer;
use crate::models::watch::Watch;

/// Bytes that are copied between two looks at the watch.
const PIECE: usize = 1 << 20;

/// A file that goes into a bundle.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    /// Its digest and its size in bytes, as the registry has them: checked while it is copied.
    pub sha256: Sha256,
    pub size: u64,
    pub about: About,
}

/// What the other side has, so that it need not be sent.
#[derive(Clone, Debug, Default)]
pub struct Against {
    /// How it is called: shown where it turns out not to be there.
    pub label: String,
    pub have: BTreeSet<Sha256>,
}

impl Against {
    /// What a machine has that has taken a bundle with this manifest.
    pub fn bundle(manifest: &Manifest, label: &str) -> Self {
        let have = manifest.items.iter().map(|item| item.sha256).collect();
        Self { label: label.to_owned(), have }
    }
}

/// Writes a bundle of `sources` to `to`, signed. Returns its manifest.
///
/// With `against`, files that the other side has are only named. The file is there whole, or not at all.
///
/// # Errors
/// [`BundleError::Exists`]; what no manifest can say; a source that is not what it was; the disk; the watch.
pub fn export(
    sources: &[Source],
    against: Option<&Against>,
    signer: &Signer,
    to: &Path,
    watch: &mut Watch<'_>,
) -> Result<Manifest, BundleError> {
    if to.exists() {
        return Err(BundleError::Exists(to.to_owned()));
    }
    let manifest = manifest(sources, against);
    let text = manifest.write().map_err(BundleError::NotForBundles)?;
    let comment = format!("bundle of models: {}", names(&manifest));
    let signature = signer.sign(text.as_bytes(), &comment)?;
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = to.with_file_name(format!(".{name}.new"));
    let result = write(&unfinished, &manifest, &text, &signature, sources, watch);
    if let Err(error) = result {
        // Half a bundle is of no use; the error that there was is the one to tell.
        let _ = std::fs::remove_file(&unfinished);
        return Err(error);
    }
    fault::point("rename").path("write", to)?;
    std::fs::rename(&unfinished, to).path("write", to)?;
    Ok(manifest)
}

fn manifest(sources: &[Source], against: Option<&Against>) -> Manifest {
    let is_there = |source: &Source| against.is_some_and(|a| a.have.contains(&source.sha256));
    let item = |source: &Source| Item {
        sha256: source.sha256,
        size: source.size,
        present: !is_there(source),
        about: source.about.clone(),
    };
    Manifest {
        format: FORMAT,
        made_by: concat!("slm ", env!("CARGO_PKG_VERSION")).to_owned(),
        against: against.map(|against| against.label.clone()),
        items: sources.iter().map(item).collect(),
    }
}

fn names(manifest: &Manifest) -> String {
    let names =
        manifest.items.iter().map(|Item { about, .. }| format!("{} {}", about.name, about.version));
    let all: String = names.collect::<Vec<_>>().join(", ");
    all.chars().take(200).collect()
}

fn write(
    path: &Path,
    manifest: &Manifest,
    text: &str,
    signature: &str,
    sources: &[Source],
    watch: &mut Watch<'_>,
) -> Result<(), BundleError> {
    let mut open = OpenOptions::new();
    fault::point("open").path("write", path)?;
    let file = open.write(true).create(true).truncate(true).open(path).path("write", path)?;
    let mut to = Faulty(file);
    let mut small = |name: &str, text: &str| -> io::Result<()> {
        archive::begin(&mut to, name, text.len() as u64)?;
        to.write_all(text.as_bytes())?;
        archive::pad(&mut to, text.len() as u64)
    };
    small("manifest.toml", text).path("write", path)?;
    small("manifest.toml.minisig", signature).path("write", path)?;
    let files = manifest.files();
    let sources: BTreeMap<Sha256, &Source> =
        sources.iter().map(|source| (source.sha256, source)).collect();
    watch.begin("packing", Some(manifest.bytes()));
    for source in files.keys().filter_map(|sha256| sources.get(sha256)) {
        let name = format!("files/{}", source.sha256);
        archive::begin(&mut to, &name, source.size).path("write", path)?;
        copy(source, &mut to, path, watch)?;
        archive::pad(&mut to, source.size).path("write", path)?;
    }
    archive::end(&mut to).path("write", path)?;
    fault::sync(|| to.0.sync_all()).path("write", path)?;
    Ok(())
}

/// Copies a source, and makes sure that it is what it should be.
fn copy(
    source: &Source,
    to: &mut Faulty,
    path: &Path,
    watch: &mut Watch<'_>,
) -> Result<(), BundleError> {
    let file = File::open(&source.path).path("open", &source.path)?;
    // A byte more would show that it has grown.
    let mut file = file.take(source.size.saturating_add(1));
    let (mut hasher, mut buffer) = (Hasher::default(), vec![0; PIECE]);
    let mut left = source.size;
    loop {
        watch.check()?;
        let read = file.read(&mut buffer).path("read", &source.path)?;
        let piece = &buffer[..read];
        hasher.add(piece);
        if piece.is_empty() || piece.len() as u64 > left {
            break;
        }
        to.write_all(piece).path("write", path)?;
        left -= piece.len() as u64;
        watch.advance(piece.len() as u64);
    }
    let got = hasher.finish();
    if got == source.sha256 && left == 0 {
        return Ok(());
    }
    Err(BundleError::Changed {
        name: source.about.name.clone(),
        path: source.path.clone(),
        wanted: source.sha256,
        got,
    })
}

/// A file whose writes a test can let fail.
struct Faulty(File);

impl Write for Faulty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        claim::write_all(&mut self.0, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
