//! Findings as short lines for people.

use std::fmt::Write as _;

use super::finding::{Finding, Severity};
use crate::base::sanitize;

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub blocks: usize,
    pub warns: usize,
    pub informs: usize,
}

/// Counts.
pub fn totals(findings: &[Finding]) -> Totals {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    Totals {
        blocks: count(Severity::Blocks),
        warns: count(Severity::Warns),
        informs: count(Severity::Informs),
    }
}

/// `path:line: message [rule]`, then the source; those below `least` only counted. At most `most` findings.
pub fn human(findings: &[Finding], least: Severity, most: usize) -> String {
    let mut out = String::new();
    let mut shown: Vec<&Finding> = findings.iter().filter(|f| f.severity >= least).collect();
    // What stops the commit is read first.
    shown.sort_by_key(|f| std::cmp::Reverse(f.severity));
    for finding in shown.iter().take(most) {
        let path = one_line(&finding.path);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{path}:{}: {}: {} [{}]",
            finding.line(),
            finding.severity.name(),
            finding.message,
            finding.rule.id
        );
        if !finding.evidence.is_empty() {
            let _ = writeln!(out, "    {}", finding.evidence);
        }
    }
    if shown.len() > most {
        let _ = writeln!(out, "... and {} more", shown.len() - most);
    }
    let totals = totals(findings);
    let parts = [
        (totals.blocks, "blocking"),
        (totals.warns, "to look at"),
        (totals.informs, "for information"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if !parts.is_empty() {
        let _ = writeln!(out, "{}", parts.join(", "));
    }
    out
}

/// A file name may hold anything, a line feed too.
fn one_line(path: &str) -> String {
    sanitize(path).replace('\n', "\\n").replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::review::testing::found;

    #[test]
    fn lines() {
        let all = found("src/a.py", "", "def f(x):\n    breakpoint()\n    return f'a'\n");
        let text = human(&all, Severity::Warns, 10);
        assert_eq!(
            text,
            "src/a.py:2: blocks: `breakpoint()` stops the program and waits for input; remove it before the commit [debugger]\n    breakpoint()\n1 blocking, 1 for information\n"
        );
        assert!(human(&all, Severity::Informs, 1).contains("... and 1 more"));
        assert_eq!(human(&[], Severity::Informs, 10), "");
    }

    #[test]
    fn hostile_paths() {
        let all = found("a\n\u{1b}[31mb.py", "", "x = 'a' is 'b'\n");
        assert!(human(&all, Severity::Informs, 9).starts_with("a\\n\\u{1b}[31mb.py:1: "));
    }
}
