//! The same expectations for every way to isolate a command that works on this machine.

mod containment;
mod limits;
mod overhead;
mod toolchains;
mod view;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Ended, Job, Mode, Options, Run, SandboxError, Workspace};
use crate::base::{Cancel, RepoPath};

/// A small tree with a workspace over it, in one mode.
struct Fixture {
    /// Holds `tree`, `home`, and what a test puts beside them.
    dir: tempfile::TempDir,
    workspace: Workspace,
}

impl Fixture {
    fn root(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    fn job(&self, script: &str) -> Job {
        let mut job = Job::new(["/bin/sh", "-c", script]);
        job.limits.wall = Duration::from_secs(30);
        job
    }

    fn run(&self, job: &Job) -> Run {
        self.workspace.run(job, &Cancel::new()).unwrap()
    }

    /// Runs a shell script and gives its output; it must succeed.
    fn sh(&self, script: &str) -> String {
        let run = self.run(&self.job(script));
        assert!(run.success(), "{script}: {:?}\n{}", run.ended, run.text());
        run.text()
    }
}

/// Makes a tree below `parent`, lets `adjust` complete it, and opens it in `mode`; `None`, after saying why, where that mode
/// does not work.
fn fixture_in(
    parent: &Path,
    mode: Mode,
    adjust: impl FnOnce(&Path, &mut Options),
) -> Option<Fixture> {
    let dir = tempfile::tempdir_in(parent).unwrap();
    let root = dir.path().join("tree");
    std::fs::create_dir_all(root.join("sub")).unwrap();
    put(&root.join("a.txt"), "original a\n");
    put(&root.join("sub/b.txt"), "original b\n");
    std::fs::create_dir_all(dir.path().join("home/.ssh")).unwrap();
    put(&dir.path().join("home/.ssh/id"), "private canary\n");
    put(&dir.path().join("home/plain"), "plain\n");
    let mut options = Options::from_process();
    options.home = Some(dir.path().join("home"));
    options.force = Some(mode);
    adjust(dir.path(), &mut options);
    match Workspace::open(&root, &options) {
        Ok(workspace) => Some(Fixture { dir, workspace }),
        Err(SandboxError::Unconfined { reason }) => {
            println!("skipped: {} mode: {reason}", mode.name());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Runs `body` on a fresh tree in every mode.
fn each_mode(body: impl Fn(&Fixture)) {
    each_mode_with(|_, _| {}, body);
}

fn each_mode_with(adjust: impl Fn(&Path, &mut Options), body: impl Fn(&Fixture)) {
    for mode in MODES {
        if let Some(fixture) = fixture_in(&std::env::temp_dir(), *mode, &adjust) {
            body(&fixture);
        }
    }
}

const MODES: &[Mode] = &[Mode::Namespaces, Mode::Slots];

fn put(path: &Path, text: &str) {
    crate::base::fs::write(path, text).unwrap();
}

fn text_of(path: &Path) -> String {
    crate::base::fs::read_text(path).unwrap()
}

fn patched(mut job: Job, path: &str, text: Option<&str>) -> Job {
    job.files.push((RepoPath::new(path).unwrap(), text.map(|t| t.as_bytes().into())));
    job
}

fn has(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    if !found {
        println!("skipped: {tool} is not installed");
    }
    found
}

#[test]
fn exit_codes_signals_and_missing_programs() {
    each_mode(|f| {
        assert_eq!(f.run(&f.job("exit 7")).ended, Ended::Exited(7));
        assert_eq!(f.run(&f.job("kill -SEGV $$")).ended, Ended::Signalled(11));
        let missing = f.workspace.run(&Job::new(["no-such-program-here"]), &Cancel::new());
        assert!(
            matches!(&missing, Err(SandboxError::NotFound { program }) if program == "no-such-program-here"),
            "{missing:?}"
        );
        let refused = f.workspace.run(&Job::new(["./a.txt"]), &Cancel::new());
        assert!(matches!(refused, Err(SandboxError::NotExecutable { .. })), "{refused:?}");
        let empty = f.workspace.run(&Job::default(), &Cancel::new());
        assert!(matches!(empty, Err(SandboxError::Job(_))), "{empty:?}");
    });
}

#[test]
fn roots_that_are_no_project_are_refused() {
    let mut options = Options::from_process();
    for bad in ["/", "/tmp", "/usr"] {
        let opened = Workspace::open(Path::new(bad), &options);
        assert!(matches!(opened, Err(SandboxError::Root { .. })), "{bad}: {opened:?}");
    }
    let home = tempfile::tempdir().unwrap();
    options.home = Some(home.path().to_owned());
    assert!(matches!(Workspace::open(home.path(), &options), Err(SandboxError::Root { .. })));
}
