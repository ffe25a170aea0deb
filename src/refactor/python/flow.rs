//! Along which ways a name is bound and read: definite assignment and liveness of one name in one function.

use super::world::Unit;
use crate::base::Span;
use crate::refactor::{BoundId, Role};
use crate::syntax::node::{children, field, named, span};
use crate::syntax::tree::Node;

/// What is known of the name at a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// It may be unbound, as far as the part that is looked at tells.
    Open,
    Bound,
    /// The point is not reached.
    Dead,
}

/// The walk of one name through statements.
pub(super) struct Flow<'u> {
    unit: &'u Unit,
    id: BoundId,
    /// A read while the name may not have been bound in the part that is looked at.
    pub(super) exposed: Option<Span>,
    /// Where the walk tells the state before.
    stop: Option<usize>,
    /// The state there.
    pub(super) reached: Option<State>,
    breaks: Vec<Option<State>>,
    /// `break` or `continue` of a loop that lies outside.
    pub(super) jumps: bool,
}

fn join(a: State, b: State) -> State {
    match (a, b) {
        (State::Dead, other) | (other, State::Dead) => other,
        (State::Bound, State::Bound) => State::Bound,
        _ => State::Open,
    }
}

impl<'u> Flow<'u> {
    pub(super) fn new(unit: &'u Unit, id: BoundId) -> Self {
        Self {
            unit,
            id,
            exposed: None,
            stop: None,
            reached: None,
            breaks: Vec::new(),
            jumps: false,
        }
    }

    /// The state before the statement that begins at `at`, when `body` begins with `state`.
    pub(super) fn before(
        unit: &'u Unit,
        id: BoundId,
        body: Node<'u>,
        at: usize,
        state: State,
    ) -> State {
        let mut flow = Self { stop: Some(at), ..Self::new(unit, id) };
        let end = flow.block(body, state);
        flow.reached.unwrap_or(end)
    }

