/// Which labels are in use, without repeats and in order.
#[derive(Default)]
pub struct Registry {
    labels: BTreeSet<String>,
}

impl Registry {
    /// False when the label was there already.
    pub fn claim(&mut self, label: &str) -> bool {
        self.labels.insert(label.trim().to_lowercase())
    }

    pub fn all(&self) -> Vec<&str> {
        self.labels.iter().map(String::as_str).collect()
    }
}
