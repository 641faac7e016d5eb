from dataclasses import replace

import pytest

from openclaw.doctor.checks.keeping import DAY_SECONDS, aged, installed, plain
from openclaw.ops.supervisor.condition import Condition

INSTALLED = Condition(
    "systemd", "/home/ada/.config/systemd/user/openclaw.service", installed=True, running=True
)


@pytest.mark.parametrize(
    ("condition", "is_running", "told"),
    [
        (INSTALLED, True, []),
        (replace(INSTALLED, installed=False, problems=("no systemd here",)), False, []),
        (replace(INSTALLED, running=False), False, ["service.stopped"]),
        (replace(INSTALLED, running=False), True, []),
        (replace(INSTALLED, problems=("it starts /gone; write it anew with: x",)), True, ["service.stale"]),
    ],
)
def test_a_service_is_told_of_where_it_no_longer_fits(
    condition: Condition, is_running: bool, told: list[str]
) -> None:
    assert [each.id for each in installed(condition, is_running=is_running)] == told


def test_what_mends_a_service_stands_apart() -> None:
    problem = "it starts /gone, which is not there any more; write it anew with: openclaw service install"

    (finding,) = installed(replace(INSTALLED, problems=(problem,)), is_running=True)

    assert finding.what.endswith("it starts /gone, which is not there any more.")
    assert finding.command == "write it anew with: openclaw service install"


@pytest.mark.parametrize(
    ("keys", "words"),
    [([], None), (["a"], "a."), (["a", "b", "c", "d", "e"], "a, b, c, d and 1 more.")],
)
def test_secrets_in_plain_text_are_named(keys: list[str], words: str | None) -> None:
    findings = list(plain(keys))

    assert [each.what.endswith(words or "") for each in findings] == ([True] if words else [])


@pytest.mark.parametrize(
    ("begun", "newest", "told"),
    [
        (6, None, []),
        (8, None, ["backup.none"]),
        (90, 20, []),
        (90, 40, ["backup.old"]),
    ],
)
def test_a_backup_is_due_after_a_week_and_old_after_a_month(
    begun: int, newest: int | None, told: list[str]
) -> None:
    """Days ago."""
    now = 100 * DAY_SECONDS
    copied = None if newest is None else now - newest * DAY_SECONDS

    assert [each.id for each in aged(now - begun * DAY_SECONDS, copied, now)] == told
