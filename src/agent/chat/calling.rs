//! The calls of an answer: permitted, performed, answered; edits reviewed and written.

use super::call::Call;
use super::entry::{Entry, Outcome};
use super::policy::{Decision, Pattern};
use super::state::{Activity, Conversation, Effect, Permit};
use super::turn::{Ending, SAME};
use crate::edit::{self, Patch};
use crate::repo::is_test_path;

impl Conversation {
    /// Starts a call of the model.
    pub(super) fn call(&mut self, call: Call) {
        let id = self.new_call(&call);
        self.work.turn.seen.push(call.clone());
        let same = self.work.turn.seen.iter().filter(|seen| **seen == call).count();
        if same >= SAME {
            self.answer(
                id,
                failure("this was asked for three times; the answer is above", "again"),
            );
            return self.give_up("the model asked for the same thing three times: stopped");
        }
        let granted = self.work.granted.clone();
        let mut rules = self.rules.clone();
        rules.allow.extend(granted);
        match rules.decide(self.mode, &call) {
            Decision::Allow => self.perform(id, call),
            Decision::Ask(why) => self.activity = Activity::Permission { id, call, why },
            Decision::Deny(why) => {
                self.answer(id, failure(&format!("not allowed: {why}"), &why));
                self.next();
            }
        }
    }

    /// Starts what the person asked for themselves.
    pub(super) fn own(&mut self, call: Call) {
        let id = self.new_call(&call);
        self.work.turn.own = true;
        if let Call::Run { command } = &call {
            self.work.out.push(Effect::Shell { id, command: command.clone() });
            self.activity = Activity::Calling { id, call, line: String::new() };
        } else {
            self.perform(id, call);
        }
    }

    fn new_call(&mut self, call: &Call) -> u64 {
        self.work.calls += 1;
        let id = self.work.calls;
        self.work.turn.own = false;
        self.note(Entry::Call { id, call: call.clone() });
        id
    }

    fn perform(&mut self, id: u64, call: Call) {
        self.work.out.push(Effect::Perform { id, call: call.clone() });
        self.activity = Activity::Calling { id, call, line: String::new() };
    }

    pub(super) fn permitted(&mut self, permit: Permit) {
        let Activity::Permission { id, call, .. } = &self.activity else { return };
        let (id, call) = (*id, call.clone());
        self.note(Entry::Permission { id, allowed: permit != Permit::No });
        match permit {
            Permit::No => {
                self.answer(id, failure("the person did not allow this", "not allowed"));
                self.next();
            }
            Permit::Session => {
                self.work.granted.push(Pattern::like(&call));
                self.perform(id, call);
            }
            Permit::Once => self.perform(id, call),
        }
    }

    pub(super) fn performed(&mut self, id: u64, outcome: Outcome) {
        match self.activity {
            Activity::Calling { id: going, .. } | Activity::Applying { id: going }
                if going == id => {}
            _ => return,
        }
        let failed = (!outcome.ok).then(|| outcome.text.clone());
        self.answer(id, outcome);
        if let Some(text) = failed.filter(|_| !self.work.turn.own) {
            self.work.turn.failed.push(text.clone());
            let same = self.work.turn.failed.iter().filter(|other| **other == text).count();
            if same >= SAME {
                return self.give_up("the same thing failed three times: stopped");
            }
        }
        self.next();
    }

    pub(super) fn answer(&mut self, id: u64, outcome: Outcome) {
        self.activity = Activity::Idle;
        self.note(Entry::Result { id, outcome });
    }

    pub(super) fn proposed(
        &mut self,
        id: u64,
        patch: Patch,
        diff: String,
        checks: Vec<String>,
        sound: bool,
    ) {
        if !matches!(self.activity, Activity::Calling { id: going, .. } if going == id) {
            return;
        }
        self.note(Entry::Proposal { id, diff: diff.clone(), checks: checks.clone(), sound });
        if self.work.ending != Ending::No {
            self.answer(id, failure("interrupted; nothing was written", "interrupted"));
            return self.end_turn();
        }
        if !sound && !self.work.turn.own && !self.work.turn.repaired {
            self.work.turn.repaired = true;
            let text = format!(
                "nothing was written, since a check failed with this edit:\n{}\nMake the edit again \
                 without that fault.",
                checks.join("\n")
            );
            self.answer(id, failure(&text, "a check failed: the model may repair it once"));
            return self.next();
        }
        let paths: Vec<&str> = patch.files().iter().map(|file| file.path.as_str()).collect();
        let guarded = patch
            .files()
            .iter()
            .any(|file| edit::protected(&file.path).is_some() || is_test_path(&file.path));
        if sound && !guarded && !self.work.turn.own && self.rules.applies(self.mode, &paths) {
            self.apply(id, patch);
        } else {
            self.activity = Activity::Review { id, patch, diff, checks, sound };
        }
    }

    fn apply(&mut self, id: u64, patch: Patch) {
        self.work.out.push(Effect::Apply { id, patch });
        self.activity = Activity::Applying { id };
    }

    pub(super) fn reviewed(&mut self, wanted: Option<Patch>) {
        let Activity::Review { id, patch, .. } = &self.activity else { return };
        let id = *id;
        match wanted.filter(|wanted| !wanted.is_empty()) {
            Some(wanted) => {
                if wanted != *patch {
                    let why = "only a part of it was taken".to_owned();
                    self.note(Entry::Declined { id, why });
                }
                self.apply(id, wanted);
            }
            None => {
                self.note(Entry::Declined { id, why: "the person did not want it".to_owned() });
                let text = "the person did not want this edit; nothing was written";
                self.answer(id, failure(text, "declined"));
                // What they want instead is theirs to say.
                self.end_turn();
            }
        }
    }

    pub(super) fn applied(&mut self, id: u64, operation: u64, files: Vec<String>) {
        // Said even when nobody waits for it any more: it has happened.
        self.note(Entry::Applied { id, operation, files: files.clone() });
        self.work.turn.wrote = true;
        if !matches!(self.activity, Activity::Applying { id: going } if going == id) {
            return;
        }
        // What failed, or was read, before may come out otherwise now.
        self.work.turn.seen.clear();
        self.work.turn.failed.clear();
        let line = format!("written: {}", files.join(", "));
        let outcome = Outcome { ok: true, text: line.clone(), line };
        self.answer(id, outcome);
        self.next();
    }
}

pub(super) fn failure(text: &str, line: &str) -> Outcome {
    Outcome { ok: false, text: text.to_owned(), line: line.to_owned() }
}
