//! The body of a function where it is called.

use super::context::{is_pure, whole_lines};
use super::index::{Def, Index, item_at};
use super::inline::{listed, operand, substituted};
use super::rename::{Named, named_at, uses_of};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundKind, Namespace, Reason, Refusal, Setting, Step};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

pub(super) fn plan(setting: &Setting<'_>, at: Span) -> Answer {
    let index = Index::new(setting.project);
    let nothing = || Refusal::new(Reason::NotHere, "put the caret on a variable or function");
    let file = index.file(setting.path()).ok_or_else(nothing)?;
    let def = match named_at(&index, file, at)?.ok_or_else(nothing)? {
        Named::Items { targets, .. } if targets.len() == 1 => targets[0],
        Named::Items { .. } => return Err(nothing()),
        Named::Members { .. } => {
            let message = "methods and fields are not inlined yet";
            return Err(Refusal::new(Reason::Unsupported, message));
        }
    };
    if index.names(def.file).bindings.get(def.bound).kind != BoundKind::Function {
        return Err(nothing());
    }
    let work = Work { setting, index: &index, def };
    work.step()
}

struct Work<'s> {
    setting: &'s Setting<'s>,
    index: &'s Index<'s>,
    def: Def,
}

struct Function<'t> {
    item: Node<'t>,
    value: Node<'t>,
    /// Each parameter with where it is used in the value.
    parameters: Vec<(String, Vec<Span>)>,
}

