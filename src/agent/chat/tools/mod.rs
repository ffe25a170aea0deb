//! What a conversation can have done: looking, proposing edits, running commands in the sandbox.
//!
//! Nothing here writes to the user's files but [`Toolbox::apply`], [`Toolbox::undo`] and
//! [`Toolbox::redo`], which the person has agreed to.

mod anchor;
mod check;
mod edit;
mod look;
mod refactor;
mod run;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::call::Call;
use super::entry::Outcome;
use crate::agent::checks::probe::Variables;
use crate::agent::checks::verdict::Observation;
use crate::base::{Cancel, RepoPath, fs};
use crate::edit::{Patch, RepoLock};
use crate::engine::Engine;
use crate::repo::index::Index;
use crate::repo::walk;
use crate::sandbox::{self, SandboxError, Workspace};

/// Where a conversation works and what it may use, resolved: no defaults are left open.
#[derive(Clone, Debug)]
pub struct Workplace {
    /// Root of the repository, absolute and canonical.
    pub root: PathBuf,
    /// slm's own state: journals and locks.
    pub state: PathBuf,
    /// Where indexes lie.
    pub index: PathBuf,
    pub sandbox: sandbox::Options,
    /// Memory limit of one command.
    pub memory_bytes: u64,
    /// The project's own test command.
    pub test: Option<Vec<OsString>>,
    /// The caller's own values of variables that observers are put into.
    pub variables: Variables,
    /// Candidates of a fix checked at the same time, at least 1.
    pub jobs: usize,
    /// For one fix.
    pub fix_limit: Duration,
}

#[cfg(test)]
impl Workplace {
    /// The repository `root` of a scratch directory, without a test command.
    pub(super) fn scratch(top: &std::path::Path) -> Self {
        Self {
            root: top.join("root"),
            state: top.join("state"),
            index: top.join("index"),
            sandbox: sandbox::Options {
                scratch: top.to_owned(),
                ..sandbox::Options::from_process()
            },
            memory_bytes: 1 << 30,
            test: None,
            variables: Variables::default(),
            jobs: 1,
            fix_limit: Duration::from_secs(20),
        }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Done {
    Outcome(Outcome),
    Proposal { patch: Patch, diff: String, checks: Vec<String>, sound: bool },
}

/// The tools, with what they keep from one call to the next.
#[derive(Debug)]
pub(super) struct Toolbox {
    pub(super) place: Workplace,
    workspace: Option<Workspace>,
    index: Option<Index>,
    /// Bytes that a result may have.
    pub(super) room: usize,
    /// What the tests showed of the tree with this mark.
    baseline: Option<(u64, Observation)>,
}

/// What a call runs under.
pub(super) struct Run<'r> {
    pub(super) cancel: &'r Cancel,
    pub(super) engine: Option<&'r mut dyn Engine>,
    /// Hears how far it is, one line.
    pub(super) progress: &'r (dyn Fn(String) + Sync),
}

/// Bytes of a result without a model to say how many it holds.
const ROOM: usize = 16_000;

impl Toolbox {
    pub(super) fn new(place: Workplace) -> Self {
        Self { place, workspace: None, index: None, room: ROOM, baseline: None }
    }

    /// For a model with a context of so many tokens: a result takes a fifth of it, at about three bytes a token.
    pub(super) fn make_room(&mut self, context: usize) {
        self.room = (context * 3 / 5).clamp(1_500, 24_000);
    }

    pub(super) fn perform(&mut self, call: &Call, run: Run<'_>) -> Done {
        let done = match call {
            Call::Read { path, first, last } => self.read(path, *first, *last),
            Call::Search { query } => self.search(query, &run),
            Call::Map { path } => self.map(path.as_deref(), &run),
            Call::Where { name } => self.definition(name, &run),
            Call::Refs { name } => self.uses(name, &run),
            Call::Edit { path, change } => self.edit(path, change, &run),
            Call::Run { command } => self.command(command, &run),
            Call::Fix { command } => self.fix(command, run),
            Call::Refactor { path, steps } => self.refactor(path, steps.as_deref(), &run),
            Call::Test => self.test(&run),
        };
        done.unwrap_or_else(|error| {
            let line = error.lines().next().unwrap_or_default().to_owned();
            Done::Outcome(Outcome { ok: false, text: error, line })
        })
    }

    /// What commands run in.
    ///
    /// # Errors
    /// Nothing here isolates them.
    pub(super) fn isolation(&mut self) -> Result<&'static str, SandboxError> {
        self.workspace().map(|workspace| workspace.isolation().mode.name())
    }

    fn workspace(&mut self) -> Result<&Workspace, SandboxError> {
        let opened = match self.workspace.take() {
            Some(open) => open,
            None => Workspace::open(&self.place.root, &self.place.sandbox)?,
        };
        Ok(self.workspace.insert(opened))
    }

    /// The file of the repository that the model means.
    ///
    /// # Errors
    /// In words for the model: outside, hidden, ignored, not there.
    pub(super) fn resolve(&self, path: &str) -> Result<RepoPath, String> {
        let wanted = self.place_of(path)?;
        let files = walk::files(&self.place.root, &Cancel::new());
        if files.binary_search(&wanted).is_ok() {
            return Ok(wanted);
        }
        let end = format!("/{wanted}");
        let like: Vec<&str> = files
            .iter()
            .map(RepoPath::as_str)
            .filter(|file| {
                file.ends_with(&end) || file.ends_with(&format!("/{}", wanted.file_name()))
            })
            .take(5)
            .collect();
        let full = wanted.to_path(&self.place.root);
        if full.is_dir() {
            return Err(format!("{wanted} is a directory; map {wanted} lists what is in it"));
        }
        if full.symlink_metadata().is_ok() {
            return Err(format!(
                "{wanted} is hidden, ignored, too large or a link: slm leaves it alone"
            ));
        }
        Err(match like[..] {
            [] => format!("there is no file {wanted}; search or map shows what there is"),
            _ => format!("there is no file {wanted}; did you mean {}?", like.join(" or ")),
        })
    }

    fn place_of(&self, path: &str) -> Result<RepoPath, String> {
        let path = path.trim();
        let absolute = std::path::Path::new(path);
        let inside = if absolute.is_absolute() {
            RepoPath::below(&self.place.root, absolute)
        } else {
            RepoPath::new(path)
        };
        inside.map_err(|error| error.to_string())
    }

    /// The text of a file of the repository.
    ///
    /// # Errors
    /// In words for the model.
    pub(super) fn text_of(&self, path: &RepoPath) -> Result<String, String> {
        fs::read_text(&path.to_path(&self.place.root)).map_err(|error| match error.source.kind() {
            std::io::ErrorKind::InvalidData => format!("{path} is no text in UTF-8"),
            _ => error.to_string(),
        })
    }

    /// Files may have been written: what was seen of the tests is no longer true of them.
    pub(super) fn forget(&mut self) {
        self.baseline = None;
    }

    /// The right to write, an interrupted change taken back first.
    pub(super) fn lock(&self) -> Result<RepoLock, String> {
        let lock = RepoLock::acquire(&self.place.state, &self.place.root)
            .map_err(|error| error.to_string())?;
        crate::edit::recover(&lock).map_err(|error| error.to_string())?;
        Ok(lock)
    }
}

fn outcome(ok: bool, text: impl Into<String>, line: impl Into<String>) -> Done {
    Done::Outcome(Outcome { ok, text: text.into(), line: line.into() })
}

#[cfg(test)]
mod tests;
