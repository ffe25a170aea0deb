//! Choosing a token from logits, in Rust.
//!
//! llama.cpp's sampler chains abort when one has no selecting sampler, when everything is masked,
//! or when a token is accepted twice. What slm samples with is small enough to own, and then it is
//! also the same on every machine for the same logits.

use crate::engine::Sampling;

/// Candidates whose probability is below `exp(-CUTOFF)` of the best one's are never drawn.
const CUTOFF: f32 = 20.0;
/// Most candidates that a draw chooses among.
const MAX_SHORTLIST: usize = 512;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough to draw tokens.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    /// A generator for parallel completion `lane` of a request with this `seed`.
    pub(super) fn new(seed: u32, lane: usize) -> Self {
        let mut rng = Self(u64::from(seed) << 32 | lane as u64);
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// Whether a request's parameters make sense.
pub(super) fn validate(sampling: &Sampling) -> Result<(), String> {
    let positive = |value: f32, name: &str| {
        if value.is_finite() && value > 0.0 {
            return Ok(());
        }
        Err(format!("{name} is {value}, it must be above 0"))
    };
    let share = |value: f32, name: &str| {
        if (0.0..=1.0).contains(&value) {
            return Ok(());
        }
        Err(format!("{name} is {value}, it must be in 0 to 1"))
    };
    match *sampling {
        Sampling::Greedy => Ok(()),
        Sampling::Nucleus { temperature, top_p, .. } => {
            positive(temperature, "the temperature")?;
            positive(top_p, "top_p")?;
            share(top_p, "top_p")
        }
        Sampling::MinP { temperature, min_p, .. } => {
            positive(temperature, "the temperature")?;
            share(min_p, "min_p")
        }
    }
}

/// `ln(sum(exp(logits)))`; `None` when the logits hold a NaN or an infinity above.
///
/// It is wanted for each token of a large vocabulary: with the library's `exp` it would take some
/// percent of the time of a small model.
pub(super) fn log_normaliser(logits: &[f32]) -> Option<f32> {
    let max = maximum(logits);
    let mut sum = 0.0_f64;
    for block in logits.chunks(BLOCK) {
        let mut lanes = [0.0_f32; WIDTH];
        let whole = block.chunks_exact(WIDTH);
        let rest: f32 = whole.remainder().iter().map(|&logit| exp(logit - max)).sum();
        for chunk in whole {
            for (lane, &logit) in lanes.iter_mut().zip(chunk) {
                *lane += exp(logit - max);
            }
        }
        sum += f64::from(lanes.iter().sum::<f32>() + rest);
    }
    let value = f64::from(max) + sum.ln();
    value.is_finite().then_some(value as f32)
}

/// Numbers that are summed in single precision before they are added to the rest.
const BLOCK: usize = 4096;
/// Numbers handled side by side: the compiler makes vector instructions of it.
const WIDTH: usize = 16;

/// The largest number, NaNs aside; negative infinity of none.
fn maximum(logits: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; WIDTH];
    let whole = logits.chunks_exact(WIDTH);
    let rest = whole.remainder().iter().copied().fold(f32::NEG_INFINITY, larger);
    for chunk in whole {
        for (lane, &logit) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, logit);
        }
    }
    lanes.into_iter().fold(rest, larger)
}

/// `e^x` for `x` of at most 0, to some 1e-7 of its value; 0 below -87. A NaN stays one.
///
/// Cody and Waite (1980): `x = n ln 2 + r`, a polynomial for `e^r`, and `n` into the exponent.
fn exp(x: f32) -> f32 {
    /// Added to a small number, it leaves the number rounded in the last bits.
    const ROUND: f32 = 12_582_912.0;
    let small = x < -87.0;
    let x = if small { -87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut value = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5, 1.0, 1.0] {
        value = value * r + coefficient;
    }
    let power = rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    if small { 0.0 } else { value * f32::from_bits(power) }
}

/// Tokens that are asked about before the grammar names its candidates.
const FEW: usize = 64;
/// Neighbouring tokens whose largest logit is looked at first.
const PART: usize = 64;

/// Which tokens may come next.
pub(super) trait Filter {
    /// Whether this one may.
    fn allows(&mut self, token: usize) -> bool;

    /// Those that might, in any order: all that are allowed are among them.
    fn candidates(&mut self) -> Vec<usize>;
}

