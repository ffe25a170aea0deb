//! An edit that the model asks for becomes a patch, and the patch is checked.

use std::sync::Arc;

use super::{Done, Run, Toolbox, anchor};
use crate::agent::chat::call::Change;
use crate::base::RepoPath;
use crate::edit::{FileChange, Patch, diff};

/// A larger new file is not written by a model of this kind.
const LARGEST: usize = 256 << 10;

impl Toolbox {
    pub(super) fn edit(
        &mut self,
        path: &str,
        change: &Change,
        run: &Run<'_>,
    ) -> Result<Done, String> {
        let patch = self.patch(path, change)?;
        if patch.is_empty() {
            return Err("the edit changes nothing: the new lines are the old ones".to_owned());
        }
        let (checks, sound) = self.check(&patch, run);
        Ok(Done::Proposal { diff: diff::unified(&patch), patch, checks, sound })
    }

    fn patch(&self, path: &str, change: &Change) -> Result<Patch, String> {
        let (path, before, after) = match change {
            Change::Create { text } => {
                let path = self.place_of(path)?;
                if path.to_path(&self.place.root).symlink_metadata().is_ok() {
                    // An empty file is as good as none.
                    let now = self.resolve(path.as_str()).and_then(|path| self.text_of(&path))?;
                    if !now.is_empty() {
                        return Err(format!("{path} exists: edit it instead of creating it"));
                    }
                    (path, Some(now), text.clone())
                } else {
                    (path, None, text.clone())
                }
            }
            Change::Replace { old, new } => {
                let path = self.resolve(path)?;
                let text = self.text_of(&path)?;
                let after = on_body(&text, |body| anchor::replace(body, old, new))
                    .map_err(|error| format!("{path}: {error}"))?;
                (path, Some(text), after)
            }
            Change::Lines { first, last, text: new } => {
                let path = self.resolve(path)?;
                let text = self.text_of(&path)?;
                let after = on_body(&text, |body| anchor::replace_lines(body, *first, *last, new))
                    .map_err(|error| format!("{path}: {error}"))?;
                (path, Some(text), after)
            }
        };
        if after.len() > LARGEST.max(2 * before.as_ref().map_or(0, String::len)) {
            return Err(format!("{path} would become too large for an edit"));
        }
        Ok(patch_of(path, before.as_deref(), &after))
    }
}

/// Makes an edit behind a byte order mark.
fn on_body(
    text: &str,
    edit: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    match text.strip_prefix('\u{feff}') {
        Some(body) => edit(body).map(|body| format!("\u{feff}{body}")),
        None => edit(text),
    }
}

fn patch_of(path: RepoPath, before: Option<&str>, after: &str) -> Patch {
    let bytes = |text: &str| Arc::from(text.as_bytes());
    Patch::new([FileChange { path, before: before.map(bytes), after: Some(bytes(after)) }])
}
