"""Plug-in descriptions. `requires` is optional."""


class Plugin:
    def __init__(self, name, requires):
        self.name = name
        self.requires = requires


def load(data):
    return Plugin(data["name"], list(data.get("requires", [])))


def load_all(documents):
    plugins = {}
    for document in documents:
        plugin = load(document)
        plugins[plugin.name] = plugin
    return plugins
