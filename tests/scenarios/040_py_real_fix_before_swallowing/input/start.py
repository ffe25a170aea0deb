from loader import load_all


def missing(documents):
    """Required plug-ins that nobody provides."""
    plugins = load_all(documents)
    wanted = {need for plugin in plugins.values() for need in plugin.requires}
    return sorted(wanted - set(plugins))
