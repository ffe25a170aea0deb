//! Candidate edits, from the cheapest generator to the dearest.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::agent::proposal::{Caution, Tier};
use crate::agent::sources::{Source, Sources};
use crate::base::{Line, Replacement, RepoPath};
use crate::edit::{FileChange, Patch};
use crate::syntax;

pub mod compiler;
pub mod embedded;
pub mod model;
pub mod prior;
pub mod restore;
pub mod rules;
pub mod transform;
pub mod trees;

/// One edit that might be the fix. Small: the new text is made when its turn comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub tier: Tier,
    /// Stable name of the rule or operator, for statistics.
    pub operator: &'static str,
    /// What the edit does, for people.
    pub title: String,
    pub edits: Vec<FileEdit>,
    /// Where it is anchored.
    pub place: (RepoPath, Line),
    /// Negative log of how likely this is to be the fix, up to a constant; lower is tried first.
    pub cost: f64,
    /// How little the model that wrote it expected its own answer: nats for a token. `None` where no model wrote it,
    /// or its engine does not tell.
    pub surprise: Option<f64>,
}

/// Replacements in one file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEdit {
    pub path: RepoPath,
    pub replacements: Vec<Replacement>,
}

/// Why a candidate is dropped before it costs a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It changes a test, or a file that is not a readable source.
    Forbidden,
    /// It changes nothing, or its replacements do not fit the text.
    Malformed,
    /// The result has syntax errors that the original had not.
    DoesNotParse,
}

impl Candidate {
    /// The patch, once it is known to touch no test and to parse.
    ///
    /// # Errors
    /// See [`Rejected`].
    pub fn patch(&self, sources: &Sources) -> Result<Patch, Rejected> {
        let mut changes = sources.base().files().to_vec();
        for edit in &self.edits {
            let source = sources.get(&edit.path).ok_or(Rejected::Forbidden)?;
            changes.push(change(&source, edit)?);
        }
        let patch = Patch::new(changes);
        if patch.is_empty() || patch == *sources.base() {
            Err(Rejected::Malformed)
        } else {
            Ok(patch)
        }
    }

    /// A hash of what the patched files would hold, to tell equal candidates.
    pub fn fingerprint(patch: &Patch) -> u64 {
        let mut hasher = DefaultHasher::new();
        patch.hash(&mut hasher);
        hasher.finish()
    }
}

fn change(source: &Source, edit: &FileEdit) -> Result<FileChange, Rejected> {
    if edit.replacements.iter().any(|r| source.is_test(r.span)) {
        return Err(Rejected::Forbidden);
    }
    let after = source.rewrite(&edit.replacements).map_err(|_| Rejected::Malformed)?;
    let text = std::str::from_utf8(&after).map_err(|_| Rejected::Malformed)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The parse of the original can be used again where the text is what it was made from.
    let plain = !source.has_crlf();
    let parses = if plain && edit.replacements.len() == 1 {
        source.parsed.still_parses(&edit.replacements, text)
    } else {
        syntax::parses_no_worse(&source.parsed, text)
    };
    if !parses {
        return Err(Rejected::DoesNotParse);
    }
    let before = Some(Arc::clone(&source.disk));
    Ok(FileChange { path: edit.path.clone(), before, after: Some(after) })
}

/// What a reviewer should be told about a patch that passed, judged from its text alone.
pub fn cautions(candidate: &Candidate, sources: &Sources) -> Vec<Caution> {
    let mut found = Vec::new();
    let (mut removed, mut added) = (0, 0);
    for edit in &candidate.edits {
        let Some(source) = sources.get(&edit.path) else { continue };
        for replacement in &edit.replacements {
            let old = replacement.span.of(&source.text).unwrap_or_default();
            removed += old.split_whitespace().map(str::len).sum::<usize>();
            let text = replacement.text.trim();
            if !matches!(text, "pass" | "return" | "continue" | "break" | "{}" | ";") {
                added += text.split_whitespace().map(str::len).sum::<usize>();
            }
            if swallows(&replacement.text) && !swallows(old) {
                found.push(Caution::SwallowsError);
            }
            if source.changes_assertion(replacement) {
                found.push(Caution::ChangesAssertion);
            }
        }
        if crate::edit::protected(&edit.path).is_some() {
            found.push(Caution::ProtectedFile(edit.path.clone()));
        }
    }
    if added == 0 && removed > 0 {
        found.push(Caution::DeletesCode);
    }
    if candidate.operator == restore::OPERATOR {
        found.push(Caution::TakesBack);
    }
    found.dedup();
    found
}

