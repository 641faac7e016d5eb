"""In which turn the tools of these tests run."""

from pathlib import Path

from openclaw.agent.tools.base import Scene

SCENE = Scene(
    "main", "agent:main:main", "run_1", Path("/workspace"), "telegram", "telegram:821071206", "owner",
    provenances=frozenset({"owner"}), call_id="toolu_1",
)  # fmt: skip
