//! Imports that nothing uses.

use std::collections::BTreeSet;

use super::Source;
use crate::base::{Replacement, Span};
use crate::refactor::rust::context::whole_lines;
use crate::refactor::rust::index::{Def, Index, item_at};
use crate::refactor::rust::names::UseLeaf;
use crate::refactor::rust::rename::uses_of_import;
use crate::refactor::rust::resolve::End;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundKind, Namespace, Reason, Setting, Step, words};
use crate::syntax::node::{ancestors, named, span};

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let first =
        source.names.uses.iter().find(|leaf| {
            maybe_unused(source, leaf) && no_trait_by_name(source, leaf) == Some(true)
        });
    first.map(|leaf| leaf.whole).into_iter().collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let index = Index::new(setting.project);
    let nothing = || {
        source.refuse(
            setting,
            Reason::NotHere,
            "no import here is known to be unused",
            setting.at.span,
        )
    };
    let file = index.file(setting.path()).ok_or_else(nothing)?;
    let unused: Vec<&UseLeaf> = source
        .names
        .uses
        .iter()
        .filter(|leaf| maybe_unused(source, leaf) && is_no_trait(source, &index, file, leaf))
        .filter(|leaf| !used_elsewhere(setting, source, &index, file, leaf))
        .collect();
    if unused.is_empty() {
        return Err(nothing());
    }
    let mut step = Step::new("Remove unused imports");
    let wholes: BTreeSet<Span> = unused.iter().map(|l| l.whole).collect();
    for whole in wholes {
        let leaves: Vec<Span> =
            unused.iter().filter(|l| l.whole == whole).map(|l| l.leaf).collect();
        let all = source.names.uses.iter().filter(|l| l.whole == whole).count();
        if leaves.len() == all {
            step.replace(setting.path(), put(whole_lines(source.text(), whole), ""));
            continue;
        }
        for change in without(source, &leaves) {
            step.replace(setting.path(), change);
        }
    }
    Ok(step)
}

/// A name that nothing else in the file says.
fn maybe_unused(source: Source<'_>, leaf: &UseLeaf) -> bool {
    let Some(bound) = leaf.bound else { return false };
    let name = &source.names.bindings.get(bound).name;
    if leaf.public || leaf.glob || name.starts_with('_') {
        return false;
    }
    let node = source.parsed.root().descendant_for_byte_range(leaf.whole.start, leaf.whole.end);
    let attributed =
        node.and_then(|n| n.prev_named_sibling()).is_some_and(|p| p.kind() == "attribute_item");
    let template = source.names.templates.iter().any(|t| t.contains(leaf.whole));
    let own = |word: &Span| {
        leaf.leaf.contains(*word) || leaf.is_self && leaf.path.segments.contains(word)
    };
    !attributed
        && !template
        && words(source.text(), name).iter().all(|w| {
            own(w)
                || source.names.uses.iter().any(|other| {
                    // The same word in another import's path is no use of this one.
                    other.whole.contains(*w)
                        && other.path.segments.first() != Some(w)
                        && other.leaf != leaf.leaf
                })
        })
}

/// Told by the name alone: `None` when it could be a trait.
fn no_trait_by_name(source: Source<'_>, leaf: &UseLeaf) -> Option<bool> {
    let at = |span: &Span| span.of(source.text()).unwrap_or("");
    let last = leaf.path.segments.last().map_or("", at);
    let first = leaf.path.segments.first().map_or("", at);
    let lower = last.starts_with(|c: char| c.is_lowercase() || c == '_');
    let std = matches!(first, "std" | "core" | "alloc");
    (lower || leaf.is_self || std && is_std_type(last)).then_some(true)
}

