//! Suspicion from the frames of a failure: the innermost frame of the repository first.

use super::{Board, raise_function};
use crate::agent::sources::Sources;
use crate::base::{Line, RepoPath};
use crate::syntax;
use crate::trace::{Failure, FailureKind};

/// Adds what the frames of `failures` say.
pub fn suspect(failures: &[Failure], sources: &Sources, board: &mut Board) {
    for (index, failure) in failures.iter().enumerate().take(12) {
        // Later failures of one run are often consequences, or other bugs.
        let trust = if index == 0 { 1.0 } else { 0.6 };
        one(failure, sources, board, trust);
        for cause in failure.causes.iter().take(3) {
            one(cause, sources, board, trust * 0.9);
        }
    }
}

fn one(failure: &Failure, sources: &Sources, board: &mut Board, trust: f64) {
    let compiles = matches!(failure.kind, FailureKind::Syntax | FailureKind::Compile);
    let mut depth = 0;
    for frame in &failure.frames {
        let Some(line) = frame.line.map(Line) else { continue };
        let Some(path) = resolve(&frame.path, sources) else { continue };
        let Some(source) = sources.get(&path) else { continue };
        let Some(span) = source.lines.span(line) else { continue };
        if source.is_test(span) {
            continue;
        }
        let (here, around, reason) = match depth {
            0 => (0.5, 0.2, "innermost frame"),
            1 => (0.3, 0.16, "second frame"),
            2..=4 => (0.2, 0.1, "frame of the call chain"),
            5..=20 => (0.08, 0.04, "outer frame"),
            _ => break,
        };
        board.add(&path, line, here * trust, reason);
        if compiles {
            // The parser or compiler notices late: the lines just above are as likely.
            for (back, part) in [(1, 0.5), (2, 0.25), (3, 0.15)] {
                if line.0 > back {
                    board.add(
                        &path,
                        Line(line.0 - back),
                        here * part * trust,
                        "just above the error",
                    );
                }
            }
        }
        let inside = format!("in the function of the {reason}");
        raise_function(board, &source, line, around * trust, &inside);
        if depth == 0 {
            callees(&source, line, board, 0.16 * trust);
        }
        depth += 1;
    }
}

/// Functions of the repository that the failing line calls: their result may be what is wrong.
fn callees(source: &crate::agent::sources::Source, line: Line, board: &mut Board, suspicion: f64) {
    let Some(span) = source.lines.span(line) else { return };
    for call in syntax::calls(&source.parsed, span) {
        for function in &source.functions {
            if function.name == call.name {
                let (first, last) = super::line_range(source, function.span);
                board.raise(&source.path, first..=last, suspicion, "called by the failing line");
            }
        }
    }
}

/// The repository file that a printed path means.
pub fn resolve(printed: &str, sources: &Sources) -> Option<RepoPath> {
    sources.resolve(printed)
}
