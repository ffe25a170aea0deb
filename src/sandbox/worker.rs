//! Processes that are no checked commands: slm's own worker, and programs that the user names.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::environment;
use super::output::HeadTail;

/// Bytes of a worker's standard error that are kept.
const STDERR_BYTES: usize = 64 << 10;

/// A worker process of the same binary. Dropping it kills it; so does the end of this process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    ended: Option<WorkerEnd>,
    stderr: Arc<Mutex<HeadTail>>,
    reader: Option<JoinHandle<()>>,
}

/// How a worker ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerEnd {
    /// Exit code, when it exited by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Head and tail of its standard error.
    pub stderr: String,
}

/// Starts this very program again with `args`, its input and output piped, its standard error
/// collected, and of the environment only what is no secret, plus `env`.
///
/// # Errors
/// When the process cannot be started.
pub fn spawn_self(
    args: &[&str],
    env: &[(OsString, OsString)],
) -> io::Result<(ChildStdout, ChildStdin, Worker)> {
    spawn_worker(&this_program()?, args, env)
}

/// The program that runs, which an update may have replaced on disk since it was started.
fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

/// As [`spawn_self`] for the program at `program`: one that the user has named on the command line,
/// and in tests, which are not slm. It is not confined.
///
/// # Errors
/// When the process cannot be started.
pub fn spawn_worker(
    program: &Path,
    args: &[&str],
    env: &[(OsString, OsString)],
) -> io::Result<(ChildStdout, ChildStdin, Worker)> {
    let mut command = command(program);
    command
        .args(args)
        .envs(env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawner::spawn(command)?;
    let pipes = (child.stdout.take(), child.stdin.take(), child.stderr.take());
    let (Some(stdout), Some(stdin), Some(mut errors)) = pipes else {
        return Err(io::Error::other("the worker has no pipes"));
    };
    let stderr = Arc::new(Mutex::new(HeadTail::new(STDERR_BYTES)));
    let sink = Arc::clone(&stderr);
    let reader = std::thread::Builder::new().name("worker-stderr".to_owned()).spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = errors.read(&mut buffer) {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..n]);
        }
    })?;
    Ok((stdout, stdin, Worker { child, ended: None, stderr, reader: Some(reader) }))
}

/// `program` with an environment that holds no secrets.
fn command(program: &Path) -> Command {
    let host: Vec<_> = std::env::vars_os().collect();
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
    let mut command = Command::new(program);
    command.env_clear().envs(environment::allowed(&host, None));
    command
}

/// A process that stays when this one ends.
#[derive(Debug)]
pub struct Detached(Option<Child>);

/// Starts this very program again with `args`, to go on without this process: no input, no output,
/// the directory `/`, of the environment only what is no secret. It should call [`detach_self`].
///
/// # Errors
/// When the process cannot be started.
pub fn spawn_detached(args: &[&OsStr]) -> io::Result<Detached> {
    let mut command = command(&this_program()?);
    command.args(args).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(|child| Detached(Some(child)))
}

impl Detached {
    /// True while the process runs.
    pub fn is_alive(&mut self) -> bool {
        self.0.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        // Should it end first, its parent has to take notice.
        if let Some(mut child) = self.0.take() {
            std::thread::spawn(move || child.wait());
        }
    }
}

/// Cuts this process off from whoever started it: a session of its own, so that no key of a terminal
/// reaches it, and none of the descriptors that it was started with but the three standard ones,
/// whose other ends somebody may wait for. To be called before anything is opened.
///
/// # Errors
/// When it leads a process group.
#[cfg(target_os = "linux")]
pub fn detach_self() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    super::linux::close_from(3);
    Ok(())
}

impl Worker {
    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the worker has ended by itself, and says how.
    pub fn wait(&mut self) -> WorkerEnd {
        if self.ended.is_none() {
            // Fails only when it is no longer there to be waited for.
            let _ = self.child.wait();
        }
        self.end()
    }

