import subprocess
import sys

import click
import pytest

from openclaw import __version__
from openclaw.cli import main
from openclaw.cli.main import COMMANDS, Entry, run
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
    assert "Usage: openclaw" in capsys.readouterr().err


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
