"""The config over the control plane: without its secrets, and only where it can do no harm."""

from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.editing.remote import RemoteConfig, merges
from openclaw.settings.editing.writing import NotWrittenError
from openclaw.settings.paths import Paths
from openclaw.settings.problems import changes
from openclaw.types.errors import OpenClawError

TEXT = '// mine\n{\n  gateway: { auth: { token: "hush-hush-hush-hush" } },\n  budgets: { perDay: 5 }, // enough\n}\n'


@pytest.fixture
def place(tmp_path: Path) -> Paths:
    where = Paths(tmp_path, tmp_path / "openclaw.json")
    where.config.write_text(TEXT)
    where.config.chmod(0o600)
    return where


@pytest.fixture
def remote(place: Paths) -> RemoteConfig:
    return RemoteConfig({"HOME": str(place.state)}, place)


async def file_of(remote: RemoteConfig) -> dict[str, Any]:
    return dict(await remote.file())


async def test_the_text_is_shown_edited_and_written_with_its_comments(
    remote: RemoteConfig, place: Paths
) -> None:
    file = await file_of(remote)
    assert (file["exists"], file["parsed"]["gateway"]["auth"]["token"]) == (True, "***")
    assert "hush" not in str(file)
    raw = file["raw"].replace("perDay: 5", "perDay: 7").replace("// enough", "// for now")

    told = await remote.replace(raw, file["fileHash"])
    assert (told["ok"], told["changed"], told["restartRequired"]) == (True, True, False)
    assert "hush" not in str(told)
    written = place.config.read_text()
    assert written == TEXT.replace("perDay: 5", "perDay: 7").replace("// enough", "// for now")
    assert told["hash"] == (await file_of(remote))["fileHash"]
    with pytest.raises(NotWrittenError, match="changed meanwhile"):
        await remote.replace(raw, file["fileHash"])


async def test_a_patch_sets_what_it_names_and_takes_away_what_it_says_null_to(
    remote: RemoteConfig, place: Paths
) -> None:
    base = (await file_of(remote))["fileHash"]
    patch = (
        "{budgets: {perDay: null, perTurn: 1}, messages: {queue: {mode: 'collect'}}, cron: {enabled: null}}"
    )
    told = await remote.patch(patch, base)
    assert told["changed"] is True
    written = place.config.read_text()
    assert "perDay" not in written
    assert "perTurn: 1" in written
    assert "hush-hush-hush-hush" in written
    assert (await remote.patch("{budgets: {perTurn: 1}}", None))["changed"] is False


@pytest.mark.parametrize(
    "patch",
    [
        '{gateway: {auth: {token: "another-token-of-theirs"}}}', "{gateway: null}", '{gateway: {bind: "lan"}}',
        '{tools: {exec: {host: "gateway"}}}', '{models: {providers: {x: {baseUrl: "https://example.org"}}}}',
        '{channels: {telegram: {allowFrom: ["*"]}}}', '{mcp: {servers: {x: {command: "sh"}}}}',
        '{logging: {file: "/tmp/x"}}', '{"$include": "/etc/passwd"}', '{agents: {defaults: {workspace: "/"}}}',
        '{agents: {defaults: {userTimezone: "${HOME}"}}}', '{agents: {list: [{id: "a"}]}}',
        '{env: {PATH: "/tmp"}}',
    ],
)  # fmt: skip
async def test_what_only_the_machines_owner_may_change_stays(
    remote: RemoteConfig, place: Paths, patch: str
) -> None:
    with pytest.raises(NotWrittenError, match="on the machine"):
        await remote.patch(patch, None)
    whole = TEXT.rstrip()[:-1] + patch[1:-1] + "}"
    with pytest.raises(OpenClawError):
        await remote.replace(whole, None)
    assert place.config.read_text() == TEXT


