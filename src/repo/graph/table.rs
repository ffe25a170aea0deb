//! Names of the whole repository as numbers, and where each is defined.

use rustc_hash::FxHashMap as HashMap;

use super::{Graph, NodeId};
use crate::syntax::{ImportStyle, NameId, SymbolKind};

/// A name, the same for the same text in all files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name(u32);

/// Definitions by name, in the ways that a use can find them.
pub(super) struct Table<'s> {
    texts: HashMap<&'s str, Name>,
    /// The names of each file, by its own ids.
    names: Vec<Vec<Name>>,
    /// At the top of a file.
    top: HashMap<(u32, Name), Vec<NodeId>>,
    /// Members, by the name of their type.
    members: HashMap<(Name, Name), Vec<NodeId>>,
    /// Functions inside of a function.
    inner: HashMap<(NodeId, Name), Vec<NodeId>>,
    /// Members of any type.
    member: HashMap<(ImportStyle, Name), Vec<NodeId>>,
    /// At the top of any file.
    anywhere: HashMap<(ImportStyle, Name), Vec<NodeId>>,
    /// All definitions, for linking by name alone.
    all: HashMap<(ImportStyle, Name), Vec<NodeId>>,
    /// In how many files a name is used after a dot.
    used: HashMap<(ImportStyle, Name), u32>,
    /// At the top of any file of a directory, for languages that see those.
    directory: HashMap<(&'s str, Name), Vec<NodeId>>,
}

impl<'s> Table<'s> {
    pub(super) fn new(graph: &Graph<'s>) -> Self {
        let mut table = Self {
            texts: HashMap::default(),
            names: Vec::new(),
            top: HashMap::default(),
            members: HashMap::default(),
            inner: HashMap::default(),
            member: HashMap::default(),
            anywhere: HashMap::default(),
            all: HashMap::default(),
            used: HashMap::default(),
            directory: HashMap::default(),
        };
        for file in &graph.snapshot.files {
            let own = file.symbols.names().iter().map(|text| table.intern(text)).collect();
            table.names.push(own);
        }
        for (at, file) in graph.snapshot.files.iter().enumerate() {
            let style = file.grammar.imports;
            let symbols = &file.symbols;
            let after_dot = symbols.references.iter().filter(|r| r.qualifier.is_some());
            let mut names: Vec<Name> = after_dot.map(|r| table.name(at, r.name)).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                *table.used.entry((style, name)).or_default() += 1;
            }
            for (index, symbol) in (0..).zip(&symbols.definitions) {
                if symbol.kind == SymbolKind::Scope {
                    continue;
                }
                let (name, node) = (table.name(at, symbol.name), graph.node(at, index));
                table.all.entry((style, name)).or_default().push(node);
                let around = symbol.parent.map(|p| &symbols.definitions[p as usize]);
                let container = symbol.container.or_else(|| {
                    around
                        .filter(|a| a.kind.is_type() || a.kind == SymbolKind::Scope)
                        .map(|a| a.name)
                });
                if let Some(container) = container {
                    let container = table.name(at, container);
                    table.members.entry((container, name)).or_default().push(node);
                    table.member.entry((style, name)).or_default().push(node);
                } else if let Some(module) = around.filter(|a| a.kind == SymbolKind::Module) {
                    let module = table.name(at, module.name);
                    table.members.entry((module, name)).or_default().push(node);
                }
                if let Some(outer) = symbol.parent.filter(|_| symbol.kind.is_callable())
                    && around.is_some_and(|a| a.kind.is_callable())
                {
                    table.inner.entry((graph.node(at, outer), name)).or_default().push(node);
                }
                // What a namespace or a module of the file holds is found by its plain name as well.
                let is_open = |kind: SymbolKind| {
                    matches!(kind, SymbolKind::Module | SymbolKind::Scope | SymbolKind::Enum)
                };
                if symbol.container.is_none() && around.is_none_or(|a| is_open(a.kind)) {
                    table.top.entry((super::as_u32(at), name)).or_default().push(node);
                    table.anywhere.entry((style, name)).or_default().push(node);
                    if file.grammar.shares_directory {
                        let directory = directory_of(file.path.as_str());
                        table.directory.entry((directory, name)).or_default().push(node);
                    }
                }
            }
        }
        table
    }

    fn intern(&mut self, text: &'s str) -> Name {
        let next = Name(super::as_u32(self.texts.len()));
        *self.texts.entry(text).or_insert(next)
    }

    /// The name of a text that some file has.
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        self.texts.get(text).copied()
    }

    pub(super) fn name(&self, file: usize, id: NameId) -> Name {
        self.names[file][id.0 as usize]
    }

    pub(super) fn top(&self, file: u32, name: Name) -> &[NodeId] {
        self.top.get(&(file, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn members(&self, container: Name, name: Name) -> &[NodeId] {
        self.members.get(&(container, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn inner(&self, function: NodeId, name: Name) -> &[NodeId] {
        self.inner.get(&(function, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn member(&self, style: ImportStyle, name: Name) -> &[NodeId] {
        self.member.get(&(style, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn anywhere(&self, style: ImportStyle, name: Name) -> &[NodeId] {
        self.anywhere.get(&(style, name)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all(&self, style: ImportStyle, name: Name) -> &[NodeId] {
        self.all.get(&(style, name)).map_or(&[], Vec::as_slice)
    }

    /// In how many files of these languages `name` is used after a dot.
    pub(super) fn files_that_use(&self, style: ImportStyle, name: Name) -> u32 {
        self.used.get(&(style, name)).copied().unwrap_or(0)
    }

    pub(super) fn directory(&self, directory: &'s str, name: Name) -> &[NodeId] {
        self.directory.get(&(directory, name)).map_or(&[], Vec::as_slice)
    }
}

/// The directory of a path; empty at the root.
pub(super) fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
