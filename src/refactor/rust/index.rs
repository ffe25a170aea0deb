//! The crates of a repository: their files, module trees, and what a path leads to.
//!
//! The texts tell the modules and where members may be ([`outline`]); a file is parsed when something asks for what
//! is in it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use super::doctest;
pub(super) use super::file::File;
use super::manifest::{self, Package};
use super::members::Found;
pub(super) use super::modules::Module;
use super::names::Names;
use super::outline::{Outline, outline};
use crate::base::{Language, Line, RepoPath, Span};
use crate::refactor::{BoundId, Project, ScopeId, shared};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, named, text_of};
use crate::syntax::tree::Node;

/// All Rust files of a repository.
pub(super) struct Index<'a> {
    pub(super) project: &'a dyn Project,
    /// The sources, sorted; then the code in their documentation, then that in Markdown.
    pub(super) files: Vec<File<'a>>,
    /// The files of a path: the source first.
    by_path: HashMap<RepoPath, Vec<usize>>,
    sources: usize,
    pub(super) packages: Vec<Package>,
    pub(super) crates: Vec<Crate>,
    pub(super) modules: Vec<Module>,
    /// The modules that a file, or a body in it, is: several when several crates include the file.
    pub(super) by_body: HashMap<(usize, Option<Span>), Vec<usize>>,
    libraries: HashMap<String, usize>,
    pub(super) hints: Hints,
    naming: RefCell<HashMap<String, Rc<[usize]>>>,
    pub(super) found: Found,
    /// The modules that others can name.
    pub(super) shown: OnceCell<Vec<usize>>,
    /// While it is looked for whose members a class holds, paths through members lead nowhere: no path of an `impl`
    /// needs them.
    pub(super) owning: Cell<bool>,
}

/// What the texts tell of the whole repository.
#[derive(Default)]
pub(super) struct Hints {
    /// The files with a word in the head of an `impl`, in order.
    pub(super) heads: HashMap<Box<str>, Vec<usize>>,
    /// Other names that imports and types give to a name.
    pub(super) aliases: HashMap<Box<str>, Vec<Box<str>>>,
    /// What each file imports for others: see [`Outline::shown`].
    pub(super) shown: Vec<Vec<Box<str>>>,
    /// Whether each file imports all that others have: see [`Outline::globs`].
    pub(super) globs: Vec<bool>,
}

#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) root: usize,
    pub(super) library: bool,
    pub(super) package: Option<usize>,
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

/// Files parsed at once, at most: what comes first may tell that the rest is not needed.
const AHEAD: usize = 64;

