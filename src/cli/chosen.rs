//! Which model a command works with: the flag's, `SLM_MODEL`'s, the configuration's, or the one that the store has
//! for the role; in this order. A name of the store stands for its file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::models::failed;
use super::report::{self, Failure};
use crate::base::Cancel;
use crate::config::{Config, Environment};
use crate::engine::AdapterOptions;
use crate::models::Sha256;
use crate::models::adapters::{Choice, Choices, Scale};
use crate::models::registry::{ModelName, Registry, Role};
use crate::models::sealed::{Key, Place, Unsealed};
use crate::models::store::{Check, Item, Store};
use crate::models::watch::Watch;
use crate::repo;

/// A model's file, and the adapter to load with it.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) path: PathBuf,
    pub(super) adapter: Option<AdapterOptions>,
    /// Encrypted files that were made plain, for as long as somebody may load them.
    pub(super) unsealed: Vec<Arc<Unsealed>>,
}

impl Chosen {
    /// A file as it stands.
    pub(super) fn file(path: &Path) -> Self {
        Self { path: path.to_owned(), adapter: None, unsealed: Vec::new() }
    }

    /// What to call it on a screen: the file's name without its ending.
    pub(super) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The model for this role; `None` where nothing was chosen.
///
/// # Errors
/// A name that is neither a file nor in the store; a file of the store that is damaged; an adapter for another model.
pub(super) fn choose(
    role: Role,
    flag: Option<&Path>,
    environment: &Environment,
    config: &Config,
) -> anyhow::Result<Option<Chosen>> {
    let wished = flag.or(environment.model.as_deref()).or(config.model.path.as_deref());
    find(role, wished, true, environment, config)
}

/// The model for this role where nobody is there to be asked for a passphrase.
///
/// # Errors
/// As [`choose`]; an encrypted model that no configured key file opens.
pub(super) fn quietly(
    role: Role,
    environment: &Environment,
    config: &Config,
) -> anyhow::Result<Option<Chosen>> {
    let wished = environment.model.as_deref().or(config.model.path.as_deref());
    find(role, wished, false, environment, config)
}

/// The model that `wished` names, as a path or as a name of the store; without a wish, that of the role.
///
/// # Errors
/// As [`choose`].
pub(super) fn named(
    role: Role,
    wished: Option<&Path>,
    environment: &Environment,
    config: &Config,
) -> anyhow::Result<Option<Chosen>> {
    find(role, wished, true, environment, config)
}

fn find(
    role: Role,
    wished: Option<&Path>,
    asks: bool,
    environment: &Environment,
    config: &Config,
) -> anyhow::Result<Option<Chosen>> {
    if let Some(path) = wished.filter(|path| is_path(path)) {
        return Ok(Some(Chosen::file(path)));
    }
    let store = Store::find(environment.models_dir()).map_err(failed)?;
    let Some(store) = store else {
        // The error of opening it says what is not there.
        return Ok(wished.map(Chosen::file));
    };
    let registry = store.registry().map_err(failed)?;
    let name = match wished {
        Some(wished) => known(wished, &registry)?,
        None => match registry.for_role(role) {
            Some(chosen) => chosen.model.name.clone(),
            None => return Ok(None),
        },
    };
    let chosen = registry.version(&name, None).map_err(|e| Failure::usage(e.to_string()))?;
    let (base, is_sealed) = (chosen.version.sha256, chosen.version.sealed.is_some());
    let mut vault = Vault { store: &store, environment, config, asks, unsealed: Vec::new() };
    let path = if is_sealed {
        vault.open(&Item::model(&chosen))?
    } else {
        let cancel = Cancel::new();
        let mut watch = Watch::quiet(&cancel);
        store.open_model(&name, None, Check::Size, &mut watch).map_err(failed)?.path
    };
    let adapter = adapter(&mut vault, &registry, role, base)?;
    Ok(Some(Chosen { path, adapter, unsealed: vault.unsealed }))
}

/// What opens encrypted files.
struct Vault<'a> {
    store: &'a Store,
    environment: &'a Environment,
    config: &'a Config,
    /// A passphrase may be asked for.
    asks: bool,
    unsealed: Vec<Arc<Unsealed>>,
}

