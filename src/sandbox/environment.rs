//! The environment of a checked command: an allow-list, so that no secret of the user's shell can
//! reach code that a repository brought along.
//!
//! The home directory is a scratch one, yet toolchains keep data below the real one; their own
//! variables are pointed there, and package managers are told that there is no network.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Passed on by name.
const NAMES: &[&str] = &[
    // Which graphics processors may be used.
    "CUDA_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "CYPRESS_CACHE_FOLDER",
    "HF_HOME",
    "NLTK_DATA",
    "PLAYWRIGHT_BROWSERS_PATH",
    "PUPPETEER_CACHE_DIR",
    "TORCH_HOME",
    "CC",
    "CFLAGS",
    "CI",
    "CLASSPATH",
    "COLUMNS",
    "CPATH",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "DEVELOPER_DIR",
    "DJANGO_SETTINGS_MODULE",
    "DYLD_LIBRARY_PATH",
    "FLASK_APP",
    "INCLUDE",
    "JAVA_HOME",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LDFLAGS",
    "LIBRARY_PATH",
    "LINES",
    "LOGNAME",
    "MAKEFLAGS",
    "NO_COLOR",
    "NVM_BIN",
    "NVM_DIR",
    "PATH",
    "PERL5LIB",
    "PKG_CONFIG_PATH",
    "RAILS_ENV",
    "SDKROOT",
    "SHELL",
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TZ",
    "TZDIR",
    "USER",
    "VIRTUAL_ENV",
    "XDG_DATA_DIRS",
];

/// Passed on by the start of the name, in any case.
const PREFIXES: &[&str] = &[
    "ASDF_",
    "CARGO",
    "CGO_",
    "CMAKE_",
    "CONDA_",
    "COVERAGE_",
    "DENO_",
    "FNM_",
    "GEM_",
    "GO",
    "HATCH_",
    "JAVA_TOOL",
    "JEST_",
    "LC_",
    "MAMBA_",
    "MISE_",
    "MYPY",
    "NIX_",
    "NODE_",
    "NPM_CONFIG_",
    "NUMBA_",
    "OMP_",
    "OPENBLAS_",
    "PDM_",
    "PIPENV_",
    "PIXI_",
    "PNPM_",
    "POETRY_",
    "PYENV_",
    "PYTEST_",
    "PYTHON",
    "RBENV_",
    "RUBY",
    "RUST",
    "TOX_",
    "UV_",
    "VITEST_",
    "VOLTA_",
    "YARN_",
];

/// A name with one of these in it is never passed on, whatever the lists above say.
const SECRET: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASS",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "AUTH",
    "COOKIE",
    "SESSION",
    "LICENSE_KEY",
];

/// Listed above by its prefix, but what it avoids (litter in the tree) cannot happen here, and what
/// it costs is time.
const DROPPED: &str = "PYTHONDONTWRITEBYTECODE";

/// Toolchain directories below the real home: variable, place. Set when unset and present.
const HOME_DIRS: &[(&str, &str)] = &[
    ("ASDF_DATA_DIR", ".asdf"),
    ("BUN_INSTALL", ".bun"),
    ("CARGO_HOME", ".cargo"),
    ("COREPACK_HOME", ".cache/node/corepack"),
    ("CYPRESS_CACHE_FOLDER", ".cache/Cypress"),
    ("DENO_DIR", ".cache/deno"),
    ("GOCACHE", ".cache/go-build"),
    ("GOPATH", "go"),
    ("GRADLE_USER_HOME", ".gradle"),
    ("HF_HOME", ".cache/huggingface"),
    ("MISE_DATA_DIR", ".local/share/mise"),
    ("NLTK_DATA", "nltk_data"),
    ("NPM_CONFIG_CACHE", ".npm"),
    ("NVM_DIR", ".nvm"),
    ("PLAYWRIGHT_BROWSERS_PATH", ".cache/ms-playwright"),
    ("POETRY_CACHE_DIR", ".cache/pypoetry"),
    ("POETRY_CONFIG_DIR", ".config/pypoetry"),
    ("PUPPETEER_CACHE_DIR", ".cache/puppeteer"),
    ("PYENV_ROOT", ".pyenv"),
    ("PYTHONUSERBASE", ".local"),
    ("RUSTUP_HOME", ".rustup"),
    ("TORCH_HOME", ".cache/torch"),
    ("UV_CACHE_DIR", ".cache/uv"),
    ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python"),
    ("VOLTA_HOME", ".volta"),
    ("WORKON_HOME", ".local/share/virtualenvs"),
];

