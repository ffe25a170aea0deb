//! Text as words to search by: identifiers whole and in their parts.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::{Connection, TransactionBehavior, params};

use super::chunk::{Chunk, chunks};
use super::{Problem, Progress, read, scan, write};
use crate::base::{Cancel, RepoPath};
use crate::syntax::Symbols;

/// Files made searchable in one transaction.
const BATCH: usize = 500;

/// The parts of an identifier, in lower case: `getHTTPResponse` is get, http, response.
pub fn split_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let starts = c.is_uppercase()
            && (at.checked_sub(1).is_some_and(|b| !chars[b].is_uppercase())
                || chars.get(at + 1).is_some_and(|n| n.is_lowercase()));
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Appends the words of `text` to `out`, in lower case: each identifier in its parts, and whole when
/// it has several.
pub(super) fn push_words(text: &str, out: &mut String) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for token in text.split(|c| !is_word(c)).filter(|token| !token.is_empty()) {
        if token.len() > 80 {
            continue;
        }
        let parts = split_words(token);
        if parts.len() > 1 {
            let _ = write!(out, "{} ", parts.concat());
        }
        for part in &parts {
            let _ = write!(out, "{part} ");
        }
    }
}

/// One file as rows of the table of words.
struct Worded {
    content: i64,
    /// Each with its name and its words.
    chunks: Vec<(Chunk, String, String)>,
}

/// Adds the words of every content that is not searchable yet.
pub(super) fn fill(
    db: &mut Connection,
    root: &Path,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), Problem> {
    let todo = write::not_searchable(db)?;
    if todo.is_empty() {
        return Ok(());
    }
    let hashes = hashes_of(db)?;
    let (next, total) = (AtomicUsize::new(0), todo.len());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(total);
    let (sender, receiver) = crossbeam_channel::bounded(64);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, todo, hashes) = (sender.clone(), &next, &todo, &hashes);
            scope.spawn(move || {
                while let Some((id, path)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let known = hashes.get(id);
                    let worded =
                        known.and_then(|(hash, symbols)| worded(root, *id, path, hash, symbols));
                    if cancel.is_cancelled() || sender.send(worded).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let written = store(db, &receiver, total, progress);
        drop(receiver);
        written
    })?;
    if cancel.is_cancelled() { Err(Problem::Cancelled) } else { Ok(()) }
}

type Facts = std::collections::HashMap<i64, ([u8; 16], Vec<u8>)>;

/// Hash and encoded symbols of every content that is not searchable yet.
fn hashes_of(db: &Connection) -> rusqlite::Result<Facts> {
    let mut statement = db.prepare("SELECT id, hash, symbols FROM content WHERE searchable = 0")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    rows.collect()
}

/// `None` when the file is another one by now.
fn worded(
    root: &Path,
    content: i64,
    path: &RepoPath,
    hash: &[u8; 16],
    symbols: &[u8],
) -> Option<Worded> {
    let size = path.to_path(root).symlink_metadata().ok()?.len();
    let there = scan::read(root, path, size).ok().filter(|there| there.hash == *hash)?;
    let text = String::from_utf8_lossy(&there.bytes);
    let symbols = read::decode(symbols)?;
    Some(Worded { content, chunks: words_of(path, &symbols, &text) })
}

fn words_of(path: &RepoPath, symbols: &Symbols, text: &str) -> Vec<(Chunk, String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut place = String::new();
    push_words(path.as_str(), &mut place);
    let worded = |chunk: Chunk| {
        let mut name = place.clone();
        if let Some(definition) = chunk.definition {
            push_words(&symbols.qualified(definition), &mut name);
        }
        let mut body = String::new();
        for line in &lines[chunk.first as usize - 1..chunk.last as usize] {
            push_words(line, &mut body);
        }
        (chunk, name, body)
    };
    chunks(symbols, text).into_iter().map(worded).collect()
}

fn store(
    db: &mut Connection,
    from: &crossbeam_channel::Receiver<Option<Worded>>,
    total: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> rusqlite::Result<()> {
    let mut done = 0;
    while let Ok(first) = from.recv() {
        let batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for worded in std::iter::once(first).chain(from.iter().take(BATCH - 1)) {
            done += 1;
            if done % 32 == 0 {
                progress(Progress::Words { done, total });
            }
            let Some(Worded { content, chunks }) = worded else { continue };
            // Another slm may have done this one.
            let mark = "UPDATE content SET searchable = 1 WHERE id = ? AND searchable = 0";
            if batch.prepare_cached(mark)?.execute([content])? == 0 {
                continue;
            }
            for (chunk, name, text) in chunks {
                batch
                    .prepare_cached(
                        "INSERT INTO chunk(content, first, last, definition) VALUES (?, ?, ?, ?)",
                    )?
                    .execute(params![content, chunk.first, chunk.last, chunk.definition])?;
                let id = batch.last_insert_rowid();
                batch
                    .prepare_cached("INSERT INTO words(rowid, name, text) VALUES (?, ?, ?)")?
                    .execute(params![id, name, text])?;
            }
        }
        batch.commit()?;
    }
    progress(Progress::Words { done: total, total });
    Ok(())
}

/// Words that a question has and code does not care for.
const STOP: [&str; 62] = [
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "code",
    "could", "do", "does", "each", "file", "find", "for", "from", "get", "gets", "had", "has",
    "have", "here", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on",
    "or", "our", "should", "show", "so", "that", "the", "their", "them", "then", "there", "this",
    "to", "us", "was", "we", "what", "when", "where", "which", "who", "why",
];

/// The words of a question worth searching for, in lower case, each once, in order; all of them when
/// nothing else is left.
pub fn terms(query: &str) -> Vec<String> {
    let mut text = String::new();
    push_words(query, &mut text);
    let mut all: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if !all.iter().any(|known| known == word) {
            all.push(word.to_owned());
        }
    }
    let kept: Vec<String> = all
        .iter()
        .filter(|word| !STOP.contains(&word.as_str()) && *word != "with")
        .cloned()
        .collect();
    if kept.is_empty() { all } else { kept }
}

/// A query for FTS5: any of the words.
pub(super) fn any_of(terms: &[String]) -> String {
    let quoted: Vec<String> =
        terms.iter().map(|term| format!("\"{}\"", term.replace('"', ""))).collect();
    quoted.join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_in_parts() {
        let of = |name| split_words(name).join(" ");
        assert_eq!(of("getHTTPResponse"), "get http response");
        assert_eq!(of("snake_case_2"), "snake case 2");
        assert_eq!(of("HTTPServer"), "http server");
        assert_eq!(of("__init__"), "init");
        assert_eq!(of("ÄrgerUndÖl"), "ärger und öl");
        assert_eq!(of("x"), "x");
        assert_eq!(of("_"), "");
    }

    #[test]
    fn words_of_text() {
        let mut out = String::new();
        push_words("self.retryCount += 1 # again", &mut out);
        assert_eq!(out, "self retrycount retry count 1 again ");
    }

    #[test]
    fn questions_lose_their_small_words() {
        assert_eq!(terms("Where is retry handled?"), ["retry", "handled"]);
        assert_eq!(terms("what is it"), ["what", "is", "it"]);
        assert_eq!(terms("parseURL"), ["parseurl", "parse", "url"]);
        assert_eq!(any_of(&terms("a \"b\" retry")), "\"b\" OR \"retry\"");
    }
}
