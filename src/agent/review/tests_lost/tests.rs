//! Tests that go away, and those that only look so.

use crate::agent::review::testing::{found, found_in, rules_in, rules_of};

const TWO: &str = "def test_a():\n    assert f() == 1\n\n\ndef test_b():\n    assert g() == 2\n";

#[test]
fn removed() {
    let one = "def test_a():\n    assert f() == 1\n";
    let names = "from x import f, g\n";
    let (two, one) = (format!("{names}{TWO}"), format!("{names}{one}"));
    assert_eq!(rules_of("tests/test_x.py", &two, &one), ["test-removed"]);
    assert_eq!(rules_of("tests/test_x.py", &two, &two.replace("test_b", "test_c")), [""; 0]);
    let moved = format!("{names}def test_b():\n    assert g() == 2\n");
    assert_eq!(
        rules_in(&[("tests/test_x.py", &two, &one), ("tests/test_y.py", "", &moved)], &[]),
        [""; 0]
    );
}

/// Whether each `test-removed` of a change, which is one of code as well, is a likely loss.
fn removals(change: &[(&str, &str, &str)]) -> Vec<bool> {
    let mut with = change.to_vec();
    with.push(("src/y.py", "LIMIT = 1\n", "LIMIT = 2\n"));
    let all = found_in(&with, &[]);
    all.iter().filter(|f| f.rule.id == "test-removed").map(|f| f.confidence > 0.5).collect()
}

#[test]
fn a_change_of_tests_alone_means_it() {
    let one = "def test_a():\n    assert f() == 1\n";
    let alone = found_in(&[("tests/test_x.py", TWO, one)], &[]);
    assert!(alone.iter().any(|f| f.rule.id == "test-removed" && f.confidence < 0.5));
    assert_eq!(removals(&[("tests/test_x.py", TWO, one)]), [true]);
}

#[test]
fn a_body_under_another_name_is_no_loss() {
    let names = "from x import f, g\n\n\n";
    let before = format!(
        "{names}def test_a():\n    assert f(1) == 11\n    assert f(2) == 22\n\n\ndef test_b():\n    assert g(3) == 33\n    assert g(4) == 44\n"
    );
    let together = format!(
        "{names}def test_a():\n    assert f(1) == 11\n    assert f(2) == 22\n    assert g(3) == 33\n    assert g(4) == 44\n"
    );
    let path = "tests/test_x.py";
    assert_eq!(removals(&[(path, &before, &together)]), [true; 0]);
    let lost = &before[..before.find("def test_b").unwrap()];
    assert_eq!(removals(&[(path, &before, lost)]), [true]);
}

#[test]
fn what_guards_nothing_is_no_loss() {
    let skipped = TWO.replace("def test_b", "@pytest.mark.skip(reason='slow')\ndef test_b");
    let before = format!("import pytest\n\n\n{skipped}");
    let lost = &before[..before.find("@pytest").unwrap()];
    assert_eq!(removals(&[("tests/test_x.py", &before, lost)]), [true; 0]);
    let go = "package a\n\nfunc BenchmarkA(b *testing.B) {\n\tfor range b.N {\n\t\trun()\n\t}\n}\n";
    assert_eq!(removals(&[("a_test.go", go, "package a\n")]), [true; 0]);
}

#[test]
fn a_few_for_many_are_a_rewritten_file() {
    let test = |n: u32| format!("def test_{n}():\n    assert add({n}, {n}) == {}\n\n\n", 2 * n);
    let before: String = (10..14).map(test).collect();
    let after = format!("{}{}", test(10), "def test_all():\n    run_them_all('cases.json')\n");
    assert_eq!(removals(&[("tests/test_x.py", &before, &test(10))]), [true]);
    assert_eq!(removals(&[("tests/test_x.py", &before, &after)]), [false]);
}

#[test]
fn tests_go_with_the_words_they_speak_of() {
    let before = format!("{TWO}\n\ndef test_c():\n    assert run('--frozen') == 3\n");
    let code = "def run(option):\n    if option == '--frozen':\n        return 3\n    return 0\n";
    let without = "def run(option):\n    if option == '--kept':\n        return 3\n    return 0\n";
    let other = "def run(option):\n    if option == '--frozen':\n        return 4\n    return 0\n";
    let path = "tests/test_x.py";
    let with = |after| removals(&[(path, &before, TWO), ("x.py", code, after)]);
    assert_eq!(with(without), [false]);
    assert_eq!(with(other), [true]);
}