/// There is no network: the tools should say so at once instead of waiting for it.
const OFFLINE: &[(&str, &str)] = &[
    ("CARGO_NET_OFFLINE", "true"),
    ("GOPROXY", "off"),
    ("GOTOOLCHAIN", "local"),
    ("GOTELEMETRY", "off"),
    ("NPM_CONFIG_OFFLINE", "true"),
    ("NPM_CONFIG_UPDATE_NOTIFIER", "false"),
    ("PIP_NO_INDEX", "1"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("UV_OFFLINE", "1"),
];

/// The part of `host` that a checked command may see, completed for the toolchains below
/// `real_home`. `HOME` and `TMPDIR` are not in it.
pub(super) fn allowed(
    host: &[(OsString, OsString)],
    real_home: Option<&Path>,
) -> Vec<(OsString, OsString)> {
    let mut out: Vec<(OsString, OsString)> =
        host.iter().filter(|(name, value)| is_allowed(name, value)).cloned().collect();
    let is_set = |out: &[(OsString, OsString)], name: &str| {
        out.iter().any(|(n, _)| n.to_str().is_some_and(|n| n.eq_ignore_ascii_case(name)))
    };
    for (name, place) in HOME_DIRS {
        let Some(path) = real_home.map(|home| home.join(place)) else { continue };
        if !is_set(&out, name) && path.is_dir() {
            out.push((OsString::from(name), path.into_os_string()));
        }
    }
    for (name, value) in OFFLINE {
        if !is_set(&out, name) {
            out.push((OsString::from(name), OsString::from(value)));
        }
    }
    if !is_set(&out, "PATH") {
        out.push(("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()));
    }
    out
}

/// Adds the variables of `host` that the user allowed by name, whatever they look like.
pub(super) fn add_named(
    env: &mut Vec<(OsString, OsString)>,
    host: &[(OsString, OsString)],
    names: &[String],
) {
    for (name, value) in host {
        let matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.to_str().is_some_and(|name| name.starts_with(start)),
            None => name == pattern.as_str(),
        };
        if names.iter().any(matches) {
            set(env, name, value);
        }
    }
}

/// Directories outside the tree that Cargo's own configuration sends its builds to: the variable
/// that overrides each, and the fixed part of its path.
pub(super) fn cargo_build_dirs(env: &[(OsString, OsString)]) -> Vec<(&'static str, PathBuf)> {
    let Some((_, home)) = env.iter().find(|(name, _)| name == "CARGO_HOME") else {
        return Vec::new();
    };
    let text = ["config.toml", "config"]
        .iter()
        .find_map(|name| crate::base::fs::read_text(&Path::new(home).join(name)).ok());
    let Some(config) = text.and_then(|text| text.parse::<toml::Table>().ok()) else {
        return Vec::new();
    };
    let key = |name: &str| config.get("build")?.get(name)?.as_str();
    let set = [("CARGO_TARGET_DIR", "target-dir"), ("CARGO_BUILD_BUILD_DIR", "build-dir")];
    let dirs = set.iter().filter_map(|(variable, name)| {
        // What comes before a `{template}`; a relative path stays within the tree.
        let fixed = key(name)?.split('{').next()?;
        let fixed = &fixed[..fixed.rfind('/').map_or(0, |at| at + 1)];
        let overridden = env.iter().any(|(name, _)| name == variable);
        (fixed.starts_with('/') && !overridden).then(|| (*variable, PathBuf::from(fixed)))
    });
    dirs.collect()
}

/// Variables that may name a directory that tools write to.
pub(super) const CACHES: &[&str] = &[
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "DENO_DIR",
    "GOCACHE",
    "GOMODCACHE",
    "GOPATH",
    "GRADLE_USER_HOME",
    "NPM_CONFIG_CACHE",
    "npm_config_cache",
    "PYTHONPYCACHEPREFIX",
    "UV_CACHE_DIR",
    "YARN_CACHE_FOLDER",
];

/// Drops those that name a directory outside of `root` that does not exist: it cannot be made on a
/// read-only system, and the tools' own defaults lie in the scratch home.
pub(super) fn drop_missing_caches(env: &mut Vec<(OsString, OsString)>, root: &Path) {
    env.retain(|(name, value)| {
        let works = |path: PathBuf| path.is_relative() || path.starts_with(root) || path.is_dir();
        !CACHES.iter().any(|cache| name == cache) || std::env::split_paths(value).any(works)
    });
}

/// Sets `name`, replacing an earlier value.
pub(super) fn set(env: &mut Vec<(OsString, OsString)>, name: &OsStr, value: &OsStr) {
    match env.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) => value.clone_into(old),
        None => env.push((name.to_owned(), value.to_owned())),
    }
}

