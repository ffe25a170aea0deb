//! The tools on a scratch repository.

use super::*;
use crate::agent::chat::call::Change;
use crate::engine::Scripted;

struct Scratch {
    dir: tempfile::TempDir,
    tools: Toolbox,
}

fn scratch(files: &[(&str, &str)], test: Option<&[&str]>) -> Scratch {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().canonicalize().unwrap();
    for (name, text) in files {
        let path = top.join("root").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let test = test.map(|words| words.iter().map(OsString::from).collect());
    let place = Workplace { test, ..Workplace::scratch(&top) };
    Scratch { dir, tools: Toolbox::new(place) }
}

impl Scratch {
    fn perform(&mut self, call: &Call) -> Done {
        let mut engine = Scripted::new();
        let cancel = Cancel::new();
        let run = Run { cancel: &cancel, engine: Some(&mut engine), progress: &|_| () };
        self.tools.perform(call, run)
    }

    #[track_caller]
    fn outcome(&mut self, call: &Call) -> Outcome {
        match self.perform(call) {
            Done::Outcome(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }
}

fn read(path: &str, first: Option<u32>, last: Option<u32>) -> Call {
    Call::Read { path: path.to_owned(), first, last }
}

fn replace(path: &str, old: &str, new: &str) -> Call {
    let change = Change::Replace { old: old.to_owned(), new: new.to_owned() };
    Call::Edit { path: path.to_owned(), change }
}

const SHOP: &str = "def price(n):\n    \"\"\"Of n apples.\"\"\"\n    return n * 2\n\n\ndef total(a):\n    return price(a) + 1\n";

#[test]
fn files_are_read_with_numbers_and_only_what_is_the_repositorys() {
    let mut s = scratch(&[("shop.py", SHOP), (".env", "KEY=1\n"), ("lib/a.py", "x\n")], None);
    let outcome = s.outcome(&read("./shop.py", Some(2), Some(3)));
    assert_eq!((outcome.ok, outcome.line.as_str()), (true, "2 lines"));
    assert!(outcome.text.ends_with("3|     return n * 2\n"), "{}", outcome.text);
    s.tools.room = 60;
    assert!(s.outcome(&read("shop.py", None, None)).text.contains("are not shown"));
    let top = s.dir.path().canonicalize().unwrap();
    fs::write(&top.join("secret.py"), "s = 1\n").unwrap();
    std::os::unix::fs::symlink("../secret.py", top.join("root/link.py")).unwrap();
    for (path, word) in [
        ("../secret.py", "leaves the repository"),
        ("/etc/passwd", "leaves the repository"),
        (".git/config", "git's own"),
        ("link.py", "leaves it alone"),
        (".env", "leaves it alone"),
        ("a.py", "did you mean lib/a.py"),
        ("lib", "is a directory"),
        ("none.py", "there is no file"),
    ] {
        let outcome = s.outcome(&read(path, None, None));
        assert!(!outcome.ok && outcome.text.contains(word), "{path}: {}", outcome.text);
        let edit = s.outcome(&replace(path, "s", "t"));
        assert!(!edit.ok, "{path}: {}", edit.text);
    }
    assert!(s.outcome(&read("shop.py", Some(99), None)).text.contains("7 lines"));
}

#[test]
fn places_and_names_are_found() {
    let mut s = scratch(&[("shop.py", SHOP), ("notes.bin", "x")], None);
    let found = s.outcome(&Call::Search { query: "price of apples".to_owned() });
    assert!(found.text.contains("shop.py:1: def price(n)"), "{}", found.text);
    let found = s.outcome(&Call::Where { name: "total".to_owned() });
    assert!(found.text.starts_with("shop.py:6: def total(a)"), "{}", found.text);
    let found = s.outcome(&Call::Refs { name: "price".to_owned() });
    assert!(found.text.contains("shop.py:7: return price(a) + 1"), "{}", found.text);
    let found = s.outcome(&Call::Map { path: None });
    assert!(found.text.contains("price") && found.text.contains("notes.bin"), "{}", found.text);
    assert!(!s.outcome(&Call::Where { name: "prize".to_owned() }).ok);
    assert!(!s.outcome(&Call::Map { path: Some("nowhere".to_owned()) }).ok);
}

#[test]
fn an_edit_becomes_a_patch_that_is_checked() {
    let mut s = scratch(&[("shop.py", SHOP)], None);
    let Done::Proposal { patch, diff, checks, sound } =
        s.perform(&replace("shop.py", "return n * 2", "return n * 3"))
    else {
        panic!()
    };
    assert!(sound && diff.contains("+    return n * 3") && patch.files().len() == 1);
    assert_eq!(checks, ["syntax of shop.py: ok"]);
    let broken = s.perform(&replace("shop.py", "def total(a):", "def total(a:"));
    let Done::Proposal { checks, sound: false, .. } = broken else { panic!("{broken:?}") };
    assert!(checks[0].contains("an error at line"), "{checks:?}");
    let create = |path: &str| {
        let change = Change::Create { text: "x = 1\n".to_owned() };
        Call::Edit { path: path.to_owned(), change }
    };
    assert!(matches!(s.perform(&create("new/b.py")), Done::Proposal { sound: true, .. }));
    assert!(s.outcome(&create("shop.py")).text.contains("exists"));
    assert!(s.outcome(&create("../x.py")).text.contains("leaves"));
    assert!(s.outcome(&replace("shop.py", "n * 2", "n * 2")).text.contains("changes nothing"));
    assert_eq!(fs::read_text(&s.tools.place.root.join("shop.py")).unwrap(), SHOP, "untouched");
}

#[test]
fn commands_run_on_a_scratch_view_and_tests_judge_an_edit() {
    let check = "import shop, sys\nprint('wrong' if shop.total(1) != 3 else 'right')\nsys.exit(0 if shop.total(1) == 3 else 1)\n";
    let test: &[&str] = &["python3", "check.py"];
    let mut s = scratch(&[("shop.py", SHOP), ("check.py", check)], Some(test));
    let ran = s.outcome(&Call::Run { command: "echo hi > new; cat new; exit 3".to_owned() });
    if ran.text.contains("sandbox") && !ran.ok && !ran.text.contains("exit") {
        println!("skipped: {}", ran.text);
        return;
    }
    assert_eq!((ran.ok, ran.text.as_str()), (false, "exit 3\nhi"));
    assert!(!s.tools.place.root.join("new").exists());
    assert_eq!(s.outcome(&Call::Test).text, "exit 0\nright");
    let bad = s.perform(&replace("shop.py", "price(a) + 1", "price(a) + 2"));
    let Done::Proposal { checks, sound: false, .. } = bad else { panic!("{bad:?}") };
    assert!(
        checks[1].contains("python3 check.py: exit 1") && checks[1].contains("wrong"),
        "{checks:?}"
    );
    let good = s.perform(&replace("shop.py", "    return n * 2", "    return 2 * n"));
    let Done::Proposal { checks, sound: true, .. } = good else { panic!("{good:?}") };
    assert_eq!(checks[1], "python3 check.py: passes");
}
