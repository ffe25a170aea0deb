//! Which file of the repository an import of JavaScript or TypeScript means.

use super::modules::{Target, is_directory};
use crate::base::RepoPath;
use crate::refactor::Project;

/// What may be left out, and what a name may stand for: TypeScript is imported as what it becomes.
const ENDINGS: &[&str] = &[
    "",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".d.ts",
    ".d.mts",
    ".json",
    ".vue",
    ".svelte",
    ".node",
    ".wasm",
    ".web.js",
    ".native.js",
    ".ios.js",
    ".android.js",
    ".web.tsx",
    ".native.tsx",
];

/// Follows a relative import; others belong to packages.
pub(super) fn resolve(project: &dyn Project, importer: &str, module: &str) -> Target {
    let relative =
        module.starts_with("./") || module.starts_with("../") || module == "." || module == "..";
    if !relative || module.contains(['?', '!', '#', '*', '$', '%']) {
        return Target::Outside;
    }
    let mut parts: Vec<&str> = importer.split('/').collect();
    parts.pop();
    for part in module.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() => return Target::Outside,
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    // What a build writes is not in the repository.
    const BUILT: &[&str] = &[
        "dist",
        "build",
        "out",
        "generated",
        "__generated__",
        "node_modules",
        "target",
        "pkg",
        "lib",
        "es",
        "esm",
        "cjs",
        "types",
        "_virtual",
    ];
    let path = parts.join("/");
    let file = |name: &str| RepoPath::new(name).ok().filter(|path| project.has(path));
    let as_source = path
        .strip_suffix(".js")
        .or_else(|| path.strip_suffix(".mjs"))
        .or_else(|| path.strip_suffix(".cjs"))
        .or_else(|| path.strip_suffix(".jsx"));
    let stems = [Some(path.as_str()), as_source];
    for stem in stems.into_iter().flatten() {
        if let Some(found) = ENDINGS.iter().find_map(|ending| file(&format!("{stem}{ending}"))) {
            return Target::File(found);
        }
    }
    let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
    if let Some(found) = ENDINGS.iter().find_map(|ending| file(&format!("{index}{ending}"))) {
        return Target::File(found);
    }
    let last = parts.last().copied().unwrap_or_default();
    let code = last
        .rsplit_once('.')
        .is_none_or(|(_, e)| matches!(e, "js" | "ts" | "tsx" | "jsx" | "mjs" | "cjs"));
    let ignored = file(".gitignore")
        .and_then(|path| project.text(&path))
        .is_some_and(|text| text.contains(last));
    if parts.iter().any(|part| BUILT.contains(part))
        || is_directory(project, &path)
        || !code
        || ignored
        || path.is_empty()
    {
        return Target::Outside;
    }
    let places = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
    let indexes = ENDINGS.iter().skip(1).map(|ending| format!("{index}{ending}"));
    let sources = as_source
        .into_iter()
        .flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}{ending}")));
    Target::Missing(places.chain(indexes).chain(sources).collect())
}
