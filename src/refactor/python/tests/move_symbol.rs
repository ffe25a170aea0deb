//! Definitions moved to other files.

use super::refused;
use crate::base::RepoPath;
use crate::refactor::Refactoring;
use crate::refactor::testing::Memory;

fn to(path: &str) -> Refactoring {
    Refactoring::Move { to: RepoPath::new(path).unwrap() }
}

#[test]
fn a_definition_takes_what_it_needs_along() {
    let files = [
        ("pkg/__init__.py", "from .old import f\n"),
        (
            "pkg/old.py",
            "import os\nfrom .util import u\n\nLIMIT = 1\n\n\n# why\ndef «f»():\n    return os.sep, u, LIMIT\n\n\ndef g():\n    return 1\n",
        ),
        ("pkg/util.py", "u = 1\n"),
        ("user.py", "from pkg.old import f, g\nimport pkg.old\n\nf()\npkg.old.f()\n"),
        ("test_it.py", "from unittest.mock import patch\npatch('pkg.old.f')\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("pkg/new.py")),
        "== pkg/__init__.py\nfrom .new import f\n\
         == pkg/new.py\nimport os\nfrom .old import LIMIT\nfrom .util import u\n\n\n# why\ndef f():\n    return os.sep, u, LIMIT\n\
         == pkg/old.py\n\nLIMIT = 1\n\n\ndef g():\n    return 1\n\
         == test_it.py\nfrom unittest.mock import patch\npatch('pkg.new.f')\n\
         == user.py\nfrom pkg.new import f\nfrom pkg.old import g\nimport pkg.old\nimport pkg.new\n\nf()\npkg.new.f()\n"
    );
}

#[test]
fn a_file_that_is_there() {
    let files = [
        ("a.py", "import re\n\n\nclass «A»:\n    x = re.I\n\n\ny = A()\n"),
        ("b.py", "import re\n\nz = 1\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("b.py")),
        "== a.py\nfrom b import A\n\n\ny = A()\n\
         == b.py\nimport re\n\nz = 1\n\n\nclass A:\n    x = re.I\n"
    );
}

#[test]
fn imports_that_only_the_moved_code_needed_go() {
    let old = "import os, sys\nfrom m import (\n    a,\n    b,\n)\nimport kept  # noqa\nimport other\n\n\ndef «f»(): return os, a, kept\n\n\ndef g(): return sys, b\n";
    let files = [("old.py", old), ("user.py", "import old\nold.f()\n")];
    let memory = Memory::new(&files);
    let step = memory.plan(to("new.py")).unwrap();
    let shown = memory.shown(&step, false);
    let want = "== old.py\nimport sys\nfrom m import (\n    b,\n)\nimport kept  # noqa\nimport other\n\n\ndef g(): return sys, b\n";
    assert!(shown.contains(want), "{shown}");
    assert_eq!(step.notes, ["old.py imports `os`, `a` no more"]);
    // Somebody takes it from there.
    let files = [("old.py", old), ("user.py", "from old import a, f\nf(a)\n")];
    let shown = Memory::new(&files).after(to("new.py"));
    assert!(shown.contains("from m import (\n    a,\n    b,\n)\n"), "{shown}");
}

#[test]
fn what_is_exported_stays_within_reach() {
    let files = [("a.py", "__all__ = ['f']\n\n\ndef «f»(): pass\n")];
    let memory = Memory::new(&files);
    let step = memory.plan(to("b.py")).unwrap();
    assert!(memory.shown(&step, false).contains("from b import f  # noqa: F401"));
    assert_eq!(step.notes.len(), 1);
}

#[test]
fn each_reason_to_refuse() {
    for (files, path, reason) in [
        (vec![("a.py", "def f():\n    «x» = 1\n")], "b.py", "not-here"),
        (vec![("a.py", "«x» = 1\n")], "b.txt", "not-here"),
        (vec![("a.py", "«x» = 1\nx = 2\n")], "b.py", "dynamic"),
        (vec![("a.py", "«log» = get(__name__)\n")], "b.py", "dynamic"),
        (vec![("a.py", "def «f»(): return __name__\n")], "b.py", "not-equivalent"),
        (vec![("a.py", "k = 1\ndef «f»(): return k\ny = f()\n")], "b.py", "shadowed"),
        (vec![("a.py", "def «f»(): pass\n"), ("b.py", "f = 1\n")], "b.py", "name-taken"),
        (
            vec![("a.py", "import os\ndef «f»(): return os\n"), ("b.py", "os = 1\n")],
            "b.py",
            "shadowed",
        ),
        (vec![("a.py", "def «f»():\n    global g\n    g = 1\ng = 2\n")], "b.py", "shadowed"),
        (
            vec![("a.py", "def «f»(): pass\n"), ("c.py", "from a import *\nf()\n")],
            "b.py",
            "dynamic",
        ),
    ] {
        refused(&files, &to(path), reason);
    }
}
