//! What the index answers: all symbols, pieces that fit some words, answers worked out before.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{File, Index, IndexError, Problem, Snapshot, words, write};
use crate::base::RepoPath;
use crate::syntax::{Grammar, Symbols};

/// A piece of a file that fits a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Of the piece, for [`Index::vectors`].
    pub chunk: i64,
    pub path: RepoPath,
    /// First and last line, from 1.
    pub first: u32,
    pub last: u32,
    /// The definition that it is a part of, an index into the file's symbols.
    pub definition: Option<u32>,
}

impl Index {
    /// Every source file with its symbols.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn snapshot(&mut self) -> Result<Snapshot, IndexError> {
        self.mended(|db, _| snapshot(db).map_err(Problem::Sql))
    }

    /// The best pieces for these words, best first, by BM25; what a definition is called counts more than
    /// what is in it.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn search(&mut self, terms: &[String], most: usize) -> Result<Vec<Hit>, IndexError> {
        let query = words::any_of(terms);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        self.mended(|db, _| {
            let mut statement = db.prepare(
                "SELECT c.id, c.first, c.last, c.definition, min(f.path)
                 FROM (SELECT rowid, bm25(words, 5.0, 1.0) AS rank FROM words
                       WHERE words MATCH ?1 ORDER BY rank LIMIT ?2) w
                 JOIN chunk c ON c.id = w.rowid JOIN file f ON f.content = c.content
                 GROUP BY c.id ORDER BY w.rank, 5, c.first",
            )?;
            // Contents of no file are found as well, and fall out by the join.
            let most = i64::try_from(most.saturating_mul(2)).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![query, most])?;
            let mut hits = Vec::new();
            while let Some(row) = rows.next()? {
                if let Ok(path) = RepoPath::new(row.get_ref(4)?.as_str().unwrap_or("")) {
                    let (chunk, first, last) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    hits.push(Hit { chunk, path, first, last, definition: row.get(3)? });
                }
            }
            Ok(hits)
        })
        .map(|mut hits| {
            hits.truncate(most);
            hits
        })
    }

    /// These pieces, in this order; those that no file has any more are left out.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn pieces(&mut self, chunks: &[i64]) -> Result<Vec<Hit>, IndexError> {
        self.mended(|db, _| {
            let mut statement = db.prepare(
                "SELECT c.first, c.last, c.definition, min(f.path) FROM chunk c
                 JOIN file f ON f.content = c.content WHERE c.id = ? GROUP BY c.id",
            )?;
            let mut hits = Vec::new();
            for &chunk in chunks {
                let hit = statement
                    .query_row([chunk], |row| {
                        let path: String = row.get(3)?;
                        Ok((path, row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .optional()?;
                let Some((path, first, last, definition)) = hit else { continue };
                if let Ok(path) = RepoPath::new(&path) {
                    hits.push(Hit { chunk, path, first, last, definition });
                }
            }
            Ok(hits)
        })
    }

    /// An answer that was kept and is still true.
    pub fn answer(&self, question: &str) -> Option<Vec<u8>> {
        let key = blake3::hash(question.as_bytes());
        self.db
            .query_row(
                "SELECT value FROM answer WHERE key = ?1
                 AND generation = (SELECT value FROM meta WHERE key = 'generation')",
                [key.as_bytes()],
                |row| row.get(0),
            )
            .optional()
            .unwrap_or_default()
    }

    /// Keeps an answer until a file changes. One that cannot be kept is worked out again.
    pub fn keep_answer(&self, question: &str, answer: &[u8]) {
        let key = blake3::hash(question.as_bytes());
        let kept = self.db.execute(
            "INSERT OR REPLACE INTO answer(key, generation, value)
             SELECT ?1, value, ?2 FROM meta WHERE key = 'generation'",
            params![key.as_bytes(), answer],
        );
        if let Err(error) = kept {
            tracing::debug!(%error, "an answer was not kept");
        }
    }
}

fn snapshot(db: &Connection) -> rusqlite::Result<Snapshot> {
    let mut statement = db.prepare(
        "SELECT f.path, c.grammar, c.flags, c.symbols FROM file f JOIN content c ON c.id = f.content
         WHERE c.grammar >= 0 ORDER BY f.path",
    )?;
    let mut rows = statement.query([])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let path = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let Ok(path) = RepoPath::new(path) else { continue };
        let index: i64 = row.get(1)?;
        let grammar = usize::try_from(index).ok().and_then(|at| Grammar::all().get(at));
        let Some(grammar) = grammar else { continue };
        let flags: i64 = row.get(2)?;
        let blob = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let symbols = decode(blob).ok_or_else(damaged)?;
        let generated = flags & write::GENERATED != 0;
        files.push(File { path, grammar, symbols: Arc::new(symbols), generated });
    }
    Ok(Snapshot { files })
}

fn damaged() -> rusqlite::Error {
    let reason = "the symbols of a file are damaged".into();
    rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Blob, reason)
}

/// Bytes of the sum before an encoded value: SQLite has none of its own.
const SUM: usize = 4;

/// The symbols as bytes, with a sum over them.
pub(super) fn encode(symbols: &Symbols) -> Vec<u8> {
    let body = postcard::to_allocvec(symbols).expect("symbols hold nothing that cannot be written");
    let mut bytes = blake3::hash(&body).as_bytes()[..SUM].to_vec();
    bytes.extend(body);
    bytes
}

/// The symbols again; `None` for bytes that are not what was written.
pub(super) fn decode(bytes: &[u8]) -> Option<Symbols> {
    let (sum, body) = bytes.split_at_checked(SUM)?;
    if sum != &blake3::hash(body).as_bytes()[..SUM] {
        return None;
    }
    postcard::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_survive_and_damage_shows() {
        let grammar = Grammar::of_path("a.py").unwrap();
        let text = "import os\nclass C:\n    def f(self):\n        return os.path\n";
        let symbols = crate::syntax::extract(grammar, text).unwrap();
        let mut bytes = encode(&symbols);
        assert_eq!(decode(&bytes), Some(symbols));
        bytes[20] ^= 1;
        assert_eq!(decode(&bytes), None);
        assert_eq!(decode(&[]), None);
    }
}
