//! Finds the lines that an edit means: as they are, else with other white space, and only where a single place
//! can be meant.

/// `text` with the one occurrence of `old` replaced by `new`.
///
/// # Errors
/// In words for the model, with the lines that are nearest.
pub(super) fn replace(text: &str, old: &str, new: &str) -> Result<String, String> {
    let (old, new) = (without_numbers(old), without_numbers(new));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let old_lines: Vec<&str> = trimmed_lines(&old);
    if old_lines.is_empty() {
        return Err("the old lines are empty".to_owned());
    }
    let same: [fn(&str, &str) -> bool; 3] =
        [|a, b| a == b, |a, b| a.trim_end() == b.trim_end(), |a, b| a.trim() == b.trim()];
    for (level, same) in same.into_iter().enumerate() {
        let places = places(&lines, &old_lines, same);
        match places[..] {
            [] => {}
            [at] => {
                let found = &lines[at..at + old_lines.len()];
                let new = if level == 2 { indented(&new, &old_lines, found) } else { new };
                // Blank lines at the borders of the old text are taken for its own.
                let new = with_borders_of(&old, &new);
                return Ok(splice(&lines, at, old_lines.len(), &new));
            }
            _ => return Err(ambiguous(&places)),
        }
    }
    // Within a line.
    let piece = old.trim_matches('\n');
    match text.match_indices(piece).collect::<Vec<_>>()[..] {
        [(at, _)] => {
            let new = new.trim_matches('\n');
            Ok(format!("{}{new}{}", &text[..at], &text[at + piece.len()..]))
        }
        [] => Err(nearest(&lines, &old_lines, new.trim())),
        ref several => {
            let line = |at: usize| text[..at].matches('\n').count();
            Err(ambiguous(&several.iter().map(|(at, _)| line(*at)).collect::<Vec<_>>()))
        }
    }
}

/// `text` with the lines `first` to `last`, from 1, replaced by `new`.
///
/// # Errors
/// Lines that are not there.
pub(super) fn replace_lines(
    text: &str,
    first: u32,
    last: u32,
    new: &str,
) -> Result<String, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, last) = (first as usize, last as usize);
    if first == 0 || last < first || last > lines.len() {
        return Err(format!(
            "there are no lines {first}-{last}: the file has {} lines, counted from 1",
            lines.len()
        ));
    }
    Ok(splice(&lines, first - 1, last + 1 - first, &without_numbers(new)))
}

/// The lines with `count` of them from `at` on replaced, in the line ends that are there.
fn splice(lines: &[&str], at: usize, count: usize, new: &str) -> String {
    let old = &lines[at..at + count];
    let crlf = old.iter().chain(lines.first()).next().is_some_and(|line| line.ends_with("\r\n"));
    let mut new = new.replace("\r\n", "\n");
    let at_end = at + count == lines.len();
    let open = at_end && old.last().is_some_and(|line| !line.ends_with('\n'));
    if !new.is_empty() && !new.ends_with('\n') && !open {
        new.push('\n');
    } else if open && new.ends_with('\n') {
        new.pop();
    }
    if crlf {
        new = new.replace('\n', "\r\n");
    }
    let mut out: String = lines[..at].concat();
    out.push_str(&new);
    out.extend(lines[at + count..].iter().copied());
    out
}

fn bare(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// The lines of a text but for blank ones at its borders.
fn trimmed_lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let some = |line: &&str| !line.trim().is_empty();
    let (Some(first), Some(last)) = (lines.iter().position(some), lines.iter().rposition(some))
    else {
        return Vec::new();
    };
    lines[first..=last].to_vec()
}

fn with_borders_of(old: &str, new: &str) -> String {
    let blank = |text: &str| text.lines().take_while(|line| line.trim().is_empty()).count();
    let blank_end = |text: &str| text.lines().rev().take_while(|l| l.trim().is_empty()).count();
    let lines: Vec<&str> = new.lines().collect();
    let begin = blank(old).min(blank(new));
    let end = blank_end(old).min(blank_end(new)).min(lines.len() - begin);
    let kept = &lines[begin..lines.len() - end];
    if kept.is_empty() { String::new() } else { format!("{}\n", kept.join("\n")) }
}

fn places(lines: &[&str], old: &[&str], same: fn(&str, &str) -> bool) -> Vec<usize> {
    let fits = |at: &usize| {
        lines[*at..*at + old.len()].iter().zip(old).all(|(line, old)| same(bare(line), old))
    };
    (0..(lines.len() + 1).saturating_sub(old.len())).filter(fits).collect()
}

