//! Where the user's project begins: what lies below is slm's, what lies above never is.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::fs::{FileError, PathContext as _};

/// The directory that a run works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute, symbolic links resolved.
    pub path: PathBuf,
    /// True when `path` is the top of a git work tree (also of a submodule or a linked one).
    pub has_git: bool,
}

/// Files that stand at the top of a project, in any language slm reads.
const MARKERS: [&str; 12] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "Cargo.toml",
    "package.json",
    "deno.json",
    "tsconfig.json",
    "go.work",
    "go.mod",
    ".slmignore",
];

/// Finds the root of the project that `start`, a file or directory, belongs to.
///
/// The nearest git work tree; without one the nearest directory with a project file, where a Cargo
/// or Go workspace counts for its members; else the directory itself. Directories that anybody may
/// write to (`/tmp`) and the top of the file system are never taken for a project.
///
/// # Errors
/// When `start` does not exist or cannot be entered.
pub fn discover(start: &Path) -> Result<Root, FileError> {
    let start = start.canonicalize().path("find", start)?;
    let dir = if start.is_dir() { start.as_path() } else { start.parent().unwrap_or(&start) };
    let above = || dir.ancestors().filter(|dir| may_be_project(dir));
    if let Some(top) = above().find(|dir| is_work_tree(dir)) {
        return Ok(Root { path: top.to_owned(), has_git: true });
    }
    let marked = above().find(|dir| MARKERS.iter().any(|name| dir.join(name).is_file()));
    let workspace = marked.and_then(|nearest| {
        let member = |marker: &str| nearest.join(marker).is_file();
        let (cargo, go) = (member("Cargo.toml"), member("go.mod"));
        nearest
            .ancestors()
            .filter(|dir| may_be_project(dir))
            .find(|dir| (cargo && is_cargo_workspace(dir)) || (go && dir.join("go.work").is_file()))
    });
    let path = workspace.or(marked).unwrap_or(dir).to_owned();
    Ok(Root { path, has_git: false })
}

/// True when `dir` has a `.git` that git itself would take: a directory with a `HEAD`, or the
/// pointer file of a submodule or linked work tree.
pub(crate) fn is_work_tree(dir: &Path) -> bool {
    let git = dir.join(".git");
    let Ok(about) = fs::metadata(&git) else { return false };
    if about.is_dir() {
        return git.join("HEAD").symlink_metadata().is_ok();
    }
    let mut start = [0; 8];
    let read = fs::File::open(&git).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"gitdir: "
}

fn is_cargo_workspace(dir: &Path) -> bool {
    crate::base::fs::read_text(&dir.join("Cargo.toml"))
        .is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

fn may_be_project(dir: &Path) -> bool {
    dir.parent().is_some() && !is_sticky(dir)
}

#[cfg(unix)]
fn is_sticky(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(dir).is_ok_and(|about| about.mode() & 0o1000 != 0)
}

#[cfg(not(unix))]
fn is_sticky(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_dir_all, write};

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, text).unwrap();
        }
        let path = dir.path().canonicalize().unwrap();
        (dir, path)
    }

    fn found(start: &Path) -> (PathBuf, bool) {
        let root = discover(start).unwrap();
        (root.path, root.has_git)
    }

    #[test]
    fn git_wins_over_a_nearer_project_file() {
        let (_keep, top) = tree(&[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("a/pyproject.toml", ""),
            ("a/b/x", ""),
        ]);
        assert_eq!(found(&top.join("a/b/x")), (top.clone(), true));
        assert_eq!(found(&top.join("a/b")), (top, true));
    }

    #[test]
    fn an_empty_git_folder_is_no_repository() {
        let (_keep, top) = tree(&[(".git/description", ""), ("a/go.mod", ""), ("a/b/x.go", "")]);
        assert_eq!(found(&top.join("a/b")), (top.join("a"), false));
    }

    #[test]
    fn submodules_and_linked_work_trees_are_roots() {
        let (_keep, top) = tree(&[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("sub/.git", "gitdir: ../.git/modules/sub\n"),
            ("sub/src/x.py", ""),
        ]);
        assert_eq!(found(&top.join("sub/src")), (top.join("sub"), true));
    }

    #[test]
    fn without_git_the_nearest_project_file_or_its_workspace() {
        let (_keep, top) = tree(&[
            ("package.json", "{}"),
            ("py/setup.cfg", ""),
            ("py/pkg/x.py", ""),
            ("rs/Cargo.toml", "[workspace]\nmembers = [\"a\"]\n"),
            ("rs/a/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(found(&top.join("py/pkg")), (top.join("py"), false));
        assert_eq!(found(&top.join("rs/a")), (top.join("rs"), false));
    }

    #[test]
    fn nothing_at_all_is_the_directory_itself() {
        let (_keep, top) = tree(&[("a/x.py", "")]);
        assert_eq!(found(&top.join("a/x.py")), (top.join("a"), false));
        assert!(discover(&top.join("missing")).is_err());
    }
}
