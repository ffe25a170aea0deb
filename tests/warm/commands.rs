//! One command after the other, and processes killed under them.

use rustix::process::Signal;

use crate::support::Run;
use crate::{LIMIT, Warm, copy, is_alive, send, text, wait};

#[test]
fn the_second_command_finds_the_first_ones_worker() {
    let warm = Warm::new();
    assert_eq!(warm.status()["running"], false);
    let first = text(&warm.complete().run());
    let (keeper, worker) = warm.pids();
    assert_eq!(text(&warm.complete().run()), first);
    assert_eq!(warm.pids(), (keeper, worker));
    assert_eq!(first, warm.cold());

    let status = warm.status();
    let about = &status["workers"][0];
    assert_eq!(about["model"], warm.model().to_str().unwrap());
    assert_eq!((&about["state"], &about["waiting"]), (&"idle".into(), &0.into()));
    assert!(about["requests"].as_u64().unwrap() >= 2, "{status}");
    assert!(about["memory_bytes"].as_u64().unwrap() > 1 << 20, "{status}");
    assert!(about["ends_in_seconds"].as_f64().unwrap() <= 300.0, "{status}");
    let shown = warm.env.slm(["worker", "status"]).run().stdout;
    assert!(shown.contains(&format!("process {worker}")) && shown.contains("idle"), "{shown}");

    // Nothing of the first command's surroundings stays with it.
    let proc = std::path::PathBuf::from(format!("/proc/{keeper}"));
    let stat = std::fs::read_to_string(proc.join("stat")).unwrap();
    let session = stat.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(session, keeper.to_string());
    assert_eq!(std::fs::read_link(proc.join("cwd")).unwrap(), std::path::Path::new("/"));
    let environment = std::fs::read(proc.join("environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.split('\0').any(|variable| variable.starts_with("PATH=")));
    assert!(!environment.split('\0').any(|variable| variable.starts_with("HOME=")));

    for said in ["stopped\n", "there is no warm worker\n"] {
        let run = warm.env.slm(["worker", "stop"]).run();
        assert_eq!((run.code(), run.stdout.as_str()), (0, said), "{run}");
        wait("both are gone", || !is_alive(keeper) && !is_alive(worker));
    }
    assert_eq!(text(&warm.complete().run()), first);
}

#[test]
fn without_a_wish_for_warmth_nothing_stays() {
    let warm = Warm::keeping("0");
    warm.cold();
    assert_eq!(warm.status()["running"], false);
    let run = warm.complete().env("SLM_KEEP_WARM", "soon").run();
    assert_eq!(run.code(), 2, "{run}");
    assert!(run.stdout.contains("SLM_KEEP_WARM: must be a number"), "{run}");
}

#[test]
fn many_at_once_start_one_keeper() {
    let warm = Warm::new();
    let cold = warm.cold();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| text(&warm.complete().run()))).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), cold);
        }
    });
    let (keeper, worker) = warm.pids();
    let all = std::fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(warm.env.root().to_str().unwrap())
    });
    let mut pids: Vec<i32> =
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // A keeper that was not needed may still be on its way out.
    pids.retain(|pid| *pid == keeper || *pid == worker || is_alive(*pid));
    wait("the others have ended", || {
        pids.iter().all(|pid| *pid == keeper || *pid == worker || !is_alive(*pid))
    });
    assert!(pids.contains(&keeper) && pids.contains(&worker), "{pids:?}");
}

#[test]
fn killed_between_two_commands_the_next_one_starts_them_again() {
    let warm = Warm::new();
    let first = text(&warm.complete().run());
    let (keeper, worker) = warm.pids();
    send(Signal::KILL, worker);
    assert_eq!(text(&warm.complete().run()), first);
    let (same, another) = warm.pids();
    assert!(same == keeper && another != worker);

    send(Signal::KILL, keeper);
    wait("a worker dies with its keeper", || !is_alive(another));
    assert_eq!(warm.status()["running"], false);
    assert_eq!(text(&warm.complete().run()), first);
    assert_ne!(warm.pids().0, keeper);

    for signal in [Signal::TERM, Signal::HUP] {
        let (keeper, worker) = warm.pids();
        send(signal, keeper);
        wait("told to end", || !is_alive(keeper) && !is_alive(worker));
        assert_eq!(text(&warm.complete().run()), first);
    }
}

