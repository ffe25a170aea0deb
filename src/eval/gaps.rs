//! Completion measured: texts of real files are taken out, and what a model puts in their place is
//! compared with what stood there.
//!
//! Which gaps are made depends on the files' names and texts alone, so that two models are asked the
//! same questions.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use crate::agent::tasks::complete::{self, CompleteError, CompleteRequest};
use crate::base::{Cancel, Language, fs};
use crate::engine::Engine;
use crate::repo;

/// Longer files are mostly generated or data.
const MAX_FILE: usize = 200_000;
/// Characters of a gap at least.
const MIN_GAP: usize = 4;
/// Lines of a gap of the kind [`Kind::Lines`].
const LINES: usize = 3;

/// What is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// From the middle of a line to its end.
    RestOfLine,
    /// A line but for its indentation.
    Line,
    /// Three lines.
    Lines,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RestOfLine => "rest of line",
            Self::Line => "line",
            Self::Lines => "three lines",
        })
    }
}

/// A place where text was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `path:line:column`.
    pub id: String,
    pub language: Language,
    pub kind: Kind,
    pub before: String,
    pub wanted: String,
    pub after: String,
}

/// How a model filled a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filled {
    /// All of the text, but for blanks at its end.
    pub exact: bool,
    /// Its first line: what a person would accept.
    pub accepted: bool,
    /// The model said nothing.
    pub empty: bool,
    pub seconds: f64,
}

/// Gaps in the source files below `root`, `each` of every file at most, in order.
pub fn gaps(root: &Path, each: usize) -> Vec<Gap> {
    let mut found = Vec::new();
    for path in repo::walk::files(root, &Cancel::new()) {
        let Some(language) = Language::of_path(path.as_str()) else { continue };
        let Ok(text) = fs::read_text(&root.join(path.as_str())) else { continue };
        if text.len() <= MAX_FILE {
            found.extend(gaps_of(path.as_str(), language, &text, each));
        }
    }
    found
}

fn gaps_of(path: &str, language: Language, text: &str, each: usize) -> Vec<Gap> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in &lines {
        starts.push(at);
        at += line.len();
    }
    let number = |what: &str, index: usize| {
        let digest = blake3::hash(format!("{what}\n{path}\n{index}\n{}", lines[index]).as_bytes());
        digest.as_bytes()[..4].iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let is_code = |line: &str| {
        let line = line.trim();
        line.len() >= MIN_GAP && !["#", "//", "*", "/*"].iter().any(|mark| line.starts_with(mark))
    };
    let mut chosen: Vec<usize> = (0..lines.len()).filter(|&i| is_code(lines[i])).collect();
    chosen.sort_by_key(|&index| number("order", index));
    chosen.truncate(each);
    chosen.sort_unstable();
    let make = |index: usize| {
        let line = lines[index];
        let indent = line.len() - line.trim_start().len();
        let code = line.trim_end();
        let kind = [Kind::RestOfLine, Kind::Line, Kind::Lines][number("kind", index) % 3];
        let (from, to) = match kind {
            Kind::RestOfLine => {
                let room = code.len() - MIN_GAP - indent;
                let cut = indent + number("cut", index) % (room + 1);
                let cut = (0..=cut).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(indent);
                (starts[index] + cut, starts[index] + code.len())
            }
            Kind::Line => (starts[index] + indent, starts[index] + code.len()),
            Kind::Lines => {
                let last = (index + LINES - 1).min(lines.len() - 1);
                (starts[index] + indent, starts[last] + lines[last].trim_end().len())
            }
        };
        let to = to.max(from);
        let column = text[starts[index]..from].chars().count() + 1;
        Gap {
            id: format!("{path}:{}:{column}", index + 1),
            language,
            kind,
            before: text[..from].to_owned(),
            wanted: text[from..to].to_owned(),
            after: text[to..].to_owned(),
        }
    };
    chosen.into_iter().map(make).collect()
}

/// Has the model fill a gap.
///
/// # Errors
/// When it cannot be asked.
pub fn fill(
    engine: &mut dyn Engine,
    gap: &Gap,
    max_tokens: usize,
    cancel: &Cancel,
) -> Result<Filled, CompleteError> {
    let began = Instant::now();
    let text = format!("{}{}", gap.before, gap.after);
    let request = CompleteRequest {
        text: &text,
        at: gap.before.len(),
        language: Some(gap.language),
        count: 1,
        max_tokens,
    };
    let found = complete::run(engine, &request, cancel)?;
    let said = found.first().map(|suggestion| suggestion.text.trim_end()).unwrap_or_default();
    let wanted = gap.wanted.trim_end();
    let first = |text: &str| text.lines().next().unwrap_or_default().trim_end().to_owned();
    Ok(Filled {
        exact: said == wanted,
        accepted: !said.is_empty() && first(said) == first(wanted),
        empty: said.is_empty(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Fim, Scripted};

    const TEXT: &str = "import os\n# a comment\n\ndef total(values):\n    result = 0\n    for value in \
                        values:\n        result += value\n    return result\n";

    #[test]
    fn gaps_are_where_code_is_and_the_same_each_time() {
        let gaps = gaps_of("a.py", Language::Python, TEXT, 100);
        assert_eq!(gaps, gaps_of("a.py", Language::Python, TEXT, 100));
        assert_eq!(gaps.len(), 6);
        for gap in &gaps {
            assert_eq!(format!("{}{}{}", gap.before, gap.wanted, gap.after), TEXT);
            assert!(gap.wanted.len() >= MIN_GAP && !gap.wanted.starts_with([' ', '#']), "{gap:?}");
        }
        let few = gaps_of("a.py", Language::Python, TEXT, 2);
        assert!(few.len() == 2 && few.iter().all(|gap| gaps.contains(gap)));
    }

    #[test]
    fn the_first_line_is_what_is_accepted() {
        let fim = Fim { prefix: "<p>".into(), suffix: "<s>".into(), middle: Some("<m>".into()) };
        let gap = Gap {
            id: "a.py:5:5".into(),
            language: Language::Python,
            kind: Kind::Lines,
            before: "def total(values):\n    ".into(),
            wanted: "result = 0\n    for value in values:\n        result += value".into(),
            after: "\n    return result\n".into(),
        };
        let filled = |text: &str| {
            let mut engine = Scripted::new().with_fim(fim.clone()).then(&[text]);
            let filled = fill(&mut engine, &gap, 64, &Cancel::new()).unwrap();
            (filled.exact, filled.accepted, filled.empty)
        };
        assert_eq!(filled(&gap.wanted), (true, true, false));
        assert_eq!(filled("result = 0\n    return 1"), (false, true, false));
        assert_eq!(filled("result = 1"), (false, false, false));
        assert_eq!(filled("  "), (false, false, true));
    }
}
