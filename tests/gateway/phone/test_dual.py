import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from openclaw.bus import Bus
from openclaw.gateway.access import AccessPolicy, Allowed, DmPolicy, judge
from openclaw.gateway.phone import dual as dual_module
from openclaw.gateway.phone.bootstrap import Bootstrap
from openclaw.gateway.phone.dual import DualDispatch, DualParts, DualRules, Kept, Passed
from openclaw.gateway.phone.vault import Happening, id_of
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.types.errors import StorageFullError
from openclaw.types.messages import Address
from tests.gateway.phone.switchboard import ADA, BEN, OURS, Telephone, texted

STREAM = AccessPolicy("stream")
RULES = {"open": "open", "pairing": "paired", "stream": "authorised"}
SPAM = "Congratulations! You've won a gift card. Claim your prize: http://bit.ly/3xYz"


@dataclass
class World:
    telephone: Telephone
    posted: list[tuple[Draft, int | None]] = field(default_factory=list)
    verdicts: list[tuple[str, str]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    async def post(self, draft: Draft, inbox_seq: int | None) -> None:
        self.posted.append((draft, inbox_seq))

    async def note(self, channel: str, event_key: str, verdict: str) -> None:
        self.verdicts.append((event_key, verdict))

    async def alert(self, kind: str, text: str) -> None:
        self.alerts.append(kind)

    def dual(self, *, minutes: float | None = None, richer: str | None = "Telegram") -> DualDispatch:
        phone = self.telephone
        trust = Bootstrap(phone.book, phone.marks, phone.clock, minutes)
        parts = DualParts(phone.book, trust, phone.vault, phone.log, self, self, Bus(), self.alert)
        owners: Sequence[Address] = (
            Address("telegram", "821071206"),
            Address("telegram", "821071206", "second"),
        )
        return DualDispatch(parts, DualRules({"default": OURS}, richer, minutes or 0, owners))

    async def with_window(self) -> DualDispatch:
        await self.telephone.marks.keep("sms-since", str(self.telephone.clock.now_ms()))
        return self.dual(minutes=60)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Telephone(tmp_path))


