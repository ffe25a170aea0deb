//! `slm eval`: how good the parts of slm are, measured.

use clap::Subcommand;

use super::report::ExitStatus;

pub mod calibrate;
pub mod compare;
pub mod complete;
pub mod map;
pub mod prior;
pub mod repair;
pub mod review;

/// Measure repairs and completions
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Repair(repair::Args),
    Complete(complete::Args),
    Compare(compare::Args),
    Map(map::Args),
    Calibrate(calibrate::Args),
    Review(review::Args),
    #[command(hide = true)]
    Prior(prior::PriorArgs),
    #[command(hide = true)]
    Ranker(prior::RankerArgs),
}

/// Runs the measurement and prints what it found.
///
/// # Errors
/// When a file cannot be read or written, or a model fails.
pub fn run(args: &Args, environment: &crate::config::Environment) -> anyhow::Result<ExitStatus> {
    match &args.what {
        What::Repair(args) => repair::run(args, environment),
        What::Complete(args) => complete::run(args, environment),
        What::Map(args) => map::run(args),
        What::Calibrate(args) => calibrate::run(args),
        What::Review(args) => review::run(args, environment),
        What::Compare(args) => compare::run(args).map(|()| ExitStatus::Success),
        What::Prior(args) => prior::count(args).map(|()| ExitStatus::Success),
        What::Ranker(args) => prior::rank(args, environment).map(|()| ExitStatus::Success),
    }
}
