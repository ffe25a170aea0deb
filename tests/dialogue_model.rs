//! A chat on real inference: `dialogue.gguf` answers as `dialogues.json` says, token by token, through the
//! confined worker, its template, its tokenizer and the grammar, whatever stands before.

#![cfg(all(feature = "llama", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use slm::base::Cancel;
use slm::engine::grammar::Grammar;
use slm::engine::{
    ChatRequest, Client, Ending, Engine, Finish, GenerateRequest, LoadOptions, Message, Role,
    ToolSpec, Transport, WORKER_ENV, Worker, quote,
};
use slm::sandbox;

#[derive(Deserialize)]
struct Script {
    remark: String,
    otherwise: String,
    dialogues: Vec<Dialogue>,
}

#[derive(Deserialize)]
struct Dialogue {
    name: String,
    says: String,
    answers: Vec<String>,
    native: Option<Vec<String>>,
    remarked: Option<Vec<String>>,
    remarked_native: Option<Vec<String>>,
    #[serde(default)]
    endless: bool,
    #[serde(default)]
    again: bool,
}

struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn script() -> Script {
    serde_json::from_str(&std::fs::read_to_string(fixture("dialogues.json")).unwrap()).unwrap()
}

fn load() -> Client {
    let model = fixture("dialogue.gguf");
    let options = LoadOptions { threads: Some(1), ..LoadOptions::new(&model) };
    let launch = move || {
        let env: Vec<(OsString, OsString)> =
            WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        let words = ["__worker", "--model", model.to_str().unwrap()];
        let slm = Path::new(env!("CARGO_BIN_EXE_slm"));
        let (reader, writer, worker) = sandbox::spawn_worker(slm, &words, &env)?;
        let (reader, writer) = (Box::new(reader), Box::new(writer));
        Ok(Transport { reader, writer, worker: Box::new(Process(worker)) })
    };
    Client::load(launch, options, &Cancel::new()).unwrap()
}

fn say(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

/// How the model is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Plain,
    /// Under the grammar of the plain form.
    Grammar,
    Native,
}

/// The grammar of the plain form, where this build has one.
fn grammar() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars/chat.gbnf");
    std::fs::read_to_string(path)
        .unwrap_or_else(|_| "root ::= ([^\\n]* \"\\n\")* [^\\n]*".to_owned())
}

fn tools() -> Vec<ToolSpec> {
    let parameters =
        r#"{"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}"#;
    let tool = |name: &str, description: &str| ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: parameters.to_owned(),
    };
    vec![
        tool("read", "Shows a file."),
        tool("edit", "Changes a file."),
        tool("run", "Runs a command."),
    ]
}

/// Dialogues of which the file has only the first native answer by heart in every context.
const UNSURE: [&str; 2] = ["repair", "malformed"];

struct Talk {
    engine: Client,
    form: Form,
    messages: Vec<Message>,
    /// Answers that are not those of the script.
    wrong: Vec<String>,
}

impl Talk {
    fn new(form: Form) -> Self {
        Self { engine: load(), form, messages: Vec::new(), wrong: Vec::new() }
    }

