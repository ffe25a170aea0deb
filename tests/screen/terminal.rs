//! A shell in a terminal (tmux), with the environment of the tests.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::support::{Env, Run, have};

/// How long a text may take to appear: a guard against hanging, no measurement.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A shell in a terminal of its own.
pub(super) struct Terminal {
    pub(super) env: Env,
    pub(super) project: PathBuf,
}

impl Terminal {
    /// A terminal in the folder that `project` makes; `None`, said aloud, where a tool is missing.
    pub(super) fn open(
        (columns, rows): (u16, u16),
        project: impl FnOnce(&Env) -> PathBuf,
    ) -> Option<Self> {
        if !have(&["tmux", "python3", "stty"]) {
            return None;
        }
        let mut env = Env::new();
        env.set("TERM", "xterm");
        let project = project(&env);
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

    pub(super) fn tmux(&self, words: &[&str]) -> Run {
        let socket = self.env.root().join("tmux");
        let first = ["-u", "-f", "/dev/null", "-S", socket.to_str().unwrap()];
        self.env.program("tmux", first.iter().chain(words)).run()
    }

    pub(super) fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub(super) fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    pub(super) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).stdout
    }

    /// Waits until `text` is on the screen `times` times, and returns the screen.
    #[track_caller]
    pub(super) fn wait(&self, text: &str, times: usize) -> String {
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

    /// Asserts that the shell has its terminal back as it was.
    #[track_caller]
    pub(super) fn is_restored(&self) {
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
