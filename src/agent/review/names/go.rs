//! Imports of Go packages that the module itself would have, and has not. Names are the compiler's.

use super::modules::is_directory;
use crate::agent::review::rules::MISSING_MODULE;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, RepoPath};
use crate::refactor::Project;
use crate::syntax::node::{field, span};

/// Directories that a build fills.
const BUILT: &[&str] =
    &["gen", "generated", "pb", "proto", "mock", "mocks", "internal/mock", "vendor", "bindata"];

/// The new imports of a file that fail.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if !source.is(Language::Go)
        || source.kind.fixture
        || source.kind.foreign()
        || source.kind.template
        || !source.is_clean()
    {
        return;
    }
    let mut module: Option<(String, String)> = None;
    for node in source.nodes().into_iter().filter(|n| n.kind() == "import_spec") {
        let Some(path) = field(node, "path").filter(|_| source.wants(span(node))) else { continue };
        let import = source.text_of(path).trim_matches(['"', '`']);
        if module.is_none() {
            module = module_of(world.project, &source.path);
        }
        let Some((root, name)) = &module else { return };
        let Some(inner) = import.strip_prefix(name.as_str()).and_then(|i| i.strip_prefix('/'))
        else {
            continue;
        };
        let directory = if root.is_empty() { inner.to_owned() } else { format!("{root}/{inner}") };
        if is_there(world.project, root, &directory) || is_built(world.project, inner) {
            continue;
        }
        let message = format!(
            "the module has no package `{inner}` (it would be in `{directory}/`): it does not compile; was a file left out of the commit?"
        );
        let draft = Draft::at(&MISSING_MODULE, source, path, message);
        out.push(draft.key(format!("module {import}")).confidence(0.94));
    }
}

/// The directory and the name of the module that a file belongs to.
fn module_of(project: &dyn Project, importer: &str) -> Option<(String, String)> {
    let mut directory = importer;
    loop {
        let above = directory.rsplit_once('/').map_or("", |(above, _)| above);
        let file = if above.is_empty() { "go.mod".to_owned() } else { format!("{above}/go.mod") };
        if let Some(text) = RepoPath::new(&file).ok().and_then(|path| project.text(&path)) {
            let name = text.lines().find_map(|line| line.strip_prefix("module "))?;
            return Some((above.to_owned(), name.trim().trim_matches('"').to_owned()));
        }
        if above.is_empty() {
            return None;
        }
        directory = above;
    }
}

/// A directory with any source in it, or within another module below `root`.
fn is_there(project: &dyn Project, root: &str, directory: &str) -> bool {
    let prefix = format!("{directory}/");
    let files = project.files();
    let from = files.partition_point(|file| file.as_str() < prefix.as_str());
    let sources = files[from..]
        .iter()
        .map_while(|file| file.as_str().strip_prefix(&prefix))
        .any(|rest| !rest.contains('/') && !rest.ends_with(".md"));
    let own = std::iter::successors(Some(directory), |d| Some(d.rsplit_once('/')?.0))
        .take_while(|d| d.len() > root.len())
        .any(|d| RepoPath::new(&format!("{d}/go.mod")).is_ok_and(|path| project.has(&path)));
    sources || own
}

fn is_built(project: &dyn Project, inner: &str) -> bool {
    let ignored = RepoPath::new(".gitignore").ok().and_then(|path| project.text(&path));
    let last = inner.rsplit('/').next().unwrap_or(inner);
    inner.split('/').any(|part| BUILT.contains(&part) || part.ends_with("pb"))
        || ignored.is_some_and(|text| text.contains(last))
        || is_directory(project, "vendor") && is_directory(project, &format!("vendor/{inner}"))
}
