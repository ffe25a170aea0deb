//! Where a file is got from, checked; and where one address may send on to.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::base::origin::{Origin, Scheme, without_secrets};
use crate::base::sanitize;

/// Longest address, in bytes: those that were signed for a short time are long.
const LONGEST: usize = 8 << 10;

/// An address of the web, `https://host/path?query`.
///
/// Shown without what follows `?`: servers put passwords for an hour there.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    origin: Origin,
    /// Begins with `/`.
    path: String,
    /// With its `?`, or empty.
    query: String,
}

/// Whether files may come unencrypted from another machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// Only from this machine.
    #[default]
    Loopback,
    /// The user said so.
    Anywhere,
}

/// A text that is no address of a file.
#[derive(Debug, thiserror::Error)]
#[error("{shown}: {reason}")]
pub struct AddressError {
    shown: String,
    reason: &'static str,
}

impl Address {
    /// True for an address of this machine.
    pub fn is_local(&self) -> bool {
        self.origin.is_local()
    }

    /// The host, for messages.
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    /// All of it, for the request alone: not to be shown.
    pub(super) fn in_full(&self) -> String {
        format!("{self}{}", self.query)
    }

    /// The same path below `mirror`, which takes the place of all hosts.
    pub(super) fn mirrored(&self, mirror: &Self) -> Self {
        let path = format!("{}{}", mirror.path.trim_end_matches('/'), self.path);
        Self { path, query: self.query.clone(), ..mirror.clone() }
    }

    /// The file `name` directly below this address.
    pub(super) fn below(&self, name: &str) -> Self {
        let path = format!("{}/{name}", self.path.trim_end_matches('/'));
        Self { path, query: String::new(), ..self.clone() }
    }

    /// Says why nothing may be got from here.
    pub(super) fn refusal(&self, plain: Plain) -> Option<&'static str> {
        let open = !self.origin.is_encrypted() && !self.is_local() && plain == Plain::Loopback;
        open.then_some("it is not encrypted: use https, or allow http if you trust the network")
    }

    /// Where `location` leads, as said by the server at this address.
    ///
    /// # Errors
    /// In words, why it is not followed.
    #[cfg(any(feature = "remote", test))]
    pub(super) fn sent_on(&self, location: &str, plain: Plain) -> Result<Self, String> {
        let location = location.split('#').next().unwrap_or_default();
        let origin = &self.origin;
        let whole = if location.contains("://") {
            location.to_owned()
        } else if let Some(rest) = location.strip_prefix("//") {
            format!("{}://{rest}", origin.scheme())
        } else if location.starts_with('/') {
            format!("{origin}{location}")
        } else if location.starts_with('?') {
            format!("{self}{location}")
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{origin}{folder}/{location}")
        };
        let to: Self = whole.parse().map_err(|error| format!("it sends on to {error}"))?;
        let reason = if origin.is_encrypted() && !to.origin.is_encrypted() {
            "from https to http"
        } else if to.is_local() && !self.is_local() {
            "from another machine to this one"
        } else if to.refusal(plain).is_some() {
            "to another machine without encryption"
        } else {
            return Ok(to);
        };
        Err(format!("it sends on to {to}, {reason}: that is not followed"))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        read(text.trim()).map_err(|reason| AddressError { shown: shown(text), reason })
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn read(text: &str) -> Result<Address, &'static str> {
    let (scheme, rest) = Scheme::split(text)?;
    if text.len() > LONGEST {
        return Err("it is too long");
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['#', '\\']) {
        return Err("it has letters that no address has");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("a name or a password does not belong into it");
    }
    let origin = Origin::new(scheme, authority)?;
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let path = if path.is_empty() { "/" } else { path };
    Ok(Address { origin, path: path.to_owned(), query: query.to_owned() })
}

