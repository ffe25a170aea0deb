//! The store: what it takes, what it refuses, what it says of files that were changed.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use super::testing::{Bench, bytes, quietly, set_mode, version_of};
use super::*;
use crate::base::Cancel;
use crate::models::registry::testing::name;
use crate::models::registry::{Added, InUse, Label, NewVersion};

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn open(bench: &Bench, version: &str, check: Check) -> Result<Opened, StoreError> {
    quietly(|watch| bench.store.open_model(&name("m"), Some(&label(version)), check, watch))
}

fn stage(bench: &Bench, path: &Path) -> Result<Staged, StoreError> {
    quietly(|watch| bench.store.stage_file(path, None, watch))
}

#[test]
fn a_file_is_copied_and_kept_for_its_owner_alone() {
    let bench = Bench::new();
    bench.add("m", &bytes(1)).unwrap();
    // What the user does with theirs is no matter any more.
    fs::write(&bench.mine("model.gguf"), bytes(7)).unwrap();
    let opened = open(&bench, "1", Check::Hash).unwrap();
    assert_eq!(opened.path, bench.file(&bytes(1)));
    assert_eq!(fs::read(&opened.path).unwrap(), bytes(1));
    assert_eq!(opened.path.metadata().unwrap().nlink(), 1);
    assert_eq!(mode(&opened.path), 0o400);
    for dir in ["", "files", "incoming"] {
        assert_eq!(mode(&bench.dir().join(dir)), 0o700, "{dir}");
    }
    assert_eq!(mode(&bench.dir().join("registry.toml")), 0o600);
    assert!(bench.names("incoming").is_empty());
}

#[test]
fn the_same_file_again_changes_nothing() {
    let bench = Bench::prepared();
    let before = bench.store.registry().unwrap();
    assert_eq!(bench.add("m", &bytes(1)).unwrap(), Added::Known(label("1")));
    assert_eq!(bench.store.registry().unwrap(), before);
    assert!(bench.names("incoming").is_empty());
    // Under another name it is another model, and still one file.
    bench.add("n", &bytes(1)).unwrap();
    assert_eq!(bench.names("files").len(), 3);
}

#[test]
fn only_whole_regular_files_are_taken() {
    let bench = Bench::new();
    let fifo = bench.mine("fifo");
    let (file, user) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600));
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, file, user, 0).unwrap();
    for odd in [fifo.as_path(), &bench.mine("."), Path::new("/dev/zero")] {
        assert!(matches!(stage(&bench, odd), Err(StoreError::NotAFile { .. })), "{odd:?}");
    }
    fs::write(&bench.mine("small"), b"GGUF").unwrap();
    let small = stage(&bench, &bench.mine("small")).unwrap_err();
    assert!(matches!(small, StoreError::TooSmall { size: 4, .. }), "{small}");
    let missing = stage(&bench, &bench.mine("missing")).unwrap_err().to_string();
    assert!(missing.contains("mine/missing"), "{missing}");
    fs::write(&bench.mine("real"), bytes(1)).unwrap();
    let other = quietly(|watch| {
        bench.store.stage_file(&bench.mine("real"), Some(Sha256::of(b"other")), watch)
    });
    assert!(matches!(other, Err(StoreError::OtherFile { .. })), "{other:?}");
    assert!(bench.names("incoming").is_empty());
    symlink(bench.mine("real"), bench.mine("link")).unwrap();
    let staged = stage(&bench, &bench.mine("link")).unwrap();
    assert_eq!((staged.size(), staged.sha256()), (100, Sha256::of(&bytes(1))));
    assert!(!staged.path().is_symlink());
    bench.store.discard(staged).unwrap();
    assert!(bench.names("incoming").is_empty());
}

#[test]
fn a_full_disk_is_seen_before_anything_is_written() {
    let bench = Bench::new();
    let huge = std::fs::File::create(bench.mine("huge")).unwrap();
    // Sparse: 8 TiB that take no room here.
    huge.set_len(8 << 40).unwrap();
    let error = stage(&bench, &bench.mine("huge")).unwrap_err();
    assert!(matches!(error, StoreError::NoSpace { need, .. } if need == 8 << 40), "{error}");
    let error = error.to_string();
    assert!(error.contains("8192.0 GiB needed") && error.contains("slm model remove"), "{error}");
    assert!(bench.names("incoming").is_empty());
    assert!(bench.store.ensure_space(1).is_ok());
}

