//! Files, environment and flags become one resolved value.
//!
//! Only the user's own configuration is read: `$XDG_CONFIG_HOME/slm/config.toml`. Nothing inside a
//! repository can set a command, a model, a path or a permission.

mod cascade;
mod models;
mod network;
mod policy;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::base::{Secret, fs};

pub use cascade::{Cascade, Endpoint, EndpointUse, Escalation, LanguageName, StageName};
pub use models::{Adapter, Models};
pub use network::Network;
pub use policy::{Policy, PolicyError};

/// Minutes for which a worker with its model stays.
const KEEP_WARM: f64 = 10.0;

/// The environment as the program found it, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub home: Option<PathBuf>,
    pub config_home: Option<PathBuf>,
    pub state_home: Option<PathBuf>,
    pub cache_home: Option<PathBuf>,
    pub data_home: Option<PathBuf>,
    pub runtime: Option<PathBuf>,
    pub python_path: Option<OsString>,
    pub pytest_plugins: Option<String>,
    pub node_options: Option<String>,
    pub editor: Option<String>,
    pub model: Option<PathBuf>,
    /// `SLM_SKIP` is set, and not to 0: hooks do nothing.
    pub skip_hooks: bool,
    /// `GIT_INDEX_FILE`, by which git tells a hook what will be committed.
    pub git_index: Option<PathBuf>,
    /// `SLM_OFFLINE` is set, and not to 0: no model is downloaded.
    pub offline: bool,
    /// `SLM_MIRROR`, where files of models are got from instead of their own addresses.
    pub mirror: Option<String>,
    /// `SSL_CERT_FILE`: certificates of those who may vouch for servers.
    pub authorities: Option<PathBuf>,
    /// `SLM_KEEP_WARM` as it is.
    pub keep_warm: Option<OsString>,
    /// `SLM_API_KEY`, for the endpoint that the user names.
    pub api_key: Option<Secret>,
    pub term: Option<String>,
    /// `NO_COLOR`, `COLORTERM` as they are.
    pub no_color: Option<OsString>,
    pub colorterm: Option<OsString>,
    /// `LC_ALL`, `LC_CTYPE`, `LANG`: the first that is not empty decides.
    pub locale: [Option<OsString>; 3],
}

impl Environment {
    /// Reads the process's environment.
    pub fn read() -> Self {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        // XDG base directories must be absolute; others are to be ignored (XDG specification 0.8).
        let dir = |name: &str| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let text = |name: &str| var(name).and_then(|v| v.into_string().ok());
        let is_on = |name: &str| var(name).is_some_and(|value| value != "0");
        Self {
            home: dir("HOME"),
            config_home: dir("XDG_CONFIG_HOME"),
            state_home: dir("XDG_STATE_HOME"),
            cache_home: dir("XDG_CACHE_HOME"),
            data_home: dir("XDG_DATA_HOME"),
            runtime: dir("XDG_RUNTIME_DIR"),
            python_path: var("PYTHONPATH"),
            pytest_plugins: text("PYTEST_PLUGINS"),
            node_options: text("NODE_OPTIONS"),
            editor: text("VISUAL").or_else(|| text("EDITOR")),
            model: var("SLM_MODEL").map(PathBuf::from),
            skip_hooks: is_on("SLM_SKIP"),
            git_index: var("GIT_INDEX_FILE").map(PathBuf::from),
            offline: is_on("SLM_OFFLINE"),
            mirror: text("SLM_MIRROR"),
            authorities: var("SSL_CERT_FILE").map(PathBuf::from),
            keep_warm: var("SLM_KEEP_WARM"),
            api_key: text("SLM_API_KEY").map(|key| Secret::new(&key)),
            term: text("TERM"),
            no_color: var("NO_COLOR"),
            colorterm: var("COLORTERM"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].map(var),
        }
    }

    /// Where slm keeps journals, the operation log and locks.
    pub fn state_dir(&self) -> PathBuf {
        self.below(self.state_home.as_deref(), ".local/state")
    }

    /// Where slm keeps what can be made again.
    pub fn cache_dir(&self) -> PathBuf {
        self.below(self.cache_home.as_deref(), ".cache")
    }

