//! What a repository offers to others.

use super::infer::{Def, Ty, class_of};
use super::rename::is_dunder;
use super::world::{Unit, World, plain_string};
use crate::refactor::{Api, Reason, Refusal};
use crate::syntax::node::field;

/// # Errors
/// When a function, or the class that it belongs to, is offered to others: by `__all__`, or by the
/// top package.
pub(super) fn is_kept(world: &World<'_>, def: Def<'_>, api: Api) -> Result<(), Refusal> {
    let own = field(def.node, "name").map_or("", |n| def.unit.of(n));
    let private = own.starts_with('_') && !is_dunder(own);
    if api == Api::Change || private {
        return Ok(());
    }
    let outer = class_of(def.node).unwrap_or(def.node);
    let name = field(outer, "name").map_or("", |n| def.unit.of(n));
    let outer = Def { unit: def.unit, node: outer };
    for unit in world.with(name) {
        if let Some(at) = offers(world, unit, outer, name) {
            let message = format!(
                "`{name}` is what `{}` offers to others; say that the interface may change",
                world.dotted(&unit.path)
            );
            return Err(unit.refuse(Reason::Exported, at, message));
        }
    }
    Ok(())
}

/// Where a file offers a class or function under a name.
pub(super) fn offers(world: &World<'_>, unit: &Unit, def: Def<'_>, name: &str) -> Option<usize> {
    if world.project.is_test(&unit.path) {
        return None;
    }
    let exports = unit.exports();
    let listed = exports.as_ref().is_some_and(|all| {
        all.iter().any(|n| plain_string(*n, unit.text()).is_some_and(|(text, _)| text == name))
    });
    let id = unit.global(name)?;
    let own = world.unit(&unit.path)?;
    let types = world.bound(own, id, 6);
    if !types.iter().any(|ty| matches!(ty, Ty::Class(d) | Ty::Function(d) if *d == def)) {
        return None;
    }
    let parent = unit.path.parent();
    let is_top = unit.path.file_name() == "__init__.py"
        && world.root_of(&unit.path) == parent.rsplit_once('/').map_or("", |(up, _)| up);
    let passed_on = is_top && exports.is_none() && !name.starts_with('_');
    (listed || passed_on).then(|| unit.names.get(id).declared.start)
}
