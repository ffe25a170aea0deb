//! Parse, run, map errors to exit codes.

use std::process::ExitCode;

fn main() -> ExitCode {
    slm::cli::run(std::env::args_os()).into()
}
