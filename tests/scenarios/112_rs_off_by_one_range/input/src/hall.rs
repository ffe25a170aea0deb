/// A hall with numbered rows and seats, both from 1.
pub struct Hall {
    pub rows: u32,
    pub seats: u32,
}

impl Hall {
    pub fn all(&self) -> Vec<(u32, u32)> {
        let mut out = Vec::new();
        for row in 1..=self.rows {
            for seat in 1..self.seats {
                out.push((row, seat));
            }
        }
        out
    }
}