/// Runs a command whose worker does not answer, does `then` to keeper and worker, and gives the
/// command's end.
fn under_a_request(warm: &Warm, then: impl FnOnce(i32, i32)) -> Run {
    let (keeper, worker) = warm.pids();
    send(Signal::STOP, worker);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| warm.complete().limit(LIMIT).run());
        warm.until("busy");
        then(keeper, worker);
        run.join().unwrap()
    })
}

#[test]
fn killed_under_a_request_the_answer_is_right_or_the_error_clear() {
    let warm = Warm::new();
    let first = text(&warm.complete().run());
    let run = under_a_request(&warm, |keeper, _| send(Signal::KILL, keeper));
    assert_eq!(text(&run), first, "the command goes on in a worker of its own");
    assert_eq!(text(&warm.complete().run()), first);

    // It has served others before, so the command is not to blame.
    let run = under_a_request(&warm, |_, worker| send(Signal::KILL, worker));
    assert_eq!(text(&run), first);
    assert_eq!(text(&warm.complete().run()), first);

    let run = under_a_request(&warm, |_, _| {
        let run = warm.env.slm(["worker", "stop"]).run();
        assert_eq!(run.stdout, "stopped\n", "{run}");
    });
    assert_eq!(text(&run), first);
}

#[test]
fn a_keeper_that_does_not_answer_is_done_without_and_can_be_stopped() {
    let warm = Warm::new();
    let first = text(&warm.complete().run());
    let (keeper, worker) = warm.pids();
    send(Signal::STOP, keeper);
    assert_eq!(text(&warm.complete().run()), first);
    assert_eq!(warm.env.slm(["worker", "status"]).run().code(), 3);
    let run = warm.env.slm(["worker", "stop"]).run();
    assert_eq!((run.code(), run.stdout.as_str()), (0, "stopped\n"), "{run}");
    wait("both are gone", || !is_alive(keeper) && !is_alive(worker));
}

#[test]
fn a_command_killed_under_its_request_frees_the_worker() {
    let warm = Warm::new();
    let first = text(&warm.complete().run());
    let (_, worker) = warm.pids();
    send(Signal::STOP, worker);
    // Longer than the others, so that it has not ended by itself.
    let script = "slm complete --json --max-tokens 4000 --model model.gguf a.py:2:12 & echo $!; \
                  wait $!; echo ended";
    let slm = std::path::Path::new(env!("CARGO_BIN_EXE_slm")).parent().unwrap();
    let path = std::env::join_paths(
        [slm.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let file = warm.dir.join("pid");
    let script = script.replace("echo $!", "echo $! > pid");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            warm.env.program("sh", ["-c", &script]).env("PATH", path.unwrap()).cwd(&warm.dir).run()
        });
        warm.until("busy");
        let pid = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        send(Signal::KILL, pid);
        assert!(run.join().unwrap().stdout.contains("ended"));
    });
    send(Signal::CONT, worker);
    warm.until("idle");
    assert_eq!(text(&warm.complete().run()), first);
    assert_eq!(warm.pids().1, worker);
}

#[test]
fn whoever_waits_for_the_first_commands_output_does_not_wait_for_the_keeper() {
    let warm = Warm::new();
    let slm = env!("CARGO_BIN_EXE_slm");
    // The keeper's ancestors hold the test's own pipe as descriptor 7 as well.
    let script = format!("exec 7>&1; '{slm}' complete --model model.gguf a.py:2:12 > text");
    let run = warm.env.program("bash", ["-c", &script]).cwd(&warm.dir).limit(LIMIT).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(is_alive(warm.pids().0));
}

#[test]
fn a_changed_model_is_loaded_anew() {
    let warm = Warm::new();
    let name = |run: Run| run.json()["model"].as_str().unwrap().to_owned();
    let first = name(warm.complete().run());
    let (keeper, worker) = warm.pids();
    copy("tiny-qwen2.gguf", &warm.dir.join("new.gguf"));
    std::fs::rename(warm.dir.join("new.gguf"), warm.model()).unwrap();
    assert_ne!(name(warm.complete().run()), first);
    let (same, another) = warm.pids();
    assert!(same == keeper && another != worker, "the old one has made room");
}

#[test]
fn idle_for_long_enough_it_ends() {
    let warm = Warm::keeping("0.005");
    warm.complete().run();
    // It may be over before it is seen at all.
    wait("the end", || warm.status()["running"] == false);
}
