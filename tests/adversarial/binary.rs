//! The real `slm fix --yes` in a hostile project: which programs are executed, which files change.

use std::path::{Path, PathBuf};

use crate::bench::{Bench, STOCK, TESTS, differing, put};
use crate::projects::{ORDER, made_hostile};
use crate::support::{self, Env, Run};

const COMMAND: [&str; 4] = ["python3", "-m", "unittest", "-q"];

/// An execution that `strace` saw: the program's path and its arguments, as it prints them.
#[derive(Debug)]
struct Executed {
    program: PathBuf,
    arguments: String,
}

/// False, with the reason told, where programs cannot be traced.
fn can_trace(env: &Env) -> bool {
    if !support::have(&["strace", "python3", "git"]) {
        return false;
    }
    let log = env.root().join("probe");
    let probe = env.program("strace", ["-f", "-o", log.to_str().unwrap(), "true"]).run();
    if probe.code() != 0 {
        println!("skipped: strace may not trace here: {}", probe.stderr.trim());
    }
    probe.code() == 0
}

/// Runs slm in the bench's project under strace; nothing but `PATH` leads to a program.
fn traced(env: &Env, bench: &Bench, args: &[&str]) -> (Run, Vec<Executed>) {
    let log = env.root().join("log");
    let options = ["-f", "-qq", "-s", "4096", "-e", "trace=execve,execveat", "-e", "signal=none"];
    let words = options.into_iter().chain(["-o", log.to_str().unwrap()]);
    let words = words.chain([env!("CARGO_BIN_EXE_slm"), "fix", "--json", "--yes"]);
    let words = words.chain(args.iter().copied()).chain(["--"]).chain(COMMAND);
    let evil = bench.project.join(".git/evil");
    let mut run = env.program("strace", words).cwd(&bench.project).env("HOME", bench.home());
    for name in ["EDITOR", "VISUAL", "PAGER", "GIT_EDITOR", "GIT_PAGER", "BROWSER", "SHELL"] {
        run = run.env(name, &evil);
    }
    let run = run.run();
    let log = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let executed = log.lines().filter(|line| line.contains("execve") && !line.contains(" = -1 "));
    let executed = executed.filter_map(|line| {
        let (program, arguments) = line.split_once("execve(\"")?.1.split_once("\", ")?;
        let arguments = arguments.split_once("], ").map_or(arguments, |(list, _)| list);
        Some(Executed { program: program.into(), arguments: format!("{arguments}]") })
    });
    (run, executed.collect())
}

/// Makes a repository of a project, so that the one around it is none of its business.
fn as_repository(bench: &Bench) {
    for dir in [".git/objects", ".git/refs/heads"] {
        std::fs::create_dir_all(bench.project.join(dir)).unwrap();
    }
    put(&bench.project.join(".git/HEAD"), b"ref: refs/heads/main\n");
}

