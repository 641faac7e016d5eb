from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.gateway.config import QueueConfig
from openclaw.gateway.queueing import QueueRules
from openclaw.gateway.waiting import ALBUM_QUIET_MS, LOOK, Gathering, gather, quiet_ms, same_place, unfetched
from openclaw.llm.chat import Reply, Request
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Text
from openclaw.types.events import TraceRecorded, TurnFinished, TurnStarted
from openclaw.types.messages import Address, Attachment, Brought, Inbound, Role, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, House, Plan, open_house, said, to
from tests.gateway.scripted import NOW, says

HERE, ELSEWHERE = to(OWNER), to("-100")


def row(seq: int, place: Address = HERE, *, state: str = "queued", role: Role = "owner") -> InboxRow:
    event = Inbound("telegram", Sender(OWNER), f"word {seq}", 0, reply_to=place)
    at = NOW + seq * 100
    return InboxRow(seq, f"k{seq}", *TELEGRAM, at, event, state, role, "main", MAIN, f"run_{seq}", f"t_{seq}")


def seqs(gathering: Gathering) -> tuple[int, list[int], list[int], list[int]]:
    parts = (gathering.joined, gathering.shortened, gathering.dropped)
    first, *others = gathering.first.seq, *([each.seq for each in part] for part in parts)
    return (first, *others)  # type: ignore[return-value]


# -- what is answered together ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["steer", "followup", "steer-backlog"])
def test_one_message_is_one_turn(mode: Any) -> None:
    assert seqs(gather([row(1), row(2)], QueueRules(mode))) == (1, [], [], [])


@pytest.mark.parametrize("mode", ["collect", "interrupt"])
def test_what_waits_in_one_place_is_one_turn(mode: Any) -> None:
    rows = [row(1), row(2), row(3, ELSEWHERE), row(4)]

    assert seqs(gather(rows, QueueRules(mode))) == (1, [2], [], [])
    assert seqs(gather(rows[2:], QueueRules(mode))) == (3, [], [], [])


def test_nobody_speaks_into_a_turn_of_another_authority() -> None:
    assert same_place(row(1), row(2))
    assert not same_place(row(1), row(2, role="member"))
    assert not same_place(row(1), row(2, ELSEWHERE))


def test_a_program_s_request_is_a_turn_of_its_own() -> None:
    programs = [replace(each, event=replace(each.event, brought=Brought())) for each in (row(2), row(3))]
    rows = [row(1), *programs, row(4)]

    assert seqs(gather(rows, QueueRules("collect"))) == (1, [], [], [])
    assert seqs(gather(rows[1:], QueueRules("collect"))) == (2, [], [], [])
    assert seqs(gather(rows[1:], QueueRules("followup", cap=1))) == (2, [], [], [])


def test_a_turn_that_was_cut_off_goes_on_as_it_was() -> None:
    rows = [row(1, state="running"), *map(row, range(2, 9))]

    assert seqs(gather(rows, QueueRules("collect", cap=2, drop="old"))) == (1, [], [], [])


@pytest.mark.parametrize(
    ("drop", "expected"),
    [
        ("old", (3, [], [], [1, 2])),
        ("new", (1, [], [], [4, 5])),
        ("summarize", (3, [], [1, 2], [])),
    ],
)
def test_in_a_full_queue_something_gives_way(drop: Any, expected: object) -> None:
    rows = [row(number) for number in range(1, 6)]

    assert seqs(gather(rows, QueueRules("followup", cap=3, drop=drop))) == expected
    assert seqs(gather(rows, QueueRules("followup", cap=5, drop=drop))) == (1, [], [], [])


def test_what_was_written_while_the_daemon_was_away_never_gives_way() -> None:
    rows = [row(number) for number in range(1, 6)]

    assert seqs(gather(rows, QueueRules("followup", cap=3, drop="old"), since=1)) == (1, [], [], [])


def test_nobodys_words_are_told_of_in_a_turn_of_another_place() -> None:
    rows = [row(1), row(2, ELSEWHERE), row(3), row(4), row(5, ELSEWHERE)]

    assert seqs(gather(rows, QueueRules("followup", cap=3))) == (4, [], [1, 3], [])
    assert seqs(gather(rows, QueueRules("collect", cap=1))) == (4, [], [1, 3], [])
    assert seqs(gather(rows[1:4], QueueRules("followup", cap=1))) == (2, [], [], [])


@pytest.mark.parametrize(
    ("rows", "mode", "now", "busy_until", "expected"),
    [
        ([row(1)], "collect", 150, 0, 0),
        ([row(1)], "collect", 150, 101, 450),
        ([row(1), row(2)], "collect", 250, 0, 450),
        ([row(1), row(2)], "collect", 700, 0, 0),
        ([row(1), row(2)], "followup", 250, 1000, 0),
        ([row(1, state="running"), row(2)], "collect", 250, 1000, 0),
    ],
)
def test_only_who_had_to_wait_is_waited_for(
    rows: list[InboxRow], mode: Any, now: int, busy_until: int, expected: int
) -> None:
    assert quiet_ms(rows, QueueRules(mode), NOW + now, NOW + busy_until) == expected


