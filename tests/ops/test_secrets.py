import logging
import os
import stat
from pathlib import Path

import anyio
import pytest

from openclaw.logs import Redactor
from openclaw.ops.secrets import KEPT_SECONDS, SecretResolver, installation_key
from openclaw.settings.sources.config import secrets_config
from openclaw.types.errors import SecretError
from openclaw.types.secrets import SecretRef


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def now_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture
def resolver(clock: Clock, redactor: Redactor, tmp_path: Path) -> SecretResolver:
    environ = {"NAME": "from-the-environment", "HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.defpath}"}
    return SecretResolver(environ, clock, redactor)


def write(path: Path, text: str, mode: int = 0o600) -> SecretRef:
    path.write_text(text)
    path.chmod(mode)
    return SecretRef(f"file:{path}")


@pytest.mark.parametrize(
    ("reference", "value"), [("env:NAME", "from-the-environment"), ("plain-value", "plain-value")]
)
async def test_a_value_is_known_to_the_log_once_it_is_read(
    resolver: SecretResolver, redactor: Redactor, reference: str, value: str
) -> None:
    secret = await resolver.resolve(SecretRef(reference))

    assert secret.reveal() == value
    assert value not in repr(secret)
    assert resolver.known == {value}
    assert redactor.clean(f"it is {value}!") == "it is ***!"


async def test_a_value_is_kept_for_minutes_and_read_afresh_when_asked(
    resolver: SecretResolver, clock: Clock, tmp_path: Path
) -> None:
    reference = write(tmp_path / "s", "first-value\n")
    assert (await resolver.resolve(reference)).reveal() == "first-value"
    write(tmp_path / "s", "second-value\n")

    assert (await resolver.resolve(reference)).reveal() == "first-value"
    clock.now += 1
    assert (await resolver.resolve(reference, fresh=True)).reveal() == "second-value"
    write(tmp_path / "s", "third-value\n")
    clock.now += KEPT_SECONDS
    assert (await resolver.resolve(reference)).reveal() == "third-value"
    assert resolver.known == {"first-value", "second-value", "third-value"}


async def test_when_it_cannot_be_read_again_the_last_value_serves(
    resolver: SecretResolver, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reference = write(tmp_path / "s", "last-value")
    await resolver.resolve(reference)
    (tmp_path / "s").unlink()
    clock.now += KEPT_SECONDS

    assert (await resolver.resolve(reference)).reveal() == "last-value"
    assert "The value read before is used." in caplog.text
    write(tmp_path / "s", "new-value")
    clock.now += 60
    assert (await resolver.resolve(reference)).reveal() == "new-value"


async def test_what_was_never_read_is_an_error_that_names_the_reference(resolver: SecretResolver) -> None:
    with pytest.raises(SecretError, match="env:NOPE"):
        await resolver.resolve(SecretRef("env:NOPE"))


async def test_a_file_that_others_may_read_is_told_once(
    resolver: SecretResolver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reference = write(tmp_path / "s", "value-value", 0o644)

    await resolver.resolve(reference)
    await resolver.resolve(reference, fresh=True)

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "chmod 600" in caplog.text


async def test_ten_askers_at_once_run_the_program_once(resolver: SecretResolver, tmp_path: Path) -> None:
    (tmp_path / "op").write_text(f"#!/bin/sh\necho x >> {tmp_path}/runs\necho value-of-op\n")
    (tmp_path / "op").chmod(0o700)
    values: list[str] = []

    async def ask() -> None:
        values.append((await resolver.resolve(SecretRef("op://v/i/f"))).reveal())

    async with anyio.create_task_group() as askers:
        for _ in range(10):
            askers.start_soon(ask)

    assert values == ["value-of-op"] * 10
    assert (tmp_path / "runs").read_text() == "x\n"


def test_the_installations_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    key = installation_key(folder)

    assert len(key) == 32
    assert installation_key(folder) == key
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "installation.key")] == [
        0o700,
        0o600,
    ]


async def test_with_another_config_every_secret_is_read_anew_and_the_old_value_serves_while_it_cannot(
    resolver: SecretResolver, tmp_path: Path
) -> None:
    kept = write(tmp_path / "kept", "one")
    await resolver.resolve(kept)
    write(tmp_path / "kept", "two")

    resolver.adopt({"HOME": str(tmp_path), "NAME": "another"}, None)

    assert (await resolver.resolve(kept)).reveal() == "two"
    assert (await resolver.resolve(SecretRef("env:NAME"))).reveal() == "another"
    (tmp_path / "kept").unlink()
    resolver.adopt({"HOME": str(tmp_path)}, None)
    assert (await resolver.resolve(kept)).reveal() == "two"


async def test_a_program_of_the_owners_is_asked_by_its_name_in_the_config(
    clock: Clock, redactor: Redactor, tmp_path: Path
) -> None:
    (tmp_path / "vault").write_text("#!/bin/sh\necho hush-hush\n")
    (tmp_path / "vault").chmod(0o700)
    given = {"source": "exec", "command": str(tmp_path / "vault"), "jsonOnly": False}
    sources = secrets_config({"secrets": {"providers": {"vault": given}}})

    resolver = SecretResolver({"PATH": os.defpath}, clock, redactor, sources)

    assert (await resolver.resolve(SecretRef("exec:vault/x"))).reveal() == "hush-hush"
    assert redactor.clean("hush-hush") == "***"
