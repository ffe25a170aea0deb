//! What an edit does to its line: the kinds of words that go and come, where on the line, and what becomes
//! of names.
//!
//! A repair often leaves no name that its function says just once, exchanges a name for one like it, and
//! stands late on its line. Which of this matters for which edit is learned (`evals/prior/README.md`);
//! here it is only measured, for any language.

use super::habits::{Elsewhere, common_ends};
use super::lexemes::LINE_END;
use super::similar::distance;
use crate::base::Line;

/// Stands for a count where there is no name to be counted.
const NO_NAME: f64 = 99.0;
/// A name that was not said within [`NEAR_TOKENS`] is this many lines away.
const FAR: f64 = 60.0;
/// Tokens before the edit among which its names are looked for.
const NEAR_TOKENS: usize = 400;

/// Measures of an edit, by [`Features::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features([f32; Features::SIZE]);

impl Features {
    /// Number of measures.
    pub const SIZE: usize = 22;

    /// Their names, in the order of [`Features::values`].
    pub const NAMES: [&'static str; Self::SIZE] = [
        // Kinds of words (`kind_of_word`): at the ends of what goes and of what comes, and beside it.
        "old_first",
        "old_last",
        "new_first",
        "new_last",
        "word_before",
        "word_behind",
        // The kind of line (`kind_of_line`), and its words.
        "line_kind",
        "line_words",
        // Words that go and come, logarithms.
        "old_words",
        "new_words",
        // Share of the line's words before the edit.
        "position",
        "indentation",
        // Lines from the start of the function and to its end.
        "from_start",
        "to_end",
        // How often names that come, the rarest, and names that go are said in the function.
        "new_around",
        "old_around",
        // The same in the rest of the file, of those that come the commonest.
        "new_elsewhere",
        "old_elsewhere",
        // Names that come and go.
        "new_names",
        "old_names",
        // Lines since a name that comes was said last, a logarithm.
        "nearest",
        // How alike two names are of which one takes the other's place: 0 to 1.
        "likeness",
    ];

    /// The measures.
    pub fn values(&self) -> &[f32; Self::SIZE] {
        &self.0
    }
}

impl Default for Features {
    fn default() -> Self {
        Self([0.0; Self::SIZE])
    }
}

/// The words of the lines that an edit changes, before and after it.
pub(super) struct Edit<'e> {
    pub(super) elsewhere: &'e Elsewhere<'e>,
    /// The first of these lines.
    pub(super) line: Line,
    /// The number of its first token.
    pub(super) at: usize,
    pub(super) old: &'e [&'e str],
    pub(super) new: &'e [&'e str],
}

impl Edit<'_> {
    /// Measures it.
    #[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
    pub(super) fn features(&self) -> Features {
        let (front, back) = common_ends(self.old, self.new);
        let gone = &self.old[front..self.old.len() - back];
        let come = &self.new[front..self.new.len() - back];
        let new_names = names_but(come, gone);
        let old_names = names_but(gone, come);
        let around = |name: &&str| f64::from(self.elsewhere.count_around(name));
        let rarest_around = |names: &[&str]| names.iter().map(around).fold(NO_NAME, f64::min);
        let elsewhere = |name: &&str| f64::from(self.elsewhere.count_elsewhere(name));
        let (start, end) = self.elsewhere.around();
        let log = |count: usize| (1.0 + count as f64).ln();
        let beside = [front.checked_sub(1), Some(self.old.len() - back)]
            .map(|at| kind_of_word(at.and_then(|at| self.old.get(at)).copied()));
        let values: [f64; Features::SIZE] = [
            kind_of_word(gone.first().copied()),
            kind_of_word(gone.last().copied()),
            kind_of_word(come.first().copied()),
            kind_of_word(come.last().copied()),
            beside[0],
            beside[1],
            kind_of_line(self.old),
            self.old.len() as f64,
            log(gone.len()),
            log(come.len()),
            front as f64 / self.old.len().max(1) as f64,
            indentation(self.elsewhere.line(self.line)) as f64,
            f64::from(self.line.0.saturating_sub(start.0)),
            f64::from(end.0.saturating_sub(self.line.0)),
            rarest_around(&new_names),
            rarest_around(&old_names),
            new_names.iter().map(elsewhere).fold(-1.0, f64::max),
            old_names.iter().map(elsewhere).fold(NO_NAME, f64::min),
            new_names.len() as f64,
            old_names.len() as f64,
            self.nearest(&new_names),
            likeness(gone, come),
        ];
        #[expect(clippy::cast_possible_truncation, reason = "the precision of a float suffices")]
        Features(values.map(|value| value as f32))
    }

    fn nearest(&self, names: &[&str]) -> f64 {
        let since = |name: &&str| {
            self.elsewhere.lines_since(name, self.at, NEAR_TOKENS).map_or(FAR, f64::from)
        };
        let least = names.iter().map(since).reduce(f64::min);
        least.map_or(0.0, |lines| (1.0 + lines).ln())
    }
}

