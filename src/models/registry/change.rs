//! Changes of the list: a model comes, is used, goes back to an earlier version, goes.

use super::{Facts, Kept, Label, Model, ModelName, Registry, RegistryError, Role, Version};
use crate::models::digest::Sha256;
use crate::models::registry::AdapterName;

/// A version before it has a place in the list; the fields are those of [`Version`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// What the catalogue calls it; without one it is counted.
    pub label: Option<Label>,
    pub sha256: Sha256,
    pub size: u64,
    pub added: u64,
    pub source: String,
    pub manifest: Option<Sha256>,
    pub facts: Facts,
}

/// What [`Registry::add`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// These very bytes are this version of the model: nothing changed, not even which one is current.
    Known(Label),
    /// A new version, now the current one.
    New { label: Label, replaced: Option<Label> },
}

/// What becomes of a removal when something still uses the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InUse {
    /// It is refused.
    Refuse,
    /// The version before it becomes current; roles that nothing fills any more are the embedded model's.
    Remove,
}

/// What [`Registry::remove`] took out of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    pub versions: Vec<Version>,
    /// Roles that the model had.
    pub roles: Vec<Role>,
    /// The version that is current now; `None` when the model is gone.
    pub current: Option<Label>,
    /// Adapters whose base is no longer in the list.
    pub orphans: Vec<AdapterName>,
}

/// What [`Registry::roll_back`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: Label,
    pub to: Label,
}

impl Registry {
    /// Adds a version, which becomes the current one; the one before it is kept.
    ///
    /// # Errors
    /// [`RegistryError::LabelTaken`]; [`RegistryError::LosesRole`] when the model has a role that the new
    /// version cannot fill.
    pub fn add(&mut self, name: &ModelName, new: NewVersion) -> Result<Added, RegistryError> {
        let sealed = self.sealed_as(new.sha256);
        let Some(at) = self.models.iter().position(|model| model.name == *name) else {
            let label = new.label.clone().unwrap_or_else(|| counted(&[]));
            let version = new.version(label.clone(), None, sealed);
            let (name, current) = (name.clone(), label.clone());
            self.models.push(Model { name, current, versions: vec![version] });
            return Ok(Added::New { label, replaced: None });
        };
        let model = &self.models[at];
        if let Some(known) = model.versions.iter().find(|version| version.sha256 == new.sha256) {
            return Ok(Added::Known(known.label.clone()));
        }
        let label = new.label.clone().unwrap_or_else(|| counted(&model.versions));
        if model.version(&label).is_ok() {
            return Err(RegistryError::LabelTaken { name: name.clone(), label });
        }
        self.keeps_roles(name, &label, &new.facts)?;
        let model = &mut self.models[at];
        let replaced = std::mem::replace(&mut model.current, label.clone());
        model.versions.push(new.version(label.clone(), Some(replaced.clone()), sealed));
        Ok(Added::New { label, replaced: Some(replaced) })
    }

    /// Uses a model for a role; without a name, the embedded one.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`], [`RegistryError::Unfit`].
    pub fn use_for(&mut self, role: Role, name: Option<&ModelName>) -> Result<(), RegistryError> {
        let Some(name) = name else {
            self.roles.remove(&role);
            return Ok(());
        };
        let version = self.version(name, None)?.version;
        if let Some(lacks) = version.facts.lacks(role) {
            let (name, label) = (name.clone(), version.label.clone());
            return Err(RegistryError::Unfit { name, label, role, lacks });
        }
        self.roles.insert(role, name.clone());
        Ok(())
    }

    /// Goes back to the version that the current one replaced, or to the one with this label. No version
    /// leaves the list.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`], [`RegistryError::NoVersion`], [`RegistryError::NothingBefore`];
    /// [`RegistryError::LosesRole`] when the model has a role that this version cannot fill.
    pub fn roll_back(
        &mut self,
        name: &ModelName,
        label: Option<&Label>,
    ) -> Result<Moved, RegistryError> {
        let model = self.model(name)?;
        let to = match label {
            Some(label) => model.version(label)?,
            None => model.previous().ok_or_else(|| RegistryError::NothingBefore {
                name: name.clone(),
                label: model.current.clone(),
            })?,
        };
        self.keeps_roles(name, &to.label, &to.facts)?;
        let to = to.label.clone();
        let model = self.model_mut(name)?;
        let from = std::mem::replace(&mut model.current, to.clone());
        Ok(Moved { from, to })
    }

    /// Takes a version out of the list, or, without a label, the whole model. The files stay until they are
    /// pruned.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`], [`RegistryError::NoVersion`]; with [`InUse::Refuse`] also
    /// [`RegistryError::Current`] and [`RegistryError::InUse`].
    pub fn remove(
        &mut self,
        name: &ModelName,
        label: Option<&Label>,
        in_use: InUse,
    ) -> Result<Removed, RegistryError> {
        let model = self.model(name)?;
        let label = label.map(|label| model.version(label)).transpose()?;
        let label = label.map(|version| version.label.clone());
        let whole = label.is_none() || model.versions.len() == 1;
        let current = label.as_ref() == Some(&model.current);
        let roles = self.roles_of(name);
        if in_use == InUse::Refuse && whole && !roles.is_empty() {
            return Err(RegistryError::InUse { name: name.clone(), roles });
        }
        let versions = match label {
            Some(label) if !whole => {
                if in_use == InUse::Refuse && current {
                    return Err(RegistryError::Current { name: name.clone(), label });
                }
                self.model_mut(name)?.take(&label)
            }
            _ => self.take(name),
        };
        let lost = self.drop_unfilled_roles(name, &roles);
        let orphans = self.orphans_of(&versions);
        let current = self.model(name).ok().map(|model| model.current.clone());
        Ok(Removed { versions, roles: lost, current, orphans })
    }

