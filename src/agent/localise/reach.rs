//! Static suspicion: the functions that the failing test reaches by name.
//!
//! Used where the run cannot be observed. Names are matched across the repository, nearest
//! definition first, so a very common name spreads its suspicion thin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Board, line_range};
use crate::agent::sources::{Source, Sources};
use crate::base::{Language, Line, RepoPath, Span};
use crate::syntax;
use crate::trace::Failure;

/// Files parsed at most; beyond that a static walk costs more than it tells.
const MAX_FILES: usize = 1_500;
const MAX_DEPTH: usize = 4;
/// A name with more definitions than this says nothing.
const MAX_DEFINITIONS: usize = 12;

/// Adds suspicion to the functions reached from the tests and test frames of `failures`.
pub fn suspect(
    failures: &[Failure],
    sources: &Sources,
    board: &mut Board,
    notes: &mut Vec<String>,
) {
    let Some(index) = Index::build(failures, sources) else { return };
    let starts = index.starts(failures, sources);
    if starts.is_empty() {
        return;
    }
    let mut seen: BTreeSet<(RepoPath, usize)> = BTreeSet::new();
    let mut queue: VecDeque<(Place, usize)> = starts.into_iter().map(|p| (p, 0)).collect();
    let mut reached = 0;
    while let Some((place, depth)) = queue.pop_front() {
        if !seen.insert((place.source.path.clone(), place.span.start)) {
            continue;
        }
        if depth > 0 {
            let suspicion = [0.45, 0.3, 0.18, 0.1][depth.min(MAX_DEPTH) - 1];
            let (first, last) = line_range(&place.source, place.span);
            let reason = format!("reached from the failing test in {depth} calls");
            board.raise(&place.source.path, first..=last, suspicion, &reason);
            reached += 1;
        }
        if depth < MAX_DEPTH {
            for call in syntax::calls(&place.source.parsed, place.span) {
                queue.extend(index.find(&call.name, &place.source).map(|p| (p, depth + 1)));
            }
        }
    }
    if reached > 0 {
        notes.push(format!("{reached} functions are reachable by name from the failing test"));
    }
}

#[derive(Clone)]
struct Place {
    source: Arc<Source>,
    span: Span,
}

struct Index {
    functions: BTreeMap<String, Vec<Place>>,
}

impl Index {
    /// Indexes the files of the failure's language; `None` when there are none.
    fn build(failures: &[Failure], sources: &Sources) -> Option<Self> {
        let language = failures.iter().find_map(|f| f.language)?;
        let mut functions: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        let same = |path: &&RepoPath| {
            Language::of_path(path.as_str()).is_some_and(|l| family(l) == family(language))
        };
        for path in sources.files().iter().filter(same).take(MAX_FILES) {
            let Some(source) = sources.get(path) else { continue };
            for function in &source.functions {
                let place = Place { source: Arc::clone(&source), span: function.span };
                functions.entry(function.name.clone()).or_default().push(place);
            }
        }
        Some(Self { functions })
    }

    /// The failing test functions, by frame and by name.
    fn starts(&self, failures: &[Failure], sources: &Sources) -> Vec<Place> {
        let mut starts = Vec::new();
        for failure in failures.iter().take(8) {
            for frame in &failure.frames {
                let Some(path) = super::frames::resolve(&frame.path, sources) else { continue };
                let Some(source) = sources.get(&path) else { continue };
                let Some(line) = frame.line.map(Line) else { continue };
                let span = source.lines.span(line).unwrap_or(Span::at(0));
                let function = source.function_at(line).map(|f| f.span);
                if let Some(function) = function.filter(|_| source.is_test(span)) {
                    starts.push(Place { source, span: function });
                } else if source.is_test(span) {
                    // A test written as a call at top level: `test('...', () => ...)`.
                    starts.push(Place { source: Arc::clone(&source), span });
                }
            }
            for test in &failure.tests {
                let name = test.rsplit([':', '.', '/', ' ']).next().unwrap_or(test);
                let bare = name.split('[').next().unwrap_or(name);
                starts.extend(self.functions.get(bare).into_iter().flatten().cloned());
            }
        }
        starts
    }

    /// Definitions of `name`: those in the caller's file when there are any, else all.
    fn find(&self, name: &str, from: &Source) -> impl Iterator<Item = Place> {
        let all = self.functions.get(name).map(Vec::as_slice).unwrap_or_default();
        let near = all.iter().any(|p| p.source.path == from.path);
        let path = from.path.clone();
        let few = all.len() <= MAX_DEFINITIONS;
        all.iter().filter(move |p| few && (!near || p.source.path == path)).cloned()
    }
}

/// Languages that call into each other directly.
fn family(language: Language) -> u8 {
    match language {
        Language::Python => 0,
        Language::Rust => 1,
        Language::Go => 2,
        Language::JavaScript | Language::TypeScript | Language::Tsx => 3,
    }
}
