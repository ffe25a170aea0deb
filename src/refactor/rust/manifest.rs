//! What a `Cargo.toml` says about crates: names, roots, editions; as much of TOML as that takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::RepoPath;
use crate::refactor::Project;

/// One compiled root file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) path: RepoPath,
    /// The name by which others name it; empty for what no other crate can use.
    pub(super) name: String,
    pub(super) library: bool,
    /// An index into the packages.
    pub(super) package: usize,
}

/// One package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) edition: u16,
    /// False with `publish = false`.
    pub(super) published: bool,
    /// Other names for dependencies: `alias = { package = "name" }`.
    pub(super) renamed: BTreeMap<String, String>,
}

type Table = BTreeMap<String, String>;

/// The packages and compiled roots of a repository.
pub(super) fn roots(project: &dyn Project) -> (Vec<Package>, Vec<Root>) {
    let (mut packages, mut roots) = (Vec::new(), Vec::new());
    let manifests = project.files().iter().filter(|p| p.file_name() == "Cargo.toml");
    let manifests: Vec<(String, Vec<(String, Table)>)> = manifests
        .filter_map(|path| Some((path.parent().to_owned(), tables(&project.text(path)?))))
        .collect();
    let shared = |key: &str| {
        let all = manifests.iter().flat_map(|(_, tables)| tables);
        all.filter(|(name, _)| name == "workspace.package").find_map(|(_, t)| t.get(key).cloned())
    };
    for (dir, tables) in &manifests {
        let Some((_, package)) = tables.iter().find(|(name, _)| name == "package") else {
            continue;
        };
        let own = |key: &str| {
            let inherited = package.contains_key(&format!("{key}.workspace"))
                || package.get(key).is_some_and(|value| value.contains("workspace"));
            if inherited { shared(key) } else { package.get(key).cloned() }
        };
        let edition = own("edition").and_then(|e| e.parse().ok()).unwrap_or(2015);
        let published = own("publish").is_none_or(|p| p != "false" && p != "[]");
        let renamed = tables.iter().filter(|(name, _)| name.contains("dependencies"));
        let renamed = renamed.flat_map(|(_, table)| table).filter_map(|(alias, value)| {
            let package = value.split_once("package")?.1.split('"').nth(1)?;
            Some((ident(alias), ident(package)))
        });
        let index = packages.len();
        packages.push(Package { edition, published, renamed: renamed.collect() });
        let name = package.get("name").cloned().unwrap_or_default();
        targets(project, dir, tables, &name, index, &mut roots);
    }
    (packages, roots)
}

fn targets(
    project: &dyn Project,
    dir: &str,
    tables: &[(String, Table)],
    name: &str,
    package: usize,
    out: &mut Vec<Root>,
) {
    let mut seen: BTreeSet<RepoPath> = out.iter().map(|r| r.path.clone()).collect();
    let mut add = |path: &str, name: String, library: bool| {
        let whole = if dir.is_empty() { path.to_owned() } else { format!("{dir}/{path}") };
        let Ok(path) = RepoPath::new(&whole) else { return };
        if project.has(&path) && seen.insert(path.clone()) {
            out.push(Root { path, name, library, package });
        }
    };
    let lib = tables.iter().find(|(name, _)| name == "lib").map(|(_, table)| table);
    let lib_name = lib.and_then(|l| l.get("name")).map_or(name, String::as_str);
    let lib_path = lib.and_then(|l| l.get("path")).map_or("src/lib.rs", String::as_str);
    add(lib_path, ident(lib_name), true);
    for (kind, table) in tables {
        if matches!(kind.as_str(), "[bin" | "[test" | "[example" | "[bench")
            && let Some(path) = table.get("path")
        {
            add(path, String::new(), false);
        }
    }
    add("src/main.rs", String::new(), false);
    add("build.rs", String::new(), false);
    let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
    for path in project.files() {
        let Some(inside) = path.as_str().strip_prefix(&prefix) else { continue };
        for folder in ["src/bin/", "tests/", "examples/", "benches/"] {
            let Some(rest) = inside.strip_prefix(folder) else { continue };
            let direct = rest.ends_with(".rs") && !rest.contains('/');
            let in_folder = rest.matches('/').count() == 1 && rest.ends_with("/main.rs");
            if direct || in_folder {
                add(inside, String::new(), false);
            }
        }
    }
}

/// `a-b` as it is written in Rust.
fn ident(name: &str) -> String {
    name.replace('-', "_")
}

/// The tables of a manifest in order, each with its keys and raw values; strings without their quotes.
fn tables(text: &str) -> Vec<(String, Table)> {
    let mut out = vec![(String::new(), Table::new())];
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.split(']').next())
            && (!line.contains('=') || line.find('=') > line.find(']'))
        {
            out.push((head.trim().to_owned(), Table::new()));
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let value = value.trim();
        let value = match value.strip_prefix(['"', '\'']) {
            Some(quoted) => quoted.split(['"', '\'']).next().unwrap_or(quoted),
            None => value.split(" #").next().unwrap_or(value).trim(),
        };
        if let Some((_, table)) = out.last_mut() {
            table.insert(key.trim().trim_matches('"').to_owned(), value.to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refactor::testing::Memory;

    #[test]
    fn what_a_manifest_says() {
        let project = Memory::new(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nedition = \"2021\"\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a-b\" # x\nedition.workspace = true\npublish = false\n\
                 [dependencies]\nq = { package = \"r-s\", version = \"1\" }\n[[bin]]\nname = \"x\"\npath = \"x/m.rs\"\n",
            ),
            ("a/src/lib.rs", ""),
            ("a/x/m.rs", ""),
            ("a/tests/t.rs", ""),
            ("a/tests/common/mod.rs", ""),
        ]);
        let (packages, roots) = roots(&project);
        let renamed = BTreeMap::from([("q".to_owned(), "r_s".to_owned())]);
        assert_eq!(packages, [Package { edition: 2021, published: false, renamed }]);
        let paths: Vec<_> =
            roots.iter().map(|r| (r.path.as_str(), r.name.as_str(), r.library)).collect();
        assert_eq!(
            paths,
            [("a/src/lib.rs", "a_b", true), ("a/x/m.rs", "", false), ("a/tests/t.rs", "", false)]
        );
    }
}