def of_album(
    seq: int, album: str = "a", *, sender: str = OWNER, files: tuple[Attachment, ...] = ()
) -> InboxRow:
    event = replace(row(seq).event, album=album, sender=Sender(sender), files=files)
    return replace(row(seq), event=event)


@pytest.mark.parametrize("mode", ["steer", "followup", "collect"])
def test_an_album_is_one_turn_in_every_mode(mode: Any) -> None:
    rows = [
        of_album(1),
        of_album(2),
        row(3, ELSEWHERE),
        of_album(4),
        of_album(5, "b"),
        of_album(6, sender="9"),
    ]

    expected = [2, 4]
    assert seqs(gather(rows, QueueRules(mode))) == (1, expected, [], [])
    assert seqs(gather([row(1), *rows[1:]], QueueRules("followup"))) == (1, [], [], [])


@pytest.mark.parametrize(("now", "expected"), [(200, ALBUM_QUIET_MS), (700, 1000), (200 + ALBUM_QUIET_MS, 0)])
def test_an_album_is_whole_when_no_more_of_it_comes(now: int, expected: int) -> None:
    rows = [of_album(1), of_album(2), row(5)]

    assert quiet_ms(rows, QueueRules("steer"), NOW + now, 0) == expected
    assert quiet_ms([replace(rows[0], state="running"), *rows[1:]], QueueRules("steer"), NOW + now, 0) == 0


def test_the_files_of_a_whole_album_are_fetched_before_its_turn() -> None:
    photo = Attachment("photo", "F1")
    rows = [of_album(1), row(2), of_album(3, files=(photo,))]

    assert unfetched(rows) == rows[2]
    assert unfetched([row(1), rows[2]]) is None
    assert unfetched([of_album(1, files=(replace(photo, missing="gone"),))]) is None


# -- over the inbox ---------------------------------------------------------------------------------------


def asked(request: Request) -> list[str]:
    """What people said since the model's last answer."""
    texts: list[str] = []
    for message in request.messages:
        if message.role == "assistant":
            texts = []
        texts += [b.text for b in message.blocks if isinstance(b, Text) and message.role == "user"]
    return texts


