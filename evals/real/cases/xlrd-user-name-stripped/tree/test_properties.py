import struct
import unittest

from properties import CODE_PAGE, COUNTRY, END, WRITE_ACCESS, Properties, PropertyError, record, write_access


def read(*records, version=80):
    return Properties(version).read(b"".join(records) + record(END))


class UserNameTest(unittest.TestCase):
    def test_short_name(self):
        self.assertEqual(read(write_access("Ann")).user_name, "Ann")

    def test_wide_name(self):
        self.assertEqual(read(write_access("Łucja")).user_name, "Łucja")

    def test_full_name(self):
        self.assertEqual(read(write_access("Ann Miller")).user_name, "Ann Miller")

    def test_stray_byte_behind_the_name(self):
        payload = struct.pack("<HB", 60, 1) + "Eve".encode("utf_16_le") + b" "
        self.assertEqual(read(record(WRITE_ACCESS, payload)).user_name, "Eve")

    def test_old_version(self):
        name = record(WRITE_ACCESS, b"\x04Jos\x82  ")
        page = record(CODE_PAGE, struct.pack("<H", 437))
        self.assertEqual(read(name, page, version=50).user_name, "José")
        self.assertEqual(read(page, name, version=50).user_name, "José")


class OtherTest(unittest.TestCase):
    def test_countries(self):
        self.assertEqual(read(record(COUNTRY, b"\x01\x00\x31\x00")).countries, (1, 49))

    def test_no_end(self):
        with self.assertRaises(PropertyError):
            Properties().read(write_access("Ann"))
