//! Real inference on a tiny model, in process: `serve` runs in a thread behind the real client.

use std::path::PathBuf;

use crate::base::Cancel;
use crate::engine::client::Ending;
use crate::engine::grammar::Grammar;
use crate::engine::{
    Beyond, Client, Completion, Engine, EngineError, Finish, GenerateRequest, LoadOptions, Message,
    Role, Sampling, Transport, Worker, quote, unquoted,
};

struct Thread;

impl Worker for Thread {
    fn end(&mut self) -> Ending {
        // The thread ends when the client drops its end of the pipe.
        Ending::default()
    }
}

pub(in crate::engine) fn launch() -> std::io::Result<Transport> {
    let (worker_reads, writer) = std::io::pipe()?;
    let (reader, worker_writes) = std::io::pipe()?;
    std::thread::spawn(move || super::serve(worker_reads, worker_writes, None));
    let (reader, writer) = (Box::new(reader), Box::new(writer));
    Ok(Transport { reader, writer, worker: Box::new(Thread) })
}

pub(in crate::engine) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

pub(in crate::engine) fn load(path: PathBuf) -> Result<Client, EngineError> {
    let options = LoadOptions { context: 512, threads: Some(1), ..LoadOptions::new(path) };
    Client::load(launch, options, &Cancel::new())
}

pub(super) fn tiny() -> Client {
    load(fixture("tiny-llama.gguf")).unwrap()
}

pub(super) fn request(prompt: &str) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.to_owned(),
        n: 1,
        max_tokens: 24,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    }
}

pub(super) fn generate(engine: &mut Client, request: &GenerateRequest) -> Vec<Completion> {
    engine.generate(request, &Cancel::new(), &mut |_, _| {}).unwrap()
}

fn score(engine: &mut Client, prefix: &str, texts: &[&str]) -> Vec<f32> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    let scores = engine.score(prefix, &texts, &Cancel::new()).unwrap();
    scores.iter().map(|score| score.logprob).collect()
}

/// The same texts; numbers may differ in the last digits with the shape of the batches.
pub(super) fn same(left: &[Completion], right: &[Completion]) {
    assert_eq!(left.len(), right.len());
    for (a, b) in left.iter().zip(right) {
        assert_eq!((&a.text, a.finish), (&b.text, b.finish));
        assert!((a.mean_logprob() - b.mean_logprob()).abs() < 1e-3, "{a:?} {b:?}");
    }
}

#[test]
fn both_architectures_load_and_say_what_they_are() {
    for (file, architecture) in [("tiny-llama.gguf", "llama"), ("tiny-qwen2.gguf", "qwen2")] {
        let mut engine = load(fixture(file)).unwrap();
        let info = engine.info().clone();
        assert_eq!(info.architecture, architecture);
        assert_eq!(info.name, format!("tiny {architecture}"));
        assert_eq!(info.context, 512);
        assert!(info.has_chat_template && info.fim.is_some());
        assert!(info.parameters > 50_000 && info.vocabulary > 300);
        assert!(!generate(&mut engine, &request("def f"))[0].logprobs.is_empty());
    }
}

#[test]
fn greedy_is_the_same_each_time_and_streams_what_it_returns() {
    let mut engine = tiny();
    let mut streamed = String::new();
    let first = engine
        .generate(&request("def add(a, b):\n"), &Cancel::new(), &mut |index, text| {
            assert_eq!(index, 0);
            streamed.push_str(text);
        })
        .unwrap();
    assert_eq!(streamed, first[0].text);
    assert!(!streamed.is_empty());
    // Another prompt in between: the kept prefix must not change anything.
    generate(&mut engine, &request("def add(a, x): return x"));
    same(&generate(&mut engine, &request("def add(a, b):\n")), &first);
    same(&generate(&mut tiny(), &request("def add(a, b):\n")), &first);
}

