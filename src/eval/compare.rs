//! Two runs over the same bugs, or the same gaps: what was gained, what was lost, and how sure that is.
//!
//! Differences of shares have the interval of paired proportions, ratios that of the mean of their
//! logarithms, both by the normal approximation: below thirty pairs they are rough. Whether gains
//! and losses are one-sided is told by the exact sign test (McNemar's).

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::{Deserialize, Serialize};

/// Standard deviations on each side of a mean that hold 95 % of a normal distribution.
const TWO_SIDED: f64 = 1.96;

/// What became of one case; the fields that runs of every kind have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub id: String,
    /// "repaired", "claimed wrongly", "no claim", "crashed".
    pub outcome: String,
    /// Candidates that were checked.
    #[serde(default)]
    pub checked: Option<u64>,
    #[serde(default)]
    pub seconds: Option<f64>,
    /// What kind of case it is, as far as the run tells.
    #[serde(default)]
    pub operator: Option<String>,
    /// Which generator won.
    #[serde(default)]
    pub tier: Option<String>,
    /// What was claimed.
    #[serde(default)]
    pub diff: Option<String>,
    /// The cost of what was claimed, as a negative log-likelihood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Nats for a token of the answer that a model has claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surprise: Option<f64>,
    /// Its position among those checked, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The highest cost that was tried when 1, 2, 4, ... candidates had been handed out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<(u64, f64)>,
}

impl Case {
    fn repaired(&self) -> bool {
        self.outcome == "repaired"
    }

    fn wrong(&self) -> bool {
        self.outcome == "claimed wrongly"
    }
}

/// A number with the interval that holds it 95 times of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// How a second run differs from a first one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Cases of both runs; those of one alone are not counted.
    pub cases: usize,
    pub repaired: [usize; 2],
    pub wrong: [usize; 2],
    /// Repaired in the second run alone.
    pub gained: Vec<String>,
    /// Repaired in the first run alone.
    pub lost: Vec<String>,
    /// Of the share repaired, in percentage points.
    pub difference: Interval,
    /// How likely gains and losses at least this uneven are by chance.
    pub chance: f64,
    /// Candidates checked, second over first, where both repaired; `None` without such cases.
    pub checked: Option<Interval>,
    /// The same of the seconds.
    pub seconds: Option<Interval>,
    /// By kind: cases, repaired in the first and in the second run.
    pub kinds: BTreeMap<String, [usize; 3]>,
}

/// Reads a run, one JSON object a line; of two lines about one case the later one counts.
///
/// # Errors
/// A line that is no case, with its number.
pub fn read(input: impl BufRead) -> anyhow::Result<BTreeMap<String, Case>> {
    let mut cases = BTreeMap::new();
    for (index, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_str(&line)
            .map_err(|error| anyhow::anyhow!("line {}: not a case: {error}", index + 1))?;
        cases.insert(case.id.clone(), case);
    }
    Ok(cases)
}

/// Compares the cases that both runs have; `None` when there is none.
pub fn compare(
    first: &BTreeMap<String, Case>,
    second: &BTreeMap<String, Case>,
) -> Option<Comparison> {
    let pairs: Vec<(&Case, &Case)> =
        first.iter().filter_map(|(id, case)| Some((case, second.get(id)?))).collect();
    if pairs.is_empty() {
        return None;
    }
    let ids = |gained: bool| -> Vec<String> {
        let differs = pairs.iter().filter(|(a, b)| a.repaired() != b.repaired());
        differs.filter(|(_, b)| b.repaired() == gained).map(|(a, _)| a.id.clone()).collect()
    };
    let count = |is: fn(&Case) -> bool| {
        [pairs.iter().filter(|p| is(p.0)).count(), pairs.iter().filter(|p| is(p.1)).count()]
    };
    let (gained, lost) = (ids(true), ids(false));
    let both = || pairs.iter().filter(|(a, b)| a.repaired() && b.repaired());
    #[expect(clippy::cast_precision_loss, reason = "counts of candidates")]
    let checked = both().filter_map(|(a, b)| Some((a.checked? as f64, b.checked? as f64)));
    let seconds = both().filter_map(|(a, b)| Some((a.seconds?, b.seconds?)));
    let mut kinds: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for (a, b) in &pairs {
        let kind = a.operator.clone().unwrap_or_default();
        let row = kinds.entry(kind).or_default();
        row[0] += 1;
        row[1] += usize::from(a.repaired());
        row[2] += usize::from(b.repaired());
    }
    Some(Comparison {
        cases: pairs.len(),
        repaired: count(Case::repaired),
        wrong: count(Case::wrong),
        difference: difference(gained.len(), lost.len(), pairs.len()),
        chance: sign_test(gained.len(), lost.len()),
        gained,
        lost,
        checked: ratio(checked),
        seconds: ratio(seconds),
        kinds,
    })
}

