//! What is usual in a text: how familiar its own habits make an edit look.
//!
//! Most repairs say something that the file says elsewhere, and most wrong lines say something that
//! it says nowhere else. This is measured with counts of the text's own token sequences (a cache
//! language model; Hindle et al. 2012, "On the naturalness of software", and Tu et al. 2014, "On the
//! localness of software"), leaving out the line under suspicion, which is no witness for itself.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::{Line, LineIndex, Replacement, Span, splice};

/// Longest token sequence that is counted.
const ORDER: usize = 4;
/// Tokens after an edit that are looked at as well: it must fit what follows.
const AFTERWARDS: usize = 3;
/// Tokens that a text might hold besides those it does.
const UNSEEN: f64 = 1000.0;
/// Bounds of [`Familiarity::gain`]: a long insertion is not infinitely strange.
const GAIN: (f64, f64) = (-30.0, 10.0);
/// Any sequence of line feeds and indentation is this token.
const LINE_END: &str = "\n";
/// Identifiers of tokens that the text does not hold start here.
const STRANGERS: u32 = 1 << 31;

/// How familiar the outcome of an edit looks, next to what it replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Familiarity {
    /// Log-probability of the three tokens behind the new ones.
    pub after: f32,
    /// The same behind the old ones.
    pub before: f32,
    /// Log-probability of the new tokens and the three behind them, less that of the old ones and
    /// the three behind those; from -30 to 10.
    pub gain: f32,
    /// Share of the sequences of three tokens at the new ones that the text holds elsewhere.
    pub known_after: f32,
    /// The same at the old ones.
    pub known_before: f32,
}

impl Familiarity {
    /// Number of measures.
    pub const SIZE: usize = 5;

    /// Their names, in the order of [`Familiarity::values`].
    pub const NAMES: [&'static str; Self::SIZE] =
        ["after", "before", "gain", "known_after", "known_before"];

    /// The measures.
    pub fn values(&self) -> [f64; Self::SIZE] {
        [self.after, self.before, self.gain, self.known_after, self.known_before].map(f64::from)
    }
}

/// Counts over one text.
#[derive(Clone, Debug)]
pub struct Habits {
    words: HashMap<Box<str>, u32>,
    tokens: Vec<Token>,
    seen: HashMap<Sequence, Seen>,
}

/// Up to [`ORDER`] tokens, the last one last, with zeros in front.
type Sequence = [u32; ORDER];

#[derive(Clone, Copy, Debug)]
struct Token {
    id: u32,
    start: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// How often.
    count: u32,
    /// How many different tokens follow.
    followers: u32,
}

/// The habits of a text but for one line.
#[derive(Debug)]
pub struct Elsewhere<'h> {
    habits: &'h Habits,
    text: &'h str,
    lines: &'h LineIndex,
    /// What the line itself adds to the counts.
    own: HashMap<Sequence, Seen>,
}

impl Habits {
    /// Counts the token sequences of `text`. Any language: tokens are words, numbers, strings on one
    /// line, operators and ends of lines.
    pub fn new(text: &str) -> Self {
        let mut words: HashMap<Box<str>, u32> = HashMap::new();
        let mut tokens = Vec::new();
        for (start, token) in tokens_of(text) {
            let next = u32::try_from(words.len() + 1).unwrap_or(STRANGERS - 1);
            let id = match words.get(token) {
                Some(&id) => id,
                None => *words.entry(token.into()).or_insert(next),
            };
            tokens.push(Token { id, start });
        }
        let ids: Vec<u32> = tokens.iter().map(|t| t.id).collect();
        let mut seen: HashMap<Sequence, Seen> = HashMap::new();
        for end in 1..=ids.len() {
            seen.entry([0; ORDER]).or_default().count += 1;
            for length in 1..=ORDER.min(end) {
                let sequence = sequence(&ids[end - length..end]);
                let entry = seen.entry(sequence).or_default();
                entry.count += 1;
                if entry.count == 1 {
                    seen.entry(prefix(sequence)).or_default().followers += 1;
                }
            }
        }
        Self { words, tokens, seen }
    }

