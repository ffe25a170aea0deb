//! Methods and functions of the standard library that are taken for each other.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, descendants, field, named};
use crate::syntax::sink::Sink;

/// `o.m(...)`: a related method.
pub(super) fn method(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = field(node, "function").filter(|f| f.kind() == "attribute") else {
        return;
    };
    let Some(attribute) = field(function, "attribute") else { return };
    let name = sink.text(attribute);
    let mut seen: Vec<&str> = Vec::new();
    for group in METHODS.iter().filter(|g| g.contains(&name)) {
        for new in group.iter().filter(|n| **n != name) {
            if !seen.contains(new) {
                seen.push(new);
                sink.swap(Operator::MethodSwap, cost(name, new), attribute, *new);
            }
        }
    }
    discard_method(node, function, sink);
}

/// `f(...)` of a builtin: a related builtin.
pub(super) fn builtin(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = field(node, "function").filter(|f| f.kind() == "identifier") else {
        return;
    };
    let name = sink.text(function);
    let arguments = tree::positional(node).len();
    let mut seen: Vec<&str> = Vec::new();
    for (group, cost) in BUILTINS.iter().filter(|(g, _)| g.contains(&name)) {
        for new in group.iter().filter(|n| **n != name) {
            let one_only = matches!(
                *new,
                "len"
                    | "sum"
                    | "any"
                    | "all"
                    | "abs"
                    | "sorted"
                    | "list"
                    | "set"
                    | "tuple"
                    | "float"
                    | "str"
            );
            let fits = !one_only || arguments == 1;
            if fits && !seen.contains(new) {
                seen.push(new);
                sink.swap(Operator::CalleeSwap, *cost, function, *new);
            }
        }
    }
}

/// `x.sort()` and `sorted(x)` for each other; `x = x.append(y)`; `x.strip()` without use.
pub(super) fn results(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let Some(statement) = node.parent() else { return };
    if let Some((object, name)) = receiver(node, sink) {
        match statement.kind() {
            "expression_statement" if PURE.contains(&name) && !object.contains('(') => {
                sink.swap(Operator::KeepResult, 0.6, node, format!("{object} = {text}"));
            }
            "assignment" if IN_PLACE.contains(&name) => {
                sink.swap(Operator::KeepResult, 0.6, statement, text);
            }
            "return_statement" if name == "sort" => {
                sink.swap(Operator::KeepResult, 0.6, node, format!("sorted({object})"));
            }
            "return_statement" if IN_PLACE.contains(&name) => {
                let indent = tree::indent(statement, sink);
                sink.swap(
                    Operator::KeepResult,
                    0.7,
                    statement,
                    format!("{text}\n{indent}return {object}"),
                );
            }
            _ => {}
        }
        if matches!(statement.kind(), "assignment" | "for_statement" | "argument_list")
            && name == "sort"
        {
            sink.swap(Operator::KeepResult, 0.7, node, format!("sorted({object})"));
        }
    }
    let first = tree::positional(node).first().map(|a| sink.text(*a));
    if let (Some(first), "expression_statement") = (first, statement.kind()) {
        match tree::callee(node, sink) {
            "sorted" | "reversed" | "list" | "set" | "int" | "float" | "str" | "abs" => {
                sink.swap(Operator::KeepResult, 0.7, node, format!("{first} = {text}"));
            }
            _ => {}
        }
        if tree::callee(node, sink) == "sorted" {
            sink.swap(Operator::KeepResult, 0.9, node, format!("{first}.sort()"));
        }
    }
}

