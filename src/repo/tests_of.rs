//! Which files are tests, by the conventions of each language: what a fix must not touch. And which are
//! not the project's own.

use crate::base::{Language, RepoPath};

/// Directories whose contents belong to the tests, whatever the language.
const TEST_DIRS: [&str; 10] = [
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
];

/// True when `path` is a test, or a helper or expected value of tests, by convention.
///
/// Rust's inline `mod tests` lives in source files and is not seen here. Benchmarks and examples
/// are no tests.
pub fn is_test_path(path: &RepoPath) -> bool {
    let in_tests = path.parent().split('/').any(|dir| TEST_DIRS.contains(&dir));
    in_tests || is_test_name(path.file_name())
}

/// Directories that hold other people's code, in projects that keep a copy of it.
const VENDORED: [&str; 8] =
    ["vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "extern", "deps"];

/// True when `path` is, by convention, a copy of somebody else's code.
pub fn is_vendored_path(path: &RepoPath) -> bool {
    path.parent().split('/').any(|dir| VENDORED.contains(&dir))
}

fn is_test_name(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match Language::of_path(name) {
        Some(Language::Python) => {
            matches!(stem, "test" | "tests" | "conftest")
                || stem.starts_with("test_")
                || stem.ends_with("_test")
                || stem.ends_with("_tests")
        }
        Some(Language::Rust) => {
            matches!(stem, "test" | "tests")
                || stem.starts_with("test_")
                || stem.ends_with("_test")
                || stem.ends_with("_tests")
        }
        Some(Language::Go) => stem.ends_with("_test"),
        Some(Language::JavaScript | Language::TypeScript | Language::Tsx) => {
            matches!(stem, "test" | "tests")
                || [".test", ".spec", "-test", "-spec", "_test", ".e2e", ".cy"]
                    .iter()
                    .any(|end| stem.ends_with(end))
                || stem.starts_with("test-")
        }
        None => extension == "snap",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_others() {
        let vendored = |path| is_vendored_path(&RepoPath::new(path).unwrap());
        assert!(vendored("vendor/github.com/x/y.go") && vendored("src/pip/_vendor/a.py"));
        assert!(!vendored("src/vendor.py") && !vendored("vendors/a.py"));
    }

    #[test]
    fn tests_and_sources() {
        for test in [
            "tests/helper.py",
            "pkg/tests/data.json",
            "test_a.py",
            "pkg/a_test.py",
            "conftest.py",
            "tests/it.rs",
            "src/foo/tests.rs",
            "src/foo_tests.rs",
            "a_test.go",
            "pkg/testdata/x.golden",
            "src/__tests__/a.js",
            "a.test.ts",
            "a.spec.tsx",
            "test/a.js",
            "x.snap",
        ] {
            assert!(is_test_path(&RepoPath::new(test).unwrap()), "{test}");
        }
        for source in [
            "src/latest.py",
            "attest.py",
            "contest/a.py",
            "testing.py",
            "benches/a.rs",
            "examples/a.rs",
            "src/tested.go",
            "test_a.go",
            "spec.ts.md",
            "protest.js",
            "src/test_utils/a.py",
        ] {
            assert!(!is_test_path(&RepoPath::new(source).unwrap()), "{source}");
        }
    }
}
