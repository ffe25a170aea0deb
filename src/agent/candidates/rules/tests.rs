//! Each rule on a small repository, with what the real tool printed about it.

use std::path::Path;

use super::{Scene, candidates};
use crate::agent::localise::Localisation;
use crate::agent::sources::Sources;
use crate::base::RepoPath;
use crate::trace;

/// Every text that the candidates for `output` would give the file at `path`.
fn results(files: &[(&str, &str)], output: &str, path: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let full = dir.path().join(name);
        crate::base::fs::create_dir_all(full.parent().unwrap_or(Path::new("/"))).unwrap();
        crate::base::fs::write(&full, text).unwrap();
    }
    let paths = files.iter().map(|(name, _)| RepoPath::new(name).unwrap()).collect();
    let sources = Sources::new(dir.path(), paths);
    let failures = trace::parse(output);
    assert!(!failures.is_empty(), "nothing parsed from {output}");
    let localisation = Localisation::default();
    let scene = Scene { failures: &failures, sources: &sources, localisation: &localisation };
    let path = RepoPath::new(path).unwrap();
    candidates(&scene)
        .iter()
        .filter_map(|candidate| candidate.patch(&sources).ok())
        .filter_map(|patch| {
            let change = patch.files().iter().find(|c| c.path == path)?.clone();
            Some(String::from_utf8(change.after?.to_vec()).unwrap())
        })
        .collect()
}

/// One of the first `within` results is `want`.
fn expect(files: &[(&str, &str)], output: &str, path: &str, want: &str, within: usize) {
    let all = results(files, output, path);
    let at = all.iter().position(|text| text == want);
    assert!(
        at.is_some_and(|n| n < within),
        "wanted (found at {at:?})\n{want}\n--- got\n{}",
        all.iter().take(12).cloned().collect::<Vec<_>>().join("\n---\n")
    );
}

/// A Rust file, its diagnostic and the repaired file.
fn rust(text: &str, message: &str, line: u32, column: u32, want: &str) {
    let output = format!("{message}\n --> src/lib.rs:{line}:{column}\n  |\n");
    expect(&[("src/lib.rs", text)], &output, "src/lib.rs", want, 25);
}

fn go(text: &str, message: &str, want: &str) {
    let output = format!("# example.com/p\n./a.go:{message}\n");
    expect(&[("a.go", text)], &output, "a.go", want, 10);
}

/// What node prints for an uncaught error at a place of `a.js`.
fn thrown(message: &str, place: &str) -> String {
    let line = place.split(':').next().unwrap();
    format!(
        "/srv/app/a.js:{line}\n    x\n    ^\n\n{message}\n    at Object.<anonymous> (/srv/app/a.js:{place})\n    at Module._compile (node:internal/modules/cjs/loader:1105:14)\n\nNode.js v20.20.2\n"
    )
}

fn node(text: &str, message: &str, place: &str, want: &str) {
    expect(&[("a.js", text)], &thrown(message, place), "a.js", want, 10);
}

#[test]
fn rust_unknown_names() {
    rust(
        "pub fn index() -> HashMap<String, u32> {\n    HashMap::new()\n}\n",
        "error[E0425]: cannot find type `HashMap` in this scope",
        1,
        19,
        "use std::collections::HashMap;\npub fn index() -> HashMap<String, u32> {\n    HashMap::new()\n}\n",
    );
    rust(
        "pub fn area(width: u32, height: u32) -> u32 {\n    width * hieght\n}\n",
        "error[E0425]: cannot find value `hieght` in this scope",
        2,
        13,
        "pub fn area(width: u32, height: u32) -> u32 {\n    width * height\n}\n",
    );
    let files = [
        ("src/lib.rs", "mod shapes;\npub fn side(s: &Square) -> u32 {\n    s.side\n}\n"),
        ("src/shapes.rs", "pub struct Square {\n    pub side: u32,\n}\n"),
    ];
    expect(
        &files,
        "error[E0412]: cannot find type `Square` in this scope\n --> src/lib.rs:2:17\n",
        "src/lib.rs",
        "use crate::shapes::Square;\nmod shapes;\npub fn side(s: &Square) -> u32 {\n    s.side\n}\n",
        3,
    );
}

