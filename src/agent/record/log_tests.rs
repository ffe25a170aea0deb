//! Whole lines from many at once, damaged files, limits, clocks that are set, disks that are full.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::agent::record::word::{Code, Status, Task};
use crate::agent::record::{Route, Run};
use crate::base::fault::injected::{Fault, with};
use crate::base::fs as files;

const DAY: u64 = SECONDS;
/// 2026-01-31, at noon.
const NOON: u64 = 1_769_817_600 + DAY / 2;
const ALL: Limits = Limits { days: 365, bytes: 64 << 20 };

fn log(limits: Limits) -> (tempfile::TempDir, Log) {
    let top = tempfile::tempdir().unwrap();
    let log = Log::new(top.path().join("state/slm/stats"), limits);
    (top, log)
}

fn run(ms: u64) -> Event {
    let (generated, checked) = (Some(3), Some(2));
    Event::Run(Run { ms, generated, checked, ..Run::new(Task::Fix, Status::Fixed) })
}

fn names(log: &Log) -> Vec<String> {
    let entries = std::fs::read_dir(log.directory()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn times(read: &LogRead) -> Vec<u64> {
    let ms = read.entries.iter().map(|entry| match &entry.event {
        Event::Run(run) => run.ms,
        other => panic!("{other:?}"),
    });
    ms.collect()
}

#[test]
fn what_is_added_is_read_and_nobody_else_can() {
    let (_top, log) = log(ALL);
    assert_eq!(log.read(0).unwrap(), LogRead::default(), "there is no directory yet");
    assert_eq!(log.clear().unwrap(), 0);
    let route = Route {
        task: Task::Fix,
        stage: Code::new("model"),
        taken: false,
        reason: Code::new("rules-enough"),
        confidence: Some(0.25),
    };
    for event in [run(7), Event::Route(route)] {
        log.append(NOON, event.clone()).unwrap();
        let read = log.read(NOON).unwrap();
        assert_eq!(read.entries.last(), Some(&Entry { at: NOON, event }));
    }
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let file = log.directory().join("2026-01-31.jsonl");
    assert_eq!((mode(log.directory()), mode(&file)), (0o700, 0o600));

    // What somebody opened up is closed again.
    std::fs::set_permissions(log.directory(), Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    log.append(NOON, run(8)).unwrap();
    assert_eq!((mode(log.directory()), mode(&file)), (0o700, 0o600));
    assert_eq!(log.clear().unwrap(), 1);
    assert_eq!(log.read(0).unwrap(), LogRead::default());
}

#[test]
fn lines_stay_whole_when_many_write() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 300;
    let (_top, log) = log(ALL);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let log = log.clone();
            scope.spawn(move || {
                (0..EACH).for_each(|n| log.append(NOON, run(writer * EACH + n)).unwrap());
            });
        }
    });
    let read = log.read(0).unwrap();
    let mut seen = times(&read);
    seen.sort_unstable();
    assert_eq!(seen, (0..WRITERS * EACH).collect::<Vec<_>>());
    assert_eq!((read.skipped, read.unreadable), (0, 0));
}

#[test]
fn what_is_damaged_is_passed_over_and_counted() {
    let (_top, log) = log(ALL);
    log.append(NOON, run(1)).unwrap();
    let path = log.directory().join("2026-01-31.jsonl");
    let mut text = files::read(&path).unwrap();
    let whole = text.clone();
    text.extend(b"\n\n{\"at\":1,\"event\":\"run\",\"task\":\"fix\",\"status\":\"perfect\"}\n");
    text.extend(b"\xff\xfe\x00 no text\n");
    text.extend([b'x'; 3 * LINE]);
    text.extend(b"{\"at\":1}\n");
    text.extend(b"{\"at\":99,\"event\":\"of-a-later-version\"}\n");
    text.extend(&whole[..whole.len() / 2]);
    files::write(&path, &text).unwrap();
    // After a line that was torn, one begins anew.
    log.append(NOON, run(2)).unwrap();
    let read = log.read(0).unwrap();
    assert_eq!(times(&read), [1, 2]);
    // The status, what is no text, what is too long, the later version, the torn one.
    assert_eq!((read.skipped, read.unreadable), (5, 0));
}

