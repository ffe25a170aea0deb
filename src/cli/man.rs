//! `slm man --out DIR`: one man page a command, made from the clap tree. Hidden: the installer and
//! packagers call it.

use std::path::PathBuf;

use crate::base::fs::{self, PathContext};

/// Write the man pages of slm and its commands
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory to write `slm.1`, `slm-fix.1`, ... to; made when absent
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Writes the pages for `command` (the root of the clap tree) and its visible subcommands.
///
/// # Errors
/// When the directory or a page cannot be written.
pub fn run(args: &Args, command: clap::Command) -> anyhow::Result<()> {
    fs::create_dir_all(&args.out)?;
    clap_mangen::generate_to(command, &args.out).path("write man pages below", &args.out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_page_for_each_visible_command_and_none_for_hidden_ones() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/man1");
        let command = clap::Command::new("slm")
            .about("proves its fixes")
            .subcommand(clap::Command::new("fix").about("repairs"))
            .subcommand(clap::Command::new("worker").hide(true));
        run(&Args { out: out.clone() }, command).unwrap();

        let mut names: Vec<_> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["slm-fix.1", "slm.1"]);
        let page = fs::read_text(&out.join("slm.1")).unwrap();
        assert!(page.starts_with(".ie") && page.contains(".TH slm 1"), "{page}");
        assert!(page.contains("proves its fixes"), "{page}");
    }

    #[test]
    fn an_output_that_is_a_file_is_reported_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("file");
        fs::write(&out, "").unwrap();
        let error = run(&Args { out: out.clone() }, clap::Command::new("slm")).unwrap_err();
        assert!(error.to_string().contains(&out.display().to_string()), "{error}");
    }
}
