//! A valid header, and what becomes of it when it is changed.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models");
    crate::base::fs::read(&path.join(name)).unwrap()
}

fn tiny() -> Vec<u8> {
    fixture("tiny-llama.gguf")
}

/// The verdict on `name` after a change of its header.
fn after(name: &str, change: impl FnOnce(&mut Raw)) -> Result<Header, String> {
    let bytes = fixture(name);
    let mut raw = read::read(&bytes[..], bytes.len() as u64).unwrap();
    change(&mut raw);
    rules::apply(&raw)
}

fn set(raw: &mut Raw, key: &str, value: Value) {
    raw.meta.insert(key.to_owned(), value);
}

fn verdict(bytes: &[u8]) -> Result<Header, String> {
    check_reader(bytes, bytes.len() as u64)
}

/// Where the value of `key` begins, after its type.
fn value_at(bytes: &[u8], key: &str) -> usize {
    let mut needle = (key.len() as u64).to_le_bytes().to_vec();
    needle.extend(key.as_bytes());
    let at = bytes.windows(needle.len()).position(|window| window == needle);
    at.unwrap_or_else(|| panic!("{key} is not in the file")) + needle.len() + 4
}

fn with(key: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = tiny();
    let at = value_at(&bytes, key);
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn a_good_header_is_understood() {
    let header = verdict(&tiny()).unwrap();
    assert_eq!(header.architecture, "llama");
    assert_eq!(header.name.as_deref(), Some("tiny llama"));
    assert_eq!((header.version, header.blocks, header.context), (3, 2, 512));
    assert!(header.vocabulary > 300 && header.parameters > 50_000);
    assert!(header.chat_template.unwrap().contains("im_start"));
}

#[test]
fn a_model_of_an_unknown_repair_format_is_refused() {
    let of = |value: Option<Value>| {
        let bytes = tiny();
        let mut raw = read::read(&bytes[..], bytes.len() as u64).unwrap();
        raw.meta.extend(value.map(|value| ("slm.format_version".to_owned(), value)));
        rules::repairs(&raw)
    };
    assert_eq!(of(None), Ok(false));
    assert_eq!(of(Some(Value::Unsigned(1))), Ok(true));
    let refused = of(Some(Value::Unsigned(2))).unwrap_err();
    assert!(refused.contains("format version 2") && refused.contains("update slm"), "{refused}");
    assert!(of(Some(Value::Text("1".to_owned()))).is_err());
}

#[test]
fn each_known_way_to_crash_is_named() {
    let u32s = |key: &str, value: u32| with(key, &value.to_le_bytes());
    let f32s = |key: &str, value: f32| with(key, &value.to_le_bytes());
    let epsilon = "llama.attention.layer_norm_rms_epsilon";
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (u32s("llama.block_count", 0), "block_count is 0"),
        (u32s("llama.block_count", 1000), "block_count is 1000"),
        (u32s("llama.block_count", 1 << 31), "block_count is 2147483648"),
        (u32s("llama.block_count", 5), "layer 4 of 5 is missing"),
        (u32s("llama.context_length", 0), "context_length is 0"),
        (u32s("llama.embedding_length", 63), "63"),
        (u32s("llama.attention.head_count", 2_000), "head_count is 2000"),
        (u32s("llama.attention.head_count", 0), "head_count is 0"),
        (u32s("llama.attention.head_count_kv", 3), "cannot share 3"),
        (u32s("llama.rope.dimension_count", 8), "rope.dimension_count is 8 "),
        (u32s("llama.rope.dimension_count", 4096), "rope.dimension_count is 4096"),
        (f32s("llama.rope.freq_base", f32::INFINITY), "freq_base is inf"),
        (f32s("llama.rope.freq_base", 0.0), "freq_base is 0"),
        (f32s(epsilon, f32::NAN), "epsilon is NaN"),
        (f32s(epsilon, -1e-5), "makes no sense"),
        (with("general.architecture", b"\x05\0\0\0\0\0\0\0lxama"), "\"lxama\""),
        (with("tokenizer.ggml.model", b"\x04\0\0\0\0\0\0\0warp"), "\"warp\""),
    ];
    for (bytes, part) in cases {
        let reason = verdict(&bytes).expect_err(part);
        assert!(reason.contains(part), "{part}: {reason}");
    }
    let mut twice = tiny();
    let letters = b"\x01\0\0\0\0\0\0\0A\x01\0\0\0\0\0\0\0B";
    let at = twice.windows(letters.len()).position(|window| window == letters).unwrap();
    twice[at + 17] = b'A';
    assert!(verdict(&twice).unwrap_err().contains("appears twice"));
}

