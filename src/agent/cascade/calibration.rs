//! From the cost of a candidate to a chance, as counted over bugs whose end is known.
//!
//! `slm eval calibrate` fits the curves and writes the file that is read here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The version of the file that is understood.
const VERSION: u32 = 1;
const SHIPPED: &str = include_str!("shipped.toml");

/// A chance for each cost; the dearer, the lower.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curve {
    /// Costs, rising, with their chances, falling; straight lines in between, level outside.
    Isotonic(Vec<(f64, f64)>),
    /// The logistic function of `offset + slope * cost`, with a slope of 0 or less.
    Logistic { slope: f64, offset: f64 },
}

/// A curve and what it was fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// Cases it was counted over.
    pub cases: usize,
    pub curve: Curve,
}

/// What the router knows of chances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    version: u32,
    /// What it was fitted to, for people.
    pub about: String,
    /// By the cost that the search has come to: that it will still find the repair.
    pub search: Fitted,
    /// By the cost of what has passed: that it is right.
    pub claim: Fitted,
    /// The same for what one generator has made, by its name (`transform`), where enough of it was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<String, Fitted>,
    /// By the surprise of a model at its own answer, in nats for a token, once that has passed: that it is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Fitted>,
}

/// Why a file of chances cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error("not a calibration: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error(
        "this calibration has version {0}, and slm reads version {VERSION}: fit it anew with slm eval calibrate"
    )]
    Version(u32),
    #[error("the curve of {0} is none: costs must rise, chances fall from 1 to 0")]
    Curve(&'static str),
}

impl Calibration {
    pub fn new(about: String, search: Fitted, claim: Fitted) -> Self {
        Self { version: VERSION, about, search, claim, tiers: BTreeMap::new(), answer: None }
    }

    /// The chance that what has passed is right, by the most that is known of it: the model's own surprise, else
    /// the generator (`tier`), else the cost alone.
    pub fn is_right(&self, tier: &str, cost: f64, surprise: Option<f64>) -> f64 {
        match self.answer.as_ref().zip(surprise) {
            Some((answer, surprise)) => answer.curve.at(surprise),
            None => self.tiers.get(tier).unwrap_or(&self.claim).curve.at(cost),
        }
    }

    /// The one that comes with slm.
    pub fn shipped() -> Option<&'static Self> {
        static PARSED: LazyLock<Option<Calibration>> =
            LazyLock::new(|| Calibration::parse(SHIPPED).ok());
        PARSED.as_ref()
    }

    /// Reads what [`Calibration::text`] has written.
    ///
    /// # Errors
    /// See [`CalibrationError`].
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = toml::from_str(text)?;
        if version != VERSION {
            return Err(CalibrationError::Version(version));
        }
        let read: Self = toml::from_str(text)?;
        let tiers = read.tiers.values().map(|fitted| ("tiers", fitted));
        let answer = read.answer.iter().map(|fitted| ("answer", fitted));
        let always = [("search", &read.search), ("claim", &read.claim)];
        for (name, fitted) in always.into_iter().chain(tiers).chain(answer) {
            if !fitted.curve.is_sound() {
                return Err(CalibrationError::Curve(name));
            }
        }
        Ok(read)
    }

    /// As a file.
    ///
    /// # Errors
    /// Numbers that TOML does not have.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

impl Curve {
    /// The chance at this cost, from 0 to 1.
    pub fn at(&self, cost: f64) -> f64 {
        match self {
            Self::Logistic { slope, offset } => 1.0 / (1.0 + (-(offset + slope * cost)).exp()),
            Self::Isotonic(points) => between(points, cost),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Self::Logistic { slope, offset } => {
                slope.is_finite() && offset.is_finite() && *slope <= 0.0
            }
            Self::Isotonic(points) => {
                let chances = points
                    .iter()
                    .all(|(cost, chance)| cost.is_finite() && (0.0..=1.0).contains(chance));
                let falls = points.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 >= w[1].1);
                !points.is_empty() && chances && falls
            }
        }
    }
}

