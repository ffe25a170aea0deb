//! Functions, definitions and the names that can be used at a place, for every language through
//! the tables in `dialect`.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::syntax::tree::Node;

use super::dialect::{self, Binding, ContainerKind, Dialect, Param};
use super::node::{
    ancestors, children, descendants, field, first_line, last_line, named, span, text_of, walk,
};
use super::parse::Parsed;
use crate::base::{Language, Line, Span};

/// A function or method with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The bare name; for a test callback (`it("adds", ...)`) its title.
    pub name: String,
    /// With classes, modules and outer functions: `Class.method`, `tests::adds`.
    pub qualified: String,
    /// The innermost class (type, trait) that holds it.
    pub class: Option<String>,
    /// The definition, Python's decorators included.
    pub span: Span,
    /// The body alone.
    pub body: Span,
    /// First to last line of `span`.
    pub lines: RangeInclusive<Line>,
    pub params: Vec<Param>,
    /// Decorators or attributes without `@` and `#[]`.
    pub decorators: Vec<String>,
    /// See [`is_test_function`].
    pub is_test: bool,
}

/// Something that a file gives a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    pub qualified: String,
    pub kind: DefinitionKind,
    pub span: Span,
    pub line: Line,
    /// Where an import comes from.
    pub source: Option<ImportSource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    Function,
    Method,
    Class,
    /// A name assigned at the top level.
    Variable,
    Import,
}

/// What an import names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportSource {
    /// As written: `pkg.mod`, `.mod`, `crate::a`, `./file`, `example.com/pkg`.
    pub module: String,
    /// The name taken out of the module; `None` when the module itself is imported.
    pub item: Option<String>,
}

/// A name that can be used at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub name: String,
    pub kind: NameKind,
    pub reach: Reach,
    /// Where it is bound.
    pub line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    Param,
    Local,
    Function,
    Class,
    Import,
}

/// How far out a name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// In the innermost function.
    Own,
    /// In a function or class around it.
    Enclosing,
    /// At the top level of the file.
    Module,
}

/// A field, attribute or method of a type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attribute {
    pub name: String,
    pub is_method: bool,
    pub line: Line,
}

/// Every function with a body, in source order, nested ones included.
pub fn functions(parsed: &Parsed) -> Vec<Function> {
    let dialect = dialect::of(parsed.language());
    let mut out = Vec::new();
    let mut stack = vec![(parsed.root(), Place::default())];
    while let Some((node, place)) = stack.pop() {
        let inner = match function_at(node, &place, parsed, dialect) {
            Some(function) => {
                let inner =
                    Place { prefix: function.qualified.clone(), class: function.class.clone() };
                out.push(function);
                Some(inner)
            }
            None => (dialect.container)(node, parsed.text()).map(|c| Place {
                prefix: join(&place.prefix, &c.name, dialect),
                class: if c.kind == ContainerKind::Class { Some(c.name) } else { None },
            }),
        };
        let place = inner.unwrap_or(place);
        stack.extend(children(node).rev().map(|child| (child, place.clone())));
    }
    out
}

/// The innermost function whose lines hold `line`.
pub fn enclosing_function(parsed: &Parsed, line: Line) -> Option<Function> {
    functions(parsed).into_iter().filter(|f| f.lines.contains(&line)).min_by_key(|f| f.span.len())
}

/// The name of the innermost class (type, trait) around a byte offset.
pub fn enclosing_class(parsed: &Parsed, offset: usize) -> Option<String> {
    let dialect = dialect::of(parsed.language());
    let node = leaf(parsed, offset)?;
    std::iter::once(node)
        .chain(ancestors(node))
        .filter_map(|n| (dialect.container)(n, parsed.text()))
        .find(|c| c.kind == ContainerKind::Class)
        .map(|c| c.name)
}

/// True for functions that a test runner of the language would collect.
///
/// Python: `test*` at the top level or in a test class; Rust: `#[test]` and its relatives; Go:
/// `TestXxx` and the like; JavaScript: callbacks of `test` and `it`.
pub fn is_test_function(function: &Function) -> bool {
    function.is_test
}

/// Functions, classes, top-level names and imports, in source order.
pub fn definitions(parsed: &Parsed) -> Vec<Definition> {
    let dialect = dialect::of(parsed.language());
    let text = parsed.text();
    let mut out: Vec<Definition> = functions(parsed)
        .into_iter()
        .map(|f| Definition {
            kind: if f.class.is_some() { DefinitionKind::Method } else { DefinitionKind::Function },
            name: f.name,
            qualified: f.qualified,
            span: f.span,
            line: *f.lines.start(),
            source: None,
        })
        .collect();
    let mut add = |binding: Binding<'_>, kind, whole: Node<'_>| {
        out.push(Definition {
            qualified: binding.name.clone(),
            name: binding.name,
            kind,
            span: span(whole),
            line: Line(first_line(binding.node)),
            source: binding.import,
        });
    };
    for node in descendants(parsed.root()) {
        for binding in (dialect.bind)(node, text) {
            match binding.kind {
                NameKind::Class => add(binding, DefinitionKind::Class, node),
                NameKind::Import => add(binding, DefinitionKind::Import, node),
                _ => {}
            }
        }
    }
    for (carrier, binding) in direct_bindings(parsed.root(), text, dialect) {
        if binding.kind == NameKind::Local {
            add(binding, DefinitionKind::Variable, carrier);
        }
    }
    out.sort_by_key(|d| (d.span, d.line));
    out
}

