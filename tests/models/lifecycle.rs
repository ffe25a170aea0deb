//! Versions, roles, damage and removal.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::Env;
use crate::{add, configure, fixture, list, model, says, stored};

#[test]
fn a_model_comes_is_used_and_goes() {
    let env = Env::new();
    let file = fixture("tiny-llama.gguf");
    let added = model(&env, 0, &["add", file.to_str().unwrap(), "--name", "coder"]);
    says(&added, "added coder 1");
    says(&added, "slm model use complete coder");
    // Random weights: a sound file, but not one to be silent about.
    says(&added, "untrained model?");

    let listed = list(&env);
    assert_eq!(listed["models"][0]["name"], "coder");
    assert_eq!(listed["models"][0]["versions"][0]["architecture"], "llama");
    assert_eq!(listed["roles"].as_array().unwrap().len(), 4);
    assert!(listed["roles"][0]["model"].is_null());
    assert_eq!(stored(&env).len(), 1);
    let mode = stored(&env)[0].metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o400);

    let project = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
    let complete = || env.slm(["complete", "--json", "a.py:2:12"]).cwd(&project).run();
    let without = complete();
    assert_ne!(without.code(), 0, "{without}");
    model(&env, 0, &["use", "complete", "coder"]);
    let with = complete();
    assert_eq!(with.code(), 0, "{with}");
    model(&env, 0, &["use", "complete", "--none"]);
    assert_ne!(complete().code(), 0);

    // A name stands for a file wherever one is asked for.
    let named = env.slm(["complete", "--json", "--model", "coder", "a.py:2:12"]);
    let named = named.cwd(&project).run();
    assert_eq!(named.code(), 0, "{named}");
    let unknown = env.slm(["complete", "--json", "--model", "codar", "a.py:2:12"]);
    let unknown = unknown.cwd(&project).run();
    assert_eq!(unknown.code(), 2, "{unknown}");
    says(&unknown, "codar");

    model(&env, 0, &["use", "repair", "coder"]);
    let refused = model(&env, 2, &["remove", "coder"]);
    says(&refused, "repair");
    let removed = model(&env, 0, &["remove", "coder", "--force"]);
    says(&removed, "no model of the store is used for repair now");
    assert_eq!(stored(&env), [] as [std::path::PathBuf; 0]);
    assert_eq!(list(&env)["models"].as_array().unwrap().len(), 0);
}

#[test]
fn an_update_can_be_gone_back_from() {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    let again = fixture("tiny-llama.gguf");
    says(&model(&env, 0, &["add", again.to_str().unwrap(), "--name", "coder"]), "nothing to do");
    add(&env, "tiny-qwen2.gguf", "coder");
    let current = || list(&env)["models"][0]["current"].clone();
    assert_eq!(current(), "2");
    let versions = model(&env, 0, &["versions", "coder"]);
    says(&versions, "`slm model rollback` goes here");
    says(&model(&env, 0, &["rollback", "coder"]), "coder: 1, was 2");
    assert_eq!(current(), "1");
    assert_eq!(stored(&env).len(), 2, "a rollback removes nothing");
    says(&model(&env, 2, &["rollback", "coder"]), "version");
    model(&env, 0, &["rollback", "coder", "--to", "2"]);
    assert_eq!(current(), "2");
    model(&env, 0, &["remove", "coder", "--version", "1"]);
    assert_eq!(stored(&env).len(), 1);
    model(&env, 2, &["rollback", "coder"]);
    model(&env, 2, &["remove", "coder", "--version", "9"]);
}

