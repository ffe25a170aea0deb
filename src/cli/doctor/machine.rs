//! The machine: processor, memory and how fast it is read, devices, and what they mean for a model.

use std::io::Read as _;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::base::cpu::Cpu;
use crate::base::fs::read_text;
use crate::engine::memory;
use crate::engine::offload::Device;
use crate::sandbox;

/// Bytes that are read to measure; more than most caches hold.
const SAMPLE: usize = 128 << 20;
/// Nothing is measured where this would be missed.
const ROOM: u64 = 1 << 30;
const MEASURED_FOR: Duration = Duration::from_millis(150);

#[derive(Debug, Serialize)]
pub(super) struct Processor {
    pub(super) name: String,
    /// Instructions that llama.cpp has kernels for, as Linux calls them.
    pub(super) features: Vec<String>,
    pub(super) physical_cores: Option<usize>,
    /// Tasks that run besides this one.
    pub(super) running: Option<usize>,
    /// That a model would be given now; `null` without llama.cpp.
    pub(super) threads: Option<usize>,
}

impl Processor {
    pub(super) fn here() -> Self {
        let Cpu { name, features, .. } = Cpu::here();
        #[cfg(feature = "llama")]
        {
            let choice = crate::engine::llama::threads::now();
            let (physical_cores, running) = (Some(choice.cores), choice.running);
            Self { name, features, physical_cores, running, threads: Some(choice.threads) }
        }
        #[cfg(not(feature = "llama"))]
        Self { name, features, physical_cores: None, running: None, threads: None }
    }

    /// How many threads, and why.
    pub(super) fn why(&self) -> Option<String> {
        let (threads, cores) = (self.threads?, self.physical_cores?);
        let busy = match self.running {
            Some(0) => "nothing else runs".to_owned(),
            Some(1) => "1 other task runs".to_owned(),
            Some(count) => format!("{count} other tasks run"),
            None => "how busy it is cannot be told".to_owned(),
        };
        Some(format!("{threads} ({cores} physical cores, {busy}; at least half of the cores)"))
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Memory {
    pub(super) total_bytes: Option<u64>,
    /// Without swapping, within the limits that this process is under.
    pub(super) available_bytes: Option<u64>,
    /// Read by all threads that a model would be given; it bounds how fast a model writes.
    pub(super) read_bytes_per_second: Option<f64>,
}

impl Memory {
    pub(super) fn here(threads: usize) -> Self {
        let available_bytes = memory::available();
        let measure = available_bytes.is_none_or(|bytes| bytes > ROOM);
        Self {
            total_bytes: total(),
            available_bytes,
            read_bytes_per_second: measure.then(|| read_speed(threads)),
        }
    }
}

fn total() -> Option<u64> {
    let text = read_text("/proc/meminfo".as_ref()).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Bytes a second that so many threads read together.
///
/// They compare memory: that is the C library's work, so a build without optimisation reads as fast.
fn read_speed(threads: usize) -> f64 {
    let threads = threads.max(1);
    // Written, or all of it would be one and the same page.
    let sample = vec![1_u8; SAMPLE];
    let share = SAMPLE / threads / 2 * 2;
    let started = Instant::now();
    let read: usize = std::thread::scope(|scope| {
        let readers: Vec<_> = sample
            .chunks_exact(share)
            .take(threads)
            .map(|share| scope.spawn(move || read_for(share, started)))
            .collect();
        readers.into_iter().filter_map(|reader| reader.join().ok()).sum()
    });
    read as f64 / started.elapsed().as_secs_f64()
}

fn read_for(share: &[u8], started: Instant) -> usize {
    let (left, right) = std::hint::black_box(share.split_at(share.len() / 2));
    let mut read = 0;
    while started.elapsed() < MEASURED_FOR && std::hint::black_box(left) == right {
        read += share.len();
    }
    read
}

/// What llama.cpp found to compute with.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) devices: Vec<Device>,
    /// The variant for this kind of processor, where there are several.
    pub(crate) variant: Option<String>,
}

impl Found {
    /// Asks a process of its own: drivers of devices may crash as well.
    pub(super) fn here() -> Result<Self, String> {
        let (mut stdout, _stdin, mut worker) =
            sandbox::spawn_self(&["__devices"], &[]).map_err(|error| error.to_string())?;
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map_err(|error| error.to_string());
        let found = read.and_then(|_| serde_json::from_str(&text).map_err(|e| e.to_string()));
        found.map_err(|error| {
            let ended = worker.end();
            match (ended.signal, ended.stderr.lines().next_back()) {
                (Some(signal), _) => {
                    format!("the process that looks for devices died: signal {signal}")
                }
                (None, Some(line)) => line.to_owned(),
                (None, None) => error,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_threads_is_explained() {
        let processor = |running| Processor {
            name: "x".to_owned(),
            features: Vec::new(),
            physical_cores: Some(8),
            running,
            threads: Some(5),
        };
        let why = processor(Some(3)).why().unwrap();
        assert!(why.starts_with("5 (8 physical cores, 3 other tasks run"), "{why}");
        assert!(processor(None).why().unwrap().contains("cannot be told"));
    }

    #[test]
    fn memory_is_read_at_a_speed_that_there_is() {
        for threads in [0, 1, 3] {
            let speed = read_speed(threads);
            assert!(speed > 1e7 && speed < 1e14, "{threads}: {speed}");
        }
    }
}
