//! The class statements of all files, read off their texts without a tree.
//!
//! Which classes inherit from one is asked of a whole repository, and parsing all of it takes seconds. This is a
//! sieve: it may name a class that is none, or one that inherits from something else, but leaves none out that
//! could. What passes is parsed and looked at properly.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::infer::is_builtin;
use crate::base::{Language, RepoPath};
use crate::refactor::{Project, each_word};

/// See the module.
pub(super) struct Headers {
    /// The classes that name a word in their bases.
    by_base: FxHashMap<Box<str>, Vec<Named>>,
    /// The words that may stand for the same class as a word.
    aliases: FxHashMap<Box<str>, Vec<Named>>,
    /// The words that can be any class.
    anything: FxHashSet<Box<str>>,
    /// The classes that can be below any, by what they may be called, and their files.
    wild: FxHashSet<Box<str>>,
    wild_nodes: FxHashSet<(usize, Box<str>)>,
    wild_files: BTreeSet<usize>,
}

/// Where classes may stand that inherit from one.
pub(super) struct Below<'h> {
    pub(super) files: BTreeSet<usize>,
    /// By which words it, or one between the two, may be called, besides those of the wild.
    words: FxHashSet<&'h str>,
    headers: &'h Headers,
}

impl Below<'_> {
    /// Whether a word in bases can be the class, or one below it.
    pub(super) fn may_be(&self, word: &str) -> bool {
        let Headers { anything, wild, .. } = self.headers;
        self.words.contains(word) || wild.contains(word) || anything.contains(word)
    }
}

/// A name that stands for what a word stands for, or for a class below it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    name: Box<str>,
    /// The place of its file among the Python files.
    file: usize,
    /// The file may have the word from another one.
    is_foreign: bool,
}

/// A class statement with all words of its bases.
struct Header {
    name: Box<str>,
    bases: Vec<Word>,
}

/// A word of bases.
struct Word {
    text: Box<str>,
    /// It stands after a dot.
    dotted: bool,
}

/// What texts say about words that classes name as their bases.
#[derive(Default)]
struct Said {
    aliases: Vec<Alias>,
    /// Words that a function of a module has as its name, too.
    functions: FxHashSet<Box<str>>,
    /// Words that a method, an inner function or a first parameter has as its name.
    inner: FxHashSet<Box<str>>,
    /// Words that stand in imports.
    imported: FxHashSet<Box<str>>,
    /// It takes all names of another file.
    has_star: bool,
}

/// Which words a file may have from another one.
#[derive(Default)]
struct Foreign {
    /// The words that were asked for.
    asked: FxHashSet<Box<str>>,
    imported: FxHashSet<(usize, Box<str>)>,
    stars: FxHashSet<usize>,
}

impl Foreign {
    fn may_be(&self, file: usize, word: &str, is_dotted: bool) -> bool {
        is_dotted
            || self.stars.contains(&file)
            || !self.asked.contains(word)
            || self.imported.contains(&(file, Box::from(word)))
    }
}

/// A word that may mean the same class as another one: `from a import Base as B`, `B = Base`, `B = make()`.
struct Alias {
    from: Box<str>,
    to: Box<str>,
    /// `from` stands after a dot.
    dotted: bool,
    /// It is what `from` gives when it is called.
    called: bool,
}

/// How often the other names of other names are looked for.
const ROUNDS: usize = 4;
/// The longest list of bases, or value of an assignment, that is looked at, in characters.
const LONGEST: usize = 4096;
/// Words that begin a statement whose body can stand on the same line.
const OPENS: [&str; 10] =
    ["if", "elif", "else", "try", "except", "finally", "for", "while", "with", "class"];

