//! Files and directories that no checked command may read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::workspace::Ground;

/// Below the home: keys, tokens, histories, sessions.
const SECRETS: &[&str] = &[
    ".Xauthority",
    ".anthropic",
    ".aws",
    ".azure",
    ".bash_history",
    ".boto",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".config/chromium",
    ".config/containers",
    ".config/doctl",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".config/glab-cli",
    ".config/google-chrome",
    ".config/helm",
    ".config/hub",
    ".config/op",
    ".config/pypoetry/auth.toml",
    ".config/rclone",
    ".config/slm",
    ".docker",
    ".gem/credentials",
    ".git-credentials",
    ".gnupg",
    ".gradle/gradle.properties",
    ".huggingface",
    ".kube",
    ".local/share/keyrings",
    ".local/share/slm",
    ".local/state/slm",
    ".m2/settings.xml",
    ".mozilla",
    ".my.cnf",
    ".mysql_history",
    ".netrc",
    ".node_repl_history",
    ".npmrc",
    ".password-store",
    ".pgpass",
    ".pki",
    ".psql_history",
    ".pypirc",
    ".python_history",
    ".s3cfg",
    ".ssh",
    ".terraform.d",
    ".vault-token",
    ".yarnrc.yml",
    ".zsh_history",
    ".cache/huggingface/token",
];

/// Outside the home; readable for root even without privileges.
const SYSTEM_SECRETS: &[&str] =
    &["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssl/private"];

/// Variables that move some of these: the place below the home that each stands for.
const MOVED: &[(&str, &str)] = &[
    ("AWS_CONFIG_FILE", ".aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    ("AZURE_CONFIG_DIR", ".azure"),
    ("BOTO_CONFIG", ".boto"),
    ("CARGO_HOME", ".cargo"),
    ("CLOUDSDK_CONFIG", ".config/gcloud"),
    ("DOCKER_CONFIG", ".docker"),
    ("GH_CONFIG_DIR", ".config/gh"),
    ("GNUPGHOME", ".gnupg"),
    ("GRADLE_USER_HOME", ".gradle"),
    ("HF_HOME", ".cache/huggingface"),
    ("KUBECONFIG", ".kube/config"),
    ("NETRC", ".netrc"),
    ("NPM_CONFIG_USERCONFIG", ".npmrc"),
    ("PASSWORD_STORE_DIR", ".password-store"),
    ("PGPASSFILE", ".pgpass"),
    ("POETRY_CONFIG_DIR", ".config/pypoetry"),
    ("XAUTHORITY", ".Xauthority"),
    ("XDG_CACHE_HOME", ".cache"),
    ("XDG_CONFIG_HOME", ".config"),
    ("XDG_DATA_HOME", ".local/share"),
    ("XDG_STATE_HOME", ".local/state"),
];

/// Where the variables of `environment` have moved secrets to, whether they exist or not.
pub(super) fn moved(environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (variable, default) in MOVED.iter().map(|&(name, place)| (name, Path::new(place))) {
        let is_it =
            |name: &OsString| name.to_str().is_some_and(|n| n.eq_ignore_ascii_case(variable));
        let values = environment.iter().filter(|(name, _)| is_it(name));
        let places = values.flat_map(|(_, value)| std::env::split_paths(value));
        for place in places.filter(|place| place.is_absolute()) {
            paths.extend(SECRETS.iter().map(Path::new).filter_map(|secret| {
                let whole = default.starts_with(secret).then(|| place.clone());
                whole.or_else(|| Some(place.join(secret.strip_prefix(default).ok()?)))
            }));
        }
    }
    paths
}

/// What exists here of the user's secrets; links resolved, and none inside another one.
pub(super) fn existing(ground: &Ground) -> Vec<PathBuf> {
    let home = ground.home.iter().flat_map(|home| SECRETS.iter().map(|name| home.join(name)));
    let holds = |place: &Path| {
        // Hiding these would hide the project or every toolchain.
        ground.root.starts_with(place) || ground.home.iter().any(|home| home.starts_with(place))
    };
    let all = home
        .chain(SYSTEM_SECRETS.iter().map(PathBuf::from))
        .chain(ground.moved_secrets.iter().cloned())
        .filter_map(|path| std::fs::canonicalize(path).ok())
        .filter(|real| !holds(real));
    outermost(all.collect())
}

/// Without those that lie in another one: where that is hidden they are not even found.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    // A directory is sorted right before what it holds.
    paths.dedup_by(|path, outer| path.starts_with(outer));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_followed_to_where_variables_have_moved_them() {
        let set = |name: &str, value: &str| moved(&[(name.into(), value.into())]);
        let has = |found: &[PathBuf], path: &str| found.iter().any(|f| f == Path::new(path));
        let config = set("XDG_CONFIG_HOME", "/x/config");
        assert!(has(&config, "/x/config/gh") && has(&config, "/x/config/slm"), "{config:?}");
        assert!(!has(&config, "/x/config"), "{config:?}");
        let cargo = set("CARGO_HOME", "/x/cargo");
        assert_eq!(
            cargo,
            ["credentials", "credentials.toml"].map(|n| Path::new("/x/cargo").join(n))
        );
        // A part of a secret directory, several of them, no slash that a file could not have.
        let kube = set("KUBECONFIG", "/x/one:/x/two");
        assert_eq!(
            kube.iter().map(|p| p.to_str().unwrap()).collect::<Vec<_>>(),
            ["/x/one", "/x/two"]
        );
        assert_eq!(set("npm_config_userconfig", "/x/rc"), [PathBuf::from("/x/rc")]);
        assert!(set("NETRC", "relative").is_empty());
    }

    #[test]
    fn what_lies_in_a_hidden_directory_is_not_hidden_again() {
        let paths = ["/h/.aws/credentials", "/h/.aws", "/h/.aws-old", "/h/.aws/sso/x", "/h/.aws"];
        let kept = outermost(paths.map(PathBuf::from).to_vec());
        assert_eq!(kept, ["/h/.aws", "/h/.aws-old"].map(PathBuf::from));
    }
}
