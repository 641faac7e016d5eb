import json
from pathlib import Path

import pytest

from openclaw.cli.onboarding.finding import present, where
from openclaw.settings.loading import load
from openclaw.types.secrets import SecretRef


def test_an_empty_home_has_nothing_and_keeps_it_so(tmp_path: Path) -> None:
    found = present(load({"HOME": str(tmp_path)}))
    assert (found.provider, found.model, found.name, found.bot_from, found.owners) == ("", "", "", "", ())
    assert found.workspace == tmp_path / ".openclaw" / "workspace"
    assert found.bases["anthropic"] == "https://api.anthropic.com"
    assert found.telegram_root == "https://api.telegram.org"
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_told_without_the_secrets(tmp_path: Path) -> None:
    state, workspace = tmp_path / ".openclaw", tmp_path / "notes"
    for folder in (state, workspace):
        folder.mkdir(mode=0o700)
    (workspace / "USER.md").write_text("- Name: Ana\n")
    config = {
        "agents": {
            "defaults": {
                "workspace": str(workspace),
                "model": {"primary": "openai/gpt-6-sol", "fallbacks": ["a/b"]},
            }
        },
        "models": {"providers": {"openai": {"apiKey": "env:MINE", "baseUrl": "http://127.0.0.1:9/v1"}}},
        "channels": {
            "telegram": {"botToken": "1:plain", "allowFrom": [821071206], "apiRoot": "http://127.0.0.1:8"}
        },
    }
    (state / "openclaw.json").write_text(json.dumps(config))
    environ = {"HOME": str(tmp_path), "ANTHROPIC_API_KEY": "sk-ant-x", "MINE": "sk-y"}

    found = present(load(environ))

    assert (found.provider, found.key_from) == ("openai", "the variable MINE")
    assert (found.model, found.has_fallbacks) == ("openai/gpt-6-sol", True)
    assert (found.name, found.bot_from, found.owners) == ("Ana", "the config file", ("821071206",))
    assert (found.bases["openai"], found.telegram_root) == ("http://127.0.0.1:9/v1", "http://127.0.0.1:8")
    assert "sk-" not in str(found)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("sk-ant-x", "the config file"),
        ("env:MINE", "the variable MINE"),
        ("file:/x", "a file of its own"),
        ("op://a/b/c", "1Password"),
        ("keychain:openclaw/x", "the keychain"),
        ("exec:vault/x", "your own program"),
    ],
)
def test_where_a_secret_lies_is_said_in_words(reference: str, words: str) -> None:
    assert where(SecretRef(reference)) == words
