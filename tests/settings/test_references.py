import os
import time
from pathlib import Path

import pytest

from openclaw.settings import references
from openclaw.settings.references import is_reference, read_reference
from openclaw.types.errors import SecretError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env:NAME", True),
        ("file:/etc/secret", True),
        ("file:~/secret", True),
        ("op://vault/item/field", True),
        ("keychain:service/account", True),
        ("env: production", False),
        ("file: see below", False),
        ("file:relative", False),
        ("https://example.org", False),
        ("op://vault", False),
        ("", False),
    ],
)
def test_only_what_cannot_be_meant_otherwise_is_a_reference(text: str, expected: bool) -> None:
    assert is_reference(text) is expected


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("env:NAME", "from the environment"),
        ("file:{folder}/plain", "s3cret"),
        ("file:~/plain", "s3cret"),
        ("file:{folder}/store.json#/a/b~1c", "deep"),
        ("plain text", "plain text"),
        ("sk-ant:with:colons", "sk-ant:with:colons"),
    ],
)
def test_a_reference_is_read(tmp_path: Path, reference: str, value: str) -> None:
    (tmp_path / "plain").write_text("s3cret\n")
    (tmp_path / "store.json").write_text('{"a": {"b/c": "deep"}}')
    environ = {"NAME": "from the environment", "HOME": str(tmp_path)}

    assert read_reference(reference.format(folder=tmp_path), environ) == value


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NOPE", "env:NOPE: the variable is not set"),
        ("file:/nope/nope", "No such file"),
        ("file:{folder}/empty", "nothing in it"),
        ("file:{folder}/binary", "not UTF-8"),
        ("file:{folder}/store.json#/a", "no text at /a"),
        ("file:{folder}/store.json#/x/y", "no text at /x/y"),
        ("file:{folder}/big", "larger than"),
        ("op://vault/item/field", "cannot be started"),
        ("keychain:service/account", "cannot be started"),
    ],
)
def test_what_cannot_be_read_is_named_and_says_what_to_do(tmp_path: Path, reference: str, said: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    (tmp_path / "store.json").write_text('{"a": {"b": "hush-hush"}}')
    (tmp_path / "big").write_text("x" * 100_000)

    with pytest.raises(SecretError, match=said) as caught:
        read_reference(reference.format(folder=tmp_path), {"PATH": "/nope"})
    assert str(caught.value).endswith((".", "?"))
    assert "hush" not in str(caught.value)


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"PATH": f"{folder}:{os.defpath}", "HOME": str(folder)}


def test_op_prints_the_value_and_sees_only_its_own_variables(tmp_path: Path) -> None:
    environ = program(tmp_path, "op", 'echo "$1 $2 $3 $4 [$OP_SESSION] [$ANTHROPIC_API_KEY] $(cat)"')

    value = read_reference("op://v/i/f", {**environ, "OP_SESSION": "s", "ANTHROPIC_API_KEY": "k"})

    assert value == "read --no-newline op://v/i/f  [s] [] "


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    environ = program(tmp_path, "op", "echo 'first' >&2; echo 'not signed in' >&2; exit 1")

    with pytest.raises(SecretError, match=r"failed \(not signed in\)"):
        read_reference("op://v/i/f", environ)


def test_a_program_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = program(tmp_path, "op", f"sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(references, "SECONDS", 0.3)
    started = time.monotonic()

    with pytest.raises(SecretError, match="did not answer"):
        read_reference("op://v/i/f", environ)

    assert time.monotonic() - started < 5
    assert not is_running(int((tmp_path / "child").read_text()))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
