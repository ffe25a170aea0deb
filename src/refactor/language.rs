//! What each language brings: one trait, one implementation a language.

use super::{Answer, Bindings, Reason, Refactoring, Refusal, Rewrite, Setting, ecma, python, rust};
use crate::base::{Language, Span};
use crate::syntax::Parsed;

/// The refactorings of one language.
pub(super) trait Reshape: Sync {
    /// The step at a place.
    fn plan(&self, setting: &Setting<'_>, what: &Refactoring) -> Answer;

    /// What every identifier of a file stands for.
    fn bindings(&self, parsed: &Parsed) -> Bindings;

    /// See [`super::rewrites`].
    fn rewrites(&self, parsed: &Parsed) -> Vec<(Rewrite, Span)>;

    /// See [`super::declared`].
    fn declared(&self, parsed: &Parsed, name: &str) -> Vec<Span>;
}

/// # Errors
/// A language without refactorings.
pub(super) fn of(language: Language) -> Result<&'static dyn Reshape, Refusal> {
    Ok(match language {
        Language::Python => &python::Python,
        Language::JavaScript | Language::TypeScript | Language::Tsx => &ecma::Ecma,
        Language::Rust => &rust::Rust,
        Language::Go => {
            return Err(Refusal::new(
                Reason::Unsupported,
                format!("{} has no refactorings yet", language.name()),
            ));
        }
    })
}

/// The refusal of what a language does not have.
pub(super) fn unsupported(language: &str, what: &str) -> Refusal {
    Refusal::new(Reason::Unsupported, format!("{language} has no {what}"))
}
