//! Parameters added, removed and put in another order, with the arguments of all calls.

use std::collections::BTreeSet;

use super::context::{indent_at, is_pure};
use super::index::{Index, item_at};
use super::rename::{Named, is_exported, named_at, uses_of, uses_of_members};
use super::words::is_keyword;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, Api, BoundKind, Reason, Refusal, Role, Setting, SignatureChange, Step, words,
};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// One parameter of the list as it will be.
#[derive(Clone, Debug)]
enum Slot {
    Old(usize),
    New { name: String, declaration: String, argument: String },
}

pub(super) fn plan(setting: &Setting<'_>, changes: &[SignatureChange]) -> Answer {
    let index = Index::new(setting.project);
    let nothing =
        || Refusal::new(Reason::NotHere, "put the caret on the name of a function or method");
    let file = index.file(setting.path()).ok_or_else(nothing)?;
    let at = super::rename::trimmed(setting.at.span, setting.text());
    let found = named_at(&index, file, at)?.ok_or_else(nothing)?;
    let (name, sites, declared) = match found {
        Named::Items { targets, old } if targets.len() == 1 => {
            let def = targets[0];
            let bound = index.names(def.file).bindings.get(def.bound);
            if bound.kind != BoundKind::Function {
                return Err(nothing());
            }
            if setting.api == Api::Keep && is_exported(&index, def) {
                let message = format!("`{old}` is part of the library's interface");
                return Err(Refusal::new(Reason::Exported, message)
                    .at(setting.path(), index.line(def.file, bound.declared)));
            }
            let sites = uses_of(setting, &index, def, &old)?;
            (old, sites, vec![(def.file, bound.declared)])
        }
        Named::Members { members, old } => {
            let (sites, declared) = uses_of_members(setting, &index, &members, &old)?;
            (old, sites, declared)
        }
        Named::Items { .. } => return Err(nothing()),
    };
    let mut work = Work {
        index: &index,
        name,
        count: 0,
        receiver: false,
        slots: Vec::new(),
        step: Step::default(),
    };
    work.step.title = format!("Change the signature of {}", work.name);
    let Some(first) = declared.first().copied() else { return Err(nothing()) };
    work.slots = work.slots(first, changes)?;
    work.count = work.names_of(first).len();
    let list = work.parameters(first).map(|(list, _)| named(list)).unwrap_or_default();
    work.receiver = list.iter().any(|p| p.kind() == "self_parameter");
    for site in &declared {
        work.declaration(*site)?;
    }
    for site in sites.iter().filter(|s| !declared.contains(s)) {
        work.site(*site)?;
    }
    Ok(work.step)
}

struct Work<'s> {
    index: &'s Index<'s>,
    name: String,
    /// How many parameters there are now, `self` not counted, and whether there is one.
    count: usize,
    receiver: bool,
    slots: Vec<Slot>,
    step: Step,
}

impl<'s> Work<'s> {
    fn refuse(&self, reason: Reason, message: impl Into<String>, file: usize, at: Span) -> Refusal {
        Refusal::new(reason, message).at(&self.index.files[file].path, self.index.line(file, at))
    }

    fn parameters(&self, (file, at): (usize, Span)) -> Option<(Node<'s>, Vec<Node<'s>>)> {
        let item = item_at(self.index.files[file].parsed(), at)?;
        let list = field(item, "parameters")?;
        let all = named(list).into_iter().filter(|p| p.kind() == "parameter");
        Some((list, all.collect()))
    }

    fn names_of(&self, site: (usize, Span)) -> Vec<String> {
        let text = self.index.files[site.0].parsed().text();
        let parameters = self.parameters(site).map_or_else(Vec::new, |(_, p)| p);
        let bare = |p: &Node<'_>| field(*p, "pattern").map_or("", |n| text_of(n, text)).to_owned();
        parameters.iter().map(bare).collect()
    }

