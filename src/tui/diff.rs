//! A patch as rows: what changed, next to what, and where within a line.
//!
//! Rows hold the text as it is in the files; `text::window` makes the visible part safe.

use std::collections::VecDeque;

use crate::edit::diff::{DiffLine, Hunk, LineKind, hunks, is_binary};
use crate::edit::{FileChange, Patch, align};

/// A patch, ready to be shown in one column or in two.
#[derive(Clone, Debug, Default)]
pub(super) struct Diff {
    pub(super) rows: Vec<Row>,
    /// The rows again, side by side: indices into `rows`.
    pub(super) pairs: Vec<Pair>,
    /// Digits of the largest line number.
    pub(super) digits: usize,
    pub(super) added: usize,
    pub(super) removed: usize,
}

/// One row of the unified form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The start of a file.
    File {
        path: String,
        change: Whole,
    },
    /// `@@ -1,3 +1,4 @@`.
    Hunk(String),
    Line(DiffLine),
    /// What cannot be shown as lines, or belongs to the line before.
    Remark(&'static str),
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Changed,
    New,
    Deleted,
}

/// One row of the side-by-side form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// A row over the whole width.
    Across(usize),
    /// The row on the left and the one on the right.
    Sides(Option<usize>, Option<usize>),
}

impl Whole {
    /// A word for people; empty for the usual case.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Changed => "",
            Self::New => "new file",
            Self::Deleted => "deleted",
        }
    }
}

impl Diff {
    /// The rows of `patch`.
    pub(super) fn of(patch: &Patch) -> Self {
        let mut diff = Self { digits: 1, ..Self::default() };
        for file in patch.files() {
            diff.file(file);
        }
        diff
    }

    fn file(&mut self, file: &FileChange) {
        let change = match (&file.before, &file.after) {
            (None, _) => Whole::New,
            (_, None) => Whole::Deleted,
            _ => Whole::Changed,
        };
        self.across(Row::File { path: file.path.as_str().to_owned(), change });
        let mut hunks = hunks(file);
        if is_binary(file) {
            self.across(Row::Remark("a binary file, not shown"));
        } else if hunks.is_empty() {
            self.across(Row::Remark("an empty file"));
        }
        if !ending_matters(&hunks) {
            let lines = hunks.iter_mut().flat_map(|hunk| &mut hunk.lines);
            for line in lines.filter(|line| line.newline && line.text.ends_with('\r')) {
                line.text.pop();
                clip(line);
            }
        }
        for hunk in hunks {
            self.hunk(hunk);
        }
    }

    fn hunk(&mut self, hunk: Hunk) {
        let last = (hunk.old_start + hunk.old_len).max(hunk.new_start + hunk.new_len);
        self.digits = self.digits.max(last.saturating_sub(1).to_string().len());
        self.across(Row::Hunk(hunk.header()));
        let mut lines = VecDeque::from(hunk.lines);
        while let Some(first) = lines.front() {
            if first.kind == LineKind::Context {
                let Some(line) = lines.pop_front() else { break };
                let (row, remark) = self.line(line);
                self.pairs.push(Pair::Sides(Some(row), Some(row)));
                self.pairs.extend(remark.map(Pair::Across));
                continue;
            }
            let mut take = |kind: LineKind| {
                let count = lines.iter().take_while(|line| line.kind == kind).count();
                lines.drain(..count).collect::<Vec<_>>()
            };
            let (removed, added) = (take(LineKind::Removed), take(LineKind::Added));
            self.replaced(removed, added);
        }
    }

    fn replaced(&mut self, removed: Vec<DiffLine>, added: Vec<DiffLine>) {
        self.removed += removed.len();
        self.added += added.len();
        let sides = align(&texts(&removed), &texts(&added));
        let mut remarks = Vec::new();
        let mut rows = |lines: Vec<DiffLine>, diff: &mut Self| -> Vec<usize> {
            let place = |line| {
                let (row, remark) = diff.line(line);
                remarks.extend(remark);
                row
            };
            lines.into_iter().map(place).collect()
        };
        let (left, right) = (rows(removed, self), rows(added, self));
        let pair = |(o, n): (Option<usize>, Option<usize>)| {
            Pair::Sides(o.map(|o| left[o]), n.map(|n| right[n]))
        };
        self.pairs.extend(sides.into_iter().map(pair));
        self.pairs.extend(remarks.into_iter().map(Pair::Across));
    }

    /// Adds a line, and a remark when no line feed ends it; returns their rows.
    fn line(&mut self, line: DiffLine) -> (usize, Option<usize>) {
        let newline = line.newline;
        self.rows.push(Row::Line(line));
        let row = self.rows.len() - 1;
        if newline {
            return (row, None);
        }
        self.rows.push(Row::Remark("no line feed at the end of the file"));
        (row, Some(row + 1))
    }

    fn across(&mut self, row: Row) {
        self.pairs.push(Pair::Across(self.rows.len()));
        self.rows.push(row);
    }
}

/// The first column of a unified diff.
pub(super) fn sign(kind: LineKind) -> char {
    match kind {
        LineKind::Context => ' ',
        LineKind::Removed => '-',
        LineKind::Added => '+',
    }
}

