//! How many tokens to propose: as many as pay for themselves on this machine, with this model, in
//! this text.
//!
//! Two things are learned while decoding. What a call with so many rows costs is measured, not
//! assumed: it depends on kernels, cores and load, and is not even monotonous. How often proposals
//! are right is counted for all of them, also those that were not sent to the model, so that text
//! that repeats nothing costs nothing and text that begins to repeat is noticed at once. A token that is
//! copied is the likelier the longer the text before it was the same: after a change a copy begins with
//! short proposals, and is soon trusted again.

use std::time::Duration;

/// Numbers of rows that are tried: one token to come, and the proposed ones after it.
const ROWS: [usize; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32];
/// Most tokens proposed at once.
pub(super) const MOST: usize = ROWS[ROWS.len() - 1] - 1;
/// What a further row costs as long as nobody has measured it, as a share of a single row.
const UNKNOWN_ROW: f64 = 0.12;
/// How much the latest measurement counts.
const FRESH: f64 = 0.3;
/// Calls after which a measurement is out of date: the load may have changed, or it was an outlier.
const OUT_OF_DATE: u64 = 256;
/// Classes of agreement with the past: 1, 2, 3 to 4, 5 to 8, 9 to 16 and more tokens.
const CLASSES: usize = 6;
/// How fast old outcomes fade.
const FADE: f64 = 0.97;
/// A proposal must promise this much more than decoding one token: measurements are noisy.
const MARGIN: f64 = 1.03;

/// Decode calls after which the smaller model gets another chance, once it did not pay.
const ANOTHER_CHANCE: u64 = 64;
/// Tokens that it is asked for then.
const TRIAL: usize = 3;

/// Where a proposal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A text, after so many tokens that agree with the output.
    Text { past: usize },
    /// A smaller model.
    Model,
}

/// What is known about costs and odds.
#[derive(Debug)]
pub(super) struct Pace {
    costs: [Option<Cost>; ROWS.len()],
    calls: u64,
    /// Odds of a token that is copied, by agreement with the past; those proposed before it count as the past.
    copied: [Odds; CLASSES],
    model: Drafts,
}

/// What is known about a smaller model.
#[derive(Debug)]
struct Drafts {
    /// Seconds of a token.
    cost: Option<f64>,
    first: Odds,
    further: Odds,
    /// The call before which it was asked last.
    asked: u64,
}

/// Seconds of a decode call, a moving average.
#[derive(Clone, Copy, Debug)]
struct Cost {
    seconds: f64,
    measured: u64,
}

/// Outcomes so far, fading, with a few imagined ones to begin with.
#[derive(Clone, Copy, Debug)]
struct Odds {
    right: f64,
    all: f64,
}

impl Odds {
    const fn new(share: f64, weight: f64) -> Self {
        Self { right: share * weight, all: weight }
    }

    fn share(self) -> f64 {
        self.right / self.all
    }

    fn count(&mut self, right: bool) {
        self.right = self.right * FADE + f64::from(u8::from(right));
        self.all = self.all * FADE + 1.0;
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            costs: [None; ROWS.len()],
            calls: 0,
            copied: [0.3, 0.5, 0.65, 0.75, 0.9, 0.97].map(|share| Odds::new(share, 4.0)),
            model: Drafts {
                cost: None,
                first: Odds::new(0.7, 4.0),
                further: Odds::new(0.7, 4.0),
                asked: 0,
            },
        }
    }
}

impl Pace {
    /// How many of `available` tokens to propose, after a `past` that agrees; 0: none pays.
    pub(super) fn drafts(&self, past: usize, available: usize) -> usize {
        self.best(available, |n| self.copied[class(past + n)].share(), 0.0)
    }

    /// How many tokens, up to `available`, to ask a smaller model for; 0: it does not pay.
    pub(super) fn model_drafts(&mut self, available: usize) -> usize {
        let Drafts { cost, first, further, asked } = &self.model;
        let pays = cost.map_or(TRIAL.min(available), |cost| {
            let odds = |n| if n == 0 { first.share() } else { further.share() };
            self.best(available, odds, cost)
        });
        let count = if pays == 0 && self.calls >= asked + ANOTHER_CHANCE {
            TRIAL.min(available)
        } else {
            pays
        };
        if count > 0 {
            self.model.asked = self.calls;
        }
        count
    }

