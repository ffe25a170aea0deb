//! The client of the check servers: many candidates from one start of a Python or Node command.
//!
//! The other side is `agent/inject/slm_server.py` or `slm_node_server.js`, which say how they work.
//! What they answer is a first look and never a proof: a candidate that passes here is run again
//! from the start.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::probe::{Mode, Probe};
use super::verdict::Observation;
use crate::base::{Cancel, RepoPath};
use crate::edit::Patch;
use crate::sandbox::{SIDE_PLACEHOLDER, SandboxError, Session, Workspace};
use crate::trace::{self, Outcome, TestReport};

const PYTHON: &str = include_str!("../inject/slm_server.py");
const NODE: &str = include_str!("../inject/slm_node.js");
const NODE_SERVER: &str = include_str!("../inject/slm_node_server.js");
/// An answer larger than this is none.
const MAX_ANSWER: u32 = 16 << 20;
/// Memory a candidate may take beyond what the server itself has: at least this, in bytes.
const MIN_MEMORY: u64 = 512 << 20;
/// The server's processes share most pages, but are counted as if each had its own.
const MEMORY_FACTOR: u64 = 4;
/// Time a candidate gets at first, in multiples of the failing run and at least in seconds. One
/// that needs longer is asked again with the full limit when the others have had their turn.
const FIRST_LIMIT: (f64, f64) = (4.0, 0.35);
/// Added to the limit of a candidate while waiting for the server's answer: its own work.
const SLACK: Duration = Duration::from_secs(2);

/// What the servers of one search have in common.
#[derive(Debug)]
pub struct Plan<'a> {
    pub runtime: Runtime,
    pub probe: &'a Probe,
    /// What the command does on the unpatched tree.
    pub before: &'a Observation,
    pub workspace: &'a Workspace,
    pub root: &'a Path,
    /// What every candidate of the search includes.
    pub base: &'a Patch,
    /// The tests that must pass; all tests of the command when empty.
    pub only: BTreeSet<String>,
    /// Files that candidates may change, most suspected first.
    pub watch: Vec<RepoPath>,
    /// What the tests may do on the unpatched tree.
    pub expected: &'a [Look],
    /// True when the command runs tests, so that there is a point before the first of them.
    pub has_tests: bool,
    /// True when the command does not end by itself.
    pub hangs: bool,
    /// Time the command took as a whole.
    pub seconds: f64,
    /// Limit of one candidate.
    pub wall: Duration,
}

/// What runs the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    Python,
    Node,
}

/// A running server, warmed up: the failure has been seen in it.
#[derive(Debug)]
pub struct Server {
    session: Session,
    limit: Duration,
    memory: u64,
}

/// What became of one candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// It fails, and no wanted test passed.
    Fails,
    /// It passes: worth a real run.
    Promising,
    /// Some wanted test passes, and another fails: worth a real run when nothing better is left.
    Partly,
    /// It did not end in the short time it was given.
    Slow,
    /// The server does not reach its file: it must be run another way.
    #[default]
    Unreached,
}

/// A look and what it took.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub look: Look,
    /// What the candidate left behind, if anything: the server should then not be used again.
    pub disorder: Option<String>,
    /// New code was put in place of the old; nothing was imported again.
    pub swapped: bool,
    /// It does what the original or an earlier candidate does, and was not run.
    pub repeated: bool,
    /// Time in the forked process.
    pub seconds: f64,
}

/// Why a server is of no use, for `--explain`.
pub type Reason = String;

