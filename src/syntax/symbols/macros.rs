//! Items inside of Rust macro calls, `cfg_rt! { pub fn spawn() {} }`: to the grammar they are a heap of
//! tokens, to a reader they are the library.

use tree_sitter::{Node, Range, Tree};

use super::grammar::{Grammar, ImportStyle};

/// Words that begin an item.
const ITEMS: [&str; 9] =
    ["fn ", "struct ", "enum ", "trait ", "impl ", "impl<", "mod ", "use ", "const "];

/// The insides of the macro calls of a tree that stand where items do and look like items, in order.
pub(super) fn items(grammar: &Grammar, tree: &Tree, text: &str) -> Vec<Range> {
    let mut ranges = Vec::new();
    if grammar.imports == ImportStyle::Rust {
        collect(tree.root_node(), text, 0, &mut ranges);
    }
    ranges
}

fn collect(node: Node<'_>, text: &str, depth: usize, ranges: &mut Vec<Range>) {
    // Modules in modules; deeper ones are no hand's work.
    if depth > 8 {
        return;
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "macro_invocation" => ranges.extend(inside(child, text)),
            "expression_statement" => {
                let call = child.named_child(0).filter(|call| call.kind() == "macro_invocation");
                ranges.extend(call.and_then(|call| inside(call, text)));
            }
            "mod_item" | "impl_item" | "trait_item" => {
                if let Some(body) = child.child_by_field_name("body") {
                    collect(body, text, depth + 1, ranges);
                }
            }
            _ => {}
        }
    }
}

/// What stands between the braces of a call.
fn inside(call: Node<'_>, text: &str) -> Option<Range> {
    let tokens = call.named_child(u32::try_from(call.named_child_count()).ok()?.checked_sub(1)?)?;
    let body = text.get(tokens.start_byte()..tokens.end_byte())?;
    let inner = body.strip_prefix('{')?.strip_suffix('}')?;
    if tokens.kind() != "token_tree" || !ITEMS.iter().any(|item| inner.contains(item)) {
        return None;
    }
    let mut range = tokens.range();
    range.start_byte += 1;
    range.start_point.column += 1;
    range.end_byte -= 1;
    range.end_point.column = range.end_point.column.checked_sub(1)?;
    Some(range)
}

#[cfg(test)]
mod tests {
    use crate::syntax::{Grammar, extract};

    #[test]
    fn items_of_macros_are_items() {
        let text = "use a::b;\n\ncfg_rt! {\n    use c::D;\n\n    /// Starts it.\n    pub fn spawn(x: u8) -> D {\n        helper(x)\n    }\n\n    cfg_io! {\n        pub struct Inner;\n    }\n}\n\nimpl T {\n    cfg_fs! {\n        pub fn open(&self) {}\n    }\n}\n\nthread_local! { static X: u8 = 1 }\nfn last() { println!(\"fn x() {{}}\") }\n";
        let symbols = extract(Grammar::of_path("a.rs").unwrap(), text).unwrap();
        let names: Vec<String> = (0..symbols.definitions.len())
            .map(|at| symbols.qualified(u32::try_from(at).unwrap()))
            .collect();
        assert_eq!(names, ["spawn", "Inner", "T", "T.open", "last"]);
        let spawn = &symbols.definitions[0];
        assert_eq!((spawn.first, spawn.doc.as_str()), (7, "Starts it."));
        assert_eq!(symbols.imports.len(), 2);
        let calls = symbols.references.iter().filter(|r| r.within == Some(0));
        assert!(calls.into_iter().any(|r| symbols.name(r.name) == "helper"));
    }
}
