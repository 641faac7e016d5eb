import io
import json
from pathlib import Path

import pytest

from openclaw.cli.main import run
from openclaw.settings.editing.showing import shown
from openclaw.settings.environment import process_environment
from openclaw.settings.loading import load
from tests.cli.gateway import running
from tests.migrate import houses


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


def test_check_fails_where_the_last_good_copy_stands_in_for_a_broken_file(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state_dir / "openclaw.last-good.json").write_text("{}")
    write(state_dir, "{\n gateway: {,}\n}")

    assert run(["config", "check"]) == 1
    assert "line 2, column 12" in capsys.readouterr().out


def test_the_file_of_the_original_is_not_changed(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    houses.original(state_dir)
    before = houses.tree(state_dir)
    assert run(["config", "set", "budgets.perDay", "3"]) == 78
    assert "openclaw migrate --take-over" in capsys.readouterr().err
    assert run(["config", "unset", "gateway"]) == 78
    assert houses.tree(state_dir) == before


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


OURS = "// mine\n{\n  gateway: { port: 18789 }, // here\n}\n"


def test_a_value_is_set_and_the_comments_stay(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(state_dir, OURS)

    assert run(["config", "set", "gateway.port", "18800"]) == 0
    assert capsys.readouterr().out == "gateway.port = 18800. It counts after a restart.\n"
    assert path.read_text() == OURS.replace("18789", "18800")

    assert run(["config", "set", "tools.deny", '["exec"]', "--json"]) == 0
    assert run(["config", "get", "tools.deny"]) == 0
    assert '"exec"' in capsys.readouterr().out
    assert run(["config", "unset", "tools.deny"]) == 0
    assert run(["config", "set", "gateway.port", "18800"]) == 0
    assert capsys.readouterr().out.endswith("That was so already.\n")


def test_a_secret_is_taken_from_the_standard_input_and_not_printed(
    state_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(state_dir, OURS)
    monkeypatch.setattr("sys.stdin", io.StringIO("hush-hush-hush-hush\n"))

    assert run(["config", "set", "gateway.auth.token", "-"]) == 0

    assert capsys.readouterr().out.startswith('gateway.auth.token = "***".')
    assert 'token: "hush-hush-hush-hush"' in path.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "gateway.port", "x"], "whole number. Nothing was written."),
        (["set", "gatway.port", "1"], "Did you mean gateway"),
        (["set", "gateway.port", "lan", "--json"], "is no JSON5"),
        (["unset", "gateway.bind"], "gateway.bind is not set in the file"),
        (["set", "a..b", "1"], "is no key"),
    ],
)
def test_what_cannot_be_set_is_told_in_one_line(
    state_dir: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    path = write(state_dir, OURS)

    assert run(["config", *words]) == 1

    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert path.read_text() == OURS


def test_a_broken_file_is_mended_first(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(state_dir, "{\n gateway: {,}\n}")

    assert run(["config", "set", "gateway.port", "1"]) == 1
    assert f"{path}: line 2, column 12" in capsys.readouterr().err


def test_what_differs_from_the_defaults(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        state_dir,
        "{ gateway: { port: 1, auth: { token: 'hush-hush-hush-hush' } }, tools: { deny: ['exec'] } }",
    )

    assert run(["config", "diff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "gateway.port: 1 (default 18789)" in lines
    assert 'gateway.auth.token: "***" (default null)' in lines
    assert 'tools.deny: ["exec"] (default [])' in lines

    assert run(["config", "diff", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["running"] is None
    assert {"key": "gateway.port", "value": 1, "default": 18789} in found["defaults"]


def test_what_the_running_assistant_does_not_know_yet(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(state_dir, monkeypatch) as plane:
        desk = plane.house.desk
        desk.running_config = shown(load(process_environment()))
        assert run(["config", "diff"]) == 0
        assert capsys.readouterr().out.endswith("The assistant runs with this.\n")

        desk.running_config = {**desk.running_config, "traces": {"retentionDays": 7}}
        assert run(["config", "diff"]) == 0
        assert "not yet running: traces.retentionDays: 30 (runs with 7)" in capsys.readouterr().out
        assert run(["config", "diff", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["running"] == [
            {"key": "traces.retentionDays", "value": 30, "running": 7}
        ]


def test_check_warns_of_secrets_that_stand_there_as_text(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(state_dir, "{hooks: {token: 'hush-hush'}, gateway: {auth: {token: 'made-here'}}}")

    assert run(["config", "check"]) == 0
    said = capsys.readouterr().out
    assert "warning: hooks.token: this stands in the file as plain text" in said
    assert "openclaw secrets move" in said
    assert "hush" not in said


def test_diff_against_the_last_good_copy_says_what_has_changed_since(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "diff", "--against", "last-good"]) == 1
    assert "there is no copy" in capsys.readouterr().err
    write(state_dir, "{budgets: {perDay: 1}}").rename(state_dir / "openclaw.last-good.json")
    write(state_dir, "{budgets: {perDay: 2}}")

    assert run(["config", "diff", "--against", "last-good"]) == 1
    assert capsys.readouterr().out == "budgets.perDay: 2.0 (last good: 1.0)\n"
    assert run(["config", "diff", "--against", "last-good", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [{"key": "budgets.perDay", "value": 2.0, "last-good": 1.0}]
    write(state_dir, "{budgets: {perDay: 1}}")
    assert run(["config", "diff", "--against", "last-good"]) == 0
    assert capsys.readouterr().out == "It is the last good one.\n"


def test_diff_against_a_daemon_that_does_not_run_says_how_to_start_it(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(state_dir, "{gateway: {port: 1}}")

    assert run(["config", "diff", "--against", "running"]) == 1
    assert "openclaw serve" in capsys.readouterr().err


def test_diff_against_the_defaults_asks_no_daemon(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(state_dir, "{gateway: {port: 1}}")

    assert run(["config", "diff", "--against", "defaults"]) == 0
    assert "gateway.port: 1 (default 18789)" in capsys.readouterr().out
