from dataclasses import replace

import pytest
from hypothesis import given

from openclaw.agent.context.tokens import FRAME, MARKERS, PICTURE, Gauge, entry_tokens, gauge, tokens_of
from openclaw.types.conversation import (
    Compaction,
    Entry,
    Picture,
    RedactedThinking,
    Thinking,
    ToolMessage,
    ToolResult,
)
from tests.agent.context.made import asked, call, came, chat, noted, said
from tests.sessions.made import entries as any_entries

PNG = Picture("media/pictures/1f.png", "image/png")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("abcdefgh", 2),
        ("Привет, мир!", 8),
        ("今天天气很好", 8),
        ("🌤" * 4, 7),
        ("\ud800", 2),
    ],
)
def test_letters_weigh_by_their_script(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        (asked(1, "a" * 40), MARKERS + 10),
        (replace(asked(1, "a" * 40), pictures=(PNG,)), MARKERS + 10 + PICTURE),
        (ToolMessage("m_1", 0, (ToolResult("c", "a" * 40, pictures=(PNG, PNG)),)), FRAME + 10 + 2 * PICTURE),
        (noted(1, "a" * 40), MARKERS + 10),
        (Compaction("m_1", 0, "a" * 40, "m_2", 1), MARKERS + 10),
        (came(1, "a" * 40, "a" * 4), 2 * FRAME + 11),
        (said(1, "a" * 40, Thinking("b" * 40, "signature"), RedactedThinking("c" * 40)), FRAME + 30),
        (said(1, call(path="a" * 28)), 2 * FRAME + 1 + 10),
    ],
)
def test_an_entry_counts_with_what_the_request_adds_to_it(entry: Entry, tokens: int) -> None:
    assert entry_tokens(entry) == tokens


@given(any_entries)
def test_any_entry_can_be_counted(entry: Entry) -> None:
    assert entry_tokens(entry) >= 0


@pytest.mark.parametrize(
    ("counted", "factor"), [(0, 1.0), (1_140, 1.5), (760, 1.0), (10, 0.5), (1_000_000, 2.0)]
)
def test_what_the_provider_counted_corrects_the_estimate_within_reason(counted: int, factor: float) -> None:
    entries = chat(2, 360)
    estimate = Gauge().tokens(entries)

    found = gauge(entries, round(counted * estimate / 760))

    assert found.factor == pytest.approx(factor, abs=0.01)
    assert found.tokens(entries) == pytest.approx(estimate * factor, rel=0.01)
    assert found.text("a" * 400) == pytest.approx(100 * factor, rel=0.01)


def test_nothing_needs_no_correction() -> None:
    assert gauge([], 5_000) == Gauge()
