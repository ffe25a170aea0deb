//! Where operators put their edits: knows which lines are wanted and what the source says.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::syntax::tree::Node;

use super::mutation::{Context, Mutation, Operator};
use super::node::{first_line, last_line, swap, text_of, with_comma};
use super::parse::Parsed;
use super::said::{Chain, Chains, Said};
use super::scope::{
    Attribute, DefinitionKind, Function, Name, attributes_of_self, definitions, functions,
    names_in_scope,
};
use crate::base::{Line, Replacement, Span};

/// The lines that edits may be anchored on: for each the requested line it stands for.
///
/// A statement that covers several lines counts as a whole when one of them is requested.
pub(super) struct Wanted(BTreeMap<u32, Line>);

/// Collects the edits that operators make.
pub(super) struct Sink<'t> {
    pub(super) parsed: &'t Parsed,
    pub(super) context: &'t Context,
    wanted: Wanted,
    out: Vec<Mutation>,
    names: RefCell<HashMap<usize, Rc<Vec<Name>>>>,
    functions: RefCell<Option<Rc<Vec<Function>>>>,
    attributes: RefCell<HashMap<String, Rc<Vec<Attribute>>>>,
    said: RefCell<HashMap<usize, Rc<Vec<Said>>>>,
    chains: RefCell<Option<Rc<Chains>>>,
    empty_text: OnceCell<&'static str>,
}

impl Wanted {
    /// Exactly these lines.
    pub(super) fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        Self(lines.into_iter().map(|line| (line.0, line)).collect())
    }

    /// Lets the lines `first..=last` count as wanted if one of them was requested.
    pub(super) fn widen(&mut self, first: u32, last: u32) {
        let Some((_, &by)) = self.0.range(first..=last).next() else { return };
        for line in first..=last {
            self.0.entry(line).or_insert(by);
        }
    }

    fn touches(&self, first: u32, last: u32) -> bool {
        self.0.range(first..=last).next().is_some()
    }
}

impl<'t> Sink<'t> {
    pub(super) fn new(parsed: &'t Parsed, context: &'t Context, wanted: Wanted) -> Self {
        Self {
            parsed,
            context,
            wanted,
            out: Vec::new(),
            names: RefCell::default(),
            functions: RefCell::default(),
            attributes: RefCell::default(),
            said: RefCell::default(),
            chains: RefCell::default(),
            empty_text: OnceCell::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Mutation> {
        self.out
    }

    /// The whole source.
    pub(super) fn source(&self) -> &'t str {
        self.parsed.text()
    }

    /// The root of the tree.
    pub(super) fn root(&self) -> Node<'t> {
        self.parsed.root()
    }