    /// Takes old versions out of the list until at most `keep` are left besides the current one: the oldest
    /// first, and the one that a rollback leads to last.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`].
    pub fn trim(&mut self, name: &ModelName, keep: usize) -> Result<Vec<Version>, RegistryError> {
        let model = self.model_mut(name)?;
        let mut gone = Vec::new();
        while model.versions.len() > keep.saturating_add(1) {
            let previous = model.previous().map(|version| version.label.clone());
            let old = model.versions.iter().map(|version| version.label.clone());
            let old: Vec<Label> = old.filter(|label| *label != model.current).collect();
            let kept = |label: &&Label| Some(*label) != previous.as_ref();
            let Some(label) = old.iter().find(kept).or(old.first()) else { break };
            gone.append(&mut model.take(label));
        }
        Ok(gone)
    }

    /// Every file with these bytes is encrypted to `sealed`, or, with `None`, is itself again.
    pub(in crate::models) fn set_sealed(&mut self, sha256: Sha256, sealed: Option<Kept>) {
        let versions = self.models.iter_mut().flat_map(|model| &mut model.versions);
        for version in versions.filter(|version| version.sha256 == sha256) {
            version.sealed = sealed;
        }
        for adapter in self.adapters.iter_mut().filter(|adapter| adapter.sha256 == sha256) {
            adapter.sealed = sealed;
        }
    }

    fn model_mut(&mut self, name: &ModelName) -> Result<&mut Model, RegistryError> {
        let found = self.models.iter_mut().find(|model| model.name == *name);
        found.ok_or_else(|| RegistryError::NoModel(name.clone()))
    }

    /// Refuses a version that cannot do what the model is used for.
    fn keeps_roles(
        &self,
        name: &ModelName,
        label: &Label,
        facts: &Facts,
    ) -> Result<(), RegistryError> {
        for role in self.roles_of(name) {
            if let Some(lacks) = facts.lacks(role) {
                let (name, label) = (name.clone(), label.clone());
                return Err(RegistryError::LosesRole { name, label, role, lacks });
            }
        }
        Ok(())
    }

    /// Takes a whole model out.
    fn take(&mut self, name: &ModelName) -> Vec<Version> {
        let (gone, left) =
            std::mem::take(&mut self.models).into_iter().partition(|model| model.name == *name);
        self.models = left;
        let gone: Vec<Model> = gone;
        gone.into_iter().flat_map(|model| model.versions).collect()
    }

    /// Gives roles back to the embedded model where the named one cannot fill them any more.
    fn drop_unfilled_roles(&mut self, name: &ModelName, roles: &[Role]) -> Vec<Role> {
        let fills = |role: Role| {
            self.version(name, None).is_ok_and(|chosen| chosen.version.facts.lacks(role).is_none())
        };
        let lost: Vec<Role> = roles.iter().copied().filter(|role| !fills(*role)).collect();
        for role in &lost {
            self.roles.remove(role);
        }
        lost
    }

    fn orphans_of(&self, versions: &[Version]) -> Vec<AdapterName> {
        let gone = |base| versions.iter().any(|version| version.sha256 == base);
        let orphans = self.orphans().into_iter().filter(|adapter| gone(adapter.base));
        orphans.map(|adapter| adapter.name.clone()).collect()
    }
}

impl Model {
    /// Takes one of several versions out. What replaced it now replaces what it replaced.
    fn take(&mut self, label: &Label) -> Vec<Version> {
        let Some(at) = self.versions.iter().position(|version| version.label == *label) else {
            return Vec::new();
        };
        let gone = self.versions.remove(at);
        for version in &mut self.versions {
            if version.replaces.as_ref() == Some(label) {
                version.replaces.clone_from(&gone.replaces);
            }
        }
        if self.current == *label {
            let before = gone.replaces.clone();
            let last = || self.versions.last().map(|version| version.label.clone());
            if let Some(next) = before.or_else(last) {
                self.current = next;
            }
        }
        vec![gone]
    }
}

impl NewVersion {
    fn version(self, label: Label, replaces: Option<Label>, sealed: Option<Kept>) -> Version {
        let Self { label: _, sha256, size, added, source, manifest, facts } = self;
        Version { label, sha256, size, added, source, replaces, manifest, sealed, facts }
    }
}

/// The next number: one more than the highest there is.
fn counted(versions: &[Version]) -> Label {
    let numbers = versions.iter().filter_map(|version| version.label.as_str().parse::<u32>().ok());
    let next = u64::from(numbers.max().unwrap_or(0)) + 1;
    Label::number(next)
}
