//! PageRank over the links, personalised: what matters, and what matters from here.
//!
//! Page, Brin, Motwani, Winograd, "The PageRank Citation Ranking" (1999), section 6 for the
//! personalised form.

use std::collections::HashSet;

use petgraph::csr::Csr;
use petgraph::visit::EdgeRef as _;

use super::{Graph, NodeId};
use crate::repo::{is_test_path, is_vendored_path};
use crate::syntax::{ReferenceKind, SymbolKind};

/// The chance to follow a link rather than to begin again.
const DAMPING: f64 = 0.85;
/// The ranks sum to 1; a step that changes less than this is the last one.
const TOLERANCE: f64 = 1e-7;
const MOST_STEPS: usize = 60;
/// The share of beginnings that a focus gets.
const FOCUS: f64 = 0.9;
/// What a member passes on to its type, against one call.
const TO_PARENT: f32 = 0.5;
/// Links out of tests count less: they touch everything.
const FROM_TEST: f32 = 0.3;

/// Where the interest lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Files and definitions, by node.
    pub nodes: HashSet<NodeId>,
}

/// The rank of every node, by its number: how often a reader who follows uses at random, beginning
/// in the focus, comes by, less the beginnings themselves.
pub fn rank(graph: &Graph<'_>, focus: &Focus) -> Vec<f64> {
    let count = graph.len();
    if count == 0 {
        return Vec::new();
    }
    let web = web(graph);
    let start = beginnings(graph, focus);
    let mut ranks = start.clone();
    let outgoing: Vec<f64> = (0..super::as_u32(count))
        .map(|n| web.edges(n).map(|e| f64::from(*e.weight())).sum())
        .collect();
    for _ in 0..MOST_STEPS {
        let mut next = vec![0.0; count];
        let mut lost = 0.0;
        for (node, rank) in (0_u32..).zip(&ranks) {
            let out = outgoing[node as usize];
            if out <= 0.0 {
                lost += rank;
                continue;
            }
            let share = DAMPING * rank / out;
            for edge in web.edges(node) {
                next[edge.target() as usize] += share * f64::from(*edge.weight());
            }
        }
        // Where no link leads on, the reader begins again.
        let again = 1.0 - DAMPING + DAMPING * lost;
        let mut difference = 0.0;
        for ((next, start), rank) in next.iter_mut().zip(&start).zip(&ranks) {
            *next += again * start;
            difference += (*next - rank).abs();
        }
        ranks = next;
        if difference < TOLERANCE {
            break;
        }
    }
    let lost: f64 =
        ranks.iter().zip(&outgoing).filter(|(_, out)| **out <= 0.0).map(|(r, _)| r).sum();
    let again = 1.0 - DAMPING + DAMPING * lost;
    for (rank, start) in ranks.iter_mut().zip(&start) {
        *rank = (*rank - again * start).max(0.0);
    }
    ranks
}

/// The links as a weighted graph without parallel edges.
fn web(graph: &Graph<'_>) -> Csr<(), f32, petgraph::Directed, u32> {
    let mut edges: Vec<(u32, u32, f32)> = Vec::with_capacity(graph.links.len() * 2);
    for (at, file) in graph.snapshot().files.iter().enumerate() {
        let factor = if is_test_path(&file.path) { FROM_TEST } else { 1.0 };
        for node in graph.nodes_of(at) {
            let parent = graph.symbol(NodeId(node)).and_then(|symbol| symbol.parent);
            if let Some(parent) = parent {
                edges.push((node, graph.node(at, parent).0, TO_PARENT));
            }
            for link in graph.from(NodeId(node)) {
                let lines =
                    link.reference.map_or(1, |r| file.symbols.references[r as usize].lines.len());
                let base = match (link.reference, link.kind) {
                    (None, _) => 0.5,
                    (_, ReferenceKind::Base | ReferenceKind::Call | ReferenceKind::Type) => 1.0,
                    (_, ReferenceKind::Name) => 0.7,
                    (_, ReferenceKind::Member) => 0.5,
                };
                // The tenth call of the same function says little more than the third.
                let weight = base * (lines as f32).sqrt() * link.confidence * factor;
                edges.push((node, link.to.0, weight));
            }
        }
    }
    edges.sort_unstable_by_key(|(from, to, _)| (*from, *to));
    edges.dedup_by(|later, kept| {
        let same = (later.0, later.1) == (kept.0, kept.1);
        if same {
            kept.2 += later.2;
        }
        same
    });
    let mut web = Csr::from_sorted_edges(&edges).unwrap_or_default();
    // Nodes after the last one with a link.
    while web.node_count() < graph.len() {
        web.add_node(());
    }
    web
}

/// Where the reader begins: each file alike, half of it in the file itself and half in its
/// definitions; with a focus, mostly there.
fn beginnings(graph: &Graph<'_>, focus: &Focus) -> Vec<f64> {
    let files = &graph.snapshot().files;
    let mut start = vec![0.0; graph.len()];
    let weights: Vec<f64> = files
        .iter()
        .map(|file| {
            if file.generated || is_vendored_path(&file.path) {
                0.1
            } else if is_test_path(&file.path) {
                0.3
            } else {
                1.0
            }
        })
        .collect();
    let total: f64 = weights.iter().sum();
    for (at, weight) in weights.iter().enumerate() {
        let share = weight / total;
        let nodes = graph.nodes_of(at);
        let definitions = nodes.len() - 1;
        for node in nodes.clone().skip(1) {
            start[node as usize] = share / 2.0 / definitions as f64;
        }
        start[nodes.start as usize] = if definitions == 0 { share } else { share / 2.0 };
    }
    if focus.nodes.is_empty() {
        return start;
    }
    start.iter_mut().for_each(|start| *start *= 1.0 - FOCUS);
    let held = |node: NodeId| -> Vec<NodeId> {
        let (file, definition) = graph.place(node);
        match definition {
            // A file is all that is in it.
            None => graph.nodes_of(file).map(NodeId).collect(),
            Some(outer) => {
                graph.nodes_of(file).map(NodeId).filter(|n| lies_in(graph, *n, outer)).collect()
            }
        }
    };
    for node in &focus.nodes {
        let inside = held(*node);
        let share = FOCUS / focus.nodes.len() as f64 / inside.len().max(1) as f64;
        for node in inside {
            start[node.0 as usize] += share;
        }
    }
    start
}

/// True for a definition of the same file that is `outer` or lies in it.
fn lies_in(graph: &Graph<'_>, node: NodeId, outer: u32) -> bool {
    let (file, definition) = graph.place(node);
    let definitions = &graph.snapshot().files[file].symbols.definitions;
    let mut at = definition;
    while let Some(index) = at {
        if index == outer {
            return true;
        }
        at = definitions[index as usize].parent;
    }
    false
}

/// How much a definition of this kind tells in an outline.
pub(in crate::repo) fn telling(kind: SymbolKind, name: &str) -> f64 {
    let by_kind = match kind {
        SymbolKind::Field | SymbolKind::Constant | SymbolKind::Variable => 0.3,
        SymbolKind::Module | SymbolKind::Scope => 0.0,
        _ => 1.0,
    };
    if name.starts_with('_') { by_kind * 0.3 } else { by_kind }
}