    /// Walks statements; gives the state after them.
    pub(super) fn run(&mut self, statements: &[Node<'u>], state: State) -> State {
        statements.iter().fold(state, |state, statement| self.statement(*statement, state))
    }

    fn block(&mut self, block: Node<'u>, state: State) -> State {
        self.run(&named(block), state)
    }

    fn maybe(&mut self, node: Option<Node<'u>>, state: State) -> State {
        node.map_or(state, |node| self.block(node, state))
    }

    /// Reads and binds what an expression or a simple statement reads and binds.
    fn plain(&mut self, node: Node<'u>, state: State) -> State {
        let mut state = state;
        let uses: Vec<_> = self.unit.names.within(span(node)).copied().collect();
        let mine = |o: &&crate::refactor::Occurrence| o.bound == Some(self.id);
        for occurrence in uses.iter().filter(mine) {
            let reads = occurrence.role.reads() || occurrence.role == Role::Delete;
            let declares = node.kind() == "global_statement" || node.kind() == "nonlocal_statement";
            if reads && !declares && state == State::Open && self.exposed.is_none() {
                self.exposed = Some(occurrence.span);
            }
        }
        for occurrence in uses.iter().filter(mine) {
            if occurrence.role == Role::Delete {
                state = State::Open;
            } else if occurrence.role.writes()
                && state == State::Open
                && self.sure(node, occurrence.span)
            {
                state = State::Bound;
            }
        }
        state
    }

    /// True when a binding within an expression is always made.
    fn sure(&self, whole: Node<'u>, at: Span) -> bool {
        let Some(node) = self.unit.node(at) else { return false };
        let mut below = node;
        let mut ways = crate::syntax::node::ancestors(node)
            .take_while(|n| n.id() != whole.id())
            .chain([whole]);
        !ways.any(|n| {
            let first = named(n).first().map(|f| f.id()) == Some(below.id());
            let unsure = match n.kind() {
                "boolean_operator" => !first,
                "conditional_expression" => named(n).get(1).map(|c| c.id()) != Some(below.id()),
                "lambda" => true,
                kind => kind.ends_with("comprehension") || kind == "generator_expression",
            };
            below = n;
            unsure
        })
    }

    fn statement(&mut self, node: Node<'u>, state: State) -> State {
        if self.stop == Some(node.start_byte()) && self.reached.is_none() {
            self.reached = Some(state);
        }
        match node.kind() {
            "if_statement" => self.branches(node, state),
            "for_statement" => {
                let after = field(node, "right").map_or(state, |n| self.plain(n, state));
                let inner = field(node, "left").map_or(after, |n| self.plain(n, after));
                self.repeat(node, after, inner, false)
            }
            "while_statement" => {
                let condition = field(node, "condition");
                let inner = condition.map_or(state, |n| self.plain(n, state));
                let endless = condition.is_some_and(|c| matches!(self.unit.of(c), "True" | "1"));
                self.repeat(node, inner, inner, endless)
            }
            "try_statement" => self.guarded(node, state),
            "with_statement" => {
                let mut inner = state;
                for clause in children(node).filter(|c| c.kind() == "with_clause") {
                    inner = self.plain(clause, inner);
                }
                let end = self.maybe(field(node, "body"), inner);
                // What swallows exceptions may leave the body early.
                let head = self.unit.of(node).lines().next().unwrap_or("");
                let swallows = head.contains("suppress") || head.contains("raises");
                if swallows { join(end, inner) } else { end }
            }
            "match_statement" => {
                let start = fields_of(node, "subject").fold(state, |s, n| self.plain(n, s));
                let mut end = State::Dead;
                let mut complete = false;
                let body = field(node, "body");
                for case in body.map(named).unwrap_or_default() {
                    let head = children(case).filter(|c| c.kind() != "block");
                    let inner = head.fold(start, |s, n| self.plain(n, s));
                    end = join(end, self.maybe(field(case, "consequence"), inner));
                    let pattern = children(case).find(|c| c.kind() == "case_pattern");
                    complete |= pattern.is_some_and(|p| self.unit.of(p) == "_")
                        && field(case, "guard").is_none();
                }
                if complete { end } else { join(end, start) }
            }
            "return_statement" | "raise_statement" => {
                self.plain(node, state);
                State::Dead
            }
            "break_statement" => {
                match self.breaks.last_mut() {
                    Some(seen) => *seen = Some(seen.map_or(state, |s| join(s, state))),
                    None => self.jumps = true,
                }
                State::Dead
            }
            "continue_statement" => {
                self.jumps |= self.breaks.is_empty();
                State::Dead
            }
            _ => self.plain(node, state),
        }
    }

    fn branches(&mut self, node: Node<'u>, state: State) -> State {
        let mut head = field(node, "condition").map_or(state, |n| self.plain(n, state));
        let mut end = self.maybe(field(node, "consequence"), head);
        let mut complete = false;
        for clause in children(node) {
            match clause.kind() {
                "elif_clause" => {
                    head = field(clause, "condition").map_or(head, |n| self.plain(n, head));
                    end = join(end, self.maybe(field(clause, "consequence"), head));
                }
                "else_clause" => {
                    complete = true;
                    end = join(end, self.maybe(field(clause, "body"), head));
                }
                _ => {}
            }
        }
        if complete { end } else { join(end, head) }
    }

    fn repeat(&mut self, node: Node<'u>, skipped: State, inner: State, endless: bool) -> State {
        self.breaks.push(None);
        self.maybe(field(node, "body"), inner);
        let broken = self.breaks.pop().flatten();
        let orelse = field(node, "alternative").and_then(|a| field(a, "body"));
        let end = self.maybe(orelse, if endless { State::Dead } else { skipped });
        broken.map_or(end, |broken| join(end, broken))
    }

    fn guarded(&mut self, node: Node<'u>, state: State) -> State {
        let mut end = self.maybe(field(node, "body"), state);
        let mut ends = State::Dead;
        for clause in children(node) {
            match clause.kind() {
                "except_clause" | "except_group_clause" => {
                    let head = children(clause).filter(|c| c.kind() != "block");
                    let inner = head.fold(state, |s, n| self.plain(n, s));
                    let body = children(clause).find(|c| c.kind() == "block");
                    ends = join(ends, self.maybe(body, inner));
                }
                "else_clause" => end = self.maybe(field(clause, "body"), end),
                "finally_clause" => {
                    let whole = join(end, ends);
                    let body = children(clause).find(|c| c.kind() == "block");
                    let last = self.maybe(body, if whole == State::Bound { state } else { whole });
                    return if last == State::Open && whole == State::Bound { whole } else { last };
                }
                _ => {}
            }
        }
        join(end, ends)
    }
}

fn fields_of<'u>(node: Node<'u>, name: &'static str) -> impl Iterator<Item = Node<'u>> {
    children(node).filter(move |c| c.field() == Some(name))
}

/// True when the value that a name has after `last` may be read in the function.
pub(super) fn is_live_after(unit: &Unit, id: BoundId, last: Node<'_>) -> bool {
    let mut at = last;
    loop {
        let Some(parent) = at.parent() else { return false };
        if matches!(parent.kind(), "block" | "module") {
            let rest: Vec<Node<'_>> =
                named(parent).into_iter().filter(|n| n.start_byte() >= at.end_byte()).collect();
            let mut flow = Flow::new(unit, id);
            let end = flow.run(&rest, State::Open);
            if flow.exposed.is_some() {
                return true;
            }
            if end != State::Open && !flow.jumps {
                return false;
            }
        }
        match parent.kind() {
            "function_definition" | "lambda" | "module" | "class_definition" => return false,
            "while_statement" | "for_statement" => {
                let again: Vec<Node<'_>> = children(parent)
                    .filter(|c| matches!(c.field(), Some("condition" | "body")))
                    .flat_map(|c| if c.kind() == "block" { named(c) } else { vec![c] })
                    .collect();
                let mut flow = Flow::new(unit, id);
                let start = field(parent, "left")
                    .map_or(State::Open, |left| flow.run(&[left], State::Open));
                flow.run(&again, start);
                let orelse = field(parent, "alternative").filter(|a| a.id() != at.id());
                flow.run(
                    &orelse.and_then(|a| field(a, "body")).map(named).unwrap_or_default(),
                    State::Open,
                );
                if flow.exposed.is_some() {
                    return true;
                }
            }
            "try_statement" => {
                for clause in children(parent).filter(|c| c.start_byte() >= at.end_byte()) {
                    let from_handler = at.kind().starts_with("except");
                    if from_handler && clause.kind() != "finally_clause" {
                        continue;
                    }
                    let parts: Vec<Node<'_>> = children(clause)
                        .filter(|c| c.is_named())
                        .flat_map(|c| if c.kind() == "block" { named(c) } else { vec![c] })
                        .collect();
                    let mut flow = Flow::new(unit, id);
                    flow.run(&parts, State::Open);
                    if flow.exposed.is_some() {
                        return true;
                    }
                }
            }
            _ => {}
        }
        at = parent;
    }
}
