//! Keeps the head and the tail of a stream of any length in bounded memory.

use std::collections::VecDeque;

/// Collects bytes; past its size it drops the middle.
#[derive(Debug)]
pub(super) struct HeadTail {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    dropped: u64,
}

impl HeadTail {
    /// Keeps at most `size` bytes, half from each end.
    pub(super) fn new(size: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), half: (size / 2).max(1), dropped: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = (self.half - self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        // Of a chunk longer than the tail only its end can survive.
        let (skipped, rest) = rest.split_at(rest.len().saturating_sub(self.half));
        let excess = (self.tail.len() + rest.len()).saturating_sub(self.half);
        self.dropped += (skipped.len() + excess) as u64;
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    pub(super) fn truncated(&self) -> bool {
        self.dropped > 0
    }

    /// The bytes kept, with a line that says how many are missing between head and tail.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut out = self.head;
        if self.dropped > 0 {
            out.extend_from_slice(
                format!("\n[... {} bytes left out ...]\n", self.dropped).as_bytes(),
            );
        }
        out.extend(self.tail);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::HeadTail;
    use proptest::prelude::*;

    #[test]
    fn short_streams_are_whole() {
        let mut kept = HeadTail::new(10);
        kept.push(b"01234");
        kept.push(b"56789");
        assert!(!kept.truncated());
        assert_eq!(kept.finish(), b"0123456789");
    }

    #[test]
    fn the_middle_is_dropped() {
        let mut kept = HeadTail::new(4);
        for byte in 0..100u8 {
            kept.push(&[byte]);
        }
        assert!(kept.truncated());
        assert_eq!(
            kept.finish(),
            [b"\0\x01\n[... 96 bytes left out ...]\n".as_slice(), &[98, 99]].concat()
        );
    }

    proptest! {
        #[test]
        fn chunking_does_not_matter(data in proptest::collection::vec(any::<u8>(), 0..200), size in 2usize..60, step in 1usize..70) {
            let (mut whole, mut pieces) = (HeadTail::new(size), HeadTail::new(size));
            whole.push(&data);
            data.chunks(step).for_each(|c| pieces.push(c));
            prop_assert_eq!(whole.finish(), pieces.finish());
        }
    }
}
