//! The value of a variable, or the body of a function, where it is used.

use super::extract_variable::{assigned_value, following, scope_at, short};
use super::flow_is_compound;
use super::inline_function;
use super::layout::{line_end, line_start};
use super::order::{
    Often, acts, depends, fitted, is_constant, makes, often, reads, shadowed, statement_of,
};
use super::rename::target::{self, Target};
use super::world::{Imported, Unit, World, source};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundId, BoundKind, Occurrence, Reason, Refusal, ScopeId, ScopeKind, Setting, Step,
};
use crate::syntax::node::{ancestors, field, span};
use crate::syntax::tree::Node;

/// The step that puts what is at the caret where it is used.
pub(super) fn plan(setting: &Setting<'_>) -> Answer {
    let world = World::new(setting.project);
    let Some(unit) = world.unit(setting.path()) else {
        return Err(Refusal::new(Reason::NotHere, format!("{} cannot be read", setting.path())));
    };
    let target = target::at(&world, unit, setting.at.span)?;
    match target {
        Target::Local(unit, id) => any(&world, unit, id, setting),
        Target::Global(unit, name) => match unit.global(&name) {
            Some(id) => any(&world, unit, id, setting),
            None => Err(unit.refuse(Reason::NotHere, setting.at.span.start, "nothing to inline")),
        },
        Target::Member(class, name) => match world.own_member(class, &name) {
            Some(id) if class.unit.definition(class.unit.names.get(id)).is_some() => {
                inline_function::plan(&world, class.unit, id, setting.api)
            }
            _ => Err(class.unit.refuse(
                Reason::Unsupported,
                class.node.start_byte(),
                format!("`{name}` is an attribute, which others may set"),
            )),
        },
        Target::Parameter(unit, id) => Err(unit.refuse(
            Reason::NotHere,
            unit.names.get(id).declared.start,
            "the value of a parameter is not known here",
        )),
    }
}

fn any<'w>(world: &'w World<'w>, unit: &'w Unit, id: BoundId, setting: &Setting<'_>) -> Answer {
    match unit.names.get(id).kind {
        BoundKind::Function => inline_function::plan(world, unit, id, setting.api),
        _ => variable(world, unit, id),
    }
}

