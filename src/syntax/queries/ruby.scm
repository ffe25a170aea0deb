; Ruby: every `def` is a method; a bare word may be a call or a local variable (reference.name). What attr_accessor and
; its like define is named by a symbol, so @name there has the symbol's leading ":"; one call may define several names.

; modules and classes (`class A::B`: container A)
(module name: [(constant) @name (scope_resolution scope: (_)? @container name: (constant) @name)]) @definition.module
(class name: [(constant) @name (scope_resolution scope: (_)? @container name: (constant) @name)]) @definition.class

; methods (`def x=(v)` is named x, as its uses are)
(method name: [(identifier) @name (constant) @name (operator) @name (setter name: (_) @name)]) @definition.method
(singleton_method name: [(identifier) @name (constant) @name (operator) @name (setter name: (_) @name)]) @definition.method
(alias name: [(identifier) (operator) (simple_symbol)] @name) @definition.method
(call
  method: (identifier) @_m
  arguments: (argument_list . (simple_symbol) @name)
  (#any-of? @_m "define_method" "alias_method")) @definition.method

; fields
(call
  !receiver
  method: (identifier) @_m
  arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_m "attr_accessor" "attr_reader" "attr_writer")) @definition.field

; constants (the language allows them in no method), globals and class variables
[(assignment left: (constant) @name) (operator_assignment left: (constant) @name)] @definition.constant
(assignment left: (left_assignment_list (constant) @name)) @definition.constant
(program (assignment left: (global_variable) @name) @definition.variable)
(class body: (body_statement (assignment left: (class_variable) @name) @definition.variable))

; imports
(call
  !receiver
  method: (identifier) @_m
  arguments: (_)
  (#any-of? @_m "require" "require_relative" "load" "autoload")) @import

; calls
(call receiver: (_) @qualifier method: [(identifier) (constant)] @reference.call)
(call !receiver method: [(identifier) (constant)] @reference.call)
(call receiver: [(constant) @reference.call (scope_resolution scope: (_) @qualifier name: (constant) @reference.call)]
  method: (identifier) @_m (#eq? @_m "new"))

; symbols that name methods (`map(&:amount)`, `before_action :login`); @name and references have the leading ":"
(block_argument (simple_symbol) @reference.call)
(argument_list (simple_symbol) @reference.name)

; types: superclasses, rescued exceptions; other constants are `member` after :: and `name` otherwise
(superclass [(constant) @reference.type (scope_resolution scope: (_) @qualifier name: (constant) @reference.type)])
(exceptions [(constant) @reference.type (scope_resolution scope: (_) @qualifier name: (constant) @reference.type)])
(scope_resolution scope: (_) @qualifier name: (constant) @reference.member)
[(identifier) (constant) (class_variable) (global_variable)] @reference.name