    /// Ends the worker if it still runs, reaps it, and says how it ended. May be called again.
    pub fn end(&mut self) -> WorkerEnd {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        // Fails only when it has ended by itself, and then waiting tells how.
        let already = self.child.try_wait().ok().flatten();
        if already.is_none() {
            let _ = self.child.kill();
        }
        let status = already.or_else(|| self.child.wait().ok());
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let mut kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = std::mem::replace(&mut *kept, HeadTail::new(2)).finish();
        let ended = WorkerEnd {
            code: status.and_then(|s| s.code()),
            signal: status.and_then(signal),
            stderr: String::from_utf8_lossy(&kept).into_owned(),
        };
        self.ended = Some(ended.clone());
        ended
    }

    /// True while the process runs.
    pub fn is_alive(&mut self) -> bool {
        self.ended.is_none() && matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs the user's own program (an editor) in the foreground with the terminal, unconfined: it is
/// the user who runs it.
///
/// # Errors
/// When it cannot be started.
pub fn spawn_interactive(argv: &[OsString]) -> io::Result<ExitStatus> {
    let Some((program, args)) = argv.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program was given"));
    };
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
    Command::new(program).args(args).status()
}

/// What `git version` prints; empty without a git on the path. Runs in the root directory, where no repository can
/// tell git anything.
pub fn git_version() -> String {
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
    let output = Command::new("git").arg("version").current_dir("/").stdin(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Linux can end a child with its parent, but means the parent's thread: so one thread that lives
/// as long as the process starts them all.
#[cfg(target_os = "linux")]
mod spawner {
    #![allow(unsafe_code, reason = "asks the kernel, between fork and exec, for a signal")]

    use std::io;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};
    use std::sync::OnceLock;
    use std::sync::mpsc::{Receiver, Sender, channel};

    type Request = (Command, Sender<io::Result<Child>>);

    pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
        static THREAD: OnceLock<Option<Sender<Request>>> = OnceLock::new();
        // SAFETY: prctl is a bare system call, safe after fork.
        unsafe {
            command.pre_exec(|| {
                match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) {
                    0 => Ok(()),
                    _ => Err(io::Error::last_os_error()),
                }
            });
        }
        let thread = THREAD.get_or_init(|| {
            let (sender, requests) = channel();
            let thread = std::thread::Builder::new().name("spawner".to_owned());
            thread.spawn(move || serve(&requests)).ok().map(|_| sender)
        });
        let gone = || io::Error::other("the thread that starts workers is gone");
        let (reply, answer) = channel();
        thread.as_ref().ok_or_else(gone)?.send((command, reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    fn serve(requests: &Receiver<Request>) {
        for (mut command, reply) in requests {
            // Nobody waits for the answer any more: the child is dropped, its pipes closed.
            let _ = reply.send(command.spawn());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod spawner {
    pub(super) fn spawn(
        mut command: std::process::Command,
    ) -> std::io::Result<std::process::Child> {
        command.spawn()
    }
}

/// Confines this process for good, before it starts threads or opens anything: files can only be
/// read, and only those in `readable`, but for those right in the directory `writable`; no sockets, no
/// other program; of the descriptors that it was started with only the three standard ones stay. Gives
/// the layers that hold.
///
/// # Errors
/// A message, when nothing of that can be enforced here.
pub fn confine_self(
    readable: &[&Path],
    writable: Option<&Path>,
) -> Result<Vec<&'static str>, String> {
    #[cfg(target_os = "linux")]
    return super::linux::confine_self(readable, writable);
    #[cfg(not(target_os = "linux"))]
    Err(format!("no way to confine a worker that reads {} paths", readable.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_worker_talks_and_its_last_words_are_kept() {
        let script = "read x; echo got $x; echo oops >&2; exit 3";
        let (mut out, mut input, mut worker) =
            spawn_worker(Path::new("/bin/sh"), &["-c", script], &[]).unwrap();
        input.write_all(b"hello\n").unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        assert_eq!(text, "got hello\n");
        let end = worker.wait();
        assert!(!worker.is_alive());
        assert_eq!(end, WorkerEnd { code: Some(3), signal: None, stderr: "oops\n".into() });
        assert_eq!(worker.end(), end);
    }

    #[test]
    fn a_hanging_worker_is_killed() {
        let (_out, _in, mut worker) =
            spawn_worker(Path::new("/bin/sh"), &["-c", "exec sleep 1000"], &[]).unwrap();
        assert!(worker.is_alive());
        assert_eq!(worker.end().signal, Some(9));
    }

    #[test]
    fn the_environment_holds_no_secrets() {
        let (mut out, _in, _worker) =
            spawn_worker(Path::new("/usr/bin/env"), &[], &[("OWN".into(), "1".into())]).unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        assert!(text.contains("OWN=1") && text.contains("PATH="), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("HOME=")), "{text}");
    }
    /// Not a test of its own: what the next one runs in a process that can be confined.
    #[test]
    fn confined_process() {
        let Some(dir) = std::env::var_os("SLM_TEST_CONFINED") else { return };
        let dir = Path::new(&dir);
        let inherited =
            std::os::fd::IntoRawFd::into_raw_fd(std::fs::File::open(dir.join("model")).unwrap());
        let works = |what: &str| {
            let result = match what {
                "read" => std::fs::File::open(dir.join("model")).map(|_| ()),
                "read other" => std::fs::File::open(dir.join("other")).map(|_| ()),
                "write" => std::fs::File::create(dir.join("new")).map(|_| ()),
                "keep" => std::fs::File::create(dir.join("kept/new"))
                    .and_then(|_| std::fs::rename(dir.join("kept/new"), dir.join("kept/named"))),
                "keep a directory" => std::fs::create_dir(dir.join("kept/dir")),
                "descriptor" => std::fs::metadata(format!("/proc/self/fd/{inherited}")).map(|_| ()),
                "socket" => std::net::UdpSocket::bind("127.0.0.1:0").map(|_| ()),
                #[expect(clippy::disallowed_methods, reason = "must be refused")]
                _ => Command::new("/bin/true").status().map(|_| ()),
            };
            result.is_ok()
        };
        let all = [
            "read",
            "keep",
            "read other",
            "write",
            "keep a directory",
            "descriptor",
            "socket",
            "exec",
        ];
        let before = all.map(works);
        std::fs::remove_dir(dir.join("kept/dir")).unwrap();
        let layers = confine_self(&[&dir.join("model")], Some(&dir.join("kept")));
        let after = all.map(works);
        println!("REPORT {before:?} {layers:?} {after:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_confined_process_reads_its_model_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("model"), "m").unwrap();
        std::fs::create_dir(dir.path().join("kept")).unwrap();
        crate::base::fs::write(&dir.path().join("other"), "o").unwrap();
        let env = [("SLM_TEST_CONFINED".into(), dir.path().into())];
        let args = ["--exact", "sandbox::worker::tests::confined_process", "--nocapture"];
        let (mut out, _in, mut worker) = spawn_self(&args, &env).unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        let report = text.lines().find_map(|line| line.split_once("REPORT ")).map(|(_, r)| r);
        let Some(report) = report else { panic!("{text}\n{:?}", worker.end()) };
        let (before, rest) = report.split_once("] ").unwrap();
        assert_eq!(before, "[true, true, true, true, true, true, true, true", "the control");
        let Some((layers, after)) = rest.split_once(") ") else { panic!("skipped: {rest}") };
        if layers.contains("landlock") {
            assert!(after.starts_with("[true, true, false, false, false,"), "{report}");
        }
        if layers.contains("seccomp") {
            assert!(after.ends_with("false, false]"), "{report}");
        }
        assert!(layers.contains("landlock") || layers.contains("seccomp"), "{report}");
        assert_eq!(after.split(", ").nth(5), Some("false"), "a descriptor stayed open: {report}");
    }
}
