//! What commands tell of themselves for `slm stats`: numbers and words, kept on this machine.
//!
//! A process runs one command, so there is one run at a time, and who has something to say of it needs no handle.
//! Outside of [`during`] and [`begin`] nothing is heard. Whatever is wrong with the log, the command goes on.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::bench::memory;
use super::report::{self, ExitStatus};
use super::warm;
use crate::agent::cascade::Decision;
use crate::agent::chat::{Effect, Entry, Perform};
use crate::agent::proposal::{self, Progress, Stage};
use crate::agent::record::{
    Call, Code, Event, Lang, Limits, Log, Measured, ModelName, ModelTag, Peak, Route, Run, Stages,
    Status, Tag, Task, Tier,
};
use crate::agent::tasks::fix::{self, FixReport};
use crate::base::Language;
use crate::config::{self, Config, Environment};
use crate::engine::{Engine, ModelInfo};

/// Days for which entries are kept when nothing else is configured.
const KEEP_DAYS: u64 = 180;
/// Mebibytes that they may take.
const MAX_MB: u64 = 32;
/// Bytes at the beginning of a model's file that tell it from others: its header names the quantisation.
const BEGINNING: u64 = 64 << 10;

/// The command that runs.
static CURRENT: Mutex<Option<Current>> = Mutex::new(None);

struct Current {
    log: Log,
    started: Instant,
    run: Run,
    /// The stage that goes on.
    stage: Option<(Stage, Instant)>,
    /// Time in the model.
    busy: Duration,
    /// The process of the model.
    worker: Option<u32>,
}

/// Where the log of this user is.
pub(super) fn directory(environment: &Environment) -> PathBuf {
    environment.state_dir().join("stats")
}

/// The log, with the limits that are configured.
pub(super) fn log(environment: &Environment, config: &Config) -> Log {
    let limits = Limits {
        days: config.stats.keep_days.unwrap_or(KEEP_DAYS),
        bytes: config.stats.max_mb.unwrap_or(MAX_MB).saturating_mul(1 << 20),
    };
    Log::new(directory(environment), limits)
}

/// Whether anything is kept.
pub(super) fn is_on(config: &Config) -> bool {
    config.stats.record.unwrap_or(true)
}

/// Does `work`, and keeps how it went.
///
/// # Errors
/// Those of `work`.
pub(super) fn during(
    task: Task,
    environment: &Environment,
    work: impl FnOnce() -> anyhow::Result<ExitStatus>,
) -> anyhow::Result<ExitStatus> {
    begin(task, environment);
    let result = work();
    let status = match &result {
        Ok(status) => *status,
        Err(error) => report::status_of(error),
    };
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(current) = current.take() {
        current.end(status);
    }
    result
}

/// From here on requests to models and decisions are kept, under `task`.
pub(super) fn begin(task: Task, environment: &Environment) {
    // A configuration that cannot be read may say that nothing is kept.
    let Ok(config) = config::load(&environment.config_file()) else { return };
    if !is_on(&config) {
        return;
    }
    let current = Current {
        log: log(environment, &config),
        started: Instant::now(),
        run: Run::new(task, Status::Done),
        stage: None,
        busy: Duration::ZERO,
        worker: None,
    };
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
}

/// Tells of the run that goes on, if one does.
fn tell(what: impl FnOnce(&mut Current)) {
    if let Some(current) = &mut *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) {
        what(current);
    }
}

