//! Names in small repositories: what is missing, and what only seems to be.

use crate::agent::review::Severity;
use crate::agent::review::testing::{found, found_in, rules_in, rules_of};
use crate::base::splice;

#[test]
fn undefined_names() {
    let text = "def total(items):\n    count = 0\n    return cuont\n";
    let all = found("src/a.py", "", text);
    assert_eq!((all[0].rule.id, all[0].severity), ("undefined-name", Severity::Blocks));
    assert_eq!(splice(text, &all[0].patch).unwrap(), text.replace("cuont", "count"));
    for fine in [
        "import os\nf = (os.name, __file__, WindowsError)\n",
        "try:\n    unicode_type = unicod\nexcept NameError:\n    unicode_type = str\n",
        "from x import *\nf(y)\n",
        "def f():\n    return [a for a in range(3)]\n",
        "class A:\n    b = 1\n    c = b\n    def d(self) -> 'E':\n        return __class__\n",
        "def f(x):\n    match x:\n        case [a, *b]:\n            return a, b\n",
        "def f(x):\n    global later\n    later = 1\ndef g():\n    return later\n",
        "lambda *a, **k: (a, k)\n",
        "with open('x') as f, open('y') as g:\n    f.read(), g.read()\n",
        "def f[T](x: T) -> T:\n    return x\n",
        "if (n := 3) > 2:\n    n\n",
        "for i in range(3):\n    pass\nelse:\n    i\n",
        "try:\n    pass\nexcept OSError as e:\n    raise e\n",
        "import a.b.c\na.b.c.d()\n",
    ] {
        assert_eq!(rules_of("src/a.py", "", fine), [""; 0], "{fine}");
    }
    let installed = [("conftest.py", "import builtins\nbuiltins.zz = 1\n")];
    assert_eq!(rules_in(&[("src/a.py", "", "def f():\n    return zz\n")], &installed), [""; 0]);
    let beside = [("src/b.py", "x = zz(1)\n")];
    assert_eq!(rules_in(&[("src/a.py", "", "x = zz(2)\n")], &beside), [""; 0]);
    // It was undefined before.
    assert_eq!(
        rules_of("src/a.py", "def f():\n    return zz\n", "def f():\n    return zz + 1\n"),
        [""; 0]
    );
}

#[test]
fn undefined_names_of_javascript() {
    assert_eq!(
        rules_of("src/a.js", "", "export function f(count) { return cuont }\n"),
        ["undefined-name"]
    );
    for fine in [
        "export function f() { return window.x + document.y + new URL('a') }\n",
        "export const f = () => typeof zz === 'undefined'\n",
        "export const f = ({ a, ...b }, [c]) => { try { a() } catch (e) { e } return b + c }\n",
        "export class A { #b = 1; c() { return this.#b } }\n",
        "export const A = () => <div>{`x`}</div>\n",
        "function f() { return zz }\n",
        "label: for (const x of []) { continue label }\nexport default 1\n",
    ] {
        assert_eq!(rules_of("src/a.js", "", fine), [""; 0], "{fine}");
    }
}

const PACKAGE: &[(&str, &str)] = &[
    ("pkg/__init__.py", "from .core import run\n"),
    (
        "pkg/core.py",
        "LIMIT = 1\n\n\ndef run(a, b=1, *, c=2):\n    return a + b + c\n\n\nclass Box:\n    def __init__(self, size):\n        self.size = size\n",
    ),
    ("pkg/open.py", "def __getattr__(name):\n    return name\n"),
    ("pkg/sub/__init__.py", ""),
    ("pkg/sub/deep.py", "X = 1\n"),
];

fn with_package(text: &str) -> Vec<String> {
    rules_in(&[("pkg/new.py", "", text)], PACKAGE)
}

