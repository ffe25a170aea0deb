; Scala 2 and 3: objects are struct, package objects module; vals and vars of objects, package objects and files are
; constants and variables, those of classes, traits and enums fields (so are parameters of case classes, and val ones).

; types
(class_definition name: (_) @name) @definition.class
(object_definition name: (_) @name) @definition.struct
(trait_definition name: (_) @name) @definition.trait
(enum_definition name: (_) @name) @definition.enum
(package_object name: (_) @name) @definition.module
(type_definition name: (_) @name) @definition.type
(simple_enum_case name: (_) @name) @definition.constant
(full_enum_case name: (_) @name) @definition.constant
(given_definition name: (_) @name) @definition.constant

; what gives longer names: extensions (by their first parameter's type), packages with a body
(extension_definition . (parameters (parameter
  type: [(type_identifier) @name (generic_type type: (type_identifier) @name)]))) @scope
(extension_definition . (type_parameters) . (parameters (parameter
  type: [(type_identifier) @name (generic_type type: (type_identifier) @name)]))) @scope
(package_clause name: (_) @name body: (_)) @scope

; functions
(compilation_unit [(function_definition name: (_) @name) (function_declaration name: (_) @name)] @definition.function)
(block (function_definition name: (_) @name) @definition.function)
(indented_block (function_definition name: (_) @name) @definition.function)
(ERROR [(function_definition name: (_) @name) (function_declaration name: (_) @name)] @definition.function)
(template_body [(function_definition name: (_) @name) (function_declaration name: (_) @name)] @definition.method)
(with_template_body (function_definition name: (_) @name) @definition.method)
(enum_body (function_definition name: (_) @name) @definition.method)
(extension_definition (function_definition name: (_) @name) @definition.method)

; constants, variables, fields
(compilation_unit (val_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.constant)
(compilation_unit (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.variable)
(object_definition (template_body
  (val_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.constant))
(object_definition (template_body
  (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.variable))
(package_object (template_body (val_definition pattern: (identifier) @name) @definition.constant))
(class_definition (template_body [
  (val_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
  (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
  (val_declaration name: (identifier) @name)
  (var_declaration name: (identifier) @name)] @definition.field))
(trait_definition (template_body [
  (val_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
  (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
  (val_declaration name: (identifier) @name)
  (var_declaration name: (identifier) @name)] @definition.field))
(enum_body (val_definition pattern: (identifier) @name) @definition.field)
(class_parameter ["val" "var"] name: (identifier) @name) @definition.field
(class_definition "case" class_parameters: (class_parameters (class_parameter . name: (identifier) @name) @definition.field))

; imports
(import_declaration) @import

; calls, also `a.f[T]`, infix ones and `new A`
(call_expression function: [
  (identifier) @reference.call
  (field_expression value: (_) @qualifier field: (identifier) @reference.call)])
(generic_function function: [
  (identifier) @reference.call
  (field_expression value: (_) @qualifier field: (identifier) @reference.call)])
(infix_expression left: (_) @qualifier operator: (identifier) @reference.call)
(instance_expression [(type_identifier) @reference.call (generic_type type: (type_identifier) @reference.call)])

; types, members, other names
(stable_type_identifier (_) @qualifier (type_identifier) @reference.type)
(type_identifier) @reference.type
(field_expression value: (_) @qualifier field: (identifier) @reference.member)
(stable_identifier (_) @qualifier (identifier) @reference.member .)
(identifier) @reference.name

; the package that the file is of
(package_clause name: (_) @package)
