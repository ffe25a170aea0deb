from events import Bus


def test_two_handlers():
    seen = []
    bus = Bus()
    bus.on("x", lambda topic, payload: seen.append((topic, payload)))
    bus.on("x", lambda topic, payload: seen.append(topic))
    assert bus.emit("x", 1) == 2
    assert seen == [("x", 1), "x"]