    /// The text of a span of the source.
    pub(super) fn text_at(&self, span: Span) -> &'t str {
        span.of(self.parsed.text()).unwrap_or_default()
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        text_of(node, self.parsed.text())
    }

    /// True when some line of the node is wanted: whether a visit below it can yield anything.
    pub(super) fn touches(&self, node: Node<'_>) -> bool {
        self.wanted.touches(first_line(node), last_line(node))
    }

    /// True when the node starts on a wanted line.
    pub(super) fn wants(&self, node: Node<'_>) -> bool {
        self.wants_line(first_line(node))
    }

    /// True when the line is wanted.
    pub(super) fn wants_line(&self, line: u32) -> bool {
        self.wanted.0.contains_key(&line)
    }

    /// Replaces one node by a text; the title says so.
    pub(super) fn swap(
        &mut self,
        operator: Operator,
        cost: f32,
        node: Node<'_>,
        new: impl Into<String>,
    ) {
        let new = new.into();
        let title = format!("`{}` becomes `{}`", brief(self.text(node)), brief(&new));
        self.edit(operator, cost, node, title, vec![swap(node, new)]);
    }

    /// Two nodes change places.
    pub(super) fn exchange(
        &mut self,
        operator: Operator,
        cost: f32,
        anchor: Node<'_>,
        [a, b]: [Node<'_>; 2],
    ) {
        let (first, second) = (self.text(a), self.text(b));
        let title = format!("`{}` and `{}` change places", brief(first), brief(second));
        self.edit(operator, cost, anchor, title, vec![swap(a, second), swap(b, first)]);
    }

    /// One of the things between commas goes, with a comma beside it.
    pub(super) fn drop_item(&mut self, cost: f32, items: &[Node<'_>], at: usize) {
        let title = format!("`{}` goes", brief(self.text(items[at])));
        let edit = Replacement { span: with_comma(items, at), text: String::new() };
        self.edit(Operator::ArgumentDrop, cost, items[at], title, vec![edit]);
    }

    /// Any edits, anchored on the line where `anchor` starts; dropped when that is not wanted.
    pub(super) fn edit(
        &mut self,
        operator: Operator,
        cost: f32,
        anchor: Node<'_>,
        title: impl Into<String>,
        replacements: Vec<Replacement>,
    ) {
        self.edit_at(operator, cost, &[first_line(anchor)], title, replacements);
    }

    /// Any edits, kept when one of `lines` is wanted.
    pub(super) fn edit_at(
        &mut self,
        operator: Operator,
        cost: f32,
        lines: &[u32],
        title: impl Into<String>,
        replacements: Vec<Replacement>,
    ) {
        let Some(&line) = lines.iter().find_map(|line| self.wanted.0.get(line)) else { return };
        self.out.push(Mutation { operator, replacements, line, title: title.into(), cost });
    }

    /// The names that can be used where `node` starts.
    pub(super) fn names(&self, node: Node<'_>) -> Rc<Vec<Name>> {
        let offset = node.start_byte();
        if let Some(known) = self.names.borrow().get(&offset) {
            return Rc::clone(known);
        }
        let names = Rc::new(names_in_scope(self.parsed, offset));
        self.names.borrow_mut().insert(offset, Rc::clone(&names));
        names
    }

    /// The functions of the file.
    pub(super) fn functions(&self) -> Rc<Vec<Function>> {
        let mut cache = self.functions.borrow_mut();
        Rc::clone(cache.get_or_insert_with(|| Rc::new(functions(self.parsed))))
    }

    /// The classes (types) that have definitions in the file, each once.
    pub(super) fn class_names(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for definition in definitions(self.parsed) {
            if definition.kind == DefinitionKind::Class && !out.contains(&definition.name) {
                out.push(definition.name);
            }
        }
        out
    }

    /// What the function that starts at this byte says; `find` looks the first time.
    pub(super) fn said(&self, function: usize, find: impl FnOnce() -> Vec<Said>) -> Rc<Vec<Said>> {
        let mut cache = self.said.borrow_mut();
        Rc::clone(cache.entry(function).or_insert_with(|| Rc::new(find())))
    }

    /// Every `a.b` of the file; `find` looks the first time.
    pub(super) fn chains(&self, find: impl FnOnce() -> Vec<Chain>) -> Rc<Chains> {
        let mut cache = self.chains.borrow_mut();
        Rc::clone(cache.get_or_insert_with(|| Rc::new(Chains::new(find(), self.source()))))
    }

    /// A text without letters, in the quotes that the file prefers.
    pub(super) fn empty_text(&self) -> &'static str {
        self.empty_text.get_or_init(|| {
            let count = |quote| self.source().matches(quote).count();
            if count('"') > count('\'') { "\"\"" } else { "''" }
        })
    }

    /// Attributes of a class of the file.
    pub(super) fn attributes(&self, class: &str) -> Rc<Vec<Attribute>> {
        if let Some(known) = self.attributes.borrow().get(class) {
            return Rc::clone(known);
        }
        let list = Rc::new(attributes_of_self(self.parsed, class));
        self.attributes.borrow_mut().insert(class.to_owned(), Rc::clone(&list));
        list
    }
}

/// A text short enough for a title: one line, at most 48 characters.
pub(super) fn brief(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(48) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