impl Work<'_> {
    fn refuse(&self, reason: Reason, message: impl Into<String>, file: usize, at: Span) -> Refusal {
        Refusal::new(reason, message).at(&self.index.files[file].path, self.index.line(file, at))
    }

    fn step(&self) -> Answer {
        let index = self.index;
        let name = index.names(self.def.file).bindings.get(self.def.bound).name.clone();
        let function = self.function()?;
        let text = index.files[self.def.file].parsed().text();
        let mut step = Step::new(format!("Inline {name}"));
        let sites = uses_of(self.setting, index, self.def, &name)?;
        let own = index.names(self.def.file).bindings.get(self.def.bound).declared;
        for (file, at) in sites {
            if file == self.def.file && at == own {
                continue;
            }
            let f = &index.files[file];
            let node = f.parsed().root().descendant_for_byte_range(at.start, at.end);
            let Some(node) = node else { continue };
            if file == self.def.file && span(function.item).contains(at) {
                return Err(self.refuse(
                    Reason::NotEquivalent,
                    format!("`{name}` calls itself"),
                    file,
                    at,
                ));
            }
            let path = std::iter::once(node)
                .chain(ancestors(node))
                .take_while(|n| matches!(n.kind(), "identifier" | "scoped_identifier"));
            let head = path.last().unwrap_or(node);
            let call = head
                .parent()
                .filter(|p| p.kind() == "call_expression" && field(*p, "function") == Some(head));
            let Some(call) = call else {
                let used = ancestors(node).any(|a| a.kind() == "use_declaration");
                let message = if used {
                    "it is imported here; import and all calls would have to go"
                } else {
                    "it is used as a value here, not called"
                };
                return Err(self.refuse(Reason::NotEquivalent, message, file, at));
            };
            let body = self.at_call(&function, call, file)?;
            let wrapped = call.parent().is_some_and(|p| {
                matches!(
                    p.kind(),
                    "arguments"
                        | "let_declaration"
                        | "parenthesized_expression"
                        | "field_initializer"
                        | "expression_statement"
                        | "block"
                        | "return_expression"
                        | "match_arm"
                        | "closure_expression"
                )
            });
            let bare = wrapped || !super::context::needs_parentheses(function.value);
            let body = if bare { body } else { format!("({body})") };
            step.replace(&f.path, put(index.real(file, span(call)), body));
        }
        let lines = whole_lines(text, self.with_attributes(function.item));
        step.replace(&index.files[self.def.file].path, put(lines, ""));
        Ok(step)
    }

    /// # Errors
    /// Anything but one expression over plain parameters.
    fn function(&self) -> Result<Function<'_>, Refusal> {
        let index = self.index;
        let file = &index.files[self.def.file];
        let (names, text) = (file.names(), file.parsed().text());
        let bound = names.bindings.get(self.def.bound);
        let refuse = |reason, message: &str| {
            Err(self.refuse(reason, message, self.def.file, bound.declared))
        };
        let Some(item) = item_at(file.parsed(), bound.declared) else {
            return refuse(Reason::NotHere, "no function");
        };
        if field(item, "type_parameters").is_some() {
            return refuse(Reason::Unsupported, "a generic function cannot be inlined");
        }
        if named(item).iter().any(|c| c.kind() == "function_modifiers") {
            return refuse(
                Reason::Unsupported,
                "only plain functions can be inlined: no `async`, `const`, `unsafe` or `extern`",
            );
        }
        if super::rename::is_exported(index, self.def)
            && self.setting.api == crate::refactor::Api::Keep
        {
            return refuse(Reason::Exported, "it is part of the library's interface");
        }
        let Some(body) = field(item, "body") else {
            return refuse(Reason::NotHere, "it has no body");
        };
        let parts = named(body);
        let value = match parts.as_slice() {
            [one] if one.kind() == "expression_statement" => {
                super::context::block_value(*one, text)
            }
            [one] if one.kind().ends_with("_declaration") || one.kind().ends_with("_item") => None,
            [one] => Some(*one),
            _ => None,
        };
        let Some(value) = value.filter(|_| children(body).all(|c| !c.is_extra())) else {
            return refuse(
                Reason::Unsupported,
                "only a body of a single expression can be inlined",
            );
        };
        let leaves = value.subtree().find(|n| {
            matches!(
                n.kind(),
                "return_expression" | "try_expression" | "closure_expression" | "macro_invocation"
            )
        });
        if let Some(leaves) = leaves {
            return Err(self.refuse(
                Reason::ControlFlow,
                "`?`, `return`, closures and macros in the body mean something else elsewhere",
                self.def.file,
                span(leaves),
            ));
        }
        let mut parameters = Vec::new();
        for parameter in listed(field(item, "parameters")) {
            let pattern = field(parameter, "pattern").filter(|p| p.kind() == "identifier");
            let mutable = children(parameter).any(|c| c.kind() == "mutable_specifier");
            let ty = field(parameter, "type").map_or("", |t| text_of(t, text));
            let Some(pattern) =
                pattern.filter(|_| !mutable && !ty.contains("impl ") && !ty.contains("dyn "))
            else {
                return refuse(
                    Reason::Unsupported,
                    "only plain parameters can be replaced by arguments",
                );
            };
            let id = names.bindings.at(span(pattern)).and_then(|o| o.bound);
            let uses = id.map_or_else(Vec::new, |id| {
                names.bindings.of(id).map(|o| o.span).filter(|s| *s != span(pattern)).collect()
            });
            parameters.push((text_of(pattern, text).to_owned(), uses));
        }
        Ok(Function { item, value, parameters })
    }

    /// The body for one call.
    fn at_call(
        &self,
        function: &Function<'_>,
        call: Node<'_>,
        file: usize,
    ) -> Result<String, Refusal> {
        let index = self.index;
        let home = &index.files[self.def.file];
        let text = index.files[file].parsed().text();
        let arguments = listed(field(call, "arguments"));
        if arguments.len() != function.parameters.len() {
            return Err(self.refuse(
                Reason::NotEquivalent,
                "the arguments do not fit",
                file,
                span(call),
            ));
        }
        let many = arguments.iter().filter(|a| !is_pure(**a, text)).count();
        let from = function.value.start_byte();
        let mut edits = Vec::new();
        for (argument, (name, uses)) in arguments.iter().zip(&function.parameters) {
            let simple = argument.kind().ends_with("_literal") || argument.kind() == "identifier";
            if !is_pure(*argument, text) && (uses.len() != 1 || many > 1)
                || uses.len() > 1 && !simple
            {
                let message =
                    format!("the argument for `{name}` would be computed {} times", uses.len());
                return Err(self.refuse(Reason::Effects, message, file, span(*argument)));
            }
            let literal = matches!(argument.kind(), "integer_literal" | "float_literal");
            for used in uses {
                let node = home.parsed().root().descendant_for_byte_range(used.start, used.end);
                let receiver =
                    node.and_then(|n| n.parent()).is_some_and(|p| p.kind() == "field_expression");
                if literal && receiver {
                    return Err(self.refuse(
                        Reason::NotEquivalent,
                        "the type of the number would be lost",
                        file,
                        span(*argument),
                    ));
                }
                let moved = Span::new(used.start - from, used.end - from);
                let shorthand = home.names().shorthand.contains_key(&used.start);
                let source = operand(*argument, text);
                edits
                    .push(put(moved, if shorthand { format!("{name}: {source}") } else { source }));
            }
        }
        self.same_names(function, call, file)?;
        let value = text_of(function.value, home.parsed().text());
        substituted(value, &edits).ok_or_else(|| {
            self.refuse(Reason::Syntax, "the body cannot be put together", file, span(call))
        })
    }

    /// # Errors
    /// Names of the body that mean something else at the call.
    fn same_names(
        &self,
        function: &Function<'_>,
        call: Node<'_>,
        file: usize,
    ) -> Result<(), Refusal> {
        let index = self.index;
        let home = &index.files[self.def.file];
        let there = index.files[file].names();
        let scope = there.bindings.scope_at(call.start_byte());
        let same_module = file == self.def.file
            && home.names().module_of(scope)
                == home
                    .names()
                    .module_of(home.names().bindings.scope_at(function.item.start_byte()));
        for occurrence in home.names().bindings.within(span(function.value)) {
            let local = occurrence.bound.is_some_and(|b| {
                span(function.item).contains(home.names().bindings.get(b).declared)
                    && home.names().local[b.0 as usize]
            });
            if local {
                continue;
            }
            let word = index.text(self.def.file, occurrence.span);
            let namespaces = [Namespace::Value, Namespace::Type];
            let fits = same_module
                && namespaces.iter().all(|n| {
                    let here = there.lookup(scope, word, *n);
                    here.is_none()
                        || here == occurrence.bound
                        || here.is_some_and(|h| Some(h) == occurrence.bound)
                        || occurrence
                            .bound
                            .is_some_and(|b| !home.names().bindings.get(b).namespace.meets(*n))
                });
            if !fits {
                let message = format!("`{word}` of the body may mean something else here");
                return Err(self.refuse(Reason::Shadowed, message, file, span(call)));
            }
        }
        let own = home.parsed().text()[span(function.value).start..span(function.value).end]
            .contains("self::")
            || home.parsed().text()[span(function.value).start..span(function.value).end]
                .contains("super::");
        if own && !same_module {
            return Err(self.refuse(
                Reason::Shadowed,
                "the body has a path of its own module",
                file,
                span(call),
            ));
        }
        Ok(())
    }

    fn with_attributes(&self, item: Node<'_>) -> Span {
        let mut start = item.start_byte();
        let mut at = item.prev_sibling();
        while let Some(before) =
            at.filter(|n| n.kind() == "attribute_item" || n.kind().ends_with("_comment"))
        {
            let text = self.index.files[self.def.file].parsed().text();
            let blank = text[before.end_byte()..start].matches('\n').count() > 1;
            if blank {
                break;
            }
            start = before.start_byte();
            at = before.prev_sibling();
        }
        Span::new(start, item.end_byte())
    }
}
