//! Which files an import means, by each language's way of laying modules out on disk.

use rustc_hash::FxHashMap as HashMap;

use super::table::directory_of;
use crate::repo::index::Snapshot;
use crate::syntax::{ImportStyle, SymbolKind};

/// Files by the ways they can be imported.
pub(super) struct Layout<'s> {
    snapshot: &'s Snapshot,
    by_path: HashMap<&'s str, u32>,
    /// By the last part of what they are imported as, within a family of languages.
    by_stem: HashMap<(ImportStyle, &'s str), Vec<u32>>,
    /// By directory.
    by_directory: HashMap<&'s str, Vec<u32>>,
    /// Directories by their last part.
    directories: HashMap<&'s str, Vec<&'s str>>,
    /// Files by the package or namespace they declare.
    by_package: HashMap<&'s str, Vec<u32>>,
    /// The source directories of Rust crates, by name: `a/src`.
    crates: HashMap<String, Vec<&'s str>>,
}

impl<'s> Layout<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Self {
        let mut layout = Self {
            snapshot,
            by_path: HashMap::default(),
            by_stem: HashMap::default(),
            by_directory: HashMap::default(),
            directories: HashMap::default(),
            by_package: HashMap::default(),
            crates: HashMap::default(),
        };
        for (at, file) in (0..).zip(&snapshot.files) {
            let path = file.path.as_str();
            layout.by_path.insert(path, at);
            let style = file.grammar.imports;
            layout.by_stem.entry((style, module_stem(style, path))).or_default().push(at);
            let directory = directory_of(path);
            let files = layout.by_directory.entry(directory).or_default();
            if files.is_empty() {
                let last = directory.rsplit('/').next().unwrap_or(directory);
                layout.directories.entry(last).or_default().push(directory);
            }
            files.push(at);
            if !file.symbols.package.is_empty() {
                layout.by_package.entry(&file.symbols.package).or_default().push(at);
            }
            if matches!(style, ImportStyle::Dotted | ImportStyle::Php) {
                // Namespaces with braces.
                let scopes =
                    file.symbols.definitions.iter().filter(|s| s.kind == SymbolKind::Scope);
                for scope in scopes {
                    let name = file.symbols.name(scope.name);
                    layout.by_package.entry(name).or_default().push(at);
                }
            }
            if style == ImportStyle::Rust
                && let Some(source) = crate_source(path)
            {
                // A crate is called as its directory, nearly always.
                let package = source.strip_suffix("src").unwrap_or(source).trim_end_matches('/');
                let name = package.rsplit('/').next().unwrap_or(package).replace('-', "_");
                let sources = layout.crates.entry(name).or_default();
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
        }
        layout
    }

    /// The files of the module `spec` as imported by `from`; nothing for what is outside of the
    /// repository.
    pub(super) fn files(&self, from: u32, spec: &str) -> Vec<u32> {
        let file = &self.snapshot.files[from as usize];
        let path = file.path.as_str();
        match file.grammar.imports {
            ImportStyle::Python => self.python(from, path, spec),
            ImportStyle::Rust => self.rust(path, spec),
            ImportStyle::EcmaScript => self.ecma_script(path, spec),
            ImportStyle::Go => self.go(spec),
            ImportStyle::Dotted => self.dotted(spec),
            ImportStyle::Php => self.php(path, spec),
            ImportStyle::Include => self.by_ending(ImportStyle::Include, path, spec),
            ImportStyle::Path => self.path(path, spec),
            ImportStyle::Module => Vec::new(),
        }
    }

    fn at(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    fn python(&self, from: u32, path: &str, spec: &str) -> Vec<u32> {
        let at_module = |base: &str| {
            [".py", "/__init__.py", ".pyi", "/__init__.pyi"]
                .iter()
                .find_map(|end| self.at(&format!("{base}{end}")))
        };
        let name = spec.trim_start_matches('.');
        let dots = spec.len() - name.len();
        let parts = name.replace('.', "/");
        if dots > 0 {
            let mut directory = directory_of(path);
            for _ in 1..dots {
                directory = directory_of(directory);
            }
            let base = joined(directory, &parts);
            let base = base.trim_end_matches('/');
            return at_module(base).into_iter().collect();
        }
        // From the importing script's own directory, then from wherever the path begins outside of a
        // package.
        let own = joined(directory_of(path), &parts);
        let in_package = |directory: &str| self.at(&joined(directory, "__init__.py")).is_some();
        if !in_package(directory_of(path))
            && let Some(found) = at_module(&own).filter(|found| *found != from)
        {
            return vec![found];
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        for &candidate in self.by_stem.get(&(ImportStyle::Python, last)).into_iter().flatten() {
            let there = self.snapshot.files[candidate as usize].path.as_str();
            let base = there.strip_suffix(".pyi").or(there.strip_suffix(".py")).unwrap_or(there);
            let base = base.strip_suffix("/__init__").unwrap_or(base);
            let Some(root) = before(base, &parts) else { continue };
            if !in_package(root) && (root.is_empty() || name.contains('.') || is_source_root(root))
            {
                found.push((usize::MAX - common(root, path), root.len(), candidate));
            }
        }
        found.sort_unstable();
        found.first().map(|(_, _, file)| *file).into_iter().collect()
    }

    fn rust(&self, path: &str, spec: &str) -> Vec<u32> {
        let mut parts = spec.split("::").filter(|part| !part.is_empty()).peekable();
        let source = crate_source(path).unwrap_or_else(|| directory_of(path));
        // The directory that holds the children of the module at hand.
        let mut base: Vec<String> = Vec::new();
        match parts.peek().copied() {
            Some("crate") => {
                parts.next();
                base.push(source.to_owned());
            }
            Some("self") => {
                parts.next();
                base.push(children_of(path));
            }
            Some("super") => {
                let mut at = children_of(path);
                while parts.next_if_eq(&"super").is_some() {
                    at = directory_of(&at).to_owned();
                }
                base.push(at);
            }
            Some(first) => {
                // A child module, or another crate of the workspace.
                base.push(children_of(path));
                if let Some(sources) = self.crates.get(first) {
                    let rest: Vec<&str> = parts.clone().skip(1).collect();
                    for source in sources {
                        let found = self.rust_module(source, &rest);
                        if !found.is_empty() {
                            return found;
                        }
                    }
                }
            }
            None => return Vec::new(),
        }
        let rest: Vec<&str> = parts.collect();
        base.iter()
            .map(|base| self.rust_module(base, &rest))
            .find(|f| !f.is_empty())
            .unwrap_or_default()
    }

    fn rust_module(&self, base: &str, parts: &[&str]) -> Vec<u32> {
        let inner = parts.join("/");
        let base = if inner.is_empty() { base.to_owned() } else { joined(base, &inner) };
        let tries = if parts.is_empty() {
            // The root of a crate, or a module's own file.
            vec![
                joined(&base, "lib.rs"),
                joined(&base, "main.rs"),
                joined(&base, "mod.rs"),
                format!("{base}.rs"),
            ]
        } else {
            vec![format!("{base}.rs"), joined(&base, "mod.rs")]
        };
        tries.iter().find_map(|path| self.at(path)).into_iter().collect()
    }

    fn ecma_script(&self, path: &str, spec: &str) -> Vec<u32> {
        let base = if spec.starts_with('.') {
            resolved(directory_of(path), spec)
        } else if let Some(rest) = spec.strip_prefix("@/").or(spec.strip_prefix("~/")) {
            // What most bundlers are told it means.
            let top = path.split("src/").next().unwrap_or("");
            Some(format!("{top}src/{rest}"))
        } else {
            return self.ecma_package(spec);
        };
        base.and_then(|base| self.script_at(&base)).into_iter().collect()
    }

    fn script_at(&self, base: &str) -> Option<u32> {
        const ENDS: [&str; 9] = ["", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".mts"];
        let exact = ENDS.iter().find_map(|end| self.at(&format!("{base}{end}")));
        // TypeScript imports by the name that the compiled file will have.
        let compiled = || {
            let bare = base.strip_suffix(".js").or(base.strip_suffix(".jsx"))?;
            [".ts", ".tsx"].iter().find_map(|end| self.at(&format!("{bare}{end}")))
        };
        let index = || {
            let index = joined(base, "index");
            ENDS[1..].iter().find_map(|end| self.at(&format!("{index}{end}")))
        };
        exact.or_else(compiled).or_else(index)
    }

    /// A package of the same workspace, whose directory is called as it is.
    fn ecma_package(&self, spec: &str) -> Vec<u32> {
        let mut parts = spec.trim_start_matches('@').split('/');
        let first = parts.next().unwrap_or(spec);
        let name = if spec.starts_with('@') { parts.next().unwrap_or(first) } else { first };
        let rest = parts.collect::<Vec<_>>().join("/");
        let places = self.directories.get("src").into_iter().flatten();
        places
            .filter(|source| directory_of(source).rsplit('/').next() == Some(name))
            .find_map(|source| {
                self.script_at(&if rest.is_empty() {
                    (*source).to_owned()
                } else {
                    joined(source, &rest)
                })
            })
            .into_iter()
            .collect()
    }

    /// All files of the package's directory: the longest end of its path that is one.
    fn go(&self, spec: &str) -> Vec<u32> {
        let last = spec.rsplit('/').next().unwrap_or(spec);
        let candidates = self.directories.get(last).into_iter().flatten();
        let best = candidates
            .filter(|dir| spec == **dir || before(spec, dir).is_some())
            .max_by_key(|dir| dir.len());
        // The module's own root: its path ends in no directory of the repository.
        let files = best.and_then(|dir| self.by_directory.get(dir));
        let is_go = |at: &&u32| {
            let file = &self.snapshot.files[**at as usize];
            file.grammar.imports == ImportStyle::Go && !file.path.as_str().ends_with("_test.go")
        };
        files.into_iter().flatten().filter(is_go).copied().collect()
    }

    /// `a.b.C` as the file of C, or as all files of the package `a.b.C`.
    fn dotted(&self, spec: &str) -> Vec<u32> {
        if let Some(files) = self.by_package.get(spec) {
            return files.clone();
        }
        let path = spec.replace('.', "/");
        let last = path.rsplit('/').next().unwrap_or(&path);
        let stems = self.by_stem.get(&(ImportStyle::Dotted, last)).into_iter().flatten();
        let found: Vec<u32> = stems
            .filter(|at| {
                let there = self.snapshot.files[**at as usize].path.as_str();
                let base = there.rsplit_once('.').map_or(there, |(base, _)| base);
                before(base, &path).is_some()
            })
            .copied()
            .collect();
        if !found.is_empty() {
            return found;
        }
        let directories = self.directories.get(last).into_iter().flatten();
        directories
            .filter(|dir| before(dir, &path).is_some())
            .filter_map(|dir| self.by_directory.get(dir))
            .flatten()
            .copied()
            .collect()
    }

    fn php(&self, from: &str, spec: &str) -> Vec<u32> {
        if spec.ends_with(".php") {
            return self.path(from, spec);
        }
        if let Some(files) = self.by_package.get(spec) {
            return files.clone();
        }
        let path = spec.replace('\\', "/");
        // PSR-4: the first parts of a namespace stand for some directory.
        let mut tail = path.as_str();
        loop {
            let last = tail.rsplit('/').next().unwrap_or(tail);
            let stems = self.by_stem.get(&(ImportStyle::Php, last)).into_iter().flatten();
            let found: Vec<u32> = stems
                .filter(|at| {
                    let there = self.snapshot.files[**at as usize].path.as_str();
                    before(there.trim_end_matches(".php"), tail).is_some()
                })
                .copied()
                .collect();
            match tail.split_once('/') {
                _ if !found.is_empty() => return found,
                Some((_, rest)) => tail = rest,
                None => return Vec::new(),
            }
        }
    }

    /// A file by its path, relative to the importing one or to wherever it is found from.
    fn path(&self, from: &str, spec: &str) -> Vec<u32> {
        // What the shell puts there is the script's own directory, mostly.
        let spec = if spec.starts_with('$') {
            spec.split_once('/').map_or(spec, |(_, rest)| rest)
        } else {
            spec
        };
        let style = self.at(from).map(|at| self.snapshot.files[at as usize].grammar.imports);
        let relative = resolved(directory_of(from), spec);
        let near = relative.and_then(|base| {
            ["", ".rb", ".sh", ".php"].iter().find_map(|end| self.at(&format!("{base}{end}")))
        });
        match near {
            Some(found) => vec![found],
            None => self.by_ending(
                style.unwrap_or(ImportStyle::Path),
                from,
                spec.trim_start_matches("./"),
            ),
        }
    }

    /// Files whose path ends in `spec`, the nearest one.
    fn by_ending(&self, style: ImportStyle, from: &str, spec: &str) -> Vec<u32> {
        let spec = spec.trim_start_matches("../");
        let last = module_stem(style, spec);
        let candidates = self.by_stem.get(&(style, last)).into_iter().flatten();
        let fits = |there: &str| {
            before(there, spec).is_some()
                || there.rsplit_once('.').is_some_and(|(base, _)| before(base, spec).is_some())
        };
        candidates
            .filter(|at| fits(self.snapshot.files[**at as usize].path.as_str()))
            .min_by_key(|at| {
                let there = self.snapshot.files[**at as usize].path.as_str();
                (usize::MAX - common(there, from), there.len())
            })
            .copied()
            .into_iter()
            .collect()
    }
}

/// The last part of what a file is imported as.
fn module_stem(style: ImportStyle, path: &str) -> &str {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    match style {
        ImportStyle::Python if stem == "__init__" => {
            directory.rsplit('/').next().unwrap_or(directory)
        }
        ImportStyle::Include => name,
        _ => stem,
    }
}

/// `a/src` for a file below it; the directory that Cargo takes for a crate's source.
fn crate_source(path: &str) -> Option<&str> {
    if let Some(at) = path.rfind("/src/") {
        return Some(&path[..at + 4]);
    }
    path.starts_with("src/").then_some("src")
}

/// The directory of the children of a Rust module: `a/b` for `a/b.rs` and `a/b/mod.rs`.
fn children_of(path: &str) -> String {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "mod.rs" | "lib.rs" | "main.rs" => directory.to_owned(),
        _ => joined(directory, name.trim_end_matches(".rs")),
    }
}

fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// `spec` from `directory`, `.` and `..` resolved; `None` when it leaves the repository.
fn resolved(directory: &str, spec: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in spec.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What stands before `end` in `path`, whole parts only.
fn before<'p>(path: &'p str, end: &str) -> Option<&'p str> {
    let root = path.strip_suffix(end)?;
    if root.is_empty() { Some(root) } else { root.strip_suffix('/') }
}

/// Directories that modules are commonly imported from.
fn is_source_root(root: &str) -> bool {
    matches!(root.rsplit('/').next(), Some("src" | "lib" | "python" | "source" | "app"))
}

/// Number of leading directories that two paths share.
fn common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}
