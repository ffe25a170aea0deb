//! Making a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::archive::Faulty;
use super::delta::{Base, Plan};
use super::manifest::{About, CHANGES, Delta, Item, Manifest, WHOLE};
use super::{BundleError, archive};
use crate::base::fault;
use crate::base::fs::PathContext as _;
use crate::models::Sha256;
use crate::models::digest::Hasher;
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
    /// A file that the other side has, and that this one may be a new version of.
    pub base: Option<Base>,
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
    let plans = plans(sources, against, watch)?;
    let manifest = manifest(sources, against, &plans);
    let text = manifest.write().map_err(BundleError::NotForBundles)?;
    let comment = format!("bundle of models: {}", names(&manifest));
    let signature = signer.sign(text.as_bytes(), &comment)?;
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = to.with_file_name(format!(".{name}.new"));
    let result = write(&unfinished, &manifest, [&text, &signature], (sources, &plans), watch);
    if let Err(error) = result {
        // Half a bundle is of no use; the error that there was is the one to tell.
        let _ = std::fs::remove_file(&unfinished);
        return Err(error);
    }
    fault::point("rename").path("write", to)?;
    std::fs::rename(&unfinished, to).path("write", to)?;
    Ok(manifest)
}

/// How files are made from those that the other side has, where that is worth it.
fn plans(
    sources: &[Source],
    against: Option<&Against>,
    watch: &mut Watch<'_>,
) -> Result<BTreeMap<Sha256, (Base, Plan)>, BundleError> {
    let mut plans = BTreeMap::new();
    for source in sources {
        let Some(base) = &source.base else { continue };
        let has = |sha256| against.is_some_and(|against| against.have.contains(sha256));
        if has(&source.sha256) || !has(&base.sha256) || plans.contains_key(&source.sha256) {
            continue;
        }
        if let Some(plan) = Plan::new(base, source, watch)? {
            plans.insert(source.sha256, (base.clone(), plan));
        }
    }
    Ok(plans)
}

fn manifest(
    sources: &[Source],
    against: Option<&Against>,
    plans: &BTreeMap<Sha256, (Base, Plan)>,
) -> Manifest {
    let is_there = |source: &Source| against.is_some_and(|a| a.have.contains(&source.sha256));
    let delta = |source: &Source| {
        let (base, plan) = plans.get(&source.sha256)?;
        Some(Delta { base: base.sha256, size: plan.size() })
    };
    let item = |source: &Source| Item {
        sha256: source.sha256,
        size: source.size,
        present: !is_there(source),
        delta: delta(source),
        about: source.about.clone(),
    };
    Manifest {
        // A bundle that says nothing new can be read by an older slm.
        format: if plans.is_empty() { WHOLE } else { CHANGES },
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
    [text, signature]: [&str; 2],
    (sources, plans): (&[Source], &BTreeMap<Sha256, (Base, Plan)>),
    watch: &mut Watch<'_>,
) -> Result<(), BundleError> {
    let mut open = OpenOptions::new();
    fault::point("open").path("write", path)?;
    let mut file = open.write(true).create(true).truncate(true).open(path).path("write", path)?;
    let mut to = Faulty(&mut file);
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
    watch.begin("packing", Some(manifest.packed()));
    for (sha256, item) in files {
        let Some(source) = sources.get(&sha256) else { continue };
        archive::begin(&mut to, &item.member(), item.packed()).path("write", path)?;
        match plans.get(&sha256) {
            Some((_, plan)) => plan.write(source, &mut to, path, watch)?,
            None => copy(source, &mut to, path, watch)?,
        }
        archive::pad(&mut to, item.packed()).path("write", path)?;
    }
    archive::end(&mut to).path("write", path)?;
    fault::sync(|| file.sync_all()).path("write", path)?;
    Ok(())
}

/// Copies a source, and makes sure that it is what it should be.
fn copy(
    source: &Source,
    to: &mut Faulty<'_>,
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
