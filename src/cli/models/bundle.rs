//! `slm model bundle`: models for machines without a network, in one signed file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::catalogue::trusted;
use super::facts;
use super::key;
use super::shelf::{Shelf, Trouble, name, now, say};
use crate::base::{fs, size};
use crate::cli::report::{ExitStatus, Failure};
use crate::config::Environment;
use crate::models::adapters::{Adapter, Scale};
use crate::models::bundle::{
    self, About, Against, Arrived, Base, BundleError, Item, Kind, Opened, Source, There,
};
use crate::models::download::Claim;
use crate::models::registry::{
    Added, Facts, Label, ModelName, NewVersion, Registry, RegistryError, Role, Version,
};
use crate::models::store::Check;
use crate::models::watch::{Stopped, Watch};
use crate::models::{Sha256, Staged};

/// Carry models and adapters to machines without a network
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Write models, the adapters made for them and what is known of them to one signed file
    Export(ExportArgs),
    /// Take the models and adapters of a bundle into the store
    ///
    /// A key of `models.trusted` in the configuration must have signed it.
    Import(ImportArgs),
    /// Say who signed a bundle and what is in it; its files are not read
    Inspect {
        /// The bundle
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The bundle; must not be there yet
    file: PathBuf,
    /// Names that `slm model list` shows
    #[arg(required = true)]
    models: Vec<String>,
    #[command(flatten)]
    key: super::KeyFile,
    /// The first line of this file is the key's password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Carry only what the other side lacks: an older bundle, or its `slm model list --json`
    ///
    /// A file that it has is left out; of a new version of a model that is here in the old version too, only what
    /// changed is carried.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Without the adapters made for them
    #[arg(long)]
    no_adapters: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The bundle
    file: PathBuf,
    /// Do not load the models
    #[arg(long)]
    no_test: bool,
}

/// Runs `slm model bundle`.
///
/// # Errors
/// Bundles that are damaged, not whole, or signed by nobody who is trusted; models that are not there or do not load.
pub(super) fn run(what: &What, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    match what {
        What::Export(args) => export(&shelf, args)?,
        What::Import(args) => import(&shelf, args)?,
        What::Inspect { file } => inspect(&shelf, file)?,
    }
    Ok(ExitStatus::Success)
}

