//! Reads a change and says what is worth stopping for.
//!
//! Pure: both sides of the changed files and a view of the repository come in, [`Finding`]s come out.
//! Nothing is run, read or printed here; a patch is an offer that the caller still has to prove.
//! What the change does not bring is not reported: a finding on a line that was there before, or that
//! the file had before, stays unsaid, except where the change breaks what it does not touch.

mod bugs;
mod change;
mod conflicts;
mod debugging;
mod finding;
mod hook;
mod kind;
mod names;
mod report;
mod risky;
mod rules;
mod sarif;
mod score;
pub(in crate::agent) mod secrets;
mod size;
mod source;
mod suppress;
mod syntax_errors;
#[cfg(test)]
mod testing;
mod tests_lost;

use std::collections::{HashMap, HashSet};

pub use change::{ChangedFile, LineRange, Mode, Version, changed_lines};
pub use finding::{Finding, Severity};
pub use hook::{
    Existing, Facts, GitVersion, HookPlan, Manager, Removal, Stage, plan, plan_removal, script,
    snippet,
};
pub use report::{Totals, human, totals};
pub use rules::{RULES, Rule, rule};
pub use sarif::sarif;
pub use score::{
    Asked, Bin, Bounds, Calibration, Goal, Likelihood, Measured, Sample, Trial, trials,
    unlikely_lines,
};
pub use suppress::{BadEntry, Suppressions};

use crate::base::{Cancel, Line, Span, sanitize};
use crate::refactor::Project;
use source::{Draft, Source, World};

/// What a review goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// An added file of this many bytes is worth a warning.
    pub large: u64,
    /// One of this many stops the commit.
    pub huge: u64,
    pub suppressions: Suppressions,
}

impl Default for Settings {
    fn default() -> Self {
        Self { large: 1 << 20, huge: 20 << 20, suppressions: Suppressions::default() }
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Reviewed {
    /// By path and line.
    pub findings: Vec<Finding>,
    /// How many more there were that the user does not want to hear.
    pub suppressed: usize,
    /// True when it was cancelled before the end.
    pub incomplete: bool,
}

impl Reviewed {
    /// Adds what was found afterwards by a rule that has nothing here yet: numbered, without what the user does
    /// not want to hear, and without what stands on a line that something else is said of.
    pub fn add(&mut self, mut found: Vec<Finding>, settings: &Settings) {
        let said = |f: &Finding| {
            let same = |old: &Finding| old.path == f.path && old.lines.contains(&f.line());
            self.findings.iter().any(|old| old.severity >= f.severity && same(old))
        };
        found.retain(|finding| !said(finding));
        let more = finish(found, settings, self.incomplete);
        self.suppressed += more.suppressed;
        self.findings.extend(more.findings);
        sort(&mut self.findings);
    }
}

/// A changed file with its sides.
struct Subject<'a> {
    file: &'a ChangedFile,
    after: Option<Source>,
    before: std::cell::OnceCell<Option<Source>>,
    is_test: bool,
}

/// Detectors that look at one side of one file.
type Detector = fn(&Source, World<'_>, &mut Vec<Draft>);
const DETECTORS: &[Detector] = &[
    syntax_errors::find,
    conflicts::find,
    debugging::find,
    secrets::find,
    names::undefined,
    names::imports,
    names::members,
    names::calls,
    names::typed_calls,
    names::crate_paths,
    names::packages,
    risky::find,
    bugs::find,
];

/// Reviews a change. `project` is the repository as it will be after it.
pub fn review(
    change: &[ChangedFile],
    project: &dyn Project,
    settings: &Settings,
    cancel: &Cancel,
) -> Reviewed {
    let exports = names::Exports::default();
    let world = World { project, exports: &exports };
    let subjects: Vec<Subject<'_>> =
        change.iter().map(|file| Subject::new(file, project)).collect();
    let mut placed: Vec<Finding> = Vec::new();
    let mut incomplete = false;
    let mut drafts: Vec<(usize, Vec<Draft>)> = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        if cancel.is_cancelled() {
            incomplete = true;
            break;
        }
        let mut found = subject.local(world);
        size::find(subject.file, settings, &mut found);
        tests_lost::find(subject, &subjects, world, &mut found);
        drafts.push((at, found));
    }
    drop_moved(&subjects, &mut drafts);
    calm_imported(&subjects, &mut drafts);
    for (at, found) in drafts {
        placed.extend(subjects[at].place(found));
    }
    if !cancel.is_cancelled() {
        for (source, found) in names::broken_elsewhere(&subjects, world) {
            placed.extend(place(&source, found));
        }
    }
    finish(placed, settings, incomplete || cancel.is_cancelled())
}

fn finish(mut placed: Vec<Finding>, settings: &Settings, incomplete: bool) -> Reviewed {
    sort(&mut placed);
    placed.dedup_by(|a, b| {
        (a.rule.id, &a.path, &a.lines, a.columns, &a.message)
            == (b.rule.id, &b.path, &b.lines, b.columns, &b.message)
    });
    let mut seen: HashMap<String, u32> = HashMap::new();
    for finding in &mut placed {
        let nth = seen.entry(finding.fingerprint.clone()).or_default();
        finding.fingerprint = digest(&[&finding.fingerprint, &nth.to_string()]);
        *nth += 1;
    }
    let all = placed.len();
    placed.retain(|finding| !settings.suppressions.covers(finding));
    Reviewed { suppressed: all - placed.len(), findings: placed, incomplete }
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.path.clone(), f.line(), f.columns, f.rule.id);
        key(a).cmp(&key(b))
    });
}

