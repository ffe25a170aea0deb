//! What a commit would bring, or has brought: both sides of every changed file, read from git's index and
//! objects and not from the work tree, so that a file staged in part is what it will be.
//!
//! libgit2 runs no filters, text conversions or hooks of a repository's configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{
    Delta, Diff, DiffFindOptions, DiffOptions, FileMode, ObjectType, Oid, Repository, Tree,
    TreeWalkMode, TreeWalkResult,
};

use crate::base::{Language, RepoPath};

/// Renames are looked for in changes of no more files: the search is quadratic.
const MOST_FOR_RENAMES: usize = 1_000;
/// Larger files are not read. Bytes.
const LARGEST: u64 = 4 << 20;

/// Which change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// What is staged, against `HEAD`; before the first commit against nothing.
    Staged,
    /// The same by another file than the repository's index: git has one of its own for `commit -a` and for a commit
    /// of single paths, and names it to hooks (`GIT_INDEX_FILE`).
    Index(PathBuf),
    /// What the work tree has, staged or not, against `HEAD`; only below these paths, or everywhere.
    WorkTree(Vec<RepoPath>),
    /// `A..B`, `A...B` (from their common ancestor) or `A`, as git spells revisions.
    Range(String),
}

/// One changed file. Paths are git's own, not UTF-8 replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub path: String,
    pub renamed_from: Option<String>,
    /// `None` for a file that was added.
    pub before: Option<Side>,
    /// `None` for a file that was removed.
    pub after: Option<Side>,
}

/// One side of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// `None` where it is too large to be read.
    pub bytes: Option<Vec<u8>>,
    pub size: u64,
    pub kind: SideKind,
}

/// What git says that a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideKind {
    Regular,
    Executable,
    Link,
    Submodule,
}

/// A change, and the repository as it is with it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// By path.
    pub files: Vec<Changed>,
    /// Every file there is with the change, sorted; names that no path of slm can be left out.
    pub tree: Vec<RepoPath>,
    /// The contents of those that are not on disk as they are with the change.
    pub differing: BTreeMap<RepoPath, Arc<[u8]>>,
}

/// Why a change cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    #[error("{} is no git repository: there is no change to look at", path.display())]
    NoRepository { path: PathBuf },
    #[error("git knows no revision {spec:?}: {}", source.message())]
    Revision {
        spec: String,
        #[source]
        source: git2::Error,
    },
    #[error("git cannot read the change in {}: {}", path.display(), source.message())]
    Git {
        path: PathBuf,
        #[source]
        source: git2::Error,
    },
}

/// Reads a change of the repository at `root`.
///
/// # Errors
/// No repository, an unknown revision, objects that are missing.
pub fn changes(root: &Path, selection: &Selection) -> Result<Changes, ChangesError> {
    let repository =
        Repository::open(root).map_err(|_| ChangesError::NoRepository { path: root.to_owned() })?;
    let fail = |source| ChangesError::Git { path: root.to_owned(), source };
    let reader = Reader { repository: &repository, root };
    match selection {
        Selection::Staged => reader.staged().map_err(fail),
        Selection::Index(file) => {
            let taken = git2::Index::open(file).and_then(|mut own| repository.set_index(&mut own));
            taken.and_then(|()| reader.staged()).map_err(fail)
        }
        Selection::WorkTree(paths) => reader.work_tree(paths).map_err(fail),
        Selection::Range(spec) => {
            let revision = |source| ChangesError::Revision { spec: spec.clone(), source };
            let (from, to) = reader.ends(spec).map_err(revision)?;
            reader.between(from.as_ref(), &to).map_err(fail)
        }
    }
}

/// True when something is staged at `root`.
pub fn has_staged(root: &Path) -> bool {
    let Ok(repository) = Repository::open(root) else { return false };
    let reader = Reader { repository: &repository, root };
    let head = reader.head();
    let diff = repository.diff_tree_to_index(head.as_ref(), None, None);
    diff.is_ok_and(|diff| diff.deltas().len() > 0)
}

struct Reader<'r> {
    repository: &'r Repository,
    root: &'r Path,
}

