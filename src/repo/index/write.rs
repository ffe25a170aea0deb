//! Brings the index up to date: what changed on disk is read again, in parallel, and only that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::scan::{self, Content, Skipped};
use super::{Index, IndexError, Problem, words};
use crate::base::{Cancel, RepoPath};
use crate::repo::is_test_path;
use crate::repo::walk::{self, Entry};
use crate::syntax::Grammar;

/// Files written in one transaction: what a killed run loses, and how long others wait.
const BATCH: usize = 2_000;
/// Contents of no file are kept up to this many, or a quarter of all: branches come back.
const KEPT: i64 = 1_000;
/// A file written this shortly before it was looked at may change again without its time doing so.
const RACY: Duration = Duration::from_millis(1_500);

/// The flag of a content that a program wrote; the bits below it are a [`Skipped`].
pub(super) const GENERATED: i64 = 1 << 8;

/// Which files an update looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// All but tests: enough for an outline, and up to twice as fast.
    Sources,
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Looking which files there are.
    Walking,
    /// Reading those that changed.
    Reading { done: usize, total: usize },
    /// Making them searchable.
    Words { done: usize, total: usize },
    /// Having an embedding model read them.
    Meanings { done: usize, total: usize },
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Files in the index now.
    pub files: usize,
    /// Files that were new or had changed.
    pub changed: usize,
    /// Contents that had to be parsed; the others were known.
    pub parsed: usize,
    pub removed: usize,
}

impl Index {
    /// Reads what changed since the last time, of the files in `scope`; the others stay as they were.
    ///
    /// # Errors
    /// [`IndexError::Cancelled`], with what was read until then kept; a disk that is full.
    pub fn update(
        &mut self,
        scope: Scope,
        cancel: &Cancel,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Update, IndexError> {
        self.mended(|db, root| {
            progress(Progress::Walking);
            let now = SystemTime::now();
            let mut entries = walk::entries(root, cancel);
            if scope == Scope::Sources {
                entries.retain(|entry| !is_test_path(&entry.path));
            }
            if cancel.is_cancelled() {
                return Err(Problem::Cancelled);
            }
            let change = Change::between(db, &entries, scope)?;
            let mut update = Update {
                files: entries.len(),
                changed: change.stale.len(),
                removed: change.gone.len(),
                parsed: 0,
            };
            if change.stale.is_empty() && change.gone.is_empty() {
                return Ok(update);
            }
            let known = contents(db)?;
            let job = Job { root, now, known: &known, cancel };
            update.parsed = write(db, &job, &change, progress)?;
            if cancel.is_cancelled() { Err(Problem::Cancelled) } else { Ok(update) }
        })
    }

    /// Makes every file searchable by its words, as [`Index::search`] needs.
    ///
    /// # Errors
    /// As [`Index::update`].
    pub fn make_searchable(
        &mut self,
        cancel: &Cancel,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), IndexError> {
        self.mended(|db, root| words::fill(db, root, cancel, progress))
    }
}

/// What differs between the disk and the index.
struct Change<'e> {
    stale: Vec<&'e Entry>,
    gone: Vec<String>,
}

impl<'e> Change<'e> {
    /// Merges two lists that are sorted by path.
    fn between(db: &Connection, entries: &'e [Entry], scope: Scope) -> rusqlite::Result<Self> {
        let mut change = Self { stale: Vec::new(), gone: Vec::new() };
        let mut there = entries.iter().peekable();
        let mut statement = db.prepare("SELECT path, stamp FROM file ORDER BY path")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let path = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            while let Some(new) = there.next_if(|entry| entry.path.as_str() < path) {
                change.stale.push(new);
            }
            match there.next_if(|entry| entry.path.as_str() == path) {
                Some(entry) if entry.stamp == row.get::<_, i64>(1)? => {}
                Some(entry) => change.stale.push(entry),
                None if scope == Scope::Sources && is_test(path) => {}
                None => change.gone.push(path.to_owned()),
            }
        }
        change.stale.extend(there);
        Ok(change)
    }
}

fn is_test(path: &str) -> bool {
    RepoPath::new(path).is_ok_and(|path| is_test_path(&path))
}

type Known = HashMap<([u8; 16], i64), i64>;

/// Every content by its hash and grammar.
fn contents(db: &Connection) -> rusqlite::Result<Known> {
    let mut statement = db.prepare("SELECT hash, grammar, id FROM content")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect()
}

struct Job<'a> {
    root: &'a std::path::Path,
    now: SystemTime,
    known: &'a Known,
    cancel: &'a Cancel,
}

/// One stale file, read.
struct Read<'e> {
    entry: &'e Entry,
    found: Found,
}

enum Found {
    Known(i64),
    Skipped(Skipped),
    New { hash: [u8; 16], grammar: i64, flags: i64, symbols: Vec<u8> },
}

/// Returns how many contents were parsed.
fn write(
    db: &mut Connection,
    job: &Job<'_>,
    change: &Change<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<usize, Problem> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(change.stale.len().div_ceil(8)).max(1);
    let (sender, receiver) = crossbeam_channel::bounded(256);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || read_all(job, &change.stale, next, &sender));
        }
        drop(sender);
        let written = Writer::new(db).and_then(|w| w.all(job, change, &receiver, progress));
        // A writer that failed must not leave readers waiting for it.
        drop(receiver);
        written.map_err(Problem::Sql)
    })
}

fn read_all<'e>(job: &Job<'_>, stale: &[&'e Entry], next: &AtomicUsize, to: &Sender<Read<'e>>) {
    while let Some(&entry) = stale.get(next.fetch_add(1, Ordering::Relaxed)) {
        if job.cancel.is_cancelled() || to.send(read_one(job, entry)).is_err() {
            return;
        }
    }
}

