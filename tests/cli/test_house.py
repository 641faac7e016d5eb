from pathlib import Path

import pytest

from openclaw.cli.house import call
from openclaw.cli.rpc import RefusedError
from tests.cli.gateway import no_gateway, point_at, running


def test_a_command_goes_through_the_running_gateway(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(state_dir, monkeypatch) as plane:
        call("outbox.drop", {"id": "out_1"})
    assert plane.house.desk.settled == [("out_1", "drop")]


def test_without_one_the_same_method_is_answered_here(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    call("outbox.drop", {"id": "out_1"})
    assert house.desk.settled == [("out_1", "drop")]


def test_a_no_sounds_the_same_from_both(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(state_dir, monkeypatch), pytest.raises(RefusedError) as there:
        call("traces.get", {"id": "t_9"})
    no_gateway(state_dir, monkeypatch)
    with pytest.raises(RefusedError) as here:
        call("traces.get", {"id": "t_9"})
    assert str(there.value) == str(here.value) == "there is no trace 't_9'"


def test_the_token_may_be_a_reference(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(state_dir, monkeypatch) as plane:
        secret = state_dir / "token"
        secret.write_text(plane.token[0] + "\n")
        secret.chmod(0o600)
        point_at(state_dir, plane.port, monkeypatch, token=f"file:{secret}")
        assert call("health", {})["ok"]
