//! Real vectors of a tiny model, in process: `serve` runs in a thread behind the real client.

use std::time::Duration;

use super::tests::{fixture, launch, load, request, tiny};
use crate::base::Cancel;
use crate::engine::{Client, Engine, EngineError, LoadOptions, Message, Role};

/// Numbers may differ in the last digits with the shape of the batches.
const TOLERANCE: f32 = 1e-4;

fn bert() -> Client {
    load(fixture("tiny-bert.gguf")).unwrap()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn embed(engine: &mut Client, texts: &[String]) -> Vec<Vec<f32>> {
    engine.embed(texts, &Cancel::new()).unwrap()
}

fn one(engine: &mut Client, text: &str) -> Vec<f32> {
    embed(engine, &owned(&[text])).remove(0)
}

/// The largest difference of two numbers at the same place.
fn apart(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// Texts that share words and differ, of 1 to 40 words.
fn many(count: usize) -> Vec<String> {
    let words = ["self", "return", "value", "index", "x", "count", "if", "(", "in", "7"];
    let word = |text: usize, place: usize| words[(text * 7 + place * (text % 9 + 1)) % words.len()];
    (0..count)
        .map(|text| (0..text % 40 + 1).map(|place| word(text, place)).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn vectors_have_the_models_dimension_and_the_length_one() {
    let mut engine = bert();
    let info = engine.info().clone();
    assert_eq!((info.name.as_str(), info.architecture.as_str()), ("tiny bert", "bert"));
    assert_eq!((info.embeds, info.context), (Some(32), 128));
    assert!(!info.has_chat_template && info.fim.is_none() && !info.repairs);
    let vectors = embed(&mut engine, &owned(&["return value", "for x in range(9): count += 1"]));
    assert_eq!(vectors.len(), 2);
    for vector in &vectors {
        assert_eq!(vector.len(), 32);
        assert!((length(vector) - 1.0).abs() < TOLERANCE, "{}", length(vector));
    }
    assert!(apart(&vectors[0], &vectors[1]) > 0.01, "different texts differ");
    assert_eq!(tiny().info().embeds, None);
}

#[test]
fn vectors_are_those_of_the_definition() {
    // BERT written out in plain Python (`[CLS]`, the words, `[SEP]`; two layers; the mean), with
    // the weights of `make_embedders.py`.
    let expected = [
        ("return value", [-0.0794, 0.0034, -0.0481, 0.3334, 0.2465, -0.1618]),
        ("", [0.2290, 0.1458, -0.0500, 0.2999, 0.2001, 0.1551]),
    ];
    let mut engine = bert();
    for (text, numbers) in expected {
        let vector = one(&mut engine, text);
        // llama.cpp looks the activation up in a table of half precision.
        assert!(apart(&vector[..6], &numbers) < 2e-3, "{text:?}: {vector:?}");
    }
}

#[test]
fn a_text_has_the_same_vector_whatever_stands_beside_it() {
    let mut engine = bert();
    // More than one request, more than one batch, and batches full of tokens or of texts.
    let texts = many(300);
    let together = embed(&mut engine, &texts);
    assert_eq!(together.len(), texts.len());
    let backwards: Vec<String> = texts.iter().rev().cloned().collect();
    let backwards = embed(&mut engine, &backwards);
    for (index, text) in texts.iter().enumerate() {
        let difference = apart(&together[index], &backwards[texts.len() - 1 - index]);
        assert!(difference < TOLERANCE, "{index}: {difference}");
        if index % 11 == 0 {
            let difference = apart(&together[index], &one(&mut engine, text));
            assert!(difference < TOLERANCE, "{index} alone: {difference}");
        }
    }
    assert!(embed(&mut engine, &[]).is_empty());
}

#[test]
fn long_texts_are_cut_and_nothing_is_a_text_too() {
    let mut engine = bert();
    let words = |count: usize| many(count).join(" ");
    let long = one(&mut engine, &words(60));
    assert!(apart(&long, &one(&mut engine, &words(90))) < TOLERANCE);
    assert!(apart(&long, &one(&mut engine, &words(5))) > TOLERANCE);
    // A word that alone is longer than any context.
    assert!((length(&one(&mut engine, &"x".repeat(1 << 20))) - 1.0).abs() < TOLERANCE);
    let empty = one(&mut engine, "");
    assert!((length(&empty) - 1.0).abs() < TOLERANCE);
    assert!(apart(&empty, &one(&mut engine, " \n\t ")) < TOLERANCE);
    // A smaller context cuts earlier.
    let options =
        LoadOptions { context: 1, threads: Some(1), ..LoadOptions::new(fixture("tiny-bert.gguf")) };
    let mut short = Client::load(launch, options, &Cancel::new()).unwrap();
    assert_eq!(short.info().context, 32);
    assert!(apart(&one(&mut short, &words(60)), &one(&mut short, &words(9))) < TOLERANCE);
    assert!(apart(&one(&mut short, &words(60)), &long) > TOLERANCE);
}

#[test]
fn control_tokens_in_a_text_are_text() {
    let mut engine = bert();
    assert_eq!(engine.count_tokens("return").unwrap(), 1);
    assert_eq!(engine.count_tokens("").unwrap(), 0);
    assert!(engine.count_tokens("[SEP]").unwrap() >= 3);
    assert!(engine.count_tokens(&"return ".repeat(500)).unwrap() == 500, "it is not cut");
    let unknown = one(&mut engine, "\u{4e16}\u{1f980} \u{10FFFE}x\u{10FFFF}");
    assert!((length(&unknown) - 1.0).abs() < TOLERANCE);
}

#[test]
fn cancelling_ends_it() {
    let mut engine = bert();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let texts = many(40_000);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        stop.cancel();
    });
    let result = engine.embed(&texts, &cancel);
    thread.join().unwrap();
    assert!(matches!(result, Err(EngineError::Cancelled)));
    assert!(matches!(engine.embed(&texts, &cancel), Err(EngineError::Cancelled)));
    assert_eq!(one(&mut engine, "it lives on").len(), 32);
}

#[test]
fn each_kind_refuses_the_work_of_the_other() {
    let error = tiny().embed(&owned(&["x"]), &Cancel::new()).unwrap_err();
    assert!(matches!(error, EngineError::NotAnEmbedder(_)));
    assert_eq!(
        error.to_string(),
        "tiny llama writes text, it makes no vectors: choose an embedding model"
    );
    let mut engine = bert();
    let refused = [
        engine.generate(&request("x"), &Cancel::new(), &mut |_, _| {}).map(|_| ()),
        engine.score("x", &owned(&["y"]), &Cancel::new()).map(|_| ()),
        engine.chat_prompt(&[Message { role: Role::User, content: "x".to_owned() }]).map(|_| ()),
    ];
    for result in refused {
        assert_eq!(
            result.unwrap_err().to_string(),
            "tiny bert makes vectors, it writes no text: choose a language model"
        );
    }
    assert_eq!(one(&mut engine, "x").len(), 32);
}

#[test]
fn a_damaged_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.gguf");
    let good = crate::base::fs::read(&fixture("tiny-bert.gguf")).unwrap();
    for cut in (1..good.len()).step_by(4_001) {
        crate::base::fs::write(&path, &good[..cut]).unwrap();
        let error = load(path.clone()).unwrap_err();
        assert!(matches!(error, EngineError::BadModel { .. }), "{cut}: {error}");
    }
    let key = b"bert.attention.head_count";
    let at = good.windows(key.len()).position(|window| window == key).unwrap() + key.len() + 4;
    let mut damaged = good.clone();
    damaged[at] = 5;
    crate::base::fs::write(&path, &damaged).unwrap();
    let error = load(path.clone()).unwrap_err().to_string();
    assert!(error.contains("32 is not divisible by 5 attention heads"), "{error}");
    crate::base::fs::write(&path, &good).unwrap();
    assert!(load(path).is_ok());
}
