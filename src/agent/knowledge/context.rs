//! Fills a budget of tokens with what a task needs to see, and keeps account of it.
//!
//! Parts are chosen by what they are worth and written stable ones first: the outline of the
//! repository changes least, the lines at hand change with every request, so that what a model
//! computed for the beginning of one prompt serves the next.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::find::Found;
use crate::agent::sources::Sources;
use crate::base::{Line, RepoPath};
use crate::repo::graph::{Focus, Graph, NodeId};
use crate::repo::is_test_path;
use crate::repo::lookup;
use crate::repo::map::{MapOptions, map};
use crate::syntax::ReferenceKind;

/// The share of a budget that the outline may take before anything else is short of room.
const MAP_SHARE: f64 = 0.25;
/// Definitions of one kind that are looked at.
const MOST: usize = 24;
/// Longer definitions are shown by their heads.
const LONGEST: u32 = 120;
/// Lines of one use that are shown.
const AROUND: u32 = 2;

/// What a task wants to see.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    /// Tokens that all parts together may have.
    pub budget: usize,
    /// Lines at hand: of a trace, of a request.
    pub places: &'w [(RepoPath, Line)],
    /// What a search for the request's words found, best first.
    pub found: &'w [Found],
}

/// What a part is, in the order in which parts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// The outline of the repository.
    Map,
    /// A type that the code at hand uses.
    Type,
    /// The head of something that the code at hand calls.
    Callee,
    /// How others call the same.
    Sibling,
    /// A test that reaches the code at hand.
    Test,
    /// Found by the request's words.
    Found,
    /// The code at hand.
    Here,
}

impl Purpose {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "outline of the repository",
            Self::Type => "type used",
            Self::Callee => "called from here",
            Self::Sibling => "used elsewhere",
            Self::Test => "test that reaches it",
            Self::Found => "found by its words",
            Self::Here => "the code at hand",
        }
    }

    /// How much it is worth: what is chosen first, when not everything fits.
    fn order_of_choice(self) -> u8 {
        match self {
            Self::Here => 0,
            Self::Found => 1,
            Self::Callee => 2,
            Self::Type => 3,
            Self::Sibling => 4,
            Self::Test => 5,
            Self::Map => 6,
        }
    }
}

/// One part of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub purpose: Purpose,
    /// `None` for the outline.
    pub path: Option<RepoPath>,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    pub text: String,
    pub tokens: usize,
}

/// The parts, in the order of the prompt, and what had no room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub parts: Vec<Part>,
    pub left_out: Vec<Part>,
    pub budget: usize,
}

impl Context {
    /// Tokens of all parts together.
    pub fn tokens(&self) -> usize {
        self.parts.iter().map(|part| part.tokens).sum()
    }

    /// The parts as one text for a prompt.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }

    /// What went in, what was left out and why, for people.
    pub fn account(&self) -> String {
        let mut out = String::new();
        let mut list = |title: &str, parts: &[Part]| {
            if !parts.is_empty() {
                let _ = writeln!(out, "{title}");
            }
            for part in parts {
                let (first, last) = part.lines;
                let place = part.path.as_ref().map_or_else(
                    || "the repository".to_owned(),
                    |path| format!("{path}:{first}-{last}"),
                );
                let _ = writeln!(out, "  {:>6}  {:<26} {place}", part.tokens, part.purpose.name());
            }
        };
        list("tokens  in the context, in this order", &self.parts);
        list("tokens  left out: there was no room", &self.left_out);
        let _ = writeln!(out, "{} of {} tokens used", self.tokens(), self.budget);
        out
    }
}

/// Fills `wanted.budget` from the graph and the files it was made from.
pub fn build(
    graph: &Graph<'_>,
    sources: &Sources,
    wanted: &Wanted<'_>,
    count: &mut dyn FnMut(&str) -> usize,
) -> Context {
    let mut gatherer = Gatherer { graph, sources, count, parts: Vec::new(), seen: BTreeSet::new() };
    let here = gatherer.here(wanted.places);
    for found in wanted.found {
        gatherer.found(found);
    }
    gatherer.used_by(&here);
    gatherer.users_of(&here);
    let mut all = gatherer.parts;
    // Stable: parts of one purpose stay in the order in which they were found.
    all.sort_by_key(|part| part.purpose.order_of_choice());
    let mut context = Context { budget: wanted.budget, ..Context::default() };
    // The outline is worth a share of its own; what others leave comes on top.
    let reserved = (wanted.budget as f64 * MAP_SHARE) as usize;
    let mut room = wanted.budget - reserved;
    for part in all {
        if part.tokens <= room {
            room -= part.tokens;
            context.parts.push(part);
        } else {
            context.left_out.push(part);
        }
    }
    let mut focus = Focus { nodes: here.into_iter().collect() };
    focus.nodes.extend(wanted.found.iter().filter_map(|found| found.node).take(5));
    let title = "Outline of the repository:\n";
    let budget = (room + reserved).saturating_sub(count(title) + 1);
    let outline = map(graph, MapOptions { budget, focus, count });
    if !outline.text.is_empty() {
        let text = format!("{title}{}\n", outline.text);
        let tokens = count(&text);
        context.parts.push(Part { purpose: Purpose::Map, path: None, lines: (0, 0), text, tokens });
    }
    context.parts.sort_by_key(|part| part.purpose);
    context
}

