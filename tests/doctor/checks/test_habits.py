from typing import Any

import pytest

from openclaw.doctor.checks.habits import Beat, beating, capped, opened, shared, written
from openclaw.doctor.people import entrances
from openclaw.settings.model import Settings
from tests.doctor.home import House, found


def ids(findings: Any) -> list[str]:
    return [each.id for each in findings]


@pytest.mark.parametrize(("people", "told"), [([], []), (["telegram:5", "telegram:6"], ["sessions.shared"])])
def test_a_shared_conversation_is_told_with_names(people: list[str], told: list[str]) -> None:
    findings = list(shared(people))

    assert ids(findings) == told
    assert all("telegram:5, telegram:6" in each.what for each in findings)


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        ({"telegram": {"botToken": "x"}}, []),
        ({"telegram": {"botToken": "x", "dmPolicy": "open"}}, ["channels.open"]),
        ({"telegram": {"botToken": "x", "allowFrom": ["*"]}}, ["channels.open"]),
        ({"telegram": {"botToken": "x", "groupPolicy": "open"}}, ["channels.groups_open"]),
        ({"telegram": {"botToken": "x", "groupPolicy": "open", "groups": {"-100": {}}}}, []),
        ({"salesmsg": {}}, []),
    ],
)
def test_an_open_door_is_told_unless_it_is_a_business_number(
    channels: dict[str, Any], told: list[str]
) -> None:
    settings = Settings.model_validate({"channels": channels})

    assert [name for entrance in entrances(settings) for name in ids(opened(entrance))] == told


@pytest.mark.parametrize(
    ("budgets", "told"), [({}, ["budgets.unset"]), ({"perDay": 5}, []), ({"perSession": 1}, [])]
)
def test_a_missing_limit_is_worth_a_note(budgets: dict[str, Any], told: list[str]) -> None:
    assert ids(capped(Settings.model_validate({"budgets": budgets}))) == told


@pytest.mark.parametrize(
    ("a_day", "spent", "told"),
    [(48, 0.0, []), (48, 0.1, []), (48, 0.6, ["heartbeat.cost"]), (1440, 0.0, ["heartbeat.cost"])],
)
def test_a_dear_or_hasty_heartbeat_is_told(a_day: float, spent: float, told: list[str]) -> None:
    assert ids(beating(Beat("main", a_day, spent))) == told


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"AGENTS.md": 20_000, "USER.md": None}, []),
        ({"AGENTS.md": 20_001}, ["workspace.too_long"]),
        ({"AGENTS.md": None}, ["workspace.no_instructions"]),
    ],
)
def test_files_of_the_workspace(sizes: dict[str, int | None], told: list[str]) -> None:
    assert ids(written("main", sizes, 20_000)) == told


async def test_without_a_model_nothing_costs_anything(house: House) -> None:
    (house.state / "workspace" / "HEARTBEAT.md").write_text("- look at the mail\n")
    house.write_config({"agents": {"defaults": {"heartbeat": {"every": "1m"}}}})

    assert await found(house, "what it may cost") == []


async def test_a_heartbeat_with_nothing_to_do_asks_nobody(house: House) -> None:
    beat = {"defaults": {"heartbeat": {"every": "1m"}}}
    models = {"providers": {"anthropic": {"apiKey": "env:HOME"}}}
    house.write_config({"models": models, "agents": beat, "budgets": {"perDay": 5}})

    assert await found(house, "what it may cost") == []
