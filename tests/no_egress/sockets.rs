//! A checked command that wants to talk: to this machine, to another one, to other programs.

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};

use crate::support::{Env, have};
use crate::{STOCK, has_namespaces, is_fixed};

/// Tries every address of `addresses.json` and fails with what came of each, until the sum is right.
const TALKATIVE: &str = "\
import errno
import json
import socket
import sys

from stock import total


def reach(family, kind, address):
    try:
        if kind == 'pair':
            talker, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            talker.sendto(b'out', address)
            return 'reached'
        with socket.socket(getattr(socket, family), getattr(socket, kind)) as talker:
            talker.settimeout(5)
            talker.connect(tuple(address) if isinstance(address, list) else address)
            talker.send(b'out')
        return 'reached'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


with open('addresses.json') as file:
    addresses = json.load(file)
found = ' '.join(f'{name}={reach(*where)}' for name, *where in addresses)
assert total([1, 2]) == 3, found
";

/// Everything that could be talked to.
struct World {
    tcp: TcpListener,
    in_home: UnixListener,
    /// In a place that no checked command may write to, and that is not its home either.
    in_system: UnixListener,
    datagrams: UnixDatagram,
    in_no_folder: UnixListener,
    folder: tempfile::TempDir,
}

impl World {
    /// Opens them; `None`, after saying so, where their paths are too long to be sockets.
    fn new(env: &Env) -> Option<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let _ = std::fs::create_dir_all(target);
        let folder = match tempfile::Builder::new().prefix("s").tempdir_in(target) {
            Ok(folder) => folder,
            Err(error) => {
                println!("skipped: {error}");
                return None;
            }
        };
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        // sun_path of unix(7), with its NUL.
        if paths.iter().any(|path| path.as_os_str().len() > 107) {
            println!("skipped: {} is too long for a socket", paths[0].display());
            return None;
        }
        let name = format!("slm-no-egress-{}", std::process::id());
        let nowhere = SocketAddr::from_abstract_name(name).unwrap();
        let world = Self {
            tcp: TcpListener::bind("127.0.0.1:0").unwrap(),
            in_home: UnixListener::bind(home_socket(env)).unwrap(),
            in_system: UnixListener::bind(&paths[0]).unwrap(),
            datagrams: UnixDatagram::bind(&paths[1]).unwrap(),
            in_no_folder: UnixListener::bind_addr(&nowhere).unwrap(),
            folder,
        };
        world.tcp.set_nonblocking(true).unwrap();
        world.datagrams.set_nonblocking(true).unwrap();
        for listener in [&world.in_home, &world.in_system, &world.in_no_folder] {
            listener.set_nonblocking(true).unwrap();
        }
        Some(world)
    }

    /// What the project is told; `elsewhere` is an address that no machine has (RFC 5737).
    fn addresses(&self, env: &Env, elsewhere: Option<&str>) -> String {
        let (tcp, stream) = ("AF_INET", "SOCK_STREAM");
        let nowhere = format!("\0slm-no-egress-{}", std::process::id());
        let port = self.tcp.local_addr().unwrap().port();
        let mut all = vec![
            serde_json::json!(["host", tcp, stream, ["127.0.0.1", port]]),
            serde_json::json!(["home", "AF_UNIX", stream, home_socket(env)]),
            serde_json::json!(["system", "AF_UNIX", stream, self.folder.path().join("a")]),
            serde_json::json!(["datagram", "AF_UNIX", "SOCK_DGRAM", self.folder.path().join("b")]),
            serde_json::json!(["pair", "AF_UNIX", "pair", self.folder.path().join("b")]),
            serde_json::json!(["abstract", "AF_UNIX", stream, nowhere]),
        ];
        all.extend(elsewhere.map(|host| serde_json::json!(["outside", tcp, stream, [host, 9]])));
        serde_json::to_string(&all).unwrap()
    }

    /// Names of those that heard something since the last time.
    fn heard(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        while let Some(mut stream) = unless_idle(self.tcp.accept().map(|(stream, _)| stream)) {
            stream.set_nonblocking(false).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text, "out");
            names.push("host");
        }
        let unix = [
            ("home", &self.in_home),
            ("system", &self.in_system),
            ("abstract", &self.in_no_folder),
        ];
        for (name, listener) in unix {
            while unless_idle(listener.accept()).is_some() {
                names.push(name);
            }
        }
        while unless_idle(self.datagrams.recv(&mut [0; 8])).is_some() {
            names.push("datagram");
        }
        names
    }
}

fn home_socket(env: &Env) -> PathBuf {
    env.home().join("agent")
}

fn unless_idle<T>(result: std::io::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_checked_command_reaches_nobody_outside() {
    if !have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let Some(world) = World::new(&env) else { return };
    let project = env.project(&[("test_talk.py", TALKATIVE), ("stock.py", STOCK)]);
    let tell = |elsewhere| {
        std::fs::write(project.join("addresses.json"), world.addresses(&env, elsewhere)).unwrap();
    };
    // The control: the same program reaches them all when nothing holds it. The address that is
    // really another machine's is left out.
    tell(None);
    let control = env.program("python3", ["test_talk.py"]).cwd(&project).run();
    let names = ["host", "home", "system", "datagram", "pair", "abstract"];
    let said = names.map(|name| format!("{name}=reached")).join(" ");
    assert!(control.stderr.ends_with(&format!("AssertionError: {said}\n")), "{control}");
    assert_eq!(world.heard(), ["host", "home", "system", "abstract", "datagram", "datagram"]);

    tell(Some("192.0.2.1"));
    let args = ["fix", "--yes", "--json", "--", "python3", "test_talk.py"];
    let run = env.slm(args).cwd(&project).run();
    is_fixed(&run);
    let failure = run.json()["failure"].as_str().unwrap().to_owned();
    let has = |name: &str, code: &str| {
        let word = format!("{name}={code}");
        assert!(failure.split_whitespace().any(|w| w == word), "not {word}: {run}");
    };
    // In namespaces there is nobody there; without them no socket is made in the first place.
    let namespaces = has_namespaces(&env, &project);
    has("outside", if namespaces { "ENETUNREACH" } else { "EPERM" });
    for name in names {
        has(name, if namespaces { "ECONNREFUSED" } else { "EPERM" });
    }
    assert_eq!(world.heard(), [""; 0], "{run}");
}
