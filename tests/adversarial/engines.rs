//! Engines that break their contract: opinions that are no numbers, answers without end or none, and
//! more of everything than was asked for. A bad model makes a search slow, never wrong.

use std::time::Duration;

use slm::agent::tasks::fix::{Part, Status};
use slm::base::Cancel;
use slm::engine::{
    Completion, Engine, EngineError, Finish, GenerateRequest, Message, ModelInfo, Score, Scripted,
};

use crate::bench::{Bench, UNITTEST, honest, lines};
use crate::support;

/// What is wrong with an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// Generates until it is told to stop.
    Endless,
    /// Gives thousands of answers instead of four, the honest one last.
    TooMany,
    /// Scores fewer texts than it was asked about.
    TooFewScores,
    /// Scores more.
    TooManyScores,
    /// Dies after it has been asked once.
    DiesLater,
}

/// A scripted engine with a flaw.
struct Flawed {
    inner: Scripted,
    flaw: Flaw,
    asked: usize,
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        Self { inner: Scripted::new(), flaw, asked: 0 }
    }

    fn check_alive(&mut self) -> Result<(), EngineError> {
        self.asked += 1;
        if self.flaw == Flaw::DiesLater && self.asked > 1 {
            return Err(EngineError::WorkerDied("as planned".to_owned()));
        }
        Ok(())
    }
}

impl Engine for Flawed {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError> {
        self.inner.count_tokens(text)
    }

    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError> {
        self.inner.chat_prompt(messages)
    }

    fn generate(
        &mut self,
        _: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        self.check_alive()?;
        let completion = |text: String| Completion {
            text,
            logprobs: Vec::new(),
            finish: Finish::Stop,
            votes: 1,
        };
        match self.flaw {
            Flaw::Endless => {
                while !cancel.is_cancelled() {
                    on_text(0, "and ");
                    std::thread::sleep(Duration::from_millis(2));
                }
                Ok(Vec::new())
            }
            Flaw::TooMany => {
                let wrong = |n| completion(lines(7, 7, &format!("        result += price + {n}")));
                let all = (1..5_000).map(wrong).chain([completion(honest())]);
                Ok(all.collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn score(
        &mut self,
        prefix: &str,
        continuations: &[String],
        cancel: &Cancel,
    ) -> Result<Vec<Score>, EngineError> {
        self.check_alive()?;
        let mut scores = self.inner.score(prefix, continuations, cancel)?;
        match self.flaw {
            Flaw::TooFewScores => scores.truncate(scores.len() / 2),
            Flaw::TooManyScores => scores.extend(scores.clone()),
            _ => {}
        }
        Ok(scores)
    }

    fn embed(&mut self, texts: &[String], cancel: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        self.inner.embed(texts, cancel)
    }
}

/// A bench whose bug the search repairs without a model.
fn repairable() -> Bench {
    let mut bench = Bench::stock();
    bench.without.clear();
    bench
}

#[test]
fn opinions_that_are_no_numbers_bury_no_repair() {
    if !support::have(&["python3"]) {
        return;
    }
    let alternating = |scale: f32| {
        let mut up = false;
        move |_: &str, _: &str| {
            up = !up;
            if up { scale } else { -scale }
        }
    };
    repairable().repair(UNITTEST, &mut Scripted::new()).is(Status::Proven, "the control");
    let engines: Vec<(&str, Scripted)> = vec![
        ("not a number", Scripted::new().scoring(|_, _| f32::NAN)),
        ("infinite", Scripted::new().scoring(alternating(f32::INFINITY))),
        ("huge", Scripted::new().scoring(alternating(f32::MAX))),
        (
            "some not a number",
            Scripted::new().scoring(
                |_, text| {
                    if text.len() % 2 == 0 { f32::NAN } else { f32::MAX }
                },
            ),
        ),
        // An opinion of everything, against the right edit alone.
        (
            "against it",
            Scripted::new().scoring(|_, text| if text.contains("+=") { f32::MIN } else { 0.0 }),
        ),
    ];
    for (name, mut engine) in engines {
        let repair = repairable().repair(UNITTEST, &mut engine);
        repair.is(Status::Proven, name);
        assert!(repair.cautions().is_empty(), "{name}: {repair:?}");
    }
}

#[test]
fn opinions_of_a_model_of_its_own_kind_are_no_more_than_that() {
    if !support::have(&["python3"]) {
        return;
    }
    for score in [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, f32::MAX] {
        let mut first = true;
        let scorer = move |_: &str, _: &str| if std::mem::take(&mut first) { score } else { 0.0 };
        let mut engine = Scripted::new().repairing().scoring(scorer);
        repairable().repair(UNITTEST, &mut engine).is(Status::Proven, &score.to_string());
    }
}

#[test]
fn a_model_that_dies_or_miscounts_costs_its_opinion_and_nothing_else() {
    if !support::have(&["python3"]) {
        return;
    }
    let dead = repairable().repair(UNITTEST, &mut Scripted::new().dying());
    dead.is(Status::Proven, "dead from the start");
    assert!(dead.told.contains("the model was not used"), "{dead:?}");
    for flaw in [Flaw::DiesLater, Flaw::TooFewScores, Flaw::TooManyScores] {
        let repair = repairable().repair(UNITTEST, &mut Flawed::new(flaw));
        repair.is(Status::Proven, &format!("{flaw:?}"));
    }
    // Where nothing but the model could have helped, nothing is found.
    let alone = Bench::stock().repair(UNITTEST, &mut Scripted::new().dying());
    alone.is(Status::NoFix, "nothing else");
}

#[test]
fn a_model_that_never_ends_is_stopped() {
    if !support::have(&["python3"]) {
        return;
    }
    // What the search has found by itself ends the model too.
    repairable().repair(UNITTEST, &mut Flawed::new(Flaw::Endless)).is(Status::Proven, "beside it");
    // Where there is nothing else, the time of the whole run does.
    let mut bench = Bench::stock();
    bench.limit = Duration::from_secs(3);
    bench.repair(UNITTEST, &mut Flawed::new(Flaw::Endless)).is(Status::NoFix, "alone");
}

#[test]
fn more_answers_than_were_asked_for_are_not_read() {
    if !support::have(&["python3"]) {
        return;
    }
    let mut bench = Bench::stock();
    bench.without.push(Part::Pairs);
    let repair = bench.repair(UNITTEST, &mut Flawed::new(Flaw::TooMany));
    repair.is(Status::NoFix, "the honest one is the last of thousands");
    assert!(repair.report().checked <= 16, "four for each of four places: {repair:?}");
}
