//! What a file takes from others: imports, re-exports, `require`, and other calls that name a module.

use super::super::file::{File, string_value};
use crate::base::Span;
use crate::refactor::BoundId;
use crate::syntax::node::{ancestors, children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// One thing that a file takes from a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) struct Link {
    pub(in crate::refactor::ecma) specifier: String,
    /// The specifier with its quotes.
    pub(in crate::refactor::ecma) string: Span,
    pub(in crate::refactor::ecma) imported: Imported,
    /// The identifier that names what is taken.
    pub(in crate::refactor::ecma) token: Option<Span>,
    /// What it is called in this file.
    pub(in crate::refactor::ecma) local: Option<BoundId>,
    /// `token` also binds the local name.
    pub(in crate::refactor::ecma) shorthand: bool,
    pub(in crate::refactor::ecma) form: Form,
    /// The statement, or the entry of a list, that takes this.
    pub(in crate::refactor::ecma) whole: Span,
}

/// What is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum Imported {
    Name(String),
    /// All that is exported, as one object: `import * as m`.
    Namespace,
    /// What `require` gives.
    Whole,
    /// Imported for its effects.
    Nothing,
    Star,
}

/// How it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum Form {
    Import,
    ReExport,
    Require,
    /// `import()`, `jest.mock("./a")`, a type of another file.
    Other,
}

/// Everything that a file takes from others, in source order.
pub(in crate::refactor::ecma) fn links(file: &File) -> &[Link] {
    file.links.get_or_init(|| find(file))
}

fn find(file: &File) -> Vec<Link> {
    let mut out = Vec::new();
    for node in descendants(file.root()) {
        match node.kind() {
            "import_statement" => of_import(file, node, &mut out),
            "export_statement" => of_reexport(file, node, &mut out),
            "call_expression" => of_call(file, node, &mut out),
            _ => {}
        }
    }
    out
}

struct Taken<'f> {
    file: &'f File,
    source: Node<'f>,
    specifier: &'f str,
    form: Form,
}

impl Taken<'_> {
    fn link(&self, imported: Imported, whole: Node<'_>) -> Link {
        Link {
            specifier: self.specifier.to_owned(),
            string: span(self.source),
            imported,
            token: None,
            local: None,
            shorthand: false,
            form: self.form,
            whole: span(whole),
        }
    }

    fn name(&self, token: Node<'_>, whole: Node<'_>) -> Link {
        let name = string_value(token, self.file.text()).unwrap_or(self.file.of_node(token));
        Link { token: Some(span(token)), ..self.link(Imported::Name(name.to_owned()), whole) }
    }
}

fn of_import<'f>(file: &'f File, node: Node<'f>, out: &mut Vec<Link>) {
    let clause = named(node)
        .into_iter()
        .find(|n| n.kind().starts_with("import_") && n.kind() != "import_attribute");
    let require = clause.filter(|c| c.kind() == "import_require_clause");
    let source = field(node, "source").or_else(|| field(require?, "source"));
    let Some(source) = source else { return };
    let Some(specifier) = string_value(source, file.text()) else { return };
    let taken = Taken { file, source, specifier, form: Form::Import };
    let Some(clause) = clause else {
        return out.push(taken.link(Imported::Nothing, node));
    };
    if require.is_some() {
        let local = named(clause).first().and_then(|n| file.meaning(*n));
        return out.push(Link { local, ..taken.link(Imported::Whole, node) });
    }
    for part in named(clause) {
        match part.kind() {
            "identifier" => out.push(Link {
                local: file.meaning(part),
                ..taken.link(Imported::Name("default".to_owned()), part)
            }),
            "namespace_import" => {
                let local = named(part).first().and_then(|n| file.meaning(*n));
                out.push(Link { local, ..taken.link(Imported::Namespace, part) });
            }
            _ => {
                for specifier in named(part) {
                    let alias = field(specifier, "alias");
                    let Some(name) = field(specifier, "name") else { continue };
                    out.push(Link {
                        local: file.meaning(alias.unwrap_or(name)),
                        shorthand: alias.is_none(),
                        ..taken.name(name, specifier)
                    });
                }
            }
        }
    }
}

fn of_reexport<'f>(file: &'f File, node: Node<'f>, out: &mut Vec<Link>) {
    let Some(source) = field(node, "source") else { return };
    let Some(specifier) = string_value(source, file.text()) else { return };
    let taken = Taken { file, source, specifier, form: Form::ReExport };
    for part in children(node) {
        match part.kind() {
            "*" => out.push(taken.link(Imported::Star, node)),
            "namespace_export" => out.push(taken.link(Imported::Namespace, node)),
            "export_clause" => {
                for specifier in named(part) {
                    let Some(name) = field(specifier, "name") else { continue };
                    let shorthand = field(specifier, "alias").is_none();
                    out.push(Link { shorthand, ..taken.name(name, specifier) });
                }
            }
            _ => {}
        }
    }
}

/// The specifier of `require("x")`.
pub(super) fn required<'f>(file: &'f File, node: Node<'f>) -> Option<&'f str> {
    let function = field(node, "function").filter(|_| node.kind() == "call_expression")?;
    file.is_global(function, "require").then(|| argument(file, node)).flatten().map(|(_, s)| s)
}

fn argument<'f>(file: &'f File, call: Node<'f>) -> Option<(Node<'f>, &'f str)> {
    let first = named(field(call, "arguments")?).into_iter().next()?;
    Some((first, string_value(first, file.text())?))
}

/// Calls that take the name of a module and are neither `require` nor `import`.
const NAMING: [&str; 12] = [
    "resolve",
    "mock",
    "unmock",
    "doMock",
    "dontMock",
    "unstable_mockModule",
    "requireActual",
    "importActual",
    "importMock",
    "requireMock",
    "setMock",
    "module",
];

