//! Classes as dataclasses.

use super::{Memory, Refactoring, made, refused};
use crate::refactor::Rewrite::Dataclass;

#[test]
fn classes_become_dataclasses() {
    made(
        Dataclass,
        &[
            (
                "\"\"\"Doc.\"\"\"\nimport os\n\n\nclass «»P:\n    \"\"\"A point.\"\"\"\n\n    def __init__(self, x: int, y: int = 0) -> None:\n        self.x = x\n        self.y = y  # up\n\n    def f(self):\n        return self.x\n",
                "\"\"\"Doc.\"\"\"\nimport os\nfrom dataclasses import dataclass\n\n\n@dataclass(eq=False, repr=False)\nclass P:\n    \"\"\"A point.\"\"\"\n\n    x: int\n    y: int = 0  # up\n\n    def f(self):\n        return self.x\n",
            ),
            (
                "import dataclasses\nfrom typing import Any\nclass «»P(object):\n    def __init__(self, x, y=None):\n        self.x: int = x\n        self.y = y\n    def __eq__(self, other):\n        return self.x == other.x\n",
                "import dataclasses\nfrom typing import Any\n@dataclasses.dataclass(repr=False)\nclass P(object):\n    x: int\n    y: Any = None\n    def __eq__(self, other):\n        return self.x == other.x\n",
            ),
            (
                "#!/usr/bin/env python\nclass «»P:\n    def __init__(self, x: str):\n        self.x = x\n",
                "#!/usr/bin/env python\nfrom dataclasses import dataclass\n@dataclass(eq=False, repr=False)\nclass P:\n    x: str\n",
            ),
        ],
    );
}

#[test]
fn classes_that_would_differ_are_refused() {
    let class = |head: &str, parameters: &str, body: &str, rest: &str| {
        format!("{head}class «»P:\n    def __init__(self, {parameters}):\n        {body}\n{rest}")
    };
    let plain = "self.x = x";
    for (text, reason, words) in [
        (class("", "x", "self.y = x", ""), "not-equivalent", "does more"),
        (class("", "x", "self.x = x or []", ""), "not-equivalent", "does more"),
        (class("", "x", "self.x = x\n        print(x)", ""), "not-equivalent", "does more"),
        (
            class("", "x, y", "self.y = y\n        self.x = x", ""),
            "not-equivalent",
            "order of the parameters",
        ),
        (class("", "x, y", plain, ""), "not-equivalent", "kept once"),
        (class("", "*x", plain, ""), "not-equivalent", "no equal"),
        (class("", "*, x", plain, ""), "not-equivalent", "no equal"),
        (class("", "x=[]", plain, ""), "not-equivalent", "unchangeable"),
        (class("", "x=D", plain, ""), "not-equivalent", "unchangeable"),
        (class("", "x", "# why\n        self.x = x", ""), "not-here", "comments"),
        (class("@d\n", "x", plain, ""), "effects", "decorator"),
        (class("", "x", plain, "    x = 1\n"), "name-taken", "`x` is a member"),
        (
            class("", "x", plain, "    @property\n    def x(self): pass\n"),
            "name-taken",
            "`x` is a member",
        ),
        (class("", "x", plain, "    y: int = 1\n"), "not-equivalent", "annotated name"),
        (class("", "x", plain, "    if 1:\n        pass\n"), "not-equivalent", "not known"),
        (class("", "x", plain, "    __slots__ = ['x']\n"), "not-equivalent", "`__slots__`"),
        (
            class("", "x", plain, "    def __setattr__(self, n, v): pass\n"),
            "not-equivalent",
            "`__setattr__`",
        ),
        (class("", "x: x", plain, ""), "shadowed", "`x` would hide"),
        (class("dataclass = 1\n", "x: int", plain, ""), "name-taken", "`dataclass` means"),
        (class("", "__x", "self.__x = __x", ""), "not-equivalent", "mangled"),
        (
            "class «»P(Base):\n    def __init__(self, x):\n        self.x = x\n".to_owned(),
            "inherited",
            "base class",
        ),
        ("class «»P:\n    pass\n".to_owned(), "not-here", "no class whose"),
    ] {
        refused(Dataclass, &[(&text, reason, words)]);
    }
    let below = Memory::new(&[
        ("a.py", "class «»P:\n    def __init__(self, x: int):\n        self.x = x\n"),
        ("b.py", "from a import P\n@dataclass\nclass Q(P):\n    y: int\n"),
    ]);
    let answer = below.after(Refactoring::Rewrite(Dataclass));
    assert!(answer.starts_with("inherited: a dataclass derives from `P`"), "{answer}");
}
