//! What nobody on this machine may do with slm, by its administrator's word: `/etc/slm/policy.toml`.
//!
//! It only takes away. It guards people who want to keep to it: whoever may run programs of their own can
//! send what they like without slm.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where it lies. There is no way to have another one read.
const PLACE: &str = "/etc/slm/policy.toml";
/// Bytes of it, at most.
const LONGEST: u64 = 64 << 10;
/// Who must own it.
const ROOT: u32 = 0;

/// The administrator's word; without a file everything is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    endpoint: Word,
    /// The only addresses that may be talked to.
    endpoints: Option<Vec<String>>,
    download: Word,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    #[default]
    Allow,
    Forbid,
}

/// Why something may not be done.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("{}: {problem}, so no endpoint and no download is allowed: ask the administrator", path.display())]
    Unusable { path: PathBuf, problem: String },
    #[error("endpoints are forbidden on this machine ({PLACE})")]
    NoEndpoint,
    #[error("{url} is not among the endpoints that this machine allows ({PLACE}): {}", allowed.join(", "))]
    OtherEndpoint { url: String, allowed: Vec<String> },
    #[error("downloads are forbidden on this machine ({PLACE})")]
    NoDownload,
}

impl Policy {
    /// The one of this machine.
    ///
    /// # Errors
    /// A file that cannot be read or understood, or that others than root may write.
    pub fn of_machine() -> Result<Self, PolicyError> {
        Self::read(Path::new(PLACE), ROOT)
    }

    /// The one in `file`, which `owner` alone may write; an absent one allows everything.
    ///
    /// # Errors
    /// As [`Policy::of_machine`].
    fn read(file: &Path, owner: u32) -> Result<Self, PolicyError> {
        let unusable = |problem: String| PolicyError::Unusable { path: file.to_owned(), problem };
        let mut opened = match std::fs::File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // A link that leads nowhere stands for a policy that somebody took away.
                return match file.symlink_metadata() {
                    Ok(_) => Err(unusable("is a link that leads nowhere".to_owned())),
                    Err(_) => Ok(Self::default()),
                };
            }
            Err(error) => return Err(unusable(format!("cannot be read: {error}"))),
        };
        let about = opened.metadata().map_err(|error| unusable(error.to_string()))?;
        sound(&about, owner).map_err(|problem| unusable(problem.to_owned()))?;
        let folder = file.parent().and_then(|folder| folder.metadata().ok());
        if let Some(Err(problem)) = folder.map(|folder| sound(&folder, owner)) {
            return Err(unusable(format!("its directory {problem}")));
        }
        let mut text = String::new();
        let read = opened.by_ref().take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| unusable(format!("cannot be read: {error}")))?;
        toml::from_str(&text).map_err(|error| unusable(error.message().to_owned()))
    }

    /// Whether the server at `url` may be talked to; `url` has been checked and is spelled as
    /// `Endpoint` spells it.
    ///
    /// # Errors
    /// When not.
    pub fn allows_endpoint(&self, url: &str) -> Result<(), PolicyError> {
        if self.endpoint == Word::Forbid {
            return Err(PolicyError::NoEndpoint);
        }
        match &self.endpoints {
            Some(allowed) if !allowed.iter().any(|one| is_below(url, one)) => {
                let (url, allowed) = (url.to_owned(), allowed.clone());
                Err(PolicyError::OtherEndpoint { url, allowed })
            }
            _ => Ok(()),
        }
    }

    /// Whether models may be downloaded.
    ///
    /// # Errors
    /// When not.
    pub fn allows_download(&self) -> Result<(), PolicyError> {
        match self.download {
            Word::Allow => Ok(()),
            Word::Forbid => Err(PolicyError::NoDownload),
        }
    }
}

/// Scheme, host and port are the same, and the path begins with the whole parts of the allowed one.
fn is_below(url: &str, allowed: &str) -> bool {
    let allowed = allowed.trim().trim_end_matches('/');
    let Some((scheme, rest)) = allowed.split_once("://") else { return false };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let start = format!("{}://{}{path}", scheme.to_lowercase(), host.to_lowercase());
    let rest = url.strip_prefix(&start);
    !host.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(unix)]
