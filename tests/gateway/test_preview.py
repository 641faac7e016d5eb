from collections.abc import Sequence
from typing import Any

import pytest

from openclaw.gateway import notices
from openclaw.gateway.block_stream import Recipient, quoted
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.preview import UNFINISHED, Preview, PreviewKind, PreviewParts, View
from openclaw.gateway.remainder import Settled
from openclaw.store.inbox import InboxRow
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.conversation import Usage
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEvent,
)
from openclaw.types.messages import Address, Inbound, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, to
from tests.gateway.scripted import NOW, ControlledClock, EditableChannel

RULES = BlockRules(min_chars=10, max_chars=40)
LONG = "It is twenty-two degrees in Sydney"
MORE = " and nearly as warm in Melbourne"
REPLIED = ModelReplied("run", MAIN, "m", Usage())


def writes(text: str) -> TextDelta:
    return TextDelta("run", MAIN, text)


def thinks(text: str) -> ReasoningDelta:
    return ReasoningDelta("run", MAIN, text)


def begins(call_id: str, name: str) -> ToolStarted:
    return ToolStarted("run", MAIN, call_id, name, {"token": "never shown"})


def ends(call_id: str, name: str, *, failed: bool = False) -> ToolFinished:
    return ToolFinished("run", MAIN, call_id, name, "never shown", failed)


# -- what is shown ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "events", "shown"),
    [
        ("partial", [writes("Too short")], ""),
        ("partial", [writes(LONG), writes(MORE)], LONG + MORE),
        ("partial", [writes("NO_"), writes("REPLY")], ""),
        ("partial", [writes(LONG), ReplyWithdrawn("run", MAIN)], ""),
        ("partial", [writes(LONG), REPLIED], LONG),
        ("partial", [writes(LONG), REPLIED, writes(MORE)], MORE),
        ("partial", [writes(LONG), begins("1", "exec")], LONG),
        ("partial", [thinks("Hm. "), thinks("Warm.")], quoted("Hm. Warm.")),
        ("partial", [thinks("Hm."), writes(LONG)], LONG),
        ("partial", [thinks("Hm."), ReplyWithdrawn("run", MAIN), thinks("Cold.")], quoted("Cold.")),
        ("block", [writes(LONG)], ""),
        ("block", [writes(f"{LONG}.\n\n{MORE}")], f"{LONG}.\n\n"),
        ("off", [thinks("Hm."), writes(LONG)], quoted("Hm.")),
        ("off", [writes(LONG), begins("1", "exec")], ""),
        (
            "progress",
            [writes(LONG), begins("1", "exec"), begins("2", "web"), ends("1", "exec")],
            f"{notices.WORKING}\n\n✓ exec\nweb …",
        ),
        ("progress", [begins("1", "exec"), ends("1", "exec", failed=True)], f"{notices.WORKING}\n\n✗ exec"),
        ("progress", [writes(LONG)], ""),
    ],
)
def test_each_kind_shows_its_part(kind: PreviewKind, events: Sequence[TurnEvent], shown: str) -> None:
    view = View(kind, RULES, reasoning_shown=True)
    for event in events:
        view.see(event)

    assert view.shown(frozenset()) == shown


def test_reasoning_that_nobody_asked_for_is_nothing_to_show() -> None:
    assert not View("partial", RULES, reasoning_shown=False).see(thinks("Hm."))


def test_long_reasoning_shows_its_end_and_many_tools_the_last() -> None:
    view = View("progress", RULES, reasoning_shown=True)
    view.see(thinks("x" * 2000 + "end"))
    for number in range(20):
        view.see(begins(str(number), f"tool_{number}"))

    shown = view.shown(frozenset())

    assert len(shown) < 1000
    assert shown.startswith(f"{notices.REASONING}\n> …x")
    assert "tool_19" in shown
    assert "tool_1 " not in shown


def test_what_may_become_a_secret_is_not_shown() -> None:
    view = View("partial", RULES, reasoning_shown=False)
    view.see(writes(f"{LONG} sk-ant-12"))

    assert view.shown(frozenset({"sk-ant-1234"})) == f"{LONG} "


# -- how it is shown --------------------------------------------------------------------------------------


class MemoryLedger(StreamLedger):
    def __init__(self) -> None:
        self.preview: str | None = None
        self.clear = True

    async def keep_preview(self, run_id: str, message_id: str) -> None:
        self.preview = message_id

    async def is_clear(self, to: Address) -> bool:
        return self.clear


