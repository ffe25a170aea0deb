//! Operations: what slm did to the user's files, one line of JSON each, never rewritten.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::base::RepoPath;

/// The number of an operation, counted from 1 per repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u64);

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One change of the user's files, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub id: OpId,
    pub kind: OpKind,
    /// To the second.
    pub time: SystemTime,
    /// What was done, in a few words.
    pub title: String,
    /// The command whose failure it fixed, as typed.
    pub command: Option<String>,
    pub files: Vec<OpFile>,
    /// Directories that were made for new files, outermost first.
    pub made: Vec<String>,
    /// True for an [`OpKind::Apply`] that has been undone and not redone.
    pub undone: bool,
}

/// What kind of change it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpKind {
    Apply,
    /// Took back that operation.
    Undo(OpId),
    /// Brought back that operation.
    Redo(OpId),
}

/// A file of an operation; `None` where it did not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpFile {
    pub path: RepoPath,
    pub before: Option<Image>,
    pub after: Option<Image>,
}

/// The contents of a file at some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// BLAKE3 of the bytes, in hexadecimal: the name of the stored copy.
    pub blob: String,
    /// Permission bits; `None` for those that a new file gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

/// What the user wants recorded with a change.
#[derive(Clone, Debug, Default)]
pub struct OpMeta {
    pub title: String,
    pub command: Option<String>,
}

/// An operation's line in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    id: u64,
    kind: Kind,
    /// The operation that an undo or redo is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    /// Seconds since 1970.
    time: u64,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    files: Vec<FileRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    made: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Apply,
    Undo,
    Redo,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FileRecord {
    path: String,
    before: Option<Image>,
    after: Option<Image>,
}

impl Record {
    pub(super) fn of(operation: &Operation) -> Self {
        let (kind, of) = match operation.kind {
            OpKind::Apply => (Kind::Apply, None),
            OpKind::Undo(id) => (Kind::Undo, Some(id.0)),
            OpKind::Redo(id) => (Kind::Redo, Some(id.0)),
        };
        let files = operation.files.iter().cloned();
        Self {
            id: operation.id.0,
            kind,
            of,
            time: operation.time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            title: operation.title.clone(),
            command: operation.command.clone(),
            files: files
                .map(|file| FileRecord {
                    path: file.path.as_str().to_owned(),
                    before: file.before,
                    after: file.after,
                })
                .collect(),
            made: operation.made.clone(),
        }
    }

    /// The operation; `None` when a path in it is none that slm would have written.
    pub(super) fn operation(self) -> Option<Operation> {
        let kind = match (self.kind, self.of) {
            (Kind::Apply, _) => OpKind::Apply,
            (Kind::Undo, Some(of)) => OpKind::Undo(OpId(of)),
            (Kind::Redo, Some(of)) => OpKind::Redo(OpId(of)),
            _ => return None,
        };
        let files = self.files.into_iter().map(|file| {
            let path = RepoPath::new(&file.path).ok()?;
            Some(OpFile { path, before: file.before, after: file.after })
        });
        Some(Operation {
            id: OpId(self.id),
            kind,
            time: UNIX_EPOCH.checked_add(Duration::from_secs(self.time))?,
            title: self.title,
            command: self.command,
            files: files.collect::<Option<_>>()?,
            made: self.made,
            undone: false,
        })
    }
}

/// Reads a log, oldest first. Lines that are no operation (the torn end of an interrupted write)
/// are passed over.
pub(super) fn parse(text: &str) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    for operation in records.filter_map(Record::operation) {
        let (of, undone) = match operation.kind {
            OpKind::Apply => (None, false),
            OpKind::Undo(of) => (Some(of), true),
            OpKind::Redo(of) => (Some(of), false),
        };
        if let Some(earlier) = operations.iter_mut().find(|earlier| Some(earlier.id) == of) {
            earlier.undone = undone;
        }
        operations.push(operation);
    }
    operations
}
