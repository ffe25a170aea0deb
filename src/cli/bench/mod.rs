//! `slm bench`: how fast a model is on this machine, and how fast beside llama-bench.
//!
//! Everything goes through the engine as repairs use it, in a worker of its own. What is compared is
//! measured in turns within one run, since the speed of a machine comes and goes.

mod edits;
mod first;
mod grammars;
mod lanes;
pub(in crate::cli) mod memory;
mod peer;
mod show;
mod sizes;
mod speed;
mod statistics;
mod subject;
mod workload;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use self::edits::{Edits, Gain};
use self::first::{First, Ttft};
use self::grammars::{Cost, Grammars};
use self::lanes::{Lanes, Width};
use self::memory::Memory;
use self::peer::Peer;
use self::sizes::Sizes;
use self::speed::{Beside, Decode, Prefill, Speed};
use self::statistics::Times;
use self::subject::{Setup, Subject, Timed};
use super::report::{self, ExitStatus, Failure};
use super::{chosen, model, selftest, watch};
use crate::base::Cancel;
use crate::config::{self, Environment};
use crate::engine::{GenerateRequest, LoadOptions};
use crate::models::registry::Role;
use crate::tui::StepLine;

/// Edits take longer than everything else together: they are measured once in so many rounds.
const EDIT_ROUNDS: usize = 5;

/// Prompts tried until the model goes on for long enough after one.
const TRIES: usize = 16;

/// Measure how fast a model is on this machine
///
/// Reads and writes fixed texts with the model, in a worker of its own: loading, reading a prompt,
/// writing, the first token with and without a known prefix, edits with and without proposals,
/// several completions at once, grammars, memory. The machine should be doing nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm bench --model code.gguf
  slm bench --model code.gguf --against path/to/llama-bench --json > bench.json

Percentiles are of times: the 95th is a slow one.

Exit status: 0 measured, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    /// A GGUF model that writes text
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// A llama-bench to compare with, run in turns with slm
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// How often everything is measured; edits in every fifth round [default: 5, with --quick 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: Option<u16>,
    /// Threads to compute with [default: the cores of this machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
    /// Short texts: to see that it works, not how fast
    #[arg(long)]
    quick: bool,
    /// Measure these parts alone
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    only: Vec<What>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// The parts of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Reading a prompt and writing, beside llama-bench if there is one
    Speed,
    /// The first token, cold and with a known prefix
    First,
    /// Several completions at once
    Several,
    /// What a grammar costs
    Grammar,
    /// Edits with and without proposals
    Edit,
    /// Prose with and without proposals
    Prose,
}

/// The JSON contract of `slm bench --json`. Times are in milliseconds, memory in bytes; parts that `--only`
/// leaves out are `null` or empty.
#[derive(Debug, Serialize)]
struct Report {
    /// "ok"; "error" comes with a message and nothing else.
    status: &'static str,
    version: &'static str,
    model: Model,
    threads: usize,
    context: usize,
    rounds: usize,
    quick: bool,
    load_ms: Times,
    prefill: Option<Prefill>,
    decode: Option<Decode>,
    ttft: Option<Ttft>,
    edit: Option<Gain>,
    prose: Option<Gain>,
    n_best: Vec<Width>,
    grammar: Vec<Cost>,
    /// Of the worker that answered all but the first tokens; `null` where the system does not tell.
    memory: Option<Memory>,
    against: Option<Beside>,
}

#[derive(Debug, Serialize)]
struct Model {
    name: String,
    architecture: String,
    parameters: u64,
    bytes: u64,
}

/// What a failed run prints as JSON.
#[derive(Debug, Serialize)]
struct Failed {
    status: &'static str,
    message: String,
}

/// One round of measurements, as each part of it sees it.
struct Round<'r> {
    number: usize,
    rounds: usize,
    /// Tells this run from others, in the first line of prompts that must be new.
    run: &'r str,
    subject: &'r mut Subject,
    setup: &'r Setup,
    cancel: &'r Cancel,
    line: &'r StepLine,
}

impl Round<'_> {
    /// A text that no prompt has begun with yet.
    fn mark(&self, part: &str) -> String {
        format!("{} {} {part}", self.run, self.number)
    }

    fn step(&self, what: &str) {
        self.line.show(&format!("round {} of {}: {what}", self.number + 1, self.rounds));
    }

    fn generate(&mut self, request: &GenerateRequest) -> anyhow::Result<Timed> {
        self.subject.generate(request, self.cancel)
    }

    /// The request with a prompt of so many tokens after which the model writes all that it may, and
    /// what that took: a small model may end at once.
    fn begin(
        &mut self,
        part: &str,
        tokens: usize,
        request: &GenerateRequest,
    ) -> anyhow::Result<(GenerateRequest, Timed)> {
        let mut longest: Option<(GenerateRequest, Timed)> = None;
        for attempt in 0..TRIES {
            // What a small model does next hangs on the last tokens: another mark is not enough.
            let tokens = tokens.saturating_sub(attempt).max(1);
            let prompt = self.subject.code(&self.mark(&format!("{part} {attempt}")), tokens)?;
            let request = GenerateRequest { prompt, ..request.clone() };
            let timed = self.generate(&request)?;
            let written = timed.usage.generated;
            if longest.as_ref().is_none_or(|(_, other)| other.usage.generated < written) {
                longest = Some((request, timed));
            }
            if written >= longest.as_ref().map_or(1, |(request, _)| request.max_tokens) {
                break;
            }
        }
        longest.filter(|(_, timed)| timed.usage.calls > 0).ok_or_else(|| {
            Failure::environment("the model ends after one token: there is no speed to tell")
        })
    }
}