/// `x` becomes `x.m(...)`: a call that the file makes on an object of that name, or a common one.
pub(super) fn forgotten(node: Node<'_>, sink: &mut Sink<'_>) {
    let fits = matches!(node.kind(), "identifier" | "attribute" | "subscript" | "call");
    let base = match tree::role(node) {
        Role::Assigned | Role::Returned | Role::Iterated => 1.9,
        Role::Argument | Role::Compared => 2.1,
        Role::Element | Role::Index => 2.4,
        _ => return,
    };
    if !fits || tree::is_target(node) || tree::in_string(node) {
        return;
    }
    let text = sink.text(node);
    let mut suffixes: Vec<(String, f32)> = Vec::new();
    if node.kind() != "call" {
        let row = node.start_position().row;
        let mut seen: Vec<(usize, String)> = descendants(sink.root())
            .into_iter()
            .filter(|n| n.kind() == "call" && n.start_byte() != node.start_byte())
            .filter(|n| receiver(*n, sink).is_some_and(|(object, _)| object == text))
            .map(|n| (n.start_position().row.abs_diff(row), sink.text(n)[text.len()..].to_owned()))
            .filter(|(_, suffix)| suffix.len() <= 24 && !suffix.contains('\n'))
            .collect();
        seen.sort();
        suffixes.extend(seen.into_iter().take(4).map(|(_, suffix)| (suffix, base - 0.3)));
    }
    let plain = tree::callee(node, sink);
    let known = node.kind() == "call" && PURE.contains(&plain);
    if !known {
        let common =
            [".lower()", ".strip()", ".upper()", ".split()", ".items()", ".group(1)", ".group(0)"];
        suffixes.extend(
            common.iter().enumerate().map(|(i, s)| ((*s).to_owned(), base + 0.2 + 0.05 * i as f32)),
        );
    }
    for (suffix, cost) in suffixes {
        sink.swap(Operator::CallAdd, cost, node, format!("{text}{suffix}"));
    }
}

/// `a.extend(b)` and `a += b`, `s.add(x)` and `s | {x}`: one element or many.
pub(super) fn element_or_many(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some((object, name)) = receiver(node, sink) else { return };
    let arguments = tree::positional(node);
    let [argument] = arguments[..] else { return };
    let argument_text = sink.text(argument);
    let in_statement = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    match name {
        "append" if in_statement => {
            sink.swap(
                Operator::MethodSwap,
                1.8,
                node,
                format!("{object}.insert(0, {argument_text})"),
            );
            sink.swap(Operator::MethodSwap, 2.2, argument, format!("[{argument_text}]"));
            if matches!(argument.kind(), "list") && named(argument).len() == 1 {
                sink.swap(Operator::MethodSwap, 1.6, argument, sink.text(named(argument)[0]));
            }
        }
        "extend" | "update"
            if matches!(argument.kind(), "identifier" | "string" | "subscript" | "call") =>
        {
            sink.swap(Operator::MethodSwap, 1.6, argument, format!("[{argument_text}]"));
        }
        "remove" => {
            sink.swap(Operator::MethodSwap, 1.8, node, format!("{object}.pop({argument_text})"))
        }
        "startswith" | "endswith" => {
            sink.swap(Operator::MethodSwap, 2.0, node, format!("{argument_text} in {object}"));
            let new = format!("{argument_text}.{name}({object})");
            sink.swap(Operator::MethodSwap, 1.8, node, new);
        }
        _ => {}
    }
}

/// `x.lower()` becomes `x`.
fn discard_method(node: Node<'_>, function: Node<'_>, sink: &mut Sink<'_>) {
    let Some(object) = field(function, "object") else { return };
    let name = tree::callee(node, sink);
    let used = node.parent().is_none_or(|p| p.kind() != "expression_statement");
    if used && (PURE.contains(&name) || matches!(name, "keys" | "values" | "items" | "copy")) {
        let cost = if name == "copy" { 2.4 } else { 1.8 };
        let text = sink.text(object);
        sink.swap(Operator::CallRemove, cost, node, text);
    }
}

/// Object and method name of `o.m(...)`.
fn receiver<'t>(call: Node<'t>, sink: &Sink<'t>) -> Option<(&'t str, &'t str)> {
    let function = field(call, "function").filter(|f| f.kind() == "attribute")?;
    children(function).next()?;
    Some((sink.text(field(function, "object")?), sink.text(field(function, "attribute")?)))
}

