import json
from pathlib import Path

import pytest

from openclaw.cli.webhooks import refused
from tests.cli.gateway import Terminal, no_gateway, running

NEWER, OLDER = "2026-02-27T09:00:00.000Z", "2026-02-27T08:00:00.000Z"


def row(**facts: object) -> dict[str, object]:
    shared = {"path": "/sms", "channel": "sms", "checkedBy": "X-Twilio-Signature", "served": True}
    return {**shared, "lastAcceptedAt": None, "lastRefusedAt": None, "lastRefusal": "", **facts}


def test_every_path_is_listed_with_its_last_calls(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        rows = json.loads(terminal.run("webhooks", "list", "--json")[1])
        lines = terminal.lines("webhooks", "list")

    assert [each["path"] for each in rows] == ["/webhooks/salesmsg", "/webhooks/quo"]
    assert lines[0].split("\t")[:4] == ["/webhooks/salesmsg", "salesmsg", "yes", "query token"]


def test_a_path_whose_last_call_was_refused_fails_the_check(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch):
        code, out, _ = terminal.run("webhooks", "check", "--json")

    assert code == 1
    assert json.loads(out) == [
        {
            "where": "/webhooks/quo",
            "problem": "the last call was refused (bad-signature)",
            "mend": "compare the secret at quo (signature headers) with the config;"
            " if only strangers call, all is well",
        }
    ]


def test_it_works_without_a_gateway(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_gateway(state_dir, monkeypatch)

    assert len(json.loads(Terminal(capsys).run("webhooks", "list", "--json")[1])) == 2


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, 0),
        ({"lastAcceptedAt": NEWER, "lastRefusedAt": OLDER}, 0),
        ({"lastAcceptedAt": OLDER, "lastRefusedAt": NEWER}, 1),
        ({"lastRefusedAt": OLDER}, 1),
        ({"lastRefusedAt": OLDER, "served": False}, 0),
    ],
)
def test_only_a_served_path_whose_last_call_was_refused_is_a_problem(
    facts: dict[str, object], found: int
) -> None:
    assert len(list(refused([row(**facts)]))) == found


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("bad-signature", "secret at sms (X-Twilio-Signature)"),
        ("not-ready", "openclaw channels status"),
        ("too-large", "webhooks.maxBodyBytes"),
        ("too-slow", "tunnel"),
        ("method-not-allowed", "call with POST"),
    ],
)
def test_what_to_do_depends_on_the_reason(reason: str, words: str) -> None:
    (found,) = refused([row(lastRefusedAt=OLDER, lastRefusal=reason, methods=["POST"])])

    assert reason in str(found["problem"])
    assert words in str(found["mend"])
