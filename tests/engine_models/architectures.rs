//! One tiny model of each architecture that people load: it writes, scores, renders its own chat
//! template and fills gaps with its own tokens.

use slm::engine::gguf;

use super::{fixtures, made, make};

/// What is expected of a model of `make_architectures.py`.
struct Family {
    architecture: &'static str,
    /// The tokens around a gap.
    gap: Option<[&'static str; 3]>,
    /// What a conversation becomes.
    prompt: Option<&'static str>,
}

const FAMILIES: &[Family] = &[
    Family { architecture: "llama", gap: None, prompt: Some(LLAMA3) },
    Family { architecture: "qwen2", gap: Some(QWEN_GAP), prompt: Some(CHATML) },
    Family { architecture: "qwen3", gap: Some(QWEN_GAP), prompt: Some(QWEN3) },
    Family { architecture: "starcoder2", gap: Some(STAR_GAP), prompt: None },
    Family { architecture: "gemma", gap: Some(QWEN_GAP), prompt: Some(GEMMA) },
    Family { architecture: "gemma2", gap: None, prompt: Some(GEMMA) },
    Family { architecture: "gemma3", gap: None, prompt: Some(GEMMA) },
    Family { architecture: "phi3", gap: None, prompt: Some(PHI3) },
    Family { architecture: "granite", gap: Some(STAR_GAP), prompt: Some(GRANITE) },
];

const QWEN_GAP: [&str; 3] = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
const STAR_GAP: [&str; 3] = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"];

const LLAMA3: &str = "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n\
     Answer briefly.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n\
     What is 2 + 2?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n\
     4<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n\
     And 3 + 3?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n";

const PHI3: &str = "<|system|>\nAnswer briefly.<|end|>\n<|user|>\nWhat is 2 + 2?<|end|>\n\
     <|assistant|>\n4<|end|>\n<|user|>\nAnd 3 + 3?<|end|>\n<|assistant|>\n";

const GRANITE: &str = "<|start_of_role|>system<|end_of_role|>Answer briefly.<|end_of_text|>\n\
     <|start_of_role|>user<|end_of_role|>What is 2 + 2?<|end_of_text|>\n\
     <|start_of_role|>assistant<|end_of_role|>4<|end_of_text|>\n\
     <|start_of_role|>user<|end_of_role|>And 3 + 3?<|end_of_text|>\n\
     <|start_of_role|>assistant<|end_of_role|>";

const CHATML: &str = "<|im_start|>system\nAnswer briefly.<|im_end|>\n\
     <|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n\
     <|im_start|>user\nAnd 3 + 3?<|im_end|>\n<|im_start|>assistant\n";

/// Thinking was not asked for.
const QWEN3: &str = "<|im_start|>system\nAnswer briefly.<|im_end|>\n\
     <|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n\
     <|im_start|>user\nAnd 3 + 3?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

/// Its template refuses a system's turn: what that says goes before the user's words.
const GEMMA: &str = "<bos><start_of_turn>user\nAnswer briefly.\n\nWhat is 2 + 2?<end_of_turn>\n\
     <start_of_turn>model\n4<end_of_turn>\n<start_of_turn>user\nAnd 3 + 3?<end_of_turn>\n\
     <start_of_turn>model\n";

#[test]
fn headers_of_all_families_are_sound() {
    let Some(dir) = make(&["make_architectures.py"]) else { return };
    let all = made(&dir, "arch-");
    assert_eq!(all.len(), FAMILIES.len());
    for Family { architecture, prompt, .. } in FAMILIES {
        let path = dir.path().join(format!("arch-{architecture}.gguf"));
        let header = gguf::check(&path).unwrap_or_else(|error| panic!("{architecture}: {error}"));
        assert_eq!(&header.architecture, architecture);
        assert_eq!(header.chat_template.is_some(), prompt.is_some(), "{architecture}");
        assert!(!header.is_quantised && header.stretched == header.context, "{architecture}");
        assert!(path.metadata().unwrap().len() < 300_000);
    }
    // The script changes no model that is committed.
    let before = std::fs::read(fixtures().join("tiny-llama.gguf")).unwrap();
    assert_ne!(std::fs::read(dir.path().join("arch-llama.gguf")).unwrap(), before);
}

#[cfg(feature = "llama")]
mod real {
    use slm::base::Cancel;
    use slm::engine::{
        Beyond, Chat, Client, Completion, Engine as _, EngineError, Findings, GenerateRequest,
        LoadOptions, Message, Role, smoke,
    };

    use super::super::{load, load_with};
    use super::*;

    fn completion(engine: &mut Client, prompt: &str) -> Completion {
        let request = GenerateRequest {
            prompt: prompt.to_owned(),
            max_tokens: 24,
            ..GenerateRequest::default()
        };
        engine.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap().remove(0)
    }

    fn conversation() -> Vec<Message> {
        let turns = [
            (Role::System, "Answer briefly."),
            (Role::User, "What is 2 + 2?"),
            (Role::Assistant, "4"),
            (Role::User, "And 3 + 3?"),
        ];
        turns.map(|(role, content)| Message { role, content: content.to_owned() }).to_vec()
    }

