import sys
import types
from pathlib import Path

import pytest

from openclaw import failpoints
from openclaw.ops.state_lock import AlreadyRunningError
from openclaw.web.ports import PortBusyError
from tests.cli.gateway import Terminal
from tests.migrate import houses


@pytest.fixture
def served(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the daemon was started with; it ends with 0 at once, or as the test wants."""
    seen: list[object] = []
    daemon = types.ModuleType("openclaw.daemon")

    def serve(loaded: object) -> int:
        seen.append(loaded)
        return 0

    daemon.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openclaw.daemon", daemon)
    monkeypatch.setenv("HOME", str(state_dir.parent))
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    return seen


def test_serve_and_gateway_run_start_the_daemon_with_the_port_asked_for(
    served: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    assert terminal.run("serve", "--port", "0")[0] == 0
    assert terminal.run("gateway", "run", "--port", "18999")[0] == 0
    ports = [loaded.settings.gateway.port for loaded in served]  # type: ignore[attr-defined]
    assert ports == [0, 18999]


@pytest.mark.parametrize(
    ("error", "code"),
    [(AlreadyRunningError(Path("/state"), 4711), 75), (PortBusyError("127.0.0.1", 18789, "pid 7 (node)"), 1)],
)
def test_why_it_cannot_start_is_one_line_and_a_code(
    error: Exception,
    code: int,
    served: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def serve(_: object) -> int:
        raise error

    monkeypatch.setattr(sys.modules["openclaw.daemon"], "serve", serve)
    ended, _, err = Terminal(capsys).run("serve")
    assert ended == code
    assert err == f"openclaw: {error}\n"


def test_failpoints_are_armed_from_the_environment(
    served: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "passed"
    monkeypatch.setenv("OPENCLAW_FAILPOINT_LOG", str(log))
    try:
        Terminal(capsys).run("serve")
        failpoints.passing(failpoints.Failpoint.TURN_STARTED)
    finally:
        failpoints.arm("", "")
    assert log.read_text() == "turn.started\n"


def test_a_home_with_conversations_of_the_original_is_left_as_it_is(
    served: list[object], state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    houses.original(state_dir)
    before = houses.tree(state_dir)
    code, _, said = Terminal(capsys).run("serve")
    assert code == 78
    assert "openclaw migrate --take-over" in said
    assert served == []
    assert houses.tree(state_dir) == before
