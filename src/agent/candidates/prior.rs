//! How likely a transformation is the repair of its place, learned from real fixes.
//!
//! Operators have a cost set by hand. How far that is right was counted over places that people
//! repaired in the history of public projects: how often the catalogue makes an edit of a kind at
//! such a place, and how often it is the very one that was made. Beside its kind counts how familiar
//! the file's own habits make it look, and what trees say of all that is measured. Each language was
//! counted by itself. `evals/prior/README.md` has the recipe; in `learned/` are, by language, the
//! counts (`prior.tsv`) and the weights (`familiarity.tsv`), and by catalogue the trees (`trees.tsv`).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::trees::Trees;
use crate::base::Language;
use crate::syntax::{Familiarity, Look, Mutation, Operator};

/// What ships for one language.
struct Tables {
    counts: &'static str,
    weights: &'static str,
    trees: &'static str,
}

/// The trees of the catalogue for languages with braces: together their fixes teach more.
const CURLY_TREES: &str = include_str!("learned/curly/trees.tsv");

/// By [`taught_as`].
const TABLES: [Tables; 4] = [
    Tables {
        counts: include_str!("learned/python/prior.tsv"),
        weights: include_str!("learned/python/familiarity.tsv"),
        trees: include_str!("learned/python/trees.tsv"),
    },
    Tables {
        counts: include_str!("learned/javascript/prior.tsv"),
        weights: include_str!("learned/javascript/familiarity.tsv"),
        trees: CURLY_TREES,
    },
    Tables {
        counts: include_str!("learned/rust/prior.tsv"),
        weights: include_str!("learned/rust/familiarity.tsv"),
        trees: CURLY_TREES,
    },
    Tables {
        counts: include_str!("learned/go/prior.tsv"),
        weights: include_str!("learned/go/familiarity.tsv"),
        trees: CURLY_TREES,
    },
];

/// Languages of the same number were learned together.
fn taught_as(language: Language) -> usize {
    match language {
        Language::Python => 0,
        Language::JavaScript | Language::TypeScript | Language::Tsx => 1,
        Language::Rust => 2,
        Language::Go => 3,
    }
}

/// How much the hand-set cost counts: as much as if it had been right this often.
const BELIEF: f64 = 3.0;
/// How far costs lie between what trees say and what was set by hand. Trees know bugs that survived until
/// somebody noticed, and rank slips of a minute ago too low; here both kinds of bugs are ranked well.
const BY_HAND: f64 = 0.4;

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
    weights: Weights,
    trees: Option<Arc<Trees>>,
}

/// How the familiarity of an edit counts beside its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// What one unit of each measure adds to the cost.
    pub familiarity: [f64; Familiarity::SIZE],
    /// What is added to each cost, so that familiarity changes nothing in the mean.
    pub offset: f64,
    /// A cost that few transformations are below: one in a hundred of those that were made.
    pub low: f64,
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
    /// The one that ships for files of this language.
    pub fn shipped(language: Language) -> &'static Self {
        static SHIPPED: [OnceLock<Prior>; TABLES.len()] = [const { OnceLock::new() }; TABLES.len()];
        let number = taught_as(language);
        SHIPPED[number].get_or_init(|| {
            let tables = &TABLES[number];
            let weights = Weights::read(tables.weights).unwrap_or_default();
            let trees = Trees::read(tables.trees).map(Arc::new);
            Self { trees, ..Self::learn(&read(tables.counts)).with(weights) }
        })
    }

    /// The same kinds, with these weights beside them and no trees.
    #[must_use]
    pub fn with(self, weights: Weights) -> Self {
        Self { weights, trees: None, ..self }
    }

    /// Nothing learned of kinds: their costs as set by hand. The weights stay.
    #[must_use]
    pub fn by_hand(&self) -> Self {
        Self { costs: BTreeMap::new(), ..self.without_trees() }
    }

    /// Every edit looks equally familiar. The kinds stay.
    #[must_use]
    pub fn without_familiarity(&self) -> Self {
        let weights = Weights { low: self.weights.low, ..Weights::default() };
        Self { weights, ..self.without_trees() }
    }

    /// Without trees, which are about both. Kinds and weights stay.
    #[must_use]
    pub fn without_trees(&self) -> Self {
        Self { trees: None, ..self.clone() }
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
            ..Self::default()
        }
    }

    /// A cost that few transformations are below.
    pub fn low(&self) -> f64 {
        self.trees.as_ref().map_or(self.weights.low, |trees| trees.low())
    }

    /// The negative logarithm of how likely an edit is the repair, up to a constant.
    pub fn cost(&self, kind: Kind, look: &Look) -> f64 {
        let (of_kind, familiarity) = (self.of_kind(kind), self.weights.cost(&look.familiarity));
        let Some(trees) = &self.trees else { return of_kind + familiarity };
        let learned = of_kind + trees.cost(kind, of_kind, look);
        learned + BY_HAND * (kind.by_hand() - learned) + familiarity
    }

    /// The negative logarithm of how likely an edit of this kind is the repair, up to a constant.
    ///
    /// A bug may be of the kind that was counted, and had survived until somebody noticed, or a slip
    /// of a minute ago, for which the hand-set cost speaks: it is one or the other, evenly.
    ///
    /// A cost that was never seen, because the failure's words changed it, differs from the
    /// hand-set one as the nearest of the same operator does.
    pub fn of_kind(&self, kind: Kind) -> f64 {
        let least = Kind { cost: 0, ..kind };
        let most = Kind { cost: u16::MAX, ..kind };
        let nearest =
            self.costs.range(least..=most).min_by_key(|(known, _)| known.cost.abs_diff(kind.cost));
        let by_hand = kind.by_hand();
        let learned = by_hand + nearest.map_or(0.0, |(known, learned)| learned - known.by_hand());
        -f64::midpoint((-learned).exp(), (-by_hand).exp()).ln()
    }
}

