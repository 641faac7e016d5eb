import os
import time
from pathlib import Path

import pytest

from openclaw.settings.model import ROOT
from openclaw.settings.problems import placed
from openclaw.settings.references import Expansion, is_reference, read_reference
from openclaw.settings.sources import programs
from openclaw.settings.sources.config import secrets_config
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
    monkeypatch.setattr(programs, "SECONDS", 0.3)
    started = time.monotonic()

    with pytest.raises(SecretError, match="did not answer"):
        read_reference("op://v/i/f", environ)

    assert time.monotonic() - started < 5
    child = int((tmp_path / "child").read_text())
    while is_running(child):  # the kernel takes a moment
        assert time.monotonic() - started < 20


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


ENVIRON = {"HOST": "example.org", "TOKEN": "t0k3n"}


ORIGINAL = {"source": "env", "provider": "default", "id": "TOKEN"}


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("agents.defaults.workspace", "/srv/${HOST}/w", "/srv/example.org/w"),
        ("agents.defaults.workspace", "$${HOST}", "${HOST}"),
        ("agents.defaults.workspace", "${host} $HOST", "${host} $HOST"),
        ("agents.defaults.workspace", "env:HOST", "example.org"),
        ("agents.defaults.workspace", ORIGINAL, "t0k3n"),
        ("gateway.auth.token", "${TOKEN}", "env:TOKEN"),
        ("gateway.auth.token", "env:TOKEN", "env:TOKEN"),
        ("gateway.auth.token", "a-${TOKEN}", "a-t0k3n"),
        ("gateway.auth.token", ORIGINAL, "env:TOKEN"),
        ("skills.entries.w.config", {"a": [{"b": "http://${HOST}"}]}, {"a": [{"b": "http://example.org"}]}),
        ("skills.entries.w.config", {"a": "env:HOST"}, {"a": "example.org"}),
        ("commands.ownerAllowFrom", ["env:HOST", 5], ["example.org", 5]),
        ("xyzzy", {"x": "${NOPE}"}, {"x": "${NOPE}"}),
    ],
)
def test_texts_are_filled_in_and_secrets_stay_references(key: str, before: object, after: object) -> None:
    expansion, place = Expansion(ENVIRON), tuple(key.split("."))

    assert expansion.expanded(placed({}, place, before), ROOT) == placed({}, place, after)
    assert expansion.problems == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("gateway.auth.token", "${NOPE}", "variable NOPE is not set"),
        ("channels.telegram.apiRoot", "env:NOPE", "This channel is off"),
        ("channels.telegram.botToken", {"source": "exec", "id": "x"}, "default names no program"),
        ("channels.telegram.botToken", {"source": "store", "id": "x"}, "'store' is not read here"),
        ("channels.telegram.botToken", {"source": "file", "id": "/x"}, "names no file"),
    ],
)
def test_what_is_missing_is_told_with_what_it_costs(key: str, value: object, said: str) -> None:
    expansion, place = Expansion(ENVIRON), tuple(key.split("."))
    raw = placed({}, place, value)

    assert expansion.expanded(raw, ROOT) == raw
    assert [problem.key for problem in expansion.problems] == [key]
    assert said in expansion.problems[0].text
    assert expansion.failed == [place]


def test_the_originals_file_providers_become_references(tmp_path: Path) -> None:
    store = tmp_path / "store.json"
    store.write_text('{"proxy": {"host": "10.0.0.1"}}')
    raw = {
        "secrets": {"providers": {"vault": {"source": "file", "path": str(store), "mode": "json"}, "x": 5}},
        "gateway": {
            "auth": {"token": {"source": "file", "provider": "vault", "id": "/proxy/token"}},
            "customBindHost": {"source": "file", "provider": "vault", "id": "/proxy/host"},
        },
    }

    expansion = Expansion({}, secrets_config(raw))
    gateway = expansion.expanded(raw, ROOT)["gateway"]

    assert gateway == {"auth": {"token": f"file:{store}#/proxy/token"}, "customBindHost": "10.0.0.1"}
    assert expansion.secrets == {"10.0.0.1"}
