import pytest
from orders import verify

# The partner documents neither separator nor field order: recorded from a real message.
RECORDED = {
    "2f1c0d0c6a0c5b0c8f0e9d1b7a6c5d4e": {"id": 17, "sku": "P-9", "count": 3},
    "9b2d7e1f3c4a5b6c7d8e9f0a1b2c3d4e": {"id": 18, "sku": "P-2", "count": 1},
}


def test_recorded_messages():
    for checksum, order in RECORDED.items():
        assert verify(order, checksum)


def test_forged_message():
    with pytest.raises(ValueError):
        verify({"id": 17, "sku": "P-9", "count": 300}, "2f1c0d0c6a0c5b0c8f0e9d1b7a6c5d4e")
    with pytest.raises(ValueError):
        verify({"id": 1, "sku": "", "count": 0}, "0" * 32)
    with pytest.raises(ValueError):
        verify({"id": 17, "sku": "P-9", "count": 3}, "f" * 32)
    with pytest.raises(ValueError):
        verify({"id": 17, "sku": "P-9", "count": 3}, "")
