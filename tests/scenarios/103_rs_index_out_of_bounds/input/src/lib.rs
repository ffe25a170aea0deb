/// The differences between neighbours.
pub fn steps(values: &[i32]) -> Vec<i32> {
    let mut out = Vec::new();
    let mut at = 1;
    while at <= values.len() {
        out.push(values[at] - values[at - 1]);
        at += 1;
    }
    out
}

/// The longest run of rising values, counted in steps.
pub fn longest_rise(values: &[i32]) -> usize {
    let mut best = 0;
    let mut run = 0;
    for step in steps(values) {
        run = if step > 0 { run + 1 } else { 0 };
        best = best.max(run);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences() {
        assert_eq!(steps(&[3, 5, 4]), [2, -1]);
    }

    #[test]
    fn rise() {
        assert_eq!(longest_rise(&[1, 2, 3, 2, 9]), 2);
    }

    #[test]
    fn one_value() {
        assert_eq!(longest_rise(&[7]), 0);
    }
}
