//! A repository has no vote: its files set nothing, and nothing of it runs before the user says so.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Env, Run, have, program};
use crate::trace::{self, Exec, Trace};
use crate::{MODEL, succeeds};

/// A project whose failing test tells what it was given.
const PROJECT: &[(&str, &str)] = &[
    ("pyproject.toml", "[project]\nname = \"stock\"\n"),
    (
        "test_stock.py",
        "import os\nimport unittest\n\nfrom stock import total\n\n\n\
         class TotalTest(unittest.TestCase):\n    def test_sum(self):\n        \
         given = os.environ.get('DEPLOY_TOKEN', 'nothing')\n        \
         self.assertEqual(total([1, 2]), 3, f'given {given}')\n",
    ),
    (
        "stock.py",
        "def total(values):\n    result = 0\n    for value in values:\n        \
         result -= value\n    return result\n",
    ),
];

/// What a repository would say if it were asked: another test command, a secret to hand out.
fn wishes(project: &Path) -> String {
    format!(
        "[sandbox]\nallow_env = [\"DEPLOY_TOKEN\"]\n\n\
         [[repository]]\npath = \"{}\"\ntest = [\"./own.sh\"]\n",
        project.display()
    )
}

/// The same with a model, which is opened before anything else.
fn wishes_and_model(project: &Path) -> String {
    format!("[model]\npath = \"/nowhere/own.gguf\"\n\n{}", wishes(project))
}

/// Everywhere a program might look for its settings, above all those in a folder it stands in.
const PLACES: &[&str] = &[
    ".slm.toml",
    "slm.toml",
    "config.toml",
    ".slm/config.toml",
    "slm/config.toml",
    "config/slm/config.toml",
    ".config/slm/config.toml",
    ".config/slm.toml",
    ".git/slm/config.toml",
    ".vscode/slm.toml",
];

fn start() -> (Env, PathBuf) {
    let mut env = Env::new();
    env.set("DEPLOY_TOKEN", "handed-out");
    let project = env.project(PROJECT);
    program(&project.join("own.sh"), "#!/bin/sh\nexec python3 -m unittest -q\n");
    (env, project)
}

fn fix(env: &Env, project: &Path) -> Run {
    env.slm(["fix", "--dry-run", "--json"]).cwd(project).run()
}

/// What a run says, without what differs from one run to the next.
fn lasting(run: &Run) -> Value {
    let mut said = run.json();
    let fields = said.as_object_mut().unwrap();
    for name in ["elapsed_ms", "candidates_generated", "candidates_checked", "notes"] {
        fields.remove(name);
    }
    said
}

/// What `slm doctor` says, but for what is measured anew each time.
fn steady(said: &str) -> Vec<String> {
    let measured = ["threads", "memory", "self-test", "prefix cache", "warm worker"];
    let lines: Vec<String> = said
        .lines()
        .filter(|line| !measured.iter().any(|word| line.starts_with(word)))
        .map(str::to_owned)
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("model")), "{lines:?}");
    lines
}

#[test]
fn files_of_a_repository_configure_nothing() {
    if !have(&["python3"]) {
        return;
    }
    let (env, project) = start();
    let doctor = || steady(&env.slm(["doctor"]).cwd(&project).run().stdout);
    let plain = (doctor(), lasting(&fix(&env, &project)));
    let failure = plain.1["failure"].as_str().unwrap();
    assert!(failure.contains("given nothing"), "{plain:#?}");
    assert_eq!(plain.1["command"], serde_json::json!(["python3", "-m", "unittest"]));

    for place in PLACES {
        let path = project.join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, wishes_and_model(&project)).unwrap();
    }
    let variables = format!("SLM_MODEL=/nowhere/own.gguf\nXDG_CONFIG_HOME={}\n", project.display());
    for place in [".env", ".envrc", ".git/env"] {
        std::fs::write(project.join(place), &variables).unwrap();
    }
    let table = format!("{}\n[tool.slm]\ntest = [\"./own.sh\"]\n[tool.slm.model]\n", PROJECT[0].1);
    std::fs::write(project.join("pyproject.toml"), table + "path = \"/nowhere/own.gguf\"\n")
        .unwrap();
    let told = (doctor(), lasting(&fix(&env, &project)));
    assert_eq!(told, plain);

    // The control: the same words do all of that when the user says them.
    let own = env.home().join("config/slm/config.toml");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(&own, wishes(&project)).unwrap();
    let obeyed = lasting(&fix(&env, &project));
    assert!(obeyed["failure"].as_str().unwrap().contains("given handed-out"), "{obeyed:#}");
    assert_eq!(obeyed["command"], serde_json::json!(["./own.sh"]));
    std::fs::write(&own, wishes_and_model(&project)).unwrap();
    let refused = fix(&env, &project);
    assert!(refused.code() == 3 && refused.stdout.contains("/nowhere/own.gguf"), "{refused}");
    std::fs::remove_file(&own).unwrap();
    let by_variable = env.slm(["fix", "--dry-run", "--json"]).cwd(&project);
    let by_variable = by_variable.env("SLM_MODEL", "/nowhere/own.gguf").run();
    assert!(by_variable.stdout.contains("/nowhere/own.gguf"), "{by_variable}");
}

