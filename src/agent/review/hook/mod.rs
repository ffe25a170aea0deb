//! How slm gets into the hooks of a repository beside whatever is there: from facts to a plan.
//!
//! Decided here and done by the caller. Nothing is ever overwritten, and `core.hooksPath` is never
//! touched: git from 2.54 on runs hooks from its configuration beside those of the directory, which
//! needs no file at all; managers of hooks get a snippet; an unmanaged hook is renamed, called first by
//! ours, and put back by `uninstall`.

mod texts;

pub use texts::{script, snippet};

/// What is known about the repository.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub stage: Stage,
    pub git: GitVersion,
    /// Absolute path of the slm that hooks will run.
    pub slm: String,
    /// The directory of hooks that git uses, with the common directory of linked worktrees worked out.
    pub hooks_directory: String,
    /// `core.hooksPath`, as configured anywhere.
    pub hooks_path: Option<String>,
    /// `hook.slm-STAGE.command` of the configuration.
    pub configured: Option<String>,
    pub pre_commit_config: bool,
    pub husky: bool,
    /// The name of its file.
    pub lefthook: Option<String>,
    /// What lies at the stage's name in the directory of hooks.
    pub existing: Existing,
    /// There is a `STAGE.before-slm` already.
    pub renamed_taken: bool,
    pub bare: bool,
    pub linked_worktree: bool,
    pub submodule: bool,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    #[default]
    PreCommit,
    CommitMsg,
    PrePush,
}

/// As `git version` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitVersion(pub u32, pub u32);

/// The file in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    #[default]
    None,
    /// Written by slm, with this text.
    Ours(String),
    Foreign {
        /// The text says who wrote it.
        by: Option<Manager>,
    },
}

/// A tool that owns the hooks of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manager {
    PreCommit,
    Husky,
    Lefthook,
    /// A directory that somebody has set up by `core.hooksPath`.
    HooksPath,
    /// Scripts in the directory of hooks, without a tool.
    Script,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookPlan {
    /// It is installed.
    Nothing {
        notes: Vec<String>,
    },
    /// `git config --local KEY VALUE` for each.
    Configure {
        set: Vec<(String, String)>,
        notes: Vec<String>,
    },
    /// Write an executable file that is not there, or that is ours.
    Write {
        path: String,
        text: String,
        notes: Vec<String>,
    },
    /// Rename what is there, then write. To be asked for: it is the user's file.
    Chain {
        path: String,
        renamed: String,
        text: String,
        notes: Vec<String>,
    },
    /// Show what the user can add, and where. `append` when it can be put at the end of the file.
    Show {
        manager: Manager,
        file: String,
        snippet: String,
        append: bool,
        notes: Vec<String>,
    },
    Refuse {
        why: String,
    },
}

/// What takes it away again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// `git config --local --unset-all KEY`, then `--remove-section`.
    pub unset: Vec<String>,
    /// A file of ours.
    pub delete: Option<String>,
    /// From, to: what was there before slm.
    pub restore: Option<(String, String)>,
    /// What only the user can take out.
    pub notes: Vec<String>,
}

impl Stage {
    /// The name that git has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
        }
    }

    /// The stage of a name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::PreCommit, Self::CommitMsg, Self::PrePush].into_iter().find(|s| s.name() == name)
    }
}

impl GitVersion {
    /// Reads `git version 2.54.0 (Apple Git-1)`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let mut parts = digits.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        Some(Self(parts.next()?.ok()?, parts.next()?.ok()?))
    }

    /// Since this release git runs hooks that its configuration names.
    fn has_config_hooks(self) -> bool {
        self >= Self(2, 54)
    }
}

impl Manager {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::Husky => "husky",
            Self::Lefthook => "lefthook",
            Self::HooksPath => "core.hooksPath",
            Self::Script => "a script",
        }
    }
}

impl Existing {
    /// Reads a hook's text.
    pub fn of_text(text: &str) -> Self {
        let head: String = text.lines().take(12).collect::<Vec<_>>().join("\n");
        if head.contains("slm ") && head.contains("written by `slm hook install`") {
            return Self::Ours(text.to_owned());
        }
        let by = if text.contains("generated by pre-commit") || text.contains("pre_commit") {
            Some(Manager::PreCommit)
        } else if text.contains("husky") {
            Some(Manager::Husky)
        } else if text.contains("lefthook") {
            Some(Manager::Lefthook)
        } else {
            None
        };
        Self::Foreign { by }
    }
}

