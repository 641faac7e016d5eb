from dataclasses import replace
from typing import Any

import pytest

from openclaw.agent.context.config import ContextPruningConfig
from openclaw.agent.context.pruning import pruned
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Picture,
    RedactedThinking,
    Thinking,
    ToolMessage,
    UserMessage,
)
from tests.agent.context.made import MINUTE, asked, call, came, said
from tests.gateway.scripted import NOW

WINDOW = 20_000
"""80,000 characters: trimmed from 24,000 on, cleared from 40,000 on."""
TTL = 5 * MINUTE


def turn(n: int, size: int, minute: float, tool: str = "read") -> list[Entry]:
    """A question, a tool's result of so many characters, an answer; `minute` is when."""
    at = NOW + round(minute * MINUTE)
    return [
        asked(n, at=at),
        said(n + 1, Thinking("hm", "s"), call(f"toolu_{n + 2}_0", tool), at=at),
        came(n + 2, "x" * size, at=at),
        said(n + 3, "ok", at=at),
    ]


def talk(turns: int, size: int, apart: float = 0) -> list[Entry]:
    return [entry for n in range(turns) for entry in turn(4 * n, size, n * apart)]


def sizes(entries: tuple[Entry, ...]) -> list[int]:
    return [len(entry.results[0].content) for entry in entries if isinstance(entry, ToolMessage)]


def prune(entries: list[Entry], window: int = WINDOW, **config: Any) -> tuple[Entry, ...]:
    return pruned(entries, ContextPruningConfig.model_validate(config), window)


LATER = asked(90, at=NOW + 1000 * MINUTE)


def test_old_results_keep_their_ends_and_the_last_three_turns_stay_whole() -> None:
    entries = [*talk(5, 6_000), LATER]

    found = prune(entries)

    trimmed = sizes(found)
    assert all(3_000 < size < 3_100 for size in trimmed[:2])
    assert trimmed[2:] == [6_000] * 3
    assert found[-1] is LATER
    assert sizes(tuple(entries)) == [6_000] * 5


@pytest.mark.parametrize(
    ("entries", "config"),
    [
        ([*talk(5, 4_700), LATER], {}),
        ([*talk(5, 6_000), LATER], {"mode": "off"}),
        ([*talk(5, 6_000), asked(90, at=NOW + TTL - 1)], {}),
        ([*talk(3, 9_000), LATER], {}),
        ([*talk(12, 4_000), LATER], {"hardClear": {"enabled": False}}),
        ([*talk(5, 6_000), LATER], {"tools": {"deny": ["RE*"]}}),
        ([*talk(5, 6_000), LATER], {"tools": {"allow": ["browser"]}}),
        ([], {}),
    ],
)
def test_nothing_changes_without_a_reason(entries: list[Entry], config: dict[str, Any]) -> None:
    found = prune(entries, **config)

    assert list(found) == entries
    assert all(one is other for one, other in zip(found, entries, strict=True))


def test_the_oldest_are_cleared_when_half_of_the_window_is_full() -> None:
    found = prune([*talk(20, 3_900), LATER], minPrunableToolChars=10_000)

    cleared = [size == len("[Old tool result content cleared]") for size in sizes(found)]
    # 78,000 characters and the words around them are 38,000 too many; they go in steps of 10,000.
    assert cleared == [True] * 11 + [False] * 9


def test_the_owner_names_the_numbers_and_the_placeholder() -> None:
    found = prune(
        [*talk(6, 10_000), LATER],
        keepLastAssistants=1,
        softTrim={"maxChars": 100, "headChars": 10, "tailChars": 0},
        hardClearRatio=0,
        hardClear={"placeholder": "[gone]"},
    )

    assert sizes(found) == [6] * 5 + [10_000]


def test_without_protection_everything_old_is_trimmed() -> None:
    assert max(sizes(prune([*talk(5, 6_000), LATER], keepLastAssistants=0))) < 3_100


def test_between_pauses_the_request_only_grows() -> None:
    entries: list[Entry] = [*talk(12, 6_000)]
    before = prune([*entries, LATER])
    shortened = [entry for entry in before if entry is not LATER]

    for n in range(8):
        minute = 1000 + n
        entries += turn(100 + 4 * n, 9_000, minute)
        now = prune([*entries, asked(200 + n, at=NOW + (minute + 1) * MINUTE)])
        assert list(now[: len(shortened)]) == shortened
        assert sizes(now)[12:] == [9_000] * (n + 1)


def test_each_pause_moves_the_boundary_forward_only() -> None:
    entries: list[Entry] = []
    before: list[int] = []
    for n in range(40):
        entries += turn(4 * n, 5_000, n * 10)
        found = sizes(
            prune([*entries, asked(900, at=NOW + (n * 10 + 9) * MINUTE)], minPrunableToolChars=10_000)
        )
        assert all(now <= then for now, then in zip(found, before, strict=False))
        before = found
    assert before[0] < 100


def test_thoughts_behind_a_change_are_left_out_and_those_of_the_running_turn_stay() -> None:
    redacted = said(70, RedactedThinking("r"), "text", at=NOW)
    running = turn(80, 9_000, 1000)

    found = prune([*talk(5, 6_000), asked(69, at=NOW), redacted, *running])

    thinking = [
        any(isinstance(block, Thinking | RedactedThinking) for block in entry.blocks)
        for entry in found
        if isinstance(entry, AssistantMessage)
    ]
    # The first stands before everything that was changed; the last two are of the turn under way.
    assert thinking == [True] + [False] * 10 + [True, False]
    assert sizes(found)[-1] == 9_000


def test_one_result_never_takes_more_than_its_share_however_new_it_is() -> None:
    giant = turn(0, 79_000, 0)

    (size,) = sizes(prune(giant))
    assert 22_000 < size < 24_100
    (size,) = sizes(prune(giant, mode="off"))
    assert size < 24_100
    assert sizes(prune(giant, window=200_000)) == [79_000]
    assert sizes(prune(turn(0, 500_000, 0), window=1_000_000))[0] < 400_000


def test_words_that_steer_a_turn_are_no_pause() -> None:
    entries = [*talk(5, 6_000)[:-1], LATER, replace(asked(91), at=LATER.at)]

    assert list(prune(entries)) == entries
    assert isinstance(entries[-2], UserMessage)


def test_pictures_weigh_and_old_ones_are_cleared_with_their_words() -> None:
    picture = Picture("media/pictures/1f.png", "image/png")
    entries = [
        replace(entry, results=tuple(replace(each, pictures=(picture,) * 2) for each in entry.results))
        if isinstance(entry, ToolMessage)
        else entry
        for entry in talk(8, 100, apart=10)
    ]

    seen = pruned(entries, ContextPruningConfig(), WINDOW)

    shown = [len(entry.results[0].pictures) for entry in seen if isinstance(entry, ToolMessage)]
    assert shown[0] == 0
    assert shown[-3:] == [2, 2, 2]
    assert pruned(talk(8, 100, apart=10), ContextPruningConfig(), WINDOW) == tuple(talk(8, 100, apart=10))
