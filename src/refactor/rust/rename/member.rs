//! Fields, variants, methods, associated constants and types.

use std::collections::BTreeSet;

use super::item::{Site, Targets, sites};
use super::{Renaming, conflicts, mentions};
use crate::base::Span;
use crate::refactor::rust::index::{Def, Index, MemberId};
use crate::refactor::rust::names::{
    ClassKind, DefinedKind, Member, MemberUse, Shorthand, TokenPlace, holes,
};
use crate::refactor::rust::types::Known;
use crate::refactor::rust::words::{is_plain_derive, is_std_method, is_trait_method};
use crate::refactor::step::put;
use crate::refactor::{Answer, Api, Namespace, Reason, Refusal, Step};

/// The members under one name that belong together.
struct Group {
    members: BTreeSet<MemberId>,
    kind: DefinedKind,
    /// The types that have it themselves.
    owners: BTreeSet<Def>,
    /// The trait that declares it.
    of_trait: Option<Def>,
    /// Implemented for types that are not the repository's, or for all.
    blanket: bool,
}

/// Whether a use means the group.
enum Verdict {
    Yes,
    No,
    Unsure,
}

pub(super) fn plan(renaming: &Renaming<'_>, index: &Index<'_>, members: &[MemberId]) -> Answer {
    renaming.differ()?;
    let group = group(renaming, index, members)?;
    allowed(renaming, index, &group)?;
    free(renaming, index, &group)?;
    let mut targets = Targets { members: group.members.clone(), ..Targets::default() };
    let mut found = sites(renaming, index, &mut targets, Namespace::Both)?;
    if targets.members != group.members || !targets.defs.is_empty() {
        let message =
            format!("`{}` is imported together with something else of that name", renaming.old);
        return Err(Refusal::new(Reason::Dynamic, message));
    }
    for member in &group.members {
        let at = index.defined(*member).name;
        let scope = crate::refactor::ScopeId(0);
        found.insert(Site { file: member.file, at, scope, alone: false });
    }
    let mut step = Step::new(renaming.title());
    let only = uses(renaming, index, &group, &mut found, &mut step)?;
    super::item::write(renaming, index, &found, &mut step);
    if group.members.iter().any(|m| conflicts::is_exported_member(index, *m)) {
        step.interface.push(shown(index, &group, &renaming.old));
    }
    if derives(index, &group).iter().any(|d| d == "Debug") && group.kind != DefinedKind::Method {
        step.notes.push(format!(
            "`{{:?}}` shows the new name: `Debug` is derived where `{}` is declared.",
            renaming.new
        ));
    }
    mentions::of_item(renaming, index, only, &mut step);
    Ok(step)
}

/// Every place that means a method of the group, and where they are declared.
pub(super) fn sites_of(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    members: &[MemberId],
) -> Result<super::Sites, Refusal> {
    let group = group(renaming, index, members)?;
    if group.kind != DefinedKind::Method {
        return Err(Refusal::new(Reason::NotHere, "this is no function or method"));
    }
    if renaming.setting.api == Api::Keep
        && let Some(shown) =
            group.members.iter().find(|m| conflicts::is_exported_member(index, **m))
    {
        let message = format!("`{}` is part of the library's interface", renaming.old);
        let at = index.defined(*shown).name;
        return Err(refuse(renaming, index, Reason::Exported, message, shown.file, at));
    }
    let mut targets = Targets { members: group.members.clone(), ..Targets::default() };
    let mut found = sites(renaming, index, &mut targets, Namespace::Both)?;
    let mut step = Step::default();
    uses(renaming, index, &group, &mut found, &mut step)?;
    let declared = group.members.iter().map(|m| (m.file, index.defined(*m).name)).collect();
    Ok((found.into_iter().map(|s| (s.file, s.at)).collect(), declared))
}

/// Finds every use of the group, in the files that say its name; true when nothing else has the name.
fn uses(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    group: &Group,
    found: &mut BTreeSet<Site>,
    step: &mut Step,
) -> Result<bool, Refusal> {
    let only = only_one(index, group, &renaming.old);
    for file in index.ahead(&index.files_naming(&renaming.old)) {
        let mut uses = Uses { renaming, index, group, file, only, found, step };
        uses.members()?;
        uses.paths()?;
        uses.tokens()?;
    }
    Ok(only)
}