/// How to install.
pub fn plan(facts: &Facts) -> HookPlan {
    if facts.bare {
        return HookPlan::Refuse {
            why: "a bare repository has no commits of its own to review".to_owned(),
        };
    }
    if !facts.slm.starts_with('/') && !facts.slm.contains(":\\") && !facts.slm.contains(":/") {
        return HookPlan::Refuse {
            why: format!("the hook needs the absolute path of slm, not {:?}", facts.slm),
        };
    }
    let text = script(facts.stage, &facts.slm);
    let path = format!("{}/{}", facts.hooks_directory, facts.stage.name());
    match &facts.existing {
        Existing::Ours(now) if *now == text => return HookPlan::Nothing { notes: notes(facts) },
        Existing::Ours(_) => return HookPlan::Write { path, text, notes: notes(facts) },
        _ => {}
    }
    if facts.git.has_config_hooks() {
        return configured(facts);
    }
    if let Some(manager) = manager(facts) {
        return show(facts, manager);
    }
    match facts.existing {
        Existing::Foreign { .. } if facts.renamed_taken => show(facts, Manager::Script),
        Existing::Foreign { .. } => {
            let renamed = format!("{path}.before-slm");
            HookPlan::Chain { path, renamed, text, notes: notes(facts) }
        }
        _ => HookPlan::Write { path, text, notes: notes(facts) },
    }
}

fn configured(facts: &Facts) -> HookPlan {
    let name = format!("hook.slm-{}", facts.stage.name());
    let command = texts::config_command(facts.stage, &facts.slm);
    let mut notes = notes(facts);
    if facts.configured.as_deref() == Some(command.as_str()) {
        return HookPlan::Nothing { notes };
    }
    if let Some(manager) = manager(facts) {
        notes.push(format!(
            "this is for your clone alone; for everybody, {} can run slm too: `slm hook install --show`",
            manager.name()
        ));
    }
    let set = vec![
        (format!("{name}.event"), facts.stage.name().to_owned()),
        (format!("{name}.command"), command),
    ];
    HookPlan::Configure { set, notes }
}

/// Whose hooks these are. A file's own word counts more than the files around.
fn manager(facts: &Facts) -> Option<Manager> {
    let by = match facts.existing {
        Existing::Foreign { by } => by,
        _ => None,
    };
    let path = facts.hooks_path.as_deref();
    if path.is_some_and(|path| path.contains(".husky")) || by == Some(Manager::Husky) {
        return Some(Manager::Husky);
    }
    by.or_else(|| path.filter(|path| !path.is_empty()).map(|_| Manager::HooksPath))
        .or_else(|| facts.husky.then_some(Manager::Husky))
        .or_else(|| facts.lefthook.is_some().then_some(Manager::Lefthook))
        .or_else(|| facts.pre_commit_config.then_some(Manager::PreCommit))
}

fn show(facts: &Facts, manager: Manager) -> HookPlan {
    let stage = facts.stage.name();
    let file = match manager {
        Manager::PreCommit => ".pre-commit-config.yaml".to_owned(),
        Manager::Husky => format!(".husky/{stage}"),
        Manager::Lefthook => facts.lefthook.clone().unwrap_or_else(|| "lefthook.yml".to_owned()),
        Manager::HooksPath => {
            format!(
                "{}/{stage}",
                facts.hooks_path.as_deref().unwrap_or(&facts.hooks_directory).trim_end_matches('/')
            )
        }
        Manager::Script => format!("{}/{stage}", facts.hooks_directory),
    };
    let mut notes = notes(facts);
    if manager == Manager::PreCommit {
        notes.push(format!("then `pre-commit install --hook-type {stage}`"));
    }
    if manager == Manager::HooksPath {
        notes.push(
            "`core.hooksPath` may be shared by other repositories, so nothing is written there"
                .to_owned(),
        );
    }
    // A line at the end of a script is a line; YAML has places.
    let append = matches!(manager, Manager::Husky);
    HookPlan::Show {
        manager,
        file,
        snippet: snippet(manager, facts.stage, &facts.slm),
        append,
        notes,
    }
}

fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.linked_worktree {
        notes.push("all worktrees of this repository share their hooks".to_owned());
    }
    if facts.submodule {
        notes.push(
            "this is for the submodule; the repository around it has hooks of its own".to_owned(),
        );
    }
    notes
}

/// How to take it away: only what is ours, and everything that is.
pub fn plan_removal(facts: &Facts) -> Removal {
    let stage = facts.stage.name();
    let path = format!("{}/{stage}", facts.hooks_directory);
    let mut removal = Removal::default();
    if facts.configured.is_some() {
        removal.unset =
            vec![format!("hook.slm-{stage}.event"), format!("hook.slm-{stage}.command")];
    }
    if matches!(facts.existing, Existing::Ours(_)) {
        removal.delete = Some(path.clone());
        if facts.renamed_taken {
            removal.restore = Some((format!("{path}.before-slm"), path));
        }
    } else if facts.renamed_taken {
        removal.notes.push(format!("{path}.before-slm is the hook that was there before slm; {path} is not slm's any more, so both stay"));
    }
    if let Some(manager) = manager(facts).filter(|m| *m != Manager::Script) {
        removal.notes.push(format!("if {} runs slm, take its lines out there", manager.name()));
    }
    removal
}

#[cfg(test)]
mod tests;
