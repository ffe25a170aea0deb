//! Where a server is: the beginning of an address of the web, before its path. Two rooms talk to servers, and both
//! should read it alike.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NO_SCHEME: &str = "it must begin with https:// or http://";

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Http,
    Https,
}

/// `https://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    /// Lower case; an IPv6 address without its brackets.
    host: String,
    port: Option<u16>,
}

impl Scheme {
    /// The scheme that an address begins with, and what follows `://`.
    ///
    /// # Errors
    /// In words, when it is none of the web's.
    pub fn split(address: &str) -> Result<(Self, &str), &'static str> {
        let (scheme, rest) = address.split_once("://").ok_or(NO_SCHEME)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Ok((Self::Http, rest)),
            "https" => Ok((Self::Https, rest)),
            _ => Err(NO_SCHEME),
        }
    }
}

impl Origin {
    /// Reads `host`, `host:80`, `[::1]:80`.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn new(scheme: Scheme, authority: &str) -> Result<Self, &'static str> {
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or("the bracket of its host is open")?;
                host.parse::<Ipv6Addr>().map_err(|_| "its host is no IPv6 address")?;
                (host, port)
            }
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err("its host is no name and no number");
        }
        let number = |port: &str| port.strip_prefix(':').and_then(|port| port.parse().ok());
        let port = match port {
            "" => None,
            port => Some(number(port).ok_or("its port is no number")?),
        };
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    /// True when what is sent there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// True for this machine.
    pub fn is_local(&self) -> bool {
        let number = self.host.parse::<Ipv4Addr>().map(IpAddr::V4);
        let number = number.or_else(|_| self.host.parse::<Ipv6Addr>().map(IpAddr::V6));
        self.host == "localhost" || number.is_ok_and(|address| address.is_loopback())
    }

    /// How it is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// An address as it was given, without what may be a secret in it.
pub fn without_secrets(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "{}://[{}]", self.scheme, self.host)?,
            false => write!(f, "{}://{}", self.scheme, self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Result<Origin, &'static str> {
        let (scheme, authority) = Scheme::split(address)?;
        Origin::new(scheme, authority)
    }

    #[test]
    fn origins_are_read_and_shown() {
        for (address, shown, host, local) in [
            ("HTTP://LocalHost:1", "http://localhost:1", "localhost", true),
            ("http://127.9.9.9", "http://127.9.9.9", "127.9.9.9", true),
            ("http://[::1]:11434", "http://[::1]:11434", "::1", true),
            ("https://api.example.com", "https://api.example.com", "api.example.com", false),
            ("https://127.1", "https://127.1", "127.1", false),
        ] {
            let origin = read(address).unwrap();
            assert_eq!((origin.to_string().as_str(), origin.host()), (shown, host));
            assert_eq!(origin.is_local(), local, "{address}");
            assert_eq!(origin.is_encrypted(), shown.starts_with("https"), "{address}");
        }
        for (address, reason) in [
            ("example.com", NO_SCHEME),
            ("ftp://a", NO_SCHEME),
            ("http://", "its host is no name and no number"),
            ("http://a:", "its port is no number"),
            ("http://a:99999", "its port is no number"),
            ("http://[::1]80", "its port is no number"),
            ("http://[::1", "the bracket of its host is open"),
            ("http://[a]", "its host is no IPv6 address"),
        ] {
            assert_eq!(read(address), Err(reason), "{address}");
        }
    }
}
