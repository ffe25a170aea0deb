from meter import Meter


def bill(readings, cents_per_unit):
    meter = Meter(readings[0])
    for value in readings[1:]:
        meter.read(value)
    return sum(meter.used) * cents_per_unit
