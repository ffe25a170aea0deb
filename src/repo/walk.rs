//! The source files of a project, fast: what is ignored, generated, installed or another
//! repository's is passed over.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::base::{Cancel, Language, RepoPath};

/// Larger files are data or generated, and are left out, except in languages whose sources are
/// written by hand: asking for the size of every file would take as long as the rest of a walk.
/// Bytes.
pub const LARGEST_FILE: u64 = 1 << 20;

/// More threads than this only fight over the kernel's directory locks.
const MOST_THREADS: usize = 8;

/// Installed or generated trees that some projects forget to ignore.
const ALWAYS_SKIPPED: [&str; 8] = [
    "node_modules",
    "bower_components",
    "__pycache__",
    "site-packages",
    "__pypackages__",
    "CVS",
    "_build",
    "Pods",
];

/// Hidden files that matter to a failing test; every other hidden file without a known language,
/// and every hidden directory, is passed over.
const WANTED_HIDDEN: [&str; 6] =
    [".coveragerc", ".babelrc", ".mocharc.json", ".mocharc.yml", ".flake8", ".swcrc"];

/// The files below `root`, sorted by path.
///
/// Regular files up to [`LARGEST_FILE`] (Python, Rust and Go whatever their size) that no `.gitignore`, `.ignore`, `.slmignore` or
/// `.git/info/exclude` below `root` excludes. Symbolic links are not followed, and other
/// repositories inside this one (submodules among them) are not entered; names that are no
/// [`RepoPath`] are left out. Unreadable directories are passed over, and a cancelled walk returns
/// what it has.
pub fn files(root: &Path, cancel: &Cancel) -> Vec<RepoPath> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .ignore(true)
        .git_ignore(true)
        .git_exclude(true)
        .require_git(false)
        .add_custom_ignore_filename(".slmignore")
        .follow_links(false)
        .threads(threads)
        .filter_entry(is_wanted);
    let all = Mutex::new(Vec::new());
    builder.build_parallel().visit(&mut Collectors { root, cancel, all: &all });
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.sort_unstable();
    all
}

fn is_wanted(entry: &DirEntry) -> bool {
    // The root is wanted whatever it is called.
    if entry.depth() == 0 {
        return true;
    }
    let Some(name) = entry.file_name().to_str() else { return false };
    let Some(kind) = entry.file_type() else { return false };
    if kind.is_dir() {
        return !name.starts_with('.')
            && !ALWAYS_SKIPPED.contains(&name)
            && !is_foreign_dir(entry.path());
    }
    kind.is_file()
        && (!name.starts_with('.')
            || Language::of_path(name).is_some()
            || WANTED_HIDDEN.contains(&name))
}

/// A virtual environment, a cache that says so (<https://bford.info/cachedir/>, cargo's `target`
/// among them), or another repository.
fn is_foreign_dir(dir: &Path) -> bool {
    ["pyvenv.cfg", "CACHEDIR.TAG", ".git"]
        .iter()
        .any(|name| fs::symlink_metadata(dir.join(name)).is_ok())
}

fn has_sensible_size(entry: &DirEntry) -> bool {
    let language = entry.file_name().to_str().and_then(Language::of_path);
    matches!(language, Some(Language::Python | Language::Rust | Language::Go))
        || entry.metadata().is_ok_and(|about| about.len() <= LARGEST_FILE)
}

/// Makes one collector per thread, so that the shared list is locked once a thread.
struct Collectors<'s> {
    root: &'s Path,
    cancel: &'s Cancel,
    all: &'s Mutex<Vec<RepoPath>>,
}

struct Collector<'s> {
    root: &'s Path,
    cancel: &'s Cancel,
    all: &'s Mutex<Vec<RepoPath>>,
    own: Vec<RepoPath>,
}

impl<'s> ParallelVisitorBuilder<'s> for Collectors<'s> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        let Self { root, cancel, all } = *self;
        Box::new(Collector { root, cancel, all, own: Vec::new() })
    }
}

impl ParallelVisitor for Collector<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        if self.cancel.is_cancelled() {
            return WalkState::Quit;
        }
        let Ok(entry) = entry else { return WalkState::Continue };
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && has_sensible_size(&entry)
            && let Ok(path) = RepoPath::below(self.root, entry.path())
        {
            self.own.push(path);
        }
        WalkState::Continue
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.append(&mut self.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_dir_all, write};

    fn walked(files_there: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files_there {
            let path = dir.path().join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, text).unwrap();
        }
        let found = files(dir.path(), &Cancel::new());
        found.iter().map(|path| path.as_str().to_owned()).collect()
    }

    #[test]
    fn sorted_and_without_what_is_not_source() {
        let large = "x".repeat(usize::try_from(LARGEST_FILE).unwrap() + 1);
        // A bundle is generated; a long Python file may well have been written.
        let found = walked(&[
            ("b.py", ""),
            ("a/z.py", ""),
            ("a.py", ""),
            ("large.json", &large),
            ("bundle.js", &large),
            ("long.py", &large),
            ("node_modules/x/index.js", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/x.py", ""),
            ("target/CACHEDIR.TAG", ""),
            ("target/debug/x.rs", ""),
            ("sub/.git", "gitdir: x\n"),
            ("sub/x.py", ""),
            (".hidden/x.py", ""),
            (".eslintrc.js", ""),
            (".coveragerc", ""),
            (".env", "SECRET=1"),
            ("pkg/__pycache__/a.py", ""),
        ]);
        assert_eq!(found, [".coveragerc", ".eslintrc.js", "a.py", "a/z.py", "b.py", "long.py"]);
    }

    #[test]
    fn ignore_files_count_with_and_without_git() {
        for head in ["HEAD", ".git/HEAD"] {
            let found = walked(&[
                (head, "ref: refs/heads/main\n"),
                (".gitignore", "*.log\n/build/\nHEAD\n"),
                (".slmignore", "secret.py\n"),
                ("x.log", ""),
                ("build/x.py", ""),
                ("src/build/y.py", ""),
                ("src/secret.py", ""),
                ("src/.gitignore", "!keep.log\n"),
                ("src/keep.log", ""),
            ]);
            assert_eq!(found, ["src/build/y.py", "src/keep.log"]);
        }
    }

    #[test]
    fn rules_of_a_parent_directory_do_not_reach_in() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        create_dir_all(&root).unwrap();
        write(&dir.path().join(".gitignore"), "*\n").unwrap();
        write(&root.join("x.py"), "").unwrap();
        assert_eq!(files(&root, &Cancel::new()).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_hostile_names_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a\\b.py", "new\nline.py", "ok.py"] {
            write(&dir.path().join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("/etc", dir.path().join("etc")).unwrap();
        std::os::unix::fs::symlink("ok.py", dir.path().join("link.py")).unwrap();
        let found = files(dir.path(), &Cancel::new());
        assert_eq!(found, [RepoPath::new("ok.py").unwrap()]);
    }

    #[test]
    fn a_cancelled_walk_ends() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("x.py"), "").unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(files(dir.path(), &cancel).is_empty());
    }
}