    /// The list after all changes, in terms of the list before.
    fn slots(
        &self,
        site: (usize, Span),
        changes: &[SignatureChange],
    ) -> Result<Vec<Slot>, Refusal> {
        let (file, at) = site;
        let names = self.names_of(site);
        let mut slots: Vec<Slot> = (0..names.len()).map(Slot::Old).collect();
        let name_of = |slot: &Slot| match slot {
            Slot::Old(n) => names[*n].clone(),
            Slot::New { name, .. } => name.clone(),
        };
        for change in changes {
            match change {
                SignatureChange::Add { declaration, argument, default, at: position } => {
                    let (name, _) = declaration.split_once(':').ok_or_else(|| {
                        self.refuse(
                            Reason::BadName,
                            format!("`{declaration}` needs a type: `name: Type`"),
                            file,
                            at,
                        )
                    })?;
                    let name = name.trim().trim_start_matches("mut ").trim().to_owned();
                    if !super::names::is_name(&name) || is_keyword(&name) {
                        return Err(self.refuse(
                            Reason::BadName,
                            format!("`{name}` is no name for a parameter"),
                            file,
                            at,
                        ));
                    }
                    if slots.iter().any(|s| name_of(s) == name) {
                        return Err(self.refuse(
                            Reason::NameTaken,
                            format!("there is a parameter `{name}` already"),
                            file,
                            at,
                        ));
                    }
                    let Some(argument) = argument.clone().or_else(|| default.clone()) else {
                        let message =
                            format!("Rust has no defaults: say what callers give for `{name}`");
                        return Err(self.refuse(Reason::NotHere, message, file, at));
                    };
                    if *position > slots.len() {
                        return Err(self.refuse(
                            Reason::NotHere,
                            format!("there is no position {position}"),
                            file,
                            at,
                        ));
                    }
                    slots.insert(
                        *position,
                        Slot::New { name, declaration: declaration.clone(), argument },
                    );
                }
                SignatureChange::Remove { name } => {
                    let found = slots.iter().position(|s| name_of(s) == *name);
                    let found = found.ok_or_else(|| {
                        self.refuse(
                            Reason::NotHere,
                            format!("there is no parameter `{name}`"),
                            file,
                            at,
                        )
                    })?;
                    slots.remove(found);
                }
                SignatureChange::Reorder(order) => {
                    let mut sorted = Vec::new();
                    for name in order {
                        let found = slots.iter().find(|s| name_of(s) == *name);
                        let found = found.ok_or_else(|| {
                            self.refuse(
                                Reason::NotHere,
                                format!("there is no parameter `{name}`"),
                                file,
                                at,
                            )
                        })?;
                        sorted.push(found.clone());
                    }
                    let distinct: BTreeSet<&String> = order.iter().collect();
                    if sorted.len() != slots.len() || distinct.len() != order.len() {
                        return Err(self.refuse(
                            Reason::NotHere,
                            "name each parameter once",
                            file,
                            at,
                        ));
                    }
                    slots = sorted;
                }
            }
        }
        Ok(slots)
    }

