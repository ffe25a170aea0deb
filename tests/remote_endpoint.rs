//! A model behind a server: what is sent, what comes back, and everything that a server may do instead.

#![cfg(feature = "remote")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use slm::base::{Cancel, Secret};
use slm::engine::{
    ChatRequest, Completion, Endpoint, Engine, EngineError, Finish, GenerateRequest, Message,
    Plain, Remote, RemoteOptions, Role, ToolSpec, quote,
};

/// One request as it arrived.
#[derive(Debug)]
struct Asked {
    line: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: Value,
}

impl Asked {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut next = || {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            Some(line.trim_end().to_owned())
        };
        let line = next().filter(|line| !line.is_empty())?;
        let mut headers = Vec::new();
        while let Some((name, value)) = next()?.split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        Some(Self { line, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

type Turn = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// A server that answers so many connections, each in its own way.
struct Server {
    port: u16,
    asked: Receiver<Asked>,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = channel();
        let thread = std::thread::spawn(move || {
            for turn in turns {
                let (mut stream, _) = listener.accept().unwrap();
                if let Some(request) = Asked::read(&stream) {
                    sender.send(request).unwrap();
                }
                turn(&mut stream);
            }
        });
        Self { port, asked, thread }
    }

    fn options(&self) -> RemoteOptions {
        let url = format!("http://127.0.0.1:{}", self.port);
        let endpoint = Endpoint::parse(&url, Plain::Loopback).unwrap();
        RemoteOptions { model: Some("m".to_owned()), ..RemoteOptions::new(endpoint) }
    }

    fn remote(&self) -> Remote {
        Remote::new(self.options()).unwrap()
    }
}

/// Answers with this status and body, and closes.
fn answer(status: &str, kind: &str, body: impl AsRef<[u8]> + Send + 'static) -> Turn {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    Box::new(move |stream| {
        // Who is answered may have heard enough.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_ref()));
    })
}

fn events(body: &str) -> Turn {
    answer("200 OK", "text/event-stream", body.to_owned())
}

fn said(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }))
}

const DONE: &str = "data: [DONE]\n\n";

fn ask(remote: &mut Remote) -> Result<Completion, EngineError> {
    let chat = ChatRequest::new(&[Message { role: Role::User, content: "Hi".to_owned() }]);
    let list = remote.chat(&chat, &GenerateRequest::default(), &Cancel::new(), &mut |_, _| {})?;
    Ok(list.into_iter().next().unwrap())
}

/// What a server that answers like this leads to, as words.
fn error(turn: Turn) -> String {
    let server = Server::start(vec![turn]);
    let error = ask(&mut server.remote()).unwrap_err().to_string();
    server.thread.join().unwrap();
    error
}

