from dataclasses import dataclass
from pathlib import Path

import pytest

from openclaw.gateway.commands.owner import (
    CONFIG_OFF,
    CONFIG_USAGE,
    activation,
    config_answer,
    config_refused,
    send,
)
from openclaw.gateway.config import CommandsConfig
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import ChatType
from tests.gateway.harness import MAIN, MEMBER, House, Plan, open_house, said
from tests.gateway.scripted import says


def test_what_send_changes() -> None:
    assert send("off", {}).changes == {"sendPolicy": "deny"}
    assert send("ON", {}).changes == {"sendPolicy": "allow"}
    assert send("inherit", {"sendPolicy": "deny"}).changes == {"sendPolicy": None}
    assert send("", {"sendPolicy": "deny"}).text.startswith("Send: off.")


async def test_a_conversation_that_is_switched_off_is_not_answered_until_it_is_on_again(house: House) -> None:
    house.model.will(says("hello"))
    await house.receive(said("/send off", number=1), said("anybody?", number=2), said("/send on", number=3))
    await house.receive(said("hi", number=4))
    await house.settled()

    assert house.channel.texts() == ["Send: off.", "Send: on.", "hello"]
    assert await house.column("SELECT state FROM inbox ORDER BY seq") == [
        "answered",
        "refused",
        "answered",
        "answered",
    ]


async def test_a_restart_is_acknowledged_in_the_ledger_before_it_happens(state_dir: Path) -> None:
    asked: list[str] = []
    plan = Plan(restart=lambda: asked.append("restart"))
    async with open_house(state_dir, plan) as house, house.working():
        await house.receive(said("/restart"))
        await house.settled()

        assert asked == ["restart"]
        assert house.channel.texts() == ["Restarting."]


async def test_a_restart_may_be_forbidden(state_dir: Path) -> None:
    asked: list[str] = []
    plan = Plan(restart=lambda: asked.append("restart"), commands=CommandsConfig(restart=False))
    async with open_house(state_dir, plan) as house, house.working():
        await house.receive(said("/restart"))
        await house.settled()

        assert asked == []
        assert "commands.restart is false" in house.channel.texts()[0]


@pytest.mark.parametrize(
    ("words", "entry", "chat_type", "text", "changes"),
    [
        ("always", {}, "group", "Activation: always.", {"groupActivation": "always"}),
        (" Mention ", {}, "channel", "Activation: mention.", {"groupActivation": "mention"}),
        ("", {"groupActivation": "always"}, "group", "Activation: always. /activation mention|always", {}),
        ("sometimes", {}, "group", "Activation: default. /activation mention|always", {}),
        ("always", {}, "direct", "/activation is for groups; here I answer everything.", {}),
    ],
)
def test_what_activation_changes(
    words: str, entry: dict[str, str], chat_type: ChatType, text: str, changes: dict[str, str]
) -> None:
    done = activation(words, entry, chat_type)

    assert (done.text, done.changes) == (text, changes)


async def test_activation_is_refused_where_there_is_no_group(house: House) -> None:
    await house.receive(said("/activation always"))
    await house.settled()

    assert house.channel.texts() == ["/activation is for groups; here I answer everything."]
    assert "groupActivation" not in (house.sessions.find(MAIN) or {})


class Notebook:
    """A config of which every reading and writing is noted."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, ...]] = []

    async def show(self, key: str) -> str:
        self.notes.append(("show", key))
        return "18789"

    async def put(self, key: str, value: str) -> str:
        self.notes.append(("put", key, value))
        return "done"

    async def take(self, key: str) -> str:
        raise OpenClawError(f"{key} is changed only on the machine itself")


@pytest.mark.parametrize(
    ("words", "notes", "answer"),
    [
        ("", [("show", "")], "18789"),
        ("show", [("show", "")], "18789"),
        ("SHOW gateway", [("show", "gateway")], "18789"),
        ("get gateway.port", [("show", "gateway.port")], "18789"),
        ("set budgets.perDay 5", [("put", "budgets.perDay", "5")], "done"),
        ("set budgets.perDay=5", [("put", "budgets.perDay", "5")], "done"),
        ("set budgets { perDay: 5, perTurn: 1 }", [("put", "budgets", "{ perDay: 5, perTurn: 1 }")], "done"),
        ("unset gateway.port", [], "gateway.port is changed only on the machine itself"),
        ("set budgets.perDay", [], CONFIG_USAGE),
        ("get", [], CONFIG_USAGE),
        ("unset", [], CONFIG_USAGE),
        ("destroy everything", [], CONFIG_USAGE),
    ],
)
async def test_what_config_understands(words: str, notes: list[tuple[str, ...]], answer: str) -> None:
    notebook = Notebook()

    assert await config_answer(words, notebook) == answer
    assert notebook.notes == notes


async def test_config_is_off_until_the_owner_switches_it_on(house: House) -> None:
    await house.receive(said("/config show"))
    await house.settled()

    assert house.channel.texts() == [CONFIG_OFF]


async def test_config_says_so_where_no_file_can_be_reached(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(commands=CommandsConfig(config=True))) as house, house.working():
        await house.receive(said("/config show"), said("/config show", MEMBER, number=2))
        await house.settled()

        assert house.channel.texts()[0] == "The config file cannot be reached from here."
        assert house.model.requests == []


@dataclass
class Parts:
    config: CommandsConfig
    config_desk: Notebook | None


@pytest.mark.parametrize(
    ("on", "chat_type", "refused"),
    [(False, "direct", "switched off"), (True, "group", "only the two of us"), (True, "direct", "")],
)
def test_where_config_may_be_used(on: bool, chat_type: ChatType, refused: str) -> None:
    parts = Parts(CommandsConfig(config=on), Notebook())

    said = config_refused(parts, chat_type)  # type: ignore[arg-type]

    assert refused in said
    assert bool(said) is bool(refused)
