//! Asks those that take long, a local model and a server, when the router says that it is their turn.
//!
//! Runs beside the search: a server that answers late, or not at all, keeps nobody from checking. Before the
//! first byte leaves the machine, all of what would leave is made, cleaned and shown to whoever decides.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::drive::{Round, Shared, lock, wait};
use super::minds::{Correspondent, Distant};
use crate::agent::candidates::{Candidate, model};
use crate::agent::cascade::{
    Calibration, Decision, Draft, Known, Presence, Present, Reason, Redactor, Router, Sent,
    Settings, Stage, Turn, Unusable,
};
use crate::agent::proposal::Progress;
use crate::base::Cancel;
use crate::engine::{Engine, EngineError, Finish, GenerateRequest, Sampling};
use crate::repo::graph::{Graph, Linking};
use crate::repo::index::{Index, Scope, Snapshot};

/// Questions to a server in one round.
const MAX_LETTERS: usize = 3;
/// The generator that calls [`Round::escalate`] itself.
const OWN: usize = 1;

/// The models of a run while it lasts, shared by its rounds.
pub(super) struct Writers<'m> {
    pub(super) engine: Mutex<Option<&'m mut dyn Engine>>,
    distant: Mutex<Post<'m>>,
    present: Present,
    settings: Settings,
    calibration: Option<Calibration>,
}

/// The correspondence with a server.
struct Post<'m> {
    distant: Distant<'m>,
    /// The person's answer, once they were asked.
    agreed: Option<bool>,
    engine: Option<Box<dyn Engine>>,
    sent: Sent,
}

impl<'m> Writers<'m> {
    pub(super) fn new(minds: super::Minds<'m>) -> Self {
        let super::Minds { engine, distant, settings, calibration } = minds;
        let absent = |why: &str| Presence::Absent(why.to_owned());
        let (ranking, model) = match &engine {
            None => (absent("no model is there"), absent("no model is there")),
            Some(engine) if !engine.info().has_chat_template => {
                (Presence::Here, absent("this model ranks, and cannot be asked to write"))
            }
            Some(_) => (Presence::Here, Presence::Here),
        };
        let endpoint = match &distant {
            Distant::Absent(why) => absent(why),
            Distant::There(_) => Presence::Here,
        };
        let post = Post { distant, agreed: None, engine: None, sent: Sent::default() };
        Self {
            engine: Mutex::new(engine),
            distant: Mutex::new(post),
            present: Present { ranking, model, endpoint },
            settings,
            calibration,
        }
    }

    pub(super) fn router(&self) -> Router {
        Router::new(self.settings.clone(), self.present.clone())
    }

    /// True when anybody may have to be waited for.
    pub(super) fn is_anybody_there(&self) -> bool {
        [&self.present.model, &self.present.endpoint].contains(&&Presence::Here)
    }

    /// What has left the machine, if anything has.
    pub(super) fn sent(self) -> Option<Sent> {
        let post = self.distant.into_inner().unwrap_or_else(PoisonError::into_inner);
        (post.sent.requests > 0).then_some(post.sent)
    }
}

impl Round<'_, '_> {
    /// What is known of the search at this moment.
    pub(super) fn known(&self, shared: &Shared) -> Known {
        let failure = self.failures.first();
        let calibration = self.writers.calibration.as_ref();
        let reached = shared.search.reached();
        let passed = shared.cheapest_sound().map(|Candidate { tier, cost, surprise, .. }| {
            let is_right = |known: &Calibration| known.is_right(tier.name(), *cost, *surprise);
            chance(calibration.map_or(1.0, is_right))
        });
        let found = |(known, cost): (&Calibration, f64)| chance(known.search.curve.at(cost));
        let confidence = calibration.zip(reached).map(found);
        Known {
            understood: failure.is_some(),
            language: failure.and_then(|failure| failure.language),
            suspects: self.localisation.suspects.len(),
            searched: self.began.elapsed(),
            left: shared.search.until().saturating_duration_since(Instant::now()),
            checked: shared.search.checked,
            confidence,
            passed,
            idle: shared.search.is_idle(OWN) && shared.is_settled(),
        }
    }

    /// Whether it is this stage's turn, with what is decided said aloud.
    pub(super) fn is_turn(&self, stage: Stage, shared: &Mutex<Shared>) -> Option<bool> {
        let mut guard = lock(shared);
        let known = self.known(&guard);
        let turn = guard.router.turn(stage, &known);
        drop(guard);
        match turn {
            Turn::Now(decision) => {
                self.decided(decision, shared);
                Some(true)
            }
            Turn::Never(decision) => {
                self.decided(decision, shared);
                Some(false)
            }
            Turn::Over => Some(false),
            Turn::Later => None,
        }
    }

