//! From a specifier to a file, as Node, bundlers and TypeScript do it, and back.

use serde_json::Value as Json;

use super::Graph;
use super::package::{Package, entry_files, json};
use crate::base::RepoPath;
use crate::refactor::Project;

/// Where a specifier leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum Target {
    File(RepoPath),
    /// A package that is not of this repository.
    Outside,
    /// A relative path or a package of the repository that leads nowhere.
    Missing,
}

impl Target {
    pub(in crate::refactor::ecma) fn file(self) -> Option<RepoPath> {
        match self {
            Self::File(path) => Some(path),
            Self::Outside | Self::Missing => None,
        }
    }
}

const EXTENSIONS: [&str; 10] =
    ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts", "d.ts", "json"];

impl Graph<'_> {
    /// Where a specifier in a file leads.
    pub(in crate::refactor::ecma) fn resolve(&self, from: &RepoPath, specifier: &str) -> Target {
        let specifier = specifier.split('?').next().unwrap_or(specifier);
        if specifier.starts_with('.') {
            let found = join(from.parent(), specifier).and_then(|path| self.path(&path));
            return found.map_or(Target::Missing, Target::File);
        }
        if let Some(found) = self.by_paths(from, specifier) {
            return Target::File(found);
        }
        let own = self.packages().iter().find(|p| {
            !p.name.is_empty()
                && (p.name == specifier
                    || specifier
                        .strip_prefix(p.name.as_str())
                        .is_some_and(|rest| rest.starts_with('/')))
        });
        match own {
            Some(package) => {
                self.in_package(package, specifier).map_or(Target::Missing, Target::File)
            }
            None => Target::Outside,
        }
    }

    fn in_package(&self, package: &Package, specifier: &str) -> Option<RepoPath> {
        let rest = specifier[package.name.len()..].trim_start_matches('/');
        if rest.is_empty() {
            return entry_files(self, package).into_iter().next();
        }
        let path = join(&package.dir, rest)?;
        self.path(&path).or_else(|| self.path(&join(&package.dir, &format!("src/{rest}"))?))
    }

    /// A file by its path, as far as a specifier tells it.
    pub(super) fn path(&self, path: &str) -> Option<RepoPath> {
        let has = |text: &str| RepoPath::new(text).ok().filter(|p| self.project.has(p));
        if !path.is_empty() {
            if let Some(found) = has(path) {
                return Some(found);
            }
            let rewritten = match path.rsplit_once('.') {
                Some((stem, "js")) => {
                    vec![(stem, "ts"), (stem, "tsx"), (stem, "jsx"), (stem, "d.ts")]
                }
                Some((stem, "jsx")) => vec![(stem, "tsx")],
                Some((stem, "mjs")) => vec![(stem, "mts"), (stem, "d.mts")],
                Some((stem, "cjs")) => vec![(stem, "cts"), (stem, "d.cts")],
                _ => Vec::new(),
            };
            let with = rewritten.iter().find_map(|(stem, ext)| has(&format!("{stem}.{ext}")));
            let with = with.or_else(|| EXTENSIONS.iter().find_map(|e| has(&format!("{path}.{e}"))));
            if with.is_some() {
                return with;
            }
        }
        let dir = if path.is_empty() { String::new() } else { format!("{path}/") };
        let index = EXTENSIONS.iter().find_map(|e| has(&format!("{dir}index.{e}")));
        index.or_else(|| {
            let package = self.packages().iter().find(|p| p.dir == path)?;
            entry_files(self, package).into_iter().next()
        })
    }

    /// `compilerOptions.paths` and `baseUrl` of the nearest configuration.
    fn by_paths(&self, from: &RepoPath, specifier: &str) -> Option<RepoPath> {
        let (dir, config) = nearest_config(self.project, from)?;
        let options = config.get("compilerOptions")?;
        let base = options.get("baseUrl").and_then(Json::as_str);
        let root = join(&dir, base.unwrap_or("."))?;
        if let Some(paths) = options.get("paths").and_then(Json::as_object) {
            for (pattern, targets) in paths {
                let Some(star) = matches(pattern, specifier) else { continue };
                let targets = targets.as_array().into_iter().flatten().filter_map(Json::as_str);
                let mut targets = targets.map(|target| target.replacen('*', star, 1));
                if let Some(found) = targets.find_map(|t| self.path(&join(&root, &t)?)) {
                    return Some(found);
                }
            }
        }
        base?;
        self.path(&join(&root, specifier)?)
    }
}

