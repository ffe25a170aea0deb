; Swift: one class_declaration for class, actor, struct, enum and extension (a @scope); property accessors are the @body.
; A call may be a construction; argument labels are among the names.

; types
(class_declaration declaration_kind: ["class" "actor"] name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type) @name) @scope
(protocol_declaration name: (type_identifier) @name) @definition.trait
(typealias_declaration name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @definition.type
(enum_entry name: (simple_identifier) @name) @definition.constant

; functions, methods, constructors (`name: _` is 100 ms cheaper to compile than a named node there)
(source_file (function_declaration "func" . name: _ @name) @definition.function)
(statements (function_declaration "func" . name: _ @name) @definition.function)
(ERROR (function_declaration "func" . name: _ @name) @definition.function)
(class_body (function_declaration "func" . name: _ @name) @definition.method)
(enum_class_body (function_declaration "func" . name: _ @name) @definition.method)
(protocol_function_declaration "func" . name: _ @name) @definition.method
(init_declaration name: "init" @name) @definition.method
(deinit_declaration "deinit" @name) @definition.method
(subscript_declaration "subscript" @name (computed_property)? @body) @definition.method
(macro_declaration (simple_identifier) @name (macro_definition)? @body) @definition.macro

; constants, variables, properties
(source_file (property_declaration (value_binding_pattern mutability: "let")
  name: (pattern bound_identifier: (simple_identifier) @name)) @definition.constant)
(source_file (property_declaration (value_binding_pattern mutability: "var")
  name: (pattern bound_identifier: (simple_identifier) @name) (computed_property)? @body) @definition.variable)
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)
  [(computed_property) (willset_didset_block)]? @body) @definition.field)
(enum_class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name) (computed_property)? @body) @definition.field)
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field

; imports
(import_declaration) @import

; calls (not `a[i]`), `.a(…)`, `A<B>(…)`, macros
(call_expression . (simple_identifier) @reference.call (call_suffix [(value_arguments "(") (lambda_literal)]))
(call_expression . (navigation_expression target: (_) @qualifier suffix: (navigation_suffix suffix: (simple_identifier) @reference.call))
  (call_suffix [(value_arguments "(") (lambda_literal)]))
(call_expression . (prefix_expression operation: "." target: (simple_identifier) @reference.call))
(constructor_expression constructed_type: (user_type (type_identifier) @reference.call (type_arguments) .))
(macro_invocation . (simple_identifier) @reference.call)

; types (`A.B` is one user_type), members, other names
(user_type . (type_identifier) @reference.type)
(user_type (type_identifier) @qualifier . (type_identifier) @reference.type)
(key_path_expression (type_identifier) @reference.type)
(navigation_expression target: (_) @qualifier suffix: (navigation_suffix suffix: (simple_identifier) @reference.member))
(prefix_expression operation: "." target: (simple_identifier) @reference.member)
(pattern "." . (simple_identifier) @reference.member)
(simple_identifier) @reference.name
