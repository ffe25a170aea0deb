//! What is usual in a text: how familiar its own habits make an edit look.
//!
//! Most repairs say something that the file says elsewhere, and most wrong lines say something that
//! it says nowhere else. This is measured with counts of the text's own token sequences (a cache
//! language model; Hindle et al. 2012, "On the naturalness of software", and Tu et al. 2014, "On the
//! localness of software"), leaving out the line under suspicion, which is no witness for itself.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::features::{Edit, Features};
use super::lexemes::{LINE_END, lexemes};
use crate::base::{Language, Line, LineIndex, Replacement, Span, splice};

/// Longest token sequence that is counted.
const ORDER: usize = 4;
/// Tokens after an edit that are looked at as well: it must fit what follows.
const AFTERWARDS: usize = 3;
/// Tokens that a text might hold besides those it does.
const UNSEEN: f64 = 1000.0;
/// Bounds of [`Familiarity::gain`]: a long insertion is not infinitely strange.
const GAIN: (f64, f64) = (-30.0, 10.0);
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

/// What an edit looks like where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    pub familiarity: Familiarity,
    pub features: Features,
}

/// Counts over one text.
#[derive(Clone, Debug)]
pub struct Habits {
    language: Language,
    words: HashMap<Box<str>, u32>,
    tokens: Vec<Token>,
    seen: HashMap<Sequence, Seen>,
}

/// Up to [`ORDER`] tokens, the last one last, with zeros in front.
type Sequence = [u32; ORDER];

#[derive(Clone, Copy, Debug)]
struct Token {
    id: u32,
    span: Span,
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
    /// The function around the line, or the whole text: its lines, and how often each token stands there.
    around: (Line, Line),
    around_count: HashMap<u32, u32>,
}

impl Habits {
    /// Counts the token sequences of `text`: words, numbers, strings, operators and ends of lines, no
    /// comments.
    pub fn new(text: &str, language: Language) -> Self {
        let mut words: HashMap<Box<str>, u32> = HashMap::new();
        let mut tokens = Vec::new();
        for (start, token) in lexemes(text, language) {
            let next = u32::try_from(words.len() + 1).unwrap_or(STRANGERS - 1);
            let id = match words.get(token) {
                Some(&id) => id,
                None => *words.entry(token.into()).or_insert(next),
            };
            tokens.push(Token { id, span: Span::new(start, start + token.len()) });
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
        Self { language, words, tokens, seen }
    }

    /// These habits without those of `line`. `text` is what they were counted in, `lines` its lines,
    /// `around` the function that holds the line, or everything.
    pub fn elsewhere<'h>(
        &'h self,
        text: &'h str,
        lines: &'h LineIndex,
        line: Line,
        around: Span,
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
        let mut around_count: HashMap<u32, u32> = HashMap::new();
        for token in &self.tokens[self.index(around.start)..self.index(around.end)] {
            *around_count.entry(token.id).or_default() += 1;
        }
        let around = (lines.line(around.start), lines.line(around.end.saturating_sub(1)));
        Elsewhere { habits: self, text, lines, own, around, around_count }
    }

