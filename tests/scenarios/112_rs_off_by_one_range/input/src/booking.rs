use crate::hall::Hall;

pub struct Booking {
    hall: Hall,
    taken: Vec<(u32, u32)>,
}

impl Booking {
    pub fn new(hall: Hall) -> Self {
        Booking { hall, taken: Vec::new() }
    }

    /// The next `count` free seats, or `None` when there are too few.
    pub fn take(&mut self, count: usize) -> Option<Vec<(u32, u32)>> {
        let free: Vec<_> = self.hall.all().into_iter().filter(|s| !self.taken.contains(s)).collect();
        if free.len() < count {
            return None;
        }
        let chosen = free[..count].to_vec();
        self.taken.extend(&chosen);
        Some(chosen)
    }
}
