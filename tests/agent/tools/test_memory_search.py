from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.memory_search import MOST_SHOWN, MemoryFamily, is_private, names_of, shown, told
from openclaw.agent.tools.recall.config import MemorySearchConfig
from openclaw.sessions.lines import encode, header
from openclaw.store.notes import NoteIndex
from openclaw.types.conversation import UserMessage
from openclaw.types.notes import Hit, Passage
from tests.agent.tools.scenes import SCENE
from tests.gateway.scripted import ControlledClock

DAY = "## 10:00 · {session}\nProvenance: {whose}\n\n{text}\n"
MEMBER = replace(SCENE, sender="telegram:5", role="member", session_key="agent:main:telegram:direct:5")
GROUP = replace(SCENE, chat_type="group", session_key="agent:main:telegram:group:-7")


class House:
    """A state directory with notes, and the tools over it."""

    def __init__(self, root: Path, index: NoteIndex) -> None:
        self.root, self.index = root, index
        self.note("workspace/MEMORY.md", "- 2026-02-01: the dentist is Dr Bauer\n")

    def note(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def day(self, whose: str, text: str, session: str = SCENE.session_key, day: str = "2026-02-27") -> None:
        self.note(f"workspace/memory/{day}.md", DAY.format(session=session, whose=whose, text=text))

    def family(self, **config: object) -> MemoryFamily:
        clock = ControlledClock()
        return MemoryFamily(self.index, self.root, MemorySearchConfig.model_validate(config), clock)

    def tools(self, agent: str = "main", **config: object) -> Mapping[str, Tool]:
        folder = "workspace" if agent == "main" else f"workspace-{agent}"
        return {
            tool.name: tool for tool in self.family(**config).tools(AgentProfile(agent, self.root / folder))
        }

    async def search(self, query: str, scene: Scene = SCENE, **more: object) -> Output:
        found = await self.tools()["memory_search"].run({"query": query, **more}, scene)
        assert isinstance(found, Output)
        return found

    async def get(
        self, path: str, scene: Scene = SCENE, *, first: int = 1, lines: int | None = None
    ) -> Output:
        arguments = {"path": path, "from": first, "lines": lines}
        found = await self.tools()["memory_get"].run(arguments, scene)
        assert isinstance(found, Output)
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    index = NoteIndex(tmp_path / "index")
    yield House(tmp_path, index)
    await index.aclose()


async def test_what_was_noted_is_found_with_its_place(house: House) -> None:
    house.note(
        "workspace/memory/work/plan.md", "# Plan\n\n" + "filler\n" * 3 + "The dentist moves to Sydney.\n"
    )

    found = await house.search("dentist sydney")

    first, second = found.text.split("\n\n", 1)[0].splitlines()[0], found.text
    assert first == "memory/work/plan.md#1-6 (score 1.00)"
    assert "MEMORY.md#1" in second
    assert "The dentist moves to Sydney." in second
    assert found.provenance == "memory"


async def test_a_note_written_a_moment_ago_is_found_and_one_deleted_is_not(house: House) -> None:
    assert "Nothing that was noted matches 'plumber'" in (await house.search("plumber")).text
    house.day("owner", "the plumber comes at nine")
    assert "memory/2026-02-27.md#4" in (await house.search("plumber")).text

    (house.root / "workspace/memory/2026-02-27.md").unlink()

    assert "Nothing" in (await house.search("plumber")).text


@pytest.mark.parametrize(
    ("whose", "provenance"),
    [
        ("owner", "memory"),
        ("owner, web", "web"),
        ("stranger", "stranger"),
        ("member, owner", "member"),
        ("king", "stranger"),
    ],
)
async def test_a_recalled_note_brings_back_its_taint(house: House, whose: str, provenance: str) -> None:
    house.day(whose, "the plumber comes at nine")

    assert (await house.search("plumber")).provenance == provenance
    assert (await house.get("memory/2026-02-27.md")).provenance == provenance


async def test_a_search_is_as_trusted_as_what_it_shows_and_not_as_all_there_is(house: House) -> None:
    house.day("web", "the plumber comes at nine")

    assert (await house.search("dentist")).provenance == "memory"


async def test_the_vault_is_a_stranger_s_and_the_owner_s_to_search(house: House) -> None:
    house.note(
        "vault/event/2026-02-27/e1.md", "---\ntype: sms\nprovenance: owner\n---\nplumber: call me back\n"
    )

    found = await house.search("plumber")

    assert "vault/2026-02-27/e1.md#5" in found.text
    assert found.provenance == "stranger"
    assert (await house.get("vault/2026-02-27/e1.md", first=5)).provenance == "stranger"
    for scene in (MEMBER, GROUP, replace(MEMBER, role="stranger")):
        assert "Nothing" in (await house.search("plumber", scene)).text


@pytest.mark.parametrize("scene", [MEMBER, GROUP, replace(MEMBER, role="stranger")])
async def test_others_find_what_was_noted_in_their_own_conversation_alone(house: House, scene: Scene) -> None:
    house.day("owner", "the dentist takes the owner's card", day="2026-02-26")
    house.day("member", "the dentist is afraid of members", session=scene.session_key)

    found = await house.search("dentist", scene)

    assert "afraid" in found.text
    assert "card" not in found.text
    assert "Bauer" not in found.text
    with pytest.raises(ToolError, match="open in the owner's private chat alone"):
        await house.get("MEMORY.md", scene)


async def test_one_agent_never_finds_the_notes_of_another(house: House) -> None:
    house.note("workspace-aurora/MEMORY.md", "- the dentist of Aurora\n")
    scene = replace(SCENE, agent="aurora", session_key="agent:aurora:main")

    mine = await house.tools("aurora")["memory_search"].run({"query": "dentist"}, scene)

    assert isinstance(mine, Output)
    assert "of Aurora" in mine.text
    assert "Bauer" not in mine.text


async def test_transcripts_are_searched_when_the_owner_wants_it(house: House) -> None:
    entry = UserMessage("m_1", 1_772_000_000_000, "the plumber is late", "sms:1", "stranger")
    path = house.root / "agents/main/sessions/ses_1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(header("ses_1", "agent:main:main", "main", 0) + encode(entry))
    tools = house.tools(sources=["memory", "sessions"])

    without = await house.search("plumber")
    found = await tools["memory_search"].run({"query": "plumber"}, SCENE)
    others = await tools["memory_search"].run({"query": "plumber"}, MEMBER)

    assert "Nothing" in without.text
    assert isinstance(found, Output)
    assert isinstance(others, Output)
    assert "sessions/ses_1.jsonl#2" in found.text
    assert found.provenance == "stranger"
    assert "Nothing" in others.text


async def test_results_can_be_fewer_and_better(house: House) -> None:
    for number in range(5):
        house.note(f"workspace/memory/n{number}.md", f"plumber number {number}, garden\n")

    assert (await house.search("plumber", maxResults=2)).text.count("score") == 2
    assert "Nothing" in (await house.search("plumber xylophone", minScore=0.9)).text
    assert (await house.search("plumber")).text.count("score") == 5


async def test_lines_of_a_note(house: House) -> None:
    house.note("workspace/memory/a.md", "".join(f"line {number}\n" for number in range(1, 11)))

    assert (await house.get("memory/a.md", first=3, lines=2)).text == "line 3\nline 4"
    assert (await house.get("./memory/a.md#9", first=9)).text == "line 9\nline 10\n"
    assert (await house.get("memory/a.md", first=99)).text == ""
    assert (await house.get("memory/nowhere.md")).text == ""


@pytest.mark.parametrize(
    "path",
    [
        "AGENTS.md", "/etc/passwd", "../MEMORY.md", "memory/../AGENTS.md", "memory//x.md", "memory", "memory/x.txt",
        "memory/.hidden.md", "vault/../../openclaw.json", "memory/a\0.md", "skills/x.md", "memory/" + "x" * 300 + ".md",
    ],
)  # fmt: skip
async def test_only_notes_can_be_read(house: House, path: str) -> None:
    with pytest.raises(ToolInputError, match="path must be"):
        await house.get(path)


async def test_a_link_is_not_read_through(house: House, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "workspace/memory").mkdir()
    (tmp_path / "workspace/memory/x.md").symlink_to(tmp_path / "secret.md")

    with pytest.raises(ToolError, match=r"memory/x\.md cannot be read"):
        await house.get("memory/x.md")
    assert "Nothing" in (await house.search("secret")).text


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        ("memory_search", {}, "query is required"),
        ("memory_search", {"query": "  "}, "query is required"),
        ("memory_search", {"query": "x", "maxResults": 0}, "maxResults must be an integer ≥ 1 and ≤ 50"),
        (
            "memory_search",
            {"query": "x", "limit": 3},
            "there is no argument limit; there is query, maxResults, minScore",
        ),
        ("memory_get", {"path": "MEMORY.md", "from": "a"}, "from must be an integer ≥ 1"),
        ("memory_get", {"path": "sessions/x.jsonl"}, "sessions_history"),
    ],
)
async def test_bad_arguments_are_told_so_that_they_can_be_mended(
    house: House, tool: str, arguments: Mapping[str, object], complaint: str
) -> None:
    with pytest.raises(ToolInputError) as told_so:
        await house.tools()[tool].run(arguments, SCENE)

    assert complaint in str(told_so.value)


