//! The texts of hooks, from the files in `hooks/`.

use super::{Manager, Stage};

const SCRIPT: &str = include_str!("../../../../hooks/hook.sh");
const SCRIPT_WITH_INPUT: &str = include_str!("../../../../hooks/hook-stdin.sh");
const PRE_COMMIT: &str = include_str!("../../../../hooks/pre-commit.yaml");
const LEFTHOOK: &str = include_str!("../../../../hooks/lefthook.yml");
const LINE: &str = include_str!("../../../../hooks/line.txt");

/// The script for the directory of hooks. `slm` is an absolute path.
pub fn script(stage: Stage, slm: &str) -> String {
    // Git tells a pre-push hook on standard input what will be pushed.
    let text = if stage == Stage::PrePush { SCRIPT_WITH_INPUT } else { SCRIPT };
    text.replace("@STAGE@", stage.name()).replace("@SLM@", &quoted(slm))
}

/// What to add to the file of a manager of hooks.
pub fn snippet(manager: Manager, stage: Stage, slm: &str) -> String {
    let text = match manager {
        Manager::PreCommit => PRE_COMMIT,
        Manager::Lefthook => LEFTHOOK,
        Manager::Husky | Manager::HooksPath | Manager::Script => LINE,
    };
    // Files that a team shares must not hold a path of one machine.
    let program = if manager == Manager::Husky { "slm".to_owned() } else { quoted(slm) };
    // The message's file is the only name that a hook is given.
    let (names, arguments) =
        if stage == Stage::CommitMsg { ("true", "{1}") } else { ("false", "") };
    let made = text
        .replace("@STAGE@", stage.name())
        .replace("@SLM@", &program)
        .replace("@FILENAMES@", names)
        .replace("@ARGUMENTS@", arguments);
    made.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The value of `hook.NAME.command`. An slm that is gone must not stop commits; git may append arguments.
pub(super) fn config_command(stage: Stage, slm: &str) -> String {
    let slm = quoted(slm);
    format!("test ! -x {slm} || {slm} hook run {} --", stage.name())
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
