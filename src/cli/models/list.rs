//! `slm model list | info | versions`: what there is.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::facts;
use super::shelf::{Shelf, name, say};
use crate::base::size;
use crate::cli::report::{self, ExitStatus, Failure};
use crate::config::Environment;
use crate::models::adapters::Adapter;
use crate::models::registry::{Facts, Model, Registry, Role, Version};

/// List the models and adapters in the store, and what each is used for
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// Say what is known of a model in the store, or of a GGUF file
#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// A name that `slm model list` shows, or a file
    model: String,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// List the versions of a model: the current one, and those that can be gone back to
#[derive(Debug, clap::Args)]
pub(super) struct VersionsArgs {
    /// A name that `slm model list` shows
    model: String,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// The JSON contract of `slm model list --json`. Sizes are in bytes, times in seconds since 1970.
#[derive(Debug, Serialize)]
struct Json {
    store: PathBuf,
    roles: Vec<JsonRole>,
    models: Vec<JsonModel>,
    adapters: Vec<JsonAdapter>,
}

#[derive(Debug, Serialize)]
struct JsonRole {
    role: &'static str,
    /// `null`: the embedded one, or none.
    model: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonModel {
    name: String,
    current: String,
    roles: Vec<&'static str>,
    versions: Vec<JsonVersion>,
}

#[derive(Debug, Serialize)]
struct JsonVersion {
    label: String,
    current: bool,
    sha256: String,
    size: u64,
    added: u64,
    source: String,
    encrypted: bool,
    #[serde(flatten)]
    facts: Facts,
}

#[derive(Debug, Serialize)]
struct JsonAdapter {
    name: String,
    sha256: String,
    size: u64,
    base: String,
    roles: Vec<&'static str>,
    scale: f32,
    encrypted: bool,
}

/// Runs `slm model list`.
///
/// # Errors
/// A list that cannot be read.
pub(super) fn list(args: &ListArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let registry = shelf.registry()?;
    if args.json {
        report::json(&Json {
            store: environment.models_dir(),
            roles: Role::ALL.into_iter().map(|role| of_role(&registry, role)).collect(),
            models: registry.models().iter().map(|model| of_model(&registry, model)).collect(),
            adapters: registry.adapters().iter().map(of_adapter).collect(),
        });
        return Ok(ExitStatus::Success);
    }
    if registry.models().is_empty() {
        say("no model is in the store: `slm model add FILE`, or `slm model catalogue list`");
    }
    for model in registry.models() {
        say(line(&registry, model));
    }
    for adapter in registry.adapters() {
        let base = registry.known(adapter.base);
        let base = base.map_or("a model that is not here".to_owned(), |chosen| {
            format!("{} {}", chosen.model.name, chosen.version.label)
        });
        say(format!("{:<24} adapter for {base}, {}", adapter.name.as_str(), size(adapter.size)));
    }
    Ok(ExitStatus::Success)
}

fn line(registry: &Registry, model: &Model) -> String {
    let Ok(version) = model.version(&model.current) else { return model.name.to_string() };
    let roles = words(&registry.roles_of(&model.name));
    let used = if roles.is_empty() { "not used".to_owned() } else { roles.join(", ") };
    let older = match model.versions.len() {
        0 | 1 => String::new(),
        more => format!(", {} other versions", more - 1),
    };
    let Facts { architecture, quantisation, .. } = &version.facts;
    let kind = quantisation.as_deref().unwrap_or("unknown type");
    let sealed = if version.sealed.is_some() { ", encrypted" } else { "" };
    format!(
        "{:<24} {architecture} {kind}, {}{sealed}; version {}{older}; {used}",
        model.name.as_str(),
        size(version.size),
        version.label
    )
}

/// Runs `slm model info`.
///
/// # Errors
/// No such model or file; a file that is no model.
pub(super) fn info(args: &InfoArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let path = Path::new(&args.model);
    let looks_like_a_path = args.model.contains('/') || path.is_file();
    if looks_like_a_path {
        let facts =
            facts::read(path).map_err(|e| Failure::nothing(format!("{}: {e}", args.model)))?;
        if args.json {
            report::json(&facts);
        } else {
            say(format!("file          {}", args.model));
            tell(&facts);
        }
        return Ok(ExitStatus::Success);
    }
    let shelf = Shelf::open(environment)?;
    let registry = shelf.registry()?;
    let model = registry.model(&name(&args.model)?).map_err(|e| Failure::usage(e.to_string()))?;
    if args.json {
        report::json(&of_model(&registry, model));
        return Ok(ExitStatus::Success);
    }
    let version = model.version(&model.current).map_err(|e| Failure::environment(e.to_string()))?;
    say(format!("model         {} {}", model.name, version.label));
    tell(&version.facts);
    say(format!("size          {}", size(version.size)));
    say(format!("SHA-256       {}", version.sha256));
    if version.sealed.is_some() {
        say(format!("encrypted     yes; `slm model decrypt {}`", model.name));
    }
    say(format!("from          {}", version.source));
    let roles = words(&registry.roles_of(&model.name));
    say(format!(
        "used for      {}",
        if roles.is_empty() { "nothing".into() } else { roles.join(", ") }
    ));
    if let Some(previous) = model.previous() {
        say(format!("before        {}; `slm model rollback {}`", previous.label, model.name));
    }
    Ok(ExitStatus::Success)
}

fn tell(facts: &Facts) {
    say(format!("architecture  {}", facts.architecture));
    if let Some(parameters) = facts.parameters {
        say(format!("parameters    {:.1} million", parameters as f64 / 1e6));
    }
    if let Some(kind) = &facts.quantisation {
        say(format!("type          {kind}"));
    }
    if let Some(context) = facts.context {
        say(format!("context       {context} tokens"));
    }
    say(format!("licence       {}", facts.licence.as_deref().unwrap_or("unknown")));
    let able: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| facts.lacks(*role).is_none())
        .map(Role::as_str)
        .collect();
    say(format!("can           {}", able.join(", ")));
}

/// Runs `slm model versions`.
///
/// # Errors
/// No such model.
pub(super) fn versions(
    args: &VersionsArgs,
    environment: &Environment,
) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let registry = shelf.registry()?;
    let model = registry.model(&name(&args.model)?).map_err(|e| Failure::usage(e.to_string()))?;
    if args.json {
        report::json(&of_model(&registry, model));
        return Ok(ExitStatus::Success);
    }
    let back = model.previous().map(|version| &version.label);
    for version in &model.versions {
        let mark = if version.label == model.current {
            "  current"
        } else if Some(&version.label) == back {
            "  `slm model rollback` goes here"
        } else {
            ""
        };
        let (label, size) = (version.label.as_str(), size(version.size));
        say(format!("{label:<10} {size:>9}  {}  {}{mark}", short(version), version.source));
    }
    Ok(ExitStatus::Success)
}

