; C++: as C (`_` is a link of a declarator, one with parameters makes a function), namespaces are scopes, and `A::f` outside
; of A's body is contained in A. Templates and operators with a body in a class are of kind function, inside of the class.

(namespace_definition name: (_) @name) @scope

; types
(class_specifier name: [
  (type_identifier) @name
  (_ scope: (_) @container name: (type_identifier) @name)
  (_ !scope name: (type_identifier) @name)] body: (_)) @definition.class
(struct_specifier name: [
  (type_identifier) @name
  (_ scope: (_) @container name: (type_identifier) @name)
  (_ !scope name: (type_identifier) @name)] body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type
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
; `class EXPORT_MACRO A : B {}` is read as a function that returns a class EXPORT_MACRO; A follows it, at times in an ERROR
(function_definition type: (class_specifier !body) . [(identifier) @name (ERROR . (identifier) @name)]) @definition.class
(function_definition type: (struct_specifier !body) . [(identifier) @name (ERROR . (identifier) @name)]) @definition.struct
(function_definition declarator: [(identifier) (template_function)] body: (_ [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ (_ declarator: (identifier) @name parameters: (_)))]) @definition.method
  (labeled_statement (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ (_ declarator: (identifier) @name parameters: (_)))]) @definition.method)]))

; members
(enumerator name: (identifier) @name) @definition.constant
(field_declaration (storage_class_specifier "static") (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
  (field_identifier) @name
  (_ !parameters declarator: (field_identifier) @name)]) @definition.constant
(field_declaration . [(attribute_declaration) (type_qualifier)]* . (storage_class_specifier)* . type: (_) declarator: [
  (field_identifier) @name
  (_ !parameters [
    (field_identifier) @name
    (_ !parameters declarator: (field_identifier) @name)])
  (_ declarator: (_ (_ declarator: (field_identifier) @name)) parameters: (_))]) @definition.field
(declaration declarator: [
  (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: (identifier) @name)
  (_ declarator: (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: (identifier) @name) value: (_))]) @definition.field

; methods: declared in a class body; defined in one or outside of it; constructors, destructors and conversions
(field_declaration declarator: [
  (_ declarator: [(field_identifier) (operator_name)] @name parameters: (_))
  (_ (_ declarator: [(field_identifier) (operator_name)] @name parameters: (_)))
  (_ declarator: (_ declarator: (_ declarator: (field_identifier) @name parameters: (_))))]) @definition.method
