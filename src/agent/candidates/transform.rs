//! Candidates from the catalogue of small transformations, on suspect lines.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::prior::{Kind, Prior};
use super::{Candidate, FileEdit};
use crate::agent::localise::{Localisation, Suspect};
use crate::agent::proposal::Tier;
use crate::agent::sources::{Source, Sources};
use crate::base::{Cancel, Language, Line, RepoPath};
use crate::syntax::{self, Mutation};

/// How strongly the suspicion of a line counts against the prior of the operator.
const SUSPICION_WEIGHT: f64 = 1.0;
/// Few operators have a lower hand-set cost.
const LOW_BY_HAND: f64 = 0.8;

/// Every single transformation of the suspects `from..to`, in no particular order: the search
/// sorts. Those made so far once `cancel` says stop.
pub fn candidates(
    localisation: &Localisation,
    sources: &Sources,
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
            of_file(&source, &suspects, localisation, cancel, &mut out);
        }
    }
    out
}

/// What the cheapest transformations of this suspect cost, but for rare ones.
pub fn low_cost(suspect: &Suspect) -> f64 {
    static LOW: LazyLock<f64> = LazyLock::new(|| Prior::shipped().low().min(LOW_BY_HAND));
    *LOW - weighed(suspect.suspicion)
}

fn weighed(suspicion: f64) -> f64 {
    SUSPICION_WEIGHT * suspicion.max(1e-3).ln()
}

fn of_file(
    source: &Arc<Source>,
    suspects: &[&Suspect],
    localisation: &Localisation,
    cancel: &Cancel,
    out: &mut Vec<Candidate>,
) {
    let lines: Vec<Line> = suspects.iter().map(|s| s.line).collect();
    let suspicion: BTreeMap<Line, f64> = suspects.iter().map(|s| (s.line, s.suspicion)).collect();
    let context = context(localisation);
    // Parsed when their turn comes: see `Candidate::patch`.
    for mutation in syntax::unparsed_mutations(&source.parsed, lines, &context, cancel) {
        let Some(&suspicion) = suspicion.get(&mutation.line) else { continue };
        out.push(candidate(source, mutation, suspicion));
    }
}

fn candidate(source: &Source, mutation: Mutation, suspicion: f64) -> Candidate {
    // The counts are over Python; the other catalogues share its operators, not its habits.
    let prior = match source.parsed.language() {
        Language::Python => Prior::shipped().cost(Kind::of(&mutation)),
        _ => f64::from(mutation.cost),
    };
    let cost = prior - weighed(suspicion);
    Candidate {
        tier: Tier::Transform,
        operator: mutation.operator.name(),
        title: mutation.title,
        edits: vec![FileEdit { path: source.path.clone(), replacements: mutation.replacements }],
        place: (source.path.clone(), mutation.line),
        cost,
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
