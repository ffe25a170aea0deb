//! `slm run` and `slm sessions`: the loop of the chat without a screen, against a server that says what it
//! was told to.

#![cfg(feature = "remote")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{Env, Run, snapshot};

/// A model that answers in order, and remembers what it was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let record = Arc::clone(&asked);
        let mut answers: Vec<String> = answers.iter().rev().map(|a| (*a).to_owned()).collect();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some((line, body)) = request(&stream) else { continue };
                let (kind, text) = if line.contains("/models") {
                    ("application/json", json!({ "data": [{ "id": "m" }] }).to_string())
                } else {
                    record.lock().unwrap().push(body);
                    let answer = answers.pop().unwrap_or_default();
                    let delta = json!({ "choices": [{ "delta": { "content": answer } }] });
                    ("text/event-stream", format!("data: {delta}\n\ndata: [DONE]\n\n"))
                };
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(format!("{head}{text}").as_bytes());
            }
        });
        Self { url, asked }
    }

    /// The text of the last message of each request.
    fn last_messages(&self) -> Vec<String> {
        let text = |body: &Value| {
            let messages = body["messages"].as_array().unwrap();
            messages.last().unwrap()["content"].as_str().unwrap().to_owned()
        };
        self.asked.lock().unwrap().iter().map(text).collect()
    }
}

fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((line, serde_json::from_slice(&body).unwrap_or_default()))
}

const CALC: &str = "def add(a, b):\n    return a - b\n";
const EDIT: &str = "I repair it.\nCALL edit calc.py\n<<<<<<< SEARCH\n    return a - b\n=======\n    \
                    return a + b\n>>>>>>> REPLACE";

fn project(env: &Env) -> PathBuf {
    env.project(&[("calc.py", CALC), ("notes.md", "# Notes\n")])
}

fn run(env: &Env, dir: &Path, server: &Server, args: &[&str]) -> Run {
    let words =
        ["run", "--json", "--endpoint", &server.url].into_iter().chain(args.iter().copied());
    env.slm(words).cwd(dir).run()
}

