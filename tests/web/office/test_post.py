from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from openclaw.types.errors import DeliveryError
from openclaw.types.messages import Address
from openclaw.types.sending import ALLOW, Purpose, Verdict
from openclaw.web.office import post
from openclaw.web.office.post import Letter, NotSentError, PostDesk
from openclaw.web.office.told import UnknownKeyError
from tests.gateway.harness import House, open_house
from tests.gateway.scripted import FakeChannel


async def allowed(to: Address, text: str, purpose: Purpose) -> Verdict:
    return ALLOW


@asynccontextmanager
async def opened(state: Path, **more: Any) -> AsyncIterator[tuple[House, PostDesk]]:
    async with open_house(state) as house, house.working():
        channels = {("telegram", "default"): house.channel, **more.pop("channels", {})}
        yield house, PostDesk(house.ledger, house.bus, channels, more.get("foresee", allowed))


async def test_a_message_goes_out_once_and_its_providers_id_is_told(state_dir: Path) -> None:
    async with opened(state_dir) as (house, desk):
        letter = Letter("k1", "821071299", "Hello there", "telegram")
        first = await desk.send(letter)
        assert (first["status"], first["messageId"], first["channel"], first["runId"]) == (
            "sent", "1", "telegram", "k1",
        )  # fmt: skip
        assert await desk.send(letter) == first
        assert house.channel.texts("821071299") == ["Hello there"]


async def test_the_channel_may_stand_before_the_chat_or_be_the_only_one(state_dir: Path) -> None:
    async with opened(state_dir) as (house, desk):
        await desk.send(Letter("k1", "telegram:7", "one"))
        await desk.send(Letter("k2", "8", "two"))
        assert [(each.to.channel, each.to.chat) for each in house.channel.sent] == [
            ("telegram", "7"), ("telegram", "8"),
        ]  # fmt: skip


async def test_what_a_channel_will_not_take_is_told(state_dir: Path) -> None:
    async with opened(state_dir) as (house, desk):
        to = Address("telegram", "9")
        house.channel.will_raise("9", DeliveryError(to, "chat not found", retry_after=None))
        with pytest.raises(NotSentError, match="chat not found"):
            await desk.send(Letter("k1", "9", "Hello", "telegram"))


async def test_what_cannot_leave_now_waits_in_the_outbox(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "PATIENCE_SECONDS", 0.05)
    async with opened(state_dir) as (house, desk):
        house.channel.will_raise("9", DeliveryError(Address("telegram", "9"), "busy", retry_after=3600))
        told = await desk.send(Letter("k1", "9", "Hello", "telegram"))
        assert told["status"] not in {"sent", "failed"}
        assert told["messageId"] == told["outboxId"]


async def test_an_unknown_channel_is_said_to_be_that(state_dir: Path) -> None:
    async with opened(state_dir, channels={("sms", "default"): FakeChannel(name="sms")}) as (_, desk):
        with pytest.raises(UnknownKeyError, match="there is sms, telegram"):
            await desk.send(Letter("k1", "9", "Hello", "signal"))
        with pytest.raises(UnknownKeyError, match="say by which channel"):
            await desk.send(Letter("k1", "9", "Hello"))


async def test_a_text_that_the_gates_block_is_not_sent(state_dir: Path) -> None:
    async def foresee(to: Address, text: str, purpose: Purpose) -> Verdict:
        return Verdict("block", "compliance-gate", "opted_out")

    sms = FakeChannel(name="sms")
    channels = {("sms", "default"): sms}
    async with opened(state_dir, channels=channels, foresee=foresee) as (_, desk):
        with pytest.raises(NotSentError, match="not sent"):
            await desk.send(Letter("k1", "+12015550123", "Hello", "sms"))
        assert sms.offered == []
