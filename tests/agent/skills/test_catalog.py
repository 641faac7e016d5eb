import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from openclaw.agent.config import SkillsConfig
from openclaw.agent.skills.catalog import (
    FOLDER_LIMIT,
    REFRESH_SECONDS,
    SkillCatalog,
    SkillFolders,
    SkillRoot,
    Skills,
)
from openclaw.agent.skills.manifest import Surroundings

HERE = Surroundings("linux", lambda _: False)


class Ticks:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ms(self) -> int:
        return 0

    def monotonic(self) -> float:
        return self.seconds


def write(root: Path, name: str, description: str = "what it does", more: str = "") -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "SKILL.md"
    path.write_text(f"---\nname: {name}\ndescription: {description}\n{more}---\n")
    return path


def catalog(
    *roots: Path,
    bundled: Path | None = None,
    config: Mapping[str, object] | None = None,
    clock: Ticks | None = None,
) -> SkillCatalog:
    all_roots = [SkillRoot(bundled, bundled=True)] if bundled else []
    all_roots += [SkillRoot(root) for root in roots]
    return SkillCatalog(all_roots, SkillsConfig.model_validate(config or {}), HERE, clock or Ticks())


def names(skills: Skills) -> dict[str, str]:
    return {skill.name: skill.manifest.description for skill in skills.usable}


async def test_a_later_root_wins(tmp_path: Path) -> None:
    write(tmp_path / "bundled", "weather", "shipped")
    write(tmp_path / "bundled", "clock", "shipped")
    write(tmp_path / "own", "weather", "mine")

    skills = await catalog(tmp_path / "own", tmp_path / "nowhere", bundled=tmp_path / "bundled").skills()

    assert names(skills) == {"clock": "shipped", "weather": "mine"}
    assert [skill.bundled for skill in skills.usable] == [True, False]


