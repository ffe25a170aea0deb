//! Running: the model's commands and the project's tests in the sandbox, and the search of `slm fix`.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::{Done, Run, Toolbox, outcome};
use crate::agent::chat::window::head_and_tail;
use crate::agent::checks::probe::shown;
use crate::agent::proposal::{Caution, Progress, Proposal, Verdict};
use crate::agent::tasks::fix::{self, FixReport, FixRequest, Status};
use crate::base::Cancel;
use crate::repo::walk;
use crate::sandbox::{Ended, Job, Limits};
use crate::trace;

/// What a command may take.
const WALL: Duration = Duration::from_secs(120);

impl Toolbox {
    /// Runs a line of shell on a scratch view of the tree.
    pub(super) fn command(&mut self, command: &str, run: &Run<'_>) -> Result<Done, String> {
        let argv = ["sh", "-c", command].map(OsString::from);
        self.job(&argv, run)
    }

    pub(super) fn test(&mut self, run: &Run<'_>) -> Result<Done, String> {
        let argv = self.place.test.clone().ok_or_else(unknown)?;
        (run.progress)(shown(&argv));
        self.job(&argv, run)
    }

    fn job(&mut self, argv: &[OsString], run: &Run<'_>) -> Result<Done, String> {
        let mut job = Job::new(argv.iter().cloned());
        job.limits = Limits {
            wall: WALL,
            memory_bytes: self.place.memory_bytes,
            output_bytes: 256 << 10,
            ..Limits::default()
        };
        let room = self.room;
        let workspace = self.workspace().map_err(|error| error.to_string())?;
        let ran = workspace.run(&job, run.cancel).map_err(|error| error.to_string())?;
        let how = ended(ran.ended);
        let output = ran.text();
        let output = output.trim_end();
        let text = match output {
            "" => format!("{how}, no output"),
            _ => format!("{how}\n{}", head_and_tail(output, room)),
        };
        let line = format!("{how} in {:.1} s", ran.elapsed.as_secs_f64());
        Ok(outcome(ran.success(), text, line))
    }

    /// Looks for a proven repair; without a command of the project's tests.
    pub(super) fn fix(&mut self, command: &str, run: Run<'_>) -> Result<Done, String> {
        let Run { cancel, engine, progress } = run;
        let trace = is_trace(command).then(|| command.to_owned());
        let argv = if trace.is_some() {
            Vec::new()
        } else if command.trim().is_empty() {
            self.place.test.clone().ok_or_else(unknown)?
        } else {
            words(command)
        };
        let place = self.place.clone();
        let deadline = Instant::now() + place.fix_limit;
        let request = FixRequest {
            root: place.root.clone(),
            cwd: std::path::PathBuf::new(),
            command: trace.is_none().then(|| argv.clone()),
            trace,
            hints: Vec::new(),
            wider: place.test,
            variables: place.variables,
            jobs: place.jobs,
            without: Vec::new(),
            index: Some(place.index),
            show_context: false,
            proposals: 1,
            deadline,
            memory_bytes: place.memory_bytes,
        };
        let files = walk::files(&place.root, &Cancel::new());
        let cancel = cancel.child(Some(deadline));
        let on = |step: Progress| match step {
            Progress::Stage(stage) => progress(stage.label().to_owned()),
            Progress::Candidates { checked, .. } => {
                progress(format!("{checked} candidates checked"))
            }
            Progress::Trying(what) => progress(format!("trying {what}")),
            _ => {}
        };
        let workspace = self.workspace().map_err(|error| error.to_string())?;
        let report = fix::run(&request, workspace, files, engine, &cancel, &on)
            .map_err(|error| error.to_string())?;
        Ok(match report.best() {
            Some(best) => proposal(best),
            None => nothing(&report, &shown(&argv)),
        })
    }
}

/// True for what a failing program printed, in place of a command.
fn is_trace(text: &str) -> bool {
    text.trim().contains('\n') && !trace::parse(text).is_empty()
}

