"""The format: canonical targets, their inverse, and the committed cases."""

import json
import random

import pytest

from training import cases, format, inject
from training.tests import samples


def test_applying_the_target_repairs_random_bugs():
    rng = random.Random(3)
    for unit in inject.units_of(samples.PYTHON):
        for _ in range(60):
            broken = inject.inject(unit, rng)
            before = broken.text.split("\n")
            shared = format.indentation(before)
            after = format.tidy(unit.text.split("\n"), shared)
            target = format.target(format.tidy(before), after) if after is not None else None
            if target is not None:
                assert format.apply(format.tidy(before), format.parse(target)) == after


def test_applying_the_target_repairs_random_lines():
    rng = random.Random(4)
    words = ["a", "b", "a a", "f(a)", "", "  a = b", "  a"]
    for _ in range(3000):
        before = [rng.choice(words) for _ in range(rng.randrange(1, 7))]
        after = [rng.choice(words) for _ in range(rng.randrange(1, 7))]
        hunks = format.diff(before, after)
        if hunks:
            text = "".join(hunk.text() for hunk in hunks) + "<end>"
            assert format.parse(text) == hunks
            assert format.apply(before, hunks) == after


def test_the_old_text_occurs_once():
    assert format.replacement(1, "x = a + a", "x = a + b") == format.Replace(1, "+ a", "+ b")
    assert format.replacement(1, "aaa", "aab") == format.Replace(1, "aaa", "aab")


@pytest.mark.parametrize(
    "text",
    ["<end>", "<L1>a<rep>b", "<L1>a<end>", "x<L1>a<rep>b<end>", "<L1>a<rep>b<end>c<end>", "<L1>a<rep>b<rep>c<end>"],
)
def test_malformed_targets_are_refused(text):
    with pytest.raises(ValueError):
        format.parse(text)


@pytest.mark.parametrize(
    "text", ["<L3>a<rep>b<end>", "<L1>z<rep>b<end>", "<L4><ins>x<end>", "<L1>a<rep>b<L1>a<rep>c<end>"]
)
def test_hunks_that_do_not_fit_are_refused(text):
    with pytest.raises(ValueError):
        format.apply(["a", "b"], format.parse(text))


def test_a_window_is_cut_around_its_focus():
    assert format.fit([10] * 9, 4, 50) == (2, 7)
    assert format.fit([10] * 9, 0, 50) == (0, 5)
    assert format.fit([10] * 9, 8, 35) == (6, 9)
    assert format.fit([99], 0, 50) == (0, 1)


def test_the_committed_cases_are_current():
    assert json.loads(cases.PATH.read_text()) == cases.cases()