#[derive(Serialize, Default)]
struct Request<'a> {
    /// Names and sizes; their contents follow one another behind the request.
    files: Vec<(&'a str, usize)>,
    #[serde(skip)]
    contents: Vec<u8>,
    /// Seconds for each test that runs.
    wall: f64,
    /// Seconds for all of them.
    most: f64,
    memory: u64,
    /// Code may be put in place where that is enough.
    quick: bool,
    /// Run it even when it is the original.
    force: bool,
    /// Write byte code: later runs are faster for it.
    keep: bool,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
struct Answer {
    status: String,
    why: String,
    code: Option<i32>,
    timeout: bool,
    seconds: f64,
    memory: u64,
    outcomes: String,
    /// What the command printed, where there are no outcomes.
    output: String,
    /// What the candidate left behind, if anything.
    disorder: String,
    /// New code was put in place; nothing was imported again.
    swapped: bool,
    /// The same code was looked at before.
    repeated: bool,
}

impl Server {
    /// Starts a server and lets the failure happen in it once.
    ///
    /// # Errors
    /// Outside, when the sandbox failed; inside, the reason why there can be no server here.
    pub fn start(plan: &Plan<'_>, cancel: &Cancel) -> Result<Result<Self, Reason>, SandboxError> {
        let mut job = plan.probe.job(plan.root, &Mode::Narrow(plan.only.clone()), plan.wall);
        let watch: Vec<&str> = plan.watch.iter().map(RepoPath::as_str).collect();
        job.files = plan.base.files().iter().map(|f| (f.path.clone(), f.after.clone())).collect();
        let mut side = |name: &str, text: &str| {
            job.side.push((name.to_owned(), Arc::from(text.as_bytes())));
        };
        match plan.runtime {
            Runtime::Python => {
                side("slm_server.py", PYTHON);
                side("watch.txt", &watch.join("\n"));
            }
            Runtime::Node => {
                side("slm_node.js", NODE);
                side("slm_node_server.js", NODE_SERVER);
                let own = plan.probe.variables.node_options.as_deref().unwrap_or_default();
                let options = format!("--require {SIDE_PLACEHOLDER}/slm_node.js {own}");
                job.env.push(("NODE_OPTIONS".into(), options.trim_end().into()));
            }
        }
        job.env.push(("SLM_SERVE".into(), "1".into()));
        job.collect.clear();
        // It lives as long as the search; the search's own token ends it.
        job.limits.wall = Duration::from_secs(24 * 3600);
        job.limits.memory_bytes = job.limits.memory_bytes.saturating_mul(MEMORY_FACTOR);
        let Some(session) = plan.workspace.converse(&job, cancel)? else {
            return Ok(Err("the sandbox has no namespaces here".to_owned()));
        };
        let mut server = Self { session, limit: plan.wall, memory: 0 };
        Ok(server.warm_up(plan).map(|()| server))
    }

    /// Runs the unpatched tests: they must fail here as well, and how long they take is the measure
    /// for the candidates.
    fn warm_up(&mut self, plan: &Plan<'_>) -> Result<(), Reason> {
        let start = Duration::from_secs_f64(plan.seconds * 3.0) + Duration::from_secs(5);
        let mut request = Request {
            wall: plan.wall.as_secs_f64(),
            memory: plan.probe.memory_bytes,
            keep: true,
            force: true,
            ..Request::default()
        };
        let text = self.first_file(plan);
        let mut answer = None;
        if plan.has_tests || plan.runtime == Runtime::Node {
            answer = Some(self.ask(&request, start + plan.wall)?).filter(|a| a.status != "absent");
        }
        if answer.is_none()
            && let Some((path, text)) = &text
        {
            request.add(path, text);
            answer = Some(self.ask(&request, start + plan.wall)?);
        }
        let answer = answer.ok_or("no suspected file can be read")?;
        match answer.status.as_str() {
            "ran" => {}
            "threads" => return Err("the command has threads before its tests start".to_owned()),
            "absent" => return Err("the command does not import the suspected file".to_owned()),
            _ => return Err(format!("{} {}", answer.status, answer.why).trim().to_owned()),
        }
        if answer.timeout != plan.hangs {
            return Err("the failing run takes another time in a forked process".to_owned());
        }
        if !plan.expected.contains(&answer.look(plan)) {
            return Err("a test does not end in a forked process as it does alone".to_owned());
        }
        if plan.runtime == Runtime::Node && !answer.timeout && !answer.fails_as(plan.before) {
            return Err("the command fails in another way in a thread".to_owned());
        }
        let seconds = if plan.hangs { 0.0 } else { answer.seconds };
        let limit = (seconds * FIRST_LIMIT.0).max(FIRST_LIMIT.1);
        self.limit = Duration::from_secs_f64(limit).min(plan.wall);
        self.memory = (answer.memory * 2).max(MIN_MEMORY).min(plan.probe.memory_bytes);
        Ok(())
    }

    fn first_file(&self, plan: &Plan<'_>) -> Option<(RepoPath, Vec<u8>)> {
        plan.watch.iter().find_map(|path| {
            let patched = plan.base.files().iter().find(|f| f.path == *path);
            let bytes = match patched.and_then(|f| f.after.clone()) {
                Some(bytes) => bytes.to_vec(),
                None => crate::base::fs::read(&path.to_path(plan.root)).ok()?,
            };
            Some((path.clone(), bytes))
        })
    }

    /// Looks at `patch`, with the full time limit if `patient`.
    ///
    /// # Errors
    /// The server is gone; why, as far as that is known.
    pub fn look(&mut self, plan: &Plan<'_>, patch: &Patch, patient: bool) -> Result<Seen, Reason> {
        let limit = if patient { plan.wall } else { self.limit };
        let mut request = Request {
            wall: limit.as_secs_f64(),
            most: plan.wall.as_secs_f64(),
            memory: self.memory,
            quick: plan.has_tests,
            force: patient,
            ..Request::default()
        };
        for file in patch.files() {
            let known = plan.base.files().iter().find(|f| f.path == file.path);
            if known.is_some_and(|k| k.after == file.after) {
                continue;
            }
            let after = file.after.as_deref().filter(|_| plan.watch.contains(&file.path));
            let Some(after) = after else { return Ok(Seen::default()) };
            request.add(&file.path, after);
        }
        let start = Duration::from_secs_f64(plan.seconds * 3.0);
        let answer = self.ask(&request, plan.wall + start + SLACK)?;
        let look = match answer.status.as_str() {
            // The same byte code as the original, or none at all.
            "same" | "syntax" => Look::Fails,
            "ran" if answer.timeout && !patient => Look::Slow,
            "ran" => answer.look(plan),
            _ => Look::Unreached,
        };
        Ok(Seen {
            look,
            disorder: Some(answer.disorder).filter(|text| !text.is_empty()),
            swapped: answer.swapped,
            repeated: answer.repeated || answer.status == "same",
            seconds: answer.seconds,
        })
    }

    fn ask(&mut self, request: &Request<'_>, patience: Duration) -> Result<Answer, Reason> {
        let gone = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                "the check server did not answer in time".to_owned()
            }
            _ => format!("the check server is gone: {error}"),
        };
        let text = serde_json::to_vec(request).map_err(|e| e.to_string())?;
        let size = |bytes: &[u8]| {
            u32::try_from(bytes.len()).map_err(|_| "a candidate is too large".to_owned())
        };
        let mut message = size(&text)?.to_be_bytes().to_vec();
        message.extend(size(&request.contents)?.to_be_bytes());
        message.extend(text);
        message.extend(&request.contents);
        let mut stream = self.session.stream();
        let until = Instant::now() + patience;
        stream.set_write_timeout(Some(patience)).map_err(gone)?;
        stream.write_all(&message).map_err(gone)?;
        let mut head = [0; 8];
        read_until(stream, &mut head, until).map_err(gone)?;
        let size =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if size(0) > MAX_ANSWER || size(4) != 0 {
            return Err("the check server's answer makes no sense".to_owned());
        }
        let mut text = vec![0; size(0) as usize];
        read_until(stream, &mut text, until).map_err(gone)?;
        serde_json::from_slice(&text).map_err(|e| e.to_string())
    }
}

