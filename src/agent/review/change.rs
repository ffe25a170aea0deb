//! A change as it is handed in: both sides of every file, and which lines are new.
//!
//! Paths are text as git has them, not [`RepoPath`]: a change may hold names (with a line feed, say)
//! that no path of ours can be, and they are looked at all the same.

use std::ops::RangeInclusive;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::base::{Line, RepoPath};

/// One file of a change.
#[derive(Clone, Debug, Default)]
pub struct ChangedFile {
    /// Where it is now; for a removed file, where it was. Not UTF-8 is replaced.
    pub path: String,
    /// Where it was, when that is another place.
    pub renamed_from: Option<String>,
    /// `None` for a file that was added.
    pub before: Option<Version>,
    /// `None` for a file that was removed.
    pub after: Option<Version>,
    /// The lines of `after` that were added or changed; `None` to have them worked out.
    pub hunks: Option<Vec<LineRange>>,
}

/// One side of a file.
#[derive(Clone, Debug, Default)]
pub struct Version {
    /// `None` where it was not read: too large, or no such object here.
    pub bytes: Option<Vec<u8>>,
    /// In bytes, also where it was not read.
    pub size: u64,
    pub mode: Mode,
}

/// What git says that a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Regular,
    Executable,
    /// The bytes are the target.
    Link,
    Submodule,
}

/// First and last line.
pub type LineRange = RangeInclusive<Line>;

impl Version {
    /// A regular file.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self { size: bytes.len() as u64, bytes: Some(bytes), mode: Mode::Regular }
    }

    /// The text; `None` for what was not read, is binary, or is no file with content of its own.
    pub fn text(&self) -> Option<&str> {
        if matches!(self.mode, Mode::Link | Mode::Submodule) {
            return None;
        }
        std::str::from_utf8(self.bytes.as_deref()?).ok().filter(|text| !text.contains('\0'))
    }
}

impl ChangedFile {
    /// A file by its two texts.
    pub fn of_texts(path: &str, before: Option<&str>, after: Option<&str>) -> Self {
        Self {
            path: path.to_owned(),
            before: before.map(Version::new),
            after: after.map(Version::new),
            ..Self::default()
        }
    }

    /// The path as the repository's rooms know it.
    pub fn repo_path(&self) -> Option<RepoPath> {
        RepoPath::new(&self.path).ok()
    }

    /// The added and changed lines of `after`.
    pub(super) fn new_lines(&self) -> Vec<LineRange> {
        if let Some(hunks) = &self.hunks {
            return hunks.clone();
        }
        let text = |side: &Option<Version>| {
            side.as_ref().and_then(Version::text).unwrap_or_default().to_owned()
        };
        changed_lines(&text(&self.before), &text(&self.after))
    }
}

/// The lines of `after` that `before` has not.
pub fn changed_lines(before: &str, after: &str) -> Vec<LineRange> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let line = |index: usize| Line(u32::try_from(index + 1).unwrap_or(u32::MAX));
    capture_diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .filter_map(|op| match op {
            DiffOp::Insert { new_index, new_len, .. }
            | DiffOp::Replace { new_index, new_len, .. } => {
                Some(line(new_index)..=line(new_index + new_len - 1))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_new() {
        let ranges = changed_lines("a\nb\nc\n", "a\nx\ny\nc\nd\n");
        assert_eq!(ranges, [Line(2)..=Line(3), Line(5)..=Line(5)]);
        assert_eq!(changed_lines("a\n", "a\n"), []);
        assert_eq!(changed_lines("", "a\n"), [Line(1)..=Line(1)]);
    }

    #[test]
    fn what_has_a_text() {
        assert_eq!(Version::new("a").text(), Some("a"));
        assert_eq!(Version::new(b"a\0b".to_vec()).text(), None);
        assert_eq!(Version { mode: Mode::Link, ..Version::new("a") }.text(), None);
        assert!(ChangedFile::of_texts("a\nb.py", None, Some("")).repo_path().is_none());
    }
}
