import os
from pathlib import Path

import pytest

from openclaw.settings.references import read_reference
from openclaw.settings.sources.config import SecretProvider, SecretsConfig
from openclaw.types.errors import SecretError

HUSH = """printf '%s' '{"protocolVersion":1,"values":{"hook":"hush-hush"},"errors":{"lost":{"message":"gone"}}}'"""


def vault(folder: Path, text: str = HUSH, **more: object) -> SecretsConfig:
    path = folder / "vault"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    given = {"source": "exec", "command": str(path), **more}
    return SecretsConfig(providers={"vault": SecretProvider.model_validate(given)})


def read(config: SecretsConfig, item: str = "hook", **environ: str) -> str:
    return read_reference(f"exec:vault/{item}", {"PATH": os.defpath, **environ}, config)


def test_the_program_is_asked_for_one_item_and_answers_in_json(tmp_path: Path) -> None:
    text = f"cat > {tmp_path}/asked; env > {tmp_path}/env; {HUSH}"
    config = vault(tmp_path, text, passEnv=["VAULT_ADDR"], env={"MODE": "quiet"})

    assert read(config, VAULT_ADDR="here", OTHER="not its business") == "hush-hush"
    assert (tmp_path / "asked").read_text() == (
        '{"protocolVersion": 1, "provider": "vault", "ids": ["hook"]}\n'
    )
    given = (tmp_path / "env").read_text()
    assert "VAULT_ADDR=here\n" in given
    assert "MODE=quiet\n" in given
    assert "OTHER" not in given


@pytest.mark.parametrize(
    ("item", "said", "state"),
    [("lost", "exec:vault/lost: gone", "missing"), ("other", "it has no such item", "missing")],
)
def test_what_it_does_not_have_is_told_in_its_words(tmp_path: Path, item: str, said: str, state: str) -> None:
    with pytest.raises(SecretError, match=said) as caught:
        read(vault(tmp_path), item)

    assert caught.value.state == state
    assert "hush" not in str(caught.value)


def test_plain_output_is_the_value_only_where_the_config_says_so(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="no JSON object") as caught:
        read(vault(tmp_path, "echo hush-hush"))

    assert "hush" not in str(caught.value)
    assert read(vault(tmp_path, "echo hush-hush", jsonOnly=False)) == "hush-hush"


def test_a_program_that_others_could_change_is_not_asked(tmp_path: Path) -> None:
    config = vault(tmp_path)
    (tmp_path / "vault").chmod(0o722)

    with pytest.raises(SecretError, match="others may change"):
        read(config)


def test_a_link_is_followed_only_where_the_config_says_so(tmp_path: Path) -> None:
    vault(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "vault")
    given = {"source": "exec", "command": str(tmp_path / "link")}

    with pytest.raises(SecretError, match="symbolic link"):
        read(SecretsConfig(providers={"vault": SecretProvider.model_validate(given)}))
    trusting = SecretProvider.model_validate({**given, "allowSymlinkCommand": True})
    assert read(SecretsConfig(providers={"vault": trusting})) == "hush-hush"


def test_a_program_outside_the_trusted_folders_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="none of trustedDirs"):
        read(vault(tmp_path, trustedDirs=["/usr/bin"]))
    assert read(vault(tmp_path, trustedDirs=[str(tmp_path)])) == "hush-hush"


def test_a_provider_that_is_not_there_is_named() -> None:
    with pytest.raises(SecretError, match=r"secrets\.providers\.vault names no program"):
        read(SecretsConfig())