impl Headers {
    /// Those of the Python files, which are `paths`, sorted.
    pub(super) fn new(project: &dyn Project, paths: &[RepoPath]) -> Self {
        let found = of_all(project, paths, &headers);
        let bases = found.iter().flat_map(|(_, list)| list).flat_map(|header| &header.bases);
        let mut words: FxHashSet<Box<str>> = bases.map(|word| word.text.clone()).collect();
        let mut foreign = Foreign::default();
        let mut said = Said::default();
        let mut inner: FxHashSet<(usize, Box<str>)> = FxHashSet::default();
        let mut aliases: Vec<(usize, Alias)> = Vec::new();
        for _ in 0..ROUNDS {
            if words.is_empty() {
                break;
            }
            let more = of_all(project, paths, &|text| vec![says(text, &words)]);
            foreign.asked.extend(words.drain());
            for (file, part) in
                more.into_iter().flat_map(|(f, l)| l.into_iter().map(move |p| (f, p)))
            {
                let new = part.aliases.iter().map(|alias| alias.from.clone());
                words.extend(new.filter(|word| !foreign.asked.contains(word)));
                aliases.extend(part.aliases.into_iter().map(|alias| (file, alias)));
                said.functions.extend(part.functions);
                inner.extend(part.inner.iter().map(|word| (file, word.clone())));
                said.inner.extend(part.inner);
                foreign.imported.extend(part.imported.into_iter().map(|word| (file, word)));
                if part.has_star {
                    foreign.stars.insert(file);
                }
            }
        }
        Self::of(found, said, aliases, &inner, &foreign)
    }

    fn of(
        found: Vec<(usize, Vec<Header>)>,
        mut said: Said,
        aliases: Vec<(usize, Alias)>,
        inner: &FxHashSet<(usize, Box<str>)>,
        foreign: &Foreign,
    ) -> Self {
        said.functions.extend(["type", "__class__", "copy", "deepcopy", "replace"].map(Box::from));
        // What is made of something that can be anything can be anything.
        for _ in 0..ROUNDS {
            let is_wild = |(file, alias): &&(usize, Alias)| {
                alias.called && said.functions.contains(&alias.from)
                    || alias.dotted && said.inner.contains(&alias.from)
                    || !alias.dotted && inner.contains(&(*file, alias.from.clone()))
            };
            let more = aliases.iter().filter(is_wild).map(|(_, alias)| alias.to.clone());
            let more: Vec<Box<str>> = more.collect();
            said.functions.extend(more);
        }
        said.functions.retain(|word| !is_builtin(word) || &**word == "type");
        let mut all = Self {
            by_base: FxHashMap::default(),
            aliases: FxHashMap::default(),
            anything: FxHashSet::default(),
            wild: FxHashSet::default(),
            wild_nodes: FxHashSet::default(),
            wild_files: BTreeSet::new(),
        };
        for (file, alias) in aliases.into_iter().filter(|(_, alias)| !alias.called) {
            let is_foreign = foreign.may_be(file, &alias.from, alias.dotted);
            let named = Named { name: alias.to, file, is_foreign };
            all.aliases.entry(alias.from).or_default().push(named);
        }
        for list in all.aliases.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        let (mut below_any, mut files) = (Vec::new(), BTreeSet::new());
        for (file, list) in found {
            for header in list {
                // The name of a method is seen after a dot, that of an inner function in its file.
                let can_be_any = |word: &&Word| {
                    said.functions.contains(&word.text)
                        || word.dotted && said.inner.contains(&word.text)
                        || inner.contains(&(file, word.text.clone())) && !is_builtin(&word.text)
                };
                let mut wild = header.bases.iter().filter(can_be_any).peekable();
                if wild.peek().is_some() {
                    below_any.push((file, header.name.clone()));
                    files.insert(file);
                }
                all.anything.extend(wild.map(|word| word.text.clone()));
                for word in header.bases {
                    let is_foreign = foreign.may_be(file, &word.text, word.dotted);
                    let named = Named { name: header.name.clone(), file, is_foreign };
                    all.by_base.entry(word.text).or_default().push(named);
                }
            }
        }
        // These are below every class: found once, not for each.
        let below_any = below_any.iter().map(|(file, name)| (*file, &**name)).collect();
        let (more, nodes) = all.closure(below_any);
        let nodes: FxHashSet<(usize, Box<str>)> =
            nodes.into_iter().map(|(file, word)| (file, Box::from(word))).collect();
        files.extend(more);
        all.wild = nodes.iter().map(|(_, word)| word.clone()).collect();
        (all.wild_nodes, all.wild_files) = (nodes, files);
        all
    }