@pytest.mark.parametrize(
    "raw", ["{budgets: ", "[1]", "7", "{budgets: {perDay: 'much'}}", "{budgets: {perDya: 1}}"]
)
async def test_what_cannot_be_meant_is_not_written(remote: RemoteConfig, place: Paths, raw: str) -> None:
    for attempt in (remote.patch(raw, None), remote.replace(raw, None)):
        with pytest.raises(OpenClawError):
            await attempt
    assert place.config.read_text() == TEXT


async def test_a_file_that_is_not_there_or_no_json5(remote: RemoteConfig, place: Paths) -> None:
    place.config.write_text("{ half")
    assert (await file_of(remote))["raw"] is None
    place.config.unlink()
    assert (await file_of(remote))["exists"] is False


async def test_the_schema_says_what_may_be_edited_and_what_is_secret(remote: RemoteConfig) -> None:
    told: Any = await remote.schema()
    hints = told["uiHints"]
    assert hints["budgets.perDay"] == {"help": "The day begins at midnight in your zone.", "editable": True}
    assert hints["gateway.auth.token"]["sensitive"] is True
    assert hints["agents.list.*.model"]["help"] == "Outranks /model: this agent always uses it."
    assert "editable" not in hints["gateway.bind"]
    assert "budgets" in told["schema"]["properties"]


async def test_a_change_is_tried_before_it_is_written(remote: RemoteConfig, place: Paths) -> None:
    raw = str((await file_of(remote))["raw"])
    told = await remote.check(raw.replace("perDay: 5", "perDay: 7"), None)
    assert (told["ok"], told["changed"], told["problems"]) == (True, ["budgets.perDay"], [])
    assert told["raw"] == raw.replace("perDay: 5", "perDay: 7")

    told = await remote.check(None, "{budgets: {perTurn: 1, perDay: null}}")
    assert (told["ok"], told["changed"]) == (True, ["budgets.perDay", "budgets.perTurn"])
    assert "perTurn: 1" in str(told["raw"])
    assert "hush" not in str(told)
    assert place.config.read_text() == TEXT


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "words"),
    [
        ("budgets: {", "budgets: ", 4, 13, "not valid JSON5"),
        ("perDay: 5", "perDya: 5", 4, 14, "there is no such key"),
        ("perDay: 5", "perDay: 'much'", 4, 14, "number"),
        (
            "budgets: {",
            "agents: { defaults: { model: 'env:HOME' } }, budgets: {",
            4,
            25,
            "on the machine itself",
        ),
        ('"***"', '"another-token-of-theirs"', 3, 22, "only on the machine itself"),
        ('token: "***"', 'token: "***", other: "***"', 3, 36, "there was none before"),
        ("5 }, // enough\n}", "5 }, // enough\n", 2, 1, "no closing }"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    remote: RemoteConfig, old: str, new: str, line: int, column: int, words: str
) -> None:
    raw = str((await file_of(remote))["raw"])
    told: Any = await remote.check(raw.replace(old, new), None)
    assert told["ok"] is False
    first = told["problems"][0]
    assert (first["line"], first["column"]) == (line, column), told
    assert words in first["message"]


def test_a_merge_patch_place_by_place() -> None:
    tree = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert list(merges({"a": {"b": None, "e": {"f": 1}}, "d": {"x": 1}}, tree)) == [
        (("a", "b"), None), (("a", "e"), {"f": 1}), (("d",), {"x": 1}),
    ]  # fmt: skip


def test_the_smallest_places_that_differ() -> None:
    before = {"a": {"b": 1}, "l": [1, {"x": 1}], "t": True}
    after = {"a": {"b": 1, "c": {"d": 2}}, "l": [1, {"x": 2}], "t": 1}
    assert list(changes(before, after)) == [(("a", "c", "d"), 2), (("l", 1, "x"), 2), (("t",), 1)]
    assert list(changes({"l": [1]}, {"l": [1, 2]})) == [(("l",), [1, 2])]
    assert list(changes({"a": {"b": 1}}, {})) == [(("a", "b"), None)]
