"""Observed failures: a broken module fails its tests, an unbroken one passes, and nothing outlives a run."""

import random

import pytest

from training import inject, observe

NAME, TEST = "colorsys", "test.test_colorsys"
PATH = observe.sources(NAME, TEST)
pytestmark = pytest.mark.skipif(PATH is None, reason="Python comes without its tests")


def test_the_module_as_it_is_passes():
    assert observe.observe(NAME, TEST, PATH, PATH.read_text())["verdict"] == "passed"


def test_a_wrong_name_is_reported_with_its_line():
    text = PATH.read_text().replace("return", "return missing_name #", 1)
    found = observe.observe(NAME, TEST, PATH, text)
    assert found["verdict"] == "failed" and found["error"].startswith("NameError: name 'missing_name'")
    line = next(n for n, line in enumerate(text.split("\n"), 1) if "missing_name" in line)
    assert found["lines"][0] == line


def test_an_endless_loop_ends(monkeypatch):
    monkeypatch.setattr(observe, "SECONDS", 1)
    text = PATH.read_text() + "\nwhile True:\n    pass\n"
    assert observe.observe(NAME, TEST, PATH, text) == {"verdict": "ended"}


def test_a_mutant_stands_where_the_unit_stood():
    text = PATH.read_text()
    for unit in inject.units_of(text):
        if unit.is_function:
            assert observe.replaced(text, unit, unit.text) == text


def test_lines_are_those_of_the_window():
    text = 'x = 1\n\n\ndef f(a):\n    """One."""\n    b = a\n    return b + c\n'
    unit = next(unit for unit in inject.units_of(text) if unit.is_function)
    broken = inject.Broken(unit.text, "k", "", None)
    for seed in range(8):
        found = {"error": "AssertionError: 3 != 4", "lines": [7]}
        example = observe.example_of(unit, broken, found, random.Random(seed))
        assert example["before"][example["at"][0] - 1] == "    return b + c"
        assert example["err"] in ("AssertionError: 3 != 4", "AssertionError: assert 3 == 4")
