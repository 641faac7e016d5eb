from pathlib import Path

import pytest

from openclaw.ops.supervisor.programs import NOT_FOUND, TOO_SLOW, ServiceError, call, order


def environ(folder: Path, script: str) -> dict[str, str]:
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_what_a_program_says_comes_back_in_a_language_that_we_read(tmp_path: Path) -> None:
    said = call(
        ("systemctl", "--user", "a b"), environ(tmp_path, 'echo "$LC_ALL:$1:$2"; echo no >&2; exit 3')
    )
    assert (said.code, said.out, said.err) == (3, "C:--user:a b\n", "no\n")
    assert (said.well, said.words) == (False, "no")


def test_a_program_that_is_not_there_says_so(tmp_path: Path) -> None:
    said = call(("launchctl",), {"PATH": str(tmp_path)})
    assert (said.code, said.words) == (NOT_FOUND, "there is no launchctl on this machine")


def test_a_program_that_hangs_is_left(tmp_path: Path) -> None:
    said = call(("systemctl",), environ(tmp_path, "exec sleep 20"), seconds=0.05)
    assert (said.code, said.words) == (TOO_SLOW, "systemctl did not answer within 0 s")


def test_an_order_that_is_not_done_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"^systemctl stop x: exit 4$"):
        order(("systemctl", "stop", "x"), environ(tmp_path, "exit 4"))
    assert order(("systemctl",), environ(tmp_path, "exit 0")).well