impl Weights {
    fn cost(&self, familiarity: &Familiarity) -> f64 {
        let weighed = self.familiarity.iter().zip(familiarity.values()).map(|(w, v)| w * v);
        weighed.sum::<f64>() + self.offset
    }

    /// Reads what [`Weights::write`] writes; `None` when something is missing.
    pub fn read(table: &str) -> Option<Self> {
        let values: BTreeMap<&str, f64> = table
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect();
        let mut familiarity = [0.0; Familiarity::SIZE];
        for (slot, name) in familiarity.iter_mut().zip(Familiarity::NAMES) {
            *slot = *values.get(name)?;
        }
        let (offset, low) = (*values.get("offset")?, *values.get("low")?);
        Some(Self { familiarity, offset, low })
    }

    /// A table: name and value, with a tab between.
    pub fn write(&self) -> String {
        let names = Familiarity::NAMES.into_iter().chain(["offset", "low"]);
        let values = self.familiarity.into_iter().chain([self.offset, self.low]);
        let lines = names.zip(values).map(|(name, value)| format!("{name}\t{value:.4}\n"));
        std::iter::once("measure\tweight\n".to_owned()).chain(lines).collect()
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
        assert!(prior.of_kind(A) < 1.0 && 1.0 < prior.of_kind(B));
        let apart = prior.of_kind(B) - prior.of_kind(A);
        assert!(apart > 0.3 && apart < 4.0_f64.ln(), "{apart}");
    }

    #[test]
    fn few_counts_change_little() {
        let prior = Prior::learn(&counts((1_000_000, 1000), (100, 1)));
        assert!((prior.of_kind(B) - 1.0).abs() < 0.4, "{}", prior.of_kind(B));
        assert!((prior.of_kind(A) - 1.0).abs() < 0.05, "{}", prior.of_kind(A));
    }

    #[test]
    fn what_looks_familiar_costs_less() {
        let weights = Weights { familiarity: [0.0, 0.0, -0.1, 0.0, 0.0], offset: 0.2, low: 0.4 };
        let prior = Prior::learn(&counts((1000, 40), (1000, 10))).with(weights);
        let look = |gain| {
            let familiarity = Familiarity { gain, ..Familiarity::default() };
            Look { familiarity, ..Look::default() }
        };
        let (familiar, strange) = (look(5.0), look(-5.0));
        assert!((prior.cost(A, &familiar) - (prior.of_kind(A) - 0.3)).abs() < 1e-9);
        let without = prior.without_familiarity();
        assert!((without.cost(A, &strange) - prior.of_kind(A)).abs() < 1e-9);
        assert!((prior.by_hand().cost(A, &strange) - 1.7).abs() < 1e-9);
        assert!((without.low() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn weights_come_back_as_they_were_written() {
        let weights = Weights { familiarity: [0.5, -0.25, 1.0, 0.0, -2.0], offset: 1.5, low: -0.5 };
        assert_eq!(Weights::read(&weights.write()), Some(weights));
        assert_eq!(Weights::read("gain\t1.0\n"), None);
        for tables in &TABLES {
            let shipped = Weights::read(tables.weights);
            assert!(shipped.is_some_and(|shipped| shipped.familiarity != [0.0; 5]));
        }
    }

    #[test]
    fn never_right_is_not_impossible() {
        let prior = Prior::learn(&counts((1000, 0), (1000, 10)));
        assert!(prior.of_kind(A) > 1.3 && prior.of_kind(A) < 1.0 + 2.0_f64.ln());
        let unseen = Kind { operator: Operator::Guard, cost: 250 };
        assert!((prior.of_kind(unseen) - 2.5).abs() < 1e-9);
        let between = Kind { cost: 120, ..A };
        assert!((prior.of_kind(between) - prior.of_kind(A) - 0.2).abs() < 1e-9);
    }

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        let counts = counts((1000, 40), (3, 0));
        assert_eq!(read(&write(&counts)), counts);
        assert!(read("gone\t100\t5\t1\nnonsense\n").is_empty());
    }

    #[test]
    fn trees_come_on_top_of_kind_and_familiarity() {
        let languages = [Language::Python, Language::TypeScript, Language::Rust, Language::Go];
        for shipped in languages.map(Prior::shipped) {
            let without = shipped.without_trees();
            assert!(shipped.trees.is_some() && without.trees.is_none());
            let look = Look::default();
            let by_trees = shipped.cost(A, &look) - without.cost(A, &look);
            assert!(by_trees.is_finite() && by_trees.abs() > 1e-6);
            assert!((shipped.low() - without.low()).abs() > 1e-6);
            assert!(shipped.by_hand().trees.is_none());
            assert!(shipped.without_familiarity().trees.is_none());
        }
    }

    #[test]
    fn the_shipped_tables_are_whole() {
        for tables in &TABLES {
            let table = read(tables.counts);
            assert_eq!(table.len() + 1, tables.counts.lines().count());
            assert!(table.values().all(|c| c.right <= c.made));
            assert!(table.values().map(|c| c.right).sum::<u64>() > 200);
        }
    }
}
