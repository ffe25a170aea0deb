//! What a run costs above the command itself. Prints; asserts no time.
//!
//! `cargo test --release --lib sandbox::tests::overhead -- --ignored --nocapture`

use std::time::{Duration, Instant};

use super::*;

fn tree(root: &Path, files: usize) {
    for number in 0..files {
        let dir = root.join(format!("d{}/e{}", number / 1000, number / 50 % 20));
        if number % 50 == 0 {
            std::fs::create_dir_all(&dir).unwrap();
        }
        put(&dir.join(format!("f{number}.py")), "x = 1\n");
    }
}

/// Processor time of this process and of all it has waited for.
fn cpu() -> Duration {
    let read = crate::base::fs::read_text(Path::new("/proc/self/stat")).unwrap();
    let fields: Vec<&str> = read.rsplit(')').next().unwrap().split_whitespace().collect();
    // utime, stime, cutime, cstime of proc_pid_stat(5), in hundredths of a second.
    let ticks: u64 = fields[11..15].iter().map(|f| f.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn quartiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1000.0;
    format!("median {:.2} ms, 90 % {:.2} ms", at(50), at(90))
}

#[test]
#[ignore = "a measurement"]
fn overhead_per_run() {
    let rounds = 200;
    let mut bare = Vec::new();
    let before = cpu();
    for _ in 0..rounds {
        let begin = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "the measure to compare with")]
        let status = std::process::Command::new("/bin/true").status().unwrap();
        assert!(status.success());
        bare.push(begin.elapsed());
    }
    println!("bare spawn: {}, processor time {:?}", quartiles(bare), (cpu() - before) / rounds);
    // A heap as large as slm's may be: fork copies page tables.
    let heap =
        vec![1u8; std::env::var("HEAP_MB").map_or(200, |mb| mb.parse::<usize>().unwrap()) << 20];
    for mode in MODES {
        for files in
            [1_000, 50_000].into_iter().filter(|f| *f < 2000 || std::env::var("SMALL").is_err())
        {
            let begin = Instant::now();
            let adjust = |dir: &Path, _: &mut Options| tree(&dir.join("tree"), files);
            let Some(f) = fixture_in(&std::env::temp_dir(), *mode, adjust) else { continue };
            println!("{} mode, {files} files, opened after {:?}", mode.name(), begin.elapsed());
            let job = patched(Job::new(["/bin/true"]), "d0/e0/f7.py", Some("x = 2\n"));
            let measure = |job: &Job| {
                let times = (0..rounds).map(|_| {
                    let begin = Instant::now();
                    assert!(f.run(job).success());
                    begin.elapsed()
                });
                quartiles(times.collect())
            };
            let before = cpu();
            println!("  one after the other: {}", measure(&job));
            println!("  processor time: {:?} a run", (cpu() - before) / rounds);
            std::thread::scope(|scope| {
                let other = scope.spawn(|| measure(&job));
                println!("  two at once: {}; {}", measure(&job), other.join().unwrap());
            });
        }
    }
    drop(heap);
}
