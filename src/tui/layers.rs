//! What lies over the review pane: a stack, the topmost layer gets the keys.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::FixDecision;
use crate::agent::proposal::{Caution, Proposal, Verdict};

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// The keys explained, scrolled down by some lines.
    Help { scroll: usize },
    /// "Really?"
    Confirm(Confirm),
}

/// A decision that waits for a second word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Confirm {
    pub(super) decision: FixDecision,
    /// Why we ask; never empty.
    pub(super) reasons: Vec<String>,
}

/// What a layer made of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing more to do.
    Consumed,
    /// The layer goes away.
    Closed,
    /// The user has decided.
    Decided(FixDecision),
}

impl Layer {
    /// Handles `key`; layers are modal, nothing falls through.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match self {
            Self::Help { scroll } => match key.code {
                KeyCode::Down | KeyCode::Char('j') | KeyCode::PageDown => {
                    *scroll = (*scroll + 1).min(KEYS.len());
                    Outcome::Consumed
                }
                KeyCode::Up | KeyCode::Char('k') | KeyCode::PageUp => {
                    *scroll = scroll.saturating_sub(1);
                    Outcome::Consumed
                }
                _ => Outcome::Closed,
            },
            // Enter does not say yes: the same key may still be on its way from the first question.
            Self::Confirm(confirm) => match key.code {
                KeyCode::Char('y' | 'Y') if !control(key) => Outcome::Decided(confirm.decision),
                KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Outcome::Closed,
                _ => Outcome::Consumed,
            },
        }
    }
}

impl Confirm {
    /// The question before `decision` about `proposal`, when there is a reason to ask one.
    pub(super) fn before(decision: FixDecision, proposal: &Proposal) -> Option<Self> {
        let mut reasons = Vec::new();
        if proposal.verdict == Verdict::Unverified {
            reasons.push("It is unverified: no run has shown that it helps.".to_owned());
        }
        for caution in &proposal.cautions {
            match caution {
                Caution::ProtectedFile(path) => {
                    reasons.push(format!("It changes {path}, a protected file."));
                }
                Caution::Regresses(tests) => reasons.push(match tests.len() {
                    1 => "With it a test fails that passed before.".to_owned(),
                    count => format!("With it {count} tests fail that passed before."),
                }),
                Caution::LeavesFailing(_) => {
                    reasons.push("Other tests fail for the same reason, and still do.".to_owned())
                }
                Caution::SwallowsError => {
                    reasons
                        .push("It catches the error rather than repairing its cause.".to_owned());
                }
                Caution::ChangesAssertion => {
                    reasons.push("It changes an assertion, not what is asserted.".to_owned());
                }
                Caution::DeletesCode | Caution::TakesBack => {}
            }
        }
        (!reasons.is_empty()).then_some(Self { decision, reasons })
    }
}

/// The keys and what they do, most needed first.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("Enter a", "apply this candidate"),
    ("c", "apply and commit it"),
    ("n p", "next, previous candidate"),
    ("j k Down Up", "the same; with the focus on evidence or diff: scroll"),
    ("x r", "reject this candidate"),
    ("u", "take the last rejection back"),
    ("e", "edit in $EDITOR first"),
    ("PgDn PgUp Space", "scroll by a page"),
    ("g G Home End", "to the start, to the end"),
    ("h l Left Right 0", "scroll sideways, back to column one"),
    ("s", "diff in one column or side by side"),
    ("Tab", "move the focus"),
    ("Ctrl-L", "draw the screen again"),
    ("Ctrl-Z", "suspend; fg returns"),
    ("q Esc", "stop the search; then leave without applying"),
    ("Ctrl-C", "the same, exit status 130"),
    ("? F1", "this help"),
];

fn control(key: KeyEvent) -> bool {
    key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn only_y_says_yes() {
        let decision = FixDecision::Apply(1);
        let mut layer = Layer::Confirm(Confirm { decision, reasons: vec!["x".into()] });
        assert_eq!(layer.key(press(KeyCode::Enter)), Outcome::Consumed);
        assert_eq!(layer.key(press(KeyCode::Char('a'))), Outcome::Consumed);
        assert_eq!(layer.key(press(KeyCode::Esc)), Outcome::Closed);
        let ctrl_y = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL);
        assert_eq!(layer.key(ctrl_y), Outcome::Consumed);
        assert_eq!(layer.key(press(KeyCode::Char('y'))), Outcome::Decided(decision));
    }

    #[test]
    fn help_scrolls_and_any_other_key_closes_it() {
        let mut layer = Layer::Help { scroll: 0 };
        assert_eq!(layer.key(press(KeyCode::Down)), Outcome::Consumed);
        assert_eq!(layer, Layer::Help { scroll: 1 });
        assert_eq!(layer.key(press(KeyCode::Char('?'))), Outcome::Closed);
    }
}
