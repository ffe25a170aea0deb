//! A server on loopback that hands out one file, in as many wrong ways as are wanted.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How one connection is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As it should be; from where `Range` says.
    Whole,
    /// As it should be, but `Range` is not heard.
    NoRange,
    /// So many bytes, then the connection is closed.
    Cut(usize),
    /// Other bytes of the same length.
    Lies,
    /// To the same server's `/moved`.
    Redirect,
    /// To another scheme.
    RedirectAway,
    /// This status, and a page.
    Status(u16),
    /// Bytes, one every 20 milliseconds.
    Slow,
    /// A part that begins elsewhere than was asked for.
    LyingRange,
}

/// Answers connections in order; the last way holds for all that follow.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    _thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn new(file: Vec<u8>, ways: &[Way]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, ways) = (Arc::clone(&asked), ways.to_vec());
        let thread = std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let way = ways[number.min(ways.len() - 1)];
                let (file, heard) = (file.clone(), Arc::clone(&heard));
                // A slow answer must not keep others waiting.
                std::thread::spawn(move || answer(stream, &file, way, &heard));
            }
        });
        Self { port, asked, _thread: thread }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Requests so far: their first lines, and the `Range` of those that had one.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, file: &[u8], way: Way, heard: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut range) = (String::new(), None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(from) = line.to_lowercase().strip_prefix("range: bytes=") {
            range = from.trim().trim_end_matches('-').parse::<usize>().ok();
        }
        if head.is_empty() {
            head = line.trim().to_owned();
        }
    }
    let note = range.map_or(head.clone(), |from| format!("{head} from {from}"));
    heard.lock().unwrap().push(note);
    let say = |stream: &mut TcpStream, text: &str| stream.write_all(text.as_bytes());
    let from = range.unwrap_or(0).min(file.len());
    let whole = format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {}\r\n\r\n", file.len());
    let part = |at: usize| {
        let (last, all) = (file.len() - 1, file.len());
        format!(
            "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes {at}-{last}/{all}\r\n\
             Content-Length: {}\r\n\r\n",
            all - at
        )
    };
    // Whoever hung up does not hear the rest.
    let _ = match way {
        Way::Whole if range.is_some() => {
            say(&mut stream, &part(from)).and_then(|()| stream.write_all(&file[from..]))
        }
        Way::Whole | Way::NoRange => say(&mut stream, &whole).and_then(|()| stream.write_all(file)),
        Way::Cut(bytes) => {
            let begin = if range.is_some() { part(from) } else { whole };
            let rest = &file[from..];
            say(&mut stream, &begin).and_then(|()| stream.write_all(&rest[..bytes.min(rest.len())]))
        }
        Way::Lies => {
            let lies: Vec<u8> = file.iter().map(|byte| byte ^ 0x55).collect();
            say(&mut stream, &whole).and_then(|()| stream.write_all(&lies))
        }
        Way::LyingRange => {
            let at = (from + 1).min(file.len() - 1);
            say(&mut stream, &part(at)).and_then(|()| stream.write_all(&file[at..]))
        }
        Way::Redirect => {
            say(&mut stream, "HTTP/1.1 302 Found\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n")
        }
        Way::RedirectAway => say(
            &mut stream,
            "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n",
        ),
        Way::Status(code) => {
            let page = "<html>no</html>";
            let length = page.len();
            say(
                &mut stream,
                &format!("HTTP/1.1 {code} No\r\nContent-Length: {length}\r\n\r\n{page}"),
            )
        }
        Way::Slow => say(&mut stream, &whole).and_then(|()| {
            for byte in file {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }),
    };
}
