//! How many tokens to propose: as many as pay for themselves on this machine, with this model, in
//! this text.
//!
//! Two things are learned while decoding. What a call with so many rows costs is measured, not
//! assumed: it depends on kernels, cores and load, and is not even monotonous. How often proposals
//! are right is counted for all of them, also those that were not sent to the model, so that text
//! that repeats nothing costs nothing and text that begins to repeat is noticed at once.

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

/// What is known about costs and odds.
#[derive(Debug)]
pub(super) struct Pace {
    costs: [Option<Cost>; ROWS.len()],
    calls: u64,
    /// Odds of the first proposed token, by agreement with the past.
    first: [Odds; CLASSES],
    /// Odds of each further one, when those before it were right.
    further: Odds,
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
            first: [0.3, 0.5, 0.65, 0.75, 0.85, 0.9].map(|share| Odds::new(share, 2.0)),
            further: Odds::new(0.9, 4.0),
        }
    }
}

impl Pace {
    /// How many of `available` tokens to propose, after a `past` that agrees; 0: none pays.
    pub(super) fn drafts(&self, past: usize, available: usize) -> usize {
        let Some(alone) = self.cost(1) else {
            // Nothing can be said without the price of one token.
            return 0;
        };
        let (first, further) = (self.first[class(past)].share(), self.further.share());
        let mut best = (1.0 / alone * MARGIN, 0);
        for rows in ROWS.into_iter().filter(|&rows| rows > 1 && rows <= available + 1) {
            let drafts = rows - 1;
            // Each is right only when those before it are.
            let right = (0..drafts as i32).map(|n| first * further.powi(n)).sum::<f64>();
            let worth = (1.0 + right) / self.cost(rows).unwrap_or(f64::INFINITY);
            if worth > best.0 {
                best = (worth, drafts);
            }
        }
        best.1
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

    /// Of a proposal after a `past` that agrees, `right` tokens came true, and then, unless the model
    /// was asked no further, one that did not.
    pub(super) fn judge(&mut self, past: usize, right: usize, failed: bool) {
        if right + usize::from(failed) == 0 {
            return;
        }
        self.first[class(past)].count(right > 0);
        for _ in 1..right {
            self.further.count(true);
        }
        if failed && right > 0 {
            self.further.count(false);
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
                pace.judge(16, 8, false);
            }
            lengths.push(pace.drafts(16, MOST));
        }
        assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
        assert_eq!((lengths[0], lengths[3]), (MOST, 0));
    }

    #[test]
    fn wrong_proposals_are_not_made_and_right_ones_are_again() {
        let mut pace = machine(10.0, 1.0);
        assert!(pace.drafts(6, MOST) > 0);
        for _ in 0..100 {
            pace.judge(6, 0, true);
        }
        assert_eq!(pace.drafts(6, MOST), 0);
        // Another class has its own odds.
        assert!(pace.drafts(20, MOST) > 0);
        // Not sent to the model, but they would have been right.
        for _ in 0..60 {
            pace.judge(6, 1, false);
        }
        assert!(pace.drafts(6, MOST) > 0);
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