#[test]
fn imports() {
    assert_eq!(with_package("from pkg.core import missing\n"), ["missing-import"]);
    assert_eq!(with_package("from .core import missing\n"), ["missing-import"]);
    assert_eq!(with_package("from pkg.gone import x\n"), ["missing-module"]);
    assert_eq!(with_package("import pkg.gone\n"), ["missing-module"]);
    assert_eq!(with_package("from . import gone\n"), ["missing-import"]);
    let all = found_in(&[("pkg/new.py", "", "from .core import LIMTI\n")], PACKAGE);
    assert_eq!(
        splice("from .core import LIMTI\n", &all[0].patch).unwrap(),
        "from .core import LIMIT\n"
    );
    for fine in [
        "from pkg.core import run, LIMIT, Box\n",
        "from pkg import core, run, sub\n",
        "from pkg.open import anything\n",
        "from pkg.sub import deep\n",
        "from pkg.sub.deep import X\n",
        "from . import core\nfrom .. import somewhere\n",
        "import numpy.linalg\nfrom other.thing import y\n",
        // A package beside the file is not what an absolute import finds.
        "import sub\n\nsub.anything()\n",
        "try:\n    from pkg.gone import x\nexcept ImportError:\n    x = None\n",
        "from pkg._speedups import fast\nfrom pkg.version import v\n",
    ] {
        assert_eq!(with_package(fine), [""; 0], "{fine}");
    }
}

#[test]
fn modules_that_others_fill() {
    let filler = (
        "pkg/late.py",
        "from .tools import provides\n\n\n@provides(\"pkg.core\")\ndef missing():\n    return 1\n",
    );
    let others: Vec<(&str, &str)> = PACKAGE.iter().copied().chain([filler]).collect();
    let of = |text: &str| rules_in(&[("pkg/new.py", "", text)], &others);
    assert_eq!(of("from pkg.core import missing\n"), [""; 0]);
    assert_eq!(of("from pkg import core\n\ncore.missing()\n"), [""; 0]);
    assert_eq!(of("from pkg.sub.deep import missing\n"), ["missing-import"]);
    // A star import of its own name brings what nobody here knows.
    let own = [("tools/subprocess.py", "from subprocess import *\n")];
    assert_eq!(rules_in(&[("tools/new.py", "", "from .subprocess import run\n")], &own), [""; 0]);
}

#[test]
fn imports_of_javascript() {
    let others = &[
        ("src/a.ts", "export const one = 1\nexport default 2\nexport * from './b'\n"),
        ("src/b.ts", "export function two() {}\n"),
        ("src/c.js", "module.exports = {}\n"),
        (
            "src/e.ts",
            "export const first = 1\nexport declare class Later { x: number }\nexport declare type T = 1\n",
        ),
        ("src/d/index.ts", "export { one as uno } from '../a'\n"),
    ];
    let check = |text: &str| rules_in(&[("src/new.ts", "", text)], others);
    assert_eq!(check("import { three } from './a'\n"), ["missing-import"]);
    assert_eq!(check("import x from './gone'\n"), ["missing-module"]);
    for fine in [
        "import def, { one, two } from './a'\n",
        "import { one } from './a.js'\n",
        "import { anything } from './c'\n",
        "import { uno } from './d'\n",
        "import './style.css'\nimport x from 'react'\nimport y from './gen.js?raw'\n",
        "import * as all from './a'\n",
        "import { first, Later, T } from './e'\n",
    ] {
        assert_eq!(check(fine), [""; 0], "{fine}");
    }
}

#[test]
fn attributes() {
    assert_eq!(
        with_package("from pkg import core\n\n\ndef f():\n    return core.missing\n"),
        ["missing-attribute"]
    );
    assert_eq!(with_package("import pkg.core as c\nc.missing()\n"), ["missing-attribute"]);
    for fine in [
        "from pkg import core\ncore.run(1)\ncore.__name__\n",
        "from pkg import core\ncore.added = 1\nlen(core.added)\n",
        "from pkg import core\ncore = object()\ncore.x\n",
        "from pkg import open\nopen.x\n",
        "from pkg import core\nif hasattr(core, 'later'):\n    core.later\n",
        "import pkg\npkg.sub\npkg.run(1)\n",
    ] {
        assert_eq!(with_package(fine), [""; 0], "{fine}");
    }
    let class = |call: &str| {
        format!(
            "class A:\n    def __init__(self):\n        self.x = len\n\n    def a(self):\n        return {call}\n"
        )
    };
    assert_eq!(with_package(&class("self.missing()")), ["missing-attribute"]);
    assert_eq!(with_package(&class("self.x()")), [""; 0]);
    assert_eq!(
        with_package(&class("self.missing()").replace("class A:", "class A(Base):")),
        ["undefined-name"]
    );
    let made = [("pkg/heir.py", "from .new import A\n\nB = type('B', (A, dict), {})\n")];
    assert_eq!(rules_in(&[("pkg/new.py", "", &class("self.missing()"))], &made), [""; 0]);
    let heir = [(
        "pkg/heir.py",
        "from .new import A\n\n\nclass B(A):\n    def missing(self):\n        return 1\n",
    )];
    assert_eq!(rules_in(&[("pkg/new.py", "", &class("self.missing()"))], &heir), [""; 0]);
}