#[test]
fn several_completions_differ_and_come_best_first() {
    let mut engine = tiny();
    for sampling in [
        Sampling::Greedy,
        Sampling::Nucleus { temperature: 1.0, top_p: 0.95, top_k: 40, seed: 3 },
        Sampling::MinP { temperature: 1.0, min_p: 0.01, seed: 3 },
    ] {
        let wish = GenerateRequest { n: 4, sampling: sampling.clone(), ..request("return ") };
        let list = generate(&mut engine, &wish);
        assert_eq!(list.len(), 4);
        assert!(list.is_sorted_by(|a, b| a.mean_logprob() >= b.mean_logprob()), "{sampling:?}");
        let mut texts: Vec<&str> = list.iter().map(|c| c.text.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 4, "{sampling:?}");
        same(&generate(&mut engine, &wish), &list);
    }
    let alone = generate(&mut engine, &request("return "));
    let four = generate(&mut engine, &GenerateRequest { n: 4, ..request("return ") });
    assert!(four.iter().any(|c| c.text == alone[0].text), "one of them is the greedy one");
}

#[test]
fn output_is_in_the_grammar() {
    let mut engine = tiny();
    let grammar = "root ::= \"fix(\" [a-z]{1,6} (\", \" [0-9]{2} | \" € \" [^ a-zA-Z]{1,2}) \")\"";
    let parsed = Grammar::parse(grammar).unwrap();
    for sampling in [
        Sampling::Greedy,
        Sampling::Nucleus { temperature: 1.5, top_p: 0.9, top_k: 0, seed: 11 },
        Sampling::MinP { temperature: 1.5, min_p: 0.001, seed: 12 },
    ] {
        let wish = GenerateRequest {
            n: 8,
            max_tokens: 60,
            sampling,
            grammar: Some(grammar.to_owned()),
            ..request("x = ")
        };
        for completion in generate(&mut engine, &wish) {
            assert_eq!(completion.finish, Finish::Stop);
            assert!(parsed.matches(&completion.text), "{:?}", completion.text);
        }
    }
}

#[test]
fn log_probabilities_agree_with_scores() {
    let mut engine = tiny();
    // Digits are single tokens, so the text is tokenised as it was generated.
    let wish = GenerateRequest {
        n: 3,
        grammar: Some("root ::= [0-9]{7}".to_owned()),
        ..request("index = ")
    };
    for completion in generate(&mut engine, &wish) {
        assert_eq!(completion.logprobs.len(), 7);
        let scored = score(&mut engine, "index = ", &[&completion.text])[0];
        let summed: f32 = completion.logprobs.iter().sum();
        assert!((scored - summed).abs() < 2e-3, "{scored} {summed}");
    }
}

#[test]
fn scoring_together_is_scoring_one_by_one() {
    let mut engine = tiny();
    let prefix = "def total(values):\n    result = 0\n    for value in values:\n        ";
    let long = "result = result + value\n".repeat(12);
    let mut texts: Vec<String> =
        (0..45).map(|i| format!("result {}= value[{i}]\n", ["+", "-", ""][i % 3])).collect();
    // Long, and agreeing until near their ends.
    texts.push(format!("{long}1"));
    texts.push(format!("{long}22"));
    texts.push(String::new());
    texts.push("x".to_owned());
    texts.push("result ".to_owned());
    texts.extend(texts[..5].to_vec());
    let together = engine.score(prefix, &texts, &Cancel::new()).unwrap();
    for (text, score) in texts.iter().zip(&together) {
        let alone = engine.score(prefix, std::slice::from_ref(text), &Cancel::new()).unwrap()[0];
        assert_eq!(alone.tokens, score.tokens);
        // The cache is in half precision, and kernels differ with the size of a batch.
        let tolerance = 1e-3 * score.tokens.max(1) as f32;
        let close = (alone.logprob - score.logprob).abs() < tolerance;
        assert!(close, "{text:?} {alone:?} {score:?}");
    }
    assert_eq!((together[47].logprob, together[47].tokens), (0.0, 0));
    assert!((together[0].logprob - together[50].logprob).abs() < 1e-2, "it came twice");
    assert!(engine.score(prefix, &[], &Cancel::new()).unwrap().is_empty());
}

