//! What a change breaks in lines that it does not touch: names that it removes or whose parameters it
//! changes, and that are still used.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::calls::{self, Signature, definition_in, misfit, of_definition};
use super::{imports, members, undefined};
use crate::agent::review::Subject;
use crate::agent::review::rules::{REMOVED_IN_USE, WRONG_ARITY};
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, RepoPath};
use crate::syntax::node::{field, named, text_of};
use crate::syntax::tree::Node;

/// More files than these are not read for one change.
const MOST_FILES: usize = 200;

/// What a change takes from others.
#[derive(Default)]
struct Removed {
    /// By path: the names that a module had and has no more.
    names: BTreeMap<String, HashSet<String>>,
    /// Paths at which there is nothing any more.
    files: BTreeSet<String>,
    /// By path and name: what a function took before.
    signatures: BTreeMap<(String, String), Signature>,
}

impl Removed {
    /// The words by which functions with another signature are called.
    fn callees(&self) -> impl Iterator<Item = &str> {
        self.signatures.keys().map(|(_, name)| {
            let name = name.strip_suffix(".__init__").unwrap_or(name);
            name.rsplit('.').next().unwrap_or(name)
        })
    }

    /// True when an import may be of what was removed.
    fn is_named_in(&self, statement: &str) -> bool {
        let mut stems = self.files.iter().filter_map(|path| stem(path));
        let mut names = self.names.values().flatten();
        stems.any(|stem| statement.contains(stem))
            || names.any(|name| statement.contains(name.as_str()))
    }
}

/// The places that the change breaks, by file.
pub(in crate::agent::review) fn find(
    subjects: &[Subject<'_>],
    world: World<'_>,
) -> Vec<(Source, Vec<Draft>)> {
    let removed = removed(subjects, world);
    let mut found: Vec<(Source, Vec<Draft>)> = Vec::new();
    for subject in subjects {
        let drafts = unbound(subject, world);
        if let (false, Some(path)) = (drafts.is_empty(), subject.file.repo_path()) {
            found.extend(source_of(world, &path).map(|source| (source, drafts)));
        }
    }
    for path in users(&removed, world) {
        let Some(source) = source_of(world, &path) else { continue };
        let wanted =
            subjects.iter().find(|s| s.file.path == path.as_str()).and_then(|s| s.after.as_ref());
        let untouched = |span| wanted.is_none_or(|after| !after.wants(span));
        let mut drafts = Vec::new();
        let import = |n: Node<'_>| removed.is_named_in(source.text_of(n));
        for problem in imports::problems(&source, world, import) {
            let gone = problem.places.iter().find(|place| match &problem.name {
                Some(name) => removed.names.get(*place).is_some_and(|names| names.contains(name)),
                None => removed.files.contains(*place),
            });
            // A line that the change touches too is here all the same: before, the name was there.
            if let Some(place) = gone {
                let what = problem.name.clone().unwrap_or_else(|| place.clone());
                let message = format!(
                    "`{what}` is still imported here, and this change removes it from `{place}`: the import fails"
                );
                drafts.push(as_removed(&source, problem.draft, problem.span, message));
            }
        }
        let member = |n: Node<'_>| {
            let name = field(n, "attribute").map_or("", |a| source.text_of(a));
            removed.names.values().any(|names| names.contains(name))
        };
        for problem in members::of_modules(&source, world, member) {
            let gone = removed
                .names
                .get(problem.module.as_str())
                .is_some_and(|names| names.contains(&problem.name));
            if gone {
                let message = format!(
                    "`{}` is still used here, and this change removes it from `{}`",
                    problem.name, problem.module
                );
                drafts.push(as_removed(&source, problem.draft, problem.span, message));
            }
        }
        let call = |n: Node<'_>| {
            let function = field(n, "function").map_or("", |f| source.text_of(f));
            removed.callees().any(|name| name == function.rsplit('.').next().unwrap_or(function))
        };
        for problem in calls::problems(&source, world, call) {
            let before = removed.signatures.get(&(problem.path.clone(), problem.name.clone()));
            let fitted = before.is_some_and(|before| misfit(before, &problem.arguments).is_none());
            if fitted && untouched(problem.span) {
                drafts.push(Draft { rule: &WRONG_ARITY, ..problem.draft });
            }
        }
        if !drafts.is_empty() {
            found.push((source, drafts));
        }
    }
    found
}

fn as_removed(source: &Source, draft: Draft, span: crate::base::Span, message: String) -> Draft {
    Draft {
        message,
        key: draft.key,
        ..Draft::new(&REMOVED_IN_USE, source, span, "").confidence(0.93)
    }
}

fn source_of(world: World<'_>, path: &RepoPath) -> Option<Source> {
    let parsed = world.project.parsed(path)?;
    Some(Source::new(path.as_str(), parsed.text(), world.project.is_test(path), None))
}

