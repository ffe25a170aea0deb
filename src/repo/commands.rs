//! The test command that a project most likely means, when the user gives none.
//!
//! A guess from well-known files to well-known commands. Nothing a file says becomes a word of the
//! command line.

use std::path::Path;

use crate::base::{Cancel, RepoPath, fs};
use crate::repo::{is_test_path, walk};

/// A command and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// Program and arguments, to be run in the project's root.
    pub argv: Vec<String>,
    /// One clause for people: "pyproject.toml configures pytest".
    pub why: String,
}

impl Detected {
    fn new(command: &str, why: impl Into<String>) -> Self {
        Self { argv: command.split(' ').map(str::to_owned).collect(), why: why.into() }
    }
}

/// How many Python test files are read to tell pytest from unittest.
const LOOKED_INTO: usize = 20;

/// The most likely test command of the project at `root`, if any.
pub fn detect_test_command(root: &Path) -> Option<Detected> {
    detect_test_commands(root).into_iter().next()
}

/// The test commands that fit the project at `root`, likeliest first: one per language at most.
pub fn detect_test_commands(root: &Path) -> Vec<Detected> {
    [cargo(root), go(root), python(root), node(root)].into_iter().flatten().collect()
}

fn cargo(root: &Path) -> Option<Detected> {
    root.join("Cargo.toml").is_file().then(|| Detected::new("cargo test", "there is a Cargo.toml"))
}

fn go(root: &Path) -> Option<Detected> {
    root.join("go.mod").is_file().then(|| Detected::new("go test ./...", "there is a go.mod"))
}

fn node(root: &Path) -> Option<Detected> {
    let text = fs::read_text(&root.join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let script = package.pointer("/scripts/test").and_then(serde_json::Value::as_str);
    // What `npm init` writes when there are no tests.
    if script.is_some_and(|script| !script.contains("no test specified")) {
        let why = "package.json has a test script";
        return Some(if root.join("pnpm-lock.yaml").is_file() {
            Detected::new("pnpm test", why)
        } else if root.join("yarn.lock").is_file() {
            Detected::new("yarn test", why)
        } else {
            Detected::new("npm test", why)
        });
    }
    let tests = walk::files(root, &Cancel::new());
    let own = tests.iter().filter(|path| is_script(path) && is_test_path(path));
    let native = own.take(LOOKED_INTO).find(|path| text_of(root, path).contains("node:test"))?;
    Some(Detected::new("node --test", format!("{native} uses node:test")))
}

fn is_script(path: &RepoPath) -> bool {
    [".js", ".mjs", ".cjs"].iter().any(|end| path.as_str().ends_with(end))
}

fn python(root: &Path) -> Option<Detected> {
    if let Some(why) = pytest_configuration(root) {
        return Some(Detected::new("python3 -m pytest", why));
    }
    let files = walk::files(root, &Cancel::new());
    let tests: Vec<&RepoPath> = files.iter().filter(|path| is_python_test(path)).collect();
    let first = tests.first()?;
    // A test that is no TestCase method can only be pytest's.
    let pytest = tests.iter().take(LOOKED_INTO).find(|path| is_pytest_style(&text_of(root, path)));
    if let Some(path) = pytest {
        return Some(Detected::new("python3 -m pytest", format!("{path} is written for pytest")));
    }
    // unittest finds tests by importing packages from the top: a folder that is no package must be
    // named.
    let folder = first.parent();
    let is_package = folder.is_empty() || fs::read(&root.join(folder).join("__init__.py")).is_ok();
    let why = format!("{first} is written for unittest");
    if is_package || folder.contains(' ') {
        return Some(Detected::new("python3 -m unittest", why));
    }
    let mut detected = Detected::new("python3 -m unittest discover -s", why);
    detected.argv.push(folder.to_owned());
    Some(detected)
}

/// The file that configures pytest, in words.
fn pytest_configuration(root: &Path) -> Option<String> {
    let tables = [
        ("pyproject.toml", "[tool.pytest"),
        ("setup.cfg", "[tool:pytest]"),
        ("tox.ini", "[pytest]"),
    ];
    if ["pytest.ini", ".pytest.ini", "pytest.toml"].iter().any(|name| root.join(name).is_file()) {
        return Some("there is a pytest.ini".to_owned());
    }
    if root.join("conftest.py").is_file() || root.join("tests/conftest.py").is_file() {
        return Some("there is a conftest.py".to_owned());
    }
    let has = |name: &str, table: &str| {
        fs::read_text(&root.join(name))
            .is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with(table)))
    };
    let (name, _) = tables.into_iter().find(|(name, table)| has(name, table))?;
    Some(format!("{name} configures pytest"))
}

/// A file that both runners collect by default.
fn is_python_test(path: &RepoPath) -> bool {
    let name = path.file_name();
    name.starts_with("test") && name.ends_with(".py") || name.ends_with("_test.py")
}

fn is_pytest_style(text: &str) -> bool {
    text.lines().any(|line| {
        line.starts_with("def test")
            || line.starts_with("async def test")
            || line.trim_start().starts_with("import pytest")
            || line.trim_start().starts_with("from pytest import")
    })
}

fn text_of(root: &Path, path: &RepoPath) -> String {
    fs::read(&path.to_path(root))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        detect_test_commands(dir.path()).iter().map(|found| found.argv.join(" ")).collect()
    }

    #[test]
    fn by_project_file() {
        assert_eq!(detected(&[("Cargo.toml", "[package]")]), ["cargo test"]);
        assert_eq!(detected(&[("go.mod", "module x")]), ["go test ./..."]);
        assert_eq!(detected(&[("readme.md", "")]), [""; 0]);
        let both =
            detected(&[("Cargo.toml", ""), ("pyproject.toml", "[tool.pytest.ini_options]\n")]);
        assert_eq!(both, ["cargo test", "python3 -m pytest"]);
    }

    #[test]
    fn pytest_or_unittest_by_what_the_tests_look_like() {
        assert_eq!(detected(&[("test_a.py", "def test_a():\n    pass\n")]), ["python3 -m pytest"]);
        let case =
            "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        1\n";
        assert_eq!(detected(&[("test_a.py", case)]), ["python3 -m unittest"]);
        assert_eq!(
            detected(&[("tests/test_a.py", case)]),
            ["python3 -m unittest discover -s tests"]
        );
        assert_eq!(
            detected(&[("tests/test_a.py", case), ("tests/__init__.py", "")]),
            ["python3 -m unittest"]
        );
        assert_eq!(detected(&[("tests/conftest.py", "")]), ["python3 -m pytest"]);
    }

    #[test]
    fn node_needs_a_real_script_or_its_own_runner() {
        let script = |script: &str| format!("{{\"scripts\": {{\"test\": \"{script}\"}}}}");
        assert_eq!(detected(&[("package.json", &script("jest"))]), ["npm test"]);
        assert_eq!(
            detected(&[("package.json", &script("jest")), ("yarn.lock", "")]),
            ["yarn test"]
        );
        let empty = script("echo \\\"Error: no test specified\\\" && exit 1");
        assert_eq!(detected(&[("package.json", &empty)]), [""; 0]);
        let own = detected(&[("package.json", "{}"), ("a.test.mjs", "import 'node:test'")]);
        assert_eq!(own, ["node --test"]);
    }
}
