from collections.abc import Mapping
from pathlib import Path

import pytest

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.own_config import SCOPE, OwnConfig, is_starter
from openclaw.migrate.records import Findings, FoundConfig, Home, Told
from openclaw.settings.paths import Paths
from openclaw.settings.starter import STARTER
from tests.migrate.houses import put

MADE = STARTER % {"token": "ab" * 32}
THEIRS = '{ "session": { "dmScope": "per-peer" }, "unheardOf": 1, "logging": { "file": "${LOG_FILE}" } }'


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "ours"
    path.mkdir()
    return path


def config(state: Path, environ: Mapping[str, str] | None = None) -> OwnConfig:
    findings = Findings(Home("openclaw", state.parent / "theirs"))
    findings.config = FoundConfig("openclaw.json", THEIRS, environ or {})
    carrier = Carrier(state)
    carrier.begin()
    return OwnConfig(Paths(state, state / "openclaw.json"), findings, carrier, {})


def put_theirs(own: OwnConfig) -> list[Told]:
    return list(own.put(own.findings.config))


@pytest.mark.parametrize("before", [None, MADE])
def test_theirs_takes_the_place_of_a_config_that_nobody_wrote(state: Path, before: str | None) -> None:
    if before is not None:
        put(state / "openclaw.json", before)

    told = put_theirs(config(state, {"LOG_FILE": "/var/log/x"}))

    assert (state / "openclaw.json").read_text() == THEIRS
    assert told[0].outcome == "came over"
    assert [each.what for each in told[1:]] == ["config unheardOf"]


def test_what_the_environment_lacks_is_told(state: Path) -> None:
    told = put_theirs(config(state))

    assert any("the variable LOG_FILE is not set" in each.why for each in told)


def test_what_the_owner_wrote_is_kept(state: Path) -> None:
    put(state / "openclaw.json", MADE.replace("gateway: {", "gateway: { port: 19000,"))

    (told,) = put_theirs(config(state))

    assert told.outcome == "left"
    assert "port: 19000" in (state / "openclaw.json").read_text()


def test_a_second_time_there_is_nothing_to_do(state: Path) -> None:
    put_theirs(config(state))

    assert [each.outcome for each in put_theirs(config(state))] == ["there already"]


def test_the_scope_of_conversations_is_set_where_nobody_has(state: Path) -> None:
    own = config(state)

    assert [each.outcome for each in own.put(None)] == ["adapted"]
    assert (state / "openclaw.json").read_text() == SCOPE
    assert [each.outcome for each in own.put(None)] == ["there already"]


@pytest.mark.parametrize(("scope", "told"), [("main", ["left"]), ("per-channel-peer", [])])
def test_the_owners_own_scope_is_only_spoken_of(state: Path, scope: str, told: list[str]) -> None:
    text = f'{{ session: {{ dmScope: "{scope}" }} }}'
    put(state / "openclaw.json", text)
    own = config(state)
    own.findings.config = None

    assert [each.outcome for each in own.put(None)] == told
    assert (state / "openclaw.json").read_text() == text


def test_the_config_may_lie_elsewhere(state: Path, tmp_path: Path) -> None:
    own = config(state)
    elsewhere = OwnConfig(Paths(state, tmp_path / "etc.json"), own.findings, own.carrier, {})

    list(elsewhere.put(own.findings.config))

    assert (tmp_path / "etc.json").read_text() == THEIRS


def test_the_config_of_the_first_start_is_known_by_its_words() -> None:
    assert is_starter(MADE.encode())
    assert not is_starter(MADE.replace("// models", "models").encode())
    assert not is_starter(b"\xff")
