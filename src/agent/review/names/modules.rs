//! Which file of the repository an import of Python means.

use crate::base::RepoPath;
use crate::refactor::Project;

/// What an import leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A source of the repository.
    File(RepoPath),
    /// A directory without a file of its own.
    Directory,
    /// It belongs to the repository and is not there; where it would be.
    Missing(Vec<String>),
    /// Somebody else's, or not to be told.
    Outside,
}

/// Packages of the standard library that repositories have a directory of the same name as.
const STANDARD: &[&str] = &[
    "test",
    "types",
    "typing",
    "code",
    "email",
    "json",
    "logging",
    "platform",
    "calendar",
    "collections",
    "xml",
    "html",
    "http",
    "unittest",
    "concurrent",
    "asyncio",
    "ctypes",
    "curses",
    "dbm",
    "encodings",
    "importlib",
    "multiprocessing",
    "sqlite3",
    "tkinter",
    "urllib",
    "venv",
    "wsgiref",
    "zoneinfo",
    "distutils",
    "string",
    "io",
    "copy",
    "enum",
    "time",
    "token",
    "queue",
    "signal",
    "select",
    "site",
    "parser",
    "random",
    "secrets",
    "numbers",
];
/// Directories that hold packages without being one.
const ROOTS: &[&str] = &["", "src", "lib", "python", "Lib", "source"];
/// Directories at the root of which modules are written by a build.
const EXTENSIONS: &[&str] = &[
    "py", "pyi", "pyx", "pxd", "so", "pyd", "c", "cpp", "cc", "rs", "in", "mako", "tmpl", "pyx.in",
    "py.in", "f", "f90", "proto", "g4", "lark", "y", "thrift",
];

/// Follows `module`, as `importer` writes it, leading dots included.
pub(super) fn resolve(project: &dyn Project, importer: &str, module: &str) -> Target {
    let dots = module.bytes().take_while(|b| *b == b'.').count();
    let parts: Vec<&str> =
        module[dots..].split('.').map(str::trim).filter(|p| !p.is_empty()).collect();
    if dots > 0 {
        let mut base: Vec<&str> = importer.split('/').collect();
        if base.len() < dots {
            return Target::Outside;
        }
        base.truncate(base.len() - dots);
        return walk(project, &base.join("/"), &parts);
    }
    let Some(top) = parts.first().filter(|top| !STANDARD.contains(top)) else {
        return Target::Outside;
    };
    let package = |root: &String| {
        let package = join(root, top);
        has(project, &format!("{package}/__init__.py")) || has(project, &format!("{package}.py"))
    };
    let mut roots = roots(importer).into_iter().filter(package);
    // Of two packages of one name (the source and its tests, say) either may be meant.
    match (roots.next(), roots.next()) {
        // Inside of a package a neighbour is found only by a script, or by Python 2.
        (Some(root), None) if !has(project, &format!("{root}/__init__.py")) => {
            walk(project, &root, &parts)
        }
        _ => Target::Outside,
    }
}

/// The usual roots, and every directory above the importer: a script finds its neighbours.
fn roots(importer: &str) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    let mut dir = importer;
    while let Some((above, _)) = dir.rsplit_once('/') {
        roots.push(above.to_owned());
        dir = above;
    }
    for root in ROOTS {
        if !roots.iter().any(|known| known == root) {
            roots.push((*root).to_owned());
        }
    }
    roots
}

fn walk(project: &dyn Project, base: &str, parts: &[&str]) -> Target {
    let mut at = base.to_owned();
    if parts.is_empty() {
        return file_of(project, &at).unwrap_or(Target::Directory);
    }
    for (depth, part) in parts.iter().enumerate() {
        let last = depth + 1 == parts.len();
        let next = join(&at, part);
        let module = RepoPath::new(&format!("{next}.py")).ok().filter(|path| project.has(path));
        let directory = is_directory(project, &next);
        match (module, directory) {
            (Some(module), _) if last && !has(project, &format!("{next}/__init__.py")) => {
                return Target::File(module);
            }
            (_, true) if last => return file_of(project, &next).unwrap_or(Target::Directory),
            (_, true) => at = next,
            // An attribute of a module that is a module: it may be put there at run time.
            (Some(_), false) => return Target::Outside,
            (None, false) => {
                let package = format!("{at}/__init__.py");
                let made = made_elsewhere(project, &next, part)
                    || extends_itself(project, package.trim_start_matches('/'));
                if made {
                    return Target::Outside;
                }
                let tail = parts[depth..].join("/");
                let whole = join(&at, &tail);
                return Target::Missing(vec![
                    format!("{whole}.py"),
                    format!("{whole}/__init__.py"),
                ]);
            }
        }
    }
    Target::Outside
}

fn file_of(project: &dyn Project, directory: &str) -> Option<Target> {
    let path = RepoPath::new(&join(directory, "__init__.py")).ok()?;
    project.has(&path).then_some(Target::File(path))
}

/// Compiled, or written by a build: by its name, by a source of another kind, by what git ignores.
fn made_elsewhere(project: &dyn Project, stem: &str, name: &str) -> bool {
    let usual = name.starts_with('_')
        || name.contains("version")
        || name.contains("_pb2")
        || name.contains("generated")
        || name.contains("parsetab")
        || name.contains("lextab");
    let ignored = RepoPath::new(".gitignore").ok().and_then(|path| project.text(&path));
    usual
        || EXTENSIONS.iter().any(|extension| has(project, &format!("{stem}.{extension}")))
        || ignored.is_some_and(|text| text.contains(name))
        || under(project, stem).is_some()
}

fn extends_itself(project: &dyn Project, package: &str) -> bool {
    let parsed = RepoPath::new(package).ok().and_then(|path| project.parsed(&path));
    parsed.is_some_and(|parsed| {
        ["__path__", "sys.modules", "extend_path", "__getattr__", "lazy", "meta_path"]
            .iter()
            .any(|w| parsed.text().contains(w))
    })
}

/// A file whose name begins like that: `name.cpython-312.so`.
fn under(project: &dyn Project, stem: &str) -> Option<RepoPath> {
    let files = project.files();
    let from = files.partition_point(|file| file.as_str() < stem);
    files.get(from).filter(|file| file.as_str().starts_with(&format!("{stem}."))).cloned()
}

pub(super) fn is_directory(project: &dyn Project, path: &str) -> bool {
    let prefix = format!("{path}/");
    let files = project.files();
    let from = files.partition_point(|file| file.as_str() < prefix.as_str());
    files.get(from).is_some_and(|file| file.as_str().starts_with(&prefix))
}

/// The modules and packages right inside of a package, when `path` is its `__init__.py`.
pub(super) fn children_of(project: &dyn Project, path: &RepoPath) -> Vec<String> {
    if path.file_name() != "__init__.py" {
        return Vec::new();
    }
    let prefix =
        if path.parent().is_empty() { String::new() } else { format!("{}/", path.parent()) };
    let files = project.files();
    let from = files.partition_point(|file| file.as_str() < prefix.as_str());
    let mut names: Vec<String> = files[from..]
        .iter()
        .map_while(|file| file.as_str().strip_prefix(&prefix))
        .filter_map(|rest| rest.split(['/', '.']).next())
        .map(str::to_owned)
        .collect();
    names.dedup();
    names
}

fn has(project: &dyn Project, path: &str) -> bool {
    RepoPath::new(path).is_ok_and(|path| project.has(&path))
}

fn join(base: &str, name: &str) -> String {
    if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") }
}
