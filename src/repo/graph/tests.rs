//! Small repositories in each language, and who uses whom in them.

use std::sync::Arc;

use super::{Focus, Graph, Linking, NodeId, rank};
use crate::base::RepoPath;
use crate::repo::index::{File, Snapshot};
use crate::syntax::{Grammar, extract};

fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    let mut files: Vec<File> = files
        .iter()
        .map(|(path, text)| {
            let grammar = Grammar::of_path(path).unwrap();
            let symbols = Arc::new(extract(grammar, text).unwrap());
            File { path: RepoPath::new(path).unwrap(), grammar, symbols, generated: false }
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Snapshot { files }
}

fn name(graph: &Graph<'_>, node: NodeId) -> String {
    let (file, definition) = graph.place(node);
    let file = &graph.snapshot().files[file];
    let path = file.path.as_str();
    definition.map_or_else(|| path.to_owned(), |d| format!("{path}:{}", file.symbols.qualified(d)))
}

/// `from -> to` of every link of a use, sorted, each once.
fn links(files: &[(&str, &str)]) -> Vec<String> {
    let snapshot = snapshot(files);
    let graph = Graph::new(&snapshot, Linking::Imports);
    let uses = graph.links.iter().filter(|link| link.reference.is_some());
    let mut all: Vec<String> =
        uses.map(|l| format!("{} -> {}", name(&graph, l.from), name(&graph, l.to))).collect();
    all.sort();
    all.dedup();
    all
}

#[track_caller]
fn has(files: &[(&str, &str)], wanted: &[&str], unwanted: &[&str]) {
    let links = links(files);
    for link in wanted {
        assert!(links.iter().any(|l| l == link), "no {link} in {links:#?}");
    }
    for link in unwanted {
        assert!(!links.iter().any(|l| l == link), "{link} in {links:#?}");
    }
}

#[test]
fn python() {
    has(
        &[
            ("src/pkg/__init__.py", "from .a import f as g\nfrom .b import *\n"),
            ("src/pkg/a.py", "import os\ndef f(): pass\ndef get(): pass\n"),
            (
                "src/pkg/b.py",
                "class C:\n    def m(self):\n        return self.n()\n    def n(self): pass\n",
            ),
            ("src/pkg/os.py", "def path(): pass\n"),
            (
                "src/pkg/sub/x.py",
                "from ..a import f\nfrom .. import b as bb\nimport pkg.a\ndef u():\n    f(); bb.C(); pkg.a.get(); get()\n",
            ),
            (
                "src/main.py",
                "from pkg import g, C\nimport pkg as p\ndef run(c: C):\n    g()\n    C().m()\n    p.g()\n    os.path()\n",
            ),
        ],
        &[
            "src/pkg/sub/x.py:u -> src/pkg/a.py:f",
            "src/pkg/sub/x.py:u -> src/pkg/b.py:C",
            "src/pkg/sub/x.py:u -> src/pkg/a.py:get",
            "src/main.py:run -> src/pkg/a.py:f",
            "src/main.py:run -> src/pkg/b.py:C",
            "src/main.py:run -> src/pkg/b.py:C.m",
            "src/pkg/b.py:C.m -> src/pkg/b.py:C.n",
        ],
        // `os` is the standard library's, whatever lies in a package.
        &["src/main.py:run -> src/pkg/os.py:path"],
    );
}

#[test]
fn a_plain_name_that_is_not_imported_is_nobodys() {
    has(
        &[
            ("a.py", "def get(): pass\n"),
            ("b.py", "def f(get):\n    return get()\n"),
            ("c.rs", "pub fn get() {}\n"),
            ("d.js", "export function get() {}\n"),
            ("e.js", "function f(get) { return get(); }\n"),
        ],
        &[],
        &["b.py:f -> a.py:get", "e.js:f -> d.js:get", "b.py:f -> c.rs:get"],
    );
}

#[test]
fn rust() {
    has(
        &[
            ("core/src/lib.rs", "pub mod net;\npub use net::tcp::Stream;\npub fn start() {}\n"),
            ("core/src/net/mod.rs", "pub mod tcp;\npub(crate) fn poll() {}\n"),
            (
                "core/src/net/tcp.rs",
                "use super::poll;\nuse crate::start;\npub struct Stream;\nimpl Stream {\n    pub fn open() -> Self { poll(); start(); Self::new() }\n    fn new() -> Self { Stream }\n    pub fn read(&self) {}\n}\n",
            ),
            (
                "app/src/main.rs",
                "use core::Stream;\nuse core::net::{self, tcp as t};\nfn main() { let s = Stream::open(); s.read(); t::Stream::open(); net::tcp::Stream; helper::go(); }\nmod helper { pub fn go() {} }\n",
            ),
        ],
        &[
            "core/src/net/tcp.rs:Stream.open -> core/src/net/mod.rs:poll",
            "core/src/net/tcp.rs:Stream.open -> core/src/lib.rs:start",
            "core/src/net/tcp.rs:Stream.open -> core/src/net/tcp.rs:Stream.new",
            "app/src/main.rs:main -> core/src/net/tcp.rs:Stream",
            "app/src/main.rs:main -> core/src/net/tcp.rs:Stream.open",
            "app/src/main.rs:main -> core/src/net/tcp.rs:Stream.read",
            "app/src/main.rs:main -> app/src/main.rs:helper.go",
        ],
        &[],
    );
}

#[test]
fn javascript_and_typescript() {
    has(
        &[
            ("src/a.ts", "export class A { m() {} }\nexport function f() {}\n"),
            ("src/lib/index.ts", "export { A } from '../a';\nexport * from './deep.js';\n"),
            ("src/lib/deep.ts", "export const deep = () => 1;\n"),
            (
                "src/old.js",
                "const { f: g } = require('./a');\nconst all = require('./lib');\nfunction run() { g(); all.deep(); }\n",
            ),
            (
                "src/main.tsx",
                "import { A, deep } from './lib';\nimport * as a from './a';\nexport function main(x: A) { deep(); a.f(); x.m(); new A(); }\n",
            ),
        ],
        &[
            "src/old.js:run -> src/a.ts:f",
            "src/old.js:run -> src/lib/deep.ts:deep",
            "src/main.tsx:main -> src/lib/deep.ts:deep",
            "src/main.tsx:main -> src/a.ts:f",
            "src/main.tsx:main -> src/a.ts:A",
            "src/main.tsx:main -> src/a.ts:A.m",
        ],
        &[],
    );
}

#[test]
fn go() {
    has(
        &[
            ("go.go", "package root\n"),
            (
                "store/store.go",
                "package store\n\ntype S struct{}\n\nfunc New() *S { return other() }\nfunc (s *S) Get() {}\n",
            ),
            ("store/other.go", "package store\n\nfunc other() *S { return nil }\n"),
            (
                "cmd/main.go",
                "package main\n\nimport (\n\t\"fmt\"\n\tst \"example.com/m/store\"\n)\n\nfunc main() { s := st.New(); s.Get(); fmt.New() }\nfunc other() {}\n",
            ),
        ],
        &[
            "store/store.go:New -> store/other.go:other",
            "store/store.go:New -> store/store.go:S",
            "cmd/main.go:main -> store/store.go:New",
            "cmd/main.go:main -> store/store.go:S.Get",
        ],
        &["store/store.go:New -> cmd/main.go:other"],
    );
}

#[test]
#[cfg(all(feature = "lang-java", feature = "lang-c", feature = "lang-php", feature = "lang-bash"))]
fn java_c_php_and_shell() {
    has(
        &[
            (
                "src/com/x/A.java",
                "package com.x;\npublic class A { public static void run() { help(); } static void help() {} }\n",
            ),
            ("src/com/x/B.java", "package com.x;\nclass B { void go() { A.run(); } }\n"),
            (
                "src/com/y/C.java",
                "package com.y;\nimport com.x.A;\nclass C { void go(A a) { A.run(); } }\n",
            ),
            ("lib/u.c", "#include \"u.h\"\nint add(int a, int b) { return a + b; }\n"),
            ("lib/m.c", "#include \"u.h\"\nint main(void) { return add(1, 2); }\n"),
            (
                "app/K.php",
                "<?php\nnamespace App;\nclass K { public function f() { return L::make(); } }\n",
            ),
            (
                "app/L.php",
                "<?php\nnamespace App;\nclass L { public static function make() { return new L(); } }\n",
            ),
            (
                "app/Http/M.php",
                "<?php\nnamespace App\\Http;\nuse App\\L;\nfunction go() { return L::make(); }\n",
            ),
            ("bin/a.sh", "source ./lib.sh\nstart\n"),
            ("bin/lib.sh", "start() {\n  echo x\n}\n"),
        ],
        &[
            "src/com/x/A.java:A.run -> src/com/x/A.java:A.help",
            "src/com/x/B.java:B.go -> src/com/x/A.java:A.run",
            "src/com/y/C.java:C.go -> src/com/x/A.java:A",
            "src/com/y/C.java:C.go -> src/com/x/A.java:A.run",
            "app/K.php:K.f -> app/L.php:L.make",
            "app/Http/M.php:go -> app/L.php:L.make",
            "bin/a.sh -> bin/lib.sh:start",
        ],
        &[],
    );
}

#[test]
fn a_type_seen_through_a_wildcard_is_told_from_others() {
    has(
        &[
            (
                "b.py",
                "class C:\n    def make(): pass\nclass D:\n    def make(): pass\n    def drop(): pass\n",
            ),
            ("main.py", "from b import *\ndef run():\n    C.make()\n    C.drop()\n"),
            ("src/lib.rs", "mod b;\nuse b::*;\nfn run() { C::make(); }\n"),
            (
                "src/b.rs",
                "pub struct C;\nimpl C { pub fn make() {} }\npub struct D;\nimpl D { pub fn make() {} }\n",
            ),
        ],
        &["main.py:run -> b.py:C.make", "src/lib.rs:run -> src/b.rs:C.make"],
        &[
            "main.py:run -> b.py:D.make",
            "main.py:run -> b.py:D.drop",
            "src/lib.rs:run -> src/b.rs:D.make",
        ],
    );
}

#[test]
#[cfg(feature = "lang-java")]
fn a_class_of_a_whole_package_is_told_from_others() {
    has(
        &[
            (
                "src/com/x/A.java",
                "package com.x;\npublic class A { public static void run() {} }\n",
            ),
            (
                "src/com/x/B.java",
                "package com.x;\npublic class B { public static void run() {} }\n",
            ),
            (
                "src/com/y/C.java",
                "package com.y;\nimport com.x.*;\nclass C { void go() { A.run(); } }\n",
            ),
        ],
        &["src/com/y/C.java:C.go -> src/com/x/A.java:A.run"],
        &["src/com/y/C.java:C.go -> src/com/x/B.java:B.run"],
    );
}

#[test]
fn a_nested_function_is_that_of_the_function_around() {
    has(
        &[(
            "a.py",
            "def one():\n    def help(): pass\n    def inner():\n        return help()\n    help()\ndef two():\n    def help(): pass\n    help()\ndef three():\n    help()\n",
        )],
        &[
            "a.py:one -> a.py:one.help",
            "a.py:one.inner -> a.py:one.help",
            "a.py:two -> a.py:two.help",
        ],
        &["a.py:one -> a.py:two.help", "a.py:three -> a.py:one.help"],
    );
}

#[test]
fn a_member_is_inherited_through_imports() {
    has(
        &[
            (
                "base.py",
                "class Root:\n    def close(self): pass\n    def open(self): pass\nclass Base(Root):\n    def open(self): pass\n",
            ),
            // Other files imported have members of the same names.
            ("near.py", "class Near:\n    def close(self): pass\n    def open(self): pass\n"),
            (
                "a.py",
                "import base, near\nclass A(base.Base, metaclass=near.Near):\n    def run(self):\n        self.open(); self.close()\ndef go():\n    A.open()\n",
            ),
            // A class that is based on its own name elsewhere, and one on itself.
            (
                "b.py",
                "from base import Base as B\nclass Base(B):\n    def run(self):\n        self.open()\n",
            ),
            ("c.py", "class C(D):\n    def run(self):\n        self.none()\nclass D(C): pass\n"),
            (
                "src/base.ts",
                "export class Base<T> { open() {} }\nexport interface Named { title(): string }\n",
            ),
            (
                "src/a.ts",
                "import * as b from './base';\nimport { Base, Named } from './base';\nclass Other { open() {} title() {} }\nclass A extends Base<number> implements Named { run() { this.open(); this.title(); } }\nclass B extends b.Base { open() { super.open(); } }\n",
            ),
            (
                "src/lib.rs",
                "mod base;\nuse base::Shape;\nstruct S;\nimpl Shape for S { fn side(&self) -> u8 { self.area() } }\nstruct O;\nimpl O { fn area(&self) -> u8 { 1 } }\nfn go() { S::area(&S); }\n",
            ),
            ("src/base.rs", "pub trait Shape { fn area(&self) -> u8 { 0 } }\n"),
        ],
        &[
            "a.py:A -> base.py:Base",
            "a.py:A.run -> base.py:Base.open",
            "a.py:A.run -> base.py:Root.close",
            "a.py:go -> base.py:Base.open",
            "b.py:Base.run -> base.py:Base.open",
            "src/a.ts:A.run -> src/base.ts:Base.open",
            "src/a.ts:A.run -> src/base.ts:Named.title",
            "src/a.ts:B.open -> src/base.ts:Base.open",
            "src/lib.rs:S.side -> src/base.rs:Shape.area",
            "src/lib.rs:go -> src/base.rs:Shape.area",
        ],
        &[
            "a.py:A.run -> base.py:Root.open",
            "a.py:A.run -> near.py:Near.open",
            "a.py:A.run -> near.py:Near.close",
            "a.py:go -> near.py:Near.open",
            "src/a.ts:A.run -> src/a.ts:Other.open",
            "src/a.ts:A.run -> src/a.ts:Other.title",
            "src/lib.rs:S.side -> src/lib.rs:O.area",
            "src/lib.rs:go -> src/lib.rs:O.area",
        ],
    );
}

#[test]
#[cfg(all(
    feature = "lang-java",
    feature = "lang-kotlin",
    feature = "lang-php",
    feature = "lang-c-sharp"
))]
fn a_member_is_inherited_in_java_kotlin_php_and_c_sharp() {
    has(
        &[
            (
                "src/x/Base.java",
                "package x;\npublic abstract class Base<T> { void stop() {} void halt() {} }\n",
            ),
            ("src/x/Other.java", "package x;\nclass Other { void stop() {} void halt() {} }\n"),
            (
                "src/y/A.java",
                "package y;\nimport x.Base;\nimport x.Other;\nclass A extends Base<Other> { void go() { this.stop(); halt(); } void halt(int n) { super.halt(); } }\n",
            ),
            (
                "k/Base.kt",
                "package k\n\nopen class Base(val n: Int) {\n    fun stop() {}\n}\n\nclass Other { fun stop() {} }\n",
            ),
            ("k/A.kt", "package k\n\nclass A : Base(1) { fun go() { this.stop() } }\n"),
            (
                "app/Base.php",
                "<?php\nnamespace App;\nclass Base { function stop() {} static function make() {} }\n",
            ),
            (
                "app/Other.php",
                "<?php\nnamespace App;\nclass Other { function stop() {} static function make() {} }\n",
            ),
            (
                "app/A.php",
                "<?php\nnamespace App;\nclass A extends Base { function go() { $this->stop(); parent::make(); } }\n",
            ),
            (
                "s/Base.cs",
                "namespace S;\nclass Base<T> { void Stop() {} }\nclass Other { void Stop() {} }\n",
            ),
            ("s/A.cs", "namespace S;\nclass A : Base<Other> { void Go() { this.Stop(); } }\n"),
        ],
        &[
            "src/y/A.java:A.go -> src/x/Base.java:Base.stop",
            "src/y/A.java:A.halt -> src/x/Base.java:Base.halt",
            "k/A.kt:A.go -> k/Base.kt:Base.stop",
            "app/A.php:A.go -> app/Base.php:Base.stop",
            "app/A.php:A.go -> app/Base.php:Base.make",
            "s/A.cs:A.Go -> s/Base.cs:Base.Stop",
        ],
        &[
            "src/y/A.java:A.go -> src/x/Other.java:Other.stop",
            "src/y/A.java:A.halt -> src/x/Other.java:Other.halt",
            "k/A.kt:A.go -> k/Base.kt:Other.stop",
            "app/A.php:A.go -> app/Other.php:Other.stop",
            "app/A.php:A.go -> app/Other.php:Other.make",
            "s/A.cs:A.Go -> s/Base.cs:Other.Stop",
        ],
    );
}

