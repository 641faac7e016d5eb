import json
from pathlib import Path

import pytest

from openclaw.settings.editing.showing import (
    Difference,
    described,
    differences,
    shown,
    shown_at,
    shown_defaults,
    value_at,
)
from openclaw.settings.loading import Loaded, load
from openclaw.settings.problems import Key
from openclaw.types.errors import OpenClawError

SECRET = "hush-hush-hush-hush"


def loaded(tmp_path: Path, text: str, **environ: str) -> Loaded:
    config = tmp_path / "openclaw.json"
    config.write_text(text)
    config.chmod(0o600)
    return load({"HOME": str(tmp_path), **environ}, config_path=config)


def test_no_secret_is_shown_wherever_it_stands(tmp_path: Path) -> None:
    text = """{
        gateway: { auth: { token: "hush-hush-hush-hush" } },
        channels: { matrix: { accessToken: "hush-hush-hush-hush", homeserver: "https://me:hush-hush-hush-hush@example.org/x" } },
        models: { providers: { work: { baseUrl: "https://example.org/${HUSH}", apiKey: "hush-hush-hush-hush" } } },
        agents: { list: [{ id: "a", name: "env:HUSH" }] },
    }"""  # noqa: E501 - one line of a file

    told = json.dumps(shown(loaded(tmp_path, text, HUSH=SECRET)))

    assert "example.org" in told
    assert SECRET not in json.dumps(json.loads(told)["channels"])
    assert SECRET not in json.dumps(json.loads(told)["agents"])
    assert SECRET not in json.dumps(json.loads(told)["gateway"])


@pytest.mark.parametrize(
    ("key", "value", "seen"),
    [
        (("gateway", "auth", "token"), SECRET, "***"),
        (("gateway", "auth"), {"mode": "token", "token": SECRET}, {"mode": "token", "token": "***"}),
        (("gateway", "auth", "token"), "env:TOKEN", "env:TOKEN"),
        (("channels", "matrix", "password"), SECRET, "***"),
        (("channels", "matrix", "tokens"), [SECRET], ["***"]),
        (("gateway", "port"), 18800, 18800),
        (("models", "providers", "x", "baseUrl"), "http://u:p@example.org", "http://***@example.org"),
    ],
)
def test_what_was_just_written_is_shown_without_its_secrets(key: Key, value: object, seen: object) -> None:
    assert shown_at(key, value) == seen


def test_a_value_is_found_by_its_key_and_the_nearest_one_is_named() -> None:
    tree = shown_defaults()

    assert value_at(tree, "GATEWAY.port") == 18789
    assert value_at(tree, "") is tree
    with pytest.raises(OpenClawError, match="Did you mean 'port'"):
        value_at(tree, "gateway.prot")


def test_the_smallest_differences_are_told() -> None:
    mine = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": 1}], "f": None}
    other = {"a": {"b": 2, "c": [1]}, "d": [{"e": 1, "g": 3}], "h": 4}

    assert list(differences(mine, other)) == [
        Difference("a.b", 1, 2),
        Difference("a.c", [1, 2], [1]),
        Difference("d[0].g", None, 3),
        Difference("h", None, 4),
    ]
    assert list(differences(mine, mine)) == []


def test_what_runs_is_described_for_programs(tmp_path: Path) -> None:
    told = described(
        loaded(tmp_path, '{ gateway: { port: 18800, auth: { token: "hush-hush-hush-hush" } }, x: 1 }')
    )

    config, issues = told["config"], told["issues"]
    assert isinstance(config, dict)
    assert (config["gateway"]["port"], config["gateway"]["auth"]["token"]) == (18800, "***")
    assert (told["exists"], told["valid"]) == (True, True)
    assert len(str(told["hash"])) == 64
    assert isinstance(issues, list)
    assert issues[0]["path"] == "x"