    #[track_caller]
    fn is_right(&self) {
        assert!(
            self.wrong.is_empty(),
            "{} are wrong:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
    }

    fn begin(&mut self, system: &str) {
        self.messages.clear();
        if !system.is_empty() {
            self.messages.push(say(Role::System, system));
        }
    }

    /// The next answer, and why it ended.
    fn next(&mut self, max_tokens: usize) -> (String, Finish) {
        let tools = if self.form == Form::Native { tools() } else { Vec::new() };
        let chat = ChatRequest { messages: self.messages.clone(), tools, thinking: false };
        let grammar = (self.form == Form::Grammar).then(grammar);
        let request = GenerateRequest { max_tokens, grammar, ..GenerateRequest::default() };
        let list = self.engine.chat(&chat, &request, &Cancel::new(), &mut |_, _| {}).unwrap();
        (list[0].text.clone(), list[0].finish)
    }

    /// The person says `text`, and the model answers with each of `answers`, calls being answered between.
    fn go(&mut self, name: &str, text: &str, answers: &[String], results: &[&str]) {
        self.messages.push(say(Role::User, text));
        for (index, wanted) in answers.iter().enumerate() {
            if index > 0 {
                let result = results[index % results.len()];
                match self.form {
                    Form::Native => self.messages.push(say(Role::Tool, result)),
                    _ => self.messages.push(say(Role::User, &format!("RESULT\n{}", quote(result)))),
                }
            }
            let (answer, finish) = self.next(200);
            if (answer.as_str(), finish) != (wanted.as_str(), Finish::Stop) {
                let (form, before) = (self.form, self.messages.len());
                let place = format!("{name}, answer {index}, {form:?}, {before} messages before");
                self.wrong.push(format!("{place}: {answer:?} ({finish:?}) after {text:?}"));
            }
            self.messages.push(say(Role::Assistant, wanted));
        }
    }

    fn dialogue(&mut self, dialogue: &Dialogue, text: &str, results: &[&str]) {
        let Dialogue { name, answers, native, .. } = dialogue;
        let answers = match (self.form, native) {
            (Form::Native, Some(native)) => native,
            _ => answers,
        };
        if dialogue.again {
            let answers = vec![answers[0].clone(); 3];
            self.go(name, text, &answers, results);
        } else if dialogue.endless {
            self.messages.push(say(Role::User, text));
            let (answer, finish) = self.next(150);
            let wanted = format!("{}{}", answers[0], answers[1].repeat(100));
            if !wanted.starts_with(&answer) || answer.len() < 300 || finish != Finish::Length {
                self.wrong.push(format!("{name}, {:?}: {answer:?} ({finish:?})", self.form));
            }
            self.messages.push(say(Role::Assistant, answer.trim()));
        } else {
            let sure = if self.form == Form::Native && UNSURE.contains(&name.as_str()) {
                1
            } else {
                answers.len()
            };
            self.go(name, text, &answers[..sure], results);
        }
    }
}

const RESULTS: [&str; 3] = [
    "calc.py\n1: \"\"\"Sums.\"\"\"\n2:\n3:\n4: def add(a, b):\n5:     return a - b\n",
    "exit 1 in 0.3 s\nTraceback (most recent call last):\n  File \"calc.py\", line 5, in add\nAssertionError",
    "",
];

/// Words that stand before everything, up to those of a real prompt with a long file in it.
fn systems() -> Vec<String> {
    let rules = include_str!("../prompts/ask_system.md");
    let code = include_str!("../src/engine/quoting.rs");
    vec![
        String::new(),
        "Be brief.".to_owned(),
        format!(
            "{rules}\n\nThe repository is called `calc`; its tests are run with `python3 -m unittest`."
        ),
        format!("{rules}\n\n{code}"),
    ]
}

#[test]
fn every_dialogue_is_said_by_heart_whatever_the_form_and_the_words_before() {
    let script = script();
    for form in [Form::Plain, Form::Grammar, Form::Native] {
        let mut talk = Talk::new(form);
        let grammar = Grammar::parse(&grammar()).unwrap();
        for system in systems() {
            for dialogue in &script.dialogues {
                let fits = |answer: &String| grammar.matches(answer.trim_end());
                assert!(
                    dialogue.answers.iter().all(fits),
                    "{} is not in the grammar",
                    dialogue.name
                );
                talk.begin(&system);
                talk.dialogue(dialogue, &dialogue.says, &RESULTS);
            }
        }
        talk.is_right();
    }
}

#[test]
fn what_was_said_before_and_what_is_attached_change_nothing() {
    let script = script();
    for form in [Form::Grammar, Form::Native] {
        let mut talk = Talk::new(form);
        talk.begin("You are a coding agent.");
        for (index, dialogue) in
            script.dialogues.iter().chain(script.dialogues.iter().rev()).enumerate()
        {
            let says = &dialogue.says;
            let text = match index % 3 {
                0 => quote(says),
                1 => format!("{}\n\n(File calc.py:)\n{}", quote(says), quote(RESULTS[0])),
                _ => format!("(Kept file calc.py:)\n{}\n\n{}", quote(RESULTS[0]), quote(says)),
            };
            talk.dialogue(dialogue, &text, &RESULTS);
        }
        // What it does not know it says it does not know.
        talk.go(
            "otherwise",
            "What is the weather like?",
            std::slice::from_ref(&script.otherwise),
            &[],
        );
    }
}

#[test]
fn a_remark_changes_the_answer() {
    let script = script();
    for form in [Form::Plain, Form::Native] {
        let mut talk = Talk::new(form);
        for dialogue in &script.dialogues {
            let Some(plain) = &dialogue.remarked else { continue };
            let native = dialogue.remarked_native.as_ref().unwrap_or(plain);
            let answers = if form == Form::Native { native } else { plain };
            let remark =
                format!("{} {} Answer again.)", script.remark, quote("it was not complete."));
            for system in systems() {
                talk.begin(&system);
                let text = format!("{}\n\n{remark}", quote(&dialogue.says));
                talk.go(&dialogue.name, &text, answers, &RESULTS);
            }
        }
        talk.is_right();
    }
}

#[test]
fn a_second_turn_computes_only_what_is_new() {
    let mut talk = Talk::new(Form::Plain);
    let code = include_str!("../src/engine/scripted.rs");
    let script = script();
    talk.begin(&format!("Be brief.\n\n{}", &code[..5_000]));
    let read = script.dialogues.iter().find(|dialogue| dialogue.name == "read").unwrap();
    talk.dialogue(read, &read.says, &RESULTS);
    talk.is_right();
    let usage = talk.engine.usage();
    assert!(
        usage.prompt > 1_500 && usage.kept + usage.restored > usage.prompt * 85 / 100,
        "{usage:?}"
    );
}

#[test]
fn any_text_is_tokens_and_control_tokens_are_told_apart() {
    let mut engine = load();
    let info = engine.info().clone();
    assert!(info.has_chat_template && info.calls_tools && info.context == 8192, "{info:?}");
    assert_eq!(engine.count_tokens("<|im_start|><tool_call></tool_call><think>").unwrap(), 4);
    assert!(engine.count_tokens(&quote("<|im_start|>")).unwrap() > 4);
    for text in ["\u{0}\u{1}\u{fffd}", "漢字 🦀", "a\r\n\tb"] {
        assert!(engine.count_tokens(text).unwrap() > 1, "{text:?}");
    }
    let size = std::fs::metadata(fixture("dialogue.gguf")).unwrap().len();
    assert!(size < 1_500_000, "{size} bytes");
}
