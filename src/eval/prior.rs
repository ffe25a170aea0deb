//! What the search's prior is learned from: places that people repaired, with what the catalogue
//! makes there, and which of it is the repair. `evals/prior/README.md` has the recipe.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::sync::Arc;

use serde::Deserialize;

use super::logit::{self, Choice};
use crate::agent::candidates::prior::{Count, Kind, Prior, Weights};
use crate::agent::candidates::trees;
use crate::agent::sources::Source;
use crate::base::{Cancel, Language, Line, Replacement, RepoPath, splice};
use crate::syntax::{self, Context, Elsewhere, Familiarity, Look, Mutation};

/// Measures of an option: what its kind costs, and its familiarity.
const MEASURES: usize = 1 + Familiarity::SIZE;
/// Holds the weights near zero, for each choice.
const RIDGE: f64 = 1e-3;
/// Of so many transformations one costs less than [`Weights::low`].
const LOW_SHARE: usize = 100;

/// One place that somebody repaired, as `evals/prior/mine.py` writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Fix {
    /// Where it is from, as `owner/project`.
    pub repository: String,
    /// The file, which says the language.
    pub path: String,
    /// The whole file before.
    pub before: String,
    /// The first line that was replaced, from 1.
    pub first: u32,
    /// The last one; `first - 1` when lines were put in before `first`.
    pub last: u32,
    /// The lines that came instead.
    pub after: Vec<String>,
}

/// What the catalogue makes at one place that was repaired.
#[derive(Clone, Debug)]
pub struct Sample {
    pub repository: String,
    pub language: Language,
    /// Each transformation, in the order they are made in.
    pub made: Vec<Kind>,
    /// What each looks like; empty where none is the repair.
    pub looks: Vec<Look>,
    /// Which of them is the repair.
    pub right: Option<usize>,
}

/// How a prior ranks the repair among all transformations of its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranking {
    /// Repairs that are among them.
    pub reached: usize,
    /// Of these, the first of all.
    pub first: usize,
    /// Of these, among the first ten.
    pub in_ten: usize,
    /// Geometric mean of their position, from 1.
    pub mean: f64,
}

/// Reads fixes, one JSON object a line.
///
/// # Errors
/// A line that is no fix, with its number.
pub fn read(input: impl BufRead) -> impl Iterator<Item = anyhow::Result<Fix>> {
    input.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(&line?)
            .map_err(|error| anyhow::anyhow!("line {}: not a fix: {error}", index + 1))
    })
}

/// A place that was repaired, with the transformations themselves.
#[derive(Debug)]
pub struct Place {
    /// The file before.
    pub source: Source,
    pub made: Vec<Mutation>,
    /// Which of them is the repair.
    pub right: Option<usize>,
}

/// What the catalogue makes at the place of `fix`; `None` when the fix changes only comments,
/// documentation or layout, or a file of no language known here.
pub fn place(fix: &Fix) -> Option<Place> {
    let (path, language) = (RepoPath::new(&fix.path).ok()?, Language::of_path(&fix.path)?);
    let source = Source::new(path, language, Arc::from(fix.before.as_bytes()))?;
    let (before, after) = (&source.text, repaired(fix));
    let after = after.strip_prefix('\u{feff}').unwrap_or(&after);
    if source.parsed.says_the_same(&syntax::parse(language, after)) {
        return None;
    }
    let lines = (fix.first.saturating_sub(1).max(1)..=fix.last.max(fix.first)).map(Line);
    let made =
        syntax::unparsed_mutations(&source.parsed, lines, &Context::default(), &Cancel::new());
    let wanted: String = dense(after).collect();
    let growth = length(after) - length(before);
    let is_right = |replacements: &[Replacement]| {
        let grown: isize = replacements
            .iter()
            .map(|r| length(&r.text) - length(r.span.of(before).unwrap_or_default()))
            .sum();
        grown == growth
            && splice(before, replacements).is_ok_and(|text| dense(&text).eq(wanted.chars()))
    };
    let right = made.iter().position(|m| is_right(&m.replacements));
    Some(Place { source, made, right })
}

