//! What a process holds in memory, where the system tells it.

use std::path::PathBuf;

use serde::Serialize;

use crate::base::fs::read_text;

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Memory {
    /// The most there was, pages of the mapped model included.
    pub(in crate::cli) peak: u64,
    /// Of what is there now: memory of its own.
    pub(super) own: u64,
    /// Of what is there now: pages of files, which the system can drop.
    pub(super) mapped: u64,
}

/// The memory of a process of ours; `None` for one that is gone, and where there is no `/proc`.
pub(in crate::cli) fn of(process: u32) -> Option<Memory> {
    let path: PathBuf = ["/proc", &process.to_string(), "status"].iter().collect();
    parse(&read_text(&path).ok()?)
}

/// See `proc_pid_status(5)`; sizes are in kB of 1,024 bytes.
fn parse(status: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    };
    Some(Memory { peak: bytes("VmHWM")?, own: bytes("RssAnon")?, mapped: bytes("RssFile")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_the_status() {
        let status = "Name:\tslm\nVmHWM:\t   2048 kB\nVmRSS:\t 1536 kB\nRssAnon:\t  512 kB\nRssFile:\t 1024 kB\n";
        let memory = Memory { peak: 2 << 20, own: 512 << 10, mapped: 1 << 20 };
        assert_eq!(parse(status), Some(memory));
        assert_eq!(parse("Name:\tslm\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_holds_something() {
        let memory = of(std::process::id()).unwrap();
        assert!(memory.peak >= memory.own && memory.own > 0, "{memory:?}");
    }
}
