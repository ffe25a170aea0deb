//! The Python files of a repository, parsed when they are asked for, and what their imports name.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::bindings;
use crate::base::{Language, Line, RepoPath, Span};
use crate::refactor::{
    Bindings, Bound, BoundId, BoundKind, Occurrence, Project, Reason, Refusal, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The Python side of a repository.
pub(super) struct World<'p> {
    pub(super) project: &'p dyn Project,
    paths: Vec<RepoPath>,
    units: Vec<OnceCell<Option<Unit>>>,
    folders: BTreeSet<String>,
    /// The folders from which a top-level module or package can be imported.
    tops: BTreeMap<String, Vec<String>>,
}

/// One file.
pub(super) struct Unit {
    pub(super) path: RepoPath,
    pub(super) parsed: Parsed,
    pub(super) names: Bindings,
}

/// What a dotted name in an import stands for.
#[derive(Clone, Copy)]
pub(super) enum Module<'w> {
    File(&'w Unit),
    /// A package without `__init__`.
    Folder(&'w str),
    Outside,
}

/// What an identifier that an import binds stands for.
#[derive(Clone)]
pub(super) enum Imported<'w> {
    Module(Module<'w>),
    /// A name of a module.
    Name(&'w Unit, String),
}

/// The parts of an import: `from ..a.b import c` has two dots, two parts and one name.
pub(super) struct Source {
    pub(super) dots: usize,
    pub(super) parts: Vec<String>,
    /// `None` for `import a.b`.
    pub(super) name: Option<String>,
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Unit {
    pub(super) fn new(path: RepoPath, parsed: Parsed) -> Self {
        let names = bindings::of(&parsed);
        Self { path, parsed, names }
    }

    pub(super) fn text(&self) -> &str {
        self.parsed.text()
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.parsed.root()
    }

    pub(super) fn of(&self, node: Node<'_>) -> &str {
        text_of(node, self.text())
    }

    /// The identifier that a node is.
    pub(super) fn occurrence(&self, node: Node<'_>) -> Option<&Occurrence> {
        self.occurrence_at(span(node))
    }

    pub(super) fn occurrence_at(&self, span: Span) -> Option<&Occurrence> {
        let list = &self.names.occurrences;
        let at = list.partition_point(|o| o.span.start < span.start);
        list[at..].iter().take_while(|o| o.span.start == span.start).find(|o| o.span == span)
    }

    /// What a node that is an identifier stands for.
    pub(super) fn meaning(&self, node: Node<'_>) -> Option<BoundId> {
        self.occurrence(node)?.bound
    }

    /// The node of a span, as deep as one with just that span goes.
    pub(super) fn node(&self, span: Span) -> Option<Node<'_>> {
        self.root().descendant_for_byte_range(span.start, span.end)
    }

    /// A name of the module itself.
    pub(super) fn global(&self, name: &str) -> Option<BoundId> {
        self.names.own(ScopeId(0), name, crate::refactor::Namespace::Value)
    }

    /// True for what the file itself binds, not a function or class in it.
    pub(super) fn is_global(&self, id: BoundId) -> bool {
        self.names.get(id).scope == ScopeId(0)
    }

    /// The scope that a definition, a lambda or a comprehension opens.
    pub(super) fn scope_of(&self, node: Node<'_>) -> Option<ScopeId> {
        let start = match node.kind() {
            "function_definition" => field(node, "parameters")?.start_byte(),
            "class_definition" => field(node, "body")?.start_byte(),
            "module" => return Some(ScopeId(0)),
            _ => node.start_byte(),
        };
        let wanted = Span::new(start, node.end_byte());
        let is_it =
            |scope: &crate::refactor::Scope| scope.span == wanted && scope.kind != ScopeKind::File;
        let at = self.names.scopes.iter().rposition(is_it)?;
        u32::try_from(at).ok().map(ScopeId)
    }

    /// The definition that a name of kind function or class stands for, without decorators.
    pub(super) fn definition(&self, bound: &Bound) -> Option<Node<'_>> {
        self.definition_at(bound.declared)
    }

    /// The definition whose name stands at a span.
    pub(super) fn definition_at(&self, name: Span) -> Option<Node<'_>> {
        let node = self.node(name)?.parent()?;
        let fits = matches!(node.kind(), "function_definition" | "class_definition")
            && field(node, "name").is_some_and(|n| span(n) == name);
        fits.then_some(node)
    }

    pub(super) fn line(&self, offset: usize) -> Line {
        self.parsed.lines().line(offset)
    }

    /// A refusal that names a place in this file.
    pub(super) fn refuse(&self, reason: Reason, at: usize, message: impl Into<String>) -> Refusal {
        Refusal::new(reason, message).at(&self.path, self.line(at))
    }

    /// The strings of `__all__`, when the file has one.
    pub(super) fn exports(&self) -> Option<Vec<Node<'_>>> {
        let id = self.global("__all__")?;
        let mut out = Vec::new();
        for occurrence in self.names.of(id) {
            let Some(node) = self.node(occurrence.span) else { continue };
            let value = match node.parent() {
                Some(p) if p.kind().ends_with("assignment") => field(p, "right"),
                // `__all__.append("f")`, `__all__.extend([...])`
                Some(p) if p.kind() == "attribute" => {
                    p.parent().filter(|c| c.kind() == "call").and_then(|c| field(c, "arguments"))
                }
                _ => None,
            };
            out.extend(value.into_iter().flat_map(Node::subtree).filter(|n| n.kind() == "string"));
        }
        Some(out)
    }
}

