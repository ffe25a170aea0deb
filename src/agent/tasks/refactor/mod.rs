//! `slm refactor`: what could be better in a file, and steps that are proven before anybody sees them.
//!
//! A [`Wish`] is words; [`plan`] makes a step of it, exactly or not at all; [`Prover`] says what speaks for it. The
//! loop over several steps, consent and writing are the front end's.

mod behaviour;
mod changed;
mod goal;
mod interface;
mod project;
mod proof;
mod prove;
mod reach;
mod target;
mod types;
mod wish;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use goal::{plan_goal, write_edit};
pub use project::Tree;
pub use proof::{Check, CheckKind, CheckOutcome, Proof, Verdict};
pub use prove::{Bench, Prover};
pub use wish::{Exact, Target, What, Wish, read, read_all};

use crate::base::{Replacement, RepoPath, Span};
use crate::edit::{FileChange, Patch, diff};
use crate::refactor::{
    self, Api, Edit, Place, Refactoring, Refusal, Request, Smell, Step,
};

/// A step with its patch, not yet proven.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The wish in words, as it can be asked for again.
    pub wish: String,
    pub step: Step,
    /// What was done; `None` for what a model wrote.
    pub what: Option<Refactoring>,
    /// The name that the user has asked to change, where the step is about one.
    pub subject: Option<String>,
    /// What it is called afterwards, where it is renamed.
    pub renamed: Option<String>,
    pub patch: Patch,
    /// Unified diff of `patch`.
    pub diff: String,
    /// The changed files as they would be.
    pub texts: BTreeMap<RepoPath, String>,
}

/// Why there is no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The words name something that is not there.
    #[error("{0}")]
    NotFound(String),
    /// The meaning could not be kept.
    #[error("{0}")]
    Refused(Refusal),
    /// Only a model could do it.
    #[error("`{0}` needs a model: give one with --model PATH")]
    NeedsModel(String),
}

/// What is asked of a plan besides the wish.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    pub api: Api,
    /// Change the words in comments, strings and documentation as well.
    pub mentions: bool,
}

/// Plans an exact step on the file at `path`.
///
/// # Errors
/// See [`PlanError`].
pub fn plan(
    tree: &Tree,
    path: &RepoPath,
    wish: &Wish,
    manner: Manner,
) -> Result<Planned, PlanError> {
    let what = match &wish.what {
        What::Edit(_) => return Err(PlanError::NeedsModel(wish.to_string())),
        What::Exact(Exact::Do(what)) => what.clone(),
        What::Exact(Exact::MoveTo(to)) => {
            let to = RepoPath::new(to).map_err(|e| PlanError::NotFound(format!("{to}: {e}")))?;
            Refactoring::Move { to }
        }
    };
    let Some(source) = tree.sources().get(path) else {
        return Err(PlanError::NotFound(format!(
            "{path} is no source file of this repository that slm can read (ignored, too large, or no UTF-8)"
        )));
    };
    let span = target::place(&source, &wish.target, &what).map_err(PlanError::NotFound)?;
    let request =
        Request { at: Place { path: path.clone(), span }, what: what.clone(), api: manner.api };
    let step = refactor::plan(tree, &request).map_err(PlanError::Refused)?;
    let subject = subject(&source.text, span, &what);
    let renamed = match &what {
        Refactoring::Rename { to } => Some(to.clone()),
        _ => None,
    };
    let planned = with_patch(tree, step, Some(what), wish.to_string(), manner.mentions)?;
    Ok(Planned { subject, renamed, ..planned })
}

/// The identifier at the place of a step that changes a name, or what it stands for.
fn subject(text: &str, span: Span, what: &Refactoring) -> Option<String> {
    let about_a_name = matches!(
        what,
        Refactoring::Rename { .. }
            | Refactoring::Inline
            | Refactoring::Move { .. }
            | Refactoring::ChangeSignature(_)
    );
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let start = text[..span.start].rfind(|c| !part(c)).map_or(0, |at| at + 1);
    let start = crate::base::floor_char(text, start.min(span.start));
    let end = text[span.start..].find(|c| !part(c)).map_or(text.len(), |at| span.start + at);
    about_a_name.then(|| text[start..end].trim_start_matches(|c| !part(c)).to_owned())
}

/// A step that was made elsewhere, with its patch.
///
/// # Errors
/// Edits that do not fit together, or a file that cannot be read.
pub fn of_step(tree: &Tree, step: Step, wish: String) -> Result<Planned, PlanError> {
    with_patch(tree, step, None, wish, false)
}

