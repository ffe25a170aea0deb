//! From what a person calls a definition to the definition, and to those who use it.

use std::collections::BTreeMap;

use super::graph::{Graph, NodeId};
use crate::base::RepoPath;
use crate::syntax::{ReferenceKind, SymbolKind, similar_names};

/// One use of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The definition around the use, or the file.
    pub from: NodeId,
    pub path: RepoPath,
    /// From 1; 0 for an import as a whole.
    pub lines: Vec<u32>,
    pub kind: ReferenceKind,
    /// 1 when nothing else can be meant.
    pub confidence: f32,
}

/// The definitions that `spec` names: `name`, `Type.name`, `module::name`, `path/of/file.py:name`. Those of the
/// best kind of match only: the same spelling, else the same letters in another case.
pub fn find(graph: &Graph<'_>, spec: &str) -> Vec<NodeId> {
    let (path, symbol) = match spec.rsplit_once(':') {
        Some((path, symbol)) if !path.ends_with(':') && looks_like_path(path) => {
            (Some(path), symbol)
        }
        _ => (None, spec),
    };
    let parts: Vec<&str> =
        symbol.split(['.', ':', '#', '\\']).filter(|part| !part.is_empty()).collect();
    let Some((name, around)) = parts.split_last() else { return Vec::new() };
    let found = |same: &dyn Fn(&str, &str) -> bool| {
        let mut nodes = Vec::new();
        for (at, file) in graph.snapshot().files.iter().enumerate() {
            if path.is_some_and(|path| !ends_in(file.path.as_str(), path)) {
                continue;
            }
            for (index, symbol) in (0..).zip(&file.symbols.definitions) {
                let fits = symbol.kind != SymbolKind::Scope
                    && same(file.symbols.name(symbol.name), name)
                    && (around.is_empty()
                        || stands_in(
                            &file.symbols.qualified(index),
                            file.path.as_str(),
                            around,
                            same,
                        ));
                if fits {
                    nodes.push(graph.node(at, index));
                }
            }
        }
        nodes
    };
    let exact = found(&|a, b| a == b);
    if exact.is_empty() { found(&|a, b| a.eq_ignore_ascii_case(b)) } else { exact }
}

/// Names of the repository that are spelt much like `name`, nearest first.
pub fn similar(graph: &Graph<'_>, name: &str, most: usize) -> Vec<String> {
    let last = name.rsplit(['.', ':', '#', '\\']).next().unwrap_or(name);
    let mut names: Vec<&str> = Vec::new();
    for file in &graph.snapshot().files {
        names.extend(file.symbols.definitions.iter().map(|s| file.symbols.name(s.name)));
    }
    names.sort_unstable();
    names.dedup();
    similar_names(last, names).into_iter().take(most).map(|name| name.to_owned()).collect()
}

/// Everyone who uses one of these definitions, by path and line.
pub fn usages(graph: &Graph<'_>, of: &[NodeId]) -> Vec<Usage> {
    let mut found: Vec<Usage> = Vec::new();
    for link in graph.links.iter().filter(|link| of.contains(&link.to)) {
        let file = graph.file(link.from);
        let reference = link.reference.and_then(|r| file.symbols.references.get(r as usize));
        let lines = reference.map_or_else(Vec::new, |r| r.lines.clone());
        let same = found
            .iter_mut()
            .find(|u| u.from == link.from && u.lines == lines && u.kind == link.kind);
        match same {
            // Several of the definitions asked for share one use.
            Some(usage) => usage.confidence = (usage.confidence + link.confidence).min(1.0),
            None => found.push(Usage {
                from: link.from,
                path: file.path.clone(),
                lines,
                kind: link.kind,
                confidence: link.confidence,
            }),
        }
    }
    found.sort_by(|a, b| (&a.path, &a.lines).cmp(&(&b.path, &b.lines)));
    found
}

/// Who calls these definitions: by caller, with the lines of the calls.
pub fn callers(graph: &Graph<'_>, of: &[NodeId]) -> BTreeMap<NodeId, Vec<u32>> {
    let mut callers: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
    for usage in usages(graph, of) {
        if usage.kind == ReferenceKind::Call {
            callers.entry(usage.from).or_default().extend(usage.lines);
        }
    }
    callers
}

fn looks_like_path(text: &str) -> bool {
    text.contains('/') || crate::syntax::Grammar::of_path(text).is_some()
}

/// True when `path` is `end` or ends in it, whole parts only.
fn ends_in(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// True when the parts before the name are the names around it, or directories and modules above.
fn stands_in(
    qualified: &str,
    path: &str,
    around: &[&str],
    same: &dyn Fn(&str, &str) -> bool,
) -> bool {
    let module = path.rsplit_once('.').map_or(path, |(module, _)| module);
    let mut outer: Vec<&str> = module.split('/').collect();
    outer.extend(qualified.split('.'));
    // The name itself.
    outer.pop();
    let mut outer = outer.into_iter().rev();
    around.iter().rev().all(|part| outer.any(|name| same(name, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names() {
        assert!(ends_in("a/b.py", "b.py") && ends_in("b.py", "b.py") && !ends_in("ab.py", "b.py"));
        let same = |a: &str, b: &str| a == b;
        assert!(stands_in("C.f", "pkg/mod.py", &["C"], &same));
        assert!(stands_in("C.f", "pkg/mod.py", &["mod", "C"], &same));
        assert!(stands_in("f", "pkg/mod.py", &["pkg", "mod"], &same));
        assert!(!stands_in("C.f", "pkg/mod.py", &["D"], &same));
    }
}
