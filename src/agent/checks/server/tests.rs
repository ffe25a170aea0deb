//! The check server with real Python processes: verdicts, and that no candidate spoils the next.

use super::*;
use crate::agent::checks::probe::Variables;
use crate::edit::FileChange;
use crate::sandbox::{Isolation, Mode as Confinement, Options};

const MODULE: &str = "LIMIT = [10]\n\n\ndef add(a, b):\n    return a - b\n\n\ndef double(a):\n    return add(a, a)\n";
const TESTS: &str = "import unittest\n\nimport mod\n\n\nclass T(unittest.TestCase):\n    \
    def test_add(self):\n        self.assertEqual(mod.add(1, 2), 3)\n\n    \
    def test_limit(self):\n        self.assertEqual(mod.LIMIT, [10])\n";

/// A project on disk and the command that fails in it.
struct Project {
    dir: tempfile::TempDir,
    workspace: Workspace,
    probe: Probe,
    base: Patch,
    before: Observation,
}

impl Project {
    /// `None`, after saying why, where there is no Python or no namespaces.
    fn new(files: &[(&str, &str)], argv: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            crate::base::fs::write(&path, text).unwrap();
        }
        let workspace = Workspace::open(dir.path(), &Options::from_process()).unwrap();
        let Isolation { mode, .. } = workspace.isolation();
        if *mode != Confinement::Namespaces {
            println!("skipped: no namespaces here");
            return None;
        }
        let probe = Probe {
            argv: argv.iter().map(Into::into).collect(),
            cwd: "".into(),
            variables: Variables::default(),
            memory_bytes: 2 << 30,
        };
        let version = Probe { argv: vec![argv[0].into(), "--version".into()], ..probe.clone() };
        let wall = Duration::from_secs(20);
        let none = Patch::default();
        let cancel = Cancel::new();
        if version.run(&workspace, dir.path(), &none, &Mode::Plain, wall, &cancel).is_err() {
            println!("skipped: no {} here", argv[0]);
            return None;
        }
        Some(Self { dir, workspace, probe, base: Patch::default(), before: Observation::default() })
    }

    fn unittest() -> Option<Self> {
        Self::new(
            &[("mod.py", MODULE), ("test_mod.py", TESTS)],
            &["python3", "-m", "unittest", "-q"],
        )
    }

    fn plan(&self, only: &[&str], watch: &[&str]) -> Plan<'_> {
        Plan {
            runtime: Runtime::Python,
            probe: &self.probe,
            before: &self.before,
            workspace: &self.workspace,
            root: self.workspace.root(),
            base: &self.base,
            only: only.iter().map(|&t| t.to_owned()).collect(),
            watch: watch.iter().map(|name| RepoPath::new(name).unwrap()).collect(),
            expected: &[Look::Fails],
            has_tests: !only.is_empty(),
            hangs: false,
            seconds: 1.0,
            wall: Duration::from_secs(8),
        }
    }

    /// The patch that gives `name` this text.
    fn patch(&self, name: &str, text: &str) -> Patch {
        let before = crate::base::fs::read(&self.dir.path().join(name)).ok();
        Patch::new([FileChange {
            path: RepoPath::new(name).unwrap(),
            before: before.map(Arc::from),
            after: Some(Arc::from(text.as_bytes())),
        }])
    }
}

fn start(plan: &Plan<'_>) -> Server {
    Server::start(plan, &Cancel::new()).unwrap().unwrap()
}

/// The module with another first statement in `add`, and with `a ? b` as its result.
fn module(statement: &str, operator: char) -> String {
    let body = format!("{statement}\n    return a {operator} b");
    MODULE.replace("return a - b", &body)
}

const ADD: &str = "test_mod.T.test_add";

#[test]
fn verdicts_of_swapped_imported_and_broken_candidates() {
    let Some(project) = Project::unittest() else { return };
    let plan = project.plan(&[ADD], &["mod.py"]);
    let mut server = start(&plan);
    let mut look = |text: &str| server.look(&plan, &project.patch("mod.py", text), false).unwrap();
    let good = look(&module("pass", '+'));
    assert_eq!((good.look, good.swapped), (Look::Promising, true));
    let bad = look(&module("pass", '*'));
    assert_eq!((bad.look, bad.swapped), (Look::Fails, true));
    // A change that runs when the module is imported cannot be put in place.
    let outside = look(&MODULE.replace("[10]", "[11]"));
    assert_eq!((outside.look, outside.swapped), (Look::Fails, false));
    let both = look(&module("pass", '+').replace("[10]", "[11]"));
    assert_eq!((both.look, both.swapped), (Look::Promising, false));
    assert_eq!(look("def add(a, b:\n").look, Look::Fails);
    // What does the same is not run again: other names for the same thing, other layout.
    let same = look(&module("", '-'));
    assert!(same.repeated && same.look == Look::Fails);
    let again = look(&module("pass  # really", '+'));
    assert!(again.repeated && again.look == Look::Promising);
}

