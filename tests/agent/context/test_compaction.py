from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.context.compaction import Plan, is_due, plan, room
from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.tokens import Gauge
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, ToolMessage
from tests.agent.context.made import asked, call, came, chat, noted, said
from tests.agent.context.made import room as made_room

BIG = 40_000
"""Characters: ten thousand tokens."""
SUMMARY = Compaction("m_0", 0, "They spoke of tea.", "m_1", 1000, "owner")


def cut(found: Plan | None) -> tuple[list[str], list[str]] | None:
    if found is None:
        return None
    return [entry.id for entry in found.entries], [entry.id for entry in found.kept]


def ids(*numbers: int) -> list[str]:
    return [f"m_{n}" for n in numbers]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (200_000, (20_000, 20_000, 180_000)),
        (1_000_000, (20_000, 20_000, 980_000)),
        (32_000, (16_000, 8_000, 16_000)),
        (8_000, (4_000, 2_000, 4_000)),
    ],
)
def test_a_small_window_is_shared_out_too(window: int, expected: tuple[int, int, int]) -> None:
    found = room(CompactionConfig(), window)

    assert (found.reserve, found.keep, found.limit) == expected


def test_the_floor_may_be_taken_away_and_the_reserve_raised() -> None:
    assert room(CompactionConfig(reserve_tokens_floor=0), 200_000).reserve == 16_384
    assert room(CompactionConfig(reserve_tokens=50_000), 200_000).reserve == 50_000


def test_a_compaction_is_due_when_the_reserve_is_touched() -> None:
    assert not is_due(180_000, made_room())
    assert is_due(180_001, made_room())


def test_the_newest_turns_stay_as_far_as_they_fit() -> None:
    entries = chat(4, BIG // 2)  # 10,000 tokens a turn

    found = plan(entries, made_room(keep=20_500))

    assert found is not None
    assert cut(found) == (ids(0, 1, 2, 3), ids(4, 5, 6, 7))
    assert found.first_kept == "m_4"
    assert found.tokens_before == Gauge().tokens(entries)


def test_what_the_provider_counts_shortens_what_is_kept() -> None:
    tight = made_room(keep=20_500)
    tight = type(tight)(tight.window, tight.reserve, tight.keep, Gauge(2.0))

    assert cut(plan(chat(4, BIG // 2), tight)) == (ids(0, 1, 2, 3, 4, 5), ids(6, 7))


def test_the_newest_turn_stays_even_if_it_is_too_long() -> None:
    entries = [*chat(2), asked(4), said(5, "a" * 8 * BIG)]

    assert cut(plan(entries, made_room())) == (ids(0, 1, 2, 3), ids(4, 5))


def test_a_turn_that_fills_half_the_room_goes_as_a_whole() -> None:
    entries = [*chat(2), asked(4), said(5, "a" * 10 * BIG)]

    found = plan(entries, made_room())

    assert cut(found) == (ids(0, 1, 2, 3, 4, 5), [])
    assert found is not None
    assert found.first_kept == ""


TOOLS: list[Entry] = [
    asked(1),
    said(2, call()),
    came(3, "x" * BIG),
    said(4, call()),
    came(5, "y" * BIG),
    said(6, "done"),
]


def test_a_tool_pair_is_never_split() -> None:
    entries = [*TOOLS, asked(7), said(8, "ok")]

    assert cut(plan(entries, made_room(keep=12_000))) == (ids(1, 2, 3, 4, 5, 6), ids(7, 8))


def test_words_that_steer_a_turn_belong_to_it() -> None:
    entries = [asked(1), said(2, call()), came(3, "x"), asked(4, "faster"), said(5, "ok"), *chat(1, 400, 6)]

    assert cut(plan(entries, made_room(keep=300))) == (ids(1, 2, 3, 4, 5), ids(6, 7))


@pytest.mark.parametrize(
    "opened",
    [
        [asked(6)],
        [asked(6), said(7, call())],
        [asked(6), said(7, call()), came(8, "x" * BIG * 4)],
        [asked(6), said(7, call()), came(8, "x"), asked(9)],
    ],
)
@pytest.mark.parametrize("half", [False, True])
def test_a_turn_without_its_answer_is_never_touched(opened: Sequence[Entry], half: bool) -> None:
    found = plan([*chat(3, BIG), *opened], made_room(keep=1), at_least_half=half)

    assert found is not None
    assert found.kept[-len(opened) :] == tuple(opened)
    assert plan(opened, made_room(keep=1), at_least_half=half) is None


@pytest.mark.parametrize("turns", [1, 2, 3, 10])
def test_at_least_the_older_half_goes_however_much_is_to_be_kept(turns: int) -> None:
    entries = chat(turns)

    assert plan(entries, made_room()) is None
    found = plan(entries, made_room(), at_least_half=True)

    assert found is not None
    assert len(found.entries) == 2 * ((turns + 1) // 2)


def test_an_earlier_summary_is_summed_up_with_what_came_after() -> None:
    entries = [SUMMARY, *chat(4, BIG, 1)]

    found = plan(entries, made_room())

    assert found is not None
    assert found.entries[0] is SUMMARY
    assert plan([SUMMARY], made_room(), at_least_half=True) is None


def test_notes_without_any_turn_can_be_summed_up() -> None:
    entries = [noted(n, "x" * 4_000) for n in range(100)]

    found = plan(entries, made_room())

    assert found is not None
    assert 0 < len(found.kept) < 20


def test_nothing_is_nothing() -> None:
    assert plan([], made_room(), at_least_half=True) is None


@st.composite
def conversations(draw: st.DrawFn) -> list[Entry]:
    entries: list[Entry] = [SUMMARY] if draw(st.booleans()) else []
    n = 0
    for kind in draw(st.lists(st.sampled_from(["turn", "tools", "note", "open"]), max_size=12)):
        size = draw(st.integers(0, 60_000))
        made: dict[str, list[Entry]] = {
            "turn": [asked(n + 1), said(n + 2, "a" * size)],
            "tools": [asked(n + 1), said(n + 2, call()), came(n + 3, "x" * size), said(n + 4, "ok")],
            "note": [noted(n + 1, "n" * size)],
            "open": [asked(n + 1), said(n + 2, call()), came(n + 3, "x" * size)],
        }
        entries += made[kind]
        n += 4
    return entries


@given(conversations(), st.integers(1, 60_000), st.booleans())
def test_whatever_is_cut_is_whole(entries: list[Entry], keep: int, half: bool) -> None:
    found = plan(entries, made_room(keep=keep), at_least_half=half)

    if found is None:
        return
    assert [*found.entries, *found.kept] == entries
    assert any(not isinstance(entry, Compaction) for entry in found.entries)
    assert not isinstance(found.kept[0] if found.kept else None, ToolMessage | AssistantMessage | Compaction)
    for before, after in zip(found.entries, found.entries[1:], strict=False):
        if isinstance(before, AssistantMessage) and before.calls:
            assert isinstance(after, ToolMessage)
    last = found.entries[-1]
    assert not isinstance(last, AssistantMessage) or not last.calls
