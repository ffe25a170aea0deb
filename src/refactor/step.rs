//! What comes out: the edits of a step, or why there is none.

use std::collections::BTreeMap;
use std::fmt;

use super::{Project, shared};
use crate::base::{Language, Line, Replacement, RepoPath, Span, splice};
use crate::syntax;

/// A step, or the reason why there is none.
pub type Answer = Result<Step, Refusal>;

/// Edits that belong together and keep the meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What it does, for people and as the subject of a commit: "Rename total to sum".
    pub title: String,
    /// Each path once.
    pub changes: Vec<Change>,
    /// Words in comments, strings and documentation that speak of the same thing; only made when asked for.
    pub mentions: Vec<Change>,
    /// What a reviewer should know, one sentence each.
    pub notes: Vec<String>,
    /// Names that others can see and that are now different, or gone: `Cart.total`.
    pub interface: Vec<String>,
}

/// What happens to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: RepoPath,
    pub edit: Edit,
}

/// How a file changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Replacements in the text as it is, which do not overlap.
    Replace(Vec<Replacement>),
    /// A file that was not there.
    Create(String),
}

/// Why there is no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// For people: what is in the way, and what can be done.
    pub message: String,
    /// Where it is in the way.
    pub at: Option<(RepoPath, Line)>,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// There is nothing at the place that this could be done to.
    NotHere,
    /// The language has no such thing.
    Unsupported,
    /// A file that would change does not parse, before or after.
    Syntax,
    /// The new name is none, or a word of the language.
    BadName,
    /// The new name means something already where it would be used.
    NameTaken,
    /// A name that is needed means something else at the new place.
    Shadowed,
    /// It may be reached by a name made at run time, or a receiver of unknown type.
    Dynamic,
    /// Others may use it from outside of the repository.
    Exported,
    /// It overrides, or is overridden by, what lies outside of the repository.
    Inherited,
    /// The selection has more than one way in or out.
    ControlFlow,
    /// Values would be computed in another order, more often or not at all.
    Effects,
    /// The two are not equal in all cases.
    NotEquivalent,
}

impl Reason {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotHere => "not-here",
            Self::Unsupported => "unsupported",
            Self::Syntax => "syntax",
            Self::BadName => "bad-name",
            Self::NameTaken => "name-taken",
            Self::Shadowed => "shadowed",
            Self::Dynamic => "dynamic",
            Self::Exported => "exported",
            Self::Inherited => "inherited",
            Self::ControlFlow => "control-flow",
            Self::Effects => "effects",
            Self::NotEquivalent => "not-equivalent",
        }
    }
}

impl Refusal {
    /// A refusal without a place.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), at: None }
    }

    /// The same, with the place that is in the way.
    #[must_use]
    pub fn at(self, path: &RepoPath, line: Line) -> Self {
        Self { at: Some((path.clone(), line)), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some((path, line)) => write!(f, "{} ({path}:{line})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Step {
    /// A step of nothing yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a replacement in a file.
    pub fn replace(&mut self, path: &RepoPath, replacement: Replacement) {
        add(&mut self.changes, path, replacement);
    }

    /// Adds a replacement of a word that only speaks of the thing.
    pub fn mention(&mut self, path: &RepoPath, replacement: Replacement) {
        add(&mut self.mentions, path, replacement);
    }

    /// Adds a file that was not there.
    pub fn create(&mut self, path: &RepoPath, text: impl Into<String>) {
        self.changes.push(Change { path: path.clone(), edit: Edit::Create(text.into()) });
    }

    /// True when nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The texts after the step, by path: of the changes alone, or with the mentions.
    ///
    /// # Errors
    /// When replacements overlap or a file has gone: a bug of the refactoring, told as a refusal.
    pub fn texts(
        &self,
        project: &dyn Project,
        with_mentions: bool,
    ) -> Result<BTreeMap<RepoPath, String>, Refusal> {
        let mut edits: BTreeMap<&RepoPath, Vec<Replacement>> = BTreeMap::new();
        let mut texts = BTreeMap::new();
        let mentions = self.mentions.iter().filter(|_| with_mentions);
        for change in self.changes.iter().chain(mentions) {
            match &change.edit {
                Edit::Create(text) => drop(texts.insert(change.path.clone(), text.clone())),
                Edit::Replace(replacements) => {
                    edits.entry(&change.path).or_default().extend(replacements.clone())
                }
            }
        }
        for (path, replacements) in edits {
            let parsed = project.parsed(path).map(|parsed| parsed.text().to_owned());
            let Some(before) = parsed.or_else(|| project.text(path)) else {
                return Err(Refusal::new(Reason::Syntax, format!("{path} cannot be read")));
            };
            let after = splice(&before, &replacements).map_err(|error| {
                Refusal::new(
                    Reason::Syntax,
                    format!("the edits of {path} do not fit together: {error}"),
                )
            })?;
            texts.insert(path.clone(), after);
        }
        Ok(texts)
    }

    /// The step, when every file that it changes still parses.
    pub(super) fn checked(mut self, project: &dyn Project) -> Answer {
        self.changes
            .retain(|change| !matches!(&change.edit, Edit::Replace(list) if list.is_empty()));
        if self.is_empty() {
            return Err(Refusal::new(Reason::NotHere, "there is nothing to change"));
        }
        let texts: Vec<(RepoPath, String)> = self.texts(project, false)?.into_iter().collect();
        let fit = shared(&texts, &|(path, after)| self.parses(project, path, after));
        match fit.iter().zip(&texts).find(|(fits, _)| !**fits) {
            Some((_, (path, _))) => {
                let message = format!("{path} would not parse any more");
                Err(Refusal::new(Reason::Syntax, message))
            }
            None => Ok(self),
        }
    }

    /// True when a file parses as well as before; so do files of other languages.
    fn parses(&self, project: &dyn Project, path: &RepoPath, after: &str) -> bool {
        let Some(language) = Language::of_path(path.as_str()) else { return true };
        let edits = self.changes.iter().find_map(|change| match &change.edit {
            Edit::Replace(list) if change.path == *path => Some(list),
            _ => None,
        });
        match project.parsed(path).zip(edits) {
            Some((before, edits)) => before.still_parses(edits, after),
            None => syntax::parse(language, after).is_clean(),
        }
    }
}

fn add(changes: &mut Vec<Change>, path: &RepoPath, replacement: Replacement) {
    let known = changes.iter_mut().find(|c| c.path == *path);
    if let Some(Change { edit: Edit::Replace(list), .. }) = known {
        if !list.contains(&replacement) {
            list.push(replacement);
        }
        return;
    }
    changes.push(Change { path: path.clone(), edit: Edit::Replace(vec![replacement]) });
}

/// A replacement of a span by a text.
pub(crate) fn put(span: Span, text: impl Into<String>) -> Replacement {
    Replacement { span, text: text.into() }
}