#[test]
fn calls() {
    let head = "from pkg import run\nfrom pkg.core import Box\n";
    for bad in ["run()", "run(1, 2, 3)", "run(1, d=2)", "run(1, a=2)", "Box()", "Box(1, 2)"] {
        assert_eq!(with_package(&format!("{head}{bad}\n")), ["wrong-arity"], "{bad}");
    }
    for fine in
        ["run(1)", "run(1, 2, c=3)", "run(a=1)", "run(*x)", "run(1, **x)", "Box(1)", "Box(size=1)"]
    {
        assert_eq!(with_package(&format!("{head}x = []\n{fine}\n")), [""; 0], "{fine}");
    }
    let own = |call: &str| {
        format!(
            "class A:\n    def a(self, x):\n        return x\n\n    def b(self):\n        return {call}\n"
        )
    };
    assert_eq!(with_package(&own("self.a()")), ["wrong-arity"]);
    assert_eq!(with_package(&own("self.a(1)")), [""; 0]);
    assert_eq!(
        with_package(
            &own("self.a()")
                .replace("    def a", "    @wraps\n    def a")
                .replace("class A", "from functools import wraps\n\n\nclass A")
        ),
        [""; 0]
    );
}

#[test]
fn what_the_change_breaks_elsewhere() {
    let core = PACKAGE[1].1;
    let user = (
        "pkg/user.py",
        "from .core import LIMIT, run\nfrom . import core\n\n\ndef f():\n    return run(LIMIT) + core.LIMIT\n",
    );
    let others: Vec<(&str, &str)> =
        PACKAGE.iter().filter(|(p, _)| *p != "pkg/core.py").copied().chain([user]).collect();
    let all =
        found_in(&[("pkg/core.py", core, &core.replace("LIMIT = 1\n", "BOUND = 1\n"))], &others);
    let seen: Vec<(&str, &str, u32)> =
        all.iter().map(|f| (f.rule.id, f.path.as_str(), f.line().0)).collect();
    assert_eq!(seen, [("removed-in-use", "pkg/user.py", 1), ("removed-in-use", "pkg/user.py", 6)]);
    let wider = core.replace("run(a, b=1", "run(a, z, b=1");
    let all = found_in(&[("pkg/core.py", core, &wider)], &others);
    let seen: Vec<(&str, &str, u32)> =
        all.iter().map(|f| (f.rule.id, f.path.as_str(), f.line().0)).collect();
    assert_eq!(seen, [("wrong-arity", "pkg/user.py", 6)]);
    let gone = found_in(
        &[("pkg/sub/deep.py", "X = 1\n", "")],
        &[("pkg/__init__.py", "from .sub.deep import X\n"), ("pkg/sub/__init__.py", "")],
    );
    assert_eq!(gone[0].rule.id, "removed-in-use");
    // The only use goes with it.
    let both = [
        ("pkg/core.py", core, core.replace("LIMIT = 1\n", "")),
        (user.0, user.1, "X = 1\n".to_owned()),
    ];
    let both: Vec<(&str, &str, &str)> = both.iter().map(|(a, b, c)| (*a, *b, c.as_str())).collect();
    let rest: Vec<(&str, &str)> = others.iter().filter(|(p, _)| *p != user.0).copied().collect();
    assert_eq!(rules_in(&both, &rest), [""; 0]);
}

#[test]
fn a_definition_that_its_own_file_still_uses() {
    let before = "import os\n\n\ndef f():\n    return os.name\n";
    let all = found("src/a.py", before, "\n\ndef f():\n    return os.name\n");
    assert_eq!((all[0].rule.id, all[0].line().0), ("removed-in-use", 4));
    let before = "import { a } from 'x'\nexport const f = () => a()\n";
    assert_eq!(rules_of("src/a.ts", before, "export const f = () => a()\n"), ["removed-in-use"]);
}

