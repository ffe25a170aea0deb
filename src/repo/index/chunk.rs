//! A file in pieces for search, cut where its syntax is.

use crate::syntax::{SymbolKind, Symbols};

/// Longer pieces are cut. Lines.
const LONGEST: u32 = 80;

/// Heads of blocks with no more lines than this are left out.
const BARE: u32 = 4;

/// A run of lines, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) first: u32,
    pub(super) last: u32,
    /// The definition that it is a part of.
    pub(super) definition: Option<u32>,
}

/// The pieces of a text of `lines` lines, in order; together they are all of it.
///
/// Each function is one, with the comment above it; so is the head of a type, and what lies between
/// definitions.
pub(super) fn chunks(symbols: &Symbols, text: &str) -> Vec<Chunk> {
    let lines: Vec<&str> = text.lines().collect();
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    // Which definition each line belongs to: the innermost one that is a piece of its own.
    let mut owners: Vec<Option<u32>> = vec![None; lines.len()];
    for (index, symbol) in (0..).zip(&symbols.definitions) {
        let in_function =
            symbol.parent.is_some_and(|at| symbols.definitions[at as usize].kind.is_callable());
        let is_piece =
            symbol.kind.is_callable() || symbol.kind.is_type() || symbol.kind == SymbolKind::Scope;
        if !is_piece || in_function {
            continue;
        }
        let mut first = symbol.first.clamp(1, count.max(1));
        // The comment and the attributes above belong to it.
        while first > 1
            && belongs_below(lines[first as usize - 2])
            && owners[first as usize - 2] == symbol.parent
        {
            first -= 1;
        }
        for owner in owners.iter_mut().take(symbol.last as usize).skip(first as usize - 1) {
            *owner = Some(index);
        }
    }
    let mut chunks: Vec<Chunk> = Vec::new();
    for (line, owner) in (1..).zip(owners) {
        match chunks.last_mut() {
            Some(last) if last.definition == owner && line - last.first < LONGEST => {
                last.last = line
            }
            _ => chunks.push(Chunk { first: line, last: line, definition: owner }),
        }
    }
    let has_words = |chunk: &Chunk| {
        lines[chunk.first as usize - 1..chunk.last as usize]
            .iter()
            .any(|line| line.chars().any(char::is_alphanumeric))
    };
    // `impl T {` alone tells nothing that what is in it does not.
    let is_bare = |chunk: &Chunk| {
        let kind = chunk.definition.map(|d| symbols.definitions[d as usize].kind);
        kind == Some(SymbolKind::Scope) && chunk.last - chunk.first < BARE
    };
    chunks.retain(|chunk| has_words(chunk) && !is_bare(chunk));
    chunks
}

fn belongs_below(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "#", "*", "/*", "@", "--"].iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Grammar, extract};

    fn pieces(path: &str, text: &str) -> Vec<(u32, u32, String)> {
        let symbols = extract(Grammar::of_path(path).unwrap(), text).unwrap();
        let name = |d: Option<u32>| d.map_or(String::new(), |d| symbols.qualified(d));
        chunks(&symbols, text).iter().map(|c| (c.first, c.last, name(c.definition))).collect()
    }

    fn piece(first: u32, last: u32, name: &str) -> (u32, u32, String) {
        (first, last, name.to_owned())
    }

    #[test]
    fn functions_with_their_comments() {
        let text = "import os\n\n# Adds.\ndef f(a):\n    return a\n\nclass C:\n    x = 1\n\n    @p\n    def m(self):\n        pass\n\ny = 2\n";
        assert_eq!(
            pieces("a.py", text),
            [
                piece(1, 2, ""),
                piece(3, 5, "f"),
                piece(7, 9, "C"),
                piece(10, 12, "C.m"),
                piece(13, 14, ""),
            ]
        );
    }

    #[test]
    fn long_ones_are_cut() {
        let text = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(100));
        assert_eq!(pieces("a.rs", &text), [piece(1, 80, "f"), piece(81, 102, "f")]);
        assert_eq!(pieces("a.rs", ""), []);
    }
}
