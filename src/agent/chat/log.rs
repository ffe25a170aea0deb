//! Sessions on disk: one file each, a line of JSON for each entry, only ever appended to.
//!
//! A session that was killed has lost at most the line that was being written: what is no whole line is passed
//! over on reading, and the next line begins on a line of its own. Files are for their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::base::fs::{FileError, PathContext as _};

/// Bytes of a log that are read, at most: its end.
const MOST: u64 = 64 << 20;
/// Bytes of one line that are read, at most.
const LINE: u64 = 8 << 20;

/// A session that is being written.
#[derive(Debug)]
pub struct Log {
    id: String,
    path: PathBuf,
    file: File,
}

/// The first line of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format: 1.
    pub session: u32,
    pub id: String,
    /// Root of the repository.
    pub root: PathBuf,
    /// Seconds since 1970.
    pub started: u64,
}

/// What a list of sessions shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub id: String,
    pub root: PathBuf,
    /// Seconds since 1970.
    pub started: u64,
    /// Of its last change, seconds since 1970.
    pub changed: u64,
    /// The first message.
    pub title: String,
    pub bytes: u64,
}

/// A line: the entry, and when it was added.
#[derive(Serialize)]
struct Line<'e> {
    /// Seconds since 1970.
    at: u64,
    #[serde(flatten)]
    entry: &'e Entry,
}

/// Where sessions are, below slm's state.
pub fn directory(state: &Path) -> PathBuf {
    state.join("sessions")
}

impl Log {
    /// Begins a session on `root`.
    ///
    /// # Errors
    /// A directory or file that cannot be made.
    pub fn begin(directory: &Path, root: &Path) -> Result<Self, FileError> {
        make_private(directory)?;
        let started = now();
        for attempt in 0..1000 {
            let id = id_of(started, attempt);
            let path = file_of(directory, &id);
            let opened = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path);
            match opened {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => {
                    let mut file = other.path("make the session", &path)?;
                    let header =
                        Header { session: 1, id: id.clone(), root: root.to_owned(), started };
                    append(&mut file, &header).path("write", &path)?;
                    return Ok(Self { id, path, file });
                }
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists)).path("make a session in", directory)
    }

    /// Goes on with a session; what it holds comes with it.
    ///
    /// # Errors
    /// There is no such session, or it cannot be read and written.
    pub fn resume(directory: &Path, id: &str) -> Result<(Self, Vec<Entry>), FileError> {
        let (_, entries) = read(directory, id)?;
        let path = file_of(directory, id);
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            let length = file.seek(SeekFrom::End(0))?;
            let mut last = [b'\n'];
            if length > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        let file = open().path("open the session", &path)?;
        Ok((Self { id: id.to_owned(), path, file }, entries))
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn add(&mut self, entry: &Entry) -> Result<(), FileError> {
        append(&mut self.file, &Line { at: now(), entry }).path("write", &self.path)
    }
}

/// One write, so that a line is whole or, after a power failure, torn at its end.
fn append<T: Serialize>(file: &mut File, value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// The header and the entries of a session.
///
/// # Errors
/// There is no such session, or it cannot be read.
pub fn read(directory: &Path, id: &str) -> Result<(Header, Vec<Entry>), FileError> {
    let path = file_of(directory, id);
    let none = || io::Error::new(io::ErrorKind::NotFound, "there is no such session");
    if !is_id(id) {
        return Err(none()).path("open the session", &path);
    }
    let opened = File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => none(),
        _ => error,
    });
    let mut file = opened.path("open the session", &path)?;
    let header = header_of(&mut file).path("read", &path)?;
    let length = file.seek(SeekFrom::End(0)).path("read", &path)?;
    file.seek(SeekFrom::Start(length.saturating_sub(MOST))).path("read", &path)?;
    let mut entries = Vec::new();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.by_ref().take(LINE).read_until(b'\n', &mut line).path("read", &path)?;
        if count == 0 {
            break;
        }
        // The header, a line that was torn, one of a later version.
        if let Ok(entry) = serde_json::from_slice(&line) {
            entries.push(entry);
        }
    }
    Ok((header, entries))
}

fn header_of(file: &mut File) -> io::Result<Header> {
    let mut line = Vec::new();
    BufReader::new(file.take(64 << 10)).read_until(b'\n', &mut line)?;
    serde_json::from_slice(&line)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no session of slm"))
}

/// All sessions, those changed last first. What is no session is passed over.
///
/// # Errors
/// A directory that cannot be read; one that is not there has no sessions.
pub fn list(directory: &Path) -> Result<Vec<Summary>, FileError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).path("read", directory),
    };
    let mut all: Vec<Summary> =
        entries.filter_map(|entry| summary(&entry.ok()?.path()).ok()).collect();
    all.sort_by(|a, b| (b.changed, &b.id).cmp(&(a.changed, &a.id)));
    Ok(all)
}

fn summary(path: &Path) -> io::Result<Summary> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    let header = header_of(&mut file)?;
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(&header.id) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.seek(SeekFrom::Start(0))?;
    let mut title = String::new();
    for line in BufReader::new(file.take(256 << 10)).split(b'\n').skip(1) {
        if let Ok(Entry::User { text, .. }) = serde_json::from_slice(&line?) {
            title = text.lines().next().unwrap_or_default().chars().take(72).collect();
            break;
        }
    }
    let changed = about.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (id, root, started) = (header.id, header.root, header.started);
    Ok(Summary { id, root, started, changed, title, bytes: about.len() })
}

