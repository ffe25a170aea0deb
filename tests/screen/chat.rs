//! The chat, with a model that knows a few sentences by heart, and without one.

use std::time::{Duration, Instant};

use super::support::{Env, snapshot};
use super::terminal::{PATIENCE, Terminal};

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models");

impl Terminal {
    /// Starts slm with these words; the shell says how it ended.
    fn slm(&self, words: &str) {
        self.type_line(&format!("clear; {} {words}; echo code=$?", env!("CARGO_BIN_EXE_slm")));
    }

    /// Waits for a question that has been there for long enough to be answered.
    #[track_caller]
    fn wait_for_question(&self, text: &str) {
        self.wait(text, 1);
        std::thread::sleep(Duration::from_millis(1_500));
    }
}

#[test]
#[cfg(feature = "llama")]
fn a_conversation_with_edits_interruption_and_undo() {
    let Some(terminal) = Terminal::open((100, 40), Env::project_of_dialogues) else { return };
    let before = snapshot(&terminal.project);
    terminal.slm(&format!("chat --model {MODELS}/dialogue.gguf"));
    terminal.wait("slm dialogues", 1);
    terminal.type_line("Say hello to everybody.");
    terminal.wait("a few sentences by heart", 1);

    terminal.type_line("Repair the addition.");
    terminal.wait_for_question("+     return a + b");
    assert_eq!(snapshot(&terminal.project), before, "nothing is written unasked");
    terminal.keys(&["a"]);
    terminal.wait("add adds now", 1);
    let calc = || std::fs::read_to_string(terminal.project.join("calc.py")).unwrap();
    assert!(calc().contains("return a + b"), "{}", calc());
    terminal.type_line("/undo");
    terminal.wait("took back calc.py", 1);
    assert_eq!(snapshot(&terminal.project), before);

    terminal.type_line("Tell me a story without an end.");
    terminal.wait("the model repeated itself", 1);
    terminal.type_line("!sleep 1000");
    terminal.wait("run sleep 1000", 1);
    terminal.keys(&["Escape"]);
    terminal.wait("interrupted", 1);
    terminal.type_line("/quit");
    terminal.wait("code=0", 1);
    terminal.is_restored();
    assert_eq!(snapshot(&terminal.project), before);
}

#[test]
fn without_a_model_it_says_so_and_commands_work() {
    let Some(terminal) = Terminal::open((100, 30), Env::project_of_dialogues) else { return };
    terminal.slm("");
    terminal.wait("no model here that can chat", 1);
    terminal.type_line("/map");
    terminal.wait("def scale", 1);
    terminal.type_line("What does calc.py define?");
    terminal.wait("there is no chat model", 1);
    terminal.keys(&["C-c"]);
    terminal.keys(&["C-c"]);
    terminal.wait("code=", 1);
    terminal.is_restored();
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let Some(terminal) = Terminal::open((80, 24), Env::project_of_dialogues) else { return };
    let ended = terminal.env.root().join("ended");
    let slm = env!("CARGO_BIN_EXE_slm");
    // A shell without job control outlives its terminal, and tells.
    let script = terminal.env.root().join("script");
    let lines = format!("trap '' HUP\n{slm}\necho code=$? > {}\n", ended.display());
    std::fs::write(&script, lines).unwrap();
    terminal.type_line(&format!("sh {}", script.display()));
    terminal.wait("no model here that can chat", 1);
    terminal.tmux(&["kill-server"]);
    let started = Instant::now();
    let said = || std::fs::read_to_string(&ended).unwrap_or_default();
    while !said().contains('\n') {
        assert!(started.elapsed() < PATIENCE, "it is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(said(), "code=130\n");
}
