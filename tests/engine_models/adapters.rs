//! LoRA adapters on the tiny models: as merged into their weights by a script, and in every way that
//! they can be wrong.

use std::path::Path;

use slm::base::Cancel;
use slm::engine::{AdapterOptions, Client, Engine as _, EngineError, LoadOptions, gguf};

use super::{load_with, made, make};

const SCRIPT: &[&str] = &["make_adapters.py"];
const ARCHITECTURES: [&str; 5] = ["llama", "qwen2", "gemma", "phi3", "starcoder2"];

fn load(base: &Path, adapter: Option<(&Path, f32)>) -> Result<Client, EngineError> {
    let adapter = adapter.map(|(path, scale)| AdapterOptions { path: path.to_owned(), scale });
    load_with(LoadOptions { context: 128, threads: Some(1), adapter, ..LoadOptions::new(base) })
}

/// Log-likelihoods of texts that take many matrices, in rows and one at a time.
fn measures(client: &mut Client) -> Vec<f32> {
    let texts = ["return value", "index + 1", "x"].map(str::to_owned);
    let mut out = Vec::new();
    for prefix in ["", "def total(values):\n    for value in values:\n        "] {
        let scores = client.score(prefix, &texts, &Cancel::new()).unwrap();
        out.extend(scores.iter().map(|score| score.logprob));
    }
    out
}

fn far(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn an_adapter_computes_what_the_merged_model_does() {
    let Some(dir) = make(SCRIPT) else { return };
    for architecture in ARCHITECTURES {
        println!("{architecture}");
        let path = |kind: &str| dir.path().join(format!("{kind}-{architecture}.gguf"));
        let (base, adapter) = (path("base"), path("lora"));
        let of = |model: &Path| measures(&mut load(model, None).unwrap());
        let with = |scale: f32| measures(&mut load(&base, Some((&adapter, scale))).unwrap());
        let plain = of(&base);
        assert_eq!(with(0.0), plain, "{architecture}: a scale of 0 is the base model, exactly");
        let (whole, half) = (with(1.0), with(0.5));
        assert!(far(&whole, &plain) > 0.1, "{architecture}: it changes nothing");
        assert!(far(&whole, &of(&path("merged"))) < 1e-3, "{architecture}");
        assert!(far(&half, &of(&path("merged-half"))) < 1e-3, "{architecture}");
        assert!(far(&half, &whole) > 0.01, "{architecture}: the scale changes nothing");
    }
}

#[test]
fn the_model_says_what_was_added_to_it() {
    let Some(dir) = make(SCRIPT) else { return };
    let (base, adapter) = (dir.path().join("base-llama.gguf"), dir.path().join("lora-llama.gguf"));
    let client = load(&base, Some((&adapter, 0.25))).unwrap();
    let added = client.info().adapter.clone().unwrap();
    assert_eq!((added.name.as_str(), added.scale), ("tiny change of llama", 0.25));
    assert_eq!(added.path, adapter);
    assert_eq!(client.info().name, "tiny llama");
    assert_eq!(load(&base, None).unwrap().info().adapter, None);
    let header = gguf::check_adapter(&adapter).unwrap();
    assert_eq!((header.architecture.as_str(), header.rank, header.alpha), ("llama", 4, 8.0));
    assert_eq!((header.changes, header.unused), (2 * 4 + 1, 0));
}

#[test]
fn each_wrong_adapter_is_refused_with_a_reason_and_its_name() {
    let Some(dir) = make(SCRIPT) else { return };
    let bad = made(&dir, "bad-lora-");
    assert!(bad.len() >= 30, "only {} bad adapters", bad.len());
    for (class, path) in bad {
        println!("{class}");
        let base = if class.starts_with("embeddings") { "base-qwen2" } else { "base-llama" };
        let base = dir.path().join(format!("{base}.gguf"));
        match load(&base, Some((&path, 1.0))) {
            Err(EngineError::BadModel { path: blamed, reason }) => {
                assert_eq!(blamed, path, "{class}: {reason}");
                assert!(reason.len() > 30, "{class}: {reason}");
            }
            Err(other) => panic!("{class}: {other}"),
            Ok(_) => panic!("{class} passed"),
        }
    }
}

#[test]
fn odd_adapters_are_taken() {
    let Some(dir) = make(SCRIPT) else { return };
    let base = dir.path().join("base-llama.gguf");
    let whole =
        measures(&mut load(&base, Some((&dir.path().join("lora-llama.gguf"), 1.0))).unwrap());
    let of = |name: &str, scale| {
        let path = dir.path().join(format!("odd-lora-{name}.gguf"));
        measures(&mut load(&base, Some((&path, scale))).unwrap())
    };
    // Without alpha the product counts as it is: alpha / rank is 2 in the other.
    assert!(far(&of("alpha-none", 2.0), &whole) < 1e-3);
    assert!(far(&of("half-precision", 1.0), &whole) < 0.05);
    assert!(far(&of("norm", 1.0), &whole) < 1e-4, "a norm is not used");
}

#[test]
fn adapters_and_models_are_told_apart_and_truncation_is_seen() {
    let Some(dir) = make(SCRIPT) else { return };
    let base = dir.path().join("base-llama.gguf");
    let adapter = dir.path().join("lora-llama.gguf");
    let reason = |base: &Path, adapter: Option<(&Path, f32)>| {
        load(base, adapter).map(|_| ()).unwrap_err().to_string()
    };
    assert!(reason(&adapter, None).contains("load its base model"));
    assert!(reason(&base, Some((&base, 1.0))).contains("is no adapter"));
    let missing = dir.path().join("none.gguf");
    assert!(reason(&base, Some((&missing, 1.0))).contains("no such file"));
    let other = dir.path().join("base-qwen2.gguf");
    assert!(
        reason(&other, Some((&adapter, 1.0)))
            .contains("was made for a model of the architecture llama")
    );
    for scale in [f32::NAN, f32::INFINITY, 9.0, -8.5] {
        assert!(reason(&base, Some((&adapter, scale))).contains("from -8 to 8"), "{scale}");
    }
    let whole = std::fs::read(&adapter).unwrap();
    let cut = dir.path().join("cut.gguf");
    for length in [3, 20, 200, whole.len() / 2, whole.len() - 40] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        let reason = reason(&base, Some((&cut, 1.0)));
        assert!(reason.contains("download it again"), "{length}: {reason}");
    }
}

