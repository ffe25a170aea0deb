; C: a name stands inside a chain of declarators; `_` stands for a link of it (cheap to compile, a node type is not), and a
; link with parameters makes a function. Globals and prototypes are found by the node around them, so that locals are none.

; types
(struct_specifier name: (type_identifier) @name body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
; `typedef struct {} T` is the struct T; where there is a tag, the tag is the struct and T alone a type
(type_definition type: (_ !name body: (field_declaration_list) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (_ !name body: (enumerator_list) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition type: (_ name: (_) body: (_)) declarator: [
  (type_identifier) @name @definition.type
  (_ declarator: (type_identifier) @name @definition.type)])
(type_definition type: (_ !body) declarator: [
  (type_identifier) @name
  (_ declarator: [
    (type_identifier) @name
    (_ [(type_identifier) @name (_ declarator: (type_identifier) @name)])])]) @definition.type

; members
(enumerator name: (identifier) @name) @definition.constant
(field_declaration declarator: [
  (field_identifier) @name
  (_ declarator: [
    (field_identifier) @name
    (_ [(field_identifier) @name (_ declarator: (field_identifier) @name)])])]) @definition.field

; macros (one without a value is a guard or a flag)
(preproc_def name: (identifier) @name value: (_)) @definition.constant
(preproc_function_def name: (identifier) @name) @definition.macro

; functions
(function_definition declarator: [
  (_ declarator: (identifier) @name parameters: (_))
  (_ declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function

; prototypes, then globals without and with const: at the top or in a namespace or `extern "C"`, #if around them or not
(translation_unit [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ declarator: [
      (_ declarator: (identifier) @name parameters: (_))
      (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier "const") type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
  (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
    (_ !body type: (_) declarator: [
      (_ declarator: (identifier) @name parameters: (_))
      (_ declarator: [
        (_ declarator: (identifier) @name parameters: (_))
        (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
    (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
      (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
    (_ !body (type_qualifier "const") type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
    (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
      (_ !body type: (_) declarator: [
        (_ declarator: (identifier) @name parameters: (_))
        (_ declarator: [
          (_ declarator: (identifier) @name parameters: (_))
          (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
      (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
        (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
      (_ !body (type_qualifier "const") type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
      (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
        (_ !body type: (_) declarator: [
          (_ declarator: (identifier) @name parameters: (_))
          (_ declarator: [
            (_ declarator: (identifier) @name parameters: (_))
            (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
        (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
          (identifier) @name
          (_ !parameters declarator: [
            (identifier) @name
            (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
          (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
        (_ !body (type_qualifier "const") type: (_) declarator: [
          (identifier) @name
          (_ !parameters declarator: [
            (identifier) @name
            (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant])])])])
(declaration_list [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ declarator: [
      (_ declarator: (identifier) @name parameters: (_))
      (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier "const") type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
  (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
    (_ !body type: (_) declarator: [
      (_ declarator: (identifier) @name parameters: (_))
      (_ declarator: [
        (_ declarator: (identifier) @name parameters: (_))
        (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
    (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
      (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
    (_ !body (type_qualifier "const") type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
    (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
      (_ !body type: (_) declarator: [
        (_ declarator: (identifier) @name parameters: (_))
        (_ declarator: [
          (_ declarator: (identifier) @name parameters: (_))
          (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
      (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
        (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
      (_ !body (type_qualifier "const") type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant])])])
(linkage_specification [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ declarator: [
      (_ declarator: (identifier) @name parameters: (_))
      (_ declarator: (_ declarator: (identifier) @name parameters: (_)))])]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier "const") type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant])
; in what could not be parsed (as after `extern "C" {` in an #ifdef): prototypes, and globals that say static or extern
(ERROR [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ (_ declarator: (identifier) @name parameters: (_)))]) @definition.function
  (_ !body . (storage_class_specifier) . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])]) @definition.variable
  (_ !body . (storage_class_specifier) . (type_qualifier) . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])]) @definition.constant])

; includes
(preproc_include) @import

; references
(call_expression function: (identifier) @reference.call)
(call_expression function: (_ argument: (_) @qualifier field: (field_identifier) @reference.call))
(field_expression argument: (_) @qualifier field: (field_identifier) @reference.member)
(field_designator (field_identifier) @reference.member)
(offsetof_expression member: (field_identifier) @reference.member)
(type_identifier) @reference.type
(identifier) @reference.name
