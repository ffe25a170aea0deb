//! `[network]`: what slm needs to know of the network where it is asked to use it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, Environment};

/// `[network]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// A file of certificates (PEM) of those who may vouch for servers, instead of the usual ones; as
    /// `SSL_CERT_FILE`.
    pub authorities: Option<PathBuf>,
    /// KiB a second that a download has to bring, on an average of 30 seconds; 0: any speed will do.
    pub slowest_kb: Option<u32>,
}

impl Config {
    /// The file of certificates by `SSL_CERT_FILE`, else the configuration, and what named it.
    pub fn authorities<'a>(
        &'a self,
        environment: &'a Environment,
    ) -> Option<(&'a Path, &'static str)> {
        let configured = self.network.authorities.as_deref();
        let wished = environment.authorities.as_deref().map(|path| (path, "SSL_CERT_FILE"));
        wished.or(configured.map(|path| (path, "network.authorities")))
    }

    /// What is wrong with `[network]`, if anything is.
    pub(super) fn network_problem(&self) -> Option<&'static str> {
        let relative = self.network.authorities.as_ref().is_some_and(|path| !path.is_absolute());
        relative.then_some("network.authorities must be an absolute path")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn the_variable_beats_the_configuration() {
        let parsed = |text: &str| parse(text, Path::new("config.toml"));
        let config = parsed("[network]\nauthorities = \"/a.pem\"\nslowest_kb = 4\n").unwrap();
        let mut environment = Environment::default();
        let named = |environment: &Environment| {
            config.authorities(environment).map(|(path, by)| (path.to_owned(), by))
        };
        assert_eq!(named(&environment), Some(("/a.pem".into(), "network.authorities")));
        environment.authorities = Some("b.pem".into());
        assert_eq!(named(&environment), Some(("b.pem".into(), "SSL_CERT_FILE")));
        assert_eq!(Config::default().authorities(&Environment::default()), None);
        for (text, word) in
            [("authorities = \"a.pem\"", "absolute"), ("slowest_kb = -1", "slowest_kb")]
        {
            let error = parsed(&format!("[network]\n{text}\n")).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