fn read_one<'e>(job: &Job<'_>, entry: &'e Entry) -> Read<'e> {
    let found = match scan::read(job.root, &entry.path, entry.size) {
        Err(skipped) => Found::Skipped(skipped),
        Ok(content) => {
            let grammar = grammar_code(content.grammar);
            match job.known.get(&(content.hash, grammar)) {
                Some(&id) => Found::Known(id),
                None => parsed(&content, grammar),
            }
        }
    };
    Read { entry, found }
}

fn parsed(content: &Content, grammar: i64) -> Found {
    let scanned = scan::scan(content);
    let generated = if scanned.generated { GENERATED } else { 0 };
    let flags = generated | scanned.skipped.map_or(0, Skipped::code);
    Found::New {
        hash: content.hash,
        grammar,
        flags,
        symbols: super::read::encode(&scanned.symbols),
    }
}

fn grammar_code(grammar: Option<&'static Grammar>) -> i64 {
    grammar.map_or(-1, |g| i64::try_from(g.index()).unwrap_or(-1))
}

/// Writes what the readers send, a batch at a time.
struct Writer<'d> {
    db: &'d mut Connection,
    new: Known,
}

impl<'d> Writer<'d> {
    fn new(db: &'d mut Connection) -> rusqlite::Result<Self> {
        Ok(Self { db, new: HashMap::new() })
    }

    fn all(
        mut self,
        job: &Job<'_>,
        change: &Change<'_>,
        from: &Receiver<Read<'_>>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> rusqlite::Result<usize> {
        let total = change.stale.len();
        let mut done = 0;
        // The first of a batch is waited for outside of a transaction.
        while let Ok(first) = from.recv() {
            let behaviour = TransactionBehavior::Immediate;
            let batch = self.db.transaction_with_behavior(behaviour)?;
            for read in std::iter::once(first).chain(from.iter().take(BATCH - 1)) {
                put(&batch, &mut self.new, &read, job.now)?;
                done += 1;
                if done % 64 == 0 {
                    progress(Progress::Reading { done, total });
                }
            }
            changed(&batch)?;
            batch.commit()?;
        }
        progress(Progress::Reading { done, total });
        if !change.gone.is_empty() && !job.cancel.is_cancelled() {
            let batch = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut delete = batch.prepare("DELETE FROM file WHERE path = ?")?;
            for path in &change.gone {
                delete.execute([path])?;
            }
            drop(delete);
            changed(&batch)?;
            batch.commit()?;
        }
        forget(self.db)?;
        Ok(self.new.len())
    }
}

fn put(
    db: &Transaction<'_>,
    new: &mut Known,
    read: &Read<'_>,
    now: SystemTime,
) -> rusqlite::Result<()> {
    let content = match &read.found {
        Found::Known(id) => *id,
        Found::Skipped(skipped) => -skipped.code(),
        Found::New { hash, grammar, flags, symbols } => match new.get(&(*hash, *grammar)) {
            Some(&id) => id,
            None => {
                // Another slm may have read the same content at the same time.
                let id: i64 = db
                    .prepare_cached(
                        "INSERT INTO content(hash, grammar, symbols, flags) VALUES (?, ?, ?, ?)
                         ON CONFLICT(hash, grammar) DO UPDATE SET flags = excluded.flags RETURNING id",
                    )?
                    .query_row(params![hash, grammar, symbols, flags], |row| row.get(0))?;
                new.insert((*hash, *grammar), id);
                id
            }
        },
    };
    let settled = read.entry.modified.is_some_and(|at| at + RACY < now);
    let stamp = if settled { read.entry.stamp } else { 0 };
    db.prepare_cached(
        "INSERT INTO file(path, stamp, content) VALUES (?, ?, ?)
         ON CONFLICT(path) DO UPDATE SET stamp = excluded.stamp, content = excluded.content",
    )?
    .execute(params![read.entry.path.as_str(), stamp, content])?;
    Ok(())
}

/// Every answer kept from before is out of date.
fn changed(db: &Connection) -> rusqlite::Result<()> {
    db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'", [])?;
    db.execute("DELETE FROM answer", [])?;
    Ok(())
}

/// Drops contents that no file has had for long, when they have become many.
fn forget(db: &mut Connection) -> rusqlite::Result<()> {
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let all = count("SELECT count(*) FROM content")?;
    let unused = "FROM content WHERE id NOT IN (SELECT content FROM file)";
    if all - count("SELECT count(DISTINCT content) FROM file")? <= KEPT.max(all / 4) {
        return Ok(());
    }
    let batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let chunks = format!("SELECT id FROM chunk WHERE content IN (SELECT id {unused})");
    batch.execute(&format!("DELETE FROM words WHERE rowid IN ({chunks})"), [])?;
    batch.execute(&format!("DELETE FROM chunk WHERE id IN ({chunks})"), [])?;
    batch.execute(&format!("DELETE {unused}"), [])?;
    batch.commit()
}

/// The path of one file that has each content that is not searchable yet.
pub(super) fn not_searchable(db: &Connection) -> rusqlite::Result<Vec<(i64, RepoPath)>> {
    let mut statement = db.prepare(
        "SELECT c.id, min(f.path) FROM content c JOIN file f ON f.content = c.id
         WHERE c.searchable = 0 AND (c.flags & 511) = 0 GROUP BY c.id ORDER BY 2",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let all: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(all.into_iter().filter_map(|(id, path)| Some((id, RepoPath::new(&path).ok()?))).collect())
}
