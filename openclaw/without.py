"""Libraries load optional parts of other libraries wherever those are installed. What we never use is left out."""

import importlib
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import cast

_barring = Lock()


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Within the block importing one of `names` fails as if it was not installed, unless it is loaded already.

    In every thread: whoever needs one of them after all calls `load` first.
    """
    modules = cast("MutableMapping[str, ModuleType | None]", sys.modules)
    with _barring:
        barred = [name for name in names if name not in modules]
        for name in barred:
            modules[name] = None
        try:
            yield
        finally:
            for name in barred:
                del modules[name]


def load(name: str) -> None:
    """Imports what a block of `without` may be leaving out right now: after that block."""
    with _barring:
        importlib.import_module(name)
