//! A reader of almost-JSON: what small models write when they mean JSON.

use serde_json::{Map, Number, Value};

/// Deeper values are no call.
const DEEPEST: usize = 16;

/// The first object or list in `text`, and the bytes up to its end. Quotes of the wrong kind, line feeds
/// within strings, commas too many, Python's words and ends that are missing are forgiven.
pub(super) fn lenient(text: &str) -> Option<(Value, usize)> {
    let start = text.find(['{', '['])?;
    let mut reader = Reader { text, at: start };
    let value = reader.value(0)?;
    Some((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, also: char) {
        while self.peek().is_some_and(|c| c.is_whitespace() || c == also) {
            self.bump();
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.skip(' ');
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' | '\'' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.bump();
        let mut map = Map::new();
        loop {
            self.skip(',');
            match self.peek() {
                // The end is missing: what is there counts.
                None => return Some(Value::Object(map)),
                Some('}') => {
                    self.bump();
                    return Some(Value::Object(map));
                }
                Some('"' | '\'') => {
                    let key = self.string()?;
                    self.colon_then(key, &mut map, depth)?;
                }
                Some(c) if c.is_alphabetic() || c == '_' => {
                    let key = self.bare();
                    self.colon_then(key, &mut map, depth)?;
                }
                Some(_) => return None,
            }
        }
    }

    fn colon_then(
        &mut self,
        key: String,
        map: &mut Map<String, Value>,
        depth: usize,
    ) -> Option<()> {
        self.skip(' ');
        if self.peek()? != ':' {
            return None;
        }
        self.bump();
        let value = self.value(depth + 1)?;
        map.insert(key, value);
        Some(())
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.bump();
        let mut list = Vec::new();
        loop {
            self.skip(',');
            match self.peek() {
                None => return Some(Value::Array(list)),
                Some(']') => {
                    self.bump();
                    return Some(Value::Array(list));
                }
                Some(_) => list.push(self.value(depth + 1)?),
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.bump()?;
        let mut out = String::new();
        while let Some(c) = self.bump() {
            match c {
                _ if c == quote => return Some(out),
                '\\' => match self.bump() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('b') => out.push('\u{8}'),
                    Some('f') => out.push('\u{c}'),
                    Some('u') => out.push(self.unicode()),
                    Some(c @ ('"' | '\'' | '\\' | '/')) => out.push(c),
                    // `\d` in a pattern whose backslash was not doubled.
                    Some(c) => out.extend(['\\', c]),
                    None => break,
                },
                _ => out.push(c),
            }
        }
        // Cut off.
        Some(out)
    }

    fn unicode(&mut self) -> char {
        let Some(high) = self.four() else { return '\u{fffd}' };
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).unwrap_or('\u{fffd}');
        }
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            return '\u{fffd}';
        }
        self.at += 2;
        let low = self.four().filter(|low| (0xdc00..0xe000).contains(low));
        low.and_then(|low| char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)))
            .unwrap_or('\u{fffd}')
    }

    /// Four hexadecimal digits.
    fn four(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(code)
    }

    fn bare(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || "_-.+".contains(c)) {
            self.bump();
        }
        self.text[start..self.at].to_owned()
    }

    fn word(&mut self) -> Option<Value> {
        let word = self.bare();
        Some(match word.as_str() {
            "" => return None,
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" => Value::Null,
            number => match number.parse::<i64>() {
                Ok(number) => Value::Number(number.into()),
                Err(_) => Value::Number(Number::from_f64(number.parse().ok()?)?),
            },
        })
    }
}
