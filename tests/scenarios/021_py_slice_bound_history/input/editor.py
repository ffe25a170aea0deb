from history import History


class Editor:
    def __init__(self, limit=3):
        self.history = History(limit)
        self.text = ""
        self.history.save("")

    def type(self, text):
        self.text += text
        self.history.save(self.text)

    def undo(self):
        state = self.history.undo()
        if state is not None:
            self.text = state
        return self.text
