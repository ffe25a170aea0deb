//! One construct written as another.
//!
//! Every rewrite has one function that makes it at one node or says why not. An offer is a node at
//! which that succeeds; what only the other files of the repository can tell (`beyond`) is asked
//! when a step is planned.

mod beyond;
mod comprehension_to_loop;
mod dataclass;
mod dead_code;
mod facts;
mod file;
mod format_strings;
mod guard_clauses;
mod if_chain;
mod layout;
mod loop_checks;
mod loop_to_comprehension;
mod split_function;
mod types;
mod unused_imports;

use crate::base::{Replacement, Span};
use crate::refactor::{Answer, Reason, Refusal, Rewrite, Setting, Step};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, span};
use crate::syntax::tree::Node;
use file::{File, Made};

/// How one rewrite is found and made.
struct Rule {
    rewrite: Rewrite,
    /// The kinds of nodes that it is made at.
    kinds: &'static [&'static str],
    make: fn(&File<'_>, Node<'_>) -> Result<Made, Refusal>,
    /// False for nodes where nobody would want it, though it could be made.
    wanted: fn(&File<'_>, Node<'_>, &Made) -> bool,
}

/// What refers to the whole file when the place is its start.
const WIDE: [Rewrite; 3] = [Rewrite::UnusedImports, Rewrite::DeadCode, Rewrite::FormatStrings];

const RULES: [Rule; 9] = [
    Rule {
        rewrite: Rewrite::LoopToComprehension,
        kinds: &["for_statement"],
        make: loop_to_comprehension::make,
        wanted: always,
    },
    Rule {
        rewrite: Rewrite::ComprehensionToLoop,
        kinds: &["list_comprehension", "set_comprehension", "dictionary_comprehension"],
        make: comprehension_to_loop::make,
        wanted: always,
    },
    Rule {
        rewrite: Rewrite::GuardClauses,
        kinds: &["if_statement"],
        make: guard_clauses::make,
        wanted: guard_clauses::wanted,
    },
    Rule {
        rewrite: Rewrite::DeadCode,
        kinds: dead_code::KINDS,
        make: dead_code::make,
        wanted: dead_code::wanted,
    },
    Rule {
        rewrite: Rewrite::UnusedImports,
        kinds: &["import_statement", "import_from_statement"],
        make: unused_imports::make,
        wanted: always,
    },
    Rule {
        rewrite: Rewrite::IfChainToMatch,
        kinds: &["if_statement"],
        make: if_chain::to_match::make,
        wanted: always,
    },
    Rule {
        rewrite: Rewrite::IfChainToTable,
        kinds: &["if_statement"],
        make: if_chain::to_table::make,
        wanted: always,
    },
    Rule {
        rewrite: Rewrite::FormatStrings,
        kinds: &["binary_operator", "call"],
        make: format_strings::make,
        wanted: format_strings::wanted,
    },
    Rule {
        rewrite: Rewrite::Dataclass,
        kinds: &["class_definition"],
        make: dataclass::make,
        wanted: dataclass::wanted,
    },
];

fn always(_: &File<'_>, _: Node<'_>, _: &Made) -> bool {
    true
}

/// The step that makes `rewrite` at the place.
pub(super) fn plan(setting: &Setting<'_>, rewrite: Rewrite) -> Answer {
    let file = File::new(setting.parsed, Some(setting.path()));
    let at = setting.at.span;
    if rewrite == Rewrite::SplitFunction {
        let function = places(&file, &["function_definition"], at).into_iter().next();
        let function = function.ok_or_else(|| nothing(rewrite))?;
        return split_function::plan(setting, &file, function);
    }
    let Some(rule) = RULES.iter().find(|rule| rule.rewrite == rewrite) else {
        return Err(crate::refactor::language::unsupported("Python", rewrite.name()));
    };
    if at == Span::at(0) && WIDE.contains(&rewrite) {
        return everywhere(setting, &file, rule);
    }
    let mut not_here = None;
    for node in places(&file, rule.kinds, at) {
        match made(setting, &file, rule, node) {
            Ok(made) => return Ok(step(&file, made.title.clone(), vec![made])),
            Err(refusal) if refusal.reason != Reason::NotHere => return Err(refusal),
            Err(refusal) => not_here = not_here.or(Some(refusal)),
        }
    }
    Err(not_here.unwrap_or_else(|| nothing(rewrite)))
}

/// Where a file offers a rewrite.
pub(super) fn offers(parsed: &Parsed) -> Vec<(Rewrite, Span)> {
    let file = File::new(parsed, None);
    let mut out: Vec<(Rewrite, Span)> = Vec::new();
    for node in parsed.root().subtree() {
        for rule in RULES.iter().filter(|rule| rule.kinds.contains(&node.kind())) {
            let made = (rule.make)(&file, node);
            if made.is_ok_and(|made| (rule.wanted)(&file, node, &made)) {
                out.push((rule.rewrite, span(node)));
            }
        }
    }
    let functions = parsed.root().subtree().filter(|n| n.kind() == "function_definition");
    let long = functions.filter(|n| split_function::offered(&file, *n));
    out.extend(long.map(|n| (Rewrite::SplitFunction, span(n))));
    out.sort_by_key(|(_, span)| (span.start, std::cmp::Reverse(span.end)));
    out
}