    /// The files in which a class may stand that inherits from one called `name`, which stands in one of the files, and
    /// what it may be called.
    pub(super) fn below(&self, file: usize, name: &str) -> Below<'_> {
        let own = self.by_base.get_key_value(name).map(|(word, _)| &**word);
        let own = own.or(self.aliases.get_key_value(name).map(|(word, _)| &**word));
        let (mut files, nodes) = self.closure(own.map(|word| (file, word)).into_iter().collect());
        files.extend(&self.wild_files);
        Below { files, words: nodes.into_iter().map(|(_, word)| word).collect(), headers: self }
    }

    /// The files of the classes below those of the `queue`, each with its file, and what all of them may be called in
    /// which file, but for the wild.
    fn closure<'h>(
        &'h self,
        mut queue: Vec<(usize, &'h str)>,
    ) -> (BTreeSet<usize>, FxHashSet<(usize, &'h str)>) {
        let mut files = BTreeSet::new();
        let mut nodes: FxHashSet<(usize, &str)> = FxHashSet::default();
        while let Some((file, word)) = queue.pop() {
            if self.wild_nodes.contains(&(file, Box::from(word))) || !nodes.insert((file, word)) {
                continue;
            }
            let reached = |named: &&Named| named.is_foreign || named.file == file;
            let below = self.by_base.get(word).into_iter().flatten().filter(reached);
            for class in below {
                files.insert(class.file);
                queue.push((class.file, &class.name));
            }
            let others = self.aliases.get(word).into_iter().flatten().filter(reached);
            queue.extend(others.map(|other| (other.file, &*other.name)));
        }
        (files, nodes)
    }
}