fn sound(about: &std::fs::Metadata, owner: u32) -> Result<(), &'static str> {
    use std::os::unix::fs::MetadataExt as _;

    if about.uid() != owner {
        return Err("does not belong to root");
    }
    if about.mode() & 0o022 != 0 {
        return Err("can be written by others than root");
    }
    Ok(())
}

#[cfg(not(unix))]
fn sound(_: &std::fs::Metadata, _: u32) -> Result<(), &'static str> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::base::fs;

    fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn policy(text: &str) -> Policy {
        toml::from_str(text).expect("a policy")
    }

    #[test]
    fn without_a_file_everything_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let policy = Policy::read(&dir.path().join("none/policy.toml"), me()).unwrap();
        assert_eq!(policy, Policy::default());
        assert!(policy.allows_endpoint("https://a.b/v1").is_ok());
        assert!(policy.allows_download().is_ok());
    }

    #[test]
    fn what_is_forbidden_is_said() {
        let forbidden = policy("endpoint = \"forbid\"\ndownload = \"forbid\"\n");
        let endpoint = forbidden.allows_endpoint("http://127.0.0.1/v1").unwrap_err().to_string();
        assert!(endpoint.contains("forbidden") && endpoint.contains(PLACE), "{endpoint}");
        assert!(forbidden.allows_download().unwrap_err().to_string().contains("downloads"));
        let both = policy("endpoint = \"forbid\"\nendpoints = [\"https://a.b\"]\n");
        assert!(both.allows_endpoint("https://a.b/v1").is_err());
    }

    #[test]
    fn only_the_listed_servers_and_what_lies_below_their_paths() {
        let listed = policy("endpoints = [\"https://LLM.corp/\", \"http://127.0.0.1:8080/v1\"]\n");
        for url in ["https://llm.corp/v1", "https://llm.corp", "http://127.0.0.1:8080/v1/a"] {
            assert!(listed.allows_endpoint(url).is_ok(), "{url}");
        }
        for url in [
            "https://llm.corp.evil.example/v1",
            "https://llm.corp:8443/v1",
            "http://llm.corp/v1",
            "https://evil.example/https://llm.corp/",
            "http://127.0.0.1:8080/v11",
            "http://127.0.0.1:80800/v1",
        ] {
            let error = listed.allows_endpoint(url).unwrap_err().to_string();
            assert!(error.contains("not among") && error.contains("LLM.corp"), "{url}: {error}");
        }
        assert!(policy("endpoints = []\n").allows_endpoint("https://a.b/v1").is_err());
        assert!(policy("endpoints = [\"\", \"https://\"]\n").allows_endpoint("https://a").is_err());
    }

    #[test]
    fn what_others_could_have_written_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let file = dir.path().join("policy.toml");
        fs::write(&file, "endpoint = \"forbid\"\n").unwrap();
        let error = |owner: u32| Policy::read(&file, owner).unwrap_err().to_string();
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        // The control: as it should be.
        assert!(Policy::read(&file, me()).unwrap().allows_endpoint("https://a.b").is_err());
        assert!(error(me() + 1).contains("does not belong to root"));
        for mode in [0o664, 0o646] {
            set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert!(error(me()).contains("written by others"), "{mode:o}");
        }
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(error(me()).contains("its directory"));
    }

    #[test]
    fn what_cannot_be_understood_stops_the_endpoint() {
        let dir = tempfile::tempdir().unwrap();
        set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let file = dir.path().join("policy.toml");
        for text in
            ["endpoint = \"maybe\"\n", "endpiont = \"forbid\"\n", "nonsense", "endpoint = 1"]
        {
            fs::write(&file, text).unwrap();
            set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
            let error = Policy::read(&file, me()).unwrap_err().to_string();
            assert!(error.contains("ask the administrator"), "{text}: {error}");
        }
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("nowhere", &file).unwrap();
        assert!(Policy::read(&file, me()).unwrap_err().to_string().contains("leads nowhere"));
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(Policy::read(&file, me()).is_err());
    }
}
