//! The programs that a repository's own git configuration names: git runs them, slm never does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::{Env, Run, have, program};
use crate::{BROKEN, REPAIRED, is_fixed, succeeds};

/// A clone with traps in it: whatever one of its helpers does leaves its name in a file.
struct Trapped {
    env: Env,
    project: PathBuf,
}

/// Hooks that git runs for commands that look harmless.
const HOOKS: &[&str] = &[
    "commit-msg",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "pre-commit",
    "prepare-commit-msg",
    "reference-transaction",
];

impl Trapped {
    /// `filtered` are files that are stored through a filter.
    fn new(filtered: &str) -> Self {
        let env = Env::new();
        let project = env.project(BROKEN);
        let trapped = Self { env, project };
        for (name, text) in [("a.dat", "1\n"), ("b.bin", "2\n"), ("c.txt", "3\n")] {
            trapped.write(name, text);
        }
        let attributes = format!("{filtered} filter=shown\n*.bin filter=piped\n*.txt diff=words\n");
        trapped.write(".gitattributes", &format!("{attributes}stock.py diff=words\n"));
        for words in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-qm", "first"]]
        {
            succeeds(&trapped.git(words));
        }
        trapped.set_traps();
        for (name, text) in [("a.dat", "1.1\n"), ("b.bin", "2.1\n"), ("c.txt", "3.1\n")] {
            trapped.write(name, text);
        }
        trapped
    }

