//! Changes of shape that keep the meaning: rename, extract, inline, move, another signature, and
//! rewrites of one construct as another.
//!
//! Pure: a [`Project`] is read through a trait, and what comes out is a [`Step`] (the edits of all
//! files, and what a reviewer should know) or a [`Refusal`] (why the meaning could not be kept).
//! Nothing is guessed: where a name may be reached in a way that the source does not tell, the answer
//! is a refusal. Running tests on a step is not done here but in `agent`.

mod bindings;
mod ecma;
mod language;
mod project;
mod python;
mod request;
mod rust;
mod smells;
mod step;
#[cfg(test)]
pub(crate) mod testing;

pub use bindings::{
    Bindings, Bound, BoundId, BoundKind, Namespace, Occurrence, Role, Scope, ScopeId, ScopeKind,
};
pub use project::{Mention, Project, has_word, words};
pub(crate) use project::{each_word, shared};
pub use request::{Api, Occurrences, Place, Refactoring, Request, Rewrite, SignatureChange};
pub use smells::{Smell, SmellKind, smells};
pub use step::{Answer, Change, Edit, Reason, Refusal, Step};

use crate::base::{RepoPath, Span};
use crate::syntax::Parsed;
use language::Reshape;

/// The step that does what `request` asks.
///
/// # Errors
/// A [`Refusal`] when the place does not fit, the language has no such step, or the meaning could not be kept.
pub fn plan(project: &dyn Project, request: &Request) -> Answer {
    let Place { path, span } = &request.at;
    let Some(parsed) = project.parsed(path) else {
        let message = format!("{path} is no source file that can be read and parsed");
        return Err(Refusal::new(Reason::Syntax, message));
    };
    if span.of(parsed.text()).is_none() {
        return Err(Refusal::new(Reason::NotHere, format!("{path} has no such place")));
    }
    if !parsed.is_clean() {
        let line = crate::syntax::syntax_errors(&parsed).first().map(|error| error.line);
        let message = format!("{path} does not parse; correct the syntax first");
        return Err(Refusal {
            at: line.map(|line| (path.clone(), line)),
            ..Refusal::new(Reason::Syntax, message)
        });
    }
    let with = language::of(parsed.language())?;
    let setting = Setting { project, parsed: &parsed, at: &request.at, api: request.api };
    let step = with.plan(&setting, &request.what).or_else(|refusal| match &request.what {
        // The beginning of a file stands for all of it.
        Refactoring::Rewrite(rewrite)
            if *span == Span::at(0) && refusal.reason == Reason::NotHere =>
        {
            everywhere(with, setting, *rewrite).ok_or(refusal)
        }
        _ => Err(refusal),
    })?;
    step.checked(project)
}

/// A rewrite at every place of the file that offers it and allows it; `None` when there is none.
fn everywhere(with: &dyn Reshape, setting: Setting<'_>, rewrite: Rewrite) -> Option<Step> {
    let mut all = Step::default();
    let mut taken: Vec<Span> = Vec::new();
    let mut made = 0;
    for (_, span) in with.rewrites(setting.parsed).into_iter().filter(|(kind, _)| *kind == rewrite)
    {
        let at = Place { path: setting.at.path.clone(), span };
        let Ok(step) = with.plan(&Setting { at: &at, ..setting }, &Refactoring::Rewrite(rewrite))
        else {
            continue;
        };
        let edits = step.changes.iter().flat_map(|change| match &change.edit {
            Edit::Replace(list) if change.path == at.path => list.as_slice(),
            _ => &[],
        });
        let spans: Vec<Span> = edits.map(|edit| edit.span).collect();
        let meets = |one: &Span, two: &Span| one.start <= two.end && two.start <= one.end;
        // What changes other files, or a text that another place changes too, is left for another step.
        let alone = step.changes.iter().all(|change| change.path == at.path);
        if !alone || spans.iter().any(|span| taken.iter().any(|other| meets(span, other))) {
            continue;
        }
        taken.extend(spans);
        made += 1;
        if made == 1 {
            all.title.clone_from(&step.title);
        }
        for change in step.changes {
            if let Edit::Replace(list) = change.edit {
                list.into_iter().for_each(|edit| all.replace(&change.path, edit));
            }
        }
        all.notes.extend(
            step.notes.into_iter().filter(|note| !all.notes.contains(note)).collect::<Vec<_>>(),
        );
    }
    if made > 1 {
        all.title = format!("{} ({made} places)", all.title);
    }
    (made > 0).then_some(all)
}

/// What every identifier of a file stands for; `None` for a language that has no refactorings.
pub fn bindings(parsed: &Parsed) -> Option<Bindings> {
    language::of(parsed.language()).ok().map(|with| with.bindings(parsed))
}

/// The rewrites that a file offers, each with the place it would be made at, in source order.
///
/// An offer is cheap and may still be refused by [`plan`].
pub fn rewrites(parsed: &Parsed) -> Vec<(Rewrite, Span)> {
    language::of(parsed.language()).map_or_else(|_| Vec::new(), |with| with.rewrites(parsed))
}

/// Where the names that `name` may mean are declared: `f`, `Class.method`, `f.local`, `Class.attribute`; the parts
/// may be left out from the front.
pub fn declared(parsed: &Parsed, name: &str) -> Vec<Span> {
    language::of(parsed.language()).map_or_else(|_| Vec::new(), |with| with.declared(parsed, name))
}

/// Where a step is planned.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) project: &'a dyn Project,
    /// The file of `at`; it has no syntax error.
    pub(crate) parsed: &'a Parsed,
    pub(crate) at: &'a Place,
    pub(crate) api: Api,
}

impl Setting<'_> {
    /// The file that the request names.
    pub(crate) fn path(&self) -> &RepoPath {
        &self.at.path
    }

    /// The text of that file.
    pub(crate) fn text(&self) -> &str {
        self.parsed.text()
    }
}
