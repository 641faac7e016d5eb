import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openclaw.ops.safekeeping.keeping import Keychain, SecretsFile, keeper, secrets_file
from openclaw.settings.paths import Paths
from openclaw.settings.references import keychain_command, read_reference
from openclaw.types.errors import OpenClawError


@pytest.mark.parametrize("name", ["channels.telegram.botToken", "a/b~c"])
def test_a_kept_secret_is_read_back_by_its_reference(tmp_path: Path, name: str) -> None:
    file = SecretsFile(tmp_path / "new" / "secrets.json")

    reference = file.keep(name, "hush")

    assert read_reference(reference, {}) == "hush"
    assert file.names() == (name,)
    assert oct(file.path.stat().st_mode & 0o777) == "0o600"
    assert oct(file.path.parent.stat().st_mode & 0o777) == "0o700"


def test_of_several_writers_none_loses_anothers_secret(tmp_path: Path) -> None:
    file = SecretsFile(tmp_path / "secrets.json")
    names = [f"n{number}" for number in range(16)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: file.keep(name, f"of {name}"), names))

    assert json.loads(file.path.read_text()) == {name: f"of {name}" for name in names}


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    file = SecretsFile(tmp_path / "secrets.json")
    file.keep("a", "hush")
    file.path.chmod(0o644)

    file.keep("a", "hush")

    assert oct(file.path.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', "{hush"])
def test_a_file_of_another_kind_is_not_written_over(tmp_path: Path, text: str) -> None:
    file = SecretsFile(tmp_path / "secrets.json")
    file.path.write_text(text)

    with pytest.raises(OpenClawError, match="not written over") as caught:
        file.keep("a", "new")

    assert file.path.read_text() == text
    assert "hush" not in str(caught.value)


def program(folder: Path, name: str, text: str) -> dict[str, str]:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return {"PATH": f"{folder}:{os.defpath}", "HOME": str(folder)}


def test_the_secret_service_is_told_the_secret_on_its_input_alone(tmp_path: Path) -> None:
    environ = program(tmp_path, "secret-tool", f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/kept')

    assert Keychain(environ, "linux").keep("telegram", "hush") == "keychain:openclaw/telegram"
    assert (tmp_path / "kept").read_text() == "hush"
    assert (tmp_path / "arguments").read_text() == (
        "store --label=OpenClaw: telegram service openclaw account telegram\n"
    )


def test_the_mac_is_told_the_secret_on_its_input_alone(tmp_path: Path) -> None:
    environ = program(tmp_path, "security", f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/kept')

    Keychain(environ, "darwin").keep("telegram", "hush")

    assert (tmp_path / "arguments").read_text() == "-i\n"
    assert bytes.fromhex((tmp_path / "kept").read_text().split()[-1]) == b"hush"


@pytest.mark.parametrize(
    ("text", "said"), [("echo locked >&2; exit 1", "locked"), ("exec sh -c 'exit 5'", "it says nothing")]
)
def test_a_keychain_that_refuses_says_why_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    environ = program(tmp_path, "secret-tool", text)

    with pytest.raises(OpenClawError, match=said) as caught:
        Keychain(environ, "linux").keep("telegram", "hush")

    assert str(caught.value).endswith("--in file")


def test_without_a_keychain_the_file_is_offered() -> None:
    with pytest.raises(OpenClawError, match="no secret-tool on this machine; use the file: --in file"):
        Keychain({"PATH": "/nope"}, "linux").keep("telegram", "hush")


def test_who_names_no_place_gets_a_place_that_is_open_at_start(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path / "openclaw.json")

    assert isinstance(keeper("file", paths, {}), SecretsFile)
    assert isinstance(keeper("keychain", paths, {}), Keychain)
    assert secrets_file(paths) == tmp_path / "credentials" / "secrets.json"


def test_each_system_is_asked_in_its_own_way() -> None:
    assert keychain_command("openclaw/a", "darwin")[:2] == ["security", "find-generic-password"]
    assert keychain_command("openclaw/a", "linux") == [
        "secret-tool", "lookup", "service", "openclaw", "account", "a",
    ]  # fmt: skip
