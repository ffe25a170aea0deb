//! The conditional logit model: which of several options was chosen, by weights of their measures
//! (McFadden 1974, "Conditional logit analysis of qualitative choice behavior").

/// Steps of Newton's method at most; the likelihood is concave, and a dozen are enough.
const MAX_STEPS: usize = 50;
/// Ends when no weight moves by more.
const TOLERANCE: f64 = 1e-6;

/// One choice: the measures of its options, and which of them was taken.
#[derive(Clone, Debug)]
pub struct Choice<const N: usize> {
    pub options: Vec<[f64; N]>,
    pub taken: usize,
}

/// The weights under which the choices are most likely, where each weight is held near zero by a
/// normal prior of precision `ridge` for each choice.
pub fn fit<const N: usize>(choices: &[&Choice<N>], ridge: f64) -> [f64; N] {
    let mut weights = [0.0; N];
    for _ in 0..MAX_STEPS {
        let (gradient, hessian) = derivatives(choices, &weights, ridge);
        let Some(step) = solve(hessian, gradient) else { break };
        // Far from the optimum a whole step may overshoot.
        let longest = step.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let share = if longest > 1.0 { 1.0 / longest } else { 1.0 };
        weights.iter_mut().zip(step).for_each(|(weight, by)| *weight += share * by);
        if longest < TOLERANCE {
            break;
        }
    }
    weights
}

/// The sum of `weights` times `measures`.
pub fn score<const N: usize>(weights: &[f64; N], measures: &[f64; N]) -> f64 {
    weights.iter().zip(measures).map(|(weight, value)| weight * value).sum()
}

/// Of the mean log-likelihood: its gradient, and its negative second derivatives.
#[expect(clippy::cast_precision_loss, reason = "no count is that large")]
fn derivatives<const N: usize>(
    choices: &[&Choice<N>],
    weights: &[f64; N],
    ridge: f64,
) -> ([f64; N], [[f64; N]; N]) {
    let mut gradient = weights.map(|weight| -ridge * weight);
    let mut hessian = [[0.0; N]; N];
    for (index, row) in hessian.iter_mut().enumerate() {
        row[index] = ridge;
    }
    let share = 1.0 / choices.len().max(1) as f64;
    for choice in choices {
        let scores: Vec<f64> = choice.options.iter().map(|m| score(weights, m)).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds: Vec<f64> = scores.iter().map(|s| (s - most).exp()).collect();
        let total: f64 = odds.iter().sum();
        let mut mean = [0.0; N];
        for (odds, measures) in odds.iter().zip(&choice.options) {
            mean.iter_mut().zip(measures).for_each(|(mean, value)| *mean += odds / total * value);
        }
        for (odds, measures) in odds.iter().zip(&choice.options) {
            let apart: [f64; N] = std::array::from_fn(|at| measures[at] - mean[at]);
            for (row, a) in hessian.iter_mut().zip(apart) {
                let weighed = odds / total * a * share;
                row.iter_mut().zip(apart).for_each(|(value, b)| *value += weighed * b);
            }
        }
        let taken = &choice.options[choice.taken];
        for (slot, (taken, mean)) in gradient.iter_mut().zip(taken.iter().zip(mean)) {
            *slot += (taken - mean) * share;
        }
    }
    (gradient, hessian)
}

/// Solves `matrix * x = vector` by elimination; `None` when the matrix is singular.
fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut vector: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N)
            .max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        vector.swap(column, pivot);
        for row in 0..N {
            if row == column {
                continue;
            }
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column];
            matrix[row].iter_mut().zip(above).for_each(|(value, by)| *value -= factor * by);
            vector[row] -= factor * vector[column];
        }
    }
    Some(std::array::from_fn(|row| vector[row] / matrix[row][row]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_of_two_options_are_found() {
        // The option with the measure is taken three times of four: its weight is ln 3.
        let choice = |taken| Choice { options: vec![[1.0], [0.0]], taken };
        let choices = [choice(0), choice(0), choice(1), choice(0)];
        let [weight] = fit(&choices.each_ref(), 0.0);
        assert!((weight - 3.0_f64.ln()).abs() < 1e-5, "{weight}");
    }

    #[test]
    fn what_does_not_matter_weighs_nothing_and_no_choice_is_no_weight() {
        let noise = |a, b, taken| Choice { options: vec![[1.0, a], [0.0, b]], taken };
        let choices = [(1.0, 0.0), (0.0, 1.0)]
            .map(|(a, b)| [0, 0, 1].map(|taken| noise(a, b, taken)))
            .concat();
        let [first, second] = fit(&choices.iter().collect::<Vec<_>>(), 0.0);
        assert!((first - 2.0_f64.ln()).abs() < 1e-5 && second.abs() < 1e-5, "{first} {second}");
        let none: [f64; 2] = fit(&[], 1e-3);
        assert_eq!(none, [0.0, 0.0]);
    }

    #[test]
    fn a_sure_choice_is_held_back_by_the_ridge() {
        let choices = [Choice { options: vec![[1.0], [0.0]], taken: 0 }];
        let [weight] = fit(&choices.each_ref(), 0.01);
        assert!(weight > 1.0 && weight < 10.0, "{weight}");
    }

    #[test]
    fn systems_are_solved() {
        let x = solve([[0.0, 2.0], [1.0, 1.0]], [4.0, 5.0]).unwrap();
        assert!((x[0] - 3.0).abs() < 1e-9 && (x[1] - 2.0).abs() < 1e-9);
        assert_eq!(solve([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0]), None);
    }
}