/// The difference of two paired proportions, in percentage points.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn difference(gained: usize, lost: usize, cases: usize) -> Interval {
    let (gained, lost, n) = (gained as f64, lost as f64, cases as f64);
    let mean = (gained - lost) / n;
    let deviation = (gained + lost - (gained - lost) * (gained - lost) / n).max(0.0).sqrt() / n;
    let [value, low, high] =
        [mean, mean - TWO_SIDED * deviation, mean + TWO_SIDED * deviation].map(|x| 100.0 * x);
    Interval { value, low, high }
}

/// The geometric mean of second over first; what is zero counts as a thousandth.
fn ratio(pairs: impl Iterator<Item = (f64, f64)>) -> Option<Interval> {
    let logs: Vec<f64> = pairs.map(|(a, b)| (b.max(1e-3) / a.max(1e-3)).ln()).collect();
    if logs.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let half = TWO_SIDED * (variance / n).sqrt();
    Some(Interval { value: mean.exp(), low: (mean - half).exp(), high: (mean + half).exp() })
}

/// The two-sided exact sign test: how likely a split at least this uneven of fair coins is.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn sign_test(gained: usize, lost: usize) -> f64 {
    let (n, few) = (gained + lost, gained.min(lost));
    // The logarithm of n over k, times 2 to the power of -n.
    let mut log = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=few {
        tail += log.exp();
        log += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcomes: &[(&str, u64)]) -> BTreeMap<String, Case> {
        let lines: Vec<String> = outcomes
            .iter()
            .enumerate()
            .map(|(index, (outcome, checked))| {
                format!(r#"{{"id":"b{index}","outcome":"{outcome}","checked":{checked},"exit":0}}"#)
            })
            .collect();
        read(lines.join("\n").as_bytes()).unwrap()
    }

    #[test]
    fn gains_losses_and_ratios() {
        let a = run(&[("repaired", 100), ("no claim", 9), ("repaired", 40), ("repaired", 7)]);
        let b = run(&[("repaired", 50), ("repaired", 9), ("repaired", 20), ("claimed wrongly", 7)]);
        let found = compare(&a, &b).unwrap();
        assert_eq!((found.cases, found.repaired, found.wrong), (4, [3, 3], [0, 1]));
        assert_eq!((found.gained, found.lost), (vec!["b1".to_owned()], vec!["b3".to_owned()]));
        assert!(found.difference.value.abs() < 1e-9 && found.difference.high > 30.0);
        let checked = found.checked.unwrap();
        assert!((checked.value - 0.5).abs() < 1e-9 && (checked.high - 0.5).abs() < 1e-9);
        assert_eq!(found.seconds, None);
        assert!((found.chance - 1.0).abs() < 1e-9);
        assert_eq!(found.kinds[""], [4, 3, 3]);
    }

    #[test]
    fn only_common_cases_count() {
        let a = run(&[("repaired", 1), ("repaired", 1)]);
        let b = run(&[("no claim", 1)]);
        assert_eq!(compare(&a, &b).unwrap().cases, 1);
        assert_eq!(compare(&a, &BTreeMap::new()), None);
    }

    #[test]
    fn the_sign_test_is_exact() {
        // Ten heads of ten: 2 / 1024. Eight of ten: 2 (1 + 10 + 45) / 1024.
        assert!((sign_test(10, 0) - 2.0 / 1024.0).abs() < 1e-12);
        assert!((sign_test(2, 8) - 112.0 / 1024.0).abs() < 1e-12);
        assert!((sign_test(0, 0) - 1.0).abs() < 1e-12);
        assert!(sign_test(900, 1000) > 0.01);
    }

    #[test]
    fn a_later_line_replaces_an_earlier_one_and_bad_ones_are_named() {
        let text =
            "{\"id\":\"a\",\"outcome\":\"crashed\"}\n\n{\"id\":\"a\",\"outcome\":\"repaired\"}\n";
        assert!(read(text.as_bytes()).unwrap()["a"].repaired());
        let error = read(&b"{\"id\":\"a\"}"[..]).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