#[test]
fn no_candidate_spoils_the_next() {
    let nasty = [
        ("builtins", "import builtins; builtins.len = builtins.isinstance = None"),
        ("module state", "LIMIT.append(11)"),
        ("exit", "import os; os._exit(0)"),
        ("sys.exit", "raise SystemExit(0)"),
        ("descriptors", "import os; os.closerange(0, 4096)"),
        ("directory", "import os; os.chdir('/')"),
        ("environment", "import os; os.environ.clear()"),
        (
            "thread",
            "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
        ),
        ("child", "import os, time; os.fork() or time.sleep(60)"),
        (
            "daemon",
            "import os, time\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            time.sleep(60)\n        os._exit(0)",
        ),
        ("scratch file", "import tempfile; tempfile.mkdtemp()"),
        ("shared memory", "open('/dev/shm/slm-test', 'w').write('x')"),
        ("signals", "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)"),
        ("memory", "x = bytearray(8 << 30)"),
        ("loop", "while True: pass"),
        ("output", "print('x' * 100000000)"),
        ("recursion", "import sys; sys.setrecursionlimit(10**9); return add(a, b)"),
    ];
    let Some(project) = Project::unittest() else { return };
    let plan = project.plan(&[ADD], &["mod.py"]);
    let mut server = start(&plan);
    for (number, (name, statement)) in nasty.into_iter().enumerate() {
        let patch = |text: &str| project.patch("mod.py", text);
        // Each is itself a wrong candidate, whatever it does besides.
        let seen = server.look(&plan, &patch(&module(statement, '-')), false).unwrap();
        assert_ne!(seen.look, Look::Promising, "{name}");
        assert_eq!(seen.disorder, None, "{name}");
        let next = module(&format!("x = {number}"), '+');
        let seen = server.look(&plan, &patch(&next), false).unwrap();
        assert_eq!((seen.look, seen.disorder), (Look::Promising, None), "after {name}");
        let wrong = module(&format!("x = {number}"), '/');
        let seen = server.look(&plan, &patch(&wrong), false).unwrap();
        assert_eq!(seen.look, Look::Fails, "after {name}");
    }
}

#[test]
fn files_that_stay_are_noticed() {
    let Some(project) = Project::unittest() else { return };
    let plan = project.plan(&[ADD], &["mod.py"]);
    let mut server = start(&plan);
    let text = module("open('left.txt', 'w').write('x')", '-');
    let seen = server.look(&plan, &project.patch("mod.py", &text), false).unwrap();
    assert!(seen.look == Look::Fails && seen.disorder.is_some(), "{seen:?}");
    assert!(!project.dir.path().join("left.txt").exists());
}

#[test]
fn a_killed_server_is_an_answer_too() {
    let Some(project) = Project::unittest() else { return };
    let plan = project.plan(&[ADD], &["mod.py"]);
    let mut server = start(&plan);
    let text = module("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", '-');
    let died = server.look(&plan, &project.patch("mod.py", &text), false);
    assert!(died.as_ref().is_err_and(|reason| reason.contains("gone")), "{died:?}");
    let mut server = start(&plan);
    let good = project.patch("mod.py", &module("pass", '+'));
    assert_eq!(server.look(&plan, &good, false).unwrap().look, Look::Promising);
}

#[test]
fn several_files_a_script_and_a_subprocess() {
    let files = [
        ("main.py", "import low\nimport high\n\nassert high.g() == 3, high.g()\n"),
        ("low.py", "def f():\n    return 1\n"),
        (
            "high.py",
            "import subprocess\nimport sys\n\nimport low\n\n\ndef g():\n    \
             code = 'import low; print(low.f())'\n    \
             out = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE)\n    \
             return low.f() + int(out.stdout)\n",
        ),
    ];
    let Some(project) = Project::new(&files, &["python3", "main.py"]) else { return };
    let plan = project.plan(&[], &["low.py", "high.py", "main.py"]);
    let mut server = start(&plan);
    let mut look = |name: &str, text: &str| {
        server.look(&plan, &project.patch(name, text), false).unwrap().look
    };
    assert_eq!(look("low.py", "def f():\n    return 2\n"), Look::Fails);
    assert_eq!(
        look("high.py", &files[2].1.replace("return low", "return 1 + low")),
        Look::Promising
    );
    assert_eq!(look("main.py", "import high\n"), Look::Promising);
    // A subprocess reads the patched file: 1.5 + int(1.5) is no number it accepts.
    assert_eq!(look("low.py", "def f():\n    return 1.5\n"), Look::Fails);
    assert_eq!(look("main.py", "import nothing\n"), Look::Fails);
}