/// Chooses a token: drawn first, then asked whether it is allowed; only on a refusal the candidates
/// are walked in order of likelihood. `None` when no token is allowed.
pub(super) fn pick(
    logits: &[f32],
    sampling: &Sampling,
    rng: &mut Rng,
    filter: &mut dyn Filter,
) -> Option<usize> {
    let draft = match sampling {
        Sampling::Greedy => best(logits),
        _ => draw(&shortlist(logits, near_best(logits, sampling), sampling), rng),
    };
    if let Some(token) = draft
        && filter.allows(token)
    {
        return Some(token);
    }
    let list = permitted(logits, sampling, filter);
    match sampling {
        Sampling::Greedy => list.first().copied(),
        _ => draw(&shortlist(logits, list, sampling), rng),
    }
}

/// The `rank`-th likeliest allowed token, from 0; the last one when there are fewer.
pub(super) fn ranked(logits: &[f32], rank: usize, filter: &mut dyn Filter) -> Option<usize> {
    first_allowed(logits, filter, &mut |found, _| found.len() > rank).last().copied()
}

/// Allowed tokens, the likeliest first, until `enough` says so of those found and of the token that
/// comes next.
///
/// The few likeliest of all are asked about first: finding them is one pass over the logits, whereas
/// inside a string of JSON nearly the whole vocabulary is a candidate. The candidates are put in order
/// only as far as needed.
fn first_allowed(
    logits: &[f32],
    filter: &mut dyn Filter,
    enough: &mut dyn FnMut(&[usize], usize) -> bool,
) -> Vec<usize> {
    let mut found = Vec::new();
    let few = likeliest(logits);
    if !ask(&few, &mut found, filter, enough) {
        return found;
    }
    let Some(&last) = few.last() else { return found };
    let mut rest = filter.candidates();
    rest.retain(|&token| order(logits, token, last).is_gt());
    for count in [64, 1024, rest.len()] {
        let mut next = rest;
        rest = split_likeliest(logits, &mut next, count);
        if !ask(&next, &mut found, filter, enough) || rest.is_empty() {
            break;
        }
    }
    found
}

/// Adds those of `tokens` that are allowed, until there are enough; whether more are wanted.
fn ask(
    tokens: &[usize],
    found: &mut Vec<usize>,
    filter: &mut dyn Filter,
    enough: &mut dyn FnMut(&[usize], usize) -> bool,
) -> bool {
    for &token in tokens {
        if enough(found, token) {
            return false;
        }
        if filter.allows(token) {
            found.push(token);
        }
    }
    found.last().is_none_or(|&last| !enough(found, last))
}

/// The [`FEW`] likeliest of all tokens, in order.
///
/// Each of them lies in one of as many parts of the vocabulary, those with the largest maxima.
fn likeliest(logits: &[f32]) -> Vec<usize> {
    let maxima: Vec<f32> = logits.chunks(PART).map(maximum).collect();
    let mut parts: Vec<usize> = (0..maxima.len()).collect();
    split_likeliest(&maxima, &mut parts, FEW);
    let tokens_of = |part: usize| part * PART..logits.len().min((part + 1) * PART);
    let mut tokens: Vec<usize> = parts.into_iter().flat_map(tokens_of).collect();
    split_likeliest(logits, &mut tokens, FEW);
    tokens
}

/// Leaves the likeliest `count` of `tokens`, in order, and gives the others.
fn split_likeliest(logits: &[f32], tokens: &mut Vec<usize>, count: usize) -> Vec<usize> {
    let mut rest = Vec::new();
    if count < tokens.len() {
        tokens.select_nth_unstable_by(count, |&a, &b| order(logits, a, b));
        rest = tokens.split_off(count);
    }
    sort(logits, tokens);
    rest
}

/// The likeliest token; `None` without any.
pub(super) fn best(logits: &[f32]) -> Option<usize> {
    let max = maximum(logits);
    // The first of equals, so that ties do not depend on the order of a search.
    logits.iter().position(|&logit| logit == max)
}

fn sort(logits: &[f32], tokens: &mut [usize]) {
    tokens.sort_unstable_by(|&a, &b| order(logits, a, b));
}

/// Likelier first, then the smaller number.
fn order(logits: &[f32], a: usize, b: usize) -> std::cmp::Ordering {
    logits[b].total_cmp(&logits[a]).then(a.cmp(&b))
}

fn temperature(sampling: &Sampling) -> f32 {
    match *sampling {
        Sampling::Greedy => 1.0,
        Sampling::Nucleus { temperature, .. } | Sampling::MinP { temperature, .. } => temperature,
    }
}

/// Tokens close enough to the best one to matter, in order.
fn near_best(logits: &[f32], sampling: &Sampling) -> Vec<usize> {
    let Some(best) = best(logits) else { return Vec::new() };
    let floor = logits[best] - CUTOFF * temperature(sampling);
    let mut near: Vec<usize> = (0..logits.len()).filter(|&t| logits[t] >= floor).collect();
    if near.len() > MAX_SHORTLIST {
        near.select_nth_unstable_by(MAX_SHORTLIST, |&a, &b| order(logits, a, b));
        near.truncate(MAX_SHORTLIST);
    }
    sort(logits, &mut near);
    near
}

