; Rust. Items inside of macro calls are tokens to the grammar: only their names are seen.

(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.struct
(enum_item name: (type_identifier) @name) @definition.enum
(enum_variant name: (identifier) @name) @definition.constant
(trait_item name: (type_identifier) @name) @definition.trait
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type
(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.variable
(field_declaration name: (field_identifier) @name) @definition.field
(mod_item name: (identifier) @name body: (_)) @definition.module
(macro_definition name: (identifier) @name) @definition.macro

(impl_item type: (type_identifier) @name) @scope
(impl_item type: (generic_type type: (type_identifier) @name)) @scope
(impl_item type: (scoped_type_identifier name: (type_identifier) @name)) @scope
(impl_item type: (generic_type type: (scoped_type_identifier name: (type_identifier) @name))) @scope
(impl_item type: (reference_type type: (type_identifier) @name)) @scope

(attribute_item) @skip
(inner_attribute_item) @skip

(use_declaration) @import
(extern_crate_declaration) @import

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (field_expression value: (_) @qualifier field: (field_identifier) @reference.call))
(call_expression
  function: (scoped_identifier path: (_) @qualifier name: (identifier) @reference.call))
(call_expression
  function: (generic_function
    function: (scoped_identifier path: (_) @qualifier name: (identifier) @reference.call)))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation
  macro: (scoped_identifier path: (_) @qualifier name: (identifier) @reference.call))
(scoped_identifier path: (_) @qualifier name: (identifier) @reference.member)
; the trait of an `impl` is a base of the type, as a trait above is of a trait
(impl_item trait: [
  (type_identifier) @reference.base
  (generic_type type: (type_identifier) @reference.base)
  (scoped_type_identifier path: (_) @qualifier name: (type_identifier) @reference.base)
  (generic_type type: (scoped_type_identifier path: (_) @qualifier name: (type_identifier) @reference.base))])
(trait_item bounds: (trait_bounds [
  (type_identifier) @reference.base
  (generic_type type: (type_identifier) @reference.base)
  (scoped_type_identifier path: (_) @qualifier name: (type_identifier) @reference.base)]))
(scoped_type_identifier path: (_) @qualifier name: (type_identifier) @reference.type)
(field_expression value: (_) @qualifier field: (field_identifier) @reference.member)
(type_identifier) @reference.type
(identifier) @reference.name
