//! Files that decide what runs, where and with whose rights: never changed without a word of the
//! user's own for that very file.

use std::fmt;

use crate::base::RepoPath;

/// Why a file needs its own confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Git's own configuration inside the tree: attributes, modules, hooks.
    Git,
    /// Describes what a build server runs.
    ContinuousIntegration,
    /// An editor or a development container runs it.
    Editor,
    /// A shell or an environment manager runs it.
    Shell,
    /// A build or an installation runs it.
    Build,
    /// Fixes the versions of what is installed.
    LockFile,
    /// Instructs or configures a coding agent.
    Agent,
    /// Says what correct means. Not found by [`protected`]: which files are tests is
    /// `repo::is_test_path`'s knowledge.
    Test,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Git => "git acts on it",
            Self::ContinuousIntegration => "the build server acts on it",
            Self::Editor => "an editor may run what it says",
            Self::Shell => "a shell may run what it says",
            Self::Build => "a build or an installation runs what it says",
            Self::LockFile => "it fixes which dependencies are installed",
            Self::Agent => "it instructs coding agents",
            Self::Test => "it is a test",
        })
    }
}

/// The reason to ask before `path` is changed or created; `None` for ordinary files.
///
/// Letters are compared without case, as some file systems do. The file need not exist.
pub fn protected(path: &RepoPath) -> Option<Protection> {
    use Protection as P;
    let lower = path.as_str().to_lowercase();
    let (dirs, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    for dir in dirs.split('/') {
        match dir {
            ".githooks" | ".husky" | ".gitea" | ".forgejo" => return Some(P::Git),
            ".github" | ".circleci" | ".buildkite" | ".woodpecker" | ".gitlab" | ".ci" => {
                return Some(P::ContinuousIntegration);
            }
            ".vscode" | ".idea" | ".devcontainer" | ".fleet" | ".zed" | ".nvim" => {
                return Some(P::Editor);
            }
            ".cargo" | ".mvn" | ".yarn" => return Some(P::Build),
            ".claude" | ".codex" | ".cursor" | ".slm" | ".aider" => return Some(P::Agent),
            _ => {}
        }
    }
    of_name(name)
}

fn of_name(name: &str) -> Option<Protection> {
    use Protection as P;
    Some(match name {
        ".gitattributes"
        | ".gitmodules"
        | ".gitignore"
        | ".gitconfig"
        | ".lfsconfig"
        | ".pre-commit-config.yaml"
        | ".git-blame-ignore-revs"
        | "lefthook.yml" => P::Git,
        ".gitlab-ci.yml"
        | ".travis.yml"
        | "jenkinsfile"
        | "azure-pipelines.yml"
        | "bitbucket-pipelines.yml"
        | ".drone.yml"
        | "appveyor.yml"
        | ".appveyor.yml"
        | "cloudbuild.yaml" => P::ContinuousIntegration,
        ".exrc" | ".vimrc" | ".nvimrc" | ".nvim.lua" | ".editorconfig" | ".dir-locals.el" => {
            P::Editor
        }
        ".envrc" | ".env" | ".bashrc" | ".bash_profile" | ".bash_login" | ".profile" | ".zshrc"
        | ".zshenv" | ".zprofile" | ".inputrc" | ".mise.toml" | "mise.toml" | ".tool-versions"
        | ".python-version" | ".node-version" | ".nvmrc" => P::Shell,
        "build.rs"
        | "setup.py"
        | "setup.cfg"
        | "pyproject.toml"
        | "cargo.toml"
        | "package.json"
        | "go.mod"
        | "go.work"
        | "makefile"
        | "gnumakefile"
        | "justfile"
        | "taskfile.yml"
        | "rakefile"
        | "gemfile"
        | "cmakelists.txt"
        | "meson.build"
        | "build.gradle"
        | "build.gradle.kts"
        | "pom.xml"
        | "dockerfile"
        | "containerfile"
        | "docker-compose.yml"
        | "compose.yaml"
        | "compose.yml"
        | "tox.ini"
        | "noxfile.py"
        | "pytest.ini"
        | "sitecustomize.py"
        | "usercustomize.py"
        | ".npmrc"
        | ".yarnrc"
        | ".yarnrc.yml"
        | ".pnpmfile.cjs"
        | "rust-toolchain"
        | "rust-toolchain.toml"
        | "flake.nix"
        | "shell.nix"
        | "default.nix"
        | "install.sh"
        | ".slmignore" => P::Build,
        "cargo.lock"
        | "package-lock.json"
        | "npm-shrinkwrap.json"
        | "yarn.lock"
        | "pnpm-lock.yaml"
        | "bun.lockb"
        | "bun.lock"
        | "poetry.lock"
        | "uv.lock"
        | "pdm.lock"
        | "pipfile.lock"
        | "gemfile.lock"
        | "go.sum"
        | "composer.lock"
        | "flake.lock" => P::LockFile,
        "agents.md" | "claude.md" | "gemini.md" | ".cursorrules" | ".mcp.json" | "slm.toml" => {
            P::Agent
        }
        _ if name.starts_with("requirements") && name.ends_with(".txt") => P::Build,
        _ if name.ends_with(".pth") => P::Build,
        _ if name.starts_with(".env.") => P::Shell,
        _ if ["jest.config.", "vitest.config.", "vite.config.", "webpack.config."]
            .iter()
            .any(|start| name.starts_with(start)) =>
        {
            P::Build
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        use Protection as P;
        for (path, want) in [
            (".gitattributes", P::Git),
            ("sub/.gitmodules", P::Git),
            (".githooks/pre-commit", P::Git),
            (".github/workflows/ci.yml", P::ContinuousIntegration),
            (".GitHub/workflows/ci.yml", P::ContinuousIntegration),
            (".gitlab-ci.yml", P::ContinuousIntegration),
            (".ci/run", P::ContinuousIntegration),
            (".vscode/tasks.json", P::Editor),
            (".idea/workspace.xml", P::Editor),
            (".envrc", P::Shell),
            ("home/.bashrc", P::Shell),
            ("build.rs", P::Build),
            ("crates/a/build.rs", P::Build),
            ("Makefile", P::Build),
            ("setup.py", P::Build),
            ("package.json", P::Build),
            ("Cargo.toml", P::Build),
            (".cargo/config.toml", P::Build),
            ("requirements-dev.txt", P::Build),
            ("x.pth", P::Build),
            ("Cargo.lock", P::LockFile),
            ("poetry.lock", P::LockFile),
            ("AGENTS.md", P::Agent),
        ] {
            assert_eq!(protected(&RepoPath::new(path).unwrap()), Some(want), "{path}");
        }
        for path in ["src/main.rs", "a.py", "docs/readme.md", "src/build.py", "lock.rs", "env.py"] {
            assert_eq!(protected(&RepoPath::new(path).unwrap()), None, "{path}");
        }
    }
}
