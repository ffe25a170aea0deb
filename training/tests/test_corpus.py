"""What may enter the corpus: licences, credentials, held-out packages, duplicates."""

import random

import pytest

from training import corpus, dedupe, holdout, licences, secrets
from training.tests import samples


@pytest.mark.parametrize(
    "expression, accepted",
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-or-later", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT/Apache-2.0", True),
        ("(MIT OR Apache-2.0) AND GPL-3.0", False),
        ("GPL-2.0-only", False),
        ("(MIT", False),
        ("", False),
    ],
)
def test_licence_expressions(expression, accepted):
    assert licences.accepts(expression) == accepted


def test_licences_of_metadata():
    assert licences.of_metadata("Name: a\nLicense-Expression: MIT\n") == ("MIT", True)
    assert licences.of_metadata("Classifier: License :: OSI Approved :: BSD License\n") == ("BSD License", True)
    gpl = "Classifier: License :: OSI Approved :: GNU General Public License (GPL)\n"
    assert not licences.of_metadata("Classifier: License :: OSI Approved :: MIT License\n" + gpl)[1]
    assert licences.of_metadata("Name: a\n") == ("unknown", False)


def test_credentials_are_found():
    rng = random.Random(1)
    value = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789") for _ in range(40))
    assert secrets.finding(f'API_KEY = "{value}"')
    assert secrets.finding("-----BEGIN RSA PRIVATE " + "KEY-----")
    assert secrets.finding("key = '" + "AKIA" + "ABCDEFGH12345678'")
    assert secrets.finding(samples.PYTHON) is None
    assert secrets.finding('password = "correct horse battery staple"') is None


def test_held_out_packages_are_refused():
    for name in ("boltons", "python_slugify", "bottlepy/bottle", "lark", "Django", "scikit-learn"):
        assert holdout.refuses(name)
    for name in ("expressjs/express", "BurntSushi/ripgrep", "clap-rs/clap", "gin-gonic/gin", "vuejs/core"):
        assert holdout.refuses(name)
    assert not any(holdout.refuses(name) for name in ("attrs", "npm/cli", "angular/angular.js"))
    assert holdout.is_copy("site/bottle.py") and holdout.is_copy("pkg/boltons/iterutils.py")
    assert not holdout.is_copy("pkg/schema.py")
    assert corpus.read_list()
    rows = (corpus.HERE / "corpus.tsv").read_text().splitlines()[1:]
    assert not [row for row in rows if holdout.refuses(row.split("\t")[0].removeprefix("npm:"))]


def test_crates_of_a_held_out_project_are_refused():
    refused = lambda address: holdout.refuses(corpus.project_of({"repository": address}))
    assert refused("https://github.com/clap-rs/clap") and refused("https://github.com/serde-rs/serde.git")
    assert refused("https://github.com/BurntSushi/ripgrep/tree/master/crates/globset")
    assert not refused("https://github.com/BurntSushi/memchr/") and not refused("")
    assert corpus.project_of({"repository": {"workspace": True}}) == ""


def test_tests_and_vendored_files_are_no_source():
    for path in ("a/tests/b.py", "a/test_b.py", "a/_vendor/six.py", "a/b.min.js", "a/b_pb2.py"):
        assert corpus.NOT_SOURCE.search(path)
    assert not corpus.NOT_SOURCE.search("latest/contest.py")


def test_layout_and_near_copies_do_not_count():
    text = samples.PYTHON
    assert dedupe.fingerprint(text) == dedupe.fingerprint(text.replace("    ", "  "))
    changed = text.replace("class Shelf", "class Rack")
    found, other = dedupe.shingles(text), dedupe.shingles(changed)
    assert len(found & other) > dedupe.NEAR * len(found)