/// What git would run, if it were asked: each of it makes a file beside the project. Files of the
/// name `filtered` are stored through a filter.
fn with_git_helpers(env: &Env, bench: &Bench, filtered: &str) {
    let git = |words: &[&str]| {
        let run = env.program("git", words).cwd(&bench.project).env("HOME", bench.home()).run();
        assert_eq!(run.code(), 0, "git {words:?}: {run}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "--all", "--force", "."]);
    git(&["commit", "-q", "-m", ORDER]);
    let evil = bench.project.join(".git/evil");
    let ran = bench.root().join("home/ran.txt");
    support::program(&evil, &format!("#!/bin/sh\necho \"$@\" >> '{}'\n", ran.display()));
    for hook in ["pre-commit", "post-checkout", "post-index-change", "reference-transaction"] {
        std::fs::copy(&evil, bench.project.join(".git/hooks").join(hook)).unwrap();
    }
    let evil = evil.to_str().unwrap();
    for name in ["core.fsmonitor", "core.editor", "core.pager", "core.sshCommand", "diff.external"]
    {
        git(&["config", name, evil]);
    }
    for name in ["filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv"] {
        git(&["config", name, evil]);
    }
    git(&["config", "gpg.program", evil]);
    git(&["config", "commit.gpgSign", "true"]);
    let attributes = format!("{filtered} filter=x\n*.py diff=x\n");
    put(&bench.project.join(".gitattributes"), attributes.as_bytes());
    // Newer than the index: whoever compares must look at the contents, and would filter them.
    put(&bench.project.join("stock.py"), STOCK.as_bytes());
    // The control: git itself would have.
    let status = env.program("git", ["status"]).cwd(&bench.project).env("HOME", bench.home());
    drop(status.run());
    assert!(ran.exists(), "the helpers are not in place");
    std::fs::remove_file(ran).unwrap();
}

#[test]
fn nothing_but_the_command_is_executed_in_a_hostile_project() {
    let env = Env::new();
    if !can_trace(&env) {
        return;
    }
    // What goes through a filter slm does not commit.
    for (args, filtered) in [(&[][..], "*.py"), (&["--commit"], "test_*")] {
        let bench = Bench::new(&[("stock.py", STOCK), ("test_stock.py", TESTS)]);
        made_hostile(&bench);
        std::fs::remove_dir_all(bench.project.join(".git")).unwrap();
        with_git_helpers(&env, &bench, filtered);
        let before = bench.tree();
        let (run, executed) = traced(&env, &bench, args);
        assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some("fixed")), "{run}");
        assert!(executed.len() > 2, "{executed:?}");
        for (index, Executed { program, arguments }) in executed.iter().enumerate() {
            let own = index == 0 && program == Path::new(env!("CARGO_BIN_EXE_slm"));
            let python = program.file_name().is_some_and(|name| name == "python3");
            let command = python && *arguments == format!("{COMMAND:?}");
            assert!(own || command, "{program:?} {arguments} was executed");
        }
        let shown = format!("{}{}", run.stdout, run.stderr);
        let raw = |c: char| c.is_control() && c != '\n' && c != '\r' && c != '\t';
        assert!(!shown.contains(raw), "raw control characters are shown: {shown:?}");
        let changed = differing(&before, &bench.tree());
        let kept = changed.iter().filter(|path| {
            let git = args == ["--commit"] && path.starts_with("home/code/project/.git");
            !git && !path.ends_with("stock.py")
        });
        assert_eq!(kept.collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "changed besides the fix");
    }
}

#[test]
fn a_program_that_the_command_executes_is_seen() {
    let env = Env::new();
    if !can_trace(&env) {
        return;
    }
    let test = TESTS.replace(
        "self.assertEqual(total",
        "__import__('subprocess').run(['true'])\n        self.assertEqual(total",
    );
    let bench = Bench::new(&[("stock.py", STOCK), ("test_stock.py", &test)]);
    as_repository(&bench);
    let (run, executed) = traced(&env, &bench, &[]);
    assert_eq!(run.code(), 0, "{run}");
    let seen = executed.iter().any(|e| e.program.ends_with("true"));
    assert!(seen, "{executed:?}");
}

#[test]
fn a_protected_file_is_not_changed_by_yes_alone() {
    if !support::have(&["python3"]) {
        return;
    }
    let test = TESTS.replace("from stock", "from NAME");
    for (module, code) in [("setup", 1), ("stock", 0)] {
        let env = Env::new();
        let test = test.replace("NAME", module);
        let files = [(format!("{module}.py"), STOCK), ("test_it.py".to_owned(), &*test)];
        let bench = Bench::new(&files.each_ref().map(|(name, text)| (name.as_str(), *text)));
        as_repository(&bench);
        let before = bench.tree();
        let args = ["fix", "--json", "--yes", "--"].into_iter().chain(COMMAND);
        let run = env.slm(args).cwd(&bench.project).env("HOME", bench.home()).run();
        assert_eq!(run.code(), code, "{run}");
        let changed = differing(&before, &bench.tree());
        assert_eq!(changed.len(), usize::from(code == 0), "{changed:?} {run}");
        assert_eq!(run.json()["status"] == "fixed", code == 0, "{run}");
        // What a reviewer should know stands in the object, and nothing where there is nothing.
        let caution = (code == 1).then_some("changes the protected file setup.py");
        assert_eq!(run.json()["cautions"][0].as_str(), caution, "{run}");
    }
}
