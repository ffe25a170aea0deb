//! Days in the names of files: `2026-01-31`, in UTC.

/// Seconds of a day.
pub(super) const SECONDS: u64 = 86_400;
/// Days from 1970-01-01 to 9999-12-31: what a clock says beyond that is taken for this day.
const LAST: u64 = 2_932_896;

/// A day, counted from 0 at 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) u64);

impl Day {
    /// The day of a time in seconds since 1970.
    pub(super) fn of(seconds: u64) -> Self {
        Self((seconds / SECONDS).min(LAST))
    }

    /// `2026-01-31`.
    pub(super) fn name(self) -> String {
        let (mut year, mut rest) = (1970, self.0.min(LAST));
        while rest >= days_of_year(year) {
            rest -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while rest >= days_of_month(year, month) {
            rest -= days_of_month(year, month);
            month += 1;
        }
        format!("{year:04}-{month:02}-{:02}", rest + 1)
    }

    /// The day with this name; `None` for what [`Day::name`] gives to no day.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let mut parts = name.split('-').map(str::parse::<u64>);
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let years: u64 = (1970..year).map(days_of_year).sum();
        let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
        let found = Self(years + months + day.min(31) - 1);
        (found.name() == name).then_some(found)
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_have_their_names() {
        // By `date -u -d @SECONDS +%F`.
        for (seconds, name) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_769_817_600, "2026-01-31"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Day::of(seconds).name(), name);
        }
        for bad in ["", "2026", "2026-02-30", "2026-1-31", "2026-01-31-0", "1969-12-31", "x-01-01"]
        {
            assert_eq!(Day::of_name(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_lead_back_and_sort_by_time(a in 0..=LAST, b in 0..=LAST) {
            let (a, b) = (Day(a), Day(b));
            prop_assert_eq!(Day::of_name(&a.name()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.name().cmp(&b.name()));
        }
    }
}
