//! What a file says: values, conditions and links of chains that an edit may use again.

use std::collections::{HashMap, HashSet};

use super::sink::Sink;
use super::tree::Node;
use crate::base::Span;

/// Longer expressions are not used again.
const MAX_BYTES: usize = 48;

/// A value or a condition that some function says.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) span: Span,
    pub(super) what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Name,
    /// `a.b`
    Fields,
    /// The condition of a branch or a loop, which binds less tightly than `||`, than `&&`, or as tightly.
    Condition(Binding),
}

/// How tightly an expression holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    /// `a ? b : c`, `a ?? b`
    Loose,
    /// `a || b`
    Or,
    /// `a && b`
    And,
    Tight,
}

/// What of `around` (in source order) is said nearest to `node`, each text once, the node's own left out.
pub(super) fn nearest(
    around: &[Said],
    node: Node<'_>,
    most: usize,
    sink: &Sink<'_>,
    is_wanted: impl Fn(&Said) -> bool,
) -> Vec<Said> {
    let own = sink.text(node);
    let mut out: Vec<Said> = Vec::new();
    for said in by_distance(around, node.start_byte(), |said| said.span.start) {
        if out.len() == most {
            break;
        }
        let text = sink.text_at(said.span);
        let is_fit = !text.is_empty() && text.len() <= MAX_BYTES && !text.contains('\n');
        let is_known = || out.iter().any(|known| sink.text_at(known.span) == text);
        if is_fit && text != own && is_wanted(said) && !is_known() {
            out.push(*said);
        }
    }
    out
}

/// Of things in source order, those next to the byte `start` first; what stands before it wins a tie.
pub(super) fn by_distance<T>(
    sorted: &[T],
    start: usize,
    at: impl Fn(&T) -> usize,
) -> impl Iterator<Item = &T> {
    let (before, behind) = sorted.split_at(sorted.partition_point(|item| at(item) < start));
    let (mut before, mut behind) = (before.iter().rev().peekable(), behind.iter().peekable());
    std::iter::from_fn(move || {
        let distance = |item: &&T| at(item).abs_diff(start);
        match (before.peek().map(&distance), behind.peek().map(&distance)) {
            (Some(a), Some(b)) if a > b => behind.next(),
            (None, _) => behind.next(),
            _ => before.next(),
        }
    })
}

/// The first `most` different texts.
pub(super) fn distinct<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for text in texts {
        if out.len() == most {
            break;
        }
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// `a.b`, somewhere in a file.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    pub(super) object: Span,
    pub(super) member: Span,
    pub(super) is_called: bool,
}

impl Chain {
    /// True for `a.b()`, in the text of its file.
    pub(super) fn is_bare(self, text: &str) -> bool {
        self.is_called && text[self.member.end..].starts_with("()")
    }
}

/// Every `a.b` of a file, in source order.
pub(super) struct Chains {
    all: Vec<Chain>,
    on: HashMap<String, Vec<usize>>,
    with: HashMap<String, Vec<usize>>,
    members: Vec<Chain>,
    bare: Vec<Chain>,
}

impl Chains {
    pub(super) fn new(all: Vec<Chain>, text: &str) -> Self {
        let (mut on, mut with) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let (mut members, mut seen) = (Vec::new(), HashSet::new());
        for (index, chain) in all.iter().enumerate() {
            let [object, member] = [chain.object, chain.member].map(|s| s.of(text).unwrap_or(""));
            on.entry(object.to_owned()).or_default().push(index);
            with.entry(member.to_owned()).or_default().push(index);
            if seen.insert((member, chain.is_called)) {
                members.push(*chain);
            }
        }
        let mut bare: Vec<Chain> = all.iter().copied().filter(|c| c.is_bare(text)).collect();
        bare.sort_by_key(|chain| chain.member.start);
        Self { all, on, with, members, bare }
    }

    /// Those called without arguments, in the order of their members.
    pub(super) fn bare(&self) -> &[Chain] {
        &self.bare
    }

    /// Those of an object.
    pub(super) fn on(&self, object: &str) -> impl Iterator<Item = Chain> {
        self.on.get(object).into_iter().flatten().map(|index| self.all[*index])
    }

    /// Those with a member of this name.
    pub(super) fn with(&self, member: &str) -> impl Iterator<Item = Chain> {
        self.with.get(member).into_iter().flatten().map(|index| self.all[*index])
    }

    /// The first with each member, called and not.
    pub(super) fn members(&self) -> impl Iterator<Item = Chain> {
        self.members.iter().copied()
    }
}