/// Allowed tokens close enough to the best allowed one, in order.
fn permitted(logits: &[f32], sampling: &Sampling, filter: &mut dyn Filter) -> Vec<usize> {
    let most = match *sampling {
        Sampling::Greedy => 1,
        Sampling::Nucleus { top_k, .. } if top_k > 0 => (top_k as usize).min(MAX_SHORTLIST),
        _ => MAX_SHORTLIST,
    };
    first_allowed(logits, filter, &mut |found, next| {
        let floor = CUTOFF * temperature(sampling);
        let hopeless = found.first().is_some_and(|&best| logits[next] < logits[best] - floor);
        hopeless || found.len() >= most
    })
}

/// Cuts a sorted list to what the sampling may draw from.
fn shortlist(logits: &[f32], mut tokens: Vec<usize>, sampling: &Sampling) -> Vec<(usize, f32)> {
    if let Sampling::Nucleus { top_k, .. } = *sampling
        && top_k > 0
    {
        tokens.truncate(top_k as usize);
    }
    let Some(&first) = tokens.first() else { return Vec::new() };
    let heat = temperature(sampling);
    let weights: Vec<(usize, f32)> = tokens
        .iter()
        .map(|&token| (token, ((logits[token] - logits[first]) / heat).exp()))
        .collect();
    let kept = match *sampling {
        Sampling::Greedy => 1,
        Sampling::Nucleus { top_p, .. } => {
            let total: f32 = weights.iter().map(|(_, weight)| weight).sum();
            let mut sum = 0.0;
            let inside = weights.iter().take_while(|(_, weight)| {
                let before = sum;
                sum += weight;
                before < top_p * total
            });
            inside.count()
        }
        // As in llama.cpp, min_p looks at probabilities before the temperature is applied.
        Sampling::MinP { min_p, .. } => {
            let floor = logits[first] + min_p.max(f32::MIN_POSITIVE).ln();
            tokens.iter().take_while(|&&token| logits[token] >= floor).count()
        }
    };
    weights.into_iter().take(kept.max(1)).collect()
}

fn draw(list: &[(usize, f32)], rng: &mut Rng) -> Option<usize> {
    let total: f32 = list.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.unit() * total;
    for &(token, weight) in list {
        left -= weight;
        if left < 0.0 {
            return Some(token);
        }
    }
    list.last().map(|&(token, _)| token)
}

#[cfg(test)]
mod tests {
    use super::Rng;
    use super::*;
    use proptest::prelude::*;

    /// Asks the closure, and takes all tokens for candidates.
    struct All<F>(usize, F);

    impl<F: FnMut(usize) -> bool> Filter for All<F> {
        fn allows(&mut self, token: usize) -> bool {
            (self.1)(token)
        }

        fn candidates(&mut self) -> Vec<usize> {
            (0..self.0).collect()
        }
    }

    const HOT: Sampling = Sampling::Nucleus { temperature: 1.0, top_p: 1.0, top_k: 0, seed: 1 };

    fn counts(logits: &[f32], sampling: &Sampling, allowed: &[usize]) -> Vec<usize> {
        let mut rng = Rng::new(7, 0);
        let mut counts = vec![0; logits.len()];
        for _ in 0..4000 {
            let token =
                pick(logits, sampling, &mut rng, &mut All(logits.len(), |t| allowed.contains(&t)))
                    .unwrap();
            counts[token] += 1;
        }
        counts
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let logits: Vec<f32> = [0.5_f32, 0.3, 0.2].iter().map(|p| p.ln()).collect();
        let seen = counts(&logits, &HOT, &[0, 1, 2]);
        for (count, share) in seen.iter().zip([0.5, 0.3, 0.2]) {
            assert!((*count as f32 / 4000.0 - share).abs() < 0.04, "{seen:?}");
        }
    }

    #[test]
    fn a_refusal_falls_back_to_what_is_allowed() {
        let logits = [9.0, 3.0, 2.0, -50.0];
        assert_eq!(counts(&logits, &HOT, &[3]), [0, 0, 0, 4000]);
        let mut rng = Rng::new(1, 0);
        let greedy = |rng: &mut Rng, ok: &[usize]| {
            pick(&logits, &Sampling::Greedy, rng, &mut All(4, |t| ok.contains(&t)))
        };
        assert_eq!(greedy(&mut rng, &[1, 2]), Some(1));
        assert_eq!(greedy(&mut rng, &[]), None);
        assert_eq!(ranked(&logits, 1, &mut All(4, |t| t != 1)), Some(2));
        assert_eq!(ranked(&logits, 9, &mut All(4, |t| t < 2)), Some(1));
    }