/// `new` moved to where the file has the old lines.
fn indented(new: &str, old: &[&str], found: &[&str]) -> String {
    let indent = |line: &str| line[..line.len() - line.trim_start().len()].to_owned();
    let (was, is) = (indent(old[0]), indent(bare(found[0])));
    let moved = new.lines().map(|line| {
        if line.trim().is_empty() {
            return String::new();
        }
        match line.strip_prefix(was.as_str()) {
            Some(rest) => format!("{is}{rest}"),
            None => line.to_owned(),
        }
    });
    let mut text = moved.collect::<Vec<_>>().join("\n");
    if new.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Without the numbers that `read` puts in front of lines, where each line has one.
fn without_numbers(text: &str) -> String {
    let number = |line: &str| -> Option<usize> {
        let at = line.find('|')?;
        let digits = line[..at].trim();
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(at + 1)
    };
    let some = || text.lines().filter(|line| !line.trim().is_empty());
    if some().next().is_none() || !some().all(|line| number(line).is_some()) {
        return text.to_owned();
    }
    let mut out = String::new();
    for line in text.lines() {
        let rest = number(line).map_or(line, |at| &line[at..]);
        out.push_str(rest.strip_prefix(' ').unwrap_or(rest));
        out.push('\n');
    }
    out
}

fn ambiguous(places: &[usize]) -> String {
    let lines: Vec<String> = places.iter().take(6).map(|at| (at + 1).to_string()).collect();
    format!(
        "the old lines are there {} times (at lines {}): give more lines around them, so that one place \
         is meant",
        places.len(),
        lines.join(", ")
    )
}

/// Says what is there instead.
fn nearest(lines: &[&str], old: &[&str], new: &str) -> String {
    let whole = lines.concat();
    if new.len() > 3 && whole.contains(new) {
        return "the old lines are not in the file, but the new ones are: this edit was made already"
            .to_owned();
    }
    let wanted = old.join(" ");
    let wanted = words(&wanted);
    let likeness = |at: usize| {
        let window = &lines[at..(at + old.len()).min(lines.len())];
        let there = window.concat();
        let there = words(&there);
        let common = wanted.iter().filter(|word| there.contains(word)).count();
        let equal = window.iter().zip(old).filter(|(a, b)| a.trim() == b.trim()).count();
        common + 3 * equal
    };
    let best =
        (0..lines.len()).map(|at| (likeness(at), at)).max_by_key(|(l, at)| (*l, usize::MAX - at));
    match best {
        Some((likeness, at)) if likeness > 0 => {
            let from = at.saturating_sub(1);
            let until = (at + old.len() + 1).min(lines.len()).min(from + 30);
            let shown = numbered(&lines[from..until], from + 1);
            format!("the old lines are not in the file as they are written. Nearest:\n{shown}")
        }
        _ => "the old lines are not in the file; read it first".to_owned(),
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| word.len() > 1).collect()
}

/// Lines with their numbers, as `read` shows them.
pub(super) fn numbered(lines: &[&str], first: usize) -> String {
    let mut out = String::new();
    for (number, line) in (first..).zip(lines) {
        out.push_str(&format!("{number}| {}\n", bare(line)));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODE: &str = "def f(x):\n    if x:\n        return 1\n    return 2\n";

    #[test]
    fn lines_are_found_as_they_are_or_nearly() {
        for (old, new, result) in [
            ("    return 2\n", "    return 3\n", CODE.replace("return 2", "return 3")),
            ("\n    return 2\n\n", "\n    return 3\n\n", CODE.replace("return 2", "return 3")),
            ("    return 2  ", "    return 3", CODE.replace("return 2", "return 3")),
            ("return 2", "return 3", CODE.replace("return 2", "return 3")),
            ("if x:\n    return 1", "if x:\n    return 9", CODE.replace("return 1", "return 9")),
            ("4|     return 2", "4|     return 3", CODE.replace("return 2", "return 3")),
            ("f(x)", "g(x)", CODE.replace("f(x)", "g(x)")),
            ("    if x:\n        return 1\n", "", "def f(x):\n    return 2\n".to_owned()),
        ] {
            assert_eq!(replace(CODE, old, new), Ok(result), "{old:?}");
        }
        // A whole line is meant, not the end of another.
        assert_eq!(replace("max = 1\nx = 1\n", "x = 1\n", "x = 2\n").unwrap(), "max = 1\nx = 2\n");
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        assert_eq!(replace("a\r\nb\r\nc", "b\n", "x\ny\n").unwrap(), "a\r\nx\r\ny\r\nc");
        assert_eq!(replace("a\nb", "b\n", "x\n").unwrap(), "a\nx");
        assert_eq!(replace_lines("a\nb\n", 2, 2, "x").unwrap(), "a\nx\n");
        assert_eq!(replace_lines("a\nb\n", 1, 2, "").unwrap(), "");
    }

    #[test]
    fn what_is_not_there_or_not_alone_is_told() {
        let error = replace(CODE, "    if y:\n        return 7\n", "zzz").unwrap_err();
        assert!(error.contains("2|     if x:\n"), "{error}");
        assert!(replace("a\nb\na\n", "a\n", "c\n").unwrap_err().contains("at lines 1, 3"));
        assert!(replace(CODE, "return 5", "return 2").unwrap_err().contains("made already"));
        assert!(replace(CODE, "zzz", "y").unwrap_err().contains("read it first"));
        assert!(replace(CODE, " \n", "y").unwrap_err().contains("empty"));
        for (first, last) in [(0, 1), (2, 1), (4, 5)] {
            assert!(replace_lines(CODE, first, last, "x").unwrap_err().contains("4 lines"));
        }
    }

    proptest! {
        #[test]
        fn all_other_lines_stay(
            lines in prop::collection::vec("[ a-d]{0,5}", 1..12), at in 0usize..12, new in "[a-d \n]{0,9}",
        ) {
            let at = at % lines.len();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let unique = lines.iter().filter(|line| line.trim() == lines[at].trim()).count() == 1;
            if let Ok(out) = replace(&text, &lines[at], &new)
                && unique
            {
                let before: String = lines[..at].iter().map(|line| format!("{line}\n")).collect();
                let after: String = lines[at + 1..].iter().map(|line| format!("{line}\n")).collect();
                prop_assert!(out.starts_with(&before) && out.ends_with(&after), "{out:?}");
            }
        }
    }
}