async def test_an_index_that_cannot_be_used_is_told_to_the_model(house: House) -> None:
    house.note("index", "a file in the way")

    with pytest.raises(ToolError, match="the notes cannot be searched now"):
        await house.search("dentist")


def test_both_only_read(tmp_path: Path) -> None:
    house = House(tmp_path, NoteIndex(tmp_path / "index"))
    tools = house.tools()

    assert {tool.effect for tool in tools.values()} == {Effect.READ_ONLY}
    assert tools["memory_search"].act({"query": "dentist"}, SCENE) == Act(Kind.READ, "memory", "dentist")
    assert tools["memory_get"].act({"path": "./MEMORY.md#3"}, SCENE) == Act(Kind.READ, "MEMORY.md")


def test_a_family_gives_the_same_tools_again_and_none_when_it_is_off(tmp_path: Path) -> None:
    house = House(tmp_path, NoteIndex(tmp_path / "index"))
    family, profile = house.family(), AgentProfile("main", tmp_path)

    assert family.tools(profile) is family.tools(profile)
    assert house.family(enabled=False).tools(profile) == ()


def hit(text: str, provenance: str = "memory") -> Hit:
    return Hit("memory/x.md", Passage(1, 2, text, provenance=provenance), 0.5)  # type: ignore[arg-type]