/// The names in `words` that `others` do not hold.
fn names_but<'w>(words: &[&'w str], others: &[&str]) -> Vec<&'w str> {
    words.iter().copied().filter(|word| is_name(word) && !others.contains(word)).collect()
}

/// One less the share of letters to be changed, where one name takes another's place; 0 for other edits.
#[expect(clippy::cast_precision_loss, reason = "names are short")]
fn likeness(gone: &[&str], come: &[&str]) -> f64 {
    let ([old], [new]) = (gone, come) else { return 0.0 };
    if !is_name(old) || !is_name(new) {
        return 0.0;
    }
    1.0 - distance(old, new) as f64 / old.len().max(new.len()) as f64
}

fn is_name(word: &str) -> bool {
    (NAME..=TYPE).contains(&kind_of_word(Some(word)))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Kinds of names: `self` and `this` first, capitalised ones last.
const NAME: f64 = 4.0;
const TYPE: f64 = 6.0;

/// A number for the kind of a word, kinds that are alike beside each other.
fn kind_of_word(word: Option<&str>) -> f64 {
    let Some(word) = word else { return 0.0 };
    let first = word.chars().next().unwrap_or(' ');
    match word {
        LINE_END => 1.0,
        "self" | "this" | "cls" => NAME,
        "and" | "or" | "&&" | "||" => 10.0,
        "not" | "!" => 11.0,
        "in" | "is" | "instanceof" => 12.0,
        "True" | "False" | "true" | "false" => 13.0,
        "None" | "null" | "nil" | "undefined" => 14.0,
        "if" | "elif" | "while" | "else" | "match" | "switch" => 15.0,
        "for" | "loop" => 16.0,
        "return" | "yield" | "raise" | "throw" => 17.0,
        _ if is_keyword(word) => 18.0,
        "(" | "[" | "{" => 20.0,
        ")" | "]" | "}" => 21.0,
        "," => 22.0,
        ":" | ";" => 23.0,
        "." | "::" | "?." => 24.0,
        "=" | ":=" => 25.0,
        "==" | "!=" | "===" | "!==" | "<" | ">" | "<=" | ">=" => 26.0,
        _ if word.ends_with('=') => 27.0,
        _ if first.is_ascii_digit() => 2.0,
        _ if matches!(first, '"' | '\'' | '`') => 3.0,
        _ if first.is_uppercase() => TYPE,
        _ if first.is_alphabetic() || first == '_' => 5.0,
        _ => 28.0,
    }
}

/// Keywords that have no kind of their own.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "assert"
            | "async"
            | "await"
            | "break"
            | "case"
            | "catch"
            | "class"
            | "const"
            | "continue"
            | "def"
            | "defer"
            | "del"
            | "do"
            | "enum"
            | "except"
            | "export"
            | "finally"
            | "fn"
            | "from"
            | "func"
            | "function"
            | "global"
            | "go"
            | "impl"
            | "import"
            | "interface"
            | "lambda"
            | "let"
            | "mod"
            | "mut"
            | "new"
            | "nonlocal"
            | "pass"
            | "pub"
            | "ref"
            | "static"
            | "struct"
            | "trait"
            | "try"
            | "typeof"
            | "use"
            | "var"
            | "with"
    )
}

