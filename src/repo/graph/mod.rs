//! Who uses whom: definitions as nodes, uses as links between them.
//!
//! A use is linked to the definition that it means as far as imports, scopes and receivers tell.
//! What cannot be told apart is shared out among few candidates, and what could be anything is
//! dropped: `get` must not tie the whole repository together.

mod layout;
mod link;
mod rank;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::repo::index::{File, Snapshot};
use crate::syntax::{ReferenceKind, Symbol};

pub use link::Linking;
pub(super) use rank::telling;
pub use rank::{Focus, rank};

/// A node: a file itself, for code outside of definitions, or one of its definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// The links of a repository.
#[derive(Debug)]
pub struct Graph<'s> {
    snapshot: &'s Snapshot,
    /// The first node of each file, itself; its definitions follow. One more at the end.
    first: Vec<u32>,
    /// Sorted by where they come from.
    pub links: Vec<Link>,
}

/// Uses of one definition within another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    pub from: NodeId,
    pub to: NodeId,
    pub kind: ReferenceKind,
    /// The use, an index into the references of the file that `from` is in; `None` for an import.
    pub reference: Option<u32>,
    /// How sure it is that this one is meant, above 0 and up to 1.
    pub confidence: f32,
}

impl<'s> Graph<'s> {
    /// Links all uses of a snapshot.
    pub fn new(snapshot: &'s Snapshot, linking: Linking) -> Self {
        let mut first = Vec::with_capacity(snapshot.files.len() + 1);
        let mut next = 0;
        for file in &snapshot.files {
            first.push(next);
            next += 1 + as_u32(file.symbols.definitions.len());
        }
        first.push(next);
        let mut graph = Self { snapshot, first, links: Vec::new() };
        let mut links = link::links(&graph, linking);
        links.sort_by_key(|link| (link.from, link.to, link.reference));
        graph.links = links;
        graph
    }

    /// The files and symbols that it was made from.
    pub fn snapshot(&self) -> &'s Snapshot {
        self.snapshot
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.first.last().map_or(0, |n| *n as usize)
    }

    /// True without any file.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The node of a file itself.
    pub fn file_node(&self, file: usize) -> NodeId {
        NodeId(self.first[file])
    }

    /// The node of a definition.
    pub fn node(&self, file: usize, definition: u32) -> NodeId {
        NodeId(self.first[file] + 1 + definition)
    }

    /// All nodes of a file, itself first.
    pub fn nodes_of(&self, file: usize) -> Range<u32> {
        self.first[file]..self.first[file + 1]
    }

    /// The file of a node, and its definition.
    pub fn place(&self, node: NodeId) -> (usize, Option<u32>) {
        let file = self.first.partition_point(|first| *first <= node.0) - 1;
        (file, (node.0 - self.first[file]).checked_sub(1))
    }

    /// The file that a node is in.
    pub fn file(&self, node: NodeId) -> &'s File {
        &self.snapshot.files[self.place(node).0]
    }

    /// The definition of a node; `None` for a file itself.
    pub fn symbol(&self, node: NodeId) -> Option<&'s Symbol> {
        let (file, definition) = self.place(node);
        self.snapshot.files[file].symbols.definitions.get(definition? as usize)
    }

    /// The links that begin at a node.
    pub fn from(&self, node: NodeId) -> &[Link] {
        let start = self.links.partition_point(|link| link.from < node);
        let end = self.links.partition_point(|link| link.from <= node);
        &self.links[start..end]
    }
}

pub(super) fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX - 1)
}
