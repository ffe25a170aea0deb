//! The fix screen of the real binary in a real terminal (tmux): what it shows, what its keys do,
//! and that the terminal afterwards is as it was, whichever way the screen ended.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::{Env, snapshot};

/// How long a text may take to appear: a guard against hanging, no measurement.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shell in a terminal of its own.
struct Terminal {
    env: Env,
    project: PathBuf,
}

impl Terminal {
    /// A terminal in a copy of the demo; `None`, said aloud, where a tool is missing.
    fn open(columns: u16, rows: u16) -> Option<Self> {
        if !support::have(&["tmux", "python3", "stty"]) {
            return None;
        }
        let mut env = Env::new();
        env.set("TERM", "xterm");
        let project = env.project_from("demo");
        let terminal = Self { env, project };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let place = terminal.project.to_str().unwrap();
        let started =
            terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, "-c", place, "sh"]);
        assert_eq!(started.code(), 0, "{started}");
        terminal.type_line("PS1='ready '; stty -g > ../before");
        terminal.wait("ready", 1);
        Some(terminal)
    }

    /// Starts `slm fix` on the demo's tests.
    fn fix(&self) {
        let slm = env!("CARGO_BIN_EXE_slm");
        self.type_line(&format!("clear; {slm} fix -- python3 -m unittest -q; echo code=$?"));
    }

    fn tmux(&self, words: &[&str]) -> support::Run {
        let socket = self.env.root().join("tmux");
        let first = ["-u", "-f", "/dev/null", "-S", socket.to_str().unwrap()];
        self.env.program("tmux", first.iter().chain(words)).run()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).stdout
    }

    /// Waits until `text` is on the screen `times` times, and returns the screen.
    #[track_caller]
    fn wait(&self, text: &str, times: usize) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            if screen.matches(text).count() >= times {
                return screen;
            }
            assert!(started.elapsed() < PATIENCE, "no {text:?} on\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for a candidate that has been on screen long enough to be decided on.
    #[track_caller]
    fn wait_for_candidate(&self) {
        self.wait("proven", 1);
        std::thread::sleep(Duration::from_millis(1_000));
    }

    /// Asserts that the shell has its terminal back as it was.
    #[track_caller]
    fn is_restored(&self) {
        self.type_line("clear; stty -g | cmp - ../before && echo same modes");
        let screen = self.wait("same modes\n", 1);
        assert!(!screen.contains("differ"), "{screen}");
        let state = self.tmux(&[
            "display-message",
            "-p",
            "#{alternate_on} #{cursor_flag} #{mouse_any_flag}",
        ]);
        assert_eq!(state.stdout.trim(), "0 1 0", "alternate screen, cursor, mouse");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn stock(project: &Path) -> String {
    std::fs::read_to_string(project.join("inventory/stock.py")).unwrap()
}

#[test]
fn a_candidate_is_reviewed_at_every_size_and_applied() {
    let Some(terminal) = Terminal::open(100, 30) else { return };
    let before = stock(&terminal.project);
    terminal.fix();
    terminal.wait_for_candidate();
    terminal.tmux(&["resize-window", "-x", "40", "-y", "10"]);
    // One column: the evidence gives way to the diff.
    let small = terminal.wait("proven `>=` becomes `>`", 1);
    assert!(small.contains("1/") && !small.contains("evidence"), "{small}");
    terminal.tmux(&["resize-window", "-x", "200", "-y", "50"]);
    let large = terminal.wait("evidence", 1);
    assert!(large.contains("inventory/stock.py"), "{large}");
    assert_eq!(stock(&terminal.project), before, "nothing is written unasked");
    terminal.keys(&["Enter"]);
    terminal.wait("code=0", 1);
    assert_ne!(stock(&terminal.project), before);
    terminal.is_restored();
}

#[test]
fn ctrl_c_while_searching_changes_nothing() {
    let Some(terminal) = Terminal::open(80, 24) else { return };
    let before = snapshot(&terminal.project);
    terminal.fix();
    terminal.wait("best so far", 1);
    terminal.keys(&["C-c"]);
    terminal.wait("code=130", 1);
    terminal.is_restored();
    assert_eq!(snapshot(&terminal.project), before);
}

#[test]
fn suspended_continued_and_terminated() {
    let Some(terminal) = Terminal::open(80, 24) else { return };
    let before = snapshot(&terminal.project);
    terminal.fix();
    terminal.wait_for_candidate();
    terminal.keys(&["C-z"]);
    terminal.wait("ready", 1);
    terminal.is_restored();
    terminal.type_line("fg");
    terminal.wait("evidence", 1);
    terminal.keys(&["C-z"]);
    terminal.wait("ready", 1);
    terminal.type_line("clear; kill -TERM %1; fg; echo code=$?");
    terminal.wait("code=130", 1);
    terminal.is_restored();
    assert_eq!(snapshot(&terminal.project), before);
}

#[test]
fn an_edited_candidate_is_checked_again() {
    let Some(terminal) = Terminal::open(100, 30) else { return };
    let editor = terminal.env.root().join("editor");
    support::program(&editor, "#!/bin/sh\necho '# edited' >> \"$1\"\n");
    terminal.type_line(&format!("export EDITOR={}", editor.display()));
    terminal.fix();
    terminal.wait_for_candidate();
    terminal.keys(&["e"]);
    let shown = terminal.wait("edited by hand", 1);
    // How many others pass the demo's tests depends on the time there is for finding them.
    assert!((2..=6).any(|n| shown.contains(&format!("candidates {n}/{n}"))), "{shown}");
    std::thread::sleep(Duration::from_millis(1_000));
    terminal.keys(&["Enter"]);
    terminal.wait("code=0", 1);
    assert!(stock(&terminal.project).ends_with("# edited\n"));
    terminal.is_restored();
}
