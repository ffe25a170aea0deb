//! Which lines are suspected, how much, and why.
//!
//! Three sources, joined here: the frames of the failure, for Python what the failing tests
//! executed against what the passing ones did, and elsewhere what the failing test can reach by
//! name. What was changed last counts more than the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::sources::{Source, Sources};
use crate::base::{Language, Line, RepoPath, Span};
use crate::trace::Failure;

pub mod frames;
pub mod reach;
pub mod recent;
pub mod spectrum;

/// At most this many lines are searched; what lies below is noise.
const MAX_SUSPECTS: usize = 600;

/// Repositories with more files are not searched without any clue.
const MAX_FILES_SEARCHED_WHOLE: usize = 40;

/// One suspected line.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    pub path: RepoPath,
    pub line: Line,
    /// Above 0, at most 1.
    pub suspicion: f64,
    /// For people: "innermost frame", "run by 1 of 1 failing and 0 of 7 passing tests".
    pub reason: String,
}

/// Everything known about where the bug may be, most suspected first.
#[derive(Clone, Debug, Default)]
pub struct Localisation {
    pub suspects: Vec<Suspect>,
    /// Identifiers that the failure's messages mention.
    pub words: BTreeSet<String>,
    /// Values at the failing frames, when the program could be observed.
    pub values: Vec<spectrum::FrameValues>,
    /// Lines for `--explain`.
    pub notes: Vec<String>,
}

/// What the search knows when it starts localising.
#[derive(Debug)]
pub struct Clues<'a> {
    pub failures: &'a [Failure],
    /// What the traced run recorded, for Python.
    pub traced: Option<&'a spectrum::Traced>,
    /// Where the user, or a hang, points: tried before all else.
    pub hints: &'a [(RepoPath, Option<Line>)],
}

/// Collects suspicion line by line; evidence for one line adds up to at most 1.
#[derive(Debug, Default)]
pub struct Board {
    lines: BTreeMap<(RepoPath, Line), (f64, String)>,
}

impl Board {
    /// Adds `suspicion` to a line; the reason of the strongest single piece of evidence is kept.
    pub fn add(&mut self, path: &RepoPath, line: Line, suspicion: f64, reason: &str) {
        let slot = self.lines.entry((path.clone(), line)).or_insert((0.0, String::new()));
        if suspicion > slot.0 || slot.1.is_empty() {
            reason.clone_into(&mut slot.1);
        }
        slot.0 = (slot.0 + suspicion).min(1.0);
    }

    /// Raises every line of `lines` to at least `suspicion`.
    pub fn raise(
        &mut self,
        path: &RepoPath,
        lines: impl Iterator<Item = u32>,
        suspicion: f64,
        reason: &str,
    ) {
        for line in lines {
            let slot = self.lines.entry((path.clone(), Line(line))).or_insert((0.0, String::new()));
            if suspicion > slot.0 {
                *slot = (suspicion, reason.to_owned());
            }
        }
    }

    /// The lines of each file that carry suspicion.
    pub fn files(&self) -> BTreeSet<RepoPath> {
        self.lines.keys().map(|(path, _)| path.clone()).collect()
    }

    fn finish(self, sources: &Sources, words: &BTreeSet<String>) -> Vec<Suspect> {
        let mut suspects = Vec::new();
        for ((path, line), (suspicion, reason)) in self.lines {
            let Some(source) = sources.get(&path) else { continue };
            let Some(span) = source.lines.span(line) else { continue };
            let text = span.of(&source.text).unwrap_or_default();
            if source.is_test(span) || !is_code(text) {
                continue;
            }
            let mentioned = identifiers(text).any(|word| words.contains(word));
            let suspicion =
                (suspicion * weight(text) + if mentioned { 0.08 } else { 0.0 }).min(1.0);
            suspects.push(Suspect { path, line, suspicion, reason });
        }
        suspects.sort_by(|a, b| {
            b.suspicion
                .total_cmp(&a.suspicion)
                .then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line)))
        });
        suspects.truncate(MAX_SUSPECTS);
        suspects
    }
}