impl<'r> Reader<'r> {
    /// The tree of `HEAD`; `None` before the first commit.
    fn head(&self) -> Option<Tree<'r>> {
        self.repository.head().ok()?.peel_to_tree().ok()
    }

    fn staged(&self) -> Result<Changes, git2::Error> {
        let head = self.head();
        let mut diff =
            self.repository.diff_tree_to_index(head.as_ref(), None, Some(&mut options()))?;
        let files = self.files(&mut diff, From::Objects)?;
        let mut changes = Changes { files, ..Changes::default() };
        let index = self.repository.index()?;
        for entry in index.iter() {
            // In a merge with conflicts a path stands there up to three times.
            if let Ok(path) = RepoPath::new(&String::from_utf8_lossy(&entry.path)) {
                changes.tree.push(path);
            }
        }
        let disk = self.repository.diff_index_to_workdir(Some(&index), Some(&mut options()))?;
        self.keep_old_sides(&disk, &mut changes)?;
        changes.tree.sort_unstable();
        changes.tree.dedup();
        Ok(changes)
    }

    fn work_tree(&self, paths: &[RepoPath]) -> Result<Changes, git2::Error> {
        let head = self.head();
        let mut options = options();
        options.include_untracked(true).recurse_untracked_dirs(true).show_untracked_content(true);
        options.disable_pathspec_match(true);
        for path in paths {
            options.pathspec(path.as_str());
        }
        let mut diff =
            self.repository.diff_tree_to_workdir_with_index(head.as_ref(), Some(&mut options))?;
        let files = self.files(&mut diff, From::Disk)?;
        let tree = super::walk::files(self.root, &crate::base::Cancel::new());
        Ok(Changes { files, tree, differing: BTreeMap::new() })
    }

    /// Both ends of a range.
    fn ends(&self, spec: &str) -> Result<(Option<Tree<'r>>, Tree<'r>), git2::Error> {
        let revisions = self.repository.revparse(spec)?;
        let commit = |object: Option<&git2::Object<'r>>| -> Result<git2::Commit<'r>, git2::Error> {
            match object {
                Some(object) => object.peel_to_commit(),
                None => self.repository.head()?.peel_to_commit(),
            }
        };
        if revisions.mode().contains(git2::RevparseMode::SINGLE) {
            let only = commit(revisions.from())?;
            let parent = only.parent(0).and_then(|parent| parent.tree()).ok();
            return Ok((parent, only.tree()?));
        }
        let (mut from, to) = (commit(revisions.from())?, commit(revisions.to())?);
        if revisions.mode().contains(git2::RevparseMode::MERGE_BASE) {
            from = self.repository.find_commit(self.repository.merge_base(from.id(), to.id())?)?;
        }
        Ok((Some(from.tree()?), to.tree()?))
    }

    fn between(&self, from: Option<&Tree<'_>>, to: &Tree<'_>) -> Result<Changes, git2::Error> {
        let mut diff = self.repository.diff_tree_to_tree(from, Some(to), Some(&mut options()))?;
        let files = self.files(&mut diff, From::Objects)?;
        let mut changes = Changes { files, ..Changes::default() };
        to.walk(TreeWalkMode::PreOrder, |directory, entry| {
            let name = String::from_utf8_lossy(entry.name_bytes());
            if entry.kind() == Some(ObjectType::Blob)
                && let Ok(path) = RepoPath::new(&format!("{directory}{name}"))
            {
                changes.tree.push(path);
            }
            TreeWalkResult::Ok
        })?;
        changes.tree.sort_unstable();
        if self.repository.is_bare() {
            self.keep_sources(to, &mut changes)?;
        } else {
            let disk = self.repository.diff_tree_to_workdir(Some(to), Some(&mut options()))?;
            self.keep_old_sides(&disk, &mut changes)?;
        }
        Ok(changes)
    }

    /// Every source of a tree, where there is no disk to read from.
    fn keep_sources(&self, tree: &Tree<'_>, changes: &mut Changes) -> Result<(), git2::Error> {
        for path in changes.tree.iter().filter(|path| Language::of_path(path.as_str()).is_some()) {
            let entry = tree.get_path(Path::new(path.as_str()))?;
            if let Some(bytes) = self.blob(entry.id())?.bytes {
                changes.differing.insert(path.clone(), Arc::from(bytes));
            }
        }
        Ok(())
    }

    /// What the disk has otherwise, as it is in the index or the tree.
    fn keep_old_sides(&self, disk: &Diff<'_>, changes: &mut Changes) -> Result<(), git2::Error> {
        for delta in disk.deltas() {
            let old = delta.old_file();
            let regular = matches!(old.mode(), FileMode::Blob | FileMode::BlobExecutable);
            let Some(path) = old.path_bytes().map(|p| RepoPath::new(&String::from_utf8_lossy(p)))
            else {
                continue;
            };
            let Ok(path) = path else { continue };
            if delta.status() == Delta::Untracked || delta.status() == Delta::Added || !regular {
                continue;
            }
            if let Some(bytes) = self.blob(old.id())?.bytes {
                changes.differing.insert(path, Arc::from(bytes));
            }
        }
        Ok(())
    }

    fn files(&self, diff: &mut Diff<'_>, after: From) -> Result<Vec<Changed>, git2::Error> {
        if diff.deltas().len() <= MOST_FOR_RENAMES {
            let mut find = DiffFindOptions::new();
            find.renames(true).for_untracked(true);
            diff.find_similar(Some(&mut find))?;
        }
        let mut files = Vec::new();
        for delta in diff.deltas() {
            let (old, new) = (delta.old_file(), delta.new_file());
            let text =
                |bytes: Option<&[u8]>| bytes.map(|b| String::from_utf8_lossy(b).into_owned());
            let (old_path, new_path) = (text(old.path_bytes()), text(new.path_bytes()));
            let gone = matches!(delta.status(), Delta::Deleted);
            let path = if gone { old_path.clone() } else { new_path.or(old_path.clone()) };
            let Some(path) = path else { continue };
            let renamed = delta.status() == Delta::Renamed;
            let before = match delta.status() {
                Delta::Added | Delta::Untracked | Delta::Copied => None,
                _ => Some(self.side(old.mode(), old.id())?),
            };
            let after = match (delta.status(), after) {
                (Delta::Deleted, _) => None,
                (_, From::Objects) => Some(self.side(new.mode(), new.id())?),
                (_, From::Disk) => self.on_disk(&path, new.mode()),
            };
            files.push(Changed { path, renamed_from: old_path.filter(|_| renamed), before, after });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn side(&self, mode: FileMode, id: Oid) -> Result<Side, git2::Error> {
        let kind = kind(mode);
        if kind == SideKind::Submodule {
            return Ok(Side { bytes: None, size: 0, kind });
        }
        Ok(Side { kind, ..self.blob(id)? })
    }

    /// A blob; what a partial clone has not here is as if it were too large.
    fn blob(&self, id: Oid) -> Result<Side, git2::Error> {
        let kind = SideKind::Regular;
        let header = self.repository.odb()?.read_header(id);
        let Ok((size, _)) = header else { return Ok(Side { bytes: None, size: 0, kind }) };
        let size = size as u64;
        if size > LARGEST {
            return Ok(Side { bytes: None, size, kind });
        }
        let bytes = self.repository.find_blob(id)?.content().to_vec();
        Ok(Side { bytes: Some(bytes), size, kind })
    }

    fn on_disk(&self, path: &str, mode: FileMode) -> Option<Side> {
        let full = self.root.join(path);
        let about = std::fs::symlink_metadata(&full).ok()?;
        let kind = if about.is_symlink() { SideKind::Link } else { kind(mode) };
        let bytes = match kind {
            SideKind::Submodule => None,
            SideKind::Link => std::fs::read_link(&full)
                .ok()
                .map(|target| target.to_string_lossy().into_owned().into_bytes()),
            _ if about.len() > LARGEST || !about.is_file() => None,
            _ => crate::base::fs::read(&full).ok(),
        };
        Some(Side { bytes, size: about.len(), kind })
    }
}

/// Where the new side lies.
#[derive(Clone, Copy)]
enum From {
    Objects,
    Disk,
}

fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options.ignore_submodules(false).include_typechange(true);
    options
}