fn shown(index: &Index<'_>, group: &Group, name: &str) -> String {
    let owner = group.of_trait.or(group.owners.first().copied());
    let owner = owner.map(|d| index.names(d.file).bindings.get(d.bound).name.clone());
    owner.map_or_else(|| name.to_owned(), |owner| format!("{owner}::{name}"))
}

fn refuse(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    reason: Reason,
    message: String,
    file: usize,
    at: Span,
) -> Refusal {
    renaming.refuse(index, reason, message, file, at)
}

fn group(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    members: &[MemberId],
) -> Result<Group, Refusal> {
    let first = members[0];
    let kind = index.defined(first).kind;
    let old = &renaming.old;
    let mut of_trait = None;
    for member in members {
        let owner = index.owner(*member);
        let class = &index.names(member.file).classes[index.defined(*member).class];
        let at = index.defined(*member).name;
        if owner.for_trait && owner.of.is_none() {
            let message = format!(
                "`{old}` implements a trait from outside of the repository, which gives it the name"
            );
            return Err(refuse(renaming, index, Reason::Inherited, message, member.file, at));
        }
        match class.kind {
            ClassKind::Trait(_) => of_trait = owner.ty,
            ClassKind::Impl { of: Some(_), .. } => of_trait = owner.of,
            _ => {}
        }
        if owner.ty.is_none() && of_trait.is_none() {
            let message =
                format!("the type that `{old}` belongs to cannot be found in the repository");
            return Err(refuse(renaming, index, Reason::Dynamic, message, member.file, at));
        }
    }
    let mut group =
        Group { members: BTreeSet::new(), kind, owners: BTreeSet::new(), of_trait, blanket: false };
    let variants: BTreeSet<Option<(usize, Span)>> =
        members.iter().map(|m| index.defined(*m).variant.map(|v| (m.file, v))).collect();
    for member in index.members_named(old).iter() {
        let owner = index.owner(*member);
        if !index.is_kind(*member, kind) {
            continue;
        }
        let class = &index.names(member.file).classes[index.defined(*member).class];
        let belongs = match of_trait {
            Some(of) => {
                owner.of == Some(of)
                    || matches!(class.kind, ClassKind::Trait(_)) && owner.ty == Some(of)
            }
            None => {
                let same_owner = members.iter().any(|m| index.owner(*m).ty == owner.ty);
                let variant = index.defined(*member).variant.map(|v| (member.file, v));
                same_owner && !owner.for_trait && variants.contains(&variant)
            }
        };
        if belongs {
            group.members.insert(*member);
            group.owners.extend(owner.ty.filter(|ty| Some(*ty) != of_trait));
            group.blanket |= owner.blanket;
        }
    }
    Ok(group)
}

/// The derives of the types that hold the members.
fn derives(index: &Index<'_>, group: &Group) -> Vec<String> {
    let mut out = Vec::new();
    for member in &group.members {
        let names = index.names(member.file);
        for attribute in &names.classes[index.defined(*member).class].attributes {
            let text = index.text(member.file, *attribute);
            if let Some((_, list)) = text.split_once("derive(") {
                let list = list.split(')').next().unwrap_or(list);
                out.extend(list.split(',').map(|d| d.trim().to_owned()).filter(|d| !d.is_empty()));
            }
        }
    }
    out
}

/// # Errors
/// What libraries show, and what derives see.
fn allowed(renaming: &Renaming<'_>, index: &Index<'_>, group: &Group) -> Result<(), Refusal> {
    let old = &renaming.old;
    for member in &group.members {
        let defined = index.defined(*member);
        if renaming.setting.api == Api::Keep && conflicts::is_exported_member(index, *member) {
            let message = format!(
                "`{old}` is part of the library's interface; allow changes of the interface to rename it"
            );
            return Err(refuse(
                renaming,
                index,
                Reason::Exported,
                message,
                member.file,
                defined.name,
            ));
        }
        if !matches!(defined.kind, DefinedKind::Field | DefinedKind::Variant) {
            continue;
        }
        let pinned = defined.attributes.iter().any(|a| {
            let text = index.text(member.file, *a);
            text.contains("serde(") && text.contains("rename") && text.contains('=')
                || text.contains("serde(skip)")
                || text.contains("serde(flatten)")
        });
        for derive in derives(index, group) {
            let serde = matches!(derive.rsplit("::").next(), Some("Serialize" | "Deserialize"));
            if is_plain_derive(&derive) || serde && pinned {
                continue;
            }
            let message = format!(
                "`derive({derive})` uses the name `{old}`{}",
                if serde {
                    "; keep it with `#[serde(rename = \"…\")]` first"
                } else {
                    " for what others see"
                }
            );
            return Err(refuse(
                renaming,
                index,
                Reason::Exported,
                message,
                member.file,
                defined.name,
            ));
        }
    }
    Ok(())
}

