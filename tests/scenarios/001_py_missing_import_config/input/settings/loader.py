"""Reads layered settings: built-in defaults, then a file, then overrides."""

from dataclasses import dataclass, field
from pathlib import Path

DEFAULTS = {"host": "127.0.0.1", "port": 8080, "tags": []}


@dataclass
class Settings:
    values: dict = field(default_factory=dict)

    def __getitem__(self, key):
        return self.values[key]

    def merged(self, extra):
        out = dict(self.values)
        out.update(extra)
        return Settings(out)


def read_file(path):
    text = Path(path).read_text(encoding="utf-8")
    if not text.strip():
        return {}
    return json.loads(text)


def load(path=None, **overrides):
    settings = Settings(dict(DEFAULTS))
    if path is not None:
        settings = settings.merged(read_file(path))
    return settings.merged(overrides)