#[test]
fn a_test_that_is_rewritten_is_not_robbed() {
    let before = "from x import client, start\n\n\ndef test_a():\n    server = start()\n    page = server.get('/')\n    page.close()\n    assert page.status == 200\n";
    let robbed = before.replace("    assert page.status == 200\n", "");
    let anew = "from x import client, start\n\n\ndef test_a():\n    with client() as c:\n        c.get('/')\n        c.post('/')\n        c.close()\n";
    assert_eq!(rules_of("tests/test_x.py", before, &robbed), ["assertions-removed"]);
    assert_eq!(rules_of("tests/test_x.py", before, anew), [""; 0]);
    let waited = "def test_a():\n    with pytest.warns(UserWarning):\n        start()\n";
    let calm = "def test_a():\n    start()\n";
    assert!(!rules_of("tests/test_x.py", waited, calm).contains(&"assertions-removed".to_owned()));
}

#[test]
fn two_tests_of_one_name_are_not_told_apart() {
    let one = "it('works', () => { expect(f()).toBe(1) })\n";
    let idle = "it('works', () => { g() })\n";
    let before = format!("{one}{idle}const a = 1\n");
    assert_eq!(rules_of("a.test.js", &before, &before.replace("a = 1", "a = 2")), [""; 0]);
    assert_eq!(rules_of("a.test.js", one, idle), ["assertions-removed"]);
}

#[test]
fn the_code_went_too() {
    let one = "def test_a():\n    assert f() == 1\n";
    let all = crate::agent::review::testing::found_in(
        &[
            ("tests/test_x.py", TWO, one),
            (
                "x.py",
                "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
                "def f():\n    return 1\n",
            ),
        ],
        &[],
    );
    let removed = all.iter().find(|f| f.rule.id == "test-removed").unwrap();
    assert!(removed.confidence < 0.5);
}

#[test]
fn skipped() {
    let head = "import pytest\nfrom x import f, g\n\n\n";
    let before = format!("{head}{TWO}");
    for mark in ["@pytest.mark.skip(reason='slow')\n", "@pytest.mark.xfail\n"] {
        let after = before.replace("def test_b", &format!("{mark}def test_b"));
        assert_eq!(rules_of("tests/test_x.py", &before, &after), ["test-skipped"]);
    }
    let call = before.replace("    assert g", "    pytest.skip('later')\n    assert g");
    assert!(rules_of("tests/test_x.py", &before, &call).contains(&"test-skipped".to_owned()));
    let only = before.replace(
        "def test_b",
        "@pytest.mark.skipif(sys.platform == 'win32', reason='x')\ndef test_b",
    );
    assert!(!rules_of("tests/test_x.py", &before, &only).contains(&"test-skipped".to_owned()));
    let it = "it('adds', () => { expect(1).toBe(1) })\n";
    assert_eq!(rules_of("a.test.js", it, &it.replace("it(", "it.skip(")), ["test-skipped"]);
    let rust = "#[test]\nfn adds() {\n    assert_eq!(1, 1);\n}\n";
    assert_eq!(
        rules_of("src/a.rs", rust, &rust.replace("#[test]\n", "#[test]\n#[ignore]\n")),
        ["test-skipped"]
    );
    let go = "package a\n\nfunc TestA(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Fatal(1)\n\t}\n}\n";
    assert_eq!(
        rules_of("a_test.go", go, &go.replace("\tif", "\tt.Skip(\"later\")\n\tif")),
        ["test-skipped"]
    );
}

#[test]
fn nothing_asserted_any_more() {
    let before = "from x import f\n\n\ndef test_a():\n    assert f() == 1\n";
    let all = found("tests/test_x.py", before, "from x import f\n\n\ndef test_a():\n    f()\n");
    assert_eq!(all[0].rule.id, "assertions-removed");
    let helper = "from x import f, check_one\n\n\ndef test_a():\n    check_one(f())\n";
    assert_eq!(rules_of("tests/test_x.py", before, helper), [""; 0]);
}
