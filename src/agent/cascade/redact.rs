//! Takes secrets, and the names of people and machines in paths, out of what is to leave the machine.
//!
//! A review must not cry wolf; here the mistake that counts is the other one, so more is taken for a
//! secret than `review/secrets` would report. What was found in one text is looked for in all of them: a
//! key of the source comes back in the output of a test, whole or in part.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::agent::review::secrets::spans;
use crate::base::{Secret, Span};

/// A value that is shorter is taken out where it stands, and is not looked for elsewhere.
const LEAST: usize = 6;
/// A value this long is also looked for by its beginning and its end, since runners abridge.
const LONG: usize = 16;
/// Characters of it that give it away.
const PART: usize = 8;
/// Names whose values are secret, whatever they look like.
const NAMES: &str = r"(?:password|passwd|passphrase|pwd|secret|api_?-?key|access_?-?key|private_?-?key|secret_?-?key|auth_?-?token|access_?-?token|refresh_?-?token|api_?-?token|bot_?-?token|session_?-?token|client_?-?secret|encryption_?-?key|signing_?-?key|credentials?|db_?-?pass|authorization)";

/// A secret that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The one of `[REDACTED n]`, from 1.
    pub number: usize,
    /// "a GitHub token", "a password"; never the secret.
    pub kind: String,
    /// Where it stood, each place once.
    pub places: Vec<String>,
}

/// A text that may be shown to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    /// Lines of it, counted from 0, that something was taken out of.
    pub lines: Vec<usize>,
}

/// Remembers the secrets of all texts that go together.
#[derive(Debug, Default)]
pub struct Redactor {
    /// Texts of the machine and what stands for them, longest first.
    paths: Vec<(String, &'static str)>,
    known: Vec<Value>,
    found: Vec<Redaction>,
}

struct Value {
    text: String,
    kind: String,
    /// In `found`, once it was taken out.
    number: Option<usize>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.kind)
    }
}

impl Redactor {
    /// `root` and `home` are shortened to `.` and `~`; `secrets`, by name, are known beforehand.
    pub fn new(root: &Path, home: Option<&Path>, secrets: &[(String, Secret)]) -> Self {
        let mut paths = vec![(root.to_string_lossy().into_owned(), ".")];
        paths.extend(home.map(|home| (home.to_string_lossy().into_owned(), "~")));
        paths.retain(|(path, _)| path.len() > 1);
        paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let mut redactor = Self { paths, ..Self::default() };
        for (name, secret) in secrets {
            redactor.remember(secret.reveal(), &format!("the value of {name}"));
        }
        redactor
    }

    /// Remembers the secrets of a text, whether or not it is sent.
    pub fn learn(&mut self, text: &str) {
        let mut block = Block::default();
        for line in text.lines() {
            for (span, kind) in secrets_of(line, &mut block) {
                let value = span.of(line).unwrap_or_default();
                if is_telling(value) {
                    self.remember(value, kind);
                }
            }
        }
    }

