from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.agent.config import SkillsConfig
from openclaw.agent.skills.manifest import Manifest, Skill
from openclaw.agent.skills.pinning import digest_of
from openclaw.agent.skills.reading import SkillTexts, with_base_dir
from tests.agent.skills.made import written


def texts(folder: Path, *, bundled: bool = False, pin: str | None = None) -> SkillTexts:
    entries = {"tea": {"sha256": pin}} if pin else {}
    found = SkillTexts(SkillsConfig.model_validate({"entries": entries}))
    found.keep("main", [Skill(Manifest("tea", "d", "tea"), folder / "SKILL.md", bundled)])
    return found


async def test_a_skill_s_text_knows_where_it_lies(tmp_path: Path) -> None:
    folder = written(tmp_path, text="Run {baseDir}/brew.sh\n")

    found = await texts(folder).find("main", str(folder / "SKILL.md"), tmp_path)

    assert found is not None
    assert found.text.endswith(f"Run {folder}/brew.sh\n")


async def test_whose_words_they_are_depends_on_who_vouched_for_them(tmp_path: Path) -> None:
    folder = written(tmp_path)
    path = str(folder / "SKILL.md")
    digest = await anyio.to_thread.run_sync(digest_of, folder)

    for reader, provenance in (
        (texts(folder), "skill"),
        (texts(folder, bundled=True), "file"),
        (texts(folder, pin=digest), "file"),
        (texts(folder, pin="0" * 64), "skill"),
    ):
        found = await reader.find("main", path, tmp_path)
        assert found is not None
        assert found.provenance == provenance


@pytest.mark.parametrize("path", ["tea/tools.py", "/etc/passwd", "tea/../tea/SKILL.md", "SKILL.md", ""])
async def test_nothing_else_is_opened(tmp_path: Path, path: str) -> None:
    reader = texts(written(tmp_path, tools__py=""))

    assert await reader.find("main", path, tmp_path) is None
    assert await reader.find("other", str(tmp_path / "tea" / "SKILL.md"), tmp_path) is None


async def test_a_path_may_begin_in_the_workspace(tmp_path: Path) -> None:
    reader = texts(written(tmp_path / "skills"))

    assert await reader.find("main", "skills/tea/SKILL.md", tmp_path) is not None


def test_the_place_is_filled_in_everywhere() -> None:
    assert with_base_dir("{baseDir} and {baseDir}/x", Path("/s")) == "/s and /s/x"
