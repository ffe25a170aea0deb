//! Catalogues: what is taken, from whom, and that no damage brings slm down.

use proptest::prelude::*;

use super::*;
use crate::models::keys::{Signer, generate};

const ONE: &str = r#"
format = 1
version = 7
[[model]]
name = "tiny-code"
licence = "MIT"
parameters = 1_000_000
context = 1000
cache_per_token = 10
roles = ["repair"]
files = [
    { quantisation = "Q8_0", size = 500, sha256 = "DIGEST", places = ["https://models.example.com/t.gguf"] },
    { quantisation = "F16" },
]
"#;

fn one() -> String {
    ONE.replace("DIGEST", &Sha256::of(b"tiny").to_string())
}

fn read(text: &str) -> Result<Catalogue, String> {
    parse(text.as_bytes(), Origin::BuiltIn).map_err(|error| error.to_string())
}

fn signer() -> Signer {
    Signer::open(&generate(None).unwrap().secret_file, None).unwrap()
}

#[test]
fn the_one_that_is_built_in_promises_no_more_than_anybody_knows() {
    let catalogue = built_in().unwrap();
    assert!(catalogue.models.len() >= 12);
    for role in ROLES {
        assert!(
            catalogue.models.iter().any(|model| model.roles.iter().any(|r| r == role)),
            "{role}"
        );
    }
    for model in &catalogue.models {
        let limited = model.licence.starts_with("LicenseRef-");
        assert_eq!(model.use_limits.is_some(), limited, "{}", model.name);
        let completes = model.roles.iter().any(|role| role == "complete");
        assert_eq!(model.fim.is_some(), completes, "{}", model.name);
        for file in &model.files {
            assert_eq!((file.sha256, file.size, &file.places), (None, None, &Vec::new()));
            let refused = model.wanted(file, &Given::default()).unwrap_err().to_string();
            assert!(refused.contains("--sha256") && refused.contains("--trust-first"), "{refused}");
            let given = Given { first_use: true, ..Given::default() };
            assert_eq!(model.wanted(file, &given).unwrap().proof, Proof::FirstUse);
        }
    }
}

#[test]
fn memory_is_about_what_such_files_take() {
    let catalogue = built_in().unwrap();
    // Sizes of such files, in 10^9 bytes, as people run them.
    for (name, size) in [("qwen2.5-coder-1.5b", 0.99), ("qwen2.5-coder-7b-instruct", 4.68)] {
        let model = catalogue.get(name).unwrap();
        let file = model.file(Some("q4_k_m")).unwrap();
        let weights = (model.memory(file, 0) - WORK) as f64 / 1e9;
        assert!((weights / size - 1.0).abs() < 0.1, "{name}: {weights}");
        let longer = model.memory(file, 1000) - model.memory(file, 0);
        assert_eq!(longer, 1000 * model.cache_per_token);
        assert_eq!(model.memory(file, u32::MAX), model.memory(file, model.context));
    }
    let known = read(&one()).unwrap();
    let tiny = known.get("tiny-code").unwrap();
    assert_eq!(tiny.memory(&tiny.files[0], 10), 500 + 100 + WORK);
    assert_eq!(tiny.memory(&tiny.files[1], 0), 2_000_000 + WORK);
}

#[test]
fn what_is_wanted_is_known_by_its_digest() {
    let catalogue = read(&one()).unwrap();
    let tiny = catalogue.get("tiny-code").unwrap();
    let (first, second) = (tiny.file(None).unwrap(), tiny.file(Some("f16")).unwrap());
    let digest = Sha256::of(b"tiny");
    // A word that is not needed changes nothing.
    let given = Given { first_use: true, ..Given::default() };
    let wanted = tiny.wanted(first, &given).unwrap();
    assert_eq!((wanted.proof, wanted.size), (Proof::Digest(digest), Some(500)));
    assert_eq!(wanted.places, first.places);
    let other = Given { sha256: Some(Sha256::of(b"x")), ..Given::default() };
    let refused = tiny.wanted(first, &other).unwrap_err().to_string();
    assert!(refused.contains(&digest.to_string()), "{refused}");
    let places = vec!["https://other.example.com/t".parse::<Address>().unwrap()];
    let given = Given { places: places.clone(), sha256: Some(digest), first_use: false };
    let wanted = tiny.wanted(second, &given).unwrap();
    assert_eq!((wanted.proof, wanted.places), (Proof::Digest(digest), places));
    assert_eq!(wanted.file, "tiny-code-f16.gguf");
    let missing = tiny.file(Some("Q2_K")).unwrap_err().to_string();
    assert!(missing.contains("Q8_0, F16"), "{missing}");
    let missing = catalogue.get("tiny").unwrap_err().to_string();
    assert!(missing.ends_with("it has tiny-code"), "{missing}");
    assert!(catalogue.get("big").unwrap_err().to_string().contains("no model big"));
}

