//! Search by meaning: has an embedding model read what it has not read yet, and asks it.

use std::path::Path;

use super::known::{Known, interrupted};
use super::report::Failure;
use super::{chosen, model};
use crate::config::{self, Environment};
use crate::engine::Engine;
use crate::models::registry::Role;
use crate::repo::index::Progress;
use crate::tui::IndexLine;

/// Pieces that the model reads at a time.
const BATCH: usize = 64;
/// Nearest pieces asked for.
const MOST: usize = 100;

/// The pieces nearest to `query` by the embedding model of the flag or the configuration; `None`
/// without one.
///
/// # Errors
/// A model that does not load or makes no vectors; Ctrl-C.
pub(super) fn nearest(
    flag: Option<&Path>,
    known: &mut Known,
    query: &str,
    environment: &Environment,
) -> anyhow::Result<Option<Vec<i64>>> {
    let config = config::load(&environment.config_file())?;
    let wished = flag.or(config.model.embedding.as_deref());
    let Some(model) = chosen::named(Role::Embed, wished, environment, &config)? else {
        return Ok(None);
    };
    let path = &model.path;
    let mut engine = model::open_embedder(&model, environment, &config, &known.cancel)?;
    let size = path.metadata().map_or(0, |about| about.len());
    let name = format!("{} {size}", path.canonicalize().unwrap_or_default().display());
    let line = IndexLine::new(environment.term.as_deref());
    let (mut done, total) = known.index.vectors()?;
    loop {
        let pieces = known.index.without_vector(&name, BATCH)?;
        if pieces.is_empty() {
            break;
        }
        if known.cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        let texts: Vec<String> = pieces.iter().map(|(_, text)| text.clone()).collect();
        let vectors = embed(engine.as_mut(), &texts, known)?;
        let read: Vec<(i64, Vec<f32>)> =
            pieces.into_iter().map(|(chunk, _)| chunk).zip(vectors).collect();
        known.index.keep_vectors(&read).map_err(interrupted)?;
        done += read.len();
        line.update(Progress::Meanings { done: done.min(total), total });
    }
    line.finish();
    let query = embed(engine.as_mut(), &[query.to_owned()], known)?;
    let Some(vector) = query.first() else { return Ok(None) };
    Ok(Some(known.index.nearest(vector, MOST)?))
}

fn embed(
    engine: &mut dyn Engine,
    texts: &[String],
    known: &Known,
) -> anyhow::Result<Vec<Vec<f32>>> {
    engine.embed(texts, &known.cancel).map_err(|error| Failure::environment(error.to_string()))
}