#[test]
fn an_answer_arrives_as_it_is_written_and_nothing_is_sent_but_the_conversation() {
    let (go, wait): (Sender<()>, Receiver<()>) = channel();
    let slow: Turn = Box::new(move |stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut chunk = |text: String| {
            stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).unwrap();
        };
        chunk(said("One"));
        // Only what has been shown is followed by more.
        wait.recv().unwrap();
        let usage = json!({ "prompt_tokens": 70, "completion_tokens": 2 });
        chunk(said(" two"));
        chunk(format!("data: {}\n\n{DONE}", json!({ "choices": [], "usage": usage })));
        chunk(String::new());
    });
    let models = json!({ "data": [{ "id": "only", "max_model_len": 1234 }] }).to_string();
    let server = Server::start(vec![answer("200 OK", "application/json", models), slow]);
    let options =
        RemoteOptions { model: None, key: Some(Secret::new("hunter2")), ..server.options() };
    let mut remote = Remote::new(options).unwrap();
    assert!(remote.describe().contains("on this machine"), "{}", remote.describe());
    assert!(!format!("{remote:?} {}", remote.describe()).contains("hunter2"));
    assert!(server.asked.try_recv().is_err(), "it asked before it was told to");
    remote.connect(&Cancel::new()).unwrap();
    assert_eq!((remote.info().name.as_str(), remote.info().context), ("only", 1234));

    let chat = ChatRequest {
        messages: vec![
            Message { role: Role::System, content: "Be brief.".to_owned() },
            Message { role: Role::User, content: quote("Hi") },
        ],
        tools: vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads.".to_owned(),
            parameters: "{}".to_owned(),
        }],
        thinking: false,
    };
    let request = GenerateRequest {
        max_tokens: 9,
        grammar: Some("root ::= \"x\"".to_owned()),
        lookup: vec!["text of a file that is not in the messages".to_owned()],
        ..GenerateRequest::default()
    };
    let mut seen = Vec::new();
    let list = remote.chat(&chat, &request, &Cancel::new(), &mut |_, text| {
        seen.push(text.to_owned());
        let _ = go.send(());
    });
    let completion = &list.unwrap()[0];
    assert_eq!((completion.text.as_str(), completion.finish), ("One two", Finish::Stop));
    assert_eq!(seen, ["One", " two"]);
    assert_eq!((remote.usage().prompt, remote.usage().generated), (70, 2));

    let models = server.asked.recv().unwrap();
    assert_eq!(models.line, "GET /v1/models HTTP/1.1");
    let asked = server.asked.recv().unwrap();
    assert_eq!(asked.line, "POST /v1/chat/completions HTTP/1.1");
    let mut names: Vec<&str> = asked.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let known = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names, known);
    assert_eq!(asked.header("authorization"), Some("Bearer hunter2"));
    let wanted = json!({
        "model": "only",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Hi" },
        ],
        "tools": [{ "type": "function",
            "function": { "name": "read", "description": "Reads.", "parameters": {} } }],
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": 9,
        "temperature": 0,
    });
    assert_eq!(asked.body, wanted);
}

#[test]
fn without_a_key_none_is_sent_and_an_answer_may_come_as_a_whole() {
    let whole =
        json!({ "choices": [{ "message": { "content": "Hello" }, "finish_reason": "length" }] });
    let server = Server::start(vec![answer("200 OK", "application/json", whole.to_string())]);
    let completion = ask(&mut server.remote()).unwrap();
    assert_eq!((completion.text.as_str(), completion.finish), ("Hello", Finish::Length));
    assert_eq!(server.asked.recv().unwrap().header("authorization"), None);
}

#[test]
fn refusals_say_what_to_do() {
    let json = "application/json";
    let error_of = |status: &str| {
        let body = json!({ "error": { "message": "because\nof\u{1b}[31m it" } }).to_string();
        error(answer(status, json, body))
    };
    assert_eq!(
        error_of("401 Unauthorized"),
        "the endpoint 127.0.0.1: 401 it wants another key: put it into the variable SLM_API_KEY: because"
    );
    assert!(error_of("404 Not Found").contains("mostly ends in /v1"));
    assert!(error_of("429 Too Many Requests").contains("wait"));
    assert!(error_of("500 Internal Server Error").contains("look at its log: because"));
    // A page for browsers is of no use, and a long one is not read.
    let page = format!("<html>{}", "x".repeat(1 << 20));
    assert!(error(answer("502 Bad Gateway", "text/html", page)).ends_with("look at its log"));
}

#[test]
fn a_key_is_not_repeated_by_whoever_repeats_it() {
    for turn in [
        answer("401 Unauthorized", "text/plain", "hunter2 is no key"),
        events("data: {\"error\": {\"message\": \"hunter2 is no key\"}}\n\n"),
    ] {
        let server = Server::start(vec![turn]);
        let options = RemoteOptions { key: Some(Secret::new("hunter2")), ..server.options() };
        let error = ask(&mut Remote::new(options).unwrap()).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("*** is no key") && !text.contains("hunter2"), "{text}");
    }
    let endpoint = Endpoint::parse("https://example.invalid", Plain::Loopback).unwrap();
    let key = Some(Secret::new("two\nlines"));
    let error = Remote::new(RemoteOptions { key, ..RemoteOptions::new(endpoint) }).unwrap_err();
    assert!(!format!("{error}").contains("lines"), "{error}");
}

