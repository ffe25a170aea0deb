//! Conflict markers of a merge: the three in their order.

use super::finding::Severity;
use super::rules::MERGE_MARKER;
use super::source::{Draft, Source, World};
use crate::base::{Line, Span};

/// Looks for `<<<<<<<`, `=======`, `>>>>>>>` at the start of lines.
pub(super) fn find(source: &Source, _world: World<'_>, out: &mut Vec<Draft>) {
    if !source.text.contains("<<<<<<< ") || !source.text.contains("\n>>>>>>> ") {
        return;
    }
    // A text that parses has its markers in a string: shown by a test, or a conflict in a docstring.
    let in_string = source.is_clean();
    if source.kind.fixture || (in_string && source.kind.test) {
        return;
    }
    let (mut open, mut parted, mut fenced) = (None, false, false);
    for (index, line) in source.text.lines().enumerate() {
        let number = Line(u32::try_from(index + 1).unwrap_or(u32::MAX));
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if fenced && source.kind.docs {
            continue;
        }
        if line.starts_with("<<<<<<< ") {
            (open, parted) = (Some(number), false);
        } else if line == "=======" && open.is_some() {
            parted = true;
        } else if line.starts_with(">>>>>>> ") && parted {
            let Some(first) = open.take() else { continue };
            let span = |line| source.lines.span(line).unwrap_or(Span::at(0));
            let place = Span::new(span(first).start, span(first).end.max(span(first).start));
            if source.wants_lines(first, number) {
                let message = format!(
                    "conflict markers from here to line {number}: the merge was not finished; keep one side and remove the markers"
                );
                let draft = Draft::new(&MERGE_MARKER, source, place, message).confidence(0.98);
                out.push(if in_string || source.kind.test {
                    draft.at_most(Severity::Warns).confidence(0.6)
                } else {
                    draft
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::agent::review::Severity;
    use crate::agent::review::testing::{found, rules_of};

    fn markers(inner: &str) -> String {
        format!(
            "a\n{} ours\n{inner}\n{}\n2\n{} theirs\n",
            "<".repeat(7),
            "=".repeat(7),
            ">".repeat(7)
        )
    }

    #[test]
    fn a_conflict() {
        assert_eq!(rules_of("a.cfg", "", &markers("1")), ["merge-marker"]);
        assert_eq!(rules_of("a.md", "", &markers("1")), ["merge-marker"]);
        assert_eq!(found("requirements/a.txt", "", &markers("1"))[0].severity, Severity::Blocks);
        assert!(rules_of("a.py", "", &markers("1")).contains(&"merge-marker".to_owned()));
    }

    #[test]
    fn what_only_looks_like_one() {
        let shown = format!("X = '''\n{}'''\n", markers("1"));
        assert_eq!(rules_of("tests/a.py", "", &shown), [""; 0]);
        assert_eq!(found("a.py", "", &shown)[0].severity, Severity::Warns);
        assert_eq!(rules_of("a.md", "", &format!("```\n{}```\n", markers("1"))), [""; 0]);
        assert_eq!(rules_of("a.rst", "", "Title\n=======\n"), [""; 0]);
        assert_eq!(rules_of("a.cfg", &markers("1"), &format!("{}b\n", markers("1"))), [""; 0]);
    }
}
