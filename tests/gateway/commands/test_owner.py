from pathlib import Path

from openclaw.gateway.commands.owner import send
from openclaw.gateway.config import CommandsConfig
from tests.gateway.harness import House, Plan, open_house, said
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
