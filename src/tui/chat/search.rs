//! Looking for words in the transcript, from the newest line back.

use super::lay;
use super::transcript::{Place, Transcript};
use crate::agent::chat::Entry;

/// A search that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) query: String,
    /// False once the words are typed: letters are keys then.
    pub(super) is_typing: bool,
    /// Where the line is that was found last.
    pub(super) at: Option<Place>,
}

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Older,
    Newer,
}

impl Search {
    /// Looks for the next line that holds the words, beyond `from`, and moves there. False without one.
    pub(super) fn go(
        &mut self,
        way: Way,
        from: Option<Place>,
        transcript: &mut Transcript,
        entries: &[Entry],
    ) -> bool {
        let Some(place) = self.find(way, from, transcript, entries) else { return false };
        self.at = Some(place);
        transcript.show(place, entries);
        true
    }

    fn find(
        &self,
        way: Way,
        from: Option<Place>,
        transcript: &mut Transcript,
        entries: &[Entry],
    ) -> Option<Place> {
        if self.query.is_empty() {
            return None;
        }
        let count = transcript.shown().len();
        let start = from.map_or(count, |place| place.block);
        let order: Box<dyn Iterator<Item = usize>> = match way {
            Way::Older => Box::new((0..=start.min(count.saturating_sub(1))).rev()),
            Way::Newer => Box::new(start..count),
        };
        for block in order {
            let entry = entries.get(*transcript.shown().get(block)?)?;
            let texts = lay::searchable(entry, transcript.fold());
            if !texts.iter().any(|text| contains(text, &self.query)) {
                continue;
            }
            let lines = transcript.block(block, entries);
            let mut places: Vec<Place> = lines
                .iter()
                .enumerate()
                .filter(|(_, line)| contains(&line.to_string(), &self.query))
                .map(|(line, _)| Place { block, line })
                .collect();
            // Broken over two lines, or folded away: the entry is shown from its first line.
            if places.is_empty() {
                places.push(Place { block, line: 0 });
            }
            let found = match way {
                Way::Older => places.into_iter().rfind(|place| from.is_none_or(|at| *place < at)),
                Way::Newer => places.into_iter().find(|place| from.is_none_or(|at| *place > at)),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// Small letters stand for both kinds, a capital one for itself.
pub(super) fn contains(text: &str, query: &str) -> bool {
    if query.chars().any(char::is_uppercase) {
        text.contains(query)
    } else {
        text.to_lowercase().contains(query)
    }
}