const CRATE: &[(&str, &str)] = &[
    ("Cargo.toml", "[package]\nname = \"x\"\n"),
    (
        "src/lib.rs",
        "mod shapes;\nmod open;\nmod made;\nmod macros;\nmod new;\npub mod inline {\n    pub fn area() {}\n}\npub use shapes::Square as Box2;\n",
    ),
    (
        "src/shapes/mod.rs",
        "mod deep;\n\n#[derive(Debug)]\npub struct Square;\n\npub fn area() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n",
    ),
    ("src/shapes/deep.rs", "pub const SIZE: u32 = 1;\n"),
    ("src/open.rs", "pub use std::collections::*;\n"),
    ("src/made.rs", "#[derive(Builder)]\npub struct Circle;\n"),
    ("src/macros.rs", "#[macro_export]\nmacro_rules! shout { () => {} }\n"),
];

fn with_crate(path: &str, text: &str) -> Vec<String> {
    rules_in(&[(path, "", text)], CRATE)
}

#[test]
fn modules_of_rust_have_files() {
    assert_eq!(with_crate("src/shapes/round.rs", "mod gone;\n"), ["missing-module"]);
    assert_eq!(with_crate("src/bin/tool.rs", "mod gone;\n"), ["missing-module"]);
    for fine in [
        "mod here {\n    pub fn f() {}\n}\n",
        "#[path = \"x.rs\"]\nmod gone;\n",
        "#[cfg(windows)]\n// only there\nmod gone;\n",
        "mod generated;\n",
    ] {
        assert_eq!(with_crate("src/shapes/round.rs", fine), [""; 0], "{fine}");
    }
    // A root of a crate has its modules beside it, any other file below it; the manifest may say otherwise.
    assert_eq!(with_crate("src/shapes/round.rs", "mod deep;\n"), [""; 0]);
}

#[test]
fn imports_within_a_crate() {
    let of = |text: &str| with_crate("src/new.rs", text);
    assert_eq!(of("use crate::shapes::Circle;\n"), ["missing-import"]);
    assert_eq!(of("use crate::gone::Circle;\n"), ["missing-import"]);
    assert_eq!(of("use crate::inline::{area, volume};\n"), ["missing-import"]);
    assert_eq!(of("use crate::{shapes::deep::{SIZE, SIZES}};\n"), ["missing-import"]);
    let all = found_in(&[("src/new.rs", "", "use crate::shapes::{area, Sqare};\n")], CRATE);
    let one = all.iter().find(|f| f.rule.id == "missing-import").unwrap();
    assert!(one.message.contains("did you mean `Square`?"), "{}", one.message);
    assert_eq!(one.columns, Some((27, 32)));
    for fine in [
        "use crate::shapes::{self, area, Square, deep::SIZE};\n",
        "use crate::shapes::deep;\nuse crate::inline::area as a;\nuse crate::Box2;\n",
        "use crate::open::HashMap;\n",
        "use crate::made::CircleBuilder;\n",
        "use crate::shout;\n",
        "use crate::shapes::*;\nuse std::gone::X;\nuse serde::Y;\n",
        "use crate::shapes::Square::Unit;\n",
    ] {
        assert_eq!(of(fine), [""; 0], "{fine}");
    }
    // What no module declares is no part of the crate.
    assert_eq!(with_crate("src/lost.rs", "use crate::gone::X;\n"), [""; 0]);
    // Another root may be meant by the manifest, and a test has a root of its own.
    let other = [("Cargo.toml", "[lib]\npath = \"src/other.rs\"\n"), CRATE[1], CRATE[2]];
    let text = "use crate::shapes::Circle;\n";
    assert_eq!(rules_in(&[("src/new.rs", "", text)], &other), [""; 0]);
    assert_eq!(with_crate("tests/it.rs", text), [""; 0]);
}

