//! Does the ranking put what a change needed where it is seen? Counted over past commits.
//!
//! For each commit the repository is taken as it was before. The file that the commit changed most is in
//! the focus, as if somebody had begun there; what the rest of the change needed is looked for in the
//! ranking: definitions of other files that the commit changed too; those that the added lines name, when only
//! one definition has the name; and those that they use, as links through imports tell after the commit. Linking by imports is held against linking by names alone, the rest being
//! the same.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::Cancel;
use crate::repo::graph::{Focus, Graph, Linking, NodeId};
use crate::repo::history::{Change, ChangedFile, History, HistoryError};
use crate::repo::index::Snapshot;
use crate::repo::is_test_path;
use crate::repo::map::{MapOptions, estimate_tokens, map, ranking};

/// Budgets, in tokens, at which it is counted what an outline shows.
pub const BUDGETS: [usize; 2] = [1024, 4096];
/// Commits that change more files than this follow no thread: formatting, renaming.
const MOST_FILES: usize = 12;

/// What one way of linking reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Definitions that were needed.
    pub needed: usize,
    /// Sum of 1 / rank over them.
    pub reciprocal: f64,
    /// Ranks, as a share of all definitions: 0 is the best.
    pub percentiles: Vec<f64>,
    /// How many were shown in an outline of each of [`BUDGETS`].
    pub shown: [usize; BUDGETS.len()],
}

/// What was counted over one repository.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub commits: usize,
    /// Definitions of other files that the commit changed as well.
    pub changed: [Score; 2],
    /// Definitions of other files that the added lines name, and nothing else is called.
    pub named: [Score; 2],
    /// Definitions of other files that the added lines use: what the first way of linking says of them
    /// afterwards. Names that several definitions have are among them, which is what it is for.
    pub used: [Score; 2],
}

/// The two ways, in the order of a [`Report`].
pub const LINKINGS: [Linking; 2] = [Linking::Imports, Linking::NamesOnly];

/// Counts over up to `most` commits of the repository at `path`, which may be bare.
///
/// # Errors
/// A history that cannot be read.
pub fn evaluate(
    path: &Path,
    most: usize,
    cancel: &Cancel,
    progress: &mut dyn FnMut(usize),
) -> Result<Report, HistoryError> {
    let mut history = History::open(path)?;
    let mut report = Report::default();
    // Most commits touch one file only.
    let changes = history.changes(most * 20)?;
    for change in changes {
        if report.commits == most || cancel.is_cancelled() {
            break;
        }
        if let Some(focus) = focus_of(&change) {
            let before = history.snapshot(&change.before)?.without_tests();
            let after = history.snapshot(&change.id)?.without_tests();
            if count((&before, &after), &change, focus, &mut report) {
                report.commits += 1;
                progress(report.commits);
            }
        }
    }
    Ok(report)
}

/// The file that a change begins in; `None` for a change that tells nothing.
fn focus_of(change: &Change) -> Option<&ChangedFile> {
    let sources: Vec<&ChangedFile> =
        change.files.iter().filter(|file| !is_test_path(&file.path)).collect();
    let tells = (2..=MOST_FILES).contains(&sources.len());
    sources.into_iter().filter(|_| tells).max_by_key(|file| file.old_lines.len() + file.added.len())
}

/// False when nothing outside of the focus was needed.
fn count(
    (snapshot, after): (&Snapshot, &Snapshot),
    change: &Change,
    focus: &ChangedFile,
    report: &mut Report,
) -> bool {
    let Ok(at) = snapshot.files.binary_search_by(|file| file.path.cmp(&focus.path)) else {
        return false;
    };
    let graphs = LINKINGS.map(|linking| Graph::new(snapshot, linking));
    let (changed, named) = (changed(&graphs[0], change, focus), named(&graphs[0], focus, at));
    let used = used(&graphs[0], after, focus);
    if changed.is_empty() && named.is_empty() && used.is_empty() {
        return false;
    }
    for (which, graph) in graphs.iter().enumerate() {
        let focus = Focus { nodes: [graph.file_node(at)].into() };
        let own = graph.nodes_of(at);
        let ranked: Vec<NodeId> = ranking(graph, &focus)
            .into_iter()
            .map(|shown| shown.node)
            .filter(|node| !own.contains(&node.0))
            .collect();
        let outlines = BUDGETS.map(|budget| {
            let options = MapOptions {
                budget,
                focus: focus.clone(),
                count: &mut |text| estimate_tokens(text),
            };
            map(graph, options).shown.into_iter().map(|s| s.node).collect::<BTreeSet<NodeId>>()
        });
        for (needed, score) in [
            (&changed, &mut report.changed[which]),
            (&named, &mut report.named[which]),
            (&used, &mut report.used[which]),
        ] {
            for node in needed {
                score.needed += 1;
                let rank = ranked.iter().position(|ranked| ranked == node).unwrap_or(graph.len());
                score.reciprocal += 1.0 / (rank + 1) as f64;
                score.percentiles.push((rank as f64 / ranked.len().max(1) as f64).min(1.0));
                for (shown, outline) in score.shown.iter_mut().zip(&outlines) {
                    *shown += usize::from(outline.contains(node));
                }
            }
        }
    }
    true
}

