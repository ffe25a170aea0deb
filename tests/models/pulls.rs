//! `slm model pull` from servers that do what they should, and from those that do not.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{Server, Way};
use crate::support::Env;
use crate::{configure, fixture, incoming, list, model, says, stored};

/// What the server has, and its SHA-256.
fn file() -> (Vec<u8>, String) {
    let bytes = std::fs::read(fixture("tiny-llama.gguf")).unwrap();
    let digest = slm::models::Sha256::of(&bytes).to_string();
    (bytes, digest)
}

fn pull(env: &Env, server: &Server, status: i32, more: &[&str]) -> crate::support::Run {
    let url = server.url("/coder.gguf");
    let words: Vec<&str> = ["pull", &url].into_iter().chain(more.iter().copied()).collect();
    model(env, status, &words)
}

#[test]
fn a_file_is_fetched_checked_and_can_be_used() {
    let env = Env::new();
    let (bytes, digest) = file();
    let server = Server::new(bytes, &[Way::Whole]);
    let run = pull(&env, &server, 0, &["--sha256", &digest, "--use", "complete"]);
    says(&run, "added coder 1");
    assert_eq!(list(&env)["roles"][1]["model"], "coder");
    says(&model(&env, 0, &["info", "coder"]), &server.url("/coder.gguf"));
    let asked = server.asked().len();
    says(&pull(&env, &server, 0, &["--sha256", &digest]), "here already");
    assert_eq!(server.asked().len(), asked, "it was fetched again");
    assert_eq!(incoming(&env).len(), 0);
}

#[test]
fn without_a_digest_the_user_has_to_say_so() {
    let env = Env::new();
    let server = Server::new(file().0, &[Way::Whole]);
    says(&pull(&env, &server, 2, &[]), "--trust-first");
    assert_eq!(server.asked().len(), 0, "something was sent");
    says(&pull(&env, &server, 0, &["--trust-first"]), "believed because it came first");
}

#[test]
fn what_was_cut_is_gone_on_with() {
    let env = Env::new();
    let (bytes, digest) = file();
    let half = bytes.len() / 2;
    let ways = [Way::Cut(half), Way::Status(503), Way::Cut(1000), Way::Whole];
    let server = Server::new(bytes, &ways);
    pull(&env, &server, 0, &["--sha256", &digest]);
    let asked = server.asked();
    assert!(asked[1].ends_with(&format!("from {half}")), "{asked:?}");
    assert!(asked[3].ends_with(&format!("from {}", half + 1000)), "{asked:?}");
}

#[test]
fn a_server_that_does_not_hear_range_or_lies_about_it_is_coped_with() {
    let (bytes, digest) = file();
    for second in [Way::NoRange, Way::LyingRange, Way::Status(416)] {
        let env = Env::new();
        let server = Server::new(bytes.clone(), &[Way::Cut(5000), second, Way::Whole]);
        if second == Way::LyingRange {
            let refused = pull(&env, &server, 3, &["--sha256", &digest]);
            says(&refused, "begins at byte 5001 instead of 5000");
        }
        let run = pull(&env, &server, 0, &["--sha256", &digest]);
        says(&run, "added coder 1");
        says(&model(&env, 0, &["verify"]), "0 damaged");
    }
}

#[test]
fn the_wrong_bytes_are_refused_and_gone() {
    let env = Env::new();
    let (bytes, digest) = file();
    let server = Server::new(bytes, &[Way::Lies]);
    let run = pull(&env, &server, 1, &["--sha256", &digest]);
    says(&run, &digest);
    assert_eq!((stored(&env).len(), incoming(&env).len()), (0, 0));
}

#[test]
fn what_is_no_model_is_refused_and_gone() {
    let env = Env::new();
    let page = vec![b'<'; 4096];
    let digest = slm::models::Sha256::of(&page).to_string();
    let server = Server::new(page, &[Way::Whole]);
    says(&pull(&env, &server, 1, &["--sha256", &digest]), "GGUF");
    assert_eq!((stored(&env).len(), incoming(&env).len()), (0, 0));
}

#[test]
fn redirects_are_followed_within_reason() {
    let (bytes, digest) = file();
    let env = Env::new();
    let server = Server::new(bytes.clone(), &[Way::Redirect, Way::Whole]);
    says(&pull(&env, &server, 0, &["--sha256", &digest]), "/moved");
    for way in [Way::Redirect, Way::RedirectAway] {
        let env = Env::new();
        let server = Server::new(bytes.clone(), &[way]);
        pull(&env, &server, 3, &["--sha256", &digest]);
        assert!(server.asked().len() < 20, "{:?}", server.asked().len());
    }
}

