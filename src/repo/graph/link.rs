//! From a use to the definitions it may mean.

use rustc_hash::FxHashMap as HashMap;

use super::layout::Layout;
use super::table::{Name, Table, directory_of};
use super::{Graph, Link, NodeId, as_u32};
use crate::syntax::{ImportStyle, Imported, Reference, ReferenceKind, SymbolKind};

/// How uses are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Linking {
    /// Through imports, scopes and receivers.
    #[default]
    Imports,
    /// To every definition of the name: what other tools do, and the yardstick for this one.
    NamesOnly,
}

/// A name that could mean more definitions than this means none.
const MOST_CANDIDATES: usize = 6;
/// As above, when only the name counts.
const MOST_BY_NAME: usize = 50;
/// A name that nothing leads to is taken by itself when no more definitions than these have it...
const RARE: usize = 3;
/// ...and it is not one of the short names that variables have as well. In bytes.
const TELLING_NAME: usize = 6;
/// How sure such a link is.
const BY_NAME: f32 = 0.5;
/// A member that more files than this use is the standard library's, whoever else has one: `collect`.
const MOST_USERS: u32 = 20;
/// Steps from one file to the next that exports the same name.
const MOST_HOPS: usize = 6;
/// Types above one, nearest first, that are looked through for a member.
const MOST_BASES: usize = 12;

