from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.outside import Outside
from openclaw.agent.tools.exec.sandbox.base import Order

ENVIRON = {
    "HOME": "/home/ana",
    "PATH": "/opt/bin:/usr/bin",
    "ANTHROPIC_API_KEY": "sk-invented",
    "LD_PRELOAD": "/tmp/x.so",
}


def test_root_runs_nothing_outside(workspace: Path) -> None:
    with pytest.raises(ToolError, match="as root nothing runs outside the sandbox"):
        Outside(ENVIRON, 0).prepare(Order(("true",), workspace))


def test_a_few_names_of_the_environment_are_passed_on(workspace: Path) -> None:
    launch = Outside(ENVIRON, 1000).prepare(Order(("true",), workspace, env={"COLOUR": "red"})).launch
    assert launch.env == {"HOME": "/home/ana", "PATH": "/opt/bin:/usr/bin", "COLOUR": "red"}
    assert launch.argv[-1] == "true"
    assert launch.cwd == workspace
    assert Outside({}, 1000).prepare(Order(("true",), workspace)).launch.env == {
        "PATH": "/usr/local/bin:/usr/bin:/bin"
    }


def test_it_begins_in_a_folder_of_the_workspace(workspace: Path, tmp_path: Path) -> None:
    (workspace / "sub").mkdir()
    (workspace / "out").symlink_to(tmp_path)
    outside = Outside({}, 1000)
    assert outside.prepare(Order(("true",), workspace, "sub")).launch.cwd == workspace / "sub"
    with pytest.raises(ToolError, match="out leads out of the workspace"):
        outside.prepare(Order(("true",), workspace, "out"))
    with pytest.raises(ToolError, match="none cannot be entered"):
        outside.prepare(Order(("true",), workspace, "none"))
