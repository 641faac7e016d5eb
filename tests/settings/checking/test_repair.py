from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.settings.checking.repair import usable
from openclaw.settings.model import Settings

BAD: list[Any] = [None, 5, -1, 1.5, True, "nonsense", "", [], [1], {}, {"x": 1}, [[]], "env:NOPE"]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (
            {"channels": {"telegram": {"dmPolicy": "opne"}}},
            "channels.telegram.dmPolicy: 'opne': it must be 'pairing', 'allowlist', 'open' or 'disabled'."
            " This channel is off until it is mended. Mend channels.telegram.dmPolicy.",
        ),
        (
            {"gateway": {"port": "many"}},
            "gateway.port: 'many': it must be a whole number."
            " Until it is mended its default is used. Mend gateway.port.",
        ),
        (
            {"agents": {"list": [{"name": "Bee"}]}},
            "agents.list[0].id: it is missing."
            " This agent is left out until it is mended. Mend agents.list[0].id.",
        ),
        (
            {"webhooks": []},
            "webhooks: this list: it must be an object, { … }."
            " Until it is mended its default is used. Mend webhooks.",
        ),
    ],
)
def test_a_bad_value_is_told_with_key_value_and_mend(raw: dict[str, Any], problem: str) -> None:
    found, problems = usable(raw, {})

    assert [str(one) for one in problems] == [problem]
    assert found == Settings()


def test_one_bad_part_leaves_the_others_as_they_are() -> None:
    raw = {
        "gateway": {"port": 18800},
        "channels": {"telegram": {"pollSeconds": 5000}},
        "agents": {"list": [{"id": "a"}, {"id": "b", "model": 5}, {"id": "c"}]},
        "models": {"providers": {"good": {"baseUrl": "http://x"}, "bad": {"baseUrl": 5}}},
        "skills": {"entries": {"weather": {"enabled": "perhaps"}}},
    }

    found, problems = usable(raw, {})

    assert found.gateway.port == 18800
    assert found.channels.telegram is None
    assert [agent.id for agent in found.agents.list] == ["a", "c"]
    assert set(found.models.providers) == {"good"}
    assert not found.skills.entry("weather").enabled
    assert {problem.severity for problem in problems} == {"error"}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"gateway": {"auth": {"token": 1234567890}}}, "gateway.auth.token"),
        ({"models": {"providers": {"x": {"headers": {"Authorization": 1234567890}}}}}, "Authorization"),
    ],
)
def test_a_secret_is_never_shown(raw: dict[str, Any], key: str) -> None:
    _, problems = usable(raw, {})

    assert key in problems[0].key
    assert "1234567890" not in str(problems)
    assert "not shown" in problems[0].text


def test_the_variable_that_set_a_bad_value_is_named() -> None:
    _, problems = usable({"gateway": {"port": "x"}}, {("gateway", "port"): "OPENCLAW_GATEWAY_PORT"})

    assert problems[0].mend == "Set the variable OPENCLAW_GATEWAY_PORT rightly."


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("section", list(Settings.model_fields))
def test_any_section_of_any_type_still_gives_settings(section: str, bad: object) -> None:
    found, problems = usable({section: bad, "gateway": {"port": 18800}} | {section: bad}, {})

    assert isinstance(found, Settings)
    if isinstance(bad, str | int | float):
        assert problems


WORDS = (
    "gateway channels telegram agents list defaults models providers auth token port bind tools deny profile"
    " skills entries bindings match peer id accounts botToken session logging x"
)
NAMES = st.sampled_from(sorted(WORDS.split()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_object_gives_settings(raw: dict[str, Any]) -> None:
    found, _ = usable(raw, {})

    assert isinstance(found, Settings)
