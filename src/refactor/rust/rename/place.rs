//! What is named at a place.

use crate::base::Span;
use crate::refactor::rust::index::{Def, Index, MemberId};
use crate::refactor::rust::names::{DefinedKind, MemberUse, PathRef};
use crate::refactor::rust::resolve::{End, Found};
use crate::refactor::rust::types::Known;
use crate::refactor::{BoundKind, Namespace, Reason, Refusal};

/// What a name stands for.
pub(in crate::refactor::rust) enum Named {
    /// Items, all under one name.
    Items {
        targets: Vec<Def>,
        old: String,
    },
    Members {
        members: Vec<MemberId>,
        old: String,
    },
}

/// The item or member at a place of a file.
///
/// # Errors
/// What is not declared in the repository, modules, and members of receivers of unknown type.
pub(in crate::refactor::rust) fn named_at(
    index: &Index<'_>,
    file: usize,
    at: Span,
) -> Result<Option<Named>, Refusal> {
    let names = index.names(file);
    let text = index.files[file].parsed().text();
    let at = super::trimmed(at, text);
    let here = |span: Span| if at.is_empty() { span.contains(at) } else { span == at };
    if let Some(member) = names.defined.iter().position(|d| here(d.name)) {
        let id = MemberId { file, index: member };
        return Ok(Some(members(index, vec![id])));
    }
    for used in &names.paths {
        let Some(at) = used.path.segments.iter().position(|s| !s.is_empty() && here(*s)) else {
            continue;
        };
        if at == 0 && names.bindings.at(used.path.segments[0]).is_some_and(|o| o.bound.is_some()) {
            break;
        }
        let path = PathRef { segments: used.path.segments[..=at].to_vec(), scope: used.path.scope };
        let last = at + 1 == used.path.segments.len();
        let namespace = if last { used.namespace } else { Namespace::Type };
        let word = index.text(file, used.path.segments[at]).to_owned();
        return found(index, index.path(file, &path, namespace), word).map(Some);
    }
    if let Some(occurrence) = names.bindings.at(at) {
        let word = index.text(file, occurrence.span).to_owned();
        let Some(bound) = occurrence.bound else {
            let path = PathRef { segments: vec![occurrence.span], scope: occurrence.scope };
            let namespace = names.unbound.get(&occurrence.span.start).copied().unwrap_or_default();
            return found(index, index.path(file, &path, namespace), word).map(Some);
        };
        let def = Def { file, bound };
        let mut all = Vec::new();
        for module in index.modules_at(file, occurrence.scope) {
            all.extend(index.follow(def, *module, 0));
        }
        return found(index, all, word).map(Some);
    }
    let Some(member) = names.members.iter().find(|m| here(m.span)) else { return Ok(None) };
    let word = index.text(file, member.span).to_owned();
    let wanted = match member.kind {
        MemberUse::Call => DefinedKind::Method,
        _ => DefinedKind::Field,
    };
    let candidates = match index.type_of(file, &member.receiver, 0) {
        Known::Def(def, _) => index.members_of(def, &word),
        _ => {
            let all = index.members_named(&word);
            let owners: std::collections::BTreeSet<_> =
                all.iter().map(|m| (index.owner(*m).ty, index.owner(*m).of)).collect();
            if owners.len() == 1 { all } else { Vec::new().into() }
        }
    };
    let fitting: Vec<MemberId> =
        candidates.iter().copied().filter(|m| index.is_kind(*m, wanted)).collect();
    if fitting.is_empty() {
        let message = format!(
            "the type that `.{word}` is looked up on is not written here; ask at the declaration of `{word}`"
        );
        return Err(Refusal::new(Reason::Dynamic, message));
    }
    Ok(Some(members(index, fitting)))
}

fn members(index: &Index<'_>, members: Vec<MemberId>) -> Named {
    let old = members
        .first()
        .map_or_else(String::new, |m| index.text(m.file, index.defined(*m).name).to_owned());
    Named::Members { members, old }
}

fn found(index: &Index<'_>, found: Vec<Found>, word: String) -> Result<Named, Refusal> {
    // `use a::b as c`: at `c` the import is meant, it has a name of its own.
    for f in &found {
        let alias = f.chain.iter().find(|d| {
            let names = index.names(d.file);
            let leaf = names.uses.iter().find(|l| l.bound == Some(d.bound));
            leaf.is_some_and(|l| l.alias.is_some()) && names.bindings.get(d.bound).name == word
        });
        if let Some(alias) = alias {
            return Ok(Named::Items { targets: vec![*alias], old: word });
        }
    }
    let mut targets = Vec::new();
    let mut owned = Vec::new();
    for f in &found {
        match f.end {
            End::Def(def) => targets.push(def),
            End::Member(member) => owned.push(member),
            End::Module(_) => {
                let message = format!(
                    "`{word}` is a module: renaming it would move files, which is not offered"
                );
                return Err(Refusal::new(Reason::Unsupported, message));
            }
            End::Local(_) | End::External | End::Unknown => {}
        }
    }
    targets.sort_unstable();
    targets.dedup();
    if !targets.is_empty() {
        let old = index.names(targets[0].file).bindings.get(targets[0].bound).name.clone();
        if index.names(targets[0].file).bindings.get(targets[0].bound).kind == BoundKind::Module {
            let message = format!("`{old}` is a module: renaming it would move files");
            return Err(Refusal::new(Reason::Unsupported, message));
        }
        return Ok(Named::Items { targets, old });
    }
    if !owned.is_empty() {
        return Ok(members(index, owned));
    }
    let message = format!(
        "`{word}` is not declared in this repository, or by a macro; only what is written here can be renamed"
    );
    Err(Refusal::new(Reason::NotHere, message))
}