#[test]
fn redirects_are_not_followed() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let port = other.local_addr().unwrap().port();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{port}/v1/chat/completions\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let turn: Turn = Box::new(move |stream| stream.write_all(head.as_bytes()).unwrap());
        let error = error(turn);
        assert!(error.contains("redirects are not followed") && error.contains("127.0.0.1"));
        assert_eq!(other.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{status}");
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    let silent: Turn = Box::new(|_| {});
    assert!(error(silent).starts_with("the endpoint 127.0.0.1: "));
    let garbage: Turn = Box::new(|stream| stream.write_all(b"SSH-2.0-OpenSSH_9\r\n").unwrap());
    assert!(error(garbage).starts_with("the endpoint 127.0.0.1: "));
    assert!(error(answer("200 OK", "text/html", "<html>\n")).contains("something else"));
    assert!(error(answer("200 OK", "application/json", "{")).contains("no JSON"));
    assert!(error(events(&said("half"))).contains("hung up in the middle"));
    // Chunked, and cut off within a chunk.
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ndata: ";
    let cut: Turn = Box::new(move |stream| stream.write_all(head.as_bytes()).unwrap());
    assert!(error(cut).starts_with("the endpoint 127.0.0.1: "));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = Endpoint::parse(&format!("http://{free}"), Plain::Loopback).unwrap();
    let mut remote = Remote::new(RemoteOptions::new(endpoint)).unwrap();
    let error = remote.connect(&Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("is the server running there?"), "{error}");
}

#[test]
fn a_server_that_never_ends_is_left() {
    let long = |piece: String| -> Turn {
        Box::new(move |stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            // Until the other end has had enough.
            while stream.write_all(piece.as_bytes()).is_ok() {}
        })
    };
    assert!(error(long(said(&"x".repeat(1 << 16)))).contains("is longer than 16777216 bytes"));
    assert!(error(long("data: xxxxxxxx".repeat(1 << 12))).contains("a line of more than"));
    let head: Turn = Box::new(|stream| while stream.write_all(&[b'x'; 1 << 16]).is_ok() {});
    assert!(error(head).starts_with("the endpoint 127.0.0.1: "));
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (done, wait): (Sender<()>, Receiver<()>) = channel();
    let turn: Turn = Box::new(move |_| {
        let _ = wait.recv();
    });
    let server = Server::start(vec![turn]);
    let options = RemoteOptions { patience: Duration::from_millis(20), ..server.options() };
    let error = ask(&mut Remote::new(options).unwrap()).unwrap_err().to_string();
    assert!(error.contains("said nothing for too long"), "{error}");
    drop(done);
    server.thread.join().unwrap();
}

#[test]
fn cancelling_does_not_wait_for_the_server() {
    let (done, wait): (Sender<()>, Receiver<()>) = channel();
    let turn: Turn = Box::new(move |stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        stream.write_all(format!("{head}{}", said("One")).as_bytes()).unwrap();
        let _ = wait.recv();
    });
    let server = Server::start(vec![turn]);
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let chat = ChatRequest::new(&[Message { role: Role::User, content: "Hi".to_owned() }]);
    let request = GenerateRequest::default();
    let list = server.remote().chat(&chat, &request, &cancel, &mut |_, _| stop.cancel()).unwrap();
    assert_eq!((list[0].text.as_str(), list[0].finish), ("One", Finish::Cancelled));
    drop(done);
    server.thread.join().unwrap();
}

#[test]
fn models_are_chosen_by_name_or_because_there_is_one() {
    let models = || {
        let list = json!({ "data": [{ "id": "a" }, { "id": "b", "context_length": 77 }] });
        answer("200 OK", "application/json", list.to_string())
    };
    let server = Server::start(vec![models(), models(), answer("404 Not Found", "text/plain", "")]);
    let connect = |model: Option<&str>| {
        let options = RemoteOptions { model: model.map(str::to_owned), ..server.options() };
        let mut remote = Remote::new(options).unwrap();
        remote.connect(&Cancel::new()).map(|()| remote)
    };
    let error = connect(None).unwrap_err().to_string();
    assert!(error.contains("choose one with --model NAME (a, b)"), "{error}");
    assert_eq!(connect(Some("b")).unwrap().info().context, 77);
    // A server without such a list is believed.
    assert_eq!(connect(Some("c")).unwrap().info().name, "c");
}