    /// Where slm keeps model files, and the list of them.
    pub fn models_dir(&self) -> PathBuf {
        self.below(self.data_home.as_deref(), ".local/share").join("models")
    }

    /// The user's configuration file; it need not exist.
    pub fn config_file(&self) -> PathBuf {
        self.below(self.config_home.as_deref(), ".config").join("config.toml")
    }

    fn below(&self, xdg: Option<&Path>, fallback: &str) -> PathBuf {
        let base = match (xdg, &self.home) {
            (Some(dir), _) => dir.to_owned(),
            (None, Some(home)) => home.join(fallback),
            // No home at all (some containers): a private directory of this user.
            (None, None) => private(std::env::temp_dir().join(format!("slm-{}", user_id()))),
        };
        base.join("slm")
    }
}

/// The values of the environment's variables that `names` names, where a `*` at the end stands for
/// anything.
pub fn values(names: &[String]) -> Vec<(String, Secret)> {
    let is_named = |name: &str| {
        names.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        })
    };
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let all = std::env::vars_os().filter_map(text);
    all.filter(|(name, _)| is_named(name)).map(|(name, v)| (name, Secret::new(&v))).collect()
}

/// `dir`, made for this user alone. Anybody can make a directory of a known name in /tmp first: then
/// what is in it, settings and journals of changes to complete, is not this user's word, and the
/// answer is a path that nothing can be read from or written to.
#[cfg(unix)]
fn private(dir: PathBuf) -> PathBuf {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};

    // Fails when it is there; whose it is then is what counts.
    let _ = std::fs::DirBuilder::new().mode(0o700).create(&dir);
    let is_ours = dir
        .symlink_metadata()
        .is_ok_and(|about| about.is_dir() && about.uid() == user_id() && about.mode() & 0o022 == 0);
    if is_ours {
        return dir;
    }
    PathBuf::from(format!("/dev/null{} belongs to somebody else", dir.display()))
}

#[cfg(not(unix))]
fn private(dir: PathBuf) -> PathBuf {
    dir
}

#[cfg(unix)]
fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user_id() -> u32 {
    0
}

/// The user's configuration file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub fix: Fix,
    pub model: Model,
    pub sandbox: Sandbox,
    pub chat: Chat,
    pub review: Review,
    pub hook: Hook,
    pub models: Models,
    pub network: Network,
    pub cascade: Cascade,
    pub endpoint: Endpoint,
    pub stats: Stats,
    /// Settings for single repositories, by absolute path.
    pub repository: Vec<Repository>,
}

/// `[fix]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fix {
    /// Seconds for a whole run, above 0.
    pub timeout: Option<f64>,
    /// Candidates checked at the same time, at least 1.
    pub jobs: Option<usize>,
}

/// `[model]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// A GGUF file.
    pub path: Option<PathBuf>,
    /// A GGUF file of an embedding model, for search by meaning.
    pub embedding: Option<PathBuf>,
    /// A GGUF file of a smaller model with the same tokens: it proposes what comes next, which saves
    /// time where it is right.
    pub draft: Option<PathBuf>,
    /// Context in tokens.
    pub context: Option<u32>,
    /// How the cache keeps keys: "f16" or "q8_0"; unset: the first, where memory is short the second.
    pub keys: Option<Keys>,
    /// Layers of a model on a GPU, where slm was built for one; unset: as many as it has room for.
    pub gpu_layers: Option<u32>,
    /// Minutes for which a worker with its model stays after its last request, 0 or more.
    pub keep_warm: Option<f64>,
    /// Mebibytes on disk for states of prompts that took long to compute, of all models; 0: none.
    pub prefix_cache_mb: Option<u64>,
}

/// How a model's cache keeps keys. With fewer than 8 bits a model begins to garble what must be exact,
/// so there is no such choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    F16,
    #[serde(rename = "q8_0")]
    Q8_0,
}

/// `[sandbox]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sandbox {
    /// Further environment variables that checked commands may see.
    pub allow_env: Vec<String>,
    /// Mebibytes of memory for one checked command.
    pub memory_mb: Option<u64>,
}

