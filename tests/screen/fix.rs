//! The fix screen: what it shows and what its keys do.

use std::path::Path;
use std::time::Duration;

use super::support::{program, snapshot};
use super::terminal::Terminal;

/// A terminal in a copy of the demo.
fn open(columns: u16, rows: u16) -> Option<Terminal> {
    Terminal::open((columns, rows), |env| env.project_from("demo"))
}

impl Terminal {
    /// Starts `slm fix` on the demo's tests.
    fn fix(&self) {
        let slm = env!("CARGO_BIN_EXE_slm");
        self.type_line(&format!("clear; {slm} fix -- python3 -m unittest -q; echo code=$?"));
    }

    /// Waits for a candidate that has been on screen long enough to be decided on.
    #[track_caller]
    fn wait_for_candidate(&self) {
        self.wait("proven", 1);
        std::thread::sleep(Duration::from_millis(1_000));
    }
}

fn stock(project: &Path) -> String {
    std::fs::read_to_string(project.join("inventory/stock.py")).unwrap()
}

#[test]
fn a_candidate_is_reviewed_at_every_size_and_applied() {
    let Some(terminal) = open(100, 30) else { return };
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
    let Some(terminal) = open(80, 24) else { return };
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
    let Some(terminal) = open(80, 24) else { return };
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
    let Some(terminal) = open(100, 30) else { return };
    let editor = terminal.env.root().join("editor");
    program(&editor, "#!/bin/sh\necho '# edited' >> \"$1\"\n");
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
