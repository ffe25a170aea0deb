//! A name for an expression.

mod receivers;

pub(super) use receivers::changes_receiver;

use receivers::is_consuming;

use super::context::{
    block_value, body_owner, expression_at, expressions, indent_at, is_place, is_pure,
    tokens_in_macros, variables_in, writes,
};
use super::names::{self, Names};
use super::typing::{Typing, is_copy};
use super::words::is_keyword;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundKind, Namespace, Occurrences, Reason, Refusal, Setting, Step, words,
};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// Where the `let` goes.
enum Home<'t> {
    /// In front of this statement of a block.
    Before(Node<'t>),
    /// In a new block around this expression.
    Around(Node<'t>),
}

pub(super) fn plan(setting: &Setting<'_>, name: &str, occurrences: Occurrences) -> Answer {
    let text = setting.text();
    let names = names::of(setting.parsed);
    variable_name(name)?;
    let node = expression_at(setting.parsed.root(), text, setting.at.span).ok_or_else(|| {
        refuse(setting, Reason::NotHere, "select a whole expression".to_owned(), setting.at.span)
    })?;
    let work = Work { setting, names: &names, text, node };
    work.fits()?;
    let home = work.home()?;
    work.order(&home)?;
    let typing = Typing { parsed: setting.parsed, names: &names };
    let ty = typing.of(node, 0);
    let copied = ty.as_deref().is_some_and(is_copy);
    work.ownership(copied)?;
    let block = match home {
        Home::Before(statement) | Home::Around(statement) => statement,
    };
    work.free(name, block)?;
    let sites = match occurrences {
        Occurrences::Selected => vec![span(node)],
        Occurrences::All => work.equal_ones(block, copied),
    };
    let mut step = Step::new(format!("Extract {name}"));
    work.write(&mut step, name, &home, &sites);
    if occurrences == Occurrences::All && sites.len() == 1 {
        step.notes.push("No other occurrence is sure to have the same value.".to_owned());
    }
    Ok(step)
}

fn refuse(setting: &Setting<'_>, reason: Reason, message: String, at: Span) -> Refusal {
    Refusal::new(reason, message).at(setting.path(), setting.parsed.lines().line(at.start))
}

/// # Errors
/// What is no name for a variable.
pub(super) fn variable_name(name: &str) -> Result<(), Refusal> {
    let upper = name.chars().next().is_some_and(char::is_uppercase);
    if !names::is_name(name) || is_keyword(name) || name.starts_with("r#") || upper {
        let message = format!("`{name}` is no name for a variable or function of Rust");
        return Err(Refusal::new(Reason::BadName, message));
    }
    Ok(())
}

struct Work<'s, 't> {
    setting: &'s Setting<'s>,
    names: &'s Names,
    text: &'s str,
    node: Node<'t>,
}

impl<'t> Work<'_, 't> {
    fn refuse(&self, reason: Reason, message: &str, at: Node<'_>) -> Refusal {
        refuse(self.setting, reason, message.to_owned(), span(at))
    }

    /// # Errors
    /// Expressions without a value, and places where none is computed at run time.
    fn fits(&self) -> Result<(), Refusal> {
        let node = self.node;
        let kind = node.kind();
        if matches!(kind, "return_expression" | "break_expression" | "continue_expression") {
            return Err(self.refuse(Reason::ControlFlow, "this leaves the function or loop", node));
        }
        if matches!(
            kind,
            "assignment_expression"
                | "compound_assignment_expr"
                | "unit_expression"
                | "let_condition"
                | "let_chain"
        ) {
            return Err(self.refuse(Reason::NotHere, "this has no value worth a name", node));
        }
        if matches!(kind, "for_expression" | "while_expression") {
            return Err(self.refuse(Reason::NotHere, "a loop has no value", node));
        }
        if kind == "closure_expression" {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "the types of a closure's parameters come from where it stands",
                node,
            ));
        }
        if kind == "identifier" || kind == "self" {
            return Err(self.refuse(Reason::NotHere, "this has a name already", node));
        }
        let owner = body_owner(node).map(|n| n.kind());
        if !matches!(owner, Some("function_item" | "closure_expression" | "async_block")) {
            return Err(self.refuse(Reason::NotHere, "this is not computed in a function", node));
        }
        let in_type = ancestors(node).take_while(|a| a.kind() != "block").any(|a| {
            matches!(a.kind(), "array_type" | "type_arguments" | "attribute_item" | "range_pattern")
        });
        let repeat = node
            .parent()
            .is_some_and(|p| p.kind() == "array_expression" && node.field() == Some("length"));
        if in_type || repeat {
            return Err(self.refuse(Reason::NotHere, "a constant is needed here", node));
        }
        if tokens_in_macros(node, self.text, &["return", "break", "continue"]) {
            return Err(self.refuse(
                Reason::ControlFlow,
                "a macro in it leaves the function or loop",
                node,
            ));
        }
        Ok(())
    }

    /// The statement that the expression is computed in, once each time.
    fn home(&self) -> Result<Home<'t>, Refusal> {
        let mut at = self.node;
        loop {
            let Some(parent) = at.parent() else {
                return Err(self.refuse(
                    Reason::NotHere,
                    "there is no block around this",
                    self.node,
                ));
            };
            match parent.kind() {
                "block" => return Ok(Home::Before(at)),
                "closure_expression" => return Ok(Home::Around(at)),
                "match_arm" if at.field() == Some("value") => return Ok(Home::Around(at)),
                "match_pattern" => {
                    return Err(self.refuse(
                        Reason::ControlFlow,
                        "the guard of an arm is computed only after its pattern fits",
                        self.node,
                    ));
                }
                "while_expression" if at.field() == Some("condition") => {
                    return Err(self.refuse(
                        Reason::ControlFlow,
                        "the condition of a loop is computed again each time",
                        self.node,
                    ));
                }
                "binary_expression" if at.field() == Some("right") => {
                    let operator = field(parent, "operator").map_or("", |o| text_of(o, self.text));
                    let safe = is_pure(self.node, self.text) && self.cannot_fail();
                    if matches!(operator, "&&" | "||") && !safe {
                        return Err(self.refuse(
                            Reason::Effects,
                            &format!("what stands after `{operator}` is not always computed"),
                            self.node,
                        ));
                    }
                }
                "let_chain" => {
                    let first = named(parent).first().is_some_and(|f| *f == at);
                    if !first {
                        return Err(self.refuse(
                            Reason::Effects,
                            "what stands after `&&` is not always computed",
                            self.node,
                        ));
                    }
                }
                "if_expression"
                    if at.field() == Some("condition")
                        && parent.parent().is_some_and(|p| p.kind() == "else_clause") =>
                {
                    return Err(self.refuse(
                        Reason::Effects,
                        "the condition after `else` is not always computed",
                        self.node,
                    ));
                }
                "async_block" | "const_block" => {
                    return Err(self.refuse(
                        Reason::NotHere,
                        "there is no statement around this",
                        self.node,
                    ));
                }
                _ => {}
            }
            at = parent;
        }
    }

    /// Names, literals and comparisons: computing them early cannot panic.
    fn cannot_fail(&self) -> bool {
        self.node.subtree().all(|n| {
            !matches!(n.kind(), "index_expression" | "call_expression" | "unary_expression")
                && !matches!(text_of(n, self.text), "/" | "%" | "+" | "-" | "*" | "<<" | ">>")
        })
    }

    /// # Errors
    /// When something is computed before it in the same statement that it, or what comes after, depends on.
    fn order(&self, home: &Home<'t>) -> Result<(), Refusal> {
        let (Home::Before(top) | Home::Around(top)) = *home;
        let mut at = self.node;
        let pure = is_pure(self.node, self.text);
        let fixed = pure && self.reads_nothing_that_changes();
        while at != top {
            let Some(parent) = at.parent() else { break };
            for earlier in children(parent).take_while(|c| *c != at) {
                let computed = earlier.is_named() && !earlier.is_extra() && !is_inert(earlier);
                if computed && !fixed && !is_pure(earlier, self.text) {
                    return Err(self.refuse(
                        Reason::Effects,
                        "what is computed before it in the same statement could have an effect on it; name that first",
                        earlier,
                    ));
                }
            }
            at = parent;
        }
        // `x.f(y)` computes `x` as a place first: with `x` borrowed by `y` the order is kept by the compiler.
        Ok(())
    }

    fn reads_nothing_that_changes(&self) -> bool {
        let names = self.names;
        let plain = self.node.subtree().all(|n| {
            !matches!(
                n.kind(),
                "call_expression" | "field_expression" | "index_expression" | "self"
            )
        });
        plain
            && variables_in(names, span(self.node)).iter().all(|id| {
                let before = self.text[..names.bindings.get(*id).declared.start].trim_end();
                !before.ends_with("mut")
            })
    }

    /// # Errors
    /// When the value would be moved where it was only borrowed, or borrow from what ends with the statement.
    fn ownership(&self, copied: bool) -> Result<(), Refusal> {
        let node = self.node;
        let borrowed = self.is_borrowed_here();
        if is_place(node, self.text) && borrowed && !copied {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "this is only borrowed here, and a variable would take it away; select the borrow or a copy of it",
                node,
            ));
        }
        if text_of(node, self.text).starts_with('*') && !copied && node.kind() == "unary_expression"
        {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "what is behind a reference cannot be taken out",
                node,
            ));
        }
        if !copied && let Some(temporary) = self.borrowed_temporary(node) {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "this may borrow from a value that ends with the `let`; name that value first",
                temporary,
            ));
        }
        Ok(())
    }

    /// True where the surroundings take a reference to the expression, or look into it.
    fn is_borrowed_here(&self) -> bool {
        let Some(parent) = self.node.parent() else { return false };
        match parent.kind() {
            "field_expression" | "index_expression" | "reference_expression" => true,
            "match_expression" | "let_condition" => self.node.field() == Some("value"),
            "let_declaration" => field(parent, "pattern").is_some_and(|p| p.kind() != "identifier"),
            "binary_expression" => {
                let operator = field(parent, "operator").map_or("", |o| text_of(o, self.text));
                matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=")
            }
            "parenthesized_expression" | "token_tree" => true,
            _ => false,
        }
    }

    /// A temporary value in a chain that a later method or field may borrow from.
    fn borrowed_temporary(&self, node: Node<'t>) -> Option<Node<'t>> {
        let mut at = node;
        loop {
            at = match at.kind() {
                "call_expression" => {
                    let function = field(at, "function")?;
                    if function.kind() != "field_expression" {
                        let arguments = field(at, "arguments").map_or_else(Vec::new, named);
                        return arguments.into_iter().find(|a| {
                            a.kind() == "reference_expression"
                                && field(*a, "value").is_some_and(|v| {
                                    !is_place(v, self.text) && !v.kind().ends_with("_literal")
                                })
                                && !self.gives_owned(at)
                        });
                    }
                    let (value, name) = (field(function, "value")?, field(function, "field")?);
                    let owned = is_consuming(text_of(name, self.text)) || self.gives_owned(at);
                    if !owned && is_temporary(value) {
                        return Some(value);
                    }
                    if self.gives_owned(at) {
                        return None;
                    }
                    value
                }
                "field_expression" => {
                    let value = field(at, "value")?;
                    if is_temporary(value) {
                        return Some(value);
                    }
                    value
                }
                "reference_expression" => {
                    let value = field(at, "value")?;
                    // `let x = &f();` keeps its value alive; what is borrowed deeper is not.
                    value
                }
                "try_expression"
                | "await_expression"
                | "parenthesized_expression"
                | "index_expression" => named(at).into_iter().next()?,
                _ => return None,
            };
        }
    }

    fn gives_owned(&self, call: Node<'t>) -> bool {
        let typing = Typing { parsed: self.setting.parsed, names: self.names };
        if typing.of(call, 0).is_some_and(|t| !t.contains('&') && !t.contains('\'')) {
            return true;
        }
        let name = field(call, "function").and_then(|f| field(f, "field"));
        name.is_some_and(|n| {
            matches!(
                text_of(n, self.text),
                "to_string"
                    | "to_owned"
                    | "clone"
                    | "collect"
                    | "len"
                    | "is_empty"
                    | "contains"
                    | "count"
                    | "sum"
                    | "to_vec"
                    | "join"
                    | "concat"
                    | "starts_with"
                    | "ends_with"
                    | "is_some"
                    | "is_none"
                    | "is_ok"
                    | "is_err"
                    | "parse"
                    | "to_lowercase"
                    | "to_uppercase"
                    | "cloned"
                    | "copied"
                    | "into_owned"
                    | "any"
                    | "all"
                    | "position"
                    | "eq"
                    | "is_some_and"
            )
        })
    }

    /// # Errors
    /// When the new name is used within its scope.
    fn free(&self, name: &str, statement: Node<'_>) -> Result<(), Refusal> {
        let end = statement.parent().map_or(statement.end_byte(), |p| p.end_byte());
        let from = statement.start_byte();
        let region = &self.text[from..end];
        if let Some(at) = words(region, name).first() {
            let at = Span::new(from + at.start, from + at.end);
            let message = format!("`{name}` is used in this block already; choose another name");
            return Err(refuse(self.setting, Reason::NameTaken, message, at));
        }
        let scope = self.names.bindings.scope_at(from);
        let known =
            self.names.lookup(scope, name, Namespace::Value).map(|id| self.names.bindings.get(id));
        if let Some(item) =
            known.filter(|b| matches!(b.kind, BoundKind::Constant | BoundKind::Class))
        {
            let message = format!("`{name}` is a constant, which a pattern would compare with");
            return Err(refuse(self.setting, Reason::NameTaken, message, item.declared));
        }
        Ok(())
    }

    /// Equal expressions of the same block that must have the same value.
    fn equal_ones(&self, statement: Node<'t>, copied: bool) -> Vec<Span> {
        let own = span(self.node);
        let mut out = vec![own];
        let Some(block) = statement.parent().filter(|b| b.kind() == "block") else { return out };
        if !copied || !is_pure(self.node, self.text) {
            return out;
        }
        let source = text_of(self.node, self.text);
        let variables = variables_in(self.names, own);
        let roots_change = |until: usize| {
            self.names.bindings.occurrences.iter().any(|o| {
                o.span.start >= statement.start_byte()
                    && o.span.start < until
                    && o.bound.is_some_and(|b| variables.contains(&b))
                    && (writes(o) || self.may_change(o.span))
            })
        };
        let fixed = self.reads_nothing_that_changes();
        for node in block.subtree() {
            let at = span(node);
            if at.start <= own.start
                || text_of(node, self.text) != source
                || node.kind() != self.node.kind()
            {
                continue;
            }
            if !super::context::is_expression(node) || out.iter().any(|o| o.contains(at)) {
                continue;
            }
            if variables_in(self.names, at) != variables || !fixed && roots_change(at.start) {
                continue;
            }
            let written = node.parent().is_some_and(|p| {
                p.kind() == "reference_expression"
                    && children(p).any(|c| c.kind() == "mutable_specifier")
            });
            if !written {
                out.push(at);
            }
        }
        out
    }

    /// A method that is called on the variable, or a call that it is given to.
    fn may_change(&self, at: Span) -> bool {
        let node = self.setting.parsed.root().descendant_for_byte_range(at.start, at.end);
        let call = node.and_then(|n| n.parent()).filter(|p| p.kind() == "field_expression");
        let name = call.and_then(|c| field(c, "field")).map(|n| text_of(n, self.text));
        let called = call.and_then(|c| c.parent()).is_some_and(|c| c.kind() == "call_expression");
        called && name.is_some_and(|n| !super::context::is_looking(n))
    }

    fn write(&self, step: &mut Step, name: &str, home: &Home<'t>, sites: &[Span]) {
        let path = self.setting.path();
        let source = text_of(self.node, self.text);
        let mutable = if self.needs_mut() { "mut " } else { "" };
        match home {
            Home::Before(statement) => {
                let indent = indent_at(self.text, statement.start_byte());
                if statement.kind() == "expression_statement"
                    && named(*statement).first() == Some(&self.node)
                    && block_value(*statement, self.text).is_none()
                {
                    let end = self.text[..statement.end_byte()].ends_with(';');
                    step.replace(
                        path,
                        put(Span::at(statement.start_byte()), format!("let {mutable}{name} = ")),
                    );
                    if !end {
                        step.replace(path, put(Span::at(statement.end_byte()), ";"));
                    }
                    return;
                }
                let declared = format!("let {mutable}{name} = {source};\n{indent}");
                step.replace(path, put(Span::at(statement.start_byte()), declared));
            }
            Home::Around(expression) => {
                let inner = sites.iter().map(|at| put(*at, name)).collect::<Vec<_>>();
                let body = text_of(*expression, self.text);
                let from = expression.start_byte();
                let moved: Vec<_> = inner
                    .into_iter()
                    .map(|r| put(Span::new(r.span.start - from, r.span.end - from), r.text))
                    .collect();
                let body = crate::base::splice(body, &moved).unwrap_or_else(|_| body.to_owned());
                let indent = indent_at(self.text, from);
                let block = format!(
                    "{{\n{indent}    let {mutable}{name} = {source};\n{indent}    {body}\n{indent}}}"
                );
                step.replace(path, put(span(*expression), block));
                return;
            }
        }
        for at in sites {
            step.replace(path, put(*at, self.at_site(*at, name)));
        }
    }

    /// The name, where a `{` after it could be taken for the braces of a struct: nothing to do, a name has none.
    fn at_site(&self, at: Span, name: &str) -> String {
        let shorthand = self.names.shorthand.contains_key(&at.start);
        if shorthand { format!("{name}: {name}") } else { name.to_owned() }
    }

    /// True when a method that changes its receiver is called on the value, or it is borrowed with `&mut`.
    fn needs_mut(&self) -> bool {
        let Some(parent) = self.node.parent() else { return false };
        match parent.kind() {
            "reference_expression" => children(parent).any(|c| c.kind() == "mutable_specifier"),
            "field_expression" => {
                let name = field(parent, "field").map_or("", |f| text_of(f, self.text));
                let call = parent.parent().is_some_and(|c| c.kind() == "call_expression");
                call && (changes_receiver(name) || self.repository_method_changes(name))
            }
            _ => false,
        }
    }

    fn repository_method_changes(&self, name: &str) -> bool {
        self.names.defined.iter().any(|d| {
            d.name.of(self.text) == Some(name)
                && d.whole.of(self.text).is_some_and(|w| w.contains("&mut self"))
        })
    }
}

/// Types, patterns, names and what else is not computed.
fn is_inert(node: Node<'_>) -> bool {
    let kind = node.kind();
    kind.ends_with("_type")
        || kind.ends_with("_pattern")
        || kind.ends_with("_identifier")
        || matches!(
            kind,
            "label"
                | "mutable_specifier"
                | "type_arguments"
                | "attribute_item"
                | "type_identifier"
                | "field_identifier"
                | "closure_parameters"
                | "identifier"
                | "scoped_identifier"
                | "self"
                | "visibility_modifier"
        )
        || node.field() == Some("pattern")
        || kind == "field_expression" && expressions(node).into_iter().all(is_inert)
        || kind == "field_initializer" && field(node, "value").is_some_and(is_inert)
        || kind == "generic_function"
        || kind == "shorthand_field_initializer"
}

fn is_temporary(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "call_expression"
            | "macro_invocation"
            | "try_expression"
            | "await_expression"
            | "struct_expression"
            | "array_expression"
            | "tuple_expression"
    )
}