#[test]
fn a_server_that_knows_no_options_is_asked_without() {
    let refusal = answer("400 Bad Request", "text/plain", "unknown field stream_options");
    let server = Server::start(vec![refusal, events(&format!("{}{DONE}", said("Hello")))]);
    assert_eq!(ask(&mut server.remote()).unwrap().text, "Hello");
    assert!(server.asked.recv().unwrap().body.get("stream_options").is_some());
    assert!(server.asked.recv().unwrap().body.get("stream_options").is_none());
}

#[test]
fn a_prompt_that_was_rendered_stands_for_its_messages() {
    let server = Server::start(vec![events(&format!("{}{DONE}", said("Hello")))]);
    let mut remote = server.remote();
    let user = |content: &str| [Message { role: Role::User, content: quote(content) }];
    let prompt = remote.chat_prompt(&user("Hi")).unwrap();
    remote.chat_prompt(&user("Other")).unwrap();
    let request = GenerateRequest { prompt, ..GenerateRequest::default() };
    let list = remote.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap();
    assert_eq!(list[0].text, "Hello");
    let asked = server.asked.recv().unwrap();
    assert_eq!(asked.body["messages"], json!([{ "role": "user", "content": "Hi" }]));
    // Long ago, and nowhere near the server.
    for other in ["a", "b", "c", "d"] {
        remote.chat_prompt(&user(other)).unwrap();
    }
    let error = remote.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("takes messages and no prompts"), "{error}");
}

#[test]
fn what_only_a_model_file_can_do_says_so() {
    let endpoint = Endpoint::parse("http://127.0.0.1:9", Plain::Loopback).unwrap();
    let mut remote = Remote::new(RemoteOptions::new(endpoint)).unwrap();
    let request = GenerateRequest::default();
    let errors = [
        remote.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap_err(),
        remote.score("a", &["b".to_owned()], &Cancel::new()).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.to_string().contains("use a model file")));
    assert!(remote.embed(&["a".to_owned()], &Cancel::new()).is_err());
    assert_eq!(remote.count_tokens(&quote("abcdef")).unwrap(), 2);
}

/// The part of the next test that runs under an environment of its own.
#[test]
#[ignore = "run by through_a_proxy_only_where_there_is_one_and_never_to_this_machine"]
fn under_a_proxy() {
    let url = std::env::var("SLM_TEST_URL").unwrap();
    let endpoint = Endpoint::parse(&url, Plain::Anywhere).unwrap();
    let mut remote = Remote::new(RemoteOptions::new(endpoint)).unwrap();
    let _ = remote.connect(&Cancel::new());
}

#[test]
fn through_a_proxy_only_where_there_is_one_and_never_to_this_machine() {
    let go = |url: &str, proxy: u16| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "under_a_proxy", "--ignored"]).env("SLM_TEST_URL", url);
        for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"] {
            command.env(name, format!("http://127.0.0.1:{proxy}"));
        }
        assert!(command.env_remove("NO_PROXY").output().unwrap().status.success());
    };
    // The control: an address that no machine has (RFC 5737) is asked for at the proxy.
    let proxy = Server::start(vec![answer("502 Bad Gateway", "text/plain", "")]);
    go("http://192.0.2.1:9", proxy.port);
    assert!(proxy.asked.recv().unwrap().line.contains("192.0.2.1"));

    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let server = Server::start(vec![answer("404 Not Found", "text/plain", "")]);
    go(&format!("http://127.0.0.1:{}", server.port), proxy.local_addr().unwrap().port());
    assert_eq!(server.asked.recv().unwrap().line, "GET /v1/models HTTP/1.1");
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}