/// The text of a string literal without prefix and escapes, and its place; `None` for other strings.
pub(super) fn plain_string<'s>(node: Node<'_>, text: &'s str) -> Option<(&'s str, Span)> {
    let parts = named(node);
    let [start, content, _] = parts.as_slice() else { return None };
    let prefix = text_of(*start, text).trim_end_matches(['"', '\'']);
    let code = text_of(*content, text);
    let plain = node.kind() == "string"
        && content.kind() == "string_content"
        && matches!(prefix, "" | "u" | "r")
        && !code.contains('\\');
    plain.then(|| (code, span(*content)))
}

/// What an identifier in an import statement is taken from.
pub(super) fn source(node: Node<'_>, text: &str) -> Option<Source> {
    let statement = ancestors(node)
        .find(|n| matches!(n.kind(), "import_statement" | "import_from_statement"))?;
    let item = std::iter::once(node)
        .chain(ancestors(node))
        .take_while(|n| n.id() != statement.id())
        .find(|n| n.field() == Some("name") && n.parent() == Some(statement))?;
    let dotted = if item.kind() == "aliased_import" { field(item, "name")? } else { item };
    let words = |n: Node<'_>| -> Vec<String> {
        named(n).into_iter().map(|n| text_of(n, text).to_owned()).collect()
    };
    if statement.kind() == "import_statement" {
        return Some(Source { dots: 0, parts: words(dotted), name: None });
    }
    let module = field(statement, "module_name")?;
    let name = words(dotted).into_iter().next();
    Some(Source { name, ..module_source(module, text) })
}

/// The module of a `from` import.
pub(super) fn module_source(module: Node<'_>, text: &str) -> Source {
    let dots = text_of(module, text).chars().take_while(|c| *c == '.').count();
    let parts = module.subtree().filter(|n| n.kind() == "identifier");
    Source { dots, parts: parts.map(|n| text_of(n, text).to_owned()).collect(), name: None }
}

fn join(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", _) => rest.to_owned(),
        (_, "") => folder.to_owned(),
        _ => format!("{folder}/{rest}"),
    }
}

