; Bash: a command's first word is a call, of a function or of a program. Only assignments at the file's own level are
; definitions; in functions and conditions they are names.

(function_definition name: (word) @name) @definition.function

; constants (`declare -r` counts as a variable), variables
(program (declaration_command "readonly" (variable_assignment name: (variable_name) @name) @definition.constant))
(program (declaration_command ["declare" "typeset" "export"] (variable_assignment name: (variable_name) @name) @definition.variable))
(program (declaration_command ["declare" "typeset"] (variable_name) @name) @definition.variable)
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (variable_assignments (variable_assignment name: (variable_name) @name) @definition.variable))

; imports
(command name: (command_name (word) @_c) (#any-of? @_c "source" ".")) @import

; calls, also of what a trap or another command runs
(command_name (word) @reference.call)
(command name: (command_name (word) @_c) . argument: (word) @reference.call (#any-of? @_c "trap" "command" "exec" "time" "nohup" "sudo" "xargs"))

; other names
(variable_name) @reference.name
