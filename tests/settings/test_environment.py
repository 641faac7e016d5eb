import re
from pathlib import Path
from typing import Any

import pytest

from openclaw import bundled
from openclaw.settings import environment
from openclaw.settings.environment import overlay, process_environment, with_config, with_file
from openclaw.settings.model import ROOT
from openclaw.settings.problems import placed


@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("GATEWAY__PORT", "18800", "gateway.port", 18800),
        ("gateway__port", "18800", "gateway.port", 18800),
        ("GATEWAY__CUSTOM_BIND_HOST", "10.0.0.1", "gateway.customBindHost", "10.0.0.1"),
        ("GATEWAY__CUSTOMBINDHOST", "::1", "gateway.customBindHost", "::1"),
        ("GATEWAY__CONTROL_UI__ENABLED", "false", "gateway.controlUi.enabled", False),
        ("AGENTS__DEFAULTS__MODEL", "x/y", "agents.defaults.model", "x/y"),
        ("AGENTS__DEFAULTS__MODEL", "{primary: 'x'}", "agents.defaults.model", {"primary": "x"}),
        ("AGENTS__DEFAULTS__USER_TIMEZONE", "5", "agents.defaults.userTimezone", "5"),
        ("AGENTS__DEFAULTS__WORKSPACE", "NaN", "agents.defaults.workspace", "NaN"),
        ("AGENTS__LIST__0__ID", "aurora", "agents.list", [{"id": "aurora"}]),
        ("CHANNELS__TELEGRAM__ALLOW_FROM", "[1, '2']", "channels.telegram.allowFrom", [1, "2"]),
        ("CHANNELS__TELEGRAM__ALLOWFROM", "telegram:1", "channels.telegram.allowFrom", "telegram:1"),
        ("MODELS__PROVIDERS__X__BASE_URL", "http://x", "models.providers.x.baseUrl", "http://x"),
        ("SKILLS__ENTRIES__W__CONFIG__SOME_URL", "u", "skills.entries.w.config.someUrl", "u"),
        ("SKILLS__ENTRIES__W__CONFIG__FORECASTBASEURL", "u", "skills.entries.w.config.forecastBaseUrl", "u"),
        ("GATEWAY__AUTH__TOKEN", "1234567890", "gateway.auth.token", "env:OPENCLAW__GATEWAY__AUTH__TOKEN"),
        ("GATEWAY__AUTH__TOKEN", "file:/run/token", "gateway.auth.token", "file:/run/token"),
    ],
)
def test_a_variable_sets_any_key(variable: str, value: str, key: str, expected: object) -> None:
    found = overlay({}, ROOT, {f"OPENCLAW__{variable}": value})

    assert found.raw == placed({}, tuple(key.split(".")), expected)
    assert found.problems == []


def test_null_takes_a_key_away() -> None:
    raw = {"gateway": {"port": 1, "bind": "lan"}}

    assert overlay(raw, ROOT, {"OPENCLAW__GATEWAY__BIND": "null"}).raw == {"gateway": {"port": 1}}


def test_the_names_of_the_file_are_met_whatever_their_case() -> None:
    raw = {
        "models": {"providers": {"My-Proxy": {"baseUrl": "http://old"}}},
        "agents": {"list": [{"id": "a"}, {"id": "b"}]},
    }
    environ = {
        "OPENCLAW__MODELS__PROVIDERS__MY_PROXY__BASE_URL": "http://new",
        "OPENCLAW__AGENTS__LIST__1__NAME": "Bee",
    }

    found = overlay(raw, ROOT, environ)

    assert found.raw["models"] == {"providers": {"My-Proxy": {"baseUrl": "http://new"}}}
    assert found.raw["agents"] == {"list": [{"id": "a"}, {"id": "b", "name": "Bee"}]}
    key = ("models", "providers", "My-Proxy", "baseUrl")
    assert found.variables[key] == "OPENCLAW__MODELS__PROVIDERS__MY_PROXY__BASE_URL"