    /// Waits until it is this stage's turn; false when it never is.
    pub(super) fn await_turn(&self, stage: Stage, shared: &Mutex<Shared>, wake: &Condvar) -> bool {
        loop {
            if let Some(turn) = self.is_turn(stage, shared) {
                return turn;
            }
            let mut guard = lock(shared);
            if guard.ends_now(wake) {
                return false;
            }
            drop(wait(wake, guard));
        }
    }

    /// Keeps a decision, and says it.
    pub(super) fn decided(&self, decision: Decision, shared: &Mutex<Shared>) {
        lock(shared).route.push(decision.clone());
        (self.session.on)(Progress::Routed(decision));
    }

    /// Asks the local model and the server when their turns come, until the search ends.
    pub(super) fn escalate(&self, shared: &Mutex<Shared>, wake: &Condvar) {
        let stages = [Stage::Model, Stage::Endpoint];
        loop {
            for stage in stages {
                let is_asked = match stage {
                    Stage::Model => self.is_turn(stage, shared) == Some(true),
                    // What is decided is said when the person has agreed.
                    _ => self.correspond(shared, wake),
                };
                if is_asked && stage == Stage::Model {
                    self.write(shared, wake);
                }
                if is_asked {
                    lock(shared).router.ended(stage);
                }
            }
            let mut guard = lock(shared);
            if guard.ends_now(wake) || stages.iter().all(|stage| guard.router.is_over(*stage)) {
                return;
            }
            drop(wait(wake, guard));
        }
    }

