//! What code that has taken over the model worker could still do: model files are attack code
//! sometimes.

use std::net::TcpListener;

use crate::MODEL;
use crate::support::{Env, have};

/// A library that waits for a signal in any program, then tries what an attacker would. Only calls
/// that are safe in a signal handler.
const INTRUDER: &str = r#"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int port;
static const char *other;

static void say(const char *name, long result) {
    char text[64];
    int error = result < 0 ? errno : 0, n = 0;
    while (*name) text[n++] = *name++;
    text[n++] = '=';
    if (error >= 100) text[n++] = (char)('0' + error / 100);
    if (error >= 10) text[n++] = (char)('0' + error / 10 % 10);
    text[n++] = (char)('0' + error % 10);
    text[n++] = '\n';
    if (write(2, text, (size_t)n) < 0) _exit(9);
}

static void try_all(int signal) {
    (void)signal;
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    say("socket", s);
    say("connect", connect(s, (struct sockaddr *)&host, sizeof host));
    say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
    int pair[2];
    say("pair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    say("descriptor", fcntl(7, F_GETFD));
    say("read", open(other, O_RDONLY));
    say("write", open(other, O_WRONLY));
    char *argv[] = {"true", NULL}, *envp[] = {NULL};
    say("exec", execve("/bin/true", argv, envp));
    _exit(0);
}

__attribute__((constructor)) static void wait_for_it(void) {
    port = atoi(getenv("INTRUDER_PORT"));
    other = getenv("INTRUDER_FILE");
    signal(SIGUSR2, try_all);
}
"#;

/// Starts `"$@"` with the library in it, waits until it catches SIGUSR2 (bit 11 of `SigCgt`) and
/// `$READY` stands in its status, and sends it.
const PROVOKE: &str = r#"
mkfifo stays-open && exec 8<>stays-open 7<"$INTRUDER_FILE"
LD_PRELOAD=$INTRUDER "$@" <&8 8<&- >/dev/null &
until grep -Eq '^SigCgt:.*[89a-f][0-9a-f]{2}$' /proc/$!/status &&
    grep -Eq "$READY" /proc/$!/status; do
    kill -0 $! || exit 1
    sleep 0.01
done
ls /proc/$!/fd
kill -USR2 $!
wait $!
"#;

#[test]
fn a_model_worker_that_was_taken_over_reaches_nothing() {
    if !have(&["cc", "sh", "mkfifo", "grep"]) {
        return;
    }
    let env = Env::new();
    let (source, library) = (env.root().join("intruder.c"), env.root().join("intruder.so"));
    std::fs::write(&source, INTRUDER).unwrap();
    let words = ["-shared", "-fPIC", "-O1", "-o"].map(std::ffi::OsString::from);
    let words = words.into_iter().chain([library.clone().into(), source.into()]);
    let compiled = env.program("cc", words).run();
    assert_eq!(compiled.code(), 0, "{compiled}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let other = env.root().join("other");
    std::fs::write(&other, "not the model\n").unwrap();

    let provoke = |ready: &str, program: &[&str]| {
        let dir = env.project(&[]);
        let words = ["-c", PROVOKE, "sh"].iter().chain(program);
        env.program("sh", words)
            .cwd(&dir)
            .env("INTRUDER", &library)
            .env("INTRUDER_FILE", &other)
            .env("INTRUDER_PORT", listener.local_addr().unwrap().port().to_string())
            .env("READY", ready)
            .run()
    };
    // The control: nothing holds the same code back in another program.
    let control = provoke("^Seccomp:", &["sleep", "100"]);
    let said: Vec<&str> = control.stderr.lines().collect();
    let all = ["socket", "connect", "unix", "pair", "descriptor", "read", "write"];
    assert_eq!(said, all.map(|name| format!("{name}=0")), "{control}");
    assert!(listener.accept().is_ok(), "{control}");

    // Filtered: the last step before it listens to anybody.
    let slm = env!("CARGO_BIN_EXE_slm");
    let run = provoke("^Seccomp:.*2$", &[slm, "__worker", "--model", MODEL]);
    let code = |name: &str| {
        let line = run.stderr.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.and_then(|code| code.parse::<i32>().ok()).unwrap_or_else(|| panic!("{name}: {run}"))
    };
    for name in ["socket", "unix", "pair", "exec"] {
        assert_eq!(code(name), libc::EPERM, "{name}: {run}");
    }
    assert_eq!(code("connect"), libc::EBADF, "{run}");
    assert_eq!((code("read"), code("write")), (libc::EACCES, libc::EACCES), "{run}");
    // What slm was started with stays slm's.
    assert_eq!(code("descriptor"), libc::EBADF, "{run}");
    assert_eq!(run.stdout.split_whitespace().collect::<Vec<_>>(), ["0", "1", "2"], "{run}");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{run}");
}