#[test]
fn an_embedder_is_understood() {
    let header = verdict(&fixture("tiny-bert.gguf")).unwrap();
    assert_eq!((header.architecture.as_str(), header.dimension), ("bert", 32));
    assert_eq!((header.pooling, header.context, header.blocks), (Some(Pooling::Mean), 128, 2));
    let llama = verdict(&tiny()).unwrap();
    assert_eq!((llama.pooling, llama.dimension), (None, 48));
    let pooled = |name: &str, kind: u64| {
        let key = format!("{}.pooling_type", name.trim_start_matches("tiny-"));
        after(&format!("{name}.gguf"), |raw| set(raw, &key, Value::Unsigned(kind)))
            .map(|header| header.pooling)
    };
    assert_eq!(pooled("tiny-bert", 0), Ok(Some(Pooling::Mean)));
    assert_eq!(pooled("tiny-bert", 2), Ok(Some(Pooling::First)));
    assert_eq!(pooled("tiny-qwen2", 0), Ok(None));
    assert_eq!(pooled("tiny-qwen2", 3), Ok(Some(Pooling::Last)));
    for name in ["tiny-bert", "tiny-qwen2"] {
        assert!(pooled(name, 4).unwrap_err().contains("ranks pairs of texts"));
        assert!(pooled(name, 5).unwrap_err().contains("unknown way"));
    }
}

#[test]
fn each_known_way_to_crash_an_encoder_is_named() {
    let number = Value::Unsigned;
    let cases: Vec<(&str, Value, &str)> = vec![
        ("bert.block_count", number(0), "block_count is 0"),
        ("bert.attention.head_count", number(0), "head_count is 0"),
        ("bert.attention.head_count", number(5), "not divisible by 5"),
        ("bert.attention.head_count_kv", number(0), "head_count_kv is 0"),
        ("bert.attention.value_length", number(16), "its values 16"),
        ("bert.attention.key_length_swa", number(4), "key_length_swa is not 8"),
        ("bert.rope.dimension_count_swa", number(4), "dimension_count_swa is not 8"),
        ("bert.attention.layer_norm_epsilon", Value::Float(f64::NAN), "epsilon is NaN"),
        ("bert.attention.sliding_window", number(1 << 31), "sliding_window is"),
        ("bert.context_length", number(512), "the header says [32, 512]"),
        ("bert.embedding_length_out", number(64), "another length (64)"),
        ("tokenizer.ggml.token_type_count", number(0), "token_type_count is 0"),
        ("tokenizer.ggml.model", Value::Text("warp".to_owned()), "\"warp\""),
    ];
    for (key, value, part) in cases {
        let reason = after("tiny-bert.gguf", |raw| set(raw, key, value)).expect_err(part);
        assert!(reason.contains(part), "{part}: {reason}");
    }
    let list = Value::Array { kind: 4, count: 2, head: vec![4.0, 4.0] };
    let reason =
        after("tiny-bert.gguf", |raw| set(raw, "bert.attention.head_count", list)).unwrap_err();
    assert!(reason.contains("from layer to layer"), "{reason}");
    let reason = after("tiny-bert.gguf", |raw| {
        set(raw, "bert.attention.key_length", Value::Unsigned(16));
        set(raw, "bert.attention.value_length", Value::Unsigned(16));
    })
    .unwrap_err();
    assert!(reason.contains("no embedding of length 32"), "{reason}");
    for (tensor, part) in [("token_types.weight", "token_types"), ("blk.0.attn_q.bias", "attn_q")] {
        let reason = after("tiny-bert.gguf", |raw| {
            raw.tensors.iter_mut().find(|found| found.name == tensor).unwrap().kind = 1;
        })
        .unwrap_err();
        assert!(reason.contains("F32") && reason.contains(part), "{reason}");
    }
}

