//! The command line itself: versions, help, usage errors, completions, man pages, and that the
//! README speaks of options that exist.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::Path;

use regex::Regex;
use support::Env;

#[test]
fn the_version_is_the_crates() {
    for flag in ["--version", "-V"] {
        let run = Env::new().slm([flag]).run();
        assert_eq!(run.code(), 0, "{run}");
        assert_eq!(run.stdout, format!("slm {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn help_names_what_people_use_and_hides_what_they_do_not() {
    let env = Env::new();
    for args in ["--help", "-h"] {
        let run = env.slm([args]).run();
        assert_eq!(run.code(), 0, "{run}");
        for command in
            ["fix", "complete", "undo", "redo", "log", "worker", "doctor", "eval", "completions"]
        {
            assert!(names(&run.stdout, command), "{command}: {run}");
        }
        assert!(!names(&run.stdout, "man"), "{run}");
    }
    let fix = env.slm(["fix", "--help"]).run();
    assert_eq!(fix.code(), 0, "{fix}");
    assert!(fix.stdout.contains("--dry-run"), "{fix}");
}

#[test]
fn a_mistyped_command_or_option_is_a_usage_error() {
    let env = Env::new();
    for args in [&["frobnicate"][..], &["fixx"], &["--frobnicate"], &["fix", "--frobnicate"]] {
        let run = env.slm(args).run();
        assert_eq!(run.code(), 2, "{args:?}: {run}");
        assert_eq!(run.stdout, "", "{args:?}: {run}");
        assert!(run.stderr.contains(args[args.len() - 1]), "{args:?}: {run}");
    }
    let close = env.slm(["fixx"]).run();
    assert!(close.stderr.contains("'fix'"), "no hint at the right spelling: {close}");
}

#[test]
fn every_shell_gets_completions_that_it_can_read() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = env.slm(["completions", shell]).run();
        assert_eq!(run.code(), 0, "{run}");
        assert!(
            run.stdout.contains("completions") && run.stdout.contains("undo"),
            "{shell}: {run}"
        );
        assert_eq!(run.stderr, "");
        if ["bash", "zsh", "fish"].contains(&shell) && support::have(&[shell]) {
            let file = env.root().join(shell);
            std::fs::write(&file, &run.stdout).unwrap();
            let check = env.program(shell, [Path::new("-n"), &file]).run();
            assert_eq!((check.code(), check.stderr.as_str()), (0, ""), "{shell}: {check}");
        }
    }
    assert_eq!(env.slm(["completions", "cmd.exe"]).run().code(), 2);
}

#[test]
fn man_pages_cover_the_visible_commands() {
    let env = Env::new();
    let out = env.root().join("man");
    let run = env.slm([Path::new("man"), Path::new("--out"), &out]).run();
    assert_eq!((run.code(), run.stdout.as_str()), (0, ""), "{run}");
    let pages = support::snapshot(&out);
    for page in ["slm.1", "slm-fix.1", "slm-undo.1", "slm-completions.1"] {
        let text = pages.get(Path::new(page)).unwrap_or_else(|| panic!("no {page}"));
        assert!(String::from_utf8_lossy(text).contains(".SH NAME"), "{page}");
    }
    assert!(!pages.contains_key(Path::new("slm-man.1")));
}

#[test]
fn help_survives_a_reader_that_leaves() {
    let env = Env::new();
    let script =
        format!("'{}' fix --help | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_slm"));
    let run = env.program("bash", ["-c", &script]).run();
    assert!(!run.stderr.contains("panicked"), "{run}");
}

#[test]
fn the_readme_names_only_options_that_exist() {
    let env = Env::new();
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let mut known = env.slm(["--help"]).run().stdout;
    let commands = known.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.map_while(|line| line.split_whitespace().next());
    let commands: Vec<String> = commands.map(str::to_owned).collect();
    assert!(commands.len() > 5, "the help lists no commands: {commands:?}");
    for command in commands {
        known.push_str(&env.slm([command.as_str(), "--help"]).run().stdout);
    }
    known.push_str(&env.program(script, ["--help"]).run().stdout);
    let option = Regex::new(r"--[a-z][a-z-]+").unwrap();
    let named: Vec<&str> = option.find_iter(&readme).map(|found| found.as_str()).collect();
    assert!(named.len() > 5, "the README names no options: {named:?}");
    for name in named {
        let whole = Regex::new(&format!(r"{name}(\s|=|,|$)")).unwrap();
        assert!(whole.is_match(&known), "README.md speaks of {name}, which no help mentions");
    }
}

/// True when the help lists this subcommand.
fn names(help: &str, command: &str) -> bool {
    help.lines().any(|line| line.split_whitespace().next() == Some(command))
}

#[test]
fn nothing_to_take_back_is_no_error_and_an_unknown_operation_is_a_mistake() {
    let env = Env::new();
    let project = env.project(&[("a.py", "x = 1\n")]);
    for command in ["undo", "redo"] {
        let run = env.slm([command]).cwd(&project).run();
        assert_eq!((run.code(), run.stdout.as_str()), (0, ""), "{run}");
        assert!(run.stderr.contains(&format!("nothing to {command}")), "{run}");
        assert_eq!(env.slm([command, "7"]).cwd(&project).run().code(), 2);
    }
}
