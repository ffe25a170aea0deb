"""What compiled templates use while they run: the context and namespaces."""

from errors import NameLookupError, RenderError


class Context:
    """The variables of a rendering and the output made so far."""

    def __init__(self, write, data=None):
        self._write = write
        self._data = dict(data or {})
        self.namespaces = {}

    def write(self, text):
        self._write(text)

    def get(self, key, default=None):
        return self._data.get(key, default)

    def __getitem__(self, key):
        try:
            return self._data[key]
        except KeyError:
            raise NameLookupError(f"{key!r} is not defined") from None

    def locals_(self, data):
        """Return a context with further variables that writes to the same output."""
        context = Context(self._write, {**self._data, **data})
        context.namespaces = self.namespaces
        return context


class Buffer:
    """Collects output for `capture`."""

    def __init__(self):
        self._pieces = []

    def write(self, text):
        self._pieces.append(text)

    def getvalue(self):
        return "".join(self._pieces)


class Namespace:
    """The functions of a template or module, called with the context in place.

    A member is looked for among `callables`, the blocks of the template, the functions of
    the module, and then in the namespace it inherits from.
    """

    def __init__(self, name, context, module=None, template=None, callables=None, inherits=None):
        self.name = name
        self.context = context
        self.template = template
        self.inherits = inherits
        self._module = module
        self.callables = {function.__name__: function for function in callables or ()}
        context.namespaces.setdefault(name, self)

    def __getattr__(self, key):
        if key in self.callables:
            return self._bind(self.callables[key])

        if self.template is not None and self.template.has_block(key):
            return self._bind(self.template.get_block(key))

        if self._module is not None and hasattr(self._module, key):
            return self._bind(getattr(self._module, key))

        if self.inherits is not None:
            return getattr(self.inherits, key)
        raise RenderError(f"namespace {self.name!r} has no member {key!r}")

    def _bind(self, function):
        def bound(*args, **kwargs):
            return function(self.context, *args, **kwargs)

        bound.__name__ = function.__name__
        return bound

    def members(self):
        """Return the names that are found, those of inherited namespaces included."""
        names = set(self.callables)
        if self.template is not None:
            names.update(self.template.block_names())
        if self.inherits is not None:
            names.update(self.inherits.members())
        return sorted(names)

    def populate(self, data, names):
        """Copy members to the dictionary `data`; a star stands for all."""
        for name in names:
            if name == "*":
                for member in self.members():
                    data[member] = getattr(self, member)
            else:
                data[name] = getattr(self, name)


def capture(context, function, *args, **kwargs):
    """Return what `function` writes when it is called with the context."""
    if not callable(function):
        raise RenderError("capture() needs a function")
    buffer = Buffer()
    inner = Context(buffer.write, context._data)
    inner.namespaces = context.namespaces
    function(inner, *args, **kwargs)
    return buffer.getvalue()


def call_optional(namespace, name, *args):
    """Call a member if there is one; tell whether there was."""
    function = getattr(namespace, name, None)
    if function is None:
        return False
    function(*args)
    return True