/// The same, by kind and look.
pub fn sample(fix: &Fix) -> Option<Sample> {
    let place = place(fix)?;
    let made = place.made.iter().map(Kind::of).collect();
    let looks = if place.right.is_some() { place.looks() } else { Vec::new() };
    let (repository, language) = (fix.repository.clone(), place.source.language);
    Some(Sample { repository, language, made, looks, right: place.right })
}

impl Place {
    /// What each transformation looks like.
    pub fn looks(&self) -> Vec<Look> {
        let mut places: BTreeMap<Line, Elsewhere<'_>> = BTreeMap::new();
        let look = |mutation: &Mutation| {
            let line = mutation.line;
            let place = places.entry(line).or_insert_with(|| self.source.habits_but(line));
            place.look(&mutation.replacements)
        };
        self.made.iter().map(look).collect()
    }
}

fn repaired(fix: &Fix) -> String {
    let lines: Vec<&str> = fix.before.split('\n').collect();
    let first = (fix.first.max(1) as usize - 1).min(lines.len());
    let last = (fix.last as usize).clamp(first, lines.len());
    let new = fix.after.iter().map(String::as_str);
    lines[..first].iter().copied().chain(new).chain(lines[last..].iter().copied()).fold(
        String::new(),
        |text, line| if text.is_empty() { line.to_owned() } else { text + "\n" + line },
    )
}

/// The text without white space, where quotes look alike.
fn dense(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '\'' { '"' } else { c })
}

fn length(text: &str) -> isize {
    isize::try_from(dense(text).count()).unwrap_or(isize::MAX)
}

impl Sample {
    /// What each transformation costs; nothing where none is the repair.
    pub fn costs(&self, prior: &Prior) -> Vec<f64> {
        self.made.iter().zip(&self.looks).map(|(kind, look)| prior.cost(*kind, look)).collect()
    }
}

/// The counts over some samples.
pub fn counts<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> BTreeMap<Kind, Count> {
    let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
    for sample in samples {
        for (index, kind) in sample.made.iter().enumerate() {
            let count = counts.entry(*kind).or_default();
            count.made += 1;
            count.right += u64::from(sample.right == Some(index));
        }
    }
    counts
}

/// The counts of `all` without those of `some` of them.
fn less(all: &BTreeMap<Kind, Count>, some: &BTreeMap<Kind, Count>) -> BTreeMap<Kind, Count> {
    let rest = |(kind, count): (&Kind, &Count)| {
        let own = some.get(kind).copied().unwrap_or_default();
        let rest = Count { made: count.made - own.made, right: count.right - own.right };
        (rest.made > 0).then_some((*kind, rest))
    };
    all.iter().filter_map(rest).collect()
}

/// How `prior` ranks, where each sample may be given a prior of its own.
pub fn ranking<'a, 'p>(
    samples: impl IntoIterator<Item = &'a Sample>,
    prior: impl Fn(&Sample) -> &'p Prior,
) -> Ranking {
    let ranks = samples.into_iter().filter_map(|sample| {
        let prior = prior(sample);
        Some(rank(&sample.costs(prior), sample.right?))
    });
    Ranking::of(ranks)
}

/// The position, from 1, of option `right` in the order of `costs`; of equals the first comes first.
pub fn rank(costs: &[f64], right: usize) -> usize {
    let before = |(index, other): &(usize, &f64)| {
        **other < costs[right] || **other == costs[right] && *index < right
    };
    costs.iter().enumerate().filter(before).count() + 1
}

impl Ranking {
    /// What these positions come to.
    #[expect(clippy::cast_precision_loss, reason = "positions are small")]
    pub fn of(ranks: impl IntoIterator<Item = usize>) -> Self {
        let mut ranking = Self::default();
        let mut logs = 0.0;
        for rank in ranks {
            ranking.reached += 1;
            ranking.first += usize::from(rank == 1);
            ranking.in_ten += usize::from(rank <= 10);
            logs += (rank as f64).ln();
        }
        ranking.mean = (logs / ranking.reached.max(1) as f64).exp();
        ranking
    }
}

