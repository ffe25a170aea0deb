//! The tables, and what to do with a database that is not ours, not whole or of another time.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// Changes whenever the tables, the queries of the languages or the extraction do.
const VERSION: i64 = 3;
/// How long one slm waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE content(
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    grammar INTEGER NOT NULL,
    symbols BLOB NOT NULL,
    flags INTEGER NOT NULL,
    searchable INTEGER NOT NULL DEFAULT 0,
    UNIQUE(hash, grammar)
);
CREATE TABLE file(
    path TEXT PRIMARY KEY,
    stamp INTEGER NOT NULL,
    content INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_content ON file(content);
CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    content INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    definition INTEGER,
    vector BLOB
);
CREATE INDEX chunk_content ON chunk(content);
CREATE VIRTUAL TABLE words USING fts5(
    name, text, content='', contentless_delete=1, tokenize='porter ascii'
);
CREATE TABLE answer(key BLOB PRIMARY KEY, generation INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
";

/// Opens the database of the repository at `root`, or makes it.
pub(super) fn open(file: &Path, root: &Path) -> rusqlite::Result<Connection> {
    let opened = connect(file).and_then(|db| prepare(&db, root).map(|ready| (db, ready)));
    match opened {
        Ok((db, true)) => Ok(db),
        Ok((db, false)) => {
            drop(db);
            anew(file, root)
        }
        Err(e) if is_damage(&e) => anew(file, root),
        Err(e) => Err(e),
    }
}

/// Throws away what is there, and makes empty tables.
pub(super) fn anew(file: &Path, root: &Path) -> rusqlite::Result<Connection> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        // What cannot be removed shows when it is opened.
        let _ = std::fs::remove_file(name);
    }
    let db = connect(file)?;
    prepare(&db, root)?;
    Ok(db)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.busy_timeout(PATIENCE)?;
    // Write-ahead: readers go on while one writes, and a killed writer leaves the state before. On a
    // file system that cannot (some network drives) SQLite stays with its rollback journal.
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "normal")?;
    db.pragma_update(None, "cache_size", -32_000)?;
    db.pragma_update(None, "temp_store", "memory")?;
    Ok(db)
}

/// Makes the tables in an empty database; false when those there are of another version or root.
fn prepare(db: &Connection, root: &Path) -> rusqlite::Result<bool> {
    let root = root.to_string_lossy();
    let is_ours = |db: &Connection| -> rusqlite::Result<bool> {
        let get = "SELECT value FROM meta WHERE key = ?";
        let version: i64 = db.query_row(get, ["version"], |row| row.get(0))?;
        let known: String = db.query_row(get, ["root"], |row| row.get(0))?;
        let grammars: String = db.query_row(get, ["grammars"], |row| row.get(0))?;
        Ok(version == VERSION && known == root && grammars == built_in())
    };
    let count = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'";
    let has_tables = |db: &Connection| db.query_row(count, [], |row| row.get::<_, i64>(0));
    if has_tables(db)? > 0 {
        return match is_ours(db) {
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(false),
            other => other,
        };
    }
    db.execute_batch("BEGIN IMMEDIATE")?;
    // Another slm may have made them while this one waited.
    if has_tables(db)? > 0 {
        db.execute_batch("COMMIT")?;
        return is_ours(db);
    }
    db.execute_batch(TABLES)?;
    let put = "INSERT INTO meta(key, value) VALUES (?, ?)";
    db.execute(put, ("version", VERSION))?;
    db.execute(put, ("root", root.as_ref()))?;
    db.execute(put, ("grammars", built_in()))?;
    db.execute(put, ("generation", 0_i64))?;
    db.execute_batch("COMMIT")?;
    Ok(true)
}

/// Which grammars are compiled in: another build sees other files.
fn built_in() -> String {
    let names = crate::syntax::Grammar::all().iter().filter(|g| g.is_built_in()).map(|g| g.name);
    names.collect::<Vec<_>>().join(",")
}

/// True for errors that say the file's content is at fault, not the disk or another process.
pub(super) fn is_damage(e: &rusqlite::Error) -> bool {
    match e {
        rusqlite::Error::SqliteFailure(failure, message) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                // A table that is missing or has other columns.
                || failure.code == ErrorCode::Unknown
                    && message.as_deref().is_some_and(|m| m.contains("no such") || m.contains("malformed"))
        }
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::SqlInputError { .. } => true,
        _ => false,
    }
}
