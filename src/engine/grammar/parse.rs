//! GBNF text to rules, with every limit checked on the way.

use std::collections::HashMap;

use super::{Class, Element, Grammar, GrammarError, MAX_ELEMENTS, MAX_NESTING, MAX_TEXT};

/// Largest bound of a `{m,n}` repetition.
const MAX_REPEAT: usize = 10_000;

/// See [`Grammar::parse`].
pub(super) fn parse(text: &str) -> Result<Grammar, GrammarError> {
    if text.len() > MAX_TEXT {
        return Err(whole(format!("{} bytes, the limit is {MAX_TEXT}", text.len())));
    }
    let mut parser = Parser::new(text);
    parser.skip_space(Newlines::Skip);
    while !parser.rest().is_empty() {
        parser.rule()?;
    }
    parser.finish()
}

fn whole(reason: impl Into<String>) -> GrammarError {
    GrammarError { line: 0, reason: reason.into() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Newlines {
    Skip,
    Keep,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    names: HashMap<&'a str, u32>,
    /// Per rule, its alternatives; `None` until defined.
    rules: Vec<Option<Vec<Vec<Element>>>>,
    /// Per rule, where it was first mentioned.
    mentioned: Vec<usize>,
    classes: Vec<Class>,
    elements: usize,
}

type Alternatives = Vec<Vec<Element>>;

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            names: HashMap::new(),
            rules: Vec::new(),
            mentioned: Vec::new(),
            classes: Vec::new(),
            elements: 0,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn line_at(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|&&b| b == b'\n').count() + 1
    }

    fn error(&self, reason: impl Into<String>) -> GrammarError {
        GrammarError { line: self.line_at(self.at), reason: reason.into() }
    }

    fn skip_space(&mut self, newlines: Newlines) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => {}
                '\r' | '\n' if newlines == Newlines::Skip => {}
                '#' => {
                    let end = self.rest().find(['\r', '\n']).unwrap_or(self.rest().len());
                    self.at += end;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    fn rule_id(&mut self, name: &'a str) -> u32 {
        if let Some(&id) = self.names.get(name) {
            return id;
        }
        let id = self.new_rule();
        self.names.insert(name, id);
        id
    }

    fn new_rule(&mut self) -> u32 {
        self.rules.push(None);
        self.mentioned.push(self.at);
        // MAX_ELEMENTS bounds the number of rules far below u32.
        (self.rules.len() - 1) as u32
    }

    /// A rule without a name, for groups and repetitions.
    fn helper(&mut self, alternatives: Alternatives) -> Result<u32, GrammarError> {
        let id = self.new_rule();
        self.define(id, alternatives)?;
        Ok(id)
    }

    fn define(&mut self, id: u32, alternatives: Alternatives) -> Result<(), GrammarError> {
        self.elements += alternatives.iter().map(|a| a.len() + 1).sum::<usize>();
        if self.elements > MAX_ELEMENTS {
            return Err(self.error(format!(
                "the grammar expands to more than {MAX_ELEMENTS} elements: \
                 use smaller repetition bounds"
            )));
        }
        self.rules[id as usize] = Some(alternatives);
        Ok(())
    }

    fn rule(&mut self) -> Result<(), GrammarError> {
        let Some(name) = self.name() else {
            return Err(self.error("expected a rule's name"));
        };
        let id = self.rule_id(name);
        self.skip_space(Newlines::Keep);
        if !self.eat("::=") {
            return Err(self.error(format!("expected ::= after {name}")));
        }
        if self.rules[id as usize].is_some() {
            return Err(self.error(format!("{name} is defined twice")));
        }
        self.skip_space(Newlines::Skip);
        let alternatives = self.alternatives(0)?;
        self.define(id, alternatives)?;
        match self.peek() {
            None | Some('\n' | '\r') => {}
            Some(c) => return Err(self.error(format!("unexpected {c:?}"))),
        }
        self.skip_space(Newlines::Skip);
        Ok(())
    }

    fn alternatives(&mut self, depth: usize) -> Result<Alternatives, GrammarError> {
        let mut all = vec![self.sequence(depth)?];
        while self.eat("|") {
            self.skip_space(Newlines::Skip);
            all.push(self.sequence(depth)?);
        }
        Ok(all)
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Element>, GrammarError> {
        let newlines = if depth > 0 { Newlines::Skip } else { Newlines::Keep };
        let mut out: Vec<Element> = Vec::new();
        // Where the item that a repetition sign would apply to begins.
        let mut item: Option<usize> = None;
        loop {
            let before = out.len();
            match self.peek() {
                Some('"') => self.literal(&mut out)?,
                Some('[') => {
                    let class = self.class()?;
                    self.push_class(class, &mut out);
                }
                Some('.') => {
                    self.at += 1;
                    self.push_class(Class { ranges: Vec::new(), negated: true }, &mut out);
                }
                Some('(') => {
                    if depth >= MAX_NESTING {
                        return Err(self.error(format!("nested deeper than {MAX_NESTING}")));
                    }
                    self.at += 1;
                    self.skip_space(Newlines::Skip);
                    let inner = self.alternatives(depth + 1)?;
                    if !self.eat(")") {
                        return Err(self.error("expected )"));
                    }
                    out.push(Element::Rule(self.helper(inner)?));
                }
                Some('*' | '+' | '?' | '{') => {
                    let Some(start) = item else {
                        return Err(self.error("nothing to repeat"));
                    };
                    let (low, high) = self.bounds()?;
                    let repeated = out.split_off(start);
                    self.repeat(&repeated, low, high, &mut out)?;
                    self.skip_space(newlines);
                    continue;
                }
                Some('<' | '!') => {
                    return Err(self.error("token references are not supported"));
                }
                Some(c) if c.is_ascii_alphanumeric() || c == '_' || c == '-' => {
                    let Some(name) = self.name() else { break };
                    let id = self.rule_id(name);
                    out.push(Element::Rule(id));
                }
                _ => break,
            }
            item = Some(before);
            self.skip_space(newlines);
        }
        Ok(out)
    }

    fn push_class(&mut self, class: Class, out: &mut Vec<Element>) {
        let known = self.classes.iter().position(|c| *c == class);
        let id = known.unwrap_or_else(|| {
            self.classes.push(class);
            self.classes.len() - 1
        });
        out.push(Element::Class(id as u32));
    }

    fn literal(&mut self, out: &mut Vec<Element>) -> Result<(), GrammarError> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error("a literal is not closed")),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {
                    let c = self.character()?;
                    self.push_class(Class { ranges: vec![(c, c)], negated: false }, out);
                }
            }
        }
    }

    fn class(&mut self) -> Result<Class, GrammarError> {
        self.at += 1;
        let negated = self.eat("^");
        let mut ranges = Vec::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Err(self.error("a character class is not closed")),
                Some(']') => {
                    self.at += 1;
                    return Ok(Class { ranges, negated });
                }
                Some(_) => {
                    let low = self.character()?;
                    let range = self.rest().starts_with('-') && !self.rest().starts_with("-]");
                    let mut high = low;
                    if range {
                        self.at += 1;
                        if self.peek().is_none() {
                            return Err(self.error("a character class is not closed"));
                        }
                        high = self.character()?;
                    }
                    if high < low {
                        return Err(self.error("a range runs backwards"));
                    }
                    ranges.push((low, high));
                }
            }
        }
    }

    fn character(&mut self) -> Result<u32, GrammarError> {
        let Some(c) = self.bump() else {
            return Err(self.error("unexpected end"));
        };
        if c != '\\' {
            return Ok(u32::from(c));
        }
        let escape = self.bump();
        let digits = match escape {
            Some('n') => return Ok(0x0a),
            Some('r') => return Ok(0x0d),
            Some('t') => return Ok(0x09),
            Some(c @ ('\\' | '"' | '[' | ']' | '-' | '^')) => return Ok(u32::from(c)),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(self.error("unknown escape")),
        };
        let value = self.rest().get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let Some(value) = value.filter(|&value| char::from_u32(value).is_some()) else {
            return Err(self.error(format!("expected {digits} hexadecimal digits of a character")));
        };
        self.at += digits;
        Ok(value)
    }

    fn bounds(&mut self) -> Result<(usize, Option<usize>), GrammarError> {
        match self.bump() {
            Some('*') => return Ok((0, None)),
            Some('+') => return Ok((1, None)),
            Some('?') => return Ok((0, Some(1))),
            _ => {}
        }
        let low = self.number()?;
        let mut high = Some(low);
        if self.eat(",") {
            self.skip_space(Newlines::Keep);
            high = if self.peek() == Some('}') { None } else { Some(self.number()?) };
        }
        self.skip_space(Newlines::Keep);
        if !self.eat("}") {
            return Err(self.error("expected }"));
        }
        if high.is_some_and(|high| high < low) {
            return Err(self.error("a repetition's upper bound is below its lower one"));
        }
        Ok((low, high))
    }

    fn number(&mut self) -> Result<usize, GrammarError> {
        self.skip_space(Newlines::Keep);
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.at += end;
        let value = rest[..end].parse().ok().filter(|&value: &usize| value <= MAX_REPEAT);
        self.skip_space(Newlines::Keep);
        value.ok_or_else(|| self.error(format!("expected a number up to {MAX_REPEAT}")))
    }

    /// `x{2,4}` becomes `x x r1`, `r1 ::= x r2 |`, `r2 ::= x |`; `x*` becomes `r ::= x r |`.
    /// The recursion is in last place, so the matcher's stacks do not grow with it.
    fn repeat(
        &mut self,
        item: &[Element],
        low: usize,
        high: Option<usize>,
        out: &mut Vec<Element>,
    ) -> Result<(), GrammarError> {
        let copies = low + high.map_or(1, |high| high - low);
        if (item.len() + 2).saturating_mul(copies) > MAX_ELEMENTS {
            return Err(self.error("a repetition expands too far: use smaller bounds"));
        }
        for _ in 0..low {
            out.extend_from_slice(item);
        }
        let tail = match high {
            None => {
                let id = self.new_rule();
                let mut again = item.to_vec();
                again.push(Element::Rule(id));
                self.define(id, vec![again, Vec::new()])?;
                Some(id)
            }
            Some(high) => {
                let mut inner: Option<u32> = None;
                for _ in low..high {
                    let mut once = item.to_vec();
                    once.extend(inner.map(Element::Rule));
                    inner = Some(self.helper(vec![once, Vec::new()])?);
                }
                inner
            }
        };
        out.extend(tail.map(Element::Rule));
        if out.len() > MAX_ELEMENTS {
            return Err(self.error("a sequence is too long"));
        }
        Ok(())
    }

    fn finish(self) -> Result<Grammar, GrammarError> {
        let Some(&root) = self.names.get("root") else {
            return Err(whole("there is no rule named root"));
        };
        let mut names: Vec<&str> = vec!["(group)"; self.rules.len()];
        for (&name, &id) in &self.names {
            names[id as usize] = name;
        }
        let mut rules = Vec::with_capacity(self.rules.len());
        let mut elements = Vec::new();
        for (id, alternatives) in self.rules.iter().enumerate() {
            let Some(alternatives) = alternatives else {
                let line = self.line_at(self.mentioned[id]);
                return Err(GrammarError { line, reason: format!("{} is not defined", names[id]) });
            };
            let mut starts = Vec::with_capacity(alternatives.len());
            for alternative in alternatives {
                starts.push(elements.len() as u32);
                elements.extend_from_slice(alternative);
                elements.push(Element::End);
            }
            rules.push(starts);
        }
        let classes = self.classes.clone();
        let grammar = Grammar { rules, elements, classes, root };
        match left_recursive(&grammar) {
            Some(id) => Err(GrammarError {
                line: self.line_at(self.mentioned[id]),
                reason: format!("{} is left-recursive: it can begin with itself", names[id]),
            }),
            None => Ok(grammar),
        }
    }
}

