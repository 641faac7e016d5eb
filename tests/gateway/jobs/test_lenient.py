import json
from typing import Any

import pytest

from openclaw.gateway.jobs.lenient import canonical_job, canonical_patch

EVENT = {"kind": "systemEvent", "text": "call Ana"}
TURN = {"kind": "agentTurn", "message": "look"}
SOON = {"kind": "at", "at": "in 20 minutes"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"schedule": SOON, "payload": EVENT}, {"schedule": SOON, "payload": EVENT}),
        ({"schedule": "in 20 minutes", "text": "call Ana"}, {"schedule": SOON, "payload": EVENT}),
        ({"at": "in 20 minutes", "payload": "call Ana"}, {"schedule": SOON, "payload": EVENT}),
        ({"when": "in 20 minutes", "message": "call Ana"}, {"schedule": SOON, "payload": EVENT}),
        ({"job": {"schedule": SOON, "payload": EVENT}}, {"schedule": SOON, "payload": EVENT}),
        ({"job": json.dumps({"schedule": SOON, "payload": EVENT})}, {"schedule": SOON, "payload": EVENT}),
        ({"data": {"schedule": {"at": "in 20 minutes"}, "payload": EVENT}}, {"schedule": SOON, "payload": EVENT}),
        ({"schedule": json.dumps(SOON), "payload": json.dumps(EVENT)}, {"schedule": SOON, "payload": EVENT}),
        ({"atMs": 1772182800000, "text": "call Ana"},
         {"schedule": {"kind": "at", "at": "1772182800000"}, "payload": EVENT}),
        ({"every": "2h", "message": "look", "sessionTarget": "isolated"},
         {"schedule": {"kind": "every", "everyMs": 7_200_000}, "payload": TURN, "sessionTarget": "isolated"}),
        ({"schedule": "every 30 minutes", "text": "call Ana"},
         {"schedule": {"kind": "every", "everyMs": 1_800_000}, "payload": EVENT}),
        ({"schedule": "every day", "text": "call Ana"},
         {"schedule": {"kind": "every", "everyMs": 86_400_000}, "payload": EVENT}),
        ({"schedule": "0 9 * * 1-5", "message": "look", "model": "haiku"},
         {"schedule": {"kind": "cron", "expr": "0 9 * * 1-5"}, "payload": TURN | {"model": "haiku"}}),
        ({"schedule": "@daily", "text": "call Ana"},
         {"schedule": {"kind": "cron", "expr": "@daily"}, "payload": EVENT}),
        ({"schedule": {"cron": "0 9 * * *", "timezone": "Europe/Madrid"}, "payload": EVENT},
         {"schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "Europe/Madrid"}, "payload": EVENT}),
        ({"schedule": {"expr": "0 9 * * *"}, "tz": "Europe/Madrid", "payload": EVENT},
         {"schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "Europe/Madrid"}, "payload": EVENT}),
        ({"schedule": SOON, "payload": {"kind": "agentTurn", "text": "look", "deliver": True, "channel": "telegram"}},
         {"schedule": SOON, "payload": TURN, "delivery": {"mode": "announce", "channel": "telegram"}}),
        ({"schedule": SOON, "payload": EVENT, "delivery": "none"},
         {"schedule": SOON, "payload": EVENT, "delivery": {"mode": "none"}}),
        ({"schedule": SOON, "payload": EVENT, "delivery": False},
         {"schedule": SOON, "payload": EVENT, "delivery": {"mode": "none"}}),
        ({"schedule": SOON, "text": "call Ana", "channel": "telegram", "to": "1"},
         {"schedule": SOON, "payload": EVENT, "delivery": {"channel": "telegram", "to": "1"}}),
        ({"delete_after_run": True, "session_target": "main", "schedule": SOON, "payload": {"message": "call Ana"}},
         {"deleteAfterRun": True, "sessionTarget": "main", "schedule": SOON, "payload": EVENT}),
        ({"schedule": SOON, "payload": EVENT, "context": "Said before:\n- user: hm"},
         {"schedule": SOON, "payload": EVENT | {"text": "call Ana\n\nSaid before:\n- user: hm"}}),
    ],
)  # fmt: skip
def test_a_job_is_understood_as_models_write_it(written: dict[str, Any], meant: dict[str, Any]) -> None:
    assert canonical_job(written) == meant


def test_what_was_given_is_not_changed() -> None:
    given = {"job": {"schedule": {"every": "1h"}, "payload": {"message": "x"}}}
    before = json.dumps(given)
    canonical_job(given)
    assert json.dumps(given) == before


@pytest.mark.parametrize(
    "nonsense", [{}, {"schedule": 7}, {"schedule": []}, {"payload": 3}, {"delivery": 5}, {"job": "x"}]
)
def test_nonsense_stays_for_the_complaint(nonsense: dict[str, Any]) -> None:
    assert isinstance(canonical_job(nonsense), dict)


def test_a_patch_holds_only_what_is_there_under_the_names_of_its_jobs_kind() -> None:
    assert canonical_patch({"enabled": False}, "systemEvent") == {"enabled": False}
    assert canonical_patch({"text": "new"}, "agentTurn") == {
        "payload": {"kind": "agentTurn", "message": "new"}
    }
    assert canonical_patch({"message": "new"}, "systemEvent") == {
        "payload": {"kind": "systemEvent", "text": "new"}
    }
    assert canonical_patch({"schedule": {"tz": "UTC"}}, "systemEvent") == {"schedule": {"tz": "UTC"}}