class Screen:
    """A preview with all that it needs."""

    def __init__(self, **more: Any) -> None:
        self.ledger, self.clock, self.channel = MemoryLedger(), ControlledClock(), EditableChannel()
        event = Inbound("telegram", Sender(OWNER), "hi", 0, reply_to=to(OWNER))
        row = InboxRow(1, "telegram:1", *TELEGRAM, NOW, event, "running", "owner", "main", MAIN, "run", "t_1")
        recipient = Recipient("run", row, to(OWNER), self.channel, 0, "", reasoning=False)
        parts = PreviewParts(self.ledger, self.clock, frozenset, 1.5)
        self.preview = Preview(parts, recipient, self.channel, View("partial", RULES, reasoning_shown=False))

    async def show(self, *events: TurnEvent) -> None:
        for event in events:
            self.preview.see(event)
        due = self.preview.due(self.clock.monotonic())
        if due is not None and due <= self.clock.monotonic():
            await self.preview.act()

    def wait(self) -> float | None:
        due = self.preview.due(self.clock.monotonic())
        return None if due is None else due - self.clock.monotonic()


async def test_a_message_is_sent_and_then_edited_no_sooner_than_it_may_be() -> None:
    screen = Screen()

    await screen.show(writes(LONG))
    assert (screen.channel.texts(), screen.ledger.preview) == ([LONG + UNFINISHED], "1")
    await screen.show(writes(MORE))
    assert (screen.channel.edits, screen.wait()) == ([], 1.5)
    screen.clock.advance(1.5)
    await screen.show()

    assert screen.channel.edits == [("1", LONG + MORE + UNFINISHED)]
    assert screen.wait() is None


async def test_what_looks_the_same_is_not_sent_again() -> None:
    screen = Screen()
    await screen.show(writes(LONG))
    screen.clock.advance(2)

    await screen.show(REPLIED)

    assert (screen.channel.edits, screen.wait()) == ([], None)


async def test_a_limit_is_waited_for() -> None:
    screen = Screen()
    await screen.show(writes(LONG))
    screen.clock.advance(2)
    screen.channel.will_raise(OWNER, DeliveryError(to(OWNER), "Too Many Requests", retry_after=40.0))

    await screen.show(writes(MORE))
    await screen.show(writes(MORE))

    assert screen.wait() == 40.0


@pytest.mark.parametrize(
    "fault",
    [DeliveryError(to(OWNER), "blocked"), AmbiguousDeliveryError(to(OWNER), "no answer in time")],
)
async def test_a_first_message_that_fails_or_may_have_arrived_is_the_last(fault: Exception) -> None:
    screen = Screen()
    screen.channel.will_raise(OWNER, fault)

    await screen.show(writes(LONG))
    screen.clock.advance(2)
    await screen.show(writes(MORE))

    assert (screen.channel.sent, screen.wait()) == ([], None)
    assert screen.preview.settled(Delivered()) == Settled(Delivered())


async def test_an_edit_in_doubt_is_simply_followed_by_the_next() -> None:
    screen = Screen()
    await screen.show(writes(LONG))
    screen.clock.advance(2)
    screen.channel.will_raise(OWNER, AmbiguousDeliveryError(to(OWNER), "no answer in time"))
    await screen.show(writes(MORE))
    screen.clock.advance(2)
    await screen.show(writes(MORE))

    assert screen.channel.edits == [("1", LONG + MORE + MORE + UNFINISHED)]


async def test_a_message_that_was_deleted_is_not_sent_again() -> None:
    screen = Screen()
    await screen.show(writes(LONG))
    screen.channel.gone.add("1")
    screen.clock.advance(2)

    await screen.show(writes(MORE))
    screen.clock.advance(2)
    await screen.show(writes(MORE))

    assert len(screen.channel.sent) == 1
    assert screen.wait() is None


async def test_a_full_message_is_not_edited_any_more() -> None:
    screen = Screen()
    screen.channel.limit = 40
    await screen.show(writes(LONG))
    for _ in range(3):
        screen.clock.advance(2)
        await screen.show(writes(MORE))

    assert screen.channel.edits == [("1", (LONG + MORE)[:40])]


async def test_an_earlier_message_comes_first() -> None:
    screen = Screen()
    screen.ledger.clear = False
    await screen.show(writes(LONG))
    assert (screen.channel.sent, screen.wait()) == ([], 1.5)

    screen.ledger.clear = True
    screen.clock.advance(1.5)
    await screen.show()

    assert screen.channel.texts() == [LONG + UNFINISHED]


async def test_a_former_lifes_message_goes_on() -> None:
    screen = Screen()
    await screen.show(writes(LONG))
    again = Screen()
    again.channel.sent = screen.channel.sent
    again.preview.prepare(Delivered(preview="1"))

    await again.show(writes(LONG + MORE))

    assert again.channel.edits == [("1", LONG + MORE + UNFINISHED)]
    assert again.preview.settled(Delivered()).delivered.preview == "1"


async def test_after_a_gap_nothing_more_is_shown() -> None:
    screen = Screen()
    screen.preview.lost()

    await screen.show(writes(LONG))

    assert screen.channel.sent == []
