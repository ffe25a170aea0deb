"""A virtual package whose modules are found under other names.

With ``install_ext("web")`` the statement ``import web.ext.sqlite`` imports the module
``web_sqlite``, wherever that is installed.
"""

import importlib
import importlib.util
import sys
import types


class RedirectLoader:
    """Loads a module of the virtual package: the module behind it, under one more name."""

    def __init__(self, realname):
        self.realname = realname

    def create_module(self, spec):
        return importlib.import_module(self.realname)

    def exec_module(self, module):
        pass


class ImportRedirect:
    """Finds the modules of the virtual package `name` by the pattern `pattern`."""

    def __init__(self, name, pattern):
        self.name = name
        self.pattern = pattern
        self.module = sys.modules.get(name)
        if self.module is None:
            self.module = types.ModuleType(name, "Gives access to extensions.")
            sys.modules[name] = self.module
        self.module.__path__ = []
        self.module.__all__ = []
        if self not in sys.meta_path:
            sys.meta_path.append(self)

    def realname(self, fullname):
        """Return the name of the module behind `fullname`, or None if it is not ours."""
        package, _, name = fullname.rpartition(".")
        if package != self.name:
            return None
        return self.pattern % name

    def find_spec(self, fullname, path=None, target=None):
        realname = self.realname(fullname)
        if realname is None or not self._exists(realname):
            return None
        self._note(fullname.rpartition(".")[2])
        return importlib.util.spec_from_loader(fullname, RedirectLoader(realname))

    @staticmethod
    def _exists(realname):
        if realname in sys.modules:
            return True
        return importlib.util.find_spec(realname) is not None

    def _note(self, name):
        if name not in self.module.__all__:
            self.module.__all__.append(name)

    def remove(self):
        """Take the virtual package and its modules out of the import system."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in list(sys.modules):
            if name == self.name or name.startswith(self.name + "."):
                del sys.modules[name]


def distribution_name(package, extension):
    """Return the name under which an extension is published."""
    return "%s-%s" % (package.replace("_", "-"), extension.replace("_", "-"))


def ext_package(importer, package="web"):
    """Return the name of the virtual package for a framework imported as `importer`.

    A framework that runs as a script is known under its usual name `package`.
    """
    return package + ".ext" if importer == "__main__" else importer + ".ext"


def install_ext(importer, package="web"):
    """Set the virtual package up and return the redirection."""
    return ImportRedirect(ext_package(importer, package), package + "_%s")
