//! What a file's text says of modules, `impl`s and names under which others see its items, read without a tree.
//!
//! It answers which files are worth a tree; so apart from the modules, which are exact, it may say too much, never too
//! little.

use super::doctest;
use super::tokens::{Token, Tokens};
use crate::base::Span;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// In source order.
    pub(super) mods: Vec<Mod>,
    /// The words in the heads of `impl`s, each once.
    pub(super) heads: Vec<Box<str>>,
    /// Other names: `use old as new`, `type new = old`.
    pub(super) aliases: Vec<(Box<str>, Box<str>)>,
    /// What is imported for others by `pub use`, `*` for a glob; each once.
    pub(super) shown: Vec<Box<str>>,
    /// Whether it imports all of something that is not the file itself: `use a::*`, not `use super::*` in a module of
    /// the file.
    pub(super) globs: bool,
    /// The code in its documentation: see [`doctest::blocks`].
    pub(super) examples: Vec<(usize, String)>,
    /// The files that its documentation takes.
    pub(super) included: Vec<String>,
}

/// `mod name;` or `mod name { .. }`, not in a macro.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mod {
    pub(super) name: String,
    /// `pub` without a restriction.
    pub(super) public: bool,
    /// The values of `#[path]` in front, the nearest first.
    pub(super) paths: Vec<String>,
    /// From `{` to behind `}`.
    pub(super) body: Option<Span>,
    /// The innermost module around it, as a position in the list.
    pub(super) within: Option<usize>,
    /// False in a block of that module.
    pub(super) direct: bool,
}

/// What an opening bracket opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Plain,
    /// A module, by its position.
    Mod(usize),
    /// The body of an `impl` or trait.
    Class,
    /// What a macro gets, or its rules.
    Macro,
    /// `pub(..)`
    Visibility,
    /// An attribute, from here; `true` of the file or block it stands in.
    Attribute(usize, bool),
}

/// What a `!` may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bang {
    No,
    /// `name !`
    Called,
    /// `macro_rules ! name`
    Rules,
}

/// A type of which it is to come what it stands for.
#[derive(Clone, Copy)]
struct Alias<'t> {
    name: &'t str,
    /// The `=` was met.
    reached: bool,
    /// How many `<` are open.
    angles: i32,
}

pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader {
        text,
        out: Outline::default(),
        open: Vec::new(),
        prev: None,
        before: None,
        attributes: Vec::new(),
        module: None,
        head: None,
        class: None,
        import: None,
        alias: None,
        bang: Bang::No,
        hidden: 0,
    };
    let mut tokens = Tokens::new(text, text.contains("```"));
    for (at, token) in tokens.by_ref() {
        reader.token(at, token);
    }
    let mut out = reader.out;
    for list in [&mut out.heads, &mut out.shown] {
        list.sort_unstable();
        list.dedup();
    }
    if let Some(comments) = tokens.comments {
        out.examples = doctest::blocks(text, &comments);
    }
    out.included = doctest::included(text).into_iter().map(str::to_owned).collect();
    out
}

struct Reader<'t> {
    text: &'t str,
    out: Outline,
    open: Vec<Open>,
    prev: Option<Token<'t>>,
    /// The token before that.
    before: Option<Token<'t>>,
    /// The attributes in front of what comes next, without `#[]`.
    attributes: Vec<&'t str>,
    /// A `mod` whose name or body is to come.
    module: Option<(Option<&'t str>, bool)>,
    /// An `impl` whose body is to come: how many brackets are open around it, and how many `<` in its head.
    head: Option<(usize, i32)>,
    /// A trait whose body is to come: how many brackets are open around it.
    class: Option<usize>,
    /// Within an import; `true` when it is for others.
    import: Option<bool>,
    /// `type name`.
    alias: Option<Alias<'t>>,
    bang: Bang,
    /// Macros and attributes that are open.
    hidden: usize,
}

impl<'t> Reader<'t> {
    fn token(&mut self, at: usize, token: Token<'t>) {
        let bang = std::mem::replace(&mut self.bang, Bang::No);
        match token {
            Token::Word(name) | Token::Raw(name) => {
                if bang == Bang::Called && self.before == Some(Token::Word("macro_rules")) {
                    self.bang = Bang::Rules;
                }
                self.named(name);
                if let Token::Word(word) = token {
                    self.word(word);
                }
            }
            Token::Mark(mark) => self.mark(at, mark, bang),
            Token::Other => self.module = None,
        }
        self.keep_attributes(token);
        self.before = self.prev.replace(token);
    }

