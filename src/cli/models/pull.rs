//! `slm model pull`: the one command that downloads a model.

use super::add::{Wish, take_in};
use super::catalogue;
use super::shelf::{Shelf, Trouble, name, name_of, say};
use crate::base::size;
use crate::cli::authorities;
use crate::cli::report::{self, ExitStatus, Failure};
use crate::config::{Environment, Policy};
use crate::models::Sha256;
use crate::models::catalogue::{CatalogueError, Given};
use crate::models::download::{
    self, Address, DownloadError, Fetched, Limits, Network, Plain, Proof, Wanted,
};
use crate::models::registry::ModelName;
use crate::models::watch::Stopped;

/// Download a model of the catalogue, or from an address
///
/// What has come is kept when it is interrupted, and gone on with the next time. The file is believed by its
/// SHA-256, from the catalogue or from you; it is loaded and asked for a few tokens before it counts. Proxies are
/// taken from HTTPS_PROXY and NO_PROXY; SLM_MIRROR (or `models.mirror`) takes the place of the catalogue's hosts.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name of `slm model catalogue list`, or an address
    #[arg(value_name = "NAME|URL")]
    what: String,
    #[command(flatten)]
    wish: Wish,
    /// Which of its files: the type of weights, such as Q4_K_M [default: the first]
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Get the file of the catalogue from this address
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The SHA-256 that the file must have
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Believe the first file that comes where nobody says what its SHA-256 is, and remember it
    #[arg(long)]
    trust_first: bool,
    /// Allow an address without encryption; the SHA-256 still decides
    #[arg(long)]
    insecure: bool,
    /// Download nothing: an error, as with SLM_OFFLINE=1
    #[arg(long)]
    offline: bool,
}

/// Runs `slm model pull`.
///
/// # Errors
/// Offline, or forbidden on this machine; nothing that says where it is or what it should be; all that networks
/// do; a file that is another one, or no model.
pub(super) fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let network = network(&shelf, args.offline, args.insecure)?;
    let (wanted, called, licence) = choose(args, &shelf)?;
    // A mirror stands for the addresses of a catalogue, not for one that was typed.
    let typed = args.from.is_some() || args.what.contains("://");
    let network = if typed { Network { mirror: None, ..network } } else { network };
    if let Some(mirror) = &network.mirror {
        report::note(&format!("slm: from the mirror {mirror}"));
    }
    // Asked once nobody else fetches it: whoever did may have put it there.
    let have = |sha256: &Sha256| {
        shelf.store.registry().is_ok_and(|registry| registry.known(*sha256).is_some())
    };
    let incoming = shelf.store.staging();
    let fetched =
        shelf.following(|watch| download::fetch(&wanted, &network, &incoming, &have, watch))?;
    let Fetched::New(new) = fetched else {
        say(format!("{} is here already", wanted.what));
        return Ok(ExitStatus::Success);
    };
    if new.resumed > 0 {
        say(format!("went on after {}", size(new.resumed)));
    }
    for address in &new.via {
        say(format!("sent on to {address}"));
    }
    if wanted.proof == Proof::FirstUse {
        say(format!("SHA-256 {}, believed because it came first", new.staged.sha256()));
    }
    let source = new.from.as_ref().map_or("a download".to_owned(), ToString::to_string);
    let wish = Wish { licence: args.wish.licence.clone().or(licence), ..args.wish.clone() };
    // The claim keeps others from fetching it again until it is in the list.
    let claim = new.claim;
    take_in(&shelf, new.staged, (&wanted.what, &source), called, &wish)?;
    drop(claim);
    Ok(ExitStatus::Success)
}

/// What is to be fetched, what it is to be called, and its licence where the catalogue says it.
fn choose(args: &Args, shelf: &Shelf<'_>) -> anyhow::Result<(Wanted, ModelName, Option<String>)> {
    let address =
        |url: &str| url.parse::<Address>().map_err(|error| Failure::usage(error.to_string()));
    let sha256 = args.sha256.as_deref().map(str::parse::<Sha256>).transpose();
    let sha256 = sha256.map_err(|e| Failure::usage(format!("--sha256: {e}")))?;
    let places = args.from.iter().map(|url| address(url)).collect::<anyhow::Result<Vec<_>>>()?;
    let given = Given { places, sha256, first_use: args.trust_first };
    if !args.what.contains("://") {
        let known = catalogue::current(shelf)?;
        let refused = |error: CatalogueError| catalogue::failed(error.into());
        let entry = known.get(&args.what).map_err(refused)?;
        let file = entry.file(args.kind.as_deref()).map_err(refused)?;
        if let Some(limits) = &entry.use_limits {
            report::note(&format!("slm: {}, {}: {limits}", entry.name, entry.licence));
        }
        let wanted = entry.wanted(file, &given).map_err(refused)?;
        let called = name(args.wish.name.as_deref().unwrap_or(&entry.name))?;
        return Ok((wanted, called, Some(entry.licence.clone())));
    }
    let place = address(&args.what)?;
    let path = args.what.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default().to_owned();
    let called = match &args.wish.name {
        Some(text) => name(text)?,
        None => name_of(std::path::Path::new(&file))?,
    };
    let proof = match (sha256, args.trust_first) {
        (Some(sha256), _) => Proof::Digest(sha256),
        (None, true) => Proof::FirstUse,
        (None, false) => {
            return Err(Failure::usage(format!(
                "nobody says what the SHA-256 of {file} is: give it with --sha256, as its publisher says it, or \
                 take the first file that comes with --trust-first"
            )));
        }
    };
    let what = called.to_string();
    Ok((Wanted { what, places: vec![place], file, proof, size: None }, called, None))
}

/// How the network may be used, by the command line, the environment, the configuration, and whoever runs this
/// machine.
///
/// # Errors
/// A machine on which nothing may be downloaded; a mirror that is no address; a file of certificates that is not
/// there.
pub(super) fn network(shelf: &Shelf<'_>, offline: bool, insecure: bool) -> anyhow::Result<Network> {
    let offline = offline || shelf.environment.offline || shelf.config.models.offline;
    if !offline {
        let policy = Policy::of_machine().map_err(|e| Failure::environment(e.to_string()))?;
        policy.allows_download().map_err(|e| Failure::environment(e.to_string()))?;
    }
    let plain = if insecure { Plain::Anywhere } else { Plain::Loopback };
    let mirror = shelf.environment.mirror.as_deref().or(shelf.config.models.mirror.as_deref());
    let mirror = mirror.map(str::parse::<Address>).transpose();
    let mirror = mirror.map_err(|error| Failure::usage(format!("the mirror: {error}")))?;
    let authorities = match offline {
        true => None,
        false => authorities::named(shelf.environment, &shelf.config)?,
    };
    let mut limits = Limits::default();
    if let Some(kb) = shelf.config.network.slowest_kb {
        limits.slowest = u64::from(kb) << 10;
    }
    Ok(Network { offline, mirror, plain, authorities, limits, ..Network::default() })
}

impl From<DownloadError> for Trouble {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Stopped(Stopped::Cancelled) => Self::Interrupted,
            error if error.is_tampering() => Self::Nothing(error.to_string()),
            error => Self::Environment(error.to_string()),
        }
    }
}
