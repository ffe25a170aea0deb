//! A patch as rows: what changed, next to what, and where within a line.
//!
//! Rows hold the text as it is in the files; `text::window` makes the visible part safe.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use similar::{Algorithm, DiffOp, DiffTag, TextDiff, capture_diff_slices};

use crate::edit::{FileChange, Patch};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// A diff that is not minimal after this long is shown as it stands.
const PATIENCE: Duration = Duration::from_millis(500);
/// Longer lines are not compared word by word.
const MAX_COMPARED_BYTES: usize = 1_000;
/// Larger blocks are paired by position instead of by likeness.
const MAX_ALIGNED_LINES: usize = 24;
/// Beyond this share of common text two lines are versions of each other.
const ALIKE: f64 = 0.5;

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

/// A line of the file before, after, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DiffLine {
    pub(super) sign: Sign,
    /// Counted from 1.
    pub(super) old: Option<usize>,
    pub(super) new: Option<usize>,
    /// Without the line feed.
    pub(super) text: String,
    /// Byte ranges that differ from the line's other version.
    pub(super) changed: Vec<Range<usize>>,
}

/// Which side a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Same,
    Removed,
    Added,
}

/// One row of the side-by-side form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// A row over the whole width.
    Across(usize),
    /// The row on the left and the one on the right.
    Sides(Option<usize>, Option<usize>),
}

impl Sign {
    /// The first column of a unified diff.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
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
        let before = file.before.as_deref().unwrap_or_default();
        let after = file.after.as_deref().unwrap_or_default();
        if before.contains(&0) || after.contains(&0) {
            self.across(Row::Remark("a binary file, not shown"));
            return;
        }
        let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
        if before == after {
            if matches!(before, Cow::Owned(_)) {
                self.across(Row::Remark("differs in bytes that are not text"));
            } else {
                self.across(Row::Remark("an empty file"));
            }
            return;
        }
        self.lines(&before, &after);
    }

    fn lines(&mut self, before: &str, after: &str) {
        let old: Vec<&str> = before.split_inclusive('\n').collect();
        let new: Vec<&str> = after.split_inclusive('\n').collect();
        let text = Text { endings: Endings::of(&old, &new), old, new };
        let diff = TextDiff::configure().timeout(PATIENCE).diff_slices(&text.old, &text.new);
        self.digits = self.digits.max(text.old.len().max(text.new.len()).to_string().len());
        for group in diff.grouped_ops(CONTEXT) {
            self.across(Row::Hunk(hunk_header(&group)));
            let mut rest = group.as_slice();
            while let Some((op, tail)) = rest.split_first() {
                rest = tail;
                let (mut old, mut new) = (op.old_range(), op.new_range());
                if op.tag() == DiffTag::Equal {
                    self.same(&text, old, new);
                    continue;
                }
                // A deletion next to an insertion is one replacement to a reader.
                while let Some((next, tail)) = rest.split_first()
                    && next.tag() != DiffTag::Equal
                {
                    (old.end, new.end) = (next.old_range().end, next.new_range().end);
                    rest = tail;
                }
                self.replaced(&text, old, new);
            }
        }
    }

    fn same(&mut self, text: &Text<'_>, old: Range<usize>, new: Range<usize>) {
        for (o, n) in old.zip(new) {
            let line = text.line(Sign::Same, Some(o), Some(n), Vec::new());
            let row = self.line(line);
            self.pairs.push(Pair::Sides(Some(row), Some(row)));
            let remark = self.end_of_file(text.old[o]);
            self.pairs.extend(remark.map(Pair::Across));
        }
    }

    fn replaced(&mut self, text: &Text<'_>, old: Range<usize>, new: Range<usize>) {
        self.removed += old.len();
        self.added += new.len();
        let sides = align(&text.old[old.clone()], &text.new[new.clone()]);
        let changed: Vec<_> = sides
            .iter()
            .map(|&(o, n)| match (o, n) {
                (Some(o), Some(n)) => differing(text.old[old.start + o], text.new[new.start + n]),
                _ => (Vec::new(), Vec::new()),
            })
            .collect();
        let mut pairs = vec![(None, None); sides.len()];
        let mut remarks = Vec::new();
        for (at, &(o, _)) in sides.iter().enumerate() {
            let Some(o) = o.map(|o| old.start + o) else { continue };
            let line = text.line(Sign::Removed, Some(o), None, changed[at].0.clone());
            pairs[at].0 = Some(self.line(line));
            remarks.extend(self.end_of_file(text.old[o]));
        }
        for (at, &(_, n)) in sides.iter().enumerate() {
            let Some(n) = n.map(|n| new.start + n) else { continue };
            let line = text.line(Sign::Added, None, Some(n), changed[at].1.clone());
            pairs[at].1 = Some(self.line(line));
            remarks.extend(self.end_of_file(text.new[n]));
        }
        self.pairs.extend(pairs.into_iter().map(|(o, n)| Pair::Sides(o, n)));
        self.pairs.extend(remarks.into_iter().map(Pair::Across));
    }

    fn line(&mut self, line: DiffLine) -> usize {
        self.rows.push(Row::Line(line));
        self.rows.len() - 1
    }

    fn across(&mut self, row: Row) {
        self.pairs.push(Pair::Across(self.rows.len()));
        self.rows.push(row);
    }

    fn end_of_file(&mut self, line: &str) -> Option<usize> {
        if line.ends_with('\n') {
            return None;
        }
        self.rows.push(Row::Remark("no line feed at the end of the file"));
        Some(self.rows.len() - 1)
    }
}

