from typing import Any

import pytest

from openclaw.cli.glance import Line, heading, lines

NOW = 1_795_228_142_000
MIN = 60_000
TELEGRAM = {
    "channel": "telegram",
    "account": "default",
    "condition": "connected",
    "reason": "",
    "last_inbound_at": None,
}
RUNNING: dict[str, Any] = {
    "gateway": "running",
    "version": "2026.11.0",
    "uptimeMs": 192 * MIN,
    "model": "anthropic/claude-opus-4-6",
    "keys": [{"id": "anthropic:default", "state": "ok"}],
    "channels": {"telegram": TELEGRAM},
    "problems": [],
    "queue": {"waiting": 0},
    "running": 0,
    "outbox": {},
    "sessions": 4,
    "costToday": 0.42,
    "budgets": [{"cap": "perDay", "limit": 5.0, "spent": 0.42}],
    "stateDir": "/home/ana/.openclaw",
    "lastMessages": [
        {"channel": "telegram", "account": "default", "receivedAt": NOW - 3 * MIN, "sentAt": NOW - 2 * MIN},
        {"channel": "sms", "account": "default", "receivedAt": NOW, "sentAt": None},
    ],
    "lastError": None,
    "nextJob": {"id": "job_1", "at": NOW + 130 * MIN, "name": "Water the plants"},
}


def told(title: str, **changes: Any) -> list[tuple[str, str, str]]:
    """Text, mood and mend of the lines with this title."""
    found = lines({**RUNNING, **changes}, NOW)
    return [(line.text, line.mood, line.mend) for line in found if line.title == title]


def test_a_house_that_is_well_has_a_line_for_each_matter() -> None:
    assert [(line.title, line.text) for line in lines(RUNNING, NOW)] == [
        ("model", "anthropic/claude-opus-4-6"),
        ("key", "anthropic:default"),
        ("telegram", "connected · received 3 min ago, sent 2 min ago"),
        ("messages", "none unfinished"),
        ("today", "$0.42 of $5.00 spent"),
        ("next job", "Water the plants, in 2 h 10 min"),
        ("last error", "none"),
        ("sessions", "4"),
        ("state", "/home/ana/.openclaw"),
    ]
    assert heading(RUNNING, NOW) == Line("OpenClaw 2026.11.0", "has been running for 3 h 12 min", "well")


@pytest.mark.parametrize(
    ("title", "changes", "expected"),
    [
        ("key", {"keys": []}, ("none: the offline model answers", "odd", "openclaw onboard")),
        (
            "key",
            {"keys": [{"id": "anthropic:a", "state": "disabled", "reason": "billing"}]},
            ("anthropic:a disabled: billing", "bad", "openclaw models status"),
        ),
        ("channels", {"channels": {}}, ("none but the terminal and the web page", "", "openclaw onboard")),
        (
            "telegram",
            {
                "channels": {"telegram": TELEGRAM | {"condition": "failing", "reason": "401"}},
                "lastMessages": [],
            },
            ("failing: 401 · no message yet", "bad", "openclaw doctor"),
        ),
        (
            "messages",
            {"queue": {"waiting": 2}, "running": 1, "oldestUnfinishedAt": NOW - 4 * MIN},
            ("2 waiting, 1 being answered, the oldest from 4 min ago", "", ""),
        ),
        ("going out", {"outbox": {"ambiguous": 1}}, ("1 ambiguous", "odd", "openclaw outbox list")),
        ("going out", {"outbox": {"pending": 3}}, ("3 pending", "", "")),
        ("today", {"costToday": 4.5}, ("$4.50 of $5.00 spent", "odd", "openclaw costs")),
        ("today", {"budgets": []}, ("$0.42 spent, no daily budget", "", "")),
        (
            "last error",
            {"lastError": {"trace": "t_1", "at": NOW - MIN, "channel": "sms", "reason": "model_unavailable"}},
            ("model_unavailable (sms, 1 min ago)", "", "openclaw trace t_1"),
        ),
        ("problem", {"problems": ["the disk is full"]}, ("the disk is full", "bad", "openclaw doctor")),
        ("problem", {"problems": ["sms: 401\x1b[2J"]}, ("sms: 401�[2J", "bad", "openclaw doctor")),
    ],
)
def test_what_is_not_well_says_so_and_what_to_do(
    title: str, changes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(title, **changes) == [expected]


def test_what_a_channels_own_line_says_is_not_said_again() -> None:
    failing = {"telegram": TELEGRAM | {"condition": "failing", "reason": "401"}}
    assert told("problem", channels=failing, problems=["telegram: 401"]) == []
    assert len(told("problem", channels=failing, problems=["telegram: 401", "telegramm: 401"])) == 1


def test_a_stopped_house_tells_what_it_left() -> None:
    stopped = {
        "gateway": "stopped", "version": "1", "holder": None, "queue": {"waiting": 2}, "running": 1, "outbox": {},
        "oldestUnfinishedAt": NOW - MIN, "lastMessages": RUNNING["lastMessages"], "lastError": None,
        "nextJob": None, "costToday": 0.0, "stateDir": "/s",
    }  # fmt: skip
    assert [(line.title, line.text, line.mood) for line in lines(stopped, NOW)][:3] == [
        ("telegram", "received 3 min ago, sent 2 min ago", ""),
        ("sms", "received just now", ""),
        ("messages", "2 waiting, 1 being answered, the oldest from 1 min ago", "odd"),
    ]
    # What may be spent stands in the config, which was not read.
    assert Line("today", "$0.00 spent") in lines(stopped, NOW)
    assert heading(stopped, NOW) == Line("OpenClaw 1", "is not running", "still", "openclaw serve")
    held = heading({**stopped, "holder": 4711}, NOW)
    assert (held.mood, held.text) == ("bad", "does not answer, although process 4711 holds its state")
    assert [line.title for line in lines({"gateway": "stopped", "version": "1", "stateDir": "/s"}, NOW)] == [
        "today", "next job", "last error", "state",
    ]  # fmt: skip