@pytest.mark.parametrize(
    ("variable", "mend"),
    [
        ("GATEWAY__PROT", "Did you mean port for PROT?"),
        ("GATWAY__PORT", "Did you mean gateway for GATWAY?"),
        ("XYZZY", "Check its name, or take it out."),
        ("", "Check its name, or take it out."),
        ("GATEWAY__PORT__DEEPER", "Check its name, or take it out."),
        ("AGENTS__LIST__99999999__ID", "Check its name, or take it out."),
    ],
)
def test_a_variable_that_means_nothing_is_told(variable: str, mend: str) -> None:
    found = overlay({}, ROOT, {f"OPENCLAW__{variable}": "1"})

    assert found.raw == {}
    assert [(problem.severity, problem.mend) for problem in found.problems] == [("warning", mend)]


def test_a_providers_variable_counts_where_the_file_is_silent() -> None:
    environ = {
        "ANTHROPIC_API_KEY": "sk-x",
        "ANTHROPIC_BASE_URL": "http://x",
        "TELEGRAM_BOT_TOKEN": "1:a",
        "OPENAI_API_KEY": "",
        "OPENROUTER_API_KEY": "sk-or",
    }

    found = overlay({"models": {"providers": {"anthropic": {"baseUrl": "http://mine"}}}}, ROOT, environ)

    assert found.raw == {
        "models": {
            "providers": {
                "anthropic": {"baseUrl": "http://mine", "apiKey": "env:ANTHROPIC_API_KEY"},
                "openrouter": {"apiKey": "env:OPENROUTER_API_KEY"},
            }
        },
        "channels": {"telegram": {"botToken": "env:TELEGRAM_BOT_TOKEN"}},
    }


@pytest.mark.parametrize(
    "raw",
    [
        {"channels": {"telegram": {"botToken": "mine"}}},
        {"channels": {"telegram": {"tokenFile": "/mine"}}},
        {"channels": {"telegram": 5}},
        {"channels": []},
    ],
)
def test_a_providers_variable_leaves_what_the_file_says(raw: dict[str, Any]) -> None:
    assert overlay(raw, ROOT, {"TELEGRAM_BOT_TOKEN": "1:a"}).raw == raw


def test_the_variables_of_twilio_make_the_block_of_texts() -> None:
    environ = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "x", "TWILIO_PHONE_NUMBER": "+12015550123"}

    assert overlay({}, ROOT, environ).raw == {
        "channels": {
            "sms": {"accountSid": "AC1", "authToken": "env:TWILIO_AUTH_TOKEN", "fromNumber": "+12015550123"}
        }
    }


def test_port_and_token_have_variables_of_their_own_that_win_over_the_file() -> None:
    raw = {"gateway": {"port": 1, "auth": {"token": "mine"}}}
    environ = {"OPENCLAW_GATEWAY_PORT": "18800", "OPENCLAW_GATEWAY_TOKEN": "t"}

    assert overlay(raw, ROOT, environ).raw == {
        "gateway": {"port": 18800, "auth": {"token": "env:OPENCLAW_GATEWAY_TOKEN"}}
    }


def test_a_file_adds_variables_that_the_process_does_not_have(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# a comment\nexport A=1\nB = 'two words' \nC=\"x # y\"\nD=plain # said\nnonsense\n=5\nE=\nHAD=file\n"
    )

    found = with_file({"HAD": "process"}, tmp_path / ".env")

    assert found == {"A": "1", "B": "two words", "C": "x # y", "D": "plain", "E": "", "HAD": "process"}
    assert with_file({"A": "1"}, tmp_path / "nope") == {"A": "1"}


def test_the_config_adds_variables_but_none_of_our_own() -> None:
    raw = {"env": {"A": "1", "vars": {"B": "2"}, "OPENCLAW_STATE_DIR": "/x", "shellEnv": {"enabled": True}}}

    assert with_config({"A": "process"}, raw) == {"A": "process", "B": "2"}
    assert with_config({}, {"env": 5}) == {}


def test_the_process_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", "/here")

    assert process_environment()["OPENCLAW_STATE_DIR"] == "/here"


def test_the_example_names_every_variable_and_no_other() -> None:
    example = (bundled.config_folder() / "example.env").read_text()
    named = set(re.findall(r"(?m)^#([A-Z_]+)=", example))
    known = {name for name, _, _ in (*environment._OURS, *environment._PROVIDERS)}

    paths = {"OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_HOME", "NO_COLOR"}
    assert {name for name in named if not name.startswith("OPENCLAW__")} == known | paths
    for name in named:
        if name.startswith("OPENCLAW__"):
            assert overlay({}, ROOT, {name: "1"}).problems == []
