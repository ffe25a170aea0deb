//! Imports that a file needs no more once some of its code has gone.

use crate::base::{Replacement, RepoPath, Span, splice};
use crate::refactor::{Edit, Mention, Place, Project, Rewrite, Role, ScopeId, Setting, bindings};
use crate::syntax::node::{fields, named, span, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{Parsed, parse};

/// A repository in which one file is different.
struct After<'p> {
    project: &'p dyn Project,
    path: &'p RepoPath,
    parsed: &'p Parsed,
}

impl Project for After<'_> {
    fn files(&self) -> &[RepoPath] {
        self.project.files()
    }

    fn parsed(&self, path: &RepoPath) -> Option<Parsed> {
        if path == self.path { Some(self.parsed.clone()) } else { self.project.parsed(path) }
    }

    fn search(&self, keep: &(dyn Fn(&RepoPath, &str) -> bool + Sync)) -> Vec<RepoPath> {
        self.project.search(&|path, text| {
            keep(path, if path == self.path { self.parsed.text() } else { text })
        })
    }

    fn mentions(&self, word: &str) -> Vec<Mention> {
        self.project.mentions(word)
    }

    fn text(&self, path: &RepoPath) -> Option<String> {
        if path == self.path {
            Some(self.parsed.text().to_owned())
        } else {
            self.project.text(path)
        }
    }

    fn is_test(&self, path: &RepoPath) -> bool {
        self.project.is_test(path)
    }
}

/// The edits that take `names` out of the imports of a file which `edits` change, where nothing uses them then; and
/// the names. An import is left as it is when something else in it is unused, too: that was so before.
pub(super) fn removed(
    setting: &Setting<'_>,
    before: (&RepoPath, &Parsed),
    edits: &[Replacement],
    names: &[String],
) -> (Vec<Replacement>, Vec<String>) {
    let (path, old) = before;
    let Ok(text) = splice(old.text(), edits) else { return Default::default() };
    let parsed = parse(old.language(), text);
    let project = After { project: setting.project, path, parsed: &parsed };
    let (mut out, mut gone) = (Vec::new(), Vec::new());
    let imports = |n: &Node<'_>| matches!(n.kind(), "import_statement" | "import_from_statement");
    for statement in named(parsed.root()).into_iter().filter(imports) {
        let unused = unused_in(&parsed, statement);
        if unused.is_empty() || !unused.iter().all(|name| names.contains(name)) {
            continue;
        }
        let at = Place { path: path.clone(), span: span(statement) };
        let there = Setting { project: &project, parsed: &parsed, at: &at, api: setting.api };
        let Ok(step) = super::rewrite::plan(&there, Rewrite::UnusedImports) else { continue };
        let made = step.changes.into_iter().filter(|change| change.path == *path);
        let made: Vec<Replacement> = made
            .flat_map(|change| match change.edit {
                Edit::Replace(list) => list,
                Edit::Create(_) => Vec::new(),
            })
            .collect();
        let back: Option<Vec<Replacement>> =
            made.into_iter().map(|edit| unedited(edit, edits)).collect();
        if let Some(back) = back {
            out.extend(back);
            gone.extend(unused);
        }
    }
    (out, gone)
}

/// The names that an import binds and nothing in the file uses.
fn unused_in(parsed: &Parsed, statement: Node<'_>) -> Vec<String> {
    let Some(bindings) = bindings(parsed) else { return Vec::new() };
    let bound = fields(statement, "name").into_iter().filter_map(|entry| {
        let alias = entry.child_by_field_name("alias");
        alias.or_else(|| named(entry).first().copied())
    });
    let used = |name: &str| {
        let own = bindings.own(ScopeId(0), name, crate::refactor::Namespace::Value);
        own.is_none_or(|id| bindings.of(id).any(|o| o.role.reads() || o.role == Role::Delete))
    };
    let names = bound.map(|n| text_of(n, parsed.text()).to_owned());
    names.filter(|name| !used(name)).collect()
}

/// An edit of the text after `edits` as one of the text before; `None` where they overlap.
fn unedited(edit: Replacement, edits: &[Replacement]) -> Option<Replacement> {
    let mut ordered: Vec<&Replacement> = edits.iter().collect();
    ordered.sort_by_key(|e| e.span);
    // How many bytes the edits so far have come and gone.
    let (mut more, mut less) = (0, 0);
    for one in ordered {
        let start = one.span.start + more - less;
        if start >= edit.span.end {
            break;
        }
        if start + one.text.len() > edit.span.start {
            return None;
        }
        more += one.text.len();
        less += one.span.len();
    }
    let back = |at: usize| at + less - more;
    let span = Span::new(back(edit.span.start), back(edit.span.end));
    Some(Replacement { span, text: edit.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_brought_back() {
        let edits = [
            Replacement::new(2, 4, ""),
            Replacement::new(6, 6, "new"),
            Replacement::new(20, 30, "x"),
        ];
        let back = |start, end| unedited(Replacement::new(start, end, "y"), &edits).map(|e| e.span);
        assert_eq!(back(0, 2), Some(Span::new(0, 2)));
        assert_eq!(back(2, 4), Some(Span::new(4, 6)));
        assert_eq!(back(7, 9), Some(Span::new(6, 8)));
        assert_eq!(back(3, 5), None, "within what is new");
        assert_eq!(back(20, 22), None, "around what is new");
    }
}
