//! Candidates from the catalogue of small transformations, on suspect lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::prior::{Kind, Prior};
use super::{Candidate, FileEdit};
use crate::agent::localise::{Localisation, Suspect};
use crate::agent::proposal::Tier;
use crate::agent::sources::{Source, Sources};
use crate::base::{Cancel, Language, Line, Replacement, RepoPath};
use crate::syntax::{self, Elsewhere, Look, Mutation};

/// How strongly the suspicion of a line counts against the prior of the operator, fitted with the constants of
/// `localise/spectrum.rs` on bugs whose repair is known.
const SUSPICION_WEIGHT: f64 = 1.5;
/// How unlikely it is that two edits are needed, and two of the cheapest are the right ones.
const PAIR_COST: f64 = 3.0;
/// How unlikely it is that the same edit is needed in several places, where it can be made there.
const REPEAT_COST: f64 = 1.5;
/// So many of the cheapest transformations of a batch are made in several places.
const REPEATED: usize = 150;
/// The edits of a pair lie at most this many lines apart.
const PAIR_LINES: u32 = 40;

/// What transformations of a language cost.
pub type PriorOf<'p> = dyn Fn(Language) -> Cow<'static, Prior> + 'p;

/// Every single transformation of the suspects `from..to`, in no particular order: the search
/// sorts. Those made so far once `cancel` says stop.
pub fn candidates(
    localisation: &Localisation,
    sources: &Sources,
    prior: &PriorOf<'_>,
    from: usize,
    to: usize,
    cancel: &Cancel,
) -> Vec<Candidate> {
    let mut by_file: BTreeMap<&RepoPath, Vec<&Suspect>> = BTreeMap::new();
    for suspect in localisation.suspects.iter().take(to).skip(from) {
        by_file.entry(&suspect.path).or_default().push(suspect);
    }
    let mut out = Vec::new();
    for (path, suspects) in by_file {
        if let Some(source) = sources.get(path) {
            let prior = prior(source.language);
            of_file(&source, &suspects, localisation, &prior, cancel, &mut out);
        }
    }
    out
}

/// Pairs of these transformations at neighbouring places, for bugs that take two edits.
pub fn pairs(singles: &[Candidate]) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (index, first) in singles.iter().enumerate() {
        for second in &singles[index + 1..] {
            out.extend(pair(first, second));
        }
    }
    out
}

/// The cheapest of these transformations, made at every place of their function where the same
/// expression stands.
pub fn everywhere(singles: &[Candidate], sources: &Sources) -> Vec<Candidate> {
    let mut cheapest: Vec<&Candidate> = singles.iter().collect();
    cheapest.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    cheapest.into_iter().take(REPEATED).filter_map(|single| repeated(single, sources)).collect()
}

fn repeated(single: &Candidate, sources: &Sources) -> Option<Candidate> {
    let [FileEdit { path, replacements }] = &single.edits[..] else { return None };
    let [replacement] = &replacements[..] else { return None };
    let source = sources.get(path)?;
    let function = source.function_at(single.place.1)?;
    let replacements = syntax::everywhere(&source.parsed, function.span, replacement)?;
    Some(Candidate {
        operator: "everywhere",
        title: format!("{}, in {} places", single.title, replacements.len()),
        edits: vec![FileEdit { path: path.clone(), replacements }],
        cost: single.cost + REPEAT_COST,
        surprise: None,
        ..single.clone()
    })
}

fn pair(first: &Candidate, second: &Candidate) -> Option<Candidate> {
    let ([a], [b]) = (&first.edits[..], &second.edits[..]) else { return None };
    let apart = first.place.1.0.abs_diff(second.place.1.0);
    let overlap =
        |x: &Replacement, y: &Replacement| x.span.start <= y.span.end && y.span.start <= x.span.end;
    let clash = a.replacements.iter().any(|x| b.replacements.iter().any(|y| overlap(x, y)));
    if a.path != b.path || apart > PAIR_LINES || clash {
        return None;
    }
    let mut replacements = [&a.replacements[..], &b.replacements[..]].concat();
    replacements.sort_by_key(|r| r.span);
    Some(Candidate {
        tier: Tier::Transform,
        operator: "pair",
        title: format!("{} and {}", first.title, second.title),
        edits: vec![FileEdit { path: a.path.clone(), replacements }],
        place: first.place.clone(),
        cost: first.cost + second.cost + PAIR_COST,
        surprise: None,
    })
}

