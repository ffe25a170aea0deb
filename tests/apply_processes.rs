//! Apply between real processes: one writer at a time, and `kill -9` at any moment.
//!
//! The same binary is started again as a child, whose task is in an environment variable.

#![expect(clippy::disallowed_methods, reason = "the tests start themselves as children")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::exit, reason = "a child tells its end by its exit code")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use slm::base::RepoPath;
use slm::edit::{FileChange, LockError, OpMeta, Patch, RepoLock, apply, log, recover};

const TASK: &str = "SLM_TEST_TASK";
const FILES: usize = 6;

fn start(task: &str, dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(TASK, task)
        .env("SLM_TEST_DIR", dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// All files from one generation to the next: "3\n" becomes "4\n".
fn step(root: &Path) -> Patch {
    Patch::new((0..FILES).map(|number| {
        let path = RepoPath::new(&format!("d{number}/f.txt")).unwrap();
        let before = fs::read(path.to_path(root)).unwrap();
        let generation: u64 = String::from_utf8_lossy(&before).trim().parse().unwrap();
        let after = format!("{}\n", generation + 1).into_bytes();
        FileChange { path, before: Some(Arc::from(before)), after: Some(Arc::from(after)) }
    }))
}

/// Not a test of its own: what the children do.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let dir = std::path::PathBuf::from(std::env::var_os("SLM_TEST_DIR").unwrap());
    let (state, root) = (dir.join("state"), dir.join("root"));
    match task.as_str() {
        "apply for ever" => {
            let lock = RepoLock::acquire(&state, &root).unwrap();
            recover(&lock).unwrap();
            loop {
                apply(&lock, &step(&root), &OpMeta::default()).unwrap();
            }
        }
        "hold the lock once" => match RepoLock::acquire(&state, &root) {
            Ok(_lock) => {
                // Fails when another holder is inside.
                fs::create_dir(dir.join("inside")).unwrap();
                std::thread::sleep(Duration::from_millis(2));
                fs::remove_dir(dir.join("inside")).unwrap();
            }
            Err(LockError::Held { .. }) => std::process::exit(40),
            Err(error) => panic!("{error}"),
        },
        other => panic!("no task {other:?}"),
    }
}

fn prepared() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..FILES {
        let folder = dir.path().join(format!("root/d{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("f.txt"), "0\n").unwrap();
    }
    dir
}

/// The one generation that all files are of, and that nothing else lies about.
fn generation(root: &Path) -> u64 {
    let mut all = Vec::new();
    for number in 0..FILES {
        let folder = root.join(format!("d{number}"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "leftovers in {}", folder.display());
        all.push(fs::read_to_string(folder.join("f.txt")).unwrap());
    }
    assert!(all.iter().all(|text| *text == all[0]), "a mixed tree: {all:?}");
    all[0].trim().parse().unwrap()
}

/// A number below `below` from a fixed sequence, so that a failure can be repeated (xorshift,
/// Marsaglia 2003).
fn random(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

#[test]
fn killed_at_random_moments_the_tree_is_of_one_generation() {
    let rounds = std::env::var("SLM_TEST_KILLS").map_or(15, |text| text.parse().unwrap());
    let dir = prepared();
    let (state, root) = (dir.path().join("state"), dir.path().join("root"));
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    let (mut interrupted, mut reached) = (0, 0);
    for round in 0..rounds {
        let mut child = start("apply for ever", dir.path());
        std::thread::sleep(Duration::from_micros(15_000 + random(&mut seed, 40_000)));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "the child ended by itself");
        // A dead holder leaves no lock behind.
        let lock = RepoLock::acquire(&state, &root).unwrap();
        interrupted += u32::from(recover(&lock).unwrap().is_some());
        let now = generation(&root);
        assert!(now >= reached, "round {round}: went back from {reached} to {now}");
        assert_eq!(log(&state, &root).unwrap().len() as u64, now, "round {round}");
        reached = now;
    }
    println!("{rounds} kills, {interrupted} of them inside an apply, {reached} applies");
    assert!(reached > 0, "no child got as far as one apply");
}

#[test]
fn of_twenty_at_once_one_at_a_time_gets_in() {
    let dir = prepared();
    let children: Vec<Child> = (0..20).map(|_| start("hold the lock once", dir.path())).collect();
    let codes: Vec<_> =
        children.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 40))), "{codes:?}");
    assert!(codes.contains(&Some(0)), "{codes:?}");
}
