use std::collections::BTreeMap;

#[derive(Default)]
pub struct Tally {
    counts: BTreeMap<String, u32>,
}

impl Tally {
    pub fn vote(&mut self, name: &str) {
        *self.counts.entry(name.to_string()).or_insert(0) += 1;
    }

    /// Votes for `name`; 0 for one who got none.
    pub fn of(&self, name: &str) -> u32 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    pub fn lead(&self, a: &str, b: &str) -> i64 {
        i64::from(self.of(a)) - i64::from(self.of(b))
    }
}
