//! Bundles and catalogues: signed, whole, and never believed on their own word.

use std::path::PathBuf;

use crate::support::Env;
use crate::{add, configure, fixture, incoming, list, model, says, stored};

/// Makes a key, and returns its file and the line that trusts it.
fn key(env: &Env, name: &str) -> (PathBuf, String) {
    let file = env.root().join(name);
    let made = model(env, 0, &["key", "generate", file.to_str().unwrap(), "--no-password"]);
    let line = made.stdout.lines().find(|line| line.starts_with("trusted = ")).unwrap();
    (file, format!("[models]\n{line}\n"))
}

/// An environment with a bundle of one model in it, and what trusts it.
fn exported(env: &Env) -> (PathBuf, PathBuf, String) {
    add(env, "tiny-llama.gguf", "coder");
    model(env, 0, &["use", "complete", "coder"]);
    let (key, trust) = key(env, "shop.key");
    let bundle = env.root().join("coder.slm");
    export(env, &bundle, &key, &[]);
    (bundle, key, trust)
}

fn export(env: &Env, bundle: &std::path::Path, key: &std::path::Path, more: &[&str]) {
    let (bundle, key) = (bundle.to_str().unwrap(), key.to_str().unwrap());
    let words = ["bundle", "export", bundle, "coder", "--key", key];
    let words: Vec<&str> = words.into_iter().chain(more.iter().copied()).collect();
    model(env, 0, &words);
}

#[test]
fn a_bundle_carries_a_model_to_a_machine_that_trusts_its_key() {
    let here = Env::new();
    let (bundle, key, trust) = exported(&here);
    let bundle = bundle.to_str().unwrap();
    says(
        &model(&here, 2, &["bundle", "export", bundle, "coder", "--key", key.to_str().unwrap()]),
        "already",
    );

    let there = Env::new();
    let refused = model(&there, 1, &["bundle", "import", bundle]);
    says(&refused, "trust");
    assert_eq!((stored(&there).len(), incoming(&there).len()), (0, 0));
    configure(&there, &trust);
    says(&model(&there, 0, &["bundle", "inspect", bundle]), "coder 1");
    says(&model(&there, 0, &["bundle", "import", bundle]), "added coder 1");
    says(&model(&there, 0, &["verify"]), "0 damaged");
    says(&model(&there, 0, &["bundle", "import", bundle]), "here already");
    model(&there, 0, &["use", "complete", "coder"]);
    assert_eq!(incoming(&there).len(), 0);
}

#[test]
fn only_what_changed_is_carried_when_the_other_side_is_known() {
    let here = Env::new();
    let (bundle, key, trust) = exported(&here);
    let there = Env::new();
    configure(&there, &trust);
    configure(&here, &trust);
    model(&there, 0, &["bundle", "import", bundle.to_str().unwrap()]);
    let theirs = here.root().join("theirs.json");
    std::fs::write(&theirs, list(&there).to_string()).unwrap();

    add(&here, "tiny-qwen2.gguf", "small");
    let delta = here.root().join("delta.slm");
    let words = ["small", "--since", theirs.to_str().unwrap()];
    export(&here, &delta, &key, &words);
    let whole = bundle.metadata().unwrap().len();
    assert!(delta.metadata().unwrap().len() < whole, "the file of coder was carried again");
    says(&model(&there, 0, &["bundle", "inspect", delta.to_str().unwrap()]), "left out");
    says(&model(&there, 0, &["bundle", "import", delta.to_str().unwrap()]), "added small 1");

    // Against an older bundle, and for somebody who has not got that.
    let second = here.root().join("second.slm");
    export(&here, &second, &key, &["small", "--since", bundle.to_str().unwrap()]);
    let stranger = Env::new();
    configure(&stranger, &trust);
    let refused = model(&stranger, 1, &["bundle", "import", second.to_str().unwrap()]);
    says(&refused, "coder.slm");
    assert_eq!((stored(&stranger).len(), incoming(&stranger).len()), (0, 0));
}

