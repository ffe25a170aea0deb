//! Bytes of tokens to text that may be shown: whole characters, and nothing of a stop text.

/// Collects the bytes of one completion.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Whole characters so far.
    text: String,
    /// The beginning of a character that is not complete yet.
    pending: Vec<u8>,
    /// Bytes of `text` already handed out.
    shown: usize,
    stopped: bool,
}

impl Stream {
    /// Adds a token's bytes. Returns text that may be shown now; it may be empty.
    ///
    /// Bytes that can never become a character are replaced by U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8], stops: &[String]) -> &str {
        if self.stopped {
            return "";
        }
        self.pending.extend_from_slice(bytes);
        let from = self.text.len();
        self.decode(false);
        self.find_stop(from, stops);
        let safe = if self.stopped { self.text.len() } else { self.without_stop_prefix(stops) };
        let start = self.shown.min(safe);
        self.shown = safe.max(self.shown);
        &self.text[start..safe]
    }

    /// The end of the generation: what was held back, to be shown too.
    pub(super) fn finish(&mut self, stops: &[String]) -> &str {
        if !self.stopped {
            let from = self.text.len();
            self.decode(true);
            self.find_stop(from, stops);
        }
        let start = self.shown.min(self.text.len());
        self.shown = self.text.len();
        &self.text[start..]
    }

    /// Whether a stop text has appeared.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// The whole text, without a stop text and what came after it.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn decode(&mut self, end: bool) {
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(whole) => {
                    self.text.push_str(whole);
                    self.pending.clear();
                    return;
                }
                Err(error) => {
                    let (good, rest) = self.pending.split_at(error.valid_up_to());
                    self.text.push_str(&String::from_utf8_lossy(good));
                    let bad = match error.error_len() {
                        Some(bad) => bad,
                        None if end => rest.len(),
                        None => {
                            self.pending = rest.to_vec();
                            return;
                        }
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.pending = rest[bad..].to_vec();
                }
            }
        }
    }

    /// Cuts the text at the first stop text that ends in what was added since `from`.
    fn find_stop(&mut self, from: usize, stops: &[String]) {
        let longest = stops.iter().map(String::len).max().unwrap_or(0);
        let mut start = from.saturating_sub(longest);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let found = stops
            .iter()
            .filter(|stop| !stop.is_empty())
            .filter_map(|stop| self.text[start..].find(stop.as_str()))
            .min();
        if let Some(at) = found {
            self.text.truncate(start + at);
            self.pending.clear();
            self.stopped = true;
        }
    }

    /// Length of the text up to a suffix that could still become a stop text.
    fn without_stop_prefix(&self, stops: &[String]) -> usize {
        let mut safe = self.text.len();
        for stop in stops {
            for (cut, _) in stop.char_indices().skip(1) {
                if self.text.ends_with(&stop[..cut]) {
                    safe = safe.min(self.text.len() - cut);
                }
            }
        }
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_character_comes_whole() {
        let mut stream = Stream::default();
        assert_eq!(stream.push(&[0xf0, 0x9f], &[]), "");
        assert_eq!(stream.push(&[0x98, 0x80, b'a', 0xc3], &[]), "😀a");
        assert_eq!(stream.push(b"x", &[]), "\u{fffd}x");
        assert_eq!(stream.push(&[0xe2, 0x82], &[]), "");
        assert_eq!(stream.finish(&[]), "\u{fffd}");
        assert_eq!(stream.into_text(), "😀a\u{fffd}x\u{fffd}");
    }

    #[test]
    fn a_stop_text_is_never_shown() {
        let stops = ["END".to_owned(), "\n\n".to_owned()];
        let mut stream = Stream::default();
        assert_eq!(stream.push(b"say E", &stops), "say ");
        assert_eq!(stream.push(b"N", &stops), "");
        assert_eq!(stream.push(b"G EN", &stops), "ENG ");
        assert_eq!(stream.push(b"Dmore", &stops), "");
        assert!(stream.stopped());
        assert_eq!(stream.push(b"more", &stops), "");
        assert_eq!(stream.finish(&stops), "");
        assert_eq!(stream.into_text(), "say ENG ");
        let mut held = Stream::default();
        assert_eq!(held.push(b"x\n", &stops), "x");
        assert_eq!(held.finish(&stops), "\n");
    }

    proptest! {
        #[test]
        fn shown_text_is_the_text(
            bytes in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..4), 0..12),
        ) {
            let stops = ["ab".to_owned(), "bba".to_owned()];
            let mut stream = Stream::default();
            let mut shown = String::new();
            for piece in &bytes {
                shown.push_str(stream.push(piece, &stops));
            }
            shown.push_str(stream.finish(&stops));
            let all: Vec<u8> = bytes.concat();
            let whole = String::from_utf8_lossy(&all);
            let cut = stops.iter().filter_map(|s| whole.find(s.as_str())).min();
            let expected = &whole[..cut.unwrap_or(whole.len())];
            prop_assert_eq!(&shown, expected);
            prop_assert_eq!(stream.into_text(), expected);
        }
    }
}