/// The innermost definitions of other files that the change touched.
fn changed(graph: &Graph<'_>, change: &Change, focus: &ChangedFile) -> BTreeSet<NodeId> {
    let files = &graph.snapshot().files;
    let mut needed = BTreeSet::new();
    for file in &change.files {
        if file.path == focus.path || is_test_path(&file.path) {
            continue;
        }
        let Ok(at) = files.binary_search_by(|known| known.path.cmp(&file.path)) else { continue };
        for line in &file.old_lines {
            let innermost = (0..)
                .zip(&files[at].symbols.definitions)
                .filter(|(_, s)| (s.first..=s.last).contains(line))
                .filter(|(_, s)| s.kind.is_callable() || s.kind.is_type())
                .min_by_key(|(_, s)| s.last - s.first);
            needed.extend(innermost.map(|(index, _)| graph.node(at, index)));
        }
    }
    needed
}

/// Definitions of other files that the added lines name, when only one has the name.
fn named(graph: &Graph<'_>, focus: &ChangedFile, at: usize) -> BTreeSet<NodeId> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = focus
        .added
        .iter()
        .flat_map(|line| line.split(|c| !is_word(c)))
        .filter(|w| w.len() > 2)
        .collect();
    let mut by_name: std::collections::HashMap<&str, Vec<NodeId>> =
        std::collections::HashMap::new();
    for (file_at, file) in graph.snapshot().files.iter().enumerate() {
        for (index, symbol) in (0..).zip(&file.symbols.definitions) {
            let name = file.symbols.name(symbol.name);
            if (symbol.kind.is_callable() || symbol.kind.is_type()) && words.contains(name) {
                by_name.entry(name).or_default().push(graph.node(file_at, index));
            }
        }
    }
    let own = graph.nodes_of(at);
    by_name
        .into_values()
        .filter_map(|nodes| match nodes.as_slice() {
            [node] if !own.contains(&node.0) => Some(*node),
            _ => None,
        })
        .filter(|node| !is_test_path(&graph.file(*node).path))
        .collect()
}

/// Definitions of other files that the added lines are linked to afterwards, as far as they were there
/// before.
fn used(graph: &Graph<'_>, after: &Snapshot, focus: &ChangedFile) -> BTreeSet<NodeId> {
    let Ok(at) = after.files.binary_search_by(|file| file.path.cmp(&focus.path)) else {
        return BTreeSet::new();
    };
    let linked = Graph::new(after, Linking::Imports);
    let symbols = &after.files[at].symbols;
    let is_new = |reference: u32| {
        let lines = &symbols.references[reference as usize].lines;
        lines.iter().any(|line| focus.new_lines.contains(line))
    };
    let mut used = BTreeSet::new();
    for node in linked.nodes_of(at) {
        for link in linked.from(NodeId(node)) {
            let sure = link.confidence > 0.99 && link.reference.is_some_and(is_new);
            let (file, Some(definition)) = linked.place(link.to) else { continue };
            if !sure || file == at {
                continue;
            }
            let there = &after.files[file];
            let symbol = &there.symbols.definitions[definition as usize];
            if symbol.kind.is_callable() || symbol.kind.is_type() {
                used.extend(same(graph, &there.path, &there.symbols.qualified(definition)));
            }
        }
    }
    used
}

/// The definition of this name in this file.
fn same(graph: &Graph<'_>, path: &crate::base::RepoPath, qualified: &str) -> Option<NodeId> {
    let files = &graph.snapshot().files;
    let at = files.binary_search_by(|file| file.path.cmp(path)).ok()?;
    let symbols = &files[at].symbols;
    let count = u32::try_from(symbols.definitions.len()).ok()?;
    (0..count).find(|d| symbols.qualified(*d) == qualified).map(|d| graph.node(at, d))
}

impl Score {
    /// Mean of 1 / rank; 0 when nothing was needed.
    pub fn mean_reciprocal_rank(&self) -> f64 {
        self.reciprocal / self.needed.max(1) as f64
    }

    /// The middle of the ranks, as a share of all definitions.
    pub fn median_percentile(&self) -> f64 {
        let mut sorted = self.percentiles.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    }
}