#[test]
fn there_is_no_server_for_what_cannot_have_one() {
    let threads = "import threading, time\nt = threading.Thread(target=time.sleep, args=(60,), daemon=True)\nt.start()\nimport mod\nassert mod.add(1, 2) == 3\n";
    let files = [("mod.py", MODULE), ("main.py", threads)];
    let Some(project) = Project::new(&files, &["python3", "main.py"]) else { return };
    let refused = |plan: &Plan<'_>| Server::start(plan, &Cancel::new()).unwrap().unwrap_err();
    assert!(refused(&project.plan(&[], &["mod.py"])).contains("threads"));
    assert!(refused(&project.plan(&[], &["other.py"])).contains("no suspected file"));
}

const SUM: &str = "function sum(xs) {\n  let total = 0;\n  for (let i = 1; i < xs.length; i++) total += xs[i];\n  \
    return total;\n}\nmodule.exports = { sum };\n";
const SUM_TEST: &str = "const test = require('node:test');\nconst assert = require('node:assert');\n\
    const { sum } = require('../sum');\ntest('sums', () => assert.strictEqual(sum([1, 2]), 3));\n\
    test('nothing', () => assert.strictEqual(sum([]), 0));\n";

#[test]
fn threads_of_node_tell_candidates_apart_and_none_spoils_the_next() {
    let files = [("sum.js", SUM), ("test/sum.test.js", SUM_TEST)];
    let Some(mut project) = Project::new(&files, &["node", "--test"]) else { return };
    let wall = Duration::from_secs(20);
    let cancel = Cancel::new();
    let root = project.workspace.root().to_owned();
    let before = project.probe.baseline(&project.workspace, &root, wall, &cancel).unwrap();
    project.before = before.observation;
    let plan = Plan { runtime: Runtime::Node, ..project.plan(&[], &["sum.js"]) };
    let mut server = Server::start(&plan, &cancel).unwrap().unwrap();
    let mut look = |text: &str| server.look(&plan, &project.patch("sum.js", text), false).unwrap();
    let good = SUM.replace("i = 1", "i = 0");
    let nasty = [
        "Array.prototype.map = Object.keys = JSON.stringify = () => 7;",
        "globalThis.process = undefined;",
        "require('node:assert').strictEqual = () => {};",
        "process.exit(0);",
        "process.exitCode = 0; process.on('exit', () => { process.exitCode = 0; });",
        "require('fs').writeFileSync('../sum.js', 'module.exports = {}');",
        "require('child_process').spawn('sleep', ['60'], { detached: true }).unref();",
        "setInterval(() => {}, 1000);",
        "for (;;) {}",
        "const all = []; for (;;) all.push(new Array(1e6).fill(all));",
        "throw 1;",
        "this is no JavaScript",
    ];
    assert_eq!(look(SUM).look, Look::Fails);
    for bad in nasty {
        let seen = look(&format!("{bad}\n{SUM}"));
        // What ends the process with status 0 looks like a pass, and the real run will tell.
        let may_pass = bad.contains("exit") || bad.contains("strictEqual");
        assert!(may_pass || matches!(seen.look, Look::Fails | Look::Slow), "{bad}: {seen:?}");
        assert_eq!(look(SUM).look, Look::Fails, "after {bad}");
        assert_eq!(look(&good).look, Look::Promising, "after {bad}");
    }
}

fn answer(code: Option<i32>, outcomes: &str) -> Answer {
    Answer { code, outcomes: outcomes.to_owned(), ..Answer::default() }
}

#[test]
fn a_wanted_test_must_pass_by_name() {
    let only = BTreeSet::from(["t::a".to_owned()]);
    let passed = "{\"start\": \"t::a\"}\n{\"id\": \"t::a\", \"outcome\": \"passed\"}\n";
    assert_eq!(answer(Some(0), passed).look_at_tests(&only), Look::Promising);
    // An early exit with status 0 is no pass of a test that is known by name.
    assert_eq!(answer(Some(0), "").look_at_tests(&only), Look::Fails);
    assert_eq!(answer(Some(0), "").look_at_tests(&BTreeSet::new()), Look::Promising);
    let failed = "{\"id\": \"t::a\", \"outcome\": \"failed\"}\n";
    assert_eq!(answer(Some(1), failed).look_at_tests(&only), Look::Fails);
    let more = BTreeSet::from(["t::a".to_owned(), "t::b".to_owned()]);
    assert_eq!(answer(Some(1), passed).look_at_tests(&more), Look::Partly);
}
