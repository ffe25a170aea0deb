//! Several threads and processes at once, and `kill -9` at any moment.
//!
//! The test binary is started again as a child, whose task is in an environment variable.

#![expect(clippy::disallowed_methods, reason = "the tests start themselves as children")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Store;
use super::testing::{Bench, add, quietly};
use crate::models::registry::testing::name;

const TASK: &str = "SLM_TEST_STORE_TASK";
const PLACE: &str = "SLM_TEST_STORE_PLACE";

fn start(task: &str, bench: &Bench) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "models::store::processes::child", "--ignored", "--nocapture"])
        .env(TASK, task)
        .env(PLACE, bench.mine(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The bytes of a model that nobody else adds.
fn unique(who: &str, number: usize) -> Vec<u8> {
    format!("{who} {number:060}").into_bytes()
}

/// Not a test of its own: what the children do.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let Some(task) = std::env::var_os(TASK) else { return };
    let task = task.into_string().unwrap();
    let place = PathBuf::from(std::env::var_os(PLACE).unwrap());
    let store = Store::open(place.join("../data/models")).unwrap();
    let file = place.join(format!("{task}.gguf"));
    if task == "for-ever" {
        for_ever(&store, &file);
    }
    for number in 0..12 {
        add(&store, &file, &format!("{task}-{number}"), &unique(&task, number)).unwrap();
    }
}

/// Adds, rolls back, trims and prunes.
fn for_ever(store: &Store, file: &Path) -> ! {
    let model = name("m");
    for number in 0.. {
        let bytes = unique(&std::process::id().to_string(), number).repeat(1000);
        add(store, file, "m", &bytes).unwrap();
        quietly(|watch| {
            store.change(watch, |list| list.roll_back(&model, None)).unwrap();
            store.change(watch, |list| list.trim(&model, 2)).unwrap();
            store.prune(Duration::from_secs(3600), watch).unwrap();
        });
    }
    unreachable!("the numbers do not end")
}

#[test]
fn what_threads_and_processes_add_at_once_is_all_there() {
    let bench = Bench::new();
    let children: Vec<Child> =
        ["one", "two", "three"].iter().map(|task| start(task, &bench)).collect();
    std::thread::scope(|scope| {
        for who in ["four", "five"] {
            let bench = &bench;
            scope.spawn(move || {
                let store = Store::open(bench.dir()).unwrap();
                for number in 0..12 {
                    let (file, model) = (bench.mine(who), format!("{who}-{number}"));
                    add(&store, &file, &model, &unique(who, number)).unwrap();
                }
            });
        }
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let list = bench.store.registry().unwrap();
    assert_eq!(list.models().len(), 5 * 12);
    assert_eq!(list.claims().len(), 5 * 12);
    assert!(bench.damaged().is_empty() && bench.store.unclaimed().unwrap().is_empty());
    assert!(bench.names("incoming").is_empty());
}

#[test]
fn killed_at_any_moment_the_next_one_finds_a_sound_store() {
    let bench = Bench::prepared();
    let mut changes = 0;
    for round in 0..12 {
        let before = bench.store.registry().unwrap();
        let mut child = start("for-ever", &bench);
        // Different moments; which ones does not matter.
        std::thread::sleep(Duration::from_millis(40 + 17 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(bench.damaged().is_empty(), "{:?}", bench.damaged());
        changes += usize::from(bench.store.registry().unwrap() != before);
        // Nobody holds the lock, and what is left over is found.
        quietly(|watch| bench.store.prune(Duration::ZERO, watch)).unwrap();
        assert!(bench.names("incoming").is_empty() && bench.damaged().is_empty());
    }
    // The control: the children did get to work.
    assert!(changes > 0);
}
