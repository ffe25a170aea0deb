//! What speaks for and against a proposal, as labelled lines: the same on the screen and in text.

use super::text::duration;
use crate::agent::proposal::{Caution, Place, Proposal, Tier, Verdict};

/// Places, notes and tests beyond these are counted instead of listed.
const MAX_LISTED: usize = 12;

/// One thing to know. The text is foreign: make it safe before showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// How a fact is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Warning,
}

/// The facts about `proposal`, most important first.
pub(super) fn facts(proposal: &Proposal) -> Vec<Fact> {
    let evidence = &proposal.evidence;
    let mut out = Vec::new();
    let mut say = |label, text: String, tone| out.push(Fact { label, text, tone });
    let (proven, unverified) = match proposal.tier {
        Tier::Refactoring => ("the same before and after", "nothing that was run reaches it"),
        _ => ("failed before, passes with it, no test lost", "no run has shown that it helps"),
    };
    match proposal.verdict {
        Verdict::Proven => say("proven", proven.to_owned(), Tone::Good),
        Verdict::Unverified => say("unverified", unverified.to_owned(), Tone::Warning),
    }
    for (label, text) in &evidence.checks {
        say(label, text.clone(), Tone::Plain);
    }
    for caution in &proposal.cautions {
        say("caution", caution_text(caution), Tone::Warning);
    }
    for (label, text) in [("before", &evidence.before), ("after", &evidence.after)] {
        if !text.is_empty() {
            say(label, text.clone(), Tone::Plain);
        }
    }
    if let Some(wider) = &evidence.wider {
        say("wider", wider.clone(), Tone::Plain);
    }
    for place in evidence.places.iter().take(MAX_LISTED) {
        say("place", place_text(place), Tone::Plain);
    }
    if let Some(more) = more(evidence.places.len()) {
        say("place", more, Tone::Plain);
    }
    if !evidence.command.is_empty() {
        say("command", evidence.command.clone(), Tone::Plain);
    }
    if !evidence.elapsed.is_zero() {
        say("run", duration(evidence.elapsed), Tone::Plain);
    }
    say("from", source(proposal), Tone::Plain);
    for note in evidence.notes.iter().take(MAX_LISTED) {
        say("note", note.clone(), Tone::Plain);
    }
    if let Some(more) = more(evidence.notes.len()) {
        say("note", more, Tone::Plain);
    }
    out
}

/// The verdict in one word.
pub(super) fn badge(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proven => "proven",
        Verdict::Unverified => "unverified",
    }
}

fn source(proposal: &Proposal) -> String {
    match proposal.tier {
        Tier::Rule => "a rule for this error",
        Tier::Compiler => "the compiler's own suggestion",
        Tier::Transform => "a small transformation of a suspect line",
        Tier::Model => "the language model",
        Tier::Endpoint => "the language model of the endpoint",
        Tier::Refactoring => "an exact refactoring",
    }
    .to_owned()
}

/// A caution in words.
pub fn caution_text(caution: &Caution) -> String {
    match caution {
        Caution::SwallowsError => "catches the error rather than repairing its cause".to_owned(),
        Caution::ChangesAssertion => "changes an assertion, not what is asserted".to_owned(),
        Caution::Regresses(tests) => format!("breaks {}", listed(tests)),
        Caution::LeavesFailing(tests) => {
            format!("leaves failing, for the same reason as before: {}", listed(tests))
        }
        Caution::ProtectedFile(path) => format!("changes the protected file {path}"),
        Caution::TakesBack => {
            "takes back a part of what you changed since the last commit".to_owned()
        }
        Caution::DeletesCode => "removes code and puts nothing in its place".to_owned(),
    }
}

fn listed(tests: &[String]) -> String {
    let named = tests.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>().join(", ");
    match more(tests.len()) {
        Some(more) => format!("{named}, {more}"),
        None => named,
    }
}

fn place_text(place: &Place) -> String {
    let function = place.function.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    let suspicion = place.suspicion;
    format!("{}:{}{function}, suspicion {suspicion:.2}: {}", place.path, place.line, place.reason)
}

fn more(count: usize) -> Option<String> {
    (count > MAX_LISTED).then(|| format!("and {} more", count - MAX_LISTED))
}
