//! Names against the repository's own conventions: what nine in ten names of a kind do.

use std::collections::HashMap;

use super::{Smell, SmellKind};
use crate::base::{Language, RepoPath, Span};
use crate::refactor::{BoundKind, Project, Refactoring, ScopeKind, bindings, shared};
use crate::syntax::Parsed;

/// Files looked at for what is usual.
const SAMPLE: usize = 40;
/// Names of a kind that are needed to call anything usual.
const ENOUGH: usize = 20;
/// The share that makes it so.
const USUAL: f64 = 0.9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Style {
    /// `one_word`
    Snake,
    /// `oneWord`
    Camel,
    /// `OneWord`
    Pascal,
    /// `ONE_WORD`
    Upper,
}

pub(super) fn find(project: &dyn Project, path: &RepoPath, parsed: &Parsed) -> Vec<Smell> {
    let family = Language::of_path(path.as_str());
    let mut counts: HashMap<(BoundKind, Style), usize> = HashMap::new();
    let alike = |other: &&RepoPath| Language::of_path(other.as_str()) == family;
    // Evenly over the repository: one folder may have ways of its own.
    let all: Vec<&RepoPath> = project.files().iter().filter(alike).collect();
    let step = all.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&RepoPath> = all.into_iter().step_by(step).collect();
    let named = shared(&sample, &|path| {
        let names = project.parsed(path).map(|other| names(&other)).unwrap_or_default();
        let styled = |(kind, name, _): (BoundKind, String, Span)| Some((kind, style(&name)?));
        names.into_iter().filter_map(styled).collect::<Vec<_>>()
    });
    for styled in named.into_iter().flatten() {
        *counts.entry(styled).or_default() += 1;
    }
    let usual = |kind: BoundKind| {
        let of_kind: Vec<_> = counts.iter().filter(|((k, _), _)| *k == kind).collect();
        let total: usize = of_kind.iter().map(|(_, n)| **n).sum();
        let ((_, style), most) = of_kind.into_iter().max_by_key(|(_, n)| **n)?;
        (total >= ENOUGH && *most as f64 >= USUAL * total as f64).then_some((*style, *most, total))
    };
    let mut out = Vec::new();
    for (kind, name, span) in names(parsed) {
        let (Some(own), Some((wanted, most, total))) = (style(&name), usual(kind)) else {
            continue;
        };
        if own == wanted {
            continue;
        }
        let to = restyled(&name, wanted);
        let word = kind_name(kind);
        out.push(Smell {
            kind: SmellKind::Naming,
            span,
            message: format!(
                "`{name}` is spelt otherwise than {most} of {total} {word} here; they would say `{to}`"
            ),
            benefit: 16.0,
            step: Some(Refactoring::Rename { to }),
            at: None,
        });
    }
    out
}

/// Names that are a matter of style: functions, classes, and variables within functions.
fn names(parsed: &Parsed) -> Vec<(BoundKind, String, Span)> {
    let Some(bindings) = bindings(parsed) else { return Vec::new() };
    let bound = bindings.bound.iter().filter(|bound| {
        // A constant may be one anywhere, and a member of an enumeration is none of these.
        let kind = bindings.scope(bound.scope).kind;
        let local =
            matches!(kind, ScopeKind::Function | ScopeKind::Block | ScopeKind::Comprehension)
                && bound.name.chars().any(char::is_lowercase);
        match bound.kind {
            BoundKind::Function | BoundKind::Class => true,
            BoundKind::Variable | BoundKind::Parameter => local,
            _ => false,
        }
    });
    bound.map(|bound| (bound.kind, bound.name.clone(), bound.declared)).collect()
}

/// How a name is spelt; `None` for one word in small letters, which fits everywhere, and for what is none of these.
fn style(name: &str) -> Option<Style> {
    let core = name.trim_matches('_');
    let has = |f: fn(char) -> bool| core.chars().any(f);
    let (upper, lower) = (has(char::is_uppercase), has(char::is_lowercase));
    let starts_upper = core.chars().next().is_some_and(char::is_uppercase);
    match (core.contains('_'), upper, lower) {
        (true, false, true) => Some(Style::Snake),
        (true, true, false) => Some(Style::Upper),
        (false, true, true) if starts_upper => Some(Style::Pascal),
        (false, true, true) => Some(Style::Camel),
        _ => None,
    }
}

fn restyled(name: &str, to: Style) -> String {
    let core = name.trim_matches('_');
    let (head, tail) = name.split_at(name.find(core).unwrap_or(0));
    let tail = &tail[core.len()..];
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for c in core.chars() {
        if c == '_' {
        } else if c.is_uppercase() && !before.is_uppercase() || before == '_' || words.is_empty() {
            words.push(c.to_lowercase().collect());
        } else if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    let capital = |word: &String| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|c| c.to_uppercase().collect::<String>() + chars.as_str())
            .unwrap_or_default()
    };
    let body = match to {
        Style::Snake => words.join("_"),
        Style::Upper => words.join("_").to_uppercase(),
        Style::Pascal => words.iter().map(capital).collect(),
        Style::Camel => {
            let rest: String = words.iter().skip(1).map(capital).collect();
            words.first().cloned().unwrap_or_default() + &rest
        }
    };
    format!("{head}{body}{tail}")
}

fn kind_name(kind: BoundKind) -> &'static str {
    match kind {
        BoundKind::Function => "functions",
        BoundKind::Class => "classes",
        BoundKind::Parameter => "parameters",
        _ => "variables",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_and_back() {
        for (name, is, to, becomes) in [
            ("read_all", Some(Style::Snake), Style::Camel, "readAll"),
            ("readAll", Some(Style::Camel), Style::Snake, "read_all"),
            ("_parseURL", Some(Style::Camel), Style::Snake, "_parse_url"),
            ("ReadAll", Some(Style::Pascal), Style::Upper, "READ_ALL"),
            ("LIMIT_ALL", Some(Style::Upper), Style::Pascal, "LimitAll"),
            ("total", None, Style::Snake, "total"),
        ] {
            assert_eq!(style(name), is, "{name}");
            assert_eq!(restyled(name, to), becomes, "{name}");
        }
    }
}
