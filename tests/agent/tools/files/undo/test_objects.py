import os
from pathlib import Path

import pytest

from openclaw.agent.tools.files.undo.objects import LostObjectError, Objects, digest


def test_a_content_is_kept_once_and_comes_back(tmp_path: Path) -> None:
    objects = Objects(tmp_path / "objects")

    names = [objects.keep(b"one"), objects.keep(b"one", durable=False), objects.keep(b"two")]

    assert names == [digest(b"one"), digest(b"one"), digest(b"two")]
    assert objects.get(names[0]) == b"one"
    assert dict(objects.sizes()) == {digest(b"one"): 3, digest(b"two"): 3}
    assert objects.has(names[2])


def test_what_is_lost_or_damaged_is_never_taken_for_the_content(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    name = objects.keep(b"one")
    (tmp_path / name).write_bytes(b"on")

    with pytest.raises(LostObjectError, match="is damaged"):
        objects.get(name)
    with pytest.raises(LostObjectError, match="is gone"):
        objects.get(digest(b"never kept"))


def test_only_what_is_old_and_not_wanted_is_dropped(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    wanted, old, young = objects.keep(b"wanted"), objects.keep(b"old"), objects.keep(b"young")
    for name in (wanted, old):
        os.utime(tmp_path / name, (0, 0))

    objects.drop_all_but({wanted}, older_than=60)

    assert {name for name, _ in objects.sizes()} == {wanted, young}


def test_to_keep_a_content_again_makes_it_young(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    os.utime(tmp_path / objects.keep(b"one"), (0, 0))

    objects.keep(b"one", durable=False)
    objects.drop_all_but(set(), older_than=60)

    assert objects.has(digest(b"one"))
