//! How likely a transformation is the repair of its place, learned from real fixes.
//!
//! Operators have a cost set by hand. How far that is right was counted over places that people
//! repaired in the history of public projects: how often the catalogue makes an edit of a kind at
//! such a place, and how often it is the very one that was made. `evals/prior/README.md` has the
//! recipe, `prior.tsv` the counts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::syntax::{Mutation, Operator};

/// The counts that ship.
const TABLE: &str = include_str!("prior.tsv");

/// How much the hand-set cost counts: as much as if it had been right this often.
const BELIEF: f64 = 3.0;

/// Transformations that share what is known about them: an operator and its hand-set cost, in
/// hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    pub operator: Operator,
    pub cost: u16,
}

/// What became of the transformations of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Made at a place that was repaired.
    pub made: u64,
    /// Equal to the repair.
    pub right: u64,
}

/// Learned costs.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    costs: BTreeMap<Kind, f64>,
    made: BTreeMap<Kind, u64>,
}

impl Kind {
    /// The kind of a transformation.
    pub fn of(mutation: &Mutation) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "costs lie between 0 and 10"
        )]
        let cost = (mutation.cost * 100.0).round() as u16;
        Self { operator: mutation.operator, cost }
    }

    fn by_hand(self) -> f64 {
        f64::from(self.cost) / 100.0
    }
}

impl Prior {
    /// Nothing learned: the costs set by hand.
    pub const BY_HAND: Self = Self { costs: BTreeMap::new(), made: BTreeMap::new() };

    /// The one that ships.
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Prior> = OnceLock::new();
        SHIPPED.get_or_init(|| Self::learn(&read(TABLE)))
    }

    /// What `counts` say. Each kind's share of right ones, drawn towards what its hand-set cost
    /// says, as a negative logarithm on the scale of the hand-set costs.
    #[expect(clippy::cast_precision_loss, reason = "no count is that large")]
    pub fn learn(counts: &BTreeMap<Kind, Count>) -> Self {
        let right: u64 = counts.values().map(|c| c.right).sum();
        let expected: f64 =
            counts.iter().map(|(kind, c)| c.made as f64 * (-kind.by_hand()).exp()).sum();
        if right == 0 || expected <= 0.0 {
            return Self::default();
        }
        // The factor with which the hand-set costs predict as many right ones as there were.
        let scale = right as f64 / expected;
        let cost = |kind: &Kind, c: &Count| {
            let guess = scale * (-kind.by_hand()).exp();
            let share = (c.right as f64 + BELIEF) / (c.made as f64 + BELIEF / guess);
            -(share / scale).ln()
        };
        Self {
            costs: counts.iter().map(|(kind, c)| (*kind, cost(kind, c))).collect(),
            made: counts.iter().map(|(kind, c)| (*kind, c.made)).collect(),
        }
    }

    /// A cost that few transformations are below: one in a hundred of those that were made.
    pub fn low(&self) -> f64 {
        let mut costs: Vec<(f64, u64)> =
            self.made.iter().map(|(kind, made)| (self.cost(*kind), *made)).collect();
        costs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut left = costs.iter().map(|(_, made)| made).sum::<u64>() / 100;
        let above = |(_, made): &&(f64, u64)| {
            let found = *made > left;
            left = left.saturating_sub(*made);
            found
        };
        costs.iter().find(above).map_or(0.0, |(cost, _)| *cost)
    }

    /// The negative logarithm of how likely an edit of this kind is the repair, up to a constant.
    ///
    /// A bug may be of the kind that was counted, and had survived until somebody noticed, or a slip
    /// of a minute ago, for which the hand-set cost speaks: it is one or the other, evenly.
    ///
    /// A cost that was never seen, because the failure's words changed it, differs from the
    /// hand-set one as the nearest of the same operator does.
    pub fn cost(&self, kind: Kind) -> f64 {
        let least = Kind { cost: 0, ..kind };
        let most = Kind { cost: u16::MAX, ..kind };
        let nearest =
            self.costs.range(least..=most).min_by_key(|(known, _)| known.cost.abs_diff(kind.cost));
        let by_hand = kind.by_hand();
        let learned = by_hand + nearest.map_or(0.0, |(known, learned)| learned - known.by_hand());
        -f64::midpoint((-learned).exp(), (-by_hand).exp()).ln()
    }
}

