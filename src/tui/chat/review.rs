//! The choice among the hunks of a proposal, and the patch that is left of it.

use std::sync::Arc;

use crate::edit::diff::hunks;
use crate::edit::{FileChange, Patch};
use crate::tui::diff::{Diff, Row};

/// A proposal that waits for a decision.
#[derive(Debug)]
pub(super) struct Review {
    pub(super) id: u64,
    patch: Patch,
    pub(super) diff: Diff,
    pub(super) checks: Vec<String>,
    pub(super) sound: bool,
    pub(super) units: Vec<Unit>,
    /// The unit that keys mean.
    pub(super) at: usize,
    /// The first row in view; `None` until somebody scrolls: the unit is in view.
    pub(super) scroll: Option<usize>,
    /// The first row that was drawn last.
    pub(super) top: usize,
    /// A choice that waits for a second word: some check has failed.
    pub(super) asks: bool,
}

/// What can be taken or left by itself: a hunk, or a file that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) file: usize,
    /// The hunk's place among those of its file.
    hunk: usize,
    pub(super) kept: bool,
    /// Its first row in the diff.
    pub(super) row: usize,
}

impl Review {
    pub(super) fn new(id: u64, patch: &Patch, checks: &[String], sound: bool) -> Self {
        let diff = Diff::of(patch);
        let mut units: Vec<Unit> = Vec::new();
        let mut file = None;
        let mut hunk = 0;
        for (row, what) in diff.rows.iter().enumerate() {
            match what {
                Row::File { .. } => {
                    file = Some(file.map_or(0, |at: usize| at + 1));
                    hunk = 0;
                }
                Row::Hunk(_) => {
                    units.push(Unit { file: file.unwrap_or(0), hunk, kept: true, row });
                    hunk += 1;
                }
                // The remark that stands for a whole file comes right below its name.
                Row::Remark(_)
                    if matches!(diff.rows.get(row.wrapping_sub(1)), Some(Row::File { .. })) =>
                {
                    units.push(Unit { file: file.unwrap_or(0), hunk, kept: true, row });
                }
                Row::Remark(_) | Row::Line(_) => {}
            }
        }
        let (patch, checks) = (patch.clone(), checks.to_vec());
        let (at, scroll, top, asks) = (0, None, 0, false);
        Self { id, patch, diff, checks, sound, units, at, scroll, top, asks }
    }

    /// To the next unit, or the one before.
    pub(super) fn step(&mut self, forward: bool) {
        let last = self.units.len().saturating_sub(1);
        self.at = if forward { (self.at + 1).min(last) } else { self.at.saturating_sub(1) };
        self.scroll = None;
    }

    /// Moves the window by rows, within the diff.
    pub(super) fn scroll_by(&mut self, rows: isize) {
        let last = self.diff.rows.len().saturating_sub(1);
        self.scroll = Some(self.top.saturating_add_signed(rows).min(last));
    }

    /// The first row to draw when `fits` of them fit.
    pub(super) fn first_row(&self, fits: usize) -> usize {
        let unit = self.units.get(self.at).map_or(0, |unit| unit.row);
        // A whole file's name above its first hunk is worth a row.
        let unasked = unit.saturating_sub(1);
        self.scroll.unwrap_or(unasked).min(self.diff.rows.len().saturating_sub(fits))
    }

    /// Takes the unit or leaves it.
    pub(super) fn toggle(&mut self) {
        if let Some(unit) = self.units.get_mut(self.at) {
            unit.kept = !unit.kept;
        }
    }

    /// Takes all units of the file, or leaves them when all are taken.
    pub(super) fn toggle_file(&mut self) {
        let Some(file) = self.units.get(self.at).map(|unit| unit.file) else { return };
        let of_file = |unit: &&mut Unit| unit.file == file;
        let all = self.units.iter().filter(|unit| unit.file == file).all(|unit| unit.kept);
        self.units.iter_mut().filter(of_file).for_each(|unit| unit.kept = !all);
    }

    /// Takes everything.
    pub(super) fn keep_all(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.kept = true);
    }

    /// Units taken, of how many.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.units.iter().filter(|unit| unit.kept).count(), self.units.len())
    }

    /// Files that the proposal changes.
    pub(super) fn files(&self) -> usize {
        self.patch.files().len()
    }

    /// Whether the row belongs to a unit that is left out.
    pub(super) fn is_left_out(&self, row: usize) -> bool {
        let next = self.units.partition_point(|unit| unit.row <= row);
        let unit = next.checked_sub(1).map(|at| &self.units[at]);
        unit.is_some_and(|unit| !unit.kept) && !matches!(self.diff.rows[row], Row::File { .. })
    }

    /// The patch of what is taken; `None` when that is nothing.
    pub(super) fn chosen(&self) -> Option<Patch> {
        let files = self.patch.files().iter().enumerate();
        let changes = files.filter_map(|(at, change)| {
            let units: Vec<&Unit> = self.units.iter().filter(|unit| unit.file == at).collect();
            if units.iter().all(|unit| unit.kept) {
                return Some(change.clone());
            }
            let kept: Vec<usize> =
                units.iter().filter(|unit| unit.kept).map(|unit| unit.hunk).collect();
            (!kept.is_empty()).then(|| reduced(change, &kept))
        });
        let patch = Patch::new(changes);
        (!patch.is_empty()).then_some(patch)
    }
}

