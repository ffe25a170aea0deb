//! What a command sees, and what stays of what it does.

use std::time::Duration;

use super::*;
use crate::sandbox::{Capture, SIDE_PLACEHOLDER};

#[test]
fn the_tree_is_at_its_own_path_and_stays_untouched() {
    each_mode(|f| {
        let root = f.root();
        let job = patched(
            f.job("pwd; cat a.txt; cat sub/b.txt; cat new/deep/c.txt"),
            "a.txt",
            Some("patched a\n"),
        );
        let job = patched(job, "new/deep/c.txt", Some("fresh\n"));
        let run = f.run(&job);
        assert_eq!(
            run.text(),
            format!("{}\npatched a\noriginal b\nfresh\n", root.canonicalize().unwrap().display())
        );
        let gone = patched(f.job("test ! -e a.txt && test -e sub/b.txt"), "a.txt", None);
        assert!(f.run(&gone).success());
        f.sh(
            "echo x > a.txt; rm -rf sub; mkdir made; touch made/y; mv a.txt z.txt; chmod 600 z.txt",
        );
        assert_eq!(text_of(&root.join("a.txt")), "original a\n");
        assert_eq!(text_of(&root.join("sub/b.txt")), "original b\n");
        let mut names: Vec<_> =
            std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.txt", "sub"]);
        // Nor does the next run see any of it.
        assert_eq!(f.sh("cat a.txt; ls"), "original a\na.txt\nsub\n");
    });
}

#[test]
fn runs_at_once_do_not_see_each_other() {
    each_mode(|f| {
        std::thread::scope(|scope| {
            for number in 0..6 {
                scope.spawn(move || {
                    let text = format!("number {number}\n");
                    let script = "cat a.txt; echo mine >> sub/b.txt; touch own; sleep 0.1; cat a.txt; cat sub/b.txt; ls | wc -l";
                    let run = f.run(&patched(f.job(script), "a.txt", Some(&text)));
                    let count = "3\n";
                    assert_eq!(run.text(), format!("{text}{text}original b\nmine\n{count}"));
                });
            }
        });
    });
}

#[test]
fn working_directory_environment_and_side_files() {
    each_mode(|f| {
        let mut job = f.job("pwd; cat \"$SLM_SIDE/in.txt\"; cat \"$WHERE/in.txt\"; printf out > $SLM_SIDE/out.bin; ln -s /etc/passwd $SLM_SIDE/link; echo $HOME; touch $HOME/x $TMPDIR/y");
        job.cwd = "sub".into();
        job.side = vec![("in.txt".into(), b"side\n".as_slice().into())];
        job.env = vec![("WHERE".into(), SIDE_PLACEHOLDER.into())];
        job.collect = vec!["out.bin".into(), "link".into(), "absent".into()];
        let run = f.run(&job);
        assert!(run.success(), "{}", run.text());
        let text = run.text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("/tree/sub"), "{text}");
        assert_eq!(lines[1..3], ["side", "side"]);
        assert_ne!(lines[3], f.home().to_str().unwrap());
        assert_eq!(run.side.get("out.bin").map(Vec::as_slice), Some(b"out".as_slice()));
        assert_eq!(run.side.len(), 1, "a link was followed: {:?}", run.side.keys());
        let bad = Job { side: vec![("../x".into(), b"".as_slice().into())], ..f.job("true") };
        assert!(f.workspace.run(&bad, &Cancel::new()).is_err());
    });
}

#[test]
fn output_keeps_its_order_or_comes_apart() {
    each_mode(|f| {
        let script = "for i in 1 2 3; do echo out$i; echo err$i >&2; done";
        assert_eq!(f.sh(script), "out1\nerr1\nout2\nerr2\nout3\nerr3\n");
        let run = f.run(&Job { capture: Capture::Apart, ..f.job(script) });
        assert_eq!(run.stdout, b"out1\nout2\nout3\n");
        assert_eq!(run.stderr, b"err1\nerr2\nerr3\n");
        assert_eq!(f.sh("cat; echo done"), "done\n");
    });
}

#[test]
fn absolute_python_path_leads_to_the_patched_file() {
    if !has("python3") {
        return;
    }
    let adjust = |dir: &Path, options: &mut Options| {
        options.home = std::env::home_dir();
        options.environment.retain(|(name, _)| name != "PYTHONPATH");
        options.environment.push(("PYTHONPATH".into(), dir.join("tree").into()));
        put(&dir.join("tree/modul.py"), "VALUE = 1\n");
        put(&dir.join("tree/sub/main.py"), "import modul\nprint(modul.VALUE, modul.__file__)\n");
    };
    each_mode_with(adjust, |f| {
        let job = Job { cwd: "sub".into(), ..Job::new(["python3", "main.py"]) };
        let before = f.run(&job);
        assert!(before.text().starts_with("1 "), "{}", before.text());
        let after = f.run(&patched(job, "modul.py", Some("VALUE = 2\n")));
        assert!(after.text().starts_with("2 "), "{}", after.text());
    });
}

