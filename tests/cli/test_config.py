import json
from pathlib import Path

import pytest

from openclaw.cli.main import run


@pytest.fixture(autouse=True)
def home(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    monkeypatch.delenv("OPENCLAW_CONFIG_PATH", raising=False)


def write(state: Path, text: str) -> Path:
    path = state / "openclaw.json"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{}", 0, "all is well"),
        ("{gatway: {}}", 0, "Did you mean gateway?"),
        ("{gateway: {port: 'x'}}", 1, "error: gateway.port"),
        ("{gateway: {bind: 'lan'}}", 78, "error: gateway.auth.token"),
    ],
)
def test_check_says_what_is_wrong_and_how_bad_it_is(
    state_dir: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
) -> None:
    write(state_dir, text)

    assert run(["config", "check"]) == code
    assert said in capsys.readouterr().out


def test_check_names_the_place_of_a_broken_file(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(state_dir, "{\n gateway: {,}\n}")

    assert run(["config", "check"]) == 78
    said = capsys.readouterr().err
    assert f"openclaw: {path}: line 2, column 12" in said
    assert said.count("\n") == 1


def test_check_for_programs(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(state_dir, "{gateway: {port: 'x'}, xyzzy: 1}")

    assert run(["config", "check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["key"], one["severity"]) for one in found] == [
        ("xyzzy", "warning"),
        ("gateway.port", "error"),
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("gateway.port", "18800"),
        ("gateway.controlUi.enabled", "true"),
        ("gateway.customBindHost", "null"),
        ("agents.list[0].id", "aurora"),
        ("agents.list.0.id", "aurora"),
        ("gateway.auth.token", "***"),
        ("models.providers.anthropic.apiKey", "env:ANTHROPIC_API_KEY"),
        ("channels.sms.authToken", "***"),
    ],
)
def test_get_shows_what_counts_and_no_secret(
    state_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, key: str, shown: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    write(
        state_dir,
        "{gateway: {port: 18800, auth: {token: 'hush-hush'}}, agents: {list: [{id: 'aurora'}]},"
        " channels: {sms: {authToken: 'hush-hush'}}}",
    )

    assert run(["config", "get", key]) == 0
    assert capsys.readouterr().out == f"{shown}\n"


def test_get_without_a_key_shows_everything_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "get"]) == 0
    assert json.loads(capsys.readouterr().out)["gateway"]["port"] == 18789


@pytest.mark.parametrize("key", ["gatway.port", "gateway.prot", "gateway.port.deeper", "agents.list[5]"])
def test_get_of_nothing_fails_with_one_line(capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert run(["config", "get", key]) == 1
    assert capsys.readouterr().err.startswith(f"openclaw: {key}: there is no")


def test_path_tells_where_the_file_is_or_would_be(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{state_dir / 'openclaw.json'}\n"