fn up(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl<'p> World<'p> {
    pub(super) fn new(project: &'p dyn Project) -> Self {
        let is_python =
            |path: &&RepoPath| Language::of_path(path.as_str()) == Some(Language::Python);
        let paths: Vec<RepoPath> = project.files().iter().filter(is_python).cloned().collect();
        let mut folders = BTreeSet::new();
        for path in &paths {
            let mut folder = path.parent();
            while !folder.is_empty() && folders.insert(folder.to_owned()) {
                folder = up(folder);
            }
        }
        let units = paths.iter().map(|_| OnceCell::new()).collect();
        let mut world = Self { project, paths, units, folders, tops: BTreeMap::new() };
        let mut tops: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in &world.paths {
            let root = world.root_of(path);
            let rest = path.as_str()[root.len()..].trim_start_matches('/');
            let top = rest.split('/').next().unwrap_or(rest).trim_end_matches(".py");
            let roots = tops.entry(top.to_owned()).or_default();
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        world.tops = tops;
        world
    }

    fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|p| p.as_str().cmp(path)).is_ok()
    }

    /// The folder from which the top-level package of a file is imported.
    pub(super) fn root_of(&self, path: &RepoPath) -> String {
        let mut folder = path.parent();
        while !folder.is_empty() && self.has(&join(folder, "__init__.py")) {
            folder = up(folder);
        }
        folder.to_owned()
    }

    /// The dotted name under which a file is imported, by its packages.
    pub(super) fn dotted(&self, path: &RepoPath) -> String {
        let root = self.root_of(path);
        let rest = path.as_str()[root.len()..].trim_start_matches('/').trim_end_matches(".py");
        rest.trim_end_matches("/__init__").replace('/', ".")
    }

    pub(super) fn unit(&self, path: &RepoPath) -> Option<&Unit> {
        let at = self.paths.binary_search(path).ok()?;
        self.unit_at(at)
    }

    fn unit_at(&self, at: usize) -> Option<&Unit> {
        let path = &self.paths[at];
        let load = || self.project.parsed(path).map(|parsed| Unit::new(path.clone(), parsed));
        self.units[at].get_or_init(load).as_ref()
    }

    /// Every file.
    pub(super) fn all(&self) -> impl Iterator<Item = &Unit> {
        (0..self.paths.len()).filter_map(|at| self.unit_at(at))
    }

    /// The files in which a word stands.
    pub(super) fn with(&self, word: &str) -> Vec<&Unit> {
        self.project.files_with(word).iter().filter_map(|path| self.unit(path)).collect()
    }

    fn file(&self, path: &str) -> Option<&Unit> {
        self.unit(&RepoPath::new(path).ok()?)
    }

    /// The module at a place in the tree of folders.
    fn module_at(&self, place: &str) -> Option<Module<'_>> {
        self.file(&join(place, "__init__.py"))
            .or_else(|| self.file(&format!("{place}.py")))
            .map(Module::File)
            .or_else(|| self.folders.get(place).map(|folder| Module::Folder(folder)))
    }

    /// The module that `parts` after `dots` name in a file.
    pub(super) fn module(&self, from: &Unit, dots: usize, parts: &[String]) -> Module<'_> {
        let rest = parts.join("/");
        if dots > 0 {
            let mut folder = from.path.parent();
            for _ in 1..dots {
                folder = up(folder);
            }
            return self.module_at(&join(folder, &rest)).unwrap_or(Module::Outside);
        }
        let Some(top) = parts.first() else { return Module::Outside };
        let own = self.root_of(&from.path);
        let near = [own.as_str(), from.path.parent(), "", "src", "lib"];
        let near = if is_stdlib(top) { &near[..2] } else { &near[..] };
        let mut folder = None;
        for root in near {
            match self.module_at(&join(root, &rest)) {
                Some(Module::Folder(found)) => folder = folder.or(Some(Module::Folder(found))),
                Some(found) => return found,
                None => {}
            }
        }
        let far = self.tops.get(top).filter(|_| !is_stdlib(top));
        let found = far.into_iter().flatten().find_map(|root| {
            self.module_at(&join(root, &rest)).filter(|m| matches!(m, Module::File(_)))
        });
        found.or(folder).unwrap_or(Module::Outside)
    }

    /// A module within a package.
    pub(super) fn submodule(&self, package: Module<'_>, name: &str) -> Option<Module<'_>> {
        match package {
            Module::File(unit) if unit.path.file_name() == "__init__.py" => {
                self.module_at(&join(unit.path.parent(), name))
            }
            Module::Folder(folder) => self.module_at(&join(folder, name)),
            _ => None,
        }
    }

    /// What the identifier that an import binds stands for.
    pub(super) fn imported(&self, unit: &Unit, node: Node<'_>) -> Imported<'_> {
        let outside = Imported::Module(Module::Outside);
        let Some(source) = source(node, unit.text()) else { return outside };
        let Some(name) = source.name else {
            // `import a.b` binds `a`; `import a.b as c` binds what is meant.
            let aliased = node.field() == Some("alias");
            let parts = if aliased { &source.parts[..] } else { &source.parts[..1] };
            return Imported::Module(self.module(unit, source.dots, parts));
        };
        self.taken(self.module(unit, source.dots, &source.parts), &name)
    }

    /// What a name taken out of a module stands for.
    pub(super) fn taken<'w>(&'w self, module: Module<'w>, name: &str) -> Imported<'w> {
        let sub = || self.submodule(module, name);
        match module {
            Module::File(file) => {
                let own = file.global(name).map(|id| file.names.get(id));
                let own = own.filter(|b| b.kind != BoundKind::Import || !self.is_own(file, b));
                match (own, sub()) {
                    (None, Some(sub)) => Imported::Module(sub),
                    _ => Imported::Name(file, name.to_owned()),
                }
            }
            Module::Folder(_) => Imported::Module(sub().unwrap_or(Module::Outside)),
            Module::Outside => Imported::Module(Module::Outside),
        }
    }

    /// True when a package's name is bound by importing its own module of that name.
    fn is_own(&self, package: &Unit, bound: &Bound) -> bool {
        let Some(source) =
            package.node(bound.declared).and_then(|node| source(node, package.text()))
        else {
            return false;
        };
        let module = self.module(package, source.dots, &source.parts);
        matches!(module, Module::File(file) if file == package)
            && source.name.as_deref() == Some(bound.name.as_str())
    }

    /// The files from which a file takes all names, `from x import *`.
    pub(super) fn stars(&self, unit: &Unit) -> Vec<Module<'_>> {
        children(unit.root())
            .flat_map(Node::subtree)
            .filter(|n| n.kind() == "import_from_statement")
            .filter(|n| children(*n).any(|c| c.kind() == "wildcard_import"))
            .filter_map(|n| field(n, "module_name"))
            .map(|n| module_source(n, unit.text()))
            .map(|source| self.module(unit, source.dots, &source.parts))
            .collect()
    }
}

/// True for the top-level modules of the standard library.
pub(super) fn is_stdlib(top: &str) -> bool {
    const MODULES: &str = include_str!("modules.txt");
    top == "__future__" || MODULES.split_whitespace().any(|m| m == top)
}

/// True for names of attributes that builtin types and common types of the standard library have.
pub(super) fn is_common_attribute(name: &str) -> bool {
    const NAMES: &str = include_str!("attributes.txt");
    NAMES.lines().any(|n| n == name)
}