impl<'a> Request<'a> {
    fn add(&mut self, path: &'a RepoPath, text: &[u8]) {
        self.files.push((path.as_str(), text.len()));
        self.contents.extend(text);
    }
}

fn graded<'o>(all: bool, outcomes: impl IntoIterator<Item = Option<&'o Outcome>>) -> Look {
    let some = outcomes.into_iter().any(|outcome| outcome == Some(&Outcome::Passed));
    match (all, some) {
        (true, _) => Look::Promising,
        (false, true) => Look::Partly,
        (false, false) => Look::Fails,
    }
}

/// Fills `buffer`, or gives up at `until`.
fn read_until(
    mut stream: &std::os::unix::net::UnixStream,
    buffer: &mut [u8],
    until: Instant,
) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Answer {
    fn look(&self, plan: &Plan<'_>) -> Look {
        match plan.runtime {
            Runtime::Python => self.look_at_tests(&plan.only),
            Runtime::Node => {
                let report = trace::report(&self.output);
                let failed = plan.before.failing();
                graded(self.ended_well(), failed.iter().map(|test| report.tests.get(*test)))
            }
        }
    }

    fn ended_well(&self) -> bool {
        self.code == Some(0) && !self.timeout
    }

    /// What the recorded outcomes say of the tests `only`; of all tests, or the command, when empty.
    fn look_at_tests(&self, only: &BTreeSet<String>) -> Look {
        let report = TestReport::from_json_lines(&self.outcomes);
        if only.is_empty() {
            return graded(self.ended_well(), report.tests.values().map(Some));
        }
        // Status 0 without them is an early exit.
        let all = only.iter().all(|test| report.tests.get(test) == Some(&Outcome::Passed));
        graded(all, only.iter().map(|test| report.tests.get(test)))
    }

    /// True when the output tells of a failure that `before` has as well.
    fn fails_as(&self, before: &Observation) -> bool {
        let signatures = |failures: &[trace::Failure]| -> BTreeSet<String> {
            failures.iter().map(trace::signature).collect()
        };
        let known = signatures(&before.failures);
        let now = signatures(&trace::parse(&self.output));
        if known.is_empty() { now.is_empty() } else { !known.is_disjoint(&now) }
    }
}

#[cfg(test)]
mod tests;
