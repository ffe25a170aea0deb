//! What makes two failures the same failure.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::text::pattern;
use super::{Failure, FailureKind};

static VOLATILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?P<hex>0x[0-9a-fA-F]+|\b[0-9a-f]{6,16}>)",
        r"|(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)",
        r"|(?P<stamp>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)",
        r"|(?P<clock>\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b)",
        r"|(?P<time>\b\d+(?:\.\d+)?(?:e-?\d+)?\s?(?:ns|µs|us|ms|s|sec|secs|seconds?|minutes?)\b)",
        r"|(?P<path>(?:file://)?(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]+){2,})",
        r"|(?P<id>\b(?:pid|PID|ThreadId|goroutine)[ =(:-]{1,2}\d+)",
    ))
});

/// A text that is equal for two runs of the same failure: the kind, the exception, the failing
/// tests (or, without any, the innermost function), and the message and the causes with whatever
/// differs from run to run (addresses, directories, dates, durations, process numbers) taken out.
pub fn signature(failure: &Failure) -> String {
    let mut out = String::new();
    describe(failure, &mut out);
    if failure.tests.is_empty() {
        // Where a recursion hits its limit is chance.
        let recursion = failure.exception.as_deref() == Some("RecursionError");
        if let Some(frame) = failure.frames.first().filter(|_| !recursion) {
            let file = frame.path.rsplit(['/', '\\']).next().unwrap_or(&frame.path);
            let _ = write!(out, " in {file}");
            if let Some(function) = &frame.function {
                let _ = write!(out, "::{function}");
            }
        }
    } else {
        let mut tests = failure.tests.clone();
        tests.sort();
        let _ = write!(out, " [{}]", tests.join(", "));
    }
    for cause in &failure.causes {
        out.push_str(" <- ");
        describe(cause, &mut out);
    }
    out
}

/// True when two failures are the same one, seen in runs that may have printed it differently
/// (shortened, in another style, with a message that is never the same twice): the signatures are
/// equal, or the kind and exception are, and so is a failing test or the innermost function.
pub fn same(a: &Failure, b: &Failure) -> bool {
    if a.kind != b.kind || a.exception != b.exception {
        return false;
    }
    if !a.tests.is_empty() && !b.tests.is_empty() {
        return a.tests.iter().any(|test| b.tests.contains(test));
    }
    let place = |failure: &Failure| {
        let frame = failure.frames.first()?;
        let file = frame.path.rsplit(['/', '\\']).next().unwrap_or(&frame.path).to_owned();
        Some((file, frame.function.clone()?))
    };
    let places = (place(a), place(b));
    matches!(&places, (Some(a), Some(b)) if a == b) || signature(a) == signature(b)
}

fn describe(failure: &Failure, out: &mut String) {
    let kind = match failure.kind {
        FailureKind::Exception => "exception",
        FailureKind::Assertion => "assertion",
        FailureKind::Syntax => "syntax",
        FailureKind::Compile => "compile",
        FailureKind::Panic => "panic",
        FailureKind::Test => "test",
    };
    let _ = write!(out, "{kind} {}: ", failure.exception.as_deref().unwrap_or("-"));
    out.push_str(&stable(&failure.message));
}

/// `message` without what changes from run to run.
pub(super) fn stable(message: &str) -> String {
    let replaced = VOLATILE.replace_all(message, |caught: &Captures| {
        if caught.name("path").is_some() {
            let name = caught[0].rsplit(['/', '\\']).next().unwrap_or_default();
            return format!("<path>/{name}");
        }
        let names = ["hex", "uuid", "stamp", "clock", "time", "id"];
        let name = names.iter().find(|name| caught.name(name).is_some());
        format!("<{}>", name.unwrap_or(&"?"))
    });
    replaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Frame;

    fn failure(message: &str) -> Failure {
        let mut failure = Failure::of(FailureKind::Exception);
        failure.exception = Some("E".into());
        failure.message = message.into();
        failure.frames =
            vec![Frame { function: Some("f".into()), ..Frame::at("/a/b.py", Some(3)) }];
        failure
    }

    #[test]
    fn what_changes_from_run_to_run_does_not_count() {
        for (a, b) in [
            ("<T object at 0x7f01>", "<T object at 0xAB12>"),
            ("{'a': <corout...7fb163a6cb80>}", "{'a': <corout...7fb163a6aa10>}"),
            ("no /tmp/pytest-1/x.txt", "no /tmp/pytest-22/x.txt"),
            ("took 0.12s", "took 11.5s"),
            ("at 2024-01-02T03:04:05Z", "at 2025-11-12T13:14:15Z"),
            ("pid 12 died", "pid 4711 died"),
            ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174fff"),
        ] {
            assert_eq!(signature(&failure(a)), signature(&failure(b)), "{a} / {b}");
        }
    }

    #[test]
    fn what_matters_counts() {
        for (a, b) in [
            ("assert 7 == 3", "assert 8 == 3"),
            ("no /tmp/a/x.txt", "no /tmp/a/y.txt"),
            ("key 'a'", "key 'b'"),
        ] {
            assert_ne!(signature(&failure(a)), signature(&failure(b)), "{a} / {b}");
        }
        let mut other = failure("m");
        other.kind = FailureKind::Assertion;
        assert_ne!(signature(&failure("m")), signature(&other));
        let mut other = failure("m");
        other.frames[0].function = Some("g".into());
        assert_ne!(signature(&failure("m")), signature(&other));
        other.tests = vec!["t".into()];
        let mut same = failure("m");
        same.tests = vec!["t".into()];
        assert_eq!(signature(&same), signature(&other));
    }

    #[test]
    fn the_same_in_another_style() {
        let (a, mut b) = (failure("assert 1 == 2\n + where 1 = f()"), failure("assert 1..."));
        assert!(same(&a, &b));
        b.frames[0].function = Some("g".into());
        assert!(!same(&a, &b));
        b = failure("assert 1");
        b.exception = Some("F".into());
        assert!(!same(&a, &b));
        let (mut a, mut b) = (failure("m"), failure("n"));
        (a.tests, b.tests) = (vec!["t".into()], vec!["u".into()]);
        assert!(!same(&a, &b));
        b.tests.push("t".into());
        assert!(same(&a, &b));
    }

    #[test]
    fn lines_may_move_and_trees_may_differ() {
        let (a, mut b) = (failure("m"), failure("m"));
        b.frames[0].path = "/elsewhere/b.py".into();
        b.frames[0].line = Some(99);
        assert_eq!(signature(&a), signature(&b));
    }
}
