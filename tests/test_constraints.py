"""What is pinned can be installed wherever we say that we run."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.specifiers import SpecifierSet

CHECKOUT = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$", re.MULTILINE)


def pins() -> dict[str, str]:
    return dict(PIN.findall((CHECKOUT / "constraints.txt").read_text()))


def oldest_python() -> str:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    return f"{project['requires-python'].removeprefix('>=')}.0"


def test_every_pinned_package_takes_the_oldest_python_that_we_take() -> None:
    oldest, looked_at, refused = oldest_python(), 0, []
    for name, version in pins().items():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # of the tools for building, or of the tests on another system
        looked_at += 1
        wanted = found.metadata["Requires-Python"]
        if found.version == version and wanted and not SpecifierSet(wanted).contains(oldest):
            refused.append(f"{name} {version} wants Python {wanted}")
    assert refused == []
    assert looked_at > 50
