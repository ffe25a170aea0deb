//! Search that puts several opinions together: words, meaning, and how central a place is.

use std::collections::HashMap;

use crate::base::RepoPath;
use crate::repo::graph::{Focus, Graph, NodeId, rank};
use crate::repo::index::{Hit, Index, IndexError, split_words, terms};
use crate::repo::{is_test_path, is_vendored_path};

/// Reciprocal rank fusion: Cormack, Clarke, Büttcher (SIGIR 2009), with the constant they used.
const FUSION: f64 = 60.0;
/// The word of the graph against that of the search: it breaks near ties.
const GRAPH_WEIGHT: f64 = 0.5;
/// A definition that is called what was asked for.
const NAME_WEIGHT: f64 = 1.0;
/// Pieces looked at before the opinions are put together.
const POOL: usize = 200;

/// One place that answers a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub path: RepoPath,
    /// First and last line, from 1.
    pub first: u32,
    pub last: u32,
    /// The definition there.
    pub node: Option<NodeId>,
    /// Comparable within one search.
    pub score: f64,
}

/// An embedding model's opinion: the pieces nearest in meaning, best first, by [`Hit::chunk`].
pub type ByMeaning<'m> = &'m [i64];

/// The places that fit `query` best, best first, at most one for each definition.
///
/// # Errors
/// An index that cannot be read.
pub fn find(
    index: &mut Index,
    graph: &Graph<'_>,
    query: &str,
    meaning: ByMeaning<'_>,
    most: usize,
) -> Result<Vec<Found>, IndexError> {
    let terms = terms(query);
    let mut hits = index.search(&terms, POOL)?;
    let known: Vec<i64> = hits.iter().map(|hit| hit.chunk).collect();
    let missing: Vec<i64> = meaning.iter().filter(|c| !known.contains(c)).copied().collect();
    hits.extend(index.pieces(&missing)?);
    let by_path: HashMap<&RepoPath, usize> =
        graph.snapshot().files.iter().enumerate().map(|(at, file)| (&file.path, at)).collect();
    let node_of = |hit: &Hit| -> Option<NodeId> {
        let file = *by_path.get(&hit.path)?;
        let definition = hit.definition?;
        let there = graph.snapshot().files[file].symbols.definitions.len();
        ((definition as usize) < there).then(|| graph.node(file, definition))
    };
    let ranks = rank(graph, &Focus::default());
    let mut places: Vec<(Found, i64)> = hits
        .iter()
        .map(|hit| {
            let node = node_of(hit);
            let (path, first, last) = (hit.path.clone(), hit.first, hit.last);
            (Found { path, first, last, node, score: 0.0 }, hit.chunk)
        })
        .collect();
    let mut vote = |order: Vec<usize>, weight: f64| {
        for (place, at) in order.into_iter().enumerate() {
            places[at].0.score += weight / (FUSION + place as f64 + 1.0);
        }
    };
    vote((0..known.len()).collect(), 1.0);
    let position = |chunk: &i64| hits.iter().position(|hit| hit.chunk == *chunk);
    vote(meaning.iter().filter_map(position).collect(), 1.0);
    let mut central: Vec<usize> =
        (0..hits.len()).filter(|at| node_of(&hits[*at]).is_some()).collect();
    let rank_of = |at: &usize| node_of(&hits[*at]).map_or(0.0, |node| ranks[node.0 as usize]);
    central.sort_by(|a, b| rank_of(b).total_cmp(&rank_of(a)).then(a.cmp(b)));
    vote(central, GRAPH_WEIGHT);
    let fit = |at: &usize| node_of(&hits[*at]).map_or(0.0, |node| name_fit(graph, node, &terms));
    let mut called: Vec<usize> = (0..hits.len()).filter(|at| fit(at) > 0.0).collect();
    called.sort_by(|a, b| fit(b).total_cmp(&fit(a)).then(a.cmp(b)));
    vote(called, NAME_WEIGHT);
    let asks_for_tests = terms.iter().any(|term| term.starts_with("test"));
    for (found, _) in &mut places {
        // Tests say the words of what they test, all of them.
        let test = is_test_path(&found.path) && !asks_for_tests;
        if test || is_vendored_path(&found.path) {
            found.score *= 0.5;
        }
    }
    places.sort_by(|(a, _), (b, _)| {
        b.score.total_cmp(&a.score).then_with(|| (&a.path, a.first).cmp(&(&b.path, b.first)))
    });
    let mut best: Vec<Found> = Vec::new();
    for (found, _) in places {
        let seen = best.iter().any(|b| found.node.is_some() && b.node == found.node);
        if !seen && best.len() < most {
            best.push(found);
        }
    }
    Ok(best)
}

/// The share of the words of a definition's own name that were asked for; 1 for the whole name.
fn name_fit(graph: &Graph<'_>, node: NodeId, terms: &[String]) -> f64 {
    let file = graph.file(node);
    let Some(symbol) = graph.symbol(node) else { return 0.0 };
    let words = split_words(file.symbols.name(symbol.name));
    if words.is_empty() {
        return 0.0;
    }
    // Forms of one word begin alike: retry, retries, retrying.
    let alike = |word: &str, term: &str| {
        let stem = |text: &str| text.chars().take(4).collect::<String>();
        word == term || word.len() > 3 && term.len() > 3 && stem(word) == stem(term)
    };
    if terms.contains(&words.concat()) {
        return 1.0;
    }
    let asked = words.iter().filter(|word| terms.iter().any(|term| alike(word, term))).count();
    asked as f64 / words.len() as f64
}