#[test]
fn a_text_scores_the_sum_of_its_parts() {
    let mut engine = tiny();
    // The chain rule; the parts meet at a digit, where tokens always meet.
    let whole = score(&mut engine, "a = ", &["123"])[0];
    let first = score(&mut engine, "a = ", &["1"])[0];
    let rest = score(&mut engine, "a = 1", &["23"])[0];
    assert!((whole - first - rest).abs() < 2e-3, "{whole} {first} {rest}");
}

#[test]
fn stop_texts_and_limits_end_a_completion() {
    let mut engine = tiny();
    let free = generate(&mut engine, &request("for i in "))[0].clone();
    assert_eq!((free.finish, free.logprobs.len()), (Finish::Length, 24));
    let middle: String = free.text.chars().skip(3).take(2).collect();
    let wish = GenerateRequest { stop: vec![middle.clone()], ..request("for i in ") };
    let cut = generate(&mut engine, &wish)[0].clone();
    assert_eq!(cut.finish, Finish::Stop);
    assert_eq!(cut.text, free.text.split(&middle).next().unwrap());
    let none = generate(&mut engine, &GenerateRequest { max_tokens: 0, ..request("for") });
    assert_eq!((none[0].text.as_str(), none[0].finish), ("", Finish::Length));
    let full = generate(&mut engine, &GenerateRequest { max_tokens: 9999, ..request("for") });
    assert!(full[0].logprobs.len() <= 512);
}

#[test]
fn cancelling_keeps_what_is_there() {
    let mut engine = tiny();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let wish = GenerateRequest {
        n: 16,
        max_tokens: 120,
        // Without an end in reach.
        grammar: Some("root ::= [a-z ]{2000}".to_owned()),
        ..request("class ")
    };
    let list = engine.generate(&wish, &cancel, &mut |_, _| stop.cancel()).unwrap();
    assert!(list.iter().any(|c| c.finish == Finish::Cancelled && !c.logprobs.is_empty()));
    let error = engine.score("a", &["b".to_owned()], &cancel).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled));
    assert_eq!(engine.count_tokens("1234").unwrap(), 4);
}

#[test]
fn what_cannot_be_is_refused_and_the_worker_lives_on() {
    let mut engine = tiny();
    let mut refused = |wish: GenerateRequest| {
        engine.generate(&wish, &Cancel::new(), &mut |_, _| {}).unwrap_err().to_string()
    };
    let long = "1".repeat(600);
    assert_eq!(refused(request(&long)), "the prompt has 600 tokens, the context holds 512");
    let wish = GenerateRequest { grammar: Some("root ::= (".to_owned()), ..request("a") };
    assert!(refused(wish).contains("grammar"));
    assert!(refused(GenerateRequest { n: 0, ..request("a") }).contains("1 to 16"));
    assert!(refused(GenerateRequest { n: 17, ..request("a") }).contains("1 to 16"));
    let sampling = Sampling::MinP { temperature: -1.0, min_p: 0.1, seed: 0 };
    assert!(refused(GenerateRequest { sampling, ..request("a") }).contains("temperature"));
    let error = engine.score(&long, &["b".to_owned()], &Cancel::new()).unwrap_err();
    assert!(matches!(error, EngineError::PromptTooLong { .. }));
    let error = engine.score("a", &[long], &Cancel::new()).unwrap_err();
    assert!(matches!(error, EngineError::PromptTooLong { .. }));
    assert!(!generate(&mut engine, &request(""))[0].logprobs.is_empty());
}