    /// The number of proposed tokens that gives the most tokens a second, each of them costing `each`
    /// seconds to find. `odds`: how likely the n-th of them is right when those before it are, from 0.
    fn best(&self, available: usize, odds: impl Fn(usize) -> f64, each: f64) -> usize {
        let Some(alone) = self.cost(1) else {
            // Nothing can be said without the price of one token.
            return 0;
        };
        let mut best = (MARGIN / alone, 0);
        // Of the tokens up to `counted`: how many will be right, and how likely all of them are.
        let (mut counted, mut right, mut all) = (0, 0.0, 1.0);
        for rows in ROWS.into_iter().filter(|&rows| rows > 1 && rows <= available + 1) {
            let drafts = rows - 1;
            for n in counted..drafts {
                all *= odds(n);
                right += all;
            }
            counted = drafts;
            let cost = self.cost(rows).unwrap_or(f64::INFINITY) + each * drafts as f64;
            let worth = (1.0 + right) / cost;
            if worth > best.0 {
                best = (worth, drafts);
            }
        }
        best.1
    }

    /// A smaller model took so long for a token.
    pub(super) fn drafting_took(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let cost =
            self.model.cost.map_or(seconds, |old| old + FRESH * (seconds.min(4.0 * old) - old));
        self.model.cost = Some(cost);
    }

    /// A call with `rows` rows took `time`.
    pub(super) fn took(&mut self, rows: usize, time: Duration) {
        self.calls += 1;
        let Some(index) = ROWS.iter().position(|&known| known == rows) else { return };
        let seconds = time.as_secs_f64();
        let measured = self.calls;
        self.costs[index] = Some(match self.costs[index] {
            // An interruption is not a price.
            Some(old) => {
                let seconds = seconds.min(4.0 * old.seconds);
                let seconds = old.seconds + FRESH * (seconds - old.seconds);
                Cost { seconds, measured }
            }
            None => Cost { seconds, measured },
        });
    }

    /// Of a proposal `right` tokens came true, and then, unless the model was asked no further, one that
    /// did not.
    pub(super) fn judge(&mut self, origin: Origin, right: usize, failed: bool) {
        for n in 0..right + usize::from(failed) {
            let odds = match origin {
                Origin::Text { past } => &mut self.copied[class(past + n)],
                Origin::Model if n == 0 => &mut self.model.first,
                Origin::Model => &mut self.model.further,
            };
            odds.count(n < right);
        }
    }

    /// Seconds of a call with so many rows: measured, or between and beyond what is.
    fn cost(&self, rows: usize) -> Option<f64> {
        let fresh = |index: usize| {
            let cost = self.costs[index]?;
            let old = self.calls.saturating_sub(cost.measured) > OUT_OF_DATE;
            // The price of one token is what all others are judged by.
            (index == 0 || !old).then_some((ROWS[index], cost.seconds))
        };
        let known = || (0..ROWS.len()).filter_map(fresh);
        let below = known().take_while(|&(known, _)| known <= rows).last()?;
        if below.0 == rows {
            return Some(below.1);
        }
        let step = match known().find(|&(known, _)| known > rows) {
            Some(above) => (above.1 - below.1) / (above.0 - below.0) as f64,
            None => self.costs[0]?.seconds * UNKNOWN_ROW,
        };
        Some(below.1 + step * (rows - below.0) as f64)
    }
}

