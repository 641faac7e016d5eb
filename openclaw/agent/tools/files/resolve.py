"""Opens a folder beneath another one, through no link: by the kernel where it can, else name by name."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_OPENAT2 = 437
"""The same number on every architecture."""
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_MISSING = {errno.ENOSYS, errno.EPERM}
"""Older kernels do not know the call; some containers' filters forbid what they do not know."""
_ATTEMPTS = 8

Opener = Callable[[int, Sequence[str]], int]


class _How(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_folder(root: int, names: Sequence[str]) -> int:
    """A descriptor that the caller closes. Raises OSError."""
    return opener()(root, names)


@lru_cache(maxsize=1)
def opener() -> Opener:
    """What this machine has."""
    if not sys.platform.startswith("linux"):
        return by_steps
    root = os.open("/", FOLDER)
    try:
        os.close(by_kernel(root, []))
    except OSError as error:
        if error.errno in _MISSING:
            return by_steps
        raise
    finally:
        os.close(root)
    return by_kernel


def by_kernel(root: int, names: Sequence[str]) -> int:
    how = _How(FOLDER, 0, _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH)
    path = "/".join(names).encode() or b"."
    for _ in range(_ATTEMPTS):
        found = int(_syscall()(_OPENAT2, root, path, ctypes.byref(how), ctypes.sizeof(how)))
        if found >= 0:
            return found
        failed = ctypes.get_errno()
        # A folder above was moved meanwhile, so the kernel cannot tell whether it is still beneath.
        if failed != errno.EAGAIN:
            break
    raise OSError(failed, os.strerror(failed), path.decode(errors="replace"))


def by_steps(root: int, names: Sequence[str]) -> int:
    """None of the names is `..`, so each step leads one folder down or fails."""
    current = os.open(".", FOLDER, dir_fd=root)
    for name in names:
        try:
            inner = os.open(name, FOLDER, dir_fd=current)
        finally:
            os.close(current)
        current = inner
    return current


@lru_cache(maxsize=1)
def _syscall() -> Callable[..., int]:
    function: Callable[..., int] = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long  # type: ignore[attr-defined]
    return function