#[test]
fn a_small_context_is_enough_for_all_lanes() {
    // Fewer tokens than lanes: llama.cpp asserts that there are cells for each.
    let options = |context| LoadOptions {
        context,
        threads: Some(1),
        ..LoadOptions::new(fixture("tiny-llama.gguf"))
    };
    let mut engine = Client::load(launch, options(1), &Cancel::new()).unwrap();
    assert_eq!(engine.info().context, 32);
    let wish = GenerateRequest { n: 16, max_tokens: 999, ..request("a") };
    let list = generate(&mut engine, &wish);
    assert!(list.iter().all(|c| c.logprobs.len() <= 32 && c.finish != Finish::Cancelled));
    let texts = vec!["b = 123456789".to_owned(); 70];
    let scores = engine.score("a", &texts, &Cancel::new()).unwrap();
    assert!(scores.iter().all(|s| (s.logprob - scores[0].logprob).abs() < 1e-2));
    // More than any model was trained for, and more than memory holds.
    let engine = Client::load(launch, options(usize::MAX >> 8), &Cancel::new()).unwrap();
    assert_eq!(engine.info().context, 512);
}

#[test]
fn a_conversation_is_rendered_and_foreign_control_tokens_stay_text() {
    let mut engine = tiny();
    let say = |content: &str| [Message { role: Role::User, content: content.to_owned() }];
    let plain = engine.chat_prompt(&say("fix it")).unwrap();
    assert_eq!(plain, "<|im_start|>user\nfix it<|im_end|>\n<|im_start|>assistant\n");
    let hostile = engine.chat_prompt(&say("<|im_end|>")).unwrap();
    assert_eq!(
        unquoted(&hostile),
        "<|im_start|>user\n<|im_end|><|im_end|>\n<|im_start|>assistant\n"
    );
    let empty = engine.chat_prompt(&say("")).unwrap();
    let extra = engine.count_tokens(&hostile).unwrap() - engine.count_tokens(&empty).unwrap();
    assert!(extra > 5, "{extra}: it was read as a control token");
    assert_eq!(engine.count_tokens("<|im_end|>").unwrap(), 1);
    assert!(engine.count_tokens(&quote("<|im_end|>")).unwrap() > 5);
    assert!(engine.chat_prompt(&[]).is_err());
}

#[test]
fn a_bad_file_is_an_error_and_the_next_one_loads() {
    let dir = tempfile::tempdir().unwrap();
    let good = crate::base::fs::read(&fixture("tiny-llama.gguf")).unwrap();
    let path = dir.path().join("model.gguf");
    // Deterministic cuts: dense in the header, sparse in the weights.
    let cuts = (0..400).map(|i| i * 37 % 12_000).chain((12_000..good.len()).step_by(9_001));
    for cut in cuts.step_by(8) {
        crate::base::fs::write(&path, &good[..cut]).unwrap();
        let error = load(path.clone()).unwrap_err();
        assert!(matches!(error, EngineError::BadModel { .. }), "{cut}: {error}");
    }
    crate::base::fs::write(&path, &good).unwrap();
    assert!(load(path).is_ok());
    let missing = load(dir.path().join("missing.gguf")).unwrap_err().to_string();
    assert!(missing.ends_with("there is no such file"), "{missing}");
    assert!(load(dir.path().to_path_buf()).unwrap_err().to_string().contains("not a file"));
}

/// Prompts that are repeated in part, and one that is not.
fn prompts() -> Vec<String> {
    let code = include_str!("pace.rs");
    let lines: Vec<&str> = code.lines().filter(|line| line.len() > 20).collect();
    let some = |from: usize| lines[from..from + 4].join("\n");
    let mut all: Vec<String> = (0..24).map(|n| some(3 * n)).collect();
    all.push(format!("{0}{0}{0}", "x = [1, 2, 3, 1, 2, 3]\n"));
    all
}

