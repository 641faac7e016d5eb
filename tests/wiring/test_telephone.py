from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.phone import overlay
from openclaw.gateway.phone.dual import Kept, Passed
from openclaw.logs import Redactor
from openclaw.types.alerts import unheard
from openclaw.types.dealings import Dealings
from openclaw.types.messages import Address, Arrival
from openclaw.types.sending import Purpose, SendIntent
from openclaw.wiring.foundation import open_core
from openclaw.wiring.telephone import Telephone, TelephoneParts, call_numbers, open_telephone, text_numbers
from tests.gateway.phone.switchboard import ADA, BEN, OURS, texted
from tests.gateway.scripted import FakeChannel
from tests.test_app import configured

STREAM = AccessPolicy("stream")
SMS: dict[str, Any] = {
    "accountSid": "AC" + "0" * 32,
    "authToken": "1c892n40nd03kdnc0112slzkl3091j20",
    "fromNumber": OURS,
    "accounts": {"sales": {"fromNumber": "+12015550101"}},
}


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


@asynccontextmanager
async def wired(state: Path, *, serving: bool = True, **channels: Any) -> AsyncIterator[Telephone]:
    loaded = configured(state, {"channels": channels})
    opened = {("sms", "default"): FakeChannel(name="sms")} if serving and channels else {}
    async with AsyncExitStack() as stack:
        core = await open_core(stack, loaded, Redactor(), only=None)
        telephone = open_telephone(TelephoneParts(core, opened, (), unheard))
        await telephone.begin()
        yield telephone


async def test_who_is_authorised_is_answered_and_nobody_else(state_dir: Path) -> None:
    async with wired(state_dir, sms={**SMS, "bootstrapTrust": False}) as telephone:
        desk = telephone.desk(taken)
        await desk.authorise(ADA, "api")
        assert telephone.book.known == {ADA}
        passed = await telephone.dual.receive(texted("hi"), STREAM)
        assert isinstance(passed, Passed)
        assert dict(passed.event.settings) == {"confided": True, "overlay": "the web chat"}
        assert await telephone.dual.receive(texted("hi", BEN, number=2), STREAM) == Kept("stream")
    assert (state_dir / "phone" / "authorized-numbers.json").exists()
    assert (state_dir / "streams" / "sms.jsonl").exists()


async def test_an_answer_that_was_cut_to_its_length_waits_for_nobody(state_dir: Path) -> None:
    async with wired(state_dir, sms=SMS) as telephone:
        await telephone.book.add(ADA, "api")
        now = telephone.parts.core.clock.now_ms()

        def outcome(text: str, purpose: Purpose = "reply") -> str:
            intent = SendIntent("o_1", Address("sms", ADA), text, purpose, "member", 0, now)
            return telephone.clearance.judge(intent, Dealings()).outcome

        said = "Mr. Smith called at 3 p.m. today. Dr. No rang too. " + "And so on… " * 40
        assert outcome(overlay.shipped(said, "the web chat")) == "allow"
        assert outcome(overlay.shipped(said.replace(".", ","), "the web chat")) == "allow"
        assert (outcome("One. Two. Three."), outcome("One. Two. Three.", "notice")) == ("hold", "allow")


async def taken(arrivals: Sequence[Arrival]) -> None:
    """Nothing comes in here."""


async def test_the_window_of_the_first_sender_is_counted_over_restarts(state_dir: Path) -> None:
    async with wired(state_dir, sms=SMS, serving=False) as telephone:
        assert await telephone.book._marks.find("sms-since") is None
    async with wired(state_dir, sms=SMS) as telephone:
        since = await telephone.book._marks.find("sms-since")
    async with wired(state_dir, sms=SMS) as telephone:
        assert await telephone.book._marks.find("sms-since") == since
    assert since is not None


async def test_a_house_without_texts_trusts_nobody_and_counts_nothing(state_dir: Path) -> None:
    async with wired(state_dir) as telephone:
        assert await telephone.book._marks.find("sms-since") is None
        assert await telephone.dual.receive(texted("hi"), STREAM) == Kept("stream")
        assert (text_numbers(telephone.parts.core), call_numbers(telephone.parts.core)) == ({}, {})


async def test_each_account_has_its_number_and_answers_are_whole_where_the_overlay_is_off(
    state_dir: Path,
) -> None:
    async with wired(state_dir, sms={**SMS, "overlay": False}) as telephone:
        await telephone.book.add(ADA, "api")
        passed = await telephone.dual.receive(texted("hi"), STREAM)
        assert isinstance(passed, Passed)
        assert dict(passed.event.settings) == {"confided": True}
        assert text_numbers(telephone.parts.core) == {"default": OURS, "sales": "+12015550101"}