    /// Attributes stand in front of an item with nothing but its visibility between.
    fn keep_attributes(&mut self, token: Token<'t>) {
        let kept = match token {
            Token::Word("pub") | Token::Mark(b'#' | b'[' | b']' | b')' | b'!') => true,
            _ => self.module.is_some() || self.open.last() == Some(&Open::Visibility),
        };
        if !kept && self.hidden == 0 {
            self.attributes.clear();
        }
    }

    fn named(&mut self, name: &'t str) {
        self.module = match self.module {
            Some((None, public)) => Some((Some(name), public)),
            _ => None,
        };
        if self.head.is_some() {
            self.out.heads.push(name.into());
        }
        if let Some(public) = self.import {
            self.imported(name, public);
        }
        self.aliased(name);
    }

    fn word(&mut self, word: &'t str) {
        match word {
            "mod" if self.hidden == 0 => {
                self.module = Some((None, self.prev == Some(Token::Word("pub"))));
            }
            "impl" if self.head.is_none() && self.at_item() => {
                self.head = Some((self.open.len(), 0));
            }
            "trait" => self.class = Some(self.open.len()),
            "use" => self.import = Some(self.prev == Some(Token::Word("pub"))),
            "crate" if self.prev == Some(Token::Word("extern")) => {
                self.import = Some(self.before == Some(Token::Word("pub")));
            }
            _ => {}
        }
    }

    /// True unless the word before tells that `impl` is part of a type.
    fn at_item(&self) -> bool {
        match self.prev {
            None | Some(Token::Word("unsafe" | "default" | "pub" | "const")) => true,
            Some(Token::Word(_) | Token::Raw(_) | Token::Other) => false,
            Some(Token::Mark(mark)) => {
                !matches!(mark, b':' | b'>' | b'&' | b'<' | b',' | b'=' | b'+' | b'|')
            }
        }
    }

    fn imported(&mut self, name: &'t str, public: bool) {
        if self.prev == Some(Token::Word("as")) && name != "_" {
            if let Some(old) = self.before.and_then(Token::name) {
                self.out.aliases.push((old.into(), name.into()));
            }
        } else if name == "as" && public {
            self.out.shown.extend(self.prev.and_then(Token::name).map(Box::from));
        }
    }

    /// `type name = path::to::it<..>;`, not one of an `impl` or trait.
    fn aliased(&mut self, word: &'t str) {
        if self.prev == Some(Token::Word("type")) {
            let of_class = self.open.last() == Some(&Open::Class);
            self.alias = (!of_class).then_some(Alias { name: word, reached: false, angles: 0 });
        } else if let Some(Alias { name, reached: true, angles: 0 }) = self.alias {
            self.out.aliases.push((word.into(), name.into()));
        }
    }

    fn mark(&mut self, at: usize, mark: u8, bang: Bang) {
        if mark == b'*' && self.import.is_some() {
            let own = self.text[..at].trim_end().ends_with("use super::")
                && self.open.last().is_some_and(|open| matches!(open, Open::Mod(_)));
            self.out.globs |= !own;
        }
        if self.import == Some(true) {
            match mark {
                b',' | b'}' | b';' => {
                    self.out.shown.extend(self.prev.and_then(Token::name).map(Box::from));
                }
                b'*' => self.out.shown.push("*".into()),
                _ => {}
            }
        }
        match mark {
            b'!' => self.bang = self.after_bang(),
            b'{' | b'(' | b'[' => self.opened(at, mark, bang),
            b'}' | b')' | b']' => self.closed(at),
            b';' => self.ended(),
            b'=' => {
                if let Some(alias) = &mut self.alias {
                    alias.reached |= alias.angles == 0;
                }
            }
            b'<' | b'>' => self.angle(mark),
            _ => {}
        }
        if !matches!(mark, b';' | b'{') {
            self.module = None;
        }
    }

    fn angle(&mut self, mark: u8) {
        let by = match mark {
            b'<' => 1,
            // `->`
            _ if self.prev == Some(Token::Mark(b'-')) => 0,
            _ => -1,
        };
        if let Some((_, angles)) = &mut self.head {
            *angles += by;
        }
        if let Some(alias) = &mut self.alias {
            alias.angles += by;
        }
    }