/// The change of a file with only some of its hunks.
fn reduced(change: &FileChange, kept: &[usize]) -> FileChange {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return change.clone();
    };
    let (old, new) = (lines(before), lines(after));
    let mut text: Vec<u8> = Vec::with_capacity(after.len());
    let mut at = 0;
    for (number, hunk) in hunks(change).iter().enumerate() {
        let (from, to) = (range(hunk.old_start, hunk.old_len), range(hunk.new_start, hunk.new_len));
        old[at..from.start].iter().for_each(|line| text.extend(*line));
        let taken = if kept.contains(&number) { &new[to] } else { &old[from.clone()] };
        taken.iter().for_each(|line| text.extend(*line));
        at = from.end;
    }
    old[at..].iter().for_each(|line| text.extend(*line));
    FileChange { after: Some(Arc::from(text)), ..change.clone() }
}

/// Line numbers as a header has them -> indices: an empty range is named by the line before it.
fn range(start: u32, len: u32) -> std::ops::Range<usize> {
    let start = (start as usize).saturating_sub(usize::from(len > 0));
    start..start + len as usize
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RepoPath;
    use proptest::prelude::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn text(patch: &Patch, at: usize) -> String {
        String::from_utf8(patch.files()[at].after.as_ref().unwrap().to_vec()).unwrap()
    }

    fn numbered(changed: &[usize], word: &str) -> String {
        let line = |n: usize| {
            if changed.contains(&n) { format!("{word} {n}\n") } else { format!("line {n}\n") }
        };
        (0..40).map(line).collect()
    }

    fn two_files() -> Review {
        let first = Patch::of_text(path("a.py"), &numbered(&[], ""), &numbered(&[2, 30], "new"));
        let second = Patch::of_text(path("b.py"), "x\n", "y\n");
        let gone =
            FileChange { path: path("c.py"), before: Some(Arc::from(&b""[..])), after: None };
        let files = first.files().iter().chain(second.files()).cloned().chain([gone]);
        Review::new(1, &Patch::new(files), &[], true)
    }

    #[test]
    fn hunks_files_and_all_of_them() {
        let mut review = two_files();
        assert_eq!(review.count(), (4, 4));
        assert_eq!(review.chosen().unwrap().files().len(), 3);
        review.toggle();
        assert!(
            review.is_left_out(review.units[0].row) && !review.is_left_out(review.units[1].row)
        );
        assert_eq!(text(&review.chosen().unwrap(), 0), numbered(&[30], "new"));
        review.toggle_file();
        assert_eq!(review.count(), (4, 4), "a file that is taken in part is taken whole first");
        review.toggle_file();
        assert_eq!(review.chosen().unwrap().files()[0].path, path("b.py"));
        review.step(true);
        review.step(true);
        review.toggle();
        review.step(true);
        review.toggle();
        assert_eq!(review.chosen(), None);
        review.keep_all();
        assert_eq!(review.count(), (4, 4));
    }

    proptest! {
        #[test]
        fn hunks_that_are_left_out_leave_the_file_as_it_was(
            old in proptest::collection::vec("[a-c]", 0..60),
            edits in proptest::collection::vec((0usize..60, 0usize..3, "[x-z]\n?"), 1..6),
            left in any::<u8>(),
        ) {
            let mut before: Vec<String> = old.iter().map(|line| format!("{line}\n")).collect();
            let mut after = before.clone();
            for (at, removed, added) in edits {
                let at = at.min(after.len());
                let end = (at + removed).min(after.len());
                after.splice(at..end, [added]);
            }
            before.dedup();
            let patch = Patch::of_text(path("a"), &before.concat(), &after.concat());
            prop_assume!(!patch.is_empty());
            let mut review = Review::new(1, &patch, &[], true);
            let all: Vec<usize> = (0..review.units.len()).collect();
            let change = &patch.files()[0];
            prop_assert_eq!(reduced(change, &all).after, change.after.clone());
            prop_assert_eq!(reduced(change, &[]).after, change.before.clone());
            for at in 0..review.units.len() {
                review.units[at].kept = left & (1 << (at % 8)) == 0;
            }
            let (kept, of) = review.count();
            let chosen = review.chosen();
            prop_assert_eq!(chosen.is_none(), kept == 0);
            prop_assert_eq!(chosen.as_ref() == Some(&patch), kept == of);
        }
    }
}
