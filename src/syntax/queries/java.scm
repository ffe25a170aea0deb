; Java: records are structs and their components fields; fields written in capitals, enum members
; and fields of interfaces are constants. Annotations are references to types.

; types
(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(annotation_type_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(record_declaration name: (identifier) @name) @definition.struct
(module_declaration name: (_) @name) @definition.module

; methods
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(compact_constructor_declaration name: (identifier) @name) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method

; fields and constants
(enum_constant name: (identifier) @name) @definition.constant
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.constant
(field_declaration declarator: (variable_declarator name: (identifier) @name)
  (#match? @name "^[A-Z][A-Z0-9_]*$")) @definition.constant
(field_declaration declarator: (variable_declarator name: (identifier) @name)
  (#match? @name "^[^A-Z]|[^A-Z0-9_]")) @definition.field
(record_declaration
  parameters: (formal_parameters (formal_parameter name: (identifier) @name) @definition.field))

; imports
(import_declaration) @import

; calls
(method_invocation !object name: (identifier) @reference.call)
(method_invocation object: (_) @qualifier name: (identifier) @reference.call)
(object_creation_expression type: [
  (type_identifier) @reference.call
  (generic_type . (type_identifier) @reference.call)
  (scoped_type_identifier (_) @qualifier (type_identifier) @reference.call)
  (generic_type . (scoped_type_identifier (_) @qualifier (type_identifier) @reference.call))])

; types above
(superclass [
  (type_identifier) @reference.base
  (generic_type . (type_identifier) @reference.base)
  (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base)
  (generic_type . (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base))])
(super_interfaces (type_list [
  (type_identifier) @reference.base
  (generic_type . (type_identifier) @reference.base)
  (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base)
  (generic_type . (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base))]))
(extends_interfaces (type_list [
  (type_identifier) @reference.base
  (generic_type . (type_identifier) @reference.base)
  (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base)
  (generic_type . (scoped_type_identifier (_) @qualifier (type_identifier) @reference.base))]))

; types
(scoped_type_identifier (_) @qualifier (type_identifier) @reference.type)
(type_identifier) @reference.type
(record_pattern . (identifier) @reference.type)
(marker_annotation name: [(identifier) @reference.type
  (scoped_identifier scope: (_) @qualifier name: (identifier) @reference.type)])
(annotation name: [(identifier) @reference.type
  (scoped_identifier scope: (_) @qualifier name: (identifier) @reference.type)])

; members and all other names
(field_access object: (_) @qualifier field: (identifier) @reference.member)
(method_reference . (_) @qualifier (identifier) @reference.member .)
(identifier) @reference.name

; the package that the file is of
(package_declaration (_) @package)