fn lines(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_question_is_answered_from_what_was_read() {
    let env = Env::new();
    let dir = project(&env);
    let server = Server::start(&["I look.\nCALL read calc.py", "It subtracts: calc.py:2."]);
    let run = run(&env, &dir, &server, &["what does add do?"]);
    assert_eq!(run.code(), 0, "{run}");
    let result = run.json();
    assert_eq!(result["status"], "done", "{run}");
    assert_eq!(result["answer"], "It subtracts: calc.py:2.");
    assert_eq!(result["model"], "m");
    let kinds: Vec<String> = lines(&run)
        .iter()
        .filter(|line| line["event"] == "entry")
        .map(|line| line["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["notice", "user", "assistant", "call", "result", "assistant"], "{run}");
    let shown: String = lines(&run)
        .iter()
        .filter_map(|line| line["text"].as_str().filter(|_| line["event"] == "text"))
        .collect();
    assert!(!shown.contains("CALL"), "{shown}");
    assert!(server.last_messages()[1].contains("2|     return a - b"), "the model saw it");
}

#[test]
fn an_edit_is_written_with_consent_only_and_can_be_taken_back() {
    let env = Env::new();
    let dir = project(&env);
    let before = snapshot(&dir);
    let server = Server::start(&[EDIT]);
    let without = run(&env, &dir, &server, &["repair add"]);
    assert_eq!((without.code(), without.json()["status"].as_str()), (1, Some("not-done")));
    assert!(without.json()["message"].as_str().unwrap().contains("--yes"), "{without}");
    assert_eq!(snapshot(&dir), before);

    let server = Server::start(&[EDIT, "I have repaired add."]);
    let with = run(&env, &dir, &server, &["--yes", "repair add"]);
    assert_eq!(with.code(), 0, "{with}");
    assert_eq!(with.json()["files"], json!(["calc.py"]));
    let now = std::fs::read_to_string(dir.join("calc.py")).unwrap();
    assert_eq!(now, CALC.replace('-', "+"));
    assert_eq!(env.slm(["undo"]).cwd(&dir).run().code(), 0);
    assert_eq!(snapshot(&dir), before);
}

#[test]
fn an_edit_that_breaks_the_syntax_is_repaired_once_and_never_written_unsound() {
    let env = Env::new();
    let dir = project(&env);
    let broken = EDIT.replace("return a + b", "return (a + b");
    let server = Server::start(&[&broken, EDIT, "Done."]);
    let run1 = run(&env, &dir, &server, &["--yes", "repair add"]);
    assert_eq!(run1.code(), 0, "{run1}");
    assert!(server.last_messages()[1].contains("an error at line 2"), "{run1}");

    let back = env.slm(["undo"]).cwd(&dir).run();
    assert_eq!(back.code(), 0, "{back}");
    let server = Server::start(&[&broken, &broken]);
    let run2 = run(&env, &dir, &server, &["--yes", "repair add"]);
    assert_eq!(run2.code(), 1, "{run2}");
    assert_eq!(std::fs::read_to_string(dir.join("calc.py")).unwrap(), CALC);
}

#[test]
fn what_the_model_may_not_do_is_not_done() {
    let env = Env::new();
    let dir = project(&env);
    std::fs::write(env.root().join("secret.txt"), "apple\n").unwrap();
    std::fs::create_dir_all(env.home().join("config/slm")).unwrap();
    let rules = "[chat]\ndeny = ['run \"touch*\"']\n";
    std::fs::write(env.home().join("config/slm/config.toml"), rules).unwrap();
    let before = snapshot(&dir);
    let server = Server::start(&[
        "CALL read ../../secret.txt",
        "CALL create ../evil.py\n=======\nx = 1\n>>>>>>> REPLACE",
        "CALL create .git/hooks/pre-commit\n=======\nx\n>>>>>>> REPLACE",
        "CALL run touch /tmp/x",
        "CALL fly away",
        "I could not.",
    ]);
    let run1 = run(&env, &dir, &server, &["--yes", "be bad"]);
    assert_eq!(run1.json()["answer"], "I could not.", "{run1}");
    let told = server.last_messages();
    for (at, word) in [
        (1, "leaves the repository"),
        (2, "leaves"),
        (3, "git's own"),
        (4, "forbid"),
        (5, "no tool"),
    ] {
        assert!(told[at].contains(word), "{at}: {}", told[at]);
    }
    assert!(!run1.stdout.contains("apple"));
    assert_eq!(snapshot(&dir), before);

    let server = Server::start(&["CALL run ls", "I was not allowed to."]);
    let run2 = run(&env, &dir, &server, &["list"]);
    assert_eq!(run2.code(), 1, "{run2}");
    assert!(server.last_messages()[1].contains("did not allow"), "{run2}");
}

#[test]
fn without_a_model_commands_work_and_messages_say_why_they_do_not() {
    let env = Env::new();
    let dir = project(&env);
    let map = env.slm(["run", "/map"]).cwd(&dir).run();
    assert_eq!(map.code(), 0, "{map}");
    assert!(map.stdout.contains("add"), "{map}");
    let message = env.slm(["run", "--json", "hello"]).cwd(&dir).run();
    assert_eq!(message.code(), 3, "{message}");
    assert!(message.json()["message"].as_str().unwrap().contains("/model PATH"), "{message}");
    let from_stdin = env.slm(["run", "-"]).cwd(&dir).stdin("/files\n").run();
    assert_eq!((from_stdin.code(), from_stdin.stdout.contains("/add FILE")), (0, true));
    for (words, code) in [(vec!["run", "/fly"], 2), (vec!["run", ""], 2), (vec!["run", "/test"], 1)]
    {
        let run = env.slm(&words).cwd(&dir).run();
        assert_eq!(run.code(), code, "{words:?} {run}");
    }
    let bad = env.slm(["run", "--endpoint", "http://example.org", "x"]).cwd(&dir).run();
    assert_eq!(bad.code(), 2, "{bad}");
}

#[test]
fn refactor_lists_and_does_exact_steps_without_a_model() {
    let env = Env::new();
    let text = "import os\n\n\ndef f(x):\n    return x + 1\n\n\nprint(f(1))\n";
    let dir = env.project(&[("a.py", text)]);
    let run = env.slm(["run", "/refactor a.py"]).cwd(&dir).run();
    assert!(run.stdout.contains("nothing uses"), "{run}");
    let run = env.slm(["run", "/refactor a.py rename f to plus_one"]).cwd(&dir).run();
    assert!(run.stdout.contains("+def plus_one(x):"), "{run}");
    assert_eq!(std::fs::read_to_string(dir.join("a.py")).unwrap(), text, "nobody agreed");
    let run = env.slm(["run", "--yes", "/refactor a.py rename f to plus_one"]).cwd(&dir).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(std::fs::read_to_string(dir.join("a.py")).unwrap().contains("print(plus_one(1))"));
}

#[test]
fn sessions_are_kept_listed_exported_and_removed() {
    let env = Env::new();
    let dir = project(&env);
    let none = env.slm(["sessions"]).cwd(&dir).run();
    assert_eq!(none.code(), 1, "{none}");
    let server = Server::start(&["It is a small project."]);
    let id = run(&env, &dir, &server, &["what is this?"]).json()["session"].clone();
    let id = id.as_str().unwrap().to_owned();
    let listed = env.slm(["sessions", "--json"]).cwd(&dir).run().json();
    assert_eq!(listed["sessions"][0]["id"], id.as_str());
    assert_eq!(listed["sessions"][0]["title"], "what is this?");
    let shown = env.slm(["sessions", "show", &id]).cwd(&dir).run();
    assert!(shown.stdout.contains("## You\n\nwhat is this?"), "{shown}");
    let out = dir.join("talk.md");
    let export = ["sessions", "export", &id, "--output", out.to_str().unwrap()];
    assert_eq!(env.slm(export).cwd(&dir).run().code(), 0);
    assert!(std::fs::read_to_string(&out).unwrap().contains("It is a small project."));
    assert_eq!(env.slm(export).cwd(&dir).run().code(), 3, "never over a file that is there");
    assert_eq!(env.slm(["sessions", "remove", &id]).cwd(&dir).run().code(), 0);
    assert_eq!(env.slm(["sessions", "show", &id]).cwd(&dir).run().code(), 2);
}

#[test]
fn slm_alone_prints_its_help_where_there_is_no_terminal() {
    let env = Env::new();
    let alone = env.slm(Vec::<String>::new()).run();
    assert_eq!(alone.code(), 2, "{alone}");
    assert!(alone.stderr.contains("Usage: slm"), "{alone}");
    let chat = env.slm(["chat"]).run();
    assert!(chat.code() == 2 && chat.stderr.contains("slm run"), "{chat}");
}