#[test]
fn a_cancelled_copy_leaves_nothing() {
    let bench = Bench::new();
    fs::write(&bench.mine("big"), vec![5; 3 << 20]).unwrap();
    let cancel = Cancel::new();
    let mut seen = Vec::new();
    let mut note = |progress: crate::models::watch::Progress| {
        seen.push((progress.what, progress.done, progress.of));
        if progress.done == 1 << 20 {
            cancel.cancel();
        }
    };
    let mut watch = Watch::new(&cancel, &mut note);
    let left = bench.store.stage_file(&bench.mine("big"), None, &mut watch);
    assert!(matches!(left, Err(StoreError::Stopped(_))), "{left:?}");
    assert_eq!(seen, [("copying", 0, Some(3 << 20)), ("copying", 1 << 20, Some(3 << 20))]);
    assert!(bench.names("incoming").is_empty());
}

#[test]
fn the_list_never_names_what_is_not_there() {
    let bench = Bench::prepared();
    let before = bench.store.registry().unwrap();
    let add = |new: NewVersion| {
        quietly(|watch| bench.store.change(watch, |list| list.add(&name("n"), new)))
    };
    let missing = add(version_of(&bytes(9))).unwrap_err();
    assert!(matches!(missing, StoreError::NotThere(_)), "{missing}");
    // There, but not with that size.
    let wrong = add(NewVersion { size: 5, ..version_of(&bytes(1)) }).unwrap_err();
    assert!(matches!(wrong, StoreError::Unsound(_)), "{wrong}");
    let manifest = Some(Sha256::of(b"manifest"));
    assert!(add(NewVersion { manifest, ..version_of(&bytes(1)) }).is_err());
    assert_eq!(bench.store.registry().unwrap(), before);
    add(version_of(&bytes(1))).unwrap();
}

#[test]
fn a_staged_file_that_was_touched_is_not_adopted() {
    let bench = Bench::new();
    let adopt = |staged: &[Staged]| {
        let new = version_of(&bytes(1));
        quietly(|watch| bench.store.adopt(staged, watch, |list| list.add(&name("m"), new)))
    };
    let longer = [bench.stage(&bytes(1)).unwrap()];
    fs::write(longer[0].path(), bytes(1).repeat(2)).unwrap();
    assert!(matches!(adopt(&longer), Err(StoreError::Moving { .. })));
    let linked = [bench.stage(&bytes(1)).unwrap()];
    std::fs::hard_link(linked[0].path(), bench.mine("other name")).unwrap();
    assert!(matches!(adopt(&linked), Err(StoreError::Moving { .. })));
    std::fs::remove_file(linked[0].path()).unwrap();
    symlink(bench.mine("other name"), linked[0].path()).unwrap();
    assert!(adopt(&linked).is_err());
    assert_eq!(bench.store.registry().unwrap(), Registry::default());
}

#[test]
fn a_manifest_is_kept_and_checked_with_its_model() {
    let bench = Bench::new();
    let manifest = b"the list of what there is, and a signature".as_slice();
    let staged = [bench.stage(&bytes(1)).unwrap(), bench.stage(manifest).unwrap()];
    let new = NewVersion { manifest: Some(Sha256::of(manifest)), ..version_of(&bytes(1)) };
    quietly(|watch| bench.store.adopt(&staged, watch, |list| list.add(&name("m"), new))).unwrap();
    assert!(bench.store.unclaimed().unwrap().is_empty());
    set_mode(&bench.file(manifest), 0o600);
    fs::write(&bench.file(manifest), b"the list of what there is, and a Signature").unwrap();
    let damaged = bench.damaged();
    assert_eq!((damaged.len(), damaged[0].part), (1, Part::Manifest));
    assert_eq!(damaged[0].to_string(), "the manifest of m 1");
}

/// What somebody does to a file of the store.
type Harm = fn(&Path);

const HARMS: [(&str, Harm, &str); 7] = [
    ("removed", |path| std::fs::remove_file(path).unwrap(), "is missing"),
    ("emptied", |path| fs::write(path, b"").unwrap(), "has 0 bytes instead of 100"),
    ("cut short", |path| fs::write(path, vec![2; 99]).unwrap(), "has 99 bytes instead of 100"),
    ("made longer", |path| fs::write(path, vec![2; 101]).unwrap(), "has 101 bytes instead of 100"),
    (
        "made a directory",
        |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        },
        "is no regular file",
    ),
    (
        "made a link",
        |path| {
            let aside = path.with_extension("aside");
            std::fs::rename(path, &aside).unwrap();
            symlink(aside, path).unwrap();
        },
        "is no regular file",
    ),
    (
        "one bit changed",
        |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[57] ^= 1;
            fs::write(path, bytes).unwrap();
        },
        "was changed: its SHA-256 is ",
    ),
];

