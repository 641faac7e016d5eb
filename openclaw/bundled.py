"""Where the data folders are: inside the wheel, or beside the package in a checkout."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def _folder(package: Path, name: str) -> Path:
    packed = package / "data" / name
    return packed if packed.is_dir() else package.parent / name


def config_folder() -> Path:
    return _folder(_PACKAGE, "config")


def workspace_folder() -> Path:
    return _folder(_PACKAGE, "workspace")