/// What `read` makes of the text of each Python file, by the place of the file among `paths`.
fn of_all<T: Send>(
    project: &dyn Project,
    paths: &[RepoPath],
    read: &(dyn Fn(&str) -> Vec<T> + Sync),
) -> Vec<(usize, Vec<T>)> {
    let found = Mutex::new(Vec::new());
    project.search(&|path, text| {
        if Language::of_path(path.as_str()) == Some(Language::Python)
            && let Ok(at) = paths.binary_search(path)
        {
            let list = read(text);
            if !list.is_empty() {
                found.lock().unwrap_or_else(PoisonError::into_inner).push((at, list));
            }
        }
        false
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found
}

/// The class statements of a text that name bases.
fn headers(text: &str) -> Vec<Header> {
    let mut out = Vec::new();
    for at in each_word(text, "class") {
        let rest = text[at.end..].trim_start();
        let name = &rest[..word_len(rest)];
        let mut after = rest[name.len()..].trim_start();
        if let Some(parameters) = after.strip_prefix('[') {
            after = parameters[enclosed(parameters).len()..].trim_start_matches(']').trim_start();
        }
        let Some(list) = after.strip_prefix('(').filter(|_| !name.is_empty()) else { continue };
        out.push(Header { name: Box::from(name), bases: bases(enclosed(list)) });
    }
    out
}

/// The words of a list of bases without `metaclass=M` and the arguments of generic ones.
fn bases(list: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    let mut part = |text: &str| {
        let name = text.trim_start();
        let after = name[word_len(name)..].trim_start();
        if after.starts_with('=') && !after.starts_with("==") {
            return;
        }
        let plain = text.find('[').map_or(text, |at| &text[..at]);
        // A call inside of the brackets of another base would be lost with them.
        let text = if text.contains('(') { text } else { plain };
        for word in words_of(text).filter(|word| *word != "type" || text.contains("type(")) {
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            let dotted = text[..at].trim_end().ends_with('.');
            out.push(Word { text: Box::from(word), dotted });
        }
    };
    for (at, c) in list.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                part(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    part(&list[from..]);
    out
}

/// What a text says about `words`.
fn says(text: &str, words: &FxHashSet<Box<str>>) -> Said {
    let mut said = Said::default();
    for at in each_word(text, "as") {
        let after = text[at.end..].trim_start();
        if let Some(alias) = words.get(&after[..word_len(after)]) {
            let from = last_word(text[..at.start].trim_end());
            let (from, to) = (Box::from(from), alias.clone());
            said.aliases.push(Alias { from, to, dotted: false, called: false });
        }
    }
    for at in each_word(text, "import") {
        let list = statement(&text[at.end..]);
        said.has_star |= list.trim_start().starts_with('*');
        said.imported.extend(words_of(list).filter_map(|word| words.get(word).cloned()));
    }
    for at in each_word(text, "def") {
        let after = text[at.end..].trim_start();
        let name = &after[..word_len(after)];
        let first = after[name.len()..].trim_start().strip_prefix('(').map_or("", str::trim_start);
        let before = text[..at.start].strip_suffix("async ").unwrap_or(&text[..at.start]);
        let outer = before.is_empty() || before.ends_with('\n');
        let known = |word: &str| words.get(word).cloned();
        if outer { &mut said.functions } else { &mut said.inner }.extend(known(name));
        said.inner.extend(known(&first[..word_len(first)]));
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        each_beginning(line, |at| assigned(&text[start + at..], words, &mut said));
        start += line.len();
    }
    for (at, _) in text.match_indices("ype[") {
        // `def f(Base: Type[A])`
        let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
        let before = text[line..at].rsplit_once(':').map_or("", |(before, _)| before);
        if let Some(word) = words.get(last_word(before.trim_end())) {
            let classes = words_of(enclosed(&text[at + 4..])).map(Box::from);
            let alias = |from| Alias { from, to: word.clone(), dotted: false, called: false };
            said.aliases.extend(classes.map(alias));
        }
    }
    said
}

/// Where a statement that gives a value may begin in a line: after its indentation, a `;`, or the colon of `else:`; and
/// where `:=` gives one.
fn each_beginning(line: &str, mut begins: impl FnMut(usize)) {
    if !line.contains('=') {
        return;
    }
    let start = line.len() - line.trim_start().len();
    begins(start);
    line.match_indices(';').for_each(|(at, _)| begins(at + 1));
    if OPENS.contains(&&line[start..start + word_len(&line[start..])]) {
        line.match_indices(':').for_each(|(at, _)| begins(at + 1));
    }
    for (at, _) in line.match_indices(":=") {
        let before = line[..at].trim_end();
        begins(before.len() - last_word(before).len());
    }
}

/// Notes what a statement gives as a value to one of `words`: `Base = A`, `x.Base: T = A`, `Base := A`.
fn assigned(statement_on: &str, words: &FxHashSet<Box<str>>, said: &mut Said) {
    let text = statement_on.trim_start_matches([' ', '\t']);
    let dotted = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let target = &text[..text.find(|c| !dotted(c)).unwrap_or(text.len())];
    let Some(word) = words.get(last_word(target)) else { return };
    let rest = text[target.len()..].trim_start_matches([' ', '\t', '\\']);
    let value = if let Some(annotated) = rest.strip_prefix(':') {
        // An annotation can say the class, and so can the value.
        annotated.strip_prefix('=').unwrap_or(annotated)
    } else {
        match rest.strip_prefix('=') {
            Some(value) if !value.starts_with('=') => value,
            _ => return,
        }
    };
    // `A = B = value`
    let value = statement(value);
    let last = value.rfind('=').filter(|at| !value[..*at].ends_with(['=', '!', '<', '>', ':']));
    let value = last.filter(|_| !value.contains('(')).map_or(value, |at| &value[at + 1..]);
    for (from, dotted, called) in classes_of(value) {
        said.aliases.push(Alias { from: Box::from(from), to: word.clone(), dotted, called });
    }
}

/// The words whose value an expression can have, or that it calls: each with whether it stands after a dot and whether
/// it is called. None for what is no class in any case.
fn classes_of(expression: &str) -> Vec<(&str, bool, bool)> {
    const OTHERS: [&str; 9] = ["if", "else", "and", "or", "not", "await", "None", "True", "False"];
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = Vec::new();
    let mut rest = expression.trim_start();
    if rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '[' | '"' | '\'')) {
        return out;
    }
    let mut after_dot = false;
    while let Some(c) = rest.chars().next() {
        if part(c) {
            let word = &rest[..word_len(rest)];
            rest = &rest[word.len()..];
            let after = rest.trim_start();
            let called = after.starts_with('(');
            if called {
                rest = after;
            }
            if !c.is_ascii_digit() && !after.starts_with('.') && !OTHERS.contains(&word) {
                out.push((word, after_dot, called));
            }
            if called {
                rest = rest[1 + enclosed(&rest[1..]).len()..].trim_start_matches(')');
            }
            after_dot = false;
            continue;
        }
        match c {
            '[' => rest = rest[1 + enclosed(&rest[1..]).len()..].trim_start_matches(']'),
            '#' => rest = rest.find('\n').map_or("", |at| &rest[at..]),
            // Numbers, texts, tuples and the like.
            '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '~' | '@' | ',' | '{' => {
                return Vec::new();
            }
            _ => rest = &rest[c.len_utf8()..],
        }
        after_dot |= c == '.';
        if !c.is_whitespace() && c != '.' && c != '\\' {
            after_dot = false;
        }
    }
    out
}

/// The text up to the bracket that closes the one before it.
fn enclosed(text: &str) -> &str {
    let mut depth = 0_usize;
    let closes = |(_, c): &(usize, char)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return true,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        false
    };
    let end = text.char_indices().take(LONGEST).find(closes);
    end.map_or(text, |(at, _)| &text[..at])
}

