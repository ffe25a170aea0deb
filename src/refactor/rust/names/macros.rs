//! Token trees: parsed as what they most likely are, and walked like the code around them.

use super::format;
use super::walk::Walker;
use super::{Origin, PathUse, TokenPlace};
use crate::base::{Language, Span};
use crate::refactor::{BoundKind, Namespace, Role};
use crate::syntax::node::{children, descendants, field, named};
use crate::syntax::tree::Node;
use crate::syntax::{Parsed, parse};

/// Pieces within pieces: macros in the arguments of macros.
const DEPTH: usize = 8;

/// Macros whose strings are no format strings.
const PLAIN: [&str; 13] = [
    "include_str",
    "include_bytes",
    "include",
    "concat",
    "env",
    "option_env",
    "cfg",
    "compile_error",
    "matches",
    "json",
    "vec",
    "stringify",
    "quote",
];

/// How the inside of a macro's parentheses is read.
enum Piece {
    Arguments(Parsed),
    List(Parsed),
    Statements(Parsed),
    Items(Parsed),
    Matches(Parsed),
}

impl Walker<'_> {
    pub(super) fn invocation(&mut self, node: Node<'_>) {
        let mut last = String::new();
        if let Some(name) = field(node, "macro") {
            match name.kind() {
                "identifier" => self.refer(name, Namespace::Macro, Role::Read),
                _ => self.path(name, Namespace::Macro),
            }
            let text = self.text_of(name);
            text.rsplit("::").next().unwrap_or(text).trim().clone_into(&mut last);
        }
        let Some(tree) = named(node).into_iter().find(|c| c.kind() == "token_tree") else { return };
        if last == "stringify" || last == "concat_idents" || last == "paste" {
            let idents = descendants(tree).into_iter().filter(|n| n.kind() == "identifier");
            let spans: Vec<Span> = idents.map(|n| self.span(n)).collect();
            self.names.stringified.extend(spans);
        }
        if last.contains("quote") && !last.contains("unquote") {
            return self.quoted(tree);
        }
        self.tree(tree, &last);
    }

    /// `quote! { #name }`: only what is interpolated are names of this code.
    fn quoted(&mut self, tree: Node<'_>) {
        for node in descendants(tree).into_iter().filter(|n| n.kind() == "identifier") {
            let hashed = node.prev_sibling().is_some_and(|p| self.text_of(p) == "#");
            if hashed && self.lookup(self.text_of(node), Namespace::Value).is_some() {
                self.refer(node, Namespace::Value, Role::Read);
            } else {
                let span = self.span(node);
                self.token(span, TokenPlace::Quoted);
            }
        }
    }

    fn tree(&mut self, tree: Node<'_>, name: &str) {
        let span = self.span(tree);
        if span.len() < 2 || self.depth >= DEPTH {
            return self.loose(tree, TokenPlace::Macro);
        }
        let inside = Span::new(span.start + 1, span.end - 1);
        let Some(piece) = self.piece(tree, inside, name) else {
            return self.loose(tree, TokenPlace::Macro);
        };
        let (parsed, before) = match &piece {
            Piece::Arguments(p) => (p, ARGUMENTS.0.len()),
            Piece::List(p) => (p, LIST.0.len()),
            Piece::Statements(p) => (p, STATEMENTS.0.len()),
            Piece::Items(p) => (p, 0),
            Piece::Matches(p) => (p, MATCHES.0.len()),
        };
        let shift = inside.start.cast_signed() - before.cast_signed();
        let outer = (std::mem::replace(&mut self.shift, shift), self.scope);
        self.depth += 1;
        let root = parsed.root();
        match &piece {
            Piece::Arguments(_) | Piece::List(_) => {
                if let Some(list) = first(root, &["arguments", "array_expression"]) {
                    self.arguments(list, name);
                }
            }
            Piece::Statements(_) => {
                if let Some(block) = first(root, &["block"]) {
                    self.block(block);
                }
            }
            Piece::Items(_) => self.visit_children(root),
            Piece::Matches(_) => {
                if let Some(found) = first(root, &["match_expression"]) {
                    self.visit(found);
                }
            }
        }
        self.depth -= 1;
        (self.shift, self.scope) = outer;
    }

    fn arguments(&mut self, list: Node<'_>, name: &str) {
        let mut format = None;
        let arguments = named(list);
        for (at, argument) in arguments.iter().enumerate() {
            match argument.kind() {
                // `name = value` names an argument of the format string.
                "assignment_expression"
                    if field(*argument, "left").is_some_and(|l| l.kind() == "identifier") =>
                {
                    if let Some(left) = field(*argument, "left").filter(|_| !formats(name)) {
                        let span = self.span(left);
                        self.token(span, TokenPlace::Macro);
                    }
                    if let Some(value) = field(*argument, "right") {
                        self.visit(value);
                    }
                }
                "string_literal" | "raw_string_literal" => {
                    if format.is_none() && at >= first_format(name) {
                        format = Some(*argument);
                    }
                }
                _ => self.visit(*argument),
            }
        }
        let named_here: Vec<&str> = arguments
            .iter()
            .filter(|a| a.kind() == "assignment_expression")
            .filter_map(|a| field(*a, "left"))
            .map(|l| self.text_of(l))
            .collect();
        if let Some(literal) = format.filter(|_| !PLAIN.contains(&name)) {
            self.format_string(literal, &named_here);
        }
    }

    fn format_string(&mut self, literal: Node<'_>, named_here: &[&str]) {
        let span = self.span(literal);
        for captured in format::captured(self.str(span)) {
            let at = Span::new(span.start + captured.start, span.start + captured.end);
            let name = self.str(at);
            if named_here.contains(&name) {
                continue;
            }
            if let Some(bound) = self.lookup(name, Namespace::Value) {
                self.occur(at, Role::Read, Some(bound));
            } else {
                self.token(at, TokenPlace::Macro);
            }
        }
    }

    /// How the inside of a token tree parses.
    fn piece(&self, tree: Node<'_>, inside: Span, name: &str) -> Option<Piece> {
        let text = self.str(inside);
        // `$x` and `#x` are for the rules of a macro.
        if text.contains('$') && descendants(tree).iter().any(|n| n.kind() == "metavariable") {
            return None;
        }
        if name == "matches" || name == "assert_matches" || name == "debug_assert_matches" {
            let comma = children(tree).find(|c| self.text_of(*c) == ",")?;
            let at = self.span(comma).start - inside.start;
            let mut text = text.to_owned();
            let trimmed = text.trim_end().len();
            if text[..trimmed].ends_with(',') && trimmed - 1 > at {
                text.replace_range(trimmed - 1..trimmed, " ");
            }
            text.replace_range(at..=at, "{");
            return clean(MATCHES, &text).map(Piece::Matches);
        }
        let braces = self.text_of(tree).starts_with('{');
        if name == "thread_local" {
            return clean(("", ""), text).map(Piece::Items);
        }
        let arguments = || clean(ARGUMENTS, text).map(Piece::Arguments);
        let list = || clean(LIST, text).map(Piece::List);
        let statements = || clean(STATEMENTS, text).map(Piece::Statements);
        if braces {
            return statements().or_else(arguments);
        }
        arguments().or_else(list).or_else(statements)
    }

    /// Tokens that no grammar explains: paths are put together, names looked up where they stand.
    fn loose(&mut self, tree: Node<'_>, place: TokenPlace) {
        let leaves: Vec<Node<'_>> = descendants(tree)
            .into_iter()
            .filter(|n| {
                n.children().next().is_none()
                    || matches!(n.kind(), "lifetime" | "string_literal" | "raw_string_literal")
            })
            .collect();
        let mut path: Vec<Span> = Vec::new();
        for (at, node) in leaves.iter().enumerate() {
            let before = at.checked_sub(1).map(|b| self.text_of(leaves[b]));
            let after = leaves.get(at + 1).map(|n| self.text_of(*n));
            match node.kind() {
                "string_literal" | "raw_string_literal" if place == TokenPlace::Attribute => {
                    let span = self.span(*node);
                    self.token(span, TokenPlace::AttributeText);
                }
                "string_literal" | "raw_string_literal" => self.format_string(*node, &[]),
                "identifier" | "crate" | "super" | "self" | "metavariable" => {
                    let span = self.span(*node);
                    if before != Some("::") {
                        path.clear();
                    }
                    path.push(span);
                    if after == Some("::") {
                        continue;
                    }
                    self.loose_path(&path, before, place);
                }
                _ => {}
            }
        }
    }

    fn loose_path(&mut self, path: &[Span], before: Option<&str>, place: TokenPlace) {
        let Some((last, front)) = path.split_last() else { return };
        if let Some(first) = front.first() {
            let bound = self.lookup(self.str(*first), Namespace::Type);
            let is_word = matches!(self.str(*first), "crate" | "self" | "super" | "Self");
            if !is_word && !self.str(*first).starts_with('$') {
                self.occur(*first, Role::Read, bound);
            }
            let path = super::PathRef { segments: path.to_vec(), scope: self.scope };
            let namespace = Namespace::Both;
            self.names.paths.push(PathUse { path, namespace, qualifier: None });
            return;
        }
        let name = self.str(*last);
        if before != Some(".") && place == TokenPlace::Macro && !name.starts_with('$') {
            let bound = self
                .lookup(name, Namespace::Value)
                .or_else(|| self.lookup(name, Namespace::Type))
                .filter(|b| self.names.bindings.get(*b).kind != BoundKind::Label);
            if bound.is_some() {
                return self.occur(*last, Role::Read, bound);
            }
        }
        self.token(*last, place);
    }

    pub(super) fn macro_definition(&mut self, node: Node<'_>) {
        let span = self.span(node);
        self.names.templates.push(span);
        for rule in named(node).into_iter().filter(|c| c.kind() == "macro_rule") {
            if let Some(right) = field(rule, "right") {
                self.loose(right, TokenPlace::Template);
            }
        }
    }

    pub(super) fn attribute(&mut self, node: Node<'_>) {
        for attribute in named(node).into_iter().filter(|c| c.kind() == "attribute") {
            let name = named(attribute).into_iter().next().map_or("", |n| self.text_of(n));
            if matches!(name, "doc" | "cfg" | "cfg_attr" | "allow" | "expect" | "warn" | "deny") {
                continue;
            }
            if let Some(value) = field(attribute, "value") {
                let span = self.span(value);
                self.token(span, TokenPlace::AttributeText);
            }
            if let Some(arguments) = field(attribute, "arguments") {
                self.loose(arguments, TokenPlace::Attribute);
            }
        }
    }

    /// The attributes in an item that are its children (of parameters, fields, arms they are met on the way).
    pub(super) fn attributes_in(&mut self, node: Node<'_>) {
        for child in named(node).into_iter().filter(|c| c.kind() == "attribute_item") {
            self.attribute(child);
        }
    }

    /// An invocation among items: what its tokens declare is declared here.
    pub(super) fn declare_generated(&mut self, node: Node<'_>) {
        let name = field(node, "macro").map_or("", |n| self.text_of(n));
        let Some(tree) = named(node).into_iter().find(|c| c.kind() == "token_tree") else { return };
        let span = self.span(tree);
        if span.len() < 2 {
            return;
        }
        let inside = Span::new(span.start + 1, span.end - 1);
        if name == "thread_local" {
            if let Some(parsed) = clean(("", ""), self.str(inside)) {
                let outer = std::mem::replace(&mut self.shift, inside.start.cast_signed());
                self.declare_items(parsed.root());
                self.shift = outer;
            }
            return;
        }
        self.declare_loose(tree);
    }

    /// `fn name`, `struct Name` and the like among the tokens of a macro.
    fn declare_loose(&mut self, tree: Node<'_>) {
        let leaves: Vec<Node<'_>> =
            descendants(tree).into_iter().filter(|n| n.children().next().is_none()).collect();
        for pair in leaves.windows(2) {
            let (kind, namespace) = match self.text_of(pair[0]) {
                "fn" => (BoundKind::Function, Namespace::Value),
                "struct" => (BoundKind::Class, Namespace::Both),
                "enum" | "union" | "trait" => (BoundKind::Class, Namespace::Type),
                "type" => (BoundKind::Type, Namespace::Type),
                "mod" => (BoundKind::Module, Namespace::Type),
                "const" | "static" | "ref" => (BoundKind::Constant, Namespace::Value),
                _ => continue,
            };
            if pair[1].kind() != "identifier"
                || self.text_of(pair[0]) == "ref" && !self.lazy(pair[0])
            {
                continue;
            }
            let span = self.span(pair[1]);
            self.names.generated.push(span);
            let known = self.lookup(self.str(span), namespace);
            let here = known.is_some_and(|k| self.names.bindings.get(k).scope == self.scope);
            if !here {
                self.bind(span, span, kind, namespace, Origin::Unknown);
            }
        }
    }

    fn lazy(&self, node: Node<'_>) -> bool {
        node.prev_sibling().is_some_and(|p| self.text_of(p) == "static")
    }
}

