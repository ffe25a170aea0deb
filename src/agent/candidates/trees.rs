//! Regression trees: what is left to say about an edit when its kind and its familiarity are known.
//!
//! Which measure matters depends on the kind of edit: a name that is said once in its function speaks for
//! an exchange of names, and for nothing else. Boosted trees (Friedman 2001, "Greedy function
//! approximation: a gradient boosting machine") say this with some thousand numbers, which
//! `evals/prior/trees.py` learns from real fixes.

use std::collections::BTreeMap;

use super::prior::Kind;
use crate::syntax::{Familiarity, Features, Look, Operator};

/// What the trees look at.
pub type Inputs = [f32; INPUTS];

const KINDS: [&str; 3] = ["kind", "by_hand", "operator"];
/// Number of [`Inputs`].
const INPUTS: usize = KINDS.len() + Familiarity::SIZE + Features::SIZE;

/// A sum of trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees {
    /// Each tree in preorder, one after the other.
    nodes: Vec<Node>,
    roots: Vec<usize>,
    operators: BTreeMap<Operator, f32>,
    offset: f64,
    low: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    /// To the next node where the input is at most `most`, to node `else_` where it is more.
    Fork {
        input: usize,
        most: f32,
        else_: usize,
    },
    Leaf(f32),
}

/// The names of [`Inputs`], in order.
pub fn names() -> Vec<&'static str> {
    [&KINDS[..], &Familiarity::NAMES, &Features::NAMES].concat()
}

/// The operators by name: their number is an input.
pub fn operators() -> Vec<Operator> {
    let mut all = Operator::ALL.to_vec();
    all.sort_by_key(|operator| operator.name());
    all
}

/// The inputs of an edit. `learned` is what its kind costs, `operator` the operator's number.
pub fn inputs(kind: Kind, learned: f64, operator: f32, look: &Look) -> Inputs {
    let mut inputs = [0.0; INPUTS];
    #[expect(clippy::cast_possible_truncation, reason = "the precision of a float suffices")]
    let of_kind = [learned as f32, f32::from(kind.cost) / 100.0, operator];
    let familiarity = look.familiarity.values().map(|value| {
        #[expect(clippy::cast_possible_truncation, reason = "they were single before")]
        let value = value as f32;
        value
    });
    let all = of_kind.iter().chain(&familiarity).chain(look.features.values());
    inputs.iter_mut().zip(all).for_each(|(slot, value)| *slot = *value);
    inputs
}

impl Trees {
    /// What is added to the cost of an edit of this kind that costs `learned`.
    pub fn cost(&self, kind: Kind, learned: f64, look: &Look) -> f64 {
        let operator = self.operators.get(&kind.operator).copied().unwrap_or(-1.0);
        let inputs = inputs(kind, learned, operator, look);
        let sum: f64 = self.roots.iter().map(|&root| f64::from(self.leaf(root, &inputs))).sum();
        sum + self.offset
    }

    /// A cost, with that of the kind and the familiarity, that few transformations are below.
    pub fn low(&self) -> f64 {
        self.low
    }

    fn leaf(&self, root: usize, inputs: &Inputs) -> f32 {
        let mut at = root;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Fork { input, most, else_ } => {
                    at = if inputs[input] <= most { at + 1 } else { else_ };
                }
            }
        }
    }

    /// Reads what `evals/prior/trees.py` writes: lines of a name, a tab and words with spaces between.
    /// A tree is its nodes in preorder, a leaf `=VALUE` and a fork `INPUT:MOST`. `None` when something is
    /// missing or the inputs are others.
    pub fn read(text: &str) -> Option<Self> {
        let mut trees = Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            operators: BTreeMap::new(),
            offset: f64::NAN,
            low: f64::NAN,
        };
        let mut are_inputs_known = false;
        for line in text.lines() {
            let (name, rest) = line.split_once('\t')?;
            match name {
                "inputs" => are_inputs_known = rest.split(' ').eq(names()),
                "operators" => trees.operators = numbered(rest),
                "offset" => trees.offset = rest.parse().ok()?,
                "low" => trees.low = rest.parse().ok()?,
                "tree" => {
                    trees.roots.push(trees.nodes.len());
                    let mut words = rest.split(' ');
                    trees.add(&mut words)?;
                    if words.next().is_some() {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        let is_whole = trees.offset.is_finite() && trees.low.is_finite() && are_inputs_known;
        is_whole.then_some(trees)
    }

    fn add<'t>(&mut self, words: &mut impl Iterator<Item = &'t str>) -> Option<()> {
        let word = words.next()?;
        if let Some(value) = word.strip_prefix('=') {
            self.nodes.push(Node::Leaf(value.parse().ok()?));
            return Some(());
        }
        let (input, most) = word.split_once(':')?;
        let (input, most) = (input.parse().ok()?, most.parse().ok()?);
        let at = self.nodes.len();
        self.nodes.push(Node::Fork { input, most, else_: 0 });
        if input >= INPUTS {
            return None;
        }
        self.add(words)?;
        let else_ = self.nodes.len();
        self.nodes[at] = Node::Fork { input, most, else_ };
        self.add(words)
    }
}

/// The numbers that operators had when the trees were learned; those that are no more are left out.
#[expect(clippy::cast_precision_loss, reason = "there are some dozens")]
fn numbered(names: &str) -> BTreeMap<Operator, f32> {
    let known = |name| Operator::ALL.iter().find(move |operator| operator.name() == name);
    let numbered = names.split(' ').enumerate();
    numbered.filter_map(|(number, name)| Some((*known(name)?, number as f32))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(trees: &[&str]) -> String {
        let trees: String = trees.iter().map(|tree| format!("tree\t{tree}\n")).collect();
        let names = names().join(" ");
        format!("inputs\t{names}\noperators\tgone guard\noffset\t0.5\nlow\t-2\n{trees}")
    }

    fn cost(trees: &Trees, operator: Operator, gain: f32) -> f64 {
        let familiarity = Familiarity { gain, ..Familiarity::default() };
        let look = Look { familiarity, ..Look::default() };
        trees.cost(Kind { operator, cost: 100 }, 1.5, &look)
    }

    #[test]
    fn forks_lead_to_leaves() {
        let gain = names().iter().position(|name| *name == "gain").unwrap();
        let first = format!("{gain}:2 1:0.99 =1 =2 0:1.5 =4 =8");
        let trees = Trees::read(&table(&[&first, "2:-0.5 =16 =32"])).unwrap();
        assert!((cost(&trees, Operator::Guard, 2.0) - 34.5).abs() < 1e-9);
        assert!((cost(&trees, Operator::Guard, 2.1) - 36.5).abs() < 1e-9);
        // An operator that was not known yet.
        assert!((cost(&trees, Operator::ComparisonSwap, 2.1) - 20.5).abs() < 1e-9);
        assert!((trees.low() + 2.0).abs() < 1e-9);
    }

    #[test]
    fn nonsense_is_no_tree() {
        assert!(Trees::read(&table(&["=1"])).is_some());
        for bad in ["", "=a", "1:2 =1", "=1 =2", "99:1 =1 =2", "1:x =1 =2"] {
            assert_eq!(Trees::read(&table(&[bad])), None, "{bad}");
        }
        assert_eq!(Trees::read(&table(&["=1"]).replace("gain", "loss")), None);
        assert_eq!(Trees::read("offset\t1\nlow\t1\n"), None);
    }
}
