//! What stands in the way of a new name, and what others may see of the old one.

use std::collections::BTreeSet;

use super::Renaming;
use super::exported::is_exported;
use super::item::{Site, Targets};
use crate::refactor::rust::index::{Def, Index, item_at};
use crate::refactor::rust::names::{ClassKind, DefinedKind};
use crate::refactor::rust::resolve::End;
use crate::refactor::{BoundKind, Namespace, Reason, Refusal};
use crate::syntax::node::{children, named, text_of};
use crate::syntax::tree::Node;

/// The attributes in front of an item, without `#[]`.
pub(in crate::refactor::rust) fn attributes<'t>(node: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let before = std::iter::successors(node.prev_sibling(), |n| n.prev_sibling());
    before
        .take_while(|n| n.kind() == "attribute_item" || n.is_extra())
        .filter(|n| n.kind() == "attribute_item")
        .filter_map(|n| named(n).into_iter().next())
        .map(|n| text_of(n, text))
        .collect()
}

/// `pub` without a restriction.
pub(in crate::refactor::rust) fn is_pub(node: Node<'_>, text: &str) -> bool {
    children(node).any(|c| c.kind() == "visibility_modifier" && text_of(c, text) == "pub")
}

/// True when others than the own module can see the item, or no item is found.
pub(super) fn is_public(index: &Index<'_>, def: Def) -> bool {
    let file = &index.files[def.file];
    let declared = file.names().bindings.get(def.bound).declared;
    item_at(file.parsed(), declared).is_some_and(|n| is_pub(n, file.parsed().text()))
}

/// # Errors
/// When the new name means something where the old one is bound or used, or is used where the old one is seen.
pub(super) fn of_items(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    targets: &Targets,
    sites: &BTreeSet<Site>,
    space: Namespace,
) -> Result<(), Refusal> {
    let new = renaming.new;
    for site in sites {
        let file = &index.files[site.file];
        let names = file.names();
        let taken = |at: crate::base::Span, message: String| {
            renaming.refuse(index, Reason::NameTaken, message, site.file, at)
        };
        let binds = names.bindings.at(site.at).filter(|o| o.role == crate::refactor::Role::Bind);
        if let Some(id) = binds.and_then(|o| o.bound) {
            let bound = names.bindings.get(id);
            let own = names.named(new).find(|(_, b)| {
                let space = if b.kind == BoundKind::Import { Namespace::Both } else { b.namespace };
                b.scope == bound.scope
                    && (space.meets(space_of(bound.namespace, space))
                        && (space.meets(bound.namespace)))
            });
            if let Some((_, own)) = own {
                let line = index.line(site.file, own.declared);
                let message = format!(
                    "`{new}` is already declared in this scope (line {line}); choose another name"
                );
                return Err(taken(own.declared, message));
            }
            for module in index.modules_at(site.file, bound.scope) {
                let there = index.in_module(*module, new, space, 0);
                if there.iter().any(|f| !matches!(f.end, End::External | End::Unknown)) {
                    let message =
                        format!("a glob import brings `{new}` to this module; choose another name");
                    return Err(taken(site.at, message));
                }
            }
        }
        if site.alone {
            let found = names.lookup(site.scope, new, space);
            if let Some(found) = found.map(|f| names.bindings.get(f)) {
                let line = index.line(site.file, found.declared);
                let message =
                    format!("`{new}` means something else here (line {line}); choose another name");
                return Err(taken(site.at, message));
            }
        }
    }
    captured(renaming, index, targets, space)
}

/// Macros clash with macros alone.
fn space_of(own: Namespace, other: Namespace) -> Namespace {
    if own == Namespace::Macro { Namespace::Macro } else { other }
}

/// # Errors
/// A use of the new name that means nothing of the repository today and would mean the renamed item.
fn captured(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    targets: &Targets,
    space: Namespace,
) -> Result<(), Refusal> {
    let (old, new) = (&renaming.old, renaming.new);
    // Others do not see the old name.
    let sees = |file: &usize| {
        index.hints.globs[*file]
            || index.files[*file].has_word(old)
            || targets.defs.iter().any(|def| def.file == *file)
    };
    let files: Vec<usize> = index.files_naming(new).iter().copied().filter(sees).collect();
    for at in index.ahead(&files) {
        let file = &index.files[at];
        let names = file.names();
        let loose = names.tokens.iter().filter(|t| index.text(at, t.span) == new);
        let loose = loose.map(|t| (t.span, t.scope, space));
        let unbound = names.bindings.occurrences.iter().filter(|o| o.bound.is_none());
        let unbound = unbound
            .filter(|o| index.text(at, o.span) == new)
            .map(|o| (o.span, o.scope, names.unbound.get(&o.span.start).copied().unwrap_or(space)));
        for (span, scope, namespace) in unbound.chain(loose) {
            if !namespace.meets(space) {
                continue;
            }
            let sees = index.modules_at(at, scope).iter().any(|module| {
                let there = index.in_module(*module, old, space, 0);
                there.iter().any(|f| {
                    f.chain.iter().any(|d| targets.defs.contains(d))
                        || matches!(f.end, End::Member(m) if targets.members.contains(&m))
                })
            });
            let local = targets.defs.iter().any(|d| {
                d.file == at && {
                    let bound = names.bindings.get(d.bound);
                    names.bindings.chain(scope).any(|s| s == bound.scope)
                }
            });
            if sees || local {
                let message = format!(
                    "`{new}` is used here and would mean the renamed `{old}`; choose another name"
                );
                return Err(renaming.refuse(index, Reason::NameTaken, message, at, span));
            }
        }
    }
    Ok(())
}

/// The type or trait a class belongs to is shown by a library.
pub(super) fn is_exported_member(
    index: &Index<'_>,
    member: crate::refactor::rust::index::MemberId,
) -> bool {
    let defined = index.defined(member);
    let owner = index.owner(member);
    let class = &index.names(member.file).classes[defined.class];
    let open = match (&class.kind, defined.kind) {
        (ClassKind::Trait(_) | ClassKind::Enum(_), _) | (_, DefinedKind::Variant) => true,
        (ClassKind::Impl { of: Some(_), .. }, _) => false,
        _ => {
            let text = index.files[member.file].parsed().text();
            defined.whole.of(text).is_some_and(|w| {
                w.lines().any(|l| {
                    let l = l.trim_start();
                    l.starts_with("pub ") && !l.starts_with("pub (")
                })
            })
        }
    };
    open && owner.ty.is_some_and(|ty| is_exported(index, ty))
}
