from notes.note import Note


class Shelf:
    def __init__(self):
        self.notes = []

    def add(self, text):
        note = Note(text)
        note.find_tags()
        self.notes.append(note)
        return note

    def tagged(self, tag):
        return [note.text for note in self.notes if tag in note.tags]
