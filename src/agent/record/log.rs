//! The log on disk: a line of JSON for each entry, in files of a day, only ever appended to.
//!
//! Any number of processes write at the same time. Each line is one write at the end of the file, so it stays
//! whole; where one was torn (a full disk), the next begins on a line of its own. What is no entry is passed
//! over on reading, and counted. Files are for their owner alone, and the oldest go first.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, FileExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use super::day::{Day, SECONDS};
use super::event::{Entry, Event};
use crate::base::fault;
use crate::base::fs::{FileError, PathContext as _};

/// Bytes of a line, its end included: the longest there can be is a quarter of that.
const LINE: usize = 4096;
/// Bytes of one file: a day that has more goes on in another.
const PART: u64 = 1 << 20;
/// Parts of one day, at most.
const PARTS: u32 = 10_000;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Days, today among them; at least 1.
    pub days: u64,
    /// Bytes of all files together. The newest file stays, so that there may be one mebibyte more.
    pub bytes: u64,
}

/// A log in one directory, which need not exist.
#[derive(Clone, Debug)]
pub struct Log {
    directory: PathBuf,
    limits: Limits,
}

/// What a log holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogRead {
    /// In the order of files and lines, which is that of time unless a clock was set.
    pub entries: Vec<Entry>,
    /// Lines that are no entry: torn, damaged, or of a later version.
    pub skipped: u64,
    /// Files that could not be read to their end.
    pub unreadable: u64,
}

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    day: Day,
    number: u32,
}

impl Log {
    /// The log in `directory`.
    pub fn new(directory: PathBuf, limits: Limits) -> Self {
        Self { directory, limits }
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds an event of the time `at`, in seconds since 1970. The first of a new file removes what is older or more
    /// than is kept.
    ///
    /// # Errors
    /// A directory or file that cannot be made or written, a full disk, a file that is none of the log's own (a
    /// link, a pipe).
    pub fn append(&self, at: u64, event: Event) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(&Entry { at, event })
            .map_err(io::Error::from)
            .path("write", &self.directory)?;
        line.push(b'\n');
        if line.len() > LINE {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge))
                .path("write", &self.directory);
        }
        make_private(&self.directory).path("create the directory", &self.directory)?;
        let (part, is_new) = self.current(Day::of(at));
        let path = self.path(&part);
        write(&path, line).path("write", &path)?;
        if is_new {
            self.prune(&part);
        }
        Ok(())
    }

    /// All entries of files from the day of `since` on, in seconds since 1970.
    ///
    /// # Errors
    /// A directory that cannot be read; one that is not there has no entries.
    pub fn read(&self, since: u64) -> Result<LogRead, FileError> {
        let mut all = LogRead::default();
        for part in self.parts()?.into_iter().filter(|part| part.day >= Day::of(since)) {
            if read(&self.path(&part), &mut all).is_err() {
                all.unreadable += 1;
            }
        }
        all.entries.retain(|entry| entry.at >= since);
        Ok(all)
    }

    /// Removes all files of the log, and says how many there were.
    ///
    /// # Errors
    /// A directory that cannot be read, a file that cannot be removed.
    pub fn clear(&self) -> Result<usize, FileError> {
        let parts = self.parts()?;
        for part in &parts {
            let path = self.path(part);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).path("remove", &path);
                }
                _ => {}
            }
        }
        Ok(parts.len())
    }

    /// The file that is written now, and whether it is new.
    fn current(&self, day: Day) -> (Part, bool) {
        let mut part = Part { day, number: 0 };
        loop {
            match self.path(&part).symlink_metadata() {
                Err(_) => return (part, true),
                Ok(about) if about.len() < PART || part.number >= PARTS => return (part, false),
                Ok(_) => part.number += 1,
            }
        }
    }

    /// Removes what is older or more than is kept; what cannot be removed stays.
    ///
    /// Age is counted from the day after the file before the new one: a clock that is once far ahead ends nothing.
    fn prune(&self, newest: &Part) {
        let Ok(parts) = self.parts() else { return };
        let before = parts.iter().rfind(|part| *part < newest).map_or(0, |part| part.day.0 + 1);
        let sizes =
            parts.iter().map(|part| self.path(part).symlink_metadata().map_or(0, |a| a.len()));
        let mut total: u64 = sizes.clone().sum();
        let today = newest.day.0.min(before);
        let first = today.saturating_sub(self.limits.days.saturating_sub(1));
        for (part, size) in parts.iter().zip(sizes.collect::<Vec<_>>()) {
            let is_old = part.day.0 < first;
            // Others are written at the same time: the newest, and what a clock ahead of this one made.
            if part >= newest || !(is_old || total > self.limits.bytes) {
                continue;
            }
            if std::fs::remove_file(self.path(part)).is_ok() {
                total -= size;
            }
        }
    }

    /// The files, oldest first. What has no name of the log's is none of its files.
    fn parts(&self) -> Result<Vec<Part>, FileError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).path("read", &self.directory),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut parts: Vec<Part> = names.filter_map(|name| Part::of_name(&name)).collect();
        parts.sort();
        Ok(parts)
    }

    fn path(&self, part: &Part) -> PathBuf {
        self.directory.join(part.name())
    }
}

impl Part {
    /// `2026-01-31.jsonl`, then `2026-01-31.1.jsonl`.
    fn name(&self) -> String {
        match self.number {
            0 => format!("{}.jsonl", self.day.name()),
            number => format!("{}.{number}.jsonl", self.day.name()),
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".jsonl")?;
        let (day, number) = match stem.split_once('.') {
            None => (stem, 0),
            Some((day, number)) => (day, number.parse().ok()?),
        };
        let part = Self { day: Day::of_name(day)?, number };
        (part.name() == name).then_some(part)
    }
}

/// Makes a directory that its owner alone can look into.
fn make_private(directory: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mode = directory.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// One write at the end of the file.
fn write(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    // Opening never waits, as for somebody at the other end of a pipe, and follows no link.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(flags);
    let mut file = options.open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    if about.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    if is_torn(&file, about.len())? {
        line.insert(0, b'\n');
    }
    fault::point("append")?;
    let written = file.write(&line)?;
    if written < line.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    Ok(())
}

/// True when the file does not end with the end of a line.
fn is_torn(file: &File, length: u64) -> io::Result<bool> {
    let mut last = [b'\n'];
    if let Some(at) = length.checked_sub(1) {
        file.read_exact_at(&mut last, at)?;
    }
    Ok(last != [b'\n'])
}

fn read(path: &Path, all: &mut LogRead) -> io::Result<()> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    // The line is longer than any that was written: this is not its beginning.
    let mut inside = false;
    loop {
        line.clear();
        if reader.by_ref().take(LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let is_end = line.ends_with(b"\n");
        let was_inside = std::mem::replace(&mut inside, !is_end);
        if was_inside || line == b"\n" {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(entry) => all.entries.push(entry),
            Err(_) => all.skipped += 1,
        }
    }
}

/// The first second from which on `days` days are looked at, today among them.
pub(super) fn first_second(now: u64, days: u64) -> u64 {
    Day::of(now).0.saturating_sub(days.saturating_sub(1)) * SECONDS
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