/// Pairs that are true opposites or twins are likelier than the rest of their group.
fn cost(old: &str, new: &str) -> f32 {
    const TWINS: &[(&str, &str)] = &[
        ("append", "extend"),
        ("append", "add"),
        ("add", "update"),
        ("append", "appendleft"),
        ("pop", "popleft"),
        ("lstrip", "rstrip"),
        ("strip", "rstrip"),
        ("strip", "lstrip"),
        ("startswith", "endswith"),
        ("items", "values"),
        ("items", "keys"),
        ("keys", "values"),
        ("find", "rfind"),
        ("index", "rindex"),
        ("find", "index"),
        ("lower", "upper"),
        ("split", "rsplit"),
        ("partition", "rpartition"),
        ("union", "intersection"),
        ("intersection", "difference"),
        ("difference", "symmetric_difference"),
        ("issubset", "issuperset"),
        ("floor", "ceil"),
        ("sin", "cos"),
        ("match", "search"),
        ("match", "fullmatch"),
        ("ljust", "rjust"),
        ("heappush", "heappop"),
        ("bisect_left", "bisect_right"),
        ("isdigit", "isalpha"),
        ("islower", "isupper"),
        ("days", "seconds"),
        ("seconds", "total_seconds"),
        ("read", "readlines"),
        ("remove", "discard"),
        ("discard", "add"),
        ("permutations", "combinations"),
        ("copy", "deepcopy"),
        ("load", "loads"),
        ("dump", "dumps"),
        ("encode", "decode"),
    ];
    let twins = TWINS.iter().any(|t| *t == (old, new) || *t == (new, old));
    if twins { 0.8 } else { 1.6 }
}

/// Methods without effect on the object.
const PURE: &[&str] = &[
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "swapcase",
    "replace",
    "casefold",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "expandtabs",
    "removeprefix",
    "removesuffix",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "encode",
    "decode",
    "translate",
    "quantize",
    "normalize",
    "with_suffix",
    "with_name",
];

/// Methods that change the object and return nothing.
const IN_PLACE: &[&str] = &[
    "append",
    "extend",
    "insert",
    "remove",
    "sort",
    "reverse",
    "clear",
    "add",
    "discard",
    "update",
    "appendleft",
    "extendleft",
    "rotate",
    "write",
];

