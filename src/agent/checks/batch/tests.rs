//! Batches with real compilers.

use super::*;
use crate::agent::candidates::FileEdit;
use crate::agent::checks::probe::Variables;
use crate::agent::proposal::Tier;
use crate::base::{Line, Replacement, Span};
use crate::edit::Patch;
use crate::sandbox::Options;

const RUST: &str = "pub fn total(v: &[i64]) -> i64 {\n    let mut sum = 0;\n    for x in v {\n        \
    sum -= x;\n    }\n    sum\n}\n\npub const fn two() -> i64 {\n    2\n}\n\n#[test]\nfn adds() {\n    \
    assert_eq!(total(&[1, two()]), 3);\n}\n";
const GO: &str = "package small\n\nfunc Total(v []int) int {\n\tsum := 0\n\tfor _, x := range v {\n\t\t\
    sum -= x\n\t}\n\treturn sum\n}\n";
const GO_TEST: &str = "package small\n\nimport \"testing\"\n\nfunc TestTotal(t *testing.T) {\n\t\
    if Total([]int{1, 2}) != 3 {\n\t\tt.Fatal(Total([]int{1, 2}))\n\t}\n}\n";

/// The looks at these edits of `path`, a pair of old and new text each; nothing where the tool is
/// missing.
fn looks(
    files: &[(&str, &str)],
    argv: &[&str],
    path: &str,
    edits: &[(&str, &str)],
) -> Option<Result<Looks, Reason>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        crate::base::fs::write(&path, text).unwrap();
    }
    let workspace = Workspace::open(dir.path(), &Options::from_process()).unwrap();
    let probe = Probe {
        argv: argv.iter().map(Into::into).collect(),
        cwd: "".into(),
        variables: Variables::default(),
        memory_bytes: 2 << 30,
    };
    let wall = Duration::from_secs(120);
    let cancel = Cancel::new();
    let Ok(before) = probe.baseline(&workspace, dir.path(), wall, &cancel) else {
        println!("skipped: no {} here", argv[0]);
        return None;
    };
    let path = RepoPath::new(path).unwrap();
    let names = files.iter().map(|(name, _)| RepoPath::new(name).unwrap()).collect();
    let sources = Sources::new(dir.path(), names).on_top_of(Patch::default());
    let text = sources.get(&path).unwrap().text.to_string();
    let candidate = |(old, new): &(&str, &str)| {
        let start = text.find(old).unwrap();
        let span = Span { start, end: start + old.len() };
        Candidate {
            tier: Tier::Transform,
            operator: "test",
            title: String::new(),
            edits: vec![FileEdit {
                path: path.clone(),
                replacements: vec![Replacement { span, text: (*new).to_owned() }],
            }],
            place: (path.clone(), Line(1)),
            cost: 1.0,
            surprise: None,
        }
    };
    let candidates: Vec<Candidate> = edits.iter().map(candidate).collect();
    let root = workspace.root();
    let batches =
        Batches::new(&probe, &workspace, &sources, root, &before.observation, wall).unwrap();
    let all: Vec<&Candidate> = candidates.iter().collect();
    assert!(all.iter().all(|c| batches.can_hold(c)));
    Some(batches.look(&all, &cancel).unwrap())
}

#[test]
fn one_cargo_build_tells_many_candidates_apart() {
    let manifest = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let files = [("Cargo.toml", manifest), ("src/lib.rs", RUST)];
    let edits = [
        ("sum -= x", "sum += x"),
        ("sum -= x", "sum *= x"),
        ("sum -= x", "sum -= \"x\""),
        ("for x in v {", "for x in v { loop {} "),
        ("    2\n", "    3\n"),
        (
            "    sum\n",
            "    drop(v.to_vec().into_iter().map(|y| y)); let z = v; sum + z.len() as i64\n",
        ),
    ];
    let argv = ["cargo", "test", "--offline"];
    let Some(found) = looks(&files, &argv, "src/lib.rs", &edits) else { return };
    let found = found.unwrap();
    let (pass, fail, alone) = (Look::Promising, Look::Fails, Look::Unreached);
    assert_eq!(found.looks, [pass, fail, fail, fail, alone, fail]);
    assert_eq!(found.refused, 1);
    assert_eq!(found.builds, 2);
}

#[test]
fn one_go_build_tells_many_candidates_apart() {
    let files = [
        ("go.mod", "module example.com/small\n\ngo 1.19\n"),
        ("small.go", GO),
        ("small_test.go", GO_TEST),
    ];
    let edits = [
        ("sum -= x", "sum += x"),
        ("sum -= x", "sum *= x"),
        ("sum -= x", "sum -= \"x\""),
        ("sum -= x", "for {}"),
    ];
    let Some(found) = looks(&files, &["go", "test", "./..."], "small.go", &edits) else { return };
    let found = found.unwrap();
    assert_eq!(found.looks, [Look::Promising, Look::Fails, Look::Fails, Look::Fails]);
}

#[test]
fn other_commands_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(dir.path(), &Options::from_process()).unwrap();
    let sources = Sources::new(dir.path(), Vec::new());
    for argv in [&["make", "test"][..], &["cargo", "clippy"], &["go", "run", "."], &["cargo"]] {
        let probe = Probe {
            argv: argv.iter().map(Into::into).collect(),
            cwd: "".into(),
            variables: Variables::default(),
            memory_bytes: 1 << 30,
        };
        let before = Observation { ended: Ending::Exit(1), ..Observation::default() };
        let wall = Duration::from_secs(1);
        let batches = Batches::new(&probe, &workspace, &sources, dir.path(), &before, wall);
        assert!(batches.is_none(), "{argv:?}");
    }
}
