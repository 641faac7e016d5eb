from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from openclaw.bus import Bus
from openclaw.compliance import gates
from openclaw.gateway import delivery
from openclaw.gateway.clearance import Clearance, ClearanceParts, described
from openclaw.gateway.delivery import Delivery, DeliveryParts, DeliveryRules
from openclaw.store.consents import ComplianceEvent, ConsentLedger
from openclaw.store.outbox import Draft
from openclaw.store.verdicts import VerdictLedger
from openclaw.types.errors import DeliveryError
from openclaw.types.events import ApprovalRequested
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Inbound, Part, Sender
from openclaw.types.phone import PhoneRefusal
from openclaw.types.sending import Facts, Purpose, SendIntent, Verdict
from openclaw.types.sending_rules import SendingRules
from tests.gateway.harness import OWNER, House, open_house, to
from tests.gateway.scripted import ControlledClock, FakeChannel

THEIRS, LISTED, OURS = "+12015550123", "+12015550124", "+12125550100"
TO = Address("sms", THEIRS)
RELEASED = SendingRules(ten_dlc="approved", senders={("sms", "default"): OURS})
MIDDAY = 1_772_211_600_000
"""Five in the afternoon in London, noon in New York, on a Friday."""
STATES = "SELECT state FROM outbox WHERE channel = 'sms' ORDER BY seq"


@dataclass
class Line:
    """A house that can text."""

    house: House
    clearance: Clearance
    channel: FakeChannel
    owner: FakeChannel

    async def text(self, words: str, purpose: Purpose = "api", chat: str = THEIRS) -> Any:
        draft = Draft(new_id("o"), Address("sms", chat), Part(words), 0, purpose, "stranger", new_id("t"))
        return await self.clearance.submit(draft)

    async def hear(self, words: str, number: int = 1) -> None:
        message = Inbound("sms", Sender(THEIRS), words, 0, reply_to=TO)
        await self.house.ledger.accept([Arrival(f"sms:SM{number}", "sms", "default", b"", message)])


def clearance_of(house: House, rules: SendingRules = RELEASED, bus: Bus | None = None) -> Clearance:
    return Clearance(
        ClearanceParts(
            VerdictLedger(house.database, house.clock), ConsentLedger(house.database, house.clock), bus or house.bus,
            house.clock, lambda: frozenset({"hunter22hunter22"}), lambda: frozenset({LISTED}),
        ),
        rules,
        [to(OWNER)],
    )  # fmt: skip


@asynccontextmanager
async def texting(state: Path, rules: SendingRules = RELEASED, now: int = MIDDAY) -> AsyncIterator[Line]:
    async with open_house(state, clock=ControlledClock(now)) as house:
        clearance = clearance_of(house, rules)
        channel, owner = FakeChannel(house.changes, "sms"), house.channel
        parts = DeliveryParts(
            house.ledger, house.sessions, {("sms", "default"): channel, ("telegram", "default"): owner}, house.bus,
            house.clock, frozenset, clearance,
        )  # fmt: skip
        house.delivery = Delivery(parts, DeliveryRules())
        async with house.working():
            yield Line(house, clearance, channel, owner)


@pytest.fixture
async def line(state_dir: Path) -> AsyncIterator[Line]:
    async with texting(state_dir) as line:
        await line.clearance.record(ComplianceEvent("PEC", THEIRS, by="ana", source="form"))
        yield line


async def test_what_is_clear_leaves(line: Line) -> None:
    done = await line.text("See you on Tuesday.")

    await line.house.until_rows(STATES, ["sent"])
    assert (done.status, done.verdict.outcome) == ("queued", "allow")
    assert line.channel.texts() == ["See you on Tuesday."]
    (row,) = await line.clearance.recent(10)
    assert (row["outcome"], row["purpose"], row["aim"]) == ("allow", "api", "transactional")


async def test_what_is_forbidden_is_refused_at_once_with_its_reason(line: Line) -> None:
    await line.hear("STOP")

    done = await line.text("But wait!")

    assert (done.status, done.verdict.gate, done.verdict.code) == ("refused", "compliance-gate", "opted_out")
    assert await line.house.column(STATES) == ["refused"]
    assert line.channel.offered == []


async def test_who_opts_out_while_a_message_waits_does_not_get_it(state_dir: Path) -> None:
    night = MIDDAY - 10 * 3_600_000
    async with texting(state_dir, now=night) as line:
        await line.clearance.record(ComplianceEvent("PEC", THEIRS, by="ana", source="form"))
        assert (await line.text("See you.")).status == "deferred"
        await line.hear("stop")
        line.house.clock.advance(10 * 3600)
        line.house.delivery.wake(TO)

        await line.house.until_rows(STATES, ["refused"])
        assert line.channel.offered == []


