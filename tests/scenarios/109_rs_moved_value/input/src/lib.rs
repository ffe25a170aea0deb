use std::collections::HashMap;

#[derive(Default)]
pub struct Roster {
    by_name: HashMap<String, u32>,
    order: Vec<String>,
}

impl Roster {
    /// Adds hours; a new name goes to the end of the list.
    pub fn add(&mut self, name: String, hours: u32) {
        if !self.by_name.contains_key(&name) {
            self.order.push(name);
        }
        *self.by_name.entry(name).or_default() += hours;
    }

    pub fn lines(&self) -> Vec<String> {
        self.order.iter().map(|name| format!("{name}: {}", self.by_name[name])).collect()
    }
}
