//! A function made of selected statements or of an expression.

mod write;

use super::classes::{Classes, parameters};
use super::flow::{Flow, State, is_live_after};
use super::infer::{Def, child_of_kind, class_of, opens_function};
use super::rename;
use super::world::{Unit, World};
use crate::base::Span;
use crate::refactor::{
    Answer, BoundId, BoundKind, Namespace, Reason, Refusal, Role, ScopeId, ScopeKind, Setting,
};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// What is selected.
pub(super) enum Selected<'w> {
    Statements(Vec<Node<'w>>),
    Expression(Node<'w>),
}

/// What becomes of the selection.
struct Plan<'w> {
    unit: &'w Unit,
    name: String,
    at: Span,
    /// The function in whose body the selection stands.
    function: Option<Node<'w>>,
    receiver: Option<Receiver>,
    inputs: Vec<BoundId>,
    outputs: Vec<BoundId>,
    globals: Vec<String>,
    returns: bool,
    is_async: bool,
}

/// The parameter that stands for the object of a method.
struct Receiver {
    id: BoundId,
    name: String,
    by_class: bool,
}

/// The step that makes a function `name` of the selection.
pub(super) fn plan(setting: &Setting<'_>, name: &str) -> Answer {
    rename::check(name)?;
    let world = World::new(setting.project);
    let Some(unit) = world.unit(setting.path()) else {
        return Err(Refusal::new(Reason::NotHere, format!("{} cannot be read", setting.path())));
    };
    let selected = selected(unit, setting.at.span)?;
    let (at, nodes) = match &selected {
        Selected::Statements(list) => {
            (Span::new(list[0].start_byte(), list[list.len() - 1].end_byte()), list.clone())
        }
        Selected::Expression(node) => (span(*node), vec![*node]),
    };
    let mut plan = Plan {
        unit,
        name: name.to_owned(),
        at,
        function: function_around(nodes[0]),
        receiver: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        globals: Vec::new(),
        returns: false,
        is_async: false,
    };
    plan.control(&nodes, matches!(selected, Selected::Statements(_)))?;
    plan.names(&nodes, matches!(selected, Selected::Statements(_)))?;
    plan.method(&world, &nodes)?;
    plan.is_free()?;
    Ok(plan.step(&selected))
}

/// The innermost function in whose body a node stands, lambdas left out.
pub(super) fn function_around(node: Node<'_>) -> Option<Node<'_>> {
    let mut below = node;
    for at in ancestors(node) {
        match at.kind() {
            "function_definition" if below.field() == Some("body") => return Some(at),
            "class_definition" if below.field() == Some("body") => return None,
            _ => below = at,
        }
    }
    None
}

/// The statements or the expression of a selection, white space at its ends left out.
pub(super) fn selected(unit: &Unit, at: Span) -> Result<Selected<'_>, Refusal> {
    let text = &unit.text()[at.start..at.end];
    let start = at.end - text.trim_start().len();
    let trimmed = text.trim();
    let at = Span::new(start, start + trimmed.len());
    let refuse = |why: &str| Err(unit.refuse(Reason::NotHere, at.start, why));
    if trimmed.is_empty() {
        return refuse("nothing is selected");
    }
    let Some(node) = unit.root().descendant_for_byte_range(at.start, at.end) else {
        return refuse("nothing is selected");
    };
    let same = std::iter::once(node).chain(ancestors(node)).take_while(|n| span(*n) == at);
    // A keyword is called like what it begins.
    let same = same.filter(|n| n.is_named());
    // A keyword is called like what it begins.
    let same: Vec<Node<'_>> = same.filter(|n| n.is_named()).collect();
    let is_statement = |n: &&Node<'_>| {
        n.parent().is_some_and(|p| matches!(p.kind(), "block" | "module")) && n.kind() != "comment"
    };
    let whole = same.iter().find(is_statement);
    // A statement that is one expression is extracted as a statement.
    if let Some(statement) = whole {
        return Ok(Selected::Statements(vec![*statement]));
    }
    if let Some(expression) = same.iter().find(|n| is_expression(**n)) {
        return expression_at(unit, *expression);
    }
    let block = std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| matches!(n.kind(), "block" | "module"));
    let Some(block) = block else { return refuse("select whole statements, or one expression") };
    let inner: Vec<Node<'_>> = named(block)
        .into_iter()
        .filter(|n| at.start <= n.start_byte() && n.end_byte() <= at.end)
        .collect();
    let touched = named(block)
        .into_iter()
        .filter(|n| n.start_byte() < at.end && at.start < n.end_byte())
        .count();
    match (inner.first(), inner.last()) {
        (Some(first), Some(last)) if touched == inner.len() => {
            let before = &unit.text()[at.start..first.start_byte()];
            let after = &unit.text()[last.end_byte()..at.end];
            let quiet = |s: &str| {
                s.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with(['#', ';']))
            };
            if quiet(before) && quiet(after) {
                Ok(Selected::Statements(inner))
            } else {
                refuse("select whole statements, or one expression")
            }
        }
        _ => refuse("select whole statements, or one expression"),
    }
}

