//! Items: functions, types, constants, macros, renamed imports; over all modules and crates.

use std::collections::BTreeSet;

use super::visible::files_seeing;
use super::{Renaming, conflicts, is_exported, mentions};
use crate::base::Span;
use crate::refactor::rust::index::{Def, Index, MemberId, item_at};
use crate::refactor::rust::names::{Names, PathRef, TokenPlace};
use crate::refactor::rust::resolve::{End, Found};
use crate::refactor::rust::sieve::may_declare;
use crate::refactor::{Answer, BoundKind, Namespace, Reason, Refusal, ScopeId, Step};

/// What paths are looked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    pub(super) defs: BTreeSet<Def>,
    pub(super) members: BTreeSet<MemberId>,
}

/// A place that is one of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) file: usize,
    pub(super) at: Span,
    pub(super) scope: ScopeId,
    /// A name alone, which scopes in between can hide.
    pub(super) alone: bool,
}

pub(super) fn plan(renaming: &Renaming<'_>, index: &Index<'_>, targets: Vec<Def>) -> Answer {
    renaming.differ()?;
    let mut all = Targets { defs: targets.into_iter().collect(), ..Targets::default() };
    with_twins(index, &mut all);
    allowed(renaming, index, &all)?;
    let space = space(index, &all);
    let sites = sites(renaming, index, &mut all, space)?;
    conflicts::of_items(renaming, index, &all, &sites, space)?;
    let mut step = Step::new(renaming.title());
    write(renaming, index, &sites, &mut step);
    for def in &all.defs {
        if conflicts::is_public(index, *def) {
            step.interface.push(renaming.old.clone());
        }
    }
    step.interface.dedup();
    let alone =
        index.members_named(&renaming.old).is_empty() && is_only_one(index, &renaming.old, &all);
    mentions::of_item(renaming, index, alone, &mut step);
    Ok(step)
}

/// Writes the new name at all sites.
pub(super) fn write(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    sites: &BTreeSet<Site>,
    step: &mut Step,
) {
    use crate::refactor::rust::names::Shorthand;
    use crate::refactor::step::put;
    for site in sites {
        let file = &index.files[site.file];
        let text = file.parsed().text();
        let new = renaming.new;
        let at = index.real(site.file, site.at);
        let change = match file.names().shorthand.get(&site.at.start) {
            Some(Shorthand::Expression) => put(at, format!("{}: {new}", renaming.old)),
            _ if text[site.at.start..].starts_with("r#") => put(at, format!("r#{new}")),
            _ => put(at, new),
        };
        step.replace(&file.path, change);
    }
}

/// Definitions of the same name in the same scope, of which `cfg` leaves one.
fn with_twins(index: &Index<'_>, targets: &mut Targets) {
    for def in targets.defs.clone() {
        let names = index.names(def.file);
        let own = names.bindings.get(def.bound);
        for (bound, b) in names.named(&own.name) {
            let twin = b.scope == own.scope && b.namespace.meets(own.namespace);
            if twin && !names.local[bound.0 as usize] && b.kind != BoundKind::Import {
                targets.defs.insert(Def { file: def.file, bound });
            }
        }
    }
}

fn space(index: &Index<'_>, targets: &Targets) -> Namespace {
    let spaces: Vec<Namespace> =
        targets.defs.iter().map(|d| index.names(d.file).bindings.get(d.bound).namespace).collect();
    match spaces.as_slice() {
        [] => Namespace::Both,
        [first, rest @ ..] if rest.iter().all(|s| s == first) => *first,
        _ => Namespace::Both,
    }
}

/// # Errors
/// What macros declare, entry points, symbols that a linker sees, and what other repositories may use.
fn allowed(renaming: &Renaming<'_>, index: &Index<'_>, targets: &Targets) -> Result<(), Refusal> {
    for def in &targets.defs {
        let names = index.names(def.file);
        let bound = names.bindings.get(def.bound);
        let file = &index.files[def.file];
        let refuse = |reason, message: String| {
            Err(renaming.refuse(index, reason, message, def.file, bound.declared))
        };
        let old = &renaming.old;
        if names.generated.contains(&bound.declared) {
            return refuse(Reason::Dynamic, format!("`{old}` is declared by a macro"));
        }
        let Some(node) = item_at(file.parsed(), bound.declared) else { continue };
        let in_foreign =
            crate::syntax::node::ancestors(node).any(|a| a.kind() == "foreign_mod_item");
        if in_foreign {
            return refuse(Reason::Inherited, format!("`{old}` is declared in a foreign library"));
        }
        let root = index.modules.iter().any(|m| {
            m.file == def.file
                && bound.scope == ScopeId(0)
                && m.parent.is_none()
                && !index.crates[m.in_crate].library
        });
        if old == "main" && root {
            return refuse(Reason::Exported, "`main` is where the program starts".to_owned());
        }
        for attribute in conflicts::attributes(node, file.parsed().text()) {
            let word = attribute.trim_start_matches("unsafe(");
            for linked in
                ["no_mangle", "export_name", "proc_macro", "panic_handler", "global_allocator"]
            {
                if word.starts_with(linked) {
                    let message = format!("`#[{linked}]`: the name of `{old}` is used outside");
                    return refuse(Reason::Exported, message);
                }
            }
            if word.starts_with("macro_export")
                && renaming.setting.api == crate::refactor::Api::Keep
            {
                let message = format!(
                    "the macro `{old}` is exported; allow changes of the interface to rename it"
                );
                return refuse(Reason::Exported, message);
            }
        }
        if renaming.setting.api == crate::refactor::Api::Keep && is_exported(index, *def) {
            let message = format!(
                "`{old}` is part of the library's interface; allow changes of the interface to rename it"
            );
            return refuse(Reason::Exported, message);
        }
    }
    Ok(())
}

