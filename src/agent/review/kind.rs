//! What sort of file something is, by its path and its first lines: what is usual in one sort is a
//! finding in another.

use crate::base::Language;

/// The sorts that a file belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Prose.
    pub(super) docs: bool,
    /// A test, or what tests use.
    pub(super) test: bool,
    /// Data of tests: code in there may be broken on purpose.
    pub(super) fixture: bool,
    /// Written by a program.
    pub(super) generated: bool,
    /// Somebody else's code.
    pub(super) vendored: bool,
    /// Names and hashes of dependencies.
    pub(super) lock: bool,
    /// A text from which sources are made.
    pub(super) template: bool,
    /// Run by hand or by a build: printing is its work.
    pub(super) script: bool,
}

impl Kind {
    /// True for what nobody wrote or reads here.
    pub(super) fn foreign(self) -> bool {
        self.generated || self.vendored || self.lock
    }

    /// True for what is no shipped code: tests, their data, prose.
    pub(super) fn aside(self) -> bool {
        self.test || self.fixture || self.docs
    }
}

const DOCS: &[&str] = &["md", "rst", "txt", "adoc", "markdown", "mdx", "tex", "html"];
const DOC_DIRS: &[&str] = &["docs", "doc", "documentation", "changelog", "changelogs", "changes"];
const TEST_DIRS: &[&str] = &[
    "tests",
    "test",
    "__tests__",
    "__mocks__",
    "__snapshots__",
    "spec",
    "specs",
    "e2e",
    "testdata",
    "cypress",
    "testing",
    "t",
    "unittests",
    "playground",
    "test-data",
];
const FIXTURE_DIRS: &[&str] = &[
    "fixtures",
    "fixture",
    "testdata",
    "test-data",
    "test_data",
    "__snapshots__",
    "snapshots",
    "data",
    "cases",
    "configcases",
    "samples",
    "golden",
    "corpus",
    "inputs",
    "expected",
    "playground",
];
const VENDORED: &[&str] = &[
    "vendor",
    "vendored",
    "_vendor",
    "_vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "extern",
    "externals",
    "deps",
    "node_modules",
    "bower_components",
    "site-packages",
    "bundled",
];
const SCRIPT_DIRS: &[&str] = &[
    "examples",
    "example",
    "scripts",
    "script",
    "bin",
    "tools",
    "tool",
    "demo",
    "demos",
    "samples",
    "sample",
    "benchmarks",
    "benchmark",
    "bench",
    "benches",
    "perf",
    "ci",
    ".github",
    "tutorials",
    "tutorial",
    "devtools",
    "utils",
    "hack",
    "contrib",
    "maint",
    "tasks",
    "notebooks",
    "cli",
    "cmd",
    "commands",
    "management",
    "build",
    "release",
    "playground",
    "admin",
    "misc",
    "docs",
    "doc",
    "build_tools",
    "extras",
    "evals",
    "training",
    "dev",
];
const SCRIPT_STEMS: &[&str] = &[
    "setup",
    "manage",
    "cli",
    "__main__",
    "main",
    "noxfile",
    "tasks",
    "build",
    "conftest",
    "gulpfile",
    "Gruntfile",
    "console",
    "command",
    "commands",
    "debug",
    "log",
    "logging",
    "logger",
    "display",
    "report",
    "reporter",
    "runner",
    "bench",
    "benchmark",
    "demo",
    "example",
    "shell",
    "repl",
    "version",
];
const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "Cargo.lock",
    "poetry.lock",
    "Pipfile.lock",
    "uv.lock",
    "pdm.lock",
    "go.sum",
    "composer.lock",
    "Gemfile.lock",
    "flake.lock",
    "mix.lock",
    "Podfile.lock",
    "deno.lock",
    "gradle.lockfile",
    "packages.lock.json",
];

