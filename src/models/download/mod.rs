//! Fetching files over the network, when the user asks for one: the only downloader slm has.
//!
//! [`fetch`] brings a file into `incoming/` and goes on where an earlier try ended: what came is kept with what the
//! server said about it ([`part`]), the rest is asked for with `Range` and `If-Range` ([`answer`] reads what comes
//! back), and the digest is computed over the whole file on the disk at the end. One process at a time brings in
//! one file ([`claim`]). [`request`] alone talks to the network.
//!
//! Not here: where a file may be got from (`catalogue`), and the list of what is there (the store).

mod address;
mod answer;
pub(in crate::models) mod claim;
mod pace;
mod part;
#[cfg(feature = "remote")]
mod request;
#[cfg(not(feature = "remote"))]
#[path = "no_request.rs"]
mod request;
#[cfg(feature = "remote")]
#[cfg(test)]
mod tests;
mod transfer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use address::{Address, AddressError, Plain};
pub use claim::Claim;

use part::Part;
use transfer::{Job, Lost};

use super::watch::{Stopped, Watch};
use super::{Sha256, Staged};
use crate::base::fs::FileError;
use crate::base::size;

/// Longest answer of [`fetch_small`], in bytes.
pub const SMALL: u64 = 1 << 20;

/// A file that is to be fetched.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// For messages: the model's name.
    pub what: String,
    /// Where it may be got from, the best first.
    pub places: Vec<Address>,
    /// Its name at a mirror, for when there are no places: no `/`.
    pub file: String,
    pub proof: Proof,
    /// In bytes, where that is known.
    pub size: Option<u64>,
}

/// By what a file is known to be the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its digest.
    Digest(Sha256),
    /// Nothing: the user has said that the first one that comes is to be trusted.
    FirstUse,
}

/// How the network may be used.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Not at all.
    pub offline: bool,
    /// Takes the place of all hosts: a file at `https://host/path` is got from `MIRROR/path`.
    pub mirror: Option<Address>,
    pub plain: Plain,
    pub proxy: Proxy,
    /// Certificates (PEM) of those who may vouch for servers, instead of the usual ones.
    pub authorities: Option<Vec<u8>>,
    pub limits: Limits,
}

/// What requests to other machines go through; none to this machine goes through anything.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    Direct,
    /// `http://name:password@host:port`
    At(String),
}

/// When enough is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time until there is a connection.
    pub connect: Duration,
    /// How long nothing at all may come.
    pub silence: Duration,
    /// Bytes a second that have to come on an average of `over`; 0: any speed will do.
    pub slowest: u64,
    /// See `slowest`.
    pub over: Duration,
    /// Largest file, in bytes.
    pub largest: u64,
    /// Bytes that stay free on the disk.
    pub spare: u64,
    /// Tries in a row that may bring nothing, besides the first.
    pub retries: u32,
    /// Pause before the second try; doubled for each further one.
    pub pause: Duration,
    /// Longest pause, also where a server asks for more.
    pub longest_pause: Duration,
    /// Bytes that may come before they are secured against a crash of the machine.
    pub keep_every: u64,
}

/// A file that was fetched.
#[derive(Debug)]
pub enum Fetched {
    /// It was there already: another process was faster.
    There,
    New(Box<New>),
}

/// A file that has come, and was checked.
#[derive(Debug)]
pub struct New {
    pub staged: Staged,
    /// The address that it was got from; absent when an earlier try had left it whole.
    pub from: Option<Address>,
    /// Where that sent on to.
    pub via: Vec<Address>,
    /// Bytes that an earlier try had left.
    pub resumed: u64,
    /// Keeps others from fetching it: to be dropped once the store has the file.
    pub claim: Claim,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error(
        "{what} is not fetched: slm is offline (--offline, SLM_OFFLINE, or `offline` of [models] in config.toml)"
    )]
    Offline { what: String },
    #[error(
        "nothing says where {what} can be got: give an address (--from), a mirror (SLM_MIRROR), or a file that \
         you have (slm model add)"
    )]
    NoPlace { what: String },
    #[error(
        "{what} needs {} more in {}, and {} are free: make room, then try again (what has come is kept)",
        size(*needed), folder.display(), size(*free)
    )]
    NoSpace { what: String, needed: u64, free: u64, folder: PathBuf },
    #[error("{what} could not be fetched: {}", list(reasons))]
    Failed { what: String, reasons: Vec<Refusal> },
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why one place gave no file.
#[derive(Debug)]
pub struct Refusal {
    pub place: Address,
    pub why: Why,
}

/// See [`Refusal`].
#[derive(Debug, PartialEq, Eq)]
pub enum Why {
    /// All of it came, and it is another file: it was removed.
    WrongDigest { wanted: Sha256, got: Sha256 },
    /// In words.
    Said(String),
}

impl DownloadError {
    /// True when a place gave other bytes than it should have.
    pub fn is_tampering(&self) -> bool {
        let wrong = |refusal: &Refusal| matches!(refusal.why, Why::WrongDigest { .. });
        matches!(self, Self::Failed { reasons, .. } if reasons.iter().any(wrong))
    }
}