#[test]
fn a_signed_one_is_taken_and_never_an_older_one() {
    let signer = signer();
    let trusted = Trusted::new(&[signer.public()]).unwrap();
    let signed = |text: &str| signer.sign(text.as_bytes(), "models of May").unwrap();
    let take = |text: &str, seen: Option<&Seen>| {
        accept(text.as_bytes(), signed(text).as_bytes(), &trusted, seen)
            .map_err(|error| error.to_string())
    };
    let first = take(&one(), None).unwrap();
    let Origin::Signed(by) = &first.origin else { panic!() };
    assert_eq!(by.comment, "models of May");
    let seen = first.seen();
    assert_eq!(take(&one(), Some(&seen)).unwrap().seen(), seen);
    let newer = one().replace("version = 7", "version = 8");
    let newest = take(&newer, Some(&seen)).unwrap().seen();
    let rolled_back = take(&one(), Some(&newest)).unwrap_err();
    assert!(rolled_back.contains("version 7, and version 8 was seen"), "{rolled_back}");
    let forked = take(&one().replace("MIT", "ISC"), Some(&seen)).unwrap_err();
    assert!(forked.contains("version 7, as the one seen before"), "{forked}");
    // Without a good signature nothing of it is looked at.
    let other = signed(&newer);
    let error = accept(b"not even a catalogue", other.as_bytes(), &trusted, None).unwrap_err();
    assert!(matches!(error, CatalogueError::Signature(SignatureError::Altered { .. })));
    let error = accept(one().as_bytes(), b"", &trusted, None).unwrap_err();
    assert!(matches!(error, CatalogueError::Signature(SignatureError::Empty)));
}

#[test]
fn ones_own_needs_no_signature_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.toml");
    fs::write(&path, one()).unwrap();
    assert_eq!(local(&path).unwrap().origin, Origin::Local(path));
    let missing = local(&dir.path().join("none.toml")).unwrap_err().to_string();
    assert!(missing.contains("none.toml"), "{missing}");
}

#[test]
fn what_is_no_catalogue_is_refused_with_the_reason() {
    let cases = [
        ("format = 1", "format = 2", "format 2, and this slm reads format 1"),
        ("format = 1", "", "does not say its format"),
        ("version = 7", "", "version"),
        ("version = 7", "version = -1", "version"),
        ("version = 7", "version = 7\nextra = 1", "extra"),
        ("licence", "license", "licen"),
        ("\"tiny-code\"", "\"../tiny\"", "no name for a model"),
        ("\"tiny-code\"", "\"\"", "no name for a model"),
        ("\"MIT\"", "\" \"", "no licence"),
        ("\"MIT\"", "\"\\u001b[2J\"", "cannot be shown"),
        ("1_000_000", "0", "above 0"),
        ("[\"repair\"]", "[\"reign\"]", "none of repair"),
        ("\"F16\"", "\"q8_0\"", "there twice"),
        ("\"F16\"", "\"F16\", name = \"a/b\"", "no name for a file"),
        ("size = 500", "size = 0", "cannot be empty"),
        ("DIGEST", "0123", "64 hexadecimal"),
        ("https://models.example.com/t.gguf", "file:///t.gguf", "must begin with https"),
        ("[[model]]", "[[model]", "line 4"),
    ];
    for (from, to, words) in cases {
        let text = ONE.replacen(from, to, 1).replace("DIGEST", &Sha256::of(b"tiny").to_string());
        let error = read(&text).unwrap_err();
        assert!(error.contains(words), "{from} -> {to}: {error}");
        assert_eq!(sanitize(&error), error);
    }
    let twice = format!(
        "{}{}",
        one(),
        one().split_once("[[model]]").unwrap().1.replacen("", "[[model]]", 1)
    );
    assert!(read(&twice).unwrap_err().contains("there twice"));
    let none = one().split("files").next().unwrap().to_owned() + "files = []";
    assert!(read(&none).unwrap_err().contains("no files"));
    let long = format!("{}# {}", one(), "x".repeat(LONGEST));
    assert!(read(&long).unwrap_err().contains("too long"));
    assert!(parse(b"\xff", Origin::BuiltIn).is_err());
}

proptest! {
    #[test]
    fn no_damage_brings_it_down(at in 0_usize..2000, byte: u8, len in 0_usize..40) {
        let mut bytes = one().into_bytes();
        let at = at % bytes.len();
        let end = (at + len).min(bytes.len());
        bytes.splice(at..end, [byte]);
        if let Ok(catalogue) = parse(&bytes, Origin::BuiltIn) {
            for model in &catalogue.models {
                prop_assert!(is_name(&model.name) && is_line(&model.licence));
                let _ = model.memory(&model.files[0], u32::MAX);
            }
        }
    }
}
