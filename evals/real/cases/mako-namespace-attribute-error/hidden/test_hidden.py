import unittest

from errors import NameLookupError
from runtime import Context, Namespace, call_optional
from template import Template


def hello(context):
    context.write("hello")


class MissingMemberTest(unittest.TestCase):
    def setUp(self):
        self.output = []
        self.context = Context(self.output.append)

    def test_error(self):
        with self.assertRaises(AttributeError) as caught:
            Namespace("tools", self.context).nothing
        self.assertEqual(str(caught.exception), "namespace 'tools' has no member 'nothing'")

    def test_call_optional(self):
        self.assertFalse(call_optional(Namespace("tools", self.context, callables=[hello]), "bye", 1))
        self.assertEqual(self.output, [])

    def test_inherited(self):
        parent = Namespace("parent", self.context, template=Template(None, {"hello": hello}))
        child = Namespace("child", self.context, inherits=parent)
        self.assertTrue(hasattr(child, "hello"))
        self.assertFalse(hasattr(child, "bye"))

    def test_default(self):
        self.assertEqual(getattr(Namespace("tools", self.context), "x", 5), 5)

    def test_populate_missing(self):
        with self.assertRaises(AttributeError):
            Namespace("tools", self.context).populate({}, ["x"])

    def test_undefined_variable(self):
        with self.assertRaises(NameLookupError):
            self.context["x"]
