"""Which names do pieces of Python code use and make?"""

import ast
import builtins

BUILTIN_NAMES = frozenset(dir(builtins))


def _comprehension_targets(tree):
    made = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            made.update(name.id for name in ast.walk(node.target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.Lambda):
            made.update(argument.arg for argument in node.args.args)
    return made


def free_names(expression):
    """Return the names an expression needs from elsewhere, without built-in ones."""
    tree = ast.parse(expression.strip(), mode="eval")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used - _comprehension_targets(tree) - BUILTIN_NAMES


class Signature:
    """The name and the parameters of a macro, as in ``card(title, size=big)``."""

    def __init__(self, text):
        function = ast.parse(f"def {text.strip()}: pass").body[0]
        self.name = function.name
        self.parameters = [argument.arg for argument in function.args.args]
        self.defaults = [ast.unparse(default) for default in function.args.defaults]

    def lambda_source(self, expression):
        """Return the source of a function that has the parameters and gives the expression."""
        return f"lambda {self.header}: {expression}"

    @property
    def header(self):
        count = len(self.parameters) - len(self.defaults)
        plain = self.parameters[:count]
        with_default = [f"{name}={value}" for name, value in zip(self.parameters[count:], self.defaults)]
        return ", ".join(plain + with_default)