(function_definition declarator: [
  (_ declarator: [(field_identifier) @name (destructor_name) @name
    (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
    (_ scope: (_) name: [(_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
      (_ scope: (_) name: (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name))])] parameters: (_))
  (_ (_ declarator: [(field_identifier) @name (destructor_name) @name
    (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
    (_ scope: (_) name: [(_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
      (_ scope: (_) name: (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name))])] parameters: (_)))
  (_ declarator: (_ declarator: (_ declarator: [(field_identifier) @name (destructor_name) @name
    (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
    (_ scope: (_) name: [(_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name)
      (_ scope: (_) name: (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: [(identifier) (destructor_name) (operator_name)] @name))])] parameters: (_))))
  (operator_cast) @name
  (_ scope: [(namespace_identifier) @container (_ !scope name: (type_identifier) @container)] name: (operator_cast) @name)]) @definition.method
(declaration !type declarator: [(_ declarator: (destructor_name) @name) (operator_cast) @name]) @definition.method
(field_declaration_list [
  (_ !type declarator: (_ declarator: (identifier) @name parameters: (_))) @definition.method
  (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] (_ !type declarator: (_ declarator: (identifier) @name parameters: (_))) @definition.method)
  (template_declaration (_ !type declarator: (_ declarator: (identifier) @name parameters: (_))) @definition.method)])

; functions, and the tests of GoogleTest: TEST(Suite, Name) {}
(function_definition type: (_) declarator: [
  (_ declarator: [(identifier) @name (operator_name) @name (_ !scope name: (identifier) @name)] parameters: (_))
  (_ (_ declarator: [(identifier) @name (operator_name) @name (_ !scope name: (identifier) @name)] parameters: (_)))
  (_ declarator: (_ declarator: (_ declarator: [(identifier) @name (operator_name) @name (_ !scope name: (identifier) @name)] parameters: (_))))]) @definition.function
(function_definition !type declarator: (_
  declarator: (identifier) @_macro
  parameters: (_ . (_ type: (type_identifier) @container) . (_ type: (type_identifier) @name) .))
  (#any-of? @_macro "TEST" "TEST_F" "TEST_P" "TYPED_TEST" "TYPED_TEST_P")) @definition.function
(template_declaration [
  (_ !body type: (_) declarator: [
    (_ declarator: (identifier) @name parameters: (_))
    (_ (_ declarator: (identifier) @name parameters: (_)))]) @definition.function
  (_ (type_qualifier) type: (_) declarator: (_ declarator: (identifier) @name value: (_))) @definition.constant])

; macros (one without a value is a guard or a flag)
(preproc_def name: (identifier) @name value: (_)) @definition.constant
(preproc_function_def name: (identifier) @name) @definition.macro

; prototypes, then globals without and with const: at the top or in a namespace or `extern "C"`, #if around them or not
(translation_unit [
  (_ !body type: (_) declarator: [
    (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
    (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
    (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
  (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
    (_ !body type: (_) declarator: [
      (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
      (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
      (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
    (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
      (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
    (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
    (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
      (_ !body type: (_) declarator: [
        (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
        (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
        (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
      (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
        (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
      (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
      (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
        (_ !body type: (_) declarator: [
          (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
          (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
          (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
        (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
          (identifier) @name
          (_ !parameters declarator: [
            (identifier) @name
            (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
          (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
        (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
          (identifier) @name
          (_ !parameters declarator: [
            (identifier) @name
            (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant])])])])
(declaration_list [
  (_ !body type: (_) declarator: [
    (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
    (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
    (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
  (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
    (_ !body type: (_) declarator: [
      (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
      (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
      (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
    (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
      (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
    (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
      (identifier) @name
      (_ !parameters declarator: [
        (identifier) @name
        (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant
    (_ . ["#if" "#ifdef" "#ifndef" "#else" "#elif"] [
      (_ !body type: (_) declarator: [
        (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
        (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
        (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
      (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
        (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
      (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
        (identifier) @name
        (_ !parameters declarator: [
          (identifier) @name
          (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])]) @definition.constant])])])
(linkage_specification [
  (_ !body type: (_) declarator: [
    (_ declarator: [(identifier) (operator_name)] @name parameters: (_))
    (_ (_ declarator: [(identifier) (operator_name)] @name parameters: (_)))
    (_ declarator: (_ declarator: (_ declarator: (identifier) @name parameters: (_))))]) @definition.function
  (_ !body . [(storage_class_specifier) (attribute_specifier) (attribute_declaration) (type_qualifier "volatile")]* . type: (_) declarator: [
    (identifier) @name
    (_ !parameters declarator: [
      (identifier) @name
      (_ !parameters declarator: [(identifier) @name (_ !parameters declarator: (identifier) @name)])])
    (_ declarator: (_ (_ declarator: (identifier) @name)) parameters: (_))]) @definition.variable
  (_ !body (type_qualifier ["const" "constexpr"]) type: (_) declarator: [
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

; calls
(call_expression function: [
  (identifier) @reference.call
  (_ !scope name: (identifier) @reference.call)
  (_ argument: (_) @qualifier field: [(field_identifier) @reference.call (_ name: (field_identifier) @reference.call)])
  (_ scope: (_) @qualifier name: [(identifier) @reference.call (_ !scope name: (identifier) @reference.call)])
  (_ name: (_ scope: (_) @qualifier name: [(identifier) @reference.call (_ !scope name: (identifier) @reference.call)]))
  (_ name: (_ name: (_ scope: (_) @qualifier name: [(identifier) @reference.call (_ !scope name: (identifier) @reference.call)])))])
(new_expression type: [
  (type_identifier) @reference.call
  (_ !scope name: (type_identifier) @reference.call)
  (_ scope: (_) @qualifier name: [(type_identifier) @reference.call (_ !scope name: (type_identifier) @reference.call)])
  (_ name: (_ scope: (_) @qualifier name: [(type_identifier) @reference.call (_ !scope name: (type_identifier) @reference.call)]))])
(compound_literal_expression type: [
  (type_identifier) @reference.call
  (_ !scope name: (type_identifier) @reference.call)
  (_ scope: (_) @qualifier name: [(type_identifier) @reference.call (_ !scope name: (type_identifier) @reference.call)])
  (_ name: (_ scope: (_) @qualifier name: [(type_identifier) @reference.call (_ !scope name: (type_identifier) @reference.call)]))])

; types
(qualified_identifier scope: (_) @qualifier name: [(type_identifier) @reference.type (_ !scope name: (type_identifier) @reference.type)])
(type_identifier) @reference.type

; members and all other names
(field_expression argument: (_) @qualifier field: (field_identifier) @reference.member)
(qualified_identifier scope: (_) @qualifier name: (identifier) @reference.member)
(field_designator (field_identifier) @reference.member)
(field_initializer (field_identifier) @reference.member)
(namespace_identifier) @reference.name
(identifier) @reference.name