/// The lines of one file, before and after.
struct Text<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    endings: Endings,
}

/// Whether the patch changes how lines end: only then a carriage return is worth showing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endings {
    Alike,
    Differ,
}

impl Endings {
    fn of(old: &[&str], new: &[&str]) -> Self {
        let crlf = |lines: &[&str]| {
            let count = lines.iter().filter(|line| line.ends_with("\r\n")).count();
            let lf = lines.iter().filter(|line| line.ends_with('\n')).count() - count;
            (count > 0, lf > 0)
        };
        match (crlf(old), crlf(new)) {
            ((true, false), (true, false)) | ((false, _), (false, _)) => Self::Alike,
            _ => Self::Differ,
        }
    }
}

impl Text<'_> {
    fn line(
        &self,
        sign: Sign,
        old: Option<usize>,
        new: Option<usize>,
        changed: Vec<Range<usize>>,
    ) -> DiffLine {
        let text = match (old, new) {
            (_, Some(n)) => self.new[n],
            (Some(o), None) => self.old[o],
            (None, None) => "",
        };
        let mut text = text.strip_suffix('\n').unwrap_or(text);
        if self.endings == Endings::Alike {
            text = text.strip_suffix('\r').unwrap_or(text);
        }
        let number = |index: Option<usize>| index.map(|index| index + 1);
        DiffLine { sign, old: number(old), new: number(new), text: text.to_owned(), changed }
    }
}

fn hunk_header(group: &[DiffOp]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let side = |start: usize, end: usize| {
        let count = end - start;
        // Of an empty range the line before it is named.
        let line = if count == 0 { start } else { start + 1 };
        if count == 1 { line.to_string() } else { format!("{line},{count}") }
    };
    let old = side(first.old_range().start, last.old_range().end);
    let new = side(first.new_range().start, last.new_range().end);
    format!("@@ -{old} +{new} @@")
}

/// Pairs removed with added lines, in order, those that are versions of each other side by side.
fn align(old: &[&str], new: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
    if old.len() > MAX_ALIGNED_LINES || new.len() > MAX_ALIGNED_LINES {
        let rows = old.len().max(new.len());
        let within = |at: usize, len: usize| (at < len).then_some(at);
        return (0..rows).map(|at| (within(at, old.len()), within(at, new.len()))).collect();
    }
    let likeness: Vec<Vec<f64>> =
        old.iter().map(|o| new.iter().map(|n| alike(o, n)).collect()).collect();
    // best[o][n]: the most likeness that the lines from o and n on can be paired with.
    let mut best = vec![vec![0.0_f64; new.len() + 1]; old.len() + 1];
    for o in (0..old.len()).rev() {
        for n in (0..new.len()).rev() {
            let pair = likeness[o][n];
            let paired = if pair > ALIKE { pair + best[o + 1][n + 1] } else { 0.0 };
            best[o][n] = paired.max(best[o + 1][n]).max(best[o][n + 1]);
        }
    }
    let mut out: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    let (mut o, mut n) = (0, 0);
    while o < old.len() && n < new.len() {
        let pair = likeness[o][n];
        if pair > ALIKE && best[o][n] <= pair + best[o + 1][n + 1] {
            out.push((Some(o), Some(n)));
            (o, n) = (o + 1, n + 1);
        } else if best[o + 1][n] >= best[o][n + 1] {
            out.push((Some(o), None));
            o += 1;
        } else {
            out.push((None, Some(n)));
            n += 1;
        }
    }
    out.extend((o..old.len()).map(|o| (Some(o), None)));
    out.extend((n..new.len()).map(|n| (None, Some(n))));
    close_gaps(out)
}

