"""Templates as the compiler leaves them."""

from runtime import Buffer, Context, Namespace


class Template:
    """A body and named blocks, which are functions of a context."""

    def __init__(self, body, blocks=None):
        self.body = body
        self._blocks = dict(blocks or {})

    def has_block(self, name):
        return name in self._blocks

    def get_block(self, name):
        return self._blocks[name]

    def block_names(self):
        return sorted(self._blocks)

    def render(self, parent=None, **data):
        """Return the output; `parent` is a template whose blocks are used where this has none."""
        buffer = Buffer()
        context = Context(buffer.write, data)
        inherited = Namespace("parent", context, template=parent) if parent is not None else None
        local = Namespace("self", context, template=self, inherits=inherited)
        body = parent.body if parent is not None else self.body
        body(context, local)
        return buffer.getvalue()
