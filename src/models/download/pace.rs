//! A server that drips: each byte ends the silence, and the file never comes. Another try may get another way.

use std::time::{Duration, Instant};

use super::Limits;

/// How fast an answer comes.
#[derive(Debug)]
pub(super) struct Pace {
    /// Bytes a second.
    slowest: u64,
    over: Duration,
    since: Instant,
    /// Bytes that have come since then.
    came: u64,
}

impl Pace {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self { slowest: limits.slowest, over: limits.over, since: now, came: 0 }
    }

    /// Counts `bytes` more; says why this is too slow once it has been for the whole time.
    pub(super) fn took(&mut self, bytes: u64, now: Instant) -> Option<String> {
        self.came = self.came.saturating_add(bytes);
        let passed = now.saturating_duration_since(self.since);
        if passed < self.over {
            return None;
        }
        let wanted = passed.as_secs_f64() * self.slowest as f64;
        let came = std::mem::take(&mut self.came);
        self.since = now;
        // A file is long, and a rate is rough: the 53 bits of a float are enough for both.
        ((came as f64) < wanted).then(|| {
            format!(
                "it sends less than {} bytes a second (`slowest_kb` of [network] in config.toml is the limit)",
                self.slowest
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether somebody who sends `bytes` every `every` milliseconds for a minute is left.
    fn is_left(slowest: u64, bytes: u64, every: u64) -> bool {
        let start = Instant::now();
        let limits = Limits { slowest, over: Duration::from_secs(30), ..Limits::default() };
        let mut pace = Pace::new(&limits, start);
        let at = |step: u64| start + Duration::from_millis(step * every);
        (1..=60_000 / every).any(|step| pace.took(bytes, at(step)).is_some())
    }

    #[test]
    fn who_drips_is_left_and_who_is_slow_is_not() {
        assert!(is_left(1024, 1, 20));
        assert!(is_left(1024, 1023, 1000));
        assert!(!is_left(1024, 1024, 1000));
        assert!(!is_left(1024, 20, 10));
        assert!(!is_left(0, 1, 20_000), "any speed will do");
    }

    #[test]
    fn a_good_beginning_does_not_pay_for_the_rest() {
        let start = Instant::now();
        let mut pace = Pace::new(&Limits::default(), start);
        assert_eq!(pace.took(1 << 30, start + Duration::from_secs(29)), None);
        assert_eq!(pace.took(1, start + Duration::from_secs(31)), None);
        assert!(pace.took(1, start + Duration::from_secs(62)).is_some());
    }
}
