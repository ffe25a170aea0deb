//! No fault, at any call that changes the disk, leaves a list that is neither the old one nor the new one, or
//! that names a file which is not as it should be.

use std::time::Duration;

use super::testing::{Bench, bytes, quietly};
use super::{Store, StoreError};
use crate::base::fault::injected::{self, Fault};
use crate::models::registry::testing::name;
use crate::models::registry::{InUse, Registry, Role};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Something that is done to a prepared store.
#[derive(Clone, Copy)]
pub(crate) struct Act {
    pub(crate) what: &'static str,
    pub(crate) prepare: fn() -> Bench,
    pub(crate) run: fn(&Bench) -> Result<(), StoreError>,
    /// Whether a list is one of after it.
    pub(crate) done: fn(&Registry) -> bool,
    /// Calls that it must pass, so that the test cannot pass by passing nothing.
    pub(crate) passes: &'static [&'static str],
}

/// Interrupts an act at each of its points in turn, by death and by errors.
pub(crate) fn interrupt_everywhere(act: Act) {
    let bench = (act.prepare)();
    let (result, passed) = injected::with(usize::MAX, Fault::Kill, || (act.run)(&bench));
    result.unwrap().unwrap();
    assert!((act.done)(&bench.store.registry().unwrap()), "{} does nothing", act.what);
    for name in act.passes {
        assert!(passed.contains(name), "{} no longer passes {name:?}: {passed:?}", act.what);
    }
    for at in 1..=passed.len() {
        for fault in [Fault::Kill, Fault::Errno(ENOSPC), Fault::Errno(EIO)] {
            let place = format!("{}, {fault:?} at {at} {:?}", act.what, passed[at - 1]);
            interrupt(act, at, fault, &place);
        }
    }
}

fn interrupt(act: Act, at: usize, fault: Fault, place: &str) {
    let bench = (act.prepare)();
    let old = bench.store.registry().unwrap();
    assert!(!(act.done)(&old), "{place}");
    let (result, _) = injected::with(at, fault, || (act.run)(&bench));
    let now = bench.store.registry().unwrap();
    let done = (act.done)(&now);
    assert!(done || now == old, "a mixed list: {place}");
    match &result {
        None => assert_eq!(fault, Fault::Kill, "{place}"),
        Some(Ok(())) => assert!(done, "{place}"),
        Some(Err(error)) => assert!(error.to_string().contains('/'), "no path: {place}: {error}"),
    }
    assert!(bench.damaged().is_empty(), "{place}: {:?}", bench.damaged());
    if !done {
        (act.run)(&bench).unwrap_or_else(|error| panic!("the second try: {place}: {error}"));
    }
    let after = bench.store.registry().unwrap();
    assert!((act.done)(&after), "{place}");
    quietly(|watch| bench.store.prune(Duration::ZERO, watch)).unwrap();
    assert!(bench.damaged().is_empty(), "{place}: {:?}", bench.damaged());
    assert_eq!(bench.names("incoming"), Vec::<String>::new(), "{place}");
    let claims: Vec<String> = after.claims().iter().map(ToString::to_string).collect();
    assert_eq!(bench.names("files"), claims, "{place}");
}

fn current(list: &Registry) -> Option<&str> {
    list.model(&name("m")).ok().map(|model| model.current.as_str())
}

#[test]
fn adding() {
    interrupt_everywhere(Act {
        what: "add",
        prepare: Bench::prepared,
        run: |bench| bench.add("m", &bytes(9)).map(drop),
        done: |list| current(list) == Some("3"),
        passes: &["open", "write", "fsync", "chmod", "rename"],
    });
}

#[test]
fn adding_several_files_at_once() {
    interrupt_everywhere(Act {
        what: "adopt two",
        prepare: Bench::prepared,
        run: |bench| {
            let staged =
                [bench.stage(&bytes(8))?, bench.stage(&bytes(9))?, bench.stage(&bytes(2))?];
            quietly(|watch| {
                bench.store.adopt(&staged, watch, |list| {
                    for number in [8, 9] {
                        list.add(&name("two"), super::testing::version_of(&bytes(number)))?;
                    }
                    Ok(())
                })
            })
        },
        done: |list| list.model(&name("two")).is_ok_and(|model| model.versions.len() == 2),
        passes: &["open", "write", "fsync", "chmod", "rename"],
    });
}

#[test]
fn adding_an_adapter() {
    interrupt_everywhere(Act {
        what: "add an adapter",
        prepare: Bench::prepared,
        run: |bench| bench.add_adapter("b", 9, 1),
        done: |list| list.adapters().len() == 2,
        passes: &["open", "write", "fsync", "chmod", "rename"],
    });
}

#[test]
fn changing() {
    interrupt_everywhere(Act {
        what: "use",
        prepare: Bench::prepared,
        run: |bench| {
            let with = name("m");
            quietly(|watch| {
                bench.store.change(watch, |list| list.use_for(Role::Repair, Some(&with)))
            })
        },
        done: |list| list.for_role(Role::Repair).is_some(),
        passes: &["open", "write", "fsync", "rename"],
    });
}

#[test]
fn rolling_back() {
    interrupt_everywhere(Act {
        what: "rollback",
        prepare: Bench::prepared,
        run: |bench| {
            let back = name("m");
            quietly(|watch| bench.store.change(watch, |list| list.roll_back(&back, None))).map(drop)
        },
        done: |list| current(list) == Some("1"),
        passes: &["open", "write", "fsync", "rename"],
    });
}

#[test]
fn removing() {
    interrupt_everywhere(Act {
        what: "remove and prune",
        prepare: Bench::prepared,
        run: |bench| {
            let gone = name("m");
            quietly(|watch| {
                bench.store.change(watch, |list| list.remove(&gone, None, InUse::Remove))?;
                bench.store.prune(Duration::ZERO, watch).map(drop)
            })
        },
        done: |list| list.models().is_empty(),
        passes: &["open", "write", "fsync", "rename", "unlink"],
    });
}

#[test]
fn making_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let place = |at: usize| dir.path().join(at.to_string()).join("models");
    let open = |at| Store::open(place(at)).map(drop);
    let (_, passed) = injected::with(usize::MAX, Fault::Kill, || open(0));
    assert_eq!(passed, ["mkdir"; 3]);
    for at in 1..=passed.len() {
        let (killed, _) = injected::with(at, Fault::Kill, || open(at));
        assert!(killed.is_none());
        let (full, _) = injected::with(1, Fault::Errno(ENOSPC), || open(at));
        let fails = full.unwrap().is_err();
        assert_eq!(fails, at < passed.len() || !place(at).join("incoming").exists(), "{at}");
        open(at).unwrap();
        assert_eq!(Store::open(place(at)).unwrap().registry().unwrap(), Registry::default());
    }
}
