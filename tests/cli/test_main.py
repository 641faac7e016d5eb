import subprocess
import sys

import click
import pytest

from openclaw import __version__
from openclaw.cli import main
from openclaw.cli.main import COMMANDS, Entry, run, sections
from openclaw.types.errors import ConfigError, OpenClawError


@click.command()
@click.argument("how")
def probe(how: str) -> int | None:
    match how:
        case "config":
            raise ConfigError("gateway.bind", "open\nto all", "Close it.")
        case "fail":
            raise OpenClawError("It does not answer. Start it.")
        case "interrupt":
            raise KeyboardInterrupt
        case "abort":
            raise click.Abort
        case "code":
            return 75
        case _:
            return None


@pytest.fixture(autouse=True)
def probing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "probe", Entry("tests.cli.test_main:probe", "For tests."))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["probe", "well"], 0, ""),
        (["probe", "code"], 75, ""),
        (["probe", "config"], 78, "openclaw: gateway.bind: open to all. Close it.\n"),
        (["probe", "fail"], 1, "openclaw: It does not answer. Start it.\n"),
        (["probe", "interrupt"], 130, ""),
        (["probe", "abort"], 130, ""),
    ],
)
def test_an_end_is_a_code_and_at_most_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    assert capsys.readouterr().err.lstrip() == said


@pytest.mark.parametrize("arguments", [["nope"], ["probe"], ["--nope"], ["probe", "well", "--nope"]])
def test_wrong_use_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("openclaw")
    assert said.endswith(" --help\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["statsu"], "openclaw: No such command 'statsu'. Did you mean 'status'? See: openclaw --help"),
        (["sessions", "lits"], "openclaw sessions: No such command 'lits'. Did you mean 'list'?"),
        (["probe", "well", "--nope"], "openclaw probe: No such option '--nope'. See: openclaw probe --help"),
        (["probe"], "openclaw probe: Missing argument 'HOW'. See: openclaw probe --help"),
    ],
)
def test_what_was_meant_is_guessed_and_where_to_read_is_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(arguments)
    assert capsys.readouterr().err.startswith(said)


def test_a_group_alone_says_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions"]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_who_wants_no_colours_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool | None] = []

    @click.command()
    @click.pass_context
    def look(context: click.Context) -> None:
        seen.append(context.color)

    monkeypatch.setattr("tests.cli.test_main.probe", look)
    for value in ("1", ""):
        monkeypatch.setenv("NO_COLOR", value)
        monkeypatch.setenv("TERM", "xterm")
        run(["probe"])
    assert seen == [False, None]


def test_the_shell_is_offered_commands_without_importing_them() -> None:
    script = (
        "import sys; from openclaw.cli.main import cli; import click;"
        " names = [each.value for each in cli.shell_complete(click.Context(cli), 's')];"
        " print(*names); sys.exit('openclaw.cli.sessions' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert {"status", "sessions", "serve", "send"} <= set(done.stdout.split())


def test_help_has_every_command_once_under_a_title() -> None:
    listed = [name for names in sections().values() for name in names]
    assert sorted(listed) == sorted(COMMANDS)


def test_help_lists_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert name in shown
        assert entry.summary in shown


def test_the_version_costs_none_of_the_heavy_imports() -> None:
    script = (
        "import sys; from openclaw.cli.main import run; code = run(['--version']);"
        " heavy = {'pydantic', 'rich', 'anyio', 'asyncio', 'openclaw.settings', 'websockets'} & set(sys.modules);"
        " sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"openclaw {__version__}\n", "")


def test_the_package_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openclaw", "nope"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "No such command 'nope'" in done.stderr


def test_whoever_stops_reading_is_not_answered_with_a_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m openclaw --help | true", shell=True, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr


def test_the_entry_point_is_there() -> None:
    assert callable(main.main)