#[test]
fn rust_members() {
    rust(
        "pub fn n(v: &[i32]) -> usize {\n    v.length()\n}\n",
        "error[E0599]: no method named `length` found for reference `&[i32]` in the current scope",
        2,
        7,
        "pub fn n(v: &[i32]) -> usize {\n    v.len()\n}\n",
    );
    rust(
        "pub struct P {\n    width: u32,\n}\npub fn n(p: &P) -> u32 {\n    p.widht\n}\n",
        "error[E0609]: no field `widht` on type `&P`",
        5,
        7,
        "pub struct P {\n    width: u32,\n}\npub fn n(p: &P) -> u32 {\n    p.width\n}\n",
    );
    rust(
        "#[derive(Debug)]\nstruct P {\n    x: i32,\n}\nfn twice(p: &P) -> P {\n    p.clone()\n}\n",
        "error[E0599]: no method named `clone` found for struct `P` in the current scope",
        6,
        7,
        "#[derive(Debug, Clone)]\nstruct P {\n    x: i32,\n}\nfn twice(p: &P) -> P {\n    p.clone()\n}\n",
    );
}

#[test]
fn rust_missing_parts() {
    rust(
        "fn f(k: Kind) -> i32 {\n    match k {\n        Kind::A => 1,\n        Kind::B => 2,\n    }\n}\n",
        "error[E0004]: non-exhaustive patterns: `Kind::C` not covered",
        2,
        11,
        "fn f(k: Kind) -> i32 {\n    match k {\n        Kind::A => 1,\n        Kind::B => 2,\n        Kind::C => 2,\n    }\n}\n",
    );
    rust(
        "fn f(size: u32) -> P {\n    P { x: 1 }\n}\n",
        "error[E0063]: missing field `size` in initializer of `P`",
        2,
        5,
        "fn f(size: u32) -> P {\n    P { x: 1, size }\n}\n",
    );
    let head = "pub struct P {\n    x: i32,\n    label: String,\n}\n";
    expect(
        &[("src/lib.rs", &format!("{head}fn f() -> P {{\n    P {{ x: 1 }}\n}}\n"))],
        "error[E0063]: missing field `label` in initializer of `P`\n --> src/lib.rs:6:5\n",
        "src/lib.rs",
        &format!("{head}fn f() -> P {{\n    P {{ x: 1, label: String::new() }}\n}}\n"),
        1,
    );
    rust(
        "fn f(n: usize) -> usize {\n    want(\"a\")\n}\n",
        "error[E0061]: this function takes 2 arguments but 1 argument was supplied",
        2,
        5,
        "fn f(n: usize) -> usize {\n    want(\"a\", n)\n}\n",
    );
}

