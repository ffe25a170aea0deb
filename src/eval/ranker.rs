//! What a repair model adds to the prior: where both rank the repair among all transformations of its
//! place.
//!
//! The weights of the two are learned as those of familiarity are, each project ranked by what the
//! others teach.

use std::collections::BTreeSet;

use super::logit::{self, Choice};
use super::prior::{Fix, Ranking, place, rank};
use crate::agent::candidates::embedded::{Known, against_mean, likelihoods};
use crate::agent::candidates::prior::{Kind, Prior};
use crate::base::{Cancel, Replacement};
use crate::engine::{Engine, EngineError};

/// Holds the weights near zero, for each choice.
const RIDGE: f64 = 1e-3;

/// One place whose repair is among the transformations.
#[derive(Clone, Debug)]
pub struct Sample {
    pub repository: String,
    /// By option: the prior's cost, negated, and how the model's log-likelihood differs from the mean.
    pub choice: Choice<2>,
}

/// What came out.
#[derive(Debug)]
pub struct Found {
    pub by_prior: Ranking,
    pub by_model: Ranking,
    pub by_both: Ranking,
    /// What a nat of the model's log-likelihood takes off the prior's cost.
    pub weight: f64,
}

/// The options of a fix and what is thought of them; `None` when its repair is not among them.
///
/// # Errors
/// When the engine fails.
pub fn sample(engine: &mut dyn Engine, fix: &Fix) -> Result<Option<Sample>, EngineError> {
    let Some(place) = place(fix) else { return Ok(None) };
    let Some(right) = place.right else { return Ok(None) };
    let edits: Vec<&[Replacement]> =
        place.made.iter().map(|made| made.replacements.as_slice()).collect();
    let line = place.made[right].line;
    let logs = likelihoods(engine, &place.source, line, &Known::default(), &edits, &Cancel::new())?;
    let costs = place.made.iter().zip(place.looks()).map(|(mutation, look)| {
        Prior::shipped(place.source.language).cost(Kind::of(mutation), &look)
    });
    let options = costs.zip(against_mean(&logs)).map(|(cost, apart)| [-cost, apart]).collect();
    Ok(Some(Sample {
        repository: fix.repository.clone(),
        choice: Choice { options, taken: right },
    }))
}

/// Ranks by the prior, by the model, and by both.
pub fn compare(samples: &[Sample]) -> Found {
    let weights = |without: Option<&str>| {
        let used = samples.iter().filter(|s| Some(s.repository.as_str()) != without);
        logit::fit(&used.map(|s| &s.choice).collect::<Vec<_>>(), RIDGE)
    };
    let ranked = |sample: &Sample, weights: &[f64; 2]| {
        let choice = &sample.choice;
        let costs: Vec<f64> =
            choice.options.iter().map(|measures| -logit::score(weights, measures)).collect();
        rank(&costs, choice.taken)
    };
    let by = |weights: [f64; 2]| Ranking::of(samples.iter().map(|s| ranked(s, &weights)));
    let projects: BTreeSet<&str> = samples.iter().map(|s| s.repository.as_str()).collect();
    let both = projects.into_iter().flat_map(|project| {
        let weights = weights(Some(project));
        let of = samples.iter().filter(move |s| s.repository == project);
        of.map(move |sample| ranked(sample, &weights))
    });
    let by_both = Ranking::of(both);
    let [prior, model] = weights(None);
    let weight = if prior > 0.0 { model / prior } else { 0.0 };
    Found { by_prior: by([1.0, 0.0]), by_model: by([0.0, 1.0]), by_both, weight }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Scripted;

    fn fix(repository: &str) -> Fix {
        Fix {
            repository: repository.into(),
            path: "b.py".into(),
            before: "def f(a):\n    if a < 3:\n        return 1\n    return 2\n".into(),
            first: 2,
            last: 2,
            after: vec!["    if a < 2:".into()],
        }
    }

    #[test]
    fn a_model_that_knows_the_repair_ranks_it_first() {
        let mut engine = Scripted::new()
            .scoring(|_, answer| if answer == "<L2>3<rep>2<end>" { -1.0 } else { -9.0 });
        let samples: Vec<Sample> = ["a/a", "b/b", "c/c"]
            .iter()
            .map(|name| sample(&mut engine, &fix(name)).unwrap().unwrap())
            .collect();
        let found = compare(&samples);
        assert_eq!((found.by_model.first, found.by_both.first), (3, 3), "{found:?}");
        assert!(found.by_prior.mean > 1.0 && found.weight > 0.0, "{found:?}");
    }

    #[test]
    fn what_is_out_of_reach_is_no_sample() {
        let fix = Fix { after: vec!["    if frobnicate(a) in (7, 8):".into()], ..fix("a/a") };
        assert!(sample(&mut Scripted::new(), &fix).unwrap().is_none());
    }
}
