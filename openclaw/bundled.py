"""Where the data folders are: inside the wheel, or beside the package in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    packed = _PACKAGE / "data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def config_folder() -> Path:
    return _folder("config")


def workspace_folder() -> Path:
    return _folder("workspace")
