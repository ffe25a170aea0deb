//! Which functions and lines of the files before a step are touched by it.

use std::collections::BTreeMap;

use super::project::Tree;
use crate::agent::sources::Source;
use crate::base::{Line, RepoPath, Span};
use crate::refactor::{Edit, Step};
use crate::syntax::Function;

/// One touched piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) path: RepoPath,
    /// The function around it; `None` for code at the top of a file.
    pub(super) function: Option<Function>,
    /// The lines touched, as they were.
    pub(super) lines: Vec<u32>,
}

impl Touched {
    /// For people: `shop.py: Cart.total`.
    pub(super) fn shown(&self) -> String {
        match &self.function {
            Some(function) => format!("{}: {}", self.path, function.qualified),
            None => format!("{}: line {}", self.path, self.lines.first().copied().unwrap_or(1)),
        }
    }

    /// The lines of the body, which run when the function is called; of top-level code its own.
    pub(super) fn running_lines(&self, source: &Source) -> Vec<u32> {
        match &self.function {
            Some(function) => {
                let first = source.lines.line(function.body.start).0;
                let last = source.lines.line(function.body.end.max(1) - 1).0;
                (first..=last.max(first)).collect()
            }
            None => self.lines.clone(),
        }
    }
}

/// What `step` touches, by file and function, tests and imports left out.
pub(super) fn touched(tree: &Tree, step: &Step) -> Vec<Touched> {
    let mut out = Vec::new();
    for change in &step.changes {
        let Edit::Replace(replacements) = &change.edit else { continue };
        let Some(source) = tree.sources().get(&change.path) else { continue };
        let mut by_function: BTreeMap<Option<usize>, Vec<u32>> = BTreeMap::new();
        for replacement in replacements {
            if source.is_test(replacement.span) {
                continue;
            }
            for line in lines_of(&source, replacement.span) {
                let inner = (0..source.functions.len())
                    .filter(|at| source.functions[*at].lines.contains(&Line(line)))
                    .min_by_key(|at| source.functions[*at].span.len());
                if inner.is_some() || !is_import_or_blank(source.line_text(Line(line))) {
                    by_function.entry(inner).or_default().push(line);
                }
            }
        }
        out.extend(by_function.into_iter().map(|(function, mut lines)| {
            lines.sort_unstable();
            lines.dedup();
            let function = function.map(|at| source.functions[at].clone());
            Touched { path: change.path.clone(), function, lines }
        }));
    }
    out
}

fn lines_of(source: &Source, span: Span) -> std::ops::RangeInclusive<u32> {
    let first = source.lines.line(span.start).0;
    let last = source.lines.line(span.end.saturating_sub(1).max(span.start)).0;
    first..=last
}

fn is_import_or_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.trim().is_empty()
        || ["import ", "from ", "use ", "#", "//"].iter().any(|start| line.starts_with(start))
}
