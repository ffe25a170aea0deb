//! Where a server is, and what may be sent there.

use std::fmt;

use crate::base::origin::{Origin, Scheme, without_secrets};
use crate::engine::EngineError;

/// The address of a server that speaks OpenAI's interface, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    origin: Origin,
    /// Begins with `/` and does not end with one.
    path: String,
}

/// Whether what is sent to another machine may go unencrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// Only to this machine.
    #[default]
    Loopback,
    /// The user said so.
    Anywhere,
}

impl Endpoint {
    /// Reads `https://host/v1`, `http://127.0.0.1:8080`: without a path, `/v1` is meant. No request is made.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`]: what is no such address; a key in it; `http` to another machine
    /// unless `plain` allows it.
    pub fn parse(url: &str, plain: Plain) -> Result<Self, EngineError> {
        let endpoint = read(url.trim()).map_err(|reason| bad(&without_secrets(url), reason))?;
        if !endpoint.is_encrypted() && !endpoint.is_local() && plain == Plain::Loopback {
            let reason = "everybody on the way could read the conversation: use https, or say \
                          --insecure if you trust the network in between";
            return Err(bad(&endpoint.to_string(), reason));
        }
        Ok(endpoint)
    }

    /// True when what is sent there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.origin.is_encrypted()
    }

    /// True for an address of this machine, where no other one hears what is said.
    pub fn is_local(&self) -> bool {
        self.origin.is_local()
    }

    /// Where the conversation goes, in words for the person: to be shown before the first request.
    pub fn describe(&self) -> String {
        if self.is_local() {
            return format!("a server on this machine ({self}): nothing leaves it through slm");
        }
        let secured = self.secured();
        format!(
            "{self}: the whole conversation is sent there, {secured}, with the code, file names and \
             command output in it"
        )
    }

    /// Where the questions of a repair would go, in words for the person who is asked.
    pub fn describe_repair(&self, with_key: bool) -> String {
        let key = if with_key { ", with the key from SLM_API_KEY" } else { "" };
        if self.is_local() {
            return format!("this would go to a server on this machine ({self}){key}");
        }
        let secured = self.secured();
        format!("this would leave the machine for {self}, {secured}{key}")
    }

    /// The host, for messages.
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    /// The address of one of its services.
    #[cfg(feature = "remote")]
    pub(super) fn to(&self, service: &str) -> String {
        format!("{self}{service}")
    }

    /// Whether what is sent there is encrypted, in words.
    fn secured(&self) -> &'static str {
        if self.is_encrypted() { "encrypted" } else { "NOT encrypted" }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn read(url: &str) -> Result<Endpoint, &'static str> {
    let (scheme, rest) = Scheme::split(url)?;
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has letters that no address has");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("a key does not belong into it: put it into the variable SLM_API_KEY");
    }
    if path.contains(['?', '#', '\\', '%']) || path.split('/').any(|part| part == "..") {
        return Err("its path must be plain, such as /v1");
    }
    let origin = Origin::new(scheme, authority)?;
    let path = match path.trim_end_matches('/') {
        "" => "/v1".to_owned(),
        path => path.to_owned(),
    };
    Ok(Endpoint { origin, path })
}

fn bad(url: &str, reason: &str) -> EngineError {
    EngineError::BadRequest(format!("the endpoint {url}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint, String> {
        Endpoint::parse(url, Plain::Loopback).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_are_read_and_completed() {
        for (url, meant, local) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1", true),
            ("http://127.9.9.9/", "http://127.9.9.9/v1", true),
            ("HTTP://LocalHost:1/api/v1/", "http://localhost:1/api/v1", true),
            ("http://[::1]:11434/v1", "http://[::1]:11434/v1", true),
            ("https://api.example.com", "https://api.example.com/v1", false),
            ("https://192.0.2.1:8443/x", "https://192.0.2.1:8443/x", false),
        ] {
            let endpoint = parse(url).unwrap();
            assert_eq!((endpoint.to_string().as_str(), endpoint.is_local()), (meant, local));
            assert_eq!(endpoint.describe().contains("this machine"), local);
        }
    }

    #[test]
    fn nothing_goes_unencrypted_to_others_unless_wanted() {
        // Names that only look like this machine's.
        for url in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.1",
            "http://0x7f000001",
            "http://2130706433",
            "http://0.0.0.0:80",
            "http://[::ffff:192.0.2.1]",
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.contains("use https"), "{url}: {error}");
            let endpoint = Endpoint::parse(url, Plain::Anywhere).unwrap();
            assert!(endpoint.describe().contains("NOT encrypted"), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_key_in_it_is_not_repeated() {
        for url in [
            "",
            "example.com",
            "ftp://example.com",
            "https://",
            "https://a b",
            "https://exämple.com",
            "https://host:99999",
            "https://host:",
            "https://[::1",
            "https://[host]",
            "https://host/../v1",
            "https://host\\@other/",
            "https://user:hunter2@host/v1",
            "https://host/v1?key=hunter2",
            "https://hunter2@127.0.0.1",
        ] {
            let error = parse(url).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(parse("https://user:x@host").unwrap_err().contains("SLM_API_KEY"));
    }
}
