//! Steps in words: what people type after `--goal`, what a model plans under a grammar, and what an opportunity is
//! offered as.
//!
//! ```text
//! rename SYMBOL to NAME
//! extract function NAME from 10-14          lines, or 10:5-14:20
//! extract variable NAME from 12:9-12:30     [everywhere]
//! inline SYMBOL
//! move SYMBOL to PATH
//! add parameter DECLARATION [= DEFAULT] [passing ARGUMENT] [at N] to SYMBOL
//! remove parameter NAME from SYMBOL
//! order parameters A, B, C of SYMBOL
//! rewrite KIND [at LINE | in SYMBOL]
//! edit SYMBOL: what to do                    needs a model
//! ```

use std::fmt;

use crate::base::Line;
use crate::refactor::{Occurrences, Refactoring, Rewrite, SignatureChange};

/// One step that is wished for, its place still in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub what: What,
    pub target: Target,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Exact, without a model.
    Exact(Exact),
    /// A model writes the symbol anew, and nothing else.
    Edit(String),
}

/// As [`Refactoring`], with the path of a move as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exact {
    Do(Refactoring),
    MoveTo(String),
}

/// Where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The whole file.
    File,
    /// A name: `total`, `Cart.total`, `main.total`.
    Symbol(String),
    /// First and last line.
    Lines(Line, Line),
    /// From one place to another, each a line and a column; columns count characters from 1, the end is exclusive.
    Range((Line, u32), (Line, u32)),
}

/// Reads one step.
///
/// # Errors
/// What is missing or not understood, for people.
pub fn read(text: &str) -> Result<Wish, String> {
    let text = text.trim().trim_end_matches('.').trim();
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match verb.to_ascii_lowercase().as_str() {
        "rename" => {
            let (symbol, to) = between(rest, " to ", "rename SYMBOL to NAME")?;
            exact(Refactoring::Rename { to: to.to_owned() }, symbol_target(symbol))
        }
        "extract" => extract(rest),
        "inline" if !rest.is_empty() => exact(Refactoring::Inline, symbol_target(rest)),
        "move" => {
            let (symbol, to) = between(rest, " to ", "move SYMBOL to PATH")?;
            let what = What::Exact(Exact::MoveTo(to.to_owned()));
            Ok(Wish { what, target: symbol_target(symbol) })
        }
        "add" => add(rest),
        "remove" | "delete" | "drop" => remove(rest),
        "order" | "reorder" => order(rest),
        "split" if !rest.is_empty() => {
            exact(Refactoring::Rewrite(Rewrite::SplitFunction), symbol_target(rest))
        }
        "rewrite" => rewrite(rest),
        "edit" => {
            let (symbol, how) = between(rest, ":", "edit SYMBOL: what to do")?;
            Ok(Wish { what: What::Edit(how.to_owned()), target: symbol_target(symbol) })
        }
        _ => Err(format!("`{text}` is no step that slm knows without a model")),
    }
}

/// Reads several steps: one a line, or parted by semicolons.
///
/// # Errors
/// As [`read`], for the first that is not understood.
pub fn read_all(text: &str) -> Result<Vec<Wish>, String> {
    let lines = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| read(line.trim_start_matches(['-', '*']))).collect()
}

fn exact(what: Refactoring, target: Target) -> Result<Wish, String> {
    Ok(Wish { what: What::Exact(Exact::Do(what)), target })
}

fn symbol_target(name: &str) -> Target {
    let name = name.trim().trim_matches('`');
    range(name).unwrap_or_else(|| Target::Symbol(name.trim_end_matches("()").to_owned()))
}

/// Both sides of the last `mark`, neither empty.
fn between<'t>(text: &'t str, mark: &str, form: &str) -> Result<(&'t str, &'t str), String> {
    let parts = if mark == ":" { text.split_once(": ") } else { text.rsplit_once(mark) };
    let sides = parts.map(|(one, two)| (one.trim(), two.trim().trim_matches('`')));
    sides
        .filter(|(one, two)| !one.is_empty() && !two.is_empty())
        .ok_or_else(|| format!("`{text}` is not complete; the form is: {form}"))
}