    fn set_traps(&self) {
        let helpers = self.env.root().join("helpers");
        let canary = self.canary();
        let trap = |name: &str, then: &str| {
            let path = helpers.join(name);
            let text = format!("#!/bin/sh\necho {name} >>'{}'\n{then}\n", canary.display());
            program(&path, &text);
            path.display().to_string()
        };
        for hook in HOOKS {
            trap(&format!("hooks/{hook}"), "exit 0");
        }
        self.write("more.inc", &format!("[diff]\n external = {}\n", trap("included", "exit 0")));
        let config = format!(
            "[core]\n repositoryformatversion = 0\n fsmonitor = {}\n hooksPath = {}\n \
             sshCommand = {}\n editor = {}\n pager = {}\n askPass = {}\n\
             [filter \"shown\"]\n clean = {}\n smudge = {}\n\
             [filter \"piped\"]\n process = {}\n\
             [diff \"words\"]\n textconv = {}\n\
             [credential]\n helper = {}\n\
             [gpg]\n program = {}\n\
             [commit]\n gpgSign = true\n\
             [alias]\n mine = !{}\n\
             [include]\n path = {}\n",
            trap("fsmonitor", "exit 1"),
            helpers.join("hooks").display(),
            trap("ssh", "exit 1"),
            trap("editor", "echo edited >\"$1\""),
            trap("pager", "cat"),
            trap("askpass", "echo x"),
            trap("clean", "cat"),
            trap("smudge", "cat"),
            trap("process", "exit 1"),
            trap("textconv", "cat \"$1\""),
            trap("credential", "exit 0"),
            trap("gpg", "exit 1"),
            trap("alias", "exit 0"),
            self.project.join("more.inc").display(),
        );
        self.write(".git/config", &config);
        assert_eq!(self.sprung(), [""; 0].map(str::to_owned).into());
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.project.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.project.join(name)).unwrap()
    }

    fn canary(&self) -> PathBuf {
        self.env.root().join("canary")
    }

    /// The helpers that have run so far.
    fn sprung(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(self.canary()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn git(&self, words: &[&str]) -> Run {
        let git = self.env.program("git", words).cwd(&self.project);
        git.env("GIT_TERMINAL_PROMPT", "0").stdin("protocol=https\nhost=example.invalid\n\n").run()
    }

    fn slm(&self, words: &[&str]) -> Run {
        self.env.slm(words).cwd(&self.project).run()
    }

    fn fix(&self, words: &[&str]) -> Run {
        self.slm(&[&["fix", "--json"], words, &["--", "python3", "main.py"]].concat())
    }
}

#[test]
fn no_helper_that_a_repository_names_is_run() {
    if !have(&["git", "python3"]) {
        return;
    }
    let trapped = Trapped::new("*.dat");
    is_fixed(&trapped.fix(&["--yes"]));
    succeeds(&trapped.slm(&["log"]));
    succeeds(&trapped.slm(&["undo"]));
    is_fixed(&trapped.fix(&["--yes", "--branch", "topic"]));
    succeeds(&trapped.slm(&["undo"]));
    let run = trapped.fix(&["--yes", "--commit"]);
    is_fixed(&run);
    assert_eq!(run.json()["message"], serde_json::Value::Null, "{run}");
    succeeds(&trapped.slm(&["undo"]));
    succeeds(&trapped.slm(&["redo"]));
    succeeds(&trapped.slm(&["doctor"]));
    assert_eq!(trapped.sprung(), BTreeSet::new());

    // Both commits were made all the same. Only what the plumbing reads is asked for: the
    // repository's settings would have git run the helpers.
    let objects = |words: &[&str]| {
        let git_dir = trapped.project.join(".git");
        let quiet = Path::new("/dev/null");
        let mut all = vec!["-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null"];
        all.extend(words);
        let git = trapped.env.program("git", &all).cwd(&trapped.project);
        let run = git.env("GIT_DIR", git_dir).env("GIT_CONFIG_GLOBAL", quiet).run();
        succeeds(&run);
        run.stdout
    };
    for branch in ["main", "topic"] {
        assert_eq!(objects(&["cat-file", "blob", &format!("{branch}:stock.py")]), REPAIRED);
    }
    assert_eq!(trapped.sprung(), BTreeSet::new());
    springs_by_hand(&trapped);
}

/// The control: each of the traps works when somebody uses git there.
fn springs_by_hand(trapped: &Trapped) {
    let signed = ["-c", "commit.gpgSign=true"];
    for words in [
        &["status", "--short"][..],
        &["diff", "--", "c.txt"],
        &["-c", "diff.external=", "diff", "--no-ext-diff", "--", "c.txt"],
        &["add", "a.dat"],
        &["add", "b.bin"],
        &["checkout", "-q", "HEAD", "--", "a.dat"],
        &["ls-remote", "ssh://example.invalid/x"],
        &["credential", "fill"],
        &["mine"],
        &[signed[0], signed[1], "commit", "-q", "--allow-empty", "-m", "signed"],
        &["-c", "commit.gpgSign=false", "commit", "-q", "--allow-empty"],
        &["checkout", "-q", "-b", "another"],
    ] {
        // Some of them must fail, since their helpers do nothing.
        trapped.git(words);
    }
    let mut all: BTreeSet<String> = HOOKS.iter().map(|hook| format!("hooks/{hook}")).collect();
    // Not the pager, which git runs on a terminal only.
    all.extend(
        [
            "alias",
            "askpass",
            "clean",
            "credential",
            "editor",
            "fsmonitor",
            "gpg",
            "included",
            "process",
            "smudge",
            "ssh",
            "textconv",
        ]
        .map(str::to_owned),
    );
    assert_eq!(trapped.sprung(), all);
}

#[test]
fn a_file_that_is_stored_through_a_filter_is_repaired_but_not_committed() {
    if !have(&["git", "python3"]) {
        return;
    }
    let trapped = Trapped::new("*.py");
    let run = trapped.fix(&["--yes", "--commit"]);
    // The filter is a program: what git would store is not slm's to say.
    assert_eq!((run.code(), run.json()["status"].as_str()), (3, Some("fixed")), "{run}");
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    let message = run.json()["message"].to_string();
    assert!(message.contains("stored through a git filter (shown)"), "{run}");
    assert_eq!(trapped.read("stock.py"), REPAIRED);
    succeeds(&trapped.slm(&["undo"]));
    assert_eq!(trapped.sprung(), BTreeSet::new());
    // The control: git does run it for this very file.
    trapped.write("stock.py", REPAIRED);
    trapped.git(&["add", "stock.py"]);
    assert!(trapped.sprung().contains("clean"));
}
