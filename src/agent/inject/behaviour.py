"""Calls functions with generated arguments and writes down what came of each call.

Run by `slm refactor` in the sandbox, once on the files as they are and once on the changed ones:
the same functions, the same seed, so the same arguments. What a function returns, raises, yields
and does to its arguments is written as text, one JSON object a line.
"""

import ast
import asyncio
import contextlib
import copy
import importlib
import importlib.util
import inspect
import io
import json
import os
import random
import re
import signal
import sys

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
MOST = 2000  # characters of a value that are compared; the rest by its length
WORDS = ["", "a", "abc", "Hello, World", "x=1;y=2", "  padded  ", "12", "-3.5", "naïve ünï", "a/b/c.txt", "line\nline"]
NUMBERS = [0, 1, 2, -1, 3, 7, 10, 100, -5, 255, 1000]
FLOATS = [0.0, 1.0, -1.5, 0.1, 3.14, 100.0, 1e6]


class TooLong(BaseException):
    pass


def on_alarm(signum, frame):
    raise TooLong()


def load(path):
    """The module of a file, imported as its package would be, or by its path alone."""
    parts = os.path.splitext(path)[0].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    # From the longest dotted name down: a source directory is no package.
    for start in range(len(parts)):
        root = os.path.join(os.getcwd(), *parts[:start])
        folder = os.path.join(root, parts[start])
        if start < len(parts) - 1 and not os.path.exists(os.path.join(folder, "__init__.py")):
            continue
        sys.path.insert(0, root)
        try:
            return importlib.import_module(".".join(parts[start:]))
        except BaseException:
            sys.path.pop(0)
            if start == len(parts) - 1:
                raise
    raise ImportError(path)


def find(module, qualified):
    owner, value = None, module
    for part in qualified.split("."):
        owner, value = value, inspect.getattr_static(value, part)
    if isinstance(value, staticmethod):
        return value.__func__, None
    if isinstance(value, classmethod):
        return value.__func__, owner
    if inspect.isclass(owner):
        return value, "instance"
    return value, None


def literals(function):
    """Constants that the function itself compares with or looks for: the values that matter to it."""
    found = {"str": [], "int": [], "float": []}
    try:
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError, ValueError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value).__name__ in found:
            values = found[type(node.value).__name__]
            if node.value not in values and len(values) < 12:
                values.append(node.value)
                if type(node.value) is int:
                    values.extend([node.value - 1, node.value + 1])
    return found


class Maker:
    def __init__(self, rng, known):
        self.rng, self.known = rng, known

    def of(self, parameter, depth=0):
        kind = parameter.annotation
        if kind is inspect.Parameter.empty and parameter.default not in (inspect.Parameter.empty, None):
            if self.rng.random() < 0.3:
                return copy.deepcopy(parameter.default)
            kind = type(parameter.default)
        if kind is inspect.Parameter.empty:
            return self.guess(parameter.name, depth)
        return self.typed(kind, parameter.name, depth)

    def typed(self, kind, name, depth):
        text = kind if isinstance(kind, str) else getattr(kind, "__name__", None) if not getattr(kind, "__args__", None) else str(kind)
        text = (text or str(kind)).replace("typing.", "").strip()
        if text.startswith("Optional[") or "None" in text.split("|"):
            if self.rng.random() < 0.2:
                return None
            text = text.removeprefix("Optional[").removesuffix("]") if text.startswith("Optional[") else text
        if "|" in text and "[" not in text:
            text = self.rng.choice([part.strip() for part in text.split("|") if part.strip() != "None"] or ["int"])
        base, _, inside = text.partition("[")
        inside = inside.removesuffix("]") or "int"
        first = inside.split(",")[0].strip()
        base = base.rsplit(".", 1)[-1].strip().lower()
        many = range(self.rng.randrange(0, 5))
        deeper = depth + 1
        if depth > 3:
            return self.number()
        if base in ("int",):
            return self.number()
        if base in ("float", "complex", "real"):
            return self.rng.choice(FLOATS + self.known["float"])
        if base in ("str",):
            return self.word()
        if base in ("bytes", "bytearray"):
            return self.word().encode()
        if base in ("bool",):
            return self.rng.random() < 0.5
        if base in ("list", "sequence", "iterable", "collection", "iterator", "mutablesequence"):
            return [self.typed(first, name, deeper) for _ in many]
        if base in ("set", "frozenset", "abstractset"):
            return {self.hashable() for _ in many}
        if base in ("tuple",):
            kinds = [part.strip() for part in inside.split(",")]
            if kinds[-1] == "...":
                return tuple(self.typed(first, name, deeper) for _ in many)
            return tuple(self.typed(part, name, deeper) for part in kinds)
        if base in ("dict", "mapping", "mutablemapping", "defaultdict", "ordereddict"):
            value = inside.split(",")[-1].strip()
            return {self.typed(first, name, 9) if first == "int" else self.word(): self.typed(value, name, deeper) for _ in many}
        if base in ("none", "nonetype"):
            return None
        if base in ("any", "object", "t"):
            return self.guess(name, deeper)
        return self.guess(name, deeper)

    def guess(self, name, depth):
        name = name.lower()
        if re.search(r"(^n$|num|count|size|len|index|idx|^i$|^j$|^k$|limit|width|height|year|month|day|age|amount|price|total|^x$|^y$|^a$|^b$)", name) and self.rng.random() < 0.8:
            return self.number() if self.rng.random() < 0.8 else self.rng.choice(FLOATS)
        if re.search(r"(name|text|str|word|line|path|key|title|msg|message|label|url|char|prefix|suffix|sep|source|pattern)", name) and self.rng.random() < 0.8:
            return self.word()
        if re.search(r"(items|list|values|rows|seq|elements|nums|numbers|words|lines|args|data|^xs$|s$)", name) and depth < 2 and self.rng.random() < 0.7:
            make = self.word if re.search(r"(words|lines|names|keys)", name) or self.rng.random() < 0.3 else self.number
            return [make() for _ in range(self.rng.randrange(0, 6))]
        if re.search(r"(dict|map|config|options|opts|params|table|kwargs|by_)", name) and depth < 2:
            return {self.word(): self.number() for _ in range(self.rng.randrange(0, 4))}
        if re.search(r"^(is|has|use|should|allow|flag|enable|strict)", name):
            return self.rng.random() < 0.5
        return self.rng.choice([self.number, self.word, lambda: None, lambda: [self.number() for _ in range(3)], lambda: {self.word(): self.number()}, lambda: self.rng.random() < 0.5])()

    def number(self):
        return self.rng.choice(NUMBERS + self.known["int"] * 2)

    def word(self):
        return self.rng.choice(WORDS + self.known["str"] * 2)

    def hashable(self):
        return self.number() if self.rng.random() < 0.5 else self.word()


