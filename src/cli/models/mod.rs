//! `slm model`: the model files on this machine, where they come from, and what each is used for.

use std::path::PathBuf;

use clap::Subcommand;

use super::report::ExitStatus;
use crate::config::Environment;

mod adapter;
mod add;
mod bundle;
mod catalogue;
mod facts;
mod key;
mod list;
mod manage;
mod pull;
mod quantize;
mod seal;
mod shelf;

pub(super) use shelf::failed;

/// Keep model files: add, fetch, verify, choose, roll back
///
/// Files are copied into slm's own store, named by their SHA-256, and checked before they are used. Nothing is
/// downloaded but by `slm model pull` and `slm model catalogue update`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm model add ~/Downloads/qwen2.5-coder-1.5b-q4_k_m.gguf --name coder
  slm model use chat coder
  slm model pull https://models.example/coder.gguf --sha256 9f86d0...
  slm model bundle export coder.slm coder --key slm.key

Exit status: 0 done, 1 something is damaged or not there, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::ListArgs),
    Info(list::InfoArgs),
    Versions(list::VersionsArgs),
    Add(add::Args),
    Pull(pull::Args),
    Use(manage::UseArgs),
    Verify(manage::VerifyArgs),
    Remove(manage::RemoveArgs),
    Rollback(manage::RollbackArgs),
    Prune(manage::PruneArgs),
    Quantize(quantize::Args),
    #[command(subcommand)]
    Adapter(adapter::What),
    #[command(subcommand)]
    Bundle(bundle::What),
    #[command(subcommand)]
    Catalogue(catalogue::What),
    #[command(subcommand)]
    Key(key::What),
    /// Encrypt a model or an adapter where it lies
    ///
    /// With age, by a passphrase or for a key file (`slm model key identity`). An encrypted model asks for its
    /// passphrase when it is loaded, unless `models.key_file` of the configuration opens it, and no warm worker
    /// keeps it.
    Encrypt(seal::Args),
    /// Make an encrypted model or adapter plain again
    Decrypt(seal::Args),
}

/// A private key, for what is signed.
#[derive(Debug, clap::Args)]
struct KeyFile {
    /// The private key to sign with, of `slm model key generate`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Runs `slm model`.
///
/// # Errors
/// Files that are missing, damaged, of the wrong kind or not believed; a machine without room or network.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    match &args.what {
        What::List(args) => list::list(args, environment),
        What::Info(args) => list::info(args, environment),
        What::Versions(args) => list::versions(args, environment),
        What::Add(args) => add::run(args, environment),
        What::Pull(args) => pull::run(args, environment),
        What::Use(args) => manage::use_for(args, environment),
        What::Verify(args) => manage::verify(args, environment),
        What::Remove(args) => manage::remove(args, environment),
        What::Rollback(args) => manage::roll_back(args, environment),
        What::Prune(args) => manage::prune(args, environment),
        What::Quantize(args) => quantize::run(args, environment),
        What::Adapter(what) => adapter::run(what, environment),
        What::Bundle(what) => bundle::run(what, environment),
        What::Catalogue(what) => catalogue::run(what, environment),
        What::Key(what) => key::run(what),
        What::Encrypt(args) => seal::encrypt(args, environment),
        What::Decrypt(args) => seal::decrypt(args, environment),
    }
}