/// What the star of a pattern stands for.
fn matches<'s>(pattern: &str, specifier: &'s str) -> Option<&'s str> {
    match pattern.split_once('*') {
        Some((before, after)) => specifier.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == specifier).then_some(""),
    }
}

/// True when the project asks for types wherever they cannot be inferred.
pub(in crate::refactor::ecma) fn is_strict_project(project: &dyn Project, from: &RepoPath) -> bool {
    let config = nearest_config(project, from);
    let options = config.as_ref().and_then(|(_, c)| c.get("compilerOptions"));
    let on = |name: &str| options.and_then(|o| o.get(name)).and_then(Json::as_bool);
    // What it extends may say so, too.
    let inherits = config.as_ref().is_some_and(|(_, c)| c.get("extends").is_some());
    on("noImplicitAny").or_else(|| on("strict")).unwrap_or(inherits)
}

/// True when the project allows only types that can be erased.
pub(in crate::refactor::ecma) fn wants_erasable(project: &dyn Project, from: &RepoPath) -> bool {
    let config = nearest_config(project, from);
    let options = config.as_ref().and_then(|(_, c)| c.get("compilerOptions"));
    options.and_then(|o| o.get("erasableSyntaxOnly")).and_then(Json::as_bool) == Some(true)
}

fn nearest_config(project: &dyn Project, from: &RepoPath) -> Option<(String, Json)> {
    let mut dir = from.parent();
    loop {
        for name in ["tsconfig.json", "jsconfig.json"] {
            let path = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
            let found = RepoPath::new(&path).ok().filter(|p| project.has(p));
            if let Some(config) = found.and_then(|p| json(&project.text(&p)?)) {
                return Some((dir.to_owned(), config));
            }
        }
        if dir.is_empty() {
            return None;
        }
        dir = dir.rsplit_once('/').map_or("", |(up, _)| up);
    }
}

/// A path relative to a directory; `None` when it leaves the repository.
pub(super) fn join(dir: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = dir.split('/').filter(|p| !p.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The specifier that leads from one file to another, with the extension that `like` (a specifier
/// in use around there) has.
pub(in crate::refactor::ecma) fn relative_specifier(
    from: &RepoPath,
    to: &RepoPath,
    like: Option<&str>,
) -> String {
    let here: Vec<&str> = from.parent().split('/').filter(|p| !p.is_empty()).collect();
    let there: Vec<&str> = to.as_str().split('/').collect();
    let shared = here.iter().zip(&there[..there.len() - 1]).take_while(|(a, b)| a == b).count();
    let mut out =
        if shared == here.len() { "./".to_owned() } else { "../".repeat(here.len() - shared) };
    out.push_str(&there[shared..].join("/"));
    let (stem, extension) = match out.strip_suffix(".d.ts") {
        Some(stem) => (stem.to_owned(), "ts".to_owned()),
        None => match out.rsplit_once('.') {
            Some((stem, extension)) => (stem.to_owned(), extension.to_owned()),
            None => return out,
        },
    };
    let known = ["js", "mjs", "cjs", "jsx", "ts", "tsx", "mts", "cts"];
    let written = like
        .and_then(|l| l.rsplit('/').next()?.rsplit_once('.').map(|(_, e)| e))
        .filter(|e| known.contains(e));
    let explicit =
        written.is_some() || like.is_none() && matches!(extension.as_str(), "mjs" | "cjs");
    if !explicit {
        return stem;
    }
    let as_written = matches!(written, Some("ts" | "tsx" | "mts" | "cts"));
    let extension = match extension.as_str() {
        other if as_written => other.to_owned(),
        "ts" | "tsx" => "js".to_owned(),
        "mts" => "mjs".to_owned(),
        "cts" => "cjs".to_owned(),
        other => other.to_owned(),
    };
    format!("{stem}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers() {
        let path = |text: &str| RepoPath::new(text).unwrap();
        for (from, to, like, want) in [
            ("a.js", "b.js", None, "./b"),
            ("src/a.ts", "src/lib/b.ts", Some("./x.js"), "./lib/b.js"),
            ("src/x/a.ts", "src/b.tsx", Some("../y"), "../b"),
            ("src/x/a.mjs", "lib/b.mjs", None, "../../lib/b.mjs"),
            ("a.ts", "b.ts", Some("./c.ts"), "./b.ts"),
        ] {
            assert_eq!(relative_specifier(&path(from), &path(to), like), want);
        }
        assert_eq!(join("a/b", "../c/./d"), Some("a/c/d".to_owned()));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!(matches("@app/*", "@app/x/y"), Some("x/y"));
        assert_eq!(matches("@app", "@app/x"), None);
    }
}