fn proposal(best: &Proposal) -> Done {
    use Caution::{ChangesAssertion, Regresses, SwallowsError};

    let evidence = &best.evidence;
    let mut checks = vec![format!(
        "{}: {}, with the edit {}",
        evidence.command, evidence.before, evidence.after
    )];
    checks.extend(evidence.wider.iter().map(|wider| format!("all tests: {wider}")));
    checks.extend(best.cautions.iter().map(|caution| match caution {
        Caution::SwallowsError => "it swallows the error instead of repairing it".to_owned(),
        Caution::ChangesAssertion => "it changes an assertion, not what is asserted".to_owned(),
        Caution::Regresses(tests) => format!("it breaks {}", tests.join(", ")),
        Caution::LeavesFailing(tests) => format!("{} more tests still fail", tests.len()),
        Caution::ProtectedFile(path) => format!("it changes {path}, which is protected"),
        Caution::TakesBack => {
            "it takes back a part of what was changed since the last commit".to_owned()
        }
        Caution::DeletesCode => "it removes code and puts nothing in its place".to_owned(),
    }));
    let weak = |c: &Caution| matches!(c, Regresses(_) | SwallowsError | ChangesAssertion);
    let sound = best.verdict == Verdict::Proven && !best.cautions.iter().any(weak);
    Done::Proposal { patch: best.patch.clone(), diff: best.diff.clone(), checks, sound }
}

fn nothing(report: &FixReport, command: &str) -> Done {
    let failure = report.failure.clone().unwrap_or_default();
    match report.status {
        Status::Passes => {
            outcome(true, format!("{command} passes: there is nothing to repair"), "it passes")
        }
        _ => outcome(
            false,
            format!(
                "no repair found for {failure} ({} candidates checked). The end of its output:\n{}",
                report.checked,
                head_and_tail(&report.output, 2_000)
            ),
            format!("no repair found; {} candidates checked", report.checked),
        ),
    }
}

fn unknown() -> String {
    "no test command is known here; it can be set under [[repository]] in slm's configuration"
        .to_owned()
}

fn ended(how: Ended) -> String {
    match how {
        Ended::Exited(code) => format!("exit {code}"),
        Ended::Signalled(signal) => format!("killed by signal {signal}"),
        Ended::TimedOut => format!("stopped after {} s", WALL.as_secs()),
        Ended::OutOfMemory => "stopped: it used too much memory".to_owned(),
        Ended::TooManyProcesses => "stopped: it started too many processes".to_owned(),
        Ended::Cancelled => "interrupted".to_owned(),
    }
}

/// The words of a plain command; what only a shell understands is given to one.
fn words(command: &str) -> Vec<OsString> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut open = false;
    for c in command.trim().chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                open = true;
            }
            (Some('\''), c) => words.iter_mut().next_back().into_iter().for_each(|w| w.push(c)),
            (_, '$' | '`' | '\\') => return shell(command),
            (None, c) if "|&;<>(){}*?~#\n".contains(c) => return shell(command),
            (None, c) if c.is_whitespace() => {
                if open || words.last().is_some_and(|word| !word.is_empty()) {
                    words.push(String::new());
                }
                open = false;
            }
            (_, c) => words.iter_mut().next_back().into_iter().for_each(|w| w.push(c)),
        }
    }
    if !open && words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    let assigns = words.first().is_some_and(|word| word.contains('='));
    if quote.is_some() || words.is_empty() || assigns {
        return shell(command);
    }
    words.into_iter().map(OsString::from).collect()
}

fn shell(command: &str) -> Vec<OsString> {
    ["sh", "-c", command].map(OsString::from).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_commands_are_split_and_others_left_to_the_shell() {
        assert_eq!(words("cargo  test -q"), ["cargo", "test", "-q"]);
        assert_eq!(words("pytest -k 'a b' \"\""), ["pytest", "-k", "a b", ""]);
        for line in ["a | b", "a; b", "X=1 a", "a $X", "a 'b", "a *.py", ""] {
            assert_eq!(words(line), ["sh", "-c", line], "{line}");
        }
    }
}
