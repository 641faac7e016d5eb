"""What may have been delivered or not, in the whole of the delivery."""

from pathlib import Path

import pytest

from openclaw.gateway.delivery import DeliveryRules
from openclaw.gateway.doubts import AmbiguousPolicy, policy
from openclaw.store.outbox import MARK
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError
from openclaw.types.messages import Outbound, Role
from tests.gateway.harness import MEMBER, OWNER, House, Plan, open_house, to
from tests.gateway.scripted import NOW, forever
from tests.gateway.test_delivery import STATES, post


def doubt() -> AmbiguousDeliveryError:
    return AmbiguousDeliveryError(to(OWNER), "no answer in time")


@pytest.mark.parametrize(
    ("audience", "chosen", "expected"),
    [
        ("owner", None, "resend-once-marked"),
        ("member", None, "ask"),
        ("stranger", None, "ask"),
        ("owner", "drop", "drop"),
        ("stranger", "resend-once-marked", "resend-once-marked"),
    ],
)
def test_owners_get_a_marked_copy_and_for_others_we_ask(
    audience: Role, chosen: AmbiguousPolicy | None, expected: AmbiguousPolicy
) -> None:
    assert policy(chosen, audience) == expected


async def test_the_owner_gets_one_marked_copy_of_what_may_have_arrived(house: House) -> None:
    house.channel.will_raise(OWNER, doubt())

    await post(house, "hi")

    await house.until_rows(STATES, ["sent"])
    assert house.channel.texts() == [f"{MARK}hi"]


async def test_a_marked_copy_in_doubt_is_never_sent_a_third_time(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.channel.will_raise(OWNER, doubt(), doubt())

    await post(house, "one")
    await post(house, "two")
    await house.until_rows(STATES, ["ambiguous", "sent"])
    await house.delivery._lanes.rest()

    assert [message.part.text for message in house.channel.offered] == ["one", f"{MARK}one", "two"]
    assert caplog.text.count("sent once more, marked") == 1
    assert "openclaw outbox resend|drop" in caplog.text


async def test_others_get_no_second_copy_unless_the_owner_says_so(house: House) -> None:
    house.channel.will_raise(MEMBER, doubt())
    outbox_id = await post(house, "hi", MEMBER, "member")
    await house.until_rows(STATES, ["ambiguous"])
    assert house.channel.sent == []

    await house.ledger.resend(outbox_id)
    house.delivery.wake(to(MEMBER))

    await house.until_rows(STATES, ["sent"])
    assert house.channel.texts() == ["hi"]


async def test_doubt_may_mean_that_it_is_dropped(state_dir: Path) -> None:
    async with (
        open_house(state_dir, Plan(rules=DeliveryRules(on_ambiguous="drop"))) as house,
        house.working(),
    ):
        house.channel.will_raise(OWNER, doubt())
        await post(house, "hi")
        await house.until_rows(STATES, ["dropped"])
        assert len(house.channel.offered) == 1


async def test_a_channels_own_mistake_leaves_a_message_in_doubt_and_others_alone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.channel.will_raise(MEMBER, TypeError("a mistake of the plugin"))

    await post(house, "hi", MEMBER, "member")
    await post(house, "hi")
    await house.until_rows(STATES, ["ambiguous", "sent"])

    assert "a mistake of the plugin" in caplog.text


async def test_what_an_earlier_life_was_sending_is_in_doubt(state_dir: Path, tmp_path: Path) -> None:
    async with open_house(state_dir) as house, house.working():

        async def hang(message: object) -> str:
            await forever()

        house.channel.send = hang  # type: ignore[method-assign]
        await post(house, "for the owner")
        await post(house, "for a member", MEMBER, "member")
        await post(house, "after it", MEMBER, "member")
        await house.until_rows(STATES, ["sending", "sending", "pending"])
        cut = await house.snapshot(tmp_path / "cut")

    async with open_house(cut, Plan(boot="boot_2")) as house, house.working():
        await house.until_rows(STATES, ["sent", "ambiguous", "sent"])

        assert house.channel.texts(OWNER) == [f"{MARK}for the owner"]
        assert house.channel.texts(MEMBER) == ["after it"]


@pytest.mark.parametrize(
    ("listed", "states", "sent"),
    [("SM1", ["sent"], []), (None, ["sent"], ["hi"]), (ChannelError("no answer"), ["ambiguous"], [])],
)
async def test_a_provider_who_lists_what_he_sent_is_asked_before_people_are(
    state_dir: Path, tmp_path: Path, listed: str | Exception | None, states: list[str], sent: list[str]
) -> None:
    async with open_house(state_dir) as house, house.working():
        house.channel.send = lambda message: forever()  # type: ignore[method-assign]
        await post(house, "hi", MEMBER, "member")
        await house.until_rows(STATES, ["sending"])
        cut = await house.snapshot(tmp_path / "cut")

    asked: list[tuple[str, int]] = []

    async def sent_before(message: Outbound, since_ms: int) -> str | None:
        asked.append((message.part.text, since_ms))
        house.changes.notify()
        if isinstance(listed, Exception):
            raise listed
        return listed

    async with open_house(cut, Plan(boot="boot_2")) as house:
        house.channel.sent_before = sent_before  # type: ignore[attr-defined]
        async with house.working():
            await house.changes.until(lambda: bool(asked))
            await house.until_rows(STATES, states)
        assert asked == [("hi", NOW)]
        assert house.channel.texts() == sent
