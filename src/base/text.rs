//! Places in a text, and replacing them.

use std::fmt;

/// A half-open range of byte offsets into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// A span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// An empty span: an insertion point.
    pub fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True for an insertion point.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True when `other` lies within this span, borders included.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text of this span, or `None` when it is out of range or splits a character.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start..self.end)
    }
}

/// A line number, counted from 1 as people and compilers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line(pub u32);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Byte offset to line, and back, for one text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

impl LineIndex {
    /// Indexes `text`; lines end at `\n`.
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { starts: starts.collect(), len: text.len() }
    }

    /// The line that holds the byte at `offset`.
    pub fn line(&self, offset: usize) -> Line {
        let row = self.starts.partition_point(|&start| start <= offset);
        Line(u32::try_from(row.max(1)).unwrap_or(u32::MAX))
    }

    /// The bytes of `line`, its line feed included; `None` past the last line.
    pub fn span(&self, line: Line) -> Option<Span> {
        let row = (line.0 as usize).checked_sub(1)?;
        let start = *self.starts.get(row)?;
        let end = self.starts.get(row + 1).copied().unwrap_or(self.len);
        Some(Span::new(start, end))
    }

    /// Number of lines; a text that ends in a line feed has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

/// Put `text` where `span` is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Replacement {
    pub span: Span,
    pub text: String,
}

impl Replacement {
    /// Replaces the bytes `start..end`.
    pub fn new(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self { span: Span::new(start, end), text: text.into() }
    }
}

/// The nearest boundary between characters at or before byte `at`; the end for what lies past it.
pub fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Why replacements could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    #[error("bytes {}..{} are not a range of characters in the text", .0.start, .0.end)]
    OutOfRange(Span),
    #[error("two replacements overlap at byte {0}")]
    Overlap(usize),
}

/// Applies `replacements`, in any order, to `text`.
///
/// # Errors
/// When a span is out of range, splits a character, or overlaps another one.
pub fn splice(text: &str, replacements: &[Replacement]) -> Result<String, SpliceError> {
    let mut sorted: Vec<&Replacement> = replacements.iter().collect();
    sorted.sort_by_key(|r| r.span);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for replacement in sorted {
        let Span { start, end } = replacement.span;
        if start > end || text.get(start..end).is_none() {
            return Err(SpliceError::OutOfRange(replacement.span));
        }
        if start < at {
            return Err(SpliceError::Overlap(start));
        }
        out.push_str(&text[at..start]);
        out.push_str(&replacement.text);
        at = end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines() {
        let index = LineIndex::new("ab\nc\n");
        assert_eq!((index.line(0), index.line(2), index.line(3)), (Line(1), Line(1), Line(2)));
        assert_eq!(index.span(Line(2)), Some(Span::new(3, 5)));
        assert_eq!(index.span(Line(3)), Some(Span::at(5)));
        assert_eq!(index.span(Line(4)), None);
        assert_eq!(index.span(Line(0)), None);
    }

    #[test]
    fn splices_in_any_order_and_refuses_nonsense() {
        let out = splice("abcdef", &[Replacement::new(4, 5, "X"), Replacement::new(0, 1, "")]);
        assert_eq!(out.unwrap(), "bcdXf");
        let overlap = [Replacement::new(0, 3, "x"), Replacement::new(2, 4, "y")];
        assert_eq!(splice("abcdef", &overlap), Err(SpliceError::Overlap(2)));
        assert!(splice("é", &[Replacement::new(1, 2, "")]).is_err());
        assert!(splice("a", &[Replacement::new(0, 9, "")]).is_err());
    }

    proptest! {
        #[test]
        fn outside_bytes_stay(text in "\\PC{0,60}", a in 0usize..60, b in 0usize..60, new in "\\PC{0,8}") {
            let (start, end) = (a.min(b), a.max(b));
            if let Ok(out) = splice(&text, &[Replacement::new(start, end, new.clone())]) {
                prop_assert!(out.starts_with(&text[..start]) && out.ends_with(&text[end..]));
                prop_assert_eq!(out.len(), text.len() - (end - start) + new.len());
            }
        }
    }
}
