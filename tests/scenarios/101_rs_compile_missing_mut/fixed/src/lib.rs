//! Running balances.

pub struct Entry {
    pub text: String,
    pub cents: i64,
}

/// The balance after each entry.
pub fn running(entries: &[Entry]) -> Vec<i64> {
    let mut balance = 0;
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        balance += entry.cents;
        out.push(balance);
    }
    out
}

/// The lowest balance reached; 0 when it never went below.
pub fn lowest(entries: &[Entry]) -> i64 {
    running(entries).into_iter().min().unwrap_or(0).min(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(cents: &[i64]) -> Vec<Entry> {
        cents.iter().map(|&cents| Entry { text: "x".into(), cents }).collect()
    }

    #[test]
    fn balances() {
        assert_eq!(running(&entries(&[100, -30, 5])), [100, 70, 75]);
    }

    #[test]
    fn low_point() {
        assert_eq!(lowest(&entries(&[10, -25, 50])), -15);
        assert_eq!(lowest(&entries(&[10])), 0);
    }
}
