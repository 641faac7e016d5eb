"""A telephone's past as it lies in the state directory before a daemon starts: invented people, texts, calls."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from openclaw.store.database import Transaction, open_database
from openclaw.store.ledger import Ledger
from openclaw.store.phone import PhoneStore
from openclaw.store.turning import Ending
from openclaw.types.clock import iso
from openclaw.types.messages import Address, Arrival, Inbound, Sender
from openclaw.types.phone import CallRow, SmsRow
from tests.store.made import SetClock, trace

OURS, ADA, BEN, CAL = "+12015550199", "+12015550123", "+12015550145", "+12015550146"
CALL, MISSED, RECORDING = "CA" + "a" * 32, "CA" + "b" * 32, "RE" + "c" * 32
SILENCE = (b"\xff\xfb\x90\x00" + bytes(413)) * 80
"""Two seconds of it, as MPEG audio."""
CHAT = [
    (ADA, False, "Is the house on Elm Street still for sale?"),
    (ADA, True, "Yes, it is. Would you like to see it on Saturday?"),
    (ADA, False, "Saturday at three would be good."),
    (ADA, True, "Booked for Saturday at 15:00. (more on Telegram)"),
    (BEN, False, "Hi, this is Ben. Can you call me back about the roof?"),
]


def make_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


async def write_past(state: Path, hostile: Sequence[str] = ()) -> None:
    """`hostile`: what strangers have texted besides, and said in calls."""
    make_folder(state)
    clock = SetClock(round((datetime.now(UTC) - timedelta(hours=3)).timestamp() * 1000))
    async with open_database(state / "ledger.sqlite") as database:
        ledger, phone = Ledger(database, clock, "boot_0"), PhoneStore(database, clock, lambda row: None)
        texts = [*CHAT, *((f"+1201555{place:04}", False, words) for place, words in enumerate(hostile))]
        for place, (other, ours, words) in enumerate(texts):
            clock.ms += 60_000 if place < len(CHAT) else 7
            sid = f"SM{place:032}"
            ends = (OURS, other) if ours else (other, OURS)
            status = "delivered" if ours else "received"
            cost = 0.0113 if ours else 0.0
            direction: Any = "outbound" if ours else "inbound"
            await phone.sms(SmsRow(sid, direction, *ends, words, status, cost=cost))
            if other != ADA:
                await _stream(ledger, sid, other, words)
        await _calls(phone, ledger, clock, hostile)
        await database.write(lambda tx: _end_calls(tx, clock.ms))
    _write_files(state, hostile)


async def _stream(ledger: Ledger, sid: str, sender: str, words: str) -> None:
    said = Inbound("sms", Sender(sender), words, 0, reply_to=Address("sms", sender))
    await ledger.accept([Arrival(f"sms:{sid}", "sms", "default", b"", said)])
    (row,) = await ledger.accepted(1)
    await ledger.sort([], [Ending(row.seq, "ignored", "stream", trace(row.trace_id))])


async def _calls(phone: PhoneStore, ledger: Ledger, clock: SetClock, hostile: Sequence[str]) -> None:
    await phone.call(CallRow(MISSED, "outbound", OURS, CAL, "no-answer"))
    clock.ms += 60_000
    await phone.call(CallRow(CALL, "inbound", ADA, OURS, "in-progress"))
    words = ["What is the weather like in Sydney?", "Thank you, that is all.", *hostile]
    for turn, text in enumerate(words):
        clock.ms += 9_000
        said = Inbound("voice", Sender(ADA), text, 0, reply_to=Address("voice", ADA, thread=CALL))
        await ledger.accept([Arrival(f"voice:default:{CALL}:{turn:03}", "voice", "default", b"", said)])
    await phone.call_status(CALL, "completed", duration=74, cost=0.028)
    await phone.recording(CALL, f"media/recordings/{CALL}/{RECORDING}.mp3")


def _end_calls(tx: Transaction, now: int) -> None:
    tx.execute("UPDATE inbox SET state = 'answered', finished_at = ? WHERE channel = 'voice'", (iso(now),))


def _write_files(state: Path, hostile: Sequence[str]) -> None:
    folder = state / "media" / "recordings" / CALL
    folder.mkdir(mode=0o700, parents=True)
    (folder / f"{RECORDING}.mp3").write_bytes(SILENCE)
    said = "Hello Ada! What is the weather like in Sydney? It is 22 degrees and sunny."
    (folder / f"{RECORDING}.txt").write_text("\n".join([said, *hostile]))
    numbers = [{"number": ADA, "addedAt": "2026-11-02T09:00:00.000Z", "by": "web page"}]
    (state / "phone").mkdir(mode=0o700)
    (state / "phone" / "authorized-numbers.json").write_bytes(
        orjson.dumps({"version": 1, "numbers": numbers})
    )