    /// These habits without those of `line`. `text` is what they were counted in, `lines` its lines.
    pub fn elsewhere<'h>(
        &'h self,
        text: &'h str,
        lines: &'h LineIndex,
        line: Line,
    ) -> Elsewhere<'h> {
        let span = lines.span(line).unwrap_or(Span::at(text.len()));
        let (first, last) = (self.index(span.start), self.index(span.end));
        let mut own: HashMap<Sequence, Seen> = HashMap::new();
        // Sequences that reach into the line: they begin at most three tokens before it, and end at
        // most three behind.
        let before = first.saturating_sub(ORDER - 1);
        let near = &self.tokens[before..(last + ORDER - 1).min(self.tokens.len())];
        let ids: Vec<u32> = near.iter().map(|token| token.id).collect();
        let (first, last) = (first - before, last - before);
        for end in first + 1..=ids.len() {
            if end <= last {
                own.entry([0; ORDER]).or_default().count += 1;
            }
            for length in 1..=ORDER.min(end) {
                let start = end - length;
                if start < last {
                    own.entry(sequence(&ids[start..end])).or_default().count += 1;
                }
            }
        }
        let nowhere_else = |(sequence, own): (&Sequence, &Seen)| {
            let all = self.seen.get(sequence).is_some_and(|all| all.count == own.count);
            (all && *sequence != [0; ORDER]).then(|| prefix(*sequence))
        };
        let gone: Vec<Sequence> = own.iter().filter_map(nowhere_else).collect();
        for prefix in gone {
            own.entry(prefix).or_default().followers += 1;
        }
        Elsewhere { habits: self, text, lines, own }
    }

    /// The first token that starts at `offset` or later.
    fn index(&self, offset: usize) -> usize {
        self.tokens.partition_point(|token| token.start < offset)
    }

    fn id(&self, token: &str) -> u32 {
        self.words.get(token).copied().unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            token.hash(&mut hasher);
            #[expect(clippy::cast_possible_truncation, reason = "a hash")]
            let hash = hasher.finish() as u32;
            hash | STRANGERS
        })
    }
}

impl Elsewhere<'_> {
    /// How familiar these replacements look. Nothing is known of ones that do not fit the text.
    pub fn familiarity(&self, replacements: &[Replacement]) -> Familiarity {
        self.sides(replacements).map(|sides| self.compare(&sides)).unwrap_or_default()
    }

    /// The tokens from the line before the edit to the line behind it, without and with it.
    fn sides(&self, replacements: &[Replacement]) -> Option<[Vec<u32>; 2]> {
        let first = replacements.iter().map(|r| r.span.start).min()?;
        let last = replacements.iter().map(|r| r.span.end).max()?;
        let (first, last) = (self.lines.line(first), self.lines.line(last));
        let edited = Span::new(self.lines.span(first)?.start, self.lines.span(last)?.end);
        let local: Vec<Replacement> = replacements
            .iter()
            .map(|r| Replacement {
                span: Span::new(r.span.start - edited.start, r.span.end - edited.start),
                text: r.text.clone(),
            })
            .collect();
        let middle = splice(edited.of(self.text)?, &local).ok()?;
        let start = self.lines.span(Line(first.0.saturating_sub(1))).unwrap_or(edited).start;
        let end = self.lines.span(Line(last.0 + 1)).unwrap_or(edited).end;
        let [start, from, to, end] =
            [start, edited.start, edited.end, end].map(|at| self.habits.index(at));
        let ids = |range: std::ops::Range<usize>| {
            self.habits.tokens[range].iter().map(|token| token.id).collect::<Vec<u32>>()
        };
        let line_end = self.habits.id(LINE_END);
        let mut with = ids(start..from);
        let new = tokens_of(&middle).map(|(_, token)| self.habits.id(token));
        for id in new.chain(ids(to..end)) {
            if id != line_end || with.last() != Some(&line_end) {
                with.push(id);
            }
        }
        Some([ids(start..end), with])
    }

    fn compare(&self, [old, new]: &[Vec<u32>; 2]) -> Familiarity {
        let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let back = old[front..].iter().rev().zip(new[front..].iter().rev());
        let back = back.take_while(|(a, b)| a == b).count();
        let behind = back.min(AFTERWARDS);
        let measure = |side: &[u32]| {
            let end = side.len() - back;
            let own = self.log_probability(side, front, end);
            let rest = self.log_probability(side, end, end + behind);
            (own, rest, self.known(side, front, end))
        };
        let (own_before, before, known_before) = measure(old);
        let (own_after, after, known_after) = measure(new);
        let gain = (own_after + after - own_before - before).clamp(GAIN.0, GAIN.1);
        #[expect(clippy::cast_possible_truncation, reason = "the precision of a float suffices")]
        let [after, before, gain, known_after, known_before] =
            [after, before, gain, known_after, known_before].map(|value| value as f32);
        Familiarity { after, before, gain, known_after, known_before }
    }

    fn log_probability(&self, tokens: &[u32], from: usize, to: usize) -> f64 {
        (from..to).map(|at| self.probability(&tokens[at.saturating_sub(ORDER - 1)..=at]).ln()).sum()
    }

    /// Probability of the last of these tokens after the others: Witten and Bell's interpolation.
    fn probability(&self, tokens: &[u32]) -> f64 {
        let words = self.seen([0; ORDER]).followers;
        let mut probability = 1.0 / (f64::from(words) + UNSEEN);
        let at = tokens.len() - 1;
        for start in (0..=at).rev() {
            let context = self.seen(sequence(&tokens[start..at]));
            // Nothing follows what stands at the end, or only before the line left out.
            if context.followers == 0 {
                break;
            }
            let (count, followers) = (f64::from(context.count), f64::from(context.followers));
            let together = f64::from(self.seen(sequence(&tokens[start..=at])).count);
            probability = (together + followers * probability) / (count + followers);
        }
        probability
    }

    /// Share of the sequences of three that hold one of the tokens `from..to`, or stand around that
    /// place, and are known.
    #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
    fn known(&self, tokens: &[u32], from: usize, to: usize) -> f64 {
        let (first, last) = (from.saturating_sub(2), tokens.len().saturating_sub(2).min(to));
        let known = (first..last).filter(|at| self.seen(sequence(&tokens[*at..at + 3])).count > 0);
        known.count() as f64 / last.saturating_sub(first).max(1) as f64
    }

    fn seen(&self, sequence: Sequence) -> Seen {
        let all = self.habits.seen.get(&sequence).copied().unwrap_or_default();
        let own = self.own.get(&sequence).copied().unwrap_or_default();
        Seen {
            count: all.count.saturating_sub(own.count),
            followers: all.followers.saturating_sub(own.followers),
        }
    }
}

