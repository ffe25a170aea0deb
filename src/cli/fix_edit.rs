//! Opens a proposal in the user's editor.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::agent::proposal::Proposal;
use crate::base::fs;
use crate::edit::{FileChange, Patch};
use crate::sandbox;

/// The patch as the user leaves it; `None` when nothing was changed. The editor sees copies: the
/// user's own files are written by `edit::apply` alone.
///
/// # Errors
/// When no editor is configured, it cannot be started, or it ends with an error.
pub(super) fn in_editor(
    editor: Option<&str>,
    proposal: &Proposal,
) -> anyhow::Result<Option<Patch>> {
    let editor = editor.context("set VISUAL or EDITOR to edit a proposal")?;
    let dir = tempfile::tempdir().context("no temporary directory for the editor")?;
    let mut files = Vec::new();
    for (at, change) in proposal.patch.files().iter().enumerate() {
        let Some(after) = &change.after else { continue };
        // A directory for each: two files may have the same name, and the name is what the user
        // and the editor's syntax colours know the file by.
        let place = dir.path().join(at.to_string());
        fs::create_dir_all(&place)?;
        let copy = place.join(change.path.file_name());
        fs::write(&copy, after)?;
        files.push((change, copy));
    }
    if files.is_empty() {
        bail!("the proposal only deletes files: there is nothing to edit");
    }
    // As git does it: EDITOR may hold arguments, so a shell reads it.
    let mut argv: Vec<OsString> =
        vec!["sh".into(), "-c".into(), format!("{editor} \"$@\"").into(), editor.into()];
    argv.extend(files.iter().map(|(_, copy)| copy.clone().into_os_string()));
    let status =
        sandbox::spawn_interactive(&argv).with_context(|| format!("cannot run {editor}"))?;
    if !status.success() {
        bail!("{editor} ended with {status}");
    }
    let mut changes: Vec<FileChange> = proposal.patch.files().to_vec();
    for (change, copy) in files {
        let after: Arc<[u8]> = fs::read(&copy)?.into();
        let edited = FileChange { after: Some(after), ..change.clone() };
        changes.retain(|other| other.path != edited.path);
        changes.push(edited);
    }
    let patch = Patch::new(changes);
    Ok((patch != proposal.patch).then_some(patch))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::agent::proposal::{Evidence, Tier, Verdict};
    use crate::base::RepoPath;

    fn proposal() -> Proposal {
        Proposal {
            id: 1,
            tier: Tier::Rule,
            title: "x".to_owned(),
            patch: Patch::of_text(RepoPath::new("a/b.py").unwrap(), "one\n", "two\n"),
            diff: String::new(),
            verdict: Verdict::Proven,
            evidence: Evidence { elapsed: Duration::ZERO, ..Evidence::default() },
            cautions: Vec::new(),
        }
    }

    #[test]
    fn what_the_editor_leaves_is_the_patch() {
        let patch = in_editor(Some("sh -c 'echo three > \"$1\"' x"), &proposal()).unwrap().unwrap();
        let file = &patch.files()[0];
        assert_eq!(file.after.as_deref(), Some(b"three\n".as_slice()));
        assert_eq!(file.before.as_deref(), Some(b"one\n".as_slice()));
        assert_eq!(in_editor(Some("true"), &proposal()).unwrap(), None);
    }

    #[test]
    fn an_edit_back_to_the_start_leaves_no_change() {
        let patch = in_editor(Some("sh -c 'echo one > \"$1\"' x"), &proposal()).unwrap().unwrap();
        assert!(patch.is_empty());
    }

    #[test]
    fn no_editor_and_a_failing_one_are_errors() {
        assert!(in_editor(None, &proposal()).is_err());
        assert!(in_editor(Some("false"), &proposal()).is_err());
    }
}
