from geo.units import metres_to_mile


class Route:
    def __init__(self, name):
        self.name = name
        self.legs = []

    def leg(self, metres):
        if metres < 0:
            raise ValueError("a leg cannot be negative")
        self.legs.append(metres)
        return self

    def label(self, imperial=False):
        total = sum(self.legs)
        if imperial:
            return f"{self.name}: {metres_to_mile(total):.1f} mi"
        return f"{self.name}: {total / 1000:.1f} km"
