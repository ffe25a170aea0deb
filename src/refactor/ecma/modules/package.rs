//! The packages of a repository, and the files that users of one can import.

use serde_json::Value as Json;

use super::Graph;
use super::resolve::join;
use crate::base::RepoPath;
use crate::refactor::Project;

/// One `package.json`.
#[derive(Clone, Debug)]
pub(in crate::refactor::ecma) struct Package {
    pub(super) dir: String,
    pub(super) name: String,
    json: Json,
}

/// All packages of the repository's own, inner ones first.
pub(super) fn all(project: &dyn Project) -> Vec<Package> {
    let own = |p: &&RepoPath| {
        p.file_name() == "package.json" && !p.as_str().split('/').any(|part| part == "node_modules")
    };
    let mut packages: Vec<Package> = project
        .files()
        .iter()
        .filter(own)
        .filter_map(|path| {
            let json = json(&project.text(path)?)?;
            let name = json.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
            Some(Package { dir: path.parent().to_owned(), name, json })
        })
        .collect();
    packages.sort_by_key(|p| std::cmp::Reverse(p.dir.len()));
    packages
}

/// JSON as people write it into configurations: with comments and trailing commas.
pub(super) fn json(text: &str) -> Option<Json> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let mut escaped = false;
            let inner = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            out.push_str(&rest[..inner + 2]);
            rest = &rest[inner + 2..];
        } else if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |at| at + 2)..];
        } else {
            let next = rest[c.len_utf8()..].trim_start();
            if !(c == ',' && next.starts_with(['}', ']'])) {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    serde_json::from_str(&out).ok()
}

/// The files through which users of the package around a file come in; none for an application.
pub(in crate::refactor::ecma) fn entries(graph: &Graph<'_>, of: &RepoPath) -> Vec<RepoPath> {
    let within = |p: &&Package| p.dir.is_empty() || of.as_str().starts_with(&format!("{}/", p.dir));
    graph.packages().iter().find(within).map_or_else(Vec::new, |p| entry_files(graph, p))
}

/// See [`entries`].
pub(super) fn entry_files(graph: &Graph<'_>, package: &Package) -> Vec<RepoPath> {
    let mut written = Vec::new();
    for key in ["main", "module", "browser", "types", "typings", "exports", "bin"] {
        strings(package.json.get(key), &mut written);
    }
    let private = package.json.get("private").and_then(Json::as_bool) == Some(true);
    if written.is_empty() && (private || package.name.is_empty()) {
        return Vec::new();
    }
    if !package.json.get("main").is_some_and(Json::is_string)
        && package.json.get("exports").is_none()
    {
        written.push("index".to_owned());
    }
    let mut files = Vec::new();
    for path in written {
        if let Some((before, after)) = path.split_once('*') {
            files.extend(by_pattern(graph, package, before, after));
            continue;
        }
        let Some(path) = join(&package.dir, &path).filter(|p| *p != package.dir) else { continue };
        match graph.path(&path) {
            Some(file) => files.push(file),
            // What is built is not in the repository: its source has the same name.
            None => files.extend(source_of(graph, package, &path)),
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|f| seen.insert(f.clone()));
    files
}

fn by_pattern(graph: &Graph<'_>, package: &Package, before: &str, after: &str) -> Vec<RepoPath> {
    let Some(start) = join(&package.dir, before) else { return Vec::new() };
    let all = graph.project.files().iter();
    all.filter(|f| f.as_str().starts_with(&start) && f.as_str().ends_with(after)).cloned().collect()
}

fn source_of(graph: &Graph<'_>, package: &Package, built: &str) -> Option<RepoPath> {
    let inner = built.strip_prefix(package.dir.as_str())?.trim_start_matches('/');
    let (_, below) = inner.split_once('/')?;
    let stem = [".d.ts", ".d.mts", ".d.cts", ".min.js", ".js", ".mjs", ".cjs"]
        .iter()
        .find_map(|e| below.strip_suffix(e))
        .unwrap_or(below);
    let last = stem.rsplit('/').next().unwrap_or(stem);
    let tries =
        [format!("src/{stem}"), format!("src/{last}"), "src/index".to_owned(), "index".to_owned()];
    tries.iter().find_map(|t| graph.path(&join(&package.dir, t)?))
}

fn strings(value: Option<&Json>, into: &mut Vec<String>) {
    match value {
        Some(Json::String(text)) => into.push(text.clone()),
        Some(Json::Object(map)) => map.values().for_each(|v| strings(Some(v), into)),
        Some(Json::Array(list)) => list.iter().for_each(|v| strings(Some(v), into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn lenient() {
        let text = "{ // c\n \"a\": [1, 2,], /* x */ \"b\": \"//\\\"\", }";
        let value = json(text).unwrap();
        assert_eq!(value["a"][1], 2);
        assert_eq!(value["b"], "//\"");
        assert!(json("{").is_none());
    }
}