/// All of a file in one step; what cannot be done stays as it is.
fn everywhere(setting: &Setting<'_>, file: &File<'_>, rule: &Rule) -> Answer {
    let (mut all, mut taken, mut last): (Vec<Made>, Vec<Span>, _) = (Vec::new(), Vec::new(), None);
    for node in setting.parsed.root().subtree().filter(|n| rule.kinds.contains(&n.kind())) {
        match made(setting, file, rule, node) {
            Ok(made) if made.spans().iter().any(|s| taken.iter().any(|t| meet(*s, *t))) => {}
            Ok(made) => {
                taken.extend(made.spans());
                all.push(made);
            }
            Err(refusal) if refusal.reason != Reason::NotHere => last = Some(refusal),
            Err(_) => {}
        }
    }
    let what = match rule.rewrite {
        Rewrite::UnusedImports => "Remove unused imports",
        Rewrite::DeadCode => "Remove dead code",
        _ => "Write formatted strings as f-strings",
    };
    match (all.len(), last) {
        (0, Some(refusal)) => Err(refusal),
        (0, None) => Err(nothing(rule.rewrite)),
        (1, _) => Ok(step(file, all[0].title.clone(), all)),
        _ => Ok(step(file, format!("{what} in {}", setting.path()), all)),
    }
}

fn meet(one: Span, other: Span) -> bool {
    one == other || one.start < other.end && other.start < one.end
}

fn made(
    setting: &Setting<'_>,
    file: &File<'_>,
    rule: &Rule,
    node: Node<'_>,
) -> Result<Made, Refusal> {
    let made = (rule.make)(file, node)?;
    beyond::check(setting, file, made)
}

fn nothing(rewrite: Rewrite) -> Refusal {
    let what = match rewrite {
        Rewrite::LoopToComprehension => "no loop that fills a collection",
        Rewrite::ComprehensionToLoop => "no comprehension",
        Rewrite::GuardClauses => "no `if` whose body could come after an early exit",
        Rewrite::DeadCode => "no dead code",
        Rewrite::UnusedImports => "no unused import",
        Rewrite::IfChainToMatch | Rewrite::IfChainToTable => "no chain of `if`s over one value",
        Rewrite::FormatStrings => "no string that is formatted",
        Rewrite::Dataclass => "no class",
        Rewrite::SplitFunction => "no long function",
    };
    Refusal::new(Reason::NotHere, format!("there is {what} here"))
}

/// The nodes that a place can mean, the likeliest first: around it from inside to outside, then within it.
fn places<'t>(file: &File<'t>, kinds: &[&str], at: Span) -> Vec<Node<'t>> {
    let root = file.parsed.root();
    let at = trimmed(file.text, at);
    let Some(inner) = root.descendant_for_byte_range(at.start, at.end) else { return Vec::new() };
    // A caret behind a node means that node too.
    let before = at.start.checked_sub(1).filter(|_| at.is_empty());
    let before = before.and_then(|b| root.descendant_for_byte_range(b, at.start));
    let around = |n: Node<'t>| std::iter::once(n).chain(ancestors(n));
    let mut nodes: Vec<Node<'t>> =
        around(inner).chain(before.into_iter().flat_map(around)).collect();
    nodes.sort_by_key(|n| n.end_byte() - n.start_byte());
    if !at.is_empty() {
        nodes.extend(root.subtree().filter(|n| at.contains(span(*n)) && span(*n) != at));
    }
    nodes.retain(|n| kinds.contains(&n.kind()));
    nodes.dedup();
    nodes
}

fn trimmed(text: &str, at: Span) -> Span {
    let Some(selected) = at.of(text).filter(|_| !at.is_empty()) else { return at };
    let start = at.start + (selected.len() - selected.trim_start().len());
    let end = at.end - (selected.len() - selected.trim_end().len());
    if start < end { Span::new(start, end) } else { at }
}

fn step(file: &File<'_>, title: String, all: Vec<Made>) -> Step {
    let mut step = Step::new(title);
    let Some(path) = file.path else { return step };
    let mut removed: Vec<Span> = Vec::new();
    for made in all {
        removed.extend(made.removed);
        step.notes.extend(made.notes);
        step.interface.extend(made.interface);
        for edit in made.edits {
            step.replace(path, eol(file.text, edit));
        }
    }
    step.notes.sort();
    step.notes.dedup();
    for edit in layout::removals(file, &removed) {
        step.replace(path, eol(file.text, edit));
    }
    step
}

/// New lines end as those of the file do.
fn eol(text: &str, edit: Replacement) -> Replacement {
    let windows = text.split('\n').next().is_some_and(|line| line.ends_with('\r'));
    if !windows || !edit.text.contains('\n') {
        return edit;
    }
    Replacement { text: edit.text.replace("\r\n", "\n").replace('\n', "\r\n"), ..edit }
}

#[cfg(test)]
mod tests;
