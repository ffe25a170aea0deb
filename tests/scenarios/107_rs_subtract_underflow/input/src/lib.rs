pub mod fee;

use fee::cents;

/// A stay in minutes since opening.
pub struct Stay {
    pub from: u32,
    pub to: u32,
}

impl Stay {
    pub fn cost(&self) -> u32 {
        cents(self.to - self.from)
    }
}

pub fn takings(stays: &[Stay]) -> u32 {
    stays.iter().map(Stay::cost).sum()
}
