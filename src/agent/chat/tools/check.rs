//! What speaks for a patch, and what against it: syntax, and the project's tests before and after.

use std::time::Duration;

use super::{Run, Toolbox};
use crate::agent::checks::probe::{self, Mode, Probe, last_lines};
use crate::agent::checks::verdict::{Judgement, Observation, judge};
use crate::base::Language;
use crate::edit::{FileChange, Patch};
use crate::repo::walk;
use crate::syntax;

/// What one run of the tests may take.
const WALL: Duration = Duration::from_secs(120);
/// Lines of a failing run that are told.
const TOLD: usize = 14;

impl Toolbox {
    /// One line for each check, and whether nothing speaks against the patch.
    pub(super) fn check(&mut self, patch: &Patch, run: &Run<'_>) -> (Vec<String>, bool) {
        let mut checks = Vec::new();
        let mut sound = true;
        for file in patch.files() {
            if let Some((line, good)) = syntax_of(file) {
                checks.push(line);
                sound &= good;
            }
        }
        let code = patch.files().iter().any(|file| !is_prose(file.path.as_str()));
        if sound && code && self.place.test.is_some() {
            match self.tests(patch, run) {
                Ok((line, good)) => {
                    checks.push(line);
                    sound &= good;
                }
                Err(error) => checks.push(format!("tests: not run: {error}")),
            }
        }
        (checks, sound)
    }

    fn tests(&mut self, patch: &Patch, run: &Run<'_>) -> Result<(String, bool), String> {
        let argv = self.place.test.clone().unwrap_or_default();
        let shown = probe::shown(&argv);
        let probe = Probe {
            argv,
            cwd: std::path::PathBuf::new(),
            variables: self.place.variables.clone(),
            memory_bytes: self.place.memory_bytes,
        };
        let root = self.place.root.clone();
        let mark = self.mark(run);
        let known = self.baseline.take().filter(|(of, _)| *of == mark);
        let workspace = self.workspace().map_err(|error| error.to_string())?;
        let observe = |patch: &Patch| {
            probe
                .run(workspace, &root, patch, &Mode::Observed, WALL, run.cancel)
                .map(|outcome| outcome.observation)
                .map_err(|error| error.to_string())
        };
        let before = match known {
            Some((_, before)) => before,
            None => {
                (run.progress)(format!("running {shown} as the files are"));
                observe(&Patch::default())?
            }
        };
        if let Some(module) = before.missing_runner() {
            return Err(format!("{module} is not installed here"));
        }
        (run.progress)(format!("running {shown} with the edit"));
        let after = observe(patch)?;
        let verdict = verdict(&shown, &before, &after);
        if !run.cancel.is_cancelled() {
            self.baseline = Some((mark, before));
        }
        Ok(verdict)
    }

    /// Differs whenever a file may have changed.
    fn mark(&self, run: &Run<'_>) -> u64 {
        let entries = walk::entries(&self.place.root, run.cancel);
        entries.iter().fold(entries.len() as u64, |mark, entry| {
            mark.rotate_left(5) ^ entry.stamp.cast_unsigned()
        })
    }
}

fn verdict(command: &str, before: &Observation, after: &Observation) -> (String, bool) {
    let how = after.headline();
    let (now, then) = (after.failing(), before.failing());
    let new: Vec<&str> = now.difference(&then).copied().take(5).collect();
    // What is judged below are repairs: there it failed before.
    if before.passed() && !after.passed() {
        return (
            format!("{command}: {how}, passes without the edit\n{}", last_lines(&after.tail, TOLD)),
            false,
        );
    }
    match judge(before, after) {
        Judgement::Repaired if before.passed() => (format!("{command}: passes"), true),
        Judgement::Repaired => (format!("{command}: passes now, failed before"), true),
        Judgement::Lost(tests) => (format!("{command}: passes, but lost {}", few(&tests)), false),
        Judgement::Improved => (format!("{command}: fewer tests fail than before"), true),
        Judgement::Same => (format!("{command}: fails as before ({how})"), true),
        Judgement::Different if new.is_empty() && !now.is_empty() => {
            (format!("{command}: still fails ({how})"), true)
        }
        Judgement::Different if !new.is_empty() => {
            (format!("{command}: {how}\n{}", last_lines(&after.tail, TOLD)), false)
        }
        // Nothing is known of single tests, and it failed before.
        Judgement::Different => (format!("{command}: fails otherwise than before ({how})"), false),
        Judgement::Broken => (format!("{command}: {how}"), false),
    }
}

fn few(tests: &[String]) -> String {
    let more = tests.len().saturating_sub(3);
    let named = tests[..tests.len() - more].join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// `None` for a language that is not known.
fn syntax_of(file: &FileChange) -> Option<(String, bool)> {
    let language = Language::of_path(file.path.as_str())?;
    let text = |side: &Option<std::sync::Arc<[u8]>>| {
        side.as_ref().map_or_else(String::new, |b| String::from_utf8_lossy(b).into_owned())
    };
    let (before, after) = (text(&file.before), text(&file.after));
    let before = syntax::parse(language, before);
    if syntax::parses_no_worse(&before, &after) {
        return Some((format!("syntax of {}: ok", file.path), true));
    }
    let after = syntax::parse(language, after);
    let line = syntax::syntax_errors(&after).first().map_or(0, |error| error.line.0);
    let shown = after.text().lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    Some((format!("syntax of {}: an error at line {line}: {}", file.path, shown.trim()), false))
}

fn is_prose(path: &str) -> bool {
    [".md", ".txt", ".rst", ".adoc"].iter().any(|end| path.ends_with(end))
}
