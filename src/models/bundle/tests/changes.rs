//! Bundles that carry what changed: the file that comes out is the right one, or there is none.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Bytes that are hardly alike, so that they are cut where they should be.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A bundle `delta.slmb` of the file `new` for somebody who has the file `old`; returns its item.
fn export_of(bench: &Bench, old: &[u8], new: &[u8]) -> Item {
    let old = bench.source("old", Kind::Model, old);
    let base = Base { path: old.path.clone(), sha256: old.sha256, size: old.size };
    let mut source = bench.source("tiny", Kind::Model, new);
    source.base = Some(base);
    let against = Against { label: "May".to_owned(), have: BTreeSet::from([old.sha256]) };
    let made = bench.export(&[source], Some(&against), "delta.slmb").unwrap();
    made.items[0].clone()
}

/// Takes `delta.slmb` where the file `old` is known under the digest `sha256`.
fn import_with(bench: &Bench, sha256: Sha256) -> Result<(Opened, Vec<Arrived>), BundleError> {
    let old = bench.at("old");
    let file = |wanted: &Sha256| (*wanted == sha256).then(|| old.clone());
    bench.unpack_with("delta.slmb", There { have: &|known| *known == sha256, file: &file })
}

#[test]
fn a_new_version_is_made_from_the_old_one_and_what_changed() {
    let bench = Bench::new();
    let old = noise(2 << 20, 1);
    // A longer head, some bytes of the middle, and a piece that moved to the end.
    let mut new =
        [&noise(100, 2), &old[..1 << 20], &noise(5000, 3), &old[(1 << 20) + 9..]].concat();
    let piece: Vec<u8> = new.drain(300_000..500_000).collect();
    new.extend(piece);
    let item = export_of(&bench, &old, &new);
    let delta = item.delta.unwrap();
    assert_eq!((delta.base, item.size), (Sha256::of(&old), new.len() as u64));
    assert!(delta.size < 400_000, "{} bytes", delta.size);
    let size = bench.at("delta.slmb").metadata().unwrap().len();
    assert!(size < delta.size + 10_000, "{size} bytes");
    assert_eq!(inspect(&bench.at("delta.slmb"), &trusted()).unwrap().manifest.format, 2);

    let (_, arrived) = import_with(&bench, Sha256::of(&old)).unwrap();
    let staged = arrived[0].staged.as_ref().unwrap();
    assert!(fs::read(staged.path()).unwrap() == new, "another file");
    assert_eq!((staged.sha256(), staged.size()), (Sha256::of(&new), new.len() as u64));
}

#[test]
fn what_has_little_in_common_goes_whole_in_the_old_format() {
    let bench = Bench::new();
    let item = export_of(&bench, &noise(200_000, 1), &noise(200_000, 2));
    assert_eq!(item.delta, None);
    assert_eq!(inspect(&bench.at("delta.slmb"), &trusted()).unwrap().manifest.format, 1);
    // And so does what the other side has nothing of.
    let bench = Bench::new();
    let old = bench.source("old", Kind::Model, b"old");
    let mut source = bench.source("tiny", Kind::Model, b"old and new");
    source.base = Some(Base { path: old.path, sha256: old.sha256, size: old.size });
    let made = bench.export(&[source], None, "whole.slmb").unwrap();
    assert_eq!(made.items[0].delta, None);
}

#[test]
fn without_the_old_file_nothing_is_made() {
    let bench = Bench::new();
    let (old, new) = (noise(300_000, 1), [noise(300_000, 1), noise(9, 2)].concat());
    export_of(&bench, &old, &new);
    let text = bench.refused("delta.slmb");
    let digest = Sha256::of(&old).to_string();
    assert!(text.contains(&digest) && text.contains("tiny 1") && text.contains("May"), "{text}");
    // It is known, and encrypted.
    let there = There { have: &|known| *known == Sha256::of(&old), file: &|_| None };
    let text = bench.unpack_with("delta.slmb", there).unwrap_err().to_string();
    assert!(text.contains("decrypt"), "{text}");
    // The new one is here already: nothing has to be made.
    let there = There { have: &|known| *known == Sha256::of(&new), file: &|_| None };
    let (_, arrived) = bench.unpack_with("delta.slmb", there).unwrap();
    assert!(arrived[0].staged.is_none());
    assert_eq!(bench.arrived().len(), 0);
}

#[test]
fn an_old_file_that_is_not_what_it_was_is_found_out_on_both_sides() {
    let bench = Bench::new();
    let (old, new) = (noise(300_000, 1), [noise(300_000, 1), noise(9, 2)].concat());
    export_of(&bench, &old, &new);
    let mut spoiled = old.clone();
    spoiled[150_000] ^= 1;
    for bytes in [spoiled.as_slice(), &old[..200_000], b""] {
        fs::write(&bench.at("old"), bytes).unwrap();
        let text = import_with(&bench, Sha256::of(&old)).unwrap_err().to_string();
        assert!(text.contains("slm model verify") || text.contains("reaches beyond"), "{text}");
        assert_eq!(bench.arrived(), Vec::<String>::new());
    }
    fs::write(&bench.at("old"), &spoiled).unwrap();
    let mut source = bench.source("tiny", Kind::Model, &new);
    let sha256 = Sha256::of(&old);
    source.base = Some(Base { path: bench.at("old"), sha256, size: old.len() as u64 });
    let against = Against { label: "May".to_owned(), have: BTreeSet::from([sha256]) };
    let error = bench.export(&[source], Some(&against), "again.slmb").unwrap_err().to_string();
    assert!(error.contains("is not what it was"), "{error}");
    assert!(!bench.at("again.slmb").exists());
}