    /// The first token that starts at `offset` or later.
    fn index(&self, offset: usize) -> usize {
        self.tokens.partition_point(|token| token.span.start < offset)
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
    /// What these replacements look like. Nothing is known of ones that do not fit the text.
    pub fn look(&self, replacements: &[Replacement]) -> Look {
        self.look_at(replacements).unwrap_or_default()
    }

    fn look_at(&self, replacements: &[Replacement]) -> Option<Look> {
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
        let new: Vec<&str> =
            lexemes(&middle, self.habits.language).map(|(_, token)| token).collect();
        let inner = self.habits.index(edited.start)..self.habits.index(edited.end);
        let familiarity = self.compare(&self.sides(first, last, &inner, &new));
        let old: Vec<&str> = self.tokens(&inner).collect();
        let edit = Edit { elsewhere: self, line: first, at: inner.start, old: &old, new: &new };
        Some(Look { familiarity, features: edit.features() })
    }

    /// The tokens from the line before the edit to the line behind it, without and with it. `inner` are
    /// those of the lines `first` to `last`, which become `new`.
    fn sides(&self, first: Line, last: Line, inner: &Range<usize>, new: &[&str]) -> [Vec<u32>; 2] {
        let habits = self.habits;
        let line_before = self.lines.span(Line(first.0.saturating_sub(1)));
        let start = line_before.map_or(inner.start, |span| habits.index(span.start));
        let line_behind = self.lines.span(Line(last.0 + 1));
        let end = line_behind.map_or(inner.end, |span| habits.index(span.end));
        let ids = |range: Range<usize>| habits.tokens[range].iter().map(|token| token.id);
        let line_end = habits.id(LINE_END);
        let mut with: Vec<u32> = ids(start..inner.start).collect();
        for id in new.iter().map(|token| habits.id(token)).chain(ids(inner.end..end)) {
            if id != line_end || with.last() != Some(&line_end) {
                with.push(id);
            }
        }
        [ids(start..end).collect(), with]
    }

    fn tokens(&self, range: &Range<usize>) -> impl DoubleEndedIterator<Item = &str> {
        let tokens = &self.habits.tokens[range.clone()];
        tokens.iter().filter_map(|token| token.span.of(self.text))
    }

    /// First and last line of the function around.
    pub(super) fn around(&self) -> (Line, Line) {
        self.around
    }

    /// How often a token stands in the function around.
    pub(super) fn count_around(&self, token: &str) -> u32 {
        self.around_count.get(&self.habits.id(token)).copied().unwrap_or_default()
    }

    /// How often it stands in the text, the line left out.
    pub(super) fn count_elsewhere(&self, token: &str) -> u32 {
        self.seen(sequence(&[self.habits.id(token)])).count
    }

    /// The text of a line.
    pub(super) fn line(&self, line: Line) -> &str {
        self.lines.span(line).and_then(|span| span.of(self.text)).unwrap_or_default()
    }

    /// Lines from the last place where `token` stands to that of the token numbered `at`; none when it
    /// is further away than `most` tokens.
    pub(super) fn lines_since(&self, token: &str, at: usize, most: usize) -> Option<u32> {
        let id = self.habits.words.get(token)?;
        let before = &self.habits.tokens[at.saturating_sub(most)..at];
        let last = before.iter().rfind(|token| token.id == *id)?;
        let here = self.habits.tokens.get(at).map_or(self.text.len(), |token| token.span.start);
        Some(self.lines.line(here).0 - self.lines.line(last.span.start).0)
    }

    fn compare(&self, [old, new]: &[Vec<u32>; 2]) -> Familiarity {
        let (front, back) = common_ends(old, new);
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

/// How many tokens both have in front, and how many of the others at the end.
pub(super) fn common_ends<T: PartialEq>(old: &[T], new: &[T]) -> (usize, usize) {
    let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev());
    (front, back.take_while(|(a, b)| a == b).count())
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
        let habits = Habits::new(text, Language::Python);
        let all = Span::new(0, text.len());
        habits.elsewhere(text, &lines, Line(line), all).look(replacements).familiarity
    }

    /// Replaces the last `old` by `new`.
    fn edit(old: &str, new: &str) -> [Replacement; 1] {
        let start = TEXT.rfind(old).unwrap();
        [Replacement::new(start, start + old.len(), new)]
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
        let habits = Habits::new(TEXT, Language::Python);
        let all = Span::new(0, TEXT.len());
        let without = habits.elsewhere(TEXT, &lines, Line(2), all);
        let (start, end) =
            (TEXT.find("    return max").unwrap(), TEXT.find("\ndef height").unwrap());
        let other = format!("{}{}", &TEXT[..start], &TEXT[end..]);
        let other = Habits::new(&other, Language::Python);
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
        let habits = Habits::new(TEXT, Language::Python);
        let elsewhere = habits.elsewhere(TEXT, &lines, Line(8), Span::new(0, TEXT.len()));
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