    #[test]
    fn truncation_keeps_what_it_promises() {
        let logits: Vec<f32> = [0.6_f32, 0.25, 0.1, 0.05].iter().map(|p| p.ln()).collect();
        let all = [0, 1, 2, 3];
        let top_p = Sampling::Nucleus { temperature: 1.0, top_p: 0.7, top_k: 0, seed: 1 };
        let seen = counts(&logits, &top_p, &all);
        assert!(seen[1] > 0 && seen[2] == 0 && seen[3] == 0, "{seen:?}");
        let top_k = Sampling::Nucleus { temperature: 5.0, top_p: 1.0, top_k: 3, seed: 1 };
        let seen = counts(&logits, &top_k, &all);
        assert!(seen[2] > 0 && seen[3] == 0, "{seen:?}");
        let min_p = Sampling::MinP { temperature: 1.0, min_p: 0.15, seed: 1 };
        let seen = counts(&logits, &min_p, &all);
        assert!(seen[2] > 0 && seen[3] == 0, "{seen:?}");
    }

    #[test]
    fn nonsense_is_refused() {
        let bad = [
            Sampling::Nucleus { temperature: 0.0, top_p: 0.9, top_k: 0, seed: 0 },
            Sampling::Nucleus { temperature: f32::NAN, top_p: 0.9, top_k: 0, seed: 0 },
            Sampling::Nucleus { temperature: 1.0, top_p: 0.0, top_k: 0, seed: 0 },
            Sampling::MinP { temperature: 1.0, min_p: 1.5, seed: 0 },
        ];
        for sampling in bad {
            assert!(validate(&sampling).is_err(), "{sampling:?}");
        }
        assert_eq!(log_normaliser(&[1.0, f32::NAN]), None);
        assert_eq!(log_normaliser(&[f32::NEG_INFINITY; 3]), None);
        assert!((log_normaliser(&[0.0, 0.0]).unwrap() - 2_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_normaliser_agrees_with_the_library() {
        let mut rng = Rng::new(5, 0);
        for length in [1, 7, 16, 300, 5000, 40_000] {
            let logits: Vec<f32> = (0..length).map(|_| rng.unit() * 60.0 - 40.0).collect();
            let exact: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln();
            let found = f64::from(log_normaliser(&logits).unwrap());
            assert!(
                (found - exact).abs() < 2e-6 * exact.abs().max(1.0),
                "{length}: {found} {exact}"
            );
        }
        for x in [0.0, -1e-6, -0.3, -1.0, -17.5, -86.9, -87.1, f32::NEG_INFINITY] {
            assert!((exp(x) - x.exp()).abs() <= 2e-7 * x.exp() + 1e-37, "{x}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(log_normaliser(&[f32::NEG_INFINITY, 1.5]), Some(1.5));
        assert_eq!(log_normaliser(&[f32::INFINITY, 1.5]), None);
    }

    proptest! {
        #[test]
        fn the_likeliest_come_first(
            logits in proptest::collection::vec(-3i8..4, 1..9000),
            every in 1usize..200,
        ) {
            let logits: Vec<f32> = logits.into_iter().map(f32::from).collect();
            let mut sorted: Vec<usize> = (0..logits.len()).collect();
            sort(&logits, &mut sorted);
            prop_assert_eq!(&likeliest(&logits)[..], &sorted[..FEW.min(sorted.len())]);
            sorted.retain(|token| token % every == 0);
            let mut filter = All(logits.len(), |token| token % every == 0);
            let found = first_allowed(&logits, &mut filter, &mut |found, _| found.len() > 100);
            prop_assert_eq!(&found[..], &sorted[..101.min(sorted.len())]);
        }

        #[test]
        fn never_picks_what_is_not_allowed(
            logits in proptest::collection::vec(-30f32..30.0, 1..40),
            mask in any::<u64>(),
            seed in any::<u32>(),
            top_k in 0u32..5,
            top_p in 0.01f32..1.0,
        ) {
            let sampling = Sampling::Nucleus { temperature: 0.8, top_p, top_k, seed };
            let allowed = |t: usize| mask >> t & 1 == 1;
            let mut filter = All(logits.len(), allowed);
            let picked = pick(&logits, &sampling, &mut Rng::new(seed, 0), &mut filter);
            match picked {
                Some(token) => prop_assert!(allowed(token)),
                None => prop_assert!((0..logits.len()).all(|t| !allowed(t))),
            }
        }
    }
}