#[test]
fn what_is_no_file_of_the_log_is_neither_read_nor_written_nor_removed() {
    let (top, log) = log(ALL);
    log.append(NOON, run(1)).unwrap();
    let outside = top.path().join("outside");
    files::write(&outside, "mine\n").unwrap();
    let link = log.directory().join("2026-02-01.jsonl");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    std::fs::create_dir(log.directory().join("2026-02-02.jsonl")).unwrap();
    files::write(&log.directory().join("notes.jsonl"), "mine\n").unwrap();
    for day in [1, 2] {
        let error = log.append(NOON + day * DAY, run(2)).unwrap_err().to_string();
        assert!(error.contains("2026-02-0"), "{error}");
    }
    let read = log.read(0).unwrap();
    assert_eq!((times(&read), read.unreadable), (vec![1], 2));
    assert!(log.clear().is_err(), "a directory is not removed");
    assert_eq!(files::read_text(&outside).unwrap(), "mine\n");
    assert!(names(&log).contains(&"notes.jsonl".to_owned()));
}

#[test]
fn a_large_day_goes_on_in_another_file() {
    let (_top, log) = log(ALL);
    log.append(NOON, run(1)).unwrap();
    let first = log.directory().join("2026-01-31.jsonl");
    let line = files::read_text(&first).unwrap();
    files::write(&first, line.repeat(PART as usize / line.len() + 1)).unwrap();
    log.append(NOON, run(2)).unwrap();
    assert_eq!(names(&log), ["2026-01-31.1.jsonl", "2026-01-31.jsonl"]);
    let read = log.read(0).unwrap();
    assert_eq!(times(&read).last(), Some(&2), "parts are read in order");
}

#[test]
fn the_oldest_go_first_by_age() {
    let (_top, log) = log(Limits { days: 3, ..ALL });
    for day in 0..6 {
        log.append(NOON + day * DAY, run(day)).unwrap();
    }
    assert_eq!(names(&log), ["2026-02-03.jsonl", "2026-02-04.jsonl", "2026-02-05.jsonl"]);
    assert_eq!(times(&log.read(NOON + 4 * DAY).unwrap()), [4, 5]);
}

#[test]
fn the_oldest_go_first_by_size() {
    let (_top, log) = log(Limits { days: 365, bytes: 2000 });
    for day in 0..40 {
        log.append(NOON + day * DAY, run(day)).unwrap();
    }
    let read = log.read(0).unwrap();
    let size: u64 =
        names(&log).iter().map(|name| log.directory().join(name).metadata().unwrap().len()).sum();
    assert!(size <= 2000 && size > 1500, "{size}");
    assert_eq!(times(&read).last(), Some(&39));
    // Nothing else has room: the newest stays all the same.
    let (_top, tiny) = super::tests::log(Limits { days: 1, bytes: 0 });
    tiny.append(NOON, run(1)).unwrap();
    tiny.append(NOON + DAY, run(2)).unwrap();
    assert_eq!(times(&tiny.read(0).unwrap()), [2]);
}

#[test]
fn a_clock_that_goes_back_loses_nothing() {
    let (_top, log) = log(Limits { days: 2, ..ALL });
    log.append(NOON + 300 * DAY, run(1)).unwrap();
    log.append(NOON, run(2)).unwrap();
    log.append(0, run(3)).unwrap();
    log.append(u64::MAX, run(4)).unwrap();
    log.append(NOON + 300 * DAY, run(5)).unwrap();
    // What was old by the clock before is gone, what was new by it stays, wherever the clock went then.
    let mut seen = times(&log.read(0).unwrap());
    seen.sort_unstable();
    assert_eq!(seen, [1, 4, 5]);
}

#[test]
fn a_full_disk_is_an_error_and_nothing_more() {
    let (_top, log) = log(ALL);
    log.append(NOON, run(1)).unwrap();
    let (result, points) =
        with(1, Fault::Errno(libc::ENOSPC), || log.append(NOON, run(2)).map_err(|e| e.to_string()));
    assert_eq!(points, ["append"]);
    let error = result.unwrap().unwrap_err();
    assert!(error.contains("2026-01-31.jsonl"), "{error}");
    log.append(NOON, run(3)).unwrap();
    assert_eq!(times(&log.read(0).unwrap()), [1, 3]);
}

#[test]
fn names_of_files_lead_back() {
    for (number, name) in [(0, "2026-01-31.jsonl"), (12, "2026-01-31.12.jsonl")] {
        let part = Part { day: Day::of(NOON), number };
        assert_eq!((part.name().as_str(), Part::of_name(name)), (name, Some(part)));
    }
    for bad in ["2026-01-31", "2026-01-31.0.jsonl", "2026-01-31.01.jsonl", "x.jsonl", ".jsonl"] {
        assert_eq!(Part::of_name(bad), None, "{bad}");
    }
}
