//! Prompts and answers of the embedded model. Pure text; the version that is known here is
//! [`crate::engine::REPAIR_FORMAT`]. `training/format_cases.json` holds cases on which this and the
//! training agree.
#![doc = include_str!("../../../../prompts/embedded_v1.md")]

use crate::base::Language;

/// Lines of a window at most.
pub const MAX_LINES: usize = 96;
/// What the lines of a window may cost at most: one each, and their tokens.
pub const MAX_COST: usize = 880;
/// Characters of a message at most.
const MAX_MESSAGE: usize = 160;
/// Lines marked as failing at most.
const MAX_MARKS: usize = 3;
/// Control tokens that are not numbered.
const CONTROL: &[&str] = &[
    "<pad>",
    "<bos>",
    "<eos>",
    "<err>",
    "<at>",
    "<src>",
    "<fix>",
    "<rep>",
    "<ins>",
    "<end>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<py>",
    "<rs>",
    "<js>",
    "<ts>",
    "<go>",
];
/// Reserved control tokens: `<reserved_0>` and on.
const RESERVED: usize = 14;

/// Lines without what they have in common, and that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tidy {
    pub lines: Vec<String>,
    /// The indentation that was taken off every line.
    pub shared: String,
}

/// A window's lines as the prompt shows them: no blanks at their ends, no common indentation.
pub fn tidy(lines: &[&str]) -> Tidy {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end_matches(is_blank)).collect();
    let mut shared: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let lead = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        shared = Some(shared.map_or(lead, |known| common_start(known, lead)));
    }
    let shared = shared.unwrap_or_default().to_owned();
    let lines = lines.iter().map(|line| line.strip_prefix(&*shared).unwrap_or("").to_owned());
    Tidy { lines: lines.collect(), shared }
}

/// Lines after an edit, without the indentation that was taken off those before; `None` where one
/// does not have it.
pub fn tidy_after(lines: &[&str], shared: &str) -> Option<Vec<String>> {
    let without = |line: &str| {
        let line = line.trim_end_matches(is_blank);
        let rest = if line.is_empty() { Some(line) } else { line.strip_prefix(shared) };
        rest.map(str::to_owned)
    };
    lines.iter().map(|line| without(line)).collect()
}

/// The part `begin..end` of a window that fits. Lines are left off one by one at the end that lies
/// farther from `focus` (from 0), the last one at equal distance; the line of `focus` stays.
pub fn fit(costs: &[usize], focus: usize) -> (usize, usize) {
    let (mut begin, mut end) = (0, costs.len());
    let mut total: usize = costs.iter().sum();
    while end - begin > 1 && (end - begin > MAX_LINES || total > MAX_COST) {
        if end - 1 - focus >= focus - begin {
            end -= 1;
            total -= costs[end];
        } else {
            total -= costs[begin];
            begin += 1;
        }
    }
    (begin, end)
}

/// The prompt for a tidy window; `None` where it cannot be shown. `marks` are lines known to fail,
/// from 1, innermost first.
pub fn prompt(
    language: Language,
    error: &str,
    marks: &[usize],
    lines: &[String],
) -> Option<String> {
    let shown = |line: &String| !spells_control(line);
    if lines.is_empty() || lines.len() > MAX_LINES || !lines.iter().all(shown) {
        return None;
    }
    let mut out = format!("{}<err>{}<at>", head(language), message(error));
    for mark in marks.iter().take(MAX_MARKS) {
        out.push_str(&number(*mark));
    }
    out.push_str("<src>");
    for (index, line) in lines.iter().enumerate() {
        out.push_str(&number(index + 1));
        out.push_str(line);
    }
    out.push_str("<fix>");
    Some(out)
}

/// What every prompt begins with.
pub fn head(language: Language) -> String {
    format!("<bos>{}", token(language))
}

/// The answer that turns one list of tidy lines into another; `None` where there is none.
pub fn answer(before: &[String], after: &[String]) -> Option<String> {
    if after.iter().any(|line| spells_control(line)) {
        return None;
    }
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    let mut out = String::new();
    for block in blocks(before, after) {
        let (old, new) = (&before[block.old.clone()], &after[block.new]);
        hunks(head + block.old.start + 1, old, new, &mut out)?;
    }
    if out.is_empty() {
        return None;
    }
    out.push_str("<end>");
    Some(out)
}

/// An error message as the prompt shows it.
fn message(text: &str) -> String {
    let first = text.split('\n').find(|line| !line.trim_matches(is_blank).is_empty());
    let words = first.unwrap_or_default().split(is_blank).filter(|word| !word.is_empty());
    let short: String = words.collect::<Vec<_>>().join(" ").chars().take(MAX_MESSAGE).collect();
    let short = short.trim_end_matches(' ');
    if spells_control(short) { String::new() } else { short.to_owned() }
}

fn token(language: Language) -> &'static str {
    match language {
        Language::Python => "<py>",
        Language::Rust => "<rs>",
        Language::JavaScript => "<js>",
        Language::TypeScript | Language::Tsx => "<ts>",
        Language::Go => "<go>",
    }
}

fn number(line: usize) -> String {
    format!("<L{line}>")
}

/// True when `text` holds the spelling of a control token.
fn spells_control(text: &str) -> bool {
    let is_token = |inner: &str| {
        let numbered = |start: &str, least: usize, most: usize| {
            inner.strip_prefix(start).is_some_and(|digits| {
                let plain = digits == "0" || !digits.starts_with('0');
                let number = digits.parse().ok().filter(|n| (least..=most).contains(n));
                plain && number.is_some() && digits.bytes().all(|b| b.is_ascii_digit())
            })
        };
        numbered("L", 1, MAX_LINES) || numbered("reserved_", 0, RESERVED - 1)
    };
    CONTROL.iter().any(|token| text.contains(token))
        || text
            .split('<')
            .skip(1)
            .any(|rest| rest.split_once('>').is_some_and(|(i, _)| is_token(i)))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c' | '\x0b')
}

