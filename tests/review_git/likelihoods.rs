//! A model in a review: only with a calibration, and never a reason to stop a commit.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use slm::models::Sha256;

use crate::repo::{CLEAN, Repo};

/// Random weights: it knows nothing.
fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/tiny-qwen2.gguf")
}

/// Writes down that the model is right whenever it finds another line likelier, as if that had been measured.
pub(crate) fn calibrate_by_hand(repo: &Repo, model: &Path) {
    let bytes = std::fs::read(model).unwrap();
    let modified = std::fs::metadata(model).unwrap().modified().unwrap();
    let sha256 = Sha256::of(&bytes).to_string();
    let directory = repo.env.home().join("state/slm/calibrations");
    std::fs::create_dir_all(&directory).unwrap();
    let stored = serde_json::json!({
        "path": model.canonicalize().unwrap(),
        "bytes": bytes.len(),
        "modified_ns": u64::try_from(modified.duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap(),
        "sha256": sha256,
        "fitted": { "slope": 1.0, "offset": 0.0, "least": 0.0 },
        "precision_wanted": 0.8,
        "rate": 0.02,
        "precision": 0.9,
        "recall": 0.5,
    });
    std::fs::write(directory.join(format!("{sha256}.json")), stored.to_string()).unwrap();
}

/// Thirty functions in five files, each added by a commit of its own.
fn history() -> Option<Repo> {
    let repo = Repo::new()?;
    for file in 0..5 {
        let lines = (0..6).map(|n| {
            format!(
                "def f{n}(items, limit):\n    total = len(items) + {n}\n    if total < limit:\n        \
                 return items[{n}]\n    return None\n\n\n"
            )
        });
        repo.stage(&format!("pkg/m{file}.py"), lines.collect::<String>());
        repo.knowingly(&format!("m{file}"));
    }
    // A commit that changes files: what only adds them counts for nothing.
    for file in 0..5 {
        let path = repo.dir.join(format!("pkg/m{file}.py"));
        let text = std::fs::read_to_string(path).unwrap();
        repo.stage(&format!("pkg/m{file}.py"), text.replace("limit", "bound"));
    }
    repo.knowingly("bound");
    Some(repo)
}

#[test]
fn a_random_model_is_measured_and_reports_nothing() {
    if !cfg!(feature = "llama") {
        return;
    }
    let Some(repo) = history() else { return };
    let model = tiny().display().to_string();
    repo.write("pkg/new.py", CLEAN.replace("2 * x", "x < 2"));
    let unknown = repo.slm(&["review", "--model", &model]);
    assert_eq!(unknown.code(), 0, "{unknown}");
    assert!(unknown.stderr.contains("slm eval review --model"), "how to measure it: {unknown}");
    let run = repo.slm(&["eval", "review", "--model", &model, "--lines", "60", "--json"]);
    assert_eq!(run.code(), 0, "{run}");
    let json = run.json();
    assert_eq!(json["status"], "not usable", "{run}");
    assert!(json["lines"].as_u64().unwrap() >= 20, "{run}");
    assert!(Path::new(json["kept"].as_str().unwrap()).is_file(), "{run}");
    let known = repo.slm(&["review", "--model", &model, "--json"]);
    assert_eq!(known.code(), 0, "{known}");
    assert!(known.stderr.contains("cannot tell bugs"), "why it is silent: {known}");
    assert_eq!(known.json()["findings"].as_array().map(Vec::len), Some(0), "{known}");
}

#[test]
fn a_calibrated_model_warns_and_stops_nothing() {
    if !cfg!(feature = "llama") {
        return;
    }
    let Some(repo) = Repo::begun() else { return };
    calibrate_by_hand(&repo, &tiny());
    repo.configure(&format!("[model]\npath = \"{}\"\n[hook]\nbudget = 60\n", tiny().display()));
    repo.stage("b.py", CLEAN.replace("2 * x", "x < 2 and x + 1 > len(str(x))"));
    let run = repo.slm(&["review", "--json"]);
    assert_eq!(run.code(), 0, "{run}");
    let json = run.json();
    assert!(json["judged"][0].as_u64().unwrap() >= 1, "{run}");
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["rule"] == "unlikely-line"), "random as it is: {run}");
    assert!(findings.iter().all(|f| f["severity"] != "blocks"), "{run}");
    let hook = repo.slm(&["hook", "run", "pre-commit"]);
    assert!(hook.code() == 0 && hook.stderr.contains("unlikely-line"), "{hook}");
    repo.configure(&format!(
        "[model]\npath = \"{}\"\n[review]\nignore = [\"unlikely-line\"]\n[hook]\nbudget = 60\n",
        tiny().display()
    ));
    let silenced = repo.slm(&["hook", "run", "pre-commit"]);
    assert!(!silenced.stderr.contains("unlikely-line"), "{silenced}");
}

#[test]
fn nothing_to_measure_is_said() {
    let Some(repo) = Repo::new() else { return };
    let none = repo.slm(&["eval", "review"]);
    assert!(none.code() == 2 && none.stderr.contains("--model"), "{none}");
    let model = tiny().display().to_string();
    let empty = repo.slm(&["eval", "review", "--model", &model]);
    assert!(empty.code() == 2, "a history without a commit: {empty}");
    let share = repo.slm(&["eval", "review", "--model", &model, "--rate", "1.5"]);
    assert!(share.code() == 2 && share.stderr.contains("between 0 and 1"), "{share}");
}
