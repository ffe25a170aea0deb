//! The value of a variable, or the body of a function, where it is used.

use super::context::{
    as_operand, can_change, expressions, is_place, is_pure, needs_parentheses, statement_around,
    variables_in, whole_lines, writes,
};
use super::index::item_at;
use super::names::{self, Names, Shorthand};
use super::typing::{Typing, is_copy};
use super::{inline_function, rename};
use crate::base::{Span, splice};
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundId, BoundKind, Occurrence, Reason, Refusal, Role, Setting, Step,
};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

pub(super) fn plan(setting: &Setting<'_>) -> Answer {
    let names = names::of(setting.parsed);
    let at = rename::trimmed(setting.at.span, setting.text());
    let bound = names.bindings.at(at).and_then(|o| o.bound);
    let nothing = || Refusal::new(Reason::NotHere, "put the caret on a variable or function");
    let Some(id) = bound else {
        return inline_function::plan(setting, at);
    };
    match names.bindings.get(id).kind {
        BoundKind::Variable => variable(setting, &names, id),
        BoundKind::Function | BoundKind::Import => inline_function::plan(setting, at),
        _ => Err(nothing()),
    }
}

struct Work<'s> {
    setting: &'s Setting<'s>,
    names: &'s Names,
    text: &'s str,
    name: &'s str,
    declaration: Node<'s>,
    value: Node<'s>,
    uses: Vec<Occurrence>,
}

fn variable(setting: &Setting<'_>, names: &Names, id: BoundId) -> Answer {
    let text = setting.text();
    let bound = names.bindings.get(id);
    let line = |at: Span| setting.parsed.lines().line(at.start);
    let refuse = |reason, message: String, at: Span| {
        Err(Refusal::new(reason, message).at(setting.path(), line(at)))
    };
    let name = bound.name.as_str();
    let declaration =
        item_at(setting.parsed, bound.declared).filter(|n| n.kind() == "let_declaration");
    let Some(declaration) = declaration else {
        let message = format!("`{name}` is not declared by a plain `let {name} = …;`");
        return refuse(Reason::NotHere, message, bound.declared);
    };
    let Some(value) = field(declaration, "value") else {
        return refuse(
            Reason::NotHere,
            format!("`{name}` is declared without a value"),
            bound.declared,
        );
    };
    let conditional =
        declaration.prev_named_sibling().is_some_and(|p| p.kind() == "attribute_item");
    if conditional || names.bindings.of(id).filter(|o| o.role == Role::Bind).count() > 1 {
        let message = format!("`{name}` is declared under an attribute, or more than once");
        return refuse(Reason::NotEquivalent, message, bound.declared);
    }
    if field(declaration, "alternative").is_some()
        || children(declaration).any(|c| c.kind() == "mutable_specifier")
    {
        let message = format!("`{name}` is `mut`: it may have other values later");
        return refuse(Reason::NotEquivalent, message, bound.declared);
    }
    let uses: Vec<Occurrence> =
        names.bindings.of(id).filter(|o| o.role != Role::Bind).copied().collect();
    let work = Work { setting, names, text, name, declaration, value, uses };
    if let Some(o) = work.uses.iter().find(|o| writes(o)) {
        return refuse(Reason::NotEquivalent, format!("`{name}` is changed here"), o.span);
    }
    let loose = names.tokens.iter().find(|t| {
        t.span.of(text) == Some(name) && names.lookup(t.scope, name, bound.namespace) == Some(id)
    });
    if let Some(token) = loose {
        let message = format!("`{name}` stands in a macro that cannot be read");
        return refuse(Reason::Dynamic, message, token.span);
    }
    if work.uses.is_empty() {
        if !is_pure(value, text) {
            let message = format!("nothing uses `{name}`, but computing it has an effect");
            return refuse(Reason::Effects, message, span(value));
        }
    } else {
        work.fits()?;
    }
    work.step()
}

