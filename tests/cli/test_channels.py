import json
from pathlib import Path

import pytest

from openclaw.cli.channels import account_rows, configured
from openclaw.settings.model import Settings
from tests.cli.gateway import Terminal, point_at, running

ROW = {"accountId": "default", "condition": "connected"}


def test_each_account_is_a_row_under_its_channel() -> None:
    told = {"channelOrder": ["sms"], "channelAccounts": {"sms": [ROW, ROW | {"accountId": "shop"}]}}
    assert [(row["channel"], row["accountId"]) for row in account_rows(told)] == [
        ("sms", "default"),
        ("sms", "shop"),
    ]


def test_a_house_that_stands_still_tells_what_is_configured(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_at(state_dir, 1, monkeypatch)
    code, out, err = Terminal(capsys).run("channels", "status", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert err == "The assistant is not running; these are configured.\n"
    assert Terminal(capsys).lines("channels", "status") == [
        "No channel is configured. Set one up with: openclaw onboard"
    ]
    settings = Settings.model_validate(
        {
            "channels": {
                "telegram": {"enabled": False},
                "sms": {"accounts": {"shop": {"fromNumber": "+12015550100"}}},
            }
        }
    )
    assert [(row["channel"], row["accountId"], row["condition"]) for row in configured(settings)] == [
        ("telegram", "default", "disabled"),
        ("sms", "shop", "stopped"),
    ]


def test_a_running_one_tells_how_they_are(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(state_dir, monkeypatch):
        code, out, err = Terminal(capsys).run("channels", "status", "--json")
    assert (code, err) == (0, "")
    assert isinstance(json.loads(out), list)


def test_a_channel_is_begun_anew(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(state_dir, monkeypatch):
        assert Terminal(capsys).lines("channels", "restart", "telegram") == [
            "telegram (default) begins anew; see: openclaw channels status"
        ]
        code, _, err = Terminal(capsys).run("channels", "restart", "pigeon", "--account", "shop")
    assert (code, err) == (1, "openclaw: no channel pigeon is at work\n")


def test_nothing_is_begun_anew_where_nothing_runs(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_at(state_dir, 1, monkeypatch)
    code, _, err = Terminal(capsys).run("channels", "restart", "telegram")
    assert (code, "no gateway answers" in err) == (1, True)
