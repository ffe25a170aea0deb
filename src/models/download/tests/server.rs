//! A server on this machine that answers as it is told: well, badly, or not at all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::models::download::Address;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    /// How many requests came before it.
    pub(super) before: usize,
}

impl Ask {
    /// The value of a header, named in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first byte that is asked for.
    pub(super) fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    rest: Vec<u8>,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The connection is closed.
    Close,
    /// The last bytes come again and again.
    Endless,
    /// Nothing comes any more, and the connection stays.
    Silence,
    /// A byte comes every few milliseconds.
    Drip,
}

impl Reply {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), rest: Vec::new(), end: End::Close }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self
    }

    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_owned();
        self
    }

    /// Only so many bytes of the body are sent, whatever the headers say.
    pub(super) fn cut(mut self, len: usize) -> Self {
        self.body.truncate(len);
        self
    }

    pub(super) fn endless(mut self) -> Self {
        self.end = End::Endless;
        self
    }

    pub(super) fn then_silence(mut self) -> Self {
        self.end = End::Silence;
        self
    }

    /// `rest` comes a byte at a time, and then more.
    pub(super) fn then_drip(mut self, rest: &[u8]) -> Self {
        self.end = End::Drip;
        self.rest = rest.to_owned();
        self
    }

    pub(super) fn chunked(self) -> Self {
        self.without("Content-Length").with("Transfer-Encoding", "chunked")
    }

    fn send(&self, stream: &mut TcpStream, stop: &AtomicBool) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let is_chunked = self.headers.iter().any(|(_, value)| value == "chunked");
        let piece = |stream: &mut TcpStream| match is_chunked {
            false => stream.write_all(&self.body),
            true => {
                write!(stream, "{:x}\r\n", self.body.len())?;
                stream.write_all(&self.body)?;
                stream.write_all(b"\r\n")
            }
        };
        piece(stream)?;
        match self.end {
            End::Close if is_chunked => stream.write_all(b"0\r\n\r\n"),
            End::Close => Ok(()),
            End::Endless => loop {
                piece(stream)?;
            },
            End::Drip => {
                let more = self.rest.iter().chain(std::iter::repeat(&b'x'));
                for byte in more.take_while(|_| !stop.load(Ordering::SeqCst)) {
                    stream.write_all(&[*byte])?;
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            }
            End::Silence => {
                while !stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            }
        }
    }
}

/// A good answer: the file, or the part of it that is asked for.
pub(super) fn good(file: &[u8], tag: &str, ask: &Ask) -> Reply {
    let same = ask.header("if-range").is_none_or(|wanted| wanted == tag);
    let reply = match ask.from().filter(|_| same) {
        Some(from) if from >= file.len() => {
            Reply::new(416).with("Content-Range", format!("bytes */{}", file.len()))
        }
        Some(from) => Reply::new(206)
            .with("Content-Range", format!("bytes {from}-{}/{}", file.len() - 1, file.len()))
            .with("Content-Length", file.len() - from)
            .body(&file[from..]),
        None => Reply::new(200).with("Content-Length", file.len()).body(file),
    };
    if tag.is_empty() { reply } else { reply.with("ETag", tag) }
}

/// The server; gone when dropped.
pub(super) struct Server {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<Ask>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// Answers each request with what `reply` says.
    pub(super) fn new(reply: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |stream, ask, stop| {
            let _ = reply(ask).send(stream, stop);
        })
    }

    /// A proxy: what is to go to any host goes to `to`. `None`: it lets nothing through.
    pub(super) fn proxy(to: Option<SocketAddr>) -> Self {
        Self::start(move |stream, _, stop| match to {
            None => {
                let _ = Reply::new(403).send(stream, stop);
            }
            Some(to) => {
                let _ = tunnel(stream, to);
            }
        })
    }

    fn start(serve: impl Fn(&mut TcpStream, &Ask, &AtomicBool) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let server = Self { at, asked: asked.clone(), stop: stop.clone() };
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (asked, stop, serve) = (asked.clone(), stop.clone(), serve.clone());
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(mut ask) = read(&stream) else { return };
                    {
                        let mut asked = asked.lock().unwrap();
                        ask.before = asked.len();
                        asked.push(ask.clone());
                    }
                    serve(&mut stream, &ask, &stop);
                });
            }
        });
        server
    }

    pub(super) fn socket(&self) -> SocketAddr {
        self.at
    }

    pub(super) fn at(&self, path: &str) -> Address {
        format!("http://{}{path}", self.at).parse().unwrap()
    }

    /// What was asked for so far.
    pub(super) fn asked(&self) -> Vec<Ask> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.at);
    }
}

fn read(stream: &TcpStream) -> Option<Ask> {
    // Byte by byte where a tunnel follows: nothing behind the head may be taken.
    let mut reader = BufReader::with_capacity(1, stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut first = lines.first()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Ask {
        method,
        path,
        headers: lines.iter().skip(1).filter_map(header).collect(),
        before: 0,
    })
}

fn tunnel(stream: &mut TcpStream, to: SocketAddr) -> std::io::Result<()> {
    let mut there = TcpStream::connect(to)?;
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let (mut up_from, mut up_to) = (stream.try_clone()?, there.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut up_from, &mut up_to);
    });
    let mut buffer = [0; 4096];
    loop {
        match there.read(&mut buffer)? {
            0 => return stream.shutdown(std::net::Shutdown::Both),
            n => stream.write_all(&buffer[..n])?,
        }
    }
}