class Busy:
    """The first answer waits until the test has said all."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.go = anyio.Event()
        house.model.will(self._first)

    async def _first(self, request: Request) -> Reply:
        await self.go.wait()
        return says("First.")

    async def told(self, *texts: str, **more: Any) -> None:
        house = self.house
        await house.receive(said("0", number=1))
        await house.changes.until(lambda: len(house.model.requests) == 1)
        more = {"sent_at": house.clock.now_ms(), **more}
        await house.receive(*(said(text, number=at, **more) for at, text in enumerate(texts, start=2)))
        await house.until_rows("SELECT count(*) FROM inbox WHERE state = 'accepted'", [0])
        self.go.set()


def queue(**more: Any) -> Plan:
    return Plan(queue=QueueConfig.model_validate(more))


async def ends(house: House) -> list[tuple[str, str]]:
    rows = await house.rows("SELECT state, reason FROM inbox ORDER BY seq")
    return [(each["state"], each["reason"].split(" ")[0]) for each in rows]


async def test_followup_answers_one_after_the_other(state_dir: Path) -> None:
    async with open_house(state_dir, queue(mode="followup")) as house, house.working():
        await Busy(house).told("1", "2")
        await house.settled()

        assert [asked(request) for request in house.model.requests] == [["0"], ["1"], ["2"]]
        assert await ends(house) == [("answered", "")] * 3


async def test_collect_waits_for_quiet_and_answers_all_at_once(state_dir: Path) -> None:
    async with open_house(state_dir, queue(mode="collect", debounceMs=500)) as house, house.working():
        await Busy(house).told("1", "2")
        await house.until_rows("SELECT count(*) FROM outbox WHERE state = 'sent'", [1])
        await house.receive(said("3", number=4))
        house.clock.advance(0.499)
        await anyio.sleep(0.6)
        assert len(house.model.requests) == 1

        house.clock.advance(0.001)
        await house.settled()

        assert [asked(request) for request in house.model.requests] == [["0"], ["1", "2", "3"]]
        assert house.channel.texts() == ["First.", "Yes."]
        assert await ends(house) == [
            ("answered", ""),
            ("answered", ""),
            ("merged", "into"),
            ("merged", "into"),
        ]
        outcomes = await house.rows("SELECT outcome FROM traces ORDER BY rowid")
        assert sorted(each["outcome"] for each in outcomes) == ["answered", "answered", "merged", "merged"]


async def test_an_album_that_comes_bit_by_bit_is_answered_once(state_dir: Path) -> None:
    photos = (Attachment("photo", "F1"), Attachment("photo", "F2"))
    async with open_house(state_dir, queue(mode="followup")) as house, house.working():
        await house.receive(said("our roofs", number=1, album="a", files=photos[:1]))
        await house.until_rows("SELECT count(*) FROM inbox WHERE state = 'accepted'", [0])
        await house.receive(
            said("and then?", number=2), said("<media:photo>", number=3, album="a", files=photos[1:])
        )
        house.clock.advance(ALBUM_QUIET_MS / 1000)
        await house.settled()

        assert [[text.splitlines()[0] for text in asked(each)] for each in house.model.requests] == [
            ["our roofs", "<media:photo>"],
            ["and then?"],
        ]
        assert await ends(house) == [("answered", ""), ("answered", ""), ("merged", "into")]


async def test_an_idle_session_collects_nothing(state_dir: Path) -> None:
    async with open_house(state_dir, queue(mode="collect", debounceMs=60_000)) as house, house.working():
        await house.receive(said("0", number=1))
        await house.settled()

        assert house.channel.texts() == ["Yes."]


@pytest.mark.parametrize("mode", ["collect", "interrupt", "steer"])
async def test_those_who_write_from_elsewhere_get_answers_of_their_own(mode: str, state_dir: Path) -> None:
    async with open_house(state_dir, queue(mode=mode, debounceMs=0)) as house, house.working():
        await Busy(house).told("1", "2", reply_to=ELSEWHERE)
        await house.settled()

        assert house.channel.texts(ELSEWHERE.chat) != []
        assert house.channel.texts(OWNER) == ([] if mode == "interrupt" else ["First."])
        assert "merged" not in (await ends(house))[1]


@pytest.mark.parametrize(
    ("drop", "requests", "expected"),
    [
        ("old", [["0"], ["3"], ["4"]], ["answered", "ignored", "ignored", "answered", "answered"]),
        ("new", [["0"], ["1"], ["2"]], ["answered", "answered", "answered", "ignored", "ignored"]),
        (
            "summarize",
            [["0"], ["3", "[2 earlier messages came while you were busy; in short:]\n- 1\n- 2"], ["4"]],
            ["answered", "merged", "merged", "answered", "answered"],
        ),
    ],
)
async def test_a_full_queue_gives_way_and_every_message_has_its_end(
    drop: str, requests: list[list[str]], expected: list[str], state_dir: Path
) -> None:
    async with open_house(state_dir, queue(mode="followup", cap=2, drop=drop)) as house, house.working():
        await Busy(house).told("1", "2", "3", "4")
        await house.settled()

        assert [asked(request) for request in house.model.requests] == requests
        assert [state for state, _ in await ends(house)] == expected
        assert await house.column("SELECT count(*) FROM traces") == [5]
        dropped = expected.count("ignored")
        assert [e.outcome for e in house.told(TurnFinished)].count("refused") == dropped
        assert [e.outcome for e in house.told(TraceRecorded)].count("ignored") == dropped


@pytest.mark.parametrize(
    ("drop", "outcomes"),
    [("old", ["refused", "answered"]), ("new", ["answered", "refused"]), ("summarize", ["answered"] * 2)],
)
async def test_who_waits_for_a_run_that_gave_way_is_told(
    drop: str, outcomes: list[str], state_dir: Path
) -> None:
    async with open_house(state_dir, queue(mode="followup", cap=1, drop=drop)) as house, house.working():
        busy = Busy(house)
        more: dict[str, Any] = {"reply_to": None, "operator": True, "session_key": "main", "sent_at": NOW}
        for number in (1, 2, 3):
            house.runs.expect(f"r{number}", MAIN)
            await house.receive(said(f"{number}", number=number, run_id=f"r{number}", **more))
            await house.changes.until(lambda: len(house.model.requests) == 1)
        await house.until_rows("SELECT count(*) FROM inbox WHERE state = 'accepted'", [0])
        busy.go.set()
        await house.settled()

        assert not any(house.runs.is_awaited(f"r{number}") for number in (1, 2, 3))
        found = [house.runs.find(f"r{number}") for number in (2, 3)]
        assert [run.ended.outcome for run in found if run and run.ended] == outcomes


async def test_a_queue_longer_than_a_look_is_shortened_too(state_dir: Path) -> None:
    many = [str(number) for number in range(1, LOOK + 10)]
    async with open_house(state_dir, queue(mode="followup", cap=2, drop="old")) as house, house.working():
        await Busy(house).told(*many)
        await house.settled()

        assert [asked(request) for request in house.model.requests][-1] == [many[-1]]
        states = [state for state, _ in await ends(house)]
        assert states.count("ignored") >= len(many) - 10
        assert len(house.told(TurnStarted)) == states.count("answered")
