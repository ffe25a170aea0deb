//! What a command must not reach. Each refusal has a control that shows the probe would notice.

use std::io::Read as _;
use std::net::TcpListener;

use super::*;

#[test]
fn the_system_outside_cannot_be_written() {
    each_mode(|f| {
        let beside = f.dir.path().join("beside");
        std::fs::create_dir(&beside).unwrap();
        put(&beside.join("file"), "kept\n");
        let at = beside.display();
        // /tmp is writable inside, so this may succeed there; it must not be seen here.
        f.run(&f.job(&format!("echo x > {at}/file; touch {at}/new; rm -rf {at}")));
        assert_eq!(text_of(&beside.join("file")), "kept\n");
        assert!(!beside.join("new").exists());
        for place in ["/etc", "/usr", "/", "/proc/sys/kernel"] {
            let name = format!("{place}/slm-probe-{}", std::process::id());
            let run = f.run(&f.job(&format!("echo x > {name}")));
            assert!(!run.success(), "{name} was written");
            assert!(!Path::new(&name).exists());
        }
        assert_eq!(f.sh("echo control > here; cat here"), "control\n");
    });
}

#[test]
fn secrets_are_out_of_sight() {
    let adjust = |_: &Path, options: &mut Options| {
        options.environment.push(("MY_TOKEN".into(), "environment-canary".into()));
        options.environment.push(("PYTHONHASHSEED".into(), "visible".into()));
    };
    each_mode_with(adjust, |f| {
        let home = f.home();
        let run = f.run(
            &f.job(&format!("env; cat {0}/.ssh/id; ls {0}/.ssh; cat {0}/plain", home.display())),
        );
        let text = run.text();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("PYTHONHASHSEED=visible") && text.contains("plain\n"), "{text}");
        let fds = f.sh("ls /proc/self/fd");
        assert_eq!(
            fds.split_whitespace().collect::<Vec<_>>(),
            ["0", "1", "2", "3"],
            "3 is ls's own"
        );
    });
}

#[test]
fn no_network_but_a_loopback_of_its_own() {
    if !has("python3") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "import socket\ntry:\n s = socket.create_connection(('127.0.0.1', {port}), 3)\n s.sendall(b'hello')\n print('connected')\nexcept OSError as e:\n print('errno', e.errno)\n"
    );
    // The control: the same probe connects when it is not in the sandbox.
    #[expect(clippy::disallowed_methods, reason = "the control runs outside the sandbox")]
    let control = std::process::Command::new("python3").args(["-c", &connect]).output().unwrap();
    assert_eq!(control.stdout, b"connected\n");
    let mut greeting = String::new();
    listener.accept().unwrap().0.read_to_string(&mut greeting).unwrap();
    assert_eq!(greeting, "hello");
    let adjust = |_: &Path, options: &mut Options| options.home = std::env::home_dir();
    each_mode_with(adjust, |f| {
        let refused = f.run(&Job::new(["python3", "-c", &connect]));
        assert!(refused.text().starts_with("errno"), "{}", refused.text());
        if f.workspace.isolation().mode == Mode::Namespaces {
            let own = "import socket\nl = socket.create_server(('127.0.0.1', 0))\nc = socket.create_connection(l.getsockname(), 3)\nprint('own loopback')\n";
            assert_eq!(f.run(&Job::new(["python3", "-c", own])).text(), "own loopback\n");
        }
    });
}

#[test]
fn pairs_of_sockets_work_and_reach_nobody() {
    if !has("python3") {
        return;
    }
    // What asyncio, subprocesses and workers need of sockets.
    let pairs = "import multiprocessing, socket\na, b = socket.socketpair()\na.sendall(b'x')\n\
                 p, q = multiprocessing.Pipe()\np.send(1)\n\
                 import asyncio\nprint(b.recv(1), q.recv(), asyncio.run(asyncio.sleep(0, 2)))\n";
    let datagrams = "import socket\ntry:\n socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n \
                     print('made')\nexcept OSError as e:\n print('errno', e.errno)\n";
    let adjust = |_: &Path, options: &mut Options| options.home = std::env::home_dir();
    each_mode_with(adjust, |f| {
        assert_eq!(f.run(&Job::new(["python3", "-c", pairs])).text(), "b'x' 1 2\n");
        let copy = f.workspace.isolation().mode == Mode::Slots;
        let wanted = if copy && cfg!(target_os = "linux") { "errno 1\n" } else { "made\n" };
        assert_eq!(f.run(&Job::new(["python3", "-c", datagrams])).text(), wanted);
    });
}

#[test]
fn no_privileges_inside() {
    each_mode(|f| {
        let status = f.sh("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status");
        let values: Vec<&str> = status.lines().filter_map(|l| l.split('\t').nth(1)).collect();
        assert_eq!((values[0], values[2]), ("0000000000000000", "1"), "{status}");
        let run = f.run(&f.job("umount /tmp; umount -l /; mount -t tmpfs none /mnt"));
        assert!(!run.success(), "{}", run.text());
        if f.workspace.isolation().mode == Mode::Namespaces {
            assert_eq!(values[1], "0000000000000000", "{status}");
            let count = f.sh("ls -d /proc/[0-9]* | wc -l").trim().parse::<u32>().unwrap();
            assert!((3..=4).contains(&count), "{count} processes: init, sh, ls, perhaps wc");
            assert!(
                !f.run(&f.job("cat /proc/1/environ")).success(),
                "slm's own environment is readable"
            );
        }
    });
}

#[test]
fn a_socket_in_a_hidden_directory_is_not_reached_even_when_it_is_bound_later() {
    if !has("python3") {
        return;
    }
    // No scratch of the sandbox's own, as /tmp is, nor a place of the system's services.
    let program = std::env::current_exe().unwrap();
    let services = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
    let (hidden, plain) = (services.path().join("h"), services.path().join("p"));
    std::fs::create_dir(&hidden).unwrap();
    std::fs::create_dir(&plain).unwrap();
    let sockets = [hidden.join("s"), plain.join("s")];
    if sockets[0].as_os_str().len() > 107 {
        println!("skipped: {} is too long for a socket", sockets[0].display());
        return;
    }
    let adjust = |_: &Path, options: &mut Options| {
        options.hidden = vec![hidden.clone()];
        options.environment.retain(|(name, _)| name != "CARGO_TARGET_DIR");
    };
    each_mode_with(adjust, |f| {
        let _listeners = sockets.each_ref().map(|path| {
            let _ = std::fs::remove_file(path);
            std::os::unix::net::UnixListener::bind(path).unwrap()
        });
        let said = sockets.each_ref().map(|path| {
            let connect = format!(
                "import socket\ntry:\n socket.socket(socket.AF_UNIX).connect('{}')\n print('reached')\n\
                 except OSError as e:\n print('errno', e.errno)\n",
                path.display()
            );
            f.run(&Job::new(["python3", "-c", &connect])).text()
        });
        let namespaces = f.workspace.isolation().mode == Mode::Namespaces;
        if namespaces && !services.path().starts_with("/tmp") {
            // The control: what it would be without.
            assert_eq!(said[1], "reached\n");
        }
        // Not there; or, without namespaces, no sockets at all.
        let wanted = if namespaces { "errno 2\n" } else { "errno 1\n" };
        assert_eq!(said[0], wanted);
    });
}
