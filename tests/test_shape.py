"""Sizes and places. An exception needs a reason, and fails once it is no longer needed."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_MODULES = 12
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}

LONG_FILES: Mapping[str, str] = {}
LONG_FUNCTIONS: Mapping[str, str] = {
    "openclaw/app.py:_house": "one place wires; cut in two, each half would need to be handed the other's parts",
    "tests/gateway/harness.py:_wired": "wires as app.py does, to be read beside it",
    "openclaw/sessions/lines.py:_written": "one arm for each kind of line; the forms read best beside each other",
    "tests/journeys/test_walkthrough.py:test_the_weather_in_sydney": "one conversation, told from end to end",
    "tests/llm/test_wire.py:test_every_kind_of_block_has_its_form": "one table of forms",
}
BIG_PACKAGES: Mapping[str, str] = {
    "openclaw/cli": "one module a command group, and there are many commands",
    "openclaw/gateway": "one module a step of a message's way; folders inside would hide the order",
    "openclaw/llm": "two wire formats, and one module for each thing that can go wrong between us and a model",
    "openclaw/store": "one module a family of tables, and none of them has much to say",
    "openclaw/types": "one module a noun that several floors speak of, and each is small",
    "openclaw/web/rpc": "one module a family of methods, beside what carries them",
}
UNTESTED: Mapping[str, str] = {}


def python_files(*folders: str) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path


def judge(found: Mapping[str, object], exceptions: Mapping[str, str]) -> None:
    new = {name: what for name, what in found.items() if name not in exceptions}
    assert not new, "\n".join(f"{name}: {what}" for name, what in new.items())
    stale = exceptions.keys() - found.keys()
    assert not stale, f"no exception is needed any more for {sorted(stale)}"


def functions(
    tree: ast.AST, prefix: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):
            continue  # most of a tree, and no function stands in one
        name = f"{prefix}{getattr(node, 'name', '')}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, node
        nests = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        yield from functions(node, f"{name}." if nests else prefix)


def does_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """False for the bodies of Protocols: a docstring, or three dots."""
    return any(
        not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)) for line in function.body
    )


def test_no_file_is_too_long() -> None:
    lengths = {name: len(path.read_bytes().splitlines()) for name, path in python_files("openclaw", "tests")}
    judge({name: f"{n} lines" for name, n in lengths.items() if n > MAX_FILE_LINES}, LONG_FILES)


def test_no_function_is_too_long() -> None:
    found = {}
    for file, path in python_files("openclaw", "tests"):
        for name, function in functions(ast.parse(path.read_bytes())):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                found[f"{file}:{name}"] = f"{lines} lines"
    judge(found, LONG_FUNCTIONS)


def test_no_package_holds_too_many_modules() -> None:
    found = {}
    for init in sorted((ROOT / "openclaw").rglob("__init__.py")):
        modules = [path for path in init.parent.glob("*.py") if path != init]
        if len(modules) > MAX_MODULES:
            found[init.parent.relative_to(ROOT).as_posix()] = f"{len(modules)} modules"
    judge(found, BIG_PACKAGES)


def test_every_module_that_does_something_has_its_tests() -> None:
    found = {}
    for name, path in python_files("openclaw"):
        test = ROOT / "tests" / path.relative_to(ROOT / "openclaw").with_name(f"test_{path.name}")
        if test.exists():
            continue
        if any(does_something(function) for _, function in functions(ast.parse(path.read_bytes()))):
            found[name] = f"{test.relative_to(ROOT)} is missing"
    judge(found, UNTESTED)


def test_every_test_belongs_to_a_module() -> None:
    """A module that moves takes its tests along."""
    mirrored = {path.name for path in (ROOT / "openclaw").iterdir() if path.is_dir()}
    strays = [
        name
        for name, path in python_files("tests")
        if path.name.startswith("test_") and Path(name).parts[1] in mirrored and not _tested(path).exists()
    ]
    assert strays == []


def _tested(test: Path) -> Path:
    return ROOT / "openclaw" / test.relative_to(ROOT / "tests").with_name(test.name.removeprefix("test_"))


def test_packages_say_nothing_in_their_init() -> None:
    inits = [(name, path) for name, path in python_files("openclaw") if path.name == "__init__.py"]
    speaking = [name for name, path in inits if path.read_text().strip() and name != "openclaw/__init__.py"]
    assert speaking == []


def test_every_module_is_named_after_something() -> None:
    assert [name for name, path in python_files("openclaw") if path.stem in VAGUE] == []