/// The text up to the end of a statement.
fn statement(text: &str) -> &str {
    let mut depth = 0_usize;
    let ends = |(at, c): &(usize, char)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '\n' => return depth == 0 && !text[..*at].ends_with('\\'),
            _ => {}
        }
        false
    };
    let end = text.char_indices().take(LONGEST).find(ends);
    end.map_or(text, |(at, _)| &text[..at])
}

/// The identifiers of a text, and the words in its comments and strings.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !part(c))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// How long the word is with which a text begins.
fn word_len(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The word with which a text ends.
fn last_word(text: &str) -> &str {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    &text[text.trim_end_matches(part).len()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refactor::testing::Memory;

    fn below(files: &[(&str, &str)], name: &str) -> Vec<String> {
        let home = files.iter().position(|(_, text)| text.contains(&format!("class {name}")));
        let memory = Memory::new(files);
        let paths: Vec<RepoPath> = memory.files().to_vec();
        let headers = Headers::new(&memory, &paths);
        let found = headers.below(home.unwrap(), name).files;
        found.into_iter().map(|at| paths[at].as_str().to_owned()).collect()
    }

    #[test]
    fn classes_are_found_through_other_names_of_their_bases() {
        let files = [
            ("a.py", "class Base: pass\n"),
            ("b.py", "from a import Base as B\nclass Mid(B): pass\n"),
            ("c.py", "import b\nclass Low(\n    b.Mid,\n    metaclass=M,\n): pass\n"),
            ("d.py", "import a\nif a:\n    Other = a.Base\nelse: Other = object\n"),
            ("e.py", "from d import Other\nclass OfOther(Other[int]): pass\n"),
            ("f.py", "class Apart(dict): pass\nclass Meta(metaclass=Base): pass\n"),
            ("g.py", "def make():\n    return Base\nclass Made(make()): pass\n"),
            ("h.py", "class Typed[T](b.Mid): pass\n"),
            ("i.py", "from a import Base\ndef f(x, K: Type[Base]):\n    class Inner(K): pass\n"),
            ("j.py", "base: Base = make()\nclass Plain(thing): pass\n"),
        ];
        assert_eq!(below(&files, "Base"), ["b.py", "c.py", "e.py", "g.py", "h.py", "i.py"]);
        assert_eq!(below(&files, "Mid"), ["c.py", "g.py", "h.py"]);
        assert_eq!(below(&files, "Low"), ["g.py"]);
    }

    #[test]
    fn a_file_that_has_its_own_class_of_the_name_is_left_out() {
        let files = [
            ("a.py", "class Base: pass\n"),
            ("b.py", "class Base: pass\nclass Other(Base): pass\n"),
            ("c.py", "from a import (\n    x,\n    Base)\nclass Mine(Base): pass\n"),
            ("d.py", "from a import *\nclass Star(Base): pass\n"),
            (
                "e.py",
                "if c:\n    from a import Base\nelse:\n    class Base: pass\nclass E(Base): pass\n",
            ),
            ("f.py", "B = Base\nclass Unknown(B): pass\n"),
        ];
        assert_eq!(below(&files, "Base"), ["c.py", "d.py", "e.py"]);
    }
}