#[test]
fn what_was_tampered_with_is_found_and_not_loaded() {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    model(&env, 0, &["use", "complete", "coder"]);
    says(&model(&env, 0, &["verify"]), "0 damaged");
    let file = &stored(&env)[0];
    let whole = std::fs::read(file).unwrap();
    let spoil = |bytes: &[u8]| {
        let writable = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(file, writable).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    spoil(&flipped);
    let found = model(&env, 1, &["verify", "--json"]).json();
    assert_eq!(found["damaged"].as_array().unwrap().len(), 1);

    spoil(&whole[..whole.len() - 7]);
    let project = env.project(&[("a.py", "x = 1\n")]);
    let run = env.slm(["complete", "a.py:1:5"]).cwd(&project).run();
    assert_eq!(run.code(), 1, "{run}");
    says(&run, "slm model verify");
    std::fs::remove_file(file).unwrap();
    says(&model(&env, 1, &["verify"]), "is missing");
    add(&env, "tiny-llama.gguf", "coder");
    says(&model(&env, 0, &["verify"]), "0 damaged");
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let env = Env::new();
    let junk = env.root().join("junk.gguf");
    std::fs::write(&junk, vec![b'x'; 4096]).unwrap();
    let junk = junk.to_str().unwrap();
    let llama = fixture("tiny-llama.gguf");
    let llama = llama.to_str().unwrap();
    let folder = env.root().to_str().unwrap().to_owned();
    let wrong = "0".repeat(64);
    let cases: &[(i32, &[&str], &str)] = &[
        (1, &["add", junk], "GGUF"),
        (3, &["add", "/nowhere/m.gguf"], "/nowhere/m.gguf"),
        (3, &["add", &folder, "--name", "x"], "no regular file"),
        (1, &["add", llama, "--sha256", &wrong], &wrong),
        (2, &["add", llama, "--sha256", "abc"], "64 hexadecimal digits"),
        (2, &["add", llama, "--name", "Not A Name"], "Not A Name"),
        (2, &["add", llama, "--use", "writing"], "writing"),
        (2, &["add", llama, "--name", "m", "--use", "embed"], "makes no vectors"),
        (2, &["use", "chat", "nobody"], "nobody"),
        (2, &["use", "poet", "nobody"], "poet"),
        (2, &["info", "nobody"], "nobody"),
        (1, &["info", junk], "GGUF"),
        (2, &["versions", "nobody"], "nobody"),
        (2, &["remove", "nobody"], "nobody"),
        (2, &["rollback", "nobody"], "nobody"),
    ];
    for (status, words, said) in cases {
        says(&model(&env, *status, words), said);
    }
    assert_eq!(stored(&env).len(), 0, "what was refused left something");
    assert_eq!(crate::incoming(&env).len(), 0, "what was refused left something");
}

#[test]
fn a_model_that_the_role_cannot_use_is_refused_for_it() {
    let env = Env::new();
    add(&env, "tiny-bert.gguf", "vectors");
    for role in ["repair", "complete", "chat"] {
        says(&model(&env, 2, &["use", role, "vectors"]), "writes no text");
    }
    model(&env, 0, &["use", "embed", "vectors"]);
    let project = env.project(&[("a.py", "def parse(text):\n    return text.split()\n")]);
    let found = env.slm(["search", "--json", "parse a text"]).cwd(&project).run();
    assert_eq!(found.code(), 0, "{found}");
    assert!(found.json().to_string().contains("a.py"), "{found}");
    // The same without a model of the store for it: the file has no such tokens to ask for.
    let named = env.slm(["search", "--embedding-model", "vectors", "parse a text"]);
    assert_eq!(named.cwd(&project).run().code(), 0);
}

#[test]
fn a_list_that_was_damaged_is_not_written_over() {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    let list = env.home().join("data/slm/models/registry.toml");
    for text in ["format = 99\n", "nonsense", "format = 1\nmodels = 3\n"] {
        std::fs::write(&list, text).unwrap();
        for words in [&["list"] as &[&str], &["verify"], &["use", "chat", "coder"]] {
            says(&model(&env, 3, words), "registry.toml");
        }
        assert_eq!(std::fs::read_to_string(&list).unwrap(), text);
    }
}

#[test]
fn the_flag_beats_the_variable_beats_the_configuration_beats_the_store() {
    let mut env = Env::new();
    add(&env, "tiny-llama.gguf", "one");
    model(&env, 0, &["use", "complete", "one"]);
    let project = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
    let used = |env: &Env, words: &[&str]| {
        let all = ["complete", "--json", "a.py:2:12"].iter().chain(words);
        let run = env.slm(all).cwd(&project).run();
        assert_eq!(run.code(), 0, "{run}");
        run.json()["model"].to_string()
    };
    let own = used(&env, &[]);
    configure(&env, &format!("[model]\npath = {:?}\n", fixture("tiny-qwen2.gguf")));
    let configured = used(&env, &[]);
    assert_ne!(own, configured);
    env.set("SLM_MODEL", fixture("tiny-llama.gguf"));
    let variable = used(&env, &[]);
    assert_ne!(variable, configured);
    let flag = fixture("tiny-qwen2.gguf");
    assert_eq!(used(&env, &["--model", flag.to_str().unwrap()]), configured);
    assert!(Path::new(&flag).exists());
}

#[test]
fn a_smaller_copy_is_made_measured_and_usable() {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "whole");
    let made = model(&env, 0, &["quantize", "whole", "Q8_0"]);
    says(&made, "nats before");
    says(&made, "added whole-q8_0 1");
    says(&model(&env, 0, &["info", "whole-q8_0"]), "Q8_0");
    says(&model(&env, 3, &["quantize", "whole-q8_0", "Q4_0"]), "quantised already");
    model(&env, 2, &["quantize", "whole", "Q3_X"]);
    let out = env.root().join("copy.gguf");
    model(&env, 0, &["quantize", "whole", "Q8_0", "--out", out.to_str().unwrap()]);
    assert!(out.exists());
    says(
        &model(&env, 2, &["quantize", "whole", "Q8_0", "--out", out.to_str().unwrap()]),
        "already",
    );
}
