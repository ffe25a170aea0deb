//! Grammars in GBNF, llama.cpp's notation, and matching text against them token by token.
//!
//! Native grammar code is not used: there a deep nesting overflows the stack, a token that does
//! not fit throws through Rust, and a mask over a large vocabulary costs 60 ms a token. Here the
//! parser is bounded, left recursion is refused, and one token is checked in a few microseconds,
//! so the sampler can draw first and ask afterwards.
//!
//! Notation: `name ::= alternatives`, `"literal"`, `[class]`, `[^class]`, `.`, `( )`, `|`, `*`,
//! `+`, `?`, `{m}`, `{m,}`, `{m,n}`, `# comment`; escapes `\n \r \t \\ \" \[ \] \xHH \uHHHH
//! \UHHHHHHHH`. The rule `root` is where matching starts. Token references (`<token>`) are not
//! supported.

mod matcher;
mod parse;

use std::fmt;

pub use matcher::Matcher;

/// Longest grammar text accepted, in bytes.
pub const MAX_TEXT: usize = 256 * 1024;
/// Deepest nesting of parentheses accepted.
pub const MAX_NESTING: usize = 64;
/// Largest compiled grammar, in elements; bounds what repetitions may expand to.
pub const MAX_ELEMENTS: usize = 200_000;

/// A grammar ready to match.
#[derive(Debug)]
pub struct Grammar {
    /// Alternatives of each rule: where their elements begin.
    rules: Vec<Vec<u32>>,
    /// All alternatives one after the other, each closed by [`Element::End`].
    elements: Vec<Element>,
    classes: Vec<Class>,
    root: u32,
}

/// One step of an alternative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// One character of a class.
    Class(u32),
    Rule(u32),
    End,
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    /// Inclusive ranges of code points.
    ranges: Vec<(u32, u32)>,
    negated: bool,
}

/// Why a text is not a usable grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarError {
    /// Line in the grammar, from 1; 0 when the whole of it is at fault.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl std::error::Error for GrammarError {}

impl Grammar {
    /// Parses GBNF.
    ///
    /// # Errors
    /// Syntax errors with their line; an undefined rule; left recursion; a text, a nesting or an
    /// expansion above the limits of this module.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        parse::parse(text)
    }

    /// True when the whole of `text` is a sentence of the grammar.
    pub fn matches(&self, text: &str) -> bool {
        let mut matcher = Matcher::new(self);
        matcher.accept(text.as_bytes()) && matcher.may_end()
    }

    fn element(&self, at: u32) -> Element {
        self.elements.get(at as usize).copied().unwrap_or(Element::End)
    }
}

impl Class {
    fn contains(&self, c: u32) -> bool {
        self.ranges.iter().any(|&(low, high)| low <= c && c <= high) != self.negated
    }

    /// True when some code point of `low..=high` is in the class.
    fn overlaps(&self, low: u32, high: u32) -> bool {
        if !self.negated {
            return self.ranges.iter().any(|&(a, b)| a <= high && low <= b);
        }
        // Negated: walk the gaps of the sorted ranges.
        let mut next = low;
        let mut sorted = self.ranges.clone();
        sorted.sort_unstable();
        for (a, b) in sorted {
            if next < a {
                return true;
            }
            next = next.max(b.saturating_add(1));
        }
        next <= high
    }
}

#[cfg(test)]
mod tests;
