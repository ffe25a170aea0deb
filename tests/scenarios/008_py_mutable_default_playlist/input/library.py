from playlist import Playlist


class Library:
    def __init__(self):
        self.lists = {}

    def playlist(self, name):
        if name not in self.lists:
            self.lists[name] = Playlist(name)
        return self.lists[name]

    def longest(self):
        return max(self.lists.values(), key=Playlist.length).name
