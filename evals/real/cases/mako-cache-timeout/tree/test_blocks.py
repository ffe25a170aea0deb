import unittest

from blocks import Page, PageError
from regions import RegionPool


class Clock:
    def __init__(self):
        self.now = 1000

    def __call__(self):
        return self.now


class PageTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.pool = RegionPool(self.clock)

    def test_plain_block(self):
        page = Page('@block name="hi"\nHello {who}', self.pool)
        self.assertEqual(page.block("hi", who="Eva"), "Hello Eva")
        self.assertEqual(page.block("hi", who="Jan"), "Hello Jan")

    def test_cached_block_is_made_once(self):
        page = Page('@block name="hi" cached="yes"\nHello {who}', self.pool)
        self.assertEqual(page.block("hi", who="Eva"), "Hello Eva")
        self.assertEqual(page.block("hi", who="Jan"), "Hello Eva")

    def test_cached_block_is_made_anew_after_its_timeout(self):
        page = Page('@block name="hi" cached="yes" cache_timeout="60"\nHello {who}', self.pool)
        page.block("hi", who="Eva")
        self.clock.now += 59
        self.assertEqual(page.block("hi", who="Jan"), "Hello Eva")
        self.clock.now += 1
        self.assertEqual(page.block("hi", who="Jan"), "Hello Jan")

    def test_kind_from_the_page(self):
        page = Page('@page cache_kind="file"\n@block name="a" cached="yes"\nx', self.pool)
        page.render()
        self.assertEqual(self.pool.kinds(), ["file"])

    def test_text_outside(self):
        with self.assertRaises(PageError):
            Page("lost", self.pool)


if __name__ == "__main__":
    unittest.main()