#[test]
fn without_a_home_nobody_elses_directory_is_read() {
    let env = Env::new();
    let project = env.project(PROJECT);
    let known = env.root().join("tmp").join(format!("slm-{}", rustix::process::geteuid().as_raw()));
    std::fs::create_dir_all(known.join("slm")).unwrap();
    std::fs::write(known.join("slm/config.toml"), "[fix]\njobs = 1\n").unwrap();
    let doctor = |mode: u32| {
        std::fs::set_permissions(&known, Permissions::from_mode(mode)).unwrap();
        let homeless = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"];
        let run = env.slm(["doctor"]).cwd(&project);
        homeless.iter().fold(run, |run, name| run.env(name, "")).run()
    };
    let open = doctor(0o777);
    assert!(open.code() == 3 && open.stderr.contains("belongs to somebody else"), "{open}");
    // The control: the user's own is read.
    let own = doctor(0o700);
    let place = format!("{} (read)", known.join("slm/config.toml").display());
    assert!(own.code() == 0 && own.stdout.contains(&place), "{own}");
}

#[test]
fn nothing_of_a_repository_runs_before_a_command_is_given() {
    let (env, project) = start();
    if !have(&["python3"]) || !trace::possible(&env) {
        return;
    }
    // Programs of the names that tools are called by, where a careless search would find them.
    for name in ["git", "python3", "python", "pytest", "sh", "ls", "cargo", "npm", "slm", "strace"]
    {
        for place in [name.to_owned(), format!("bin/{name}"), format!(".venv/bin/{name}")] {
            program(&project.join(place), "#!/bin/sh\nexit 0\n");
        }
    }
    program(&project.join(".git/hooks/post-checkout"), "#!/bin/sh\nexit 0\n");
    std::fs::write(project.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    for name in ["conftest.py", "sitecustomize.py", "setup.py", "noxfile.py"] {
        std::fs::write(project.join(name), "raise SystemExit\n").unwrap();
    }
    let case = "{\"id\": \"sum\", \"outcome\": \"repaired\"}\n";
    std::fs::write(project.join("a.jsonl"), case).unwrap();

    let slm = OsStr::new(env!("CARGO_BIN_EXE_slm"));
    let watch = |words: &[&str]| -> Trace {
        let program: Vec<&OsStr> =
            std::iter::once(slm).chain(words.iter().map(OsStr::new)).collect();
        trace::of(&env, &project, "execve,execveat", &program)
    };
    let complete = ["complete", "--json", "--max-tokens", "2", "--model", MODEL, "stock.py:4:9"];
    for words in [
        &["doctor"][..],
        &["log"],
        &["undo"],
        &complete,
        &["eval", "compare", "a.jsonl", "a.jsonl"],
    ] {
        let trace = watch(words);
        succeeds(&trace.run);
        let own = ["/proc/self/exe", slm.to_str().unwrap()];
        let execs = trace.execs();
        assert_eq!(execs.first().map(|exec| exec.path.as_str()), slm.to_str(), "{words:?}");
        for exec in execs {
            // What no machine has is how the sandbox is tried out.
            let probe = ["/.slm-probe/none", trace::UNREADABLE].contains(&&*exec.path);
            let tried_out = !exec.started && probe;
            assert!(own.contains(&&*exec.path) || tried_out, "{words:?}: {}", exec.call);
        }
    }

    // The control: a program of the repository that the user names is run, and seen.
    let control = watch(&["fix", "--dry-run", "--", "./own.sh"]);
    let execs = control.execs();
    let own = |path: &str| ["./own.sh", trace::UNREADABLE].contains(&path);
    assert!(execs.iter().any(|exec| exec.started && own(&exec.path)), "{execs:#?}");
    // It has started another program, which everybody may see.
    let second = |exec: &Exec| exec.started && exec.path.ends_with("/python3");
    assert!(execs.iter().any(second), "{execs:#?}");
}