/// Puts lines without a counterpart that follow each other on the same row.
fn close_gaps(sides: Vec<(Option<usize>, Option<usize>)>) -> Vec<(Option<usize>, Option<usize>)> {
    let mut out = Vec::with_capacity(sides.len());
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let flush = |left: &mut Vec<usize>, right: &mut Vec<usize>, out: &mut Vec<_>| {
        for at in 0..left.len().max(right.len()) {
            out.push((left.get(at).copied(), right.get(at).copied()));
        }
        left.clear();
        right.clear();
    };
    for side in sides {
        match side {
            (Some(o), None) => left.push(o),
            (None, Some(n)) => right.push(n),
            both => {
                flush(&mut left, &mut right, &mut out);
                out.push(both);
            }
        }
    }
    flush(&mut left, &mut right, &mut out);
    out
}

/// The share of common text of two lines, 0 to 1, white space aside.
fn alike(old: &str, new: &str) -> f64 {
    if old.len() > MAX_COMPARED_BYTES || new.len() > MAX_COMPARED_BYTES {
        return 0.0;
    }
    let words = |line: &'_ str| -> Vec<String> {
        tokens(line).filter(|t| !t.trim().is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (words(old), words(new));
    let size = |words: &[String]| words.iter().map(String::len).sum::<usize>();
    let total = size(&old) + size(&new);
    if total == 0 {
        return 1.0;
    }
    let common: usize = capture_diff_slices(Algorithm::Myers, &old, &new)
        .iter()
        .filter(|op| op.tag() == DiffTag::Equal)
        .map(|op| size(&old[op.old_range()]))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "lines are at most a thousand bytes here")]
    let share = 2.0 * common as f64 / total as f64;
    share
}

/// The byte ranges in which two versions of a line differ; none when they have little in common.
fn differing(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (old, new) = (old.trim_end_matches('\n'), new.trim_end_matches('\n'));
    if alike(old, new) <= ALIKE {
        return (Vec::new(), Vec::new());
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (tokens(old).collect(), tokens(new).collect());
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let span = |words: &[&str], range: Range<usize>| {
        let start: usize = words[..range.start].iter().map(|w| w.len()).sum();
        let len: usize = words[range].iter().map(|w| w.len()).sum();
        start..start + len
    };
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        for (words, range, out) in
            [(&a, op.old_range(), &mut left), (&b, op.new_range(), &mut right)]
        {
            if !range.is_empty() {
                out.push(span(words, range));
            }
        }
    }
    (left, right)
}

/// Words, runs of white space, and single other characters.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 1,
        _ if c.is_whitespace() => 2,
        _ => 3,
    };
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next().map(kind)?;
        let end = match first {
            3 => rest.chars().next().map_or(0, char::len_utf8),
            _ => rest.find(|c| kind(c) != first).unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(end);
        rest = tail;
        Some(token)
    })
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
                Row::Line(line) => format!("{}{}", line.sign.mark(), line.text),
                Row::Remark(remark) => format!("\\ {remark}"),
            })
            .collect()
    }

    fn changed(diff: &Diff, sign: Sign) -> Vec<&str> {
        diff.rows
            .iter()
            .filter_map(|row| match row {
                Row::Line(line) if line.sign == sign => Some(line),
                _ => None,
            })
            .flat_map(|line| line.changed.iter().map(|range| &line.text[range.clone()]))
            .collect()
    }

    #[test]
    fn one_changed_operator() {
        let diff = diff("a\nif x < y:\n    go()\n", "a\nif x <= y:\n    go()\n");
        assert_eq!(
            text(&diff),
            ["a.py ", "@@ -1,3 +1,3 @@", " a", "-if x < y:", "+if x <= y:", "     go()"]
        );
        assert_eq!(changed(&diff, Sign::Added), ["="]);
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
        assert!(changed(&diff, Sign::Removed).is_empty());
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
        assert_eq!(
            text(&file(Some(b"\xff\n"), Some(b"\xfe\n")))[1],
            "\\ differs in bytes that are not text"
        );
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
        assert!(changed(&long, Sign::Added).is_empty());
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
