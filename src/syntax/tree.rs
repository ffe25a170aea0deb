//! A syntax tree flattened into one array.
//!
//! tree-sitter keeps no parent links: asking for a parent walks down from the root, and the
//! operators of the catalogue ask all the time. Here every step is an index. Nodes lie in source
//! order, parents before children, so that a subtree is a range of the array.

use std::fmt;

use tree_sitter::{Language, Tree};

/// All nodes of one tree.
pub(crate) struct Arena {
    entries: Vec<Entry>,
}

/// One node; cheap to copy. The methods follow `tree_sitter::Node`.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    arena: &'t Arena,
    index: u32,
}

/// Row and column (in bytes) of a place, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) row: usize,
    pub(crate) column: usize,
}

struct Entry {
    kind: &'static str,
    field: Option<&'static str>,
    start: u32,
    end: u32,
    start_row: u32,
    start_column: u32,
    end_row: u32,
    end_column: u32,
    parent: u32,
    previous: u32,
    /// Index after the last node of the subtree.
    after: u32,
    flags: u8,
}

const NONE: u32 = u32::MAX;
const NAMED: u8 = 1;
const EXTRA: u8 = 2;
const HAS_ERROR: u8 = 4;
const ERROR: u8 = 8;
const MISSING: u8 = 16;