    #[test]
    fn each_family_writes_scores_converses_and_fills_gaps_as_it_can() {
        let Some(dir) = make(&["make_architectures.py"]) else { return };
        for Family { architecture, gap, prompt } in FAMILIES {
            // An abort ends the test without its name.
            println!("{architecture}");
            let path = dir.path().join(format!("arch-{architecture}.gguf"));
            let mut engine = load(&path, 512).unwrap();
            assert_eq!(engine.info().architecture, *architecture);
            assert_eq!(engine.info().embeds, None);
            writes(&mut engine, architecture);
            scores(&mut engine, architecture);
            converses(&mut engine, *prompt);
            fills(&mut engine, architecture, *gap);
            let report = smoke(&mut engine, &Cancel::new()).unwrap();
            let Findings::Writes(found) = &report.found else { panic!("{report:?}") };
            let chat = if prompt.is_some() { Chat::Renders } else { Chat::None };
            assert_eq!((found.chat, found.fills_gaps), (chat, gap.is_some()), "{report:?}");
            assert!(!report.plausible && !report.warnings.is_empty(), "{report:?}");
        }
    }

    fn writes(engine: &mut Client, architecture: &str) {
        let prompt = "def total(values):\n    ";
        let first = completion(engine, prompt);
        assert!(!first.logprobs.is_empty(), "{architecture}");
        let finite = |logprob: &f32| logprob.is_finite() && (-60.0..=0.0).contains(logprob);
        assert!(first.logprobs.iter().all(finite), "{architecture}: {first:?}");
        completion(engine, "class Other:");
        let again = completion(engine, prompt);
        assert_eq!((&again.text, again.finish), (&first.text, first.finish), "{architecture}");
    }

    /// Alone and together, at once and token by token: the same numbers.
    fn scores(engine: &mut Client, architecture: &str) {
        let mut score = |prefix: &str, texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            engine.score(prefix, &texts, &Cancel::new()).unwrap()
        };
        let long = "if name in list: return value\n".repeat(6);
        let together = score("for ", &["index", "name in list:", &long]);
        for (text, expected) in ["index", "name in list:", &long].iter().zip(&together) {
            let alone = score("for ", &[text])[0];
            assert!((alone.logprob - expected.logprob).abs() < 2e-3, "{architecture} {text:?}");
            assert!(alone.tokens == expected.tokens && alone.logprob < 0.0, "{architecture}");
        }
        assert_ne!(together[0].logprob, together[1].logprob);
    }

    fn converses(engine: &mut Client, expected: Option<&str>) {
        let rendered = engine.chat_prompt(&conversation());
        let Some(expected) = expected else {
            assert!(matches!(rendered, Err(EngineError::NoChatTemplate(_))), "{rendered:?}");
            return;
        };
        let prompt = rendered.unwrap();
        assert_eq!(prompt, expected);
        let marks = prompt.split_inclusive('>').filter(|part| part.starts_with('<'));
        for mark in marks.filter(|mark| !mark.contains("think")) {
            assert_eq!(engine.count_tokens(mark).unwrap(), 1, "{mark}");
        }
        assert!(!completion(engine, &prompt).logprobs.is_empty());
    }

    fn fills(engine: &mut Client, architecture: &str, expected: Option<[&str; 3]>) {
        let fim = engine.info().fim.clone();
        let found = fim.as_ref().map(|fim| {
            [&fim.prefix, &fim.suffix, fim.middle.as_ref().unwrap()].map(String::as_str)
        });
        assert_eq!(found, expected, "{architecture}");
        let Some(fim) = fim else { return };
        let prompt = fim.prompt("def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n");
        let text = "def add(a, b):\n    return \n\n\nprint(add(1, 2))\n";
        let [marked, plain] =
            [prompt.as_str(), text].map(|text| engine.count_tokens(text).unwrap());
        assert!((plain..plain + 6).contains(&marked), "{architecture}: {marked} of {plain}");
        assert!(!completion(engine, &prompt).logprobs.is_empty(), "{architecture}");
    }

    #[test]
    fn scaled_positions_allow_a_longer_context() {
        let Some(dir) = make(&["make_architectures.py"]) else { return };
        let with = |name: &str, context| {
            let model = LoadOptions::new(dir.path().join(name));
            load_with(LoadOptions { context, beyond: Beyond::Refuse, threads: Some(1), ..model })
        };
        let mut engine = with("odd-positions-scaled.gguf", 1024).unwrap();
        assert_eq!(engine.info().context, 1024);
        let long = "name index ".repeat(200);
        assert!(engine.count_tokens(&long).unwrap() > 600);
        let scores = engine.score(&long, &["value".to_owned()], &Cancel::new()).unwrap();
        assert!(scores[0].logprob.is_finite() && scores[0].logprob < 0.0);
        let refused = |name: &str, context| with(name, context).unwrap_err().to_string();
        let error = refused("odd-positions-scaled.gguf", 4096);
        assert!(error.contains("2048 tokens, and 4096 were asked for"), "{error}");
        let error = refused("arch-qwen2.gguf", 1024);
        assert!(error.contains("512 tokens, and 1024 were asked for"), "{error}");
    }

    #[test]
    fn what_is_odd_is_no_reason_to_refuse_a_model() {
        let Some(dir) = make(&["make_architectures.py"]) else { return };
        let odd = made(&dir, "odd-");
        assert!(odd.len() >= 5);
        for (class, path) in odd {
            println!("{class}");
            let mut engine = load(&path, 512).unwrap_or_else(|error| panic!("{class}: {error}"));
            assert!(!completion(&mut engine, "def f(x):").logprobs.is_empty(), "{class}");
            let none = ["gap-token-absent", "template-none"].contains(&class.as_str());
            assert_eq!(engine.info().has_chat_template, !none, "{class}");
        }
    }
}
