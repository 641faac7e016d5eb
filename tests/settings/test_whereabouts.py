import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.loading import load
from openclaw.settings.references import read_reference
from openclaw.settings.whereabouts import whereabouts

PLAIN: list[tuple[dict[str, Any] | None, dict[str, str]]] = [
    (None, {}),
    ({}, {}),
    ({"gateway": {"port": 4711, "auth": {"token": "t"}}}, {}),
    ({"gateway": {"auth": {"token": "env:MINE"}}, "env": {"MINE": "from-config"}}, {}),
    ({"gateway": {"auth": {"token": "t"}}}, {"OPENCLAW_GATEWAY_PORT": "99", "OPENCLAW_GATEWAY_TOKEN": "e"}),
    ({"gateway": {"bind": "loopback"}, "agents": {"defaults": {"userTimezone": "Europe/Vienna"}}}, {}),
]
ODD: list[tuple[object, dict[str, str]]] = [
    ({"gateway": 5}, {}),
    ({"gateway": {"port": "x"}}, {}),
    ({"gateway": {"port": True}}, {}),
    ({"gateway": {"port": None}}, {}),
    ({"gateway": {"auth": {"token": "${MINE}"}}}, {"MINE": "x"}),
    ({"gateway": {"auth": {"token": {"source": "env", "id": "MINE"}}}}, {"MINE": "x"}),
    ({"gateway": {"auth": {"token": "exec:vault/token"}}}, {}),
    ({"gateway": {"auth": {"mode": "none"}}}, {}),
    ({"gateway": {"auth": {"Token": "x"}}}, {}),
    ({"gateway": {"bind": "lan"}}, {}),
    ({"gateway": {"auth": {"token": "t"}}}, {"OPENCLAW__GATEWAY__PORT": "99"}),
    ({"gateway": {"auth": {"token": "t"}}}, {"OPENCLAW__Gateway__Port": "99"}),
    ("{ broken", {}),
]


def environment(folder: Path, config: object, extra: dict[str, str]) -> dict[str, str]:
    (folder / "credentials").mkdir()
    (folder / "credentials" / "gateway-token").write_text("made-at-the-first-start\n")
    if config is not None:
        text = config if isinstance(config, str) else json.dumps(config)
        (folder / "openclaw.json").write_text(text)
        (folder / "openclaw.json").chmod(0o600)
    return {"HOME": str(folder), "OPENCLAW_STATE_DIR": str(folder), **extra}


@pytest.mark.parametrize(("config", "extra"), PLAIN)
def test_where_it_answers_at_all_it_says_what_the_loader_says(
    tmp_path: Path, config: dict[str, Any] | None, extra: dict[str, str]
) -> None:
    environ = environment(tmp_path, config, extra)
    found, loaded = whereabouts(environ), load(environ)

    assert found is not None
    reference = loaded.settings.gateway.auth.token
    assert reference is not None
    assert (found.paths, found.port) == (loaded.paths, loaded.settings.gateway.port)
    assert read_reference(found.token, found.environ) == read_reference(reference.text, loaded.environ)
    assert found.timezone == loaded.settings.agents.defaults.user_timezone


@pytest.mark.parametrize(("config", "extra"), ODD)
def test_what_the_loader_may_read_differently_is_left_to_it(
    tmp_path: Path, config: object, extra: dict[str, str]
) -> None:
    assert whereabouts(environment(tmp_path, config, extra)) is None


def test_it_loads_none_of_the_models() -> None:
    script = (
        "import sys, openclaw.settings.whereabouts, openclaw.settings.references, openclaw.store.glance;"
        " sys.exit(' '.join({'pydantic', 'anyio', 'aiosqlite', 'openclaw.settings.model'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