/// The process ends at once, at its time limit. Nothing is waited for.
pub(super) fn out_of_time(status: ExitStatus) {
    let mut current = match CURRENT.try_lock() {
        Ok(current) => current,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    if let Some(mut current) = current.take() {
        current.run.timed_out = true;
        current.end(status);
    }
}

/// How far a search got.
pub(super) fn progress(progress: &Progress) {
    match progress {
        Progress::Stage(stage) => tell(|current| current.enter(Some(*stage))),
        Progress::Routed(decision) => tell(|current| current.routed(decision)),
        _ => {}
    }
}

/// What a search found; `deadline` is that of the run.
pub(super) fn found(found: &FixReport, deadline: Instant) {
    tell(|current| {
        current.enter(None);
        let run = &mut current.run;
        run.status = match found.status {
            fix::Status::Proven => Status::Proven,
            fix::Status::Unverified => Status::Unverified,
            fix::Status::NoFix => Status::NoFix,
            fix::Status::Passes => Status::Passes,
            fix::Status::NotReproduced => Status::NotReproduced,
        };
        run.timed_out = found.status == fix::Status::NoFix && Instant::now() >= deadline;
        run.generated = Some(found.generated as u64);
        run.checked = Some(found.checked as u64);
        if let Some(best) = found.best() {
            run.tier = Some(tier(best.tier));
            let paths = best.patch.files().iter().map(|file| file.path.as_str());
            run.language = paths.filter_map(Language::of_path).next().map(Lang::from);
        }
    });
}

/// What was found was written to the files.
pub(super) fn applied() {
    tell(|current| current.run.status = Status::Fixed);
}

/// The file that the run is about: of its name only the language is kept.
pub(super) fn about(file: &Path) {
    let language = Language::of_path(&file.to_string_lossy());
    tell(|current| current.run.language = language.map(Lang::from));
}

/// A worker process was started for this command.
pub(super) fn worker(process: u32) {
    tell(|current| current.worker = Some(process));
}

/// `engine`, which from here on tells what each request takes; as it is when nothing is kept.
pub(super) fn measured(engine: Box<dyn Engine>, environment: &Environment) -> Box<dyn Engine> {
    let mut task = None;
    tell(|current| task = Some((current.run.task, current.worker)));
    let Some((task, worker)) = task else { return engine };
    let info = engine.info();
    let model = tag(info);
    let lent = || warm::status(environment).ok()?.process_of(info.path.as_deref()?);
    let process = worker.or_else(lent);
    tell(|current| {
        current.worker = process;
        current.run.model = Some(model.clone());
    });
    Box::new(Measured::new(engine, task, model, |call| tell(|current| current.hear(call))))
}

fn tag(info: &ModelInfo) -> ModelTag {
    let beginning = || {
        let file = std::fs::File::open(info.path.as_ref()?).ok()?;
        let size = file.metadata().ok()?.len();
        let mut bytes = Vec::new();
        file.take(BEGINNING).read_to_end(&mut bytes).ok()?;
        Some(Tag::of(size, &bytes))
    };
    ModelTag { name: ModelName::new(&info.name), hash: beginning() }
}

fn tier(tier: proposal::Tier) -> Tier {
    match tier {
        proposal::Tier::Rule => Tier::Rule,
        proposal::Tier::Compiler => Tier::Compiler,
        proposal::Tier::Transform => Tier::Transform,
        proposal::Tier::Model => Tier::Model,
        proposal::Tier::Endpoint => Tier::Endpoint,
        proposal::Tier::Refactoring => Tier::Refactoring,
    }
}

impl Current {
    fn routed(&self, decision: &Decision) {
        let route = Route {
            task: self.run.task,
            stage: Code::new(decision.stage.name()),
            taken: decision.taken,
            reason: Code::new(decision.reason.code),
            confidence: decision.confidence,
        };
        self.keep(Event::Route(route));
    }

    fn enter(&mut self, next: Option<Stage>) {
        let now = Instant::now();
        if let Some((stage, since)) = self.stage.take() {
            let stages = &mut self.run.stages;
            let slot = match stage {
                Stage::Reproducing => Some(&mut stages.reproduce_ms),
                Stage::Localising => Some(&mut stages.localise_ms),
                Stage::Searching | Stage::Simplifying => Some(&mut stages.check_ms),
                Stage::Verifying => Some(&mut stages.prove_ms),
                Stage::Done => None,
            };
            if let Some(slot) = slot {
                *slot = Some(slot.unwrap_or(0) + milliseconds(now - since));
            }
        }
        self.stage = next.map(|stage| (stage, now));
    }

    fn hear(&mut self, call: Call) {
        self.busy += call.took;
        // The worker may be gone when the run ends, and its peak only grows.
        let peak = self.worker.and_then(memory::of).map(|memory| memory.peak);
        self.run.peak.worker = self.run.peak.worker.max(peak);
        if let Some(generation) = call.generation {
            self.keep(Event::Generation(generation));
        }
    }

    fn end(mut self, status: ExitStatus) {
        self.enter(None);
        self.run.exit = status as u8;
        self.run.status = outcome(&self.run, status);
        self.run.ms = milliseconds(self.started.elapsed());
        if self.run.model.is_some() {
            self.run.stages.generate_ms = Some(milliseconds(self.busy));
        }
        self.run.peak.own = own_peak();
        let run = self.run.clone();
        self.keep(Event::Run(run));
    }

    fn keep(&self, event: Event) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if let Err(error) = self.log.append(now, event) {
            tracing::debug!("not recorded: {error}");
        }
    }
}