/// Names of the file itself that lost their definition, used on lines that stayed.
fn unbound(subject: &Subject<'_>, world: World<'_>) -> Vec<Draft> {
    let (Some(before), Some(after)) = (subject.before(), &subject.after) else { return Vec::new() };
    if !after.is_clean() || !before.is_clean() || before.language != after.language {
        return Vec::new();
    }
    let named_in = |source: &Source, spans: &[crate::base::Span]| -> HashSet<String> {
        spans.iter().filter_map(|s| s.of(&source.text)).map(str::to_owned).collect()
    };
    let spans = undefined::unresolved(after);
    if spans.is_empty() {
        return Vec::new();
    }
    // What was bound at the top and used by a scope inside: the change took the binding.
    let Some(bindings) = before.bindings() else { return Vec::new() };
    let was_bound: HashSet<&str> = bindings.bound.iter().map(|b| b.name.as_str()).collect();
    let was_free = named_in(before, &undefined::unresolved(before));
    let ambient = !(after.is(Language::Python) || after.is(Language::JavaScript));
    if ambient && after.kind.test {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for span in spans {
        let name = span.of(&after.text).unwrap_or_default();
        let new = was_bound.contains(name) && !was_free.contains(name) && !after.wants(span);
        if new && seen.insert(name.to_owned()) && !undefined::is_ambient(after, world, name) {
            let message =
                format!("`{name}` is still used here, and this change removes what defined it");
            out.push(
                Draft::new(&REMOVED_IN_USE, after, span, message)
                    .key(format!("undefined {name}"))
                    .confidence(0.94),
            );
        }
    }
    out
}

fn removed(subjects: &[Subject<'_>], world: World<'_>) -> Removed {
    let mut out = Removed::default();
    for subject in subjects {
        let Some(before) = subject.before().filter(|b| b.parsed.is_some() && !b.kind.foreign())
        else {
            continue;
        };
        let old_path = subject.file.renamed_from.as_deref().unwrap_or(&subject.file.path);
        let Ok(path) = RepoPath::new(old_path) else { continue };
        let Some(parsed) = &before.parsed else { continue };
        if !world.project.has(&path) {
            out.files.insert(old_path.to_owned());
            continue;
        }
        let old = world.exports.read(world.project, &path, parsed);
        let new = world.exports.of(world.project, &path);
        if let (Some(old), Some(new)) = (old, new) {
            let gone: HashSet<String> =
                old.into_iter().filter(|name| !new.contains(name)).collect();
            if !gone.is_empty() {
                out.names.insert(old_path.to_owned(), gone);
            }
        }
        if before.is(Language::Python) {
            signatures(before, subject.after.as_ref(), &mut out);
        }
    }
    out
}

/// The functions at the top of both sides, and the methods of their classes, that take other arguments now.
fn signatures(before: &Source, after: Option<&Source>, out: &mut Removed) {
    let (Some(old), Some(new)) = (&before.parsed, after.and_then(|a| a.parsed.as_ref())) else {
        return;
    };
    let mut compare = |path: &str, name: String, one: Option<Signature>, two: Option<Signature>| {
        if let (Some(one), Some(two)) = (one, two)
            && one != two
        {
            out.signatures.insert((path.to_owned(), name), one);
        }
    };
    for definition in named(old.root()) {
        let Some(name) = field(definition, "name").map(|n| text_of(n, old.text())) else {
            continue;
        };
        let Some((now, _)) = definition_in(new, new.root(), name) else { continue };
        let both = (of_definition(old, definition), of_definition(new, now));
        if let (Some((label, one)), Some((_, two))) = both {
            compare(&before.path, label, Some(one), Some(two));
        }
        let (Some(body), Some(new_body)) = (field(definition, "body"), field(now, "body")) else {
            continue;
        };
        if definition.kind() != "class_definition" {
            continue;
        }
        for method in named(body).into_iter().filter(|n| n.kind() == "function_definition") {
            let Some(method_name) = field(method, "name").map(|n| text_of(n, old.text())) else {
                continue;
            };
            let Some((new_method, _)) = definition_in(new, new_body, method_name) else { continue };
            let one = of_definition(old, method).and_then(|(_, s)| calls::without_self(s));
            let two = of_definition(new, new_method).and_then(|(_, s)| calls::without_self(s));
            compare(&before.path, format!("{name}.{method_name}"), one, two);
        }
    }
}

/// The sources in which something of it is mentioned.
fn users(removed: &Removed, world: World<'_>) -> Vec<RepoPath> {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    words.extend(removed.names.values().flatten().map(String::as_str));
    words.extend(removed.files.iter().filter_map(|path| stem(path)));
    words.extend(removed.callees());
    let mut paths: BTreeSet<RepoPath> = BTreeSet::new();
    for word in words.into_iter().filter(|word| word.len() > 1) {
        paths.extend(world.project.files_with(word));
        if paths.len() > MOST_FILES {
            break;
        }
    }
    paths.into_iter().take(MOST_FILES).collect()
}

/// The word by which a file is imported.
fn stem(path: &str) -> Option<&str> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next()?;
    if matches!(stem, "__init__" | "index") {
        parent.rsplit('/').next().filter(|p| !p.is_empty())
    } else {
        Some(stem)
    }
}
