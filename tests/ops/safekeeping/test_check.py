import threading
from collections.abc import Mapping
from pathlib import Path

from openclaw.ops.safekeeping.check import Checked, check_all
from openclaw.settings.loading import Loaded, load
from openclaw.settings.sources.config import SecretsConfig
from openclaw.types.errors import SecretError

TEXT = """{
  gateway: {auth: {token: "made-at-the-first-start"}},
  models: {providers: {anthropic: {apiKey: "sk-hush"}, openai: {apiKey: "env:SHARED"}}},
  auth: {profiles: {"openai:b": {apiKey: "env:SHARED"}, "openai:c": {apiKey: "file:/nope"}}},
  hooks: {token: {source: "store", id: "x"}},
}"""


def loaded(state: Path, text: str = TEXT, **environ: str) -> Loaded:
    (state / "openclaw.json").write_text(text)
    (state / "openclaw.json").chmod(0o600)
    return load({"OPENCLAW_STATE_DIR": str(state), "HOME": str(state), **environ})


def states(found: list[Checked]) -> dict[str, str]:
    return {each.key: each.state for each in found}


def test_each_secret_is_tried_and_none_is_shown(state_dir: Path) -> None:
    found = check_all(loaded(state_dir, SHARED="hush-hush"))

    assert states(found) == {
        "gateway.auth.token": "ok",
        "models.providers.anthropic.apiKey": "plain",
        "models.providers.openai.apiKey": "ok",
        "auth.profiles.openai:b.apiKey": "ok",
        "auth.profiles.openai:c.apiKey": "missing",
        "hooks.token": "unreadable",
    }
    assert "hush" not in repr(found)
    assert [each.key for each in found if not each.usable] == ["auth.profiles.openai:c.apiKey", "hooks.token"]


def test_what_the_environment_sets_is_tried_as_well(state_dir: Path) -> None:
    found = check_all(loaded(state_dir, "{}", TELEGRAM_BOT_TOKEN="1:hush"))

    assert [(each.key, each.where, each.state) for each in found] == [
        ("channels.telegram.botToken", "env:TELEGRAM_BOT_TOKEN", "ok")
    ]


def test_a_shared_reference_is_asked_once_and_different_ones_at_the_same_time(state_dir: Path) -> None:
    asked: list[str] = []
    both = threading.Barrier(2, timeout=20)

    def read(text: str, environ: Mapping[str, str], config: SecretsConfig) -> str:
        asked.append(text)
        both.wait()
        raise SecretError(f"{text}: too slow", state="slow")

    found = check_all(loaded(state_dir), read)

    assert sorted(asked) == ["env:SHARED", "file:/nope"]
    assert states(found)["auth.profiles.openai:b.apiKey"] == "slow"


def test_a_house_without_secrets_has_nothing_to_check(state_dir: Path) -> None:
    assert check_all(loaded(state_dir, "{}")) == []
