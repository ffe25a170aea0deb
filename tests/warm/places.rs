//! Who can reach the keeper, and which keeper is trusted.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use crate::support::{Env, have};
use crate::{Warm, is_alive, text, wait};

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The cold path is right, and the status says why.
fn is_cold(warm: &Warm, why: &str) {
    assert_eq!(text(&warm.complete().run()), warm.cold());
    let status = warm.status();
    assert_eq!(status["running"], false, "{status}");
    assert!(status["reason"].as_str().unwrap().contains(why), "{status}");
    let shown = warm.env.slm(["worker", "status"]).run().stdout;
    assert!(shown.starts_with("no worker is kept warm: ") && shown.contains(why), "{shown}");
    assert_eq!(warm.env.slm(["worker", "stop"]).run().code(), 0);
}

#[test]
fn a_directory_that_is_not_the_users_alone_is_not_used() {
    let warm = Warm::new();
    let slm = warm.env.root().join("run/slm");
    std::fs::create_dir(&slm).unwrap();
    mode(&slm, 0o755);
    is_cold(&warm, "chmod 700");
    mode(&slm, 0o700);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&slm, Some(1), None).unwrap();
        is_cold(&warm, "belongs to another user");
        std::os::unix::fs::chown(&slm, Some(0), None).unwrap();
    }
    std::fs::rename(&slm, warm.env.root().join("elsewhere")).unwrap();
    symlink(warm.env.root().join("elsewhere"), &slm).unwrap();
    is_cold(&warm, "is no directory");
    std::fs::remove_file(&slm).unwrap();
    // The control.
    warm.complete().run();
    assert_eq!(warm.status()["running"], true);
}

#[test]
fn without_a_runtime_directory_it_is_a_private_one_among_temporary_files() {
    let mut warm = Warm::new();
    warm.env.set("XDG_RUNTIME_DIR", "");
    warm.complete().run();
    let socket = PathBuf::from(warm.status()["socket"].as_str().unwrap());
    let dir = socket.parent().unwrap();
    assert_eq!(dir.parent().unwrap(), warm.env.root().join("tmp"));
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(is_alive(warm.pids().0));
}

#[test]
fn another_build_has_its_own_keeper() {
    let warm = Warm::new();
    warm.complete().run();
    let (keeper, _) = warm.pids();
    let other = warm.env.root().join("slm");
    std::fs::copy(env!("CARGO_BIN_EXE_slm"), &other).unwrap();
    let status = || warm.env.program(&other, ["worker", "status", "--json"]).run().json();
    assert_eq!(status()["running"], false);
    let words = ["complete", "--json", "--model", "model.gguf", "a.py:2:12"];
    warm.env.program(&other, words).cwd(&warm.dir).run();
    let others = status()["pid"].as_i64().unwrap() as i32;
    assert_ne!(others, keeper);

    // An update: the file is another one now, and the old keeper has nobody to serve.
    std::fs::rename(&other, other.with_extension("old")).unwrap();
    wait("its program was replaced", || !is_alive(others));
    assert!(is_alive(keeper));
    std::fs::remove_file(warm.status()["socket"].as_str().unwrap()).unwrap();
    wait("its socket is gone", || !is_alive(keeper));
}

#[test]
fn a_keeper_started_with_another_priority_is_left_alone() {
    let warm = Warm::new();
    let slm = env!("CARGO_BIN_EXE_slm");
    let words = ["-n", "5", slm, "complete", "--json", "--model", "model.gguf", "a.py:2:12"];
    assert_eq!(warm.env.program("nice", words).cwd(&warm.dir).run().code(), 0);
    let before = warm.status();
    assert_eq!(before["workers"].as_array().unwrap().len(), 1, "{before}");
    assert_eq!(text(&warm.complete().run()), warm.cold());
    let after = warm.status();
    assert_eq!(after["workers"][0]["requests"], before["workers"][0]["requests"], "{after}");
}

#[test]
fn whoever_answers_in_the_keepers_place_with_other_words_is_not_believed() {
    let warm = Warm::new();
    let socket = PathBuf::from(warm.status()["socket"].as_str().unwrap());
    let listener = UnixListener::bind(&socket).unwrap();
    let welcome = serde_json::json!({
        "protocol": 4,
        "identity": {"version": "0.0.9", "build": "other", "conditions": ""},
        "refused": null,
    });
    let answers = [welcome.to_string(), "{}".to_owned(), "nonsense".to_owned()];
    let calls = answers.len() * 2;
    let thread = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for answer in answers.iter().cycle().take(calls) {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut knock = vec![0; u32::from_le_bytes(length) as usize];
            stream.read_exact(&mut knock).unwrap();
            let mut frame = (answer.len() as u32).to_le_bytes().to_vec();
            frame.extend(answer.as_bytes());
            stream.write_all(&frame).unwrap();
        }
    });
    let cold = warm.cold();
    for _ in 0..calls / 2 {
        assert_eq!(text(&warm.complete().run()), cold);
        let run = warm.env.slm(["worker", "status"]).run();
        assert_eq!(run.code(), 3, "{run}");
        assert!(run.stderr.contains("the keeper of the warm worker at"), "{run}");
    }
    thread.join().unwrap();
    std::fs::remove_file(&socket).unwrap();
}

/// Says in its failure what came of connecting to the socket that `address` names.
const TALKATIVE: &str = "\
import errno
import socket

from stock import total

with open('address') as file:
    address = file.read()
try:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talker:
        talker.connect(address)
    found = 'reached'
except OSError as error:
    found = errno.errorcode.get(error.errno, str(error))
assert total([1, 2]) == 3, f'keeper={found}'
";

const STOCK: &str = "def total(values):\n    return sum(values) - 1\n";

#[test]
fn a_checked_command_does_not_reach_the_keeper() {
    if !have(&["python3"]) {
        return;
    }
    // A place that is no scratch of the sandbox's own, as the usual ones are.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::create_dir_all(target);
    let runtime = tempfile::Builder::new().prefix("w").tempdir_in(target).unwrap();
    mode(runtime.path(), 0o700);
    let mut warm = Warm::new();
    warm.env.set("XDG_RUNTIME_DIR", runtime.path());
    warm.complete().run();
    let status = warm.status();
    if let Some(reason) = status["reason"].as_str() {
        println!("skipped: {reason}");
        return;
    }
    let socket = status["socket"].as_str().unwrap();
    let files = [("test_talk.py", TALKATIVE), ("stock.py", STOCK), ("address", socket)];
    let project = warm.env.project(&files);
    // The control: nothing holds it back outside.
    let control = warm.env.program("python3", ["test_talk.py"]).cwd(&project).run();
    assert!(control.stderr.ends_with("AssertionError: keeper=reached\n"), "{control}");

    let said = failure(&warm.env, &project);
    let refused = ["ENOENT", "ECONNREFUSED", "EPERM", "EACCES"];
    assert!(refused.iter().any(|why| said.contains(&format!("keeper={why}"))), "{said}");
}

/// What a checked run of the test says.
fn failure(env: &Env, project: &Path) -> String {
    let words = ["fix", "--yes", "--json", "--", "python3", "test_talk.py"];
    let run = env.slm(words).cwd(project).run();
    run.json()["failure"].as_str().unwrap_or_else(|| panic!("{run}")).to_owned()
}