struct Gatherer<'a, 's> {
    graph: &'a Graph<'s>,
    sources: &'a Sources,
    count: &'a mut dyn FnMut(&str) -> usize,
    parts: Vec<Part>,
    /// Lines that are in some part already.
    seen: BTreeSet<(RepoPath, u32)>,
}

impl Gatherer<'_, '_> {
    /// The functions around the places; the nodes they are.
    fn here(&mut self, places: &[(RepoPath, Line)]) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for (path, line) in places {
            match self.node_at(path, *line) {
                Some(node) if !nodes.contains(&node) => {
                    self.whole(node, Purpose::Here);
                    nodes.push(node);
                }
                Some(_) => {}
                None => {
                    let first = line.0.saturating_sub(10).max(1);
                    self.lines(path, first, line.0 + 10, Purpose::Here);
                }
            }
        }
        nodes
    }

    fn found(&mut self, found: &Found) {
        match found.node {
            Some(node) => self.whole(node, Purpose::Found),
            None => self.lines(&found.path, found.first, found.last, Purpose::Found),
        }
    }

    /// Heads of what the code at hand calls, and the types that it mentions.
    fn used_by(&mut self, here: &[NodeId]) {
        for &node in here {
            let links: Vec<_> = self.graph.from(node).iter().take(MOST).copied().collect();
            for link in links {
                match link.kind {
                    ReferenceKind::Base | ReferenceKind::Type => self.head(link.to, Purpose::Type),
                    _ => self.head(link.to, Purpose::Callee),
                }
            }
        }
    }

    /// Tests and other code that uses what is at hand or what it calls.
    fn users_of(&mut self, here: &[NodeId]) {
        for usage in lookup::usages(self.graph, here).into_iter().take(MOST) {
            if is_test_path(&usage.path) {
                self.whole(usage.from, Purpose::Test);
            } else {
                self.around(&usage.path, &usage.lines, Purpose::Sibling);
            }
        }
    }

    fn around(&mut self, path: &RepoPath, lines: &[u32], purpose: Purpose) {
        if let Some(&line) = lines.first() {
            self.lines(path, line.saturating_sub(AROUND).max(1), line + AROUND, purpose);
        }
    }

    /// A definition as it is, or its head when it is long.
    fn whole(&mut self, node: NodeId, purpose: Purpose) {
        let Some(symbol) = self.graph.symbol(node) else { return };
        let path = self.graph.file(node).path.clone();
        if symbol.last - symbol.first > LONGEST {
            let end = symbol.first + LONGEST;
            self.lines(&path, symbol.first, end, purpose);
        } else {
            self.lines(&path, symbol.first, symbol.last, purpose);
        }
    }

    /// The head of a definition, with the first sentence of its comment.
    fn head(&mut self, node: NodeId, purpose: Purpose) {
        let Some(symbol) = self.graph.symbol(node) else { return };
        let file = self.graph.file(node);
        if !self.seen.insert((file.path.clone(), symbol.first)) {
            return;
        }
        let mut text = format!("{}:{}: {}\n", file.path, symbol.line, symbol.signature);
        if !symbol.doc.is_empty() {
            let _ = writeln!(text, "    {}", symbol.doc);
        }
        let lines = (symbol.first, symbol.first);
        self.push(purpose, file.path.clone(), lines, text);
    }

    fn lines(&mut self, path: &RepoPath, first: u32, last: u32, purpose: Purpose) {
        if !self.seen.insert((path.clone(), first)) {
            return;
        }
        let Some(source) = self.sources.get(path) else { return };
        let last = last.min(u32::try_from(source.lines.count()).unwrap_or(u32::MAX));
        let mut text = format!("{path}, lines {first} to {last}:\n");
        for line in first..=last {
            text.push_str(source.line_text(Line(line)));
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('\n');
        self.push(purpose, path.clone(), (first, last), text);
    }

    fn push(&mut self, purpose: Purpose, path: RepoPath, lines: (u32, u32), text: String) {
        let tokens = (self.count)(&text);
        self.parts.push(Part { purpose, path: Some(path), lines, text, tokens });
    }

    /// The innermost callable or type around a line.
    fn node_at(&self, path: &RepoPath, line: Line) -> Option<NodeId> {
        let files = &self.graph.snapshot().files;
        let at = files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        let holds = |s: &crate::syntax::Symbol| (s.first..=s.last).contains(&line.0);
        (0..)
            .zip(&files[at].symbols.definitions)
            .filter(|(_, s)| holds(s) && (s.kind.is_callable() || s.kind.is_type()))
            .min_by_key(|(_, s)| s.last - s.first)
            .map(|(index, _)| self.graph.node(at, index))
    }
}
