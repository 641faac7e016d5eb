from collections.abc import Mapping
from pathlib import Path

from openclaw.agent.config import SkillsConfig
from openclaw.agent.skills.catalog import REFRESH_SECONDS, SkillCatalog, SkillRoot, Skills
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
