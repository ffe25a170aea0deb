import struct
import unittest

from properties import END, WRITE_ACCESS, Properties, record, write_access


def user_name(*records):
    return Properties().read(b"".join(records) + record(END)).user_name


class HiddenUserNameTest(unittest.TestCase):
    def test_every_length(self):
        for length in range(1, 60):
            with self.subTest(length=length):
                self.assertEqual(user_name(write_access("x" * length)), "x" * length)

    def test_wide_names(self):
        for length in (9, 11, 12, 13, 32):
            with self.subTest(length=length):
                self.assertEqual(user_name(write_access("Ж" * length)), "Ж" * length)

    def test_last_character_looks_like_space(self):
        # The low byte of this letter comes first, its high byte is a space
        self.assertEqual(user_name(write_access("a\u2030b\u2041")), "a\u2030b\u2041")

    def test_wide_name_without_padding(self):
        payload = struct.pack("<HB", 10, 1) + "Ж".encode("utf_16_le") * 10
        self.assertEqual(user_name(record(WRITE_ACCESS, payload)), "Ж" * 10)


class HiddenNeighbourTest(unittest.TestCase):
    def test_stray_bytes(self):
        for stray in (b" ", b"\n", b"   "):
            payload = struct.pack("<HB", 50, 1) + "Bob".encode("utf_16_le") + stray
            self.assertEqual(user_name(record(WRITE_ACCESS, payload)), "Bob")

    def test_damage_is_still_reported(self):
        payload = struct.pack("<HB", 50, 1) + "Bob".encode("utf_16_le") + b"x"
        with self.assertRaises(UnicodeDecodeError):
            user_name(record(WRITE_ACCESS, payload))

    def test_no_name(self):
        self.assertEqual(user_name(write_access("")), "")
