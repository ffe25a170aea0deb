//! Where a text stands in a grammar: a set of stacks, advanced character by character.

use std::collections::HashSet;

use super::{Element, Grammar};

/// Most stacks followed at once. An ambiguity beyond this makes the text count as not matching.
const MAX_STACKS: usize = 2048;
/// Deepest stack followed: bounds right recursion that is not in last place, such as nesting.
const MAX_DEPTH: usize = 512;

/// The positions a text has reached in a [`Grammar`].
#[derive(Clone, Debug)]
pub struct Matcher<'g> {
    grammar: &'g Grammar,
    /// Each stack holds positions yet to be matched, the next one last; empty: may end here.
    stacks: Vec<Stack>,
    partial: Partial,
}

type Stack = Vec<u32>;

/// A character of which only the first bytes have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Partial {
    value: u32,
    /// Continuation bytes still to come.
    missing: u8,
    /// Lowest value that is not an overlong encoding.
    lowest: u32,
}

impl<'g> Matcher<'g> {
    /// A matcher at the beginning of `root`.
    pub fn new(grammar: &'g Grammar) -> Self {
        let mut stacks = Vec::new();
        if let Some(starts) = grammar.rules.get(grammar.root as usize) {
            let first = starts.iter().map(|&start| vec![start]).collect();
            stacks = closure(grammar, first);
        }
        Self { grammar, stacks, partial: Partial::default() }
    }

    /// Advances over `bytes`, which may begin or end inside a character. Returns whether the text
    /// still fits; when it does not, the matcher stays where it was.
    pub fn accept(&mut self, bytes: &[u8]) -> bool {
        match self.advanced(bytes) {
            Some((stacks, partial)) => {
                self.stacks = stacks;
                self.partial = partial;
                true
            }
            None => false,
        }
    }

    /// Whether `bytes` could come next.
    pub fn allows(&self, bytes: &[u8]) -> bool {
        self.advanced(bytes).is_some()
    }

    /// Whether the text so far is a whole sentence.
    pub fn may_end(&self) -> bool {
        self.partial.missing == 0 && self.stacks.iter().any(Vec::is_empty)
    }

    /// Whether the text so far is a whole sentence that nothing can be added to.
    pub fn must_end(&self) -> bool {
        self.partial.missing == 0 && self.stacks.iter().all(Vec::is_empty)
    }

    fn advanced(&self, bytes: &[u8]) -> Option<(Vec<Stack>, Partial)> {
        let mut partial = self.partial;
        let mut own: Option<Vec<Stack>> = None;
        for &byte in bytes {
            let Some(c) = partial.push(byte)? else { continue };
            let stacks = own.as_ref().unwrap_or(&self.stacks);
            let next = step(self.grammar, stacks, c);
            if next.is_empty() {
                return None;
            }
            own = Some(next);
        }
        let stacks = own.as_ref().unwrap_or(&self.stacks);
        if partial.missing > 0 {
            let (low, high) = partial.range();
            let fits = |stack: &Stack| match stack.last().map(|&at| self.grammar.element(at)) {
                Some(Element::Class(id)) => self.grammar.classes[id as usize].overlaps(low, high),
                _ => false,
            };
            if !stacks.iter().any(fits) {
                return None;
            }
        }
        Some((own.unwrap_or_else(|| self.stacks.clone()), partial))
    }
}

impl Partial {
    /// Adds a byte: a whole character, or none yet; `None` when this is not UTF-8.
    #[expect(clippy::option_option, reason = "invalid, incomplete, complete")]
    fn push(&mut self, byte: u8) -> Option<Option<u32>> {
        if self.missing == 0 {
            let (value, missing, lowest) = match byte {
                0x00..=0x7f => return Some(Some(u32::from(byte))),
                0xc2..=0xdf => (byte & 0x1f, 1, 0x80),
                0xe0..=0xef => (byte & 0x0f, 2, 0x800),
                0xf0..=0xf4 => (byte & 0x07, 3, 0x1_0000),
                _ => return None,
            };
            *self = Self { value: u32::from(value), missing, lowest };
            return Some(None);
        }
        if byte & 0xc0 != 0x80 {
            return None;
        }
        self.value = self.value << 6 | u32::from(byte & 0x3f);
        self.missing -= 1;
        if self.missing > 0 {
            let (low, high) = self.range();
            // Overlong, a surrogate half, or above the last code point.
            return (low <= high).then_some(None);
        }
        let value = self.value;
        (value >= self.lowest && char::from_u32(value).is_some()).then_some(Some(value))
    }

    /// The code points that the missing bytes can still make; empty when low is above high.
    fn range(&self) -> (u32, u32) {
        let shift = 6 * u32::from(self.missing);
        let low = self.value << shift;
        let high = low | ((1 << shift) - 1);
        let (low, high) = (low.max(self.lowest), high.min(0x10_ffff));
        if (0xd800..=0xdfff).contains(&low) && (0xd800..=0xdfff).contains(&high) {
            return (1, 0);
        }
        (low, high)
    }
}

/// The stacks after matching the character `c`.
fn step(grammar: &Grammar, stacks: &[Stack], c: u32) -> Vec<Stack> {
    let mut next = Vec::new();
    for stack in stacks {
        let Some((&at, below)) = stack.split_last() else { continue };
        if let Element::Class(id) = grammar.element(at)
            && grammar.classes[id as usize].contains(c)
        {
            let mut moved = Vec::with_capacity(stack.len());
            moved.extend_from_slice(below);
            moved.push(at + 1);
            next.push(moved);
        }
    }
    closure(grammar, next)
}

/// Expands stacks until each is empty or has a character class on top; duplicates are dropped.
fn closure(grammar: &Grammar, mut todo: Vec<Stack>) -> Vec<Stack> {
    // The common case, one stack inside a literal or a class, needs no bookkeeping.
    if let [only] = todo.as_slice()
        && let Some(&at) = only.last()
        && matches!(grammar.element(at), Element::Class(_))
    {
        return todo;
    }
    let mut seen: HashSet<Stack> = HashSet::new();
    let mut out = Vec::new();
    while let Some(mut stack) = todo.pop() {
        if stack.len() > MAX_DEPTH || out.len() >= MAX_STACKS || seen.len() >= 8 * MAX_STACKS {
            continue;
        }
        // Finished alternatives return to the one that called them.
        while stack.last().is_some_and(|&at| grammar.element(at) == Element::End) {
            stack.pop();
        }
        if !seen.insert(stack.clone()) {
            continue;
        }
        match stack.last().map(|&at| (at, grammar.element(at))) {
            Some((at, Element::Rule(id))) => {
                stack.pop();
                // A call in last place needs no return: repetition does not grow the stack.
                if grammar.element(at + 1) != Element::End {
                    stack.push(at + 1);
                }
                for &start in &grammar.rules[id as usize] {
                    let mut called = Vec::with_capacity(stack.len() + 2);
                    called.extend_from_slice(&stack);
                    called.push(start);
                    todo.push(called);
                }
            }
            _ => out.push(stack),
        }
    }
    out
}
