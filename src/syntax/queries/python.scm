; Python. Names are bound by assignment, so that constants and fields are assignments in the right place.

(class_definition name: (identifier) @name) @definition.class
(function_definition name: (identifier) @name) @definition.function

(module (expression_statement (assignment left: (identifier) @name) @definition.variable))
(class_definition
  body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))

(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import

(call function: (identifier) @reference.call)
(call function: (attribute object: (_) @qualifier attribute: (identifier) @reference.call))
(attribute object: (_) @qualifier attribute: (identifier) @reference.member)
(class_definition superclasses: (argument_list [
  (identifier) @reference.base
  (attribute object: (_) @qualifier attribute: (identifier) @reference.base)
  (subscript value: (identifier) @reference.base)
  (subscript value: (attribute object: (_) @qualifier attribute: (identifier) @reference.base))]))
(type (identifier) @reference.type)
(identifier) @reference.name
