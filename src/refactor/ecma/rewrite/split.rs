//! A long function along its blocks.

use super::super::extract::{Chunk, of_chunk};
use super::super::file::{File, is_function};
use crate::base::Span;
use crate::refactor::{Answer, Edit, Reason, Setting, Step, words};
use crate::syntax::node::{ancestors, children, field, first_line, last_line};
use crate::syntax::tree::Node;

/// A function of fewer lines is left whole.
const LONG: u32 = 40;
/// A part of fewer lines is left where it is.
const PART: u32 = 5;

/// True for a long function of several parts.
pub(super) fn offered(_file: &File, node: Node<'_>) -> bool {
    is_function(node)
        && last_line(node) - first_line(node) >= LONG
        && field(node, "body").is_some_and(|b| b.kind() == "statement_block")
        && parts(node).len() > 1
}

/// Statements that stand together: apart from the others by an empty line or a comment.
fn parts(function: Node<'_>) -> Vec<Vec<Node<'_>>> {
    let Some(body) = field(function, "body") else { return Vec::new() };
    let mut out: Vec<Vec<Node<'_>>> = Vec::new();
    let mut last: Option<Node<'_>> = None;
    for node in children(body).filter(|c| c.is_named()) {
        let apart = last.is_none_or(|l| {
            first_line(node) > last_line(l) + 1 || node.is_extra() && !l.is_extra()
        });
        if apart {
            out.push(Vec::new());
        }
        last = Some(node);
        if let Some(part) = out.last_mut().filter(|_| !node.is_extra()) {
            part.push(node);
        }
    }
    out.retain(|part| !part.is_empty());
    out
}

pub(super) fn plan(setting: &Setting<'_>, file: &File, function: Node<'_>) -> Answer {
    let name = name_of(file, function);
    let mut step = Step::new(format!("Split {name}"));
    let mut taken: Vec<Span> = Vec::new();
    let mut taken_names: Vec<String> = Vec::new();
    let mut why = None;
    let mut count = 0;
    for part in parts(function) {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
        let lines = last_line(*last) - first_line(*first) + 1;
        if lines < PART || lines + PART > last_line(function) - first_line(function) {
            continue;
        }
        let telling = telling_names(file, function, &part).into_iter();
        let mut telling = telling.filter(|name| words(file.text(), name).is_empty());
        let telling = telling.find(|name| !taken_names.contains(name));
        let is_plain = telling.is_none();
        let fresh = telling.unwrap_or_else(|| free_name(file, &name, &mut count));
        match of_chunk(setting.project, file, &Chunk::Statements(part.clone()), &fresh) {
            Ok(made) if is_outside(&made, function) => {
                taken.push(Span::new(first.start_byte(), last.end_byte()));
                for change in made.changes {
                    if let Edit::Replace(list) = change.edit {
                        list.into_iter().for_each(|r| step.replace(&change.path, r));
                    }
                }
                if is_plain {
                    let line = first_line(*first);
                    step.notes.push(format!("{fresh} (line {line}) is to be given a better name."));
                }
                taken_names.push(fresh);
            }
            Ok(_) => count -= u32::from(is_plain),
            Err(refusal) => {
                count -= u32::from(is_plain);
                why.get_or_insert(refusal);
            }
        }
    }
    if taken.is_empty() {
        return Err(why.unwrap_or_else(|| {
            file.refuse(
                Reason::NotHere,
                format!("`{name}` has no parts that can be functions of their own"),
                function,
            )
        }));
    }
    Ok(step)
}

/// True when all that is new stands outside of the function.
fn is_outside(step: &Step, function: Node<'_>) -> bool {
    step.changes.iter().all(|change| match &change.edit {
        Edit::Replace(list) => {
            list.iter().any(|r| r.span.is_empty() && r.span.start >= function.end_byte())
        }
        Edit::Create(_) => false,
    })
}

fn name_of(file: &File, function: Node<'_>) -> String {
    let own = field(function, "name");
    let around =
        || ancestors(function).next().and_then(|p| field(p, "name").or_else(|| field(p, "key")));
    let name = own.or_else(around).map_or("", |n| file.of_node(n));
    let plain: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    if plain.is_empty() || plain.starts_with(|c: char| c.is_ascii_digit()) {
        "step".to_owned()
    } else {
        plain
    }
}

/// Names that say what a part does, the most telling first: after the comment above it, what it works out for the
/// rest of the function, or what it goes through.
fn telling_names(file: &File, function: Node<'_>, part: &[Node<'_>]) -> Vec<String> {
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return Vec::new() };
    let whole = Span::new(first.start_byte(), last.end_byte());
    let mut out = Vec::new();
    out.extend(first.prev_sibling().and_then(|above| heading(file, above, *first)));
    let bindings = &file.names.bindings;
    let later = Span::new(whole.end, function.end_byte().max(whole.end));
    let mut results: Vec<&str> = Vec::new();
    for occurrence in bindings.within(later) {
        let bound = occurrence.bound.map(|id| bindings.get(id));
        if let Some(bound) = bound.filter(|b| whole.contains(b.declared))
            && !results.contains(&bound.name.as_str())
        {
            results.push(&bound.name);
        }
    }
    if (1..=2).contains(&results.len()) {
        let parts: Vec<String> = results.iter().map(|name| capital(name)).collect();
        out.push(format!("compute{}", parts.join("And")));
    }
    let over =
        part.iter().find(|n| n.kind() == "for_in_statement").and_then(|n| field(*n, "right"));
    let over = over.map(|n| file.of_node(n).rsplit('.').next().unwrap_or(""));
    let over = over.filter(|o| !o.is_empty() && o.chars().all(|c| c.is_alphanumeric() || c == '_'));
    out.extend(over.map(|over| format!("process{}", capital(over))));
    out
}

/// A short comment right above, as a name.
fn heading(file: &File, above: Node<'_>, first: Node<'_>) -> Option<String> {
    const SMALL: [&str; 9] = ["the", "a", "an", "of", "to", "and", "all", "now", "then"];
    let text =
        file.of_node(above).trim_start_matches(['/', '*', ' ']).trim_end_matches(['/', '*', ' ']);
    let near = above.kind() == "comment" && last_line(above) + 1 == first_line(first);
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|word| !word.is_empty() && !SMALL.contains(&word.as_str()))
        .collect();
    let plain = near && text.len() < 60 && (2..=5).contains(&words.len());
    let begins = words.first()?.starts_with(|c: char| c.is_ascii_lowercase());
    (plain && begins).then(|| {
        let rest = words[1..].iter().map(|word| capital(word));
        words[0].clone() + &rest.collect::<String>()
    })
}

fn capital(word: &str) -> String {
    let word = word.trim_start_matches(['_', '$']);
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + chars.as_str())
}

fn free_name(file: &File, name: &str, count: &mut u32) -> String {
    loop {
        *count += 1;
        let fresh = format!("{name}Part{count}");
        let used = crate::refactor::words(file.text(), &fresh);
        if used.is_empty() {
            return fresh;
        }
    }
}
