//! The crates of a repository: their files, module trees, and what a path leads to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::doctest;
use super::manifest::{self, Package};
use super::names::{self, DefinedKind, Names};
use crate::base::{Language, Line, RepoPath, Span};
use crate::refactor::{BoundId, BoundKind, Project, ScopeId, ScopeKind, shared};
use crate::syntax::node::{ancestors, children, field, named, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{Parsed, parse};

/// All Rust files of a repository.
pub(super) struct Index<'a> {
    pub(super) project: &'a dyn Project,
    pub(super) files: Vec<File>,
    by_path: HashMap<RepoPath, usize>,
    pub(super) packages: Vec<Package>,
    pub(super) crates: Vec<Crate>,
    pub(super) modules: Vec<Module>,
    /// The modules that a scope of a file is: several when several crates include the file.
    by_scope: HashMap<(usize, ScopeId), Vec<usize>>,
    owners: HashMap<(usize, usize), Owner>,
    members: HashMap<String, Vec<MemberId>>,
}

pub(super) struct File {
    pub(super) path: RepoPath,
    pub(super) parsed: Parsed,
    pub(super) names: Arc<Names>,
    /// Where the text begins in the file: code in its documentation is a file of its own.
    pub(super) offset: usize,
}

#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) root: usize,
    pub(super) library: bool,
    pub(super) package: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Module {
    pub(super) file: usize,
    pub(super) scope: ScopeId,
    pub(super) parent: Option<usize>,
    pub(super) in_crate: usize,
    pub(super) children: Vec<(String, usize)>,
}

/// A name that a file binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Def {
    pub(super) file: usize,
    pub(super) bound: BoundId,
}

/// A member: file and index into its [`Names::defined`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct MemberId {
    pub(super) file: usize,
    pub(super) index: usize,
}

/// Whose members a class holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// The type (or trait, of a trait's own items); `None` when it is not the repository's.
    pub(super) ty: Option<Def>,
    /// `impl … for`: the trait when it is the repository's.
    pub(super) of: Option<Def>,
    /// `impl … for` at all.
    pub(super) for_trait: bool,
    /// `impl<T> Trait for T`, or for what is not the repository's.
    pub(super) blanket: bool,
}

impl<'a> Index<'a> {
    pub(super) fn new(project: &'a dyn Project) -> Self {
        let rust = project
            .files()
            .iter()
            .filter(|p| Language::of_path(p.as_str()) == Some(Language::Rust));
        let rust: Vec<&RepoPath> = rust.collect();
        let read = shared(&rust, &|path| read(project, path));
        let mut files = Vec::new();
        let mut documented = Vec::new();
        for (file, examples) in read.into_iter().flatten() {
            files.push(file);
            documented.extend(examples);
        }
        let sources = files.len();
        files.extend(documented);
        for at in 0..sources {
            let dir = files[at].path.parent().to_owned();
            let text = files[at].parsed.shared_text();
            for path in doctest::included(&text).iter().filter_map(|p| normal(&join(&dir, p))) {
                let text = project.text(&path).unwrap_or_default();
                for (offset, code) in doctest::markdown_blocks(&text) {
                    let parsed = parse(Language::Rust, code);
                    let names = names::of(&parsed);
                    files.push(File { path: path.clone(), parsed, names, offset });
                }
            }
        }
        let by_path =
            files[..sources].iter().enumerate().map(|(at, f)| (f.path.clone(), at)).collect();
        let (packages, roots) = manifest::roots(project);
        let mut index = Self {
            project,
            files,
            by_path,
            packages,
            crates: Vec::new(),
            modules: Vec::new(),
            by_scope: HashMap::new(),
            owners: HashMap::new(),
            members: HashMap::new(),
        };
        for root in roots {
            let Some(file) = index.file(&root.path) else { continue };
            index.add_crate(file, root.name, root.library, Some(root.package));
        }
        for usual in ["lib.rs", "main.rs"] {
            for file in 0..sources {
                if index.files[file].path.file_name() == usual && !index.is_reached(file) {
                    index.add_crate(file, String::new(), usual == "lib.rs", None);
                }
            }
        }
        for file in 0..index.files.len() {
            if !index.is_reached(file) {
                let real = index.file(&index.files[file].path).filter(|real| *real != file);
                let root =
                    index.crates.iter().find(|c| c.library).map(|c| index.modules[c.root].file);
                let real = if file >= sources { real.or(root) } else { real };
                let module = real.and_then(|real| index.modules_at(real, ScopeId(0)).first());
                let package = module.and_then(|m| index.crates[index.modules[*m].in_crate].package);
                index.add_crate(file, String::new(), false, package);
            }
        }
        for (file, f) in index.files.iter().enumerate() {
            for (at, defined) in f.names.defined.iter().enumerate() {
                let name = index.text(file, defined.name).to_owned();
                index.members.entry(name).or_default().push(MemberId { file, index: at });
            }
        }
        // While they are looked for, paths through members lead nowhere: no path of an `impl` needs them.
        index.owners = index.owners();
        index
    }

