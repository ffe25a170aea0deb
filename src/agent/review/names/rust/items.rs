//! What one module of Rust holds, as its text says.

use std::collections::BTreeMap;

use super::{UsePath, attribute, use_paths};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, named, text_of};
use crate::syntax::tree::Node;

/// Attributes and derives that make no item beside the one they stand at.
const PLAIN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "global_allocator",
    "ignore",
    "inline",
    "link",
    "macro_export",
    "macro_use",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "path",
    "repr",
    "rustfmt::skip",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "warn",
    "serde",
    "serde_with::serde_as",
    "serde_as",
    "error",
    "tokio::main",
    "tokio::test",
    "async_trait",
    "async_trait::async_trait",
    "instrument",
    "tracing::instrument",
    "rustfmt",
    "command",
    "arg",
    "clap",
    "group",
    "default",
    "unsafe",
    "feature",
    "no_std",
    "recursion_limit",
    "crate_type",
    "warn",
    "crate_name",
    "diagnostic::on_unimplemented",
    "rstest",
    "test_case",
    "bench",
];
const DERIVES: &[&str] = &[
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Serialize",
    "Deserialize",
    "Error",
    "Parser",
    "Args",
    "Subcommand",
    "ValueEnum",
    "JsonSchema",
    "From",
    "Display",
    "Deref",
    "DerefMut",
    "Into",
    "AsRef",
];

/// Where a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `mod x { ... }`
    Inline,
    /// `mod x;`
    File,
    /// `mod x;` with its file named by an attribute, or two of one name.
    Elsewhere,
    /// Whatever else has a name.
    Item,
}

/// The items of one module.
#[derive(Debug, Default)]
pub(super) struct Items {
    places: BTreeMap<String, Place>,
    /// Others may be there: a glob brings them, or a macro makes them.
    open: bool,
    /// A derive or an attribute may make types and functions; their names are not told.
    derives: bool,
}

impl Items {
    /// Those of the module at the end of `inline`, the modules in braces of a file; `None` when it is not there.
    pub(super) fn of(parsed: &Parsed, inline: &[String]) -> Option<Self> {
        if !parsed.is_clean() {
            return None;
        }
        let text = parsed.text();
        let mut module = parsed.root();
        for name in inline {
            let inner = named(module).into_iter().find(|n| {
                n.kind() == "mod_item"
                    && field(*n, "name").is_some_and(|f| text_of(f, text) == name)
            });
            module = field(inner?, "body")?;
        }
        let mut items = Self::default();
        let mut attributes: Vec<&str> = Vec::new();
        for node in named(module) {
            match node.kind() {
                "attribute_item" => {
                    attributes.push(attribute(node, text));
                    continue;
                }
                "line_comment" | "block_comment" => continue,
                _ => items.add(node, text, &attributes),
            }
            attributes.clear();
        }
        Some(items)
    }

    fn add(&mut self, node: Node<'_>, text: &str, attributes: &[&str]) {
        self.derives |= attributes.iter().any(|a| !is_plain(a));
        match node.kind() {
            "mod_item" => {
                let Some(name) = field(node, "name") else { return };
                let elsewhere = attributes.iter().any(|a| a.contains("path"));
                let place = match field(node, "body") {
                    Some(_) => Place::Inline,
                    None if elsewhere => Place::Elsewhere,
                    None => Place::File,
                };
                self.put(text_of(name, text), place);
            }
            "use_declaration" => {
                let Some(argument) = field(node, "argument") else { return };
                self.open |= argument.subtree().any(|n| n.kind() == "use_wildcard");
                let mut paths: Vec<UsePath<'_>> = Vec::new();
                use_paths(argument, &[], &mut paths);
                for path in paths {
                    let Some(last) = path.last() else { continue };
                    let alias =
                        last.parent().into_iter().chain(last.parent().and_then(|p| p.parent()));
                    let alias = alias.filter(|n| n.kind() == "use_as_clause");
                    let alias = alias.filter_map(|n| field(n, "alias")).next();
                    self.put(text_of(alias.unwrap_or(*last), text), Place::Item);
                    self.put(text_of(*last, text), Place::Item);
                }
            }
            "foreign_mod_item" => {
                let inner = field(node, "body").into_iter().flat_map(named);
                inner.for_each(|n| self.add(n, text, &[]));
            }
            // `lazy_static! { ... }`, `cfg_if! { ... }`, `include!(...)`
            "macro_invocation" | "expression_statement" => self.open = true,
            _ => {
                // `extern crate a as b` binds the alias.
                for name in [field(node, "alias"), field(node, "name")].into_iter().flatten() {
                    self.put(text_of(name, text), Place::Item);
                }
            }
        }
        // A macro in the place of an item keeps its name to itself.
        self.open |=
            node.kind() != "mod_item" && children(node).any(|c| c.kind() == "macro_invocation");
    }

    fn put(&mut self, name: &str, place: Place) {
        let name = name.trim_start_matches("r#").to_owned();
        self.places
            .entry(name)
            .and_modify(|old| {
                // The same module for two systems, or a function beside a module.
                if *old != place {
                    *old = Place::Elsewhere;
                }
            })
            .or_insert(place);
    }

    /// Where a name leads; `None` when the text has none.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        self.places.get(name.trim_start_matches("r#")).copied()
    }

    /// True when the name may be there all the same.
    pub(super) fn is_open(&self, name: &str) -> bool {
        // Derived names are made of the name of the type.
        let snake = |name: &str| name.to_ascii_lowercase().replace('_', "");
        let made = |known: &String| {
            let (known, name) = (snake(known), snake(name));
            name.contains(&known) || known.contains(&name)
        };
        self.open || self.derives && (self.places.keys().any(made) || name == "Rule")
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }
}

fn is_plain(attribute: &str) -> bool {
    if let Some(list) = attribute.strip_prefix("derive(").and_then(|l| l.strip_suffix(')')) {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        return names.map(|n| n.rsplit("::").next().unwrap_or(n)).all(|n| DERIVES.contains(&n));
    }
    let head = attribute.split(['(', '=', ' ', '[']).next().unwrap_or_default();
    PLAIN.contains(&head)
}
