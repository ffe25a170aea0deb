//! `[models]`: where model files come from, whom their lists are believed from, and which adapter is used for what.

use std::path::PathBuf;

use serde::Deserialize;

/// `[models]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Never download, as `SLM_OFFLINE=1`.
    pub offline: bool,
    /// An address that stands for the hosts of the catalogue, as `SLM_MIRROR`.
    pub mirror: Option<String>,
    /// A catalogue of your own in place of the built-in one; it needs no signature.
    pub catalogue: Option<PathBuf>,
    /// Public keys (minisign) whose catalogues and bundles are believed.
    pub trusted: Vec<String>,
    /// A key file (age) for models that are encrypted with it.
    pub key_file: Option<PathBuf>,
    /// Adapters, and what they are used for.
    pub adapter: Vec<Adapter>,
}

/// `[[models.adapter]]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// As `slm model adapter list` shows it.
    pub name: String,
    /// "repair", "complete", "chat" or "embed"; unset: all.
    pub role: Option<String>,
    /// The absolute path of the repository it is used in; unset: all.
    pub repository: Option<PathBuf>,
    /// How strongly it is applied, above 0 and at most 4 [default: the adapter's own, else 1].
    pub scale: Option<f32>,
}

impl Models {
    /// What is wrong with the values, if anything is.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let bad_scale = |a: &Adapter| a.scale.is_some_and(|scale| !(scale > 0.0 && scale <= 4.0));
        let bad_role = |a: &Adapter| {
            let role = a.role.as_deref();
            role.is_some_and(|role| !["repair", "complete", "chat", "embed"].contains(&role))
        };
        let relative = |a: &Adapter| a.repository.as_ref().is_some_and(|path| !path.is_absolute());
        if self.adapter.iter().any(bad_scale) {
            Some("models.adapter.scale must be a number above 0 and at most 4")
        } else if self.adapter.iter().any(bad_role) {
            Some("models.adapter.role must be repair, complete, chat or embed")
        } else if self.adapter.iter().any(relative) {
            Some("models.adapter.repository must be an absolute path")
        } else {
            None
        }
    }
}