fn is_expression(node: Node<'_>) -> bool {
    super::layout::is_atom(node)
        || matches!(
            node.kind(),
            "binary_operator"
                | "unary_operator"
                | "boolean_operator"
                | "comparison_operator"
                | "not_operator"
                | "conditional_expression"
                | "lambda"
                | "await"
                | "concatenated_string"
                | "named_expression"
                | "expression_list"
        )
}

/// The selection of one expression, when it is one that is evaluated for its value.
pub(super) fn expression_at<'w>(unit: &Unit, node: Node<'w>) -> Result<Selected<'w>, Refusal> {
    let refuse = |why: &str| Err(unit.refuse(Reason::NotHere, node.start_byte(), why));
    let Some(parent) = node.parent() else { return refuse("nothing is selected") };
    if unit.occurrence(node).is_some_and(|o| o.role.writes()) {
        return refuse("this is what is assigned to, not a value");
    }
    let mut below = node;
    for at in ancestors(node) {
        let left = field(at, "left").map(|n| n.id()) == Some(below.id());
        match at.kind() {
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause"
                if left && below == node =>
            {
                return refuse("this is what is assigned to, not a value");
            }
            "assignment" | "for_statement" | "for_in_clause" | "augmented_assignment"
                if left
                    && matches!(
                        below.kind(),
                        "pattern_list" | "tuple_pattern" | "list_pattern"
                    ) =>
            {
                return refuse("this is part of what is assigned to");
            }
            "as_pattern_target" => return refuse("this is not evaluated for its value"),
            "delete_statement" if below == node => {
                return refuse("this is not evaluated for its value");
            }
            "type" => return refuse("this is an annotation"),
            "case_pattern"
            | "import_statement"
            | "import_from_statement"
            | "parameters"
            | "global_statement"
            | "nonlocal_statement"
            | "dotted_name"
                if at.kind() != "parameters" || below.field() == Some("name") =>
            {
                return refuse("this is not evaluated for its value");
            }
            "concatenated_string" => return refuse("this is part of a text"),
            _ => {}
        }
        if matches!(at.kind(), "block" | "module") {
            break;
        }
        below = at;
    }
    match parent.kind() {
        "attribute" if field(parent, "attribute") == Some(node) => refuse("select the whole `a.b`"),
        "keyword_argument" if field(parent, "name") == Some(node) => {
            refuse("this is the name of a parameter")
        }
        "call" if node.kind() == "generator_expression" => {
            refuse("the parentheses belong to the call; select what is in them as a list first")
        }
        "function_definition" | "class_definition" | "lambda_parameters"
            if node.field() == Some("name") =>
        {
            refuse("this is the name of a definition")
        }
        "with_item" | "decorator" | "subscript" if node.kind() == "expression_list" => {
            refuse("select one expression")
        }
        "expression_statement" if matches!(node.kind(), "string" | "concatenated_string") => {
            refuse("this is documentation")
        }
        _ => Ok(Selected::Expression(node)),
    }
}

impl<'w> Plan<'w> {
    fn refuse(&self, reason: Reason, at: usize, message: impl Into<String>) -> Refusal {
        self.unit.refuse(reason, at, message)
    }

