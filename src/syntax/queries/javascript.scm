; JavaScript. A function is as often a value given to a name as a declaration.

(class_declaration name: (identifier) @name) @definition.class
(class name: (identifier) @name) @definition.class
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @definition.field

(program [
  (lexical_declaration (variable_declarator
    name: (identifier) @name
    value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function)
  (export_statement (lexical_declaration (variable_declarator
    name: (identifier) @name
    value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function))
])
(program [
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)
  (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
])
; a.b = function () {}, exports.b = ...
(program (expression_statement (assignment_expression
  left: (member_expression object: (_) @container property: (property_identifier) @name)
  right: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @definition.function))

(import_statement) @import
(export_statement source: (_)) @import
(lexical_declaration (variable_declarator
  value: (call_expression function: (identifier) @_require (#eq? @_require "require")))) @import
(variable_declaration (variable_declarator
  value: (call_expression function: (identifier) @_require (#eq? @_require "require")))) @import

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (member_expression object: (_) @qualifier property: (property_identifier) @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression
  constructor: (member_expression object: (_) @qualifier property: (property_identifier) @reference.call))
(class_heritage [
  (identifier) @reference.base
  (member_expression object: (_) @qualifier property: (property_identifier) @reference.base)])
(member_expression object: (_) @qualifier property: (property_identifier) @reference.member)
[(identifier) (shorthand_property_identifier)] @reference.name
