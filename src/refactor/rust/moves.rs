//! An item in another file, with the imports that both sides then need.
//!
//! The old module imports the item from its new place, so that every path to it stays as it is.

use std::collections::BTreeMap;

use super::context::whole_lines;
use super::index::{Def, Index, join};
use super::names::{self, ClassKind};
use super::rename::{attributes, is_exported, is_pub};
use super::resolve::End;
use crate::base::{RepoPath, Span};
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundId, BoundKind, Namespace, Reason, Refusal, ScopeId, Setting, Step,
};
use crate::syntax::node::{ancestors, children, field, span, text_of};
use crate::syntax::tree::Node;

pub(super) fn plan(setting: &Setting<'_>, to: &RepoPath) -> Answer {
    let index = Index::new(setting.project);
    let not_here = |message: &str| {
        let line = setting.parsed.lines().line(setting.at.span.start);
        Refusal::new(Reason::NotHere, message).at(setting.path(), line)
    };
    let file = index.file(setting.path()).ok_or_else(|| not_here("the file is not Rust"))?;
    let names = names::of(setting.parsed);
    let item = item_around(setting)
        .ok_or_else(|| not_here("put the caret on an item at the top of the file"))?;
    let name_node = field(item, "name").ok_or_else(|| not_here("this has no name"))?;
    let name = text_of(name_node, setting.text());
    let id = names.bindings.at(span(name_node)).and_then(|o| o.bound);
    let id = id.ok_or_else(|| not_here("this has no name"))?;
    if to == setting.path() {
        return Err(Refusal::new(Reason::NotHere, format!("`{name}` is in {to} already")));
    }
    let work = Work { setting, index: &index, file, item, name, id };
    work.allowed(to)?;
    work.step(to)
}

fn item_around<'s>(setting: &Setting<'s>) -> Option<Node<'s>> {
    let at = setting.at.span;
    let node = setting.parsed.root().descendant_for_byte_range(at.start, at.end)?;
    let top = std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| n.parent().is_some_and(|p| p.kind() == "source_file"))?;
    let item = matches!(
        top.kind(),
        "function_item"
            | "struct_item"
            | "enum_item"
            | "union_item"
            | "trait_item"
            | "const_item"
            | "static_item"
            | "type_item"
    );
    item.then_some(top)
}

struct Work<'s> {
    setting: &'s Setting<'s>,
    index: &'s Index<'s>,
    file: usize,
    item: Node<'s>,
    name: &'s str,
    id: BoundId,
}

/// Where the item goes.
struct Target {
    /// The module's path from the crate: `crate::a::b`.
    path: String,
    /// The module when its file is there.
    module: Option<usize>,
    /// The file that gets `mod name;`, with the name.
    declare: Option<(usize, String)>,
}

impl<'s> Work<'s> {
    fn refuse(&self, reason: Reason, message: impl Into<String>, at: Span) -> Refusal {
        let line = self.setting.parsed.lines().line(at.start);
        Refusal::new(reason, message).at(self.setting.path(), line)
    }

