import unittest

from blocks import Page
from regions import RegionPool


class TimeoutTest(unittest.TestCase):
    def setUp(self):
        self.now = 0
        self.pool = RegionPool(lambda: self.now)

    def texts(self, source, *moments):
        page = Page(source, self.pool)
        made = []
        for self.now in moments:
            made.append(page.render(n=self.now))
        return made

    def test_timeout_of_the_page(self):
        source = '@page cache_timeout="10"\n@block name="a" cached="yes"\nat {n}'
        self.assertEqual(self.texts(source, 0, 9, 10, 19, 20), ["at 0", "at 0", "at 10", "at 10", "at 20"])

    def test_timeout_of_the_block_goes_before_that_of_the_page(self):
        source = '@page cache_timeout="10"\n@block name="a" cached="yes" cache_timeout="30"\nat {n}'
        self.assertEqual(self.texts(source, 0, 20, 30), ["at 0", "at 0", "at 30"])

    def test_timeouts_of_two_blocks(self):
        source = (
            '@block name="a" cached="yes" cache_timeout="5"\na{n}\n'
            '@block name="b" cached="yes"\nb{n}'
        )
        self.assertEqual(self.texts(source, 0, 5), ["a0\nb0", "a5\nb0"])

    def test_timeout_with_a_kind(self):
        source = '@block name="a" cached="yes" cache_kind="file" cache_timeout="5"\nat {n}'
        self.assertEqual(self.texts(source, 0, 4, 6), ["at 0", "at 0", "at 6"])
        self.assertEqual(self.pool.kinds(), ["file"])

    def test_timeout_of_zero(self):
        source = '@block name="a" cached="yes" cache_timeout="0"\nat {n}'
        self.assertEqual(self.texts(source, 1, 1, 2), ["at 1", "at 1", "at 2"])

    def test_no_timeout_keeps_for_good(self):
        source = '@block name="a" cached="yes" cache_folder="tmp"\nat {n}'
        self.assertEqual(self.texts(source, 0, 10**9), ["at 0", "at 0"])


if __name__ == "__main__":
    unittest.main()
