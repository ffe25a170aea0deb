//! Runs a language's query over a text and makes [`Symbols`] of what it captures.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap as HashMap;
use streaming_iterator::StreamingIterator as _;
use tree_sitter::{
    Node, ParseOptions, Parser, Query, QueryCursor, QueryCursorOptions, Range, Tree,
};

use super::grammar::{Grammar, ImportStyle, Loaded};
use super::{NameId, Reference, ReferenceKind, Symbol, SymbolKind, Symbols, doc, import, macros};
use crate::base::floor_char;

/// What one file may take. A file of hand-written source takes milliseconds.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Query states that may be open at once; more are dropped, oldest first.
const MATCH_LIMIT: u32 = 1 << 14;
/// Macros in macros whose items are read.
const MOST_MACRO_DEPTH: usize = 2;
/// Longest path kept as what stands before a dot, in bytes.
const QUALIFIER: usize = 80;

/// Why a file has no symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    #[error("the grammar of {0} is not built in")]
    NotBuiltIn(&'static str),
    #[error("reading it took longer than {} seconds", TIME_LIMIT.as_secs())]
    TimeOut,
}

/// The symbols of a text.
///
/// # Errors
/// A grammar that is not compiled in; a text that takes too long, which no source does.
pub fn extract(grammar: &'static Grammar, text: &str) -> Result<Symbols, ExtractError> {
    let loaded = grammar.loaded().ok_or(ExtractError::NotBuiltIn(grammar.name))?;
    let deadline = Instant::now() + TIME_LIMIT;
    // The scanner of Kotlin looks for the end of a line without looking for that of the text: it would
    // never come back, and no time limit reaches it.
    let ended;
    let text = if text.ends_with('\n') {
        text
    } else {
        ended = format!("{text}\n");
        &ended
    };
    let whole = parse(grammar, loaded, text, &[], deadline).ok_or(ExtractError::TimeOut)?;
    let has_errors = whole.root_node().has_error();
    let mut trees = vec![whole];
    while let Some(last) = trees.last().filter(|_| trees.len() <= MOST_MACRO_DEPTH) {
        let ranges = macros::items(grammar, last, text);
        if ranges.is_empty() {
            break;
        }
        let inner = parse(grammar, loaded, text, &ranges, deadline).ok_or(ExtractError::TimeOut)?;
        trees.push(inner);
    }
    let mut found = Found::default();
    for tree in &trees {
        found.collect(loaded, tree, text, deadline).ok_or(ExtractError::TimeOut)?;
    }
    let mut builder =
        Builder { grammar, text, symbols: Symbols::default(), ids: HashMap::default() };
    builder.symbols.has_errors = has_errors;
    builder.build(found);
    Ok(builder.symbols)
}

/// What the captures of a query mean, by their index.
pub(super) struct Roles(Vec<Role>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Definition(SymbolKind),
    Reference(ReferenceKind),
    Name,
    Container,
    Body,
    Qualifier,
    Import,
    Package,
    /// What is in it uses nothing: attributes, whose words are the compiler's.
    Skip,
    Ignored,
}

impl Roles {
    pub(super) fn new(query: &Query) -> Self {
        Self(query.capture_names().iter().map(|name| Role::of(name)).collect())
    }
}

impl Role {
    fn of(capture: &str) -> Self {
        let reference = |word| match word {
            "base" => Self::Reference(ReferenceKind::Base),
            "call" => Self::Reference(ReferenceKind::Call),
            "type" => Self::Reference(ReferenceKind::Type),
            "member" => Self::Reference(ReferenceKind::Member),
            "name" => Self::Reference(ReferenceKind::Name),
            _ => Self::Ignored,
        };
        match capture.split_once('.') {
            Some(("definition", kind)) => {
                SymbolKind::of_capture(kind).map_or(Self::Ignored, Self::Definition)
            }
            Some(("reference", kind)) => reference(kind),
            _ => match capture {
                "scope" => Self::Definition(SymbolKind::Scope),
                "name" => Self::Name,
                "container" => Self::Container,
                "body" => Self::Body,
                "qualifier" => Self::Qualifier,
                "import" => Self::Import,
                "package" => Self::Package,
                "skip" => Self::Skip,
                _ => Self::Ignored,
            },
        }
    }
}

