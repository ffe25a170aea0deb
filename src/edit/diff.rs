//! Patches as people and other tools read them: unified diffs, and hunks for the review pane.
//!
//! Lines end at `\n` alone, as git counts them: a lone `\r` stays inside its line. What is returned
//! here is the file's own text: whoever shows it in a terminal sanitises it first.

use std::io::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices_deadline, group_diff_ops};

use super::align::align;
use super::intraline;
use super::patch::{FileChange, Patch};
use crate::base::Line;

/// A group of changed lines with the unchanged lines around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line before and after, as in `@@ -old +new @@`: 0 for a file without lines.
    pub old_start: u32,
    pub new_start: u32,
    /// Numbers of lines before and after.
    pub old_len: u32,
    pub new_len: u32,
    pub lines: Vec<DiffLine>,
}

impl Hunk {
    /// The `@@ -1,4 +1,5 @@` line, without a line feed.
    pub fn header(&self) -> String {
        let range = |start: u32, len: u32| match len {
            1 => start.to_string(),
            _ => format!("{start},{len}"),
        };
        format!(
            "@@ -{} +{} @@",
            range(self.old_start, self.old_len),
            range(self.new_start, self.new_len)
        )
    }
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    pub kind: LineKind,
    /// Its number before; `None` for an added line.
    pub old: Option<Line>,
    /// Its number after; `None` for a removed line.
    pub new: Option<Line>,
    /// Its text without the line feed; bytes that are not UTF-8 are replaced by U+FFFD.
    pub text: String,
    /// False when this is a last line without a line feed.
    pub newline: bool,
    /// The parts of `text` (byte ranges, ascending) that differ from the line's counterpart; empty
    /// for unchanged lines and where the whole line is new.
    pub emphasis: Vec<Range<usize>>,
}

/// What a diff says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    Context,
    Removed,
    Added,
}

