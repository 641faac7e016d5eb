import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.cli.completion import SHELLS, place, script
from tests.cli.gateway import Terminal


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shells_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = Terminal(capsys).run("completion", shell)
    assert (code, out) == (0, script(shell))
    assert "_OPENCLAW_COMPLETE" in out


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_written_to_the_shells_own_place_and_says_what_makes_it_count(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"HOME": str(tmp_path)}
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    terminal, wanted = Terminal(capsys), place(shell, environ)

    assert terminal.lines("completion", "install")[0].startswith(f"{wanted.file} is written. ")
    assert wanted.file.read_text() == script(shell)
    assert (
        terminal.lines("completion", "install", shell)[0]
        == f"{wanted.file} is as it should be. {wanted.afterwards}"
    )


def test_an_unknown_shell_is_asked_for_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    code, _, err = Terminal(capsys).run("completion", "install")
    assert (code, err) == (1, "openclaw: your shell (tcsh) is not known here; say which: bash, zsh, fish\n")


def test_xdg_places_count() -> None:
    environ = {"HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}
    assert [str(place(shell, environ).file) for shell in SHELLS] == [
        "/d/bash-completion/completions/openclaw",
        "/d/zsh/site-functions/_openclaw",
        "/c/fish/completions/openclaw.fish",
    ]


def test_bash_itself_completes_by_it(tmp_path: Path) -> None:
    program = tmp_path / "openclaw"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m openclaw "$@"\n')
    program.chmod(0o755)
    (tmp_path / "script").write_text(script("bash"))
    asked = (
        f"source {tmp_path}/script; COMP_WORDS=(openclaw sess); COMP_CWORD=1;"
        " _openclaw_completion openclaw sess openclaw; echo ${COMPREPLY[@]}"
    )
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("sessions\n", "")