const METHODS: &[&[&str]] = &[
    &["append", "extend", "add", "appendleft", "insert"],
    &["add", "update", "discard", "remove"],
    &["update", "setdefault", "extend"],
    &["pop", "popleft", "remove", "popitem", "get"],
    &["remove", "discard", "pop"],
    &["strip", "lstrip", "rstrip"],
    &["removeprefix", "removesuffix", "lstrip", "rstrip"],
    &["startswith", "endswith"],
    &["items", "keys", "values"],
    &["find", "index", "rfind", "rindex", "count"],
    &["lower", "upper", "title", "capitalize", "swapcase", "casefold"],
    &["islower", "isupper", "istitle"],
    &["isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "isspace"],
    &["split", "rsplit", "splitlines", "partition", "rpartition"],
    &["partition", "rpartition", "split"],
    &["ljust", "rjust", "center", "zfill"],
    &["union", "intersection", "difference", "symmetric_difference"],
    &["issubset", "issuperset", "isdisjoint"],
    &["read", "readline", "readlines"],
    &["write", "writelines"],
    &["get", "pop", "setdefault"],
    &["match", "search", "fullmatch"],
    &["findall", "finditer", "search"],
    &["group", "groups", "groupdict"],
    &["start", "end", "span"],
    &["sub", "subn", "replace"],
    &["floor", "ceil", "trunc", "round"],
    &["sin", "cos", "tan"],
    &["asin", "acos", "atan", "atan2"],
    &["log", "log2", "log10", "log1p", "exp"],
    &["sqrt", "isqrt", "pow"],
    &["gcd", "lcm"],
    &["fsum", "prod"],
    &["degrees", "radians"],
    &["permutations", "combinations", "product", "combinations_with_replacement"],
    &["chain", "from_iterable", "zip_longest"],
    &["takewhile", "dropwhile", "filterfalse"],
    &["bisect", "bisect_left", "bisect_right"],
    &["insort", "insort_left", "insort_right"],
    &["heappush", "heappop", "heappushpop", "heapreplace"],
    &["nlargest", "nsmallest"],
    &["copy", "deepcopy"],
    &["load", "loads"],
    &["dump", "dumps"],
    &["encode", "decode"],
    &["now", "utcnow", "today"],
    &["seconds", "total_seconds", "days", "microseconds"],
    &["weekday", "isoweekday"],
    &["strftime", "strptime", "isoformat"],
    &["sort", "reverse"],
    &["put", "get"],
    &["acquire", "release"],
    &["most_common", "elements", "items"],
    &["exists", "is_file", "is_dir"],
    &["isfile", "isdir", "exists"],
    &["basename", "dirname"],
    &["mkdir", "makedirs"],
    &["name", "stem", "suffix"],
    &["mean", "median", "mode"],
    &["stdev", "pstdev"],
    &["variance", "pvariance"],
    &["choice", "choices", "sample"],
    &["randint", "randrange"],
    &["quotes", "quote", "unquote"],
];

const BUILTINS: &[(&[&str], f32)] = &[
    (&["min", "max"], 0.6),
    (&["any", "all"], 0.6),
    (&["ord", "chr"], 0.9),
    (&["floor", "ceil"], 0.7),
    (&["int", "round", "float"], 1.4),
    (&["floor", "ceil", "round", "int", "trunc"], 1.4),
    (&["str", "repr"], 1.4),
    (&["str", "int", "float"], 1.8),
    (&["list", "set", "tuple", "sorted"], 1.4),
    (&["sorted", "reversed"], 1.4),
    (&["sorted", "list"], 1.5),
    (&["sum", "len", "max", "min"], 1.7),
    (&["sum", "any", "all"], 2.2),
    (&["map", "filter"], 1.6),
    (&["isinstance", "issubclass"], 1.0),
    (&["bin", "hex", "oct"], 1.3),
    (&["abs", "int", "round"], 2.2),
    (&["getattr", "hasattr"], 1.8),
    (&["iter", "next"], 1.8),
    (&["dict", "list", "set"], 2.0),
    (&["enumerate", "zip"], 2.2),
    (&["range", "enumerate"], 1.8),
    (&["deque", "list"], 2.2),
    (&["defaultdict", "dict"], 2.2),
    (&["Counter", "set", "dict"], 2.0),
    (&["permutations", "combinations"], 0.8),
    (&["bisect_left", "bisect_right"], 0.8),
    (&["heappush", "heappop"], 1.4),
    (&["deepcopy", "copy"], 0.8),
    (&["type", "isinstance"], 2.6),
    (&["divmod", "pow"], 2.6),
    (&["frozenset", "set"], 2.0),
    (&["takewhile", "dropwhile"], 0.9),
    (&["classmethod", "staticmethod"], 1.2),
];

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn methods_and_builtins() {
        reaches("x.append(y)  #!\n", &["x.extend(y)", "x.add(y)", "x.insert(0, y)"]);
        reaches("y = x.strip()  #!\n", &["y = x.rstrip()", "y = x"]);
        reaches("y = x.items()  #!\n", &["y = x.values()", "y = x.keys()"]);
        reaches("y = min(x)  #!\n", &["y = max(x)"]);
        reaches("y = any(x)  #!\n", &["y = all(x)"]);
        reaches("y = math.floor(x)  #!\n", &["y = math.ceil(x)"]);
    }

    #[test]
    fn results() {
        reaches("x.strip()  #!\n", &["x = x.strip()"]);
        reaches("x = x.sort()  #!\n", &["x.sort()", "x = sorted(x)"]);
        reaches("def f(x):\n    return x.sort()  #!\n", &["return sorted(x)"]);
        reaches(
            "def f(x):\n    return x.append(1)  #!\n",
            &["def f(x):\n    x.append(1)\n    return x\n"],
        );
        reaches("sorted(x)  #!\n", &["x = sorted(x)", "x.sort()"]);
    }
}