impl Work<'_> {
    fn typing(&self) -> Typing<'_> {
        Typing { parsed: self.setting.parsed, names: self.names }
    }

    fn refuse(&self, reason: Reason, message: String, at: Span) -> Refusal {
        let line = self.setting.parsed.lines().line(at.start);
        Refusal::new(reason, message).at(self.setting.path(), line)
    }

    /// # Errors
    /// Every way in which the value at its uses could be another, be computed more or less often, or not compile.
    fn fits(&self) -> Result<(), Refusal> {
        let (name, value) = (self.name, self.value);
        let at = span(value);
        if matches!(
            value.kind(),
            "closure_expression" | "async_block" | "return_expression" | "break_expression"
        ) {
            let message = format!("`{name}` is a closure, whose captures would move");
            return Err(self.refuse(Reason::NotEquivalent, message, at));
        }
        let literal = value.kind().ends_with("_literal");
        self.annotated(literal)?;
        let pure = is_pure(value, self.text);
        let typing = self.typing();
        let copied = literal || typing.of(value, 0).is_some_and(|t| is_copy(&t));
        if self.uses.len() > 1 && !(pure && copied) {
            let message = format!(
                "`{name}` is used {} times; its value would be computed each time",
                self.uses.len()
            );
            return Err(self.refuse(Reason::Effects, message, at));
        }
        if self.guards() {
            let message = "it holds a lock or borrow whose end would come later".to_owned();
            return Err(self.refuse(Reason::Effects, message, at));
        }
        for used in &self.uses {
            self.same_names(used)?;
            self.same_time(used, pure, literal)?;
            self.fits_there(used, literal)?;
        }
        Ok(())
    }

    /// # Errors
    /// A type that would be lost with the `let`.
    fn annotated(&self, literal: bool) -> Result<(), Refusal> {
        let Some(ty) = field(self.declaration, "type") else { return Ok(()) };
        let ty = text_of(ty, self.text);
        let typing = self.typing();
        let known = typing.of(self.value, 0);
        let number = matches!(self.value.kind(), "integer_literal" | "float_literal");
        if known.as_deref() == Some(ty) || known.as_deref() == Some("&'static str") && ty == "&str"
        {
            return Ok(());
        }
        if literal && number && is_copy(ty) {
            return Ok(());
        }
        let message = format!("its type `{ty}` would be lost: the value alone does not tell it");
        Err(self.refuse(Reason::NotEquivalent, message, span(self.declaration)))
    }

    /// A guard that lives as long as the statement.
    fn guards(&self) -> bool {
        self.value.subtree().any(|n| {
            n.kind() == "field_identifier"
                && matches!(
                    text_of(n, self.text),
                    "lock" | "borrow" | "borrow_mut" | "read" | "write" | "try_lock"
                )
        })
    }

    /// # Errors
    /// A name of the value that means something else at the use.
    fn same_names(&self, used: &Occurrence) -> Result<(), Refusal> {
        for occurrence in self.names.bindings.within(span(self.value)) {
            let Some(id) = occurrence.bound else { continue };
            let bound = self.names.bindings.get(id);
            if span(self.value).contains(bound.declared) {
                continue;
            }
            let there = self.names.lookup(used.scope, &bound.name, bound.namespace);
            if there != Some(id) {
                let message =
                    format!("`{}` means something else where `{}` is used", bound.name, self.name);
                return Err(self.refuse(Reason::Shadowed, message, used.span));
            }
        }
        Ok(())
    }

    /// # Errors
    /// When something between the declaration and the use could change the value, or the use is not met exactly once.
    fn same_time(&self, used: &Occurrence, pure: bool, literal: bool) -> Result<(), Refusal> {
        if literal {
            return Ok(());
        }
        let Some(node) = self.node_at(used.span) else { return Ok(()) };
        let Some((_, block)) = statement_around(self.declaration) else { return Ok(()) };
        let mut wrapping = ancestors(node).take_while(|a| *a != block);
        let again = wrapping.find(|a| {
            matches!(
                a.kind(),
                "closure_expression"
                    | "async_block"
                    | "loop_expression"
                    | "while_expression"
                    | "function_item"
            ) || a.kind() == "for_expression"
                && !field(*a, "value").is_some_and(|v| span(v).contains(used.span))
        });
        let fixed = pure && self.is_fixed();
        if let Some(again) = again.filter(|a| {
            !fixed
                || a.kind() != "for_expression"
                    && a.kind() != "loop_expression"
                    && a.kind() != "while_expression"
        }) {
            let message = format!(
                "`{}` is used in a loop, closure or block that is not run exactly once, then and there",
                self.name
            );
            return Err(self.refuse(Reason::Effects, message, span(again)));
        }
        if fixed {
            return Ok(());
        }
        if let Some(between) = self.changed_between(used.span, pure) {
            let message = format!(
                "what happens between the declaration of `{}` and its use could change its value",
                self.name
            );
            return Err(self.refuse(Reason::Effects, message, between));
        }
        if pure {
            return Ok(());
        }
        let branch = ancestors(node).take_while(|a| *a != block).find(|a| {
            matches!(a.kind(), "match_arm" | "else_clause" | "let_chain")
                || a.kind() == "block"
                || a.kind() == "binary_expression"
                    && children(*a).any(|c| matches!(text_of(c, self.text), "&&" | "||"))
        });
        if let Some(branch) = branch {
            let message =
                format!("`{}` is always computed, but used only in some cases", self.name);
            return Err(self.refuse(Reason::Effects, message, span(branch)));
        }
        Ok(())
    }

    /// True when nothing that the value is made of can change: literals and names that are not `mut`.
    fn is_fixed(&self) -> bool {
        let plain = self.value.subtree().all(|n| {
            !matches!(
                n.kind(),
                "call_expression"
                    | "field_expression"
                    | "index_expression"
                    | "self"
                    | "macro_invocation"
            )
        });
        plain
            && variables_in(self.names, span(self.value))
                .iter()
                .all(|id| !can_change(self.names, self.text, *id))
    }

    /// What is computed between the declaration and the use, when it may matter.
    fn changed_between(&self, used: Span, pure: bool) -> Option<Span> {
        let (statement, _) = self.node_at(used).and_then(statement_in(self.declaration))?;
        let mut at = self.declaration.next_named_sibling();
        while let Some(between) =
            at.filter(|n| *n != statement && n.start_byte() < statement.start_byte())
        {
            let still = between.is_extra() || pure && self.only_declares(between);
            if !still {
                return Some(span(between));
            }
            at = between.next_named_sibling();
        }
        // What is computed before the use in its own statement.
        let mut at = self.node_at(used)?;
        while at != statement {
            let parent = at.parent()?;
            for earlier in children(parent).take_while(|c| *c != at) {
                let inert = !earlier.is_named() || earlier.is_extra() || !is_computed(earlier);
                if !inert && !is_pure(earlier, self.text) {
                    return Some(span(earlier));
                }
            }
            if parent.kind() == "assignment_expression" && at.field() == Some("right") && !pure {
                return Some(span(parent));
            }
            at = parent;
        }
        None
    }

    /// A `let` with a value that changes nothing.
    fn only_declares(&self, node: Node<'_>) -> bool {
        node.kind() == "let_declaration"
            && field(node, "alternative").is_none()
            && field(node, "value").is_some_and(|v| is_pure(v, self.text))
            || node.kind().ends_with("_item")
    }

    fn node_at(&self, at: Span) -> Option<Node<'_>> {
        self.setting.parsed.root().descendant_for_byte_range(at.start, at.end)
    }

    /// # Errors
    /// Places where the value cannot stand for the variable.
    fn fits_there(&self, used: &Occurrence, literal: bool) -> Result<(), Refusal> {
        let Some(node) = self.node_at(used.span) else { return Ok(()) };
        let parent = node.parent();
        let in_string = node.kind().contains("string");
        let in_tokens =
            ancestors(node).take_while(|a| a.kind() != "block").any(|a| a.kind() == "token_tree");
        if in_tokens
            && !in_string
            && !literal
            && !is_place(self.value, self.text)
            && !is_pure(self.value, self.text)
        {
            let message =
                format!("`{}` is used in a macro, which may compute it more than once", self.name);
            return Err(self.refuse(Reason::Effects, message, used.span));
        }
        if in_string && self.value.kind() != "identifier" {
            let message = format!(
                "`{}` is named in a format string; give it as an argument first",
                self.name
            );
            return Err(self.refuse(Reason::Unsupported, message, used.span));
        }
        let number = matches!(self.value.kind(), "integer_literal" | "float_literal");
        if number
            && parent
                .is_some_and(|p| matches!(p.kind(), "field_expression" | "type_cast_expression"))
            && self.typing().of(self.value, 0).is_none()
        {
            let message = "the type of the number would not be known there".to_owned();
            return Err(self.refuse(Reason::NotEquivalent, message, used.span));
        }
        let untyped = matches!(
            self.value.kind(),
            "call_expression" | "macro_invocation" | "scoped_identifier"
        ) && is_inferred(self.value, self.text)
            && parent.is_some_and(|p| p.kind() == "field_expression");
        if untyped {
            let message = "the type of the value would not be known there".to_owned();
            return Err(self.refuse(Reason::NotEquivalent, message, used.span));
        }
        let statement = statement_around(node).map(|(s, _)| s);
        let borrows = self.value.subtree().any(|n| {
            n.kind() == "reference_expression"
                && field(n, "value")
                    .is_some_and(|v| !is_place(v, self.text) && !v.kind().ends_with("_literal"))
        });
        let borrowed =
            parent.is_some_and(|p| matches!(p.kind(), "reference_expression" | "field_expression"));
        let temporary = !is_place(self.value, self.text) && !literal && borrowed || borrows;
        let kept = statement.is_some_and(|s| s.kind() == "let_declaration")
            || statement.is_some_and(|s| !s.kind().ends_with("_statement"));
        if temporary && kept {
            let message =
                format!("what borrows from `{}` lives longer than its value would", self.name);
            return Err(self.refuse(Reason::NotEquivalent, message, used.span));
        }
        let places = is_place(self.value, self.text) && self.value.kind() != "identifier";
        let moved_whole =
            parent.is_some_and(|p| matches!(p.kind(), "match_expression" | "let_condition"));
        if places && moved_whole {
            let message =
                format!("`{}` owns its value; matching on where it came from would not", self.name);
            return Err(self.refuse(Reason::NotEquivalent, message, used.span));
        }
        Ok(())
    }

    fn step(&self) -> Answer {
        let path = self.setting.path();
        let mut step = Step::new(format!("Inline {}", self.name));
        let source = text_of(self.value, self.text);
        for used in &self.uses {
            let node = self.node_at(used.span);
            let in_string = node.is_some_and(|n| n.kind().contains("string"));
            let text = match self.names.shorthand.get(&used.span.start) {
                Some(Shorthand::Expression) => format!("{}: {source}", self.name),
                _ if in_string => source.to_owned(),
                _ => self.in_place(node),
            };
            step.replace(path, put(used.span, text));
        }
        let lines = whole_lines(self.text, span(self.declaration));
        step.replace(path, put(lines, ""));
        Ok(step)
    }

    /// The value as it has to be written at a use.
    fn in_place(&self, node: Option<Node<'_>>) -> String {
        let source = text_of(self.value, self.text);
        let ty = field(self.declaration, "type").map(|t| text_of(t, self.text));
        let number = matches!(self.value.kind(), "integer_literal" | "float_literal");
        if let Some(ty) = ty.filter(|_| number && self.typing().of(self.value, 0).is_none()) {
            return format!("{source}{}{ty}", if source.ends_with('.') { "0" } else { "_" });
        }
        let alone = node.and_then(|n| n.parent()).is_some_and(|p| {
            matches!(
                p.kind(),
                "arguments"
                    | "let_declaration"
                    | "parenthesized_expression"
                    | "array_expression"
                    | "tuple_expression"
                    | "field_initializer"
                    | "return_expression"
                    | "expression_statement"
                    | "assignment_expression"
                    | "closure_expression"
                    | "match_arm"
            )
        });
        let macro_argument =
            node.and_then(|n| n.parent()).is_some_and(|p| p.kind() == "token_tree")
                && node.is_some_and(|n| {
                    let before = self.text[..n.start_byte()].trim_end();
                    let after = self.text[n.end_byte()..].trim_start();
                    before.ends_with(['(', ',', '[']) && after.starts_with([')', ',', ']'])
                });
        let tail = node.and_then(|n| n.parent()).is_some_and(|p| p.kind() == "block");
        let struct_in_condition = self.value.kind() == "struct_expression"
            && node.is_some_and(|n| {
                ancestors(n)
                    .take_while(|a| a.kind() != "block")
                    .any(|a| a.field() == Some("condition") || a.field() == Some("value"))
            });
        if struct_in_condition {
            return format!("({source})");
        }
        if alone || macro_argument || tail {
            source.to_owned()
        } else {
            as_operand(self.value, self.text)
        }
    }
}