#[test]
fn rust_types() {
    let mismatched = "error[E0308]: mismatched types";
    rust(
        "fn f(a: u32, b: u64) -> bool {\n    a < b\n}\n",
        mismatched,
        2,
        9,
        "fn f(a: u32, b: u64) -> bool {\n    a < b as u32\n}\n",
    );
    rust(
        "fn f(n: u32) -> Option<u32> {\n    n\n}\n",
        mismatched,
        2,
        5,
        "fn f(n: u32) -> Option<u32> {\n    Some(n)\n}\n",
    );
    rust(
        "fn f(n: u32) -> u32 {\n    n + 1;\n}\n",
        mismatched,
        1,
        17,
        "fn f(n: u32) -> u32 {\n    n + 1\n}\n",
    );
    rust(
        "fn f(s: String, n: usize) -> usize {\n    want(s, n)\n}\n",
        "error[E0308]: arguments to this function are incorrect",
        2,
        5,
        "fn f(s: String, n: usize) -> usize {\n    want(&s, n)\n}\n",
    );
    rust(
        "fn f(v: &[i32], i: i32) -> i32 {\n    v[i]\n}\n",
        "error[E0277]: the type `[i32]` cannot be indexed by `i32`",
        2,
        7,
        "fn f(v: &[i32], i: i32) -> i32 {\n    v[i as usize]\n}\n",
    );
    rust(
        "fn f(a: u32, b: u64) -> u64 {\n    a + b\n}\n",
        "error[E0277]: cannot add `u64` to `u32`",
        2,
        7,
        "fn f(a: u32, b: u64) -> u64 {\n    (a as u64) + b\n}\n",
    );
    rust(
        "struct Q(i32);\nfn f(q: Q) -> String {\n    format!(\"{:?}\", q)\n}\n",
        "error[E0277]: `Q` doesn't implement `Debug`",
        3,
        21,
        "#[derive(Debug)]\nstruct Q(i32);\nfn f(q: Q) -> String {\n    format!(\"{:?}\", q)\n}\n",
    );
}

#[test]
fn rust_conversions_follow_the_types_in_sight() {
    expect(
        &[("src/lib.rs", "fn f(n: u32) -> Option<u32> {\n    n\n}\n")],
        "error[E0308]: mismatched types\n --> src/lib.rs:2:5\n",
        "src/lib.rs",
        "fn f(n: u32) -> Option<u32> {\n    Some(n)\n}\n",
        1,
    );
    expect(
        &[("src/lib.rs", "fn f(n: u8) -> i64 {\n    n\n}\n")],
        "error[E0308]: mismatched types\n --> src/lib.rs:2:5\n",
        "src/lib.rs",
        "fn f(n: u8) -> i64 {\n    n as i64\n}\n",
        1,
    );
}

#[test]
fn rust_ownership() {
    rust(
        "fn f(text: String) -> (usize, String) {\n    let n = eat(text);\n    (n, text)\n}\n",
        "error[E0382]: use of moved value: `text`",
        3,
        9,
        "fn f(text: String) -> (usize, String) {\n    let n = eat(text.clone());\n    (n, text)\n}\n",
    );
    rust(
        "fn f(p: &P) -> String {\n    p.label\n}\n",
        "error[E0507]: cannot move out of `p.label` which is behind a shared reference",
        2,
        5,
        "fn f(p: &P) -> String {\n    p.label.clone()\n}\n",
    );
    rust(
        "fn f() -> Vec<u8> {\n    let v = Vec::new();\n    v.push(1);\n    v\n}\n",
        "error[E0596]: cannot borrow `v` as mutable, as it is not declared as mutable",
        3,
        5,
        "fn f() -> Vec<u8> {\n    let mut v = Vec::new();\n    v.push(1);\n    v\n}\n",
    );
    rust(
        "impl C {\n    fn add(&self) {\n        self.n += 1;\n    }\n}\n",
        "error[E0594]: cannot assign to `self.n`, which is behind a `&` reference",
        3,
        9,
        "impl C {\n    fn add(&mut self) {\n        self.n += 1;\n    }\n}\n",
    );
}

#[test]
fn rust_syntax() {
    rust(
        "fn f() -> u32 {\n    let a = 1\n    a + 1\n}\n",
        "error: expected `;`, found `a`",
        2,
        14,
        "fn f() -> u32 {\n    let a = 1;\n    a + 1\n}\n",
    );
    rust(
        "fn f(a: u32) -> u32 {\n    if a > 1 {\n        return 2;\n    a\n}\n",
        "error: this file contains an unclosed delimiter",
        5,
        3,
        "fn f(a: u32) -> u32 {\n    if a > 1 {\n        return 2;\n    }\n    a\n}\n",
    );
}

