//! Go: panics, fatal errors, `go test` plain and as JSON, and the compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::text::{Found, Rank, Text, indent, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

static RESULT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*--- FAIL: (\S+) \([\d.]+(?:s| seconds)\)$"));
static LOG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\s+)(\S[^:]*\.go):(\d+): ?(.*)$"));
static RUNNING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^=== (?:RUN|CONT|NAME|PAUSE)\s+(\S+)$"));
static PACKAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:FAIL|ok  |---)\t(\S+)(?:\t.*| \[.*)$"));
static PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\t(.+?):(\d+)(?: \+0x[0-9a-f]+.*)?$"));
static COMPILE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:vet: )?(\S[^:]*\.go):(\d+)(?::(\d+))?: (.*)$"));

/// The failed tests of one package, by name, in the order reported.
#[derive(Default)]
struct Failed {
    order: Vec<(String, usize)>,
    logs: BTreeMap<String, Vec<(Frame, String)>>,
}

/// Reports Go's failures. JSON of `go test -json` is first turned back into text, by package.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let streams = json_streams(text);
    for (package, output) in &streams {
        let mut inner = Text::new(output);
        let mut own = Vec::new();
        scan_plain(&mut inner, &mut own, Some(package));
        found.append(&mut own);
    }
    scan_plain(text, found, None);
}