fn export(shelf: &Shelf<'_>, args: &ExportArgs) -> anyhow::Result<()> {
    let registry = shelf.registry()?;
    let names = args.models.iter().map(|text| name(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut sources = Vec::new();
    for called in &names {
        let chosen = registry.version(called, None);
        if chosen.is_ok_and(|chosen| chosen.version.sealed.is_some()) {
            return Err(Failure::usage(format!(
                "{called} is encrypted here, and a bundle is read by whoever has it: `slm model decrypt {called}` first"
            )));
        }
        let opened = shelf.file(called, Check::Size)?;
        sources.push(of_model(&registry, called, &opened.version, opened.path)?);
    }
    let bases: BTreeSet<Sha256> = sources.iter().map(|source| source.sha256).collect();
    for adapter in registry.adapters() {
        if args.no_adapters || !bases.contains(&adapter.base) {
            continue;
        }
        let opened =
            shelf.following(|watch| shelf.store.open_adapter(&adapter.name, Check::Size, watch))?;
        sources.push(of_adapter(adapter, opened.path));
    }
    let against = args.since.as_deref().map(|path| against(shelf, path)).transpose()?;
    if let Some(against) = &against {
        for (source, called) in sources.iter_mut().zip(&names) {
            source.base = base(shelf, &registry, called, against);
        }
    }
    let signer = key::open(&args.key.key, args.password_file.as_deref())?;
    let manifest = shelf.following(|watch| {
        bundle::export(&sources, against.as_ref(), &signer, &args.file, watch)
    })?;
    for item in &manifest.items {
        let About { name, version, .. } = &item.about;
        say(format!("{name} {version}  {}", carried(item)));
    }
    let bytes = args.file.metadata().map_or(0, |about| about.len());
    say(format!("wrote {}, {}", args.file.display(), size(bytes)));
    say(format!("the other side trusts it with: trusted = [\"{}\"]", signer.public()));
    Ok(())
}

/// How a file is in a bundle, in words.
fn carried(item: &Item) -> String {
    let whole = size(item.size);
    match item.delta {
        _ if !item.present => format!("{whole}, left out: the other side has it"),
        Some(delta) => {
            format!("{whole}, of which {} changed since {}", size(delta.size), delta.base)
        }
        None => whole,
    }
}

/// The newest version of a model that the other side has, and that lies here in plain.
fn base(
    shelf: &Shelf<'_>,
    registry: &Registry,
    called: &ModelName,
    against: &Against,
) -> Option<Base> {
    let versions = registry.model(called).ok()?.versions.iter().rev();
    let mut known = versions
        .filter(|v| v.sealed.is_none() && against.have.contains(&v.sha256))
        .map(|version| {
            let Version { sha256, size, label, .. } = version;
            let path = plain(shelf, called, label)?;
            Some(Base { path, sha256: *sha256, size: *size })
        });
    known.find_map(|base| base)
}

/// Where a version lies in the store; `None` where it is not what it was.
fn plain(shelf: &Shelf<'_>, called: &ModelName, label: &Label) -> Option<PathBuf> {
    let mut watch = Watch::quiet(&shelf.cancel);
    let opened = shelf.store.open_model(called, Some(label), Check::Size, &mut watch);
    opened.ok().map(|opened| opened.path)
}

fn of_model(
    registry: &Registry,
    called: &ModelName,
    version: &Version,
    path: PathBuf,
) -> anyhow::Result<Source> {
    let facts = toml::Table::try_from(&version.facts)
        .map_err(|error| Failure::environment(format!("{called}: {error}")))?;
    let roles = registry.roles_of(called);
    Ok(Source {
        path,
        sha256: version.sha256,
        size: version.size,
        about: About {
            name: called.to_string(),
            version: version.label.to_string(),
            kind: Kind::Model,
            base: None,
            roles: roles.iter().map(ToString::to_string).collect(),
            facts,
        },
        base: None,
    })
}

fn of_adapter(adapter: &Adapter, path: PathBuf) -> Source {
    let mut facts = toml::Table::new();
    facts.insert("scale".to_owned(), f64::from(adapter.scale).into());
    Source {
        path,
        sha256: adapter.sha256,
        size: adapter.size,
        about: About {
            name: adapter.name.to_string(),
            version: "1".to_owned(),
            kind: Kind::Adapter,
            base: Some(adapter.base),
            roles: adapter.roles.iter().map(ToString::to_string).collect(),
            facts,
        },
        base: None,
    }
}

/// What the other side has, by an older bundle or by its own list.
fn against(shelf: &Shelf<'_>, path: &Path) -> anyhow::Result<Against> {
    let label = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let list = fs::read(path)?;
    if list.first() == Some(&b'{') {
        let json: serde_json::Value = serde_json::from_slice(&list)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let mut have = BTreeSet::new();
        collect(&json, &mut have);
        return Ok(Against { label, have });
    }
    let opened = bundle::inspect(path, &trusted(shelf)?).map_err(|e| Trouble::from(e).failure())?;
    let have = opened.manifest.items.iter().map(|item| item.sha256).collect();
    Ok(Against { label, have })
}

/// Every value of a `sha256` in the list.
fn collect(json: &serde_json::Value, found: &mut BTreeSet<Sha256>) {
    match json {
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        serde_json::Value::Object(fields) => {
            let digest = fields.get("sha256").and_then(serde_json::Value::as_str);
            found.extend(digest.and_then(|text| text.parse::<Sha256>().ok()));
            fields.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

fn inspect(shelf: &Shelf<'_>, file: &Path) -> anyhow::Result<()> {
    let opened =
        bundle::inspect(file, &trusted(shelf)?).map_err(|error| Trouble::from(error).failure())?;
    tell(&opened);
    for item in &opened.manifest.items {
        let kind = match item.about.kind {
            Kind::Model => "model",
            Kind::Adapter => "adapter",
        };
        let About { name, version, .. } = &item.about;
        say(format!("{kind:<8} {name} {version}, {}", carried(item)));
    }
    Ok(())
}

fn tell(opened: &Opened) {
    say(format!("signed by {}: {}", opened.signed.key, opened.signed.comment));
    if let Some(against) = &opened.manifest.against {
        say(format!("made for a machine that has {against}"));
    }
}

fn import(shelf: &Shelf<'_>, args: &ImportArgs) -> anyhow::Result<()> {
    let trusted = trusted(shelf)?;
    let registry = shelf.registry()?;
    let have = |sha256: &Sha256| {
        let is_adapter = registry.adapters().iter().any(|adapter| adapter.sha256 == *sha256);
        is_adapter || registry.known(*sha256).is_some()
    };
    let file = |sha256: &Sha256| {
        let chosen = registry.known(*sha256).filter(|chosen| chosen.version.sealed.is_none())?;
        plain(shelf, &chosen.model.name, &chosen.version.label)
    };
    let there = There { have: &have, file: &file };
    let incoming = shelf.store.staging();
    let (opened, arrived) =
        shelf.following(|watch| bundle::unpack(&args.file, &trusted, &incoming, there, watch))?;
    tell(&opened);
    let mut came = Came::default();
    for Arrived { item, staged, claim } in arrived {
        came.claims.extend(claim);
        came.items.push((item, staged.as_ref().map(|_| came.staged.len())));
        came.staged.extend(staged);
    }
    // All or nothing: one that does not load keeps the others out too.
    let taken = came.take(shelf, args);
    if taken.is_err() {
        // The reason is what counts; what stays is pruned one day.
        came.staged.into_iter().for_each(|staged| drop(shelf.store.discard(staged)));
    }
    for line in taken? {
        say(line);
    }
    Ok(())
}

/// What a bundle has brought.
#[derive(Default)]
struct Came {
    /// Each item, and which of the files is its own; none for one that is here already.
    items: Vec<(Item, Option<usize>)>,
    staged: Vec<Staged>,
    /// Keep others from bringing in the same files until the list has them.
    claims: Vec<Claim>,
}

impl Came {
    /// Tries all models, and puts everything into the list in one step. Returns what became of each, for people.
    fn take(&self, shelf: &Shelf<'_>, args: &ImportArgs) -> anyhow::Result<Vec<String>> {
        let source = args.file.canonicalize().unwrap_or_else(|_| args.file.clone());
        let source = source.to_string_lossy();
        let mut wanted = Vec::new();
        for (item, own) in &self.items {
            let staged = own.and_then(|own| self.staged.get(own));
            wanted.push(match item.about.kind {
                Kind::Model => model(shelf, item, staged, &source, args)?,
                Kind::Adapter => adapter(item, &source)?,
            });
        }
        shelf.following(|watch| {
            shelf.store.adopt(&self.staged, watch, |registry| {
                wanted.into_iter().map(|new| new.add(registry)).collect::<Result<Vec<_>, _>>()
            })
        })
    }
}

/// Something that comes into the list.
enum New {
    Model(ModelName, Box<NewVersion>),
    Adapter(Box<Adapter>),
}

impl New {
    fn add(self, registry: &mut Registry) -> Result<String, RegistryError> {
        match self {
            Self::Model(called, version) => Ok(match registry.add(&called, *version)? {
                Added::Known(label) => format!("{called} {label} is here already"),
                Added::New { label, replaced: None } => format!("added {called} {label}"),
                Added::New { label, replaced: Some(old) } => format!(
                    "added {called} {label}; `slm model rollback {called}` goes back to {old}"
                ),
            }),
            Self::Adapter(adapter) => {
                let said = format!("added the adapter {}", adapter.name);
                registry.add_adapter(*adapter).map(|()| said)
            }
        }
    }
}

fn model(
    shelf: &Shelf<'_>,
    item: &Item,
    staged: Option<&Staged>,
    source: &str,
    args: &ImportArgs,
) -> anyhow::Result<New> {
    let About { name: called, version, facts: said, .. } = &item.about;
    // What the file says counts; the manifest may know a licence that it does not name.
    let mut facts: Facts = match staged {
        Some(staged) => facts::read(staged.path())
            .map_err(|error| Failure::nothing(format!("{called}: {error}")))?,
        None => said.clone().try_into().unwrap_or_default(),
    };
    facts.licence = facts.licence.or_else(|| Some(said.get("licence")?.as_str()?.to_owned()));
    if let (Some(staged), false) = (staged, args.no_test) {
        facts::test(staged.path(), called, &mut facts, shelf)?;
    }
    let label = version.parse().map_err(|e| Failure::nothing(format!("{called}: {e}")))?;
    let new = NewVersion {
        label: Some(label),
        sha256: item.sha256,
        size: item.size,
        added: now(),
        source: source.to_owned(),
        manifest: None,
        facts,
    };
    Ok(New::Model(name(called)?, Box::new(new)))
}

fn adapter(item: &Item, source: &str) -> anyhow::Result<New> {
    let About { name: called, base, roles, facts, .. } = &item.about;
    let wrong = |error: String| Failure::nothing(format!("the adapter {called}: {error}"));
    let scale = facts.get("scale").and_then(toml::Value::as_float).unwrap_or(1.0);
    let roles: Result<Vec<Role>, _> = roles.iter().map(|role| role.parse()).collect();
    Ok(New::Adapter(Box::new(Adapter {
        name: called.parse().map_err(|e| wrong(format!("{e}")))?,
        sha256: item.sha256,
        size: item.size,
        added: now(),
        source: source.to_owned(),
        base: base.ok_or_else(|| wrong("its model is not named".to_owned()))?,
        roles: roles.map_err(|e| wrong(format!("{e}")))?,
        scale: Scale::try_from(scale).map_err(|e| wrong(e.to_string()))?,
        sealed: None,
    })))
}

impl From<BundleError> for Trouble {
    fn from(error: BundleError) -> Self {
        let text = error.to_string();
        match error {
            BundleError::Stopped(Stopped::Cancelled) => Self::Interrupted,
            BundleError::Malformed { .. }
            | BundleError::Signature { .. }
            | BundleError::WrongFile { .. }
            | BundleError::WrongRebuilt { .. }
            | BundleError::NoBase { .. }
            | BundleError::Incomplete { .. }
            | BundleError::Changed { .. } => Self::Nothing(text),
            BundleError::Exists(_) | BundleError::NotForBundles(_) => Self::Usage(text),
            _ => Self::Environment(text),
        }
    }
}