#[test]
fn who_writes_looks_back_and_reads_with_a_tokenizer_that_loses_nothing() {
    let ahead = |raw: &mut Raw| set(raw, "qwen2.attention.causal", Value::Bool(false));
    assert!(after("tiny-qwen2.gguf", ahead).unwrap_err().contains("from both sides"));
    let pooled = after("tiny-qwen2.gguf", |raw| {
        ahead(raw);
        set(raw, "qwen2.pooling_type", Value::Unsigned(1));
    });
    assert_eq!(pooled.unwrap().pooling, Some(Pooling::Mean));
    let pieces = |raw: &mut Raw| set(raw, "tokenizer.ggml.model", Value::Text("bert".to_owned()));
    assert!(after("tiny-qwen2.gguf", pieces).unwrap_err().contains("\"bert\""));
}

#[test]
fn scaled_positions_reach_further() {
    let reach = |change: &dyn Fn(&mut Raw)| {
        after("tiny-llama.gguf", change).map(|header| (header.context, header.stretched))
    };
    let scaling = |kind: &str, factor: f64| {
        let kind = Value::Text(kind.to_owned());
        move |raw: &mut Raw| {
            set(raw, "llama.rope.scaling.type", kind.clone());
            set(raw, "llama.rope.scaling.factor", Value::Float(factor));
        }
    };
    assert_eq!(reach(&|_| {}), Ok((512, 512)));
    assert_eq!(reach(&scaling("yarn", 4.0)), Ok((512, 2048)));
    assert_eq!(reach(&scaling("none", 4.0)), Ok((512, 512)));
    assert_eq!(reach(&scaling("linear", 0.5)), Ok((512, 512)));
    assert_eq!(reach(&scaling("linear", 1e300)), Ok((512, 1 << 31)));
    let original = |raw: &mut Raw| {
        scaling("yarn", 4.0)(raw);
        set(raw, "llama.rope.scaling.original_context_length", Value::Unsigned(256));
    };
    assert_eq!(reach(&original), Ok((512, 1024)));
}

#[test]
fn numbers_of_eight_bytes_are_not_taken_for_four() {
    let wide = |raw: &mut Raw| set(raw, "llama.rope.freq_base", Value::Double(10_000.0));
    assert!(after("tiny-llama.gguf", wide).unwrap_err().contains("is no number"));
}

#[test]
fn an_adapter_is_no_model() {
    let change = |raw: &mut Raw| set(raw, "general.type", Value::Text("adapter".to_owned()));
    let reason = after("tiny-llama.gguf", change).unwrap_err();
    assert!(reason.contains("load its base model"), "{reason}");
}

/// An adapter of one pair for the tiny model, after a change.
fn adapter(change: impl FnOnce(&mut Raw)) -> Result<Adapter, String> {
    let bytes = tiny();
    let base = read::read(&bytes[..], bytes.len() as u64).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let mut meta = BTreeMap::new();
    for (key, value) in [
        ("general.type", text("adapter")),
        ("general.architecture", text("llama")),
        ("adapter.type", text("lora")),
        ("adapter.lora.alpha", Value::Float(16.0)),
    ] {
        meta.insert(key.to_owned(), value);
    }
    let tensor = |half: &str, shape: [u64; 2], offset| Tensor {
        name: format!("blk.0.attn_k.weight.{half}"),
        shape: shape.to_vec(),
        kind: 0,
        offset,
    };
    let tensors = vec![tensor("lora_a", [48, 4], 0), tensor("lora_b", [4, 24], 768)];
    let mut raw =
        Raw { version: 3, length: 1152, meta, tensors, data: 0, vocabulary: Vocabulary::default() };
    change(&mut raw);
    let found = adapter::apply(&raw)?;
    adapter::fits(&found, &base)?;
    Ok(found)
}