fn extract(rest: &str) -> Result<Wish, String> {
    const FORM: &str = "extract function NAME from 10-14, extract variable NAME from 12:9-12:30";
    let (rest, occurrences) = match rest.strip_suffix("everywhere") {
        Some(rest) => (rest.trim(), Occurrences::All),
        None => (rest, Occurrences::Selected),
    };
    let (head, place) = between(rest, " from ", FORM)?;
    let target = range(place)
        .ok_or_else(|| format!("`{place}` is no range of lines or places; the form is: {FORM}"))?;
    let (kind, name) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
    let name = name.trim().trim_matches('`').to_owned();
    if name.is_empty() {
        return Err(format!("the name is missing; the form is: {FORM}"));
    }
    match kind {
        "function" | "method" => exact(Refactoring::ExtractFunction { name }, target),
        "variable" | "constant" => {
            exact(Refactoring::ExtractVariable { name, occurrences }, target)
        }
        other => Err(format!("cannot extract a `{other}`; the form is: {FORM}")),
    }
}

/// `10`, `10-14`, `12:9-12:30`.
fn range(text: &str) -> Option<Target> {
    let text = text.trim().trim_start_matches("lines ").trim_start_matches("line ");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let place = |text: &str| -> Option<(Line, Option<u32>)> {
        let (line, column) = match text.trim().split_once(':') {
            Some((line, column)) => (line, Some(column.parse().ok().filter(|c| *c > 0)?)),
            None => (text.trim(), None),
        };
        Some((Line(line.parse().ok().filter(|line| *line > 0)?), column))
    };
    match (place(from)?, place(to)?) {
        ((a, None), (b, None)) if a <= b => Some(Target::Lines(a, b)),
        ((a, Some(from)), (b, Some(to))) if (a, from) <= (b, to) => {
            Some(Target::Range((a, from), (b, to)))
        }
        _ => None,
    }
}

fn add(rest: &str) -> Result<Wish, String> {
    const FORM: &str = "add parameter DECLARATION [= DEFAULT] [passing ARGUMENT] [at N] to SYMBOL";
    let rest = rest.strip_prefix("parameter ").unwrap_or(rest);
    let (rest, symbol) = between(rest, " to ", FORM)?;
    let (rest, at) =
        match rest.rsplit_once(" at ").and_then(|(r, n)| Some((r, n.trim().parse().ok()?))) {
            Some((rest, at)) => (rest, at),
            None => (rest, usize::MAX),
        };
    let (rest, argument) = match rest.split_once(" passing ") {
        Some((rest, argument)) => (rest, Some(argument.trim().to_owned())),
        None => (rest, None),
    };
    let (declaration, default) = match rest.split_once(" = ").or_else(|| rest.split_once('=')) {
        Some((declaration, default)) => (declaration, Some(default.trim().to_owned())),
        None => (rest, None),
    };
    if argument.is_none() && default.is_none() {
        return Err(format!(
            "callers must pass something or there must be a default; the form is: {FORM}"
        ));
    }
    let declaration = declaration.trim().to_owned();
    let change = SignatureChange::Add { declaration, argument, default, at };
    exact(Refactoring::ChangeSignature(vec![change]), symbol_target(symbol))
}

fn remove(rest: &str) -> Result<Wish, String> {
    let words = rest.trim_start_matches("the ").trim();
    match words {
        "unused imports" | "unused-imports" => {
            exact(Refactoring::Rewrite(Rewrite::UnusedImports), Target::File)
        }
        "dead code" | "dead-code" => exact(Refactoring::Rewrite(Rewrite::DeadCode), Target::File),
        _ => {
            let form = "remove parameter NAME from SYMBOL";
            let words = words.strip_prefix("parameter ").ok_or_else(|| {
                format!("cannot remove `{words}`; the forms are: {form}, remove unused imports, remove dead code")
            })?;
            let (name, symbol) = between(words, " from ", form)?;
            let change = SignatureChange::Remove { name: name.to_owned() };
            exact(Refactoring::ChangeSignature(vec![change]), symbol_target(symbol))
        }
    }
}

fn order(rest: &str) -> Result<Wish, String> {
    let form = "order parameters A, B, C of SYMBOL";
    let rest = rest.strip_prefix("parameters ").unwrap_or(rest);
    let (names, symbol) = between(rest, " of ", form)?;
    let names = names.split(',').map(|name| name.trim().to_owned()).collect();
    let change = SignatureChange::Reorder(names);
    exact(Refactoring::ChangeSignature(vec![change]), symbol_target(symbol))
}

