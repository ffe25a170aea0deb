//! Adapters: bound to one model, loaded where the configuration says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{self, Env};
use crate::{add, configure, fixture, list, model, says, stored};

/// Makes the tiny adapters; `None` where there is no Python.
fn made(env: &Env) -> Option<PathBuf> {
    if !support::have(&["python3"]) {
        return None;
    }
    let dir = env.root().join("adapters");
    let script = fixture("make_adapters.py");
    let done = Command::new("python3").arg("-B").arg(script).arg(&dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(dir)
}

/// Adds the model that the adapters were made for.
fn add_base(env: &Env, dir: &Path) {
    let base = dir.join("base-qwen2.gguf");
    model(env, 0, &["add", base.to_str().unwrap(), "--name", "coder", "--use", "complete"]);
}

#[test]
fn an_adapter_changes_what_its_model_writes_where_it_is_configured() {
    let env = Env::new();
    let Some(dir) = made(&env) else { return };
    add_base(&env, &dir);
    let adapter = dir.join("lora-qwen2.gguf");
    let adapter = adapter.to_str().unwrap();
    let added = model(&env, 0, &["adapter", "add", adapter, "--base", "coder", "--name", "ours"]);
    says(&added, "added the adapter ours for coder 1");
    says(&model(&env, 0, &["adapter", "list"]), "for coder 1; all roles; scale 1");
    assert_eq!(list(&env)["adapters"][0]["name"], "ours");

    let project = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
    let complete = || {
        let run = env.slm(["complete", "--json", "--max-tokens", "16", "a.py:2:12"]);
        let run = run.cwd(&project).run();
        assert_eq!(run.code(), 0, "{run}");
        run.json()["completions"].to_string()
    };
    let plain = complete();
    configure(&env, "[[models.adapter]]\nname = \"ours\"\nscale = 4\n");
    assert_ne!(complete(), plain);
    configure(&env, "[[models.adapter]]\nname = \"ours\"\nrole = \"chat\"\n");
    assert_eq!(complete(), plain, "it is for another role");
    configure(&env, "[[models.adapter]]\nname = \"ours\"\nrepository = \"/elsewhere\"\n");
    assert_eq!(complete(), plain, "it is for another repository");
    configure(&env, "[[models.adapter]]\nname = \"theirs\"\n");
    let unknown = env.slm(["complete", "a.py:2:12"]).cwd(&project).run();
    assert_ne!(unknown.code(), 0);
    says(&unknown, "theirs");
}

#[test]
fn an_adapter_for_another_model_is_refused() {
    let env = Env::new();
    let Some(dir) = made(&env) else { return };
    add(&env, "tiny-qwen2.gguf", "other");
    let adapter = dir.join("lora-llama.gguf");
    let refused = model(&env, 1, &["adapter", "add", adapter.to_str().unwrap(), "--base", "other"]);
    says(&refused, "adapter");
    let llama = fixture("tiny-llama.gguf");
    let whole = model(&env, 1, &["adapter", "add", llama.to_str().unwrap(), "--base", "other"]);
    says(&whole, "adapter");
    let swapped = model(&env, 1, &["add", adapter.to_str().unwrap()]);
    says(&swapped, "adapter");
    assert_eq!(stored(&env).len(), 1);
}

#[test]
fn a_new_version_of_the_model_does_not_get_the_adapter_of_the_old_one() {
    let env = Env::new();
    let Some(dir) = made(&env) else { return };
    add_base(&env, &dir);
    let adapter = dir.join("lora-qwen2.gguf");
    let words = ["adapter", "add", adapter.to_str().unwrap(), "--base", "coder", "--name", "ours"];
    model(&env, 0, &words);
    add(&env, "tiny-llama.gguf", "coder");
    configure(&env, "[[models.adapter]]\nname = \"ours\"\n");
    let project = env.project(&[("a.py", "x = 1\n")]);
    let run = env.slm(["complete", "--model", "coder", "a.py:1:5"]).cwd(&project).run();
    assert_eq!(run.code(), 2, "{run}");
    says(&run, "coder 1");
    model(&env, 0, &["rollback", "coder"]);
    says(&model(&env, 0, &["adapter", "remove", "ours"]), "removed the adapter ours");
    model(&env, 2, &["adapter", "remove", "ours"]);
}