/// The names that can be used at `offset`, innermost scope first, each name once.
///
/// Locals count when they are bound before `offset`; builtins are not listed, see [`is_builtin`].
pub fn names_in_scope(parsed: &Parsed, offset: usize) -> Vec<Name> {
    let dialect = dialect::of(parsed.language());
    let text = parsed.text();
    let Some(node) = leaf(parsed, offset) else { return Vec::new() };
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    let mut functions = 0;
    for scope in std::iter::once(node).chain(ancestors(node)) {
        if !(dialect.is_scope)(scope.kind()) {
            continue;
        }
        let is_class = (dialect.container)(scope, text).is_some();
        if is_class && functions > 0 && parsed.language() == Language::Python {
            // Names of a class body are not visible in its methods.
            continue;
        }
        let is_module = scope.parent().is_none();
        let reach = match functions {
            _ if is_module => Reach::Module,
            0 => Reach::Own,
            _ => Reach::Enclosing,
        };
        for (carrier, binding) in direct_bindings(scope, text, dialect) {
            // A comprehension names its variables after it has used them.
            let hidden = binding.kind == NameKind::Local
                && reach == Reach::Own
                && carrier.kind() != "for_in_clause"
                && (binding.node.end_byte() > offset || is_inside_own_value(carrier, offset));
            if !hidden && seen.insert(binding.name.clone()) {
                let line = Line(first_line(binding.node));
                out.push(Name { name: binding.name, kind: binding.kind, reach, line });
            }
        }
        functions += usize::from((dialect.function)(scope, text).is_some());
    }
    out
}

/// Attributes and methods of the type `class`, each once: what `self.` (or `this.`, or a value of
/// the type) offers as far as this file tells.
pub fn attributes_of_self(parsed: &Parsed, class: &str) -> Vec<Attribute> {
    let mut out = Vec::new();
    let mut classes = vec![class.to_owned()];
    let mut at = 0;
    // The bases that the same file defines, the nearest first.
    while let Some(class) = classes.get(at).cloned() {
        out.extend(own_attributes(parsed, &class));
        for base in bases(parsed, &class) {
            if !classes.contains(&base) {
                classes.push(base);
            }
        }
        at += 1;
    }
    let mut seen = HashSet::new();
    out.retain(|a: &Attribute| seen.insert(a.name.clone()));
    out
}

/// The names of a Python class's bases.
fn bases(parsed: &Parsed, class: &str) -> Vec<String> {
    let text = parsed.text();
    let named_so = |n: &Node<'_>| {
        n.kind() == "class_definition"
            && field(*n, "name").is_some_and(|c| text_of(c, text) == class)
    };
    let definition = parsed.root().subtree().find(named_so);
    let list = definition.and_then(|d| field(d, "superclasses"));
    let bases = list.map(named).unwrap_or_default();
    bases
        .into_iter()
        .filter(|b| b.kind() == "identifier")
        .map(|b| text_of(b, text).to_owned())
        .collect()
}

fn own_attributes(parsed: &Parsed, class: &str) -> Vec<Attribute> {
    let dialect = dialect::of(parsed.language());
    let text = parsed.text();
    let mut out: Vec<Attribute> = functions(parsed)
        .into_iter()
        .filter(|f| f.class.as_deref() == Some(class))
        .filter(|f| !f.qualified.contains(&format!("{0}{1}", f.name, dialect.separator)))
        .map(|f| Attribute { name: f.name, is_method: true, line: *f.lines.start() })
        .collect();
    for node in descendants(parsed.root()) {
        let held = (dialect.container)(node, text).is_some_and(|c| c.name == class);
        if !held {
            continue;
        }
        for inner in descendants(node) {
            if let Some(name) = (dialect.attribute)(inner, text) {
                out.push(Attribute { name, is_method: false, line: Line(first_line(inner)) });
            }
        }
    }
    out
}

/// True for names that the language provides everywhere.
pub fn is_builtin(language: Language, name: &str) -> bool {
    let list = match language {
        Language::Python => PYTHON_BUILTINS,
        Language::Rust => RUST_BUILTINS,
        Language::JavaScript | Language::TypeScript | Language::Tsx => JAVASCRIPT_BUILTINS,
        Language::Go => GO_BUILTINS,
    };
    list.contains(&name)
}

#[derive(Clone, Default)]
struct Place {
    prefix: String,
    class: Option<String>,
}

