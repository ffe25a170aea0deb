; TypeScript and TSX: JavaScript with types, interfaces and namespaces.

(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(class name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.constant)
(enum_assignment name: (property_identifier) @name) @definition.constant
(type_alias_declaration name: (type_identifier) @name) @definition.type
(internal_module name: (_) @name) @definition.module
(module name: (identifier) @name) @definition.module
(function_declaration name: (identifier) @name) @definition.function
(function_signature name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(method_signature name: (property_identifier) @name) @definition.method
(abstract_method_signature name: (property_identifier) @name) @definition.method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.field
(property_signature name: (property_identifier) @name) @definition.field

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

(import_statement) @import
(export_statement source: (_)) @import
(lexical_declaration (variable_declarator
  value: (call_expression function: (identifier) @_require (#eq? @_require "require")))) @import

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (member_expression object: (_) @qualifier property: (property_identifier) @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression
  constructor: (member_expression object: (_) @qualifier property: (property_identifier) @reference.call))
(extends_clause value: [
  (identifier) @reference.base
  (member_expression object: (_) @qualifier property: (property_identifier) @reference.base)])
(implements_clause [
  (type_identifier) @reference.base
  (nested_type_identifier module: (_) @qualifier name: (type_identifier) @reference.base)
  (generic_type name: (type_identifier) @reference.base)])
(extends_type_clause type: [
  (type_identifier) @reference.base
  (nested_type_identifier module: (_) @qualifier name: (type_identifier) @reference.base)
  (generic_type name: (type_identifier) @reference.base)])
(member_expression object: (_) @qualifier property: (property_identifier) @reference.member)
(nested_type_identifier module: (_) @qualifier name: (type_identifier) @reference.type)
(type_identifier) @reference.type
[(identifier) (shorthand_property_identifier)] @reference.name
