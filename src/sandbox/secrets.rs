//! Files and directories that no checked command may read.

use std::path::PathBuf;

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

/// What exists here of the user's secrets; links resolved.
pub(super) fn existing(ground: &Ground) -> Vec<PathBuf> {
    let home = ground.home.iter().flat_map(|home| SECRETS.iter().map(|name| home.join(name)));
    home.chain(SYSTEM_SECRETS.iter().map(PathBuf::from))
        .filter_map(|path| std::fs::canonicalize(path).ok())
        .filter(|real| !ground.root.starts_with(real))
        .collect()
}