    /// # Errors
    /// When the selection leaves in more than one way.
    fn control(&mut self, nodes: &[Node<'w>], statements: bool) -> Result<(), Refusal> {
        let inner: Vec<Node<'w>> = nodes.iter().flat_map(|n| own(*n)).collect();
        let cannot = |this: &Self, node: Node<'_>, why: &str| {
            Err(this.refuse(Reason::ControlFlow, node.start_byte(), why))
        };
        for node in &inner {
            match node.kind() {
                "yield" => return cannot(self, *node, "`yield` belongs to this function"),
                "break_statement" | "continue_statement" => {
                    let target = ancestors(*node)
                        .find(|n| matches!(n.kind(), "for_statement" | "while_statement"));
                    if target.is_none_or(|t| t.start_byte() < self.at.start) {
                        let why = "this leaves, or goes on with, a loop that is not selected";
                        return cannot(self, *node, why);
                    }
                }
                "await" => self.is_async = true,
                "for_statement" | "with_statement" | "for_in_clause"
                    if child_of_kind(*node, "async").is_some() =>
                {
                    self.is_async = true;
                }
                "nonlocal_statement" => {
                    return cannot(self, *node, "`nonlocal` needs the function around it");
                }
                "identifier" | "call" => self.is_placeless(*node)?,
                _ => {}
            }
        }
        let exits: Vec<&Node<'w>> =
            inner.iter().filter(|n| n.kind() == "return_statement").collect();
        if exits.is_empty() || !statements {
            return Ok(());
        }
        // Any name will do: only whether the end is reached matters here.
        let mut flow = Flow::new(self.unit, BoundId(u32::MAX));
        let falls_through = flow.run(nodes, State::Open) != State::Dead;
        let last = nodes[nodes.len() - 1];
        let is_tail = last.parent().is_some_and(|block| {
            named(block).last() == Some(&last)
                && block.field() == Some("body")
                && block.parent() == self.function
        });
        if falls_through && !is_tail {
            let why = "this returns, but the selection can also go on to what follows; select up to \
                the end of the function, or without the `return`";
            return cannot(self, *exits[0], why);
        }
        self.returns = true;
        Ok(())
    }

    /// # Errors
    /// What depends on the function that it stands in.
    fn is_placeless(&self, node: Node<'w>) -> Result<(), Refusal> {
        let text = self.unit.of(node);
        let looks = matches!(text, "_getframe" | "currentframe" | "stacklevel" | "stack_info");
        if node.kind() == "identifier" && looks {
            let message = format!("`{text}` depends on how deep the calls are nested");
            return Err(self.refuse(Reason::Dynamic, node.start_byte(), message));
        }
        Ok(())
    }

