//! A class that only keeps its arguments, as a dataclass.

use crate::base::{Replacement, Span};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{children, descendants, field, named};
use crate::syntax::tree::Node;

use super::facts::is_literal;
use super::file::{Beyond, File, Made};
use super::{layout, types};

/// One parameter that becomes a field.
struct Attribute<'t> {
    name: &'t str,
    annotation: Option<Node<'t>>,
    default: Option<Node<'t>>,
    /// The assignment `self.name = name`.
    statement: Node<'t>,
}

/// Methods that see how attributes are set or made.
const SEEING: [&str; 12] = [
    "__new__",
    "__setattr__",
    "__getattr__",
    "__getattribute__",
    "__delattr__",
    "__post_init__",
    "__init_subclass__",
    "__set_name__",
    "__dataclass_fields__",
    "__match_args__",
    "__slots__",
    "__replace__",
];

/// True for classes that hold several values.
pub(super) fn wanted(file: &File<'_>, node: Node<'_>, _: &Made) -> bool {
    let init = field(node, "body").and_then(|body| method(file, body, "__init__"));
    let list = init.and_then(|i| field(i, "parameters")).map(named).unwrap_or_default();
    list.len() > 2
}

/// The dataclass for a plain class.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let Some(body) = field(node, "body") else { return Err(not_here(file, node)) };
    let init = method(file, body, "__init__").ok_or_else(|| not_here(file, node))?;
    plain_class(file, node, body)?;
    let mut attributes = parameters(file, init)?;
    assignments(file, init, &mut attributes)?;
    members(file, node, body, &attributes)?;
    defaults(file, &attributes)?;
    annotations(file, &attributes)?;
    let mut made = Made::new(format!("Make `{}` a dataclass", class_name(file, node)));
    made.needs = Some((3, 7));
    made.beyond.push(Beyond::NoDataclassBelow(class_name(file, node).to_owned()));
    let imports = Imports::new(file, node, attributes.iter().any(|a| a.annotation.is_none()))?;
    let mut options = Vec::new();
    for (name, option) in [("__eq__", "eq=False"), ("__repr__", "repr=False")] {
        if method(file, body, name).is_none() {
            options.push(option);
        }
    }
    let options =
        if options.is_empty() { String::new() } else { format!("({})", options.join(", ")) };
    let start = node.start_byte();
    let indent = layout::indent(file.text, start);
    // First, since both may be inserted at the same place.
    made.edits.extend(imports.edit);
    made.edits.push(Replacement {
        span: Span::at(start),
        text: format!("@{}{options}\n{indent}", imports.decorator),
    });
    let inner = layout::indent(file.text, init.start_byte());
    let fields: Vec<String> = attributes
        .iter()
        .map(|a| {
            let annotation = a.annotation.map_or(imports.any.as_str(), |t| file.of(t));
            let default = a.default.map_or(String::new(), |d| format!(" = {}", file.of(d)));
            let comment = layout::trailing_comment(file.text, a.statement);
            let comment = comment.map_or(String::new(), |c| format!("  {c}"));
            format!("{}: {annotation}{default}{comment}", a.name)
        })
        .collect();
    let text = fields.join(&format!("\n{inner}"));
    let end = init.end_byte().max(layout::line_end(file.text, init.end_byte()).saturating_sub(1));
    made.edits
        .push(Replacement { span: Span::new(init.start_byte(), end.max(init.end_byte())), text });
    Ok(made)
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    let message = "there is no class whose `__init__` keeps its arguments here";
    file.refusal(Reason::NotHere, node, message)
}

fn class_name<'a>(file: &File<'a>, node: Node<'_>) -> &'a str {
    field(node, "name").map_or("", |n| file.of(n))
}

/// The statements of a body with their decorators taken off.
fn definitions<'t>(body: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    named(body).into_iter().map(|n| field(n, "definition").unwrap_or(n))
}

fn method<'t>(file: &File<'_>, body: Node<'t>, name: &str) -> Option<Node<'t>> {
    definitions(body).find(|n| {
        n.kind() == "function_definition" && field(*n, "name").is_some_and(|f| file.of(f) == name)
    })
}

fn plain_class(file: &File<'_>, node: Node<'_>, body: Node<'_>) -> Result<(), Refusal> {
    let bases = field(node, "superclasses").map(named).unwrap_or_default();
    if let Some(base) = bases.iter().find(|b| !file.is_builtin(**b, "object")) {
        let message =
            "the class has a base class or a metaclass, which a dataclass may get on with or not";
        return Err(file.refusal(Reason::Inherited, *base, message));
    }
    if node.parent().is_some_and(|p| p.kind() == "decorated_definition") {
        return Err(file.refusal(Reason::Effects, node, "a decorator sees the class"));
    }
    if field(node, "type_parameters").is_some() || !layout::alone_before(file.text, node) {
        return Err(not_here(file, node));
    }
    let seeing = descendants(body).into_iter().find(|n| {
        n.kind() == "identifier" && (SEEING.contains(&file.of(*n)) || file.of(*n) == "__dict__")
    });
    if let Some(seeing) = seeing {
        let message = format!("`{}` sees how the attributes are set", file.of(seeing));
        return Err(file.refusal(Reason::NotEquivalent, seeing, message));
    }
    Ok(())
}