const ARGUMENTS: (&str, &str) = ("fn f(){m(", ");}");
const LIST: (&str, &str) = ("fn f(){m([", "]);}");
const STATEMENTS: (&str, &str) = ("fn f(){", "}");
const MATCHES: (&str, &str) = ("fn f(){match ", "=>()};}");

fn clean((before, after): (&str, &str), text: &str) -> Option<Parsed> {
    // A line comment at the end would swallow what comes after.
    let parsed = parse(Language::Rust, format!("{before}{text}\n{after}"));
    parsed.is_clean().then_some(parsed)
}

fn first<'t>(root: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    let mut found = root.subtree().filter(|n| kinds.contains(&n.kind()));
    // Of a function's block and that of the piece the piece's is meant: `STATEMENTS` has one.
    found.next()
}

/// True for macros whose `name = value` names an argument of a format string.
pub(in crate::refactor::rust) fn formats(name: &str) -> bool {
    matches!(
        name,
        "format"
            | "format_args"
            | "print"
            | "println"
            | "eprint"
            | "eprintln"
            | "panic"
            | "todo"
            | "unimplemented"
            | "unreachable"
            | "write"
            | "writeln"
            | "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
            | "debug_assert_eq"
            | "debug_assert_ne"
            | "anyhow"
            | "bail"
            | "ensure"
            | "trace"
            | "debug"
            | "info"
            | "warn"
            | "error"
    )
}

/// Which argument the format string is at the earliest.
fn first_format(name: &str) -> usize {
    match name {
        "write" | "writeln" | "assert" | "debug_assert" | "ensure" => 1,
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => 2,
        _ => 0,
    }
}