/// True when lines that are shown end in different ways: only then a carriage return is worth
/// showing.
fn ending_matters(hunks: &[Hunk]) -> bool {
    let mut lines = hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.newline);
    let crlf = |line: &DiffLine| line.text.ends_with('\r');
    let first = lines.next().map(crlf);
    lines.any(|line| Some(crlf(line)) != first)
}

/// Keeps the emphasis within a text that has become shorter.
fn clip(line: &mut DiffLine) {
    let len = line.text.len();
    line.emphasis.retain_mut(|range| {
        range.end = range.end.min(len);
        range.start < range.end
    });
}

fn texts(lines: &[DiffLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::RepoPath;

    fn diff(before: &str, after: &str) -> Diff {
        Diff::of(&Patch::of_text(RepoPath::new("a.py").unwrap(), before, after))
    }

    fn text(diff: &Diff) -> Vec<String> {
        diff.rows
            .iter()
            .map(|row| match row {
                Row::File { path, change } => format!("{path} {}", change.word()),
                Row::Hunk(header) => header.clone(),
                Row::Line(line) => format!("{}{}", sign(line.kind), line.text),
                Row::Remark(remark) => format!("\\ {remark}"),
            })
            .collect()
    }

    fn changed(diff: &Diff, kind: LineKind) -> Vec<&str> {
        diff.rows
            .iter()
            .filter_map(|row| match row {
                Row::Line(line) if line.kind == kind => Some(line),
                _ => None,
            })
            .flat_map(|line| line.emphasis.iter().map(|range| &line.text[range.clone()]))
            .collect()
    }

    #[test]
    fn one_changed_operator() {
        let diff = diff("a\nif x < y:\n    go()\n", "a\nif x <= y:\n    go()\n");
        assert_eq!(
            text(&diff),
            ["a.py ", "@@ -1,3 +1,3 @@", " a", "-if x < y:", "+if x <= y:", "     go()"]
        );
        assert_eq!(changed(&diff, LineKind::Added), ["="]);
        assert_eq!(diff.pairs[3], Pair::Sides(Some(3), Some(4)));
        assert_eq!((diff.added, diff.removed), (1, 1));
    }

    #[test]
    fn an_added_guard_is_not_taken_for_the_line_it_guards() {
        let diff = diff(
            "    return total / len(items)\n",
            "    if not items:\n        return 0\n    return total / max(len(items), 1)\n",
        );
        assert_eq!(
            diff.pairs[2..],
            [Pair::Sides(None, Some(3)), Pair::Sides(None, Some(4)), Pair::Sides(Some(2), Some(5))]
        );
    }

    #[test]
    fn unlike_lines_have_no_emphasis() {
        let diff = diff("alpha(beta)\n", "return None\n");
        assert!(changed(&diff, LineKind::Removed).is_empty());
    }

    #[test]
    fn missing_line_feed_new_deleted_and_binary_files() {
        assert_eq!(
            text(&diff("a", "a\n")),
            ["a.py ", "@@ -1 +1 @@", "-a", "\\ no line feed at the end of the file", "+a"]
        );
        let path = RepoPath::new("n.py").unwrap();
        let file = |before: Option<&[u8]>, after: Option<&[u8]>| {
            let bytes = |b: Option<&[u8]>| b.map(Arc::from);
            let path = path.clone();
            Diff::of(&Patch::new([FileChange { path, before: bytes(before), after: bytes(after) }]))
        };
        assert_eq!(text(&file(None, Some(b"x\n"))), ["n.py new file", "@@ -0,0 +1 @@", "+x"]);
        assert_eq!(text(&file(Some(b"x\n"), None))[0], "n.py deleted");
        assert_eq!(text(&file(None, Some(b"")))[1], "\\ an empty file");
        assert_eq!(text(&file(Some(b"a\0"), Some(b"b")))[1], "\\ a binary file, not shown");
    }

    #[test]
    fn carriage_returns_only_where_they_matter() {
        assert_eq!(text(&diff("a\r\nb\r\n", "a\r\nc\r\n"))[3], "-b");
        assert_eq!(text(&diff("a\r\n", "a\n"))[2], "-a\r");
    }

    #[test]
    fn five_thousand_lines_and_one_of_ten_megabytes() {
        let many = |word: &str| (0..5_000).map(|n| format!("{word} {n}\n")).collect::<String>();
        let large = diff(&many("old"), &many("new"));
        assert_eq!((large.added, large.removed, large.pairs.len()), (5_000, 5_000, 5_002));
        let line = "x".repeat(10_000_000);
        let long = diff(&format!("{line}\n"), &format!("{line}y\n"));
        assert_eq!(long.rows.len(), 4);
        assert!(changed(&long, LineKind::Added).is_empty());
    }

    #[test]
    fn distant_changes_make_two_hunks() {
        let lines = |mark: &str| {
            (0..40)
                .map(|n| if n == 2 || n == 30 { format!("{mark}\n") } else { format!("{n}\n") })
                .collect::<String>()
        };
        let diff = diff(&lines("a"), &lines("b"));
        let hunks: Vec<_> = text(&diff).into_iter().filter(|row| row.starts_with("@@")).collect();
        assert_eq!(hunks, ["@@ -1,6 +1,6 @@", "@@ -28,7 +28,7 @@"]);
    }
}
