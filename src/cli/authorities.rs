//! The certificates that a user names for servers of a private network.

use super::report::Failure;
use crate::base::fs;
use crate::config::{Config, Environment};

/// The file of certificates (PEM) that stands for the usual authorities; `None` where none is named.
///
/// # Errors
/// A file that cannot be read; the error says who named it.
pub(super) fn named(environment: &Environment, config: &Config) -> anyhow::Result<Option<Vec<u8>>> {
    let Some((path, by)) = config.authorities(environment) else { return Ok(None) };
    let bytes = fs::read(path).map_err(|error| Failure::environment(format!("{by}: {error}")))?;
    Ok(Some(bytes))
}
