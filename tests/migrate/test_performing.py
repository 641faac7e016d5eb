from pathlib import Path

import orjson
import pytest

from openclaw import bundled
from openclaw.migrate.carrying import Carrier
from openclaw.migrate.original.config import SECRETS
from openclaw.migrate.performing import Performer
from openclaw.migrate.records import Findings, FoundFolder, FoundList, FoundSecret, Home, MigrationError, Told
from openclaw.settings.paths import Paths
from tests.migrate.houses import StoppedClock, put, tree


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "ours"
    path.mkdir()
    return path


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    return Findings(Home("openclaw", tmp_path / "theirs"))


def perform(findings: Findings, state: Path) -> list[Told]:
    paths = Paths(state, state / "openclaw.json")
    performer = Performer(findings, paths, Carrier(state), {}, StoppedClock(), lambda _: None)
    return list(performer.run())


def test_a_starter_file_without_a_word_of_the_owner_gives_way(
    findings: Findings, state: Path, tmp_path: Path
) -> None:
    starter = bundled.workspace_folder()
    put(state / "workspace/SOUL.md", (starter / "SOUL.md").read_bytes())
    put(state / "workspace/USER.md", "I am Ada.\n")
    for name in ("SOUL.md", "USER.md", "memory/a.md"):
        put(tmp_path / "w" / name, f"their {name}")
    findings.folders.append(FoundFolder("workspace of main", tmp_path / "w", "w", "workspace"))

    told = perform(findings, state)

    assert [(each.outcome, each.what, each.why) for each in told] == [
        ("came over", "workspace of main", "3 files"),
        ("left", "file", "ours is another one and is kept"),
    ]
    assert {name: data.decode() for name, data in tree(state).items()} == {
        "workspace/SOUL.md": "their SOUL.md",
        "workspace/USER.md": "I am Ada.\n",
        "workspace/memory/a.md": "their memory/a.md",
    }


def test_of_a_folder_only_what_was_asked_for_comes_under_its_new_name(
    findings: Findings, state: Path, tmp_path: Path
) -> None:
    for name in ("MEMORY.md", "USER.md", "other.md", "sessions/a.jsonl", "memory/MEMORY.md"):
        put(tmp_path / "w" / name, name)
    chosen = frozenset({"MEMORY.md", "USER.md"})
    findings.folders += [
        FoundFolder("memory", tmp_path / "w", "", "workspace", chosen),
        FoundFolder(
            "rest",
            tmp_path / "w",
            "w",
            "rest",
            renamed={"memory/MEMORY.md": "M.md"},
            without=frozenset({"sessions"}),
        ),
    ]

    perform(findings, state)

    assert set(tree(state)) == {
        "workspace/MEMORY.md", "workspace/USER.md", "rest/MEMORY.md", "rest/USER.md", "rest/other.md", "rest/M.md",
    }  # fmt: skip


def test_nobody_who_was_let_out_again_comes_back_by_a_second_run(findings: Findings, state: Path) -> None:
    put(state / "credentials/telegram-allowFrom.json", {"version": 1, "allowFrom": ["1"]})
    findings.lists.append(FoundList("x", "telegram", "default", ("1", "2")))

    (told,) = perform(findings, state)

    assert told.outcome == "left"
    assert told.why.endswith("add them to channels.telegram.allowFrom: 2")
    assert orjson.loads((state / "credentials/telegram-allowFrom.json").read_bytes())["allowFrom"] == ["1"]


def test_keys_of_ours_stay_and_theirs_stand_beside_them(findings: Findings, state: Path) -> None:
    place = state / "agents/main/agent/auth-profiles.json"
    put(place, {"version": 1, "profiles": {"a": {"keyRef": "env:OURS"}}, "usageStats": {"a": {}}})
    findings.profiles = {"version": 1, "profiles": {"a": {"keyRef": "env:A"}, "b": {"keyRef": "env:B"}}}

    perform(findings, state)

    document = orjson.loads(place.read_bytes())
    assert document["profiles"] == {"a": {"keyRef": "env:OURS"}, "b": {"keyRef": "env:B"}}
    assert document["usageStats"] == {"a": {}}
    assert [each.outcome for each in perform(findings, state)] == ["there already"]


def test_a_file_of_ours_that_cannot_be_read_is_kept(findings: Findings, state: Path) -> None:
    put(state / "agents/main/agent/auth-profiles.json", "torn {")
    put(state / ".env", "OURS=1\n")
    findings.profiles = {"version": 1, "profiles": {"a": {"keyRef": "env:A"}}}
    findings.environment = "THEIRS=1\n"

    told = perform(findings, state)

    assert [(each.outcome, each.what) for each in told] == [("left", "variables"), ("left", "keys")]
    assert (state / ".env").read_text() == "OURS=1\n"


def test_secrets_of_ours_stay_and_theirs_stand_beside_them(findings: Findings, state: Path) -> None:
    put(state / SECRETS, {"a": "ours", "b": "same"})
    findings.secrets += [FoundSecret("a", "theirs"), FoundSecret("b", "same"), FoundSecret("c", "new")]

    (told,) = perform(findings, state)

    assert (told.outcome, told.what) == ("left", "secret a")
    assert orjson.loads((state / SECRETS).read_bytes()) == {"a": "ours", "b": "same", "c": "new"}


def test_a_secrets_file_that_cannot_be_read_stops_everything(findings: Findings, state: Path) -> None:
    put(state / SECRETS, "torn {")
    findings.secrets.append(FoundSecret("a", "theirs"))
    findings.environment = "A=b"

    with pytest.raises(MigrationError, match="mend it"):
        perform(findings, state)

    assert set(tree(state)) == {SECRETS}