/// Every place that means one of the targets. Definitions that share a use with them become targets.
///
/// # Errors
/// Places of which it cannot be told.
pub(super) fn sites(
    renaming: &Renaming<'_>,
    index: &Index<'_>,
    targets: &mut Targets,
    space: Namespace,
) -> Result<BTreeSet<Site>, Refusal> {
    let naming = index.files_naming(&renaming.old);
    loop {
        let files = files_seeing(index, targets, &naming);
        let before = (targets.defs.len(), targets.members.len());
        let mut out = BTreeSet::new();
        for file in index.ahead(&files) {
            let mut search = Search { renaming, index, file, space, targets, out: &mut out };
            search.file()?;
        }
        if before == (targets.defs.len(), targets.members.len()) {
            return Ok(out);
        }
    }
}

/// True when no other item of the repository has the name.
fn is_only_one(index: &Index<'_>, old: &str, targets: &Targets) -> bool {
    let files = index.files_that(&|text| may_declare(text, old));
    index.ahead(&files).all(|file| {
        let names = index.names(file);
        names.named(old).all(|(bound, b)| {
            b.kind == BoundKind::Import
                || names.local[bound.0 as usize]
                || targets.defs.contains(&Def { file, bound })
        })
    })
}

struct Search<'s, 'a> {
    renaming: &'s Renaming<'a>,
    index: &'s Index<'a>,
    file: usize,
    space: Namespace,
    targets: &'s mut Targets,
    out: &'s mut BTreeSet<Site>,
}

impl Search<'_, '_> {
    fn names(&self) -> &Names {
        self.index.names(self.file)
    }

    fn is_old(&self, at: Span) -> bool {
        self.index.text(self.file, at) == self.renaming.old
    }

    fn file(&mut self) -> Result<(), Refusal> {
        let index = self.index;
        let names = index.names(self.file);
        for occurrence in &names.bindings.occurrences {
            if !self.is_old(occurrence.span) {
                continue;
            }
            let found = match occurrence.bound {
                Some(bound) if names.local[bound.0 as usize] => continue,
                Some(bound) => {
                    let def = Def { file: self.file, bound };
                    let modules = index.modules_at(self.file, occurrence.scope);
                    if modules.is_empty() {
                        vec![Found { chain: vec![def], end: End::Def(def) }]
                    } else {
                        modules.iter().flat_map(|m| index.follow(def, *m, 0)).collect()
                    }
                }
                None => {
                    let unbound = names.unbound.get(&occurrence.span.start).copied();
                    if unbound.is_some_and(|u| !u.meets(self.space) && u != self.space) {
                        continue;
                    }
                    let path = PathRef { segments: vec![occurrence.span], scope: occurrence.scope };
                    index.path(self.file, &path, unbound.unwrap_or(self.space))
                }
            };
            self.judge(&found, occurrence.span, occurrence.scope, true)?;
        }
        for used in &names.paths {
            for (at, segment) in used.path.segments.iter().enumerate().skip(1) {
                if segment.is_empty() || !self.is_old(*segment) {
                    continue;
                }
                let last = at + 1 == used.path.segments.len();
                let namespace = if last { used.namespace } else { Namespace::Type };
                let namespaces: &[Namespace] = match namespace {
                    Namespace::Both => &[Namespace::Both, Namespace::Macro],
                    other => &[other],
                };
                let segments = used.path.segments[..=at].to_vec();
                let path = PathRef { segments, scope: used.path.scope };
                for namespace in namespaces {
                    let found = index.path(self.file, &path, *namespace);
                    self.judge(&found, *segment, used.path.scope, false)?;
                }
            }
            // `Self` and `crate` have no occurrence; a head in a `use` has none either.
            if let Some(head) = used.path.segments.first().filter(|h| !h.is_empty())
                && self.is_old(*head)
                && names.bindings.at(*head).is_none()
            {
                let path = PathRef { segments: vec![*head], scope: used.path.scope };
                let many = used.path.segments.len() > 1;
                let namespace = if many { Namespace::Type } else { used.namespace };
                let found = index.path(self.file, &path, namespace);
                self.judge(&found, *head, used.path.scope, false)?;
            }
        }
        self.tokens()
    }

