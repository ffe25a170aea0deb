//! Verdicts on scripted engines, and on the tiny models.

use super::*;
use crate::engine::{Fim, Scripted};

/// A model to which code is as likely as that, a token, and its words in disorder as this.
fn likely(code: f32, disorder: f32) -> Scripted {
    let of = move |text: &str| if text == CODE { code } else { disorder };
    Scripted::new()
        .scoring(move |_, text| of(text) * text.len().div_ceil(4) as f32)
        .then(&[" a + b\n"])
}

fn tried(engine: &mut dyn Engine) -> SmokeReport {
    smoke(engine, &Cancel::new()).unwrap()
}

#[test]
fn a_trained_model_is_told_from_others() {
    let good = tried(&mut likely(-1.0, -3.0));
    assert!(good.plausible && good.warnings.is_empty(), "{good:?}");
    let Findings::Writes(found) = &good.found else { panic!("{good:?}") };
    assert!((found.code + 1.0).abs() < 1e-4 && (found.disorder + 3.0).abs() < 1e-4);
    assert!((found.chance + 256_f32.ln()).abs() < 1e-4);
    assert_eq!((found.completion.as_str(), found.is_stuck), (" a + b\n", false));
    assert_eq!((found.chat, found.fills_gaps), (Chat::Renders, false));
    assert_eq!(found.tokens, CODE.len().div_ceil(4));
    // Chance is -5.5 here.
    for (code, disorder, part) in [(-5.0, -9.0, "than chance"), (-2.0, -2.1, "in disorder")] {
        let report = tried(&mut likely(code, disorder));
        assert!(!report.plausible, "{report:?}");
        assert!(report.warnings.iter().any(|warning| warning.contains(part)), "{report:?}");
    }
}

#[test]
fn what_is_no_number_is_an_error() {
    for nonsense in [f32::NAN, f32::NEG_INFINITY, f32::MIN, 3.0] {
        let mut engine = Scripted::new().scoring(move |_, _| nonsense).then(&["x"]);
        let error = smoke(&mut engine, &Cancel::new()).unwrap_err().to_string();
        assert!(error.contains("scripted: computes no likelihood"), "{nonsense}: {error}");
    }
    let silent = smoke(&mut Scripted::new().scoring(|_, _| -9.0), &Cancel::new());
    assert!(silent.unwrap_err().to_string().contains("without a completion"));
    let dead = smoke(&mut Scripted::new().dying(), &Cancel::new());
    assert!(matches!(dead, Err(EngineError::WorkerDied(_))), "{dead:?}");
}

#[test]
fn tokens_around_a_gap_must_be_tokens() {
    let fim = Fim { prefix: "<pre>".to_owned(), suffix: "<suf>".to_owned(), middle: None };
    // A token of these is four bytes of text, and these are more.
    let report = tried(&mut likely(-1.0, -3.0).with_fim(fim));
    assert!(report.plausible, "{report:?}");
    assert!(report.warnings[0].contains("<pre> is no control token"), "{report:?}");
}

#[test]
fn alike_texts_are_near() {
    let report = tried(&mut Scripted::new().embedding(512));
    let Findings::Embeds(found) = &report.found else { panic!("{report:?}") };
    assert!(report.plausible && found.alike > found.unlike + 0.2, "{report:?}");
    assert_eq!(found.dimension, 512);
    let flat = tried(&mut Scripted::new().embedding(1));
    assert!(!flat.plausible, "{flat:?}");
    assert!(flat.warnings.iter().any(|warning| warning.contains("the same vector")), "{flat:?}");
}

#[test]
fn it_can_be_cancelled_and_fits_into_any_context() {
    let cancel = Cancel::new();
    cancel.cancel();
    for mut engine in [likely(-1.0, -3.0), Scripted::new().embedding(8)] {
        let cancelled = smoke(&mut engine, &cancel);
        assert!(matches!(cancelled, Err(EngineError::Cancelled)), "{cancelled:?}");
    }
    let mut small = Scripted::new().with_context(40).scoring(|_, _| -9.0).then(&["x"]);
    let Findings::Writes(found) = tried(&mut small).found else { panic!() };
    assert!(found.tokens <= 40 - SPARE && found.tokens > 10, "{found:?}");
}

#[test]
fn disorder_has_the_same_words() {
    let sorted = |text: &str| {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.sort_unstable();
        words.join(" ")
    };
    assert_eq!(sorted(&disordered(CODE)), sorted(CODE));
    assert_ne!(disordered(CODE), CODE);
    assert_eq!(disordered(CODE), disordered(CODE));
    assert_eq!(disordered(""), "");
}

#[cfg(feature = "llama")]
mod real {
    use super::*;
    use crate::engine::llama::tests::{fixture, load};

    #[test]
    fn tiny_models_compute_and_are_doubted() {
        let report = tried(&mut load(fixture("tiny-qwen2.gguf")).unwrap());
        let Findings::Writes(found) = &report.found else { panic!("{report:?}") };
        assert!(!report.plausible && !report.warnings.is_empty(), "{report:?}");
        assert!(found.code < 0.0 && found.disorder < 0.0 && found.tokens > 100, "{found:?}");
        assert_eq!((found.chat, found.fills_gaps), (Chat::Renders, true));
        let report = tried(&mut load(fixture("tiny-bert.gguf")).unwrap());
        let Findings::Embeds(found) = &report.found else { panic!("{report:?}") };
        assert_eq!(found.dimension, 32);
        assert!(found.alike.abs() <= 1.0 && found.unlike.abs() <= 1.0, "{found:?}");
    }
}