    /// The text without secrets; `place` names where a line of it, counted from 0, stands.
    pub fn apply(&mut self, text: &str, place: &dyn Fn(usize) -> String) -> Redacted {
        let mut out = String::with_capacity(text.len());
        let mut touched = Vec::new();
        let mut block = Block::default();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let line = whole.trim_end_matches(['\n', '\r']);
            let mut spans: Vec<(Span, usize)> = self.elsewhere(line);
            for (span, kind) in secrets_of(line, &mut block) {
                let value = self.remember(span.of(line).unwrap_or_default(), kind);
                spans.push((span, value));
            }
            let spans = merged(spans);
            let mut at = 0;
            for (span, value) in &spans {
                let number = self.taken_out(*value, place(index));
                out.push_str(&self.shortened(&line[at..span.start]));
                out.push_str(&format!("[REDACTED {number}]"));
                at = span.end;
            }
            if !spans.is_empty() {
                touched.push(index);
            }
            out.push_str(&self.shortened(&line[at..]));
            out.push_str(&whole[line.len()..]);
        }
        Redacted { text: out, lines: touched }
    }

    /// What was taken out so far.
    pub fn found(&self) -> &[Redaction] {
        &self.found
    }

    /// The place of a value among the known ones.
    fn remember(&mut self, value: &str, kind: &str) -> usize {
        let known = self.known.iter().position(|known| known.text == value);
        known.unwrap_or_else(|| {
            let (text, kind) = (value.to_owned(), kind.to_owned());
            self.known.push(Value { text, kind, number: None });
            self.known.len() - 1
        })
    }

    /// Notes that a value stood there; its number.
    fn taken_out(&mut self, value: usize, place: String) -> usize {
        let Some(known) = self.known.get_mut(value) else { return 0 };
        let number = *known.number.get_or_insert(self.found.len() + 1);
        if number > self.found.len() {
            let kind = known.kind.clone();
            self.found.push(Redaction { number, kind, places: Vec::new() });
        }
        let places = &mut self.found[number - 1].places;
        if !places.contains(&place) {
            places.push(place);
        }
        number
    }

    /// Where known values, or telling parts of them, stand in a line.
    fn elsewhere(&self, line: &str) -> Vec<(Span, usize)> {
        let mut out: Vec<(Span, usize)> = Vec::new();
        let known = self.known.iter().enumerate().filter(|(_, value)| is_telling(&value.text));
        let mut longest: Vec<(usize, &Value)> = known.collect();
        longest.sort_by_key(|(_, value)| std::cmp::Reverse(value.text.len()));
        for (index, value) in longest {
            for span in occurrences(line, &value.text) {
                if !out.iter().any(|(other, _)| overlap(*other, span)) {
                    out.push((span, index));
                }
            }
        }
        out
    }

    /// Without the paths of this machine.
    fn shortened(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, short) in &self.paths {
            text = text.replace(path.as_str(), short);
        }
        match HOMES.as_ref() {
            Some(homes) if text.contains("/home/") || text.contains("Users") => {
                homes.replace_all(&text, "~").into_owned()
            }
            _ => text,
        }
    }
}

/// The home of anybody.
static HOMES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s"'`:,;)\]]+"#).ok());

/// Spans that overlap become one, with the value that has been known for longest.
fn merged(mut spans: Vec<(Span, usize)>) -> Vec<(Span, usize)> {
    spans.sort_by_key(|(span, _)| span.start);
    let mut out: Vec<(Span, usize)> = Vec::new();
    for (span, value) in spans {
        match out.last_mut().filter(|(last, _)| span.start < last.end) {
            Some((last, known)) => {
                last.end = last.end.max(span.end);
                *known = value.min(*known);
            }
            None => out.push((span, value)),
        }
    }
    out
}

/// Whole occurrences of a value, and of its beginning or end as far as it goes.
fn occurrences(line: &str, value: &str) -> Vec<Span> {
    let mut out: Vec<Span> =
        line.match_indices(value).map(|(at, _)| Span::new(at, at + value.len())).collect();
    if value.len() < LONG || !value.is_ascii() {
        return out;
    }
    let (line_bytes, bytes) = (line.as_bytes(), value.as_bytes());
    let mut add = |span: Span| {
        if !out.iter().any(|known| overlap(*known, span)) {
            out.push(span);
        }
    };
    for (at, _) in line.match_indices(&value[..PART]) {
        let same = line_bytes[at..].iter().zip(bytes).take_while(|(a, b)| a == b).count();
        add(Span::new(at, at + same));
    }
    for (at, _) in line.match_indices(&value[value.len() - PART..]) {
        let end = at + PART;
        let back = line_bytes[..end].iter().rev().zip(bytes.iter().rev());
        add(Span::new(end - back.take_while(|(a, b)| a == b).count(), end));
    }
    out
}

/// Whether a key block is open, and where.
#[derive(Default)]
struct Block {
    open: bool,
}

/// The secrets of one line, the kinds with them; `block` goes from line to line.
fn secrets_of(line: &str, block: &mut Block) -> Vec<(Span, &'static str)> {
    let mut out: Vec<(Span, &'static str)> = Vec::new();
    let mut add = |span: Span, kind: &'static str| {
        if span.start < span.end && !out.iter().any(|(known, _)| overlap(*known, span)) {
            out.push((span, kind));
        }
    };
    if let Some(span) = block.of(line) {
        add(span, "a private key");
    }
    for (span, kind) in spans::published(line) {
        add(span, kind);
    }
    for rule in RULES.iter() {
        for captures in rule.pattern.captures_iter(line) {
            let Some(value) = captures.name("v") else { continue };
            if (rule.is_secret)(value.as_str()) {
                add(Span::new(value.start(), value.end()), rule.kind);
            }
        }
    }
    out
}

