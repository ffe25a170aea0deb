"""What must never be trained on: the packages of the repair suites and of public repair benchmarks.

The suites' lists are read from this repository. The benchmark projects are those of BugsInPy, PyTER, BugsJS,
GoBench, SWE-bench and its relatives in several languages, as far as known to us.
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
# The same in other languages, by owner where the name alone says little.
ELSEWHERE = set(
    """bower eslint express hessian.js hexo karma mongoose node-redis node_redis pencilblue shields bpmn-js grommet
    carbon-design-system/carbon highlight.js lighthouse vercel/next.js p5.js prismjs/prism react-pdf wp-calypso
    scratch-gui openlayers quarto-cli prettier chart.js marked axios vuejs/core vuejs/vue babel preact three.js
    docusaurus immutable-js dayjs svelte material-ui mui-x insomnia darkreader github-readme-stats vscode code-server
    serverless angular/angular tailwindcss cli/cli grpc-go go-zero caddy gin-gonic/gin hugo prometheus terraform
    cockroach moby etcd istio knative/serving kubernetes syncthing ripgrep clap-rs/clap nushell serde bat sharkdp/fd
    rayon tokio-rs/bytes tokio tracing coreutils axum ruff""".split()
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
    spellings = {normalised(name), normalised(name.split("/")[-1])}
    return bool(spellings & (names() | {normalised(other) for other in ELSEWHERE}))


def is_copy(path):
    """Whether a path inside another package looks like a bundled copy of a held-out package."""
    parts = [normalised(part) for part in re.sub(r"\.\w+$", "", path).split("/")]
    return any(part in names() and part not in COMMON_WORDS for part in parts)


def normalised(name):
    return re.sub(r"[._-]+", "-", name).lower()