fn variable(world: &World<'_>, unit: &Unit, id: BoundId) -> Answer {
    let bound = unit.names.get(id);
    let name = &bound.name;
    let at = bound.declared.start;
    let writes: Vec<&Occurrence> = unit.names.of(id).filter(|o| o.role.writes()).collect();
    if writes.len() != 1 {
        let message = format!("`{name}` is assigned more than once");
        return Err(unit.refuse(Reason::Effects, writes[writes.len() - 1].span.start, message));
    }
    let found = unit.node(bound.declared).and_then(assigned_value);
    let Some((statement, value)) = found else {
        let message = format!("`{name}` is not given its value by a plain assignment");
        return Err(unit.refuse(Reason::NotHere, at, message));
    };
    let scope = scope_at(unit, statement);
    if bound.scope != scope || unit.names.scope(scope).kind == ScopeKind::Class {
        let message = format!("`{name}` belongs to another scope, and others may use it there");
        return Err(unit.refuse(Reason::Unsupported, at, message));
    }
    let is_star = |at: &Span| at.of(unit.text()).unwrap_or("").contains("import");
    if let Some(at) = unit.names.scope(scope).dynamic.filter(|at| !is_star(at)) {
        let message = "names are looked up at run time here";
        return Err(unit.refuse(Reason::Dynamic, at.start, message));
    }
    if scope == ScopeId(0) {
        is_own(world, unit, name)?;
    }
    let uses: Vec<(Occurrence, Node<'_>)> = unit
        .names
        .of(id)
        .filter(|o| !o.role.writes())
        .filter_map(|o| Some((*o, unit.node(o.span)?)))
        .collect();
    if uses.is_empty() {
        return Err(unit.refuse(Reason::NotHere, at, format!("`{name}` is not used")));
    }
    let check = Check { unit, statement, value, scope, single: uses.len() == 1 };
    let mut step = Step::new(format!("Inline {name}"));
    for (occurrence, node) in &uses {
        check.can_stand_at(occurrence, *node)?;
        let text = unit.of(value);
        step.replace(&unit.path, put(span(*node), fitted(value, text, *node)));
    }
    check.is_unchanged(&uses.iter().map(|(_, n)| *n).collect::<Vec<_>>())?;
    step.replace(&unit.path, put(removal(unit, statement), ""));
    Ok(step)
}

/// # Errors
/// When another file uses a name of this module.
pub(super) fn is_own(world: &World<'_>, unit: &Unit, name: &str) -> Result<(), Refusal> {
    let refuse = |other: &Unit, at: usize| {
        let message = format!("`{name}` is used by {}", other.path);
        Err(other.refuse(Reason::Exported, at, message))
    };
    if let Some(string) = unit.exports().and_then(|all| {
        all.into_iter().find(|n| {
            super::world::plain_string(*n, unit.text()).is_some_and(|(text, _)| text == name)
        })
    }) {
        return refuse(unit, string.start_byte());
    }
    for other in world.with(name) {
        for node in other.root().subtree().filter(|n| n.kind() == "identifier") {
            if other.of(node) != name || other == unit && other.meaning(node).is_some() {
                continue;
            }
            let Some(parent) = node.parent() else { continue };
            let ours = match parent.kind() {
                "attribute" if field(parent, "attribute") == Some(node) => {
                    let object = field(parent, "object");
                    object.is_some_and(|o| {
                        world.infer(other, o).contains(&super::infer::Ty::Module(unit))
                    })
                }
                "dotted_name" => source(node, other.text()).is_some_and(|source| {
                    let module = world.module(other, source.dots, &source.parts);
                    source.name.as_deref() == Some(name)
                        && matches!(world.taken(module, name), Imported::Name(f, _) if f == unit)
                }),
                _ => {
                    other != unit
                        && other.global(name).is_none()
                        && other.occurrence(node).is_some_and(|o| o.bound.is_none())
                        && target::star(world, other, name) == Some(unit)
                }
            };
            if ours {
                return refuse(other, node.start_byte());
            }
        }
    }
    Ok(())
}

/// The span that goes when a statement goes: its lines when it stands alone on them.
pub(super) fn removal(unit: &Unit, statement: Node<'_>) -> Span {
    let text = unit.text();
    let (start, end) = (
        line_start(text, statement.start_byte()),
        line_end(text, statement.end_byte().saturating_sub(1).max(statement.start_byte())),
    );
    let before = &text[start..statement.start_byte()];
    let after = text[statement.end_byte()..end].trim();
    if before.trim().is_empty() && (after.is_empty() || after.starts_with('#')) {
        return Span::new(start, end);
    }
    let rest = &text[statement.end_byte()..];
    let gap = rest.len() - rest.trim_start_matches([' ', ';']).len();
    Span::new(statement.start_byte(), statement.end_byte() + gap)
}

struct Check<'u> {
    unit: &'u Unit,
    statement: Node<'u>,
    value: Node<'u>,
    scope: ScopeId,
    single: bool,
}

