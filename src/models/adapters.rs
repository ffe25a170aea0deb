//! LoRA adapters: small files that change one model, and which of them is loaded when.
//!
//! An adapter is bound to the hash of the model it was made for; with another one it is refused, never tried.
//! Which one is loaded is the user's wish ([`Choices`], from their own configuration): for a role, for a
//! repository, or for both.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest::Sha256;
use super::registry::{AdapterName, Chosen, Kept, Registry, RegistryError, Role};

/// An adapter in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    pub name: AdapterName,
    /// Of the adapter itself, also while it is encrypted.
    pub sha256: Sha256,
    /// In bytes, of the adapter itself.
    pub size: u64,
    /// When it came, in seconds since 1970.
    pub added: u64,
    /// Where it came from, for people.
    pub source: String,
    /// The model it was made for: the digest of that file.
    pub base: Sha256,
    /// What it is for; empty for everything its base does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// How strongly it acts where nobody says otherwise.
    #[serde(default)]
    pub scale: Scale,
    /// Set while the file is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Kept>,
}

/// How strongly an adapter acts: above 0, at most 4; 1 is as it was trained.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Scale(f64);

/// A number that is no scale.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0} is no scale of an adapter: that is above 0 and at most 4")]
pub struct NoScale(f64);

/// Which adapters the user wants, from their own configuration. Of those that fit equally well the last counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    pub list: Vec<Choice>,
}

/// One wish; without role and repository it is for everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub role: Option<Role>,
    /// The root of a repository, as [`Registry::adapter_for`] is given it.
    pub repository: Option<PathBuf>,
    /// `None`: no adapter here, whatever is wished more generally.
    pub adapter: Option<AdapterName>,
    /// Instead of the adapter's own.
    pub scale: Option<Scale>,
}

/// An adapter to load, and how strongly it is to act.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Applied<'a> {
    pub adapter: &'a Adapter,
    pub scale: Scale,
}

