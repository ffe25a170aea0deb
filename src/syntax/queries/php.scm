; PHP: every identifier is a `name`, a variable's too (`$x` is variable_name(name)); local variables are no
; references, so there is no catch-all and names are found by the place where they stand.

(namespace_definition name: (namespace_name) @name body: (_)) @scope

; types
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.trait
(enum_declaration name: (name) @name) @definition.enum

; functions
(function_definition name: (name) @name) @definition.function
(method_declaration name: (name) @name) @definition.method

; properties and constants
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field
(property_promotion_parameter name: (variable_name (name) @name)) @definition.field
(const_declaration (const_element . (name) @name)) @definition.constant
(enum_case name: (name) @name) @definition.constant
(function_call_expression function: (name) @_function
  arguments: (arguments . (argument (string (string_content) @name)))
  (#eq? @_function "define")) @definition.constant

; imports
(namespace_use_declaration) @import
[(require_expression) (require_once_expression) (include_expression) (include_once_expression)] @import

; calls
(function_call_expression function: [
  (name) @reference.call
  (qualified_name prefix: (namespace_name)? @qualifier (name) @reference.call)
  (relative_name (name) @reference.call)])
(member_call_expression object: (_) @qualifier name: (name) @reference.call)
(nullsafe_member_call_expression object: (_) @qualifier name: (name) @reference.call)
(scoped_call_expression scope: (_) @qualifier name: (name) @reference.call)
(object_creation_expression [
  (name) @reference.call
  (qualified_name prefix: (namespace_name)? @qualifier (name) @reference.call)])

; types
(named_type (name) @reference.type)
(base_clause [
  (name) @reference.base
  (qualified_name prefix: (namespace_name)? @qualifier (name) @reference.base)])
(class_interface_clause [
  (name) @reference.base
  (qualified_name prefix: (namespace_name)? @qualifier (name) @reference.base)])
(use_declaration [
  (name) @reference.base
  (qualified_name prefix: (namespace_name)? @qualifier (name) @reference.base)])
(attribute (name) @reference.type)
(scoped_call_expression scope: (name) @reference.type)
(scoped_property_access_expression scope: (name) @reference.type)
(class_constant_access_expression . (name) @reference.type)
(_ operator: "instanceof" right: (name) @reference.type)
(qualified_name prefix: (namespace_name)? @qualifier (name) @reference.type)

; members
(member_access_expression object: (_) @qualifier name: (name) @reference.member)
(nullsafe_member_access_expression object: (_) @qualifier name: (name) @reference.member)
(scoped_property_access_expression scope: (_) @qualifier name: (variable_name (name) @reference.member))
(class_constant_access_expression . (_) @qualifier (name) @reference.member)

; constants (a `name` that stands where a value stands)
[
  (argument (name) @reference.name .)
  (binary_expression (name) @reference.name)
  (assignment_expression right: (name) @reference.name)
  (conditional_expression (name) @reference.name)
  (array_element_initializer (name) @reference.name)
  (return_statement (name) @reference.name)
  (echo_statement (name) @reference.name)
  (const_element (_) (name) @reference.name)
  (property_element default_value: (name) @reference.name)
  (simple_parameter default_value: (name) @reference.name)
  (parenthesized_expression (name) @reference.name)
  (subscript_expression (name) @reference.name)
  (match_conditional_expression return_expression: (name) @reference.name)
]

; the namespace that the file is of
(namespace_definition name: (namespace_name) @package)
