class History:
    """Undo history that remembers at most `limit` states."""

    def __init__(self, limit=3):
        self.limit = limit
        self.states = []
        self.redo_states = []

    def save(self, state):
        self.states.append(state)
        self.redo_states.clear()
        if len(self.states) > self.limit:
            self.states = self.states[-self.limit + 1 :]

    def undo(self):
        if len(self.states) < 2:
            return None
        self.redo_states.append(self.states.pop())
        return self.states[-1]

    def redo(self):
        if not self.redo_states:
            return None
        self.states.append(self.redo_states.pop())
        return self.states[-1]