#[test]
fn every_harm_is_seen_and_the_way_out_is_told() {
    for (what, harm, told) in HARMS {
        let bench = Bench::prepared();
        let path = bench.file(&bytes(2));
        set_mode(&path, 0o600);
        harm(&path);
        let by_size = open(&bench, "2", Check::Size);
        let by_hash = open(&bench, "2", Check::Hash);
        // Only reading all of it shows a changed bit.
        assert_eq!(by_size.is_ok(), what == "one bit changed", "{what}");
        let error = by_hash.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{what}: {error}");
        let error = error.to_string();
        for part in [told, "of m 2", "slm model verify", "slm model rollback m", "to version 1"] {
            assert!(error.contains(part), "{what}: {part}: {error}");
        }
        let damaged = bench.damaged();
        assert_eq!(damaged.len(), 1, "{what}");
        assert_eq!(damaged[0].item, Item::Model { name: name("m"), label: label("2") });
        // The way out: back, or the same file again.
        let back = name("m");
        quietly(|watch| bench.store.change(watch, |list| list.roll_back(&back, None))).unwrap();
        open(&bench, "1", Check::Hash).unwrap();
        if path.is_dir() {
            std::fs::remove_dir(&path).unwrap();
        }
        assert_eq!(bench.add("m", &bytes(2)).unwrap(), Added::Known(label("2")));
        open(&bench, "2", Check::Hash).unwrap();
        assert!(bench.damaged().is_empty(), "{what}");
    }
}

#[test]
fn an_adapter_is_looked_at_too() {
    let bench = Bench::prepared();
    let adapter = "a".parse().unwrap();
    let open = |check| quietly(|watch| bench.store.open_adapter(&adapter, check, watch));
    assert_eq!(fs::read(&open(Check::Hash).unwrap().path).unwrap(), bytes(3));
    std::fs::remove_file(bench.file(&bytes(3))).unwrap();
    let error = open(Check::Size).unwrap_err().to_string();
    assert!(error.contains("the adapter a") && error.contains("slm model adapter add"), "{error}");
}

#[test]
fn a_rollback_and_a_removal_delete_nothing_until_it_is_pruned() {
    let bench = Bench::prepared();
    let before = bench.names("files");
    let model = name("m");
    let change = |work: &dyn Fn(&mut Registry) -> Result<(), RegistryError>| {
        quietly(|watch| bench.store.change(watch, work)).unwrap();
    };
    change(&|list| list.roll_back(&model, None).map(drop));
    change(&|list| list.roll_back(&model, Some(&label("2"))).map(drop));
    assert!(bench.store.unclaimed().unwrap().is_empty());
    change(&|list| list.remove(&model, Some(&label("1")), InUse::Refuse).map(drop));
    assert_eq!(bench.names("files"), before);
    let unclaimed = bench.store.unclaimed().unwrap();
    assert_eq!(unclaimed, [Unclaimed { path: bench.file(&bytes(1)), size: 100 }]);
}

#[test]
fn only_what_nothing_names_is_pruned() {
    let bench = Bench::prepared();
    let claimed = bench.names("files");
    fs::write(&bench.file(&bytes(9)), bytes(9)).unwrap();
    fs::write(&bench.dir().join("files/notes.txt"), b"mine").unwrap();
    let staged = bench.stage(&bytes(8)).unwrap();
    let unpacked = bench.store.staging().join("bundle/deep");
    fs::create_dir_all(&unpacked).unwrap();
    fs::write(&unpacked.join("x"), bytes(7)).unwrap();
    let prune = |stale| quietly(|watch| bench.store.prune(stale, watch)).unwrap();
    // Young files in incoming/ may be somebody's.
    let hour = Duration::from_secs(3600);
    assert_eq!(prune(hour), Pruned { files: 1, bytes: 100 });
    assert!(staged.path().exists() && unpacked.exists());
    let past = std::time::SystemTime::now() - 2 * hour;
    std::fs::File::open(staged.path()).unwrap().set_modified(past).unwrap();
    assert_eq!(prune(hour), Pruned { files: 1, bytes: 100 });
    assert!(!staged.path().exists() && unpacked.exists());
    assert_eq!(prune(Duration::ZERO), Pruned { files: 1, bytes: 100 });
    let left: Vec<_> = bench.names("files").into_iter().filter(|n| n != "notes.txt").collect();
    assert_eq!(left, claimed);
    assert!(bench.dir().join("files/notes.txt").exists() && bench.names("incoming").is_empty());
}