fn is_allowed(name: &OsStr, value: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let upper = name.to_ascii_uppercase();
    let secret = SECRET.iter().any(|s| upper.contains(s))
        || ["_KEY", "_PWD"].iter().any(|end| upper.ends_with(end));
    let listed = NAMES.contains(&name) || PREFIXES.iter().any(|p| upper.starts_with(p));
    listed && !secret && name != DROPPED && !has_password(&value.to_string_lossy())
}

/// True for a URL with a user part, such as a package index with its password.
fn has_password(value: &str) -> bool {
    value.match_indices("://").any(|(at, _)| {
        let authority = value[at + 3..].split(['/', ' ', ',', '|', '?', '#']).next();
        authority.is_some_and(|a| a.contains('@'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, value: &str) -> bool {
        let host = [(OsString::from(name), OsString::from(value))];
        allowed(&host, None).contains(&host[0])
    }

    #[test]
    fn toolchain_variables_pass() {
        for name in [
            "PATH",
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "LC_ALL",
            "GOFLAGS",
            "RUSTFLAGS",
            "npm_config_cache",
            "CARGO_HOME",
        ] {
            assert!(seen(name, "/x"), "{name} was withheld");
        }
    }

    #[test]
    fn caches_that_cannot_be_made_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let list = [
            ("GOCACHE", "/nowhere/go"),
            ("CARGO_HOME", dir.path().to_str().unwrap()),
            ("CARGO_TARGET_DIR", "target/own"),
            ("UV_CACHE_DIR", "/tree/uv"),
            ("GOPATH", "/nowhere/go:/"),
            ("PATH", "/nowhere/bin"),
        ];
        let mut env: Vec<(OsString, OsString)> =
            list.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let all = env.clone();
        drop_missing_caches(&mut env, Path::new("/tree"));
        assert_eq!(env, all[1..]);
    }

    #[test]
    fn secrets_do_not() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_X_TOKEN",
            "npm_config__authToken",
            "UV_INDEX_X_PASSWORD",
            "SSH_AUTH_SOCK",
            "PYTHON_API_KEY",
            "GOTIFY_ADMIN_PASS",
            "UV_DB_PWD",
            "EDITOR",
            "DBUS_SESSION_BUS_ADDRESS",
        ] {
            assert!(!seen(name, "x"), "{name} was passed on");
        }
        assert!(!seen("GOPROXY", "https://me:pw@proxy.invalid/go"));
        assert!(seen("GOPROXY", "https://proxy.invalid/go"));
    }

    #[test]
    fn cargo_configuration_is_read_for_places_outside() {
        let home = tempfile::tempdir().unwrap();
        let config = "[build]\nbuild-dir = \"/b/{workspace-path-hash}\"\ntarget-dir = \"t\"\n";
        crate::base::fs::write(&home.path().join("config.toml"), config).unwrap();
        let env = [("CARGO_HOME".into(), home.path().into())];
        assert_eq!(cargo_build_dirs(&env), [("CARGO_BUILD_BUILD_DIR", PathBuf::from("/b/"))]);
    }

    #[test]
    fn what_the_user_names_passes() {
        let host = [("DB_TOKEN".into(), "1".into()), ("OTHER".into(), "2".into())];
        let mut env = Vec::new();
        add_named(&mut env, &host, &["DB_*".to_owned()]);
        assert_eq!(env, host[..1]);
    }

    #[test]
    fn the_real_home_is_only_named_where_a_toolchain_is() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".cargo")).unwrap();
        let env = allowed(&[("GOPATH".into(), "/g".into())], Some(home.path()));
        let get = |name: &str| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        assert_eq!(get("CARGO_HOME"), Some(home.path().join(".cargo").into()));
        assert_eq!(get("GOPATH"), Some("/g".into()));
        assert_eq!(get("PYENV_ROOT"), None);
        assert_eq!(get("HOME"), None);
        assert_eq!(get("CARGO_NET_OFFLINE"), Some("true".into()));
    }
}