    /// Has the local model write.
    fn write(&self, shared: &Mutex<Shared>, wake: &Condvar) {
        let mut slot = self.writers.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(engine), Some(failure)) = (slot.as_deref_mut(), self.failures.first()) else {
            return;
        };
        let halt = lock(shared).halt.clone();
        let snapshot = self.snapshot(&halt);
        let graph = snapshot.as_ref().map(|snapshot| Graph::new(snapshot, Linking::Imports));
        let mut context = |context: &crate::agent::knowledge::context::Context| {
            if self.session.request.show_context {
                let account = context.account();
                let text = format!("shown to the model besides the function:\n{account}");
                (self.session.on)(Progress::Context(text));
            }
        };
        let mut push = |found: Vec<Candidate>| push(found, shared, wake);
        let listener = model::Listener { push: &mut push, context: &mut context };
        let known = (self.sources, graph.as_ref());
        let written = model::generate(engine, failure, self.localisation, known, &halt, listener);
        if let Err(error) = written {
            (self.session.on)(Progress::Note(format!("the model was not used: {error}")));
        }
    }

    /// What is known of the repository, for what a model is shown besides the function.
    fn snapshot(&self, halt: &Cancel) -> Option<Snapshot> {
        let request = self.session.request;
        let read = Index::open(request.index.as_ref()?, &request.root).and_then(|mut index| {
            index.update(Scope::All, halt, &|_| ()).and_then(|_| index.snapshot())
        });
        let note = |text: String| (self.session.on)(Progress::Note(text));
        read.inspect_err(|error| note(format!("the model sees no context: {error}"))).ok()
    }

    /// Writes to the server, when it is its turn and the person agrees; true when its turn is over.
    fn correspond(&self, shared: &Mutex<Shared>, wake: &Condvar) -> bool {
        let mut guard = lock(shared);
        let known = self.known(&guard);
        let turn = guard.router.turn(Stage::Endpoint, &known);
        let halt = guard.halt.clone();
        drop(guard);
        let decision = match turn {
            Turn::Now(decision) => decision,
            Turn::Never(decision) => {
                self.decided(decision, shared);
                return true;
            }
            Turn::Later | Turn::Over => return false,
        };
        let mut post = self.writers.distant.lock().unwrap_or_else(PoisonError::into_inner);
        let Post { distant: Distant::There(correspondent), agreed, engine, sent } = &mut *post
        else {
            return true;
        };
        let draft = self.draft(correspondent, &halt);
        if self.session.request.show_context {
            let (account, text) = (draft.account(), draft.text());
            let text = format!("for the endpoint {}:\n{account}{text}", correspondent.address);
            (self.session.on)(Progress::Context(text));
        }
        let agreed = *agreed.get_or_insert_with(|| (correspondent.consent)(&draft, &halt));
        if halt.is_cancelled() || !agreed {
            let reason = match agreed {
                true => Reason::new("ended", "the search ended before anything was sent"),
                false => Reason::new("not-agreed", "nobody agreed to what would be sent"),
            };
            let decision = Decision { taken: false, reason, ..decision };
            self.decided(decision, shared);
            return true;
        }
        self.decided(decision, shared);
        let account = draft.account();
        let first = account.lines().next().unwrap_or_default();
        (self.session.on)(Progress::Note(format!("sent to {}: {first}", correspondent.address)));
        let mut note = |text: String| {
            let text = format!("the endpoint {}: {text}", correspondent.address);
            (self.session.on)(Progress::Note(text.clone()));
            lock(shared).notes.push(text);
        };
        sent.endpoint.clone_from(&correspondent.address);
        if engine.is_none() {
            // It is asked for its models first: that too is something that leaves.
            sent.requests += 1;
            match (correspondent.open)(&halt) {
                Ok(opened) => *engine = Some(opened),
                Err(EngineError::Cancelled) => return true,
                Err(error) => {
                    note(format!("not used: {}", bare(error)));
                    return true;
                }
            }
        }
        let Some(engine) = engine.as_deref_mut() else { return true };
        sent.model.clone_from(&engine.info().name);
        for known in &draft.redactions {
            if !sent.redactions.contains(known) {
                sent.redactions.push(known.clone());
            }
        }
        let mut push = |found: Vec<Candidate>| push(found, shared, wake);
        self.send(&draft, engine, sent, &halt, &mut push, &mut note);
        true
    }

    /// What would be sent, cleaned.
    fn draft(&self, correspondent: &Correspondent<'_>, halt: &Cancel) -> Draft {
        let request = self.session.request;
        let redactor =
            Redactor::new(&request.root, correspondent.home.as_deref(), &correspondent.secrets);
        let snapshot = self.snapshot(halt);
        let graph = snapshot.as_ref().map(|snapshot| Graph::new(snapshot, Linking::Imports));
        let known = (self.sources, graph.as_ref());
        let questions = self.failures.first().map_or_else(Vec::new, |failure| {
            model::questions(failure, self.localisation, known, MAX_LETTERS)
        });
        Draft::new(questions, redactor)
    }

    /// Sends one letter after the other; the first error ends it.
    fn send(
        &self,
        draft: &Draft,
        engine: &mut dyn Engine,
        sent: &mut Sent,
        halt: &Cancel,
        push: &mut dyn FnMut(Vec<Candidate>),
        note: &mut dyn FnMut(String),
    ) {
        for (rank, letter) in draft.letters.iter().enumerate() {
            if halt.is_cancelled() {
                return;
            }
            letter.count_into(sent);
            match answer(engine, &letter.messages(), halt) {
                Ok(None) => return,
                Ok(Some(answer)) => {
                    let read = answer.and_then(|answer| letter.read(&answer, rank, self.sources));
                    match read {
                        Ok(candidate) => push(vec![candidate]),
                        Err(why) => note(format!("an answer was dropped: {why}")),
                    }
                }
                Err(error) => {
                    note(format!("asked no further: {}", bare(error)));
                    return;
                }
            }
        }
    }
}

/// What a server answers; `None` when the search was over first.
fn answer(
    engine: &mut dyn Engine,
    messages: &[crate::engine::Message],
    halt: &Cancel,
) -> Result<Option<Result<String, Unusable>>, EngineError> {
    let prompt = engine.chat_prompt(messages)?;
    let request = GenerateRequest {
        prompt,
        n: 1,
        max_tokens: model::ANSWER,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    };
    let own = halt.child(None);
    let mut length = 0;
    let said = engine.generate(&request, &own, &mut |_, text| {
        length += text.len();
        if length > model::MAX_ANSWER {
            own.cancel();
        }
    })?;
    if halt.is_cancelled() {
        return Ok(None);
    }
    let Some(said) = said.into_iter().next() else { return Ok(Some(Err(Unusable::NoEdit))) };
    Ok(Some(match said.finish {
        _ if length.max(said.text.len()) > model::MAX_ANSWER => Err(Unusable::TooLong),
        Finish::Length | Finish::Cancelled => Err(Unusable::Cut),
        Finish::Stop => Ok(said.text),
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
fn chance(chance: f64) -> f32 {
    chance as f32
}

fn push(found: Vec<Candidate>, shared: &Mutex<Shared>, wake: &Condvar) {
    lock(shared).search.push(found);
    wake.notify_all();
}

/// An error without the address, which stands before it.
fn bare(error: EngineError) -> String {
    match error {
        EngineError::Remote { reason, .. } => reason,
        other => other.to_string(),
    }
}
