//! Which removed line became which added one, so that versions of a line stand side by side.

use super::intraline::likeness;

/// Larger blocks are paired by position: comparing all with all would take too long, and a block
/// that was rewritten has no versions of its lines anyway.
const MAX_LINES: usize = 24;

/// The product of the bytes of both blocks beyond which they are paired by position too: about what
/// a block of that many lines of ordinary length comes to.
const MAX_WORK: usize = 1 << 23;

/// A removed line, an added line, or both: indices into the two blocks.
pub type Sides = (Option<usize>, Option<usize>);

/// Pairs `removed` with `added` lines, in order, so that as much text as possible stands opposite
/// its own kind. Each index of both appears once.
pub fn align(removed: &[&str], added: &[&str]) -> Vec<Sides> {
    let bytes = |block: &[&str]| block.iter().map(|line| line.len()).sum::<usize>();
    let work = bytes(removed).saturating_mul(bytes(added));
    if removed.len() > MAX_LINES || added.len() > MAX_LINES || work > MAX_WORK {
        return by_position(removed.len(), added.len());
    }
    let likeness: Vec<Vec<Option<f64>>> =
        removed.iter().map(|old| added.iter().map(|new| likeness(old, new)).collect()).collect();
    // best[o][n]: the most likeness that the lines from o and n on can be paired with.
    let mut best = vec![vec![0.0_f64; added.len() + 1]; removed.len() + 1];
    for o in (0..removed.len()).rev() {
        for n in (0..added.len()).rev() {
            let paired = likeness[o][n].map_or(0.0, |pair| pair + best[o + 1][n + 1]);
            best[o][n] = paired.max(best[o + 1][n]).max(best[o][n + 1]);
        }
    }
    let mut out = Block::default();
    let (mut o, mut n) = (0, 0);
    while o < removed.len() && n < added.len() {
        match likeness[o][n] {
            Some(pair) if best[o][n] <= pair + best[o + 1][n + 1] => {
                out.pair(o, n);
                (o, n) = (o + 1, n + 1);
            }
            _ if best[o + 1][n] >= best[o][n + 1] => {
                out.left.push(o);
                o += 1;
            }
            _ => {
                out.right.push(n);
                n += 1;
            }
        }
    }
    out.left.extend(o..removed.len());
    out.right.extend(n..added.len());
    out.flush();
    out.sides
}

/// Pairs found so far, and the lines without a counterpart since the last of them.
#[derive(Default)]
struct Block {
    sides: Vec<Sides>,
    left: Vec<usize>,
    right: Vec<usize>,
}

impl Block {
    fn pair(&mut self, old: usize, new: usize) {
        self.flush();
        self.sides.push((Some(old), Some(new)));
    }

    /// Lines without a counterpart share rows: they replace each other as a whole.
    fn flush(&mut self) {
        for at in 0..self.left.len().max(self.right.len()) {
            self.sides.push((self.left.get(at).copied(), self.right.get(at).copied()));
        }
        self.left.clear();
        self.right.clear();
    }
}

fn by_position(removed: usize, added: usize) -> Vec<Sides> {
    let within = |at: usize, len: usize| (at < len).then_some(at);
    (0..removed.max(added)).map(|at| (within(at, removed), within(at, added))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_added_guard_is_not_taken_for_the_line_it_guards() {
        let sides = align(
            &["    return total / len(items)"],
            &["    if not items:", "        return 0", "    return total / max(len(items), 1)"],
        );
        assert_eq!(sides, [(None, Some(0)), (None, Some(1)), (Some(0), Some(2))]);
    }

    #[test]
    fn unlike_lines_share_a_row() {
        assert_eq!(
            align(&["import os"], &["x = 3", "y = 4"]),
            [(Some(0), Some(0)), (None, Some(1))]
        );
        assert_eq!(align(&[], &["x"]), [(None, Some(0))]);
    }

    proptest! {
        #[test]
        fn every_line_once_and_in_order(
            old in proptest::collection::vec("[ab(]{0,4}", 0..30),
            new in proptest::collection::vec("[ab(]{0,4}", 0..30),
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            let sides = align(&old, &new);
            let left: Vec<usize> = sides.iter().filter_map(|side| side.0).collect();
            let right: Vec<usize> = sides.iter().filter_map(|side| side.1).collect();
            prop_assert_eq!(left, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(right, (0..new.len()).collect::<Vec<_>>());
        }
    }
}
