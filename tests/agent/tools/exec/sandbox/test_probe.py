import os
import sys
from pathlib import Path

import pytest

from openclaw.agent.tools.exec.sandbox import probe as probing
from openclaw.agent.tools.exec.sandbox.base import Launch, Order, Sandbox, Unavailable
from openclaw.agent.tools.exec.sandbox.bubblewrap import Bubblewrap
from openclaw.agent.tools.exec.sandbox.probe import probe
from tests.agent.tools.exec.workshop import shell

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has bubblewrap")


def fake_bwrap(folder: Path, script: str) -> None:
    """A bubblewrap of root's, when the tests are root's."""
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo 'bubblewrap 0.8.0' && exit\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(probing, "PLACES", (str(folder), "/usr/bin", "/bin"))
    return folder


def found() -> str:
    outcome = probe()
    assert isinstance(outcome, Unavailable)
    return outcome.reason


@linux
def test_the_sandbox_that_works_is_found_and_shows_the_folders_it_was_given(
    bubblewrap: Bubblewrap, workspace: Path, tmp_path: Path
) -> None:
    skills = tmp_path / "skills"
    skills.mkdir()
    (skills / "SKILL.md").write_text("Look up.\n")
    sandbox = probe([skills, tmp_path / "missing"])
    assert isinstance(sandbox, Bubblewrap)
    done = shell(sandbox, f"cat {skills}/SKILL.md; echo x > {skills}/SKILL.md; ls {tmp_path}", workspace)
    assert done.said.splitlines()[0] == "Look up."
    assert done.said.splitlines()[-1] == "skills"
    assert (skills / "SKILL.md").read_text() == "Look up.\n"


@linux
def test_without_bubblewrap_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PLACES", ())
    assert found().startswith("bubblewrap is not installed: `apt install bubblewrap`")


@linux
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
            "Ubuntu since 24.04 wants an AppArmor profile",
        ),
        (
            "echo 'bwrap: loopback: Failed RTM_NEWADDR' >&2; exit 1",
            "Ubuntu since 24.04 wants an AppArmor profile",
        ),
        (
            "echo 'bwrap: Unknown option --size' >&2; exit 1",
            "bubblewrap does not keep commands in as it should",
        ),
        ("echo written; exit 0", "bubblewrap does not keep commands in as it should"),
    ],
)
def test_one_that_does_not_do_its_work_is_not_used(places: Path, script: str, reason: str) -> None:
    fake_bwrap(places, script)
    if (places / "bwrap").stat().st_uid:
        pytest.skip("only a bubblewrap of root's is looked at")
    assert reason in found()


@linux
def test_one_that_is_too_old_is_not_used(places: Path) -> None:
    (places / "bwrap").write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    (places / "bwrap").chmod(0o755)
    if (places / "bwrap").stat().st_uid:
        pytest.skip("only a bubblewrap of root's is looked at")
    assert "too old: it must be 0.6 or newer" in found()


@linux
def test_a_program_that_others_may_change_is_passed_over(places: Path, bubblewrap: Bubblewrap) -> None:
    fake_bwrap(places, "exit 1")
    (places / "bwrap").chmod(0o777)
    assert isinstance(probe(), Bubblewrap)


@pytest.mark.parametrize(("machine", "platform"), [("riscv64", "linux"), ("x86_64", "win32")])
def test_a_machine_that_is_not_known_has_none(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, machine: str, platform: str
) -> None:
    here = os.uname_result((*os.uname()[:4], machine))
    monkeypatch.setattr(os, "uname", lambda: here)
    monkeypatch.setattr(sys, "platform", platform)
    assert (machine if platform == "linux" else platform) in found()


def test_on_a_mac_its_own_sandbox_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "sandbox-exec"
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(probing, "PROGRAM", str(program))
    assert found() == f"{program} is missing"


class Refusing:
    name = "a sandbox"
    root = ""

    def prepare(self, order: Order) -> "Refusing":
        return self

    launch = Launch(("/missing/program",), {})

    def started(self) -> None: ...

    def trouble(self, pid: int) -> str:
        return ""

    def close(self) -> None: ...


def test_one_that_cannot_even_be_started_says_so() -> None:
    outcome = probing._tried(Refusing(), "true", ())
    assert isinstance(outcome, Unavailable)
    assert outcome.reason.startswith("a sandbox cannot be started: ")