impl Scale {
    /// As a factor.
    pub fn get(self) -> f32 {
        // The engine computes with 32 bits.
        self.0 as f32
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Scale {
    type Error = NoScale;

    fn try_from(number: f64) -> Result<Self, NoScale> {
        // As the engine will see it: the smallest numbers are 0 there.
        let seen = number as f32;
        if seen > 0.0 && seen <= 4.0 { Ok(Self(number)) } else { Err(NoScale(number)) }
    }
}

impl From<Scale> for f64 {
    fn from(scale: Scale) -> Self {
        scale.0
    }
}

impl Adapter {
    /// The file that is in the store: the adapter, or what it was encrypted to.
    pub fn kept(&self) -> Kept {
        self.sealed.unwrap_or(Kept { sha256: self.sha256, size: self.size })
    }

    /// Whether it is for this role.
    pub fn is_for(&self, role: Role) -> bool {
        self.roles.is_empty() || self.roles.contains(&role)
    }
}

impl Choice {
    /// How well it fits, higher is better; `None` when it does not.
    fn fit(&self, role: Role, repository: Option<&Path>) -> Option<u8> {
        let role_fits = self.role.is_none_or(|wanted| wanted == role);
        let place_fits = self.repository.as_deref().is_none_or(|place| Some(place) == repository);
        let fit = 2 * u8::from(self.repository.is_some()) + u8::from(self.role.is_some());
        (role_fits && place_fits).then_some(fit)
    }
}

impl Registry {
    /// The adapter of that name.
    ///
    /// # Errors
    /// [`RegistryError::NoAdapter`].
    pub fn adapter(&self, name: &AdapterName) -> Result<&Adapter, RegistryError> {
        let found = self.adapters.iter().find(|adapter| adapter.name == *name);
        found.ok_or_else(|| RegistryError::NoAdapter(name.clone()))
    }

    /// Adds an adapter; the same file for the same model again only gets the new roles and scale.
    ///
    /// # Errors
    /// [`RegistryError::AdapterTaken`].
    pub fn add_adapter(&mut self, new: Adapter) -> Result<(), RegistryError> {
        let sealed = self.sealed_as(new.sha256);
        if let Some(old) = self.adapters.iter_mut().find(|adapter| adapter.name == new.name) {
            if (old.sha256, old.base) != (new.sha256, new.base) {
                return Err(RegistryError::AdapterTaken(new.name));
            }
            (old.roles, old.scale) = (new.roles, new.scale);
            return Ok(());
        }
        self.adapters.push(Adapter { sealed, ..new });
        Ok(())
    }

    /// Takes an adapter out of the list. Its file stays until it is pruned.
    ///
    /// # Errors
    /// [`RegistryError::NoAdapter`].
    pub fn remove_adapter(&mut self, name: &AdapterName) -> Result<Adapter, RegistryError> {
        let at = self.adapters.iter().position(|adapter| adapter.name == *name);
        let at = at.ok_or_else(|| RegistryError::NoAdapter(name.clone()))?;
        Ok(self.adapters.remove(at))
    }

    /// Adapters whose base is in no version of the list: they are made for the embedded model, or for one
    /// that was removed.
    pub fn orphans(&self) -> Vec<&Adapter> {
        self.adapters.iter().filter(|adapter| self.known(adapter.base).is_none()).collect()
    }

    /// What to load with the model `base` for a role in the repository at `root`: the wish for this role in this
    /// repository, else for the repository, else for the role, else for everything. A wish that names no role
    /// passes over an adapter that is for other roles.
    ///
    /// # Errors
    /// [`RegistryError::NoAdapter`]; [`RegistryError::OtherBase`]; [`RegistryError::OtherRole`].
    pub fn adapter_for(
        &self,
        choices: &Choices,
        role: Role,
        root: Option<&Path>,
        base: Sha256,
    ) -> Result<Option<Applied<'_>>, RegistryError> {
        let fitting =
            choices.list.iter().filter_map(|choice| Some((choice.fit(role, root)?, choice)));
        let mut fitting: Vec<(u8, &Choice)> = fitting.collect();
        // The sort is stable: of equals the last stays last.
        fitting.sort_by_key(|(fit, _)| *fit);
        for (_, choice) in fitting.into_iter().rev() {
            let Some(name) = &choice.adapter else { return Ok(None) };
            let adapter = self.adapter(name)?;
            if !adapter.is_for(role) {
                if choice.role.is_none() {
                    continue;
                }
                let (adapter, roles) = (name.clone(), adapter.roles.clone());
                return Err(RegistryError::OtherRole { adapter, role, roles });
            }
            if adapter.base != base {
                let (made_for, model) = (self.describe(adapter.base), self.describe(base));
                return Err(RegistryError::OtherBase { adapter: name.clone(), made_for, model });
            }
            return Ok(Some(Applied { adapter, scale: choice.scale.unwrap_or(adapter.scale) }));
        }
        Ok(None)
    }

    /// What these bytes are encrypted to, where another entry says so.
    pub(super) fn sealed_as(&self, sha256: Sha256) -> Option<Kept> {
        let version = self.known(sha256).and_then(|chosen| chosen.version.sealed);
        let same = |adapter: &&Adapter| adapter.sha256 == sha256;
        version.or_else(|| self.adapters.iter().find(same).and_then(|adapter| adapter.sealed))
    }

    /// A model as people know it: by name and version, and the digest that decides.
    fn describe(&self, sha256: Sha256) -> String {
        match self.known(sha256) {
            Some(Chosen { model, version }) => {
                format!("{} {} (SHA-256 {sha256})", model.name, version.label)
            }
            None => format!("a model that is not in the list (SHA-256 {sha256})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::registry::testing::{adapter, digest, facts, name, version};

    fn wish(role: Option<Role>, place: Option<&str>, adapter: Option<&str>) -> Choice {
        let adapter = adapter.map(|name| name.parse().unwrap());
        Choice { role, repository: place.map(PathBuf::from), adapter, scale: None }
    }

    /// Two models, and adapters for the first, for the first in chats alone, and for the second.
    fn prepared() -> Registry {
        let mut registry = Registry::default();
        registry.add(&name("one"), version(1, facts())).unwrap();
        registry.add(&name("two"), version(2, facts())).unwrap();
        registry.add_adapter(adapter("ours", 11, 1)).unwrap();
        registry.add_adapter(adapter("other", 12, 1)).unwrap();
        registry
            .add_adapter(Adapter { roles: vec![Role::Chat], ..adapter("talk", 13, 1) })
            .unwrap();
        registry.add_adapter(adapter("second", 14, 2)).unwrap();
        registry
    }

    fn loaded(choices: &[Choice], role: Role, place: Option<&str>) -> Option<String> {
        let (registry, choices) = (prepared(), Choices { list: choices.to_vec() });
        let found = registry.adapter_for(&choices, role, place.map(Path::new), digest(1));
        found.unwrap().map(|applied| applied.adapter.name.to_string())
    }

    #[test]
    fn the_closest_wish_counts() {
        let choices = [
            wish(Some(Role::Chat), Some("/r"), Some("talk")),
            wish(None, Some("/r"), Some("other")),
            wish(Some(Role::Repair), None, None),
            wish(None, None, Some("ours")),
        ];
        assert_eq!(loaded(&choices, Role::Chat, Some("/r/")).as_deref(), Some("talk"));
        assert_eq!(loaded(&choices, Role::Repair, Some("/r")).as_deref(), Some("other"));
        assert_eq!(loaded(&choices, Role::Repair, Some("/s")), None);
        assert_eq!(loaded(&choices, Role::Complete, Some("/r/below")).as_deref(), Some("ours"));
        assert_eq!(loaded(&choices, Role::Complete, None).as_deref(), Some("ours"));
        assert_eq!(loaded(&[], Role::Chat, None), None);
        let twice = [wish(None, None, Some("ours")), wish(None, None, Some("other"))];
        assert_eq!(loaded(&twice, Role::Chat, None).as_deref(), Some("other"));
        // One for chats alone, wished for a whole repository, leaves the other roles to the next wish.
        let whole = [wish(None, None, Some("ours")), wish(None, Some("/r"), Some("talk"))];
        assert_eq!(loaded(&whole, Role::Chat, Some("/r")).as_deref(), Some("talk"));
        assert_eq!(loaded(&whole, Role::Repair, Some("/r")).as_deref(), Some("ours"));
    }

    #[test]
    fn the_scale_is_the_wishs_or_the_adapters() {
        let mut registry = prepared();
        let half = Scale::try_from(0.5).unwrap();
        registry.add_adapter(Adapter { scale: half, ..adapter("ours", 11, 1) }).unwrap();
        let scale = |scale| {
            let list = vec![Choice { scale, ..wish(None, None, Some("ours")) }];
            let found = registry.adapter_for(&Choices { list }, Role::Chat, None, digest(1));
            found.unwrap().unwrap().scale.get()
        };
        assert_eq!(scale(None), 0.5);
        assert_eq!(scale(Some(Scale::try_from(4.0).unwrap())), 4.0);
        for bad in [0.0, -1.0, 4.1, 1e-60, f64::NAN, f64::INFINITY] {
            assert!(Scale::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn another_base_or_role_is_an_error_that_names_both() {
        let registry = prepared();
        let refusal = |choice: Choice, role, base| {
            let choices = Choices { list: vec![choice] };
            registry.adapter_for(&choices, role, None, digest(base)).unwrap_err().to_string()
        };
        let other = refusal(wish(None, None, Some("second")), Role::Chat, 1);
        assert!(other.contains("two 1 (SHA-256 ") && other.contains("not for one 1 ("), "{other}");
        let unknown = refusal(wish(None, None, Some("ours")), Role::Chat, 99);
        assert!(unknown.contains("not for a model that is not in the list"), "{unknown}");
        let role = refusal(wish(Some(Role::Repair), None, Some("talk")), Role::Repair, 1);
        assert!(role.contains("not made for repair: it is for chat"), "{role}");
        let missing = refusal(wish(None, None, Some("none-such")), Role::Chat, 1);
        assert!(missing.contains("no adapter none-such"), "{missing}");
    }

    #[test]
    fn a_name_is_one_file_for_one_base() {
        let mut registry = prepared();
        for taken in [adapter("ours", 15, 1), adapter("ours", 11, 2)] {
            let before = registry.clone();
            assert!(matches!(registry.add_adapter(taken), Err(RegistryError::AdapterTaken(_))));
            assert_eq!(registry, before);
        }
        assert_eq!(registry.remove_adapter(&"ours".parse().unwrap()).unwrap().sha256, digest(11));
        assert!(registry.remove_adapter(&"ours".parse().unwrap()).is_err());
        registry.add_adapter(adapter("ours", 15, 1)).unwrap();
    }
}
