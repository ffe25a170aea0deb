//! Commands that do not want to end, or want everything.

use std::time::{Duration, Instant};

use super::*;

/// The number of processes on this machine whose command line holds `mark`.
fn alive(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|entry| {
            let line = crate::base::fs::read(&entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(mark)
        })
        .count()
}

/// A number of seconds to sleep that no other test uses.
fn mark() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    format!("{}.{number:04}", 1000 + std::process::id())
}

#[test]
fn a_time_limit_takes_daemons_with_it() {
    each_mode(|f| {
        let mark = mark();
        let script = format!(
            "sleep {mark} & (setsid sleep {mark} &) ; setsid -f sleep {mark} ; echo started; sleep {mark}"
        );
        let mut job = f.job(&script);
        job.limits.wall = Duration::from_millis(500);
        let seen = std::thread::scope(|scope| {
            let run = scope.spawn(|| f.run(&job));
            let mut most = 0;
            while !run.is_finished() {
                most = most.max(alive(&mark));
            }
            let run = run.join().unwrap();
            assert_eq!(run.ended, Ended::TimedOut);
            assert_eq!(run.text(), "started\n");
            most
        });
        assert!(seen >= 4, "the control saw only {seen} processes");
        assert_eq!(alive(&mark), 0);
    });
}

#[test]
fn a_command_that_ends_leaves_nothing() {
    each_mode(|f| {
        let mark = mark();
        assert_eq!(f.sh(&format!("setsid -f sleep {mark}; sleep {mark} & echo over")), "over\n");
        assert_eq!(alive(&mark), 0);
    });
}

#[test]
fn a_fork_bomb_is_contained() {
    each_mode(|f| {
        let mark = mark();
        let mut job = f.job(&format!("f() {{ f & f & sleep {mark}; }}; f"));
        job.limits.processes = 100;
        job.limits.wall = Duration::from_secs(5);
        let run = f.run(&job);
        assert!(!run.success(), "{:?}", run.ended);
        assert_eq!(alive(&mark), 0);
    });
}

#[test]
fn a_flood_of_output_is_drained_and_cut() {
    each_mode(|f| {
        let mut job = f.job("echo first; head -c 200000000 /dev/zero; echo last");
        job.limits.output_bytes = 10_000;
        let run = f.run(&job);
        assert!(run.success() && run.truncated, "{:?}", run.ended);
        assert!(run.output.starts_with(b"first\n") && run.output.ends_with(b"last\n"));
        assert!(run.output.len() < 11_000);
    });
}

#[test]
fn memory_is_limited() {
    if !has("python3") {
        return;
    }
    let adjust = |_: &Path, options: &mut Options| options.home = std::env::home_dir();
    each_mode_with(adjust, |f| {
        let script =
            "import time\nx = bytearray(b'x' * 300_000_000)\ntime.sleep(0.2)\nprint('held')";
        let mut job = Job::new(["python3", "-c", script]);
        job.limits.memory_bytes = 100 << 20;
        assert_eq!(f.run(&job).ended, Ended::OutOfMemory);
        job.limits.memory_bytes = 2 << 30;
        let control = f.run(&job);
        assert_eq!(control.text(), "held\n");
        assert!(control.peak_memory > 250 << 20, "{}", control.peak_memory);
    });
}

#[test]
fn processor_time_and_file_size_are_limited() {
    each_mode(|f| {
        let mut job = f.job("while :; do :; done");
        job.limits.cpu = Some(Duration::from_secs(1));
        let run = f.run(&job);
        assert_eq!(run.ended, Ended::TimedOut);
        assert!(run.cpu >= Duration::from_millis(100), "{:?}", run.cpu);
        let mut job = f.job("head -c 3000000 /dev/zero > big && echo written");
        job.limits.file_bytes = 1 << 20;
        assert!(!f.run(&job).text().contains("written"));
        job.limits.file_bytes = 1 << 30;
        assert_eq!(f.run(&job).text(), "written\n");
    });
}

#[test]
fn cancelling_ends_a_run_soon() {
    each_mode(|f| {
        let mark = mark();
        let cancel = Cancel::new();
        let job = f.job(&format!("sleep {mark}"));
        std::thread::scope(|scope| {
            let run = scope.spawn(|| f.workspace.run(&job, &cancel).unwrap());
            while alive(&mark) == 0 && !run.is_finished() {
                std::thread::sleep(Duration::from_millis(5));
            }
            let asked = Instant::now();
            cancel.cancel();
            assert_eq!(run.join().unwrap().ended, Ended::Cancelled);
            println!("cancelled after {:?}", asked.elapsed());
        });
        assert_eq!(alive(&mark), 0);
    });
}

/// Not a test of its own: what the next one starts and kills.
#[test]
fn run_until_killed() {
    let (Ok(mark), Ok(mode)) = (std::env::var("SLM_TEST_MARK"), std::env::var("SLM_TEST_MODE"))
    else {
        return;
    };
    let mode = MODES.iter().find(|m| m.name() == mode).unwrap();
    let Some(f) = fixture_in(&std::env::temp_dir(), *mode, |_, _| {}) else { return };
    println!("READY");
    f.run(&f.job(&format!("setsid -f sleep {mark}; (sleep {mark} &); sleep {mark}")));
}

#[test]
fn killing_slm_leaves_nothing_running() {
    for mode in MODES {
        let mark = mark();
        // The killed process cannot remove what it made.
        let dir = tempfile::tempdir().unwrap();
        let env = [
            ("TMPDIR".into(), dir.path().into()),
            ("SLM_TEST_MARK".into(), mark.clone().into()),
            ("SLM_TEST_MODE".into(), mode.name().into()),
        ];
        let args = ["--exact", "sandbox::tests::limits::run_until_killed", "--nocapture"];
        let (out, _in, mut worker) = crate::sandbox::spawn_self(&args, &env).unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(out));
        if !lines.map_while(Result::ok).any(|line| line.contains("READY")) {
            println!("skipped: {} mode does not work here", mode.name());
            continue;
        }
        while alive(&mark) < 4 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(worker.end().signal, Some(9));
        let begin = Instant::now();
        while alive(&mark) > 0 {
            let names = mode.name();
            assert!(begin.elapsed() < Duration::from_secs(20), "{names}: {} left", alive(&mark));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