/// # Errors
/// When one of the types has the new name already.
fn free(renaming: &Renaming<'_>, index: &Index<'_>, group: &Group) -> Result<(), Refusal> {
    let new = renaming.new;
    let mut owners: BTreeSet<Def> = group.owners.clone();
    owners.extend(group.of_trait);
    let fields = group.kind == DefinedKind::Field;
    for owner in &owners {
        for other in index.members_of(*owner, new).iter().copied() {
            if index.is_kind(other, DefinedKind::Field) != fields {
                continue;
            }
            let variants: Vec<_> =
                group.members.iter().map(|m| index.defined(*m).variant).collect();
            if fields && !variants.contains(&index.defined(other).variant) {
                continue;
            }
            let message =
                format!("`{new}` is already a member of the same type; choose another name");
            let at = index.defined(other).name;
            return Err(refuse(renaming, index, Reason::NameTaken, message, other.file, at));
        }
    }
    if group.kind == DefinedKind::Method && is_trait_method(new) {
        let message = format!("`{new}` is a method of a common trait; choose another name");
        return Err(Refusal::new(Reason::NameTaken, message));
    }
    Ok(())
}

/// True when nothing else of the repository or of std has a member that is used like these.
fn only_one(index: &Index<'_>, group: &Group, old: &str) -> bool {
    let same_use = |m: &MemberId| match group.kind {
        DefinedKind::Field => index.is_kind(*m, DefinedKind::Field),
        _ => !index.is_kind(*m, DefinedKind::Field),
    };
    let alone =
        index.members_named(old).iter().filter(|m| same_use(m)).all(|m| group.members.contains(m));
    let std = match group.kind {
        DefinedKind::Method => is_std_method(old),
        DefinedKind::Type => {
            matches!(old, "Item" | "Output" | "Target" | "Error" | "Err" | "Owned" | "IntoIter")
        }
        DefinedKind::Field => matches!(old, "start" | "end"),
        _ => false,
    };
    // A rule of a macro that declares one of the name.
    let made = || {
        index.ahead(&index.files_naming(old)).any(|file| {
            let text = index.files[file].parsed().text();
            index.names(file).tokens.iter().any(|t| {
                t.place == TokenPlace::Template
                    && t.span.of(text) == Some(old)
                    && text[..t.span.start].trim_end().ends_with(" fn")
            })
        })
    };
    alone && !std && !made()
}

struct Uses<'s, 'a> {
    renaming: &'s Renaming<'a>,
    index: &'s Index<'a>,
    group: &'s Group,
    file: usize,
    /// See [`only_one`].
    only: bool,
    found: &'s mut BTreeSet<Site>,
    step: &'s mut Step,
}

impl Uses<'_, '_> {
    fn members(&mut self) -> Result<(), Refusal> {
        let index = self.index;
        for member in &index.names(self.file).members {
            if index.text(self.file, member.span) != self.renaming.old || !self.fits(member.kind) {
                continue;
            }
            match self.verdict(member) {
                Verdict::No => continue,
                Verdict::Yes => {}
                Verdict::Unsure if self.only => {}
                Verdict::Unsure => {
                    let message = format!(
                        "what `.{}` belongs to here cannot be told: the type of the value before it is not written",
                        self.renaming.old
                    );
                    return Err(self.refuse(message, member.span));
                }
            }
            self.write(member);
        }
        Ok(())
    }

    fn refuse(&self, message: String, at: Span) -> Refusal {
        refuse(self.renaming, self.index, Reason::Dynamic, message, self.file, at)
    }