/// The claim: not one of more than 10,000 tokens is another for having been foreseen.
#[test]
fn speculation_changes_nothing() {
    let (mut tokens, mut accepted, mut drafted) = (0, 0, 0);
    for file in ["tiny-llama.gguf", "tiny-qwen2.gguf"] {
        let mut engine = load(fixture(file)).unwrap();
        for (index, prompt) in prompts().iter().enumerate() {
            let seed = index as u32;
            for sampling in [
                Sampling::Greedy,
                Sampling::Nucleus { temperature: 0.7, top_p: 0.95, top_k: 40, seed },
                Sampling::MinP { temperature: 0.4, min_p: 0.05, seed },
            ] {
                let plain = GenerateRequest {
                    max_tokens: 120,
                    sampling,
                    speculate: false,
                    ..request(prompt)
                };
                let alone = generate(&mut engine, &plain);
                // Its own output is the best text to copy from: all of it can be foreseen.
                for lookup in [Vec::new(), vec![alone[0].text.clone()]] {
                    let ahead = GenerateRequest { speculate: true, lookup, ..plain.clone() };
                    let found = generate(&mut engine, &ahead);
                    assert_eq!(found[0].text, alone[0].text, "{file} {ahead:?}");
                    assert_eq!(found[0].logprobs.len(), alone[0].logprobs.len());
                    same(&found, &alone);
                    let usage = engine.usage();
                    assert_eq!(usage.generated, found[0].logprobs.len());
                    assert!(usage.accepted <= usage.drafted && usage.calls <= usage.generated);
                    tokens += usage.generated;
                    accepted += usage.accepted;
                    drafted += usage.drafted;
                }
            }
        }
    }
    assert!(tokens > 10_000, "{tokens}");
    assert!(accepted > 300 && drafted > accepted, "{accepted} of {drafted}");
}

#[test]
fn a_smaller_model_may_propose_and_never_decides() {
    // The same model is always right, another one with the same tokens hardly ever.
    for (draft, right) in [("tiny-llama.gguf", true), ("tiny-qwen2.gguf", false)] {
        let options = LoadOptions {
            context: 512,
            threads: Some(1),
            draft: Some(fixture(draft)),
            ..LoadOptions::new(fixture("tiny-llama.gguf"))
        };
        let mut engine = Client::load(launch, options, &Cancel::new()).unwrap();
        let (mut drafted, mut accepted) = (0, 0);
        for (index, prompt) in prompts().iter().enumerate() {
            let sampling = match index % 2 {
                0 => Sampling::Greedy,
                _ => Sampling::Nucleus { temperature: 0.8, top_p: 0.95, top_k: 0, seed: 7 },
            };
            let wish = GenerateRequest { max_tokens: 60, sampling, ..request(prompt) };
            let found = generate(&mut engine, &wish);
            drafted += engine.usage().drafted;
            accepted += engine.usage().accepted;
            let plain = GenerateRequest { speculate: false, ..wish };
            let alone = generate(&mut engine, &plain);
            assert_eq!(engine.usage().drafted, 0);
            same(&found, &alone);
        }
        assert!(drafted > 20 && (!right || accepted > drafted / 3), "{accepted} of {drafted}");
    }
    let strange = LoadOptions {
        draft: Some(fixture("tiny-bert.gguf")),
        ..LoadOptions::new(fixture("tiny-llama.gguf"))
    };
    let error = Client::load(launch, strange, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("tiny-bert.gguf: makes no proposals to tiny llama"), "{error}");
}

#[test]
fn speculation_keeps_to_grammar_stop_and_length() {
    let mut engine = tiny();
    let grammar = "root ::= (\"ab\" [0-9]){6} \"end\"";
    for (grammar, stop, max_tokens) in [
        (Some(grammar.to_owned()), Vec::new(), 60),
        (Some(grammar.to_owned()), vec!["b3".to_owned(), "d".to_owned()], 60),
        (None, vec!["e".to_owned()], 60),
        (None, Vec::new(), 17),
    ] {
        let plain =
            GenerateRequest { grammar, stop, max_tokens, speculate: false, ..request("ab1ab1ab1") };
        let alone = generate(&mut engine, &plain);
        let ahead = GenerateRequest {
            speculate: true,
            lookup: vec!["ab1ab2ab3ab4ab5ab6end".to_owned(), alone[0].text.clone()],
            ..plain
        };
        same(&generate(&mut engine, &ahead), &alone);
    }
}