/// The parameters of `__init__` behind `self`.
fn parameters<'t>(file: &File<'t>, init: Node<'t>) -> Result<Vec<Attribute<'t>>, Refusal> {
    if init.parent().is_some_and(|p| p.kind() == "decorated_definition")
        || children(init).any(|c| c.kind() == "async")
    {
        return Err(file.refusal(Reason::NotEquivalent, init, "`__init__` is decorated"));
    }
    let list = field(init, "parameters").map(named).unwrap_or_default();
    let Some((receiver, rest)) = list.split_first() else { return Err(not_here(file, init)) };
    if file.of(*receiver) != "self" || rest.is_empty() {
        return Err(not_here(file, init));
    }
    let mut out = Vec::new();
    for parameter in rest {
        let name = match parameter.kind() {
            "identifier" => Some(*parameter),
            "typed_parameter" => {
                named(*parameter).first().copied().filter(|n| n.kind() == "identifier")
            }
            "default_parameter" | "typed_default_parameter" => field(*parameter, "name"),
            _ => None,
        };
        let Some(name) = name.filter(|n| n.kind() == "identifier") else {
            let message =
                format!("`{}` has no equal among the fields of a dataclass", file.of(*parameter));
            return Err(file.refusal(Reason::NotEquivalent, *parameter, message));
        };
        out.push(Attribute {
            name: file.of(name),
            annotation: field(*parameter, "type"),
            default: field(*parameter, "value"),
            statement: *parameter,
        });
    }
    Ok(out)
}

/// Checks that the body is `self.x = x` for each parameter and nothing else.
fn assignments<'t>(
    file: &File<'t>,
    init: Node<'t>,
    attributes: &mut [Attribute<'t>],
) -> Result<(), Refusal> {
    let Some(body) = field(init, "body") else { return Err(not_here(file, init)) };
    let mut order = Vec::new();
    for statement in named(body) {
        let assignment = named(statement).first().copied().filter(|a| a.kind() == "assignment");
        let kept = assignment.and_then(|a| {
            let left = field(a, "left").filter(|l| l.kind() == "attribute")?;
            let receiver = field(left, "object").is_some_and(|o| file.of(o) == "self");
            let name = field(left, "attribute").map(|n| file.of(n))?;
            let value = field(a, "right").filter(|v| v.kind() == "identifier")?;
            (receiver && file.of(value) == name).then_some((name, field(a, "type")))
        });
        let index = kept.and_then(|(name, _)| attributes.iter().position(|a| a.name == name));
        let (Some((_, ty)), Some(index)) = (kept, index) else {
            let message = "`__init__` does more than keep its arguments under their own names";
            return Err(file.refusal(Reason::NotEquivalent, statement, message));
        };
        attributes[index].statement = statement;
        attributes[index].annotation = attributes[index].annotation.or(ty);
        order.push(index);
    }
    if order != (0..attributes.len()).collect::<Vec<_>>() {
        let message = "not every argument is kept once, and in the order of the parameters";
        return Err(file.refusal(Reason::NotEquivalent, init, message));
    }
    let trailing: Vec<&str> = attributes
        .iter()
        .filter_map(|a| layout::trailing_comment(file.text, a.statement))
        .collect();
    let end = layout::block_end(file.text, body);
    let comments = file.comments_in(Span::new(init.start_byte(), end));
    if comments.count() > trailing.len() {
        let message = "comments within `__init__` would be lost";
        return Err(file.refusal(Reason::NotHere, init, message));
    }
    Ok(())
}

