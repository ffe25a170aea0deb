//! One file per command: an `Args` struct whose doc comment is the help text, and a thin `run`.
//!
//! [`report`] alone prints.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::agent::record::Task;
use crate::config::Environment;

pub mod ask;
mod authorities;
pub mod bench;
pub mod chat;
pub mod chat_open;
mod chosen;
pub mod complete;
pub mod completions;
pub mod doctor;
pub mod eval;
pub mod fix;
mod fix_apply;
mod fix_edit;
mod fix_endpoint;
mod fix_show;
pub mod hook;
pub mod index;
mod known;
pub mod man;
pub mod map;
mod meaning;
pub mod model;
pub mod models;
mod recording;
pub mod refactor;
mod refactor_list;
mod refactor_show;
mod refactor_steps;
pub mod report;
pub mod review;
mod review_fix;
mod review_model;
pub mod run;
pub mod search;
pub mod selftest;
pub mod sessions;
pub mod stats;
pub mod symbols;
pub mod tour;
pub mod undo;
pub mod warm;
mod watch;
pub mod worker;

pub use report::ExitStatus;

/// Repairs failing commands on your own machine, and proves it
///
/// slm runs the failing command in a sandbox, finds the suspected lines, tries small edits on
/// scratch copies, and shows only those that make the command pass. Nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "slm", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Chat(chat::Args),
    Run(run::Args),
    Fix(Box<fix::Args>),
    Refactor(Box<refactor::Args>),
    Review(review::Args),
    Hook(hook::Args),
    Model(models::Args),
    Complete(complete::Args),
    Ask(ask::Args),
    Search(search::Args),
    Where(symbols::WhereArgs),
    Refs(symbols::RefsArgs),
    Callers(symbols::CallersArgs),
    Map(map::Args),
    Tour(tour::Args),
    Index(index::Args),
    Undo(undo::UndoArgs),
    Redo(undo::RedoArgs),
    Log(undo::LogArgs),
    Sessions(sessions::Args),
    Stats(stats::Args),
    #[command(name = "worker")]
    Warm(warm::Args),
    Doctor(doctor::Args),
    Bench(bench::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    Man(man::Args),
    Eval(eval::Args),
    #[command(name = "__worker", hide = true)]
    Worker(worker::Args),
    #[command(name = "__quantize", hide = true)]
    Quantize(worker::QuantizeArgs),
    #[command(name = "__devices", hide = true)]
    Devices(worker::DevicesArgs),
    #[command(name = "__self-test", hide = true)]
    SelfTest(selftest::Args),
    #[cfg(target_os = "linux")]
    #[command(name = "__keeper", hide = true)]
    Keeper(warm::KeeperArgs),
}

/// The root of the clap tree, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses `words` (the program's name first), runs the command and says how it ended.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error),
    };
    let environment = Environment::read();
    let Some(chosen) = &cli.command else { return alone(&environment) };
    let recorded = |task, work: &dyn Fn() -> _| recording::during(task, &environment, work);
    let result = match chosen {
        Command::Chat(args) => chat::run(args, &environment),
        Command::Run(args) => recorded(Task::Run, &|| run::run(args, &environment)),
        Command::Sessions(args) => sessions::run(args, &environment),
        Command::Stats(args) => stats::run(args, &environment),
        Command::Fix(args) => recorded(Task::Fix, &|| fix::run(args, &environment)),
        Command::Refactor(args) => recorded(Task::Refactor, &|| refactor::run(args, &environment)),
        Command::Review(args) => recorded(Task::Review, &|| review::run(args, &environment)),
        Command::Hook(args) => hook::run(args, &environment),
        Command::Model(args) => models::run(args, &environment),
        Command::Complete(args) => recorded(Task::Complete, &|| complete::run(args, &environment)),
        Command::Ask(args) => recorded(Task::Ask, &|| ask::run(args, &environment)),
        Command::Search(args) => search::run(args, &environment),
        Command::Where(args) => symbols::run_where(args, &environment),
        Command::Refs(args) => symbols::refs(args, &environment),
        Command::Callers(args) => symbols::callers(args, &environment),
        Command::Map(args) => map::run(args, &environment),
        Command::Tour(args) => tour::run(args, &environment),
        Command::Index(args) => index::run(args, &environment),
        Command::Undo(args) => undo::undo(args, &environment),
        Command::Redo(args) => undo::redo(args, &environment),
        Command::Log(args) => undo::log(args, &environment),
        Command::Doctor(args) => doctor::run(args, &environment),
        Command::Bench(args) => bench::run(args, &environment),
        Command::Completions(args) => {
            completions::run(args, command(), &mut std::io::stdout()).map(|()| ExitStatus::Success)
        }
        Command::Man(args) => man::run(args, command()).map(|()| ExitStatus::Success),
        Command::Eval(args) => eval::run(args, &environment),
        Command::Warm(args) => warm::run(args, &environment),
        Command::Quantize(args) => worker::quantize(args).map(|()| ExitStatus::Success),
        Command::Devices(args) => worker::devices(args).map(|()| ExitStatus::Success),
        Command::SelfTest(args) => selftest::run(args, &environment),
        Command::Worker(args) => worker::run(args).map(|()| ExitStatus::Success),
        #[cfg(target_os = "linux")]
        Command::Keeper(args) => warm::keep(args).map(|()| ExitStatus::Success),
    };
    result.unwrap_or_else(|error| report::error(&error))
}

/// `slm` without a command: a conversation where there is a terminal, else the help.
fn alone(environment: &Environment) -> ExitStatus {
    if report::is_interactive() {
        return chat::run(&chat::Args::default(), environment)
            .unwrap_or_else(|error| report::error(&error));
    }
    let mut command = command();
    let help = command.render_help();
    report::usage(&command.error(ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, help))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_clap_tree_is_sound() {
        super::command().debug_assert();
    }
}