/// What the run came to, by its exit status where it has not said more.
fn outcome(run: &Run, status: ExitStatus) -> Status {
    match status {
        ExitStatus::Success | ExitStatus::NoFix if run.generated.is_some() => run.status,
        ExitStatus::Success => Status::Done,
        ExitStatus::NoFix => match run.task {
            Task::Fix => Status::NoFix,
            Task::Review | Task::Hook => Status::Blocked,
            Task::Complete | Task::Ask => Status::Nothing,
            Task::Refactor | Task::Run | Task::Chat => Status::NotDone,
        },
        ExitStatus::Usage => Status::Usage,
        ExitStatus::Environment => Status::Error,
        ExitStatus::Locked => Status::Locked,
        ExitStatus::Interrupted => Status::Interrupted,
    }
}

fn own_peak() -> Option<u64> {
    memory::of(std::process::id()).map(|memory| memory.peak)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Performs what a conversation asks for, and keeps how long each message took to be answered.
pub(super) struct Turns<'a> {
    inner: &'a mut dyn Perform,
    /// When the message was said; when it was last answered, and how.
    said: Option<Instant>,
    answered: Option<(Instant, Status)>,
}

impl<'a> Turns<'a> {
    /// Forwards everything to `inner`.
    pub(super) fn of(inner: &'a mut dyn Perform) -> Self {
        Self { inner, said: None, answered: None }
    }

    fn hear(&mut self, entry: &Entry) {
        let status = match entry {
            Entry::User { .. } => {
                self.end();
                self.said = Some(Instant::now());
                return;
            }
            Entry::Assistant { cut: true, .. } => Status::Interrupted,
            Entry::Notice { error: true, .. } | Entry::Declined { .. } => Status::NotDone,
            Entry::Assistant { .. } | Entry::Result { .. } | Entry::Applied { .. } => Status::Done,
            _ => return,
        };
        self.answered = Some((Instant::now(), status));
    }

    /// Keeps the message before, if it was answered.
    fn end(&mut self) {
        let (Some(said), Some((at, status))) = (self.said.take(), self.answered.take()) else {
            return;
        };
        tell(|current| {
            let run = Run {
                status,
                ms: milliseconds(at.saturating_duration_since(said)),
                stages: Stages {
                    generate_ms: current.run.model.as_ref().map(|_| milliseconds(current.busy)),
                    ..Stages::default()
                },
                peak: Peak { own: own_peak(), ..current.run.peak },
                ..current.run.clone()
            };
            current.busy = Duration::ZERO;
            current.keep(Event::Run(run));
        });
    }
}

