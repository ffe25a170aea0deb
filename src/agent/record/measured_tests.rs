//! Numbers come out, texts do not.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::agent::record::{
    Code, Entry, Event, Lang, ModelName, Peak, Route, Run, Stages, Status, Tag, Tier,
};
use crate::engine::{Role, Scripted};

type Told = Arc<Mutex<Vec<Call>>>;

fn measured(engine: Scripted) -> (Measured<dyn Engine>, Told) {
    let told = Told::default();
    let record = Arc::clone(&told);
    let model = ModelTag { name: ModelName::new(&engine.info().name), hash: None };
    let boxed: Box<dyn Engine> = Box::new(engine);
    let measured =
        Measured::new(boxed, Task::Complete, model, move |call| record.lock().unwrap().push(call));
    (measured, told)
}

fn request(prompt: &str) -> GenerateRequest {
    GenerateRequest { prompt: prompt.to_owned(), ..GenerateRequest::default() }
}

fn last(told: &Told) -> Generation {
    told.lock().unwrap().last().unwrap().generation.clone().unwrap()
}

/// An engine that says what it took, and is cancelled after the first.
struct Counting {
    info: ModelInfo,
    usage: Usage,
    finish: Finish,
}

impl Engine for Counting {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&mut self, _: &str) -> Result<usize, EngineError> {
        Ok(41)
    }

    fn chat_prompt(&mut self, _: &[Message]) -> Result<String, EngineError> {
        Ok("asked".to_owned())
    }

    fn generate(
        &mut self,
        _: &GenerateRequest,
        _: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        on_text(0, "");
        on_text(0, "text");
        if self.finish != Finish::Cancelled {
            self.usage = Usage {
                prompt: 100,
                kept: 60,
                restored: 10,
                prefill: Duration::from_micros(29_500),
                decode: Duration::from_millis(400),
                choosing: Duration::from_millis(2),
                generated: 8,
                calls: 5,
                drafted: 6,
                accepted: 3,
            };
        }
        let (text, logprobs) = ("text".to_owned(), vec![-0.5; 3]);
        Ok(vec![Completion { text, logprobs, finish: self.finish, votes: 1 }])
    }

    fn score(&mut self, _: &str, _: &[String], _: &Cancel) -> Result<Vec<Score>, EngineError> {
        Ok(Vec::new())
    }

    fn embed(&mut self, _: &[String], _: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        Ok(Vec::new())
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

#[test]
fn everything_is_forwarded() {
    let (mut engine, told) = measured(Scripted::new().when("alpha", &["one", "two"]));
    assert_eq!(engine.info().name, "scripted");
    assert_eq!(engine.count_tokens("12345").unwrap(), 2);
    let message = Message { role: Role::User, content: "alpha".to_owned() };
    assert_eq!(
        engine.chat_prompt(std::slice::from_ref(&message)).unwrap(),
        "<user>alpha</user>\n<assistant>"
    );
    assert_eq!(told.lock().unwrap().len(), 0, "what asks no model for anything is not told");

    let mut heard = String::new();
    let chat = ChatRequest::new(std::slice::from_ref(&message));
    let answer = engine
        .chat(&chat, &request(""), &Cancel::new(), &mut |_, text| heard.push_str(text))
        .unwrap();
    assert_eq!((answer[0].text.as_str(), heard.as_str()), ("one", "one"));
    let made = last(&told);
    assert_eq!((made.finish, made.task), (Ending::Stop, Task::Complete));
    assert!(made.first_ms.is_some_and(|first| first <= made.ms));

    let scores = engine.score("p", &["c".to_owned()], &Cancel::new()).unwrap();
    assert_eq!(scores.len(), 1);
    let error = engine.embed(&["t".to_owned()], &Cancel::new()).unwrap_err();
    assert!(matches!(error, EngineError::NotAnEmbedder(_)));
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 3);
    assert!(told[1..].iter().all(|call| call.generation.is_none()));
}

#[test]
fn endings_are_told_apart() {
    let cancelled = Cancel::new();
    cancelled.cancel();
    let alive = Cancel::new();
    for (engine, cancel, prompt, ending) in [
        (Scripted::new().then(&["x"]), &alive, "p", Ending::Stop),
        (Scripted::new(), &alive, "p", Ending::Nothing),
        (Scripted::new().with_context(2), &alive, "a long prompt", Ending::TooLong),
        (Scripted::new().dying(), &alive, "p", Ending::Died),
        (Scripted::new().embedding(4), &alive, "p", Ending::Failed),
    ] {
        let (mut engine, told) = measured(engine);
        let _ = engine.generate(&request(prompt), cancel, &mut |_, _| {});
        assert_eq!(last(&told).finish, ending);
    }
}

#[test]
fn what_was_taken_is_told_and_never_twice() {
    let info = Scripted::new().info().clone();
    let engine = Counting { info, usage: Usage::default(), finish: Finish::Length };
    let told = Told::default();
    let record = Arc::clone(&told);
    let model = ModelTag { name: ModelName::new("m"), hash: Some(Tag::of(1, b"x")) };
    let mut engine = Measured::new(Box::new(engine), Task::Ask, model.clone(), move |call| {
        record.lock().unwrap().push(call);
    });
    engine.generate(&request("p"), &Cancel::new(), &mut |_, _| {}).unwrap();
    let made = last(&told);
    let numbers = (made.prompt, made.kept, made.restored, made.prefill_ms, made.decode_ms);
    assert_eq!(numbers, (100, 60, 10, 30, 400));
    assert_eq!((made.generated, made.drafted, made.accepted), (8, 6, 3));
    assert_eq!((made.finish, made.model), (Ending::Length, model));
    assert_eq!(engine.usage().prompt, 100);

    // An answer that was cut comes without its numbers: those of the answer before are not its own.
    engine.inner.finish = Finish::Cancelled;
    engine.generate(&request("p"), &Cancel::new(), &mut |_, _| {}).unwrap();
    let made = last(&told);
    assert_eq!((made.finish, made.generated, made.prompt), (Ending::Cancelled, 3, 0));
}