    /// # Errors
    /// When what a name is before or after the selection cannot be carried by parameters and results.
    fn names(&mut self, nodes: &[Node<'w>], statements: bool) -> Result<(), Refusal> {
        let unit = self.unit;
        let used: Vec<_> = unit.names.within(self.at).copied().collect();
        let mut seen: Vec<BoundId> = Vec::new();
        for occurrence in &used {
            let Some(id) = occurrence.bound.filter(|id| !seen.contains(id)) else { continue };
            seen.push(id);
            let bound = unit.names.get(id);
            let home = unit.names.scope(bound.scope);
            let is_module = home.kind == ScopeKind::File;
            if !is_module && self.at.contains(home.span) {
                continue;
            }
            if let Some(at) = home.dynamic.filter(|_| !is_module) {
                let message = "names are looked up at run time here";
                return Err(self.refuse(Reason::Dynamic, at.start, message));
            }
            let own: Vec<_> = used.iter().filter(|o| o.bound == Some(id)).collect();
            let writes = own.iter().any(|o| o.role.writes());
            if is_module && self.function.is_some() {
                if writes {
                    self.globals.push(bound.name.clone());
                }
                continue;
            }
            if is_module && !writes {
                continue;
            }
            self.variable(id, nodes, statements)?;
        }
        Ok(())
    }

    /// Decides whether a local goes in, comes out, or neither.
    fn variable(
        &mut self,
        id: BoundId,
        nodes: &[Node<'w>],
        statements: bool,
    ) -> Result<(), Refusal> {
        let unit = self.unit;
        let bound = unit.names.get(id);
        let inside: Vec<_> = unit.names.of(id).filter(|o| self.at.contains(o.span)).collect();
        let writes = inside.iter().any(|o| o.role.writes());
        let at = inside.first().map_or(self.at.start, |o| o.span.start);
        let name = &bound.name;
        if inside.iter().any(|o| o.role == Role::Delete) {
            let message = format!("`{name}` is deleted here, and is a name of what is around");
            return Err(self.refuse(Reason::ControlFlow, at, message));
        }
        let declared = unit
            .names
            .of(id)
            .filter(|o| o.role.writes() && !self.at.contains(o.span))
            .filter_map(|o| unit.node(o.span)?.parent())
            .find(|p| p.kind() == "assignment" && field(*p, "right").is_none());
        if let Some(declared) = declared {
            let message = format!(
                "`{name}` is only declared here, so that there may be no value to hand over"
            );
            return Err(self.refuse(Reason::ControlFlow, declared.start_byte(), message));
        }
        if !writes {
            self.captured(id, &inside)?;
            if self.is_set_before(id, nodes[0])? {
                self.inputs.push(id);
            }
            return Ok(());
        }
        let scope = self.function.and_then(|f| unit.scope_of(f)).unwrap_or(ScopeId(0));
        if bound.scope != scope || !statements {
            let message = format!("`{name}` belongs to what is around and is assigned here");
            return Err(self.refuse(Reason::ControlFlow, at, message));
        }
        let shared = unit.names.of(id).any(|o| self.is_deferred(o.scope, bound.scope));
        if shared {
            let message = format!("`{name}` is assigned here and used by an inner function");
            return Err(self.refuse(Reason::ControlFlow, at, message));
        }
        let mut flow = Flow::new(unit, id);
        let end = flow.run(nodes, State::Open);
        let last = nodes[nodes.len() - 1];
        let live = !self.returns && (self.function.is_none() || is_live_after(unit, id, last));
        let maybe_before = self.may_be_set_before(id, nodes[0]);
        let wanted = flow.exposed.is_some() || (live && end == State::Open);
        if wanted && maybe_before && self.is_set_before(id, nodes[0])? {
            self.inputs.push(id);
        } else if live && end == State::Open {
            let message = format!("`{name}` is used afterwards, but not always assigned here");
            return Err(self.refuse(Reason::ControlFlow, at, message));
        }
        if live {
            self.survives_exceptions(id, nodes, maybe_before)?;
            self.outputs.push(id);
        }
        Ok(())
    }

    /// # Errors
    /// When an inner function of the selection would no longer see later assignments.
    fn captured(
        &self,
        id: BoundId,
        inside: &[&crate::refactor::Occurrence],
    ) -> Result<(), Refusal> {
        let unit = self.unit;
        let bound = unit.names.get(id);
        let captured = inside.iter().find(|o| {
            unit.names.chain(o.scope).take_while(|s| *s != bound.scope).any(|s| {
                self.at.contains(unit.names.scope(s).span)
                    && unit.names.scope(s).kind == ScopeKind::Function
            })
        });
        let Some(captured) = captured else { return Ok(()) };
        let in_loop = ancestors(unit.node(self.at).unwrap_or(unit.root()))
            .any(|n| matches!(n.kind(), "for_statement" | "while_statement"));
        let later = unit.names.of(id).any(|o| {
            o.role.writes()
                && (o.span.start > self.at.end || in_loop && o.span.start != bound.declared.start)
        });
        if later {
            let message = format!(
                "an inner function uses `{}`, which is assigned again outside of the selection",
                bound.name
            );
            return Err(self.refuse(Reason::ControlFlow, captured.span.start, message));
        }
        Ok(())
    }

    /// True when a scope is that of a function that runs later than the scope around it.
    fn is_deferred(&self, scope: ScopeId, home: ScopeId) -> bool {
        let names = &self.unit.names;
        names
            .chain(scope)
            .take_while(|s| *s != home)
            .any(|s| names.scope(s).kind == ScopeKind::Function)
    }

    fn may_be_set_before(&self, id: BoundId, first: Node<'w>) -> bool {
        let bound = self.unit.names.get(id);
        if bound.kind == BoundKind::Parameter {
            return true;
        }
        let in_loop = ancestors(first)
            .take_while(|n| Some(*n) != self.function)
            .any(|n| matches!(n.kind(), "for_statement" | "while_statement"));
        let mut writes = self.unit.names.of(id).filter(|o| o.role.writes());
        writes.any(|o| o.span.start < self.at.start || in_loop && !self.at.contains(o.span))
    }

    /// True when a name has a value before the selection.
    ///
    /// # Errors
    /// When it has one only sometimes.
    fn is_set_before(&self, id: BoundId, first: Node<'w>) -> Result<bool, Refusal> {
        let unit = self.unit;
        let bound = unit.names.get(id);
        if bound.kind == BoundKind::Parameter && !self.is_deleted(id) {
            return Ok(true);
        }
        let home = unit.names.scope(bound.scope);
        let own = self.function.and_then(|f| unit.scope_of(f)) == Some(bound.scope);
        if home.kind != ScopeKind::Function || !own {
            return Ok(true);
        }
        let Some(body) = self.function.and_then(|f| field(f, "body")) else { return Ok(true) };
        let statement = std::iter::once(first)
            .chain(ancestors(first))
            .find(|n| n.parent().is_some_and(|p| p.kind() == "block"));
        let Some(statement) = statement else { return Ok(true) };
        let state = Flow::before(unit, id, body, statement.start_byte(), State::Open);
        let lazy = |n: Node<'_>| {
            matches!(n.kind(), "boolean_operator" | "conditional_expression" | "lambda")
                || n.kind().ends_with("comprehension")
                || n.kind() == "generator_expression"
        };
        // Where it is read in any case, it fails before or after.
        let within = statement.start_byte() < self.at.start && !first.subtree().any(lazy);
        if state == State::Bound || state == State::Dead || within {
            return Ok(true);
        }
        let message = format!("`{}` has a value here only sometimes", bound.name);
        Err(self.refuse(Reason::ControlFlow, bound.declared.start, message))
    }

    fn is_deleted(&self, id: BoundId) -> bool {
        self.unit.names.of(id).any(|o| o.role == Role::Delete)
    }

    /// # Errors
    /// When a value assigned before an exception is seen after it.
    fn survives_exceptions(
        &self,
        id: BoundId,
        nodes: &[Node<'w>],
        maybe_before: bool,
    ) -> Result<(), Refusal> {
        let unit = self.unit;
        let mut below = nodes[0];
        let guarded = ancestors(nodes[0]).take_while(|n| Some(*n) != self.function).any(|n| {
            let is_body = n.kind() == "try_statement" && below.field() == Some("body");
            let suppresses = n.kind() == "with_statement"
                && unit.of(n).lines().next().unwrap_or("").contains("suppress");
            below = n;
            is_body || suppresses
        });
        let last = nodes[nodes.len() - 1];
        let early = unit.names.of(id).any(|o| {
            o.role.writes()
                && self.at.contains(o.span)
                && (!span(last).contains(o.span) || last.kind() != "expression_statement")
        });
        if guarded && early && (maybe_before || self.is_read_in_handler(id, nodes[0])) {
            let message = format!(
                "`{}` keeps what it was assigned here when an exception is caught",
                unit.names.get(id).name
            );
            return Err(self.refuse(Reason::Effects, self.at.start, message));
        }
        Ok(())
    }

    fn is_read_in_handler(&self, id: BoundId, first: Node<'w>) -> bool {
        ancestors(first).filter(|n| n.kind() == "try_statement").any(|n| {
            let clauses = named(n)
                .into_iter()
                .filter(|c| c.kind().starts_with("except") || c.kind() == "finally_clause");
            clauses.into_iter().any(|c| {
                self.unit.names.within(span(c)).any(|o| o.bound == Some(id) && o.role.reads())
            })
        })
    }

    /// Makes it a method when it uses the object.
    fn method(&mut self, world: &'w World<'w>, nodes: &[Node<'w>]) -> Result<(), Refusal> {
        let unit = self.unit;
        let class = self.function.and_then(class_of);
        let zero = nodes.iter().flat_map(|n| n.subtree()).find(|n| {
            let text = unit.of(*n);
            n.kind() == "identifier"
                && (matches!(text, "super" | "__class__")
                    && unit.meaning(*n).is_none()
                    && n.parent()
                        .is_none_or(|p| p.kind() != "attribute" || field(p, "object") == Some(*n)))
        });
        let private = nodes.iter().flat_map(|n| n.subtree()).find(|n| {
            n.kind() == "identifier"
                && unit.of(*n).starts_with("__")
                && !unit.of(*n).ends_with("__")
        });
        if let (Some(class), Some(function)) = (class, self.function) {
            let def = Def { unit, node: function };
            let by_class = def.has_decorator(&["classmethod"]);
            let first = parameters(function)
                .first()
                .copied()
                .filter(|_| !def.has_decorator(&["staticmethod"]))
                .filter(|f| matches!(f.kind(), "identifier" | "typed_parameter"))
                .and_then(super::classes::parameter_name)
                .and_then(|n| unit.meaning(n));
            let used =
                first.filter(|id| self.inputs.contains(id) || zero.is_some() || private.is_some());
            let steady = |id: BoundId| unit.names.of(id).filter(|o| o.role.writes()).count() == 1;
            let constructs =
                matches!(def.name(), "__new__" | "__init_subclass__" | "__class_getitem__");
            let lambda = ancestors(nodes[0])
                .take_while(|n| *n != function)
                .any(|n| n.kind() == "lambda" || n.kind() == "function_definition");
            if let Some(id) = used.filter(|id| steady(*id) && !constructs && !lambda) {
                self.inputs.retain(|i| *i != id);
                let name = unit.names.get(id).name.clone();
                self.receiver = Some(Receiver { id, name, by_class });
            }
            let class = Def { unit, node: class };
            let taken = || Classes::new(world).below_with(class, &self.name);
            if let Some(taken) = self.receiver.as_ref().and_then(|_| taken()) {
                let message = format!("`{}` already has `{}`", taken.name(), self.name);
                return Err(self.refuse(Reason::NameTaken, taken.node.start_byte(), message));
            }
        }
        match zero.or(private).filter(|_| self.receiver.is_none()) {
            Some(node)
                if zero.is_some() || ancestors(node).any(|n| n.kind() == "class_definition") =>
            {
                let message = format!("`{}` only works in a method of this class", unit.of(node));
                Err(self.refuse(Reason::Shadowed, node.start_byte(), message))
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// When the name of the new function is taken.
    fn is_free(&self) -> Result<(), Refusal> {
        if self.receiver.is_some() {
            return Ok(());
        }
        let unit = self.unit;
        if let Some(id) = unit.names.own(ScopeId(0), &self.name, Namespace::Value) {
            let at = unit.names.get(id).declared.start;
            let message = format!("`{}` is already defined; choose another name", self.name);
            return Err(self.refuse(Reason::NameTaken, at, message));
        }
        rename::captured(unit, ScopeId(0), &self.name)?;
        let scope = self.function.and_then(|f| unit.scope_of(f)).unwrap_or(ScopeId(0));
        for scope in unit.names.chain(scope) {
            if let Some(id) = unit.names.own(scope, &self.name, Namespace::Value) {
                let at = unit.names.get(id).declared.start;
                let message =
                    format!("`{}` is something else here; choose another name", self.name);
                return Err(self.refuse(Reason::NameTaken, at, message));
            }
        }
        Ok(())
    }
}

/// The nodes of a subtree that are run with it: inner functions are listed, not entered.
fn own(node: Node<'_>) -> Vec<Node<'_>> {
    if opens_function(node) { vec![node] } else { node.walk(|n| !opens_function(n)) }
}