fn rewrite(rest: &str) -> Result<Wish, String> {
    let (kind, place) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let Some(rewrite) = Rewrite::ALL.into_iter().find(|r| r.name() == kind) else {
        let all: Vec<&str> = Rewrite::ALL.iter().map(|r| r.name()).collect();
        return Err(format!("there is no rewrite `{kind}`; there are: {}", all.join(", ")));
    };
    let place = place.trim();
    let target = match place.split_once(char::is_whitespace) {
        None if place.is_empty() => Target::File,
        Some(("at", place)) => range(place)
            .ok_or_else(|| format!("`{place}` is no line; the form is: rewrite {kind} at LINE"))?,
        Some(("in", symbol)) => symbol_target(symbol),
        _ => return Err(format!("the form is: rewrite {kind} [at LINE | in SYMBOL]")),
    };
    exact(Refactoring::Rewrite(rewrite), target)
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.target;
        let what = match &self.what {
            What::Edit(how) => return write!(f, "edit {at}: {how}"),
            What::Exact(Exact::MoveTo(to)) => return write!(f, "move {at} to {to}"),
            What::Exact(Exact::Do(what)) => what,
        };
        match what {
            Refactoring::Rename { to } => write!(f, "rename {at} to {to}"),
            Refactoring::ExtractFunction { name } => write!(f, "extract function {name} from {at}"),
            Refactoring::ExtractVariable { name, occurrences } => {
                let all = if *occurrences == Occurrences::All { " everywhere" } else { "" };
                write!(f, "extract variable {name} from {at}{all}")
            }
            Refactoring::Inline => write!(f, "inline {at}"),
            Refactoring::Move { to } => write!(f, "move {at} to {to}"),
            Refactoring::ChangeSignature(changes) => {
                for (index, change) in changes.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    signature(f, change, at)?;
                }
                Ok(())
            }
            Refactoring::Rewrite(rewrite) => match at {
                Target::File => write!(f, "rewrite {}", rewrite.name()),
                Target::Symbol(name) => write!(f, "rewrite {} in {name}", rewrite.name()),
                _ => write!(f, "rewrite {} at {at}", rewrite.name()),
            },
        }
    }
}

fn signature(f: &mut fmt::Formatter<'_>, change: &SignatureChange, of: &Target) -> fmt::Result {
    match change {
        SignatureChange::Add { declaration, argument, default, at } => {
            write!(f, "add parameter {declaration}")?;
            if let Some(default) = default {
                write!(f, " = {default}")?;
            }
            if let Some(argument) = argument {
                write!(f, " passing {argument}")?;
            }
            if *at != usize::MAX {
                write!(f, " at {at}")?;
            }
            write!(f, " to {of}")
        }
        SignatureChange::Remove { name } => write!(f, "remove parameter {name} from {of}"),
        SignatureChange::Reorder(names) => {
            write!(f, "order parameters {} of {of}", names.join(", "))
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file"),
            Self::Symbol(name) => f.write_str(name),
            Self::Lines(first, last) if first == last => write!(f, "{first}"),
            Self::Lines(first, last) => write!(f, "{first}-{last}"),
            Self::Range((a, from), (b, to)) => write!(f, "{a}:{from}-{b}:{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_is_said() {
        for step in [
            "rename Cart.total to grand_total",
            "extract function tax from 10-14",
            "extract function tax from 10",
            "extract variable rate from 12:9-12:30",
            "extract variable rate from 12:9-12:30 everywhere",
            "inline helper",
            "move load to app/loader.py",
            "add parameter limit: int = 10 to fetch",
            "add parameter limit: usize passing 10 at 0 to fetch",
            "remove parameter unused from fetch",
            "order parameters b, a of fetch",
            "rewrite guard-clauses at 14",
            "rewrite split-function in main",
            "rewrite unused-imports",
            "edit parse: say what is wrong in the error",
        ] {
            assert_eq!(read(step).map(|wish| wish.to_string()).as_deref(), Ok(step));
        }
        assert_eq!(read("remove unused imports.").unwrap().to_string(), "rewrite unused-imports");
        assert_eq!(read("split main").unwrap().to_string(), "rewrite split-function in main");
        assert_eq!(read_all("- inline a; inline b\n* inline c").unwrap().len(), 3);
    }

    #[test]
    fn what_is_missing_is_said() {
        for (step, says) in [
            ("rename total", "rename SYMBOL to NAME"),
            ("extract function tax", "from 10-14"),
            ("extract function tax from 14-10", "no range"),
            ("extract class A from 1-2", "cannot extract"),
            ("add parameter x to f", "default"),
            ("remove x", "remove parameter NAME"),
            ("rewrite everything", "guard-clauses"),
            ("rewrite match at x", "no line"),
            ("make it better", "without a model"),
        ] {
            let error = read(step).unwrap_err();
            assert!(error.contains(says), "{step}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(rename|extract function|add parameter|order|rewrite|edit|move)? ?[a-z :,=\\-0-9.]{0,40}") {
            if let Ok(wish) = read(&text) {
                proptest::prop_assert!(!wish.to_string().is_empty());
            }
        }
    }
}
