//! What the user does not want to hear: a comment on the line, or a list of their own.

use super::finding::Finding;

/// Rules, paths and single findings that are not reported.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Rule(String),
    RuleIn(String, String),
    Path(String),
    Fingerprint(String),
}

/// An entry that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a rule, a path with `/` or `*`, `RULE in PATH`, nor the 16 digits of a finding"
)]
pub struct BadEntry(pub String);

impl Suppressions {
    /// Reads entries: `RULE`, `RULE in PATH`, `PATH`, or a fingerprint. In a path `*` stands for anything
    /// but `/`, `**` for anything; a directory stands for all below it.
    ///
    /// # Errors
    /// [`BadEntry`] for the first one that is none of these.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, BadEntry> {
        let entries = entries.into_iter().map(str::trim).filter(|e| !e.is_empty());
        let entries = entries.map(|entry| {
            if let Some((rule, path)) = entry.split_once(" in ") {
                known(rule.trim(), entry)?;
                return Ok(Entry::RuleIn(rule.trim().to_owned(), path.trim().to_owned()));
            }
            if entry.len() == 16 && entry.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Ok(Entry::Fingerprint(entry.to_ascii_lowercase()));
            }
            if entry.contains(['/', '*', '.']) {
                return Ok(Entry::Path(entry.to_owned()));
            }
            known(entry, entry)?;
            Ok(Entry::Rule(entry.to_owned()))
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// True when a finding is on the list.
    pub fn covers(&self, finding: &Finding) -> bool {
        self.entries.iter().any(|entry| match entry {
            Entry::Rule(rule) => rule == finding.rule.id,
            Entry::RuleIn(rule, path) => rule == finding.rule.id && matches(path, &finding.path),
            Entry::Path(path) => matches(path, &finding.path),
            Entry::Fingerprint(print) => *print == finding.fingerprint,
        })
    }
}

fn known(rule: &str, entry: &str) -> Result<(), BadEntry> {
    super::rules::rule(rule).map(|_| ()).ok_or_else(|| BadEntry(entry.to_owned()))
}

/// True when a pattern means a path: the whole of it, or a directory above it.
fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_end_matches('/').trim_start_matches("./");
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter().any(|end| glob(pattern.as_bytes(), &path.as_bytes()[..end]))
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            glob(rest, text)
                || (0..text.len()).any(|at| text[at] == b'/' && glob(rest, &text[at + 1..]))
        }
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        [b'*', rest @ ..] => {
            let reach = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=reach).any(|at| glob(rest, &text[at..]))
        }
        [b'?', rest @ ..] => text.first().is_some_and(|b| *b != b'/') && glob(rest, &text[1..]),
        [byte, rest @ ..] => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}

/// True when a comment on the line, or alone on the line above, says that the rule is meant to be broken here.
pub(super) fn allowed_on(rule: &str, line: &str, above: &str) -> bool {
    let above = above.trim_start();
    let comment = above.starts_with(['#', ';'])
        || ["//", "/*", "<!--", "--", "%"].iter().any(|m| above.starts_with(m));
    says(rule, line) || (comment && above.contains("slm:") && says(rule, above))
}

fn says(rule: &str, line: &str) -> bool {
    let secret =
        matches!(rule, "secret" | "private-key" | "credentials-in-url" | "possible-secret");
    if let Some((_, rest)) = line.split_once("slm:ignore") {
        let words = rest
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|w| !w.is_empty());
        // Words behind the rules are the reason; without any rule, everything is meant.
        let mut named = words.filter(|w| super::rules::rule(w).is_some()).peekable();
        return named.peek().is_none() || named.any(|w| w == rule);
    }
    if secret
        && ["slm:allow-secret", "allowlist secret", "gitleaks:allow", "nosecret", "noqa: S10"]
            .iter()
            .any(|m| line.contains(m))
    {
        return true;
    }
    foreign(rule, line)
}

/// What other tools are told on the line counts for the rules that mean the same.
fn foreign(rule: &str, line: &str) -> bool {
    let code = |codes: &[&str]| {
        let Some((_, rest)) = line.split_once("noqa") else { return false };
        let rest = rest.trim_start();
        !rest.starts_with(':') || codes.iter().any(|c| rest.contains(c))
    };
    match rule {
        "undefined-name" => {
            code(&["F821", "F822"])
                || line.contains("type: ignore")
                || line.contains("no-undef")
                || line.contains("pylint: disable")
        }
        "missing-import" | "missing-module" | "missing-attribute" => {
            code(&["F401", "E0611", "F811"])
                || line.contains("type: ignore")
                || line.contains("pylint: disable")
                || line.contains("@ts-")
        }
        "wrong-arity" => line.contains("type: ignore") || line.contains("pylint: disable"),
        "is-literal" => code(&["F632"]),
        "swallowed-exception" => {
            code(&["E722", "BLE001", "S110"])
                || line.contains("pylint: disable")
                || line.contains("pragma: no cover")
        }
        "mutable-default" => code(&["B006"]) || line.contains("pylint: disable"),
        "debug-print" => code(&["T201", "T001"]) || line.contains("no-console"),
        "debugger" => code(&["T100"]) || line.contains("no-debugger"),
        "sql-injection" | "shell-injection" | "code-injection" | "unsafe-loading"
        | "tls-disabled" | "weak-password-hash" | "world-writable" | "fixed-temp-name"
        | "binds-everywhere" => {
            line.contains("nosec")
                || line.contains("nosemgrep")
                || line.contains("#nosec")
                || code(&["S"])
                || line.contains("eslint-disable")
        }
        "assigned-condition" => line.contains("no-cond-assign"),
        "self-comparison" => line.contains("no-self-compare") || code(&["PLR0124"]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments() {
        assert!(allowed_on("debugger", "breakpoint()  # slm:ignore debugger: on purpose", ""));
        assert!(allowed_on("debugger", "breakpoint()  # slm:ignore", ""));
        assert!(!allowed_on("debugger", "breakpoint()  # slm:ignore secret", ""));
        assert!(allowed_on("secret", "x", "// slm:allow-secret"));
        assert!(!allowed_on("secret", "x", "y = 1  # slm:allow-secret"));
        assert!(allowed_on("undefined-name", "x  # noqa: F821", ""));
        assert!(!allowed_on("undefined-name", "x  # noqa: E501", ""));
    }

    #[test]
    fn paths() {
        assert!(matches("tests", "tests/a/b.py") && matches("tests/", "tests/a.py"));
        assert!(
            matches("*.py", "a.py") && !matches("*.py", "b/a.py") && matches("**/*.py", "b/c/a.py")
        );
        assert!(matches("a/**", "a/b/c") && matches("a?c", "abc") && !matches("a", "b/a"));
    }

    #[test]
    fn entries() {
        assert!(
            Suppressions::parse(["secret", "debugger in scripts/**", "docs/", "0123456789abcdef"])
                .is_ok()
        );
        assert_eq!(Suppressions::parse(["nonsense"]).unwrap_err(), BadEntry("nonsense".to_owned()));
        assert!(Suppressions::parse(["nonsense in a"]).is_err());
    }
}