/// A number for what a line does, by its first word, and whether it assigns.
fn kind_of_line(words: &[&str]) -> f64 {
    let starts = words.iter().find(|word| !matches!(**word, "}" | "async" | "pub"));
    match starts.copied().unwrap_or_default() {
        "if" | "elif" | "while" | "assert" | "match" | "switch" => 1.0,
        "return" | "yield" => 2.0,
        "for" | "loop" => 3.0,
        "def" | "class" | "fn" | "func" | "function" | "struct" | "impl" => 4.0,
        "raise" | "throw" | "except" | "catch" | "try" | "with" => 5.0,
        "import" | "from" | "use" => 6.0,
        "else" | "finally" => 7.0,
        _ if assigns(words) => 8.0,
        _ => 9.0,
    }
}

fn assigns(words: &[&str]) -> bool {
    let mut depth = 0_usize;
    words.iter().any(|word| {
        match *word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "=" | ":=" | "+=" | "-=" | "*=" | "/=" | "|=" | "&=" => return depth == 0,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Language, LineIndex, Replacement, Span};
    use crate::syntax::Habits;

    const TEXT: &str = "\
def area(width, height):
    # width times height
    size = width * width
    return sizes

def log(width):
    return width
";

    fn measure(text: &str, line: u32, around: Span, edit: Replacement) -> Features {
        let habits = Habits::new(text, Language::Python);
        let lines = LineIndex::new(text);
        habits.elsewhere(text, &lines, Line(line), around).look(&[edit]).features
    }

    /// An edit in the function at the top: the last `old` there.
    fn edited(line: u32, old: &str, new: &str) -> impl Fn(&str) -> f32 {
        let end = TEXT.find("\ndef log").unwrap();
        let start = TEXT[..end].rfind(old).unwrap();
        let edit = Replacement::new(start, start + old.len(), new);
        let features = measure(TEXT, line, Span::new(0, end), edit);
        move |name| features.0[Features::NAMES.iter().position(|n| *n == name).unwrap()]
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-4
    }

    #[test]
    fn a_name_for_a_name() {
        let of = edited(3, "width", "height");
        // Comments do not count: `height` is a parameter and nothing else so far.
        assert!(close(of("new_around"), 1.0) && close(of("old_around"), 3.0));
        assert!(close(of("new_elsewhere"), 1.0) && close(of("old_elsewhere"), 3.0));
        assert!(close(of("from_start"), 2.0) && close(of("to_end"), 1.0));
        assert!(close(of("nearest"), 3.0_f32.ln()) && close(of("position"), 4.0 / 6.0));
        assert!(close(of("line_kind"), 8.0) && close(of("indentation"), 4.0));
        assert!(of("likeness") < 0.5);
        let alike = edited(4, "sizes", "size");
        assert!(close(alike("likeness"), 0.8) && close(alike("line_kind"), 2.0));
        assert!(close(alike("old_around"), 1.0) && close(alike("new_around"), 1.0));
    }

    #[test]
    fn what_is_no_name() {
        let of = edited(3, "*", "+");
        assert!(close(of("new_names"), 0.0) && close(of("new_around"), 99.0));
        assert!(close(of("old_first"), 28.0) && close(of("word_before"), 5.0));
        assert!(close(of("likeness"), 0.0) && close(of("nearest"), 0.0));
        let of = edited(4, "sizes", "[sizes, None]");
        assert!(close(of("new_last"), 21.0) && close(of("new_first"), 20.0));
        assert!(close(of("word_before"), 17.0) && close(of("word_behind"), 1.0));
    }

    #[test]
    fn kinds_of_lines() {
        let kind = |words: &str| kind_of_line(&words.split(' ').collect::<Vec<&str>>());
        assert!((kind("async def f ( )") - 4.0).abs() < 1e-9);
        assert!((kind("} else {") - 7.0).abs() < 1e-9);
        assert!((kind("x = 1") - 8.0).abs() < 1e-9 && (kind("f ( x = 1 )") - 9.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn any_edit_is_measured(
            text in "[a-z_ (=é\\n\"#]{0,60}",
            line in 0_u32..9,
            span in (0_usize..60, 0_usize..60),
            around in (0_usize..70, 0_usize..70),
            new in "[a-z(\\n ]{0,9}",
        ) {
            let sorted = |(a, b): (usize, usize)| (a.min(b), a.max(b));
            let ((start, end), (from, to)) = (sorted(span), sorted(around));
            let edit = Replacement::new(start, end, new.as_str());
            let found = measure(&text, line, Span::new(from, to), edit);
            prop_assert!(found.0.iter().all(|value| value.is_finite()));
        }
    }
}