impl Vault<'_> {
    /// Makes the file of an entry plain, with the configured key file or a passphrase that is asked for.
    fn open(&mut self, item: &Item) -> anyhow::Result<PathBuf> {
        let key = match &self.config.models.key_file {
            Some(path) => Key::File(path.clone()),
            None if !self.asks => {
                return Err(Failure::environment(format!(
                    "{item} is encrypted, and no `models.key_file` of the configuration opens it"
                )));
            }
            None => Key::Passphrase(report::ask_secret(&format!("Passphrase of {item}"))?),
        };
        let cancel = Cancel::new();
        let place = self.environment.runtime.as_deref();
        let mut watch = Watch::quiet(&cancel);
        let opened = self.store.open_sealed(item, &key, place, &mut watch).map_err(failed)?;
        if opened.place() == Place::Store {
            report::note(&format!("slm: {item} is plain on the disk while this command runs"));
        }
        let path = opened.path().to_owned();
        self.unsealed.push(Arc::new(opened));
        Ok(path)
    }
}

/// Whether this can only be meant as a path.
fn is_path(wished: &Path) -> bool {
    wished.components().count() > 1 || wished.exists()
}

fn known(wished: &Path, registry: &Registry) -> anyhow::Result<ModelName> {
    let text = wished.to_string_lossy();
    let name: Option<ModelName> = text.parse().ok();
    name.filter(|name| registry.model(name).is_ok()).ok_or_else(|| {
        let names: Vec<&str> = registry.models().iter().map(|model| model.name.as_str()).collect();
        let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Failure::usage(format!(
            "{text} is neither a file nor a model of the store, which has {has}"
        ))
    })
}

/// The adapter that the configuration wishes for here.
fn adapter(
    vault: &mut Vault<'_>,
    registry: &Registry,
    role: Role,
    base: Sha256,
) -> anyhow::Result<Option<AdapterOptions>> {
    if vault.config.models.adapter.is_empty() {
        return Ok(None);
    }
    let here = std::env::current_dir().ok().and_then(|dir| repo::discover(&dir).ok());
    let root = here.map(|root| root.path);
    let applied = registry
        .adapter_for(&choices(vault.config)?, role, root.as_deref(), base)
        .map_err(|error| Failure::usage(format!("config.toml, models.adapter: {error}")))?;
    let Some(applied) = applied else { return Ok(None) };
    let name = &applied.adapter.name;
    let path = if applied.adapter.sealed.is_some() {
        vault.open(&Item::Adapter(name.clone()))?
    } else {
        let cancel = Cancel::new();
        let mut watch = Watch::quiet(&cancel);
        vault.store.open_adapter(name, Check::Size, &mut watch).map_err(failed)?.path
    };
    Ok(Some(AdapterOptions { path, scale: applied.scale.get() }))
}

fn choices(config: &Config) -> anyhow::Result<Choices> {
    let wrong = |error: String| Failure::usage(format!("config.toml, models.adapter: {error}"));
    let list = config.models.adapter.iter().map(|wish| {
        let role = wish.role.as_deref().map(str::parse).transpose();
        let scale = wish.scale.map(|scale| Scale::try_from(f64::from(scale))).transpose();
        Ok(Choice {
            role: role.map_err(|e| wrong(format!("{e}")))?,
            repository: wish.repository.clone(),
            adapter: Some(wish.name.parse().map_err(|e| wrong(format!("{e}")))?),
            scale: scale.map_err(|e| wrong(e.to_string()))?,
        })
    });
    Ok(Choices { list: list.collect::<anyhow::Result<_>>()? })
}