#[test]
fn rust_panics() {
    let output = "thread 'main' panicked at src/lib.rs:2:5:\nattempt to subtract with overflow\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
    expect(
        &[("src/lib.rs", "fn left(total: u32, used: u32) -> u32 {\n    total - used\n}\n")],
        output,
        "src/lib.rs",
        "fn left(total: u32, used: u32) -> u32 {\n    total.saturating_sub(used)\n}\n",
        2,
    );
}

#[test]
fn javascript_names_and_imports() {
    node(
        "const total = 1;\nconsole.log(totl);\n",
        "ReferenceError: totl is not defined",
        "2:13",
        "const total = 1;\nconsole.log(total);\n",
    );
    node(
        "module.exports = (a) => path.join(a, 'b');\n",
        "ReferenceError: path is not defined",
        "1:25",
        "const path = require('path');\nmodule.exports = (a) => path.join(a, 'b');\n",
    );
    let files = [
        ("a.js", "const fs = require('fs');\nconsole.log(area(2));\n"),
        ("lib/shapes.js", "function area(r) { return r * r; }\nmodule.exports = { area };\n"),
    ];
    expect(
        &files,
        &thrown("ReferenceError: area is not defined", "2:13"),
        "a.js",
        "const fs = require('fs');\nconst { area } = require('./lib/shapes');\nconsole.log(area(2));\n",
        2,
    );
}

#[test]
fn javascript_members() {
    node(
        "const n = list.append(1);\n",
        "TypeError: list.append is not a function",
        "1:16",
        "const n = list.push(1);\n",
    );
    node(
        "const n = [1].length();\n",
        "TypeError: [1].length is not a function",
        "1:15",
        "const n = [1].length;\n",
    );
    node(
        "const n = user.address.city;\n",
        "TypeError: Cannot read properties of undefined (reading 'city')",
        "1:24",
        "const n = user.address?.city;\n",
    );
    node(
        "const o = { items: [] };\nconst n = o.itmes.length;\n",
        "TypeError: Cannot read properties of undefined (reading 'length')",
        "2:19",
        "const o = { items: [] };\nconst n = o.items.length;\n",
    );
}

#[test]
fn javascript_declarations() {
    node(
        "const count = 0;\ncount += 1;\n",
        "TypeError: Assignment to constant variable.",
        "2:7",
        "let count = 0;\ncount += 1;\n",
    );
    node(
        "class Stack {}\nconst s = Stack();\n",
        "TypeError: Class constructor Stack cannot be invoked without 'new'",
        "2:11",
        "class Stack {}\nconst s = new Stack();\n",
    );
    node(
        "console.log(limit);\nconst limit = 3;\n",
        "ReferenceError: Cannot access 'limit' before initialization",
        "1:13",
        "const limit = 3;\nconsole.log(limit);\n",
    );
    node(
        "async function load() { return [1]; }\nasync function all() {\n  const rows = load();\n  for (const r of rows) use(r);\n}\n",
        "TypeError: rows is not iterable",
        "4:19",
        "async function load() { return [1]; }\nasync function all() {\n  const rows = await load();\n  for (const r of rows) use(r);\n}\n",
    );
}

#[test]
fn javascript_modules() {
    let files = [("a.js", "const s = require('./shape');\n"), ("shapes.js", "exports.a = 1;\n")];
    let output = "node:internal/modules/cjs/loader:1210\n  throw err;\n  ^\n\nError: Cannot find module './shape'\nRequire stack:\n- /srv/app/a.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)\n    at Object.<anonymous> (/srv/app/a.js:1:11) {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: [ '/srv/app/a.js' ]\n}\n\nNode.js v20.20.2\n";
    expect(&files, output, "a.js", "const s = require('./shapes');\n", 2);
    let files = [
        ("a.mjs", "import { aera } from './shapes.mjs';\nconsole.log(aera(1));\n"),
        ("shapes.mjs", "export function area(r) { return r; }\n"),
    ];
    let output = "file:///srv/app/a.mjs:1\nimport { aera } from './shapes.mjs';\n         ^^^^\nSyntaxError: The requested module './shapes.mjs' does not provide an export named 'aera'\n    at ModuleJob._instantiate (node:internal/modules/esm/module_job:180:21)\n\nNode.js v20.20.2\n";
    expect(
        &files,
        output,
        "a.mjs",
        "import { area } from './shapes.mjs';\nconsole.log(area(1));\n",
        2,
    );
}

