//! The class statements of all files, read off their texts without a tree.
//!
//! Which classes inherit from one is asked of a whole repository, and parsing all of it takes seconds. This is a
//! sieve: it may name a class that is none, or one that inherits from something else, but leaves none out that
//! could. What passes is parsed and looked at properly.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::{Language, RepoPath};
use crate::refactor::{Project, each_word};

/// See the module.
pub(super) struct Headers {
    /// The classes that name a word in their bases.
    by_base: FxHashMap<Box<str>, Vec<Heading>>,
    /// The words that may stand for the same class as a word.
    aliases: FxHashMap<Box<str>, Vec<Box<str>>>,
    /// The words that can be any class.
    anything: FxHashSet<Box<str>>,
    /// The classes that can be below any, by what they may be called, and their files.
    wild: FxHashSet<Box<str>>,
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

/// A class statement: the place of its file among the Python files, and the name of the class.
type Heading = (usize, Box<str>);

/// A class statement with all words of its bases.
struct Header {
    name: Box<str>,
    bases: Vec<Box<str>>,
}

/// What texts say about words that classes name as their bases.
#[derive(Default)]
struct Said {
    /// A word with another that may be the same class: `from a import Base as B`, `B = Base`.
    aliases: Vec<(Box<str>, Box<str>)>,
    /// Words that a function or a first parameter has as its name, too.
    wild: FxHashSet<Box<str>>,
}

/// How often the other names of other names are looked for.
const ROUNDS: usize = 4;
/// The longest list of bases, or value of an assignment, that is looked at, in characters.
const LONGEST: usize = 4096;

impl Headers {
    /// Those of the Python files, which are `paths`, sorted.
    pub(super) fn new(project: &dyn Project, paths: &[RepoPath]) -> Self {
        let found = of_all(project, paths, &headers);
        let mut said = Said::default();
        let mut asked: FxHashSet<Box<str>> = FxHashSet::default();
        let mut words: FxHashSet<Box<str>> =
            found.iter().flat_map(|(_, list)| list).flat_map(|h| h.bases.iter().cloned()).collect();
        for _ in 0..ROUNDS {
            if words.is_empty() {
                break;
            }
            let more = of_all(project, paths, &|text| vec![says(text, &words)]);
            asked.extend(words.drain());
            for part in more.into_iter().flat_map(|(_, list)| list) {
                let new = part.aliases.iter().map(|(from, _)| from.clone());
                words.extend(new.filter(|word| !asked.contains(word)));
                said.aliases.extend(part.aliases);
                said.wild.extend(part.wild);
            }
        }
        Self::of(found, said)
    }

    fn of(found: Vec<(usize, Vec<Header>)>, mut said: Said) -> Self {
        // What is made of something that can be anything can be anything.
        for _ in 0..ROUNDS {
            let more = said.aliases.iter().filter(|(from, _)| said.wild.contains(from));
            let more: Vec<Box<str>> = more.map(|(_, to)| to.clone()).collect();
            said.wild.extend(more);
        }
        said.wild.extend(["type", "__class__", "copy", "deepcopy", "replace"].map(Box::from));
        let mut all = Self {
            by_base: FxHashMap::default(),
            aliases: FxHashMap::default(),
            anything: said.wild,
            wild: FxHashSet::default(),
            wild_files: BTreeSet::new(),
        };
        for (from, to) in said.aliases {
            all.aliases.entry(from).or_default().push(to);
        }
        for list in all.aliases.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        let (mut wild, mut files) = (Vec::new(), BTreeSet::new());
        for (file, list) in found {
            for header in list {
                if header.bases.iter().any(|word| all.anything.contains(word)) {
                    wild.push(header.name.clone());
                    files.insert(file);
                }
                for word in header.bases {
                    all.by_base.entry(word).or_default().push((file, header.name.clone()));
                }
            }
        }
        // These are below every class: found once, not for each.
        let (more, words) = all.closure(wild.iter().map(|word| &**word).collect());
        let words = words.into_iter().map(Box::from).collect();
        files.extend(more);
        (all.wild, all.wild_files) = (words, files);
        all
    }

