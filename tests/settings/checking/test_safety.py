from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.checking.safety import insecurities, refuse_insecure, refuse_open_folder, revealing
from openclaw.settings.model import Settings
from openclaw.types.errors import ConfigError

LONG = "0123456789abcdef"


def telegram(**keys: Any) -> dict[str, Any]:
    return {"channels": {"telegram": {"botToken": "1:a", "webhookUrl": "https://example.org/t", **keys}}}


def gateway(bind: str = "loopback", **auth: Any) -> dict[str, Any]:
    return {"gateway": {"bind": bind, "auth": auth}}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (gateway("lan"), "gateway.auth.token"),
        (gateway("tailnet", token=""), "gateway.auth.token"),
        (gateway("auto", token="short"), "gateway.auth.token"),
        (gateway("lan", token="env:NOPE"), "gateway.auth.token"),
        (gateway("lan", mode="none"), "gateway.auth.mode"),
        (gateway("lan", mode="none", token=LONG), "gateway.auth.mode"),
        ({"gateway": {"bind": "custom", "customBindHost": "0.0.0.0"}}, "gateway.auth.token"),
        ({"gateway": {"bind": "custom"}}, "gateway.auth.token"),
        (telegram(), "channels.telegram.webhookSecret"),
        (telegram(webhookSecret="   "), "channels.telegram.webhookSecret"),
        (telegram(webhookSecret="short"), "channels.telegram.webhookSecret"),
        (telegram(webhookSecret=LONG + "!"), "channels.telegram.webhookSecret"),
        (
            {"channels": {"telegram": {"accounts": {"work": telegram()["channels"]["telegram"]}}}},
            "channels.telegram.accounts.work.webhookSecret",
        ),
        ({**gateway(token=LONG), "hooks": {"token": LONG}}, "hooks.token"),
        ({**gateway(token="env:TOKEN"), "hooks": {"token": "a-token-of-sixteen"}}, "hooks.token"),
    ],
)
def test_an_insecure_combination_is_refused_by_name(raw: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_insecure(Settings.model_validate(raw), {"TOKEN": "a-token-of-sixteen"})

    assert caught.value.key == key
    assert LONG not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        gateway(mode="none"),
        gateway("lan", token=LONG),
        gateway("lan", token="env:TOKEN"),
        {"gateway": {"bind": "custom", "customBindHost": "127.0.0.1"}},
        {"gateway": {"bind": "custom", "customBindHost": "::1"}},
        telegram(webhookSecret=LONG),
        telegram(webhookSecret="", enabled=False),
        {"channels": {"telegram": {"botToken": "1:a"}}},
        {**gateway(token=LONG), "hooks": {"token": LONG[::-1]}},
        {"webhooks": {"bind": "lan"}},
    ],
)
def test_what_is_secure_is_let_through(raw: dict[str, Any]) -> None:
    environ: Mapping[str, str] = {"TOKEN": "a-token-of-sixteen"}

    assert insecurities(Settings.model_validate(raw), revealing(environ)) == []


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750])
def test_a_state_directory_that_only_we_write_to_is_fine(tmp_path: Path, mode: int) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s").chmod(mode)

    refuse_open_folder(tmp_path / "s")
    refuse_open_folder(tmp_path / "not-there-yet")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("link", "symbolic link"), ("group", "others may write"), ("world", "others"), ("file", "file")],
)
def test_an_open_state_directory_is_refused(tmp_path: Path, kind: str, said: str) -> None:
    state = tmp_path / "s"
    match kind:
        case "link":
            state.symlink_to(tmp_path)
        case "file":
            state.write_text("")
        case _:
            state.mkdir()
            state.chmod(0o770 if kind == "group" else 0o777)

    with pytest.raises(ConfigError, match=said):
        refuse_open_folder(state)