/// The patch of a step.
fn with_patch(
    tree: &Tree,
    step: Step,
    what: Option<Refactoring>,
    wish: String,
    mentions: bool,
) -> Result<Planned, PlanError> {
    let texts = step.texts(tree, mentions).map_err(PlanError::Refused)?;
    let mut changes = Vec::new();
    let both = step.changes.iter().chain(step.mentions.iter().filter(|_| mentions));
    for change in both {
        if changes.iter().any(|known: &FileChange| known.path == change.path) {
            continue;
        }
        changes.push(file_change(tree, &step, &change.path, mentions)?);
    }
    let patch = Patch::new(changes);
    let diff = diff::unified(&patch);
    Ok(Planned { wish, diff, step, what, subject: None, renamed: None, patch, texts })
}

/// The bytes of one file before and after all edits that the step makes in it.
fn file_change(
    tree: &Tree,
    step: &Step,
    path: &RepoPath,
    mentions: bool,
) -> Result<FileChange, PlanError> {
    let mut replacements = Vec::new();
    let both = step.changes.iter().chain(step.mentions.iter().filter(|_| mentions));
    for change in both.filter(|change| change.path == *path) {
        match &change.edit {
            Edit::Create(text) => {
                let after = Some(Arc::from(text.as_bytes()));
                return Ok(FileChange { path: path.clone(), before: None, after });
            }
            Edit::Replace(list) => replacements.extend(list.iter().cloned()),
        }
    }
    let misfit = |why: &dyn std::fmt::Display| {
        PlanError::NotFound(format!("{path} cannot be changed: {why}"))
    };
    let Some(before) = tree.bytes(path) else { return Err(misfit(&"it cannot be read")) };
    let whole = std::str::from_utf8(&before).map_err(|error| misfit(&error))?;
    // The places are those in the text without a byte order mark, which stays.
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
    if text.contains("\r\n") {
        replacements.iter_mut().for_each(with_crlf);
    }
    let after = crate::base::splice(text, &replacements).map_err(|error| misfit(&error))?;
    let after = [&whole[..whole.len() - text.len()], &after].concat();
    let (before, after) = (Arc::from(before), Arc::from(after.into_bytes()));
    Ok(FileChange { path: path.clone(), before: Some(before), after: Some(after) })
}

/// The same in the line ends of the file.
fn with_crlf(replacement: &mut Replacement) {
    replacement.text = replacement.text.replace("\r\n", "\n").replace('\n', "\r\n");
}

/// One patch that does both, from the files as they are.
pub fn on_top(base: &Patch, patch: &Patch) -> Patch {
    let before = |path: &RepoPath| {
        base.files().iter().find(|file| file.path == *path).map(|file| file.before.clone())
    };
    Patch::new(base.files().iter().cloned().chain(patch.files().iter().cloned().map(|mut file| {
        if let Some(before) = before(&file.path) {
            file.before = before;
        }
        file
    })))
}

/// What could be better in a file, the most worthwhile first.
///
/// # Errors
/// A file that is no readable source.
pub fn opportunities(tree: &Tree, path: &RepoPath) -> Result<Vec<Opportunity>, PlanError> {
    let Some(source) = tree.sources().get(path) else {
        return Err(PlanError::NotFound(format!(
            "{path} is no source file of this repository that slm can read (ignored, too large, or no UTF-8)"
        )));
    };
    let found = refactor::smells(tree, path);
    Ok(found
        .into_iter()
        .map(|smell| {
            let (first, last) =
                (source.lines.line(smell.span.start), source.lines.line(smell.span.end.max(1) - 1));
            let wish = smell.step.clone().map(|what| Wish {
                target: target_of(&what, smell.at.unwrap_or(smell.span), first, &source),
                what: What::Exact(Exact::Do(what)),
            });
            Opportunity { lines: (first.0, last.0.max(first.0)), wish, smell }
        })
        .collect())
}

/// Words for the place of an offered step.
fn target_of(
    what: &Refactoring,
    span: Span,
    line: crate::base::Line,
    source: &crate::agent::sources::Source,
) -> Target {
    let place = |offset: usize| {
        let line = source.lines.line(offset);
        let start = source.lines.span(line).map_or(0, |span| span.start);
        let column = source.text[start..offset].chars().count() + 1;
        (line, u32::try_from(column).unwrap_or(u32::MAX))
    };
    match what {
        Refactoring::Rewrite(_) if span.is_empty() && span.start == 0 => Target::File,
        Refactoring::Rewrite(_) if !span.is_empty() => {
            Target::Range(place(span.start), place(span.start))
        }
        Refactoring::Rewrite(_) => Target::Lines(line, line),
        _ => Target::Range(place(span.start), place(span.end)),
    }
}

/// One thing that could be better.
#[derive(Clone, Debug)]
pub struct Opportunity {
    pub smell: Smell,
    /// First and last line.
    pub lines: (u32, u32),
    /// The step that would help, when slm has one.
    pub wish: Option<Wish>,
}