#[test]
fn states_of_a_model_with_an_adapter_are_its_own() {
    use slm::engine::PrefixCache;
    use std::time::Duration;

    let Some(dir) = make(SCRIPT) else { return };
    let base = dir.path().join("base-llama.gguf");
    let wish = |scale| AdapterOptions { path: dir.path().join("lora-llama.gguf"), scale };
    let root = dir.path().join("states");
    let place = |adapter: Option<&AdapterOptions>| {
        PrefixCache::open_adapted(&root, &base, adapter, 1 << 30).unwrap()
    };
    let places = [place(None), place(Some(&wish(1.0))), place(Some(&wish(0.5)))];
    assert!(places[0] == PrefixCache::open(&root, &base, 1 << 30).unwrap());
    assert!(places[1] == place(Some(&wish(1.0))));
    assert!(places[0].dir != places[1].dir && places[1].dir != places[2].dir);

    // Even in one directory, where they do not belong.
    let shared = PrefixCache { worth: Duration::ZERO, ..places[0].clone() };
    let prompt = "def total(values):\n    return values\n".repeat(4);
    let continued = |adapter: Option<AdapterOptions>, cache: Option<PrefixCache>| {
        let base = LoadOptions::new(&base);
        let options = LoadOptions { context: 512, threads: Some(1), adapter, cache, ..base };
        let mut client = load_with(options).unwrap();
        let request = slm::engine::GenerateRequest {
            prompt: prompt.clone(),
            max_tokens: 12,
            ..Default::default()
        };
        let list = client.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap();
        (list[0].text.clone(), client.usage().restored)
    };
    let (plain, _) = continued(None, None);
    let (adapted, _) = continued(Some(wish(1.0)), None);
    assert_ne!(plain, adapted);
    let with = |adapter| continued(adapter, Some(shared.clone()));
    assert_eq!(with(None), (plain.clone(), 0));
    let (text, restored) = with(None);
    assert!(text == plain && restored > 64, "the cache works: {restored}");
    assert_eq!(with(Some(wish(1.0))), (adapted.clone(), 0));
    let (text, restored) = with(Some(wish(1.0)));
    assert!(text == adapted && restored > 64, "with an adapter too: {restored}");
    assert_eq!(with(Some(wish(0.5))).1, 0);
    let (text, restored) = with(None);
    assert!(text == plain && restored == 0, "nor the other way round");
}
