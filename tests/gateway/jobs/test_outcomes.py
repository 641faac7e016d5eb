from dataclasses import replace
from datetime import UTC

import pytest

from openclaw.gateway.jobs.job import Every, JobDelivery, JobState
from openclaw.gateway.jobs.outcomes import after, delivery_status, outcome
from tests.gateway.jobs.test_shapes import parsed
from tests.gateway.scripted import NOW

ONCE = parsed()
AGAIN = replace(ONCE, schedule=Every(10_000, NOW), delete_after_run=False)
TIMES = (NOW, NOW + 2_500)


@pytest.mark.parametrize(
    ("state", "reason", "status", "error"),
    [
        ("answered", "", "ok", ""),
        ("answered", "silent", "ok", ""),
        ("answered", "limit", "ok", ""),
        ("merged", "into run_1", "ok", ""),
        ("answered", "timeout", "error", "it took longer than it may"),
        ("answered", "budget: perDay", "error", "nothing more may be spent (budget: perDay)"),
        ("answered", "interrupted", "error", "somebody else's message came first"),
        ("answered", "aborted", "skipped", "aborted"),
        ("dead", "model_unavailable", "error", "model_unavailable"),
        ("dead", "", "error", "it failed"),
        ("ignored", "stopped", "skipped", "stopped"),
        ("ignored", "queue_full", "skipped", "queue_full"),
        ("refused", "send_policy: night", "skipped", "send_policy: night"),
    ],
)
def test_how_a_run_came_out_follows_from_the_end_of_its_event(
    state: str, reason: str, status: str, error: str
) -> None:
    assert outcome(state, reason) == (status, error)


def test_a_job_of_one_run_is_over_whatever_came_of_it_and_gone_if_it_went_well() -> None:
    good = after(ONCE, JobState(), ("ok", ""), TIMES, UTC)
    assert (good.enabled, good.next_run_at, good.delete, good.notice) == (False, None, True, "")
    assert not after(replace(ONCE, delete_after_run=False), JobState(), ("ok", ""), TIMES, UTC).delete
    skipped = after(ONCE, JobState(), ("skipped", "stopped"), TIMES, UTC)
    assert (skipped.enabled, skipped.delete, skipped.notice) == (False, False, "")
    bad = after(ONCE, JobState(), ("error", "no"), TIMES, UTC)
    assert (bad.enabled, bad.delete) == (False, False)
    assert bad.notice.endswith("Reminder: call Ana.")


def test_the_next_time_is_counted_from_the_end() -> None:
    good = after(AGAIN, JobState(consecutive_errors=4), ("ok", ""), (NOW, NOW + 25_000), UTC)
    assert (good.next_run_at, good.state.consecutive_errors) == (NOW + 30_000, 0)
    assert (good.state.last_run_at, good.state.last_duration_ms) == (NOW, 25_000)


def test_errors_in_a_row_are_told_at_the_third() -> None:
    state, told = JobState(), []
    for _ in range(5):
        then = after(AGAIN, state, ("error", "no"), TIMES, UTC)
        state = then.state
        told.append(bool(then.notice))
        assert then.enabled
    assert told == [False, False, True, False, False]
    assert (state.last_status, state.last_error) == ("error", "no")


def test_best_effort_is_never_told() -> None:
    quiet = replace(ONCE, delivery=JobDelivery(best_effort=True))
    assert after(quiet, JobState(), ("error", "no"), TIMES, UTC).notice == ""


def test_a_job_that_was_switched_off_meanwhile_stays_off() -> None:
    assert not after(replace(AGAIN, enabled=False), JobState(), ("ok", ""), TIMES, UTC).enabled


@pytest.mark.parametrize(
    ("sends", "status"),
    [
        ([], ("not-requested", "")),
        ([("sent", "")], ("delivered", "")),
        ([("sent", ""), ("pending", "")], ("unknown", "")),
        ([("ambiguous", "")], ("unknown", "")),
        ([("sent", ""), ("failed", "blocked by the user")], ("not-delivered", "blocked by the user")),
    ],
)
def test_whether_it_was_delivered_follows_from_the_outbox(
    sends: list[tuple[str, str]], status: tuple[str, str]
) -> None:
    assert delivery_status(sends) == status
