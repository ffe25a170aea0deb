//! What many measurements of one thing say; pure.

use std::time::Duration;

use serde::Serialize;

/// Times in milliseconds. With fewer than a hundred samples the last percentile is hardly more than
/// the slowest one: so the number of samples is told along.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Times {
    pub(super) samples: usize,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
}

/// A ratio that was measured in each round of a run: its median and its extremes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Ratio {
    pub(super) samples: usize,
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Times {
    /// `None` without samples.
    pub(super) fn of(samples: &[Duration]) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            samples: sorted.len(),
            p50: percentile(&sorted, 0.50)?,
            p95: percentile(&sorted, 0.95)?,
            p99: percentile(&sorted, 0.99)?,
        })
    }
}

impl Ratio {
    /// `None` without a finite sample.
    pub(super) fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().filter(|ratio| ratio.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            samples: sorted.len(),
            median: percentile(&sorted, 0.5)?,
            low: *sorted.first()?,
            high: *sorted.last()?,
        })
    }
}

/// The middle of `samples`; `None` without any.
pub(super) fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 0.5)
}

/// `count` in so much time, per second; 0 when no time passed.
#[expect(clippy::cast_precision_loss, reason = "counts of tokens")]
pub(super) fn rate(count: usize, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}

/// Between the two nearest ranks, linearly (Hyndman and Fan's type 7); `at` from 0 to 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position in a list"
)]
fn percentile(sorted: &[f64], at: f64) -> Option<f64> {
    let position = at * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    let (low, high) = (*sorted.get(low)?, *sorted.get(high)?);
    Some(low + (high - low) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(list: &[u64]) -> Vec<Duration> {
        list.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_lie_between_ranks() {
        let times = Times::of(&milliseconds(&[40, 10, 30, 20, 50])).unwrap();
        assert_eq!((times.samples, times.p50), (5, 30.0));
        assert!((times.p95 - 48.0).abs() < 1e-9 && (times.p99 - 49.6).abs() < 1e-9, "{times:?}");
        let hundred = Times::of(&milliseconds(&(0..=100).collect::<Vec<_>>())).unwrap();
        assert_eq!((hundred.p50, hundred.p95, hundred.p99), (50.0, 95.0, 99.0));
        let one = Times::of(&milliseconds(&[7])).unwrap();
        assert_eq!((one.p50, one.p95, one.p99), (7.0, 7.0, 7.0));
        assert_eq!(Times::of(&[]), None);
    }

    #[test]
    fn ratios_forget_what_is_no_number() {
        let ratio = Ratio::of([2.0, f64::NAN, 1.0, f64::INFINITY, 4.0]).unwrap();
        assert_eq!(ratio, Ratio { samples: 3, median: 2.0, low: 1.0, high: 4.0 });
        assert_eq!(Ratio::of([f64::NAN]), None);
    }

    #[test]
    fn rates_and_medians() {
        assert_eq!(rate(30, Duration::from_secs(2)), 15.0);
        assert_eq!(rate(30, Duration::ZERO), 0.0);
        assert_eq!(median(&[3.0, 1.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }
}