    pub(super) fn file(&self, path: &RepoPath) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// A file and the code in its documentation.
    pub(super) fn files_of(&self, path: &RepoPath) -> Vec<usize> {
        let all = self.files.iter().enumerate().filter(|(_, f)| f.path == *path);
        all.map(|(at, _)| at).collect()
    }

    /// The files in which a name may stand.
    pub(super) fn files_naming(&self, name: &str) -> Vec<usize> {
        let paths = self.project.files_with(name);
        let mut out: Vec<usize> = paths.iter().flat_map(|path| self.files_of(path)).collect();
        let documents =
            self.files.iter().enumerate().filter(|(_, f)| f.path.as_str().ends_with(".md"));
        out.extend(documents.map(|(at, _)| at));
        out
    }

    /// Where something lies for people.
    pub(super) fn line(&self, file: usize, at: Span) -> Line {
        let here = &self.files[file];
        let real = self.file(&here.path).map_or(here, |real| &self.files[real]);
        real.parsed.lines().line(at.start + here.offset)
    }

    /// A span of a file's text, in the whole file.
    pub(super) fn real(&self, file: usize, at: Span) -> Span {
        let by = self.files[file].offset;
        Span { start: at.start + by, end: at.end + by }
    }

    pub(super) fn is_reached(&self, file: usize) -> bool {
        self.by_scope.contains_key(&(file, ScopeId(0)))
    }

    pub(super) fn text(&self, file: usize, span: Span) -> &str {
        span.of(self.files[file].parsed.text()).unwrap_or("").trim_start_matches("r#")
    }

    pub(super) fn names(&self, file: usize) -> &Names {
        &self.files[file].names
    }

    fn add_crate(&mut self, file: usize, name: String, library: bool, package: Option<usize>) {
        let in_crate = self.crates.len();
        self.crates.push(Crate { name, root: self.modules.len(), library, package });
        let dir = self.files[file].path.parent().to_owned();
        self.add_module(
            Module { file, scope: ScopeId(0), parent: None, in_crate, children: Vec::new() },
            &dir,
            0,
        );
    }

    /// Adds a module with those below it. `dir` is where its children's files lie.
    fn add_module(&mut self, module: Module, dir: &str, depth: usize) -> usize {
        let id = self.modules.len();
        let (file, scope, in_crate) = (module.file, module.scope, module.in_crate);
        self.modules.push(module);
        self.by_scope.entry((file, scope)).or_default().push(id);
        if depth > 64 {
            return id;
        }
        let parsed = self.files[file].parsed.clone();
        let names = Arc::clone(&self.files[file].names);
        let text = parsed.text();
        for bound in &names.bindings.bound {
            if bound.kind != BoundKind::Module || names.module_of(bound.scope) != scope {
                continue;
            }
            let Some(node) = item_at(&parsed, bound.declared) else { continue };
            if node.kind() != "mod_item" {
                continue;
            }
            let inner_dir = join(dir, &bound.name);
            let child = |file, scope| Module {
                file,
                scope,
                parent: Some(id),
                in_crate,
                children: Vec::new(),
            };
            if let Some(body) = field(node, "body") {
                let span = crate::syntax::node::span(body);
                let inner = names
                    .bindings
                    .scopes
                    .iter()
                    .position(|s| s.kind == ScopeKind::Module && s.span == span);
                let Some(inner) = inner.and_then(|i| u32::try_from(i).ok()) else { continue };
                let added = self.add_module(child(file, ScopeId(inner)), &inner_dir, depth + 1);
                self.modules[id].children.push((bound.name.clone(), added));
                continue;
            }
            for (path, dir) in self.module_files(file, node, text, dir, &bound.name) {
                let Some(found) = self.file(&path) else { continue };
                let added = self.add_module(child(found, ScopeId(0)), &dir, depth + 1);
                self.modules[id].children.push((bound.name.clone(), added));
            }
        }
        id
    }

    /// Where the file of `mod name;` may be, with the directory of its own children.
    fn module_files(
        &self,
        file: usize,
        node: Node<'_>,
        text: &str,
        dir: &str,
        name: &str,
    ) -> Vec<(RepoPath, String)> {
        let inline = ancestors(node).any(|a| a.kind() == "mod_item");
        let base = if inline { dir } else { self.files[file].path.parent() };
        let mut out = Vec::new();
        for path in path_attributes(node, text) {
            if let Some(path) = normal(&join(base, &path)) {
                let dir = path.parent().to_owned();
                out.push((path, dir));
            }
        }
        let inner = join(dir, name);
        for candidate in [format!("{inner}.rs"), format!("{inner}/mod.rs")] {
            if let Some(path) = normal(&candidate).filter(|p| self.by_path.contains_key(p)) {
                out.push((path, inner.clone()));
                break;
            }
        }
        out
    }