/// What is learned from samples of several projects.
#[derive(Debug)]
pub struct Learned {
    /// How kinds that were counted in the other projects rank.
    pub by_kind: Ranking,
    /// The same with the familiarity, weighed by the other projects.
    pub with_familiarity: Ranking,
    /// The weights that all projects together give.
    pub weights: Weights,
    /// By project: what the other projects teach.
    pub held_out: BTreeMap<String, Prior>,
}

/// Learns weights, and ranks each project by what the others teach.
pub fn learn(samples: &[Sample]) -> Learned {
    let projects: BTreeSet<&str> = samples.iter().map(|s| s.repository.as_str()).collect();
    let of = |sample: &Sample| sample.repository.clone();
    let all = counts(samples);
    let kinds: BTreeMap<String, Prior> = projects
        .iter()
        .map(|project| {
            let own = counts(samples.iter().filter(|s| s.repository == *project));
            ((*project).to_owned(), Prior::learn(&less(&all, &own)))
        })
        .collect();
    // Each choice with costs of kinds that it did not teach itself.
    let choices: Vec<(&Sample, Choice<MEASURES>)> = samples
        .iter()
        .filter_map(|sample| Some((sample, choice(sample, &kinds[&of(sample)])?)))
        .collect();
    let weights = |without: Option<&str>| {
        let used = choices.iter().filter(|(s, _)| Some(s.repository.as_str()) != without);
        let used: Vec<&Choice<MEASURES>> = used.map(|(_, choice)| choice).collect();
        weights(&used)
    };
    let held_out: BTreeMap<String, Prior> = kinds
        .iter()
        .map(|(project, prior)| {
            (project.clone(), prior.clone().with(weights(Some(project.as_str()))))
        })
        .collect();
    Learned {
        by_kind: ranking(samples, |sample| &kinds[&of(sample)]),
        with_familiarity: ranking(samples, |sample| &held_out[&of(sample)]),
        weights: weights(None),
        held_out,
    }
}

/// What trees are learned from, for `evals/prior/trees.py`: lines of words with tabs between. The first two
/// name the inputs and the operators. Then each transformation of the places whose repair is among them:
/// the project, the number of its place, 1 for the repair and 0 for others, its cost by kind and
/// familiarity as the other projects teach it, and the inputs.
pub fn rows(samples: &[Sample], learned: &Learned) -> String {
    use std::fmt::Write;
    let operators = trees::operators();
    let names: Vec<&str> = operators.iter().map(|operator| operator.name()).collect();
    let mut out = format!("inputs\t{}\noperators\t{}\n", trees::names().join(" "), names.join(" "));
    for (number, sample) in samples.iter().enumerate() {
        let (Some(right), Some(prior)) = (sample.right, learned.held_out.get(&sample.repository))
        else {
            continue;
        };
        let made = sample.made.iter().zip(&sample.looks).zip(sample.costs(prior)).enumerate();
        for (index, ((&kind, look), cost)) in made {
            let operator = operators.iter().position(|operator| *operator == kind.operator);
            #[expect(clippy::cast_precision_loss, reason = "there are some dozens")]
            let operator = operator.map_or(-1.0, |at| at as f32);
            let inputs = trees::inputs(kind, prior.of_kind(kind), operator, look);
            let is_right = u8::from(index == right);
            let _ = write!(out, "{}\t{number}\t{is_right}\t{cost:.4}", sample.repository);
            inputs.iter().for_each(|value| {
                let _ = write!(out, "\t{value:.5}");
            });
            out.push('\n');
        }
    }
    out
}

fn choice(sample: &Sample, kinds: &Prior) -> Option<Choice<MEASURES>> {
    let option = |(kind, look): (&Kind, &Look)| {
        let mut measures = [-kinds.of_kind(*kind); MEASURES];
        measures[1..].copy_from_slice(&look.familiarity.values());
        measures
    };
    let options = sample.made.iter().zip(&sample.looks).map(option).collect();
    Some(Choice { options, taken: sample.right? })
}

