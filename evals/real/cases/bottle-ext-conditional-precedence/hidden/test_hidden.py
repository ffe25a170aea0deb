import sys
import unittest

import redirect


class NameTest(unittest.TestCase):
    def test_imported(self):
        self.assertEqual(redirect.ext_package("web"), "web.ext")

    def test_inside_another_package(self):
        self.assertEqual(redirect.ext_package("vendored.web"), "vendored.web.ext")

    def test_other_package(self):
        self.assertEqual(redirect.ext_package("site_tools", "site"), "site_tools.ext")

    def test_front_module_is_not_replaced(self):
        import web

        self.assertEqual(web.ext.__name__, "web.ext")
        self.assertIs(sys.modules["web.ext"], web.ext)
        self.assertIsNot(web.ext, web)

    def test_extension_is_noted(self):
        import web
        import web.ext.cache

        self.assertIn("cache", web.extensions())

    def test_script_with_other_package(self):
        self.assertEqual(redirect.ext_package("__main__", "site"), "site.ext")