thread_local! {
    static PARSERS: RefCell<HashMap<usize, Parser>> = RefCell::new(HashMap::default());
}

/// Parses the ranges of a text, or all of it without any; `None` when it takes too long.
fn parse(
    grammar: &Grammar,
    loaded: &Loaded,
    text: &str,
    ranges: &[Range],
    deadline: Instant,
) -> Option<Tree> {
    PARSERS.with_borrow_mut(|parsers| {
        let parser = parsers.entry(grammar.index()).or_insert_with(|| {
            let mut parser = Parser::new();
            parser
                .set_language(&loaded.language)
                .expect("the grammars are built for the tree-sitter they are linked with");
            parser
        });
        // They are in order and do not overlap, which is all that can be wrong with them.
        parser.set_included_ranges(ranges).ok()?;
        let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        let mut progress = |_: &tree_sitter::ParseState| in_time(deadline);
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

fn in_time(deadline: Instant) -> ControlFlow<()> {
    if Instant::now() < deadline { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// What the query captured, still as places.
#[derive(Default)]
struct Found<'t> {
    definitions: Vec<Defined<'t>>,
    references: Vec<Used>,
    imports: Vec<Node<'t>>,
    /// Where names are no uses.
    silent: Vec<(usize, usize)>,
    package: Option<Node<'t>>,
}

struct Defined<'t> {
    kind: SymbolKind,
    node: Node<'t>,
    name: Node<'t>,
    container: Option<Node<'t>>,
    body: Option<usize>,
}

/// Where a definition is, in bytes.
struct Place {
    start: usize,
    end: usize,
    body: Option<usize>,
    /// From where on what lies in it belongs to it.
    inside: usize,
}

impl Place {
    fn of(defined: &Defined<'_>) -> Self {
        let node = defined.node;
        let (start, end) = (node.start_byte(), node.end_byte());
        let body = defined
            .body
            .or_else(|| node.child_by_field_name("body").map(|body| body.start_byte()))
            .filter(|body| (start..=end).contains(body));
        let is_open = defined.kind.is_type()
            || matches!(defined.kind, SymbolKind::Scope | SymbolKind::Module);
        let inside = if is_open { start } else { body.unwrap_or(end) };
        Self { start, end, body, inside }
    }
}

struct Used {
    kind: ReferenceKind,
    start: usize,
    end: usize,
    row: usize,
    qualifier: Option<(usize, usize)>,
}

impl<'t> Found<'t> {
    /// Adds what one tree has; `None` when it took too long.
    fn collect(
        &mut self,
        loaded: &Loaded,
        tree: &'t Tree,
        text: &str,
        deadline: Instant,
    ) -> Option<()> {
        let mut cursor = QueryCursor::new();
        cursor.set_match_limit(MATCH_LIMIT);
        let mut late = false;
        let mut progress = |_: &tree_sitter::QueryCursorState| {
            let flow = in_time(deadline);
            late |= flow.is_break();
            flow
        };
        let options = QueryCursorOptions::new().progress_callback(&mut progress);
        let bytes = text.as_bytes();
        let mut matches =
            cursor.matches_with_options(&loaded.query, tree.root_node(), bytes, options);
        while let Some(matched) = matches.next() {
            self.take(&loaded.roles, matched.captures());
        }
        drop(matches);
        (!late).then_some(())
    }

    /// Sorts one match into the lists.
    fn take(&mut self, roles: &Roles, captures: &[tree_sitter::QueryCapture<'t>]) {
        let mut definition = None;
        let mut reference = None;
        let (mut name, mut container, mut body, mut qualifier) = (None, None, None, None);
        for capture in captures {
            let node = capture.node;
            match roles.0.get(capture.index as usize).copied().unwrap_or(Role::Ignored) {
                Role::Definition(kind) => definition = Some((kind, node)),
                Role::Reference(kind) => reference = Some((kind, node)),
                Role::Name => name = Some(node),
                Role::Container => container = Some(node),
                Role::Body => body = Some(node.start_byte()),
                Role::Qualifier => qualifier = Some((node.start_byte(), node.end_byte())),
                Role::Import => {
                    self.imports.push(node);
                    self.silent.push((node.start_byte(), node.end_byte()));
                }
                Role::Skip => self.silent.push((node.start_byte(), node.end_byte())),
                Role::Package => self.package = self.package.or(Some(node)),
                Role::Ignored => {}
            }
        }
        // A name that the parser had to invent is none.
        let name = name.filter(|name| name.start_byte() < name.end_byte());
        if let (Some((kind, node)), Some(name)) = (definition, name) {
            self.definitions.push(Defined { kind, node, name, container, body });
        }
        if let Some((kind, node)) = reference {
            let (start, end) = (node.start_byte(), node.end_byte());
            let row = node.start_position().row;
            self.references.push(Used { kind, start, end, row, qualifier });
        }
    }
}

/// Turns places into names and indices.
struct Builder<'s> {
    grammar: &'static Grammar,
    text: &'s str,
    symbols: Symbols,
    ids: HashMap<&'s str, NameId>,
}

impl<'s> Builder<'s> {
    fn build(&mut self, mut found: Found<'_>) {
        found.imports.sort_by_key(Node::start_byte);
        found.silent.sort_unstable();
        // Two patterns may see the same name: a function that is a value is no mere variable.
        let is_vague = |kind| {
            matches!(
                kind,
                SymbolKind::Type | SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Field
            )
        };
        found.definitions.sort_by_key(|d| (d.name.start_byte(), is_vague(d.kind)));
        found.definitions.dedup_by_key(|d| d.name.start_byte());
        found.definitions.sort_by_key(|d| (d.node.start_byte(), usize::MAX - d.node.end_byte()));
        let named = found.definitions.iter().map(|d| (d.name.start_byte(), ())).collect();
        let places = self.definitions(&found.definitions);
        self.references(found.references, &places, &named, &found.silent);
        for node in found.imports {
            let line = as_u32(node.start_position().row) + 1;
            let statement = self.of(node.start_byte(), node.end_byte());
            for import in import::read(self.grammar.imports, statement) {
                let alias = import.alias.map(|alias| self.name_of(alias));
                let (module, what, reexport) = (import.module, import.what, import.reexport);
                self.symbols.imports.push(super::Import { module, what, alias, reexport, line });
            }
        }
        if let Some(node) = found.package {
            self.symbols.package = self.of(node.start_byte(), node.end_byte()).trim().to_owned();
        }
    }

    /// Nests the definitions; returns the place of each that is kept.
    fn definitions(&mut self, all: &[Defined<'_>]) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        for defined in all {
            let place = Place::of(defined);
            // Several names of one node (`A, B = 1, 2`) stand beside each other.
            open.retain(|&outer| {
                let outer = &places[outer as usize];
                outer.end > place.start && (outer.start, outer.end) != (place.start, place.end)
            });
            // What takes parameters holds what is in its body only.
            let holds = |outer: &&u32| places[**outer as usize].inside <= place.start;
            let parent = open.iter().rev().find(holds).copied();
            let around = parent.map(|at| self.symbols.definitions[at as usize].kind);
            let is_local = matches!(
                defined.kind,
                SymbolKind::Type | SymbolKind::Constant | SymbolKind::Field | SymbolKind::Variable
            );
            if is_local && around.is_some_and(SymbolKind::is_callable) {
                continue;
            }
            let symbol = self.symbol(defined, &place, parent);
            self.symbols.definitions.push(symbol);
            open.push(as_u32(places.len()));
            places.push(place);
        }
        places
    }

    fn symbol(&mut self, defined: &Defined<'_>, place: &Place, parent: Option<u32>) -> Symbol {
        let node = defined.node;
        let &Place { start, end, body, .. } = place;
        // Without a body the head is its first line, and whatever an open bracket carries on.
        let head = match body {
            Some(body) => self.of(start, body),
            None => head_of(self.of(start, end)),
        };
        let mut comment = doc::comment_above(self.grammar, self.text, start);
        if comment.is_empty() && self.grammar.imports == ImportStyle::Python {
            comment = body.map_or_else(String::new, |body| doc::docstring(self.of(body, end)));
        }
        let last = node.end_position();
        let last_row = if last.column == 0 && last.row > node.start_position().row {
            last.row - 1
        } else {
            last.row
        };
        // A definition in a class is a method, whatever its query can say.
        let inside = parent.map(|at| self.symbols.definitions[at as usize].kind);
        let in_type = inside.is_some_and(|k| k.is_type() || k == SymbolKind::Scope);
        let kind = match defined.kind {
            SymbolKind::Function if in_type || defined.container.is_some() => SymbolKind::Method,
            kind => kind,
        };
        let container = defined.container.map(|n| self.name_at(n.start_byte(), n.end_byte()));
        Symbol {
            name: self.name_at(defined.name.start_byte(), defined.name.end_byte()),
            kind,
            parent,
            container,
            first: as_u32(node.start_position().row) + 1,
            last: as_u32(last_row) + 1,
            line: as_u32(defined.name.start_position().row) + 1,
            signature: doc::signature(head),
            doc: comment,
        }
    }

    /// Groups the uses by name, way and the definition around them.
    fn references(
        &mut self,
        mut used: Vec<Used>,
        places: &[Place],
        named: &HashMap<usize, ()>,
        silent: &[(usize, usize)],
    ) {
        used.sort_by_key(|u| (u.start, u.kind, u.qualifier.is_none()));
        used.dedup_by_key(|u| u.start);
        let mut groups: HashMap<(NameId, Option<NameId>, ReferenceKind, Option<u32>), usize> =
            HashMap::default();
        let mut open: Vec<u32> = Vec::new();
        let mut next = 0;
        let mut silent = silent.iter().peekable();
        for u in used {
            while silent.next_if(|(_, end)| *end <= u.start).is_some() {}
            let is_silent = silent.peek().is_some_and(|(start, _)| *start <= u.start);
            if named.contains_key(&u.start) || is_silent {
                continue;
            }
            while next < places.len() && places[next].start <= u.start {
                let start = places[next].start;
                open.retain(|&outer| places[outer as usize].end > start);
                open.push(as_u32(next));
                next += 1;
            }
            let holds = |at: &&u32| places[**at as usize].end >= u.end;
            let within = open.iter().rev().find(holds).copied();
            let name = self.name_at(u.start, u.end);
            let qualifier = u.qualifier.map(|(start, end)| {
                let path = plain_path(self.of(start, end));
                self.name_of(path)
            });
            let line = as_u32(u.row) + 1;
            let references = &mut self.symbols.references;
            let at = *groups.entry((name, qualifier, u.kind, within)).or_insert_with(|| {
                let lines = Vec::new();
                references.push(Reference { name, qualifier, kind: u.kind, within, lines });
                references.len() - 1
            });
            let lines = &mut references[at].lines;
            if lines.last() != Some(&line) {
                lines.push(line);
            }
        }
    }

    fn of(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or("")
    }

    fn name_at(&mut self, start: usize, end: usize) -> NameId {
        // Ruby spells a name as a symbol where it is a value: `attr_reader :name`.
        let text = self.of(start, end);
        self.name_of(text.strip_prefix(':').unwrap_or(text))
    }

    fn name_of(&mut self, text: &'s str) -> NameId {
        let names = &mut self.symbols.names;
        *self.ids.entry(text).or_insert_with(|| {
            names.push(text.to_owned());
            NameId(as_u32(names.len() - 1))
        })
    }
}

/// `text` when it is a path of names (`a.b`, `A::b`, `self`, `$this`), else nothing.
fn plain_path(text: &str) -> &str {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '$' | '\\' | '@');
    if text.len() <= QUALIFIER && text.chars().all(plain) { text } else { "" }
}

/// The first line of a text, with what follows while a bracket is open.
fn head_of(text: &str) -> &str {
    let text = &text[..floor_char(text, 400)];
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '\n' if depth <= 0 => return &text[..at],
            '{' | ';' => return &text[..at],
            _ => {}
        }
    }
    text
}

fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX - 1)
}