fn kind(mode: FileMode) -> SideKind {
    match mode {
        FileMode::BlobExecutable => SideKind::Executable,
        FileMode::Link => SideKind::Link,
        FileMode::Commit => SideKind::Submodule,
        _ => SideKind::Regular,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::{create_dir_all, write};

    struct Place {
        dir: tempfile::TempDir,
        git: Repository,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let git = Repository::init(dir.path()).unwrap();
            Self { dir, git }
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.dir.path().join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(&path, text).unwrap();
        }

        fn stage(&self, name: &str) {
            let mut index = self.git.index().unwrap();
            if self.dir.path().join(name).symlink_metadata().is_ok() {
                index.add_path(Path::new(name)).unwrap();
            } else {
                index.remove_path(Path::new(name)).unwrap();
            }
            index.write().unwrap();
        }

        fn commit(&self) {
            let mut index = self.git.index().unwrap();
            let tree = self.git.find_tree(index.write_tree().unwrap()).unwrap();
            let who = git2::Signature::now("a", "a@example.invalid").unwrap();
            let parent = self.git.head().ok().and_then(|head| head.peel_to_commit().ok());
            let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
            self.git.commit(Some("HEAD"), &who, &who, "x", &tree, &parents).unwrap();
        }

        fn of(&self, selection: &Selection) -> Changes {
            changes(self.dir.path(), selection).unwrap()
        }
    }

    fn texts(changed: &Changed) -> (Option<String>, Option<String>) {
        let text = |side: &Option<Side>| {
            let bytes = side.as_ref()?.bytes.clone()?;
            Some(String::from_utf8(bytes).unwrap())
        };
        (text(&changed.before), text(&changed.after))
    }

    #[test]
    fn what_is_staged_is_read_and_not_what_lies_on_disk() {
        let place = Place::new();
        place.write("a.py", "one\n");
        place.stage("a.py");
        assert!(has_staged(place.dir.path()), "also before the first commit");
        assert_eq!(place.of(&Selection::Staged).files.len(), 1);
        place.commit();
        place.write("a.py", "two\n");
        place.stage("a.py");
        place.write("a.py", "three\n");
        place.write("untracked.py", "x\n");
        let changes = place.of(&Selection::Staged);
        assert_eq!(texts(&changes.files[0]), (Some("one\n".into()), Some("two\n".into())));
        let path = RepoPath::new("a.py").unwrap();
        assert_eq!(
            changes.tree,
            std::slice::from_ref(&path),
            "what is not staged is not part of it"
        );
        assert_eq!(&*changes.differing[&path], b"two\n");
        let disk = place.of(&Selection::WorkTree(Vec::new()));
        assert_eq!(disk.files.len(), 2);
        assert_eq!(texts(&disk.files[0]).1.as_deref(), Some("three\n"));
        let one = place.of(&Selection::WorkTree(vec![RepoPath::new("untracked.py").unwrap()]));
        assert_eq!(one.files.len(), 1);
    }

    #[test]
    fn renames_removals_links_and_odd_names() {
        let place = Place::new();
        let long = "line\n".repeat(30);
        place.write("old name.py", &long);
        place.write("gone.py", "x\n");
        place.stage("old name.py");
        place.stage("gone.py");
        place.commit();
        std::fs::rename(place.dir.path().join("old name.py"), place.dir.path().join("new.py"))
            .unwrap();
        std::fs::remove_file(place.dir.path().join("gone.py")).unwrap();
        place.write("a\nb.py", "y\n");
        std::os::unix::fs::symlink("new.py", place.dir.path().join("link")).unwrap();
        for name in ["old name.py", "new.py", "gone.py", "a\nb.py", "link"] {
            place.stage(name);
        }
        let changes = place.of(&Selection::Staged);
        let of = |name: &str| changes.files.iter().find(|file| file.path == name).unwrap();
        assert_eq!(of("new.py").renamed_from.as_deref(), Some("old name.py"));
        assert!(of("gone.py").after.is_none() && of("a\nb.py").before.is_none());
        assert_eq!(of("link").after.as_ref().unwrap().kind, SideKind::Link);
        assert!(changes.files.iter().all(|file| file.path != "old name.py"));
    }

    #[test]
    fn ranges() {
        let place = Place::new();
        for text in ["1\n", "2\n", "3\n"] {
            place.write("a.py", text);
            place.stage("a.py");
            place.commit();
        }
        let range = |spec: &str| place.of(&Selection::Range(spec.to_owned()));
        let both = |spec: &str| texts(&range(spec).files[0]);
        assert_eq!(both("HEAD~2..HEAD"), (Some("1\n".into()), Some("3\n".into())));
        assert_eq!(both("HEAD~1"), (Some("1\n".into()), Some("2\n".into())));
        assert_eq!(both("HEAD~2"), (None, Some("1\n".into())), "the first commit");
        assert_eq!(range("HEAD~1").differing.len(), 1, "the disk is further on");
        let bad = changes(place.dir.path(), &Selection::Range("nowhere".to_owned()));
        assert!(matches!(bad, Err(ChangesError::Revision { .. })));
        let none = changes(tempfile::tempdir().unwrap().path(), &Selection::Staged);
        assert!(matches!(none, Err(ChangesError::NoRepository { .. })));
    }
}