#[test]
fn an_adapter_is_understood_and_must_fit() {
    let good = adapter(|_| {}).unwrap();
    assert_eq!((good.rank, good.alpha, good.changes, good.bytes), (4, 16.0, 1, 1152));
    let without = adapter(|raw| drop(raw.meta.remove("adapter.lora.alpha"))).unwrap();
    assert_eq!(without.alpha, 0.0);
    let number = Value::Unsigned;
    let text = |text: &str| Value::Text(text.to_owned());
    for (key, value, part) in [
        ("general.type", text("model"), "is no adapter"),
        ("general.type", number(1), "is no adapter"),
        ("general.architecture", text("qwen2"), "of the architecture qwen2"),
        ("general.architecture", number(1), "is no text"),
        ("adapter.type", text("ia3"), "\"ia3\""),
        ("adapter.lora.alpha", Value::Float(f64::NAN), "makes no sense"),
        ("adapter.lora.alpha", Value::Double(16.0), "is no number"),
        ("adapter.alora.invocation_tokens", number(1), "aLoRA"),
    ] {
        let reason = adapter(|raw| set(raw, key, value)).expect_err(part);
        assert!(reason.contains(part), "{part}: {reason}");
    }
    type Change = fn(&mut Vec<Tensor>);
    let cases: [(Change, &str); 8] = [
        (|t| t.clear(), "without weights"),
        (|t| drop(t.pop()), "has no lora_b"),
        (|t| t[0].shape = vec![48, 3], "ranks 3 and 4"),
        (|t| t[0].shape = vec![24, 4], "another base model"),
        (|t| t[1].shape = vec![4, 23], "another base model"),
        (|t| t[1].kind = 26, "type 26"),
        (|t| t[1].offset = 800, "truncated"),
        (|t| t[0].shape.push(2), "truncated"),
    ];
    for (change, part) in cases {
        let reason = adapter(|raw| change(&mut raw.tensors)).expect_err(part);
        assert!(reason.contains(part), "{part}: {reason}");
    }
    let renamed = |name: &'static str| {
        adapter(move |raw| {
            for (tensor, half) in raw.tensors.iter_mut().zip(["lora_a", "lora_b"]) {
                tensor.name = format!("{name}.{half}");
            }
        })
    };
    assert!(renamed("blk.9.attn_k.weight").unwrap_err().contains("does not have"));
    assert!(renamed("blk.0.attn_norm.weight").unwrap_err().contains("does not have the shape"));
}

#[test]
fn every_truncation_says_so() {
    let good = tiny();
    for cut in (1..good.len()).step_by(101) {
        let reason = verdict(&good[..cut]).unwrap_err();
        assert!(reason.contains("download it again"), "cut at {cut} of {}: {reason}", good.len());
    }
    let reason = verdict(&good[..good.len() - 1]).unwrap_err();
    let end = good.len();
    assert_eq!(
        reason,
        format!(
            "is truncated: the file ends at byte {}, tensor output_norm.weight needs {end}: \
             download it again",
            end - 1
        )
    );
    assert!(verdict(&[]).unwrap_err().contains("empty"));
}

