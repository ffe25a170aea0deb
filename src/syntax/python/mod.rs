//! The Python catalogue: which operators look at which nodes.

mod arithmetic;
mod block;
mod call;
mod chain;
mod collection;
mod compare;
mod constant;
mod define;
mod elements;
mod flow;
mod guard;
mod index;
mod method;
mod name;
mod passing;
mod presence;
#[cfg(test)]
mod properties;
mod said;
mod suffix;
#[cfg(test)]
mod testing;
mod text;
mod tree;

use crate::syntax::tree::Node;

use super::mutation::Catalogue;
use super::sink::Sink;

pub(super) use tree::is_docstring_statement;

pub(super) static CATALOGUE: Catalogue = Catalogue { visit, extent: tree::extent };

fn visit<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    operation(node, sink);
    reference(node, sink);
    part_of_code(node, sink);
    if matches!(node.kind(), "for_statement" | "while_statement") {
        define::loop_body(node, sink);
    }
    if tree::condition(node).is_some() {
        guard::condition(node, sink);
    }
    if tree::is_statement(node.kind()) {
        block::statement(node, sink);
        guard::guards(node, sink);
        presence::only_where(node, sink);
        presence::bound_before(node, sink);
    }
    if tree::is_expression(node.kind()) && !tree::in_annotation(node) {
        expression(node, sink);
    }
}

/// Operators and literals.
fn operation<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match node.kind() {
        "comparison_operator" => compare::comparison(node, sink),
        "boolean_operator" => {
            compare::boolean(node, sink);
            arithmetic::precedence(node, sink);
            arithmetic::negation_scope(node, sink);
        }
        "not_operator" => compare::not(node, sink),
        "binary_operator" => {
            arithmetic::binary(node, sink);
            collection::shared_rows(node, sink);
            arithmetic::precedence(node, sink);
        }
        "parenthesized_expression" => {
            arithmetic::parentheses(node, sink);
            elements::alone(node, sink);
        }
        "concatenated_string" => elements::joined(node, sink),
        "unary_operator" => arithmetic::unary(node, sink),
        "augmented_assignment" => arithmetic::augmented(node, sink),
        "assignment" => {
            arithmetic::assignment(node, sink);
            elements::unpacked(node, sink);
        }
        "integer" => {
            constant::integer(node, sink);
            chain::instead_of_literal(node, sink);
        }
        "float" => constant::float(node, sink),
        "true" | "false" => {
            constant::boolean(node, sink);
            chain::instead_of_literal(node, sink);
        }
        "none" => {
            constant::none(node, sink);
            chain::instead_of_literal(node, sink);
        }
        "string" => {
            text::string(node, sink);
            chain::instead_of_literal(node, sink);
        }
        "string_content" => text::content(node, sink),
        "format_specifier" => text::format_specifier(node, sink),
        _ => {}
    }
}

/// Calls, names, what is indexed, displays.
fn reference<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match node.kind() {
        "call" => {
            constant::infinity(node, sink);
            text::placeholder_count(node, sink);
            call::arguments(node, sink);
            call::callee(node, sink);
            call::superfluous_call(node, sink);
            call::unwrap(node, sink);
            method::method(node, sink);
            method::builtin(node, sink);
            method::results(node, sink);
            method::element_or_many(node, sink);
            index::range(node, sink);
            index::get(node, sink);
            collection::shared_value(node, sink);
            passing::arguments(node, sink);
            elements::grouped(node, sink);
        }
        "identifier" => {
            name::identifier(node, sink);
            name::target(node, sink);
            chain::other_class(node, sink);
            suffix::copied_call(node, sink);
        }
        "attribute" => {
            name::attribute(node, sink);
            chain::shorter(node, sink);
            chain::other_member(node, sink);
            suffix::copied_call(node, sink);
        }
        "slice" => index::slice(node, sink),
        "subscript" => {
            index::subscript(node, sink);
            chain::without_index(node, sink);
        }
        "list_comprehension"
        | "set_comprehension"
        | "generator_expression"
        | "dictionary_comprehension" => collection::comprehension(node, sink),
        "pair" => collection::pair(node, sink),
        "dictionary" => {
            collection::dictionary(node, sink);
            elements::fewer(node, sink);
        }
        "pattern_list" | "tuple_pattern" => {
            collection::tuple(node, sink);
            elements::single(node, sink);
        }
        "tuple" | "expression_list" => {
            collection::tuple(node, sink);
            elements::single(node, sink);
            elements::fewer(node, sink);
            elements::more(node, sink);
        }
        "list" | "set" => {
            elements::fewer(node, sink);
            elements::more(node, sink);
        }
        _ => {}
    }
}

/// Functions, branches, loops, results.
fn part_of_code<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match node.kind() {
        "for_statement" | "for_in_clause" => collection::iteration(node, sink),
        "lambda" => collection::late_binding(node, sink),
        "parameters" | "lambda_parameters" => passing::taken(node, sink),
        "function_definition" => {
            collection::late_binding(node, sink);
            collection::mutable_defaults(node, sink);
            flow::missing_final_return(node, sink);
            define::function(node, sink);
            passing::optional(node, sink);
        }
        "expression_statement" => {
            collection::simultaneous(node, sink);
            flow::missing_return(node, sink);
            passing::keep(node, sink);
        }
        "return_statement" => {
            flow::returned(node, sink);
            elements::returned(node, sink);
            flow::raise_instead(node, sink);
        }
        "break_statement" | "continue_statement" | "pass_statement" => flow::jump(node, sink),
        "yield" => flow::yielded(node, sink),
        "if_statement" | "elif_clause" | "while_statement" => flow::branch(node, sink),
        "else_clause" => flow::else_branch(node, sink),
        "conditional_expression" => flow::ternary(node, sink),
        "except_clause" => {
            flow::exception(node, sink);
            elements::handled(node, sink);
        }
        "raise_statement" => flow::exception(node, sink),
        _ => {}
    }
}

/// What can happen to any expression.
fn expression<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    constant::initial(node, sink);
    arithmetic::off_by_one(node, sink);
    arithmetic::add_sign(node, sink);
    call::missing_call(node, sink);
    call::awaiting(node, sink);
    call::wrap(node, sink);
    call::wrap_own(node, sink);
    passing::converted(node, sink);
    index::missing_index(node, sink);
    collection::copy(node, sink);
    collection::display(node, sink);
    guard::default(node, sink);
    method::forgotten(node, sink);
    match node.kind() {
        "identifier" | "attribute" => {
            chain::longer(node, sink);
            chain::other_value(node, sink);
        }
        "call" | "subscript" => chain::longer(node, sink),
        _ => {}
    }
    if tree::role(node) == tree::Role::Condition || tree::role(node) == tree::Role::Returned {
        compare::negate(node, sink);
    }
}
