class Thermostat:
    """Heats below the target, with a dead band to avoid flicker."""

    def __init__(self, target, band=1.0):
        self.target = target
        self.band = band
        self.heating = False

    def update(self, measured):
        if measured < self.target - self.band:
            self.heating = True
        elif measured > self.target + self.band:
            self.heating = False
        return self.heating
