import os
from pathlib import Path

import pytest

from openclaw.agent.config import SkillEntry
from openclaw.agent.skills.manifest import Manifest, Skill
from openclaw.agent.skills.pinning import (
    MOST_BYTES,
    MOST_FILES,
    SkillFolderError,
    digest_of,
    files_of,
    is_vouched_for,
)
from tests.agent.skills.made import written


def test_the_hash_changes_with_every_file_and_name_and_with_nothing_else(tmp_path: Path) -> None:
    folder = written(tmp_path, tools__py="x = 1")
    first = digest_of(folder)

    (folder / ".DS_Store").write_text("windows")
    os.utime(folder / "SKILL.md", (1, 1))
    assert digest_of(folder) == first

    seen = {first}
    (folder / "tools.py").write_text("x = 2")
    seen.add(digest_of(folder))
    (folder / "tools.py").rename(folder / "other.py")
    seen.add(digest_of(folder))
    (folder / "sub").mkdir()
    (folder / "sub" / ".hidden").write_text("")
    seen.add(digest_of(folder))
    assert len(seen) == 4


def test_what_was_read_before_counts_as_it_was(tmp_path: Path) -> None:
    folder = written(tmp_path, tools__py="x = 1")
    first = digest_of(folder)
    (folder / "tools.py").write_text("x = 2")

    assert digest_of(folder, {"tools.py": b"x = 1"}) == first


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    linked, piped, inner = (written(tmp_path, name) for name in ("a", "b", "c"))
    (linked / "x").symlink_to("/etc/passwd")
    os.mkfifo(piped / "x")
    (inner / "x").symlink_to(tmp_path)

    for folder, words in ((linked, "x is a link"), (piped, "x is no plain file"), (inner, "x is a link")):
        with pytest.raises(SkillFolderError, match=words):
            digest_of(folder)


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\u202eb", "a\x1b[2Jb"])
def test_names_made_to_deceive_are_refused(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path)
    (folder / name).write_text("")

    with pytest.raises(SkillFolderError, match="is no name for a file"):
        digest_of(folder)


def test_too_much_is_refused(tmp_path: Path) -> None:
    heavy, many, deep = (written(tmp_path, name) for name in ("a", "b", "c"))
    with (heavy / "x").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    for number in range(MOST_FILES + 1):
        (many / f"f{number}").touch()
    (deep / ("d/" * 12)).mkdir(parents=True)

    for folder, words in ((heavy, "larger than"), (many, "more than 500 files"), (deep, "folders deep")):
        with pytest.raises(SkillFolderError, match=words):
            list(files_of(folder))


def test_a_text_is_vouched_for_by_the_hash_of_its_whole_folder(tmp_path: Path) -> None:
    folder = written(tmp_path)
    made = Skill(Manifest("tea", "d", "tea"), folder / "SKILL.md", bundled=False)
    pinned = SkillEntry(sha256=digest_of(folder).upper())

    assert is_vouched_for(made, pinned)
    assert not is_vouched_for(made, SkillEntry())
    (folder / "SKILL.md").write_text("changed")
    assert not is_vouched_for(made, pinned)
    (folder / "x").symlink_to("/")
    assert not is_vouched_for(made, pinned)
    assert is_vouched_for(Skill(made.manifest, made.path, bundled=True), SkillEntry())
