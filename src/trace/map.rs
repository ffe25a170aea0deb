//! A path as a tool printed it -> a file of the repository, or nothing.
//!
//! Nothing is read from disk. A wrong answer would send the search into the wrong file, so what is
//! ambiguous, or belongs to an installed library, stays unresolved.

use std::collections::HashMap;
use std::path::Path;

use crate::base::RepoPath;

/// The files of a repository, findable by name.
#[derive(Clone, Debug, Default)]
pub struct FileSet {
    files: Vec<RepoPath>,
    by_name: HashMap<String, Vec<usize>>,
}

impl FileSet {
    /// Indexes `files`; order and doubles do not matter.
    pub fn new(files: impl IntoIterator<Item = RepoPath>) -> Self {
        let mut files: Vec<RepoPath> = files.into_iter().collect();
        files.sort();
        files.dedup();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            by_name.entry(file.file_name().to_owned()).or_default().push(at);
        }
        Self { files, by_name }
    }

    /// True when `path` is one of the files.
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.files.binary_search(path).is_ok()
    }

    /// The files, sorted.
    pub fn files(&self) -> &[RepoPath] {
        &self.files
    }

    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let places = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&at| &self.files[at])
    }
}

impl FromIterator<RepoPath> for FileSet {
    fn from_iter<I: IntoIterator<Item = RepoPath>>(files: I) -> Self {
        Self::new(files)
    }
}

/// Directories that hold other people's code wherever they stand.
const FOREIGN: &[&str] = &[
    "site-packages",
    "dist-packages",
    "node_modules",
    ".venv",
    "venv",
    "virtualenv",
    ".virtualenvs",
    ".tox",
    ".nox",
    ".pyenv",
    ".rustup",
    "rustlib",
    "rustc",
    ".yarn",
    ".pnpm",
    ".nvm",
    "bower_components",
    "__pypackages__",
];

/// Directories that hold other people's code when they follow one another.
const FOREIGN_RUNS: &[&[&str]] = &[
    &[".cargo", "registry"],
    &[".cargo", "git"],
    &["cargo", "registry"],
    &["go", "pkg", "mod"],
    &["go", "src", "runtime"],
    &["go", "src", "testing"],
    &["local", "go"],
    &["lib", "go"],
    &["library", "std"],
    &["library", "core"],
    &["library", "alloc"],
    &["internal", "modules"],
];

/// Names so common that the name alone identifies no file.
const COMMON: &[&str] = &[
    "__init__.py",
    "__main__.py",
    "setup.py",
    "conftest.py",
    "main.py",
    "utils.py",
    "mod.rs",
    "lib.rs",
    "main.rs",
    "build.rs",
    "main.go",
    "doc.go",
    "index.js",
    "index.mjs",
    "index.cjs",
    "index.ts",
    "index.tsx",
    "index.jsx",
    "main.js",
    "main.ts",
    "utils.js",
    "utils.ts",
];

/// The repository file that a printed `path` means.
///
/// `root` is where the command ran: the repository, or its scratch copy. Understood are paths
/// below `root`, relative ones, `file://`, Windows separators, and absolute paths of another
/// machine (a container, CI), for which the file with the longest common tail is taken when there
/// is exactly one. Files of installed packages and of the languages' own libraries resolve to
/// nothing, unless they lie below `root` and belong to `files`.
pub fn resolve(path: &str, files: &FileSet, root: &Path) -> Option<RepoPath> {
    let text = plain(path)?;
    let absolute = is_absolute(&text);
    let parts = normal(&text)?;
    let root: Vec<String> = normal(&root.to_string_lossy().replace('\\', "/")).unwrap_or_default();
    if absolute && !root.is_empty() && parts.starts_with(&root) {
        return exact(&parts[root.len()..], files);
    }
    if !absolute {
        let inner: Vec<String> = parts.iter().skip_while(|p| *p == "..").cloned().collect();
        if let Some(found) = exact(&inner, files) {
            return Some(found);
        }
    }
    if is_foreign(&parts) {
        return None;
    }
    by_tail(&parts, files)
}

