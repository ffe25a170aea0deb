import unittest

from frames import Frame, FrameError, FrameReader


class FrameTest(unittest.TestCase):
    def test_literals_are_joined(self):
        self.assertEqual(Frame("0b1, 0x0f"), Frame("0b100001111"))

    def test_find(self):
        self.assertEqual(Frame("0b1, 0x00dead").find("0xdead"), 9)
        self.assertIsNone(Frame("0x00").find("0b1"))

    def test_membership(self):
        frame = Frame("0b1, 0x0001dead0001")
        self.assertIn("0xdead", frame)
        self.assertNotIn("0xfeed", frame)

    def test_bad_literal(self):
        with self.assertRaises(FrameError):
            Frame("zz")


class FrameReaderTest(unittest.TestCase):
    def test_read_moves_on(self):
        reader = FrameReader("0xab")
        self.assertEqual(reader.read(4), "0xa")
        self.assertEqual(reader.cursor, 4)

    def test_find_moves_the_cursor(self):
        reader = FrameReader("0x00ff")
        self.assertEqual(reader.find("0xff"), 8)
        self.assertEqual(reader.cursor, 8)

    def test_membership_keeps_the_cursor(self):
        reader = FrameReader("0x00ff", cursor=3)
        self.assertIn("0xff", reader)
        self.assertEqual(reader.cursor, 3)


if __name__ == "__main__":
    unittest.main()