impl Perform for Turns<'_> {
    fn perform(&mut self, effect: Effect) {
        if let Effect::Log(entry) = &effect {
            self.hear(entry);
        }
        self.inner.perform(effect);
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Cancel;
    use crate::engine::{GenerateRequest, Scripted};

    fn run(task: Task) -> Run {
        Run::new(task, Status::Proven)
    }

    #[test]
    fn an_exit_status_is_an_outcome_where_nothing_more_was_said() {
        let searched = Run { generated: Some(3), ..run(Task::Fix) };
        for (run, exit, status) in [
            (searched.clone(), ExitStatus::NoFix, Status::Proven),
            (searched.clone(), ExitStatus::Success, Status::Proven),
            (searched, ExitStatus::Interrupted, Status::Interrupted),
            (run(Task::Fix), ExitStatus::NoFix, Status::NoFix),
            (run(Task::Review), ExitStatus::NoFix, Status::Blocked),
            (run(Task::Review), ExitStatus::Success, Status::Done),
            (run(Task::Ask), ExitStatus::NoFix, Status::Nothing),
            (run(Task::Run), ExitStatus::Environment, Status::Error),
            (run(Task::Refactor), ExitStatus::Locked, Status::Locked),
        ] {
            assert_eq!(outcome(&run, exit), status, "{run:?} {exit:?}");
        }
    }

    /// Nobody performs anything.
    struct Idle(usize);

    impl Perform for Idle {
        fn perform(&mut self, _: Effect) {
            self.0 += 1;
        }
    }

    fn user() -> Effect {
        Effect::Log(Entry::User { text: "secret".to_owned(), attached: Vec::new() })
    }

    fn answer(cut: bool) -> Effect {
        Effect::Log(Entry::Assistant { text: "secret".to_owned(), thought: String::new(), cut })
    }

    fn statuses(environment: &Environment) -> Vec<(Task, Status)> {
        let read = log(environment, &Config::default()).read(0).unwrap();
        let runs = read.entries.into_iter().filter_map(|entry| match entry.event {
            Event::Run(run) => Some((run.task, run.status)),
            _ => None,
        });
        runs.collect()
    }

    /// One test, since a process has one run at a time.
    #[test]
    fn what_is_told_during_a_run_is_kept_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let home = Some(top.path().to_owned());
        let environment = Environment { home, ..Environment::default() };
        let scripted = || -> Box<dyn Engine> { Box::new(Scripted::new().then(&["secret"])) };
        let ask = |mut engine: Box<dyn Engine>| {
            let request = GenerateRequest { prompt: "secret".to_owned(), ..Default::default() };
            engine.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap()
        };

        tell(|_| panic!("no run was begun"));
        ask(measured(scripted(), &environment));
        out_of_time(ExitStatus::NoFix);
        assert!(!directory(&environment).exists(), "nothing is heard outside of a run");

        let outcome = during(Task::Ask, &environment, || {
            ask(measured(scripted(), &environment));
            Err(report::Failure::usage("secret"))
        });
        assert!(outcome.is_err());
        let read = log(&environment, &Config::default()).read(0).unwrap();
        let [Event::Generation(made), Event::Run(run)] =
            &read.entries.iter().map(|entry| &entry.event).cloned().collect::<Vec<_>>()[..]
        else {
            panic!("{read:?}")
        };
        assert_eq!((made.task, made.model.name.as_str()), (Task::Ask, "scripted"));
        assert_eq!(
            (run.status, run.exit, run.model.as_ref()),
            (Status::Usage, 2, Some(&made.model))
        );
        assert!(run.stages.generate_ms.is_some() && run.peak.own.is_some());

        begin(Task::Chat, &environment);
        let mut idle = Idle(0);
        let mut turns = Turns::of(&mut idle);
        let notice = Effect::Log(Entry::Notice { text: "secret".to_owned(), error: true });
        // Answered; an error; cut off; never answered.
        let effects = [user(), answer(false), user(), notice, user(), answer(true), user()];
        let count = effects.len();
        effects.into_iter().for_each(|effect| turns.perform(effect));
        drop(turns);
        assert_eq!(idle.0, count, "everything is forwarded");
        let seen = statuses(&environment);
        let turn = |status| (Task::Chat, status);
        assert_eq!(
            seen[1..],
            [turn(Status::Done), turn(Status::NotDone), turn(Status::Interrupted)]
        );

        begin(Task::Fix, &environment);
        progress(&Progress::Stage(Stage::Reproducing));
        out_of_time(ExitStatus::NoFix);
        assert_eq!(statuses(&environment)[4], (Task::Fix, Status::NoFix));
        tell(|_| panic!("the run is over"));
        let mut text = String::new();
        for entry in std::fs::read_dir(directory(&environment)).unwrap() {
            text.push_str(&crate::base::fs::read_text(&entry.unwrap().path()).unwrap());
        }
        assert!(text.contains("\"reproduce_ms\"") && text.contains("\"timed_out\":true"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