pub(super) fn links(graph: &Graph<'_>, linking: Linking) -> Vec<Link> {
    let table = Table::new(graph);
    let count = graph.snapshot.files.len();
    if linking == Linking::NamesOnly {
        return (0..count).flat_map(|at| by_name(graph, &table, at)).collect();
    }
    let layout = Layout::new(graph.snapshot);
    let mut linker = Linker {
        graph,
        table: &table,
        layout: &layout,
        imports: Vec::new(),
        bases: HashMap::default(),
    };
    linker.imports = (0..count).map(|at| linker.imports_of(as_u32(at))).collect();
    linker.bases = linker.all_bases();
    let linker = &linker;
    // Files are independent of each other from here on.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if count < 64 || threads == 1 {
        return (0..count).flat_map(|at| linker.file(as_u32(at))).collect();
    }
    let share = count.div_ceil(threads);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let range = (part * share).min(count)..((part + 1) * share).min(count);
                scope
                    .spawn(move || range.flat_map(|at| linker.file(as_u32(at))).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// Every definition of a used name, wherever it is.
fn by_name(graph: &Graph<'_>, table: &Table<'_>, at: usize) -> Vec<Link> {
    let file = &graph.snapshot.files[at];
    let mut links = Vec::new();
    for (index, reference) in (0..).zip(&file.symbols.references) {
        let name = table.name(at, reference.name);
        let found = table.all(file.grammar.imports, name);
        if found.is_empty() || found.len() > MOST_BY_NAME {
            continue;
        }
        let from = reference.within.map_or(graph.file_node(at), |d| graph.node(at, d));
        let confidence = 1.0 / found.len() as f32;
        links.extend(found.iter().filter(|to| **to != from).map(|&to| Link {
            from,
            to,
            kind: reference.kind,
            reference: Some(index),
            confidence,
        }));
    }
    links
}

/// What one file imports.
#[derive(Default)]
struct Imports {
    /// Names bound to modules: their files.
    modules: HashMap<Name, Vec<u32>>,
    /// Names bound to items, or to modules that look like items: whose file, and the name there.
    items: HashMap<Name, (Vec<u32>, String)>,
    /// Files all of whose names are seen here.
    all: Vec<u32>,
    /// As above, of those passed on to others.
    passed_on: Vec<u32>,
    /// Names that others can import from here.
    exported: HashMap<String, (Vec<u32>, String)>,
    /// Every file imported.
    files: Vec<u32>,
}

/// A type, by the file that it or an `impl` of it is in, and its name.
type TypeName = (u32, Name);

struct Linker<'a, 's> {
    graph: &'a Graph<'s>,
    table: &'a Table<'s>,
    layout: &'a Layout<'s>,
    imports: Vec<Imports>,
    /// The types right above each, as far as they are of this repository.
    bases: HashMap<TypeName, Vec<TypeName>>,
}

impl Linker<'_, '_> {
    fn imports_of(&self, at: u32) -> Imports {
        let file = &self.graph.snapshot.files[at as usize];
        let mut imports = Imports::default();
        for import in &file.symbols.imports {
            let mut files = self.layout.files(at, &import.module);
            let alias = import.alias.map(|alias| self.table.name(at as usize, alias));
            match &import.what {
                Imported::Module => {
                    if let Some(alias) = alias.filter(|_| !files.is_empty()) {
                        imports.modules.insert(alias, files.clone());
                    }
                }
                Imported::All => {
                    imports.all.extend(&files);
                    if import.reexport {
                        imports.passed_on.extend(&files);
                    }
                }
                Imported::Item(item) => {
                    // The item may be a module itself: `from a import b`, `use a::b`.
                    let inner =
                        self.layout.files(at, &within(file.grammar.imports, &import.module, item));
                    if let (Some(alias), false) = (alias, inner.is_empty()) {
                        imports.modules.insert(alias, inner.clone());
                    }
                    if import.reexport && !inner.is_empty() && files.is_empty() {
                        imports.passed_on.extend(&inner);
                    }
                    // In Java the file of a class is named by the whole path.
                    if files.is_empty() || file.grammar.imports == ImportStyle::Dotted {
                        files.extend(&inner);
                    }
                    if !files.is_empty() {
                        let target = (files.clone(), item.clone());
                        if let Some(alias) = alias {
                            imports.items.insert(alias, target.clone());
                        }
                        if import.reexport
                            && let Some(alias) = import.alias
                        {
                            imports.exported.insert(file.symbols.name(alias).to_owned(), target);
                        }
                    }
                    files.extend(inner);
                }
            }
            imports.files.extend(files);
        }
        imports.files.sort_unstable();
        imports.files.dedup();
        imports.files.retain(|file| *file != at);
        imports
    }

    /// All links of one file.
    fn file(&self, at: u32) -> Vec<Link> {
        let file = &self.graph.snapshot.files[at as usize];
        let mut links = Vec::new();
        let mut push = |from: NodeId, found: &[NodeId], kind, reference, sure: f32| {
            let confidence = sure / found.len().max(1) as f32;
            let others = found.iter().filter(|to| **to != from);
            links.extend(others.map(|&to| Link { from, to, kind, reference, confidence }));
        };
        for (index, reference) in (0..).zip(&file.symbols.references) {
            let (mut found, mut sure) = self.targets(at, reference);
            if found.is_empty() || found.len() > MOST_CANDIDATES {
                (found, sure) = (self.by_rare_name(at, reference), BY_NAME);
            }
            let from = match reference.within {
                Some(definition) => self.graph.node(at as usize, definition),
                None => self.graph.file_node(at as usize),
            };
            if found.len() <= MOST_CANDIDATES {
                push(from, &found, reference.kind, Some(index), sure);
            }
        }
        for (files, item) in self.imports[at as usize].items.values() {
            let found = self.exported(files, item, MOST_HOPS);
            if found.len() <= MOST_CANDIDATES {
                push(self.graph.file_node(at as usize), &found, ReferenceKind::Name, None, 1.0);
            }
        }
        links
    }

    /// The definitions that a use may mean, and how sure that is for all of them together.
    fn targets(&self, at: u32, reference: &Reference) -> (Vec<NodeId>, f32) {
        let symbols = &self.graph.snapshot.files[at as usize].symbols;
        let name = self.table.name(at as usize, reference.name);
        match reference.qualifier {
            None => (self.plain(at, name, symbols.name(reference.name), reference.within), 1.0),
            Some(qualifier) => self.qualified(at, symbols.name(qualifier), name, reference),
        }
    }

    /// The few definitions of a name that no import, scope or receiver leads to: macros, generics and
    /// inheritance hide the way.
    fn by_rare_name(&self, at: u32, reference: &Reference) -> Vec<NodeId> {
        let file = &self.graph.snapshot.files[at as usize];
        if file.symbols.name(reference.name).len() < TELLING_NAME {
            return Vec::new();
        }
        let name = self.table.name(at as usize, reference.name);
        let all = self.table.all(file.grammar.imports, name);
        if reference.qualifier.is_some() && self.is_everyones(at, name) {
            return Vec::new();
        }
        if all.len() <= RARE { all.to_vec() } else { Vec::new() }
    }

    /// A name without anything before it, and its text, as seen from a definition.
    fn plain(&self, at: u32, name: Name, text: &str, within: Option<u32>) -> Vec<NodeId> {
        let file = &self.graph.snapshot.files[at as usize];
        let imports = &self.imports[at as usize];
        if let Some((files, item)) = imports.items.get(&name) {
            let found = self.exported(files, item, MOST_HOPS);
            if !found.is_empty() {
                return found;
            }
        }
        if let Some(files) = imports.modules.get(&name) {
            return files.iter().take(1).map(|file| self.graph.file_node(*file as usize)).collect();
        }
        let own = self.table.top(at, name);
        if !own.is_empty() {
            return own.to_vec();
        }
        // Members are called without a receiver in many languages, nested functions in all.
        if let Some(around) = self.around(at, within) {
            let members = match file.grammar.imports {
                ImportStyle::Python | ImportStyle::EcmaScript => Vec::new(),
                ImportStyle::Dotted => self.members(at, around, name),
                _ => self.near(at, self.table.members(around, name)),
            };
            if !members.is_empty() {
                return members;
            }
        }
        let nested = self.nested(at, name, within);
        if !nested.is_empty() {
            return nested;
        }
        let mut found = Vec::new();
        for &other in &imports.all {
            found.extend(self.exported(&[other], text, MOST_HOPS));
        }
        if found.is_empty() && file.grammar.shares_directory {
            found.extend(self.table.directory(directory_of(file.path.as_str()), name));
        }
        // A prototype and what it stands for are one: the header is included, the source is not.
        let is_c = file.grammar.imports == ImportStyle::Include;
        if is_c && !found.is_empty() || found.is_empty() && !file.grammar.names_are_imported {
            found.extend(self.table.anywhere(file.grammar.imports, name));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A name after a dot.
    fn qualified(
        &self,
        at: u32,
        qualifier: &str,
        name: Name,
        reference: &Reference,
    ) -> (Vec<NodeId>, f32) {
        let file = &self.graph.snapshot.files[at as usize];
        let imports = &self.imports[at as usize];
        if matches!(qualifier, "self" | "this" | "cls" | "Self" | "$this" | "static") {
            let own = self
                .around(at, reference.within)
                .map(|around| self.members(at, around, name))
                .unwrap_or_default();
            return if own.is_empty() {
                (self.unknown(at, name, reference), 0.5)
            } else {
                (own, 1.0)
            };
        }
        let is_above = match file.grammar.imports {
            ImportStyle::Php => qualifier == "parent",
            ImportStyle::EcmaScript | ImportStyle::Dotted => qualifier == "super",
            _ => false,
        };
        if is_above && let Some(around) = self.around(at, reference.within) {
            let found = self.inherited(at, around, name);
            if !found.is_empty() {
                return (found, 1.0);
            }
        }
        let separators = ['.', ':', '\\'];
        let last = qualifier.rsplit(separators).next().unwrap_or(qualifier);
        let text = file.symbols.name(reference.name);
        // The whole path, then its first part, as something imported.
        if let Some(files) = self.table.find(qualifier).and_then(|q| imports.modules.get(&q)) {
            let found = self.exported(files, text, MOST_HOPS);
            if !found.is_empty() {
                return (found, 1.0);
            }
        }
        let is_path = !qualifier.is_empty() && last != qualifier;
        if is_path || file.grammar.imports == ImportStyle::Rust {
            let files = self.path_files(at, qualifier);
            let found = self.exported(&files, text, MOST_HOPS);
            if !found.is_empty() {
                return (found, 1.0);
            }
        }
        // A type: imported, of this file, or seen from here.
        if let Some(type_name) = self.table.find(last).filter(|_| !qualifier.is_empty()) {
            let types = self.plain(at, type_name, last, reference.within);
            let is_type = |kind: SymbolKind| kind.is_type() || kind == SymbolKind::Module;
            let types: Vec<TypeName> =
                types.iter().filter_map(|node| self.type_name(*node, is_type)).collect();
            let mut found = Vec::new();
            for &(holder, container) in &types {
                found.extend(self.members(holder, container, name));
            }
            if !found.is_empty() {
                found.sort_unstable();
                found.dedup();
                return (found, 1.0);
            }
            // A type of the repository that has no such member has it from outside, or derives it.
            if !types.is_empty() {
                return (Vec::new(), 0.0);
            }
        }
        (self.unknown(at, name, reference), 0.5)
    }

    /// The files of a path of modules, its first part being bound here or a root.
    fn path_files(&self, at: u32, path: &str) -> Vec<u32> {
        let file = &self.graph.snapshot.files[at as usize];
        let direct = self.layout.files(at, path);
        if !direct.is_empty() {
            return direct;
        }
        let dot = if file.grammar.imports == ImportStyle::Rust { "::" } else { "." };
        let Some((first, rest)) = path.split_once(dot) else { return Vec::new() };
        let bound = file
            .symbols
            .imports
            .iter()
            .find(|import| import.alias.is_some_and(|alias| file.symbols.name(alias) == first));
        let Some(import) = bound else { return Vec::new() };
        let base = match &import.what {
            Imported::Item(item) => within(file.grammar.imports, &import.module, item),
            _ => import.module.clone(),
        };
        self.layout.files(at, &format!("{base}{dot}{rest}"))
    }

    /// A member of something whose type is not known: what is near, if it is not much.
    fn unknown(&self, at: u32, name: Name, reference: &Reference) -> Vec<NodeId> {
        let file = &self.graph.snapshot.files[at as usize];
        let all = self.table.member(file.grammar.imports, name);
        if all.is_empty() || all.len() > 40 {
            return Vec::new();
        }
        let fits = |node: &&NodeId| {
            reference.kind != ReferenceKind::Call
                || self.graph.symbol(**node).is_some_and(|s| s.kind.is_callable())
        };
        let all: Vec<NodeId> = all.iter().filter(fits).copied().collect();
        let imported = &self.imports[at as usize].files;
        let is_near = |node: &&NodeId| {
            let holder = as_u32(self.graph.place(**node).0);
            holder == at || imported.binary_search(&holder).is_ok()
        };
        let near: Vec<NodeId> = all.iter().filter(is_near).copied().collect();
        match near.is_empty() {
            false => near,
            true if self.is_everyones(at, name) => Vec::new(),
            true => all,
        }
    }

    /// True for a member that so many files use that it cannot be this repository's alone.
    fn is_everyones(&self, at: u32, name: Name) -> bool {
        let style = self.graph.snapshot.files[at as usize].grammar.imports;
        self.table.files_that_use(style, name) > MOST_USERS
    }

    /// Of several definitions, those of this file.
    fn of_file(&self, at: u32, nodes: &[NodeId]) -> Vec<NodeId> {
        let range = self.graph.nodes_of(at as usize);
        nodes.iter().filter(|n| range.contains(&n.0)).copied().collect()
    }

    /// Of several definitions, those of this file when there are any.
    fn near(&self, at: u32, nodes: &[NodeId]) -> Vec<NodeId> {
        let own = self.of_file(at, nodes);
        if own.is_empty() { nodes.to_vec() } else { own }
    }

    /// The types right above every type, in source order.
    fn all_bases(&self) -> HashMap<TypeName, Vec<TypeName>> {
        let mut bases: HashMap<TypeName, Vec<TypeName>> = HashMap::default();
        for (at, file) in (0..).zip(&self.graph.snapshot.files) {
            let symbols = &file.symbols;
            for reference in symbols.references.iter().filter(|r| r.kind == ReferenceKind::Base) {
                let is_type = |kind: SymbolKind| kind.is_type() || kind == SymbolKind::Scope;
                let within = reference.within.map(|d| self.graph.node(at as usize, d));
                let below = within.and_then(|node| self.type_name(node, is_type));
                let (found, sure) = self.targets(at, reference);
                let Some(below) = below.filter(|_| sure == 1.0 && found.len() <= MOST_CANDIDATES)
                else {
                    continue;
                };
                let above = found.iter().filter_map(|n| self.type_name(*n, SymbolKind::is_type));
                let above = above.filter(|above| *above != below);
                let known = bases.entry(below).or_default();
                known.extend(above.take(MOST_BASES.saturating_sub(known.len())));
            }
        }
        bases
    }

    /// The file and name of a definition of some kinds.
    fn type_name(&self, node: NodeId, fits: impl Fn(SymbolKind) -> bool) -> Option<TypeName> {
        let symbol = self.graph.symbol(node).filter(|symbol| fits(symbol.kind))?;
        let holder = self.graph.place(node).0;
        Some((as_u32(holder), self.table.name(holder, symbol.name)))
    }

    /// Members of a type: its own in this file, else those it inherits, else those of its name elsewhere.
    fn members(&self, at: u32, container: Name, name: Name) -> Vec<NodeId> {
        let all = self.table.members(container, name);
        let own = self.of_file(at, all);
        if !own.is_empty() {
            return own;
        }
        let inherited = self.inherited(at, container, name);
        if inherited.is_empty() { all.to_vec() } else { inherited }
    }

    /// Members of the nearest type above that has any of the name.
    fn inherited(&self, at: u32, container: Name, name: Name) -> Vec<NodeId> {
        let Some(above) = self.bases.get(&(at, container)) else { return Vec::new() };
        let mut above = above.clone();
        let mut next = 0;
        while let Some(&base) = above.get(next).filter(|_| next < MOST_BASES) {
            let found = self.of_file(base.0, self.table.members(base.1, name));
            if !found.is_empty() {
                return found;
            }
            for further in self.bases.get(&base).into_iter().flatten() {
                if !above.contains(further) {
                    above.push(*further);
                }
            }
            next += 1;
        }
        Vec::new()
    }

    /// The name of the type around a definition.
    fn around(&self, at: u32, within: Option<u32>) -> Option<Name> {
        let symbols = &self.graph.snapshot.files[at as usize].symbols;
        let mut next = within;
        while let Some(symbol) = next.and_then(|d| symbols.definitions.get(d as usize)) {
            if let Some(container) = symbol.container {
                return Some(self.table.name(at as usize, container));
            }
            if symbol.kind.is_type() || symbol.kind == SymbolKind::Scope {
                return Some(self.table.name(at as usize, symbol.name));
            }
            next = symbol.parent;
        }
        None
    }

    /// Functions of a function: of this one, or of the nearest around it that has any of the name.
    fn nested(&self, at: u32, name: Name, within: Option<u32>) -> Vec<NodeId> {
        let symbols = &self.graph.snapshot.files[at as usize].symbols;
        let mut next = within;
        while let Some(outer) = next {
            let found = self.table.inner(self.graph.node(at as usize, outer), name);
            if !found.is_empty() {
                return found.to_vec();
            }
            next = symbols.definitions[outer as usize].parent;
        }
        Vec::new()
    }

    /// What `name` is in these files: defined there, or passed on from elsewhere.
    fn exported(&self, files: &[u32], name: &str, hops: usize) -> Vec<NodeId> {
        let known = self.table.find(name);
        let mut found: Vec<NodeId> = Vec::new();
        for &file in files {
            if let Some(known) = known {
                found.extend(self.table.top(file, known));
            }
        }
        if !found.is_empty() || hops == 0 {
            return found;
        }
        for &file in files {
            let imports = &self.imports[file as usize];
            if let Some((files, item)) = imports.exported.get(name) {
                found.extend(self.exported(files, item, hops - 1));
            }
            if found.is_empty() && !imports.passed_on.is_empty() {
                found.extend(self.exported(&imports.passed_on, name, hops - 1));
            }
        }
        if found.is_empty() && name == "default" {
            // Which definition a file exports as its own is not told here: the file it is.
            found.extend(files.iter().map(|file| self.graph.file_node(*file as usize)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The path of an item in a module.
fn within(style: ImportStyle, module: &str, item: &str) -> String {
    match style {
        _ if module.is_empty() => item.to_owned(),
        ImportStyle::Rust => format!("{module}::{item}"),
        ImportStyle::Php => format!("{module}\\{item}"),
        ImportStyle::Python if module.ends_with('.') => format!("{module}{item}"),
        ImportStyle::EcmaScript => format!("{module}/{item}"),
        _ => format!("{module}.{item}"),
    }
}