def test_what_does_not_fit_is_counted_and_does_not_taint() -> None:
    found = told([*[hit("x" * 600)] * 40, hit("y", "stranger")], "q", 3)

    assert len(found.text) < MOST_SHOWN + 200
    assert "more left out here" in found.text
    assert "3 older files or folders were not searched" in found.text
    assert found.provenance == "memory"
    assert "words of stranger" in told([hit("y", "stranger")], "q", 0).text


def test_a_long_file_is_shown_in_parts() -> None:
    text = "".join(f"{number} " + "x" * 100 + "\n" for number in range(1, 1_001))

    first = shown(text, "MEMORY.md", 1).text
    nothing_left = shown(text, "MEMORY.md", 1_000).text

    place = int(first.rpartition("from=")[2].rstrip("]"))
    assert first.endswith(f"[lines {place} to 1001 left out: go on with from={place}]")
    assert shown(text, "MEMORY.md", place, 1).text.startswith(f"{place} x")
    assert nothing_left.startswith("1000 x")


def test_only_the_lines_that_are_shown_taint() -> None:
    text = "## 10:00 · s\nProvenance: owner\n\nmine\n\n## 11:00 · s\nProvenance: web\n\n> theirs\n"

    assert shown(text, "memory/x.md", 1, 4).provenance == "memory"
    assert shown(text, "memory/x.md", 4, 6).provenance == "web"


@pytest.mark.parametrize(("scene", "private"), [(SCENE, True), (MEMBER, False), (GROUP, False)])
def test_private_is_the_owner_alone(scene: Scene, private: bool) -> None:
    assert is_private(scene) is private


def test_a_place_is_named_in_steps() -> None:
    assert names_of("vault/2026-02-27/e1.md#7") == ("vault", "2026-02-27", "e1.md")
