import logging

import pytest

from openclaw.agent.host import runtime, surroundings, timezone_name, zone


def test_a_known_zone_is_taken_as_configured() -> None:
    assert timezone_name("Australia/Sydney") == "Australia/Sydney"
    assert str(zone("Australia/Sydney")) == "Australia/Sydney"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "\x00"])
def test_an_unknown_zone_is_told_and_not_used(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = timezone_name(name)

    assert zone(found) is not None
    assert "is not known here" in caplog.text


def test_the_host_is_described() -> None:
    here = runtime("main", "anthropic/claude-opus-4-6", "Molty")

    assert here.host
    assert here.system
    assert (here.agent, here.name) == ("main", "Molty")


def test_programs_are_looked_for_on_the_given_path() -> None:
    here = surroundings({"PATH": "/bin:/usr/bin", "KEY": "x", "EMPTY": ""})

    assert here.has_bin("sh")
    assert not here.has_bin("no-such-program")
    assert "KEY" in here.env
    assert "EMPTY" not in here.env