/// An address as it was given, without what may be a secret in it.
fn shown(text: &str) -> String {
    sanitize(&without_secrets(text)).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_read_and_shown_without_their_query() {
        for (text, host, shown) in [
            ("https://Example.com", "example.com", "https://example.com/"),
            ("https://a.b/x/y.gguf?token=hunter2", "a.b", "https://a.b/x/y.gguf"),
            ("HTTP://[::1]:80/x", "::1", "http://[::1]:80/x"),
            ("http://127.0.0.1:8080?a", "127.0.0.1", "http://127.0.0.1:8080/"),
        ] {
            let address = at(text);
            assert_eq!((address.host(), address.to_string().as_str()), (host, shown));
            assert_eq!(format!("{address:?}"), shown);
            assert_eq!(at(&address.in_full()), address);
        }
        assert!(at("https://a.b/x?token=hunter2").in_full().ends_with("?token=hunter2"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_password_in_it_is_not_repeated() {
        for text in [
            "",
            "example.com/x",
            "ftp://example.com/x",
            "file:///etc/passwd",
            "https://",
            "https://a b/",
            "https://a\\b/",
            "https://exämple.com/",
            "https://a:99999/",
            "https://a:/",
            "https://[::1/",
            "https://[a]/",
            "https://[::1]80/",
            "https://me:hunter2@a/",
            "https://hunter2@a/x?hunter2#hunter2",
            "https://a/#hunter2",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_this_machine_may_talk_openly() {
        for (text, is_local) in [
            ("http://localhost/x", true),
            ("http://127.8.8.8/x", true),
            ("http://[::1]/x", true),
            ("http://localhost.example.com/x", false),
            ("http://127.1/x", false),
            ("http://0.0.0.0/x", false),
            ("http://192.0.2.1/x", false),
        ] {
            assert_eq!(at(text).is_local(), is_local, "{text}");
            assert_eq!(at(text).refusal(Plain::Loopback).is_some(), !is_local, "{text}");
            assert_eq!(at(text).refusal(Plain::Anywhere), None, "{text}");
        }
        assert_eq!(at("https://192.0.2.1/x").refusal(Plain::Loopback), None);
    }

    #[test]
    fn a_mirror_takes_the_place_of_every_host() {
        let file = at("https://models.example.com/a/b.gguf?x=1");
        for mirror in ["https://mirror.example.org/slm", "https://mirror.example.org/slm/"] {
            let there = file.mirrored(&at(mirror));
            assert_eq!(there.in_full(), "https://mirror.example.org/slm/a/b.gguf?x=1");
            assert_eq!(at(mirror).below("b.gguf").path, "/slm/b.gguf");
        }
    }

    #[test]
    fn servers_may_send_on_but_not_anywhere() {
        let here = at("https://a.example.com/x/y?z=1");
        for (location, meant) in [
            ("https://b.example.com/q?r#s", "https://b.example.com/q?r"),
            ("//b.example.com/q", "https://b.example.com/q"),
            ("/q", "https://a.example.com/q"),
            ("q/r", "https://a.example.com/x/q/r"),
            ("?w", "https://a.example.com/x/y?w"),
        ] {
            assert_eq!(here.sent_on(location, Plain::Loopback).unwrap().in_full(), meant);
        }
        for (from, to, words) in [
            ("https://a.b/", "http://c.d/", "https to http"),
            ("https://a.b/", "http://127.0.0.1/", "https to http"),
            ("https://a.b/", "https://localhost/", "to this one"),
            ("http://127.0.0.1/", "http://c.d/", "without encryption"),
            ("https://a.b/", "https://me:hunter2@c.d/", "password"),
            ("https://a.b/", "file:///x", "must begin with"),
        ] {
            let refused = at(from).sent_on(to, Plain::Loopback).unwrap_err();
            assert!(refused.contains(words) && !refused.contains("hunter2"), "{refused}");
        }
        assert!(at("https://a.b/").sent_on("http://c.d/", Plain::Anywhere).is_err());
        at("http://127.0.0.1/").sent_on("http://localhost:1/", Plain::Loopback).unwrap();
        at("http://a.b/").sent_on("http://c.d/", Plain::Anywhere).unwrap();
    }

    proptest! {
        #[test]
        fn nothing_brings_it_down(text in ".{0,60}", tail in "[ -~]{0,40}") {
            for text in [text.clone(), tail.clone(), format!("https://{tail}")] {
                if let Ok(address) = text.parse::<Address>() {
                    prop_assert_eq!(&at(&address.in_full()), &address);
                }
                let _ = at("https://a.b/c").sent_on(&text, Plain::Loopback);
            }
        }
    }
}