    fn fits(&self, used: MemberUse) -> bool {
        match self.group.kind {
            DefinedKind::Field => used != MemberUse::Call,
            DefinedKind::Method => used == MemberUse::Call,
            _ => false,
        }
    }

    fn verdict(&self, member: &Member) -> Verdict {
        let (index, group) = (self.index, self.group);
        let old = &self.renaming.old;
        match index.type_of(self.file, &member.receiver, 0) {
            Known::Def(def, _) => {
                let own = index.members_of(def, old);
                let own: Vec<_> =
                    own.iter().copied().filter(|m| index.is_kind(*m, group.kind)).collect();
                if own.iter().any(|m| group.members.contains(m)) {
                    // An inherent method goes before one of a trait.
                    let inherent = own
                        .iter()
                        .any(|m| !group.members.contains(m) && !index.owner(*m).for_trait);
                    if member.kind == MemberUse::Literal {
                        return self.of_variant(member, &own);
                    }
                    return if group.of_trait.is_some() && inherent {
                        Verdict::No
                    } else {
                        Verdict::Yes
                    };
                }
                if Some(def) == group.of_trait {
                    return Verdict::Yes;
                }
                if !own.is_empty() {
                    return Verdict::No;
                }
                if index.derefs(def) || group.of_trait.is_some() {
                    Verdict::Unsure
                } else {
                    Verdict::No
                }
            }
            Known::Unknown => Verdict::Unsure,
            _ if group.blanket => Verdict::Unsure,
            _ => Verdict::No,
        }
    }

    /// A field of one variant; the path before the braces says which.
    fn of_variant(&self, member: &Member, own: &[MemberId]) -> Verdict {
        let index = self.index;
        let variants: BTreeSet<_> = own.iter().map(|m| index.defined(*m).variant).collect();
        if variants.len() == 1 {
            return Verdict::Yes;
        }
        let crate::refactor::rust::names::Origin::Typed(crate::refactor::rust::names::Ty::Path {
            path,
            ..
        }) = &member.receiver
        else {
            return Verdict::Unsure;
        };
        let last = path.segments.last().map_or("", |s| index.text(self.file, *s));
        let named =
            |m: &MemberId| index.defined(*m).variant.is_some_and(|v| index.text(m.file, v) == last);
        let ours = own.iter().any(|m| named(m) && self.group.members.contains(m));
        if ours { Verdict::Yes } else { Verdict::No }
    }

    fn write(&mut self, member: &Member) {
        let index = self.index;
        let names = index.names(self.file);
        let path = &index.files[self.file].path;
        let (old, new) = (&self.renaming.old, self.renaming.new);
        match names.shorthand.get(&member.span.start) {
            Some(Shorthand::Expression) => {
                self.step.replace(
                    path,
                    put(index.real(self.file, member.span), format!("{new}: {old}")),
                );
            }
            Some(Shorthand::Pattern { whole }) => {
                let text = index.files[self.file].parsed().text();
                let pattern = whole.of(text).unwrap_or(old);
                self.step
                    .replace(path, put(index.real(self.file, *whole), format!("{new}: {pattern}")));
            }
            None => {
                let scope = member.scope;
                self.found.insert(Site { file: self.file, at: member.span, scope, alone: false });
            }
        }
    }

    /// `T::name`, `<T as Trait>::name`: paths whose head is no type of the repository.
    fn paths(&mut self) -> Result<(), Refusal> {
        if self.group.kind == DefinedKind::Field || self.group.kind == DefinedKind::Variant {
            return Ok(());
        }
        let index = self.index;
        for used in &index.names(self.file).paths {
            let segments = &used.path.segments;
            let Some(last) =
                segments.last().filter(|l| index.text(self.file, **l) == self.renaming.old)
            else {
                continue;
            };
            if self.found.iter().any(|s| s.file == self.file && s.at == *last) {
                continue;
            }
            let verdict = match &used.qualifier {
                Some(ty) => match index.known(self.file, ty, 0) {
                    Known::Def(def, _)
                        if Some(def) == self.group.of_trait || self.group.owners.contains(&def) =>
                    {
                        Verdict::Yes
                    }
                    Known::Def(..) => Verdict::No,
                    _ => Verdict::Unsure,
                },
                None => self.path_verdict(&used.path),
            };
            match verdict {
                Verdict::No => continue,
                Verdict::Unsure if !self.only => {
                    let message =
                        format!("what `{}` belongs to here cannot be told", self.renaming.old);
                    return Err(self.refuse(message, *last));
                }
                _ => {}
            }
            let scope = used.path.scope;
            self.found.insert(Site { file: self.file, at: *last, scope, alone: false });
        }
        Ok(())
    }