fn function_at(
    node: Node<'_>,
    place: &Place,
    parsed: &Parsed,
    dialect: &Dialect,
) -> Option<Function> {
    let parts = (dialect.function)(node, parsed.text())?;
    let whole = match node.parent() {
        Some(outer) if outer.kind() == "decorated_definition" => outer,
        _ => node,
    };
    let prefix = match &parts.owner {
        Some(owner) => join(&place.prefix, owner, dialect),
        None => place.prefix.clone(),
    };
    Some(Function {
        qualified: join(&prefix, &parts.name, dialect),
        name: parts.name,
        class: parts.owner.or_else(|| place.class.clone()),
        span: span(whole),
        body: span(parts.body),
        lines: Line(first_line(whole))..=Line(last_line(whole)),
        params: parts.params,
        decorators: parts.decorators,
        is_test: parts.is_test,
    })
}

fn join(prefix: &str, name: &str, dialect: &Dialect) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{}{name}", dialect.separator) }
}

/// The smallest node at an offset.
fn leaf(parsed: &Parsed, offset: usize) -> Option<Node<'_>> {
    let offset = offset.min(parsed.text().len());
    parsed.root().descendant_for_byte_range(offset, offset)
}

/// The names bound in a scope but not in one nested in it, with the node that binds them.
fn direct_bindings<'t>(
    scope: Node<'t>,
    text: &str,
    dialect: &Dialect,
) -> Vec<(Node<'t>, Binding<'t>)> {
    let nested = |n: Node<'_>| n.id() != scope.id() && (dialect.is_scope)(n.kind());
    let mut out = Vec::new();
    for node in walk(scope, |n| !nested(n)) {
        for binding in (dialect.bind)(node, text) {
            // A function's name belongs to the scope around it, a loop variable to its own loop.
            let names_itself = matches!(binding.kind, NameKind::Function | NameKind::Class);
            let own = match (node.id() == scope.id(), nested(node)) {
                (true, _) => !names_itself,
                (_, true) => names_itself,
                _ => true,
            };
            if own {
                out.push((node, binding));
            }
        }
    }
    out
}

/// In `x = f(y)` the name `x` is not yet there for `y`.
fn is_inside_own_value(carrier: Node<'_>, offset: usize) -> bool {
    let assigns = matches!(
        carrier.kind(),
        "assignment"
            | "let_declaration"
            | "variable_declarator"
            | "short_var_declaration"
            | "var_spec"
            | "const_spec"
    );
    assigns && offset <= carrier.end_byte()
}

const PYTHON_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
    "__name__",
    "__file__",
    "None",
    "True",
    "False",
    "NotImplemented",
    "Ellipsis",
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "ChildProcessError",
    "ConnectionError",
    "EOFError",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "RuntimeError",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SystemError",
    "SystemExit",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
    "DeprecationWarning",
    "RuntimeWarning",
];

const RUST_BUILTINS: &[&str] = &[
    "Some",
    "None",
    "Ok",
    "Err",
    "Box",
    "Vec",
    "String",
    "Option",
    "Result",
    "Default",
    "Clone",
    "Copy",
    "Send",
    "Sync",
    "Sized",
    "Drop",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "AsRef",
    "AsMut",
    "Iterator",
    "IntoIterator",
    "ExactSizeIterator",
    "DoubleEndedIterator",
    "Extend",
    "FromIterator",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "ToOwned",
    "ToString",
    "drop",
    "println",
    "print",
    "eprintln",
    "eprint",
    "format",
    "vec",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "matches",
    "write",
    "writeln",
    "dbg",
    "include_str",
    "env",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "bool",
    "char",
    "str",
    "Self",
    "self",
    "super",
    "crate",
];

const JAVASCRIPT_BUILTINS: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "BigInt",
    "Boolean",
    "Buffer",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int32Array",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URL",
    "URLSearchParams",
    "Uint8Array",
    "WeakMap",
    "WeakSet",
    "clearInterval",
    "clearTimeout",
    "console",
    "decodeURIComponent",
    "encodeURIComponent",
    "exports",
    "fetch",
    "globalThis",
    "isFinite",
    "isNaN",
    "module",
    "parseFloat",
    "parseInt",
    "process",
    "queueMicrotask",
    "require",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "structuredClone",
    "undefined",
    "arguments",
    "__dirname",
    "__filename",
];

const GO_BUILTINS: &[&str] = &[
    "append",
    "cap",
    "clear",
    "close",
    "complex",
    "copy",
    "delete",
    "imag",
    "len",
    "make",
    "max",
    "min",
    "new",
    "panic",
    "print",
    "println",
    "real",
    "recover",
    "any",
    "bool",
    "byte",
    "comparable",
    "complex64",
    "complex128",
    "error",
    "float32",
    "float64",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "rune",
    "string",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "true",
    "false",
    "iota",
    "nil",
];

#[cfg(test)]
mod tests;
