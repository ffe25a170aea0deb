//! What is known of a repository, put together for a question: found, explained, and packed into a
//! budget of tokens.

pub mod context;
pub mod find;
pub mod tour;

use crate::engine::Engine;
use crate::repo::map::estimate_tokens;

/// The tokens of a text to this model; estimated without one. A model that died shows when it is
/// asked.
pub fn count_tokens(engine: Option<&mut (dyn Engine + '_)>, text: &str) -> usize {
    let counted = engine.and_then(|engine| engine.count_tokens(text).ok());
    counted.unwrap_or_else(|| estimate_tokens(text))
}
