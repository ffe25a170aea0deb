//! Where a line holds a secret that has no format of its own, and how any of them is hidden.

use std::sync::LazyLock;

use regex::Regex;

use super::{abridged, entropy, formats};
use crate::base::Span;

/// Names of what is secret; `token` alone is a word of every parser.
const SECRET_NAMES: &str = r"(?:password|passwd|passphrase|secret|api_?-?key|apikey|access_?-?key|secret_?-?key|private_?-?key|auth_?-?token|access_?-?token|refresh_?-?token|bearer|client_?-?secret|encryption_?-?key|signing_?-?key|credential|api_?-?token|bot_?-?token|db_?-?pass)";

/// The text with every secret of a known shape abridged.
pub(in crate::agent::review) fn masked(text: &str) -> String {
    let mut spans: Vec<Span> = formats::find(text).into_iter().map(|found| found.span).collect();
    spans.extend(urls(text));
    spans.extend(netrc(text));
    spans.extend(
        assigned(text)
            .map(|(_, span)| span)
            .filter(|span| span.of(text).is_some_and(entropy::is_random)),
    );
    spans.sort_unstable();
    let mut out = String::new();
    let mut at = 0;
    for span in spans {
        if span.start < at {
            continue;
        }
        out.push_str(&text[at..span.start]);
        out.push_str(&abridged(&text[span.start..span.end]));
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

/// The passwords of addresses.
pub(super) fn urls(line: &str) -> Vec<Span> {
    static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\b([a-zA-Z][a-zA-Z0-9+.-]{1,20})://([^\s:/@"'<>{}$%\\]*):([^\s:/@"'<>\\]{4,100})@([A-Za-z0-9_.\[\]-]+)"#).ok()
    });
    let Some(url) = URL.as_ref().filter(|_| line.contains("://")) else { return Vec::new() };
    url.captures_iter(line)
        .filter_map(|c| Some((c.get(2)?.as_str(), c.get(3)?, c.get(4)?.as_str())))
        .filter(|(user, password, host)| is_password(user, password.as_str()) && is_elsewhere(host))
        .map(|(_, password, _)| Span::new(password.start(), password.end()))
        .collect()
}

fn is_password(user: &str, password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    const COMMON: &[&str] = &[
        "password",
        "passwd",
        "pass",
        "secret",
        "postgres",
        "mysql",
        "root",
        "admin",
        "guest",
        "user",
        "test",
        "redis",
        "rabbitmq",
        "mongo",
        "token",
        "xxx",
        "pwd",
        "foo",
        "bar",
        "baz",
        "spam",
        "key",
        "example",
        "qwerty",
        "1234",
        "x-oauth-basic",
        "p4ss",
        "pa55",
        "hunter2",
        "tiger",
        "port",
        "host",
        "name",
        "...",
        "***",
        "word",
        "sesame",
    ];
    !password.contains(['$', '{', '}', '%', '<', '(', '[', '*', '`', '|', '+'])
        && lower != user.to_ascii_lowercase()
        && !COMMON.iter().any(|word| lower.contains(word))
        && password.bytes().any(|b| b.is_ascii_alphanumeric())
        // A port behind a colon is none.
        && !password.bytes().all(|b| b.is_ascii_digit())
}

/// A host that others can reach.
fn is_elsewhere(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.contains('.')
        && !["127.", "0.0.0.0", "10.", "192.168.", "172."].iter().any(|net| host.starts_with(net))
        && ![
            "example",
            "localhost",
            "test",
            ".local",
            "invalid",
            "domain",
            "host.",
            "server.",
            "foo",
            "internal",
            "1.2.3.4",
            "mydb",
            "your",
        ]
        .iter()
        .any(|word| host.contains(word))
}

/// `machine x login y password z`.
pub(super) fn netrc(line: &str) -> Option<Span> {
    static NETRC: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^\s*machine\s+(\S+)\s+login\s+(\S+)\s+password\s+(\S{8,})\s*$").ok()
    });
    let found = NETRC.as_ref()?.captures(line)?;
    let (host, user, password) = (found.get(1)?.as_str(), found.get(2)?.as_str(), found.get(3)?);
    let real = is_password(user, password.as_str()) && is_elsewhere(host);
    (real && !entropy::is_placeholder(password.as_str()))
        .then(|| Span::new(password.start(), password.end()))
}

/// The value that a line gives to something that is named like a secret.
pub(super) fn assigned(line: &str) -> Option<(String, Span)> {
    static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r#"(?i)(?P<n>[\w.-]*{SECRET_NAMES}\w{{0,12}})["']?\]?\s*(?::\s*[\w&' ]+\s*=|:=|=>|=|:)\s*[bru]?["'`](?P<v>[^"'`\s]{{16,200}})["'`]"#
        ))
        .ok()
    });
    // In files of settings there are no quotes.
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(r"(?i)^\s*(?:export\s+)?(?P<n>[A-Z0-9_.-]*{SECRET_NAMES}[A-Z0-9_]{{0,12}})\s*[=:]\s*(?P<v>[A-Za-z0-9+/=_-]{{20,200}})\s*$")).ok()
    });
    let found = ASSIGNED.as_ref()?.captures(line).or_else(|| BARE.as_ref()?.captures(line))?;
    let (name, value) = (found.name("n")?.as_str(), found.name("v")?);
    let lower = name.to_ascii_lowercase();
    // What is public, or a name, a place or a digest of the secret.
    let other = [
        "public",
        "hash",
        "digest",
        "checksum",
        "_id",
        "_url",
        "_uri",
        "_name",
        "_path",
        "_file",
        "_field",
        "_header",
        "_type",
        "_prefix",
        "fingerprint",
        "regex",
        "pattern",
        "_label",
        "_arn",
        "integrity",
        "sha",
    ];
    if other.iter().any(|word| lower.contains(word))
        || value.as_str().contains("://")
        || value.as_str().contains("(")
    {
        return None;
    }
    Some((name.to_owned(), Span::new(value.start(), value.end())))
}