fn class(past: usize) -> usize {
    match past {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        5..=8 => 3,
        9..=16 => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(value: f64) -> Duration {
        Duration::from_secs_f64(value / 1e3)
    }

    /// Measured costs: `each` milliseconds for a row beyond the first's `one`.
    fn machine(one: f64, each: f64) -> Pace {
        let mut pace = Pace::default();
        for rows in ROWS {
            pace.took(rows, milliseconds(one + each * (rows - 1) as f64));
        }
        pace
    }

    #[test]
    fn nothing_is_proposed_before_a_price_is_known() {
        let mut pace = Pace::default();
        assert_eq!(pace.drafts(20, MOST), 0);
        pace.took(1, milliseconds(10.0));
        assert!(pace.drafts(20, MOST) > 0);
        assert_eq!(pace.drafts(20, 0), 0);
        assert!(pace.drafts(20, 4) <= 4);
    }

    #[test]
    fn dear_rows_make_short_proposals() {
        let mut lengths = Vec::new();
        for each in [0.1, 1.0, 4.0, 12.0] {
            let mut pace = machine(10.0, each);
            for _ in 0..200 {
                pace.judge(Origin::Text { past: 16 }, 8, false);
            }
            lengths.push(pace.drafts(16, MOST));
        }
        assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
        assert_eq!((lengths[0], lengths[3]), (MOST, 0));
    }

    #[test]
    fn a_copy_is_trusted_the_more_the_longer_it_goes_on() {
        let mut pace = machine(47.0, 16.0);
        let lengths = [1, 2, 4, 8, 16, 32].map(|past| pace.drafts(past, MOST));
        assert!(lengths.is_sorted() && lengths[5] > 2 * lengths[1], "{lengths:?}");
        // The end of one long run is no reason to doubt the next as much as a short one.
        for _ in 0..5 {
            pace.judge(Origin::Text { past: 3 }, MOST, false);
        }
        pace.judge(Origin::Text { past: 32 }, 4, true);
        assert!(pace.drafts(32, MOST) > pace.drafts(2, MOST));
        // What begins like a copy and never goes on is told from one that does.
        for _ in 0..100 {
            pace.judge(Origin::Text { past: 2 }, 1, true);
        }
        assert_eq!(pace.drafts(2, MOST), 1);
    }

    #[test]
    fn wrong_proposals_are_not_made_and_right_ones_are_again() {
        let mut pace = machine(10.0, 1.0);
        assert!(pace.drafts(6, MOST) > 0);
        for _ in 0..100 {
            pace.judge(Origin::Text { past: 6 }, 0, true);
        }
        assert_eq!(pace.drafts(6, MOST), 0);
        // Another class has its own odds.
        assert!(pace.drafts(20, MOST) > 0);
        // Not sent to the model, but they would have been right.
        for _ in 0..60 {
            pace.judge(Origin::Text { past: 6 }, 1, false);
        }
        assert!(pace.drafts(6, MOST) > 0);
    }

    #[test]
    fn a_smaller_model_is_asked_while_it_pays_and_tried_again_later() {
        let mut pace = machine(100.0, 10.0);
        assert_eq!(pace.model_drafts(MOST), TRIAL);
        pace.drafting_took(milliseconds(5.0));
        assert!(pace.model_drafts(MOST) >= TRIAL);
        for _ in 0..100 {
            pace.judge(Origin::Model, 0, true);
        }
        assert_eq!(pace.model_drafts(MOST), 0);
        for _ in 0..ANOTHER_CHANCE {
            pace.took(1, milliseconds(100.0));
        }
        assert_eq!(pace.model_drafts(MOST), TRIAL);
        assert_eq!(pace.model_drafts(MOST), 0);
        // As dear as the model itself, it never pays.
        let mut dear = machine(100.0, 10.0);
        (0..20).for_each(|_| dear.drafting_took(milliseconds(100.0)));
        (0..100).for_each(|_| dear.judge(Origin::Model, TRIAL, false));
        assert_eq!(dear.model_drafts(MOST), 0);
    }

    #[test]
    fn costs_follow_the_load_and_outliers_pass() {
        let mut pace = machine(10.0, 1.0);
        pace.took(16, milliseconds(9_000.0));
        assert!(pace.cost(16).unwrap() < 0.06);
        for _ in 0..30 {
            pace.took(16, milliseconds(200.0));
        }
        assert!(pace.cost(16).unwrap() > 0.15);
        for _ in 0..=OUT_OF_DATE {
            pace.took(1, milliseconds(10.0));
        }
        // Forgotten: it is worth another look.
        assert!(pace.cost(16).unwrap() < 0.05);
    }
}
