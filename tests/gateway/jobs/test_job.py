from dataclasses import replace

import pytest

from openclaw.gateway.jobs.job import session_of
from tests.gateway.jobs.test_shapes import parsed


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("main", "agent:aurora:main"),
        ("isolated", "agent:aurora:cron:job_1"),
        ("session:agent:aurora:telegram:group:-1", "agent:aurora:telegram:group:-1"),
    ],
)
def test_a_job_is_done_in_the_session_of_its_target(target: str, key: str) -> None:
    assert session_of(replace(parsed(), agent="aurora", target=target)) == key