impl<'a> Index<'a> {
    pub(super) fn new(project: &'a dyn Project) -> Self {
        let mut outlines = outlines(project);
        let mut files = Vec::new();
        for (path, _) in &outlines {
            files.push(File::source(project, path.clone()));
        }
        let sources = files.len();
        for (path, outline) in &mut outlines {
            for (offset, code) in std::mem::take(&mut outline.examples) {
                files.push(File::example(path.clone(), offset, code));
            }
        }
        for (path, outline) in &outlines {
            let dir = path.parent();
            for path in outline.included.iter().filter_map(|p| normal(&join(dir, p))) {
                let text = project.text(&path).unwrap_or_default();
                for (offset, code) in doctest::markdown_blocks(&text) {
                    files.push(File::example(path.clone(), offset, code));
                }
            }
        }
        let examples = shared(&files[sources..], &|file| outline(file.code().unwrap_or("")));
        let outlines: Vec<Outline> =
            outlines.into_iter().map(|(_, outline)| outline).chain(examples).collect();
        let mut by_path: HashMap<RepoPath, Vec<usize>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            by_path.entry(file.path.clone()).or_default().push(at);
        }
        let (packages, roots) = manifest::roots(project);
        let mut index = Self {
            project,
            files,
            by_path,
            sources,
            packages,
            crates: Vec::new(),
            modules: Vec::new(),
            by_body: HashMap::new(),
            libraries: HashMap::new(),
            hints: Hints::default(),
            naming: RefCell::default(),
            found: Found::default(),
            shown: OnceCell::new(),
            owning: Cell::new(false),
        };
        index.add_crates(roots, &outlines);
        index.hints = hints(outlines);
        index
    }

    fn add_crates(&mut self, roots: Vec<manifest::Root>, outlines: &[Outline]) {
        for root in roots {
            let Some(file) = self.file(&root.path) else { continue };
            self.add_crate(outlines, file, root.name, root.library, Some(root.package));
        }
        for usual in ["lib.rs", "main.rs"] {
            for file in 0..self.sources {
                if self.files[file].path.file_name() == usual && !self.is_reached(file) {
                    self.add_crate(outlines, file, String::new(), usual == "lib.rs", None);
                }
            }
        }
        for file in 0..self.files.len() {
            if !self.is_reached(file) {
                let real = self.file(&self.files[file].path).filter(|real| *real != file);
                let root =
                    self.crates.iter().find(|c| c.library).map(|c| self.modules[c.root].file);
                let real = if file >= self.sources { real.or(root) } else { real };
                let module = real.and_then(|real| self.modules_at(real, ScopeId(0)).first());
                let package = module.and_then(|m| self.crates[self.modules[*m].in_crate].package);
                self.add_crate(outlines, file, String::new(), false, package);
            }
        }
        for (at, c) in self.crates.iter().enumerate().filter(|(_, c)| c.library) {
            self.libraries.entry(c.name.clone()).or_insert(at);
        }
    }

    fn add_crate(
        &mut self,
        outlines: &[Outline],
        file: usize,
        name: String,
        library: bool,
        package: Option<usize>,
    ) {
        let root = self.add_tree(outlines, file, self.crates.len());
        self.crates.push(Crate { name, root, library, package });
    }

    /// The source at a path.
    pub(super) fn file(&self, path: &RepoPath) -> Option<usize> {
        self.files_of(path).first().copied().filter(|file| *file < self.sources)
    }

    /// A file and the code in its documentation.
    pub(super) fn files_of(&self, path: &RepoPath) -> &[usize] {
        self.by_path.get(path).map_or(&[], Vec::as_slice)
    }

    /// The files in which a name stands.
    pub(super) fn files_naming(&self, name: &str) -> Rc<[usize]> {
        if let Some(known) = self.naming.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut out: Vec<usize> = Vec::new();
        let has = |file: &usize| {
            self.files[*file].code().is_none_or(|_| self.files[*file].has_word(name))
        };
        for path in self.project.files_with(name) {
            out.extend(self.files_of(&path).iter().copied().filter(has));
        }
        let documents = (self.sources..self.files.len())
            .filter(|file| self.files[*file].path.as_str().ends_with(".md"));
        out.extend(documents.filter(has));
        let out: Rc<[usize]> = out.into();
        self.naming.borrow_mut().insert(name.to_owned(), Rc::clone(&out));
        out
    }

    /// The files whose texts `may` hold what is looked for, in order.
    pub(super) fn files_that(&self, may: &(dyn Fn(&str) -> bool + Sync)) -> Vec<usize> {
        let sources = self.project.search(&|path, text| {
            Language::of_path(path.as_str()) == Some(Language::Rust) && may(text)
        });
        let mut out: Vec<usize> = sources.iter().filter_map(|path| self.file(path)).collect();
        let examples = self.files.iter().enumerate();
        out.extend(examples.filter(|(_, file)| file.code().is_some_and(may)).map(|(file, _)| file));
        out
    }

    /// Whole files in which a name stands.
    pub(super) fn sources_naming(&self, name: &str) -> Vec<&File<'a>> {
        let all = self.files_naming(name);
        all.iter().filter(|file| **file < self.sources).map(|file| &self.files[*file]).collect()
    }

    /// The files, some parsed ahead on all processors.
    pub(super) fn ahead<'f>(
        &self,
        files: &'f [usize],
    ) -> impl Iterator<Item = usize> + use<'_, 'a, 'f> {
        files.chunks(AHEAD).flat_map(move |part| {
            let open: Vec<&File<'a>> =
                part.iter().map(|file| &self.files[*file]).filter(|file| !file.is_read()).collect();
            shared(&open, &|file| {
                file.parsed();
            });
            part.iter().copied()
        })
    }

    /// Where something lies for people.
    pub(super) fn line(&self, file: usize, at: Span) -> Line {
        let here = &self.files[file];
        let real = self.file(&here.path).map_or(here, |real| &self.files[real]);
        real.parsed().lines().line(at.start + here.offset)
    }

    /// A span of a file's text, in the whole file.
    pub(super) fn real(&self, file: usize, at: Span) -> Span {
        let by = self.files[file].offset;
        Span { start: at.start + by, end: at.end + by }
    }

    pub(super) fn text(&self, file: usize, span: Span) -> &str {
        span.of(self.files[file].parsed().text()).unwrap_or("").trim_start_matches("r#")
    }

    pub(super) fn names(&self, file: usize) -> &Names {
        self.files[file].names()
    }

    /// The library that a crate knows by a name.
    pub(super) fn library(&self, from: usize, name: &str) -> Option<usize> {
        let package = self.crates[from].package;
        let renamed = package.and_then(|p| self.packages[p].renamed.get(name));
        let name = renamed.map_or(name, String::as_str);
        self.libraries.get(name).copied().filter(|_| !name.is_empty())
    }

    /// The package's edition, 2021 where none is known.
    pub(super) fn edition(&self, file: usize) -> u16 {
        let module = self.modules_at(file, ScopeId(0)).first();
        let package = module.and_then(|m| self.crates[self.modules[*m].in_crate].package);
        package.map_or(2021, |p| self.packages[p].edition)
    }
}

/// What the text of each Rust file says, sorted.
fn outlines(project: &dyn Project) -> Vec<(RepoPath, Outline)> {
    let found = Mutex::new(Vec::new());
    project.search(&|path, text| {
        if Language::of_path(path.as_str()) == Some(Language::Rust) {
            let outline = outline(text);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), outline));
        }
        false
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by(|(one, _), (two, _)| one.cmp(two));
    found
}

fn hints(outlines: Vec<Outline>) -> Hints {
    let mut hints = Hints::default();
    for (file, outline) in outlines.into_iter().enumerate() {
        for word in outline.heads {
            hints.heads.entry(word).or_default().push(file);
        }
        for (old, new) in outline.aliases {
            let all = hints.aliases.entry(old).or_default();
            if !all.contains(&new) {
                all.push(new);
            }
        }
        hints.shown.push(outline.shown);
        hints.globs.push(outline.globs);
    }
    hints
}

/// The item whose name stands at a place.
pub(super) fn item_at(parsed: &Parsed, name: Span) -> Option<Node<'_>> {
    parsed.root().descendant_for_byte_range(name.start, name.end)?.parent()
}

pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// A path without `..` in it.
pub(super) fn normal(path: &str) -> Option<RepoPath> {
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