fn sequence(tokens: &[u32]) -> Sequence {
    let mut sequence = [0; ORDER];
    sequence[ORDER - tokens.len()..].copy_from_slice(tokens);
    sequence
}

/// All but the last token.
fn prefix(sequence: Sequence) -> Sequence {
    let mut prefix = [0; ORDER];
    prefix[1..].copy_from_slice(&sequence[..ORDER - 1]);
    prefix
}

/// Operators of more than one character, longest first.
const OPERATORS: &[&str] = &[
    "**=", "//=", "<<=", ">>=", "===", "!==", "...", "->", "=>", "::", "//", "**", "<<", ">>",
    "&&", "||", "==", "!=", "<=", ">=", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=",
    "++", "--",
];

/// The tokens of `text` and where they start; white space within lines is none.
fn tokens_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let mut after_line_end = false;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let first = rest.chars().next()?;
            let start = at;
            at += token_length(rest, first);
            if first == '\n' {
                if !std::mem::replace(&mut after_line_end, true) {
                    return Some((start, LINE_END));
                }
            } else if !first.is_whitespace() {
                after_line_end = false;
                return Some((start, &text[start..at]));
            }
        }
    })
}

/// Bytes of the token, or the white space, that `text` starts with.
fn token_length(text: &str, first: char) -> usize {
    let while_ = |part: fn(char) -> bool| text.find(|c| !part(c)).unwrap_or(text.len());
    if first.is_alphabetic() || first == '_' {
        return while_(|c| c.is_alphanumeric() || c == '_');
    }
    if first.is_ascii_digit() {
        return while_(|c| c.is_alphanumeric() || c == '_' || c == '.');
    }
    if matches!(first, '"' | '\'' | '`') {
        return string_length(text, first).unwrap_or(1);
    }
    let operator = OPERATORS.iter().find(|operator| text.starts_with(**operator));
    operator.map_or(first.len_utf8(), |operator| operator.len())
}

/// Bytes of the string that `text` starts with, when it ends on the same line.
fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if std::mem::take(&mut escaped) => {}
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
def width(items):
    return max(len(item) for item in items)