    fn text(&self) -> &'s str {
        self.setting.text()
    }

    /// # Errors
    /// Items that a build leaves out, macros, entry points, and files out of the crate's tree.
    fn allowed(&self, to: &RepoPath) -> Result<(), Refusal> {
        let at = span(self.item);
        if !to.as_str().ends_with(".rs") {
            return Err(self.refuse(Reason::NotHere, format!("{to} is no Rust file"), at));
        }
        let twins = self
            .index
            .names(self.file)
            .named(self.name)
            .filter(|(_, b)| b.scope == ScopeId(0))
            .count();
        if twins > 1 || attributes(self.item, self.text()).iter().any(|a| a.starts_with("cfg")) {
            return Err(self.refuse(Reason::NotEquivalent, "it is only there in some builds", at));
        }
        let linked = attributes(self.item, self.text()).iter().any(|a| {
            a.starts_with("test")
                || a.contains("proc_macro")
                || a.contains("::main")
                || a.contains("::test")
        });
        if self.name == "main" || linked {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "where it stands matters to the build",
                at,
            ));
        }
        let stringy = self.item.subtree().find(|n| {
            n.kind() == "macro_invocation"
                && field(*n, "macro").is_some_and(|m| {
                    matches!(
                        text_of(m, self.text()),
                        "include_str"
                            | "include_bytes"
                            | "include"
                            | "file"
                            | "line"
                            | "module_path"
                    )
                })
        });
        if let Some(stringy) = stringy {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "a macro in it depends on the file it stands in",
                span(stringy),
            ));
        }
        if self.index.modules_at(self.file, ScopeId(0)).len() != 1 {
            return Err(self.refuse(
                Reason::Unsupported,
                "the file is part of several crates, or of none",
                at,
            ));
        }
        Ok(())
    }

    fn home(&self) -> usize {
        self.index.modules_at(self.file, ScopeId(0))[0]
    }

    fn module_path(&self, module: usize) -> String {
        let modules = &self.index.modules;
        let mut parts = Vec::new();
        let mut at = module;
        while let Some(parent) = modules[at].parent {
            let name = modules[parent]
                .children
                .iter()
                .find(|(_, c)| *c == at)
                .map_or("", |(n, _)| n.as_str());
            parts.push(name.to_owned());
            at = parent;
        }
        parts.push("crate".to_owned());
        parts.reverse();
        parts.join("::")
    }

    /// # Errors
    /// A file that the crate has no place for.
    fn target(&self, to: &RepoPath) -> Result<Target, Refusal> {
        let index = self.index;
        let in_crate = index.modules[self.home()].in_crate;
        let none = || {
            let message =
                format!("{to} is no module of the same crate; its directory has no module either");
            self.refuse(Reason::Unsupported, message, span(self.item))
        };
        if let Some(file) = index.file(to) {
            let module = index.modules_at(file, ScopeId(0)).first().copied();
            let module =
                module.filter(|m| index.modules[*m].in_crate == in_crate).ok_or_else(none)?;
            return Ok(Target {
                path: self.module_path(module),
                module: Some(module),
                declare: None,
            });
        }
        if self.setting.project.has(to) {
            return Err(none());
        }
        let stem = to.file_name().trim_end_matches(".rs");
        let (dir, name) = if stem == "mod" {
            let dir = to.parent();
            dir.rsplit_once('/').map_or(("", dir), |(d, n)| (d, n))
        } else {
            (to.parent(), stem)
        };
        let parent = (0..index.modules.len()).find(|m| {
            index.modules[*m].in_crate == in_crate
                && index.modules[*m].body.is_none()
                && self.children_in(*m) == dir
        });
        let parent = parent.ok_or_else(none)?;
        if !names::is_name(name) || super::words::is_keyword(name) {
            return Err(self.refuse(
                Reason::BadName,
                format!("`{name}` is no name for a module"),
                span(self.item),
            ));
        }
        let there = index.in_module(parent, name, Namespace::Type, 0);
        if !there.is_empty() {
            let message = format!("`{name}` means something in the module that would declare it");
            return Err(self.refuse(Reason::NameTaken, message, span(self.item)));
        }
        let path = format!("{}::{name}", self.module_path(parent));
        Ok(Target {
            path,
            module: None,
            declare: Some((index.modules[parent].file, name.to_owned())),
        })
    }

    /// The directory in which the files of a module's children lie.
    fn children_in(&self, module: usize) -> String {
        let file = &self.index.files[self.index.modules[module].file].path;
        let stem = file.file_name().trim_end_matches(".rs");
        let root = self.index.modules[module].parent.is_none();
        if root || stem == "mod" { file.parent().to_owned() } else { join(file.parent(), stem) }
    }

    fn step(&self, to: &RepoPath) -> Answer {
        let target = self.target(to)?;
        if let Some(module) = target.module {
            for namespace in [Namespace::Value, Namespace::Type] {
                let taken = self.index.in_module(module, self.name, namespace, 0);
                if taken.iter().any(|f| !f.chain.contains(&Def { file: self.file, bound: self.id }))
                {
                    let message = format!("`{}` means something in {to} already", self.name);
                    return Err(self.refuse(Reason::NameTaken, message, span(self.item)));
                }
            }
        }
        let moved = self.moved();
        let imports = self.imports(&moved, &target)?;
        let mut step = Step::new(format!("Move {} to {to}", self.name));
        let mut body = String::new();
        for part in &moved {
            if !body.is_empty() {
                body.push_str("\n\n");
            }
            body.push_str(&self.opened(*part, &mut step)?);
        }
        self.fields(&moved)?;
        for part in &moved {
            let front = self.front(*part);
            let mut lines = whole_lines(self.text(), front);
            if self.text()[lines.end..].starts_with('\n') {
                lines.end += 1;
            }
            step.replace(self.setting.path(), put(lines, ""));
        }
        self.write_target(to, &target, &imports, &body, &mut step);
        if self.is_used_by_others(&moved)? {
            self.import_back(&target, &mut step);
        }
        Ok(step)
    }

    /// The item, and the `impl`s of the type.
    fn moved(&self) -> Vec<Node<'s>> {
        let mut out = vec![self.item];
        let index = self.index;
        let def = Def { file: self.file, bound: self.id };
        let names = index.names(self.file);
        for (at, class) in names.classes.iter().enumerate() {
            let ClassKind::Impl { .. } = &class.kind else { continue };
            if class.outer != ScopeId(0) || index.class_owner(self.file, at).ty != Some(def) {
                continue;
            }
            let node = self
                .setting
                .parsed
                .root()
                .descendant_for_byte_range(class.whole.start, class.whole.end);
            out.extend(node.filter(|n| n.kind() == "impl_item"));
        }
        out
    }

    fn front(&self, item: Node<'_>) -> Span {
        let mut start = item.start_byte();
        let mut at = item.prev_sibling();
        while let Some(before) =
            at.filter(|n| n.kind() == "attribute_item" || n.kind().ends_with("_comment"))
        {
            let gap = self.text()[before.end_byte()..start].matches('\n').count();
            let inner = self.text()[before.start_byte()..].starts_with("//!");
            if gap > 1 || inner {
                break;
            }
            start = before.start_byte();
            at = before.prev_sibling();
        }
        Span::new(start, item.end_byte())
    }

    /// An item as it stands at its new place: seen by its old module.
    fn opened(&self, item: Node<'_>, step: &mut Step) -> Result<String, Refusal> {
        let front = self.front(item);
        let text = front.of(self.text()).unwrap_or("");
        if item != self.item {
            return Ok(text.to_owned());
        }
        let visibility = children(item).find(|c| c.kind() == "visibility_modifier");
        match visibility.map(|v| text_of(v, self.text())) {
            Some("pub" | "pub(crate)") => Ok(text.to_owned()),
            Some(other) => {
                let at = visibility.map_or(span(item), span);
                let inner = Span::new(at.start - front.start, at.end - front.start);
                step.notes.push(format!("`{}` is `pub(crate)` now; it was `{other}`.", self.name));
                Ok(format!("{}pub(crate){}", &text[..inner.start], &text[inner.end..]))
            }
            None => {
                let at = item.start_byte() - front.start;
                step.notes.push(format!(
                    "`{}` is `pub(crate)` now: the module it came from uses it.",
                    self.name
                ));
                Ok(format!("{}pub(crate) {}", &text[..at], &text[at..]))
            }
        }
    }

    /// # Errors
    /// Private fields and methods that what stays behind uses.
    fn fields(&self, moved: &[Node<'s>]) -> Result<(), Refusal> {
        let index = self.index;
        let names = index.names(self.file);
        let within = |at: Span| moved.iter().any(|m| span(*m).contains(at));
        for defined in &names.defined {
            if !within(defined.name) || defined.public {
                continue;
            }
            let class = &names.classes[defined.class].kind;
            let open = matches!(
                class,
                ClassKind::Trait(_) | ClassKind::Enum(_) | ClassKind::Impl { of: Some(_), .. }
            );
            let name = index.text(self.file, defined.name);
            let used = |file: usize| {
                let other = index.names(file);
                let members = other.members.iter().map(|m| m.span);
                let paths = other.paths.iter().filter_map(|p| p.path.segments.last().copied());
                let tokens = other.tokens.iter().map(|t| t.span);
                members
                    .chain(paths)
                    .chain(tokens)
                    .any(|at| index.text(file, at) == name && !(file == self.file && within(at)))
            };
            if !open && index.ahead(&index.files_naming(name)).any(used) {
                let message = format!(
                    "`{name}` is private, and what stays behind may use it; make it `pub(crate)` first"
                );
                return Err(self.refuse(Reason::Shadowed, message, defined.name));
            }
        }
        let tuple =
            field(self.item, "body").filter(|b| b.kind() == "ordered_field_declaration_list");
        let closed = tuple.is_some_and(|b| !children(b).any(|c| c.kind() == "visibility_modifier"));
        if closed {
            let message = "its fields have no names and are private; make them `pub(crate)` first";
            return Err(self.refuse(Reason::Shadowed, message, span(self.item)));
        }
        Ok(())
    }

    /// What the item needs at its new place, by name.
    ///
    /// # Errors
    /// Names that mean something else there, or that cannot be reached from there.
    fn imports(
        &self,
        moved: &[Node<'s>],
        target: &Target,
    ) -> Result<BTreeMap<String, String>, Refusal> {
        let index = self.index;
        let names = index.names(self.file);
        let mut out = BTreeMap::new();
        let within = |at: Span| moved.iter().any(|m| span(*m).contains(at));
        let home = self.module_path(self.home());
        for occurrence in names.bindings.occurrences.iter().filter(|o| within(o.span)) {
            let word = index.text(self.file, occurrence.span);
            if word == self.name {
                continue;
            }
            let Some(id) = occurrence.bound else {
                self.by_glob(occurrence.span, word)?;
                continue;
            };
            let bound = names.bindings.get(id);
            if within(bound.declared) || bound.scope != ScopeId(0) {
                continue;
            }
            let line = match bound.kind {
                BoundKind::Import => self.same_import(id, &home)?,
                BoundKind::Macro => {
                    let message = format!("the macro `{word}` is seen by what comes after it only");
                    return Err(self.refuse(Reason::Shadowed, message, occurrence.span));
                }
                _ => format!("{home}::{word}"),
            };
            if target.path == home {
                continue;
            }
            if let Some(module) = target.module {
                let there = [Namespace::Type, Namespace::Value]
                    .iter()
                    .flat_map(|n| index.in_module(module, word, *n, 0))
                    .collect::<Vec<_>>();
                if !there.is_empty() {
                    let here: Vec<End> = [Namespace::Type, Namespace::Value]
                        .iter()
                        .flat_map(|n| index.in_module(self.home(), word, *n, 0))
                        .map(|f| f.end)
                        .collect();
                    let same = there.iter().all(|f| here.contains(&f.end))
                        && !there.iter().all(|f| f.end == End::External);
                    let text = self.imported_text(module, word);
                    if same || text.as_deref() == Some(line.as_str()) {
                        continue;
                    }
                    let message =
                        format!("`{word}` means something else in the file it would move to");
                    return Err(self.refuse(Reason::Shadowed, message, occurrence.span));
                }
            }
            out.insert(word.to_owned(), line);
        }
        for used in names.paths.iter().filter(|p| within(p.path.segments[0])) {
            if matches!(index.text(self.file, used.path.segments[0]), "super" | "self") {
                let message =
                    "a path in it begins with `super` or `self`; write it from `crate` first";
                return Err(self.refuse(Reason::Shadowed, message, used.path.segments[0]));
            }
        }
        self.traits(moved, &home, &mut out);
        Ok(out)
    }

    /// The path by which a module imports a name.
    fn imported_text(&self, module: usize, word: &str) -> Option<String> {
        let file = self.index.modules[module].file;
        let names = self.index.names(file);
        let leaf = names
            .uses
            .iter()
            .find(|l| l.bound.is_some_and(|b| names.bindings.get(b).name == word))?;
        Some(self.joined(file, &leaf.path.segments))
    }

    fn joined(&self, file: usize, segments: &[Span]) -> String {
        segments.iter().map(|s| self.index.text(file, *s)).collect::<Vec<_>>().join("::")
    }

    /// An import of the file, written for another one.
    fn same_import(&self, id: BoundId, home: &str) -> Result<String, Refusal> {
        let names = self.index.names(self.file);
        let bound = names.bindings.get(id);
        let Some(leaf) = names.uses.iter().find(|l| l.bound == Some(id)) else {
            return Ok(bound.name.clone());
        };
        let path = self.joined(self.file, &leaf.path.segments);
        let path = match path.split_once("::") {
            Some(("self", rest)) => format!("{home}::{rest}"),
            Some(("super", rest)) if !rest.starts_with("super") => {
                let above = home.rsplit_once("::").map_or("crate", |(above, _)| above);
                format!("{above}::{rest}")
            }
            Some(("super", _)) => {
                let message = format!(
                    "`{}` is imported from two modules up; write its path from `crate` first",
                    bound.name
                );
                return Err(self.refuse(Reason::Shadowed, message, bound.declared));
            }
            Some((first, _))
                if names
                    .named(first)
                    .any(|(_, b)| b.scope == ScopeId(0) && b.kind == BoundKind::Module) =>
            {
                format!("{home}::{path}")
            }
            _ => path,
        };
        Ok(match leaf.alias {
            Some(_) => format!("{path} as {}", bound.name),
            None => path,
        })
    }

    /// # Errors
    /// A name that a glob import of the repository brings.
    fn by_glob(&self, at: Span, word: &str) -> Result<(), Refusal> {
        let here = [Namespace::Type, Namespace::Value, Namespace::Macro];
        let found = here.iter().flat_map(|n| self.index.in_module(self.home(), word, *n, 0));
        let glob = self.index.names(self.file).uses.iter().any(|l| l.glob);
        if glob || found.into_iter().next().is_some() {
            let message = format!("`{word}` may come from a glob import; import it by name first");
            return Err(self.refuse(Reason::Shadowed, message, at));
        }
        Ok(())
    }

    /// Traits in scope, whose methods the item may call.
    fn traits(&self, moved: &[Node<'s>], home: &str, out: &mut BTreeMap<String, String>) {
        let index = self.index;
        let names = index.names(self.file);
        let calls = moved.iter().any(|m| m.subtree().any(|n| n.kind() == "field_identifier"));
        if !calls {
            return;
        }
        for leaf in &names.uses {
            let Some(id) = leaf.bound.filter(|_| leaf.path.scope == ScopeId(0)) else { continue };
            let bound = names.bindings.get(id);
            let used = names.bindings.of(id).any(|o| o.span != bound.declared);
            // An import that nothing names is one for the methods of a trait.
            if !used
                && bound.name.starts_with(char::is_uppercase)
                && !leaf.public
                && let Ok(path) = self.same_import(id, home)
            {
                out.entry(bound.name.clone()).or_insert(path);
            }
        }
    }

    /// True when a path to the old place has to stay: it is visible further, or something else names it.
    fn is_used_by_others(&self, moved: &[Node<'s>]) -> Result<bool, Refusal> {
        if children(self.item).any(|c| c.kind() == "visibility_modifier") {
            return Ok(true);
        }
        let def = Def { file: self.file, bound: self.id };
        let sites = super::rename::uses_of(self.setting, self.index, def, self.name)?;
        let within = |at: Span| moved.iter().any(|m| self.front(*m).contains(at));
        Ok(sites.iter().any(|(file, at)| *file != self.file || !within(*at)))
    }

    fn import_back(&self, target: &Target, step: &mut Step) {
        let text = self.text();
        let exported = is_exported(self.index, Def { file: self.file, bound: self.id });
        let public = is_pub(self.item, text);
        let visibility = if exported || public {
            "pub "
        } else if children(self.item).any(|c| c.kind() == "visibility_modifier") {
            "pub(crate) "
        } else {
            ""
        };
        let line = format!("{visibility}use {}::{};\n", target.path, self.name);
        let names = self.index.names(self.file);
        let first =
            names.uses.iter().filter(|l| l.path.scope == ScopeId(0)).map(|l| l.whole.start).min();
        let at = first.map_or_else(
            || after_head(self.setting.parsed.root(), text),
            |at| text[..at].rfind('\n').map_or(0, |n| n + 1),
        );
        let line = if first.is_none() { format!("{line}\n") } else { line };
        step.replace(self.setting.path(), put(Span::at(at), line));
        step.notes.push(format!(
            "{} imports `{}` from its new place, so that all paths to it stay.",
            self.setting.path(),
            self.name
        ));
    }

    fn write_target(
        &self,
        to: &RepoPath,
        target: &Target,
        imports: &BTreeMap<String, String>,
        body: &str,
        step: &mut Step,
    ) {
        let lines: String = imports.values().map(|path| format!("use {path};\n")).collect();
        if let Some((file, name)) = &target.declare {
            let parent = &self.index.files[*file];
            let text = parent.parsed().text();
            let root = parent.parsed().root();
            let last =
                children(root).rfind(|c| c.kind() == "mod_item" && field(*c, "body").is_none());
            let (at, line) = match last {
                Some(last) => (whole_lines(text, span(last)).end, format!("mod {name};\n")),
                None => (after_head(root, text), format!("mod {name};\n\n")),
            };
            step.replace(&parent.path, put(Span::at(at), line));
            let gap = if lines.is_empty() { "" } else { "\n" };
            step.create(to, format!("{lines}{gap}{body}\n"));
            return;
        }
        let Some(module) = target.module else { return };
        let file = &self.index.files[self.index.modules[module].file];
        let text = file.parsed().text();
        if !lines.is_empty() {
            let first = file
                .names()
                .uses
                .iter()
                .filter(|l| l.path.scope == ScopeId(0))
                .map(|l| l.whole.start)
                .min();
            let at = first.map_or_else(
                || after_head(file.parsed().root(), text),
                |at| text[..at].rfind('\n').map_or(0, |n| n + 1),
            );
            let lines = if first.is_none() { format!("{lines}\n") } else { lines };
            step.replace(to, put(Span::at(at), lines));
        }
        // Before the tests, which stand last.
        let tests = children(file.parsed().root()).find(|c| {
            c.kind() == "mod_item"
                && attributes(*c, text).iter().any(|a| a.starts_with("cfg(test)"))
        });
        match tests {
            Some(tests) => {
                let mut at = tests.start_byte();
                let mut before = tests.prev_sibling();
                while let Some(node) = before.filter(|n| n.kind() == "attribute_item") {
                    at = node.start_byte();
                    before = node.prev_sibling();
                }
                step.replace(to, put(Span::at(at), format!("{body}\n\n")));
            }
            None => {
                let gap = if text.is_empty() || text.ends_with('\n') { "\n" } else { "\n\n" };
                step.replace(to, put(Span::at(text.len()), format!("{gap}{body}\n")));
            }
        }
    }
}

/// Behind the documentation and attributes of a file.
fn after_head(root: Node<'_>, text: &str) -> usize {
    let mut at = 0;
    for child in children(root) {
        let head = child.kind() == "inner_attribute_item"
            || child.is_extra() && text[child.start_byte()..].starts_with("//!");
        if !head {
            break;
        }
        at = whole_lines(text, span(child)).end;
    }
    let blank = text[at..].len() - text[at..].trim_start_matches('\n').len();
    if at > 0 { at + blank } else { at }
}
