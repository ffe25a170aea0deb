//! The Python files of a repository, parsed when they are asked for, and what their imports name.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::headers::Headers;
use super::memo::Memo;
use super::top_imports;
pub(super) use super::unit::Unit;
use crate::base::{Language, RepoPath, Span};
use crate::refactor::{Bound, BoundKind, Project, shared};
use crate::syntax::node::{ancestors, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The Python side of a repository.
pub(super) struct World<'p> {
    pub(super) project: &'p dyn Project,
    paths: Vec<RepoPath>,
    units: Vec<OnceLock<Option<Unit>>>,
    folders: BTreeSet<String>,
    /// The folders from which a top-level module or package can be imported.
    tops: BTreeMap<String, Vec<String>>,
    saying: RefCell<FxHashMap<String, Rc<[usize]>>>,
    headers: OnceLock<Headers>,
    pub(super) memo: Memo,
}

/// Files parsed at once, at most.
const AHEAD: usize = 64;

/// What a dotted name in an import stands for.
#[derive(Clone, Copy)]
pub(super) enum Module<'w> {
    File(&'w Unit),
    /// A package without `__init__`.
    Folder(&'w str),
    Outside,
}

/// A module that need not be parsed: the number of its file, or a package without `__init__`.
#[derive(Clone, Copy)]
enum Found<'w> {
    File(usize),
    Folder(&'w str),
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
        let units = paths.iter().map(|_| OnceLock::new()).collect();
        let mut world = Self {
            project,
            paths,
            units,
            folders,
            tops: BTreeMap::new(),
            saying: RefCell::default(),
            headers: OnceLock::new(),
            memo: Memo::default(),
        };
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
        self.unit_at(self.place(path)?)
    }

    pub(super) fn unit_at(&self, at: usize) -> Option<&Unit> {
        self.units.get(at)?.get_or_init(|| read(self.project, &self.paths[at], at)).as_ref()
    }

    /// Parses files that will be needed, on several processors.
    fn load(&self, files: &[usize]) {
        let (project, paths, units) = (self.project, &self.paths, &self.units);
        let missing: Vec<usize> =
            files.iter().copied().filter(|at| units[*at].get().is_none()).collect();
        shared(&missing, &|at| {
            units[*at].get_or_init(|| read(project, &paths[*at], *at));
        });
    }

    /// The files in which a word stands.
    pub(super) fn with<'w>(&'w self, word: &str) -> impl Iterator<Item = &'w Unit> + use<'w, 'p> {
        self.some(self.saying(word))
    }

    /// The files that pass by their paths and texts.
    pub(super) fn that<'w>(
        &'w self,
        keep: &(dyn Fn(&RepoPath, &str) -> bool + Sync),
    ) -> impl Iterator<Item = &'w Unit> + use<'w, 'p> {
        self.some(self.places(self.project.search(keep)))
    }

    /// Files as they are asked for; some are parsed ahead, more with every step.
    pub(super) fn some<'w>(
        &'w self,
        files: Rc<[usize]>,
    ) -> impl Iterator<Item = &'w Unit> + use<'w, 'p> {
        let (mut ready, mut ahead) = (0, 2);
        (0..files.len()).filter_map(move |next| {
            if next == ready {
                ready = files.len().min(next + ahead);
                ahead = (2 * ahead).min(AHEAD);
                self.load(&files[next..ready]);
            }
            self.unit_at(files[next])
        })
    }

    /// The numbers of the files in which a word stands.
    pub(super) fn saying(&self, word: &str) -> Rc<[usize]> {
        if let Some(known) = self.saying.borrow().get(word) {
            return Rc::clone(known);
        }
        let found = self.places(self.project.files_with(word));
        self.saying.borrow_mut().insert(word.to_owned(), Rc::clone(&found));
        found
    }

    /// The Python files among some.
    fn places(&self, paths: Vec<RepoPath>) -> Rc<[usize]> {
        paths.iter().filter_map(|path| self.place(path)).collect()
    }

    /// The number of a file.
    pub(super) fn place(&self, path: &RepoPath) -> Option<usize> {
        self.paths.binary_search(path).ok()
    }

    /// The class statements of all files, as far as a look at their texts tells them.
    pub(super) fn headers(&self) -> &Headers {
        self.headers.get_or_init(|| Headers::new(self.project, &self.paths))
    }

    /// True for the file that makes a folder a package.
    pub(super) fn is_package(&self, at: usize) -> bool {
        self.paths[at].file_name() == "__init__.py"
    }

    pub(super) fn folder(&self, path: &str) -> Option<&str> {
        self.folders.get(path).map(String::as_str)
    }

    fn file(&self, path: &str) -> Option<&Unit> {
        self.unit(&RepoPath::new(path).ok()?)
    }

    /// The module at a place in the tree of folders.
    fn module_at(&self, place: &str) -> Option<Module<'_>> {
        self.file(&join(place, "__init__.py"))
            .or_else(|| self.file(&format!("{place}.py")))
            .map(Module::File)
            .or_else(|| self.folder(place).map(Module::Folder))
    }

    /// The number of the file that is the module at a place, which need not be parsed for it.
    fn file_at(&self, place: &str) -> Option<usize> {
        let number = |path: &str| self.paths.binary_search_by(|p| p.as_str().cmp(path)).ok();
        number(&join(place, "__init__.py")).or_else(|| number(&format!("{place}.py")))
    }

    /// The numbers of the files that a file imports when it is imported itself.
    pub(super) fn imported_by(&self, at: usize) -> Vec<usize> {
        let path = &self.paths[at];
        let text = match self.units[at].get() {
            Some(unit) => unit.as_ref().map(|unit| unit.text().to_owned()),
            None => self.project.text(path),
        };
        let mut out = Vec::new();
        for import in text.iter().flat_map(|text| top_imports::of(text)) {
            let Some(module) = self.found(path, import.dots, &import.parts) else { continue };
            let package = match module {
                Found::File(file) if self.paths[file].file_name() == "__init__.py" => {
                    Some(self.paths[file].parent())
                }
                Found::File(_) => None,
                Found::Folder(folder) => Some(folder),
            };
            for name in import.names.iter().flatten() {
                let sub = package.and_then(|folder| self.file_at(&join(folder, name)));
                let Some(sub) = sub else { continue };
                // A package may have something else of that name.
                let is_it = match module {
                    Found::File(file) => self.unit_at(file).is_none_or(|unit| {
                        matches!(self.taken(Module::File(unit), name), Imported::Module(_))
                    }),
                    Found::Folder(_) => true,
                };
                out.extend(is_it.then_some(sub));
            }
            if let Found::File(file) = module {
                out.push(file);
            }
        }
        out
    }

    /// The module that `parts` after `dots` name in a file.
    pub(super) fn module(&self, from: &Unit, dots: usize, parts: &[String]) -> Module<'_> {
        match self.found(&from.path, dots, parts) {
            Some(Found::File(at)) => self.unit_at(at).map_or(Module::Outside, Module::File),
            Some(Found::Folder(folder)) => Module::Folder(folder),
            None => Module::Outside,
        }
    }

    /// The same without parsing it.
    fn found(&self, from: &RepoPath, dots: usize, parts: &[String]) -> Option<Found<'_>> {
        let rest = parts.join("/");
        let at = |place: &str| {
            let file = self.file_at(place).map(Found::File);
            file.or_else(|| self.folder(place).map(Found::Folder))
        };
        if dots > 0 {
            let mut folder = from.parent();
            for _ in 1..dots {
                folder = up(folder);
            }
            return at(&join(folder, &rest));
        }
        let top = parts.first()?;
        let own = self.root_of(from);
        let near = [own.as_str(), from.parent(), "", "src", "lib"];
        let near = if is_stdlib(top) { &near[..2] } else { &near[..] };
        let mut folder = None;
        for root in near {
            match at(&join(root, &rest)) {
                Some(Found::Folder(found)) => folder = folder.or(Some(Found::Folder(found))),
                Some(found) => return Some(found),
                None => {}
            }
        }
        let far = self.tops.get(top).filter(|_| !is_stdlib(top));
        let files = far.into_iter().flatten().find_map(|root| self.file_at(&join(root, &rest)));
        files.map(Found::File).or(folder)
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
        unit.stars().iter().map(|source| self.module(unit, source.dots, &source.parts)).collect()
    }
}

fn read(project: &dyn Project, path: &RepoPath, at: usize) -> Option<Unit> {
    let mut unit = Unit::new(path.clone(), project.parsed(path)?);
    unit.at = u32::try_from(at).unwrap_or(u32::MAX);
    Some(unit)
}

/// True for the top-level modules of the standard library.
pub(super) fn is_stdlib(top: &str) -> bool {
    static MODULES: OnceLock<FxHashSet<&str>> = OnceLock::new();
    let modules = || include_str!("modules.txt").split_whitespace().collect();
    top == "__future__" || MODULES.get_or_init(modules).contains(top)
}

/// True for names of attributes that builtin types and common types of the standard library have.
pub(super) fn is_common_attribute(name: &str) -> bool {
    static NAMES: OnceLock<FxHashSet<&str>> = OnceLock::new();
    NAMES.get_or_init(|| include_str!("attributes.txt").lines().collect()).contains(name)
}
