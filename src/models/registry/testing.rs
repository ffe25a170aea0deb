//! Small entries for the tests of this room.

use super::{Facts, ModelName, NewVersion};
use crate::models::adapters::{Adapter, Scale};
use crate::models::digest::Sha256;

/// The digest of one byte.
pub(crate) fn digest(number: u8) -> Sha256 {
    Sha256::of(&[number])
}

pub(crate) fn name(text: &str) -> ModelName {
    text.parse().unwrap()
}

/// Of a model that repairs, completes and talks.
pub(crate) fn facts() -> Facts {
    Facts {
        architecture: "qwen2".to_owned(),
        licence: Some("Apache-2.0".to_owned()),
        parameters: Some(494_000_000),
        context: Some(32_768),
        quantisation: Some("Q8_0".to_owned()),
        template: true,
        fim: true,
        embeds: false,
    }
}

/// Of a model that makes vectors.
pub(crate) fn vectors() -> Facts {
    Facts { template: false, fim: false, embeds: true, ..facts() }
}

pub(crate) fn version(number: u8, facts: Facts) -> NewVersion {
    NewVersion {
        label: None,
        sha256: digest(number),
        size: 1,
        added: 1_760_000_000,
        source: "/home/ann/model.gguf".to_owned(),
        manifest: None,
        facts,
    }
}

pub(crate) fn adapter(name: &str, number: u8, base: u8) -> Adapter {
    Adapter {
        name: name.parse().unwrap(),
        sha256: digest(number),
        size: 1,
        added: 1_760_000_000,
        source: "/home/ann/adapter.gguf".to_owned(),
        base: digest(base),
        roles: Vec::new(),
        scale: Scale::default(),
        sealed: None,
    }
}