/// Refuses other members that a dataclass would take for fields, or for the defaults of them.
fn members(
    file: &File<'_>,
    node: Node<'_>,
    body: Node<'_>,
    attributes: &[Attribute<'_>],
) -> Result<(), Refusal> {
    let is_field = |name: &str| attributes.iter().any(|a| a.name == name);
    for statement in definitions(body) {
        let name = match statement.kind() {
            "function_definition" | "class_definition" => field(statement, "name"),
            "expression_statement" => {
                let assignment =
                    named(statement).first().copied().filter(|a| a.kind() == "assignment");
                if let Some(typed) = assignment.filter(|a| field(*a, "type").is_some()) {
                    let message = "an annotated name of the class would become a field as well";
                    return Err(file.refusal(Reason::NotEquivalent, typed, message));
                }
                assignment.and_then(|a| field(a, "left"))
            }
            "pass_statement" => None,
            _ => {
                let message = "the class body has statements whose names are not known";
                return Err(file.refusal(Reason::NotEquivalent, statement, message));
            }
        };
        let names = name.map(descendants).unwrap_or_default();
        if let Some(clash) =
            names.iter().filter(|n| n.kind() == "identifier").find(|n| is_field(file.of(**n)))
        {
            let message = format!(
                "`{}` is a member of the class too; a dataclass would take it for the default of the field",
                file.of(*clash)
            );
            return Err(file.refusal(Reason::NameTaken, *clash, message));
        }
    }
    if let Some(private) = attributes.iter().find(|a| a.name.starts_with("__")) {
        let message = format!("`{}` is a private name, which is mangled", private.name);
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    Ok(())
}

/// Refuses defaults that a dataclass does not take, or that another object would share.
fn defaults(file: &File<'_>, attributes: &[Attribute<'_>]) -> Result<(), Refusal> {
    for value in attributes.iter().filter_map(|a| a.default) {
        let tuple = value.kind() == "tuple" && named(value).into_iter().all(is_literal);
        let typed = types::of(file, value).map(|t| t.ty);
        let plain = matches!(
            typed,
            Some(
                types::Type::Str
                    | types::Type::Int
                    | types::Type::Float
                    | types::Type::Bool
                    | types::Type::Bytes
            )
        ) && value.kind() != "call";
        if !is_literal(value) && !tuple && !plain {
            let message = format!(
                "`{}` as a default is not known to be unchangeable; a dataclass takes nothing else",
                file.of(value)
            );
            return Err(file.refusal(Reason::NotEquivalent, value, message));
        }
    }
    Ok(())
}

/// Refuses annotations that mean something else in the class body than at the parameters.
fn annotations(file: &File<'_>, attributes: &[Attribute<'_>]) -> Result<(), Refusal> {
    for annotation in attributes.iter().filter_map(|a| a.annotation) {
        let inner = descendants(annotation);
        let clash = inner.iter().find(|n| {
            n.kind() == "identifier" && attributes.iter().any(|a| a.name == file.of(**n))
        });
        if let Some(clash) = clash {
            let message =
                format!("the field `{}` would hide what the annotation means", file.of(*clash));
            return Err(file.refusal(Reason::Shadowed, *clash, message));
        }
        if file.of(annotation).contains("ClassVar") || file.of(annotation).contains("InitVar") {
            let message = "the annotation says something else to a dataclass";
            return Err(file.refusal(Reason::NotEquivalent, annotation, message));
        }
    }
    Ok(())
}

/// What has to be imported, and under which names it can be used.
struct Imports {
    decorator: String,
    any: String,
    edit: Option<Replacement>,
}

impl Imports {
    fn new(file: &File<'_>, node: Node<'_>, any: bool) -> Result<Self, Refusal> {
        let mut lines = String::new();
        let decorator = Self::name(file, node, "dataclasses", "dataclass", &mut lines)?;
        let any =
            if any { Self::name(file, node, "typing", "Any", &mut lines)? } else { String::new() };
        let at = import_place(file);
        let edit = (!lines.is_empty()).then(|| Replacement { span: Span::at(at), text: lines });
        Ok(Self { decorator, any, edit })
    }

    /// How `item` of `module` is called here; adds the import of it when nothing has it.
    fn name(
        file: &File<'_>,
        node: Node<'_>,
        module: &str,
        item: &str,
        lines: &mut String,
    ) -> Result<String, Refusal> {
        for statement in named(file.parsed.root()) {
            let names = crate::syntax::node::fields(statement, "name");
            let from = field(statement, "module_name").map(|m| file.of(m));
            let earlier = statement.end_byte() <= node.start_byte();
            match statement.kind() {
                "import_from_statement"
                    if from == Some(module)
                        && earlier
                        && names.iter().any(|n| file.of(*n) == item) =>
                {
                    return Ok(item.to_owned());
                }
                "import_statement" if names.iter().any(|n| file.of(*n) == module) && earlier => {
                    return Ok(format!("{module}.{item}"));
                }
                _ => {}
            }
        }
        if file.bindings().occurrences.iter().any(|o| o.span.of(file.text) == Some(item)) {
            let message = format!("`{item}` means something else in this file");
            return Err(file.refusal(Reason::NameTaken, node, message));
        }
        lines.push_str(&format!("from {module} import {item}\n"));
        Ok(item.to_owned())
    }
}

/// Behind the last import at the top of the file, or its docstring.
fn import_place(file: &File<'_>) -> usize {
    // A shebang and what else a file begins with stay in front.
    let mut at: usize =
        file.text.split_inclusive('\n').take_while(|l| l.starts_with('#')).map(str::len).sum();
    for statement in named(file.parsed.root()) {
        let docstring = statement.kind() == "expression_statement"
            && named(statement)
                .first()
                .is_some_and(|n| matches!(n.kind(), "string" | "concatenated_string"));
        let import = matches!(
            statement.kind(),
            "import_statement" | "import_from_statement" | "future_import_statement"
        );
        if !docstring && !import {
            break;
        }
        at = layout::line_end(file.text, statement.end_byte());
    }
    at
}
