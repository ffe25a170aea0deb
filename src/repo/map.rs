//! The outline of a repository: its most telling definitions, as many as a budget of tokens holds.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Focus, Graph, NodeId, rank, telling};
use super::{is_test_path, is_vendored_path};
use crate::syntax::SymbolKind;

/// An outline and what it shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Files in order of path; below each its definitions, indented as they nest.
    pub text: String,
    pub tokens: usize,
    /// What is shown, best first.
    pub shown: Vec<Shown>,
    /// Definitions that would be shown with a larger budget.
    pub left_out: usize,
}

/// One definition of an outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub node: NodeId,
    /// Comparable within one map only.
    pub score: f64,
}

/// How an outline is made.
pub struct MapOptions<'c> {
    /// In tokens of `count`.
    pub budget: usize,
    pub focus: Focus,
    /// Counts the tokens of a text.
    pub count: &'c mut dyn FnMut(&str) -> usize,
}

impl std::fmt::Debug for MapOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens, {:?}", self.budget, self.focus)
    }
}

/// The least share of the budget that an outline fills, as long as there is more to show.
const FILLED: f64 = 0.95;

/// The definitions of a graph, best first, with their scores. Those of tests are left out unless a test is
/// in the focus, generated and vendored ones unless anything is.
pub fn ranking(graph: &Graph<'_>, focus: &Focus) -> Vec<Shown> {
    let ranks = rank(graph, focus);
    let tests = focus.nodes.iter().any(|node| is_test_path(&graph.file(*node).path));
    let mut all: Vec<Shown> = Vec::new();
    for (at, file) in graph.snapshot().files.iter().enumerate() {
        let skipped = !tests && is_test_path(&file.path);
        let is_foreign = file.generated || is_vendored_path(&file.path);
        if skipped || is_foreign && focus.nodes.is_empty() {
            continue;
        }
        for (index, symbol) in (0..).zip(&file.symbols.definitions) {
            let node = graph.node(at, index);
            let name = file.symbols.name(symbol.name);
            let telling = telling(symbol.kind, name);
            if telling > 0.0 {
                all.push(Shown { node, score: ranks[node.0 as usize] * telling });
            }
        }
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node)));
    all
}

/// The outline of a graph within a budget.
pub fn map(graph: &Graph<'_>, options: MapOptions<'_>) -> Map {
    let MapOptions { budget, focus, count } = options;
    let ranked = ranking(graph, &focus);
    let mut costs: BTreeMap<u32, usize> = BTreeMap::new();
    let mut lines: BTreeSet<u32> = BTreeSet::new();
    let (mut taken, mut spent) = (0, 0);
    for shown in &ranked {
        // Its own line, and those that say where it stands.
        let new: Vec<u32> =
            path_to(graph, shown.node).into_iter().filter(|n| !lines.contains(n)).collect();
        let cost: usize = new
            .iter()
            .map(|n| *costs.entry(*n).or_insert_with(|| count(&line(graph, NodeId(*n)))))
            .sum();
        if spent + cost > budget {
            break;
        }
        spent += cost;
        lines.extend(new);
        taken += 1;
    }
    // Lines counted one by one are not quite what the whole is.
    let (mut text, mut tokens) = shown_as(graph, &ranked[..taken], count);
    while tokens > budget && taken > 0 {
        taken -= (taken * (tokens - budget) / tokens).clamp(1, taken);
        (text, tokens) = shown_as(graph, &ranked[..taken], count);
    }
    let floor = (budget as f64 * FILLED) as usize;
    let mut step = (ranked.len() - taken).min(taken / 16 + 1);
    while tokens < floor && step > 0 {
        let more = (taken + step).min(ranked.len());
        let (with, sum) = shown_as(graph, &ranked[..more], count);
        if sum <= budget && more > taken {
            (taken, text, tokens) = (more, with, sum);
        } else {
            step /= 2;
        }
    }
    Map { text, tokens, left_out: ranked.len() - taken, shown: ranked[..taken].to_vec() }
}

fn shown_as(
    graph: &Graph<'_>,
    shown: &[Shown],
    count: &mut dyn FnMut(&str) -> usize,
) -> (String, usize) {
    let text = outline(graph, shown.iter().map(|s| s.node));
    let tokens = if text.is_empty() { 0 } else { count(&text) };
    (text, tokens)
}

/// These definitions under their files and types, in source order.
pub fn outline(graph: &Graph<'_>, nodes: impl IntoIterator<Item = NodeId>) -> String {
    let lines: BTreeSet<u32> = nodes.into_iter().flat_map(|node| path_to(graph, node)).collect();
    lines.into_iter().map(|node| line(graph, NodeId(node))).collect()
}

/// A node with all that it stands in, the file first.
fn path_to(graph: &Graph<'_>, node: NodeId) -> Vec<u32> {
    let (file, mut definition) = graph.place(node);
    let mut path = Vec::new();
    while let Some(index) = definition {
        path.push(graph.node(file, index).0);
        definition = graph.snapshot().files[file].symbols.definitions[index as usize].parent;
    }
    path.push(graph.file_node(file).0);
    path.reverse();
    path
}

/// One line of an outline.
fn line(graph: &Graph<'_>, node: NodeId) -> String {
    let file = graph.file(node);
    let Some(symbol) = graph.symbol(node) else { return format!("{}:\n", file.path) };
    let depth = path_to(graph, node).len() - 1;
    let name = file.symbols.name(symbol.name);
    let head = match symbol.kind {
        _ if symbol.signature.is_empty() => name,
        // What a variable is set to says less than it costs.
        SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field
            if symbol.signature.len() > 60 =>
        {
            name
        }
        _ => &symbol.signature,
    };
    format!("{}{head}\n", "  ".repeat(depth))
}

/// Roughly how many tokens a text is to a model: for budgets when no model is loaded.
///
/// Fitted by `slm eval tokens` style counts against byte-pair vocabularies trained on code: a word
/// costs one token up to six letters and one more for every five, and so do marks by the pair.
pub fn estimate_tokens(text: &str) -> usize {
    #[derive(Clone, Copy, PartialEq)]
    enum Class {
        Word,
        Space,
        Mark,
    }
    let class = |c: char| match c {
        c if c.is_alphanumeric() => Class::Word,
        ' ' | '\t' => Class::Space,
        _ => Class::Mark,
    };
    let mut tokens = 0;
    let mut run: Option<(Class, usize)> = None;
    let close = |run: Option<(Class, usize)>| match run {
        Some((Class::Word, n)) => 1 + n.saturating_sub(2) / 5,
        // One space goes with the word after it.
        Some((Class::Space, n)) => usize::from(n > 1),
        Some((Class::Mark, n)) => n.div_ceil(2),
        None => 0,
    };
    let mut before = ' ';
    for c in text.chars() {
        let this = class(c);
        // A capital begins a new piece within a word.
        let hump = this == Class::Word && c.is_uppercase() && before.is_lowercase();
        match &mut run {
            Some((known, n)) if *known == this && !hump => *n += 1,
            _ => {
                tokens += close(run);
                run = Some((this, 1));
            }
        }
        before = c;
    }
    tokens + close(run)
}