/// Joins all clues into one ranked list.
pub fn localise(clues: &Clues<'_>, sources: &Sources) -> Localisation {
    let mut board = Board::default();
    let mut out = Localisation::default();
    for (path, line) in clues.hints {
        let Some(source) = sources.get(path) else { continue };
        match line {
            Some(line) => {
                board.add(path, *line, 1.0, "named by the user");
                raise_function(
                    &mut board,
                    &source,
                    *line,
                    0.5,
                    "in the function named by the user",
                );
            }
            None => {
                let count = u32::try_from(source.lines.count()).unwrap_or(u32::MAX);
                board.raise(path, 1..=count, 0.4, "in the file named by the user");
            }
        }
    }
    if let Some(traced) = clues.traced {
        spectrum::suspect(traced, sources, &mut board, &mut out.notes);
        out.values = traced.values.clone();
    }
    frames::suspect(clues.failures, sources, &mut board);
    if clues.traced.is_none_or(|t| !t.saw_the_failure()) {
        reach::suspect(clues.failures, sources, &mut board, &mut out.notes);
    }
    let words = words_of(clues);
    out.suspects = board.finish(sources, &words);
    if out.suspects.is_empty() {
        let mut board = Board::default();
        everything(clues.failures, sources, &mut board, &mut out.notes);
        out.suspects = board.finish(sources, &words);
    }
    out.words = words;
    out
}

/// Nothing points anywhere: every function of a small repository, evenly.
fn everything(failures: &[Failure], sources: &Sources, board: &mut Board, notes: &mut Vec<String>) {
    let language = failures.iter().find_map(|f| f.language);
    let same = |path: &&RepoPath| {
        let own = Language::of_path(path.as_str());
        own.is_some() && (language.is_none() || own == language)
    };
    let files: Vec<&RepoPath> = sources.files().iter().filter(same).collect();
    if files.len() > MAX_FILES_SEARCHED_WHOLE {
        return;
    }
    for source in files.iter().filter_map(|path| sources.get(path)) {
        for function in &source.functions {
            let (first, last) = line_range(&source, function.span);
            board.raise(&source.path, first..=last, 0.1, "nothing points elsewhere");
        }
    }
    notes.push("nothing points at a place: every function is searched".to_owned());
}

/// Raises the lines of the function around `line`.
pub fn raise_function(
    board: &mut Board,
    source: &Source,
    line: Line,
    suspicion: f64,
    reason: &str,
) {
    let Some(function) = source.function_at(line) else { return };
    let (first, last) = line_range(source, function.span);
    board.raise(&source.path, first..=last, suspicion, reason);
}

/// First and last line of a span.
pub fn line_range(source: &Source, span: Span) -> (u32, u32) {
    let last = span.end.saturating_sub(1).max(span.start);
    (source.lines.line(span.start).0, source.lines.line(last).0)
}

/// Words of the failure that may name what is wrong: quoted or identifier-like, from messages.
fn words_of(clues: &Clues<'_>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for failure in clues.failures.iter().take(5) {
        for word in identifiers(&failure.message) {
            if word.len() > 2 && !COMMON_WORDS.contains(&word) {
                words.insert(word.to_owned());
            }
        }
    }
    words
}

const COMMON_WORDS: &[&str] = &[
    "and",
    "argument",
    "arguments",
    "assert",
    "attribute",
    "but",
    "callable",
    "expected",
    "False",
    "for",
    "from",
    "got",
    "has",
    "int",
    "list",
    "missing",
    "name",
    "None",
    "not",
    "object",
    "out",
    "positional",
    "range",
    "required",
    "self",
    "str",
    "takes",
    "the",
    "True",
    "type",
    "was",
    "were",
    "with",
    "index",
    "float",
    "dict",
];

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// False for lines without code of their own: blank, closing brackets, comments.
fn is_code(text: &str) -> bool {
    let text = text.trim();
    !(text.is_empty()
        || text.starts_with('#') && !text.starts_with("#[")
        || text.starts_with("//")
        || text.starts_with("\"\"\"") && text.len() <= 3
        || text.chars().all(|c| "()[]{};,".contains(c))
        // Whether a script runs at all is never the bug; not running it "repairs" anything.
        || text.starts_with("if __name__ "))
}

/// Lines that only name things are changed less often than lines that compute.
fn weight(text: &str) -> f64 {
    let text = text.trim_start();
    let starts = |words: &[&str]| words.iter().any(|w| text.starts_with(w));
    if starts(&["import ", "from ", "use ", "package ", "\"\"\"", "'''"]) {
        0.35
    } else if starts(&["def ", "async def ", "class ", "fn ", "pub fn ", "func ", "function ", "@"])
    {
        0.55
    } else if starts(&["raise ", "print(", "log.", "logger.", "logging.", "pass", "else:", "try:"])
    {
        0.6
    } else {
        1.0
    }
}