fn between(points: &[(f64, f64)], cost: f64) -> f64 {
    let after = points.iter().position(|(at, _)| *at >= cost);
    match after {
        None => points.last().map_or(0.0, |(_, chance)| *chance),
        Some(0) => points[0].1,
        Some(index) => {
            let ((left, high), (right, low)) = (points[index - 1], points[index]);
            high + (low - high) * (cost - left) / (right - left)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fitted(curve: Curve) -> Fitted {
        Fitted { cases: 3, curve }
    }

    #[test]
    fn what_ships_is_sound() {
        let shipped = Calibration::parse(SHIPPED).unwrap();
        assert!(shipped.search.cases > 0 && shipped.claim.cases > 0);
        assert!(shipped.search.curve.at(0.0) >= shipped.search.curve.at(6.0));
        assert_eq!(Calibration::shipped(), Some(&shipped));
    }

    #[test]
    fn a_file_comes_back_as_it_was() {
        let isotonic = Curve::Isotonic(vec![(0.5, 0.875), (2.0, 0.25), (3.5, 0.25)]);
        let logistic = Curve::Logistic { slope: -0.5, offset: 1.25 };
        let made = Calibration::new("two cases".into(), fitted(isotonic), fitted(logistic));
        assert_eq!(Calibration::parse(&made.text().unwrap()).unwrap(), made);
        let mut more = made.clone();
        more.tiers.insert("rule".into(), fitted(Curve::Logistic { slope: 0.0, offset: 2.0 }));
        more.answer = Some(fitted(Curve::Isotonic(vec![(0.1, 0.9), (2.0, 0.2)])));
        assert_eq!(Calibration::parse(&more.text().unwrap()).unwrap(), more);
        let unsound = more.text().unwrap().replace("0.9", "0.1");
        assert!(Calibration::parse(&unsound).unwrap_err().to_string().contains("curve of answer"));
    }

    #[test]
    fn the_most_that_is_known_of_a_claim_decides() {
        let level = |chance: f64| fitted(Curve::Isotonic(vec![(0.0, chance)]));
        let mut known = Calibration::new(String::new(), level(0.1), level(0.4));
        let near = |chance: f64, wanted: f64| assert!((chance - wanted).abs() < 1e-9, "{chance}");
        near(known.is_right("model", 1.0, Some(0.5)), 0.4);
        known.tiers.insert("model".into(), level(0.6));
        near(known.is_right("model", 1.0, Some(0.5)), 0.6);
        near(known.is_right("rule", 1.0, None), 0.4);
        known.answer = Some(fitted(Curve::Isotonic(vec![(0.0, 0.8), (2.0, 0.2)])));
        near(known.is_right("model", 1.0, Some(1.0)), 0.5);
        near(known.is_right("model", 1.0, None), 0.6);
    }

    #[test]
    fn curves_are_read_between_and_beyond_their_points() {
        let curve = Curve::Isotonic(vec![(1.0, 0.8), (3.0, 0.4)]);
        for (cost, chance) in [(0.0, 0.8), (1.0, 0.8), (2.0, 0.6), (3.0, 0.4), (99.0, 0.4)] {
            assert!((curve.at(cost) - chance).abs() < 1e-9, "{cost}");
        }
        let even = Curve::Logistic { slope: -1.0, offset: 2.0 };
        assert!((even.at(2.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_calibration_is_refused() {
        let good = |curve: &str| {
            format!(
                "version = 1\nabout = \"\"\n[search]\ncases = 1\n[search.curve]\n{curve}\n\
                 [claim]\ncases = 1\n[claim.curve.logistic]\nslope = 0.0\noffset = 1.0\n"
            )
        };
        assert!(Calibration::parse(&good("isotonic = [[1.0, 0.5]]")).is_ok());
        for curve in [
            "isotonic = []",
            "isotonic = [[1.0, 1.5]]",
            "isotonic = [[2.0, 0.5], [1.0, 0.4]]",
            "isotonic = [[1.0, 0.4], [2.0, 0.5]]",
            "isotonic = [[nan, 0.4]]",
            "logistic = { slope = 1.0, offset = 0.0 }",
            "logistic = { slope = -1.0, offset = inf }",
        ] {
            let error = Calibration::parse(&good(curve)).unwrap_err().to_string();
            assert!(error.contains("curve of search"), "{curve}: {error}");
        }
        assert!(Calibration::parse("version = 2\n").unwrap_err().to_string().contains("version 2"));
        assert!(Calibration::parse("about = 1").is_err() && Calibration::parse("\u{0}").is_err());
    }

    proptest! {
        #[test]
        fn a_dearer_candidate_is_never_likelier(
            mut points in proptest::collection::vec((-9.0..9.0_f64, 0.0..=1.0_f64), 1..9),
            a in -20.0..20.0_f64, b in -20.0..20.0_f64,
        ) {
            let mut chances: Vec<f64> = points.iter().map(|p| p.1).collect();
            chances.sort_by(|a, b| b.total_cmp(a));
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            points.dedup_by(|a, b| a.0 == b.0);
            let points: Vec<_> = points.iter().zip(chances).map(|(p, c)| (p.0, c)).collect();
            let curve = Curve::Isotonic(points);
            prop_assert!(curve.is_sound());
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(curve.at(low) >= curve.at(high) - 1e-12);
        }
    }
}
