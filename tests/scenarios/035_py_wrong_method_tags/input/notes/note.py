class Note:
    def __init__(self, text):
        self.text = text
        self.tags = []

    def find_tags(self):
        words = self.text.split()
        self.tags.append([w[1:] for w in words if w.startswith("#") and len(w) > 1])
        return self.tags

    def tag_line(self):
        return ", ".join(self.tags)
