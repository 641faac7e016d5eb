import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openclaw.agent.tools.files.resolve import FOLDER, Opener, by_kernel, by_steps, open_folder, opener

OPENERS = [by_steps] if opener() is by_steps else [by_steps, by_kernel]


def descriptors() -> int:
    """Open in this process, where that can be seen."""
    listed = Path("/proc/self/fd")
    return len(list(listed.iterdir())) if listed.exists() else 0


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("way", OPENERS)
def test_a_folder_beneath_is_opened(way: Opener, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with opened(tmp_path) as root:
        for names, path in (((), tmp_path), (("a",), tmp_path / "a"), (("a", "b"), tmp_path / "a" / "b")):
            descriptor = way(root, names)
            assert os.fstat(descriptor).st_ino == path.stat().st_ino
            os.close(descriptor)


@pytest.mark.parametrize("way", OPENERS)
@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("missing",), {errno.ENOENT}),
        (("file",), {errno.ENOTDIR}),
        (("file", "x"), {errno.ENOTDIR}),
        (("link",), {errno.ELOOP, errno.ENOTDIR}),
        (("link", "a"), {errno.ELOOP, errno.ENOTDIR}),
        (("inner-link",), {errno.ELOOP, errno.ENOTDIR}),
        (("proc", "self"), {errno.ELOOP, errno.ENOTDIR, errno.EXDEV}),
    ],
)
def test_nothing_is_opened_through_a_link(
    way: Opener, names: tuple[str, ...], refused: set[int], tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "inner-link").symlink_to("a")
    (tmp_path / "proc").symlink_to("/proc/self/root")
    before = descriptors()
    with opened(tmp_path) as root, pytest.raises(OSError) as failed:  # noqa: PT011 - the number is looked at
        way(root, names)

    assert failed.value.errno in refused
    assert descriptors() == before


def test_this_machine_s_own_way_is_used(tmp_path: Path) -> None:
    with opened(tmp_path) as root:
        os.close(open_folder(root, ()))
    assert opener() in OPENERS