impl Arena {
    /// Copies `tree`, whose names are taken from `language`.
    pub(crate) fn new(tree: &Tree, language: &'static Language) -> Self {
        let mut entries: Vec<Entry> = Vec::with_capacity(tree.root_node().descendant_count());
        let mut cursor = tree.walk();
        // The path from the root to the current node, with the last sibling seen at each level.
        let mut path: Vec<u32> = Vec::new();
        let mut previous = NONE;
        loop {
            let parent = path.last().copied().unwrap_or(NONE);
            let index = as_u32(entries.len());
            let field = cursor.field_id().and_then(|id| language.field_name_for_id(id.get()));
            entries.push(entry(cursor.node(), language, field, parent, previous));
            if cursor.goto_first_child() {
                path.push(index);
                previous = NONE;
                continue;
            }
            let mut done = index;
            loop {
                let len = as_u32(entries.len());
                entries[done as usize].after = len;
                previous = done;
                if cursor.goto_next_sibling() {
                    break;
                }
                let Some(up) = path.pop() else { return Self { entries } };
                cursor.goto_parent();
                done = up;
            }
        }
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { arena: self, index: 0 }
    }
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.arena.entries[self.index as usize]
    }

    fn at(self, index: u32) -> Self {
        Self { arena: self.arena, index }
    }

    fn flag(self, flag: u8) -> bool {
        self.entry().flags & flag != 0
    }

    /// Equal for the same node only, within one tree.
    pub(crate) fn id(self) -> usize {
        self.index as usize
    }

    /// The node of the same tree with this [`Node::id`].
    pub(crate) fn with_id(self, id: usize) -> Option<Self> {
        (id < self.arena.entries.len()).then(|| self.at(as_u32(id)))
    }

    pub(crate) fn kind(self) -> &'static str {
        self.entry().kind
    }

    pub(crate) fn start_byte(&self) -> usize {
        self.entry().start as usize
    }

    pub(crate) fn end_byte(&self) -> usize {
        self.entry().end as usize
    }

    pub(crate) fn byte_range(self) -> std::ops::Range<usize> {
        self.start_byte()..self.end_byte()
    }

    pub(crate) fn start_position(self) -> Point {
        let entry = self.entry();
        Point { row: entry.start_row as usize, column: entry.start_column as usize }
    }

    pub(crate) fn end_position(self) -> Point {
        let entry = self.entry();
        Point { row: entry.end_row as usize, column: entry.end_column as usize }
    }

    pub(crate) fn is_named(self) -> bool {
        self.flag(NAMED)
    }

    pub(crate) fn is_extra(self) -> bool {
        self.flag(EXTRA)
    }

    /// True when this node or one below it is an error or missing.
    pub(crate) fn has_error(self) -> bool {
        self.flag(HAS_ERROR)
    }

    pub(crate) fn is_error(self) -> bool {
        self.flag(ERROR)
    }

    pub(crate) fn is_missing(self) -> bool {
        self.flag(MISSING)
    }

    pub(crate) fn parent(&self) -> Option<Self> {
        let parent = self.entry().parent;
        (parent != NONE).then(|| self.at(parent))
    }

    pub(crate) fn next_sibling(self) -> Option<Self> {
        let parent = self.parent()?;
        let next = self.entry().after;
        (next < parent.entry().after).then(|| self.at(next))
    }

    pub(crate) fn prev_sibling(self) -> Option<Self> {
        let previous = self.entry().previous;
        (previous != NONE).then(|| self.at(previous))
    }

    pub(crate) fn next_named_sibling(self) -> Option<Self> {
        std::iter::successors(self.next_sibling(), |n| n.next_sibling()).find(|n| n.is_named())
    }

    pub(crate) fn prev_named_sibling(self) -> Option<Self> {
        std::iter::successors(self.prev_sibling(), |n| n.prev_sibling()).find(|n| n.is_named())
    }

    /// All children, anonymous tokens included.
    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.entry().after;
        let first = (self.index + 1 < end).then(|| self.at(self.index + 1));
        std::iter::successors(first, move |n| {
            let next = n.entry().after;
            (next < end).then(|| n.at(next))
        })
    }

    pub(crate) fn named_child_count(self) -> usize {
        self.children().filter(|c| c.is_named()).count()
    }

    /// The child at a position counted from 0, tokens included.
    pub(crate) fn child(self, at: usize) -> Option<Self> {
        self.children().nth(at)
    }

    /// The named child at a position counted from 0, comments included.
    pub(crate) fn named_child(self, at: usize) -> Option<Self> {
        self.children().filter(|c| c.is_named()).nth(at)
    }

    pub(crate) fn child_by_field_name(self, name: &str) -> Option<Self> {
        self.children().find(|c| c.entry().field == Some(name))
    }

    /// The field this node fills in its parent.
    pub(crate) fn field(self) -> Option<&'static str> {
        self.entry().field
    }

    /// The nodes of the subtree, this one first, parents before children, in source order.
    pub(crate) fn subtree(self) -> impl Iterator<Item = Self> {
        (self.index..self.entry().after).map(move |index| self.at(index))
    }

    /// As [`Node::subtree`], but what `enter` refuses (other than this node) is not entered; it
    /// is still listed.
    pub(crate) fn walk(self, enter: impl Fn(Self) -> bool) -> Vec<Self> {
        let mut out = Vec::new();
        let mut index = self.index;
        while index < self.entry().after {
            let node = self.at(index);
            out.push(node);
            index = if index == self.index || enter(node) { index + 1 } else { node.entry().after };
        }
        out
    }

    /// The smallest node of the subtree that holds a byte range; at a border the one that begins
    /// there.
    pub(crate) fn descendant_for_byte_range(self, start: usize, end: usize) -> Option<Self> {
        let holds = |n: &Self| n.start_byte() <= start && end <= n.end_byte();
        let mut best = Some(self).filter(holds)?;
        loop {
            // Empty nodes hold nothing; of two that meet here the later one begins here.
            let inner =
                best.children().filter(|n| holds(n) && n.start_byte() < n.end_byte()).last();
            match inner {
                Some(inner) => best = inner,
                None => return Some(best),
            }
        }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.arena, other.arena)
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind(), self.byte_range())
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} nodes", self.entries.len())
    }
}

fn entry(
    node: tree_sitter::Node<'_>,
    language: &'static Language,
    field: Option<&'static str>,
    parent: u32,
    previous: u32,
) -> Entry {
    let flag = |on: bool, flag: u8| if on { flag } else { 0 };
    let (start, end) = (node.start_position(), node.end_position());
    let kind = if node.is_error() {
        "ERROR"
    } else {
        language.node_kind_for_id(node.kind_id()).unwrap_or("ERROR")
    };
    Entry {
        kind,
        field,
        start: as_u32(node.start_byte()),
        end: as_u32(node.end_byte()),
        start_row: as_u32(start.row),
        start_column: as_u32(start.column),
        end_row: as_u32(end.row),
        end_column: as_u32(end.column),
        parent,
        previous,
        after: 0,
        flags: flag(node.is_named(), NAMED)
            | flag(node.is_extra(), EXTRA)
            | flag(node.has_error(), HAS_ERROR)
            | flag(node.is_error(), ERROR)
            | flag(node.is_missing(), MISSING),
    }
}

/// tree-sitter itself counts in 32 bits.
fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX - 1)
}
