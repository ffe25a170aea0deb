//! Pieces of files as vectors of an embedding model: kept in bytes, compared exactly.

use std::collections::HashMap;

use rusqlite::{Connection, TransactionBehavior, params};

use super::{Index, IndexError, Problem};
use crate::base::{RepoPath, fs};

impl Index {
    /// Up to `most` pieces that `model` has not read yet, each with its text. Vectors of another model are
    /// dropped first: they mean nothing to this one.
    ///
    /// # Errors
    /// A disk that cannot be read or written.
    pub fn without_vector(
        &mut self,
        model: &str,
        most: usize,
    ) -> Result<Vec<(i64, String)>, IndexError> {
        self.mended(|db, root| {
            belong_to(db, model)?;
            let mut statement = db.prepare(
                "SELECT c.id, c.first, c.last, min(f.path) FROM chunk c JOIN file f ON f.content = c.content
                 WHERE c.vector IS NULL GROUP BY c.id ORDER BY 4, 2 LIMIT ?",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = statement.query_map([most], |row| {
                let (first, last): (u32, u32) = (row.get(1)?, row.get(2)?);
                Ok((row.get::<_, i64>(0)?, first as usize, last as usize, row.get::<_, String>(3)?))
            })?;
            let mut texts: HashMap<String, String> = HashMap::new();
            let mut pieces = Vec::new();
            for row in rows {
                let (chunk, first, last, path) = row?;
                let text = texts.entry(path.clone()).or_insert_with(|| {
                    let full = RepoPath::new(&path).map(|path| path.to_path(root));
                    full.ok().and_then(|full| fs::read(&full).ok()).map_or_else(String::new, |bytes| {
                        String::from_utf8_lossy(&bytes).into_owned()
                    })
                });
                let lines: Vec<&str> = text.lines().skip(first.saturating_sub(1)).take(last + 1 - first).collect();
                // What a piece is called tells as much as what is in it.
                pieces.push((chunk, format!("{path}\n{}", lines.join("\n"))));
            }
            Ok(pieces)
        })
    }

    /// Pieces that have a vector, and all of them.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn vectors(&mut self) -> Result<(usize, usize), IndexError> {
        self.mended(|db, _| {
            let count = "SELECT count(vector), count(*) FROM chunk";
            let (some, all): (i64, i64) =
                db.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((usize::try_from(some).unwrap_or(0), usize::try_from(all).unwrap_or(0)))
        })
    }

    /// Keeps the vectors of these pieces.
    ///
    /// # Errors
    /// A disk that cannot be written.
    pub fn keep_vectors(&mut self, vectors: &[(i64, Vec<f32>)]) -> Result<(), IndexError> {
        self.mended(|db, _| {
            let batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (chunk, vector) in vectors {
                batch
                    .prepare_cached("UPDATE chunk SET vector = ? WHERE id = ?")?
                    .execute(params![quantised(vector), chunk])?;
            }
            Ok(batch.commit()?)
        })
    }

    /// The pieces whose vectors point most nearly the same way, nearest first.
    ///
    /// # Errors
    /// A disk that cannot be read.
    pub fn nearest(&mut self, vector: &[f32], most: usize) -> Result<Vec<i64>, IndexError> {
        self.mended(|db, _| {
            let mut statement =
                db.prepare("SELECT id, vector FROM chunk WHERE vector IS NOT NULL")?;
            let mut rows = statement.query([])?;
            let mut scored: Vec<(f32, i64)> = Vec::new();
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                if let Some(likeness) = dot(vector, bytes) {
                    scored.push((likeness, row.get(0)?));
                }
            }
            scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            Ok(scored.into_iter().take(most).map(|(_, chunk)| chunk).collect())
        })
    }
}

fn belong_to(db: &mut Connection, model: &str) -> Result<(), Problem> {
    let batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let same = "SELECT count(*) FROM meta WHERE key = 'embedder' AND value = ?";
    if batch.query_row(same, [model], |row| row.get::<_, i64>(0))? == 0 {
        batch.execute("UPDATE chunk SET vector = NULL WHERE vector IS NOT NULL", [])?;
        batch.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('embedder', ?)", [model])?;
    }
    Ok(batch.commit()?)
}

/// A byte for each component, and the scale in front: a quarter of the room, and an error that no
/// order of search results shows.
fn quantised(vector: &[f32]) -> Vec<u8> {
    let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let mut bytes = scale.to_le_bytes().to_vec();
    // Within -127 to 127 by the choice of the scale.
    bytes.extend(vector.iter().map(|x| ((x / scale).round() as i8).cast_unsigned()));
    bytes
}

/// The dot product; `None` for a vector of another length.
fn dot(query: &[f32], bytes: &[u8]) -> Option<f32> {
    let (scale, body) = bytes.split_at_checked(4)?;
    if body.len() != query.len() {
        return None;
    }
    let scale = f32::from_le_bytes(scale.try_into().ok()?);
    let sum: f32 = query.iter().zip(body).map(|(q, b)| q * f32::from(b.cast_signed())).sum();
    Some(sum * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_near_enough() {
        let a: Vec<f32> = (0..64_u8).map(|i| (f32::from(i) - 31.0) / 150.0).collect();
        let exact: f32 = a.iter().map(|x| x * x).sum();
        let near = dot(&a, &quantised(&a)).unwrap();
        assert!((near - exact).abs() < 0.01 * exact, "{near} {exact}");
        assert_eq!(dot(&a[1..], &quantised(&a)), None);
        assert_eq!(dot(&a, &[1, 2]), None);
        assert_eq!(dot(&[0.0, 0.0], &quantised(&[0.0, 0.0])), Some(0.0));
    }
}
