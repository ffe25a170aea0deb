//! Other parameters for a function, at its definition and at every call.

mod calls;
mod slots;

use super::file::{File, is_function};
use super::modules::{Graph, Value, exports};
use super::rename::leaf_at;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, Api, BoundId, BoundKind, Reason, Refusal, Role, Setting, SignatureChange, Step,
};
use crate::syntax::node::{ancestors, children, descendants, field, span};
use crate::syntax::tree::Node;
use slots::Slots;

/// What has the parameters.
struct Target<'f> {
    function: Node<'f>,
    /// What calls it by name; `None` for a method that only its class can call.
    id: Option<BoundId>,
    name: &'f str,
}

/// See [`crate::refactor::Refactoring::ChangeSignature`].
pub(super) fn plan(setting: &Setting<'_>, changes: &[SignatureChange]) -> Answer {
    let file = File::of(setting);
    let target = target(&file, setting)?;
    check_function(&file, &target)?;
    let slots = slots::apply(&file, target.function, target.name, changes)?;
    let mut step = Step::new(format!("Change the parameters of {}", target.name));
    match target.id {
        Some(id) => {
            let graph = Graph::new(setting.project);
            let exported = exports(&file).iter().any(|e| e.value == Value::Bound(id));
            if setting.api == Api::Keep
                && exported
                && !slots.is_compatible()
                && let Some(entry) = graph.public(&file, id)
            {
                let message = format!(
                    "`{}` is exported by the package through {entry}; others may call it",
                    target.name
                );
                return Err(file.refuse_at(Reason::Exported, message, file.bound(id).declared));
            }
            own_calls(&mut step, &file, id, &target, &slots)?;
            if exported {
                calls::in_other_files(&mut step, &graph, &file, id, &slots)?;
                step.interface.push(target.name.to_owned());
            }
        }
        None => private_calls(&mut step, &file, &target, &slots)?,
    }
    definition(&mut step, &file, &target, &slots);
    Ok(step)
}

fn target<'f>(file: &'f File, setting: &Setting<'_>) -> Result<Target<'f>, Refusal> {
    let at = setting.at.span;
    let not_here = || {
        file.refuse_at(
            Reason::NotHere,
            "there is no function at this place whose parameters could change",
            at,
        )
    };
    if let Some(leaf) = leaf_at(file, at) {
        let parent = leaf.parent();
        if leaf.kind() == "private_property_identifier" {
            let definition =
                ancestors(leaf).filter(|n| n.kind() == "class_body").find_map(|body| {
                    children(body).find(|m| {
                        m.kind() == "method_definition"
                            && field(*m, "name")
                                .is_some_and(|n| file.of_node(n) == file.of_node(leaf))
                    })
                });
            let function = definition.ok_or_else(not_here)?;
            return Ok(Target { function, id: None, name: file.of_node(leaf) });
        }
        if parent.is_some_and(|p| p.kind() == "method_definition" && leaf.field() == Some("name"))
            || leaf.kind() == "property_identifier"
        {
            let message = "calls of a method go by the object before the dot, whose class is not known everywhere";
            return Err(file.refuse(Reason::Dynamic, message, leaf));
        }
        if let Some(id) = file.meaning(leaf)
            && let Some(function) = function_of(file, id)
        {
            return named(file, function);
        }
    }
    let inner = file.root().descendant_for_byte_range(at.start, at.end).ok_or_else(not_here)?;
    let function = std::iter::once(inner)
        .chain(ancestors(inner))
        .find(|n| is_function(*n))
        .ok_or_else(not_here)?;
    named(file, function)
}

/// The function by the name that others call it by; the own name of an expression is known in it alone.
fn named<'f>(file: &'f File, function: Node<'f>) -> Result<Target<'f>, Refusal> {
    let variable = function
        .parent()
        .filter(|p| p.kind() == "variable_declarator" && function.field() == Some("value"));
    let name = match function.kind() {
        "function_declaration" | "generator_function_declaration" => field(function, "name"),
        _ => variable.and_then(|v| field(v, "name")),
    };
    match name.and_then(|n| file.meaning(n)) {
        Some(id) => Ok(Target { function, id: Some(id), name: &file.bound(id).name }),
        None => {
            let message = "this function is given on as a value; who calls it is not known";
            Err(file.refuse(Reason::Dynamic, message, function))
        }
    }
}

/// The function that a name stands for and nothing else.
fn function_of(file: &File, id: BoundId) -> Option<Node<'_>> {
    let leaf = file.leaf_at_declaration(id);
    let parent = leaf.parent().filter(|_| leaf.field() == Some("name"))?;
    let function =
        if parent.kind() == "variable_declarator" { field(parent, "value")? } else { parent };
    is_function(function).then_some(function)
}

