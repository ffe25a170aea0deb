//! Encryption at rest: what it hides, what it refuses, and that no fault loses a model.

use super::*;
use crate::models::registry::testing::name;
use crate::models::store::testing::{Bench, bytes, quietly};

fn words(text: &str) -> Key {
    Key::Passphrase(Secret::new(text))
}

fn model(label: &str) -> Item {
    Item::Model { name: name("m"), label: label.parse().unwrap() }
}

#[cfg(not(feature = "encryption"))]
#[test]
fn a_build_without_it_says_which_feature_is_missing() {
    use crate::models::registry::Role;
    use crate::models::store::testing::version_of;
    let bench = Bench::prepared();
    let key = words("correct horse");
    let error = quietly(|watch| bench.store.encrypt(&model("2"), &key, watch)).unwrap_err();
    assert!(error.to_string().contains("--features encryption"), "{error}");
    // A list that another build has written.
    let sealed = [bench.stage(b"something that only age can read").unwrap()];
    let kept = Kept { sha256: sealed[0].sha256(), size: sealed[0].size() };
    let plain = version_of(&bytes(2));
    quietly(|watch| {
        bench.store.adopt(&sealed, watch, |list| {
            list.set_sealed(plain.sha256, Some(kept));
            Ok(())
        })
    })
    .unwrap();
    let open = |check| quietly(|watch| bench.store.open_model(&name("m"), None, check, watch));
    let errors = [
        open(Check::Size).unwrap_err(),
        quietly(|watch| bench.store.decrypt(&model("2"), &key, watch)).unwrap_err(),
        quietly(|watch| bench.store.open_sealed(&model("2"), &key, None, watch)).unwrap_err(),
    ];
    for error in errors {
        let error = error.to_string();
        assert!(
            error.contains("m 2 is encrypted") && error.contains("--features encryption"),
            "{error}"
        );
    }
    assert!(bench.damaged().is_empty() && bench.names("incoming").is_empty());
    assert!(bench.store.registry().unwrap().for_role(Role::Chat).is_some());
}

#[cfg(feature = "encryption")]
mod with_age {
    use super::*;
    use crate::base::Cancel;
    use crate::base::fs;
    use crate::models::adapters::Adapter;
    use crate::models::registry::Registry;
    use crate::models::store::faults::{Act, interrupt_everywhere};
    use crate::models::store::testing::{set_mode, version_of};

    fn encrypt(bench: &Bench, item: &Item, key: &Key) -> Result<Sealing, StoreError> {
        quietly(|watch| bench.store.encrypt(item, key, watch))
    }

    fn decrypt(bench: &Bench, item: &Item, key: &Key) -> Result<Sealing, StoreError> {
        quietly(|watch| bench.store.decrypt(item, key, watch))
    }

    fn unseal(bench: &Bench, item: &Item, key: &Key) -> Result<Unsealed, StoreError> {
        quietly(|watch| bench.store.open_sealed(item, key, None, watch))
    }

    /// A key file of the user's.
    fn key_file(bench: &Bench, text: &str) -> Key {
        let path = bench.mine("key.txt");
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        Key::File(path)
    }

    fn new_key(bench: &Bench) -> Key {
        Key::make_file(&bench.mine("new.txt")).unwrap()
    }

    /// Whether the bytes occur in any file of the store.
    fn visible(bench: &Bench, bytes: &[u8]) -> bool {
        let dirs = ["files", "incoming"];
        let files = dirs.iter().flat_map(|dir| {
            bench.names(dir).into_iter().map(move |name| bench.dir().join(dir).join(name))
        });
        files
            .into_iter()
            .any(|file| fs::read(&file).unwrap().windows(20).any(|part| part == &bytes[..20]))
    }