    fn is_target(&self, found: &Found) -> bool {
        let end = match found.end {
            End::Member(member) => self.targets.members.contains(&member),
            End::Def(def) => self.targets.defs.contains(&def),
            _ => false,
        };
        end || found.chain.iter().any(|d| self.targets.defs.contains(d))
    }

    fn judge(
        &mut self,
        found: &[Found],
        at: Span,
        scope: ScopeId,
        alone: bool,
    ) -> Result<(), Refusal> {
        if !found.iter().any(|f| self.is_target(f)) {
            return Ok(());
        }
        if self.names().stringified.contains(&at) {
            let message = format!("`{}` is turned into text by a macro here", self.renaming.old);
            return Err(self.refuse(message, at));
        }
        self.out.insert(Site { file: self.file, at, scope, alone });
        for other in found.iter().filter(|f| !self.is_target(f)).collect::<Vec<_>>() {
            match other.end {
                End::Def(def) => drop(self.targets.defs.insert(def)),
                End::Member(member) => drop(self.targets.members.insert(member)),
                // An import brings the name of every namespace; another one from elsewhere cannot be renamed.
                End::Module(_) => {
                    let message = format!(
                        "`{}` names a module here as well; rename one of them elsewhere first",
                        self.renaming.old
                    );
                    return Err(self.refuse(message, at));
                }
                End::Local(_) | End::External | End::Unknown => {}
            }
        }
        Ok(())
    }

    fn refuse(&self, message: String, at: Span) -> Refusal {
        self.renaming.refuse(self.index, Reason::Dynamic, message, self.file, at)
    }

    /// Tokens of macros and attributes.
    fn tokens(&mut self) -> Result<(), Refusal> {
        let index = self.index;
        let names = index.names(self.file);
        let text = index.files[self.file].parsed().text();
        for token in &names.tokens {
            if token.place == TokenPlace::AttributeText {
                self.attribute_text(token.span, token.scope);
                continue;
            }
            if !self.is_old(token.span) || text[..token.span.start].ends_with('.') {
                continue;
            }
            let path = PathRef { segments: vec![token.span], scope: token.scope };
            let mut found: Vec<Found> = Vec::new();
            for namespace in [Namespace::Value, Namespace::Type, Namespace::Macro] {
                if namespace.meets(self.space) {
                    found.extend(index.path(self.file, &path, namespace));
                }
            }
            if !found.iter().any(|f| self.is_target(f)) {
                continue;
            }
            match token.place {
                TokenPlace::Macro => self.judge(&found, token.span, token.scope, true)?,
                TokenPlace::Template if is_only_one(index, &self.renaming.old, self.targets) => {
                    self.judge(&found, token.span, token.scope, true)?;
                }
                TokenPlace::Attribute if text[..token.span.start].trim_end().ends_with('=') => {
                    self.judge(&found, token.span, token.scope, true)?;
                }
                TokenPlace::Attribute | TokenPlace::AttributeText | TokenPlace::TypeBinding => {}
                TokenPlace::Template | TokenPlace::Quoted => {
                    let message = format!(
                        "the code that a macro makes here names a `{}`, and which one depends on where it is used",
                        self.renaming.old
                    );
                    return Err(self.refuse(message, token.span));
                }
            }
        }
        Ok(())
    }

    /// `#[serde(default = "path::to::it")]`
    fn attribute_text(&mut self, literal: Span, scope: ScopeId) {
        let index = self.index;
        let text = index.files[self.file].parsed().text();
        let Some(inside) = literal.of(text).map(|t| t.trim_matches('"')) else { return };
        let path_like = inside.split("::").all(crate::refactor::rust::names::is_name);
        if !path_like || !inside.split("::").any(|part| part == self.renaming.old) {
            return;
        }
        let mut at = literal.start + 1;
        let mut segments = Vec::new();
        for part in inside.split("::") {
            segments.push(Span::new(at, at + part.len()));
            at += part.len() + 2;
        }
        for n in 0..segments.len() {
            if !self.is_old(segments[n]) {
                continue;
            }
            let path = PathRef { segments: segments[..=n].to_vec(), scope };
            let namespace = if n + 1 == segments.len() { self.space } else { Namespace::Type };
            let found = index.path(self.file, &path, namespace);
            if found.iter().any(|f| self.is_target(f)) {
                self.out.insert(Site { file: self.file, at: segments[n], scope, alone: n == 0 });
            }
        }
    }
}
