//! Who may be asked, and what is done without an answer.

use std::path::Path;

use crate::server::Server;
use crate::support::{Env, Run, have};
use crate::{RIGHT, SHORT, configured, decided, fix, project};

/// Runs slm on a terminal of its own, gives these lines when it asks, and ends as it does.
const TERMINAL: &str = "\
import os, pty, sys
answers = sys.argv[1].split(',')
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = ''
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk.decode(errors='replace')
    if 'Send it?' in seen.split('\\x00')[-1] and answers:
        os.write(terminal, answers.pop(0).encode() + b'\\n')
        seen += '\\x00'
sys.stdout.write(seen.replace('\\x00', ''))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

/// `slm fix` on a terminal that cannot draw, with these answers.
fn on_a_terminal(env: &Env, dir: &Path, answers: &str, more: &[&str]) -> Run {
    let slm = env!("CARGO_BIN_EXE_slm");
    let command = ["--", "python3", "-m", "unittest", "-q"];
    let words = ["-c", TERMINAL, answers, slm, "fix", "--yes"];
    env.program("python3", words.iter().chain(more).chain(&command)).cwd(dir).run()
}

#[test]
fn on_a_terminal_nothing_is_sent_before_a_yes() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured(SHORT);
    let dir = project(&env);
    let server = Server::saying(RIGHT);
    let named = ["--endpoint", server.url.as_str()];
    let no = on_a_terminal(&env, &dir, "n", &named);
    assert_eq!(no.code(), 1, "{no}");
    assert!(no.stdout.contains("Send it?") && no.stdout.contains("median.py"), "{no}");
    assert!(no.stdout.contains("on this machine"), "{no}");
    assert_eq!(server.asked().len(), 0, "{no}");

    let yes = on_a_terminal(&env, &dir, "s,y", &named);
    assert_eq!(yes.code(), 0, "{yes}");
    assert!(yes.stdout.contains("return ordered[0]"), "all of it was shown: {yes}");
    assert!(yes.stdout.contains("went to"), "{yes}");
    assert!(!server.questions().is_empty(), "{yes}");
}

#[test]
fn a_word_given_beforehand_is_enough() {
    if !have(&["python3"]) {
        return;
    }
    let ask = "ask = false\n";
    for (config, more) in [("", &["--yes-endpoint"][..]), (ask, &[])] {
        let server = Server::saying(RIGHT);
        let env = configured(&format!("{SHORT}[endpoint]\nurl = \"{}\"\n{config}", server.url));
        let dir = project(&env);
        let words: Vec<&str> = ["--endpoint"].iter().chain(more).copied().collect();
        let run = on_a_terminal(&env, &dir, "n", &words);
        assert_eq!(run.code(), 0, "{run}");
        assert!(!run.stdout.contains("Send it?"), "{run}");
    }
}

#[test]
fn where_nobody_can_be_asked_only_a_name_on_the_command_line_counts() {
    if !have(&["python3"]) {
        return;
    }
    let server = Server::saying(RIGHT);
    let table = format!("{SHORT}[endpoint]\nurl = \"{}\"\n", server.url);
    let configurations = [
        table.clone(),
        format!("{table}use = [\"fix\"]\n"),
        format!("{table}use = [\"fix\"]\nask = false\n"),
    ];
    for (config, why) in configurations.iter().zip([
        "neither --endpoint",
        "nobody can be asked",
        "nobody can be asked",
    ]) {
        let env = configured(config);
        let run = fix(&env, &project(&env), &[]);
        assert_eq!(run.code(), 1, "{run}");
        let (taken, reason) = decided(&run, "endpoint").unwrap();
        assert!(!taken && reason.contains(why), "{run}");
        assert_eq!(server.asked().len(), 0, "{run}");
    }
    let env = configured(&table);
    let run = fix(&env, &project(&env), &["--endpoint"]);
    assert_eq!((run.code(), &run.json()["tier"]), (0, &"endpoint".into()), "{run}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_runs() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured(SHORT);
    let dir = project(&env);
    let refused = |more: &[&str], word: &str| {
        let run = fix(&env, &dir, more);
        assert_eq!(run.code(), 2, "{run}");
        assert!(run.stdout.contains(word) || run.stderr.contains(word), "{word}: {run}");
    };
    refused(&["--endpoint"], "endpoint.url");
    refused(&["--endpoint", "http://example.org"], "use https");
    refused(&["--endpoint", "example.org"], "https://");
    refused(&["--insecure"], "--endpoint");
}

#[test]
fn the_rules_of_the_configuration_are_the_users() {
    if !have(&["python3"]) {
        return;
    }
    let server = Server::saying(RIGHT);
    let named = ["--endpoint", server.url.as_str()];
    for (rules, why) in [
        ("[cascade]\norder = [\"rules\"]\n", "leaves it out"),
        ("[cascade]\norder = [\"rules\", \"search\"]\nnever = [\"endpoint\"]\n", "leaves it out"),
        ("[cascade]\norder = [\"rules\", \"endpoint\"]\nendpoint.only = [\"rust\"]\n", "it is for"),
    ] {
        let env = configured(rules);
        let run = fix(&env, &project(&env), &["--timeout", "20", named[0], named[1]]);
        assert_eq!(run.code(), 1, "{run}");
        let (taken, reason) = decided(&run, "endpoint").unwrap();
        assert!(!taken && reason.contains(why), "{why}: {run}");
    }
    assert_eq!(server.asked().len(), 0);
    let bad = configured("[cascade]\norder = [\"rules\", \"magic\"]\n");
    let run = fix(&bad, &project(&bad), &[]);
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.json()["message"].as_str().unwrap().contains("magic"), "{run}");
}