/// Reads a table: operator, hand-set cost, made, right, with tabs between. Lines about operators
/// that are no more are left out.
pub fn read(table: &str) -> BTreeMap<Kind, Count> {
    let line = |text: &str| {
        let mut fields = text.split('\t');
        let name = fields.next()?;
        let operator = *Operator::ALL.iter().find(|o| o.name() == name)?;
        let cost = fields.next()?.parse().ok()?;
        let made = fields.next()?.parse().ok()?;
        let right = fields.next()?.parse().ok()?;
        Some((Kind { operator, cost }, Count { made, right }))
    };
    table.lines().filter_map(line).collect()
}

/// Writes what [`read`] reads.
pub fn write(counts: &BTreeMap<Kind, Count>) -> String {
    let mut out = String::from("operator\tcost in hundredths\tmade\tright\n");
    for (kind, count) in counts {
        let (name, cost) = (kind.operator.name(), kind.cost);
        out.push_str(&format!("{name}\t{cost}\t{}\t{}\n", count.made, count.right));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Kind = Kind { operator: Operator::ReturnValue, cost: 100 };
    const B: Kind = Kind { operator: Operator::OffByOne, cost: 100 };

    fn counts(a: (u64, u64), b: (u64, u64)) -> BTreeMap<Kind, Count> {
        let count = |(made, right)| Count { made, right };
        BTreeMap::from([(A, count(a)), (B, count(b))])
    }

    #[test]
    fn what_is_right_more_often_costs_less() {
        let prior = Prior::learn(&counts((1000, 40), (1000, 10)));
        assert!(prior.cost(A) < 1.0 && 1.0 < prior.cost(B));
        let apart = prior.cost(B) - prior.cost(A);
        assert!(apart > 0.3 && apart < 4.0_f64.ln(), "{apart}");
    }

    #[test]
    fn few_counts_change_little() {
        let prior = Prior::learn(&counts((1_000_000, 1000), (100, 1)));
        assert!((prior.cost(B) - 1.0).abs() < 0.4, "{}", prior.cost(B));
        assert!((prior.cost(A) - 1.0).abs() < 0.05, "{}", prior.cost(A));
    }

    #[test]
    fn a_low_cost_is_one_that_few_are_below() {
        let many = Prior::learn(&counts((100, 50), (1_000_000, 1000)));
        assert!((many.low() - many.cost(B)).abs() < 1e-9);
        let even = Prior::learn(&counts((1000, 500), (1000, 10)));
        assert!((even.low() - even.cost(A)).abs() < 1e-9);
    }

    #[test]
    fn never_right_is_not_impossible() {
        let prior = Prior::learn(&counts((1000, 0), (1000, 10)));
        assert!(prior.cost(A) > 1.3 && prior.cost(A) < 1.0 + 2.0_f64.ln());
        let unseen = Kind { operator: Operator::Guard, cost: 250 };
        assert!((prior.cost(unseen) - 2.5).abs() < 1e-9);
        let between = Kind { cost: 120, ..A };
        assert!((prior.cost(between) - prior.cost(A) - 0.2).abs() < 1e-9);
    }

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        let counts = counts((1000, 40), (3, 0));
        assert_eq!(read(&write(&counts)), counts);
        assert!(read("gone\t100\t5\t1\nnonsense\n").is_empty());
    }

    #[test]
    fn the_shipped_table_is_whole() {
        let table = read(TABLE);
        assert_eq!(table.len() + 1, TABLE.lines().count());
        assert!(table.values().all(|c| c.right <= c.made));
        assert!(table.values().map(|c| c.right).sum::<u64>() > 500);
    }
}