impl Check<'_> {
    /// # Errors
    /// When the value would be another, or be computed at another time, where it is used.
    fn can_stand_at(&self, occurrence: &Occurrence, node: Node<'_>) -> Result<(), Refusal> {
        let unit = self.unit;
        let refuse = |reason, message: String| Err(unit.refuse(reason, node.start_byte(), message));
        let Some(holder) = following(self.statement)
            .into_iter()
            .find(|s| s.start_byte() <= node.start_byte() && node.end_byte() <= s.end_byte())
        else {
            return refuse(
                Reason::ControlFlow,
                "this use is not always, or not only, reached after the assignment".to_owned(),
            );
        };
        if let Some(name) = shadowed(unit, self.value, self.scope, occurrence.scope) {
            return refuse(Reason::Shadowed, format!("`{name}` means something else here"));
        }
        let parent = node.parent();
        let in_statement = parent.is_some_and(|p| {
            matches!(p.kind(), "global_statement" | "nonlocal_statement" | "delete_statement")
        });
        if in_statement || span(node) != occurrence.span || node.kind() != "identifier" {
            return refuse(Reason::NotHere, "a value cannot stand here".to_owned());
        }
        if let Some(string) = ancestors(node).find(|n| n.kind() == "interpolation") {
            let text = unit.of(self.value);
            let plain = !text.contains(['"', '\'', '\\', '{', '}', ':', '!', '\n', '=']);
            if !plain || unit.of(string).trim_end().ends_with("=}") {
                return refuse(
                    Reason::NotEquivalent,
                    "the value cannot be written in this f-string".to_owned(),
                );
            }
        }
        let how = often(node, holder).max(self.inner_often(holder, node));
        if is_constant(self.value) {
            return Ok(());
        }
        let text = short(unit.of(self.value));
        match how {
            Often::Later => refuse(
                Reason::Effects,
                format!("`{text}` would be computed when the function is called"),
            ),
            _ if !acts(self.value) && !makes(self.value) => Ok(()),
            _ if !self.single => {
                refuse(Reason::Effects, format!("`{text}` would be computed more than once"))
            }
            Often::Once => self.next(holder, node),
            Often::Repeatedly => {
                refuse(Reason::Effects, format!("`{text}` would be computed in every round"))
            }
            _ if !acts(self.value) => Ok(()),
            _ => refuse(Reason::Effects, format!("`{text}` would not always be computed")),
        }
    }

    /// The blocks between the statement of the same block and the use.
    fn inner_often(&self, holder: Node<'_>, node: Node<'_>) -> Often {
        if flow_is_compound(holder) && statement_of(node).is_some_and(|s| s != holder) {
            often(node, holder)
        } else {
            Often::Once
        }
    }

    /// # Errors
    /// When something happens between the assignment and the use.
    fn next(&self, holder: Node<'_>, node: Node<'_>) -> Result<(), Refusal> {
        let unit = self.unit;
        let between = following(self.statement)
            .into_iter()
            .take_while(|s| *s != holder)
            .find(|s| acts(*s) || flow_is_compound(*s) || depends(unit, *s, self.scope));
        if acts(self.value)
            && let Some(other) = between
        {
            let message =
                format!("`{}` comes between and would be computed before", short(unit.of(other)));
            return Err(unit.refuse(Reason::Effects, other.start_byte(), message));
        }
        let active = acts(self.value);
        for other in super::order::before(node, holder) {
            let callee = other.field() == Some("function");
            if active && (acts(other) || !callee && depends(unit, other, self.scope)) {
                let message = format!("`{}` would be computed before", short(unit.of(other)));
                return Err(unit.refuse(Reason::Effects, other.start_byte(), message));
            }
        }
        Ok(())
    }

    /// # Errors
    /// When what the value is made of can change between the assignment and a use.
    fn is_unchanged(&self, uses: &[Node<'_>]) -> Result<(), Refusal> {
        let unit = self.unit;
        let names = reads(unit, self.value);
        let dependent = depends(unit, self.value, self.scope);
        let Some(last) = uses.iter().map(|n| n.end_byte()).max() else { return Ok(()) };
        for holder in following(self.statement) {
            if holder.start_byte() >= last {
                break;
            }
            let is_last = holder.end_byte() >= last;
            let used: Vec<&Node<'_>> =
                uses.iter().filter(|n| span(holder).contains(span(**n))).collect();
            let until = match used.last() {
                // Of a simple statement the part before the use counts; loops come round.
                Some(use_) if is_last && !has_loop(holder) => use_.start_byte(),
                _ => holder.end_byte(),
            };
            let simple = !flow_is_compound(holder);
            for occurrence in unit.names.within(span(holder)).filter(|o| o.role.writes()) {
                let ours = occurrence.bound.is_some_and(|id| names.iter().any(|(b, _)| *b == id));
                // The target of an assignment is written after its value is computed.
                let after = simple && is_last && is_target(unit, occurrence.span);
                if ours && occurrence.span.start < until && !after {
                    let message = format!(
                        "`{}` is assigned before the value is used",
                        occurrence.span.of(unit.text()).unwrap_or("")
                    );
                    return Err(unit.refuse(Reason::Effects, occurrence.span.start, message));
                }
            }
            if !dependent || is_constant(self.value) {
                continue;
            }
            let earlier: Vec<Node<'_>> = match used.last() {
                Some(use_) if is_last && simple => super::order::before(**use_, holder),
                _ => vec![holder],
            };
            let change = earlier
                .iter()
                .flat_map(|n| n.subtree())
                .filter(|n| n.start_byte() < until)
                .find(|n| {
                    let stores = matches!(n.kind(), "assignment" | "augmented_assignment")
                        && field(*n, "left").is_some_and(|l| {
                            l.subtree().any(|t| matches!(t.kind(), "attribute" | "subscript"))
                        })
                        && !(simple && is_last);
                    let calls = matches!(n.kind(), "call" | "await" | "yield" | "delete_statement");
                    stores || calls && !used.iter().any(|u| span(*n).contains(span(**u)))
                });
            if let Some(change) = change {
                let message = format!(
                    "`{}` may change what `{}` gives",
                    short(unit.of(change)),
                    short(unit.of(self.value))
                );
                return Err(unit.refuse(Reason::Effects, change.start_byte(), message));
            }
        }
        Ok(())
    }
}

fn has_loop(node: Node<'_>) -> bool {
    node.subtree().any(|n| matches!(n.kind(), "for_statement" | "while_statement"))
}

fn is_target(unit: &Unit, at: Span) -> bool {
    unit.node(at).is_some_and(|n| {
        ancestors(n)
            .find(|a| a.kind().ends_with("assignment"))
            .and_then(|a| field(a, "left"))
            .is_some_and(|left| span(left).contains(at))
    })
}