/// # Errors
/// When the function looks at its arguments in another way, or is not the only one of its name.
fn check_function(file: &File, target: &Target<'_>) -> Result<(), Refusal> {
    let own = descendants(target.function).into_iter().find(|n| {
        file.is_global(*n, "arguments")
            && ancestors(*n).find(|a| is_function(*a) && a.kind() != "arrow_function")
                == Some(target.function)
    });
    if let Some(own) = own {
        let message = format!("`{}` reads `arguments`", target.name);
        return Err(file.refuse(Reason::Dynamic, message, own));
    }
    let Some(id) = target.id else { return Ok(()) };
    let bound = file.bound(id);
    let binds = file.names.bindings.of(id).filter(|o| o.role == Role::Bind).count();
    if binds > 1 {
        let message =
            format!("`{}` is declared more than once (overloads); change each by hand", bound.name);
        return Err(file.refuse_at(Reason::Unsupported, message, bound.declared));
    }
    if let Some(write) =
        file.names.bindings.of(id).find(|o| o.role != Role::Bind && o.role.writes())
    {
        let message = format!("`{}` may be another function: it is assigned here", bound.name);
        return Err(file.refuse_at(Reason::Dynamic, message, write.span));
    }
    let typed = file
        .leaf_at_declaration(id)
        .parent()
        .and_then(|p| field(p, "type").filter(|_| p.kind() == "variable_declarator"));
    if let Some(typed) = typed {
        let message = format!("`{}` has a type that tells its parameters", bound.name);
        return Err(file.refuse(Reason::Unsupported, message, typed));
    }
    if let Some(at) = file.names.bindings.scope(bound.scope).dynamic {
        let message = format!("code that is made at run time can call `{}`", bound.name);
        return Err(file.refuse_at(Reason::Dynamic, message, at));
    }
    let script = bound.scope == crate::refactor::ScopeId(0)
        && !file.has_own_scope()
        && bound.kind == BoundKind::Function;
    if script {
        let message = format!("{} is a script: its `{}` is global", file.path, bound.name);
        return Err(file.refuse_at(Reason::Dynamic, message, bound.declared));
    }
    Ok(())
}

fn own_calls(
    step: &mut Step,
    file: &File,
    id: BoundId,
    target: &Target<'_>,
    slots: &Slots,
) -> Result<(), Refusal> {
    let named = file.names.bindings.of(id).filter(|o| o.role != Role::Bind);
    let mut uses: Vec<Node<'_>> = named.map(|o| file.leaf(o)).collect();
    let inner = field(target.function, "name").and_then(|n| file.meaning(n)).filter(|i| *i != id);
    let by_inner =
        file.names.bindings.occurrences.iter().filter(|o| inner.is_some() && o.bound == inner);
    uses.extend(by_inner.filter(|o| o.role != Role::Bind).map(|o| file.leaf(o)));
    let common: Vec<&str> = exports(file)
        .iter()
        .filter(|e| e.common && e.value == Value::Bound(id))
        .map(|e| e.name.as_str())
        .collect();
    if !common.is_empty() {
        super::rename::exports_alone(file)?;
        // `exports.f()` in the module itself.
        uses.extend(descendants(file.root()).into_iter().filter(|n| {
            n.field() != Some("left")
                && field(*n, "object").is_some_and(|o| super::modules::is_exports(file, o))
                && field(*n, "property").is_some_and(|p| common.contains(&file.of_node(p)))
        }));
    }
    calls::rewrite(step, file, uses, target.name, slots)
}

fn private_calls(
    step: &mut Step,
    file: &File,
    target: &Target<'_>,
    slots: &Slots,
) -> Result<(), Refusal> {
    let Some(class) = target.function.parent() else { return Ok(()) };
    let uses = descendants(class).into_iter().filter(|n| {
        n.kind() == "private_property_identifier"
            && file.of_node(*n) == target.name
            && n.parent() != Some(target.function)
    });
    let members = uses.filter_map(|n| n.parent()).collect();
    calls::rewrite(step, file, members, target.name, slots)
}

fn definition(step: &mut Step, file: &File, target: &Target<'_>, slots: &Slots) {
    let list = slots.declarations().join(", ");
    let bare = field(target.function, "parameter");
    if let Some(node) = bare.or_else(|| field(target.function, "parameters")) {
        step.replace(&file.path, put(span(node), format!("({list})")));
    }
}
