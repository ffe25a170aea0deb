//! A process that dies, and a disk that is full, at every point of unpacking and packing.

use super::*;
use crate::base::fault::injected::{self, Fault};

fn sources(bench: &Bench) -> [Source; 2] {
    [bench.source("tiny", Kind::Model, b"model"), bench.source("extra", Kind::Model, b"adapter")]
}

/// Runs `first` with a fault at each point; `after` looks at what is left, and tries again.
fn at_every_point<T>(
    fault: Fault,
    first: impl Fn(&Bench) -> Result<T, BundleError>,
    after: impl Fn(&Bench, bool),
) -> usize {
    for at in 1.. {
        assert!(at < 200, "there is no end");
        let bench = Bench::new();
        bench.export(&sources(&bench), None, "b.slmb").unwrap();
        let (result, passed) = injected::with(at, fault, || first(&bench));
        let happened = passed.len() >= at;
        let succeeded = match (&result, fault) {
            (None, Fault::Kill) => false,
            (Some(Err(error)), Fault::Errno(_)) => {
                assert!(error.to_string().contains("os error 28"), "{at}: {error}");
                false
            }
            (Some(Ok(_)), _) if !happened => true,
            _ => panic!("{at} of {passed:?}"),
        };
        drop(result);
        after(&bench, succeeded);
        if !happened {
            return passed.len();
        }
    }
    unreachable!("the loop returns")
}

fn unpacked_in_the_end(fault: Fault) {
    let first = |bench: &Bench| bench.unpack("b.slmb", &|_| false);
    let points = at_every_point(fault, first, |bench, _| {
        for name in bench.arrived() {
            let bytes = fs::read(&bench.at("incoming").join(&name)).unwrap();
            let whole = name.strip_suffix(".whole");
            assert!(whole.is_none_or(|key| key == Sha256::of(&bytes).to_string()), "{name}");
        }
        let (_, arrived) = bench.unpack("b.slmb", &|_| false).unwrap();
        for (arrived, bytes) in arrived.iter().zip([b"model".as_slice(), b"adapter"]) {
            assert_eq!(fs::read(arrived.staged.as_ref().unwrap().path()).unwrap(), bytes);
        }
        drop(arrived);
        assert!(
            bench.arrived().iter().all(|name| name.ends_with(".whole")),
            "{:?}",
            bench.arrived()
        );
    });
    assert!(points >= 12, "only {points}");
}

#[test]
fn killed_at_any_point_the_next_unpacking_succeeds() {
    unpacked_in_the_end(Fault::Kill);
}

#[test]
fn on_a_full_disk_at_any_point_the_next_unpacking_succeeds() {
    unpacked_in_the_end(Fault::Errno(libc::ENOSPC));
}

fn exported_in_the_end(fault: Fault) {
    let first = |bench: &Bench| bench.export(&sources(bench), None, "c.slmb");
    let points = at_every_point(fault, first, |bench, succeeded| {
        assert_eq!(bench.at("c.slmb").exists(), succeeded);
        if !succeeded {
            bench.export(&sources(bench), None, "c.slmb").unwrap();
        }
        bench.unpack("c.slmb", &|_| false).unwrap();
        assert_eq!(names(bench.dir.path()), ["b.slmb", "c.slmb", "extra", "incoming", "tiny"]);
    });
    assert!(points >= 20, "only {points}");
}

#[test]
fn killed_at_any_point_there_is_no_half_bundle() {
    exported_in_the_end(Fault::Kill);
}

#[test]
fn on_a_full_disk_at_any_point_there_is_no_half_bundle() {
    exported_in_the_end(Fault::Errno(libc::ENOSPC));
}