#[test]
fn packages_of_a_module_of_go() {
    let others = &[
        ("go.mod", "module example.org/acme/tool\n\ngo 1.22\n"),
        ("store/store.go", "package store\n"),
        ("plugin/go.mod", "module example.org/acme/tool/plugin\n"),
        ("plugin/inner/x.go", "package inner\n"),
    ];
    let of = |path: &str, import: &str| {
        rules_in(
            &[(path, "", &format!("package a\n\nimport x \"{import}\"\n\nvar y = x.Y\n"))],
            others,
        )
    };
    assert_eq!(of("a/a.go", "example.org/acme/tool/stroe"), ["missing-module"]);
    assert_eq!(of("plugin/a.go", "example.org/acme/tool/plugin/outer"), ["missing-module"]);
    for fine in [
        "example.org/acme/tool/store",
        "example.org/acme/tool/plugin/anything",
        "example.org/acme/tools/other",
        "example.org/acme/tool/api/pb",
        "fmt",
    ] {
        assert_eq!(of("a/a.go", fine), [""; 0], "{fine}");
    }
    assert_eq!(of("plugin/a.go", "example.org/acme/tool/plugin/inner"), [""; 0]);
}

#[test]
fn names_of_typescript() {
    let others = &[
        ("src/env.d.ts", "declare const injected: string\n"),
        ("src/global.ts", "declare global {\n  var shared: number\n}\nexport {}\n"),
    ];
    let of = |text: &str| rules_in(&[("src/new.ts", "", text)], others);
    assert_eq!(of("export const total = 1\nexport const f = () => totl\n"), ["undefined-name"]);
    for fine in [
        "export const f = () => injected + shared\n",
        "export type A<key extends string> = { [k in key]: k }\n",
        "export enum E { one, two = one }\nexport const f = (x: unknown): x is E => x === E.one\n",
        "export function f(this: Window, a?: number): asserts a is number {}\n",
        "const a = 1\n", // a script
        "export const f = () => process.env + Buffer.from('') + setTimeout(f, 1)\n",
    ] {
        assert_eq!(of(fine), [""; 0], "{fine}");
    }
}

#[test]
fn calls_of_typescript() {
    let others = &[(
        "src/a.ts",
        "export function one(a: number, b?: string) {}\nexport function many(a: number, ...rest: string[]) {}\n\
         export function over(a: number): void\nexport function over(a: number, b: number): void\n\
         export function over(...all: number[]) {}\nexport function own(this: Window, a = 1, done: void) {}\n",
    )];
    let head = "import { one, many, over, own as mine } from './a'\nfunction here(a: number) {}\n";
    let of = |text: &str| rules_in(&[("src/new.ts", "", &format!("{head}{text}\n"))], others);
    for bad in
        ["one()", "one(1, 'b', 3)", "many()", "mine(1, undefined, 3)", "here()", "here(1, 2)"]
    {
        assert_eq!(of(bad), ["wrong-arity"], "{bad}");
    }
    for fine in [
        "one(1)",
        "one(1, 'b')",
        "many(1, 'a', 'b')",
        "over()",
        "mine()",
        "one(...list as [number])",
        "// @ts-expect-error\none()",
        "here(1 /* two */)",
    ] {
        assert!(
            !of(&format!("const list = [1]\n{fine}")).contains(&"wrong-arity".to_owned()),
            "{fine}"
        );
    }
    // JavaScript allows it.
    assert_eq!(rules_in(&[("src/new.js", "", "export function f(a) {}\nf()\n")], &[]), [""; 0]);
}

#[test]
fn modules_that_hand_their_names_over() {
    let table = [(
        "tools/__init__.py",
        "from .late import deprecated\n\ndeprecated({\"run\": \"tools.runs\"})\n",
    )];
    assert_eq!(rules_in(&[("new.py", "", "from tools import run\n")], &table), [""; 0]);
}

#[test]
fn annotations_that_never_run() {
    let of = |text: &str| rules_in(&[("pkg/new.py", "", text)], PACKAGE);
    assert_eq!(
        of("def f(self):\n    self.a: Missing = 1\n    b: Missing[int] = 2\n    return b\n"),
        [""; 0]
    );
    assert_eq!(of("class A:\n    a: Missing = 1\n"), ["undefined-name"]);
    assert_eq!(of("def f(a: Missing):\n    return a\n"), ["undefined-name"]);
    assert_eq!(of("a: Missing = 1\n"), ["undefined-name"]);
}
