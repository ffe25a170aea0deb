class Track:
    def __init__(self, title, seconds):
        self.title = title
        self.seconds = seconds


class Playlist:
    def __init__(self, name, tracks=None):
        self.name = name
        self.tracks = [] if tracks is None else tracks

    def add(self, title, seconds):
        self.tracks.append(Track(title, seconds))
        return self

    def length(self):
        return sum(track.seconds for track in self.tracks)

    def clock(self):
        minutes, seconds = divmod(self.length(), 60)
        return f"{minutes}:{seconds:02}"