/// Weights on the scale of the costs of kinds.
#[expect(clippy::cast_precision_loss, reason = "no count is that large")]
fn weights(choices: &[&Choice<MEASURES>]) -> Weights {
    let fitted = logit::fit(choices, RIDGE);
    if fitted[0] <= 0.0 {
        return Weights::default();
    }
    let mut familiarity = [0.0; Familiarity::SIZE];
    familiarity.iter_mut().zip(&fitted[1..]).for_each(|(slot, by)| *slot = -by / fitted[0]);
    let options = || choices.iter().flat_map(|choice| &choice.options);
    let shift = |m: &[f64; MEASURES]| {
        familiarity.iter().zip(&m[1..]).map(|(weight, value)| weight * value).sum::<f64>()
    };
    let offset = -options().map(shift).sum::<f64>() / options().count().max(1) as f64;
    let mut costs: Vec<f64> = options().map(|m| shift(m) - m[0] + offset).collect();
    costs.sort_by(f64::total_cmp);
    let low = costs.get(costs.len() / LOW_SHARE).copied().unwrap_or_default();
    Weights { familiarity, offset, low }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(first: u32, last: u32, after: &[&str]) -> Fix {
        Fix {
            repository: "a/b".into(),
            path: "b/c.py".into(),
            before: "def f(a):\n    # all but one\n    if a < 3:\n        return 1\n    return 2\n"
                .into(),
            first,
            last,
            after: after.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_edit_that_was_made_is_recognised() {
        let sample = sample(&fix(3, 3, &["    if a<=3:"])).unwrap();
        let right = sample.made[sample.right.unwrap()];
        assert_eq!(right.operator.name(), "comparison_boundary");
        let counts = counts([&sample]);
        assert_eq!(counts.values().map(|c| c.right).sum::<u64>(), 1);
        assert_eq!(counts.values().map(|c| c.made).sum::<u64>(), sample.made.len() as u64);
        let ranking = ranking(&[sample], |sample| Prior::shipped(sample.language));
        assert_eq!(ranking.reached, 1);
        assert!(ranking.mean >= 1.0);
    }

    #[test]
    fn a_project_is_judged_by_what_the_others_teach() {
        let others = ["c/d", "e/f"]
            .map(|name| Fix { repository: name.into(), ..fix(3, 3, &["    if a<=3:"]) });
        let one = fix(3, 3, &["    if a > 3:"]);
        let samples: Vec<Sample> =
            others.iter().chain([&one]).map(|fix| sample(fix).unwrap()).collect();
        let all = counts(&samples);
        assert_eq!(less(&all, &counts(&samples[2..])), counts(&samples[..2]));
        let learned = learn(&samples);
        assert_eq!(learned.held_out.len(), 3);
        let right = |of: usize| samples[of].made[samples[of].right.unwrap()];
        let own = &learned.held_out["a/b"];
        assert!(own.of_kind(right(0)) < Prior::default().of_kind(right(0)));
        assert!(own.of_kind(right(2)) > learned.held_out["c/d"].of_kind(right(2)));

        let rows = rows(&samples, &learned);
        let fields = 4 + trees::names().len();
        let edits: Vec<&str> = rows.lines().skip(2).collect();
        assert_eq!(edits.len(), samples.iter().map(|s| s.made.len()).sum::<usize>());
        assert!(edits.iter().all(|line| line.split('\t').count() == fields), "{rows}");
        let repairs = edits.iter().filter(|line| line.split('\t').nth(2) == Some("1"));
        assert_eq!(repairs.count(), 3);
    }

    #[test]
    fn out_of_reach_is_counted_as_such() {
        let sample = sample(&fix(3, 3, &["    if frobnicate(a) in (7, 8, 9):"])).unwrap();
        assert_eq!(sample.right, None);
        assert!(!sample.made.is_empty());
    }

    #[test]
    fn comments_and_layout_are_no_fixes() {
        assert!(sample(&fix(2, 2, &["    # all but two"])).is_none());
        assert!(sample(&fix(3, 3, &["    if a  <  3:"])).is_none());
        assert!(sample(&fix(2, 1, &["    # added"])).is_none());
    }

    #[test]
    fn bad_lines_are_named() {
        let text = b"{\"repository\": 1}\n";
        let error = read(&text[..]).next().unwrap().unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