    /// What a `!` begins: nothing behind a word of the language.
    fn after_bang(&self) -> Bang {
        const WORDS: [&str; 20] = [
            "return", "if", "while", "match", "in", "else", "break", "impl", "for", "as", "mut",
            "move", "let", "yield", "where", "dyn", "unsafe", "ref", "await", "const",
        ];
        match self.prev {
            Some(Token::Word(word)) if !WORDS.contains(&word) => Bang::Called,
            _ => Bang::No,
        }
    }

    fn opened(&mut self, at: usize, mark: u8, bang: Bang) {
        let depth = self.open.len();
        let hash = |token| token == Some(Token::Mark(b'#'));
        let inner = self.prev == Some(Token::Mark(b'!')) && hash(self.before);
        let what = if mark == b'[' && self.hidden == 0 && (hash(self.prev) || inner) {
            Open::Attribute(at + 1, inner)
        } else if bang != Bang::No {
            Open::Macro
        } else if mark == b'{' {
            self.body(at, depth)
        } else if mark == b'(' && self.prev == Some(Token::Word("pub")) {
            Open::Visibility
        } else {
            Open::Plain
        };
        self.hidden += usize::from(matches!(what, Open::Macro | Open::Attribute(..)));
        self.open.push(what);
    }

    /// What a `{` opens.
    fn body(&mut self, at: usize, depth: usize) -> Open {
        if let Some((Some(name), public)) = self.module.take() {
            let position = self.out.mods.len();
            self.add_module(name, public, Some(Span::at(at)));
            return Open::Mod(position);
        }
        if let Some((around, angles)) = self.head {
            // Else the value of a constant argument.
            if around == depth && angles <= 0 {
                self.head = None;
                return Open::Class;
            }
        } else if self.class == Some(depth) {
            self.class = None;
            return Open::Class;
        }
        Open::Plain
    }

    fn closed(&mut self, at: usize) {
        let depth = self.open.len().saturating_sub(1);
        self.head = self.head.filter(|(around, _)| *around <= depth);
        self.class = self.class.filter(|around| *around <= depth);
        match self.open.pop() {
            Some(Open::Mod(position)) => {
                if let Some(body) = &mut self.out.mods[position].body {
                    body.end = at + 1;
                }
            }
            Some(Open::Attribute(from, inner)) => {
                self.hidden -= 1;
                if inner {
                    self.attributes.clear();
                } else {
                    self.attributes.push(self.text[from..at].trim());
                }
            }
            Some(Open::Macro) => {
                self.hidden -= 1;
                self.attributes.clear();
            }
            Some(Open::Plain | Open::Class | Open::Visibility) | None => {}
        }
    }

    fn ended(&mut self) {
        if let Some((Some(name), public)) = self.module.take() {
            self.add_module(name, public, None);
        }
        let depth = self.open.len();
        self.head = self.head.filter(|(around, _)| *around < depth);
        self.class = self.class.filter(|around| *around < depth);
        (self.import, self.alias) = (None, None);
    }

    fn add_module(&mut self, name: &str, public: bool, body: Option<Span>) {
        let within = self.open.iter().rev().find_map(|open| match open {
            Open::Mod(position) => Some(*position),
            _ => None,
        });
        let direct = self.open.last().is_none_or(|open| matches!(open, Open::Mod(_)));
        let paths = self.attributes.iter().rev().filter_map(|words| path_in(words)).collect();
        let name = name.to_owned();
        self.out.mods.push(Mod { name, public, paths, body, within, direct });
    }
}

