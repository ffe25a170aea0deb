; C#: types, names and calls are all `identifier`, so types are found by the place where they stand.
; Parameters of records are fields; namespaces with braces are scopes, `namespace X;` has no body and is none.

(namespace_declaration name: (_) @name) @scope

; types
(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(struct_declaration name: (identifier) @name) @definition.struct
(record_declaration name: (identifier) @name) @definition.struct
(enum_declaration name: (identifier) @name) @definition.enum
(delegate_declaration name: (identifier) @name) @definition.type

; methods
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(destructor_declaration name: (identifier) @name) @definition.method
(operator_declaration operator: _ @name) @definition.method
(conversion_operator_declaration type: (_) @name) @definition.method
(indexer_declaration "this" @name accessors: (_) @body) @definition.method
(indexer_declaration "this" @name value: (_) @body) @definition.method
(local_function_statement name: (identifier) @name) @definition.function

; fields, properties, events, constants
(enum_member_declaration name: (identifier) @name) @definition.constant
(field_declaration (modifier "const")
  (variable_declaration (variable_declarator name: (identifier) @name))) @definition.constant
(field_declaration
  . [(attribute_list)
     (modifier ["public" "private" "protected" "internal" "static" "readonly" "new" "volatile" "unsafe" "required" "fixed"])]*
  . (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(property_declaration name: (identifier) @name accessors: (_) @body) @definition.field
(property_declaration !accessors name: (identifier) @name value: (_) @body) @definition.field
(event_declaration name: (identifier) @name accessors: (_)? @body) @definition.field
(event_field_declaration
  (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(record_declaration (parameter_list (parameter name: (identifier) @name) @definition.field))

; imports
(using_directive) @import

; calls
(invocation_expression function: [
  (identifier) @reference.call
  (_ . (identifier) @reference.call (type_argument_list))
  (_ expression: _ @qualifier name: [(identifier) @reference.call (_ . (identifier) @reference.call)])
  (_ condition: _ @qualifier (_ name: [(identifier) @reference.call (_ . (identifier) @reference.call)]))])
(object_creation_expression type: [
  (identifier) @reference.call
  (_ . (identifier) @reference.call (type_argument_list))
  (_ qualifier: (_) @qualifier name: [(identifier) @reference.call (_ . (identifier) @reference.call)])])

; types
(_ type: (identifier) @reference.type)
(_ returns: (identifier) @reference.type)
(generic_name . (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(base_list [
  (identifier) @reference.base
  (generic_name . (identifier) @reference.base)
  (qualified_name qualifier: (_) @qualifier name: [
    (identifier) @reference.base
    (generic_name . (identifier) @reference.base)])
  (primary_constructor_base_type type: [
    (identifier) @reference.base
    (generic_name . (identifier) @reference.base)])])
(attribute name: (identifier) @reference.type)
(as_expression right: (identifier) @reference.type)
(qualified_name qualifier: (_) @qualifier name: (identifier) @reference.type)

; members and all other names
(member_access_expression expression: _ @qualifier name: (identifier) @reference.member)
(member_binding_expression name: (identifier) @reference.member)
(identifier) @reference.name

; the namespace that the whole file is of
(file_scoped_namespace_declaration name: (_) @package)
