import os
from pathlib import Path

import pytest

from openclaw.agent.tools.exec.sandbox.base import Sandbox, Unavailable
from openclaw.agent.tools.exec.sandbox.bubblewrap import Bubblewrap
from openclaw.agent.tools.exec.sandbox.probe import probe


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    found = probe()
    if isinstance(found, Unavailable):
        if os.environ.get("OPENCLAW_REQUIRE_SANDBOX") == "1":
            pytest.fail(found.reason)
        pytest.skip(found.reason)
    return found


@pytest.fixture(scope="session")
def bubblewrap(sandbox: Sandbox) -> Bubblewrap:
    if not isinstance(sandbox, Bubblewrap):
        pytest.skip("only Linux has bubblewrap")
    return sandbox


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir(mode=0o700)
    (folder / "AGENTS.md").write_text("Be kind.\n")
    (folder / "MEMORY.md").write_text("- likes tea\n")
    (folder / "memory").mkdir()
    (folder / "memory" / "2026-02-27.md").write_text("It rained.\n")
    (folder / "skills").mkdir()
    return folder