/// Finds the statement that holds a node beside a declaration.
fn statement_in<'t>(declaration: Node<'t>) -> impl Fn(Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    move |node| {
        let block = declaration.parent()?;
        let statement =
            std::iter::once(node).chain(ancestors(node)).find(|n| n.parent() == Some(block))?;
        Some((statement, block))
    }
}

/// True for children that are computed before what comes after them.
fn is_computed(node: Node<'_>) -> bool {
    let kind = node.kind();
    !(kind.ends_with("_type")
        || kind.ends_with("_pattern")
        || kind.ends_with("_identifier")
        || node.field() == Some("pattern")
        || matches!(
            kind,
            "identifier"
                | "scoped_identifier"
                | "self"
                | "label"
                | "mutable_specifier"
                | "type_arguments"
                | "attribute_item"
                | "generic_function"
                | "shorthand_field_initializer"
                | "string_literal"
        ))
        && !(kind == "field_expression" && expressions(node).into_iter().all(|n| !is_computed(n)))
}

/// Values whose type comes from where they go.
fn is_inferred(node: Node<'_>, text: &str) -> bool {
    let source = text_of(node, text);
    [
        "collect()",
        "parse()",
        "into()",
        "default()",
        "::new()",
        "sum()",
        "product()",
        "try_into()",
        "None",
    ]
    .iter()
    .any(|end| source.ends_with(end))
}

/// A text with the value in place of names, for functions.
pub(super) fn substituted(text: &str, edits: &[crate::base::Replacement]) -> Option<String> {
    splice(text, edits).ok()
}

/// Operands in a text that is put in place of a name.
pub(super) fn operand(node: Node<'_>, text: &str) -> String {
    if needs_parentheses(node) {
        format!("({})", text_of(node, text))
    } else {
        text_of(node, text).to_owned()
    }
}

/// The named children of a list, or none.
pub(super) fn listed(node: Option<Node<'_>>) -> Vec<Node<'_>> {
    node.map_or_else(Vec::new, named)
}
