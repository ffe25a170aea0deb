; Kotlin: a class_declaration is a class, interface or enum; there is no body field (@body); an extension's receiver type
; is its @container. Properties of objects and companions count as constants (val) and variables (var), not as fields.

; types: an enum by its body; a class has something else, or nothing, at its end
(class_declaration name: (identifier) @name (enum_class_body) @body) @definition.enum
(class_declaration "interface" name: (identifier) @name (class_body)? @body) @definition.interface
(class_declaration "class" name: (identifier) @name
  [(class_body) @body (primary_constructor) (delegation_specifiers) (type_parameters) (type_constraints)] .) @definition.class
(class_declaration "class" name: (identifier) @name .) @definition.class
(object_declaration name: (identifier) @name (class_body)? @body) @definition.struct
(companion_object name: (identifier) @name (class_body)? @body) @definition.struct
(type_alias type: (identifier) @name) @definition.type
(enum_entry (identifier) @name (class_body)? @body) @definition.constant

; functions
(source_file (function_declaration
  [(user_type . (identifier) @container) (nullable_type (user_type . (identifier) @container))]?
  name: (identifier) @name (function_body)? @body) @definition.function)
(block (function_declaration name: (identifier) @name (function_body)? @body) @definition.function)
(ERROR (function_declaration name: (identifier) @name (function_body)? @body) @definition.function)
(class_body (function_declaration
  [(user_type . (identifier) @container) (nullable_type (user_type . (identifier) @container))]?
  name: (identifier) @name (function_body)? @body) @definition.method)
(enum_class_body (function_declaration name: (identifier) @name (function_body)? @body) @definition.method)
(secondary_constructor "constructor" @name (block)? @body) @definition.method

; properties: of files, of classes (also those declared in the constructor), of objects
(source_file (property_declaration "val"
  [(user_type . (identifier) @container) (nullable_type (user_type . (identifier) @container))]?
  (variable_declaration (identifier) @name)) @definition.constant)
(source_file (property_declaration "var"
  [(user_type . (identifier) @container) (nullable_type (user_type . (identifier) @container))]?
  (variable_declaration (identifier) @name)) @definition.variable)
(class_declaration (class_body (property_declaration (variable_declaration (identifier) @name)) @definition.field))
(class_declaration (enum_class_body (property_declaration (variable_declaration (identifier) @name)) @definition.field))
(class_parameter ["val" "var"] . (identifier) @name) @definition.field
(object_declaration (class_body (property_declaration "val" (variable_declaration (identifier) @name)) @definition.constant))
(object_declaration (class_body (property_declaration "var" (variable_declaration (identifier) @name)) @definition.variable))
(companion_object (class_body (property_declaration "val" (variable_declaration (identifier) @name)) @definition.constant))
(companion_object (class_body (property_declaration "var" (variable_declaration (identifier) @name)) @definition.variable))

; imports
(import) @import

; calls, also infix ones (the grammar reads `!f(x)` as `(!f)(x)`)
(call_expression . [(identifier) @reference.call (unary_expression argument: (identifier) @reference.call)])
(call_expression . (navigation_expression . (_) @qualifier (identifier) @reference.call .))
(infix_expression . (_) @qualifier . (identifier) @reference.call . (_) .)

; types (`A.B` is one user_type), members, other names
(delegation_specifier [
  (user_type . (identifier) @reference.base . (type_arguments)? .)
  (user_type (identifier) @qualifier . (identifier) @reference.base)
  (constructor_invocation (user_type . (identifier) @reference.base . (type_arguments)? .))
  (constructor_invocation (user_type (identifier) @qualifier . (identifier) @reference.base))
  (explicit_delegation . (user_type . (identifier) @reference.base . (type_arguments)? .))])
(user_type . (identifier) @reference.type)
(user_type (identifier) @qualifier . (identifier) @reference.type)
(navigation_expression . (_) @qualifier (identifier) @reference.member .)
(callable_reference (_) @qualifier . (identifier) @reference.member)
(identifier) @reference.name

; the package that the file is of
(package_header (qualified_identifier) @package)