    /// # Errors
    /// A parameter that goes and is used, a new one whose name means something in the body.
    fn declaration(&mut self, site: (usize, Span)) -> Result<(), Refusal> {
        let (file, at) = site;
        let f = &self.index.files[file];
        let text = f.parsed().text();
        let Some((list, parameters)) = self.parameters(site) else {
            return Err(self.refuse(Reason::NotHere, "its parameters cannot be read", file, at));
        };
        let item = list.parent();
        for (n, parameter) in parameters.iter().enumerate() {
            if self.slots.iter().any(|s| matches!(s, Slot::Old(o) if *o == n)) {
                continue;
            }
            for occurrence in
                f.names().bindings.within(span(*parameter)).filter(|o| o.role == Role::Bind)
            {
                let used = occurrence
                    .bound
                    .and_then(|id| f.names().bindings.of(id).find(|o| o.role != Role::Bind));
                let loose = f.names().tokens.iter().find(|t| {
                    item.is_some_and(|i| span(i).contains(t.span))
                        && t.span.of(text) == occurrence.span.of(text)
                });
                if let Some(used) = used.map(|o| o.span).or(loose.map(|t| t.span)) {
                    let message =
                        format!("`{}` is used in the body", self.index.text(file, occurrence.span));
                    return Err(self.refuse(Reason::Effects, message, file, used));
                }
            }
        }
        let body = item.and_then(|i| field(i, "body"));
        for slot in &self.slots {
            let Slot::New { name, .. } = slot else { continue };
            if let Some(body) = body {
                let inside = &text[body.byte_range()];
                if let Some(word) = words(inside, name).first() {
                    let start = body.start_byte() + word.start;
                    let message = format!(
                        "`{name}` means something in the body already; choose another name"
                    );
                    return Err(self.refuse(
                        Reason::NameTaken,
                        message,
                        file,
                        Span::new(start, start + name.len()),
                    ));
                }
            }
        }
        let receiver = named(list)
            .into_iter()
            .find(|p| p.kind() == "self_parameter")
            .map(|p| text_of(p, text).to_owned());
        let own: Vec<String> = receiver
            .into_iter()
            .chain(self.slots.iter().filter_map(|s| match s {
                Slot::Old(n) => parameters.get(*n).map(|p| text_of(*p, text).to_owned()),
                Slot::New { declaration, .. } => Some(declaration.clone()),
            }))
            .collect();
        if children(list).any(|c| c.is_extra() || c.kind() == "attribute_item") {
            return Err(self.refuse(
                Reason::Unsupported,
                "there are comments or attributes among the parameters",
                file,
                at,
            ));
        }
        let written = listed(&own, &text[list.byte_range()], text, list);
        let path = f.path.clone();
        self.step.replace(&path, put(self.index.real(file, span(list)), written));
        let public = item.is_some_and(|i| super::rename::is_pub(i, text));
        if public && !self.step.interface.contains(&self.name) {
            self.step.interface.push(self.name.clone());
        }
        Ok(())
    }

    fn site(&mut self, (file, at): (usize, Span)) -> Result<(), Refusal> {
        let f = &self.index.files[file];
        let text = f.parsed().text();
        let Some(node) = f.parsed().root().descendant_for_byte_range(at.start, at.end) else {
            return Ok(());
        };
        if ancestors(node).any(|a| a.kind() == "use_declaration") {
            return Ok(());
        }
        let in_tokens = node.parent().is_some_and(|p| p.kind() == "token_tree");
        let (list, method) = if in_tokens {
            let next = node
                .next_sibling()
                .filter(|n| n.kind() == "token_tree" && text_of(*n, text).starts_with('('));
            let dotted = node.prev_sibling().is_some_and(|p| text_of(p, text) == ".");
            (next, dotted)
        } else {
            let head = std::iter::once(node)
                .chain(ancestors(node))
                .take_while(|n| {
                    matches!(
                        n.kind(),
                        "identifier"
                            | "scoped_identifier"
                            | "field_identifier"
                            | "field_expression"
                            | "generic_function"
                    ) && span(*n).end <= span(node).end.max(turbofish_end(*n))
                })
                .last()
                .unwrap_or(node);
            let call = head
                .parent()
                .filter(|p| p.kind() == "call_expression" && field(*p, "function") == Some(head));
            (call.and_then(|c| field(c, "arguments")), node.kind() == "field_identifier")
        };
        let Some(list) = list else {
            let message = format!("`{}` is used as a value here, not called", self.name);
            return Err(self.refuse(Reason::NotEquivalent, message, file, at));
        };
        if list.subtree().any(|n| n.kind().ends_with("_comment") && n.parent() == Some(list)) {
            return Err(self.refuse(
                Reason::Unsupported,
                "there are comments among the arguments",
                file,
                at,
            ));
        }
        let arguments = arguments(list, text);
        let offset = usize::from(self.receiver && !method);
        let known = self.count + offset;
        if arguments.len() != known {
            let message = format!("{} arguments here, {known} parameters there", arguments.len());
            return Err(self.refuse(Reason::NotEquivalent, message, file, at));
        }
        self.order(&arguments, offset, file, at, text)?;
        let mut out: Vec<String> = arguments.iter().take(offset).map(|a| a.0.clone()).collect();
        out.extend(self.slots.iter().map(|s| match s {
            Slot::Old(n) => arguments[n + offset].0.clone(),
            Slot::New { argument, .. } => argument.clone(),
        }));
        let written = listed(&out, &text[list.byte_range()], text, list);
        let path = f.path.clone();
        self.step.replace(&path, put(self.index.real(file, span(list)), written));
        Ok(())
    }