/// `[chat]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chat {
    /// What may be done without asking: "ask", "auto-edit", "read-only" or "plan".
    pub mode: Option<String>,
    /// Rules such as `run "cargo test*"`: done without asking.
    pub allow: Vec<String>,
    /// Asked for, whatever is allowed.
    pub ask: Vec<String>,
    /// Never done.
    pub deny: Vec<String>,
    /// The wheel scrolls the transcript; the terminal then no longer selects text by itself.
    pub mouse: bool,
}

/// `[review]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// What is not to be heard of: a rule, a path, `RULE in PATH`, or the fingerprint of one finding.
    pub ignore: Vec<String>,
    /// Kibibytes from which on an added file is large.
    pub large_kb: Option<u64>,
}

/// `[hook]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hook {
    /// Seconds that a hook may keep a commit, above 0.
    pub budget: Option<f64>,
    /// Seconds that the tests may keep a push, above 0.
    pub push_budget: Option<f64>,
}

/// `[stats]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stats {
    /// Whether what runs took is kept on this machine for `slm stats`; unset: it is.
    pub record: Option<bool>,
    /// Days for which it is kept, at least 1.
    pub keep_days: Option<u64>,
    /// Mebibytes that it may take.
    pub max_mb: Option<u64>,
}

/// `[[repository]]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    pub path: PathBuf,
    /// The command that runs its tests, as words.
    pub test: Option<Vec<String>>,
}

/// Why the configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    File(#[from] fs::FileError),
    #[error("{}: {source}", path.display())]
    Syntax {
        path: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("{}: {problem}", path.display())]
    Value { path: PathBuf, problem: String },
}

/// Reads the configuration file; an absent one is an empty one.
///
/// # Errors
/// A file that cannot be read, is no TOML, has unknown keys, or values out of range.
pub fn load(file: &Path) -> Result<Config, ConfigError> {
    let text = match fs::read_text(file) {
        Ok(text) => text,
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    parse(&text, file)
}

/// Reads the text of a configuration file; `file` is for messages.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|source| ConfigError::Syntax {
        path: file.to_owned(),
        source: Box::new(source),
    })?;
    let bad = |problem: &str| {
        Err(ConfigError::Value { path: file.to_owned(), problem: problem.to_owned() })
    };
    if config.fix.timeout.is_some_and(|t| !(t.is_finite() && t > 0.0)) {
        return bad("fix.timeout must be a number of seconds above 0");
    }
    if config.model.keep_warm.is_some_and(|minutes| !is_time(minutes)) {
        return bad("model.keep_warm must be a number of minutes, 0 or more");
    }
    let seconds = [config.hook.budget, config.hook.push_budget];
    if seconds.into_iter().flatten().any(|seconds| !(seconds.is_finite() && seconds > 0.0)) {
        return bad("hook.budget and hook.push_budget must be numbers of seconds above 0");
    }
    if config.fix.jobs == Some(0) {
        return bad("fix.jobs must be at least 1");
    }
    if let Some(problem) = config.models.problem() {
        return bad(problem);
    }
    if let Some(problem) = config.network_problem() {
        return bad(problem);
    }
    if config.stats.keep_days == Some(0) {
        return bad("stats.keep_days must be at least 1; stats.record = false keeps nothing");
    }
    if config.repository.iter().any(|r| r.test.as_ref().is_some_and(Vec::is_empty)) {
        return bad("repository.test must hold at least the program");
    }
    if let Some(problem) = config.cascade.problem() {
        return bad(&problem);
    }
    if let Some(problem) = config.endpoint.problem() {
        return bad(problem);
    }
    Ok(config)
}

fn is_time(minutes: f64) -> bool {
    minutes.is_finite() && minutes >= 0.0
}

impl Config {
    /// How long a worker with its model stays after its last request, by `SLM_KEEP_WARM`, else the
    /// configuration, else 10 minutes; a day at most.
    ///
    /// # Errors
    /// A variable that is no number of minutes.
    pub fn keep_warm(&self, environment: &Environment) -> Result<Duration, ConfigError> {
        let minutes = match &environment.keep_warm {
            Some(text) => {
                let number = text.to_str().and_then(|text| text.parse().ok());
                number.filter(|minutes| is_time(*minutes)).ok_or_else(|| ConfigError::Value {
                    path: "SLM_KEEP_WARM".into(),
                    problem: "must be a number of minutes, 0 or more".to_owned(),
                })?
            }
            None => self.model.keep_warm.unwrap_or(KEEP_WARM),
        };
        Ok(Duration::from_secs_f64(minutes.min(24.0 * 60.0) * 60.0))
    }

