from typing import Any

import pytest

from openclaw.gateway.command_book import find
from openclaw.gateway.commands.settings import Situation, changed, follow, milliseconds
from openclaw.gateway.directives import Order
from openclaw.gateway.queueing import QueueRules
from tests.gateway.harness import ModelShelf

OPUS = "anthropic/claude-opus-4-6"


def order(text: str) -> Order:
    name, _, arguments = text.partition(" ")
    known = find(name)
    assert known is not None
    return Order(known, arguments)


def situation(entry: dict[str, Any] | None = None, pin: str | None = None) -> Situation:
    return Situation(entry or {}, ModelShelf(), OPUS, None, QueueRules(), pin)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("think high", {"thinkingLevel": "high"}),
        ("think MED", {"thinkingLevel": "medium"}),
        ("think default", {"thinkingLevel": None}),
        ("verbose", {"verboseLevel": "on"}),
        ("verbose off", {"verboseLevel": "off"}),
        ("reasoning stream", {"reasoningLevel": "stream"}),
        ("elevated ask", {}),
        ("elevated off", {}),
        ("queue collect", {"queueMode": "collect"}),
        ("queue steer+backlog debounce:2s cap:25 drop:old",
         {"queueMode": "steer-backlog", "queueDebounceMs": 2000, "queueCap": 25, "queueDrop": "old"}),
        ("queue reset", dict.fromkeys(("queueMode", "queueDebounceMs", "queueCap", "queueDrop"))),
        ("exec host=sandbox ask=always", {"execHost": "sandbox", "execAsk": "always"}),
        ("exec security=deny ask=default", {"execSecurity": "deny", "execAsk": None}),
        ("exec security=deny ask=off", {}),
        ("think deeply", {}),
        ("queue sometimes", {}),
        ("queue collect cap:0", {}),
        ("exec host=moon", {}),
        ("exec node=moon", {}),
        ("reasoning", {}),
    ],
)  # fmt: skip
def test_what_a_directive_changes(text: str, changes: dict[str, object]) -> None:
    done = follow(order(text), situation())
    assert done.changes == changes
    assert done.text


@pytest.mark.parametrize("text", ["elevated on", "elevated full", "exec host=gateway", "exec security=full"])
def test_no_chat_lets_programs_do_more_than_the_file(text: str) -> None:
    done = follow(order(text), situation())
    assert done.changes == {}
    assert "is not for a chat to say: only the file lets programs do more" in done.text


def test_a_model_is_chosen_by_name_and_by_number() -> None:
    done = follow(order("model claude-haiku-4-5"), situation())
    assert (done.changes["providerOverride"], done.changes["modelOverride"]) == (
        "anthropic",
        "claude-haiku-4-5",
    )
    first = follow(order("model 1"), situation())
    assert first.changes["modelOverride"]
    assert follow(order("model 999"), situation()).changes == {}
    assert follow(order("model default"), situation()).changes["modelOverride"] is None


def test_an_unknown_model_is_answered_with_the_nearest_ones() -> None:
    done = follow(order("model claude-opsu"), situation())
    assert done.changes == {}
    assert "Nearest: anthropic/claude-opus" in done.text


def test_the_owners_pin_stands_above_a_choice() -> None:
    done = follow(order("model claude-haiku-4-5"), situation(pin="claude-sonnet-4-6"))
    assert done.changes == {}
    assert "pinned this agent to anthropic/claude-sonnet-4-6" in done.text


@pytest.mark.parametrize(
    ("text", "ms"),
    [("500", 500), ("250ms", 250), ("2s", 2000), ("1.5s", 1500), ("1m", 60_000), ("soon", None)],
)
def test_spans_of_time(text: str, ms: int | None) -> None:
    assert milliseconds(text) == ms


def test_none_takes_a_field_away() -> None:
    assert changed({"a": 1, "b": 2, "c": None}, {"a": None, "d": 4}) == {"b": 2, "c": None, "d": 4}