#[test]
fn what_the_list_names_is_not_forgotten() {
    let bench = Bench::prepared();
    fs::write(&bench.file(&bytes(9)), bytes(9)).unwrap();
    for number in [2, 9] {
        quietly(|watch| bench.store.forget(Sha256::of(&bytes(number)), watch)).unwrap();
    }
    assert!(bench.damaged().is_empty() && !bench.file(&bytes(9)).exists());
}

#[test]
fn a_store_that_others_can_write_to_is_refused() {
    let bench = Bench::prepared();
    for (dir, bad) in [("", 0o770), ("files", 0o702), ("incoming", 0o777)] {
        let dir = bench.dir().join(dir);
        set_mode(&dir, bad);
        let error = Store::open(bench.dir()).unwrap_err();
        assert!(matches!(&error, StoreError::NotPrivate { .. }), "{error}");
        assert!(error.to_string().contains("chmod go-w"), "{error}");
        set_mode(&dir, 0o755);
        Store::open(bench.dir()).unwrap();
    }
    let foreign = if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(bench.dir(), Some(12_345), None).unwrap();
        bench.dir()
    } else {
        "/".into()
    };
    let error = Store::open(&foreign).unwrap_err().to_string();
    assert!(error.contains("belongs to somebody else"), "{error}");
    fs::write(&bench.mine("plain"), b"x").unwrap();
    assert!(Store::open(bench.mine("plain")).is_err());
}

#[test]
fn looking_makes_nothing() {
    let bench = Bench::prepared();
    let none = bench.mine("none");
    assert!(Store::find(&none).unwrap().is_none());
    assert!(!none.exists());
    let found = Store::find(bench.dir()).unwrap().unwrap();
    assert_eq!(found.registry().unwrap().models().len(), 1);
}

#[test]
fn a_damaged_list_is_named_and_not_written_over() {
    let bench = Bench::prepared();
    let path = bench.dir().join("registry.toml");
    let text = fs::read_text(&path).unwrap();
    for (damaged, told) in [
        (text.replacen("format = 1", "format = 2", 1), "has format 2"),
        (text[..text.len() / 2].to_owned(), "is damaged"),
        (String::new(), "is damaged"),
    ] {
        fs::write(&path, &damaged).unwrap();
        for error in [
            bench.store.registry().unwrap_err(),
            bench.add("m", &bytes(5)).unwrap_err(),
            quietly(|watch| bench.store.prune(Duration::ZERO, watch)).unwrap_err(),
        ] {
            let error = error.to_string();
            assert!(error.contains(told) && error.contains("registry.toml"), "{error}");
        }
        assert_eq!(fs::read_text(&path).unwrap(), damaged);
    }
    fs::write(&path, &text).unwrap();
    assert!(bench.damaged().is_empty());
}

#[test]
fn a_change_waits_for_another_and_says_whose_it_is() {
    let bench = Bench::prepared();
    let cancel = Cancel::new();
    let lock = Lock::take(&bench.dir(), PATIENCE, &mut Watch::quiet(&cancel)).unwrap();
    let patience = Duration::from_millis(30);
    let hasty = Store { patience, ..bench.store.clone() };
    let back = name("m");
    let change = |watch: &mut Watch<'_>| hasty.change(watch, |list| list.roll_back(&back, None));
    let held = quietly(change).unwrap_err();
    assert!(matches!(held, StoreError::Held { pid: Some(pid), .. } if pid == std::process::id()));
    let mut note = |progress: crate::models::watch::Progress| {
        assert_eq!(progress.what, "waiting for another slm");
        cancel.cancel();
    };
    let patient = Store { patience: PATIENCE, ..hasty.clone() };
    let mut watch = Watch::new(&cancel, &mut note);
    let left = patient.change(&mut watch, |list| list.roll_back(&back, None));
    assert!(matches!(left, Err(StoreError::Stopped(_))), "{left:?}");
    // Looking waits for nobody.
    assert!(open(&bench, "2", Check::Hash).is_ok());
    drop(lock);
    quietly(change).unwrap();
}