    /// The files in which a class may stand that inherits from one called `name`, and what it may be called.
    pub(super) fn below(&self, name: &str) -> Below<'_> {
        let own = self.by_base.get_key_value(name).map(|(word, _)| &**word);
        let own = own.or(self.aliases.get_key_value(name).map(|(word, _)| &**word));
        let (mut files, words) = self.closure(own.into_iter().collect());
        files.extend(&self.wild_files);
        Below { files, words, headers: self }
    }

    /// The files of the classes below those called by the words of `queue`, and what all of them may be called, but
    /// for the wild.
    fn closure<'h>(&'h self, mut queue: Vec<&'h str>) -> (BTreeSet<usize>, FxHashSet<&'h str>) {
        let mut files = BTreeSet::new();
        let mut words: FxHashSet<&str> = FxHashSet::default();
        while let Some(word) = queue.pop() {
            if self.wild.contains(word) || !words.insert(word) {
                continue;
            }
            for (file, class) in self.by_base.get(word).into_iter().flatten() {
                files.insert(*file);
                queue.push(class);
            }
            queue.extend(self.aliases.get(word).into_iter().flatten().map(|word| &**word));
        }
        (files, words)
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
fn bases(list: &str) -> Vec<Box<str>> {
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
        let calls = |word: &&str| *word != "type" || text.contains("type(");
        out.extend(words_of(text).filter(calls).map(Box::from));
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
        let alias = &after[..word_len(after)];
        if words.contains(alias) {
            let from = last_word(text[..at.start].trim_end());
            said.aliases.push((Box::from(from), Box::from(alias)));
        }
    }
    for at in each_word(text, "def") {
        let after = text[at.end..].trim_start();
        let name = &after[..word_len(after)];
        let first = after[name.len()..].trim_start().strip_prefix('(').map_or("", str::trim_start);
        for word in [name, &first[..word_len(first)]] {
            if let Some(word) = words.get(word) {
                said.wild.insert(word.clone());
            }
        }
    }
    for (at, mark) in text.match_indices(['=', ':']) {
        let before = text[..at].trim_end_matches([' ', ':']);
        let Some(word) = words.get(last_word(before)) else { continue };
        let value = &text[at + 1..];
        if value.starts_with('=') || mark == ":" && value.starts_with('=') {
            continue;
        }
        let target = before.len() - word.len();
        if !(is_target(text, target, mark) || mark == ":" && statement(value).contains("ype[")) {
            continue;
        }
        let from = words_of(statement(value)).map(Box::from);
        said.aliases.extend(from.map(|from: Box<str>| (from, word.clone())));
    }
    said
}

/// True when a word at a place can be what a statement gives a value: it begins the statement, or follows another `=`.
fn is_target(text: &str, at: usize, mark: &str) -> bool {
    let dotted = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let before = text[..at].trim_end_matches(dotted).trim_end_matches([' ', '\t']);
    let walrus = text[at..].trim_start_matches(dotted).trim_start().starts_with(":=");
    match before.chars().next_back() {
        None | Some('\n' | ';' | '\\') => true,
        Some('=') => mark == "=",
        // `else: Base = object`, not `base: Base = make()`.
        Some(':') => {
            let line = before.rsplit('\n').next().unwrap_or(before).trim_start();
            const OPENS: [&str; 10] =
                ["if", "elif", "else", "try", "except", "finally", "for", "while", "with", "class"];
            OPENS.contains(&&line[..word_len(line)])
        }
        _ => walrus,
    }
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

fn words_of(text: &str) -> impl Iterator<Item = &str> {
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
        let memory = Memory::new(files);
        let paths: Vec<RepoPath> = memory.files().to_vec();
        let headers = Headers::new(&memory, &paths);
        headers.below(name).files.into_iter().map(|at| paths[at].as_str().to_owned()).collect()
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
            ("i.py", "def f(K: Type[Base]):\n    class Inner(K): pass\n"),
            ("j.py", "base: Base = make()\nclass Plain(thing): pass\n"),
        ];
        assert_eq!(below(&files, "Base"), ["b.py", "c.py", "e.py", "g.py", "h.py", "i.py"]);
        // What a function is given may be any class.
        assert_eq!(below(&files, "Mid"), ["c.py", "g.py", "h.py", "i.py"]);
        assert_eq!(below(&files, "Low"), ["g.py", "i.py"]);
    }
}