impl<'a> Subject<'a> {
    fn new(file: &'a ChangedFile, project: &dyn Project) -> Self {
        let is_test = file.repo_path().is_some_and(|path| project.is_test(&path));
        let text = file.after.as_ref().and_then(Version::text);
        let mut after =
            text.map(|text| Source::new(&file.path, text, is_test, Some(file.new_lines())));
        if let Some(after) = after.as_mut().filter(|after| after.kind.test) {
            after.kind.fixture |= is_among_samples(&file.path, project);
        }
        Self { file, after, before: std::cell::OnceCell::new(), is_test }
    }

    /// The side before, read when it is asked for.
    fn before(&self) -> Option<&Source> {
        let made = self.before.get_or_init(|| {
            let text = self.file.before.as_ref().and_then(Version::text)?;
            let path = self.file.renamed_from.as_deref().unwrap_or(&self.file.path);
            Some(Source::new(path, text, self.is_test, None))
        });
        made.as_ref()
    }

    /// What the detectors say of the new lines and could not have said before.
    fn local(&self, world: World<'_>) -> Vec<Draft> {
        let Some(after) = &self.after else { return Vec::new() };
        let mut found = Vec::new();
        for detector in DETECTORS {
            let mut new = Vec::new();
            detector(after, world, &mut new);
            // Wherever the parser notices a new syntax error, the change brought it.
            let brought = |d: &Draft| d.rule == &rules::SYNTAX_ERROR || after.wants(d.span);
            new.retain(brought);
            if let Some(before) = self.before().filter(|_| !new.is_empty()) {
                let (mut old, mut all) = (Vec::new(), Vec::new());
                detector(before, world, &mut old);
                if !old.is_empty() {
                    detector(&after.whole(), world, &mut all);
                    subtract(&mut new, &old, &all);
                }
            }
            found.append(&mut new);
        }
        found
    }

    fn place(&self, drafts: Vec<Draft>) -> Vec<Finding> {
        match self.after.as_ref().or_else(|| self.before()) {
            Some(source) => place(source, drafts),
            None => place(&Source::new(&self.file.path, "", self.is_test, None), drafts),
        }
    }
}

/// True where a directory, or the one above it, holds files of many languages: samples of each, which need not run.
fn is_among_samples(path: &str, project: &dyn Project) -> bool {
    const MANY: usize = 5;
    let parent = |path: &str| path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    let Some(directory) = parent(path) else { return false };
    let above = parent(&directory).filter(|above| above.contains('/'));
    [Some(directory), above].into_iter().flatten().any(|directory| {
        let files =
            project.files().iter().filter_map(|file| file.as_str().strip_prefix(&directory));
        let endings: HashSet<&str> = files
            .filter(|rest| rest.starts_with('/'))
            .filter_map(|rest| Some(rest.rsplit_once('.')?.1))
            .filter(|ending| SAMPLED.contains(ending))
            .collect();
        endings.len() >= MANY
    })
}

/// Endings of languages of which a tool for many keeps samples.
const SAMPLED: &[&str] = &[
    "c", "cc", "cpp", "cs", "go", "hs", "java", "js", "kt", "lua", "php", "pl", "py", "rb", "rs",
    "scala", "sh", "swift", "toml", "ts", "yaml", "zig",
];

