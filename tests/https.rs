//! Encrypted connections as users have them: a server with the certificate of a private authority, and certificates
//! that must not be taken; for downloads and for an endpoint, and through a proxy.

#![cfg(all(unix, feature = "remote"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

#[path = "https/certificates.rs"]
mod certificates;
#[path = "https/server.rs"]
mod server;
mod support;

use std::path::Path;

use certificates::{Authority, Valid};
use server::{Server, gives, says};
use support::{Env, Run};

/// A model of random weights.
fn file() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models");
    std::fs::read(folder.join("tiny-llama.gguf")).unwrap()
}

/// An environment whose user has named the authority's certificate.
fn trusting(authority: &Authority) -> Env {
    let mut env = Env::new();
    let path = env.root().join("authority.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    env.set("SSL_CERT_FILE", path);
    env
}

/// `slm model pull` of [`file`] from `host`.
fn pull(env: &Env, host: &str) -> Run {
    let digest = slm::models::Sha256::of(&file()).to_string();
    let url = format!("https://{host}/coder.gguf");
    env.slm(["model", "pull", &url, "--sha256", &digest]).run()
}

/// A word said to the model behind an endpoint.
fn hello(env: &Env, host: &str) -> Run {
    let url = format!("https://{host}/v1");
    env.slm(["run", "--endpoint", &url, "hello"]).cwd(&env.project(&[("a.py", "")])).run()
}

/// A server for both, as `localhost`.
fn both(authority: &Authority, host: &str, valid: Valid) -> (Server, String) {
    let answer = |request: &str, _| match request.contains("/coder.gguf") {
        true => gives(&file(), request),
        false => says("Good morning.", request),
    };
    let server = Server::new(authority.signs(host, valid), answer);
    let host = format!("localhost:{}", server.port());
    (server, host)
}

#[track_caller]
fn ended(run: &Run, status: i32, words: &str) {
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(run.code() == status && said.contains(words), "{words:?}\n{run}");
}

#[test]
fn a_private_authority_is_believed_once_the_user_has_named_it() {
    let authority = Authority::new("ours");
    let (server, host) = both(&authority, "localhost", Valid::Now);
    let env = trusting(&authority);
    ended(&hello(&env, &host), 0, "Good morning.");
    assert_eq!(server.asked().len(), 2);
    if cfg!(feature = "llama") {
        ended(&pull(&env, &host), 0, "added coder 1");
    }

    let env = Env::new();
    let path = env.root().join("authority.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let folder = env.home().join("config/slm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), format!("[network]\nauthorities = {path:?}\n"))
        .unwrap();
    ended(&hello(&env, &host), 0, "Good morning.");
}

#[test]
fn what_was_cut_is_gone_on_with_over_https() {
    let authority = Authority::new("ours");
    let file = file();
    let half = file.len() / 2;
    let server = Server::new(authority.signs("localhost", Valid::Now), move |request, before| {
        let mut answer = gives(&file, request);
        if before == 0 {
            answer.truncate(half);
        }
        answer
    });
    let host = format!("localhost:{}", server.port());
    let run = pull(&trusting(&authority), &host);
    if cfg!(feature = "llama") {
        ended(&run, 0, "added coder 1");
    }
    let asked = server.asked();
    assert!(asked.len() == 2 && asked[1].contains(" from "), "{asked:?}");
}

#[test]
fn a_certificate_that_says_too_little_ends_both_with_the_reason_and_nothing_is_asked() {
    let (ours, other) = (Authority::new("ours"), Authority::new("another"));
    let namesake = Authority::new("ours");
    let cases = [
        (&other, "localhost", Valid::Now, "SSL_CERT_FILE"),
        (&namesake, "localhost", Valid::Now, "SSL_CERT_FILE"),
        (&ours, "models.example.com", Valid::Now, "that of another host"),
        (&ours, "localhost", Valid::Before, "has expired"),
        (&ours, "localhost", Valid::Later, "not valid yet"),
    ];
    let env = trusting(&ours);
    for (authority, name, valid, words) in cases {
        let (server, host) = both(authority, name, valid);
        ended(&hello(&env, &host), 3, words);
        let pulled = pull(&env, &host);
        ended(&pulled, 3, words);
        // It is not tried again and again.
        assert!(!pulled.stderr.contains("tries"), "{pulled}");
        assert_eq!(server.asked(), Vec::<String>::new(), "{words}");
    }
    // Nor are those that everybody believes of use to a private server.
    let (server, host) = both(&ours, "localhost", Valid::Now);
    ended(&pull(&Env::new(), &host), 3, "SSL_CERT_FILE");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_file_of_certificates_that_is_none_is_named() {
    let authority = Authority::new("ours");
    let (server, host) = both(&authority, "localhost", Valid::Now);
    let mut env = Env::new();
    env.set("SSL_CERT_FILE", env.root().join("absent.pem"));
    for run in [pull(&env, &host), hello(&env, &host)] {
        ended(&run, 3, "SSL_CERT_FILE: ");
        ended(&run, 3, "absent.pem");
    }
    let empty = env.root().join("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    env.set("SSL_CERT_FILE", empty);
    for run in [pull(&env, &host), hello(&env, &host)] {
        ended(&run, 3, "certificates (PEM)");
    }
    assert_eq!(server.asked().len(), 0);
    // Whoever is offline needs none.
    env.set("SLM_OFFLINE", "1");
    ended(&pull(&env, &host), 3, "offline");
}

#[test]
fn a_proxy_is_gone_through_and_cannot_read_or_forge() {
    let authority = Authority::new("ours");
    let (server, _) = both(&authority, "models.example.com", Valid::Now);
    // What `me:hunter2` is on the wire.
    let proxy = Server::proxy(&server, "Basic bWU6aHVudGVyMg==");
    let mut env = trusting(&authority);
    let known = format!("http://me:hunter2@127.0.0.1:{}", proxy.port());
    env.set("HTTPS_PROXY", &known);
    ended(&hello(&env, "models.example.com"), 0, "Good morning.");
    let first = "CONNECT models.example.com:443 HTTP/1.1";
    assert!(proxy.asked().iter().all(|line| line == first), "{:?}", proxy.asked());
    if cfg!(feature = "llama") {
        ended(&pull(&env, "models.example.com"), 0, "added coder 1");
    }
    // It leads to a server that is not the one that was meant.
    let before = server.asked().len();
    let mut env = trusting(&authority);
    env.set("HTTPS_PROXY", &known);
    for run in [pull(&env, "other.example.com"), hello(&env, "other.example.com")] {
        ended(&run, 3, "that of another host");
    }
    assert_eq!(server.asked().len(), before);
    // It wants to know who is there.
    env.set("HTTPS_PROXY", known.replace("hunter2", "wrong"));
    for run in [pull(&env, "models.example.com"), hello(&env, "models.example.com")] {
        ended(&run, 3, "the proxy does not let it through");
        assert!(!format!("{run}").contains("wrong"), "{run}");
    }
}