#[test]
fn javascript_syntax() {
    let output = "/srv/app/a.js:2\n  return Math.max(a, b;\n                     ^\n\nSyntaxError: missing ) after argument list\n    at internalCompileFunction (node:internal/vm:73:18)\n\nNode.js v20.20.2\n";
    expect(
        &[("a.js", "function top(a, b) {\n  return Math.max(a, b;\n}\n")],
        output,
        "a.js",
        "function top(a, b) {\n  return Math.max(a, b);\n}\n",
        8,
    );
    let output = "/srv/app/a.js:2\n  await g();\n  ^^^^^\n\nSyntaxError: await is only valid in async functions and the top level bodies of modules\n    at wrapSafe (node:internal/modules/cjs/loader:1281:20)\n\nNode.js v20.20.2\n";
    expect(
        &[("a.js", "function f() {\n  await g();\n}\n")],
        output,
        "a.js",
        "async function f() {\n  await g();\n}\n",
        3,
    );
}

#[test]
fn go_names_and_imports() {
    go(
        "package p\n\nfunc F() int {\n\ttotal := 1\n\treturn totl\n}\n",
        "5:9: undefined: totl",
        "package p\n\nfunc F() int {\n\ttotal := 1\n\treturn total\n}\n",
    );
    go(
        "package p\n\nfunc F(s string) string {\n\treturn strings.ToUpper(s)\n}\n",
        "4:9: undefined: strings",
        "package p\n\nimport \"strings\"\n\nfunc F(s string) string {\n\treturn strings.ToUpper(s)\n}\n",
    );
    go(
        "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc F() { fmt.Println() }\n",
        "5:2: imported and not used: \"os\"",
        "package p\n\nimport (\n\t\"fmt\"\n)\n\nfunc F() { fmt.Println() }\n",
    );
    go(
        "package p\n\nimport \"strings\"\n\nfunc F(s string) string {\n\treturn strings.Uper(s)\n}\n",
        "6:17: undefined: strings.Uper",
        "package p\n\nimport \"strings\"\n\nfunc F(s string) string {\n\treturn strings.ToUpper(s)\n}\n",
    );
    go(
        "package p\n\ntype T struct{ Width int }\n\nfunc F(t T) int {\n\treturn t.Widht\n}\n",
        "6:11: t.Widht undefined (type T has no field or method Widht)",
        "package p\n\ntype T struct{ Width int }\n\nfunc F(t T) int {\n\treturn t.Width\n}\n",
    );
    go(
        "package p\n\nfunc F() {\n\tx := g()\n}\n",
        "4:2: x declared but not used",
        "package p\n\nfunc F() {\n\t_ = g()\n}\n",
    );
}

