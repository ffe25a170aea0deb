//! How many threads to decode with.
//!
//! More threads than free cores do not just gain nothing: decoding falls to a tenth, since every
//! layer waits for the thread that was not scheduled. Hyper-threads count as no core.

use std::collections::BTreeSet;
use std::thread::available_parallelism;

use crate::base::fs::read_text;

const MAX_THREADS: usize = 64;

/// Threads for a request of `wanted`; `None`: as many as [`now`] says.
pub(super) fn choose(wanted: Option<usize>) -> i32 {
    // At most MAX_THREADS, which fits.
    wanted.unwrap_or_else(|| now().threads).clamp(1, MAX_THREADS) as i32
}

/// What is chosen when nobody has a wish, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Physical cores that this process may use.
    pub cores: usize,
    /// Tasks that run besides; `None`: unknown, taken for none.
    pub running: Option<usize>,
    /// Free cores, at least half of all.
    pub threads: usize,
}

/// The choice at this moment.
pub fn now() -> Choice {
    let allowed = available_parallelism().map_or(1, usize::from);
    let cores = physical_cores().map_or(allowed, |cores| cores.min(allowed));
    let running = running();
    let threads = cores.saturating_sub(running.unwrap_or(0)).max(cores.div_ceil(2));
    Choice { cores, running, threads: threads.clamp(1, MAX_THREADS) }
}

/// Physical cores of this machine, from Linux's topology files.
fn physical_cores() -> Option<usize> {
    let mut cores = BTreeSet::new();
    for entry in std::fs::read_dir("/sys/devices/system/cpu").ok()?.flatten() {
        let siblings = entry.path().join("topology/thread_siblings_list");
        if let Ok(list) = read_text(&siblings) {
            cores.insert(list.trim().to_owned());
        }
    }
    (!cores.is_empty()).then_some(cores.len())
}

/// Tasks that run at this moment, without ourselves: the fourth field of `/proc/loadavg`.
fn running() -> Option<usize> {
    let text = read_text("/proc/loadavg".as_ref()).ok()?;
    parse_running(&text)
}

fn parse_running(loadavg: &str) -> Option<usize> {
    let (running, _) = loadavg.split_whitespace().nth(3)?.split_once('/')?;
    running.parse::<usize>().ok().map(|n| n.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_bounded() {
        assert_eq!(choose(Some(0)), 1);
        assert_eq!(choose(Some(3)), 3);
        assert_eq!(choose(Some(100_000)), 64);
        assert!(choose(None) >= 1);
        assert_eq!(parse_running("0.20 0.18 0.12 3/80 11206\n"), Some(2));
        assert_eq!(parse_running("nonsense"), None);
    }
}
