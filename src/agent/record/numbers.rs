//! What many measurements of one thing say.

use serde::Serialize;

/// The quantile of the standard normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// Percentiles by nearest rank: the p-th is the smallest measurement that at least p % of all do not exceed. No
/// value is made up between two measurements.
///
/// A percentile that would be no more than the largest of too few is `None`: the 50th needs 2 measurements, the 95th
/// 20, the 99th 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Measurements.
    pub n: usize,
    pub p50: Option<u64>,
    pub p95: Option<u64>,
    pub p99: Option<u64>,
}

/// How many of some succeeded, with the 95 % interval of Wilson (1927), which holds for few and for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    pub of: usize,
    pub successes: usize,
    /// 0 to 1; `None` of nothing.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Things in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    pub count: u64,
    pub ms: u64,
    /// `None` when no time passed.
    pub per_second: Option<f64>,
}

impl Percentiles {
    /// Of these measurements, in any order.
    pub fn of(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        let at = |percent| percentile(&all, percent);
        Self { n: all.len(), p50: at(50), p95: at(95), p99: at(99) }
    }
}

fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    // At least one measurement is to be expected above it.
    if sorted.len() * (100 - percent) < 100 {
        return None;
    }
    let rank = (percent * sorted.len()).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

impl Share {
    /// `successes` of `of`, which are not fewer.
    #[expect(clippy::cast_precision_loss, reason = "counts of runs")]
    pub fn new(successes: usize, of: usize) -> Self {
        if of == 0 {
            return Self::default();
        }
        let (n, p) = (of as f64, successes.min(of) as f64 / of as f64);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let (middle, whole) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
        Self {
            of,
            successes,
            share: Some(p),
            low: Some(((middle - spread) / whole).max(0.0)),
            high: Some(((middle + spread) / whole).min(1.0)),
        }
    }

    /// Of those that say whether they succeeded.
    pub fn of(all: impl IntoIterator<Item = bool>) -> Self {
        let (mut successes, mut of) = (0, 0);
        for success in all {
            of += 1;
            successes += usize::from(success);
        }
        Self::new(successes, of)
    }
}

impl Rate {
    /// The sum of counts over the sum of milliseconds; what took no time is left out, with its count.
    #[expect(clippy::cast_precision_loss, reason = "counts of tokens and milliseconds")]
    pub fn of(all: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let timed = all.into_iter().filter(|(_, ms)| *ms > 0);
        let add = |(a, b): (u64, u64), (c, d)| (a.saturating_add(c), b.saturating_add(d));
        let (count, ms) = timed.fold((0, 0), add);
        let per_second = (ms > 0).then(|| count as f64 * 1000.0 / ms as f64);
        Self { count, ms, per_second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: the smallest measurement that enough others do not exceed.
    fn naive(all: &[u64], percent: usize) -> Option<u64> {
        let covers = |value: u64| all.iter().filter(|other| **other <= value).count() * 100;
        all.iter().copied().filter(|value| covers(*value) >= percent * all.len()).min()
    }

    #[test]
    fn few_measurements_have_no_tail() {
        let upto = |n: u64| Percentiles::of((1..=n).rev().collect());
        assert_eq!(upto(0), Percentiles::default());
        assert_eq!(upto(1), Percentiles { n: 1, ..Percentiles::default() });
        assert_eq!(upto(2).p50, Some(1));
        assert_eq!((upto(19).p95, upto(20).p95), (None, Some(19)));
        let hundred = upto(100);
        assert_eq!((hundred.p50, hundred.p95, hundred.p99), (Some(50), Some(95), Some(99)));
        assert_eq!(upto(99).p99, None);
    }

    #[test]
    fn wilson_intervals_as_published() {
        // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (successes, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = Share::new(successes, of);
            let (found_low, found_high) = (share.low.unwrap(), share.high.unwrap());
            assert!(
                (found_low - low).abs() < 6e-5 && (found_high - high).abs() < 6e-5,
                "{share:?}"
            );
        }
        assert_eq!(Share::new(0, 0), Share::default());
        assert_eq!(Share::new(4, 4).high, Some(1.0));
    }

    #[test]
    fn rates_leave_out_what_took_no_time() {
        let rate = Rate::of([(30, 1000), (10, 0), (30, 2000)]);
        assert_eq!((rate.count, rate.ms, rate.per_second), (60, 3000, Some(20.0)));
        assert_eq!(Rate::of([(5, 0)]), Rate::default());
        assert!(Rate::of([(u64::MAX, 1), (u64::MAX, u64::MAX)]).per_second.unwrap() > 0.0);
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_definition(all in prop::collection::vec(0u64..50, 0..300)) {
            let found = Percentiles::of(all.clone());
            for (percent, value) in [(50, found.p50), (95, found.p95), (99, found.p99)] {
                if all.len() * (100 - percent) >= 100 {
                    prop_assert_eq!(value, naive(&all, percent));
                } else {
                    prop_assert_eq!(value, None);
                }
            }
        }

        #[test]
        fn an_interval_holds_its_share(of in 1usize..5000, part in 0.0f64..=1.0) {
            let share = Share::new((of as f64 * part) as usize, of);
            let (low, p, high) = (share.low.unwrap(), share.share.unwrap(), share.high.unwrap());
            prop_assert!(0.0 <= low && low <= p + 1e-12 && p <= high + 1e-12 && high <= 1.0, "{share:?}");
        }
    }
}
