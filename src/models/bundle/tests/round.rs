//! There and back: export, inspect, unpack; and bundles of what has changed only.

use super::*;

#[test]
fn what_goes_in_comes_out() {
    let bench = Bench::new();
    let long: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let sources = [
        bench.source("tiny", Kind::Model, &long),
        bench.source("extra", Kind::Adapter, b"adapter"),
        bench.source("same", Kind::Adapter, b"adapter"),
        bench.source("empty", Kind::Model, b""),
    ];
    let made = bench.export(&sources, None, "all.slmb").unwrap();
    let opened = inspect(&bench.at("all.slmb"), &trusted()).unwrap();
    assert_eq!(opened.manifest, made);
    assert!(opened.signed.comment.contains("tiny 1, extra 1"), "{:?}", opened.signed);
    let (opened, arrived) = bench.unpack("all.slmb", &|_| false).unwrap();
    assert_eq!(opened.manifest, made);
    for (source, Arrived { item, staged, claim }) in sources.iter().zip(&arrived) {
        assert_eq!(
            (&item.about, item.sha256, item.size),
            (&source.about, source.sha256, source.size)
        );
        // The same bytes come once.
        assert_eq!(
            (staged.is_none(), claim.is_none()),
            (item.about.name == "same", staged.is_none())
        );
        if let Some(staged) = staged {
            assert_eq!(fs::read(staged.path()).unwrap(), fs::read(&source.path).unwrap());
            assert_eq!((staged.sha256(), staged.size()), (source.sha256, source.size));
        }
    }
    drop(arrived);
    assert_eq!(bench.arrived().len(), 3);
    // What was left lying there is taken up.
    let (_, again) = bench.unpack("all.slmb", &|_| false).unwrap();
    assert_eq!(again.iter().filter(|arrived| arrived.staged.is_some()).count(), 3);
}

#[test]
fn other_tools_can_read_it() {
    let bench = Bench::new();
    let source = bench.source("tiny", Kind::Model, b"model");
    bench.export(&[source], None, "b.slmb").unwrap();
    let mut archive = tar::Archive::new(std::fs::File::open(bench.at("b.slmb")).unwrap());
    let names: Vec<PathBuf> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().into_owned())
        .collect();
    let file = format!("files/{}", Sha256::of(b"model"));
    assert_eq!(names, ["manifest.toml", "manifest.toml.minisig", &file].map(PathBuf::from));
}

#[test]
fn only_what_the_other_side_lacks_is_sent() {
    let bench = Bench::new();
    let sources = [
        bench.source("tiny", Kind::Model, b"model"),
        bench.source("extra", Kind::Adapter, b"adapter"),
    ];
    let may = bench.export(&sources[..1], None, "may.slmb").unwrap();
    let against = Against::bundle(&may, "the bundle of May");
    let made = bench.export(&sources, Some(&against), "delta.slmb").unwrap();
    let present: Vec<bool> = made.items.iter().map(|item| item.present).collect();
    assert_eq!(present, [false, true]);
    let text = bench.refused("delta.slmb");
    assert!(text.contains("leaves out tiny 1") && text.contains("the bundle of May"), "{text}");
    assert!(!text.contains("extra"), "{text}");
    let model = Sha256::of(b"model");
    let (_, arrived) = bench.unpack("delta.slmb", &|sha256| *sha256 == model).unwrap();
    assert!(arrived[0].staged.is_none() && arrived[1].staged.is_some());
    // Of the whole one, what is there is not written again.
    bench.export(&sources, None, "whole.slmb").unwrap();
    drop(arrived);
    let (_, arrived) = bench.unpack("whole.slmb", &|sha256| *sha256 == model).unwrap();
    assert!(arrived[0].staged.is_none() && arrived[1].staged.is_some());
}

#[test]
fn what_cannot_be_exported_leaves_nothing() {
    let bench = Bench::new();
    let good = bench.source("tiny", Kind::Model, b"model");
    let with = |change: &dyn Fn(&mut Source)| {
        let mut source = good.clone();
        change(&mut source);
        bench.export(&[source], None, "b.slmb").unwrap_err().to_string()
    };
    for (words, error) in [
        ("is not what it was", with(&|source| source.sha256 = Sha256::of(b"other"))),
        ("is not what it was", with(&|source| source.size = 4)),
        ("is not what it was", with(&|source| source.size = 6)),
        ("none", with(&|source| source.path = bench.at("none"))),
        ("no name", with(&|source| source.about.name = "../x".to_owned())),
        ("was made for", with(&|source| source.about.base = Some(source.sha256))),
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    let nothing = bench.export(&[], None, "b.slmb").unwrap_err().to_string();
    assert!(nothing.contains("nothing in it"), "{nothing}");
    let twice = bench.export(&[good.clone(), good.clone()], None, "b.slmb").unwrap_err();
    assert!(twice.to_string().contains("there twice"), "{twice}");
    let cancel = Cancel::new();
    cancel.cancel();
    let mut watch = Watch::quiet(&cancel);
    let left = export(std::slice::from_ref(&good), None, &SIGNER, &bench.at("b.slmb"), &mut watch);
    assert!(matches!(left, Err(BundleError::Stopped(_))));
    assert_eq!(names(bench.dir.path()), ["tiny"]);
    bench.export(std::slice::from_ref(&good), None, "b.slmb").unwrap();
    let again = bench.export(&[good], None, "b.slmb").unwrap_err().to_string();
    assert!(again.contains("there already"), "{again}");
}

#[test]
fn who_leaves_an_unpacking_leaves_nothing_half() {
    let bench = Bench::new();
    let sources = [
        bench.source("one", Kind::Model, &vec![1; 2 << 20]),
        bench.source("two", Kind::Model, &vec![2; 2 << 20]),
    ];
    bench.export(&sources, None, "b.slmb").unwrap();
    for limit in [0, 1 << 20, 2 << 20, 3 << 20] {
        let cancel = Cancel::new();
        let mut note = |progress: crate::models::watch::Progress| {
            if progress.what == "unpacking" && progress.done >= limit {
                cancel.cancel();
            }
        };
        let mut watch = Watch::new(&cancel, &mut note);
        let (path, incoming) = (bench.at("b.slmb"), bench.at("incoming"));
        let there = There { have: &|_| false, file: &|_| None };
        let left = unpack(&path, &trusted(), &incoming, there, &mut watch);
        assert!(matches!(left, Err(BundleError::Stopped(_))), "{left:?}");
        assert!(
            bench.arrived().iter().all(|name| name.ends_with(".whole")),
            "{:?}",
            bench.arrived()
        );
    }
    bench.unpack("b.slmb", &|_| false).unwrap();
}

#[test]
fn two_can_unpack_at_once() {
    let bench = Bench::new();
    let sources: Vec<Source> = (0..6_u8)
        .map(|at| bench.source(&format!("m{at}"), Kind::Model, &vec![at; 100_000]))
        .collect();
    bench.export(&sources, None, "a.slmb").unwrap();
    let backwards: Vec<Source> = sources.iter().rev().cloned().collect();
    bench.export(&backwards, None, "b.slmb").unwrap();
    std::thread::scope(|scope| {
        for name in ["a.slmb", "b.slmb", "a.slmb"] {
            let bench = &bench;
            scope.spawn(move || {
                let (_, arrived) = bench.unpack(name, &|_| false).unwrap();
                assert!(arrived.iter().all(|arrived| arrived.staged.is_some()));
            });
        }
    });
    assert_eq!(bench.arrived().len(), 6);
}
