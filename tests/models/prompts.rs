//! Passphrases as people type them: on a terminal, hidden, wrong, or given up with Ctrl-C.

use crate::support::{Env, Run, have};
use crate::{add, model};

/// Runs slm on a terminal of its own; each time it asks, one of these is typed. Prints what the screen showed, whether
/// the terminal hid what was typed while it asked, and whether it shows it again afterwards.
const TERMINAL: &str = "\
import os, pty, sys, termios, time
typed = [word.encode().decode('unicode_escape') for word in sys.argv[1].split(',')]
terminal, own = pty.openpty()
echoes = lambda: bool(termios.tcgetattr(own)[3] & termios.ECHO)
pid = os.fork()
if pid == 0:
    os.setsid()
    os.close(terminal)
    for fd in range(3):
        os.dup2(own, fd)
    # Opening it makes it the terminal of the session.
    os.close(os.open(os.ttyname(own), os.O_RDWR))
    os.execv(sys.argv[2], sys.argv[2:])
os.set_blocking(terminal, False)
seen, code, chunk, ended = b'', None, b'', False
while not ended or chunk:
    # After its end too: what it has said last.
    ended = code is not None
    try:
        chunk = os.read(terminal, 4096)
    except BlockingIOError:
        chunk = b''
        time.sleep(0.01)
    seen += chunk
    if typed and not chunk and not ended and seen.rstrip().endswith(b':') and not echoes():
        os.write(terminal, typed.pop(0).encode())
        seen += b'\\n'
    if code is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        code = os.waitstatus_to_exitcode(status) if done else None
print(seen.decode(errors='replace'))
print('left to type:', len(typed), '- echo:', 'on' if echoes() else 'off')
sys.exit(code if code >= 0 else 128 - code)
";

/// `slm WORDS` on a terminal.
fn typing(env: &Env, typed: &str, words: &[&str]) -> Run {
    let start = ["-c", TERMINAL, typed, env!("CARGO_BIN_EXE_slm")];
    env.program("python3", start.iter().chain(words)).run()
}

/// What every run on a terminal must leave behind, and what none may show.
#[track_caller]
fn is_clean(run: &Run) {
    assert!(run.stdout.contains("left to type: 0 - echo: on"), "{run}");
    assert!(!run.stdout.contains("horse"), "the passphrase is on the screen: {run}");
}

const RIGHT: &str = "correct horse\\r";

/// A model that was encrypted with a passphrase that was typed twice.
fn encrypted() -> Env {
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    let twice = format!("{RIGHT},{RIGHT}");
    let run = typing(&env, &twice, &["model", "encrypt", "coder"]);
    assert!(run.code() == 0 && run.stdout.contains("encrypted coder 1"), "{run}");
    is_clean(&run);
    env
}

#[test]
fn a_passphrase_is_typed_hidden_and_opens_the_model() {
    if !have(&["python3"]) {
        return;
    }
    let env = encrypted();
    let file = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
    let place = format!("{}:2:12", file.join("a.py").display());
    let complete = ["complete", "--json", "--model", "coder", &place];
    let opened = typing(&env, RIGHT, &complete);
    assert_eq!(opened.code(), 0, "{opened}");
    is_clean(&opened);
    let wrong = typing(&env, "battery horse\\r", &complete);
    assert!(wrong.code() != 0 && wrong.stdout.contains("passphrase"), "{wrong}");
    is_clean(&wrong);
    assert_eq!(std::fs::read_dir(env.root().join("run")).unwrap().count(), 0, "a plain file");

    let decrypted = typing(&env, RIGHT, &["model", "decrypt", "coder"]);
    assert!(decrypted.code() == 0 && decrypted.stdout.contains("decrypted coder 1"), "{decrypted}");
    is_clean(&decrypted);
}

#[test]
fn two_that_differ_encrypt_nothing() {
    if !have(&["python3"]) {
        return;
    }
    let env = Env::new();
    add(&env, "tiny-llama.gguf", "coder");
    let differ = format!("{RIGHT},another horse\\r");
    let run = typing(&env, &differ, &["model", "encrypt", "coder"]);
    assert!(run.code() == 2 && run.stdout.contains("the passphrases differ"), "{run}");
    is_clean(&run);
    // It can be loaded as before.
    let out = model(&env, 0, &["verify"]);
    assert!(out.stdout.contains("0 damaged"), "{out}");
}

#[test]
fn ctrl_c_at_the_question_leaves_a_terminal_that_shows_what_is_typed() {
    if !have(&["python3"]) {
        return;
    }
    let env = encrypted();
    let file = env.project(&[("a.py", "x = 1\n")]);
    let place = format!("{}:1:1", file.join("a.py").display());
    let commands: [&[&str]; 2] =
        [&["model", "decrypt", "coder"], &["complete", "--model", "coder", &place]];
    for words in commands {
        let run = typing(&env, "horse\\x03", words);
        assert_eq!(run.code(), 130, "{words:?}: {run}");
        is_clean(&run);
    }
}
