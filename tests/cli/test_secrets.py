import io
import json
from pathlib import Path

import pytest

from openclaw.cli.main import run
from tests.migrate import houses


@pytest.fixture(autouse=True)
def config(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    monkeypatch.setenv("HOME", str(state_dir))
    monkeypatch.delenv("OPENCLAW_CONFIG_PATH", raising=False)
    path = state_dir / "openclaw.json"
    path.write_text(
        '{\n  // mine\n  hooks: { token: "hush-hush" },\n  tools: { web: { search: { apiKey: "env:NOPE" } } },\n}'
    )
    path.chmod(0o600)
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert "hush" not in text
    return text


def test_check_tells_of_each_and_fails_when_one_cannot_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secrets", "check"]) == 1
    text = said(capsys)
    assert "hooks.token\tin the config file, as text\tplain" in text
    assert "tools.web.search.apiKey: the variable is not set. Set it where the daemon is started." in text
    assert "openclaw secrets move" in text


def test_check_for_programs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOPE", "hush")

    assert run(["secrets", "check", "--json"]) == 0
    assert [(row["key"], row["state"]) for row in json.loads(said(capsys))] == [
        ("hooks.token", "plain"),
        ("tools.web.search.apiKey", "ok"),
    ]


def test_move_leaves_references_and_comments(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secrets", "move", "--dry-run"]) == 0
    assert "hooks.token would be moved" in said(capsys)
    assert "hush-hush" in config.read_text()

    assert run(["secrets", "move", "--in", "file"]) == 0
    assert "hooks.token → file:" in said(capsys)
    assert "// mine" in config.read_text()
    assert "hush" not in config.read_text()

    assert run(["secrets", "move"]) == 0
    assert "No secret stands" in said(capsys)


def test_set_puts_it_away_and_has_the_key_refer_to_it(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1:hush\n"))

    assert run(["secrets", "set", "channels.telegram.bottoken", "--in", "file"]) == 0
    assert "channels.telegram.botToken refers to it: file:" in said(capsys)
    assert run(["secrets", "check", "--json"]) == 1
    assert {"channels.telegram.botToken": "ok"}.items() <= {
        row["key"]: row["state"] for row in json.loads(said(capsys))
    }.items()


def test_set_of_a_name_of_ones_own_tells_the_reference(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = config.read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO("hush"))

    assert run(["secrets", "set", "MINE", "--in", "file"]) == 0
    assert 'secrets.json#/MINE"' in said(capsys)
    assert config.read_text() == before
    assert run(["secrets", "list"]) == 0
    assert "not used by the configuration: MINE" in said(capsys)


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("channels.telegram.botTokn", "hush", "there is no such key for a secret"),
        ("MINE", "\n", "nothing was entered"),
    ],
)
def test_set_refuses_what_would_be_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, typed: str, told: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert run(["secrets", "set", name, "--in", "file"]) == 1
    assert told in said(capsys)


def test_list_tells_where_each_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["secrets", "list", "--json"]) == 0
    assert json.loads(said(capsys))["secrets"] == [
        {"key": "hooks.token", "where": "in the config file, as text"},
        {"key": "tools.web.search.apiKey", "where": "env:NOPE"},
    ]


@pytest.mark.parametrize("words", [("move",), ("set", "hooks.token")])
def test_the_config_of_an_original_that_still_runs_is_left_alone(
    config: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    houses.original(config.parent)
    before = houses.tree(config.parent)

    assert run(["secrets", *words]) == 78

    assert "openclaw migrate --take-over" in capsys.readouterr().err
    assert houses.tree(config.parent) == before


def test_a_secret_typed_behind_its_name_is_not_taken_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["secrets", "set", "models.providers.anthropic.apiKey", "sk-ant-typed"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "sk-ant-typed" not in err
    assert "type the name alone" in err