#[test]
fn a_frozen_bytecode_cache_never_hides_a_patch() {
    if !has("python3") {
        return;
    }
    let adjust = |dir: &Path, options: &mut Options| {
        options.home = std::env::home_dir();
        put(&dir.join("tree/modul.py"), "VALUE = 1\n");
    };
    each_mode_with(adjust, |f| {
        let show = "import os, modul; print(modul.VALUE, len(os.listdir('__pycache__')))";
        let mut job = Job::new(["python3", "-c", show]);
        job.keep_caches = true;
        assert_eq!(f.run(&job).text(), "1 1\n");
        assert_eq!(f.workspace.freeze_caches().unwrap(), 1);
        job.keep_caches = false;
        // The positive control: the cache is there before Python starts.
        assert_eq!(f.sh("ls __pycache__ | wc -l"), "1\n");
        for value in 2..6 {
            let text = format!("VALUE = {value}\n");
            let run = f.run(&patched(job.clone(), "modul.py", Some(&text)));
            assert_eq!(run.text(), format!("{value} 1\n"));
        }
        assert!(!f.root().join("__pycache__").exists());
    });
}

#[test]
fn frozen_caches_are_the_same_for_every_later_run() {
    each_mode(|f| {
        let fill = "mkdir -p __pycache__ sub/target other .pytest_cache; echo 1 > __pycache__/m; echo 1 > sub/target/t; echo tag > sub/target/CACHEDIR.TAG; echo tag > .pytest_cache/CACHEDIR.TAG; echo 1 > other/o; echo 1 > $XDG_CACHE_HOME/x";
        let run = f.run(&Job { keep_caches: true, ..f.job(fill) });
        assert!(run.success(), "{}", run.text());
        assert_eq!(f.sh("ls"), "a.txt\nsub\n", "kept before it was frozen");
        assert_eq!(f.workspace.freeze_caches().unwrap(), 3);
        let look = "cat __pycache__/m sub/target/t $XDG_CACHE_HOME/x; ls -d other .pytest_cache 2>/dev/null | wc -l";
        for _ in 0..2 {
            assert_eq!(
                f.sh(&format!("{look}; echo 2 > __pycache__/m; rm -r sub/target")),
                "1\n1\n1\n0\n"
            );
        }
        // A second kept run stands on the first.
        let run =
            f.run(&Job { keep_caches: true, ..f.job("echo 2 > sub/target/t2; rm __pycache__/m") });
        assert!(run.success());
        f.workspace.freeze_caches().unwrap();
        assert_eq!(f.sh("cat sub/target/t sub/target/t2; ls __pycache__"), "1\n2\n");
        assert!(!f.root().join("__pycache__").exists());
    });
}

#[test]
fn a_tree_outside_tmp_works_too() {
    let elsewhere = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Err(error) = tempfile::tempdir_in(elsewhere) {
        println!("skipped: {error}");
        return;
    }
    for mode in MODES {
        let Some(f) = fixture_in(elsewhere, *mode, |_, _| {}) else { continue };
        let run = f.run(&patched(f.job("cat a.txt; echo x > a.txt"), "a.txt", Some("patched\n")));
        assert_eq!(run.text(), "patched\n");
        assert_eq!(text_of(&f.root().join("a.txt")), "original a\n");
    }
}

#[test]
fn a_root_behind_a_symbolic_link() {
    for mode in MODES {
        let Some(f) = fixture_in(&std::env::temp_dir(), *mode, |_, _| {}) else { continue };
        let link = f.dir.path().join("link");
        std::os::unix::fs::symlink(f.root(), &link).unwrap();
        let options = Options { force: Some(*mode), ..Options::from_process() };
        let workspace = Workspace::open(&link, &options).unwrap();
        let script = format!("cat a.txt {}/a.txt", link.display());
        let job = patched(Job::new(["/bin/sh", "-c", &script]), "a.txt", Some("p\n"));
        let run = workspace.run(&job, &Cancel::new()).unwrap();
        assert_eq!(run.text(), "p\np\n");
        assert!(run.elapsed < Duration::from_secs(60));
    }
}

/// A group whose files this user may have, and that is not the user's first one.
fn another_group() -> Option<u32> {
    if rustix::process::geteuid().is_root() {
        return Some(12_345);
    }
    let own = rustix::process::getegid();
    let all = rustix::process::getgroups().unwrap_or_default();
    all.into_iter().find(|group| *group != own).map(rustix::process::Gid::as_raw)
}

#[test]
fn files_and_trees_of_another_group() {
    let Some(group) = another_group() else {
        println!("skipped: this user has one group only");
        return;
    };
    let give = |path: &Path| std::os::unix::fs::chown(path, None, Some(group)).unwrap();
    let adjust = |dir: &Path, _: &mut Options| give(&dir.join("tree/a.txt"));
    each_mode_with(adjust, |f| {
        let job = patched(f.job("cat a.txt; echo more >> sub/b.txt"), "a.txt", Some("p\n"));
        let run = f.run(&job);
        assert!(run.success(), "{}", run.text());
        assert_eq!(run.text(), "p\n");
    });
    // With all of it in that group, as in a shared project, nothing could be written in an overlay.
    let dir = tempfile::tempdir().unwrap();
    put(&dir.path().join("a.txt"), "original\n");
    give(&dir.path().join("a.txt"));
    give(dir.path());
    let workspace = Workspace::open(dir.path(), &Options::from_process()).unwrap();
    assert_eq!(workspace.isolation().mode, Mode::Slots);
    let job = patched(Job::new(["/bin/sh", "-c", "cat a.txt; touch new"]), "a.txt", Some("p\n"));
    let run = workspace.run(&job, &Cancel::new()).unwrap();
    assert!(run.success() && run.text() == "p\n", "{}", run.text());
    assert!(!dir.path().join("new").exists());
}