    /// The modules that a scope lies in.
    pub(super) fn modules_at(&self, file: usize, scope: ScopeId) -> &[usize] {
        let module = self.files[file].names.module_of(scope);
        self.by_scope.get(&(file, module)).map_or(&[], Vec::as_slice)
    }

    /// The library that a crate knows by a name.
    pub(super) fn library(&self, from: usize, name: &str) -> Option<usize> {
        let package = self.crates[from].package;
        let renamed = package.and_then(|p| self.packages[p].renamed.get(name));
        let name = renamed.map_or(name, String::as_str);
        self.crates.iter().position(|c| c.library && c.name == name && !name.is_empty())
    }

    /// The package's edition, 2021 where none is known.
    pub(super) fn edition(&self, file: usize) -> u16 {
        let module = self.modules_at(file, ScopeId(0)).first();
        let package = module.and_then(|m| self.crates[self.modules[*m].in_crate].package);
        package.map_or(2021, |p| self.packages[p].edition)
    }

    /// All members of a name.
    pub(super) fn members_named(&self, name: &str) -> &[MemberId] {
        self.members.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn defined(&self, id: MemberId) -> &names::Defined {
        &self.names(id.file).defined[id.index]
    }

    pub(super) fn owner(&self, id: MemberId) -> &Owner {
        self.class_owner(id.file, self.defined(id).class)
    }

    pub(super) fn class_owner(&self, file: usize, class: usize) -> &Owner {
        static NONE: Owner = Owner { ty: None, of: None, for_trait: false, blanket: false };
        self.owners.get(&(file, class)).unwrap_or(&NONE)
    }

    /// The members of a type or trait that have a name.
    pub(super) fn members_of(&self, ty: Def, name: &str) -> Vec<MemberId> {
        let all = self.members_named(name).iter().copied();
        all.filter(|m| self.owner(*m).ty == Some(ty)).collect()
    }

    pub(super) fn is_kind(&self, id: MemberId, kind: DefinedKind) -> bool {
        self.defined(id).kind == kind
    }
}

/// A file, and the code in its documentation.
fn read(project: &dyn Project, path: &RepoPath) -> Option<(File, Vec<File>)> {
    let parsed = project.parsed(path)?;
    let examples = doctest::blocks(&parsed).into_iter().map(|(offset, code)| {
        let parsed = parse(Language::Rust, code);
        let names = names::of(&parsed);
        File { path: path.clone(), parsed, names, offset }
    });
    let examples = examples.collect();
    let names = names::of(&parsed);
    Some((File { path: path.clone(), parsed, names, offset: 0 }, examples))
}

/// The item whose name stands at a place.
pub(super) fn item_at(parsed: &Parsed, name: Span) -> Option<Node<'_>> {
    parsed.root().descendant_for_byte_range(name.start, name.end)?.parent()
}

fn path_attributes(node: Node<'_>, text: &str) -> Vec<String> {
    let before = std::iter::successors(node.prev_sibling(), |n| n.prev_sibling());
    let attributes = before.take_while(|n| n.kind() == "attribute_item" || n.is_extra());
    attributes
        .filter(|n| n.kind() == "attribute_item")
        .filter_map(|n| {
            let attribute = named(n).into_iter().find(|c| c.kind() == "attribute")?;
            let words = text_of(attribute, text);
            let at = words.find("path")?;
            let is_path = words.starts_with("path") || words.starts_with("cfg_attr");
            let value = words[at..].split('"').nth(1)?;
            is_path.then(|| value.to_owned())
        })
        .collect()
}

pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// A path without `..` in it.
fn normal(path: &str) -> Option<RepoPath> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    RepoPath::new(&parts.join("/")).ok()
}

/// Items that a file lists, without those that come from its macros.
pub(super) fn invokes_item_macros(parsed: &Parsed, scope: Span) -> bool {
    let root = parsed.root();
    let Some(node) = root.descendant_for_byte_range(scope.start, scope.end) else { return false };
    let known: HashSet<&str> = ["thread_local", "macro_rules"].into();
    children(node).any(|child| {
        let inner = if child.kind() == "expression_statement" {
            named(child).into_iter().next().unwrap_or(child)
        } else {
            child
        };
        inner.kind() == "macro_invocation"
            && field(inner, "macro").is_some_and(|m| !known.contains(text_of(m, parsed.text())))
    })
}
