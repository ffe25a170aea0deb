pub struct Jar {
    pub name: &'static str,
    pub grams: u32,
    pub capacity: u32,
}

impl Jar {
    pub fn new(name: &'static str, grams: u32, capacity: u32) -> Self {
        Jar { name, grams, capacity }
    }

    /// Grams that still fit.
    pub fn room(&self) -> u32 {
        self.capacity - self.grams
    }
}

pub struct Shelf {
    pub jars: Vec<Jar>,
}

impl Shelf {
    pub fn stored(&self) -> u32 {
        self.jars.iter().map(|jar| jar.grams).sum()
    }

    pub fn fits(&self, grams: u32) -> Vec<&'static str> {
        self.jars.iter().filter(|jar| jar.room() >= grams).map(|jar| jar.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf {
        Shelf { jars: vec![Jar::new("rice", 300, 1000), Jar::new("oats", 450, 500)] }
    }

    #[test]
    fn weight() {
        assert_eq!(shelf().stored(), 750);
    }

    #[test]
    fn space() {
        assert_eq!(shelf().fits(100), ["rice"]);
    }
}
