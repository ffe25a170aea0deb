//! What a text must hold so that its tree is worth a look: cheaper than a tree by a hundred times.
//!
//! Each question may be answered with yes too often, never with no where a look at the tree would find something.

use rustc_hash::FxHashSet;

use super::headers::words_of;
use crate::base::{RepoPath, Span};
use crate::refactor::{each_word, has_word};

/// Words of calls that reach an attribute by its name in a string.
const LOOKUPS: [&str; 7] =
    ["getattr", "setattr", "hasattr", "delattr", "patch", "attrgetter", "methodcaller"];

/// Whether a class in the text may bind an attribute: in its body, or as `self.name`.
pub(super) fn may_define(text: &str, name: &str) -> bool {
    text.contains("class") && each_word(text, name).any(|at| may_bind(text, at))
}

/// Whether the module, or a `global` in it, may bind a name.
pub(super) fn may_be_global(text: &str, name: &str) -> bool {
    each_word(text, name).any(|at| !follows_dot(text, at) && may_bind(text, at))
}

/// Whether the text may reach an attribute by a name in a string that is, or begins, `name`.
pub(super) fn may_look_up(text: &str, name: &str) -> bool {
    LOOKUPS.iter().any(|word| text.contains(word)) && quotes(text, name)
}

/// Whether the text may make an object of a class of another file, or, when it is `near`, of its own, by a name that
/// is not the class's: `cls(...)`, `type(self)(...)`.
pub(super) fn may_make(text: &str, near: bool) -> bool {
    if near {
        return ["cls", "__class__", "type(self)", "klass"].iter().any(|word| text.contains(word));
    }
    // What these are is said where they are bound; as a first parameter it is a class of the same file.
    let given = |at: Span| may_bind(text, at) && !is_first_parameter(text, at);
    has_word(text, "klass") || each_word(text, "cls").any(given)
}

/// Whether the text may take a name from a module: it has both, or imports from its own package.
pub(super) fn may_take(text: &str, module: &str, name: &str) -> bool {
    let from_package =
        || each_word(text, "import").any(|at| text[..at.start].trim_end().ends_with('.'));
    has_word(text, name) && (text.contains(module) || from_package())
}

/// Whether a file is one of the few that are asked first for a reason not to rename what they take from others: those
/// that may offer it to others, and those that may see it by its text. That it leaves some out costs only time.
pub(super) fn may_refuse(path: &RepoPath, text: &str, name: &str) -> bool {
    has_word(text, name)
        && (path.file_name() == "__init__.py"
            || ["__all__", "globals", "locals"].iter().any(|word| has_word(text, word)))
}

/// Whether a file may offer one of some classes to others: as a package, or by `__all__`.
pub(super) fn may_offer(path: &RepoPath, text: &str, names: &FxHashSet<&str>) -> bool {
    (path.file_name() == "__init__.py" || has_word(text, "__all__"))
        && words_of(text).any(|word| names.contains(word))
}

fn is_first_parameter(text: &str, at: Span) -> bool {
    let plain = text[at.end..].trim_start().starts_with([',', ')']);
    plain && text[..at.start].trim_end().ends_with('(')
}

/// Whether a string begins with `name`, or with its beginning and something that is filled in.
fn quotes(text: &str, name: &str) -> bool {
    let Some(first) = name.chars().next() else { return true };
    ['"', '\''].into_iter().any(|quote| {
        let mut wanted = String::from(quote);
        wanted.push(first);
        text.match_indices(wanted.as_str()).any(|(at, _)| {
            let string = &text[at + 1..];
            let same = string.chars().zip(name.chars()).take_while(|(a, b)| a == b);
            let length: usize = same.map(|(c, _)| c.len_utf8()).sum();
            string[length..].starts_with(['"', '\'', '{', '%'])
        })
    })
}

/// Whether a word at a place may be given a value there, or defined.
fn may_bind(text: &str, at: Span) -> bool {
    let after = text[at.end..].trim_start_matches([' ', '\t', '\r', '\n', '\\']);
    let operator = ['+', '-', '*', '/', '%', '@', '&', '|', '^', '<', '>'];
    let plain = after.trim_start_matches(operator);
    let assigned = after.starts_with([':', ',', ')', ']', '}', ';'])
        || plain.starts_with('=') && !plain.starts_with("==")
        || after.starts_with("in") && !after[2..].starts_with(|c: char| c.is_alphanumeric());
    if assigned {
        return true;
    }
    if follows_dot(text, at) {
        return false;
    }
    let before = text[..at.start].trim_end_matches([' ', '\t', '\r', '\n', '\\']);
    let word = &before[before.trim_end_matches(|c: char| c.is_alphanumeric()).len()..];
    matches!(word, "def" | "class" | "import" | "as" | "del" | "type" | "global" | "case" | "for")
        || before.ends_with([',', '(', '[', '*', '|'])
}

/// True for an attribute.
fn follows_dot(text: &str, at: Span) -> bool {
    text[..at.start].trim_end_matches([' ', '\t', '\r', '\n', '\\']).ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_bind_pass() {
        for text in [
            "class A:\n    def name(self): pass",
            "class A:\n    name: int",
            "class A:\n    from x import (\n        other,\n        name\n    )",
            "class A:\n    def f(self):\n        self.other, self.name = 1, 2",
            "class A:\n    def f(self):\n        (self.name\n         , x) = 1, 2",
            "class A:\n    for name in x: pass",
            "class A:\n    def f(self):\n        with x as self.name: pass",
            "class A:\n    import name",
        ] {
            assert!(may_define(text, "name"), "{text}");
        }
        for text in ["class A:\n    def f(self):\n        self.name()", "class A: pass\nx.name + 1"]
        {
            assert!(!may_define(text, "name"), "{text}");
        }
        assert!(may_be_global("if x:\n    name = 1", "name"));
        assert!(!may_be_global("x.name = name + 1", "name"));
    }

    #[test]
    fn texts_that_look_names_up_pass() {
        for text in [
            "getattr(x, 'do_it')",
            "getattr(x, f\"do_{y}\")",
            "getattr(x, 'do_' + y)",
            "getattr(x, 'do%s' % y)",
        ] {
            assert!(may_look_up(text, "do_it"), "{text}");
        }
        for text in ["getattr(x, y)", "print('do_it')", "getattr(x, 'other')"] {
            assert!(!may_look_up(text, "do_it"), "{text}");
        }
    }
}