async def test_an_authorised_number_goes_on_with_what_the_house_lets_it_know(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    passed = await world.dual().receive(texted("Did you book the dentist?"), STREAM)
    assert isinstance(passed, Passed)
    assert passed.let_in == frozenset({ADA})
    assert dict(passed.event.settings) == {"confided": True, "overlay": "Telegram"}


async def test_nobody_else_is_answered_but_nothing_is_lost(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    assert await world.dual().receive(texted("Is the flat free?", BEN), STREAM) == Kept("stream")
    (line,) = await world.telephone.streams.newest("sms", 10)
    assert (line["from"], line["to"], line["content"]) == (BEN, OURS, "Is the flat free?")
    assert line["meta"] == {"messageSid": "SM1", "account": "default", "screening": "no-spam 0"}
    record = world.telephone.state / "vault" / "event" / "2026-02-27" / f"{id_of('sms:SM1')}.md"
    assert "provenance: stranger" in record.read_text()
    assert world.telephone.log.events == [("sms", "sms.streamed", id_of("sms:SM1"))]
    await world.dual().receive(texted("Look: https://www.example.org", BEN, number=2), STREAM)
    assert world.verdicts == [("sms:SM1", "no-spam 0"), ("sms:SM2", "no-spam 2: link")]


async def test_a_list_that_cannot_be_read_authorises_nobody_and_is_told(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    (world.telephone.state / "phone" / "authorized-numbers.json").write_text("[")
    assert await world.dual().receive(texted("Did you book the dentist?"), STREAM) == Kept("stream")
    assert world.alerts == ["authorized-numbers"]


@pytest.mark.parametrize(
    "sender", ["12015550123", "+12015550123 ", "5550123", "+112015550123", "ADA", "+1201555012"]
)
async def test_only_the_whole_number_is_authorised(world: World, sender: str) -> None:
    await world.telephone.book.add(ADA, "api")
    assert await world.dual().receive(texted("hi", sender), STREAM) == Kept("stream")


async def test_spam_of_strangers_leaves_only_its_verdict(world: World) -> None:
    assert await world.dual().receive(texted(SPAM, BEN), STREAM) == Kept("spam")
    assert await world.telephone.streams.newest("sms", 10) == []
    assert world.telephone.log.events == [("sms", "sms.spam", "SM1")]
    assert world.verdicts[0][1].startswith("spam ")


async def test_an_authorised_number_may_send_whatever_it_likes(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    assert isinstance(await world.dual().receive(texted(SPAM), STREAM), Passed)


@pytest.mark.parametrize("policy", ["open", "pairing", "stream"])
async def test_whoever_is_authorised_is_let_in_whatever_becomes_of_the_others(
    world: World, policy: DmPolicy
) -> None:
    await world.telephone.book.add(ADA, "api")
    passed = await world.dual().receive(texted("Did you book the dentist?"), AccessPolicy(policy))
    assert isinstance(passed, Passed)
    assert passed.let_in is not None
    assert judge(passed.event, AccessPolicy(policy), passed.let_in) == Allowed("member", RULES[policy])


@pytest.mark.parametrize("policy", ["open", "pairing", "allowlist"])
async def test_under_another_policy_a_stranger_is_judged_like_on_any_channel(
    world: World, policy: DmPolicy
) -> None:
    dual = world.dual()
    passed = await dual.receive(texted("Is the flat free?", BEN), AccessPolicy(policy))
    assert isinstance(passed, Passed)
    assert (passed.let_in, passed.spam, dict(passed.event.settings)) == (None, False, {"overlay": "Telegram"})
    unwanted = await dual.receive(texted(SPAM, BEN), AccessPolicy(policy))
    # Who has been paired with is known to whoever judges it next.
    assert isinstance(unwanted, Passed)
    assert unwanted.spam


@pytest.mark.parametrize(
    ("text", "reason", "confirmed"),
    [("STOP", "opt_out", False), (" stop ", "opt_out", False), ("please stop texting me", "opt_out", True),
     ("START", "opt_in", False)],
)  # fmt: skip
async def test_words_about_being_written_to_are_no_words_for_the_model(
    world: World, text: str, reason: str, confirmed: bool
) -> None:
    await world.telephone.book.add(ADA, "api")
    kept = await world.dual().receive(texted(text), STREAM)
    assert isinstance(kept, Kept)
    assert (kept.reason, [draft.purpose for draft in kept.drafts]) == (
        reason,
        ["optout_confirm"] if confirmed else [],
    )
    assert world.alerts == ([f"opt-out:{ADA}"] if reason == "opt_out" else [])


async def test_that_a_stranger_wants_no_texts_is_no_news_for_the_owner(world: World) -> None:
    assert await world.dual().receive(texted("STOP", BEN), STREAM) == Kept("opt_out")
    assert world.alerts == []


@pytest.mark.parametrize("channel", ["salesmsg", "quo"])
async def test_whoever_wants_no_texts_is_heard_on_every_channel_of_texts(world: World, channel: str) -> None:
    policy = AccessPolicy("open")
    assert await world.dual().receive(texted("STOP", BEN, channel=channel), policy) == Kept("opt_out")
    passed = await world.dual().receive(texted(SPAM, BEN, channel=channel), policy)
    assert isinstance(passed, Passed)
    assert (passed.let_in, dict(passed.event.settings)) == (None, {})


async def test_help_is_the_carriers_to_answer_but_for_those_who_are_authorised(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    assert await world.dual().receive(texted("HELP", BEN), STREAM) == Kept("help")
    assert isinstance(await world.dual().receive(texted("HELP"), STREAM), Passed)


async def test_the_first_sender_is_trusted_and_the_owner_hears_of_it_everywhere(world: World) -> None:
    dual = await world.with_window()
    passed = await dual.receive(texted("Hello?"), STREAM)
    assert isinstance(passed, Passed)
    assert passed.let_in == frozenset({ADA})
    assert [(draft.to.account, seq, draft.purpose) for draft, seq in world.posted] == [
        ("default", 1, "owner"),
        ("second", 1, "owner"),
    ]
    assert len({draft.number for draft, _ in world.posted}) == 2
    assert f"openclaw phone numbers remove {ADA}" in world.posted[0][0].part.text
    assert world.alerts == ["bootstrap-trust"]
    assert await dual.receive(texted("me too", BEN, number=2), STREAM) == Kept("stream")


async def test_spam_and_opt_out_words_take_no_trust(world: World) -> None:
    dual = await world.with_window()
    assert await dual.receive(texted(SPAM, BEN), STREAM) == Kept("spam")
    assert await dual.receive(texted("STOP", BEN, number=2), STREAM) == Kept("opt_out")
    assert isinstance(await dual.receive(texted("Hello?", number=3), STREAM), Passed)


async def test_numbers_in_the_config_leave_no_room_for_a_first_sender(world: World) -> None:
    dual = await world.with_window()
    policy = AccessPolicy("stream", frozenset({ADA}))
    assert await dual.receive(texted("Hello?", BEN), policy) == Kept("stream")
    assert isinstance(await dual.receive(texted("Hello?", number=2), policy), Passed)


async def test_calls_only_learn_whether_the_number_is_authorised(world: World) -> None:
    await world.telephone.book.add(ADA, "api")
    known = await world.dual().receive(texted("STOP", channel="voice"), AccessPolicy("allowlist"))
    other = await world.dual().receive(texted(SPAM, BEN, channel="voice"), AccessPolicy("allowlist"))
    assert isinstance(known, Passed)
    assert isinstance(other, Passed)
    assert (dict(known.event.settings), dict(other.event.settings)) == ({"confided": True}, {})


async def test_the_house_and_the_operator_and_other_channels_go_past(world: World) -> None:
    def heeds(row: InboxRow) -> bool:
        return world.dual().heeds(row)

    assert heeds(texted("hi"))
    assert not heeds(texted("hi", channel="telegram"))
    assert not heeds(texted("hi", operator=True))


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "no space"), StorageFullError("no room")])
async def test_a_full_disk_holds_a_text_up_and_never_loses_it(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(dual_module, "WAIT_FOR_ROOM_SECONDS", 0)
    keep, full = world.telephone.vault.keep, [True, True]

    async def sometimes(happening: Happening) -> str:
        if full:
            full.pop()
            raise fault
        return await keep(happening)

    monkeypatch.setattr(world.telephone.vault, "keep", sometimes)
    assert await world.dual().receive(texted("hi", BEN), STREAM) == Kept("stream")
    assert len(await world.telephone.streams.newest("sms", 10)) == 1


async def test_a_fault_that_no_room_mends_is_told(world: World) -> None:
    (world.telephone.state / "vault").write_text("in the way")
    with pytest.raises(OSError, match="vault"):
        await world.dual().receive(texted("hi", BEN), STREAM)
