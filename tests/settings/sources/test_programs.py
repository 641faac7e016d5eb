import os
import time
from pathlib import Path

import pytest

from openclaw.settings.sources.programs import Order, passed, printed
from openclaw.types.errors import SecretError


def script(folder: Path, text: str) -> str:
    path = folder / "asked"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def order(folder: Path, text: str, **more: object) -> Order:
    return Order([script(folder, text)], "exec:vault/x", {"PATH": os.defpath}, **more)  # type: ignore[arg-type]


def test_what_is_told_on_its_input_comes_back_without_the_end_of_the_line(tmp_path: Path) -> None:
    assert printed(order(tmp_path, "cat; echo", told=b"hush")) == "hush"


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("exit 3", "unreadable", "exit code 3"),
        ("exit 0", "missing", "printed nothing"),
        ("yes hush | head -c 200000", "unreadable", "printed more than 64 KiB"),
        ("echo hush >&2; exit 1", "unreadable", "exit code 1"),
        ("kill -9 $$", "unreadable", "exit code -9"),
    ],
)
def test_a_program_that_fails_is_told_of_without_its_words(
    tmp_path: Path, text: str, state: str, said: str
) -> None:
    with pytest.raises(SecretError, match=said) as caught:
        printed(order(tmp_path, text))

    assert caught.value.state == state
    assert "hush" not in str(caught.value)


def test_a_known_program_is_quoted_unless_it_has_said_the_secret(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="not signed in"):
        printed(order(tmp_path, "echo not signed in >&2; exit 1", quoted=True))
    with pytest.raises(SecretError, match="exit code 1"):
        printed(order(tmp_path, "echo hush; echo about hush >&2; exit 1", quoted=True))


def test_a_program_that_only_closes_its_mouth_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()

    with pytest.raises(SecretError, match=r"did not answer within 0\.2 s") as caught:
        printed(order(tmp_path, "exec >&- 2>&-; sleep 60", seconds=0.2))

    assert caught.value.state == "slow"
    assert time.monotonic() - started < 20


def test_a_program_gets_none_of_our_secrets() -> None:
    ours = {"PATH": "/bin", "XDG_RUNTIME_DIR": "/run", "OP_SESSION_x": "s", "ANTHROPIC_API_KEY": "hush"}

    assert passed(ours) == {"PATH": "/bin", "XDG_RUNTIME_DIR": "/run", "OP_SESSION_x": "s"}
