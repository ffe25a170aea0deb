import sys
import unittest

import redirect
import web


class RedirectTest(unittest.TestCase):
    def setUp(self):
        self.redirect = redirect.ImportRedirect("framework.plugins", "web_%s")

    def tearDown(self):
        self.redirect.remove()

    def test_real_name(self):
        self.assertEqual(self.redirect.realname("framework.plugins.cache"), "web_cache")
        self.assertIsNone(self.redirect.realname("framework.cache"))

    def test_missing(self):
        self.assertIsNone(self.redirect.find_spec("framework.plugins.nothing_here"))

    def test_remove(self):
        self.redirect.remove()
        self.assertNotIn("framework.plugins", sys.modules)
        self.assertNotIn(self.redirect, sys.meta_path)


class WebTest(unittest.TestCase):
    def test_import_extension(self):
        from web.ext import cache

        import web_cache

        self.assertIs(cache.Cache, web_cache.Cache)

    def test_script(self):
        self.assertEqual(redirect.ext_package("__main__"), "web.ext")

    def test_run(self):
        self.assertEqual(web.run(len, "abc", ""), ["3", "0"])

    def test_distribution_name(self):
        self.assertEqual(redirect.distribution_name("web", "big_cache"), "web-big-cache")