async def test_a_broken_skill_is_a_problem_and_the_others_are_there(tmp_path: Path) -> None:
    write(tmp_path, "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "SKILL.md").write_text("nothing")
    (tmp_path / "huge").mkdir()
    (tmp_path / "huge" / "SKILL.md").write_bytes(b"x" * 300_000)
    (tmp_path / "no-manifest").mkdir()
    (tmp_path / "a-file").write_text("")

    skills = await catalog(tmp_path).skills()

    assert names(skills) == {"good": "what it does"}
    assert [problem.skill for problem in skills.problems] == ["bad", "huge"]
    assert "is larger than 256,000 bytes" in skills.problems[1].text


async def test_skills_that_lack_something_say_what(tmp_path: Path) -> None:
    write(tmp_path / "own", "mac", more="metadata: {openclaw: {os: [darwin]}}\n")
    write(tmp_path / "own", "keyed", more="metadata: {openclaw: {primaryEnv: K, requires: {env: [K]}}}\n")
    write(tmp_path / "own", "given", more="metadata: {openclaw: {requires: {env: [E]}}}\n")
    write(tmp_path / "own", "off")
    write(tmp_path / "bundled", "shipped")
    write(tmp_path / "bundled", "unwanted")
    entries = {"keyed": {"apiKey": "k"}, "given": {"env": {"E": "1"}}, "off": {"enabled": False}}
    config = {"allowBundled": ["shipped"], "entries": entries}

    skills = await catalog(tmp_path / "own", bundled=tmp_path / "bundled", config=config).skills()

    assert list(names(skills)) == ["given", "keyed", "shipped"]
    assert {problem.skill: problem.text for problem in skills.unavailable} == {
        "mac": "it runs on darwin, not on linux",
        "off": "it is switched off by skills.entries.off.enabled",
        "unwanted": "it is not in skills.allowBundled",
    }


async def test_changes_are_seen_after_a_few_seconds_and_not_looked_for_before(tmp_path: Path) -> None:
    clock = Ticks()
    write(tmp_path, "a", "one")
    watched = catalog(tmp_path, clock=clock)
    first = await watched.skills()

    write(tmp_path, "a", "another")
    write(tmp_path, "b")
    assert await watched.skills() is first

    clock.seconds = REFRESH_SECONDS
    assert names(await watched.skills()) == {"a": "another", "b": "what it does"}


async def test_unchanged_skills_are_the_same_object_and_are_not_parsed_again(tmp_path: Path) -> None:
    clock = Ticks()
    write(tmp_path, "a")
    watched = catalog(tmp_path, clock=clock)
    first = await watched.skills()

    clock.seconds = 60

    assert await watched.skills() is first


async def test_without_watching_the_first_look_stays(tmp_path: Path) -> None:
    clock = Ticks()
    still = catalog(tmp_path, config={"load": {"watch": False}}, clock=clock)
    await still.skills()
    write(tmp_path, "late")

    clock.seconds = 60

    assert names(await still.skills()) == {}


async def test_code_beside_a_skill_is_noticed_and_its_change_too(tmp_path: Path) -> None:
    clock = Ticks()
    code = write(tmp_path, "a").with_name("tools.py")
    watched = catalog(tmp_path, clock=clock)
    assert (await watched.skills()).code == ()

    code.write_text("one = 1")
    clock.seconds = 10
    before = (await watched.skills()).code
    code.write_text("one = 1_000")
    clock.seconds = 20
    after = (await watched.skills()).code

    assert [file.skill.name for file in before] == ["a"]
    assert before != after


async def test_six_roots_and_the_nearest_to_the_owner_wins(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    folders = SkillFolders(tmp_path / "bundled", tmp_path / "state", tmp_path / "home")
    roots = folders.roots(workspace, ["~/extra", str(tmp_path / "more")])
    kinds = ["extra", "extra", "bundled", "shared", "personal", "project", "workspace"]
    assert [root.kind for root in roots] == kinds
    assert [root.bundled for root in roots] == [kind == "bundled" for kind in kinds]
    assert roots[0].path == tmp_path / "home" / "extra"
    for number, root in enumerate(roots):
        for name in range(number + 1):
            write(root.path, f"s{name}", str(number))

    skills = await SkillCatalog(roots, SkillsConfig(), HERE, Ticks()).skills()

    assert names(skills) == {f"s{name}": "6" for name in range(7)}
    for lower in range(6, 0, -1):
        shutil.rmtree(roots[lower].path)
        fewer = await SkillCatalog(roots, SkillsConfig(), HERE, Ticks()).skills()
        assert set(names(fewer).values()) == {str(lower - 1)}
        assert {skill.rank for skill in fewer.every} == {lower - 1}


def test_without_a_home_there_are_no_personal_skills(tmp_path: Path) -> None:
    roots = SkillFolders(tmp_path, tmp_path).roots(tmp_path, [])

    assert [root.kind for root in roots] == ["bundled", "shared", "project", "workspace"]


async def test_of_a_root_with_too_many_the_rest_is_left_out_and_told(tmp_path: Path) -> None:
    for number in range(FOLDER_LIMIT + 7):
        write(tmp_path, f"s{number:03d}")
    (tmp_path / "000-no-skill").mkdir()

    skills = await catalog(tmp_path).skills()

    assert len(skills.usable) == FOLDER_LIMIT
    assert [p.text for p in skills.problems] == [
        f"of the skills in {tmp_path} 7 are left out: 300 are looked at"
    ]


class Now(Ticks):
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


async def test_a_file_that_is_being_written_is_read_once_it_is_done(tmp_path: Path) -> None:
    path = write(tmp_path, "a", "one")
    clock = Now()
    watched = catalog(tmp_path, config={"load": {"watchDebounceMs": 60_000}}, clock=clock)
    assert names(await watched.skills()) == {"a": "one"}

    write(tmp_path, "a", "half")
    new = write(tmp_path, "b", "half")
    clock.seconds = REFRESH_SECONDS
    assert names(await watched.skills()) == {"a": "one"}

    for file in (path, new):
        os.utime(file, (1, 1))
    assert names(await watched.skills()) == {"a": "half", "b": "half"}
