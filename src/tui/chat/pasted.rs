//! A stack trace among what was pasted: what failed, and the command that would fail again.

use crate::base::{Language, RepoPath};
use crate::trace::{self, Failure, FailureKind};

/// Bytes of a paste that are looked at.
const MOST: usize = 256 << 10;

/// A trace in the composer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// What failed, in a line for the person.
    pub(super) what: String,
    /// The command to repair, when the trace tells.
    pub(super) command: Option<String>,
}

/// The trace in `text`, when there is one that says more than an error line: a place or a test.
pub(super) fn recognise(text: &str, files: &[RepoPath]) -> Option<Trace> {
    let short = text.len() > MOST || !text.contains('\n');
    let failures = if short { Vec::new() } else { trace::parse(text) };
    let tells = |failure: &&Failure| !failure.frames.is_empty() || !failure.tests.is_empty();
    let first = failures.iter().find(tells)?;
    let name = first.exception.as_deref().unwrap_or_else(|| kind(first.kind));
    let place = first.frames.first().map(|frame| match frame.line {
        Some(line) => format!(" at {}:{line}", frame.path),
        None => format!(" at {}", frame.path),
    });
    let what = format!("{name}{}", place.unwrap_or_default());
    let command = failures.iter().find_map(|failure| command(failure, files));
    Some(Trace { what, command })
}

fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Exception => "an exception",
        FailureKind::Assertion => "a failed assertion",
        FailureKind::Syntax => "a syntax error",
        FailureKind::Compile => "a compiler's error",
        FailureKind::Panic => "a panic",
        FailureKind::Test => "a failed test",
    }
}

/// The command that shows the failure again, where its form leaves no doubt. It is shown before it is run.
fn command(failure: &Failure, files: &[RepoPath]) -> Option<String> {
    let safe = |text: &&String| {
        let ordinary = |c: char| c.is_alphanumeric() || "_-./:[]".contains(c);
        text.chars().all(ordinary) && !text.starts_with('-')
    };
    if let Some(test) = failure.tests.iter().find(safe) {
        return match failure.language? {
            Language::Python if test.contains(".py::") => Some(format!("pytest -q '{test}'")),
            Language::Rust => Some(format!("cargo test {test}")),
            _ => None,
        };
    }
    // The outermost place is the program that was started, unless the trace was cut.
    let outermost = failure.frames.last()?;
    let path = &outermost.path;
    let known = files
        .iter()
        .find(|file| path == file.as_str() || path.ends_with(&format!("/{file}")) && safe(&path))?;
    let path = Some(known.as_str().to_owned()).filter(|path| safe(&path))?;
    match failure.language? {
        Language::Python if outermost.function.as_deref() == Some("<module>") => {
            Some(format!("python {path}"))
        }
        Language::JavaScript => Some(format!("node {path}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: &str = "Traceback (most recent call last):\n  File \"/home/me/shop/app.py\", line 9, in \
        <module>\n    main()\n  File \"/home/me/shop/stock.py\", line 3, in main\n    return stock[name]\n\
        KeyError: 'nuts'\n";

    fn files() -> Vec<RepoPath> {
        vec![RepoPath::new("shop/app.py").unwrap()]
    }

    #[test]
    fn a_trace_is_told_and_gets_its_command() {
        let trace = recognise(PYTHON, &files()).unwrap();
        assert_eq!(trace.what, "KeyError at /home/me/shop/stock.py:3");
        assert_eq!(trace.command.as_deref(), Some("python shop/app.py"));
        assert_eq!(recognise(PYTHON, &[]).unwrap().command, None);
        let cut = PYTHON.replace("<module>", "start");
        assert_eq!(recognise(&cut, &files()).unwrap().command, None);
    }

    #[test]
    fn a_failed_test_is_run_alone() {
        let text = "---- a::tests::adds stdout ----\n\nthread 'a::tests::adds' panicked at src/a.rs:7:9:\n\
            assertion `left == right` failed\n  left: 1\n right: 2\n\nfailures:\n    a::tests::adds\n";
        let trace = recognise(text, &[]).unwrap();
        assert_eq!(trace.command.as_deref(), Some("cargo test a::tests::adds"));
    }

    #[test]
    fn words_and_hostile_names_are_no_command() {
        assert_eq!(recognise("just\nwords about Error: things\n", &[]), None);
        let nasty = PYTHON.replace("app.py", "a;rm -rf ~;.py");
        let file = RepoPath::new("shop/a;rm -rf ~;.py").unwrap();
        assert_eq!(recognise(&nasty, &[file]).unwrap().command, None);
    }
}