    fn path_verdict(&self, path: &crate::refactor::rust::names::PathRef) -> Verdict {
        use crate::refactor::rust::resolve::End;
        let index = self.index;
        let Some((_, front)) = path.segments.split_last() else { return Verdict::No };
        if front.is_empty() {
            return Verdict::No;
        }
        let head =
            crate::refactor::rust::names::PathRef { segments: front.to_vec(), scope: path.scope };
        let mut verdict = Verdict::No;
        for found in index.path(self.file, &head, Namespace::Type) {
            match found.end {
                End::Local(def) => {
                    let origin = &index.names(def.file).origins[def.bound.0 as usize];
                    return match index.type_of(def.file, origin, 0) {
                        Known::Def(bound, _) if Some(bound) == self.group.of_trait => Verdict::Yes,
                        _ if self.group.of_trait.is_some() => Verdict::Unsure,
                        _ => Verdict::No,
                    };
                }
                End::Def(def) => {
                    let own = index.members_of(def, &self.renaming.old);
                    if own.iter().any(|m| self.group.members.contains(m)) {
                        return Verdict::Yes;
                    }
                    if own.is_empty() && self.group.of_trait.is_some() {
                        verdict = Verdict::Unsure;
                    }
                }
                End::Unknown => verdict = Verdict::Unsure,
                End::External if self.group.blanket => verdict = Verdict::Unsure,
                _ => {}
            }
        }
        verdict
    }

    /// Names in token trees, after a dot or before a colon, and in the strings of attributes.
    fn tokens(&mut self) -> Result<(), Refusal> {
        let index = self.index;
        let text = index.files[self.file].parsed().text();
        let old = &self.renaming.old;
        for token in &index.names(self.file).tokens {
            if token.place == TokenPlace::AttributeText {
                self.attribute_text(token.span);
                continue;
            }
            if index.text(self.file, token.span) != *old {
                continue;
            }
            let (before, after) =
                (text[..token.span.start].trim_end(), text[token.span.end..].trim_start());
            let fits = match (token.place, self.group.kind) {
                (TokenPlace::Attribute, _) => continue,
                (TokenPlace::TypeBinding, DefinedKind::Type) => true,
                (TokenPlace::TypeBinding, _) => continue,
                (_, DefinedKind::Field) => {
                    before.ends_with('.') && !after.starts_with('(')
                        || after.starts_with(':') && !after.starts_with("::")
                }
                (_, DefinedKind::Method) => {
                    before.ends_with('.') && (after.starts_with('(') || after.starts_with("::"))
                        || before.ends_with("::")
                }
                _ => before.ends_with("::"),
            };
            if !fits {
                continue;
            }
            if !self.only {
                let message =
                    format!("`{old}` stands in a macro, where what it belongs to cannot be told");
                return Err(self.refuse(message, token.span));
            }
            let scope = token.scope;
            self.found.insert(Site { file: self.file, at: token.span, scope, alone: false });
        }
        Ok(())
    }

    /// `#[error("{name}")]` shows a field of the same type.
    fn attribute_text(&mut self, literal: Span) {
        if self.group.kind != DefinedKind::Field {
            return;
        }
        let index = self.index;
        let names = index.names(self.file);
        let within = self.group.members.iter().any(|m| {
            m.file == self.file && {
                let class = &names.classes[index.defined(*m).class];
                class.whole.contains(literal)
                    || class.attributes.iter().any(|a| a.contains(literal))
            }
        });
        let text = index.files[self.file].parsed().text();
        let Some(string) = literal.of(text).filter(|_| within) else { return };
        for hole in holes(string) {
            let name = hole.of(string).unwrap_or("").split([':', '.']).next().unwrap_or("");
            if name == self.renaming.old {
                let start = literal.start + hole.start;
                let at = Span::new(start, start + name.len());
                let scope = crate::refactor::ScopeId(0);
                self.found.insert(Site { file: self.file, at, scope, alone: false });
            }
        }
    }
}
