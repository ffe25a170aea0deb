#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Red,
    RedAmber,
    Green,
    Amber,
}

impl Light {
    pub fn next(self) -> Light {
        match self {
            Light::Red => Light::RedAmber,
            Light::RedAmber => Light::Green,
            Light::Green => Light::Amber,
            Light::Amber => Light::Red,
        }
    }

    pub fn seconds(self) -> u32 {
        match self {
            Light::Red => 30,
            Light::RedAmber => 2,
            Light::Green => 25,
            Light::Amber => 3,
        }
    }
}

/// What shows `at` seconds after the start of red.
pub fn shown(mut at: u32) -> Light {
    let mut light = Light::Red;
    while at >= light.seconds() {
        at -= light.seconds();
        light = light.next();
    }
    light
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start() {
        assert_eq!(shown(0), Light::Red);
        assert_eq!(shown(31), Light::RedAmber);
        assert_eq!(shown(40), Light::Green);
    }

    #[test]
    fn amber_warns() {
        assert_eq!(shown(58), Light::Amber);
    }

    #[test]
    fn full_circle() {
        assert_eq!(shown(60), Light::Red);
    }
}