/// Every text that an event may hold.
fn is_known(word: &str) -> bool {
    let lists: [Vec<&str>; 6] = [
        Task::ALL.iter().map(|one| one.name()).collect(),
        Status::ALL.iter().map(|one| one.name()).collect(),
        Tier::ALL.iter().map(|one| one.name()).collect(),
        Lang::ALL.iter().map(|one| one.name()).collect(),
        Ending::ALL.iter().map(|one| one.name()).collect(),
        vec!["run", "generation", "route", "rules-enough", "model"],
    ];
    lists.iter().any(|list| list.contains(&word))
}

/// All texts in `value`, the model's name and hash aside.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => {
            map.iter().filter(|(key, _)| *key != "model").flat_map(|(_, v)| texts(v)).collect()
        }
        _ => Vec::new(),
    }
}

fn line(event: Event) -> String {
    serde_json::to_string(&Entry { at: u64::MAX, event }).unwrap()
}

proptest! {
    #[test]
    fn no_text_of_a_repository_is_kept(
        prompt in "[\\PC\\n]{1,60}",
        answer in "[\\PC\\n]{1,60}",
        dies in any::<bool>(),
        name in "\\PC{0,80}",
    ) {
        // Marks that no word and no number contains.
        let (prompt, answer) = (format!("{prompt}PROMPT§"), format!("{answer}ANSWER§"));
        let engine = Scripted::new().when("PROMPT§", &[&answer]);
        let engine = if dies { engine.dying() } else { engine };
        let told = Told::default();
        let record = Arc::clone(&told);
        let model = ModelTag { name: ModelName::new(&name), hash: None };
        let mut engine = Measured::new(Box::new(engine), Task::Fix, model, move |call| {
            record.lock().unwrap().push(call);
        });
        let _ = engine.generate(&request(&prompt), &Cancel::new(), &mut |_, _| {});
        let _ = engine.score(&prompt, std::slice::from_ref(&answer), &Cancel::new());
        let calls = told.lock().unwrap();
        prop_assert_eq!(calls.len(), 2);
        for made in calls.iter().filter_map(|call| call.generation.clone()) {
            let kept = made.model.name.as_str().to_owned();
            let text = line(Event::Generation(made));
            prop_assert!(!text.contains('§') && text.is_ascii(), "{text}");
            prop_assert!(text.len() < 1024);
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&value["model"]["name"], &Value::from(kept));
            prop_assert!(texts(&value).iter().all(|word| is_known(word)), "{text}");
        }
    }

    #[test]
    fn an_event_is_words_and_numbers_and_leads_back(
        numbers in prop::collection::vec(prop::option::of(any::<u64>()), 9),
        picks in prop::collection::vec(0usize..100, 5),
        name in "\\PC{0,80}",
        confidence in prop::option::of(0.0f32..=1.0),
        exit in any::<u8>(),
    ) {
        let model = ModelTag { name: ModelName::new(&name), hash: Some(Tag::of(7, name.as_bytes())) };
        let run = Run {
            task: Task::ALL[picks[0] % Task::ALL.len()],
            status: Status::ALL[picks[1] % Status::ALL.len()],
            exit,
            timed_out: exit % 2 == 0,
            ms: numbers[0].unwrap_or_default(),
            stages: Stages {
                reproduce_ms: numbers[1],
                localise_ms: numbers[2],
                generate_ms: numbers[3],
                check_ms: numbers[4],
                prove_ms: numbers[5],
            },
            tier: (picks[2] % 2 == 0).then_some(Tier::ALL[picks[2] % Tier::ALL.len()]),
            language: (picks[3] % 2 == 0).then_some(Lang::ALL[picks[3] % Lang::ALL.len()]),
            generated: numbers[6],
            checked: numbers[7],
            model: Some(model),
            peak: Peak { own: numbers[8], worker: numbers[0] },
        };
        let route = Route {
            task: run.task,
            stage: Code::new("model"),
            taken: exit > 9,
            reason: Code::new("rules-enough"),
            confidence,
        };
        for event in [Event::Run(run), Event::Route(route)] {
            let text = line(event.clone());
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert!(texts(&value).iter().all(|word| is_known(word)), "{text}");
            prop_assert!(text.len() < 1024, "{text}");
            let back: Entry = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(back, Entry { at: u64::MAX, event });
        }
    }

    #[test]
    fn words_that_slm_does_not_write_are_not_read(word in "\\PC{1,40}") {
        let text = serde_json::json!({
            "at": 1, "event": "route", "task": "fix", "stage": word, "taken": true, "reason": "x",
        });
        let read: Result<Entry, _> = serde_json::from_value(text);
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        prop_assert_eq!(read.is_ok(), word.len() <= 32 && word.chars().all(allowed));
    }
}