/// What the cheapest transformations of this suspect cost, but for rare ones.
pub fn low_cost(suspect: &Suspect) -> f64 {
    let language = Language::of_path(suspect.path.as_str()).unwrap_or(Language::Python);
    Prior::shipped(language).low() - weighed(suspect.suspicion)
}

/// How much of a cost the suspicion of a line takes away.
pub(super) fn weighed(suspicion: f64) -> f64 {
    SUSPICION_WEIGHT * suspicion.max(1e-3).ln()
}

fn of_file(
    source: &Arc<Source>,
    suspects: &[&Suspect],
    localisation: &Localisation,
    prior: &Prior,
    cancel: &Cancel,
    out: &mut Vec<Candidate>,
) {
    let lines: Vec<Line> = suspects.iter().map(|s| s.line).collect();
    let suspicion: BTreeMap<Line, f64> = suspects.iter().map(|s| (s.line, s.suspicion)).collect();
    let context = context(localisation);
    let mut places: BTreeMap<Line, Elsewhere<'_>> = BTreeMap::new();
    // Parsed when their turn comes: see `Candidate::patch`.
    for mutation in syntax::unparsed_mutations(&source.parsed, lines, &context, cancel) {
        let Some(&suspicion) = suspicion.get(&mutation.line) else { continue };
        let place = places.entry(mutation.line).or_insert_with(|| source.habits_but(mutation.line));
        let look = place.look(&mutation.replacements);
        out.push(candidate(source, mutation, &look, prior, suspicion));
    }
}

fn candidate(
    source: &Source,
    mutation: Mutation,
    look: &Look,
    prior: &Prior,
    suspicion: f64,
) -> Candidate {
    let cost = prior.cost(Kind::of(&mutation), look) - weighed(suspicion);
    Candidate {
        tier: Tier::Transform,
        operator: mutation.operator.name(),
        title: mutation.title,
        edits: vec![FileEdit { path: source.path.clone(), replacements: mutation.replacements }],
        place: (source.path.clone(), mutation.line),
        cost,
        surprise: None,
    }
}

/// What the failure says, for operators that can use it.
///
/// Expected numbers are left out on purpose: putting one in place makes the one test pass and
/// nothing else.
fn context(localisation: &Localisation) -> syntax::Context {
    let names = localisation.words.iter().cloned().collect();
    syntax::Context { names, ..syntax::Context::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn single(path: &str, line: u32, start: usize, end: usize, cost: f64) -> Candidate {
        let path = RepoPath::new(path).unwrap();
        let replacements = vec![Replacement { span: Span { start, end }, text: "x".into() }];
        Candidate {
            tier: Tier::Transform,
            operator: "test",
            title: format!("{start}"),
            edits: vec![FileEdit { path: path.clone(), replacements }],
            place: (path, Line(line)),
            cost,
            surprise: None,
        }
    }

    #[test]
    fn an_edit_is_repeated_where_the_same_is_said() {
        let text = "def f(a):\n    g(a.start - 1)\n    return h(a.start - 1)\n";
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("a.py"), text).unwrap();
        let sources = Sources::new(dir.path(), vec![RepoPath::new("a.py").unwrap()]);
        let at = text.find('1').unwrap();
        let singles = [single("a.py", 2, at, at + 1, 0.5), single("a.py", 2, 6, 7, 0.1)];
        let [repeated] = &everywhere(&singles, &sources)[..] else { panic!("one") };
        let patch = repeated.patch(&sources).unwrap();
        let after = patch.files()[0].after.as_deref().unwrap();
        let wanted = text.replace("- 1", "- x");
        assert_eq!(String::from_utf8_lossy(after), wanted);
        assert!(repeated.cost > 1.5 && repeated.title.ends_with("in 2 places"));
    }

    #[test]
    fn pairs_are_of_one_place_and_do_not_overlap() {
        let singles = [
            single("a.py", 3, 20, 22, 1.0),
            single("a.py", 3, 10, 12, 1.5),
            single("a.py", 3, 11, 14, 1.0),
            single("a.py", 90, 400, 401, 1.0),
            single("b.py", 3, 30, 31, 1.0),
        ];
        let pairs = pairs(&singles);
        let titles: Vec<&str> = pairs.iter().map(|p| p.title.as_str()).collect();
        assert_eq!(titles, ["20 and 10", "20 and 11"]);
        let starts: Vec<usize> =
            pairs[0].edits[0].replacements.iter().map(|r| r.span.start).collect();
        assert_eq!(starts, [10, 20]);
        assert!(pairs[0].cost > 2.5);
    }
}