#[test]
fn go_types_and_counts() {
    go(
        "package p\n\nfunc F(n int) float64 {\n\treturn n\n}\n",
        "4:9: cannot use n (variable of type int) as type float64 in return statement",
        "package p\n\nfunc F(n int) float64 {\n\treturn float64(n)\n}\n",
    );
    go(
        "package p\n\nfunc F(n int) string {\n\treturn n\n}\n",
        "4:9: cannot use n (variable of type int) as string value in return statement",
        "package p\n\nimport \"strconv\"\n\nfunc F(n int) string {\n\treturn strconv.Itoa(n)\n}\n",
    );
    go(
        "package p\n\nfunc F(n int, x float64) float64 {\n\treturn n * x\n}\n",
        "4:9: invalid operation: n * x (mismatched types int and float64)",
        "package p\n\nfunc F(n int, x float64) float64 {\n\treturn float64(n) * x\n}\n",
    );
    go(
        "package p\n\nfunc F() (int, error) {\n\tx := pair()\n\treturn x, nil\n}\n",
        "4:7: assignment mismatch: 1 variable but pair returns 2 values",
        "package p\n\nfunc F() (int, error) {\n\tx, err := pair()\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn x, nil\n}\n",
    );
    go(
        "package p\n\nfunc F(n int) int {\n\tif n > 0 {\n\t\treturn 1\n\t}\n}\n",
        "7:1: missing return",
        "package p\n\nfunc F(n int) int {\n\tif n > 0 {\n\t\treturn 1\n\t}\n\treturn 0\n}\n",
    );
    go(
        "package p\n\nfunc F(n float64) float64 {\n\treturn add(1)\n}\n",
        "4:14: not enough arguments in call to add\n\thave (number)\n\twant (int, float64)",
        "package p\n\nfunc F(n float64) float64 {\n\treturn add(1, n)\n}\n",
    );
    go(
        "package p\n\nfunc F() (int, error) {\n\treturn 1\n}\n",
        "4:9: not enough return values\n\thave (number)\n\twant (int, error)",
        "package p\n\nfunc F() (int, error) {\n\treturn 1, nil\n}\n",
    );
}

#[test]
fn go_panics() {
    let text = "package main\n\ntype C struct {\n\tseen map[string]int\n}\n\nfunc (c *C) Add(k string) {\n\tc.seen[k]++\n}\n";
    let output = "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.(*C).Add(...)\n\t/srv/app/a.go:8\nmain.main()\n\t/srv/app/a.go:20 +0x2e\nexit status 2\n";
    expect(
        &[("a.go", text)],
        output,
        "a.go",
        &text.replace(
            "\tc.seen[k]++",
            "\tif c.seen == nil {\n\t\tc.seen = make(map[string]int)\n\t}\n\tc.seen[k]++",
        ),
        2,
    );
    let text = "package main\n\nfunc Pick(v []int, i int) int {\n\treturn v[i]\n}\n";
    let output = "panic: runtime error: index out of range [5] with length 5\n\ngoroutine 1 [running]:\nmain.Pick(...)\n\t/srv/app/a.go:4\nexit status 2\n";
    expect(
        &[("a.go", text)],
        output,
        "a.go",
        &text.replace("\treturn v", "\tif i >= len(v) {\n\t\treturn 0\n\t}\n\treturn v"),
        2,
    );
}

/// What Python prints for an error on a line of `a.py`.
fn raised(message: &str, line: u32) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"/srv/app/a.py\", line {line}, in f\n    x\n{message}\n"
    )
}

#[test]
fn python_statements_come_behind_a_docstring() {
    let message = "UnboundLocalError: cannot access local variable 'n' where it is not associated with a value";
    for docstring in ["", "    'Adds.'\n", "    r\"\"\"Adds\n\n    all.\n    \"\"\"\n"] {
        let rest = "    for a in b:\n        n += a\n    return n\n";
        let text = format!("def f(b):\n{docstring}{rest}");
        let line = u32::try_from(text.lines().count()).unwrap() - 1;
        let want = format!("def f(b):\n{docstring}    n = 0\n{rest}");
        expect(&[("a.py", &text)], &raised(message, line), "a.py", &want, 10);
    }
    let message = "AttributeError: 'A' object has no attribute 'b'";
    let text = "class A:\n    def __init__(self, b):\n        \"\"\"With b.\"\"\"\n        self.c = b\n\n    def f(self):\n        return self.b\n";
    let want = text.replace("b.\"\"\"\n", "b.\"\"\"\n        self.b = b\n");
    expect(&[("a.py", text)], &raised(message, 7), "a.py", &want, 10);
}