#[test]
fn a_forced_text_is_the_output_whatever_the_model_thinks() {
    let mut engine = tiny();
    let text = "def add(a, b):\n    return a + b\n".repeat(3);
    let mut score_of = |speculate: bool| {
        let wish = GenerateRequest {
            max_tokens: 200,
            speculate,
            forced: Some(text.clone()),
            ..request("x")
        };
        let list = generate(&mut engine, &wish);
        assert_eq!((list[0].text.as_str(), list[0].finish), (text.as_str(), Finish::Stop));
        (list[0].logprobs.iter().sum::<f32>(), engine.usage())
    };
    let (plain, ahead) = (score_of(false), score_of(true));
    assert!((plain.0 - ahead.0).abs() < 1e-2);
    assert_eq!(plain.1.drafted, 0);
    assert!(ahead.1.accepted > 0 && ahead.1.calls < plain.1.calls, "{ahead:?}");
    assert!((score(&mut engine, "x", &[&text])[0] - plain.0).abs() < 1e-2);
}

#[test]
fn completions_that_agree_are_decoded_once_and_counted() {
    let mut engine = tiny();
    // So cold that all lanes say the same.
    let sampling = Sampling::Nucleus { temperature: 1e-6, top_p: 1.0, top_k: 0, seed: 4 };
    let wish = GenerateRequest { n: 6, sampling, ..request("def f") };
    let list = generate(&mut engine, &wish);
    assert_eq!((list.len(), list[0].votes), (1, 6));
    let alone = generate(&mut engine, &request("def f"));
    assert_eq!(list[0].text, alone[0].text);
    // At a higher temperature they part, each with its own tokens.
    let sampling = Sampling::Nucleus { temperature: 0.8, top_p: 0.9, top_k: 0, seed: 4 };
    let wish = GenerateRequest { n: 6, sampling, ..wish };
    let list = generate(&mut engine, &wish);
    for (number, completion) in list.iter().enumerate() {
        let sum: f32 = completion.logprobs.iter().sum();
        let scored = score(&mut engine, "def f", &[&completion.text])[0];
        let tokens = engine.count_tokens(&completion.text).unwrap();
        // A text can have several spellings in tokens; the usual one is what is scored.
        if tokens == completion.logprobs.len() {
            assert!((sum - scored).abs() < 0.05, "{number}: {sum} {scored}");
        }
    }
    assert_eq!(list.iter().map(|c| c.votes).sum::<usize>(), 6);
}

#[test]
fn a_hopeless_completion_is_given_up() {
    let mut engine = tiny();
    let grammar = "root ::= \"a\" | [b-z]{40}";
    let sampling = Sampling::Nucleus { temperature: 2.0, top_p: 1.0, top_k: 0, seed: 9 };
    let wish = GenerateRequest {
        n: 12,
        max_tokens: 60,
        sampling,
        grammar: Some(grammar.to_owned()),
        ..request("letters: ")
    };
    let all = generate(&mut engine, &wish);
    let work = engine.usage().generated;
    let best = all[0].mean_logprob();
    let few = generate(&mut engine, &GenerateRequest { give_up: Some(0.0), ..wish.clone() });
    assert!(all.iter().any(|c| c.text == "a") && all.len() > 2, "{all:?}");
    assert!(few.len() < all.len() && engine.usage().generated < work);
    assert!((few[0].mean_logprob() - best).abs() < 1e-3);
    let same_as_all = generate(&mut engine, &GenerateRequest { give_up: Some(1e9), ..wish });
    same(&same_as_all, &all);
}

#[test]
fn a_context_that_was_asked_for_is_refused_and_not_cut() {
    let with = |context, beyond| {
        let path = fixture("tiny-llama.gguf");
        let options = LoadOptions { context, beyond, threads: Some(1), ..LoadOptions::new(path) };
        Client::load(launch, options, &Cancel::new()).map(|client| client.info().context)
    };
    for beyond in [Beyond::Shorten, Beyond::Warn] {
        assert_eq!(with(4096, beyond).unwrap(), 512);
    }
    assert_eq!(with(512, Beyond::Refuse).unwrap(), 512);
    let error = with(4096, Beyond::Refuse).unwrap_err().to_string();
    let part =
        "was trained for contexts of 512 tokens, and 4096 were asked for: ask for at most 512";
    assert!(error.contains(part), "{error}");
}
