class Schedule:
    def __init__(self):
        self.meetings = []

    def book(self, start, title, minutes):
        self.meetings.append((start, title, minutes))

    def describe(self):
        lines = []
        for start, title, minutes in self.meetings:
            lines.append(f"{start} {title} ({minutes} min)")
        return "\n".join(lines)