/// Runs `slm bench`.
///
/// # Errors
/// No model, one that does not load or writes no text; a llama-bench that fails.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let result = measure(args, environment, &cancel);
    if watch::is_interrupted() {
        return Ok(ExitStatus::Interrupted);
    }
    match result {
        Ok(found) if args.json => report::json(&found),
        Ok(found) => show::show(&found),
        Err(error) if args.json => {
            report::json(&Failed { status: "error", message: format!("{error:#}") });
            return Ok(report::status_of(&error));
        }
        Err(error) => return Err(error),
    }
    Ok(ExitStatus::Success)
}

fn measure(args: &Args, environment: &Environment, cancel: &Cancel) -> anyhow::Result<Report> {
    let config = config::load(&environment.config_file())?;
    let chosen = chosen::choose(Role::Repair, args.model.as_deref(), environment, &config)?;
    let Some(chosen) = chosen else {
        return Err(Failure::environment(
            "there is no model to measure: give --model FILE, or set model.path in the \
             configuration",
        ));
    };
    let model = model::existing(&chosen.path)?;
    let context = config.model.context.map_or(LoadOptions::new("").context, |n| n as usize);
    let setup = Setup { threads: threads(args), context, model };
    let line = StepLine::new(environment.term.as_deref());
    line.show("loading");
    if cfg!(feature = "llama") {
        selftest::ensure(environment, cancel)?;
    }
    let mut subject = Subject::open(&setup, None, cancel)?;
    let sizes = Sizes::new(args.quick, subject.info().context);
    let peer = args.against.as_ref().map(|program| Peer {
        program: program.clone(),
        model: setup.model.clone(),
        threads: setup.threads,
        prompt: sizes.prompt,
        generate: sizes.output,
    });
    let rounds = args.rounds.map_or(if args.quick { 2 } else { 5 }, usize::from);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = format!("{:x}", since.as_nanos());
    let mut parts = Parts::default();
    for number in 0..rounds {
        let mut round = Round {
            number,
            rounds,
            run: &run,
            subject: &mut subject,
            setup: &setup,
            cancel,
            line: &line,
        };
        parts.round(&mut round, args, &sizes, peer.as_ref())?;
    }
    drop(line);
    let run = Finished { args, setup: &setup, sizes: &sizes, rounds, subject: &subject };
    parts.report(&run, peer.as_ref()).ok_or_else(|| {
        Failure::environment("too little was written to tell a speed: the context is too small")
    })
}

/// Threads that both sides compute with: a fair comparison leaves nothing to choose.
fn threads(args: &Args) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    args.threads.map_or_else(all, usize::from)
}

/// Everything that is measured.
#[derive(Debug, Default)]
struct Parts {
    speed: Speed,
    first: First,
    lanes: Lanes,
    grammars: Grammars,
    edits: Edits,
}

/// What a report tells about the run itself.
struct Finished<'f> {
    args: &'f Args,
    setup: &'f Setup,
    sizes: &'f Sizes,
    rounds: usize,
    subject: &'f Subject,
}

impl Args {
    fn wants(&self, part: What) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

impl Finished<'_> {
    /// `measured`, unless the part was left out; `None` when it came to nothing.
    #[expect(clippy::option_option, reason = "not wanted is not the same as nothing to tell")]
    fn part<T>(&self, part: What, measured: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
        if self.args.wants(part) { measured().map(Some) } else { Some(None) }
    }
}

impl Parts {
    fn round(
        &mut self,
        round: &mut Round<'_>,
        args: &Args,
        sizes: &Sizes,
        peer: Option<&Peer>,
    ) -> anyhow::Result<()> {
        if args.wants(What::Speed) {
            self.speed.round(round, sizes, peer)?;
        }
        if args.wants(What::First) {
            self.first.round(round, sizes)?;
        }
        if args.wants(What::Several) {
            self.lanes.round(round, sizes)?;
        }
        if args.wants(What::Grammar) {
            self.grammars.round(round, sizes)?;
        }
        if args.wants(What::Prose) {
            self.edits.prose(round, sizes)?;
        }
        if args.wants(What::Edit) && round.number.is_multiple_of(EDIT_ROUNDS) {
            self.edits.edits(round, sizes)?;
        }
        Ok(())
    }

    fn report(&self, run: &Finished<'_>, peer: Option<&Peer>) -> Option<Report> {
        let info = run.subject.info();
        Some(Report {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            model: Model {
                name: info.name.clone(),
                architecture: info.architecture.clone(),
                parameters: info.parameters,
                bytes: run.setup.model.metadata().map_or(0, |data| data.len()),
            },
            threads: run.setup.threads,
            context: info.context,
            rounds: run.rounds,
            quick: run.args.quick,
            load_ms: self.first.load().or_else(|| Times::of(&[run.subject.load]))?,
            prefill: run.part(What::Speed, || self.speed.prefill())?,
            decode: run.part(What::Speed, || self.speed.decode())?,
            ttft: run.part(What::First, || self.first.ttft(run.sizes))?,
            edit: run.part(What::Edit, || self.edits.edit_gain())?,
            prose: run.part(What::Prose, || self.edits.prose_gain())?,
            n_best: self.lanes.widths(run.sizes),
            grammar: self.grammars.costs(),
            memory: run.subject.memory(),
            against: match peer.filter(|_| run.args.wants(What::Speed)) {
                Some(peer) => Some(self.speed.beside_peer(peer)?),
                None => None,
            },
        })
    }
}
