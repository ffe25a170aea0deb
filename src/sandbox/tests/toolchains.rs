//! Real build tools, offline, twice: what the first run built, the second finds.

use super::*;

fn real_home(_: &Path, options: &mut Options) {
    options.home = std::env::home_dir();
    options.environment.retain(|(name, _)| name != "CARGO_TARGET_DIR");
}

/// Runs `job` once with its caches kept, and gives what a patched second run printed.
fn twice(f: &Fixture, mut job: Job, path: &str, text: &str) -> (Run, Run) {
    job.limits.wall = std::time::Duration::from_secs(300);
    job.keep_caches = true;
    let first = f.run(&job);
    f.workspace.freeze_caches().unwrap();
    job.keep_caches = false;
    let unchanged = f.run(&job);
    println!("{}: first {:?}, again {:?}", job.program(), first.elapsed, unchanged.elapsed);
    assert_eq!(unchanged.ended, first.ended, "{}", unchanged.text());
    (first, f.run(&patched(job, path, Some(text))))
}

#[test]
fn cargo_builds_on_what_was_built() {
    if !has("cargo") {
        return;
    }
    let lib = "pub fn two() -> u32 { 3 }\n#[test]\nfn t() { assert_eq!(two(), 2) }\n";
    let adjust = |dir: &Path, options: &mut Options| {
        real_home(dir, options);
        std::fs::create_dir(dir.join("tree/src")).unwrap();
        put(&dir.join("tree/Cargo.toml"), "[package]\nname = \"own\"\nedition = \"2021\"\n");
        put(&dir.join("tree/src/lib.rs"), lib);
    };
    each_mode_with(adjust, |f| {
        let job = Job::new(["cargo", "test", "--lib"]);
        let (first, fixed) = twice(f, job.clone(), "src/lib.rs", &lib.replace("{ 3 }", "{ 2 }"));
        assert_eq!(first.ended, Ended::Exited(101), "{}", first.text());
        assert!(first.text().contains("Compiling own"), "{}", first.text());
        assert!(fixed.success() && fixed.text().contains("Compiling own"), "{}", fixed.text());
        if f.workspace.isolation().mode == Mode::Namespaces {
            let again = f.run(&job);
            assert!(!again.text().contains("Compiling"), "{}", again.text());
        }
        assert!(!f.root().join("target").exists() && !f.root().join("Cargo.lock").exists());
    });
}

#[test]
fn go_builds_on_what_was_built() {
    if !has("go") {
        return;
    }
    let source = "package own\n\nfunc Two() int { return 3 }\n";
    let adjust = |dir: &Path, options: &mut Options| {
        real_home(dir, options);
        put(&dir.join("tree/go.mod"), "module own\n\ngo 1.18\n");
        put(&dir.join("tree/own.go"), source);
        let test = "package own\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {\n\tif Two() != 2 {\n\t\tt.Fatal(Two())\n\t}\n}\n";
        put(&dir.join("tree/own_test.go"), test);
    };
    each_mode_with(adjust, |f| {
        let job = Job::new(["go", "test", "./..."]);
        let (first, fixed) = twice(f, job, "own.go", &source.replace('3', "2"));
        assert_eq!(first.ended, Ended::Exited(1), "{}", first.text());
        assert!(fixed.success(), "{}", fixed.text());
    });
}

#[test]
fn node_runs_its_tests() {
    if !has("node") {
        return;
    }
    let source = "exports.two = () => 3;\n";
    let adjust = |dir: &Path, options: &mut Options| {
        real_home(dir, options);
        put(&dir.join("tree/own.js"), source);
        let test = "const test = require('node:test'); const assert = require('node:assert');\ntest('two', () => assert.strictEqual(require('./own.js').two(), 2));\n";
        put(&dir.join("tree/own.test.js"), test);
    };
    each_mode_with(adjust, |f| {
        let job = Job::new(["node", "--test"]);
        if has("npm") {
            let package = "{\"name\": \"own\", \"scripts\": {\"test\": \"node --test\"}}";
            let npm = patched(Job::new(["npm", "test"]), "package.json", Some(package));
            let run = f.run(&npm);
            assert!(run.text().contains("3 !== 2"), "{:?} {}", run.ended, run.text());
        }
        let (first, fixed) = twice(f, job, "own.js", &source.replace('3', "2"));
        assert_eq!(first.ended, Ended::Exited(1), "{}", first.text());
        assert!(fixed.success(), "{}", fixed.text());
    });
}

#[test]
fn python_uses_a_virtual_environment_and_processes() {
    if !has("python3") {
        return;
    }
    let source = "def two():\n    return 3\n";
    let adjust = |dir: &Path, options: &mut Options| {
        real_home(dir, options);
        put(&dir.join("tree/own.py"), source);
        let test = "import multiprocessing, sys, unittest, own\nclass T(unittest.TestCase):\n    def test_two(self):\n        self.assertNotEqual(sys.prefix, sys.base_prefix)\n        with multiprocessing.get_context('fork').Pool(2) as pool:\n            self.assertEqual(pool.apply(own.two), 2)\n";
        put(&dir.join("tree/test_own.py"), test);
    };
    each_mode_with(adjust, |f| {
        // Made by hand: venv itself would take seconds to install pip.
        let made = f.run(&Job {
            keep_caches: true,
            ..Job::new(["python3", "-c", "import sys; print(sys.executable)"])
        });
        let venv = f.root().join("venv");
        std::fs::create_dir_all(venv.join("bin")).unwrap();
        let home = Path::new(made.text().trim()).parent().unwrap().display().to_string();
        put(&venv.join("pyvenv.cfg"), &format!("home = {home}\n"));
        std::os::unix::fs::symlink(made.text().trim(), venv.join("bin/python")).unwrap();
        let python = venv.join("bin/python").into_os_string();
        let options = {
            let mut options = Options::from_process();
            real_home(f.dir.path(), &mut options);
            options.force = Some(f.workspace.isolation().mode);
            options
        };
        let workspace = Workspace::open(&f.root(), &options).unwrap();
        let job = Job::new([python, "-m".into(), "unittest".into()]);
        let first = workspace.run(&job, &Cancel::new()).unwrap();
        assert!(first.text().contains("3 != 2"), "{}", first.text());
        let fixed = patched(job, "own.py", Some(&source.replace('3', "2")));
        let fixed = workspace.run(&fixed, &Cancel::new()).unwrap();
        assert!(fixed.success(), "{}", fixed.text());
    });
}