/// Keeps as many as the file has more than before; `all` are those of the whole file now.
fn subtract(new: &mut Vec<Draft>, old: &[Draft], all: &[Draft]) {
    let key = |draft: &Draft| (draft.rule.id, draft.key.clone());
    let mut more: HashMap<(&str, String), i64> = HashMap::new();
    for (drafts, weight) in [(all, 1), (old, -1)] {
        for draft in drafts {
            *more.entry(key(draft)).or_default() += weight;
        }
    }
    new.retain(|draft| {
        let left = more.entry(key(draft)).or_default();
        *left -= 1;
        *left >= 0
    });
}

/// Drops findings of rules that look at lines alone where the change only moved the line.
fn drop_moved(subjects: &[Subject<'_>], drafts: &mut [(usize, Vec<Draft>)]) {
    let line_of = |at: usize, draft: &Draft| -> Option<String> {
        let source = subjects[at].after.as_ref().filter(|_| draft.rule.of_line)?;
        let line = source.line_text(source.lines.line(draft.span.start)).trim();
        (line.len() > 5).then(|| line.to_owned())
    };
    let mut counts: HashMap<String, i64> = HashMap::new();
    for (at, found) in drafts.iter() {
        counts.extend(found.iter().filter_map(|draft| Some((line_of(*at, draft)?, 0))));
    }
    if counts.is_empty() {
        return;
    }
    for subject in subjects {
        let sides = [(&subject.file.before, -1), (&subject.file.after, 1)];
        for (side, weight) in sides {
            for line in side.as_ref().and_then(Version::text).unwrap_or_default().lines() {
                if let Some(count) = counts.get_mut(line.trim()) {
                    *count += weight;
                }
            }
        }
    }
    for (at, found) in drafts {
        found.retain(|draft| line_of(*at, draft).is_none_or(|line| counts[&line] > 0));
    }
}

/// So many new sources at once are somebody else's code that is taken in: what is only unusual there is for
/// information. Secrets and sizes are as bad there as anywhere.
fn calm_imported(subjects: &[Subject<'_>], drafts: &mut [(usize, Vec<Draft>)]) {
    const MANY: usize = 60;
    let as_bad = [
        &rules::CREDENTIALS_IN_URL,
        &rules::POSSIBLE_SECRET,
        &rules::LARGE_FILE,
        &rules::BINARY_FILE,
    ];
    let is_new = |s: &Subject<'_>| {
        s.file.before.is_none() && s.after.as_ref().is_some_and(|after| after.parsed.is_some())
    };
    if subjects.iter().filter(|s| is_new(s)).count() < MANY {
        return;
    }
    for draft in drafts.iter_mut().filter(|(at, _)| is_new(&subjects[*at])).flat_map(|(_, d)| d) {
        if draft.severity == Severity::Warns && !as_bad.contains(&draft.rule) {
            draft.severity = Severity::Informs;
        }
    }
}

/// Drafts with line, columns, evidence and fingerprint; those that a comment allows are left out.
fn place(source: &Source, drafts: Vec<Draft>) -> Vec<Finding> {
    let allowed = |draft: &Draft| {
        let line = source.lines.line(draft.span.start);
        let above = Line(line.0.saturating_sub(1));
        suppress::allowed_on(draft.rule.id, source.line_text(line), source.line_text(above))
    };
    drafts
        .into_iter()
        .filter(|draft| !allowed(draft))
        .map(|draft| {
            let (first, last) = source.line_range(draft.span);
            let shown = draft.evidence.unwrap_or_else(|| evidence(source, draft.span));
            Finding {
                rule: draft.rule,
                severity: draft.severity,
                path: source.path.clone(),
                lines: first..=last,
                columns: (first == last).then(|| columns(source, draft.span)),
                message: sanitize(&secrets::masked(&draft.message)).into_owned(),
                evidence: sanitize(&shown).into_owned(),
                confidence: draft.confidence,
                patch: draft.patch,
                fingerprint: digest(&[draft.rule.id, &source.path, &draft.key]),
            }
        })
        .collect()
}

/// The first line of a span, without indentation and secrets, cut.
fn evidence(source: &Source, span: Span) -> String {
    const MOST: usize = 160;
    let line = secrets::masked(source.line_text(source.lines.line(span.start)).trim());
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

fn columns(source: &Source, span: Span) -> (u32, u32) {
    let start = source.lines.span(source.lines.line(span.start)).map_or(0, |line| line.start);
    let count = |to: usize| {
        let text = source.text.get(start..to).unwrap_or_default();
        u32::try_from(text.chars().count() + 1).unwrap_or(u32::MAX)
    };
    (count(span.start), count(span.end))
}

/// 16 hexadecimal digits.
fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests;
