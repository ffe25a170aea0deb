class Folder:
    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent
        self.children = {}
        if parent is not None:
            parent.children[name] = self

    def mkdir(self, path):
        """Make every folder along `path` and return the last one."""
        head, _, rest = path.partition("/")
        child = self.children.get(head) or Folder(head, self)
        return child.mkdir(rest) if rest else child

    def path(self):
        if self.parent is None:
            return self.name
        return path_of(self)

    def depth(self):
        return 0 if self.parent is None else 1 + self.parent.depth()


def path_of(folder):
    return folder.parent.path() + "/" + folder.name
