//! What is in the index, counted.

use std::collections::BTreeMap;

use super::scan::Skipped;
use super::{Index, IndexError, Problem, write};
use crate::syntax::Grammar;

/// Counts over an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files by language, most first.
    pub languages: Vec<(&'static str, usize)>,
    /// Text in no language with symbols.
    pub others: usize,
    pub generated: usize,
    /// Files without symbols, by reason.
    pub skipped: BTreeMap<Skipped, usize>,
    pub definitions: usize,
    pub references: usize,
    /// Pieces that can be searched.
    pub chunks: usize,
    /// Pieces with a vector.
    pub vectors: usize,
    /// Of the database on disk, in bytes.
    pub bytes: u64,
}

impl Index {
    /// Counts what is in the index.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn stats(&mut self) -> Result<Stats, IndexError> {
        let snapshot = self.snapshot()?;
        let mut stats = self.mended(|db, _| {
            let mut stats = Stats::default();
            let mut languages: BTreeMap<usize, usize> = BTreeMap::new();
            let mut statement = db.prepare(
                "SELECT f.content, c.grammar, c.flags FROM file f LEFT JOIN content c ON c.id = f.content",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (content, flags) = (row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(2)?);
                let code = flags.map_or(-content, |flags| flags & (write::GENERATED - 1));
                if let Some(skipped) = Skipped::of_code(code) {
                    *stats.skipped.entry(skipped).or_default() += 1;
                    continue;
                }
                stats.generated += usize::from(flags.unwrap_or(0) & write::GENERATED != 0);
                match row.get::<_, Option<i64>>(1)?.and_then(|at| usize::try_from(at).ok()) {
                    Some(grammar) => *languages.entry(grammar).or_default() += 1,
                    None => stats.others += 1,
                }
            }
            let count = |sql| db.query_row(sql, [], |row| row.get::<_, i64>(0));
            let as_usize = |n: i64| usize::try_from(n).unwrap_or(0);
            stats.chunks = as_usize(count("SELECT count(*) FROM chunk")?);
            stats.vectors = as_usize(count("SELECT count(*) FROM chunk WHERE vector IS NOT NULL")?);
            stats.languages = languages
                .into_iter()
                .filter_map(|(at, files)| Some((Grammar::all().get(at)?.name, files)))
                .collect();
            stats.languages.sort_by_key(|(name, files)| (usize::MAX - files, *name));
            Ok::<_, Problem>(stats)
        })?;
        for file in &snapshot.files {
            stats.definitions += file.symbols.definitions.len();
            stats.references +=
                file.symbols.references.iter().map(|r| r.lines.len()).sum::<usize>();
        }
        for end in ["", "-wal"] {
            let mut name = self.file().as_os_str().to_owned();
            name.push(end);
            stats.bytes += std::fs::metadata(name).map_or(0, |about| about.len());
        }
        Ok(stats)
    }
}