fn is_std_type(name: &str) -> bool {
    matches!(
        name,
        "HashMap"
            | "HashSet"
            | "BTreeMap"
            | "BTreeSet"
            | "VecDeque"
            | "BinaryHeap"
            | "LinkedList"
            | "Rc"
            | "Arc"
            | "Weak"
            | "Cell"
            | "RefCell"
            | "OnceCell"
            | "LazyCell"
            | "Mutex"
            | "RwLock"
            | "OnceLock"
            | "LazyLock"
            | "Condvar"
            | "Path"
            | "PathBuf"
            | "File"
            | "OpenOptions"
            | "Duration"
            | "Instant"
            | "SystemTime"
            | "Cow"
            | "PhantomData"
            | "NonNull"
            | "Ordering"
            | "Command"
            | "Stdio"
            | "Child"
            | "ExitStatus"
            | "ExitCode"
            | "OsStr"
            | "OsString"
            | "CString"
            | "CStr"
            | "Ref"
            | "RefMut"
            | "MutexGuard"
            | "Layout"
            | "Formatter"
            | "Arguments"
            | "BufReader"
            | "BufWriter"
            | "Cursor"
            | "Range"
            | "RangeInclusive"
            | "Bound"
            | "Pin"
            | "Context"
            | "Poll"
            | "Waker"
            | "JoinHandle"
            | "Thread"
            | "AtomicBool"
            | "AtomicUsize"
            | "AtomicU64"
            | "AtomicU32"
            | "AtomicI32"
            | "AtomicPtr"
            | "NonZeroU32"
            | "NonZeroUsize"
            | "TcpStream"
            | "TcpListener"
            | "IpAddr"
            | "SocketAddr"
            | "Vec"
            | "String"
            | "Box"
            | "Option"
            | "Result"
            | "TypeId"
            | "ManuallyDrop"
            | "MaybeUninit"
            | "Wrapping"
            | "Reverse"
            | "Entry"
            | "Peekable"
            | "Chars"
            | "Utf8Error"
            | "ParseIntError"
    )
}

fn is_no_trait(source: Source<'_>, index: &Index<'_>, file: usize, leaf: &UseLeaf) -> bool {
    let mut known = false;
    for namespace in [Namespace::Type, Namespace::Value] {
        for found in index.path(file, &leaf.path, namespace) {
            match found.end {
                End::Def(def) => {
                    let f = &index.files[def.file];
                    let bound = f.names().bindings.get(def.bound);
                    let item = item_at(f.parsed(), bound.declared);
                    let generated = f.names().generated.contains(&bound.declared);
                    if generated
                        || bound.kind == BoundKind::Class
                            && item.is_none_or(|i| i.kind() == "trait_item")
                    {
                        return false;
                    }
                    known = true;
                }
                End::Module(_) | End::Member(_) => known = true,
                _ => {}
            }
        }
    }
    known || no_trait_by_name(source, leaf) == Some(true)
}

/// Another module that reaches the import: by its path, or by a glob.
fn used_elsewhere(
    setting: &Setting<'_>,
    source: Source<'_>,
    index: &Index<'_>,
    file: usize,
    leaf: &UseLeaf,
) -> bool {
    let Some(bound) = leaf.bound else { return true };
    let name = &source.names.bindings.get(bound).name;
    let def = Def { file, bound };
    match uses_of_import(setting, index, def, name) {
        Ok(sites) => sites.into_iter().any(|(f, at)| f != file || !leaf.whole.contains(at)),
        Err(_) => true,
    }
}

/// A declaration without some of its leaves.
fn without(source: Source<'_>, leaves: &[Span]) -> Vec<Replacement> {
    let text = source.text();
    let mut out: Vec<Replacement> = Vec::new();
    let mut gone: Vec<Span> = leaves.to_vec();
    // A list of which all goes goes itself.
    loop {
        let whole = gone.iter().find_map(|leaf| {
            let node = source.parsed.root().descendant_for_byte_range(leaf.start, leaf.end)?;
            let node = std::iter::once(node)
                .chain(ancestors(node))
                .take_while(|n| span(*n) == *leaf)
                .last()?;
            let list = node.parent().filter(|p| p.kind() == "use_list")?;
            let all = named(list).into_iter().all(|c| gone.contains(&span(c)));
            let outer = list.parent().filter(|p| p.kind() == "scoped_use_list")?;
            (all && !gone.contains(&span(outer))).then(|| span(outer))
        });
        match whole {
            Some(outer) => {
                gone.retain(|g| !outer.contains(*g));
                gone.push(outer);
            }
            None => break,
        }
    }
    for leaf in gone {
        let after = text[leaf.end..].len() - text[leaf.end..].trim_start().len();
        let end = leaf.end + after;
        if text[end..].starts_with(',') {
            let rest = &text[end + 1..];
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            let line = rest[blanks..].starts_with('\n')
                && text[..leaf.start].trim_end_matches(' ').ends_with('\n');
            let start = if line {
                leaf.start
                    - (text[..leaf.start].len() - text[..leaf.start].trim_end_matches(' ').len())
            } else {
                leaf.start
            };
            out.push(put(Span::new(start, end + 1 + blanks + usize::from(line)), ""));
        } else {
            // The last one: with the comma in front.
            let before = text[..leaf.start].trim_end();
            let start = before.strip_suffix(',').map_or(leaf.start, str::len);
            let taken = out.iter().any(|r| r.span.end > start && r.span.start < leaf.end);
            out.push(put(Span::new(if taken { leaf.start } else { start }, leaf.end), ""));
        }
    }
    out
}