def shown(value):
    try:
        text = ADDRESS.sub(" at …", repr(value))
    except BaseException as error:
        text = f"<repr raises {type(error).__name__}>"
    return text if len(text) <= MOST else f"{text[:MOST]}… {len(text)}"


def canonical(value, depth=0):
    """Sets have no order of their own."""
    if depth < 4 and isinstance(value, (set, frozenset)) and type(value).__repr__ is type(value).__mro__[-2].__repr__:
        return f"{type(value).__name__}{sorted(map(shown, value))}"
    return shown(value)


def call(function, arguments, keywords):
    out = io.StringIO()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            result = function(*arguments, **keywords)
            if inspect.iscoroutine(result):
                result = asyncio.run(result)
            if inspect.isgenerator(result):
                result = ["yields", *(item for item, _ in zip(result, range(50)))]
        told = {"returns": canonical(result)}
    except TooLong:
        told = {"too long": True}
    except BaseException as error:
        told = {"raises": f"{type(error).__name__}: {shown(str(error))}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if out.getvalue():
        told["prints"] = out.getvalue()[:MOST]
    return told


def instance(owner, maker):
    """An object of the class, made with generated arguments; `None` when that does not work."""
    for _ in range(5):
        try:
            parameters = list(inspect.signature(owner).parameters.values())
            wanted = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            return owner(*[maker.of(p) for p in wanted])
        except BaseException:
            continue
    return None


def characterise(spec, lines, write):
    module = load(spec["path"])
    function, owner = find(module, spec["function"])
    if not inspect.isfunction(inspect.unwrap(function)):
        raise TypeError("is no plain function")
    code = inspect.unwrap(function).__code__
    ran = set()

    def tracer(frame, event, argument):
        if frame.f_code.co_filename == code.co_filename:
            ran.add(frame.f_lineno)
            return tracer
        return None

    maker = Maker(random.Random(spec["seed"]), spec.get("literals") or literals(function))
    parameters = list(inspect.signature(function).parameters.values())
    bound = owner is not None
    if bound:
        parameters = parameters[1:]
    holder = getattr(module, spec["function"].split(".")[0]) if owner == "instance" else owner
    for turn in range(spec["calls"]):
        arguments, keywords = [], {}
        for parameter in parameters:
            if parameter.kind is parameter.VAR_POSITIONAL:
                arguments.extend(maker.guess(parameter.name.rstrip("s"), 2) for _ in range(maker.rng.randrange(0, 3)))
            elif parameter.kind is parameter.VAR_KEYWORD:
                continue
            elif parameter.kind is parameter.KEYWORD_ONLY:
                if parameter.default is parameter.empty or maker.rng.random() < 0.5:
                    keywords[parameter.name] = maker.of(parameter)
            elif parameter.default is not parameter.empty and maker.rng.random() < 0.3:
                break
            else:
                arguments.append(maker.of(parameter))
        receiver = []
        if owner == "instance":
            made = instance(holder, maker)
            if made is None:
                continue
            receiver = [made]
        elif bound:
            receiver = [owner]
        before = shown([arguments, keywords])
        if lines:
            sys.settrace(tracer)
        told = call(function, receiver + arguments, keywords)
        sys.settrace(None)
        after = shown([arguments, keywords])
        if after != before:
            told["arguments after"] = after
        if owner == "instance":
            told["object after"] = shown(getattr(receiver[0], "__dict__", None))
        # A call that had no time says nothing: the next one may have had it.
        if "too long" not in told:
            write({"function": spec["function"], "path": spec["path"], "call": turn, "arguments": before, **told})
    write({"function": spec["function"], "path": spec["path"], "ran": sorted(ran), "literals": maker.known})


def main():
    side = os.environ["SLM_SIDE"]
    with open(os.path.join(side, "spec.json"), encoding="utf-8") as file:
        specs = json.load(file)
    with open(os.path.join(side, "calls.jsonl"), "w", encoding="utf-8") as file:
        def write(record):
            file.write(json.dumps(record) + "\n")
            file.flush()
        for spec in specs:
            try:
                characterise(spec, spec["lines"], write)
            except BaseException as error:
                write({"function": spec["function"], "path": spec["path"], "unable": f"{type(error).__name__}: {error}"[:300]})


main()
