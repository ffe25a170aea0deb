//! `slm model adapter`: small files that change one model.

use std::path::PathBuf;

use clap::Subcommand;

use super::shelf::{Shelf, name, name_of, now, role, say};
use crate::base::size;
use crate::cli::report::{ExitStatus, Failure};
use crate::config::Environment;
use crate::engine::gguf;
use crate::models::adapters::{Adapter, Scale};
use crate::models::registry::{AdapterName, Role};
use crate::models::store::Check;

/// Keep LoRA adapters, each bound to the one model it was made for
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Copy an adapter into the store, for a model that is there
    ///
    /// It is loaded where the configuration says so: a `[[models.adapter]]` table with `name`, and, as wished,
    /// `role`, `repository` and `scale`.
    Add(AddArgs),
    /// List the adapters, and the model of each
    List,
    /// Take an adapter out of the store
    Remove {
        /// A name that `slm model adapter list` shows
        adapter: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// A GGUF file of a LoRA adapter
    file: PathBuf,
    /// The model it was made for; another one, or another version, is refused later
    #[arg(long, value_name = "MODEL")]
    base: String,
    /// What to call it [default: made from the file's name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How strongly it acts unless configured: above 0, at most 4
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Only for this role [default: all]
    #[arg(long = "for", value_name = "ROLE")]
    roles: Vec<String>,
}

/// Runs `slm model adapter`.
///
/// # Errors
/// A file that is no adapter, or one for another model.
pub(super) fn run(what: &What, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    match what {
        What::Add(args) => add(&shelf, args)?,
        What::List => list(&shelf)?,
        What::Remove { adapter } => {
            let adapter = adapter_name(adapter)?;
            shelf.following(|watch| shelf.store.change(watch, |r| r.remove_adapter(&adapter)))?;
            shelf.following(|watch| shelf.store.prune(std::time::Duration::MAX, watch))?;
            say(format!("removed the adapter {adapter}"));
        }
    }
    Ok(ExitStatus::Success)
}

fn adapter_name(text: &str) -> anyhow::Result<AdapterName> {
    text.parse().map_err(|e| Failure::usage(format!("{e}")))
}

fn add(shelf: &Shelf<'_>, args: &AddArgs) -> anyhow::Result<()> {
    let called = match &args.name {
        Some(text) => adapter_name(text)?,
        None => adapter_name(name_of(&args.file)?.as_str())?,
    };
    let scale = Scale::try_from(args.scale).map_err(|e| Failure::usage(format!("--scale: {e}")))?;
    let roles: Vec<Role> = args.roles.iter().map(|text| role(text)).collect::<Result<_, _>>()?;
    let base = shelf.file(&name(&args.base)?, Check::Size)?;
    let staged = shelf.following(|watch| shelf.store.stage_file(&args.file, None, watch))?;
    let named = args.file.display();
    let checked = gguf::check_adapter_for(staged.path(), &base.path).map_err(|error| match error {
        crate::engine::EngineError::BadModel { reason, .. } => {
            Failure::nothing(format!("{named}: {reason}"))
        }
        other => Failure::nothing(format!("{named}: {other}")),
    });
    let adopted = checked.and_then(|_| {
        let adapter = Adapter {
            name: called.clone(),
            sha256: staged.sha256(),
            size: staged.size(),
            added: now(),
            source: named.to_string(),
            base: base.version.sha256,
            roles,
            scale,
            sealed: None,
        };
        shelf.following(|watch| {
            let arrived = std::slice::from_ref(&staged);
            shelf.store.adopt(arrived, watch, |registry| registry.add_adapter(adapter))
        })
    });
    if adopted.is_err() {
        // The reason is what counts; what stays is pruned one day.
        let _ = shelf.store.discard(staged);
    }
    adopted?;
    say(format!("added the adapter {called} for {} {}", base.name, base.version.label));
    say("it is loaded where `[[models.adapter]]` in the configuration says so");
    Ok(())
}

fn list(shelf: &Shelf<'_>) -> anyhow::Result<()> {
    let registry = shelf.registry()?;
    if registry.adapters().is_empty() {
        say("no adapter is in the store");
    }
    for adapter in registry.adapters() {
        let base = registry.known(adapter.base);
        let base = base.map_or("a model that is not here".to_owned(), |chosen| {
            format!("{} {}", chosen.model.name, chosen.version.label)
        });
        let roles: Vec<&str> = adapter.roles.iter().map(|role| role.as_str()).collect();
        let roles = if roles.is_empty() { "all roles".to_owned() } else { roles.join(", ") };
        let (size, scale) = (size(adapter.size), adapter.scale.get());
        say(format!("{:<24} for {base}; {roles}; scale {scale}; {size}", adapter.name.as_str()));
    }
    Ok(())
}
