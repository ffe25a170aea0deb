//! A server on this machine that speaks TLS, and a proxy that lets `CONNECT` through to it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

/// Listens until the test's process ends.
pub(crate) struct Server {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request, a first line and maybe ` from BYTE`, with what `answer` makes of it and of how many came
    /// before.
    pub(crate) fn new(
        tls: Arc<ServerConfig>,
        answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |stream, asked| {
            let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
            let mut reader = BufReader::new(StreamOwned::new(connection, stream));
            let Some(request) = request(&mut reader) else { return };
            let before = note(asked, &request);
            let mut stream = reader.into_inner();
            // Whoever hung up does not hear the rest.
            let _ = stream.write_all(&answer(&request, before));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// Sends whoever wants to go to any host to this server. It wants `word` in its `Proxy-Authorization`.
    pub(crate) fn proxy(to: &Server, word: &'static str) -> Self {
        let to = to.at;
        Self::start(move |mut stream, asked| {
            // Byte by byte: nothing behind the head may be taken.
            let mut reader = BufReader::with_capacity(1, stream.try_clone().unwrap());
            let Some(head) = head(&mut reader) else { return };
            note(asked, &head[0]);
            let is_known = head.iter().any(|line| line.ends_with(word));
            if !is_known {
                let _ = stream.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n");
                return;
            }
            let there = TcpStream::connect(to).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
            let (from, into) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
            std::thread::spawn(move || pass(from, into));
            pass(there, stream);
        })
    }

    fn start(serve: impl Fn(TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, serve) = (Arc::clone(&asked), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, serve) = (Arc::clone(&noted), Arc::clone(&serve));
                std::thread::spawn(move || serve(stream, &noted));
            }
        });
        Self { at, asked }
    }

    pub(crate) fn port(&self) -> u16 {
        self.at.port()
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Adds a request to those that came; returns how many there were.
fn note(asked: &Mutex<Vec<String>>, request: &str) -> usize {
    let mut asked = asked.lock().unwrap();
    asked.push(request.to_owned());
    asked.len() - 1
}

/// The lines of a request's head; `None` when it has none, such as after a failed handshake.
fn head(reader: &mut BufReader<impl Read>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        if line.trim_end().is_empty() {
            return (!lines.is_empty()).then_some(lines);
        }
        lines.push(line.trim_end().to_owned());
    }
}

/// A request's first line, and where it is to begin; its body is read and left.
fn request(reader: &mut BufReader<impl Read>) -> Option<String> {
    let head = head(reader)?;
    let value = |name: &str| {
        let line = head.iter().find(|line| line.to_lowercase().starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    let length: usize = value("content-length:").map_or(0, |text| text.parse().unwrap());
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(match value("range: bytes=") {
        Some(range) => format!("{} from {}", head[0], range.trim_end_matches('-')),
        None => head[0].clone(),
    })
}

fn pass(mut from: TcpStream, mut into: TcpStream) {
    // One side hangs up: so does the other.
    let _ = std::io::copy(&mut from, &mut into);
    let _ = into.shutdown(Shutdown::Both);
}

/// The file, or the part of it that was asked for.
pub(crate) fn gives(file: &[u8], request: &str) -> Vec<u8> {
    let from = request.split_once(" from ").map(|(_, from)| from.parse::<usize>().unwrap());
    let (last, all) = (file.len() - 1, file.len());
    let head = match from {
        None => "HTTP/1.1 200 OK\r\n".to_owned(),
        Some(from) => {
            format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{last}/{all}\r\n")
        }
    };
    let body = &file[from.unwrap_or(0)..];
    let head = format!("{head}ETag: \"a\"\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What a server with one model says: its name, and `text` to everything.
pub(crate) fn says(text: &str, request: &str) -> Vec<u8> {
    let (kind, body) = if request.contains("/models") {
        ("application/json", json!({ "data": [{ "id": "m" }] }).to_string())
    } else {
        let delta =
            json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] });
        ("text/event-stream", format!("data: {delta}\n\ndata: [DONE]\n\n"))
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    (head + &body).into_bytes()
}
