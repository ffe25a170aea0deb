import unittest

import records


def total(old, new):
    return (old or 0) + new


class AssignManyTest(unittest.TestCase):
    def test_three_sources_in_order(self):
        self.assertEqual(
            records.assign({}, {"a": 1, "b": 1}, {"b": 2}, {"b": 3, "c": 3}),
            {"a": 1, "b": 3, "c": 3},
        )

    def test_combine_after_several_sources(self):
        self.assertEqual(records.assign({"a": 1}, {"a": 2}, {"a": 3, "b": 4}, total), {"a": 6, "b": 4})

    def test_combine_by_keyword_with_several_sources(self):
        self.assertEqual(records.assign({"a": 1}, {"a": 2}, {"a": 3}, combine=total), {"a": 6})

    def test_an_empty_source_among_others(self):
        self.assertEqual(records.assign({"a": 1}, {}, {"b": 2}, {}), {"a": 1, "b": 2})

    def test_combine_by_keyword_with_one_source(self):
        self.assertEqual(records.assign({"a": 1}, {"a": 2}, combine=total), {"a": 3})

    def test_the_record_itself_is_returned(self):
        record, source = {"a": 1}, {"b": 2}
        self.assertIs(records.assign(record, source), record)
        self.assertEqual(source, {"b": 2})


if __name__ == "__main__":
    unittest.main()
