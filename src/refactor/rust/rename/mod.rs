//! Another name, wherever it is used.

mod conflicts;
mod exported;
mod item;
mod local;
mod member;
mod mentions;
mod place;
mod visible;

pub(super) use conflicts::{attributes, is_pub};
pub(super) use exported::is_exported;
pub(super) use place::{Named, named_at};

use super::index::{Def, Index};
use super::names::{self, is_name};
use super::words::is_keyword;
use crate::base::Span;
use crate::refactor::{Answer, BoundKind, Reason, Refusal, Setting};

/// What a rename works with.
pub(super) struct Renaming<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) old: String,
    pub(super) new: &'a str,
}

pub(super) fn plan(setting: &Setting<'_>, to: &str) -> Answer {
    let names = names::of(setting.parsed);
    if let Some((id, old)) = local_at(&names, setting.at.span, setting.text()) {
        let new = check_name(to, names.bindings.get(id).kind)?;
        let renaming = Renaming { setting, old, new };
        return local::plan(&renaming, &names, id);
    }
    let index = Index::new(setting.project);
    let file = index.file(setting.path()).ok_or_else(|| nothing(setting))?;
    let named = named_at(&index, file, setting.at.span)?.ok_or_else(|| nothing(setting))?;
    let new = check_name(to, BoundKind::Variable)?;
    match named {
        Named::Items { targets, old } => {
            let renaming = Renaming { setting, old, new };
            item::plan(&renaming, &index, targets)
        }
        Named::Members { members, old } => {
            let renaming = Renaming { setting, old, new };
            member::plan(&renaming, &index, &members)
        }
    }
}

/// Every place that means an item, files by their position in the index.
///
/// # Errors
/// Places of which it cannot be told.
pub(super) fn uses_of(
    setting: &Setting<'_>,
    index: &Index<'_>,
    def: Def,
    name: &str,
) -> Result<Vec<(usize, Span)>, Refusal> {
    let renaming = Renaming { setting, old: name.to_owned(), new: "" };
    let mut targets = item::Targets { defs: [def].into(), ..item::Targets::default() };
    let space = index.names(def.file).bindings.get(def.bound).namespace;
    let sites = item::sites(&renaming, index, &mut targets, space)?;
    if targets.defs.len() != 1 {
        let message = format!("`{name}` is declared more than once, for different builds");
        return Err(Refusal::new(Reason::NotEquivalent, message));
    }
    Ok(sites.into_iter().map(|s| (s.file, s.at)).collect())
}

/// Sites, and those of them that are declarations: file and span each.
pub(super) type Sites = (Vec<(usize, Span)>, Vec<(usize, Span)>);

/// Every place that means a member, and where the ones that belong together are declared.
///
/// # Errors
/// Places of which it cannot be told, and names that traits from elsewhere give.
pub(super) fn uses_of_members(
    setting: &Setting<'_>,
    index: &Index<'_>,
    members: &[super::index::MemberId],
    name: &str,
) -> Result<Sites, Refusal> {
    let renaming = Renaming { setting, old: name.to_owned(), new: "" };
    member::sites_of(&renaming, index, members)
}

/// Every place that goes through an import.
///
/// # Errors
/// Places of which it cannot be told.
pub(super) fn uses_of_import(
    setting: &Setting<'_>,
    index: &Index<'_>,
    def: Def,
    name: &str,
) -> Result<Vec<(usize, Span)>, Refusal> {
    let renaming = Renaming { setting, old: name.to_owned(), new: "" };
    let mut targets = item::Targets { defs: [def].into(), ..item::Targets::default() };
    let sites = item::sites(&renaming, index, &mut targets, crate::refactor::Namespace::Both)?;
    let through = |site: &item::Site| {
        let path = (site.file, site.at);
        index.leads_through(path.0, path.1, site.scope, def)
    };
    Ok(sites.iter().filter(|s| through(s)).map(|s| (s.file, s.at)).collect())
}

/// The variable, parameter, generic, lifetime or label at a place.
fn local_at(
    names: &names::Names,
    at: Span,
    text: &str,
) -> Option<(crate::refactor::BoundId, String)> {
    let at = trimmed(at, text);
    let id = names.bindings.at(at)?.bound?;
    let bound = names.bindings.get(id);
    names.local[id.0 as usize].then(|| (id, bound.name.clone()))
}

/// A selection without the quote of a lifetime; a caret in front of a word stays one.
pub(super) fn trimmed(at: Span, text: &str) -> Span {
    match at.of(text) {
        Some(selected) if selected.starts_with('\'') => Span { start: at.start + 1, ..at },
        Some("") if text[at.start..].starts_with('\'') => Span::at(at.start + 1),
        _ => at,
    }
}

/// # Errors
/// What is no identifier, or a word of the language.
fn check_name(to: &str, kind: BoundKind) -> Result<&str, Refusal> {
    let label = matches!(kind, BoundKind::Label | BoundKind::Type);
    let bare = if label { to.strip_prefix('\'').unwrap_or(to) } else { to };
    let refuse = |message: String| Err(Refusal::new(Reason::BadName, message));
    if !is_name(bare) || bare.starts_with("r#") {
        return refuse(format!("`{to}` is no identifier of Rust"));
    }
    if is_keyword(bare) || label && bare == "static" {
        return refuse(format!("`{to}` is a word of the language; choose another name"));
    }
    Ok(bare)
}

fn nothing(_setting: &Setting<'_>) -> Refusal {
    Refusal::new(Reason::NotHere, "there is no name here that could be renamed")
}

impl Renaming<'_> {
    /// # Errors
    /// When both names are the same.
    pub(super) fn differ(&self) -> Result<(), Refusal> {
        if self.old == self.new {
            let message = format!("it is called `{}` already", self.new);
            return Err(Refusal::new(Reason::BadName, message));
        }
        Ok(())
    }

    pub(super) fn refuse(
        &self,
        index: &Index<'_>,
        reason: Reason,
        message: String,
        file: usize,
        at: Span,
    ) -> Refusal {
        Refusal::new(reason, message).at(&index.files[file].path, index.line(file, at))
    }

    pub(super) fn title(&self) -> String {
        format!("Rename {} to {}", self.old, self.new)
    }
}
