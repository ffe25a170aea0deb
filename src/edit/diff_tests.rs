//! Diffs are checked by applying them: with `git apply`, and with a small applier of our own.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::RepoPath;
use crate::edit::testing;

fn change(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> FileChange {
    FileChange {
        path: RepoPath::new(path).unwrap(),
        before: before.map(Arc::from),
        after: after.map(Arc::from),
    }
}

#[test]
fn looks_as_git_shows_it() {
    let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
    let after = "a\nb\nc\nd\nE\nf\ng\nh";
    let patch = Patch::of_text(RepoPath::new("src/x.py").unwrap(), before, after);
    insta::assert_snapshot!(unified(&patch), @r"
    diff --git a/src/x.py b/src/x.py
    --- a/src/x.py
    +++ b/src/x.py
    @@ -2,7 +2,7 @@
     b
     c
     d
    -e
    +E
     f
     g
    -h
    +h
    \ No newline at end of file
    ");
    assert_eq!(stats(&patch), Stats { files: 1, added: 2, removed: 2 });
}

#[test]
fn created_deleted_binary_and_odd_names() {
    let patch = Patch::new([
        change("new.py", None, Some(b"x = 1\n")),
        change("old.py", Some(b"y = 2\n"), None),
        change("pic.bin", Some(b"\0a"), Some(b"\0b")),
        change("say \"hi\".txt", Some(b"1\n"), Some(b"2\n")),
    ]);
    insta::assert_snapshot!(unified(&patch).replace('\t', "<tab>"), @r#"
    diff --git a/new.py b/new.py
    new file mode 100644
    --- /dev/null
    +++ b/new.py
    @@ -0,0 +1 @@
    +x = 1
    diff --git a/old.py b/old.py
    deleted file mode 100644
    --- a/old.py
    +++ /dev/null
    @@ -1 +0,0 @@
    -y = 2
    diff --git a/pic.bin b/pic.bin
    Binary files a/pic.bin and b/pic.bin differ
    diff --git "a/say \"hi\".txt" "b/say \"hi\".txt"
    --- "a/say \"hi\".txt"<tab>
    +++ "b/say \"hi\".txt"<tab>
    @@ -1 +1 @@
    -1
    +2
    "#);
    assert_eq!(stats(&patch), Stats { files: 4, added: 2, removed: 2 });
}

#[test]
fn hunks_have_numbers_and_emphasis() {
    let hunks = hunks(&change(
        "x.py",
        Some(b"def f(n):\n    if n < 3:\n        return n\n"),
        Some(b"def f(n):\n    if n <= 3:\n        return n\n"),
    ));
    assert_eq!(hunks.len(), 1);
    assert_eq!(hunks[0].header(), "@@ -1,3 +1,3 @@");
    let line = &hunks[0].lines[2];
    assert_eq!((line.kind, line.old, line.new), (LineKind::Added, None, Some(Line(2))));
    assert_eq!(&line.text[line.emphasis[0].clone()], "=");
}

#[test]
fn lone_carriage_returns_and_foreign_bytes_stay_inside_their_line() {
    let patch = Patch::new([change("x", Some(b"a\rb\xff\nc\r\n"), Some(b"a\rb\xfe\nc\r\n"))]);
    let diff = unified_bytes(&patch);
    assert!(diff.ends_with(b"@@ -1,2 +1,2 @@\n-a\rb\xff\n+a\rb\xfe\n c\r\n"), "{diff:?}");
    assert!(unified(&patch).contains("-a\rb\u{fffd}\n"));
}

/// Applies the diff of one file, trusting nothing but the hunks.
fn apply_own(diff: &[u8], before: &[u8]) -> Vec<u8> {
    let old = lines(before);
    let mut out: Vec<u8> = Vec::new();
    let mut at = 0;
    let mut in_hunk = false;
    for line in lines(diff) {
        if line.starts_with(b"@@ -") {
            in_hunk = true;
            let header = std::str::from_utf8(line).unwrap();
            let range = header[4..].split(' ').next().unwrap();
            let (start, len) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().unwrap();
            let first = if len == "0" { start } else { start - 1 };
            while at < first {
                out.extend(old[at]);
                at += 1;
            }
        } else if in_hunk {
            match line[0] {
                b'+' => out.extend(&line[1..]),
                b'\\' => assert_eq!(out.pop(), Some(b'\n')),
                sign => {
                    assert!(old[at].starts_with(line[1..].strip_suffix(b"\n").unwrap()));
                    if sign == b' ' {
                        out.extend(&line[1..]);
                    }
                    at += 1;
                }
            }
        }
    }
    old[at..].iter().for_each(|line| out.extend(*line));
    out
}

/// Our own applier takes `\ No newline` to belong to the line before it, so a removed line's marker
/// must not eat an output byte: drop those first.
fn without_removed_markers(diff: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut removed = false;
    for line in lines(diff) {
        if !(removed && line[0] == b'\\') {
            out.extend(line);
        }
        removed = line[0] == b'-';
    }
    out
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[ab]{0,2}".prop_map(String::into_bytes),
        1 => Just(b"x\xff".to_vec()),
        1 => Just(b"a\r".to_vec()),
    ];
    (prop::collection::vec(line, 0..20), any::<bool>()).prop_map(|(lines, last)| {
        let mut text = lines.join(&b'\n');
        if last && !text.is_empty() {
            text.push(b'\n');
        }
        text
    })
}

proptest! {
    #[test]
    fn applying_the_diff_gives_the_after(before in text(), after in text()) {
        let patch = Patch::new([change("x", Some(&before), Some(&after))]);
        let diff = without_removed_markers(&unified_bytes(&patch));
        prop_assert_eq!(apply_own(&diff, &before), after);
    }
}

proptest! {
    // Starts git for every case.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn git_applies_it(
        before in prop::option::weighted(0.9, text()),
        after in prop::option::weighted(0.9, text()),
        name in "[a-z\" é]{0,6}x",
    ) {
        if !testing::git_present() {
            return Ok(());
        }
        let patch = Patch::new([change(&name, before.as_deref(), after.as_deref())]);
        prop_assume!(!patch.is_empty());
        let dir = tempfile::tempdir().unwrap();
        let file = patch.files()[0].path.to_path(dir.path());
        if let Some(before) = &before {
            crate::base::fs::write(&file, before).unwrap();
        }
        let diff = dir.path().join("the.diff");
        crate::base::fs::write(&diff, unified_bytes(&patch)).unwrap();
        testing::git(dir.path(), &["apply", "--whitespace=nowarn", "the.diff"]);
        prop_assert_eq!(crate::base::fs::read(&file).ok(), after);
    }
}