impl Block {
    /// The part of a line that belongs to a private key in PEM's form.
    fn of(&mut self, line: &str) -> Option<Span> {
        let mut start = 0;
        if !self.open {
            let at = line.find("-----BEGIN ")?;
            let head = &line[at..];
            let kind = head["-----BEGIN ".len()..].split("-----").next().unwrap_or_default();
            if !kind.contains("PRIVATE KEY") {
                return None;
            }
            start = at + head.find("KEY").map_or(0, |at| at + 3);
            start += line[start..].find("-----").map_or(0, |at| at + 5);
            self.open = true;
        }
        let end = line[start..].find("-----END ").map(|at| start + at);
        self.open = end.is_none();
        let body = line[start..end.unwrap_or(line.len())].trim_end();
        let indent = body.len() - body.trim_start().len();
        let span = Span::new(start + indent, start + body.len());
        // A line of code, not of a key: the block was only spoken of.
        if end.is_none() && !is_of_a_key(body) {
            self.open = false;
            return None;
        }
        (span.end > span.start + 2).then_some(span)
    }
}

/// True for what a line within a key may hold, in a file or in a text of a program.
fn is_of_a_key(body: &str) -> bool {
    let inner = body.trim_matches(|c: char| c.is_whitespace() || "\"'`,;()\\".contains(c));
    let inner = inner.replace("\\n", "").replace("\\r", "");
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    inner.bytes().all(is_base64) || ["Proc-Type:", "DEK-Info:"].iter().any(|h| inner.starts_with(h))
}

struct Rule {
    pattern: Regex,
    kind: &'static str,
    is_secret: fn(&str) -> bool,
}

/// A pattern that does not compile is a failing test, not a crash.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |pattern: &str, kind, is_secret| {
        Some(Rule { pattern: Regex::new(pattern).ok()?, kind, is_secret })
    };
    rules().into_iter().filter_map(|(pattern, kind, is)| rule(&pattern, kind, is)).collect()
});

type Written = (String, &'static str, fn(&str) -> bool);

fn rules() -> [Written; 7] {
    [
        // user:password@host
        (r#"://[^\s/@:"'`]*:(?P<v>[^\s/@"'`]+)@"#.to_owned(), "a password in an address", is_given),
        (
            r"(?i)\b(?:bearer|basic)\s+(?P<v>[A-Za-z0-9._~+/=-]{8,})".to_owned(),
            "a credential",
            has_digit,
        ),
        (
            r"(?P<v>\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)".to_owned(),
            "a JSON Web Token",
            is_given,
        ),
        (
            format!(
                r#"(?i){NAMES}\w{{0,12}}["']?\]?\)?\s*(?::\s*[\w&' \[\]|.]+\s*=|:=|=>|==|!=|=|:|,)\s*[bru]{{0,2}}["'`](?P<v>[^"'`\n]{{4,}})["'`]"#
            ),
            "a value of something called a secret",
            is_given,
        ),
        // As programs print it, and as settings hold it.
        (
            format!(
                r#"(?i){NAMES}\w{{0,12}}\s*(?:=|:|\bis\b)\s*(?P<v>[A-Za-z0-9+/=_.!@#%^&*~-]{{6,}})"#
            ),
            "a value of something called a secret",
            has_digit,
        ),
        (
            r"(?i)^\s*machine\s+\S+\s+login\s+\S+\s+password\s+(?P<v>\S+)".to_owned(),
            "a password",
            is_given,
        ),
        (r"(?P<v>[A-Za-z0-9+/=_-]{20,})".to_owned(), "a random text", spans::is_random),
    ]
}

/// Not a slot that something else fills.
fn is_given(value: &str) -> bool {
    !["{", "}", "$(", "${", "%s", "%(", "<"].iter().any(|slot| value.contains(slot))
        && !value.starts_with("[REDACTED")
}

fn has_digit(value: &str) -> bool {
    is_given(value) && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Long and odd enough that it is no word that a text has anyway.
fn is_telling(value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b' ');
    value.len() >= LEAST && !plain
}

fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
