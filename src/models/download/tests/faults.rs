//! A process that dies, and a disk that is full, at every point of a download.

use super::*;
use crate::base::fault::injected::{self, Fault};

/// A server that loses the first connection, so that there is a part, and a resume.
fn server(file: &[u8]) -> Server {
    let file = file.to_owned();
    Server::new(move |ask| match ask.from() {
        None => good(&file, TAG, ask).cut(30_000),
        Some(_) => good(&file, TAG, ask),
    })
}

/// Does all that a download does to the disk with a fault at each point, and tries again after it.
fn at_every_point(fault: Fault) {
    let file = file(50_000);
    let server = server(&file);
    let wanted = wanted(&server, &file);
    let mut ends = 0;
    for at in 1.. {
        assert!(at < 200, "there is no end");
        let mut bench = Bench::new();
        bench.network.limits.keep_every = 20_000;
        let (result, passed) = injected::with(at, fault, || bench.fetch(&wanted));
        let happened = passed.len() >= at;
        match (&result, fault) {
            (None, Fault::Kill) => {}
            (Some(Err(error)), Fault::Errno(_)) => {
                assert!(error.to_string().contains("os error 28"), "{at}: {error}");
            }
            (Some(Ok(_)), _) if !happened || passed[at - 1] == "unlink" => {}
            other => panic!("{at} of {passed:?}: {other:?}"),
        }
        drop(result);
        // What is there under the name of a whole file is one.
        for entry in std::fs::read_dir(bench.incoming()).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "whole") {
                assert!(crate::base::fs::read(&path).unwrap() == file, "{at}: {passed:?}");
            }
        }
        let new = bench.gets(&wanted, &file);
        std::fs::remove_file(new.staged.path()).unwrap();
        drop(new);
        assert!(bench.names().iter().all(|name| name == "part.toml" || name == "part.new"), "{at}");
        if !happened {
            ends = passed.len();
            break;
        }
    }
    assert!(ends > 15, "only {ends} points");
}

#[test]
fn killed_at_any_point_the_next_try_succeeds() {
    at_every_point(Fault::Kill);
}

#[test]
fn on_a_full_disk_at_any_point_the_next_try_succeeds() {
    at_every_point(Fault::Errno(libc::ENOSPC));
}

#[test]
fn a_torn_note_costs_the_part_and_no_more() {
    let file = file(50_000);
    let server = server(&file);
    for torn in ["", "format = 1\ngood = ", "format = 2\ngood = 30000\n", "\u{0}"] {
        let bench = Bench::new();
        let wanted = wanted(&server, &file);
        crate::base::fs::create_dir_all(&bench.incoming()).unwrap();
        let key = Sha256::of(&file).to_string();
        let at = |end: &str| bench.incoming().join(format!("{key}.{end}"));
        crate::base::fs::write(&at("part"), vec![7; 30_000]).unwrap();
        crate::base::fs::write(&at("part.toml"), torn).unwrap();
        assert_eq!(bench.gets(&wanted, &file).resumed, 0, "{torn}");
    }
}

#[test]
fn a_part_that_was_altered_is_found_out() {
    let file = file(50_000);
    let body = file.clone();
    let server = Server::new(move |ask| match ask.before {
        0 => good(&body, TAG, ask).cut(30_000),
        1..4 => Reply::new(503),
        _ => good(&body, TAG, ask),
    });
    let bench = Bench::new();
    let wanted = wanted(&server, &file);
    bench.fails(&wanted);
    let key = Sha256::of(&file).to_string();
    let part = bench.incoming().join(format!("{key}.part"));
    crate::base::fs::write(&part, vec![7; 30_000]).unwrap();
    assert!(bench.fails(&wanted).contains("another file"));
    assert_eq!(bench.gets(&wanted, &file).resumed, 0);
}