/// The first digits of the digest: enough to tell versions apart.
fn short(version: &Version) -> String {
    version.sha256.to_string().chars().take(12).collect()
}

fn words(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}

fn of_role(registry: &Registry, role: Role) -> JsonRole {
    let model = registry.roles().get(&role).map(ToString::to_string);
    JsonRole { role: role.as_str(), model }
}

fn of_model(registry: &Registry, model: &Model) -> JsonModel {
    let version = |version: &Version| JsonVersion {
        label: version.label.to_string(),
        current: version.label == model.current,
        sha256: version.sha256.to_string(),
        size: version.size,
        added: version.added,
        source: version.source.clone(),
        encrypted: version.sealed.is_some(),
        facts: version.facts.clone(),
    };
    JsonModel {
        name: model.name.to_string(),
        current: model.current.to_string(),
        roles: words(&registry.roles_of(&model.name)),
        versions: model.versions.iter().map(version).collect(),
    }
}

fn of_adapter(adapter: &Adapter) -> JsonAdapter {
    JsonAdapter {
        name: adapter.name.to_string(),
        sha256: adapter.sha256.to_string(),
        size: adapter.size,
        base: adapter.base.to_string(),
        roles: words(&adapter.roles),
        scale: adapter.scale.get(),
        encrypted: adapter.sealed.is_some(),
    }
}