fn common_start<'t>(a: &'t str, b: &str) -> &'t str {
    let length = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    &a[..length]
}

/// A run of changed lines.
struct Block {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

/// The changed runs between the lines of a longest common subsequence.
fn blocks(before: &[String], after: &[String]) -> Vec<Block> {
    let mut best = vec![vec![0_u32; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            best[i][j] = if before[i] == after[j] {
                best[i + 1][j + 1] + 1
            } else {
                best[i + 1][j].max(best[i][j + 1])
            };
        }
    }
    let mut out = Vec::new();
    let (mut i, mut j, mut from_i, mut from_j) = (0, 0, 0, 0);
    loop {
        let at_end = i == before.len() && j == after.len();
        let equal = i < before.len() && j < after.len() && before[i] == after[j];
        if at_end || equal {
            if (i, j) != (from_i, from_j) {
                out.push(Block { old: from_i..i, new: from_j..j });
            }
            if at_end {
                return out;
            }
            (i, j) = (i + 1, j + 1);
            (from_i, from_j) = (i, j);
        } else if j == after.len() || i < before.len() && best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// Writes the hunks of one block whose first line has this number.
fn hunks(first: usize, old: &[String], new: &[String], out: &mut String) -> Option<()> {
    if old.is_empty() {
        out.push_str(&number(first));
        out.push_str("<ins>");
        out.push_str(&new.join("\n"));
        return Some(());
    }
    for (index, line) in old.iter().enumerate() {
        out.push_str(&number(first + index));
        if index >= new.len() {
            out.push_str(line);
            out.push_str("<rep>");
            continue;
        }
        let last = index + 1 == old.len();
        let text = if last { new[index..].join("\n") } else { new[index].clone() };
        if text.is_empty() {
            return None;
        }
        let (from, to) = replacement(line, &text);
        out.push_str(&from);
        out.push_str("<rep>");
        out.push_str(&to);
    }
    Some(())
}

/// The smallest replacement by whole pieces whose old text occurs once in the line.
fn replacement(old: &str, new: &str) -> (String, String) {
    let (before, after) = (pieces(old), pieces(new));
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let back = before[head..].iter().rev().zip(after[head..].iter().rev());
    let tail = back.take_while(|(a, b)| a == b).count();
    let (mut begin, mut end) = (head, before.len() - tail);
    while !occurs_once(old, &before[begin..end].concat()) {
        if begin > 0 {
            begin -= 1;
        } else if end < before.len() {
            end += 1;
        } else {
            break;
        }
    }
    let kept = after.len() - (before.len() - end);
    (before[begin..end].concat(), after[begin..kept].concat())
}

fn occurs_once(line: &str, text: &str) -> bool {
    !text.is_empty() && line.find(text).is_some() && line.find(text) == line.rfind(text)
}

/// Runs of ASCII letters, digits and underscores, runs of blanks, and single other characters.
fn pieces(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |part: &dyn Fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let length = if is_word(first) {
            run(&is_word)
        } else if is_blank(first) {
            run(&is_blank)
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        out.push(piece);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        language: String,
        err: String,
        at: Vec<usize>,
        lines_before: Vec<String>,
        lines_after: Vec<String>,
        prompt: Option<String>,
        target: Option<String>,
    }

    #[test]
    fn agrees_with_the_training() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../../training/format_cases.json")).unwrap();
        assert!(cases.len() > 30);
        for case in cases {
            let language = match case.language.as_str() {
                "py" => Language::Python,
                "rs" => Language::Rust,
                "js" => Language::JavaScript,
                "ts" => Language::TypeScript,
                "go" => Language::Go,
                other => panic!("unknown language {other}"),
            };
            fn borrowed(lines: &[String]) -> Vec<&str> {
                lines.iter().map(String::as_str).collect()
            }
            let before = tidy(&borrowed(&case.lines_before));
            let shown = prompt(language, &case.err, &case.at, &before.lines);
            assert_eq!(shown, case.prompt, "{:?}", case.lines_before);
            let after = tidy_after(&borrowed(&case.lines_after), &before.shared);
            let wanted = after.and_then(|after| answer(&before.lines, &after));
            assert_eq!(wanted, case.target, "{:?} {:?}", case.lines_before, case.lines_after);
        }
    }

    #[test]
    fn control_tokens_are_recognised() {
        for text in ["a <fix> b", "<L1>", "x<L96>", "<<reserved_13>", "<bos"] {
            assert_eq!(spells_control(text), text != "<bos", "{text}");
        }
        for text in ["<L0>", "<L97>", "<L01>", "<L>", "<reserved_14>", "a < b > c", "<Lx>"] {
            assert!(!spells_control(text), "{text}");
        }
    }

    #[test]
    fn long_windows_lose_the_far_end() {
        assert_eq!(fit(&[300; 5], 0), (0, 2));
        assert_eq!(fit(&[300; 5], 2), (1, 3));
        assert_eq!(fit(&[300; 5], 4), (3, 5));
        assert_eq!(fit(&[1; 100], 50), (2, 98));
        assert_eq!(fit(&[2000], 0), (0, 1));
        assert_eq!(fit(&[], 0), (0, 0));
    }
}