#[test]
fn errors_of_servers_are_said() {
    let (bytes, digest) = file();
    for status in [401, 404, 410] {
        let env = Env::new();
        let server = Server::new(bytes.clone(), &[Way::Status(status)]);
        says(&pull(&env, &server, 3, &["--sha256", &digest]), &status.to_string());
    }
    let env = Env::new();
    let nobody = "http://127.0.0.1:9/coder.gguf";
    model(&env, 3, &["pull", nobody, "--sha256", &digest]);
}

#[test]
fn offline_nothing_is_asked() {
    let (bytes, digest) = file();
    let server = Server::new(bytes, &[Way::Whole]);
    let mut env = Env::new();
    says(&pull(&env, &server, 3, &["--sha256", &digest, "--offline"]), "offline");
    configure(&env, "[models]\noffline = true\n");
    says(&pull(&env, &server, 3, &["--sha256", &digest]), "offline");
    configure(&env, "");
    env.set("SLM_OFFLINE", "1");
    says(&pull(&env, &server, 3, &["--sha256", &digest]), "offline");
    assert_eq!(server.asked().len(), 0);
    env.set("SLM_OFFLINE", "0");
    pull(&env, &server, 0, &["--sha256", &digest]);
}

#[test]
fn a_mirror_stands_for_all_hosts() {
    let (bytes, digest) = file();
    let server = Server::new(bytes, &[Way::Whole]);
    let mut env = Env::new();
    env.set("SLM_MIRROR", server.url("/mirror"));
    let catalogue = env.root().join("models.toml");
    let text = format!(
        "format = 1\nversion = 1\n[[model]]\nname = \"coder\"\nlicence = \"MIT\"\nparameters = 1000\n\
         context = 512\nuse_limits = \"for research\"\nroles = [\"complete\"]\n\
         files = [{{ quantisation = \"F16\", sha256 = \"{digest}\", \
         places = [\"https://models.invalid/some/coder.gguf\"] }}]\n"
    );
    std::fs::write(&catalogue, text).unwrap();
    configure(&env, &format!("[models]\ncatalogue = {catalogue:?}\n"));
    says(&model(&env, 0, &["pull", "coder"]), "for research");
    assert_eq!(server.asked(), ["GET /mirror/some/coder.gguf HTTP/1.1"]);
    // One that was typed is asked itself.
    model(&env, 3, &["pull", "http://127.0.0.1:9/x.gguf", "--sha256", &"0".repeat(64)]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn plain_http_to_other_machines_is_refused_unless_allowed() {
    let env = Env::new();
    let digest = file().1;
    let run = model(&env, 3, &["pull", "http://models.invalid/coder.gguf", "--sha256", &digest]);
    says(&run, "https");
}

#[test]
fn two_at_once_fetch_it_once() {
    let env = Env::new();
    let (bytes, digest) = file();
    let server = Server::new(bytes, &[Way::Whole]);
    let url = server.url("/coder.gguf");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| model(&env, 0, &["pull", &url, "--sha256", &digest]));
        }
    });
    assert_eq!(server.asked().len(), 1, "{:?}", server.asked());
    assert_eq!(stored(&env).len(), 1);
    assert_eq!(list(&env)["models"][0]["versions"].as_array().unwrap().len(), 1);
}

/// Starts a pull that takes minutes, and waits until some of it is there.
fn begun(env: &Env, server: &Server, digest: &str) -> std::process::Child {
    let url = server.url("/coder.gguf");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slm"));
    command.args(["model", "pull", &url, "--sha256", digest]);
    command.env_clear().env("HOME", env.home());
    command.env("XDG_DATA_HOME", env.home().join("data")).stdin(Stdio::null());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let arrived = || {
        let sizes = incoming(env).into_iter().filter_map(|path| path.metadata().ok());
        sizes.map(|about| about.len()).max().unwrap_or(0) > 20 && !server.asked().is_empty()
    };
    let began = Instant::now();
    while !arrived() {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing came");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_pull_that_is_killed_or_interrupted_is_gone_on_with() {
    let (bytes, digest) = file();
    for signal in [rustix::process::Signal::KILL, rustix::process::Signal::INT] {
        let env = Env::new();
        let slow = Server::new(bytes.clone(), &[Way::Slow]);
        let mut child = begun(&env, &slow, &digest);
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        let ended = child.wait().unwrap();
        if signal == rustix::process::Signal::INT {
            assert_eq!(ended.code(), Some(130));
        }
        assert_eq!(stored(&env).len(), 0);
        let server = Server::new(bytes.clone(), &[Way::Whole]);
        pull(&env, &server, 0, &["--sha256", &digest]);
        says(&model(&env, 0, &["verify"]), "0 damaged");
        assert_eq!(incoming(&env).len(), 0);
    }
}