fn of_call<'f>(file: &'f File, node: Node<'f>, out: &mut Vec<Link>) {
    let Some(function) = field(node, "function") else { return };
    let Some((source, specifier)) = argument(file, node) else { return };
    let form = match function.kind() {
        "identifier" if file.is_global(function, "require") => Form::Require,
        "import" => Form::Other,
        "member_expression"
            if specifier.starts_with('.')
                && field(function, "property")
                    .is_some_and(|p| NAMING.contains(&file.of_node(p))) =>
        {
            Form::Other
        }
        _ => return,
    };
    let taken = Taken { file, source, specifier, form };
    if form == Form::Other && function.kind() != "import" {
        return out.push(taken.link(Imported::Whole, node));
    }
    let mut value = node;
    let outer = |n: Node<'f>| ancestors(n).next();
    while let Some(up) = outer(value).filter(|p| {
        matches!(
            p.kind(),
            "await_expression"
                | "parenthesized_expression"
                | "as_expression"
                | "non_null_expression"
        )
    }) {
        value = up;
    }
    let Some(parent) = outer(value) else { return };
    let statement = matches!(parent.kind(), "expression_statement");
    match parent.kind() {
        "expression_statement" if form == Form::Require => {
            out.push(taken.link(Imported::Nothing, node));
        }
        "member_expression" if value.field() == Some("object") => {
            if let Some(property) = field(parent, "property") {
                out.push(taken.name(property, parent));
            }
        }
        "variable_declarator" if value != node || form == Form::Require => {
            of_declarator(&taken, parent, out);
        }
        _ if statement => out.push(taken.link(Imported::Nothing, node)),
        _ => out.push(taken.link(Imported::Whole, node)),
    }
}

fn of_declarator(taken: &Taken<'_>, declarator: Node<'_>, out: &mut Vec<Link>) {
    let file = taken.file;
    let Some(name) = field(declarator, "name") else { return };
    if name.kind() == "identifier" {
        let local = file.meaning(name);
        return out.push(Link { local, ..taken.link(Imported::Whole, declarator) });
    }
    if name.kind() != "object_pattern" {
        return out.push(taken.link(Imported::Whole, declarator));
    }
    for entry in named(name) {
        match entry.kind() {
            "shorthand_property_identifier_pattern" => out.push(Link {
                local: file.meaning(entry),
                shorthand: true,
                ..taken.name(entry, entry)
            }),
            "object_assignment_pattern" => {
                if let Some(left) = field(entry, "left") {
                    let local = file.meaning(left);
                    out.push(Link { local, shorthand: true, ..taken.name(left, entry) });
                }
            }
            "pair_pattern" => {
                if let (Some(key), Some(value)) = (field(entry, "key"), field(entry, "value")) {
                    let local = file.meaning(value);
                    out.push(Link { local, ..taken.name(key, entry) });
                }
            }
            _ => out.push(taken.link(Imported::Whole, entry)),
        }
    }
}

/// One use of an object that stands for a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum NamespaceUse {
    /// `m.name`; the span is the name's. For `{ name } = m` it binds, too.
    Member { name: String, token: Span, binds: bool },
    /// `m["name"]`; the span has the quotes.
    Key { name: String, token: Span },
    /// Called, constructed, or asked for its type.
    Itself(Span),
    /// Given to others, who can take anything from it.
    Escapes(Span),
}

/// How a name that stands for a module is used.
pub(in crate::refactor::ecma) fn namespace_uses(file: &File, id: BoundId) -> Vec<NamespaceUse> {
    let mut out = Vec::new();
    for occurrence in file.names.bindings.of(id) {
        if occurrence.role == crate::refactor::Role::Bind {
            continue;
        }
        let node = file.leaf(occurrence);
        one_use(file, node, &mut out);
    }
    out
}

fn one_use(file: &File, node: Node<'_>, out: &mut Vec<NamespaceUse>) {
    let at = span(node);
    let Some(parent) = node.parent() else { return };
    let member = |token: Node<'_>, binds: bool| NamespaceUse::Member {
        name: file.of_node(token).to_owned(),
        token: span(token),
        binds,
    };
    match parent.kind() {
        "member_expression" | "nested_identifier" if node.field() == Some("object") => {
            out.extend(field(parent, "property").map(|p| member(p, false)));
        }
        "nested_type_identifier" if node.field() == Some("module") => {
            out.extend(field(parent, "name").map(|p| member(p, false)));
        }
        "subscript_expression" if node.field() == Some("object") => {
            let key = field(parent, "index").and_then(|i| Some((i, string_value(i, file.text())?)));
            out.push(match key {
                Some((index, name)) => {
                    NamespaceUse::Key { name: name.to_owned(), token: span(index) }
                }
                None => NamespaceUse::Escapes(at),
            });
        }
        "call_expression" | "new_expression" if node.field() != Some("arguments") => {
            out.push(NamespaceUse::Itself(at));
        }
        "type_query" => out.push(NamespaceUse::Escapes(at)),
        "variable_declarator" if node.field() == Some("value") => {
            let pattern = field(parent, "name").filter(|n| n.kind() == "object_pattern");
            let Some(pattern) = pattern else { return out.push(NamespaceUse::Escapes(at)) };
            for entry in named(pattern) {
                match entry.kind() {
                    "shorthand_property_identifier_pattern" => out.push(member(entry, true)),
                    "object_assignment_pattern" => {
                        out.extend(field(entry, "left").map(|left| member(left, true)));
                    }
                    "pair_pattern" => out.extend(field(entry, "key").map(|key| member(key, false))),
                    _ => out.push(NamespaceUse::Escapes(at)),
                }
            }
        }
        _ => out.push(NamespaceUse::Escapes(at)),
    }
}