    /// # Errors
    /// Arguments with effects that would be computed in another order, or not at all.
    fn order(
        &self,
        arguments: &[(String, Option<Node<'_>>)],
        offset: usize,
        file: usize,
        at: Span,
        text: &str,
    ) -> Result<(), Refusal> {
        let impure: Vec<usize> = (0..arguments.len() - offset)
            .filter(|n| arguments[n + offset].1.is_none_or(|a| !is_pure(a, text)))
            .collect();
        let kept: Vec<usize> = self
            .slots
            .iter()
            .filter_map(|s| if let Slot::Old(n) = s { Some(*n) } else { None })
            .collect();
        if let Some(gone) = impure.iter().find(|n| !kept.contains(n)) {
            let message = format!(
                "the argument `{}` that would go may have an effect",
                arguments[gone + offset].0
            );
            return Err(self.refuse(Reason::Effects, message, file, at));
        }
        let after: Vec<usize> = kept.iter().copied().filter(|n| impure.contains(n)).collect();
        let same = after.windows(2).all(|w| w[0] < w[1]);
        let mixed = !impure.is_empty() && !kept.windows(2).all(|w| w[0] < w[1]);
        if !same || mixed && impure.len() > 1 {
            return Err(self.refuse(
                Reason::Effects,
                "arguments with effects would be computed in another order",
                file,
                at,
            ));
        }
        Ok(())
    }
}

/// Where the type arguments after a name end.
fn turbofish_end(node: Node<'_>) -> usize {
    if node.kind() == "generic_function" { node.end_byte() } else { 0 }
}

/// The arguments of a call, or of what looks like one in a token tree.
fn arguments<'t>(list: Node<'t>, text: &str) -> Vec<(String, Option<Node<'t>>)> {
    if list.kind() == "arguments" {
        return named(list).into_iter().map(|n| (text_of(n, text).to_owned(), Some(n))).collect();
    }
    let all: Vec<Node<'t>> = children(list).collect();
    let mut out = Vec::new();
    let mut from: Option<Node<'t>> = None;
    let mut last = None;
    for node in all.iter().skip(1).take(all.len().saturating_sub(2)) {
        if text_of(*node, text) == "," {
            out.extend(from.take().zip(last).map(|(from, to)| joined(from, to, text)));
            continue;
        }
        from.get_or_insert(*node);
        last = Some(*node);
    }
    out.extend(from.zip(last).map(|(from, to)| joined(from, to, text)));
    out
}

/// The tokens of an argument; what is a single one can be judged as an expression.
fn joined<'t>(from: Node<'t>, to: Node<'t>, text: &str) -> (String, Option<Node<'t>>) {
    let whole = text[from.start_byte()..to.end_byte()].to_owned();
    (whole, (from == to).then_some(from))
}

/// A list in parentheses, on lines of its own when it was.
fn listed(parts: &[String], before: &str, text: &str, list: Node<'_>) -> String {
    let lines = before.starts_with("(\n") || before.starts_with("(\r\n");
    if !lines || parts.is_empty() {
        return format!("({})", parts.join(", "));
    }
    let indent = indent_at(text, list.start_byte());
    let body: String = parts.iter().map(|p| format!("{indent}    {p},\n")).collect();
    format!("(\n{body}{indent})")
}
