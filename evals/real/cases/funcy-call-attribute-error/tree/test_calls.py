import unittest

from calls import limited, make_call, once, retry, traced


class CallTest(unittest.TestCase):
    def test_arguments(self):
        def func(a, b=2, *rest, **named):
            pass

        call = make_call(func, (1,), {"c": 3})
        self.assertEqual((call.a, call.b, call.rest, call.named), (1, 2, (), {"c": 3}))

    def test_non_function(self):
        with self.assertRaises(TypeError):
            make_call(len, ([],), {}).anything

    def test_limited(self):
        @limited(3)
        def repeat(text, count=1):
            return text * count

        self.assertEqual(repeat("a", 3), "aaa")
        self.assertRaises(ValueError, repeat, "a", count=4)

    def test_limited_without_count(self):
        @limited(3)
        def double(text):
            return text * 2

        self.assertEqual(double("a"), "aa")


class DecoratorTest(unittest.TestCase):
    def test_traced_secret(self):
        lines = []

        @traced(lines.append)
        def login(user, secret):
            return user

        self.assertEqual(login("me", "key"), "me")
        self.assertEqual(lines, ["login('me', ***)"])

    def test_once(self):
        numbers = []

        @once
        def add(n):
            numbers.append(n)
            return n

        self.assertEqual([add(1), add(2)], [1, 1])
        self.assertEqual(numbers, [1])

    def test_retry(self):
        numbers = []

        @retry(3, errors=ZeroDivisionError)
        def work(n):
            numbers.append(n)
            return 1 / n

        self.assertRaises(ZeroDivisionError, work, 0)
        self.assertEqual(numbers, [0, 0, 0])
