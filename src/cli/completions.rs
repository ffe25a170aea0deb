//! `slm completions SHELL`: the completion script, made from the clap tree so that it cannot drift
//! from what the program accepts.

use std::io::Write;

use anyhow::Context;
use clap_complete::Shell;

/// Print the completion script of a shell
///
/// `install.sh` puts the scripts for bash, zsh and fish where these shells look. For another shell,
/// or without the installer, write the output where your shell loads completions from.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  slm completions bash > ~/.local/share/bash-completion/completions/slm")]
pub struct Args {
    /// The shell to write for
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Writes the script for `command` (the root of the clap tree) to `out`.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &Args, mut command: clap::Command, out: &mut dyn Write) -> anyhow::Result<()> {
    let name = command.get_name().to_owned();
    // Into memory first: clap_complete panics when its writer fails, and a closed pipe is no bug.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    out.write_all(&script).and_then(|()| out.flush()).context("cannot write the completion script")
}

#[cfg(test)]
mod tests {
    use std::io;

    use clap::ValueEnum;

    use super::*;

    fn sample() -> clap::Command {
        clap::Command::new("slm").subcommand(clap::Command::new("frobnicate"))
    }

    #[test]
    fn every_shell_gets_a_script_that_knows_the_subcommands() {
        for &shell in Shell::value_variants() {
            let mut out = Vec::new();
            run(&Args { shell }, sample(), &mut out).unwrap();
            let script = String::from_utf8(out).unwrap();
            assert!(script.contains("frobnicate"), "{shell}: {script}");
        }
    }

    #[test]
    fn a_closed_pipe_is_an_error_not_a_panic() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = run(&Args { shell: Shell::Bash }, sample(), &mut Closed).unwrap_err();
        assert!(error.downcast_ref::<io::Error>().is_some(), "{error:#}");
    }
}
