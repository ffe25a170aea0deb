//! The secrets of a line as bare places, for whoever has to take them out of a text.

use super::{entropy, formats};
use crate::base::Span;

/// Secrets of published formats in one line, each with the name of its kind.
pub(in crate::agent) fn published(line: &str) -> Vec<(Span, &'static str)> {
    formats::find(line).into_iter().map(|found| (found.span, found.format.name)).collect()
}

/// True for what a generator of keys could have made.
pub(in crate::agent) fn is_random(text: &str) -> bool {
    entropy::is_random(text)
}
