//! Three-way merges by lines, for when a file has changed since: offered to the user, never applied
//! unasked.

use similar::TextMerge;

/// The result of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Both sides' changes fit together.
    Clean(Vec<u8>),
    /// The text with conflict markers, and their number.
    Conflict { text: Vec<u8>, conflicts: usize },
    /// Binary contents cannot be merged by lines.
    NotText,
}

/// Merges the changes from `base` to `ours` and from `base` to `theirs`; the labels name the two
/// sides in conflict markers.
pub(super) fn merge(base: &[u8], ours: (&str, &[u8]), theirs: (&str, &[u8])) -> Merge {
    if [base, ours.1, theirs.1].iter().any(|text| text.iter().take(8000).any(|&byte| byte == 0)) {
        return Merge::NotText;
    }
    let mut merge = TextMerge::from_lines(base, ours.1, theirs.1);
    merge.labels("before", ours.0, theirs.0);
    let conflicts = merge.conflict_count();
    let mut text = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = merge.to_writer(&mut text);
    if conflicts == 0 { Merge::Clean(text) } else { Merge::Conflict { text, conflicts } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn apart_is_clean_and_together_is_a_conflict() {
        let base = b"a\nb\nc\nd\n";
        assert_eq!(
            merge(base, ("now", b"A\nb\nc\nd\n"), ("fix", b"a\nb\nc\nD\n")),
            Merge::Clean(b"A\nb\nc\nD\n".to_vec())
        );
        let Merge::Conflict { text, conflicts } =
            merge(base, ("now", b"a\nX\nc\nd\n"), ("fix", b"a\nY\nc\nd\n"))
        else {
            panic!("no conflict")
        };
        assert_eq!(conflicts, 1);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("<<<<<<< now") && text.contains(">>>>>>> fix"), "{text}");
        assert_eq!(merge(b"\0", ("now", b"a"), ("fix", b"b")), Merge::NotText);
    }

    proptest! {
        #[test]
        fn one_sided_changes_win(base in "[ab\r\n]{0,20}", other in "[ab\r\n]{0,20}") {
            let (base, other) = (base.as_bytes(), other.as_bytes());
            let clean = Merge::Clean(other.to_vec());
            prop_assert_eq!(&merge(base, ("l", base), ("r", other)), &clean);
            prop_assert_eq!(&merge(base, ("l", other), ("r", base)), &clean);
        }
    }
}