    /// The test command configured for the repository at `root`.
    pub fn test_command(&self, root: &Path) -> Option<&[String]> {
        self.repository.iter().find(|r| r.path == root).and_then(|r| r.test.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Config, ConfigError> {
        parse(text, Path::new("/home/dev/.config/slm/config.toml"))
    }

    #[test]
    fn reads_all_keys() {
        let config = parsed(
            "[fix]\ntimeout = 30\njobs = 4\n[model]\npath = \"/m.gguf\"\n[sandbox]\nallow_env = [\"DB\"]\n[[repository]]\npath = \"/r\"\ntest = [\"make\", \"check\"]\n",
        )
        .unwrap();
        assert_eq!(config.fix.timeout, Some(30.0));
        assert_eq!(config.test_command(Path::new("/r")).unwrap()[1], "check");
        assert_eq!(config.test_command(Path::new("/other")), None);
        assert_eq!(parsed("").unwrap(), Config::default());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, word) in [
            ("[fix]\ntimeuot = 3\n", "timeuot"),
            ("[fix]\ntimeout = -1\n", "above 0"),
            ("[fix]\njobs = 0\n", "at least 1"),
            ("[model]\nkeep_warm = -1\n", "0 or more"),
            ("[[models.adapter]]\nname = \"a\"\nscale = 0\n", "at most 4"),
            ("[[models.adapter]]\nname = \"a\"\nrole = \"write\"\n", "repair, complete"),
            ("[[models.adapter]]\nname = \"a\"\nrepository = \"r\"\n", "absolute"),
            ("[stats]\nkeep_days = 0\n", "at least 1"),
            ("[stats]\nrecord = \"no\"\n", "record"),
            ("nonsense", "config.toml"),
        ] {
            let message = parsed(text).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn the_variable_beats_the_configuration_in_how_long_a_worker_stays() {
        let minutes = |variable: Option<&str>, text: &str| {
            let keep_warm = variable.map(OsString::from);
            let environment = Environment { keep_warm, ..Environment::default() };
            parsed(text).unwrap().keep_warm(&environment).map(|keep| keep.as_secs_f64() / 60.0)
        };
        assert_eq!(minutes(None, "").unwrap(), KEEP_WARM);
        assert_eq!(minutes(None, "[model]\nkeep_warm = 0.5\n").unwrap(), 0.5);
        assert_eq!(minutes(Some("0"), "[model]\nkeep_warm = 3\n").unwrap(), 0.0);
        assert_eq!(minutes(Some("1e300"), "").unwrap(), 24.0 * 60.0);
        for bad in ["soon", "-1", "NaN", "inf"] {
            let error = minutes(Some(bad), "").unwrap_err().to_string();
            assert!(error.contains("SLM_KEEP_WARM"), "{error}");
        }
    }

    #[test]
    fn relative_base_directories_are_ignored() {
        let environment = Environment { home: Some("/home/dev".into()), ..Environment::default() };
        assert_eq!(environment.state_dir(), Path::new("/home/dev/.local/state/slm"));
        assert!(Environment::default().state_dir().is_absolute());
    }

    #[test]
    #[cfg(unix)]
    fn what_somebody_else_could_have_prepared_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;

        let top = tempfile::tempdir().unwrap();
        let mine = top.path().join("mine");
        assert_eq!(private(mine.clone()), mine);
        assert_eq!(mine.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(private(mine.clone()), mine, "the second time");

        let link = top.path().join("link");
        std::os::unix::fs::symlink(&mine, &link).unwrap();
        let open = top.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        for dir in [link, open] {
            let refused = private(dir.clone());
            assert!(!refused.starts_with(top.path()), "{}", refused.display());
            let error = load(&refused.join("config.toml")).unwrap_err().to_string();
            assert!(error.contains(dir.to_str().unwrap()), "{error}");
        }
    }
}