/// The model `coder` in a second version, which differs in a few weights.
fn second_version(env: &Env) {
    let mut bytes = std::fs::read(fixture("tiny-llama.gguf")).unwrap();
    let at = bytes.len() / 2;
    bytes[at..at + 8].copy_from_slice(&[0; 8]);
    let path = env.root().join("second.gguf");
    std::fs::write(&path, bytes).unwrap();
    model(env, 0, &["add", path.to_str().unwrap(), "--name", "coder"]);
}

#[test]
fn of_a_new_version_only_what_changed_is_carried() {
    let here = Env::new();
    let (bundle, key, trust) = exported(&here);
    configure(&here, &trust);
    second_version(&here);
    let delta = here.root().join("delta.slm");
    export(&here, &delta, &key, &["--since", bundle.to_str().unwrap()]);
    let (whole, small) = (bundle.metadata().unwrap().len(), delta.metadata().unwrap().len());
    assert!(small < whole / 2, "{small} of {whole} bytes");
    let delta = delta.to_str().unwrap();
    says(&model(&here, 0, &["bundle", "inspect", delta]), "changed since");

    // Without the old version there is nothing to make it from.
    let there = Env::new();
    configure(&there, &trust);
    let refused = model(&there, 1, &["bundle", "import", delta]);
    says(&refused, "has only what changed in coder 2");
    assert_eq!((stored(&there).len(), incoming(&there).len()), (0, 0));

    model(&there, 0, &["bundle", "import", bundle.to_str().unwrap()]);
    says(&model(&there, 0, &["bundle", "import", delta]), "added coder 2");
    says(&model(&there, 0, &["verify"]), "0 damaged");
    says(&model(&there, 0, &["rollback", "coder"]), "1");
    let digests = |env: &Env| {
        stored(env).iter().map(|path| path.file_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(digests(&here), digests(&there));

    // An old version that was spoiled on the way makes no new one.
    let third = Env::new();
    configure(&third, &trust);
    model(&third, 0, &["bundle", "import", bundle.to_str().unwrap()]);
    let old = stored(&third).remove(0);
    let mut bytes = std::fs::read(&old).unwrap();
    let at = bytes.len() - 9;
    bytes[at] ^= 1;
    // The store keeps its files read-only.
    std::fs::remove_file(&old).unwrap();
    std::fs::write(&old, bytes).unwrap();
    says(&model(&third, 1, &["bundle", "import", delta]), "slm model verify");
    assert_eq!((stored(&third).len(), incoming(&third).len()), (1, 0));
}

#[test]
fn a_bundle_that_was_tampered_with_is_refused_whole() {
    let here = Env::new();
    let (bundle, _, trust) = exported(&here);
    let whole = std::fs::read(&bundle).unwrap();
    let there = Env::new();
    configure(&there, &trust);
    let spoiled = there.root().join("spoiled.slm");
    let flip = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases = [
        flip(whole.len() / 2),
        flip(600),
        whole[..whole.len() / 2].to_vec(),
        whole[..100].to_vec(),
        Vec::new(),
        std::fs::read(fixture("tiny-llama.gguf")).unwrap(),
    ];
    for (number, bytes) in cases.into_iter().enumerate() {
        std::fs::write(&spoiled, bytes).unwrap();
        let run = model(&there, 1, &["bundle", "import", spoiled.to_str().unwrap()]);
        says(&run, "spoiled.slm");
        assert_eq!((stored(&there).len(), incoming(&there).len()), (0, 0), "case {number}\n{run}");
    }
    let (_, other) = key(&there, "other.key");
    configure(&there, &other);
    model(&there, 1, &["bundle", "import", bundle.to_str().unwrap()]);
    assert_eq!(stored(&there).len(), 0);
}

#[test]
fn a_catalogue_is_taken_when_it_is_signed_and_not_older() {
    let env = Env::new();
    says(&model(&env, 0, &["catalogue", "list"]), "came with slm");
    let built_in = model(&env, 0, &["catalogue", "list", "--json"]).json();
    assert!(built_in["models"].as_array().unwrap().len() >= 8);

    let file = env.root().join("models.toml");
    let path = file.to_str().unwrap().to_owned();
    let digest = slm::models::Sha256::of(&std::fs::read(fixture("tiny-llama.gguf")).unwrap());
    let text = |version: u32| {
        format!(
            "format = 1\nversion = {version}\n[[model]]\nname = \"house\"\nlicence = \"MIT\"\nparameters = 1000\n\
             context = 512\nroles = [\"complete\"]\n\
             files = [{{ quantisation = \"F16\", sha256 = \"{digest}\" }}]\n"
        )
    };
    let (key, trust) = key(&env, "shop.key");
    let key = key.to_str().unwrap().to_owned();
    let sign = |version: u32| {
        std::fs::write(&file, text(version)).unwrap();
        model(&env, 0, &["key", "sign", &path, "--key", &key, "--comment", "from the shop"]);
    };
    sign(5);
    says(&model(&env, 2, &["catalogue", "update", &path]), "no key is trusted");
    configure(&env, &trust);
    says(&model(&env, 0, &["catalogue", "update", &path]), "took version 5 with 1 models");
    says(&model(&env, 0, &["catalogue", "list"]), "from the shop");
    sign(4);
    says(&model(&env, 1, &["catalogue", "update", &path]), "version 5 was seen");
    sign(6);
    std::fs::write(&file, text(7)).unwrap();
    model(&env, 1, &["catalogue", "update", &path]);
    says(&model(&env, 0, &["catalogue", "list"]), "version 5");

    // What it says of a file counts.
    let server = crate::server::Server::new(
        std::fs::read(fixture("tiny-qwen2.gguf")).unwrap(),
        &[crate::server::Way::Whole],
    );
    let url = server.url("/house.gguf");
    says(&model(&env, 2, &["pull", "hause"]), "hause");
    says(&model(&env, 3, &["pull", "house"]), "--from");
    says(&model(&env, 1, &["pull", "house", "--from", &url]), &digest.to_string());
    says(&model(&env, 2, &["pull", "house", "--type", "Q9"]), "F16");
}

#[test]
fn an_encrypted_model_opens_with_its_key_alone() {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    model(&env, 0, &["use", "complete", "coder"]);
    let words = env.root().join("words");
    std::fs::write(&words, "correct horse\n").unwrap();
    let identity = env.root().join("identity");
    let identity = identity.to_str().unwrap();
    model(&env, 0, &["key", "identity", identity]);
    says(&model(&env, 0, &["encrypt", "coder", "--key-file", identity]), "encrypted coder 1");
    let plain = std::fs::read(fixture("tiny-llama.gguf")).unwrap();
    let part = &plain[plain.len() / 2..plain.len() / 2 + 64];
    for file in stored(&env) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(part.len()).any(|window| window == part), "it is there in plain");
    }
    says(&model(&env, 0, &["verify"]), "0 damaged");

    let project = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
    let complete = || env.slm(["complete", "--json", "a.py:2:12"]).cwd(&project).run();
    assert_eq!(complete().code(), 2, "no key was given");
    configure(&env, &format!("[models]\nkey_file = {identity:?}\n"));
    let opened = complete();
    assert_eq!(opened.code(), 0, "{opened}");
    let left = std::fs::read_dir(env.root().join("run")).unwrap().count();
    assert_eq!(left, 0, "a plain file was left behind");

    let wrong = env.root().join("wrong");
    model(&env, 0, &["key", "identity", wrong.to_str().unwrap()]);
    model(&env, 3, &["decrypt", "coder", "--key-file", wrong.to_str().unwrap()]);
    says(&model(&env, 0, &["decrypt", "coder", "--key-file", identity]), "decrypted coder 1");
    configure(&env, "");
    assert_eq!(complete().code(), 0);
    let file = words.to_str().unwrap();
    model(&env, 0, &["encrypt", "coder", "--passphrase-file", file]);
    model(&env, 0, &["decrypt", "coder", "--passphrase-file", file]);
}