#[test]
fn what_is_not_gguf_is_recognised() {
    let cases: [(&[u8], &str); 8] = [
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<!DOCTYPE html><html><head><title>404", "web page"),
        (b"PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "zip"),
        (b"\x10\0\0\0\0\0\0\0{\"__metadata__\":{\"format\"", "safetensors"),
        (b"tjggaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "older than GGUF"),
        (b"hello, this is no model at all....", "not a GGUF"),
        (b"GGUF\x01\0\0\0aaaaaaaaaaaaaaaaaaaa", "version 1"),
        (b"GGUF\0\0\0\x03aaaaaaaaaaaaaaaaaaaa", "big-endian"),
    ];
    for (bytes, part) in cases {
        let reason = verdict(bytes).unwrap_err();
        assert!(reason.contains(part), "{part}: {reason}");
    }
}

#[test]
fn huge_claims_cost_no_memory() {
    let mut claims = b"GGUF\x03\0\0\0".to_vec();
    claims.extend(u64::MAX.to_le_bytes());
    claims.extend(u64::MAX.to_le_bytes());
    assert!(verdict(&claims).unwrap_err().contains("claims"));
    // A key of 2^62 bytes in a file that says it is that long.
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend((1_u64 << 62).to_le_bytes());
    assert!(check_reader(bytes.as_slice(), u64::MAX).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_headers_never_panic(
        changes in proptest::collection::vec((0usize..14_000, any::<u8>()), 1..6),
        cut in proptest::option::of(0usize..220_000),
    ) {
        let mut bytes = tiny();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(cut.unwrap_or(usize::MAX));
        let _ = verdict(&bytes);
        // A file whose length lies, as one that shrinks while it is read.
        let _ = check_reader(bytes.as_slice(), 1 << 40);
    }

    #[test]
    fn changed_headers_of_encoders_never_panic(
        changes in proptest::collection::vec((0usize..4_000, any::<u8>()), 1..6),
    ) {
        let mut bytes = fixture("tiny-bert.gguf");
        for (at, value) in changes {
            bytes[at] = value;
        }
        let _ = verdict(&bytes);
    }

    #[test]
    fn any_number_for_a_key_of_an_encoder_is_judged(
        key in proptest::sample::select(vec![
            "block_count", "context_length", "embedding_length", "feed_forward_length",
            "attention.head_count", "attention.head_count_kv", "attention.key_length",
            "attention.value_length", "rope.dimension_count", "pooling_type", "expert_count",
            "nextn_predict_layers", "decision.block_count", "dense_2_feat_in",
        ]),
        architecture in proptest::sample::select(vec![
            "bert", "nomic-bert", "jina-bert-v2", "modern-bert", "gemma-embedding", "llama-embed",
        ]),
        number in prop_oneof![0u64..70, any::<u64>()],
    ) {
        let _ = after("tiny-bert.gguf", |raw| {
            let keys: Vec<String> = raw.meta.keys().cloned().collect();
            for old in keys {
                if let Some(rest) = old.strip_prefix("bert.") {
                    let value = raw.meta[&old].clone();
                    raw.meta.insert(format!("{architecture}.{rest}"), value);
                }
            }
            set(raw, "general.architecture", Value::Text(architecture.to_owned()));
            set(raw, &format!("{architecture}.{key}"), Value::Unsigned(number));
        });
    }

    #[test]
    fn any_shape_of_an_adapter_is_judged(
        a in proptest::collection::vec(prop_oneof![1u64..60, any::<u64>()], 1..5),
        b in proptest::collection::vec(prop_oneof![1u64..60, any::<u64>()], 1..5),
        name in prop_oneof![Just("blk.0.attn_k.weight"), Just("token_embd.weight"), Just("")],
    ) {
        let judged = adapter(|raw| {
            (raw.tensors[0].shape, raw.tensors[1].shape) = (a.clone(), b.clone());
            for (tensor, half) in raw.tensors.iter_mut().zip(["lora_a", "lora_b"]) {
                tensor.name = format!("{name}.{half}");
            }
        });
        if let Ok(adapter) = judged {
            prop_assert_eq!(name, "blk.0.attn_k.weight");
            prop_assert_eq!((a[0], b[1], adapter.rank), (48, 24, b[0]));
        }
    }

    #[test]
    fn random_bytes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tail);
        prop_assert!(verdict(&bytes).is_err());
    }
}
