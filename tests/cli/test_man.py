import shutil
import subprocess
from pathlib import Path

import click
import pytest

from openclaw.cli.main import COMMANDS, cli
from openclaw.cli.man import page
from tests.cli.gateway import Terminal

KEPT = Path(__file__).parents[2] / "openclaw.1"


@click.group()
def tree() -> None:
    """A tree. More of it."""


@tree.command()
@click.argument("what")
@click.option("--loud/--quiet", help="How it's said.")
def say(what: str, loud: bool) -> None:
    """Say WHAT.

    .Dots and 'quotes and back\\slashes are words.
    """


def test_a_page_is_made_of_the_commands_help() -> None:
    assert r""".SS say [OPTIONS] WHAT
Say WHAT.
.PP
\&.Dots and 'quotes and back\eslashes are words.
.TP
\fB\-\-loud / \-\-quiet\fR
How it's said.
.SH FILES""" in page(tree)


def test_the_page_that_is_packed_says_what_the_commands_say(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = Terminal(capsys).run("man")
    assert code == 0
    assert all(f".SS {name}" in out for name in COMMANDS)
    assert KEPT.read_text() == out, "write it anew: openclaw man > openclaw.1"


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff to read it with")
def test_a_reader_of_manual_pages_finds_nothing_wrong() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"], input=page(cli), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