def height(items):
    return max(len(row) for row in items)

def depth(items):
    return min(len(layer) for layer in item)
";

    fn measure(text: &str, line: u32, replacements: &[Replacement]) -> Familiarity {
        let lines = LineIndex::new(text);
        Habits::new(text).elsewhere(text, &lines, Line(line)).familiarity(replacements)
    }

    /// Replaces the last `old` by `new`.
    fn edit(old: &str, new: &str) -> [Replacement; 1] {
        let start = TEXT.rfind(old).unwrap();
        [Replacement::new(start, start + old.len(), new)]
    }

    #[test]
    fn tokens_are_words_strings_operators_and_line_ends() {
        let tokens: Vec<&str> = tokens_of("a  **= 'x\\'y' # 3.5é\n\n  b'\n").map(|t| t.1).collect();
        assert_eq!(tokens, ["a", "**=", "'x\\'y'", "#", "3.5é", "\n", "b", "'", "\n"]);
        let starts: Vec<usize> = tokens_of(" a\n  b").map(|t| t.0).collect();
        assert_eq!(starts, [1, 2, 5]);
    }

    #[test]
    fn what_is_said_elsewhere_is_familiar() {
        let right = measure(TEXT, 8, &edit("item", "items"));
        let wrong = measure(TEXT, 8, &edit("item", "height"));
        assert!(right.gain > 0.0 && right.gain > wrong.gain + 1.0, "{right:?} {wrong:?}");
        assert!(right.known_after > right.known_before);
        assert!(measure(TEXT, 8, &edit("min", "max")).gain > 0.5);
    }

    #[test]
    fn a_line_is_no_witness_for_itself() {
        // Without line 2 this is the text of two functions; with it, nothing changes on line 2.
        let lines = LineIndex::new(TEXT);
        let habits = Habits::new(TEXT);
        let without = habits.elsewhere(TEXT, &lines, Line(2));
        let (start, end) =
            (TEXT.find("    return max").unwrap(), TEXT.find("\ndef height").unwrap());
        let other = Habits::new(&format!("{}{}", &TEXT[..start], &TEXT[end..]));
        let id = |habits: &Habits, token: &str| habits.words.get(token).copied().unwrap_or(0);
        for words in
            [&["max"][..], &["return", "max", "("], &["len", "("], &["item"], &["for", "row"]]
        {
            let of = |habits: &Habits| {
                sequence(&words.iter().map(|word| id(habits, word)).collect::<Vec<u32>>())
            };
            let there = other.seen.get(&of(&other)).copied().unwrap_or_default();
            let here = without.seen(of(&habits));
            assert_eq!((here.count, here.followers), (there.count, there.followers), "{words:?}");
        }
        let (all, less) = (other.seen[&[0; ORDER]], without.seen([0; ORDER]));
        assert_eq!((less.count, less.followers), (all.count, all.followers));
    }

    #[test]
    fn probabilities_add_up() {
        let lines = LineIndex::new(TEXT);
        let habits = Habits::new(TEXT);
        let elsewhere = habits.elsewhere(TEXT, &lines, Line(8));
        let context: Vec<u32> = ["max", "(", "len"].iter().map(|word| habits.id(word)).collect();
        let known =
            habits.words.values().map(|id| elsewhere.probability(&[&context[..], &[*id]].concat()));
        let sum: f64 = known.sum();
        // The rest is for the words that the text does not hold.
        assert!(sum > 0.6 && sum < 1.0, "{sum}");
    }

    #[test]
    fn any_replacement_is_measured() {
        let nothing = measure("", 1, &[Replacement::new(0, 0, "x = 1\n")]);
        assert!(nothing.gain < 0.0);
        assert_eq!(measure("a\n", 1, &[Replacement::new(7, 9, "")]), Familiarity::default());
        assert_eq!(measure("é = 1\n", 9, &[Replacement::new(1, 2, "")]), Familiarity::default());
        // `f` is known only as what comes before the line left out.
        let end = measure("a = 1\nb = f\n(c)\n", 3, &[Replacement::new(12, 15, "(d)")]);
        assert!(end.gain.is_finite() && end.after.is_finite());
        let deleted = measure(TEXT, 5, &[Replacement::new(0, TEXT.len(), "")]);
        assert!(deleted.gain.is_finite() && deleted.known_after.abs() < 1e-6);
    }
}
