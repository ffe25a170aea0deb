//! The source files of a project, fast: what is ignored, generated, installed or another
//! repository's is passed over.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::base::{Cancel, Language, RepoPath};
use crate::syntax::Grammar;

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
    walk(root, cancel, &|entry, path| has_sensible_size(entry).then_some(path))
}

/// A file that may hold symbols or say something in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub path: RepoPath,
    /// In bytes.
    pub size: u64,
    /// When its content or its inode was last changed; `None` when the file system cannot say.
    pub modified: Option<SystemTime>,
    /// Differs whenever the file may have changed. Never 0.
    pub stamp: i64,
}

/// The files below `root` that can be searched, sorted by path: source in a language with symbols,
/// scripts without an extension, and text for people. As [`files`] else, whatever their size.
pub fn entries(root: &Path, cancel: &Cancel) -> Vec<Entry> {
    walk(root, cancel, &|entry, path| {
        is_searched(path.file_name()).then(|| entry.metadata().ok()).flatten().map(|about| {
            let (modified, stamp) = stamp_of(&about);
            Entry { path, size: about.len(), modified, stamp }
        })
    })
}

/// Text for people, by its extension.
const TEXTS: [&str; 14] = [
    "md", "rst", "txt", "adoc", "toml", "yml", "yaml", "cfg", "ini", "proto", "sql", "graphql",
    "cmake", "mk",
];

fn is_searched(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, extension)) => Grammar::of_path(name).is_some() || TEXTS.contains(&extension),
        None => true,
    }
}

/// The times and the identity of a file, mixed into one number.
fn stamp_of(about: &fs::Metadata) -> (Option<SystemTime>, i64) {
    let modified = about.modified().ok();
    #[cfg(unix)]
    let (modified, parts) = {
        use std::os::unix::fs::MetadataExt as _;
        use std::time::{Duration, UNIX_EPOCH};
        // A tool can set the time of the content, but not that of the inode.
        let changed = Duration::new(
            u64::try_from(about.ctime()).unwrap_or(0),
            u32::try_from(about.ctime_nsec()).unwrap_or(0),
        );
        let modified = modified.max(UNIX_EPOCH.checked_add(changed));
        (
            modified,
            [
                about.mtime(),
                about.mtime_nsec(),
                about.ctime(),
                about.ctime_nsec(),
                about.ino().cast_signed(),
            ],
        )
    };
    #[cfg(not(unix))]
    let parts = {
        let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        [since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(0)), 0, 0, 0, 0]
    };
    // FNV-1a over the words: fast, and no enemy chooses the times.
    let mut stamp = 0xcbf2_9ce4_8422_2325_u64 ^ about.len();
    for part in parts {
        stamp = (stamp ^ part.cast_unsigned()).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }
    (modified, stamp.cast_signed() | 1)
}

/// Collects what `wanted` makes of each file that is not passed over, sorted.
fn walk<T: Ord + Send>(root: &Path, cancel: &Cancel, wanted: Wanted<'_, T>) -> Vec<T> {
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
    builder.build_parallel().visit(&mut Collectors { root, cancel, wanted, all: &all });
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.sort_unstable();
    all
}

type Wanted<'w, T> = &'w (dyn Fn(&DirEntry, RepoPath) -> Option<T> + Sync);

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
struct Collectors<'s, T> {
    root: &'s Path,
    cancel: &'s Cancel,
    wanted: Wanted<'s, T>,
    all: &'s Mutex<Vec<T>>,
}

struct Collector<'s, T> {
    root: &'s Path,
    cancel: &'s Cancel,
    wanted: Wanted<'s, T>,
    all: &'s Mutex<Vec<T>>,
    own: Vec<T>,
}

impl<'s, T: Send> ParallelVisitorBuilder<'s> for Collectors<'s, T> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        let Self { root, cancel, wanted, all } = *self;
        Box::new(Collector { root, cancel, wanted, all, own: Vec::new() })
    }
}

impl<T: Send> ParallelVisitor for Collector<'_, T> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        if self.cancel.is_cancelled() {
            return WalkState::Quit;
        }
        let Ok(entry) = entry else { return WalkState::Continue };
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Ok(path) = RepoPath::below(self.root, entry.path())
            && let Some(found) = (self.wanted)(&entry, path)
        {
            self.own.push(found);
        }
        WalkState::Continue
    }
}

impl<T> Drop for Collector<'_, T> {
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
