from pathlib import Path
from typing import Any

import pytest

from openclaw.agent.config import SkillsConfig
from openclaw.agent.host import surroundings
from openclaw.agent.skills.catalog import SkillCatalog, SkillRoot
from openclaw.types.clock import SystemClock
from openclaw.web.office.skills import AgentSkills, SkillBook
from openclaw.web.office.told import UnknownKeyError


@pytest.fixture
def blockbuster() -> None:
    """The folders are looked into in a thread, which the test's own files are written before."""


def book(tmp_path: Path) -> SkillBook:
    for name, text in {
        "tides": "---\nname: tides\ndescription: When the tide turns.\n---\nLook it up.\n",
        "stars": "---\nname: stars\ndescription: What is in the sky.\n---\nLook up.\n",
        "broken": "no front matter",
    }.items():
        (tmp_path / "skills" / name).mkdir(parents=True)
        (tmp_path / "skills" / name / "SKILL.md").write_text(text)
    roots = (SkillRoot(tmp_path / "skills", kind="workspace"),)
    catalog = SkillCatalog(roots, SkillsConfig(), surroundings({}), SystemClock())
    return SkillBook(
        {"main": AgentSkills(tmp_path, roots, catalog, frozenset({"tides"}))}, tmp_path / "shared"
    )


async def test_each_skill_is_told_with_why_it_is_not_there(tmp_path: Path) -> None:
    told: Any = await book(tmp_path).status(None)
    rows = {row["name"]: row for row in told["skills"]}
    assert (told["agentId"], told["workspaceDir"]) == ("main", str(tmp_path))
    assert (rows["tides"]["eligible"], rows["tides"]["source"]) == (True, "workspace")
    assert (rows["stars"]["eligible"], rows["stars"]["blockedByAllowlist"]) == (False, True)
    assert rows["broken"]["broken"] is True
    with pytest.raises(UnknownKeyError):
        await book(tmp_path / "other").status("aurora")