/// True for edits that may well pass a command without any test by not doing the work at all, or by asking for less.
pub fn avoids_work(candidate: &Candidate, cautions: &[Caution]) -> bool {
    let avoids = |caution: &Caution| {
        matches!(caution, Caution::DeletesCode | Caution::SwallowsError | Caution::ChangesAssertion)
    };
    cautions.iter().any(avoids)
        || candidate.tier == Tier::Endpoint
        || matches!(
            candidate.operator,
            // A model may have written any of the others.
            "model_edit"
                | "statement_delete"
                | "return_add"
                | "yield_return"
                | "jump_add"
                | "jump_swap"
                | "guard"
                | "negation_add"
                | "condition_replace"
                | "branch_kind"
        )
}

/// True for text that catches an error only to drop it, or whatever error there may be.
fn swallows(text: &str) -> bool {
    let code: Vec<&str> = text.lines().map(without_comment).collect();
    let squeezed = code.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let catches = ["} catch", "}catch", ".catch("].iter().find_map(|c| squeezed.split_once(c));
    let javascript = squeezed.contains("catch") && squeezed.contains("{}")
        || catches.is_some_and(|(_, rest)| !rest.contains("throw"));
    let calls = ["suppress(", "catch_unwind", "recover()"];
    drops_in_python(&code) || javascript || calls.iter().any(|call| squeezed.contains(call))
}

/// A Python handler without a `raise` that takes every error or does nothing, or a `finally` that
/// ends in a jump, which drops the error.
fn drops_in_python(code: &[&str]) -> bool {
    let is_jump = |line: &str| matches!(line, "return" | "continue" | "break");
    let lines = code.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    lines.iter().enumerate().any(|(index, line)| {
        let Some((head, here)) = line.split_once(':') else { return false };
        let mut body = [here.trim()].into_iter().chain(lines[index + 1..].iter().copied());
        if head == "finally" {
            return body.any(|line| is_jump(line) || line.starts_with("return "));
        }
        let mut words = head.split(|c: char| !c.is_alphanumeric() && c != '_');
        if words.next() != Some("except") {
            return false;
        }
        let broad = head == "except" || words.any(|w| matches!(w, "Exception" | "BaseException"));
        let first = body.clone().find(|line| !line.is_empty()).unwrap_or_default();
        let idle = matches!(first, "pass" | "..." | "return None") || is_jump(first);
        (broad || idle) && !body.any(|line| line.starts_with("raise"))
    })
}

/// The line up to a comment of Python; one that begins in a text costs no more than a warning.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::swallows;

    #[test]
    fn what_drops_an_error_is_seen_in_its_text() {
        for text in [
            "try:\n    f()\nexcept: pass",
            "try:\n    f()\nexcept KeyError:\n    pass",
            "try:\n    f()\nexcept KeyError:  # harmless\n    # really\n    pass  # yes",
            "try:\n    f()\nexcept KeyError as error:\n    ...",
            "for x in y:\n    try:\n        f()\n    except (KeyError, ValueError):\n        continue",
            "try:\n    f()\nexcept Exception:\n    return 0",
            "try:\n    x = f()\nexcept (KeyError, Exception) as error:\n    x = 0",
            "try:\n    f()\nfinally:\n    return 0",
            "with contextlib.suppress(KeyError):\n    f()",
            "try { this.#f() } catch (e) {}",
            "try { f() } catch { return null }",
            "f().catch(() => null)",
            "defer func() { recover() }()",
            "let _ = std::panic::catch_unwind(f);",
        ] {
            assert!(swallows(text), "{text}");
        }
    }

    #[test]
    fn handling_an_error_is_not_dropping_it() {
        for text in [
            "try:\n    x = f()\nexcept KeyError:\n    x = 0",
            "try:\n    return f()\nexcept KeyError:\n    return 0",
            "try:\n    f()\nexcept Exception as error:\n    raise Failed() from error",
            "try:\n    f()\nfinally:\n    close()",
            "except Exception",
            "exceptions = {'pass': pass_rate}",
            "catch = {1: 2}",
            "try { f() } catch (e) { throw new Failed(e) }",
        ] {
            assert!(!swallows(text), "{text}");
        }
    }
}
