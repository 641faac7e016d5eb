"""`systemctl`, `loginctl`, `journalctl` and `launchctl` that behave, and keep what they are told in a folder.

They read the unit or agent that they are given, refuse what the real ones refuse, and know only what they have loaded.
"""

import ast
import shlex
import sys
from pathlib import Path
from typing import Any

STATE = "state"
NAMES = ("systemctl", "loginctl", "journalctl", "launchctl")


def put_on_path(folder: Path, **facts: object) -> Path:
    """The folder for PATH; `facts`: what is so from the beginning, `booted=False` for instance."""
    folder.mkdir()
    (folder / STATE).write_text(repr(facts))
    # Imported, so that it is compiled once; a script is compiled at each start.
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import supervisor_program as p; p.main()"
    for name in NAMES:
        program = folder / name
        words = shlex.join([sys.executable, "-I", "-S", "-c", code, str(folder / STATE), name])
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
    return folder


def known(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = ast.literal_eval((folder / STATE).read_text())
    return found


def change(folder: Path, **facts: object) -> None:
    (folder / STATE).write_text(repr({**known(folder), **facts}))


def calls(folder: Path) -> list[str]:
    return [str(each) for each in known(folder).get("calls", [])]
