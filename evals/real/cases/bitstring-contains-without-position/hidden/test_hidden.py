import unittest

from frames import Frame, FrameError, FrameReader


class MembershipTest(unittest.TestCase):
    def test_single_bits(self):
        self.assertTrue("0b1" in Frame("0xf"))
        self.assertFalse("0b0" in Frame("0xf"))

    def test_frame_as_needle(self):
        self.assertTrue(Frame("0b101") in Frame("0b0010100"))
        self.assertFalse(Frame("0b111") in Frame("0b0010100"))

    def test_slice_and_empty(self):
        self.assertTrue("0xb" in Frame("0xabc")[4:])
        self.assertFalse("0xa" in Frame("0xabc")[4:])
        self.assertFalse("0b1" in Frame())

    def test_no_cursor_on_a_plain_frame(self):
        frame = Frame("0xff")
        self.assertTrue("0b11" in frame)
        self.assertFalse(hasattr(frame, "_cursor"))

    def test_empty_needle_is_refused(self):
        with self.assertRaises(FrameError):
            "" in Frame("0x1")

    def test_reader_keeps_its_place(self):
        reader = FrameReader("0x00ff")
        for cursor in (0, 5, 16):
            reader.seek(cursor)
            self.assertTrue("0xff" in reader)
            self.assertFalse("0xab" in reader)
            self.assertEqual(reader.cursor, cursor)


if __name__ == "__main__":
    unittest.main()
