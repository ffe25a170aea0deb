//! An overview of a repository that nobody has explained: where it starts, what is central, how it
//! is tested and built.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::{RepoPath, fs};
use crate::repo::graph::{Focus, Graph, rank};
use crate::repo::map::ranking;
use crate::repo::{Detected, detect_test_commands, is_test_path};

/// Directories, files and definitions listed at most.
const MOST: usize = 10;
/// Examples and benchmarks listed beside the program itself.
const ASIDE: usize = 3;

/// What a newcomer wants to know first.
#[derive(Clone, Debug, Default)]
pub struct Tour {
    /// Source files by language, most first.
    pub languages: Vec<(&'static str, usize)>,
    /// The first sentence or two of the README.
    pub about: String,
    pub entries: Vec<EntryPoint>,
    /// Directories of source with their files, most central first.
    pub directories: Vec<Directory>,
    /// The most central files, by the ranks of what they define.
    pub modules: Vec<Module>,
    /// Directories of tests with their number of files.
    pub tests: Vec<(String, usize)>,
    pub test_commands: Vec<Detected>,
    pub build_commands: Vec<Detected>,
}

/// Where a program begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    pub path: RepoPath,
    /// From 1.
    pub line: u32,
    /// "function main", "script of package.json", ...
    pub what: String,
}

/// A directory of source.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    pub path: String,
    pub files: usize,
    pub rank: f64,
}

/// A central file.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    pub path: RepoPath,
    /// Its share of all rank, 0 to 1.
    pub rank: f64,
    /// What it is for, by its own comment; may be empty.
    pub about: String,
    /// Its best definitions.
    pub definitions: Vec<String>,
}

/// The tour of the repository at `root`.
pub fn tour(graph: &Graph<'_>, root: &Path) -> Tour {
    let ranks = rank(graph, &Focus::default());
    let ranked = ranking(graph, &Focus::default());
    let files = &graph.snapshot().files;
    let mut languages: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut tests: BTreeMap<String, usize> = BTreeMap::new();
    let mut directories: BTreeMap<String, Directory> = BTreeMap::new();
    let mut by_file: Vec<(f64, usize)> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        *languages.entry(file.grammar.name).or_default() += 1;
        let parent = file.path.parent();
        if is_test_path(&file.path) {
            *tests.entry(parent.to_owned()).or_default() += 1;
            continue;
        }
        let sum: f64 = graph.nodes_of(at).map(|node| ranks[node as usize]).sum();
        let path = parent.to_owned();
        let directory =
            directories.entry(path.clone()).or_insert(Directory { path, files: 0, rank: 0.0 });
        directory.files += 1;
        directory.rank += sum;
        by_file.push((sum, at));
    }
    by_file.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let total: f64 = ranks.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let modules = by_file.iter().take(MOST).map(|&(sum, at)| Module {
        path: files[at].path.clone(),
        rank: sum / total,
        about: about_file(&files[at].path.to_path(root)),
        definitions: ranked
            .iter()
            .filter(|shown| graph.place(shown.node).0 == at)
            .filter_map(|shown| {
                let symbol = graph.symbol(shown.node)?;
                let wanted = symbol.kind.is_callable() || symbol.kind.is_type();
                let definition = graph.place(shown.node).1.filter(|_| wanted)?;
                Some(files[at].symbols.qualified(definition))
            })
            .take(4)
            .collect(),
    });
    let mut tour = Tour {
        modules: modules.collect(),
        about: readme(root),
        entries: entries(graph, root),
        test_commands: detect_test_commands(root),
        build_commands: builds(root),
        ..Tour::default()
    };
    tour.languages = languages.into_iter().collect();
    tour.languages.sort_by_key(|(name, files)| (usize::MAX - files, *name));
    tour.directories = directories.into_values().collect();
    tour.directories.sort_by(|a, b| b.rank.total_cmp(&a.rank).then(a.path.cmp(&b.path)));
    tour.directories.truncate(MOST);
    tour.tests = tests.into_iter().collect();
    tour.tests.sort_by_key(|(path, files)| (usize::MAX - files, path.clone()));
    tour.tests.truncate(MOST);
    tour
}

fn entries(graph: &Graph<'_>, root: &Path) -> Vec<EntryPoint> {
    let mut entries = Vec::new();
    for file in &graph.snapshot().files {
        if is_test_path(&file.path) {
            continue;
        }
        let name = file.path.file_name();
        if matches!(name, "__main__.py" | "manage.py" | "wsgi.py" | "asgi.py") {
            let what = format!("run as a program ({name})");
            entries.push(EntryPoint { path: file.path.clone(), line: 1, what });
        }
        for (index, symbol) in (0..).zip(&file.symbols.definitions) {
            let is_main = matches!(file.symbols.name(symbol.name), "main" | "Main")
                && symbol.kind.is_callable()
                // A method only where programs begin in one.
                && (symbol.parent.is_none() || matches!(file.grammar.name, "Java" | "C#" | "Kotlin" | "Scala"));
            let python_main = file.grammar.name == "Python" && name == "__main__.py";
            if is_main && !python_main {
                let what = format!("function {}", file.symbols.qualified(index));
                entries.push(EntryPoint { path: file.path.clone(), line: symbol.line, what });
            }
        }
    }
    entries.extend(declared(root));
    // Examples and benchmarks begin as well, but after the program itself.
    let is_aside = |e: &EntryPoint| {
        e.path
            .as_str()
            .split('/')
            .any(|part| matches!(part, "examples" | "example" | "benches" | "benchmarks" | "docs"))
    };
    let (aside, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_aside);
    let own = entries.len();
    entries.extend(aside.into_iter().take(if own == 0 { MOST } else { ASIDE }));
    entries.sort_by_key(|entry| {
        (is_aside(entry), entry.path.as_str().matches('/').count(), entry.path.clone())
    });
    entries
}

