//! `slm review`: joins what git says of a change with what the review makes of it.

mod known;
mod likely;
mod words;

use std::path::Path;
use std::sync::Arc;

pub use known::{Known, known};
pub use likely::Judge;
pub use words::{commit_message, summary};

use crate::agent::review::{
    self, Asked, Bounds, Calibration, ChangedFile, Finding, Likelihood, Mode, Reviewed, Settings,
    Version,
};
use crate::agent::tasks::refactor::{self, Planned, Tree};
use crate::base::{Cancel, Replacement, RepoPath, Span};
use crate::edit::{FileChange, Patch, diff};
use crate::refactor::Step;
use crate::repo::changes::{self, Changed, Changes, ChangesError, Selection, Side, SideKind};
use crate::repo::walk;

/// A change, read.
#[derive(Debug)]
pub struct Subject {
    files: Vec<ChangedFile>,
    /// The repository as it is with the change.
    tree: Tree,
}

impl Subject {
    /// Reads a change of the repository at `root`.
    ///
    /// # Errors
    /// No repository, an unknown revision.
    pub fn read(root: &Path, selection: &Selection) -> Result<Self, ChangesError> {
        let Changes { files, tree, differing } = changes::changes(root, selection)?;
        let base = differing.into_iter().map(|(path, bytes)| FileChange {
            before: Some(Arc::from(&b""[..])),
            after: Some(bytes),
            path,
        });
        let tree = Tree::new(root, tree, Patch::new(base));
        Ok(Self { files: files.into_iter().map(changed).collect(), tree })
    }

    /// The changed files.
    pub fn files(&self) -> &[ChangedFile] {
        &self.files
    }

    /// What is worth saying about it.
    pub fn review(&self, settings: &Settings, cancel: &Cancel) -> Reviewed {
        review::review(&self.files, &self.tree, settings, cancel)
    }

    /// Asks a judge about the new lines, file by file, and adds what it finds unlikely.
    pub fn judge(
        &self,
        reviewed: &mut Reviewed,
        judge: &mut dyn Likelihood,
        calibration: Calibration,
        settings: &Settings,
    ) -> Asked {
        let mut all = Asked::default();
        for file in &self.files {
            let asked =
                review::unlikely_lines(file, &self.tree, judge, calibration, Bounds::default());
            all.lines += asked.lines;
            all.left += asked.left;
            all.findings.extend(asked.findings);
        }
        reviewed.add(std::mem::take(&mut all.findings), settings);
        all
    }

    /// The text of a changed file after the change.
    pub fn text(&self, path: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.path == path)?;
        file.after.as_ref().and_then(Version::text).map(str::to_owned)
    }

    /// The whole change as a unified diff; without binary files.
    pub fn diff(&self) -> String {
        let bytes = |side: &Option<Version>| {
            side.as_ref().and_then(Version::text).map(|text| Arc::from(text.as_bytes()))
        };
        let changes = self.files.iter().filter_map(|file| {
            Some(FileChange {
                path: file.repo_path()?,
                before: bytes(&file.before),
                after: bytes(&file.after),
            })
        });
        diff::unified(&Patch::new(changes))
    }

    /// The patch of a finding on the files as they lie on disk, with the tree that it is to be proven in.
    ///
    /// # Errors
    /// In words: the file on disk is not what was reviewed, or the patch does not take the finding away.
    pub fn mend(
        &self,
        root: &Path,
        finding: &Finding,
        cancel: &Cancel,
    ) -> Result<(Tree, Planned), String> {
        let path = RepoPath::new(&finding.path).map_err(|error| error.to_string())?;
        let tree = Tree::new(root, walk::files(root, cancel), Patch::default());
        let source = tree.sources().get(&path).ok_or("the file cannot be read")?;
        let reviewed = self.text(&finding.path).ok_or("the file cannot be read")?;
        let reviewed = reviewed.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(reviewed);
        let edits = moved(&reviewed, &source.text, &finding.patch)
            .ok_or("the file on disk is not what was reviewed: mend it there")?;
        let mut step = Step::new(format!("{}: {}", finding.rule.title, finding.path));
        for edit in edits {
            step.replace(&path, edit);
        }
        let planned = refactor::of_step(&tree, step, format!("review {}", finding.rule.id))
            .map_err(|error| error.to_string())?;
        let after = planned.texts.get(&path).ok_or("the patch changes nothing")?;
        let change = [ChangedFile::of_texts(&finding.path, Some(&source.text), Some(after))];
        let patched = Tree::new(root, walk::files(root, cancel), planned.patch.clone());
        let again = review::review(&change, &patched, &Settings::default(), cancel);
        if let Some(new) = again.findings.first() {
            return Err(format!("the patch would bring something else: {}", new.message));
        }
        Ok((tree, planned))
    }
}

/// The replacements of a text, in another that has the same lines at their places or a little further on.
fn moved(reviewed: &str, now: &str, edits: &[Replacement]) -> Option<Vec<Replacement>> {
    if reviewed == now {
        return Some(edits.to_vec());
    }
    edits
        .iter()
        .map(|edit| {
            // The whole line around it must stand there once.
            let start = reviewed[..edit.span.start].rfind('\n').map_or(0, |at| at + 1);
            let end = reviewed[edit.span.end..]
                .find('\n')
                .map_or(reviewed.len(), |at| edit.span.end + at);
            let line = &reviewed[start..end];
            let mut found =
                now.match_indices(line).filter(|(at, _)| *at == 0 || now[..*at].ends_with('\n'));
            let (at, _) = found.next()?;
            if line.trim().is_empty() || found.next().is_some() {
                return None;
            }
            let span = Span::new(at + edit.span.start - start, at + edit.span.end - start);
            Some(Replacement { span, text: edit.text.clone() })
        })
        .collect()
}

fn changed(file: Changed) -> ChangedFile {
    ChangedFile {
        path: file.path,
        renamed_from: file.renamed_from,
        before: file.before.map(version),
        after: file.after.map(version),
        hunks: None,
    }
}

fn version(side: Side) -> Version {
    let mode = match side.kind {
        SideKind::Regular => Mode::Regular,
        SideKind::Executable => Mode::Executable,
        SideKind::Link => Mode::Link,
        SideKind::Submodule => Mode::Submodule,
    };
    Version { bytes: side.bytes, size: side.size, mode }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_follows_its_line_and_is_not_guessed() {
        let edits = [Replacement { span: Span::new(6, 9), text: "1".to_owned() }];
        let reviewed = "x = 2\nab = 3\n";
        assert_eq!(moved(reviewed, reviewed, &edits).unwrap(), edits);
        let later = moved(reviewed, "# more\nx = 2\nab = 3\n", &edits).unwrap();
        assert_eq!(later[0].span, Span::new(13, 16));
        assert_eq!(moved(reviewed, "ab = 3\nab = 3\n", &edits), None, "twice");
        assert_eq!(moved(reviewed, "other\n", &edits), None, "gone");
    }
}
