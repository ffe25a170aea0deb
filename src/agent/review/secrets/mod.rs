//! Secrets: known formats, keys, addresses with passwords, and random texts that are called one.
//!
//! A secret is never shown whole, not even in the evidence of another rule: see [`masked`].

mod entropy;
mod formats;
mod places;
pub(in crate::agent) mod spans;

pub(super) use places::masked;

use super::finding::Severity;
use super::rules::{CREDENTIALS_IN_URL, POSSIBLE_SECRET, PRIVATE_KEY, SECRET};
use super::source::{Draft, Source, World};
use crate::base::Span;
use formats::Certainty;

/// Looks through the wanted lines.
pub(super) fn find(source: &Source, _world: World<'_>, out: &mut Vec<Draft>) {
    if source.kind.lock || source.kind.generated {
        return;
    }
    for (line, start, text) in source.wanted_lines() {
        // Lines that nobody has typed hold what an encoder made.
        if text.len() > 4000 || text.len() < 12 {
            continue;
        }
        let mut taken: Vec<Span> = Vec::new();
        for found in formats::find(text) {
            taken.push(found.span);
            out.push(known(source, start, text, &found));
        }
        for found in places::urls(text) {
            if !taken.iter().any(|t| overlaps(*t, found)) {
                taken.push(found);
                out.extend(address(source, start, text, found));
            }
        }
        if text.contains("-----BEGIN ") {
            out.extend(private_key(source, line, start, text));
        }
        if let Some(found) = places::netrc(text) {
            let message = "a password for .netrc: whoever reads the history can use it; revoke it and keep it outside of the repository";
            let at = shifted(found, start);
            out.push(
                Draft::new(&SECRET, source, at, message)
                    .evidence(shown(text, found))
                    .confidence(0.85),
            );
            taken.push(found);
        }
        if taken.is_empty() && !source.kind.aside() && !source.kind.vendored {
            out.extend(named_so(source, start, text));
        }
    }
}

fn known(source: &Source, start: usize, line: &str, found: &formats::Found) -> Draft {
    let what = found.format.name;
    let message = if found.is_made_up {
        format!("{what} by its shape, but its checksum is wrong: made up, or a part is missing")
    } else {
        format!(
            "{what}: whoever reads the history can use it; revoke it, and read it from the environment or a secret store"
        )
    };
    let draft = Draft::new(&SECRET, source, shifted(found.span, start), message)
        .key(digest(line, found.span))
        .evidence(shown(line, found.span));
    // In tests and prose nearly all of them are made up; a real one is still worth a look.
    match found.format.certainty {
        _ if source.kind.aside() || found.is_made_up => {
            draft.severity(Severity::Informs).confidence(0.3)
        }
        Certainty::Sure => draft.confidence(0.96),
        Certainty::Likely => draft.severity(Severity::Warns).confidence(0.7),
        Certainty::Public => draft.severity(Severity::Informs).confidence(0.5),
    }
}

fn address(source: &Source, start: usize, line: &str, found: Span) -> Option<Draft> {
    if source.kind.aside() {
        return None;
    }
    let message = "the address holds a password: whoever reads the history can use it; change it, and read it from the environment";
    let draft = Draft::new(&CREDENTIALS_IN_URL, source, shifted(found, start), message);
    Some(draft.key(digest(line, found)).evidence(shown(line, found)).confidence(0.75))
}

/// A PEM block that is really there: the header alone is what code that reads keys contains.
fn private_key(
    source: &Source,
    line: crate::base::Line,
    start: usize,
    text: &str,
) -> Option<Draft> {
    let at = text.find("-----BEGIN ")?;
    let head = &text[at..];
    let kind = head["-----BEGIN ".len()..].split("-----").next()?;
    if !kind.ends_with("PRIVATE KEY") && kind != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    let after = source.text.get(start + at..)?;
    let end = after.find("-----END ")?;
    let body = &after[head.len().min(kind.len() + 16)..end];
    let code: usize = body
        .bytes()
        .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        .count();
    if code < 100 || entropy::bits(body) < 4.0 || body.contains("...") {
        return None;
    }
    let locked = kind.contains("ENCRYPTED") || body.contains("ENCRYPTED");
    let message = format!(
        "a {}: whoever reads the history can use it; replace the key pair, and keep the new one outside of the repository",
        kind.to_ascii_lowercase()
    );
    let place = Span::new(start + at, start + text.len());
    let draft = Draft::new(&PRIVATE_KEY, source, place, message)
        .key(format!("{} {}", kind, crate::agent::review::digest(&[body])))
        .evidence(format!("-----BEGIN {kind}----- (line {line})"));
    let test =
        source.kind.aside() || source.path.contains("test") || source.path.contains("example");
    Some(if test {
        draft.severity(Severity::Informs).confidence(0.4)
    } else if locked {
        draft.severity(Severity::Warns).confidence(0.7)
    } else {
        draft.confidence(0.95)
    })
}

/// `api_key = "..."` with a random text.
fn named_so(source: &Source, start: usize, line: &str) -> Option<Draft> {
    let (name, found) = places::assigned(line)?;
    let value = found.of(line)?;
    if !entropy::is_random(value) || entropy::is_placeholder(value) {
        return None;
    }
    let message = format!(
        "a random text is given to `{name}`: if it is a secret, revoke it and keep it outside of the repository; if not, say so with `slm:allow-secret`"
    );
    let draft = Draft::new(&POSSIBLE_SECRET, source, shifted(found, start), message);
    Some(draft.key(digest(line, found)).evidence(shown(line, found)).confidence(0.6))
}

/// The first four characters and the length.
pub(super) fn abridged(secret: &str) -> String {
    let start: String = secret.chars().take(4).collect();
    format!("{start}... ({} characters)", secret.chars().count())
}

/// The line with the secret abridged, and any other with it.
fn shown(line: &str, span: Span) -> String {
    let (before, after) = (&line[..span.start], &line[span.end..]);
    let hidden =
        format!("{}{}{}", masked(before), abridged(&line[span.start..span.end]), masked(after));
    let mut hidden = hidden.trim().to_owned();
    if let Some((at, _)) = hidden.char_indices().nth(160) {
        hidden.truncate(at);
    }
    hidden
}

/// Findings are compared and stored by this, so it must not be the secret.
fn digest(line: &str, span: Span) -> String {
    super::digest(&[&line[span.start..span.end]])
}

fn shifted(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}

fn overlaps(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