impl From<FileError> for DownloadError {
    fn from(error: FileError) -> Self {
        Self::Stopped(error.into())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(60),
            slowest: 1 << 10,
            over: Duration::from_secs(30),
            largest: 64 << 30,
            spare: 64 << 20,
            retries: 5,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            keep_every: 16 << 20,
        }
    }
}

/// Brings a file into `incoming`, or goes on doing so.
///
/// `have` says whether the store has a file already; it is asked once nobody else is fetching this one. What has
/// come is kept when this ends early in whatever way, except where it was proven wrong.
///
/// # Errors
/// [`DownloadError::Offline`] before anything else; whatever is wrong with all places, the disk, or the file.
pub fn fetch(
    wanted: &Wanted,
    network: &Network,
    incoming: &Path,
    have: &dyn Fn(&Sha256) -> bool,
    watch: &mut Watch<'_>,
) -> Result<Fetched, DownloadError> {
    let what = || wanted.what.clone();
    if network.offline {
        return Err(DownloadError::Offline { what: what() });
    }
    let places = places(wanted, network);
    let first = places.first().ok_or_else(|| DownloadError::NoPlace { what: what() })?;
    let digest = wanted.digest();
    let key = digest.unwrap_or_else(|| Sha256::of(first.in_full().as_bytes()));
    let claim = Claim::take(incoming, &key.to_string(), watch)?;
    if digest.is_some_and(|digest| have(&digest)) {
        return Ok(Fetched::There);
    }
    if let Some(staged) = claim.arrived(digest, watch)? {
        let new = New { staged, from: None, via: Vec::new(), resumed: 0, claim };
        return Ok(Fetched::New(Box::new(new)));
    }
    let mut reasons = Vec::new();
    for place in places {
        match from_place(&place, wanted, network, &claim, watch) {
            Ok(Came { staged, via, resumed }) => {
                let new = New { staged, from: Some(place), via, resumed, claim };
                return Ok(Fetched::New(Box::new(new)));
            }
            Err(Lost::Here(why)) => reasons.push(Refusal { place, why }),
            Err(Lost::Everywhere(error)) => return Err(error),
        }
    }
    Err(DownloadError::Failed { what: what(), reasons })
}

/// Fetches something small, such as a catalogue or its signature, from where the user said: no mirror.
///
/// # Errors
/// As [`fetch`]; more than [`SMALL`] bytes.
pub fn fetch_small(
    what: &str,
    place: &Address,
    network: &Network,
    watch: &mut Watch<'_>,
) -> Result<Vec<u8>, DownloadError> {
    if network.offline {
        return Err(DownloadError::Offline { what: what.to_owned() });
    }
    match transfer::small(place, network, watch) {
        Ok(bytes) => Ok(bytes),
        Err(Lost::Everywhere(error)) => Err(error),
        Err(Lost::Here(why)) => {
            let reasons = vec![Refusal { place: place.clone(), why }];
            Err(DownloadError::Failed { what: what.to_owned(), reasons })
        }
    }
}

impl Wanted {
    fn digest(&self) -> Option<Sha256> {
        match self.proof {
            Proof::Digest(digest) => Some(digest),
            Proof::FirstUse => None,
        }
    }
}

/// Where to ask, in order.
fn places(wanted: &Wanted, network: &Network) -> Vec<Address> {
    match &network.mirror {
        None => wanted.places.clone(),
        Some(mirror) if wanted.places.is_empty() => vec![mirror.below(&wanted.file)],
        Some(mirror) => wanted.places.iter().map(|place| place.mirrored(mirror)).collect(),
    }
}

/// What one place gave.
struct Came {
    staged: Staged,
    via: Vec<Address>,
    resumed: u64,
}

fn from_place(
    place: &Address,
    wanted: &Wanted,
    network: &Network,
    claim: &Claim,
    watch: &mut Watch<'_>,
) -> Result<Came, Lost> {
    let mut part = Part::open(claim)?;
    let job = Job { place, wanted, network };
    let via = match job.run(&mut part, watch) {
        Ok(via) => via,
        Err(lost) => {
            // The first error is the one to tell; without this a little more has to come again.
            let _ = part.keep();
            return Err(lost);
        }
    };
    let (size, resumed) = (part.len(), part.carried());
    let got = Sha256::of_file(part.path(), watch).map_err(DownloadError::from)?;
    if let Some(digest) = wanted.digest().filter(|&digest| digest != got) {
        part.discard()?;
        return Err(Lost::Here(Why::WrongDigest { wanted: digest, got }));
    }
    let whole = part.land(claim)?;
    Ok(Came { staged: Staged::new(whole, got, size), via, resumed })
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Direct => "Direct",
            // It may hold a password.
            Self::At(_) => "At(..)",
        })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongDigest { wanted, got } => write!(
                f,
                "it gave another file: its SHA-256 is {got}, and should be {wanted} (it was removed)"
            ),
            Self::Said(reason) => f.write_str(reason),
        }
    }
}

fn list(reasons: &[Refusal]) -> String {
    let one = |Refusal { place, why }: &Refusal| format!("{place}: {why}");
    reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}
