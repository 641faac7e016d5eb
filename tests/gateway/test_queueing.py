from typing import Any, get_args

import pytest

from openclaw.gateway.config import QueueConfig
from openclaw.gateway.queueing import BULLET, QueueMode, QueueRules, mode_named, rules_for, told_of_dropped

BY_CHANNEL = QueueConfig.model_validate(
    {
        "mode": "followup",
        "byChannel": {"telegram": "collect"},
        "debounceMs": 700,
        "debounceMsByChannel": {"telegram": 900},
    }
)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("steer", "steer"),
        (" Collect ", "collect"),
        ("queue", "followup"),
        ("steer+backlog", "steer-backlog"),
        ("interrupt", "interrupt"),
        ("sometimes", None),
        ("", None),
        (None, None),
    ],
)
def test_a_mode_is_known_by_its_names(name: object, mode: str | None) -> None:
    assert mode_named(name) == mode


@pytest.mark.parametrize(
    ("entry", "channel", "expected"),
    [
        ({}, "signal", QueueRules("followup", 700, 20, "summarize")),
        ({}, "telegram", QueueRules("collect", 900, 20, "summarize")),
        ({"queueMode": "interrupt"}, "telegram", QueueRules("interrupt", 900, 20, "summarize")),
        ({"queueMode": "nonsense", "queueDrop": "all"}, "telegram", QueueRules("collect", 900)),
        ({"queueCap": 0, "queueDebounceMs": "soon"}, "telegram", QueueRules("collect", 700)),
        ({"queueCap": None, "queueDebounceMs": -1}, "telegram", QueueRules("collect", 700)),
        (
            {"queueMode": "steer+backlog", "queueDebounceMs": 0, "queueCap": 3, "queueDrop": "old"},
            "telegram",
            QueueRules("steer-backlog", 0, 3, "old"),
        ),
    ],
)
def test_the_session_outranks_the_channel_and_the_channel_the_default(
    entry: dict[str, Any], channel: str, expected: QueueRules
) -> None:
    assert rules_for(entry, channel, BY_CHANNEL) == expected


def test_only_two_modes_speak_into_a_turn() -> None:
    modes = get_args(QueueMode)
    assert [mode for mode in modes if QueueRules(mode).steers] == ["steer", "steer-backlog"]


def test_what_fell_out_of_the_queue_is_told_in_one_line_each() -> None:
    told = told_of_dropped(["one\ntwo", "x" * 500])

    assert told.splitlines() == [
        "[2 earlier messages came while you were busy; in short:]",
        "- one two",
        f"- {'x' * BULLET}",
    ]
