//! Why a change of the list is refused.

use super::{AdapterName, Label, ModelName, Role};

/// A wish that does not fit the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("there is no model {0}: `slm model list` shows those there are")]
    NoModel(ModelName),
    #[error("{name} has no version {label}: there are {}", listed(known))]
    NoVersion { name: ModelName, label: Label, known: Vec<Label> },
    #[error(
        "{name} {label} has no version before it: `slm model versions {name}` shows those there are"
    )]
    NothingBefore { name: ModelName, label: Label },
    #[error(
        "{name} has a version {label} already, which is another file: remove that first, or choose another \
         label"
    )]
    LabelTaken { name: ModelName, label: Label },
    #[error("{name} {label} cannot be used for {role}: {lacks}")]
    Unfit { name: ModelName, label: Label, role: Role, lacks: &'static str },
    #[error(
        "{name} is used for {role}, and its version {label} cannot be: {lacks}. Choose another model for \
         {role} first (`slm model use {role} NAME`)"
    )]
    LosesRole { name: ModelName, label: Label, role: Role, lacks: &'static str },
    #[error(
        "{name} is used for {}: choose another model first (`slm model use ROLE NAME`), or remove it all \
         the same with --force",
        listed(roles)
    )]
    InUse { name: ModelName, roles: Vec<Role> },
    #[error(
        "{label} is the current version of {name}: roll back first (`slm model rollback {name}`), or remove \
         it all the same with --force"
    )]
    Current { name: ModelName, label: Label },
    #[error("there is no adapter {0}: `slm model adapter list` shows those there are")]
    NoAdapter(AdapterName),
    #[error(
        "there is an adapter {0} already, which is another file or made for another model: remove that \
         first, or choose another name"
    )]
    AdapterTaken(AdapterName),
    #[error("the adapter {adapter} is made for {made_for}, not for {model}")]
    OtherBase { adapter: AdapterName, made_for: String, model: String },
    #[error("the adapter {adapter} is not made for {role}: it is for {}", listed(roles))]
    OtherRole { adapter: AdapterName, role: Role, roles: Vec<Role> },
}

/// "a, b"
fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