/// The session on `root` that was changed last.
///
/// # Errors
/// As [`list`].
pub fn latest(directory: &Path, root: &Path) -> Result<Option<String>, FileError> {
    Ok(list(directory)?.into_iter().find(|session| session.root == root).map(|found| found.id))
}

/// Removes a session.
///
/// # Errors
/// There is no such session; a file that cannot be removed.
pub fn remove(directory: &Path, id: &str) -> Result<(), FileError> {
    read(directory, id)?;
    let path = file_of(directory, id);
    std::fs::remove_file(&path).path("remove", &path)
}

/// A conversation as Markdown.
pub fn markdown(title: &str, entries: &[Entry]) -> String {
    let mut out = format!("# {title}\n");
    let mut add = |text: String| {
        out.push('\n');
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for entry in entries {
        match entry {
            Entry::User { text, attached } => {
                add(format!("## You\n\n{text}"));
                for file in attached {
                    add(format!("With `{}`.", file.path));
                }
            }
            Entry::Assistant { text, cut, .. } if !text.is_empty() => {
                add(format!("## slm\n\n{text}{}", if *cut { "\n\n(cut off)" } else { "" }));
            }
            Entry::Call { call, .. } => {
                add(fenced(
                    "",
                    &crate::engine::unquoted(&super::calls::spell(super::calls::Form::Plain, call)),
                ));
            }
            Entry::Result { outcome, .. } => {
                let sign = if outcome.ok { "ok" } else { "failed" };
                add(format!("{sign}: {}\n\n{}", outcome.line, fenced("", &outcome.text)));
            }
            Entry::Proposal { diff, checks, .. } => {
                add(format!("{}\n\n{}", fenced("diff", diff), checks.join("  \n")));
            }
            Entry::Applied { operation, files, .. } => {
                add(format!("Written: {} (operation {operation}).", files.join(", ")));
            }
            Entry::Declined { why, .. } => add(format!("Declined: {why}.")),
            Entry::Notice { text, .. } => add(format!("> {}", text.replace('\n', "\n> "))),
            Entry::Retracted => add("(The last message was taken back.)".to_owned()),
            Entry::Cleared => add("---".to_owned()),
            Entry::ModeChanged { mode } => add(format!("Mode: {}.", mode.name())),
            Entry::Pinned { path, pinned } => {
                add(format!("`{path}` {}.", if *pinned { "kept" } else { "dropped" }));
            }
            Entry::Assistant { .. } | Entry::Permission { .. } | Entry::Summary { .. } => {}
        }
    }
    out
}

/// A block of code behind a fence that is longer than any in it.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.lines().map(|l| l.trim_start().bytes().take_while(|b| *b == b'`').count());
    let fence = "`".repeat(longest.max().unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

fn make_private(directory: &Path) -> Result<(), FileError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .path("create the directory", directory)
}

fn file_of(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.jsonl"))
}

/// Letters, digits and hyphens: an id is part of a path.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `20260131-174205-0`, in UTC: it sorts by time.
fn id_of(seconds: u64, attempt: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 1970 to a date: Howard Hinnant's `civil_from_days`.
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let of_year = of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096;
    let year = of_year / 365;
    let day_of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{attempt}")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::base::fs;

    fn user(text: &str) -> Entry {
        Entry::User { text: text.to_owned(), attached: Vec::new() }
    }

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = dir.path().join("a/sessions");
        let root = Path::new("/r");
        let mut log = Log::begin(&sessions, root).unwrap();
        log.add(&user("one")).unwrap();
        let path = file_of(&sessions, log.id());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(sessions.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let whole = fs::read_text(&path).unwrap();
        // Killed in the middle of a line.
        fs::write(&path, format!("{whole}{{\"at\":1,\"kind\":\"us")).unwrap();
        let (mut again, entries) = Log::resume(&sessions, log.id()).unwrap();
        assert_eq!(entries, [user("one")]);
        again.add(&Entry::Cleared).unwrap();
        let (header, entries) = read(&sessions, log.id()).unwrap();
        assert_eq!((header.root.as_path(), entries), (root, vec![user("one"), Entry::Cleared]));
    }

    #[test]
    fn sessions_are_listed_found_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        assert!(list(&dir.path().join("none")).unwrap().is_empty());
        let first = Log::begin(dir.path(), Path::new("/r")).unwrap();
        let mut second = Log::begin(dir.path(), Path::new("/other")).unwrap();
        assert_ne!(first.id(), second.id());
        second.add(&user("hello\nthere")).unwrap();
        fs::write(&dir.path().join("notes.jsonl"), "{}\n").unwrap();
        let all = list(dir.path()).unwrap();
        assert_eq!(all.len(), 2);
        assert!(all.iter().any(|s| s.id == second.id() && s.title == "hello"));
        assert_eq!(latest(dir.path(), Path::new("/r")).unwrap().as_deref(), Some(first.id()));
        remove(dir.path(), first.id()).unwrap();
        assert_eq!(latest(dir.path(), Path::new("/r")).unwrap(), None);
        for id in ["../x", "", "none", "a/b"] {
            assert!(read(dir.path(), id).unwrap_err().to_string().contains("no such session"));
        }
    }

    #[test]
    fn dates_and_fences() {
        assert_eq!(id_of(1_709_211_909, 3), "20240229-130509-3");
        assert_eq!(fenced("", "a\n````\nb"), "`````\na\n````\nb\n`````");
        let entries = [user("q"), Entry::Notice { text: "a\nb".to_owned(), error: false }];
        assert_eq!(markdown("t", &entries), "# t\n\n## You\n\nq\n\n> a\n> b\n");
    }
}