/// Programs that project files declare.
fn declared(root: &Path) -> Vec<EntryPoint> {
    let mut entries = Vec::new();
    let mut push = |file: &str, what: String| {
        if let Ok(path) = RepoPath::new(file) {
            entries.push(EntryPoint { path, line: 1, what });
        }
    };
    let read = |name: &str| fs::read_text(&root.join(name)).ok();
    if let Some(table) = read("pyproject.toml").and_then(|text| text.parse::<toml::Table>().ok()) {
        let project = table.get("project").and_then(|p| p.get("scripts"));
        let poetry = table.get("tool").and_then(|t| t.get("poetry")).and_then(|p| p.get("scripts"));
        for (name, target) in
            [project, poetry].into_iter().flatten().filter_map(|t| t.as_table()).flatten()
        {
            if let Some(target) = target.as_str() {
                push("pyproject.toml", format!("command {name} = {target}"));
            }
        }
    }
    let package =
        read("package.json").and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
    if let Some(package) = package {
        for key in ["main", "module"] {
            if let Some(target) = package.get(key).and_then(|v| v.as_str()) {
                push("package.json", format!("{key}: {target}"));
            }
        }
        match package.get("bin") {
            Some(serde_json::Value::String(target)) => {
                push("package.json", format!("command: {target}"))
            }
            Some(serde_json::Value::Object(all)) => {
                for (name, target) in all {
                    push(
                        "package.json",
                        format!("command {name}: {}", target.as_str().unwrap_or("")),
                    );
                }
            }
            _ => {}
        }
    }
    entries
}

/// The commands that build the project, by the files at its root.
fn builds(root: &Path) -> Vec<Detected> {
    let known = [
        ("Cargo.toml", "cargo build"),
        ("go.mod", "go build ./..."),
        ("pyproject.toml", "pip install -e ."),
        ("setup.py", "pip install -e ."),
        ("CMakeLists.txt", "cmake -B build && cmake --build build"),
        ("meson.build", "meson setup build && ninja -C build"),
        ("gradlew", "./gradlew build"),
        ("pom.xml", "mvn package"),
        ("build.sbt", "sbt compile"),
        ("Package.swift", "swift build"),
        ("Gemfile", "bundle install"),
        ("composer.json", "composer install"),
        ("Makefile", "make"),
    ];
    let mut found: Vec<Detected> = Vec::new();
    let node = fs::read_text(&root.join("package.json")).ok();
    if node.is_some_and(|text| text.contains("\"build\"")) {
        let argv = ["npm", "run", "build"].map(str::to_owned).to_vec();
        found.push(Detected { argv, why: "package.json has a build script".to_owned() });
    }
    for (file, command) in known {
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        if root.join(file).is_file() && !found.iter().any(|f| f.argv == argv) {
            found.push(Detected { argv, why: format!("there is a {file}") });
        }
    }
    found
}

/// The first paragraph of the README that is neither a heading nor pictures.
fn readme(root: &Path) -> String {
    let names = ["README.md", "README.rst", "README.txt", "README", "Readme.md", "readme.md"];
    let text = names.iter().find_map(|name| fs::read_text(&root.join(name)).ok());
    let text = text.unwrap_or_default();
    let is_prose = |paragraph: &&str| {
        let first = paragraph.trim_start().chars().next();
        first.is_some_and(|c| c.is_alphanumeric() || matches!(c, '*' | '_' | '"'))
            && !paragraph.contains("](http")
            && !paragraph.lines().any(|line| line.starts_with("===") || line.starts_with("---"))
            && paragraph.split_whitespace().count() > 4
    };
    let normal = text.replace("\r\n", "\n");
    let first = normal.split("\n\n").find(is_prose).unwrap_or_default();
    let mut line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(400) {
        line.truncate(at);
        line.push_str("...");
    }
    line
}

/// What the head of a file says that it is for.
fn about_file(path: &Path) -> String {
    let text = fs::read_text(path).unwrap_or_default();
    let mut lines =
        text.lines().map(str::trim).skip_while(|line| line.is_empty() || line.starts_with("#!"));
    let Some(first) = lines.next() else { return String::new() };
    let bare =
        ["//!", "\"\"\"", "'''", "/**", "///"].iter().find_map(|mark| first.strip_prefix(mark));
    let Some(bare) = bare else { return String::new() };
    let bare = if bare.trim().is_empty() { lines.next().unwrap_or("") } else { bare };
    let bare = bare.trim().trim_start_matches('*').trim_matches('"').trim();
    let mut sentence = bare.split(". ").next().unwrap_or(bare).trim_end_matches('.').to_owned();
    if let Some((at, _)) = sentence.char_indices().nth(100) {
        sentence.truncate(at);
        sentence.push_str("...");
    }
    sentence
}