/// The path without scheme, quotes, query and backslashes; `None` for what is no file at all.
fn plain(path: &str) -> Option<String> {
    let path = path.trim().trim_matches(['"', '\'']);
    let virtual_file = path.starts_with('<') || path.starts_with("node:") || path.starts_with('[');
    if path.is_empty() || virtual_file || path.contains('\0') || path.len() > 4096 {
        return None;
    }
    let Some(rest) = path.strip_prefix("file://") else { return Some(path.replace('\\', "/")) };
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    Some(percent_decoded(rest))
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut ahead = bytes.clone();
            let digits =
                [ahead.next(), ahead.next()].map(|b| b.and_then(|b| char::from(b).to_digit(16)));
            if let [Some(high), Some(low)] = digits {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
                continue;
            }
        }
        out.push(byte);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn is_absolute(text: &str) -> bool {
    text.starts_with('/') || has_drive(text)
}

fn has_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/'
}

/// The components, `.` and inner `..` resolved; leading `..` of a relative path stay.
fn normal(text: &str) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    let absolute = is_absolute(text);
    // `/C:/x` is how a file URL writes a drive.
    let text = text.strip_prefix('/').filter(|t| has_drive(t)).unwrap_or(text);
    let text = if has_drive(text) { &text[2..] } else { text };
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part.to_owned()),
        }
    }
    (!parts.is_empty()).then_some(parts)
}

fn exact(parts: &[String], files: &FileSet) -> Option<RepoPath> {
    let path = RepoPath::new(&parts.join("/")).ok()?;
    files.contains(&path).then_some(path)
}

fn is_foreign(parts: &[String]) -> bool {
    let directories = &parts[..parts.len().saturating_sub(1)];
    let python = |part: &String| {
        let version = part.strip_prefix("python").or_else(|| part.strip_prefix("Python"));
        version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    };
    directories.iter().any(|part| FOREIGN.contains(&part.as_str()))
        || directories.iter().any(python)
        || directories.windows(2).any(|two| two[0] == "lib" && two[1].starts_with("go-"))
        || FOREIGN_RUNS
            .iter()
            .any(|run| directories.windows(run.len()).any(|window| window.iter().eq(run.iter())))
}

