//! A server on loopback that answers each question in a way of its own, and keeps what it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How one question is answered; the last one answers all that follow.
pub(crate) type Turn = Box<dyn FnMut(&mut TcpStream) + Send>;

/// One request, as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    /// Head and body, all bytes of them.
    pub(crate) raw: String,
    pub(crate) body: Value,
}

/// Listens until the test's process ends.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Lists one model, `m`, and answers questions like this.
    pub(crate) fn start(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let record = Arc::clone(&asked);
        let mut turns = turns.into_iter();
        let mut last = turns.next();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = request(&stream) else { continue };
                record.lock().unwrap().push(request.clone());
                if request.line.contains("/models") {
                    let models = json!({ "data": [{ "id": "m" }] }).to_string();
                    whole("200 OK", "application/json", models)(&mut stream);
                } else if let Some(turn) = &mut last {
                    turn(&mut stream);
                    if let Some(next) = turns.next() {
                        last = Some(next);
                    }
                }
            }
        });
        Self { url, asked }
    }

    /// Answers every question with this text.
    pub(crate) fn saying(text: &str) -> Self {
        Self::start(vec![says(text)])
    }

    /// Everything that it was sent so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The questions among that.
    pub(crate) fn questions(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.line.starts_with("POST")).collect()
    }
}

impl Asked {
    /// Bytes of its messages.
    pub(crate) fn bytes(&self) -> usize {
        let messages = self.body["messages"].as_array().unwrap();
        messages.iter().map(|message| message["content"].as_str().unwrap().len()).sum()
    }
}

/// An answer as a stream of events.
pub(crate) fn says(text: &str) -> Turn {
    let delta = json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] });
    whole("200 OK", "text/event-stream", format!("data: {delta}\n\ndata: [DONE]\n\n"))
}

/// Answers with this status and body, and closes.
pub(crate) fn whole(status: &str, kind: &str, body: impl Into<String>) -> Turn {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    let text = head + &body.into();
    Box::new(move |stream| {
        // Who is answered may have heard enough.
        let _ = stream.write_all(text.as_bytes());
    })
}

fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut raw, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        raw.push_str(&line);
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    raw.push_str(&String::from_utf8_lossy(&body));
    let line = raw.lines().next().unwrap_or_default().to_owned();
    Some(Asked { line, raw, body: serde_json::from_slice(&body).unwrap_or_default() })
}
