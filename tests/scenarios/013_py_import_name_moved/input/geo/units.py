METRES_PER_MILE = 1609.344


def miles_to_metres(miles):
    return miles * METRES_PER_MILE


def metres_to_miles(metres):
    return metres / METRES_PER_MILE
