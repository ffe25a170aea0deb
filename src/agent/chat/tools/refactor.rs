//! Exact refactorings, asked for by the person: a list of what could be better, or steps with their proof.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Done, Run, Toolbox, outcome};
use crate::agent::tasks::refactor::{self, Bench, Manner, Prover, Tree, Verdict};
use crate::edit::{Patch, diff};
use crate::refactor::Api;
use crate::repo::walk;

/// What the checks of one step may take together.
const LIMIT: Duration = Duration::from_secs(300);
/// Entries of the list.
const LISTED: usize = 15;

impl Toolbox {
    pub(super) fn refactor(
        &mut self,
        path: &str,
        steps: Option<&str>,
        run: &Run<'_>,
    ) -> Result<Done, String> {
        let path = self.resolve(path)?;
        let files = walk::files(&self.place.root, run.cancel);
        let root = self.place.root.clone();
        let tree = |base| Tree::new(&root, files.clone(), base);
        let Some(steps) = steps else {
            let list = refactor::opportunities(&tree(Patch::default()), &path)
                .map_err(|error| error.to_string())?;
            return Ok(listed(&path.to_string(), &list));
        };
        let wishes = refactor::read_all(steps)?;
        let bench = Bench {
            root: root.clone(),
            cwd: PathBuf::new(),
            test: self.place.test.clone(),
            variables: self.place.variables.clone(),
            memory_bytes: self.place.memory_bytes,
            index: self.place.index.clone(),
            deadline: Instant::now() + LIMIT,
        };
        let mut base = Patch::default();
        let mut checks = Vec::new();
        let mut sound = true;
        for wish in wishes {
            let tree = tree(base.clone());
            let planned = refactor::plan(&tree, &path, &wish, Manner::default())
                .map_err(|error| error.to_string())?;
            let workspace = self.workspace().map_err(|error| error.to_string())?;
            let proof = Prover::new(&bench, workspace, run.cancel)
                .prove(&tree, &planned, Api::Keep, &|line| (run.progress)(line))
                .map_err(|error| error.to_string())?;
            checks.push(planned.step.title.clone());
            checks.extend(planned.step.notes.clone());
            checks.extend(proof.lines());
            // What no test reaches is said in the lines; an exact step is no worse than an edit without tests.
            sound &= proof.verdict() != Verdict::Broken;
            base = refactor::on_top(&base, &planned.patch);
        }
        Ok(Done::Proposal { diff: diff::unified(&base), patch: base, checks, sound })
    }
}

fn listed(path: &str, list: &[refactor::Opportunity]) -> Done {
    if list.is_empty() {
        return outcome(true, format!("{path}: nothing that slm looks for"), "nothing to improve");
    }
    let lines: Vec<String> = list
        .iter()
        .take(LISTED)
        .map(|entry| {
            let step = entry.wish.as_ref().map(|wish| format!("\n    /refactor {path} {wish}"));
            format!("line {}: {}{}", entry.lines.0, entry.smell.message, step.unwrap_or_default())
        })
        .collect();
    outcome(true, lines.join("\n"), format!("{} things could be better", list.len()))
}
