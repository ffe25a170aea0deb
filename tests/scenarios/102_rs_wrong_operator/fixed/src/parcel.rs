/// Measures in centimetres, weight in grams.
#[derive(Clone, Copy)]
pub struct Parcel {
    pub length: u32,
    pub width: u32,
    pub height: u32,
    pub grams: u32,
}

impl Parcel {
    pub fn girth(&self) -> u32 {
        self.length + 2 * (self.width + self.height)
    }

    /// Up to and including 300 cm of girth and 31.5 kg.
    pub fn accepted(&self) -> bool {
        self.girth() <= 300 && self.grams <= 31_500
    }
}