#[test]
#[cfg(feature = "lang-c")]
fn a_prototype_leads_to_the_source() {
    has(
        &[
            ("lib/u.h", "int add(int a, int b);\n"),
            ("lib/u.c", "#include \"u.h\"\nint add(int a, int b) { return a + b; }\n"),
            ("lib/m.c", "#include \"u.h\"\nint main(void) { return add(1, 2); }\n"),
        ],
        &["lib/m.c:main -> lib/u.h:add", "lib/m.c:main -> lib/u.c:add"],
        &[],
    );
}

#[test]
fn by_name_alone_everything_is_tied_together() {
    let snapshot = snapshot(&[
        ("a.py", "def get(): pass\n"),
        ("b.py", "def get(): pass\n"),
        ("c.py", "def f(get):\n    return get()\n"),
    ]);
    let names = Graph::new(&snapshot, Linking::NamesOnly);
    assert_eq!(names.links.len(), 4, "{:?}", names.links);
    assert!(Graph::new(&snapshot, Linking::Imports).links.is_empty());
}

#[test]
fn imports_that_go_in_circles_end() {
    has(
        &[
            ("a.py", "from b import *\nfrom b import x\ndef f():\n    return x\n"),
            ("b.py", "from a import *\nfrom a import x\n"),
        ],
        &[],
        &[],
    );
}