/// The file that a `path` attribute names.
fn path_in(words: &str) -> Option<String> {
    let at = words.find("path")?;
    let is_path = words.starts_with("path") || words.starts_with("cfg_attr");
    let value = words[at..].split('"').nth(1)?;
    is_path.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Language;
    use crate::refactor::BoundKind;
    use crate::refactor::rust::index::item_at;
    use crate::refactor::rust::names;
    use crate::syntax::node::{field, span};
    use crate::syntax::parse;

    /// Modules by name, with whether they are public, where their files are, and the module around.
    fn mods(text: &str) -> Vec<String> {
        let all = outline(text).mods;
        let shown = |m: &Mod| {
            let public = if m.public { "pub " } else { "" };
            let within = m.within.map_or("", |at| &all[at].name);
            let nested = if m.direct { "" } else { " in a block" };
            let body = if m.body.is_some() { " {}" } else { "" };
            format!("{public}{} {:?} {within}{nested}{body}", m.name, m.paths)
        };
        all.iter().map(shown).collect()
    }

    #[test]
    fn modules_are_read_without_a_tree() {
        for (text, wanted) in [
            (
                "mod a;\npub mod b { mod c; }\nmod d;",
                vec!["a [] ", "pub b []  {}", "c [] b", "d [] "],
            ),
            ("pub(crate) mod r#a;", vec!["a [] "]),
            (
                "#[cfg(x)]\n#[path = \"x.rs\"]\n/// It.\npub(in crate::b) mod a;",
                vec!["a [\"x.rs\"] "],
            ),
            ("#[path = \"x.rs\"] fn f() {} mod a;", vec!["a [] "]),
            ("#![path = \"x.rs\"]\nmod a;", vec!["a [] "]),
            (
                "#[cfg_attr(x, path = \"x.rs\")] #[path = \"y.rs\"] mod a;",
                vec!["a [\"y.rs\", \"x.rs\"] "],
            ),
            (
                "fn f() { mod a {} if !x { mod b; } }",
                vec!["a []  in a block {}", "b []  in a block"],
            ),
            (
                "m! { mod a; } macro_rules! n { () => { mod b; }; } a::m!(mod c;); mod d;",
                vec!["d [] "],
            ),
            (
                "#[m(mod a;)] mod b; // mod c;\n/* mod d; */ const S: &str = \"mod e;\";",
                vec!["b [] "],
            ),
            ("fn f() { match !(x) { _ => {} } } mod a;", vec!["a [] "]),
            ("mod", vec![]),
            ("mod a", vec![]),
            ("mod a {", vec!["a []  {}"]),
            ("} mod a;", vec!["a [] "]),
        ] {
            assert_eq!(mods(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_may_lead_to_an_item_is_kept() {
        let text = "pub use a::{b, c as d, self}; use e as f; pub use g::*; type H<T = X> = i::J<K>; type Y = <Z as A>::B;\n\
                    impl<T> L for m::N<{ 1 }> where T: O { type P = Q; fn f(_: impl R) {} }\n\
                    x!(impl S for T {}); fn g() -> impl U {} pub extern crate v as w;";
        let out = outline(text);
        let words = |list: &[Box<str>]| list.join(" ");
        assert_eq!(words(&out.shown), "* b c d self v w");
        assert_eq!(words(&out.heads), "L N O S T for m where");
        let aliases: Vec<String> = out.aliases.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(aliases, ["c d", "e f", "i H", "J H", "B Y", "v w"]);
    }

    /// The tree's modules: names and bodies, in source order.
    fn of_tree(text: &str) -> Option<Vec<(String, Option<Span>)>> {
        let parsed = parse(Language::Rust, text);
        if !parsed.is_clean() {
            return None;
        }
        let names = names::of(&parsed);
        let bound = names.bindings.bound.iter().filter(|b| b.kind == BoundKind::Module);
        let mut out: Vec<(Span, String, Option<Span>)> = bound
            .filter_map(|b| {
                let node = item_at(&parsed, b.declared).filter(|n| n.kind() == "mod_item")?;
                Some((b.declared, b.name.clone(), field(node, "body").map(span)))
            })
            .collect();
        out.sort_unstable();
        Some(out.into_iter().map(|(_, name, body)| (name, body)).collect())
    }

    proptest::proptest! {
        #[test]
        fn the_modules_are_those_of_the_tree(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "mod a;", "mod b {", "}", "fn f() {", "m! {", "m!(", ");", "impl A {", "struct S;",
                "#[path = \"x.rs\"]", "pub ", "// mod c;\n", "/* mod d; */", "\"mod e;\";", "'m'",
                "'a", "let x = !", "r#\"mod f;\"#;", "macro_rules! n { () => { mod g; } }", " ",
            ]), 0..12)
        ) {
            let text = parts.concat();
            let own: Vec<_> = outline(&text).mods.into_iter().map(|m| (m.name, m.body)).collect();
            if let Some(wanted) = of_tree(&text) {
                proptest::prop_assert_eq!(own, wanted, "{}", text);
            }
        }
    }
}