    #[test]
    fn an_encrypted_model_is_nowhere_in_plain_and_comes_back() {
        for with_file in [false, true] {
            let bench = Bench::prepared();
            let key = if with_file { new_key(&bench) } else { words("correct horse") };
            assert!(visible(&bench, &bytes(2)));
            assert_eq!(encrypt(&bench, &model("2"), &key).unwrap(), Sealing::Done);
            assert!(!visible(&bench, &bytes(2)) && visible(&bench, &bytes(1)));
            assert_eq!(encrypt(&bench, &model("2"), &key).unwrap(), Sealing::Already);
            assert!(bench.damaged().is_empty() && bench.store.unclaimed().unwrap().is_empty());
            let open =
                |check| quietly(|watch| bench.store.open_model(&name("m"), None, check, watch));
            assert!(matches!(open(Check::Size), Err(StoreError::Sealed(_))));
            let plain = unseal(&bench, &model("2"), &key).unwrap();
            let path = plain.path().to_owned();
            assert_eq!(fs::read(&path).unwrap(), bytes(2));
            let mode = std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap());
            assert_eq!(mode & 0o7777, 0o600);
            drop(plain);
            assert!(!path.exists() && bench.names("incoming").is_empty());
            assert_eq!(decrypt(&bench, &model("2"), &key).unwrap(), Sealing::Done);
            assert_eq!(decrypt(&bench, &model("2"), &key).unwrap(), Sealing::Already);
            assert_eq!(fs::read(&open(Check::Hash).unwrap().path).unwrap(), bytes(2));
            assert_eq!(bench.names("files").len(), 3);
            assert!(matches!(unseal(&bench, &model("2"), &key), Err(StoreError::NotSealed(_))));
        }
    }

    #[test]
    fn adapters_too_and_every_entry_with_the_same_bytes() {
        let bench = Bench::prepared();
        bench.add("copy", &bytes(2)).unwrap();
        let key = words("correct horse");
        encrypt(&bench, &Item::Adapter("a".parse().unwrap()), &key).unwrap();
        encrypt(&bench, &model("2"), &key).unwrap();
        assert!(!visible(&bench, &bytes(2)) && !visible(&bench, &bytes(3)));
        // Added again, it does not come back in plain.
        bench.add("later", &bytes(2)).unwrap();
        assert!(!visible(&bench, &bytes(2)) && bench.names("incoming").is_empty());
        for copy in ["copy", "later"] {
            let item = Item::Model { name: name(copy), label: "1".parse().unwrap() };
            assert_eq!(fs::read(unseal(&bench, &item, &key).unwrap().path()).unwrap(), bytes(2));
        }
        assert!(bench.damaged().is_empty());
    }

    #[test]
    fn another_key_is_told_from_a_changed_file() {
        let bench = Bench::prepared();
        encrypt(&bench, &model("2"), &words("correct horse")).unwrap();
        for wrong in [words("correct horses"), new_key(&bench)] {
            let error = decrypt(&bench, &model("2"), &wrong).unwrap_err();
            assert!(matches!(error, StoreError::WrongKey(_)), "{error}");
            assert!(matches!(unseal(&bench, &model("2"), &wrong), Err(StoreError::WrongKey(_))));
        }
        let sealed =
            bench.store.registry().unwrap().version(&name("m"), None).unwrap().version.kept();
        let path = bench.dir().join("files").join(sealed.sha256.to_string());
        set_mode(&path, 0o600);
        let whole = fs::read(&path).unwrap();
        // In its header, its key, its text, and its end.
        for at in [3, 40, 100, whole.len() - 60, whole.len() - 1] {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            for key in [words("correct horse"), words("wrong")] {
                let error = decrypt(&bench, &model("2"), &key).unwrap_err();
                assert!(matches!(error, StoreError::Damaged(_)), "{at}: {error}");
                assert!(unseal(&bench, &model("2"), &key).is_err(), "{at}");
            }
            assert_eq!(bench.damaged().len(), 1, "{at}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(matches!(decrypt(&bench, &model("2"), &words("x")), Err(StoreError::Damaged(_))));
        assert!(bench.names("incoming").is_empty());
        fs::write(&path, &whole).unwrap();
        decrypt(&bench, &model("2"), &words("correct horse")).unwrap();
    }

    #[test]
    fn what_comes_out_must_be_the_model() {
        let bench = Bench::prepared();
        let key = words("correct horse");
        encrypt(&bench, &model("1"), &key).unwrap();
        encrypt(&bench, &model("2"), &key).unwrap();
        // Somebody exchanges two encrypted files, and the list to match.
        let path = bench.dir().join("registry.toml");
        let list = bench.store.registry().unwrap();
        let sealed = |label: &str| {
            let label = label.parse().unwrap();
            list.version(&name("m"), Some(&label)).unwrap().version.kept()
        };
        let mut swapped = list.clone();
        swapped.set_sealed(Sha256::of(&bytes(1)), Some(sealed("2")));
        swapped.set_sealed(Sha256::of(&bytes(2)), Some(sealed("1")));
        fs::write(&path, swapped.to_text().unwrap()).unwrap();
        let error = decrypt(&bench, &model("2"), &key).unwrap_err();
        assert!(matches!(error, StoreError::OtherFile { .. }), "{error}");
        assert!(unseal(&bench, &model("2"), &key).is_err());
    }

    #[test]
    fn a_damaged_model_is_not_encrypted() {
        let bench = Bench::prepared();
        set_mode(&bench.file(&bytes(2)), 0o600);
        fs::write(&bench.file(&bytes(2)), bytes(5)).unwrap();
        let error = encrypt(&bench, &model("2"), &words("correct horse")).unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error}");
        assert!(bench.names("incoming").is_empty());
    }

    #[test]
    fn keys_that_are_none_are_refused_and_not_repeated() {
        let bench = Bench::prepared();
        let empty = encrypt(&bench, &model("2"), &words("  ")).unwrap_err();
        assert!(matches!(empty, StoreError::EmptyPassphrase), "{empty}");
        for bad in ["", "# nothing\n", "hunter2\n", "AGE-SECRET-KEY-1QQQ\n"] {
            let error = encrypt(&bench, &model("2"), &key_file(&bench, bad)).unwrap_err();
            assert!(matches!(error, StoreError::KeyFile { .. }), "{bad:?}: {error}");
            let error = error.to_string();
            assert!(error.contains("key.txt") && !error.contains("hunter2"), "{error}");
        }
        let path = bench.mine("new.txt");
        Key::make_file(&path).unwrap();
        assert!(Key::make_file(&path).is_err(), "one that is there is not written over");
        set_mode(&path, 0o640);
        let shared = encrypt(&bench, &model("2"), &Key::File(path)).unwrap_err().to_string();
        assert!(shared.contains("chmod 600"), "{shared}");
        assert!(encrypt(&bench, &model("2"), &Key::File(bench.mine("none"))).is_err());
        assert!(!format!("{:?}", words("hunter2")).contains("hunter2"));
        assert!(bench.damaged().is_empty() && visible(&bench, &bytes(2)));
    }

    #[test]
    fn the_plain_file_goes_where_it_is_wished_and_abandoned_ones_go() {
        let bench = Bench::prepared();
        let key = words("correct horse");
        encrypt(&bench, &model("2"), &key).unwrap();
        let place = bench.mine("run");
        std::fs::create_dir(&place).unwrap();
        set_mode(&place, 0o700);
        let abandoned = place.join("slm-plain-1-0");
        fs::write(&abandoned, bytes(2)).unwrap();
        fs::write(&place.join("other"), b"x").unwrap();
        let open =
            || quietly(|watch| bench.store.open_sealed(&model("2"), &key, Some(&place), watch));
        let first = open().unwrap();
        let second = open().unwrap();
        assert!(!abandoned.exists() && place.join("other").exists());
        assert_eq!(first.path().parent(), Some(place.as_path()));
        assert_eq!(first.place(), Place::Wished);
        assert_eq!(unseal(&bench, &model("2"), &key).unwrap().place(), Place::Store);
        assert_eq!(fs::read(first.path()).unwrap(), fs::read(second.path()).unwrap());
        drop((first, second));
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1);
        let (wished, huge) = (Some(place.as_path()), 8 << 40);
        assert!(matches!(
            bench.store.room_for_plain(wished, huge),
            Err(StoreError::NoSpace { .. })
        ));
        set_mode(&place, 0o777);
        assert!(matches!(open(), Err(StoreError::NotPrivate { .. })));
        std::fs::remove_file(place.join("other")).unwrap();
        std::fs::remove_dir(&place).unwrap();
        assert!(
            open().is_err() && !place.exists(),
            "a place in memory is not replaced by one on the disk"
        );
    }

    #[test]
    fn it_can_be_cancelled() {
        let bench = Bench::prepared();
        let cancel = Cancel::new();
        cancel.cancel();
        let mut watch = Watch::quiet(&cancel);
        let left = bench.store.encrypt(&model("2"), &words("correct horse"), &mut watch);
        assert!(matches!(left, Err(StoreError::Stopped(_))), "{left:?}");
        assert!(bench.names("incoming").is_empty() && bench.damaged().is_empty());
    }

    #[test]
    fn more_than_one_piece_survives() {
        let bench = Bench::new();
        let large: Vec<u8> = (0..3_000_017_u32).map(|at| (at % 251) as u8).collect();
        bench.add("m", &large).unwrap();
        let key = words("correct horse");
        encrypt(&bench, &model("1"), &key).unwrap();
        assert_eq!(fs::read(unseal(&bench, &model("1"), &key).unwrap().path()).unwrap(), large);
        decrypt(&bench, &model("1"), &key).unwrap();
        assert!(bench.damaged().is_empty());
    }

    fn is_sealed(list: &Registry) -> bool {
        list.sealed_as(Sha256::of(&bytes(2))).is_some()
    }

    #[test]
    fn no_fault_loses_a_model_that_is_encrypted() {
        interrupt_everywhere(Act {
            what: "encrypt",
            prepare: Bench::prepared,
            run: |bench| encrypt(bench, &model("2"), &words("correct horse")).map(drop),
            done: is_sealed,
            passes: &["open", "write", "fsync", "chmod", "rename", "unlink"],
        });
    }

    #[test]
    fn no_fault_loses_a_model_that_is_decrypted() {
        interrupt_everywhere(Act {
            what: "decrypt",
            prepare: || {
                let bench = Bench::prepared();
                encrypt(&bench, &model("2"), &words("correct horse")).unwrap();
                bench
            },
            run: |bench| decrypt(bench, &model("2"), &words("correct horse")).map(drop),
            done: |list| !is_sealed(list),
            passes: &["open", "write", "fsync", "chmod", "rename", "unlink"],
        });
    }

    #[test]
    fn a_crash_that_left_the_plain_file_is_made_good() {
        use crate::base::fault::injected::{self, Fault};
        let bench = Bench::prepared();
        let key = words("correct horse");
        let other = Bench::prepared();
        let (_, passed) =
            injected::with(usize::MAX, Fault::Kill, || encrypt(&other, &model("2"), &key));
        let last = passed.iter().rposition(|point| *point == "unlink").unwrap() + 1;
        injected::with(last, Fault::Kill, || encrypt(&bench, &model("2"), &key));
        assert!(is_sealed(&bench.store.registry().unwrap()) && visible(&bench, &bytes(2)));
        assert_eq!(encrypt(&bench, &model("2"), &key).unwrap(), Sealing::Already);
        assert!(!visible(&bench, &bytes(2)));
    }

    #[test]
    fn an_adapter_of_a_sealed_base_still_fits() {
        let bench = Bench::prepared();
        encrypt(&bench, &model("2"), &words("correct horse")).unwrap();
        let list = bench.store.registry().unwrap();
        let adapters: Vec<&Adapter> = list.orphans();
        assert!(adapters.is_empty());
        assert_eq!(list.known(version_of(&bytes(2)).sha256).unwrap().version.label.as_str(), "2");
    }
}