/// Where the steps of the one file in `delta.slmb` begin.
fn steps(bytes: &[u8]) -> usize {
    let name = bytes.windows(7).rposition(|window| window == b"deltas/").unwrap();
    name + 512
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    let old = noise(300_000, 1);
    let new = [&old[..], &noise(9, 2)].concat();
    let bench = Bench::new();
    export_of(&bench, &old, &new);
    let good = fs::read(&bench.at("delta.slmb")).unwrap();
    let at = steps(&good);
    assert_eq!(good[at], b'C', "the first step copies");
    import_with(&bench, Sha256::of(&old)).unwrap();
    std::fs::remove_dir_all(bench.at("incoming")).unwrap();
    let with = |from: usize, bytes: &[u8]| {
        let mut bad = good.clone();
        bad[at + from..at + from + bytes.len()].copy_from_slice(bytes);
        bad
    };
    let far = u64::MAX.to_le_bytes();
    for (words, bad) in [
        ("makes no sense", with(0, b"X")),
        ("reaches beyond", with(1, &far)),
        ("reaches beyond", with(9, &far)),
        ("reaches beyond", with(1, &1_000_000_u64.to_le_bytes())),
        ("ends too early", with(9, &100_u64.to_le_bytes())),
        ("should have", with(1, &1_u64.to_le_bytes())),
        ("makes no sense", with(0, b"D")),
        ("cut off", with(0, &[&b"D"[..], &200_000_u64.to_le_bytes()].concat())),
    ] {
        fs::write(&bench.at("delta.slmb"), bad).unwrap();
        let text = import_with(&bench, Sha256::of(&old)).unwrap_err().to_string();
        assert!(text.contains(words) || text.contains("verify"), "{words}: {text}");
        assert_eq!(bench.arrived(), Vec::<String>::new(), "{words}");
    }
}

#[test]
fn manifests_that_contradict_themselves_are_refused() {
    let (model, base) = (Sha256::of(b"model"), Sha256::of(b"base"));
    let manifest = |format: u32, present: bool, base: Sha256, more: &str| {
        format!(
            "format = {format}\nmade_by = \"slm\"\n[[item]]\nsha256 = \"{model}\"\nsize = 5\n\
             present = {present}\n[item.delta]\nbase = \"{base}\"\nsize = 9\n{more}[item.about]\n\
             name = \"tiny\"\nversion = \"1\"\nkind = \"model\"\n"
        )
    };
    assert!(Manifest::read(manifest(2, true, base, "").as_bytes()).is_ok());
    for (words, text) in [
        ("all files are whole", manifest(1, true, base, "")),
        ("makes no sense", manifest(2, false, base, "")),
        ("makes no sense", manifest(2, true, model, "")),
        ("extra", manifest(2, true, base, "extra = 1\n")),
    ] {
        let error = Manifest::read(text.as_bytes()).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_changed_comes_out_right(
        cuts in prop::collection::vec((0_usize..200_000, 0_usize..40_000, 0_usize..9_000), 0..5),
        len in 0_usize..250_000,
    ) {
        let bench = Bench::new();
        let old = noise(len, 7);
        let mut new = old.clone();
        for (seed, (from, gone, come)) in cuts.into_iter().enumerate() {
            let from = from.min(new.len());
            let end = (from + gone).min(new.len());
            new.splice(from..end, noise(come, seed as u64 + 20));
        }
        new.push(1);
        export_of(&bench, &old, &new);
        let (_, arrived) = import_with(&bench, Sha256::of(&old)).unwrap();
        prop_assert!(fs::read(arrived[0].staged.as_ref().unwrap().path()).unwrap() == new);
    }

    #[test]
    fn no_byte_of_what_changed_can_be_another(at: prop::sample::Index, change in 1_u8..) {
        let bench = Bench::new();
        let old = noise(100_000, 1);
        let new = [&noise(50, 3), &old[..]].concat();
        let item = export_of(&bench, &old, &new);
        let mut bytes = fs::read(&bench.at("delta.slmb")).unwrap();
        let from = steps(&bytes);
        let at = from + at.index(item.delta.unwrap().size as usize);
        bytes[at] ^= change;
        fs::write(&bench.at("delta.slmb"), &bytes).unwrap();
        prop_assert!(import_with(&bench, Sha256::of(&old)).is_err());
        prop_assert_eq!(bench.arrived(), Vec::<String>::new());
    }
}