/// A rule that can begin with itself, possibly after parts that match nothing.
fn left_recursive(grammar: &Grammar) -> Option<usize> {
    let nullable = nullable(grammar);
    // Rules that can come first in each rule.
    let first: Vec<Vec<usize>> = grammar
        .rules
        .iter()
        .map(|starts| {
            let mut out = Vec::new();
            for &start in starts {
                let mut at = start;
                while let Element::Rule(id) = grammar.element(at) {
                    out.push(id as usize);
                    if !nullable[id as usize] {
                        break;
                    }
                    at += 1;
                }
            }
            out
        })
        .collect();
    // Depth-first search with a stack of our own: grammars are not allowed to overflow ours.
    let mut state = vec![0_u8; first.len()];
    for root in 0..first.len() {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut path = vec![(root, 0)];
        while let Some((id, next)) = path.last_mut() {
            let id = *id;
            match first[id].get(*next) {
                Some(&child) => {
                    *next += 1;
                    match state[child] {
                        0 => {
                            state[child] = 1;
                            path.push((child, 0));
                        }
                        1 => return Some(child),
                        _ => {}
                    }
                }
                None => {
                    state[id] = 2;
                    path.pop();
                }
            }
        }
    }
    None
}

/// Which rules match the empty text.
fn nullable(grammar: &Grammar) -> Vec<bool> {
    let mut nullable = vec![false; grammar.rules.len()];
    loop {
        let mut changed = false;
        // Backwards: helpers come after the rules that use them, so most settle in one pass.
        for id in (0..grammar.rules.len()).rev() {
            if nullable[id] {
                continue;
            }
            let empty = grammar.rules[id].iter().any(|&start| {
                let mut at = start;
                loop {
                    match grammar.element(at) {
                        Element::End => return true,
                        Element::Class(_) => return false,
                        Element::Rule(inner) if nullable[inner as usize] => at += 1,
                        Element::Rule(_) => return false,
                    }
                }
            });
            if empty {
                nullable[id] = true;
                changed = true;
            }
        }
        if !changed {
            return nullable;
        }
    }
}