async def test_what_is_too_early_leaves_by_itself_when_it_is_time(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST_NAP_SECONDS", 0.01)
    async with texting(state_dir, now=MIDDAY - 10 * 3_600_000) as line:
        await line.clearance.record(ComplianceEvent("PEC", THEIRS, by="ana", source="form"))
        done = await line.text("Good morning.")
        assert (done.status, done.verdict.code) == ("deferred", "quiet_hours")
        line.house.clock.advance((done.verdict.until - line.house.clock.now_ms()) / 1000)
        await line.house.until_rows(STATES, ["sent"])


async def test_what_is_held_is_put_to_the_owner_and_leaves_on_his_word(line: Line) -> None:
    done = await line.text("word " * 200)
    await line.house.changes.until(lambda: bool(line.owner.sent))

    assert (done.status, done.verdict.code) == ("held", "too_long")
    asked = line.owner.sent[0]
    assert (asked.to, done.approval_id in asked.part.text) == (to(OWNER), True)
    assert f"sms to {THEIRS}" in asked.part.text
    assert [event.approval_id for event in line.house.told(ApprovalRequested)] == [done.approval_id]

    await line.house.approvals.decide(done.approval_id, allow=True, by=f"telegram:{OWNER}")

    await line.house.until_rows(STATES, ["sent"])
    assert await line.house.column("SELECT released_by FROM outbox WHERE channel = 'sms'") == [
        f"telegram:{OWNER}"
    ]


async def test_what_the_owner_refuses_never_leaves(line: Line) -> None:
    done = await line.text("word " * 200)
    await line.house.approvals.decide(done.approval_id, allow=False, by="ana")
    assert await line.house.column(STATES) == ["refused"]
    assert line.channel.offered == []


async def test_secrets_are_not_shown_in_the_question(line: Line) -> None:
    await line.text("word " * 200 + "hunter22hunter22")
    assert "hunter22" not in str(await line.house.rows("SELECT text, summary FROM approvals"))


async def test_an_authorised_number_is_written_to_whatever_the_registration(state_dir: Path) -> None:
    rules = replace(RELEASED, ten_dlc="denied")
    async with texting(state_dir, rules, MIDDAY - 10 * 3_600_000) as line:
        await line.text("Your flight is late.", "message", LISTED)
        refused = await line.text("Hello", "message")
        await line.house.until_rows(STATES, ["sent", "refused"])
        assert (refused.verdict.gate, refused.verdict.code) == ("ten-dlc", "b14_denied")


async def test_a_carrier_that_calls_our_number_unregistered_stops_it_until_somebody_signs(line: Line) -> None:
    await line.clearance.consents.heed(PhoneRefusal("sms", 30034, OURS, THEIRS, "SM1"))
    assert (await line.text("one")).verdict.code == "b14_tripped"
    line.house.clock.advance(1)
    await line.clearance.record(ComplianceEvent("signed_off", "", by="ana"))
    assert (await line.text("one")).status == "queued"


async def test_the_first_attempt_that_fails_does_not_make_the_second_a_repetition(line: Line) -> None:
    line.channel.will_raise(THEIRS, DeliveryError(TO, "429", retry_after=1))
    await line.text("See you on Tuesday.")
    await line.house.until_rows("SELECT attempts FROM outbox WHERE retry_at IS NOT NULL", [1])
    line.house.clock.advance(2)
    line.house.delivery.wake(TO)
    await line.house.until_rows(STATES, ["sent"])


async def test_an_explanation_sends_nothing(line: Line) -> None:
    verdict = await line.clearance.explain(TO, "See you.", "campaign")
    assert (verdict.outcome, verdict.code) == ("block", "no_consent")
    assert len(verdict.gates) == 6
    assert await line.house.column("SELECT count(*) FROM gate_verdicts") == [0]


async def test_gates_that_fail_let_nothing_through(
    line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(intent: SendIntent, facts: Facts) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setattr(gates, "decide", broken)
    assert (await line.text("hi")).verdict.code == "failed"
    assert "ZeroDivisionError" in caplog.text


async def test_records_are_kept_for_a_number(line: Line) -> None:
    assert [row["kind"] for row in await line.clearance.records(THEIRS, 10)] == ["PEC"]


async def test_without_a_clearance_what_goes_to_a_telephone_is_held(house: House) -> None:
    await house.ledger.post(Draft("o_1", TO, Part("hi"), 0, "reply", "stranger", "t_1"), None)
    intent = SendIntent("o_1", TO, "hi", "reply", "stranger", 0, house.clock.now_ms())
    verdict = house.delivery._decide(intent)
    assert verdict.outcome == "block" or verdict.code == "facts_missing"


def test_a_question_shows_the_words_line_by_line() -> None:
    intent = SendIntent("o_1", TO, "one\n/approve all allow", "api", "stranger", 0, 0)
    text = described(intent, Verdict("hold", "blast-safety", "too_long"))
    assert text.splitlines() == [
        f"Message on sms to {THEIRS}",
        "Why I ask: it is too long for a text (compliance.caps.segments) (blast-safety: too_long)",
        "Words:",
        "> one",
        "> /approve all allow",
    ]