/// The size of a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub files: usize,
    /// Lines; a binary file counts none.
    pub added: usize,
    pub removed: usize,
}

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// After this long the shortest diff is no longer searched for: what follows is still a correct
/// diff, but may be longer than needed. Only files that were rewritten whole come near it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The unified diff of a patch with git's headers, for display: bytes that are not UTF-8 are
/// replaced by U+FFFD.
pub fn unified(patch: &Patch) -> String {
    match String::from_utf8(unified_bytes(patch)) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// The unified diff of a patch, byte for byte as `git apply` takes it.
///
/// Binary files are only named: such a diff can be read, not applied.
pub fn unified_bytes(patch: &Patch) -> Vec<u8> {
    let mut out = Vec::new();
    for change in patch.files() {
        write_file(&mut out, change);
    }
    out
}

/// The hunks of one file; none for a binary file.
pub fn hunks(change: &FileChange) -> Vec<Hunk> {
    if is_binary(change) {
        return Vec::new();
    }
    let (before, after) = (lines(bytes(&change.before)), lines(bytes(&change.after)));
    let groups = group_diff_ops(diff(&before, &after), CONTEXT);
    groups.iter().map(|ops| hunk(ops, &before, &after)).collect()
}

/// Counts changed files and lines.
pub fn stats(patch: &Patch) -> Stats {
    let mut stats = Stats { files: patch.files().len(), ..Stats::default() };
    for change in patch.files().iter().filter(|change| !is_binary(change)) {
        let (before, after) = (lines(bytes(&change.before)), lines(bytes(&change.after)));
        for op in diff(&before, &after) {
            if op.tag() != DiffTag::Equal {
                stats.removed += op.old_range().len();
                stats.added += op.new_range().len();
            }
        }
    }
    stats
}

/// True when git would call the file binary: a NUL byte within its first 8,000 bytes
/// (`buffer_is_binary` in git's `xdiff-interface.c`).
pub fn is_binary(change: &FileChange) -> bool {
    [&change.before, &change.after]
        .into_iter()
        .any(|side| bytes(side).iter().take(8000).any(|&byte| byte == 0))
}

fn bytes(side: &Option<std::sync::Arc<[u8]>>) -> &[u8] {
    side.as_deref().unwrap_or_default()
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

fn diff(before: &[&[u8]], after: &[&[u8]]) -> Vec<DiffOp> {
    let deadline = Instant::now().checked_add(PATIENCE);
    capture_diff_slices_deadline(Algorithm::Myers, before, after, deadline)
}

fn write_file(out: &mut Vec<u8>, change: &FileChange) {
    let path = change.path.as_str();
    let (old, new) = (quoted("a/", path), quoted("b/", path));
    // Writing to a Vec cannot fail, here and below.
    let _ = writeln!(out, "diff --git {old} {new}");
    if change.before.is_none() {
        out.extend(b"new file mode 100644\n");
    } else if change.after.is_none() {
        out.extend(b"deleted file mode 100644\n");
    }
    let old = if change.before.is_some() { old } else { "/dev/null".to_owned() };
    let new = if change.after.is_some() { new } else { "/dev/null".to_owned() };
    if is_binary(change) {
        let _ = writeln!(out, "Binary files {old} and {new} differ");
        return;
    }
    let (before, after) = (lines(bytes(&change.before)), lines(bytes(&change.after)));
    let groups = group_diff_ops(diff(&before, &after), CONTEXT);
    // An empty file that comes or goes has no hunks, and git expects no names then.
    if groups.iter().all(Vec::is_empty) {
        return;
    }
    // git ends a name that holds a space with a tab, so that a date is not looked for in it.
    let tab = |name: &str| if name.contains(' ') { "\t" } else { "" };
    let _ = writeln!(out, "--- {old}{}\n+++ {new}{}", tab(&old), tab(&new));
    for ops in &groups {
        let shape = shape(ops);
        let _ = writeln!(out, "{}", shape.header());
        for op in ops {
            if op.tag() == DiffTag::Equal {
                op.old_range().for_each(|at| write_line(out, b' ', before[at]));
            } else {
                op.old_range().for_each(|at| write_line(out, b'-', before[at]));
                op.new_range().for_each(|at| write_line(out, b'+', after[at]));
            }
        }
    }
}

fn write_line(out: &mut Vec<u8>, sign: u8, line: &[u8]) {
    out.push(sign);
    out.extend(line);
    if !line.ends_with(b"\n") {
        out.extend(b"\n\\ No newline at end of file\n");
    }
}

/// A name in a header: in C quotes when it holds a quote, else as it is. A `RepoPath` has no
/// control characters and no backslashes.
fn quoted(prefix: &str, path: &str) -> String {
    if path.contains('"') {
        format!("\"{prefix}{}\"", path.replace('"', "\\\""))
    } else {
        format!("{prefix}{path}")
    }
}

/// The hunk of a group of operations, its lines still missing.
fn shape(ops: &[DiffOp]) -> Hunk {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else {
        return Hunk { old_start: 0, new_start: 0, old_len: 0, new_len: 0, lines: Vec::new() };
    };
    let old = first.old_range().start..last.old_range().end;
    let new = first.new_range().start..last.new_range().end;
    // An empty range is named by the line before it.
    let start = |range: &Range<usize>| number(range.start + usize::from(!range.is_empty()));
    Hunk {
        old_start: start(&old),
        new_start: start(&new),
        old_len: number(old.len()),
        new_len: number(new.len()),
        lines: Vec::new(),
    }
}

fn hunk(ops: &[DiffOp], before: &[&[u8]], after: &[&[u8]]) -> Hunk {
    let mut hunk = shape(ops);
    for op in ops {
        let (old, new) = (op.old_range(), op.new_range());
        if op.tag() == DiffTag::Equal {
            for (at, to) in old.zip(new) {
                let line = before[at];
                hunk.lines.push(DiffLine::new(LineKind::Context, Some(at), Some(to), line));
            }
            continue;
        }
        let at = hunk.lines.len();
        let count = old.len();
        hunk.lines
            .extend(old.map(|at| DiffLine::new(LineKind::Removed, Some(at), None, before[at])));
        hunk.lines.extend(new.map(|at| DiffLine::new(LineKind::Added, None, Some(at), after[at])));
        let (removed, added) = hunk.lines[at..].split_at_mut(count);
        for (old, new) in align(&texts(removed), &texts(added)) {
            if let (Some(old), Some(new)) = (old, new) {
                let (old, new) = (&mut removed[old], &mut added[new]);
                (old.emphasis, new.emphasis) = intraline::emphasis(&old.text, &new.text);
            }
        }
    }
    hunk
}

fn texts(lines: &[DiffLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

impl DiffLine {
    fn new(kind: LineKind, old: Option<usize>, new: Option<usize>, line: &[u8]) -> Self {
        let line_number = |index: usize| Line(number(index + 1));
        let body = line.strip_suffix(b"\n");
        Self {
            kind,
            old: old.map(line_number),
            new: new.map(line_number),
            text: String::from_utf8_lossy(body.unwrap_or(line)).into_owned(),
            newline: body.is_some(),
            emphasis: Vec::new(),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
