//! What a scenario's folder says, read strictly: a misspelt key is an error, not a default.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One folder of `tests/scenarios`.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) request: Request,
    pub(crate) expected: Expected,
}

/// `request.toml`: how `slm` is run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// Everything after `slm`.
    pub(crate) argv: Vec<String>,
    /// Programs without which the scenario is skipped.
    pub(crate) needs: Vec<String>,
    /// Where in the project `slm` runs.
    #[serde(default)]
    pub(crate) cwd: String,
    #[serde(default)]
    pub(crate) git: Git,
    /// A file of the scenario that arrives on stdin.
    stdin: Option<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
}

/// What git knows of the project.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Git {
    /// Not a repository.
    #[default]
    None,
    /// Everything is committed.
    Clean,
    /// `input/` is committed, then `dirty/` is laid over it.
    Dirty,
}

/// `expected.toml`: the outcome, and how the final tree is judged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// Any of these; "fixed" means that the tree is judged, anything else that it is untouched.
    pub(crate) status: Vec<String>,
    pub(crate) exit: i32,
    /// Why `slm` does not find this fix yet. Such a scenario may end "no-fix" with the tree
    /// untouched, which is counted and shown; a wrong claim still fails.
    #[serde(default)]
    pub(crate) missed: Option<String>,
    /// Fails in `input/`, and passes after a fix.
    pub(crate) command: Vec<String>,
    /// Any of these generators; empty when it does not matter.
    #[serde(default)]
    pub(crate) tier: Vec<String>,
    /// Must pass after a fix and after `hidden/` was laid over the tree.
    #[serde(default)]
    pub(crate) hidden: Vec<Vec<String>>,
    /// Files or folders that a fix must leave alone.
    #[serde(default)]
    pub(crate) unchanged: Vec<PathBuf>,
}

impl Scenario {
    /// Whether the tree should end up repaired.
    pub(crate) fn wants_fix(&self) -> bool {
        self.expected.status.iter().any(|status| status == "fixed")
    }

    /// The bytes for stdin; none when the request names no file.
    pub(crate) fn stdin(&self) -> Vec<u8> {
        self.request
            .stdin
            .as_ref()
            .map(|name| std::fs::read(self.dir.join(name)).unwrap())
            .unwrap_or_default()
    }

    /// What is wrong with the folder itself.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut need = |good: bool, text: &str| {
            if !good {
                wrong.push(format!("{}: {text}", self.name));
            }
        };
        let has = |part: &str| self.dir.join(part).is_dir();
        need(self.name.len() > 4 && self.name[..3].parse::<u32>().is_ok(), "no number");
        need(has("input"), "no input/");
        need(!self.expected.command.is_empty(), "no command");
        need(!self.request.needs.is_empty(), "needs no tool at all");
        need(self.request.argv.iter().any(|arg| arg == "--json"), "argv lacks --json");
        need(self.wants_fix() || self.expected.missed.is_none(), "missed, but no fix is wanted");
        need(has("dirty") == (self.request.git == Git::Dirty), "dirty/ and git do not agree");
        need(has("hidden") != self.expected.hidden.is_empty(), "hidden/ and hidden do not agree");
        need(self.wants_fix() == (self.expected.exit == 0), "status and exit do not agree");
        need(self.wants_fix() == has("fixed"), "fixed/ belongs to exactly those that want a fix");
        for path in &self.expected.unchanged {
            need(self.dir.join("input").join(path).exists(), "unchanged names no file of input/");
            need(!self.dir.join("fixed").join(path).exists(), "fixed/ changes an unchanged file");
        }
        wrong
    }
}

/// The scenarios whose name contains one of the comma-separated parts, by number.
///
/// # Panics
/// When a file of a scenario cannot be read or is not well formed.
pub(crate) fn load_all(filter: &str) -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut dirs: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    dirs.sort();
    dirs.into_iter()
        .map(|dir| Scenario {
            name: dir.file_name().unwrap().to_str().unwrap().to_string(),
            request: read(&dir.join("request.toml")),
            expected: read(&dir.join("expected.toml")),
            dir,
        })
        .filter(|scenario| filter.split(',').any(|part| scenario.name.contains(part)))
        .collect()
}

/// Makes a repository of the folder with one commit of all its files.
pub(crate) fn commit_all(root: &Path) {
    let repository = git2::Repository::init(root).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::now("Test", "test@example.invalid").unwrap();
    repository.commit(Some("HEAD"), &who, &who, "start", &tree, &[]).unwrap();
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