/// The one file that shares the longest tail with `parts`; among equals, one that is all tail.
fn by_tail(parts: &[String], files: &FileSet) -> Option<RepoPath> {
    let name = parts.last()?;
    let mut best: Vec<(&RepoPath, bool)> = Vec::new();
    let mut longest = 0;
    for file in files.named(name) {
        let own = file.as_str().rsplit('/');
        let common = own.zip(parts.iter().rev()).take_while(|(a, b)| *a == b.as_str()).count();
        let whole = common == file.as_str().split('/').count();
        if common > longest {
            longest = common;
            best.clear();
        }
        if common == longest {
            best.push((file, whole));
        }
    }
    let chosen = match best.as_slice() {
        [one] => Some(*one),
        several => {
            let mut whole = several.iter().filter(|(_, whole)| *whole);
            whole.next().copied().filter(|_| whole.next().is_none())
        }
    };
    let (file, whole) = chosen?;
    let too_common = longest == 1 && !whole && parts.len() > 1 && COMMON.contains(&name.as_str());
    (!too_common).then(|| file.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(files: &[&str]) -> FileSet {
        files.iter().map(|f| RepoPath::new(f).unwrap()).collect()
    }

    fn find(path: &str, files: &[&str]) -> Option<String> {
        resolve(path, &set(files), Path::new("/home/me/repo")).map(|p| p.as_str().to_owned())
    }

    #[test]
    fn below_the_root_and_relative() {
        let files = ["src/x.py", "x.py", "a/src/x.py"];
        assert_eq!(find("/home/me/repo/src/x.py", &files).as_deref(), Some("src/x.py"));
        assert_eq!(find("src/x.py", &files).as_deref(), Some("src/x.py"));
        assert_eq!(find("./src/../src/x.py", &files).as_deref(), Some("src/x.py"));
        assert_eq!(find("../repo2/src/x.py", &["src/x.py"]).as_deref(), Some("src/x.py"));
        assert_eq!(find("file:///home/me/repo/a/src/x.py", &files).as_deref(), Some("a/src/x.py"));
        assert_eq!(
            find("file:///home/me/repo/a%20b/x.js", &["a b/x.js"]).as_deref(),
            Some("a b/x.js")
        );
        assert_eq!(find(".\\src\\x.py", &files).as_deref(), Some("src/x.py"));
    }

    #[test]
    fn below_the_root_but_not_of_the_repository() {
        assert_eq!(
            find("/home/me/repo/.venv/lib/python3.11/json/decoder.py", &["json/decoder.py"]),
            None
        );
        assert_eq!(find("/home/me/repo/build/x.py", &["x.py"]), None);
    }

    #[test]
    fn another_prefix() {
        assert_eq!(find("/app/src/x.py", &["src/x.py", "lib/x.py"]).as_deref(), Some("src/x.py"));
        assert_eq!(find("/builds/group/repo/pkg/a.go", &["pkg/a.go"]).as_deref(), Some("pkg/a.go"));
        assert_eq!(find("C:\\work\\repo\\src\\x.py", &["src/x.py"]).as_deref(), Some("src/x.py"));
        assert_eq!(find("file:///C:/work/src/x.mjs", &["src/x.mjs"]).as_deref(), Some("src/x.mjs"));
        assert_eq!(find("/app/x.py", &["src/x.py"]).as_deref(), Some("src/x.py"));
        assert_eq!(
            find(
                "example.com/bins/bins/bins_test.go",
                &["bins/bins_test.go", "crash/bins_test.go"]
            )
            .as_deref(),
            Some("bins/bins_test.go")
        );
        assert_eq!(find("/app/x.py", &["x.py", "src/x.py"]).as_deref(), Some("x.py"));
    }

    #[test]
    fn ambiguity_is_refused() {
        assert_eq!(find("/app/x.py", &["a/x.py", "b/x.py"]), None);
        assert_eq!(find("/app/c/x.py", &["a/x.py", "b/x.py"]), None);
        assert_eq!(find("/elsewhere/pkg/__init__.py", &["src/__init__.py"]), None);
        assert_eq!(
            find("/elsewhere/src/__init__.py", &["src/__init__.py"]).as_deref(),
            Some("src/__init__.py")
        );
        assert_eq!(find("/x/main.rs", &["tool/main.rs"]), None);
    }

    #[test]
    fn libraries_are_not_the_repository() {
        let files = [
            "json/decoder.py",
            "index.js",
            "src/panicking.rs",
            "option.rs",
            "pluggy/_manager.py",
            "testing.go",
            "threading.py",
            "lib/util.js",
        ];
        for path in [
            "/usr/lib/python3.11/json/decoder.py",
            "/opt/Python311/Lib/../../Python311/json/decoder.py",
            "/home/me/venv/lib/python3.11/site-packages/pluggy/_manager.py",
            "/x/.venv/lib64/python3.12/threading.py",
            "/app/node_modules/left/lib/util.js",
            "node_modules/left/index.js",
            "/rustc/59807616/library/core/src/option.rs",
            "/home/me/.rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/panicking.rs",
            "/home/me/.cargo/registry/src/index/either-1.0/src/option.rs",
            "/usr/lib/go-1.19/src/testing/testing.go",
            "/usr/local/go/src/testing/testing.go",
            "/home/me/go/pkg/mod/example.com/x@v1/testing.go",
            "node:internal/modules/cjs/loader",
            "<frozen importlib._bootstrap>",
            "<string>",
            "[eval]",
            "",
            "/",
        ] {
            assert_eq!(find(path, &files), None, "{path}");
        }
    }

    #[test]
    fn a_library_that_is_committed_is_found_below_the_root() {
        assert_eq!(
            find("/home/me/repo/node_modules/x/i.js", &["node_modules/x/i.js"]).as_deref(),
            Some("node_modules/x/i.js")
        );
        assert_eq!(find("venv/a.py", &["venv/a.py"]).as_deref(), Some("venv/a.py"));
    }

    proptest! {
        #[test]
        fn answers_are_files_of_the_set(path in "[a-c./\\\\:%2 ]{0,24}") {
            let files = set(&["a/b/c", "a", "b/c", "c"]);
            if let Some(found) = resolve(&path, &files, Path::new("/a")) {
                prop_assert!(files.contains(&found));
            }
        }
    }
}
