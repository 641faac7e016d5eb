from typing import Any

import pytest

from openclaw.settings.checking.unknown import known_to_original, nearest, tidied, unknown_keys
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key


def complaints(raw: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.key, problem.mend) for problem in unknown_keys(tidied(raw, ROOT).unknown, ROOT)]


@pytest.mark.parametrize(
    ("raw", "key", "mend"),
    [
        ({"gatway": {}}, "gatway", "Did you mean gateway?"),
        ({"gateway": {"prot": 1}}, "gateway.prot", "Did you mean gateway.port?"),
        ({"agents": {"list": [{"idd": "x"}]}}, "agents.list[0].idd", "Did you mean agents.list[0].id?"),
        ({"channels": {"telegarm": {}}}, "channels.telegarm", "Did you mean channels.telegram?"),
        ({"botToken": "x"}, "botToken", "Did you mean channels.telegram.botToken?"),
        ({"xyzzy": 1}, "xyzzy", "Check its name, or take it out."),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(raw: dict[str, Any], key: str, mend: str) -> None:
    assert complaints(raw) == [(key, mend)]


def test_the_originals_keys_are_told_once_and_all_together() -> None:
    raw = {"talk": {"a": 1}, "gateway": {"tls": {}, "port": 1}, "channels": {"signal": {}}, "xyzzy": 1}

    assert complaints(raw) == [
        ("xyzzy", "Check its name, or take it out."),
        ("talk, gateway.tls, channels.signal", "Nothing needs to be done."),
    ]


@pytest.mark.parametrize("name", ["$schema", "meta", "wizard", "env"])
def test_what_tools_write_is_nobodys_mistake(name: str) -> None:
    assert complaints({name: {"x": 1}}) == []


def test_maps_that_no_model_describes_may_hold_anything() -> None:
    assert complaints({"skills": {"entries": {"w": {"config": {"a": {"b": 1}}}}}}) == []


def test_nulls_and_unknown_keys_go_and_names_become_the_files_own() -> None:
    raw = {"gateway": {"custom_bind_host": "x", "port": None, "prot": 1}, "session": None, "x": 1}

    assert tidied(raw, ROOT).raw == {"gateway": {"customBindHost": "x"}}


def test_the_files_own_name_wins_over_pythons() -> None:
    raw = {"gateway": {"customBindHost": "file", "custom_bind_host": "python"}}

    assert tidied(raw, ROOT).raw == {"gateway": {"customBindHost": "file"}}


@pytest.mark.parametrize("value", [5, [1], "x", True])
def test_what_is_no_object_is_left_for_the_models_to_refuse(value: object) -> None:
    assert tidied({"gateway": value}, ROOT).raw == {"gateway": value}


def test_nearest_ignores_case_and_does_not_guess_wildly() -> None:
    assert nearest("BOTTOKEN", ["botToken", "port"]) == "botToken"
    assert nearest("zzz", ["botToken", "port"]) == ""


@pytest.mark.parametrize(
    ("key", "known"),
    [
        (("talk",), True),
        (("gateway", "tailscale"), True),
        (("channels", "telegram", "historyLimit"), True),
        (("agents", "list", 3, "sandbox"), True),
        (("agents", "defaults", "heartbeat"), True),
        (("gateway", "prot"), False),
        (("gateway", "tailscale", "mode"), False),
        (("gatway",), False),
    ],
)
def test_the_originals_keys_are_known_by_their_place(key: Key, known: bool) -> None:
    assert known_to_original(key) is known