/// Works it out.
pub(super) fn of(path: &str, text: &str, is_test: bool) -> Kind {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let dirs = || parent.split('/').filter(|dir| !dir.is_empty());
    let within = |list: &[&str]| dirs().any(|dir| list.contains(&dir));
    let head = &text[..crate::base::floor_char(text, 1500)];
    let test = is_test || within(TEST_DIRS) || is_test_name(stem);
    Kind {
        docs: DOCS.contains(&extension) || within(DOC_DIRS) || is_prose_name(name),
        test,
        fixture: within(FIXTURE_DIRS) && (test || within(&["fixtures", "fixture", "testdata"]))
            // A source beside tests that imports nothing is a sample of the language.
            || extension == "py" && test && !is_test_name(stem) && !text.contains("import "),
        generated: is_generated_name(name) || says_generated(head) || is_minified(text),
        vendored: within(VENDORED) || dirs().any(|dir| dir.ends_with("_vendor")),
        lock: LOCKS.contains(&name) || name.ends_with(".lock"),
        template: path.contains("{{")
            || within(&["templates", "template", "cookiecutter", "skeleton", "scaffolds"])
            || matches!(
                extension,
                "tmpl" | "tpl" | "in" | "j2" | "jinja" | "jinja2" | "erb" | "ejs" | "hbs" | "mako"
            )
            || stem.ends_with(".tmpl"),
        script: within(SCRIPT_DIRS)
            || SCRIPT_STEMS.contains(&stem)
            || SCRIPT_STEMS
                .iter()
                .any(|s| stem.ends_with(&format!("_{s}")) || stem.ends_with(&format!("-{s}")))
            || stem.ends_with(".config")
            || text.starts_with("#!")
            || text.contains("if __name__ ==")
            || text.contains("sys.argv"),
    }
}

fn is_test_name(stem: &str) -> bool {
    stem.starts_with("test_")
        || stem.starts_with("test-")
        || ["_test", "_tests", ".test", ".spec", "-test", "-spec", "_spec", ".e2e"]
            .iter()
            .any(|end| stem.ends_with(end))
        || matches!(stem, "test" | "tests" | "conftest")
}

fn is_prose_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    [
        "README",
        "CHANGELOG",
        "CHANGES",
        "NEWS",
        "HISTORY",
        "AUTHORS",
        "LICENSE",
        "COPYING",
        "CONTRIBUTING",
    ]
    .iter()
    .any(|word| upper.starts_with(word))
}

fn is_generated_name(name: &str) -> bool {
    [
        ".min.js",
        ".min.css",
        "_pb2.py",
        "_pb2_grpc.py",
        ".pb.go",
        ".pb.rs",
        ".g.dart",
        ".snap",
        ".map",
        ".bundle.js",
    ]
    .iter()
    .any(|end| name.ends_with(end))
        || name.contains(".generated.")
        || name.contains("_generated.")
}

fn says_generated(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    let comments = head
        .lines()
        .take(12)
        .filter(|line| line.trim_start().starts_with(['#', '/', '*', ';', '<', '-', '"']));
    comments.into_iter().any(|line| {
        line.contains("@generated")
            || line.contains("do not edit")
            || line.contains("automatically generated")
            || line.contains("autogenerated")
            || line.contains("auto-generated")
            || line.contains("generated by")
    })
}

/// Lines too long to have been typed.
fn is_minified(text: &str) -> bool {
    text.len() > 20_000 && text.len() / (text.matches('\n').count() + 1) > 400
}

/// True for the languages whose grammar is the same for all.
pub(super) fn is_ecma(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Kind {
        super::of(path, text, false)
    }

    #[test]
    fn by_path() {
        assert!(of("docs/a.md", "").docs && of("README", "").docs && !of("a/b.py", "").docs);
        assert!(
            of("tests/a.py", "").test && of("a/b_test.go", "").test && !of("contest.py", "").test
        );
        assert!(of("tests/data/a.py", "").fixture && !of("src/data/a.py", "").fixture);
        assert!(of("tests/syntax/calls.py", "f(x)\n").fixture);
        assert!(
            !of("tests/helpers.py", "import os\n").fixture && !of("tests/test_a.py", "").fixture
        );
        assert!(of("pip/_vendor/x.py", "").foreign() && of("yarn.lock", "").foreign());
        assert!(of("{{name}}/a.py", "").template && of("a.js.ejs", "").template);
        assert!(
            of("examples/a.py", "").script
                && of("a.py", "#!/bin/sh\n").script
                && !of("src/a.py", "").script
        );
    }

    #[test]
    fn by_text() {
        assert!(of("a.go", "// Code generated by stringer. DO NOT EDIT.\n").generated);
        assert!(!of("a.py", "x = 'do not edit'\n").generated);
        assert!(of("a.js", &"x".repeat(30_000)).generated);
    }
}