/// The output of each package in a `go test -json` stream; its lines are claimed.
pub(super) fn json_streams(text: &mut Text) -> BTreeMap<String, String> {
    let mut streams: BTreeMap<String, String> = BTreeMap::new();
    for at in 0..text.lines.len() {
        let line = text.lines[at];
        if !line.starts_with('{') || !line.contains("\"Action\":\"") {
            continue;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let Some(package) = event.get("Package").and_then(Value::as_str) else { continue };
        if let Some(output) = event.get("Output").and_then(Value::as_str) {
            streams.entry(package.to_owned()).or_default().push_str(output);
        }
        text.claim(at..at + 1);
    }
    streams
}

fn scan_plain(text: &mut Text, found: &mut Vec<Found>, package: Option<&str>) {
    let packages = packages(&text.lines);
    let package_at = |at: usize| {
        package.map(str::to_owned).or_else(|| {
            let next = packages.partition_point(|(line, _)| *line < at);
            packages.get(next).map(|(_, name)| name.clone())
        })
    };
    compile_errors(text, found);
    let mut failed = failed_tests(&text.lines);
    let mut at = 0;
    while at < text.lines.len() {
        let Some((end, mut failure)) = panic(&text.lines, at) else {
            at += 1;
            continue;
        };
        // The test that panicked is reported last before the panic, or was running.
        let owner = owner(&text.lines, at).or_else(|| test_on_stack(&failure.frames));
        let rank = match owner {
            Some(test) => {
                failed.order.retain(|(name, _)| *name != test);
                failure.tests = vec![qualified(package_at(at).as_deref(), &test)];
                Rank::Reported
            }
            None => Rank::Bare,
        };
        found.push(Found::new(rank, at, failure));
        text.claim(at..end);
        at = end;
    }
    let parents: BTreeSet<String> = failed
        .order
        .iter()
        .flat_map(|(name, _)| name.match_indices('/').map(|(cut, _)| name[..cut].to_owned()))
        .collect();
    for (name, line) in &failed.order {
        let logs = failed.logs.remove(name).unwrap_or_default();
        if logs.is_empty() && parents.contains(name) {
            continue;
        }
        let package = package_at(*line);
        let failure = test_failure(name, package.as_deref(), logs);
        found.push(Found::reported(*line, failure));
    }
}

/// Lines that name a package after its tests: `FAIL\tpkg\t0.1s`, `ok  \tpkg\t0.1s`.
fn packages(lines: &[&str]) -> Vec<(usize, String)> {
    let named = lines.iter().enumerate().filter_map(|(at, line)| {
        let caught = (line.starts_with("FAIL\t") || line.starts_with("ok  \t"))
            .then(|| PACKAGE.captures(line))
            .flatten()?;
        Some((at, caught[1].to_owned()))
    });
    named.collect()
}

/// `package.TestName/case`, or the bare name where the package is not known.
pub(super) fn qualified(package: Option<&str>, test: &str) -> String {
    package.map_or_else(|| test.to_owned(), |package| format!("{package}.{test}"))
}

fn failed_tests(lines: &[&str]) -> Failed {
    let mut failed = Failed::default();
    let mut current: Option<String> = None;
    let mut margin = 0;
    for (at, line) in lines.iter().enumerate() {
        if let Some(caught) = RUNNING.captures(line) {
            current = Some(caught[1].to_owned());
        } else if let Some(caught) = RESULT.captures(line) {
            current = Some(caught[1].to_owned());
            failed.order.push((caught[1].to_owned(), at));
        } else if line.trim_start().starts_with("--- ") || line.starts_with("FAIL") {
            current = None;
        } else if let Some(test) = &current {
            let logs = failed.logs.entry(test.clone()).or_default();
            if let Some(caught) = LOG.captures(line) {
                margin = caught[1].len();
                let frame = Frame::at(&caught[2], number(&caught[3]));
                logs.push((frame, caught[4].to_owned()));
            } else if indent(line) > margin
                && let Some((_, message)) = logs.last_mut()
            {
                message.push('\n');
                message.push_str(line.trim());
            }
        }
    }
    failed
}

fn test_failure(name: &str, package: Option<&str>, logs: Vec<(Frame, String)>) -> Failure {
    let mut failure = Failure::of(FailureKind::Assertion);
    failure.language = Some(Language::Go);
    failure.tests = vec![qualified(package, name)];
    let function = name.split('/').next().map(str::to_owned);
    let mut messages = Vec::new();
    for (mut frame, message) in logs {
        // Only the file's name is printed; the package says which of several it is.
        if let Some(package) = package.filter(|_| !frame.path.contains('/')) {
            frame.path = format!("{package}/{}", frame.path);
        }
        frame.function.clone_from(&function);
        failure.frames.push(frame);
        messages.push(message);
    }
    if failure.frames.is_empty() {
        failure.kind = FailureKind::Test;
    }
    failure.message = messages.join("\n");
    failure
}

/// The test whose `--- FAIL` stands right above the panic, or that was running.
fn owner(lines: &[&str], at: usize) -> Option<String> {
    for line in lines[..at].iter().rev().take(200) {
        if let Some(caught) = RESULT.captures(line).or_else(|| RUNNING.captures(line)) {
            return Some(caught[1].to_owned());
        }
        if line.starts_with("ok  \t") || line.starts_with("FAIL\t") {
            return None;
        }
    }
    None
}

/// `package.TestName` called from a test file.
fn test_on_stack(frames: &[Frame]) -> Option<String> {
    let tests = frames.iter().rev().filter(|frame| frame.path.ends_with("_test.go"));
    let mut names = tests.filter_map(|frame| frame.function.as_deref()?.rsplit('/').next());
    names.find_map(|name| {
        let name = name.split('.').nth(1)?;
        name.starts_with("Test").then(|| name.to_owned())
    })
}

/// A panic or fatal error at `at` with the goroutine that it ended.
fn panic(lines: &[&str], at: usize) -> Option<(usize, Failure)> {
    let line = lines[at];
    let fatal = line.strip_prefix("fatal error: ");
    let message = line.strip_prefix("panic: ").or(fatal)?;
    let stack =
        (at + 1..lines.len().min(at + 200)).find(|&n| lines[n].starts_with("goroutine "))?;
    let mut text = vec![message];
    for line in &lines[at + 1..stack] {
        // A panic that passes through recover() is printed again, indented.
        if line.is_empty() || line.starts_with("\tpanic: ") || line.starts_with("runtime") {
            break;
        }
        if !line.starts_with("[signal ") {
            text.push(line);
        }
    }
    let text = text.join("\n");
    let text = text.replace(" [recovered]", "").replace(", repanicked", "");
    let (end, goroutines) = goroutines(lines, stack);
    let timed_out = text.starts_with("test timed out after ");
    let mut frames = goroutines.first().cloned().unwrap_or_default();
    if timed_out {
        let busy = goroutines.iter().find(|frames| {
            frames.first().is_some_and(|f| !is_standard(&f.path) && f.path != "_testmain.go")
        });
        frames = busy.cloned().unwrap_or_default();
    }
    let mut failure = Failure::of(FailureKind::Panic);
    failure.language = Some(Language::Go);
    let (exception, message) = match text.split_once(": ") {
        Some(("runtime error", rest)) => ("runtime error".to_owned(), rest.to_owned()),
        _ if timed_out => ("timeout".to_owned(), text.clone()),
        _ if fatal.is_some() => ("fatal error".to_owned(), text.clone()),
        _ => ("panic".to_owned(), text.clone()),
    };
    failure.exception = Some(exception);
    failure.message = message;
    failure.frames = frames;
    Some((end, failure))
}

/// The stacks that follow, innermost frame first, without the runtime's own frames on top.
fn goroutines(lines: &[&str], from: usize) -> (usize, Vec<Vec<Frame>>) {
    let mut all = Vec::new();
    let mut at = from;
    while at < lines.len() && lines[at].starts_with("goroutine ") {
        at += 1;
        let mut frames: Vec<Frame> = Vec::new();
        let mut function: Option<&str> = None;
        while let Some(line) = lines.get(at).filter(|line| !line.is_empty()) {
            if let Some(caught) = PLACE.captures(line) {
                let name = function.take().unwrap_or_default();
                if name == "panic" {
                    // What lies above is the recovery, not the cause.
                    frames.clear();
                } else if !is_standard(&caught[1]) || !frames.is_empty() {
                    let mut frame = Frame::at(&caught[1], number(&caught[2]));
                    frame.function = (!name.is_empty()).then(|| name.to_owned());
                    frames.push(frame);
                }
            } else if line.starts_with("...") || line.starts_with("goroutine ") {
                function = None;
            } else if line.starts_with("exit status ") || line.starts_with("FAIL\t") {
                break;
            } else {
                function = Some(function_name(line));
            }
            at += 1;
        }
        frames.retain(|f| !is_standard(&f.path));
        all.push(frames);
        if lines.get(at).is_some_and(|l| l.is_empty()) {
            at += 1;
        }
    }
    (at, all)
}

/// `main.(*Counter).Add(...)` -> `main.(*Counter).Add`.
fn function_name(line: &str) -> &str {
    if let Some(created) = line.strip_prefix("created by ") {
        return created.split(" in goroutine ").next().unwrap_or(created);
    }
    line.rfind('(').filter(|_| line.ends_with(')')).map_or(line, |cut| &line[..cut])
}

/// Top directories of Go's standard library that call back into programs.
const STANDARD: &[&str] = &[
    "bufio", "bytes", "context", "crypto", "database", "encoding", "errors", "fmt", "html",
    "internal", "io", "iter", "log", "maps", "math", "net", "os", "path", "reflect", "regexp",
    "runtime", "slices", "sort", "strconv", "strings", "sync", "syscall", "testing", "text",
    "time", "unicode",
];

/// Files of the Go distribution: `/usr/lib/go-1.19/src/time/sleep.go`.
fn is_standard(path: &str) -> bool {
    let Some((root, rest)) = path.rsplit_once("/src/") else { return false };
    let root = root.rsplit('/').next().unwrap_or(root).to_ascii_lowercase();
    let package = rest.split('/').next().unwrap_or(rest);
    root.starts_with("go") && STANDARD.contains(&package)
}

/// Compiler and vet messages: below a `# package` line, or with a column.
fn compile_errors(text: &mut Text, found: &mut Vec<Found>) {
    let mut below_header = false;
    let mut at = 0;
    while at < text.lines.len() {
        let line = text.lines[at];
        if line.starts_with("# ") {
            below_header = true;
        } else if let Some(caught) = line.contains(".go:").then(|| COMPILE.captures(line)).flatten()
        {
            if !below_header && caught.get(3).is_none() {
                at += 1;
                continue;
            }
            let more = text.lines[at + 1..].iter().take_while(|l| l.starts_with('\t')).count();
            let mut frame = Frame::at(&caught[1], number(&caught[2]));
            frame.column = caught.get(3).and_then(|m| number(m.as_str()));
            let mut message = caught[4].to_owned();
            for line in &text.lines[at + 1..at + 1 + more] {
                message.push('\n');
                message.push_str(line.trim());
            }
            let syntax = message.starts_with("syntax error: ")
                || message.starts_with("expected ")
                || message.starts_with("missing ") && line.starts_with("vet: ");
            let mut failure =
                Failure::of(if syntax { FailureKind::Syntax } else { FailureKind::Compile });
            failure.language = Some(Language::Go);
            failure.message = message;
            failure.frames = vec![frame];
            found.push(Found::new(Rank::Reported, at, failure));
            text.claim(at..at + 1 + more);
            at += 1 + more;
            continue;
        } else {
            below_header = false;
        }
        at += 1;
    }
}
