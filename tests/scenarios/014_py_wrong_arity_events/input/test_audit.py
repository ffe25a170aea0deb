from audit import Audit
from events import Bus


def test_unheard_topic():
    assert Bus().emit("login", {"user": "kim"}) == 0


def test_audit_lines():
    bus = Bus()
    audit = Audit(bus)
    bus.emit("login", {"user": "kim"})
    bus.emit("logout", {"user": "kim"})
    assert audit.lines == ["login:kim", "logout:kim"]
