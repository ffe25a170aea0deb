//! What a model is, read from its file, and tried: nothing is taken into the store that does not load.

use std::path::Path;

use super::shelf::Shelf;
use crate::cli::model;
use crate::cli::report::{self, Failure};
use crate::engine::{Engine as _, EngineError, gguf, smoke};
use crate::models::registry::Facts;

/// Reads the header.
///
/// # Errors
/// What is no model, or one that cannot be used, with the reason.
pub(super) fn read(path: &Path) -> anyhow::Result<Facts> {
    let header = gguf::check(path).map_err(|error| Failure::nothing(reason(&error)))?;
    Ok(Facts {
        architecture: header.architecture,
        licence: header.licence,
        parameters: Some(header.parameters),
        context: u32::try_from(header.context).ok(),
        quantisation: header.quantisation.map(str::to_owned),
        template: header.chat_template.is_some(),
        fim: header.fills_in,
        embeds: header.pooling.is_some(),
    })
}

/// Loads the model in a worker of its own and asks it for a few tokens: says what is strange about it, and
/// notes what only a loaded model shows. `named` is what the user calls the file.
///
/// # Errors
/// A model that does not load, or computes no numbers.
pub(super) fn test(
    path: &Path,
    named: &str,
    facts: &mut Facts,
    shelf: &Shelf<'_>,
) -> anyhow::Result<()> {
    if !cfg!(feature = "llama") {
        report::note("slm: not tried: this slm was built without llama.cpp");
        return Ok(());
    }
    let mut client = model::open_for_test(path, shelf.environment, &shelf.cancel)?;
    let found = smoke(&mut client, &shelf.cancel).map_err(|error| match error {
        EngineError::Cancelled => Failure::interrupted(),
        other => Failure::nothing(format!("{named} failed its test: {}", reason(&other))),
    })?;
    facts.fim = client.info().fim.is_some();
    for warning in &found.warnings {
        report::note(&format!("slm: {named}: {warning}"));
    }
    Ok(())
}

/// The reason without the path, which would be one inside the store.
fn reason(error: &EngineError) -> String {
    match error {
        EngineError::BadModel { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}
