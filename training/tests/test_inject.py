"""The bug classes: each strikes somewhere, and breaks in the way it says."""

import ast
import random

import pytest

from training import inject, tokenbugs
from training.tests import samples


@pytest.mark.parametrize("kind", sorted(inject.CLASSES))
def test_each_class_strikes(kind):
    rng = random.Random(5)
    struck = [b for unit in inject.units_of(samples.PYTHON) for _ in range(12) if (b := inject.inject(unit, rng, kind))]
    assert struck
    for broken in struck:
        if kind in inject.SYNTAX:
            assert broken.line is not None and broken.error
            with pytest.raises(SyntaxError):
                ast.parse(broken.text)
        else:
            ast.parse(broken.text)


def test_messages_name_what_is_wrong():
    rng = random.Random(6)
    unit = next(unit for unit in inject.units_of(samples.PYTHON) if unit.name == "Shelf.store")
    broken = inject.inject(unit, rng, "name_misspelt")
    name = broken.error.split("'")[1]
    assert name in broken.text.split("\n")[broken.line - 1]


@pytest.mark.parametrize("language, text", [("rs", samples.RUST), ("js", samples.JAVASCRIPT)])
def test_every_token_class_strikes(language, text):
    rng = random.Random(7)
    (piece,) = tokenbugs.units_of(text)
    kinds = {tokenbugs.inject(piece, rng, language).kind.split()[1] for _ in range(400)}
    assert kinds == {maker.__name__ for maker, _ in tokenbugs.MAKERS}


def test_the_same_seed_gives_the_same_bugs():
    def bugs():
        rng = random.Random(8)
        return [inject.inject(unit, rng) for unit in inject.units_of(samples.PYTHON)]

    assert bugs() == bugs()
