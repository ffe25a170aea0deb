//! Which of the touched functions the tests reach: by what ran, or else by who uses whom.

use std::collections::HashSet;
use std::path::Path;

use super::changed::Touched;
use super::project::Tree;
use crate::agent::localise::spectrum::Traced;
use crate::base::{Cancel, Line};
use crate::refactor::Project;
use crate::repo::graph::{Graph, Linking, NodeId};
use crate::repo::index::{Index, Scope};

/// Uses followed from a function up to a test.
const MAX_STEPS: usize = 12;

/// What the tests reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Tests that ran touched code; `None` when they were only found by name.
    pub(super) tests: Option<usize>,
    pub(super) reached: usize,
    pub(super) missed: Vec<Touched>,
}

impl Reach {
    /// For people.
    pub(super) fn shown(&self, of: usize) -> String {
        let places = match of {
            1 => "the changed function".to_owned(),
            _ => format!("{} of {of} changed places", self.reached),
        };
        match self.tests {
            Some(1) => format!("1 test runs {places}"),
            Some(tests) => format!("{tests} tests run {places}"),
            None => format!("tests lead to {places} by the names they use"),
        }
    }
}

/// By the lines that passing tests ran.
pub(super) fn traced(tree: &Tree, touched: &[Touched], traced: &Traced) -> Reach {
    let mut tests = HashSet::new();
    let mut reach = Reach::default();
    for piece in touched {
        let Some(source) = tree.sources().get(&piece.path) else { continue };
        let lines = piece.running_lines(&source);
        let of_piece: Vec<usize> = traced.passing_that_ran(&piece.path, &lines).collect();
        // What stands at the top of a file runs when it is imported, before any test.
        let imported = piece.function.is_none() && traced.imported(&piece.path);
        if of_piece.is_empty() && !imported {
            reach.missed.push(piece.clone());
        } else {
            reach.reached += 1;
            tests.extend(of_piece);
        }
    }
    reach.tests = Some(tests.len());
    reach
}

/// By the uses that lead from tests to the touched functions; `None` when the repository cannot be indexed.
pub(super) fn linked(
    tree: &Tree,
    touched: &[Touched],
    index: &Path,
    cancel: &Cancel,
) -> Option<Reach> {
    let mut index = Index::open(index, tree.sources().root()).ok()?;
    index.update(Scope::All, cancel, &|_| ()).ok()?;
    let snapshot = index.snapshot().ok()?;
    let graph = Graph::new(&snapshot, Linking::Imports);
    let mut reach = Reach::default();
    for piece in touched {
        if leads_to_a_test(tree, &graph, nodes_of(&graph, piece)) {
            reach.reached += 1;
        } else {
            reach.missed.push(piece.clone());
        }
    }
    Some(reach)
}

/// The definition that a touched piece lies in, or its file.
fn nodes_of(graph: &Graph<'_>, piece: &Touched) -> Vec<NodeId> {
    let files = &graph.snapshot().files;
    let Some(at) = files.iter().position(|file| file.path == piece.path) else { return Vec::new() };
    let line = piece.lines.first().copied().unwrap_or(1);
    let definitions = (0..).zip(&files[at].symbols.definitions);
    let around = definitions.filter(|(_, symbol)| symbol.first <= line && line <= symbol.last);
    let inner = around.min_by_key(|(_, symbol)| symbol.last - symbol.first);
    vec![inner.map_or_else(|| graph.file_node(at), |(index, _)| graph.node(at, index))]
}

fn leads_to_a_test(tree: &Tree, graph: &Graph<'_>, from: Vec<NodeId>) -> bool {
    let mut seen: HashSet<NodeId> = from.iter().copied().collect();
    let mut edge = from;
    for _ in 0..MAX_STEPS {
        if edge.iter().any(|node| is_test(tree, graph, *node)) {
            return true;
        }
        let users = graph.links.iter().filter(|link| edge.contains(&link.to));
        edge = users.map(|link| link.from).filter(|node| seen.insert(*node)).collect();
        if edge.is_empty() {
            return false;
        }
    }
    false
}

fn is_test(tree: &Tree, graph: &Graph<'_>, node: NodeId) -> bool {
    let path = &graph.file(node).path;
    if tree.is_test(path) {
        return true;
    }
    let (Some(symbol), Some(source)) = (graph.symbol(node), tree.sources().get(path)) else {
        return false;
    };
    source.lines.span(Line(symbol.line)).is_some_and(|span| source.is_test(span))
}