#[test]
fn rank_follows_use_and_focus() {
    let snapshot = snapshot(&[
        ("a.py", "from b import used\ndef one():\n    used()\ndef two():\n    used()\n"),
        ("b.py", "def used(): pass\ndef unused(): pass\n"),
        ("c.py", "def rare(): pass\n"),
        ("d.py", "from b import used\ndef three():\n    used()\n"),
        ("e.py", "from c import rare\ndef four():\n    rare()\n"),
    ]);
    let graph = Graph::new(&snapshot, Linking::Imports);
    let at = |wanted: &str| {
        let node =
            (0..u32::try_from(graph.len()).unwrap()).find(|n| name(&graph, NodeId(*n)) == wanted);
        NodeId(node.unwrap())
    };
    let of = |ranks: &[f64], wanted| ranks[at(wanted).0 as usize];
    let all = rank(&graph, &Focus::default());
    assert!(of(&all, "b.py:used") > of(&all, "c.py:rare"));
    assert!(of(&all, "c.py:rare") > of(&all, "b.py:unused"));
    assert!(all.iter().all(|rank| (0.0..=1.0).contains(rank)));
    let focus = Focus { nodes: [at("e.py")].into() };
    let near = rank(&graph, &focus);
    assert!(of(&near, "c.py:rare") > of(&near, "b.py:used"));
    assert!(
        rank(&Graph::new(&Snapshot::default(), Linking::Imports), &Focus::default()).is_empty()
    );
}
