"""The whole command line, walked: help, wrong use, JSON for programs, colours for those who want them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pytest

from openclaw.cli.main import cli, run
from tests.conftest import MakeDaemon
from tests.fake.daemon import CliResult, Daemon, clean_environment
from tests.fake.nursery import Nursery
from tests.fake.terminal import Terminal
from tests.fakes import FakeAnthropic, FakeTelegram

Words = tuple[str, ...]
LISTINGS = {
    "list",
    "status",
    "check",
    "log",
    "logs",
    "runs",
    "diff",
    "audit",
    "ports",
    "costs",
    "trace",
    "doctor",
}
"""Names of commands that tell several things."""
TELLING = LISTINGS | {"health", "show", "get", "path"}
ELSEWHERE: Mapping[Words, str] = {
    ("doctor",): "tries keys and channels; it has journeys of its own",
    ("security", "audit"): "looks at the machine; it has tests of its own",
    ("webhooks", "check"): "asks Twilio",
    ("service", "logs"): "hands on what the service manager says",
}


def leaves(
    command: click.Command = cli, context: click.Context | None = None, words: Words = ()
) -> Iterator[tuple[Words, click.Command, click.Context]]:
    here = click.Context(command, parent=context, info_name=words[-1] if words else "openclaw")
    if not isinstance(command, click.Group):
        yield words, command, here
        return
    for name in command.list_commands(here):
        below = command.get_command(here, name)
        assert below is not None
        yield from leaves(below, here, (*words, name))


LEAVES = {words: command for words, command, _ in leaves()}


def options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def takes_json(command: click.Command) -> bool:
    return any("--json" in option.opts for option in options(command))


def needs_words(command: click.Command) -> bool:
    return any(each.required for each in command.params)


def test_every_command_and_option_says_what_it_is_for() -> None:
    silent = [words for words, command in LEAVES.items() if not command.help]
    silent += [
        (*words, option.opts[0])
        for words, command in LEAVES.items()
        for option in options(command)
        if not option.help
    ]
    assert silent == []


def test_every_listing_is_there_for_programs_too() -> None:
    without = [
        words for words, command in LEAVES.items() if words[-1] in LISTINGS and not takes_json(command)
    ]
    assert [words for words in without if words not in ELSEWHERE] == []


def test_help_is_plain_text_and_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    for words in LEAVES:
        assert run([*words, "--help"]) == 0
        shown = capsys.readouterr()
        assert shown.out.startswith(f"Usage: openclaw {' '.join(words)}")
        assert (shown.err, "\x1b" in shown.out) == ("", False)


def test_wrong_use_is_one_line_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    for words, command in LEAVES.items():
        wrong = [[*words, "--no-such-option"], [*words, *["x"] * 9]]
        for arguments in [*wrong, [*words]] if needs_words(command) else wrong:
            if any(each.nargs == -1 for each in command.params) and "--no-such-option" not in arguments:
                continue
            assert run(arguments) == 2, arguments
            shown = capsys.readouterr()
            assert shown.out == ""
            assert shown.err.count("\n") == 1, shown.err
            assert shown.err.endswith(f"See: openclaw {' '.join(words)} --help\n")


async def test_a_running_house_answers_every_listing_in_one_document(
    make_daemon: MakeDaemon, daemon_config: dict[str, Any], anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    anthropic.reply("Hello!")
    await daemon.cli("chat", "hi")

    told = {}
    for words, command in LEAVES.items():
        if words[-1] in TELLING and not needs_words(command) and words not in ELSEWHERE:
            told[words] = one_document(words, await daemon.cli(*words, "--json"))

    assert told[("costs",)]["rows"][0].keys() >= {"key", "turns", "input", "output", "cacheRead", "cost"}
    assert told[("models", "status")]["profiles"][0].keys() >= {"id", "provider", "state", "until"}
    assert told[("sessions", "list")][0]["key"] == "agent:main:main"
    assert told[("trace",)].keys() >= {"id", "at", "event", "outcome", "reason", "session", "spans"}
    assert told[("channels", "status")][0].keys() >= {"channel", "accountId", "condition", "lastInboundAt"}
    assert told[("status",)].keys() >= {
        "gateway", "uptimeMs", "model", "keys", "channels", "queue", "running", "outbox", "costToday", "budgets",
        "lastMessages", "lastError", "nextJob", "sessions", "stateDir",
    }  # fmt: skip
    await plain_in_a_pipe(daemon)
    await nonsense_is_refused_in_one_line(daemon)


def one_document(words: Words, result: CliResult) -> Any:
    assert "Traceback" not in result.stderr, (words, result.stderr)
    assert result.code in (0, 1), (words, result.stderr)
    found = json.loads(result.stdout)
    assert isinstance(found, list | dict), words
    return found


async def plain_in_a_pipe(daemon: Daemon) -> None:
    for words in (("status",), ("sessions", "list"), ("trace",), ("logs",), ("models", "list")):
        shown = await daemon.cli(*words)
        assert (shown.code, "\x1b" in shown.stdout + shown.stderr) == (0, False), words


async def nonsense_is_refused_in_one_line(daemon: Daemon) -> None:
    for words, command in LEAVES.items():
        if not needs_words(command) or words == ("agent",):
            continue
        arguments = [each for each in command.params if each.required]
        named = [
            word
            for each in arguments
            if isinstance(each, click.Option)
            for word in (each.opts[0], "nonsense")
        ]
        plain = ["nonsense" for each in arguments if isinstance(each, click.Argument)]
        result = await daemon.cli(*words, *named, *plain)
        assert result.code in (1, 2), (words, result)
        assert "Traceback" not in result.stderr, (words, result)
        assert result.stderr.count("\n") == 1, (words, result)
        assert result.stderr.startswith("openclaw"), (words, result)


@pytest.mark.parametrize("wanted", [True, False])
async def test_colours_are_for_those_who_want_them(
    wanted: bool, make_daemon: MakeDaemon, nursery: Nursery, telegram: FakeTelegram
) -> None:
    daemon = make_daemon({})
    await daemon.start()
    env = clean_environment(daemon.home, **({} if wanted else {"NO_COLOR": "1"}))
    for words in (("status",), ("models", "list")):
        async with Terminal(nursery) as terminal:
            await terminal.run(words, env, daemon.home)
            assert await terminal.ended() == 0
            await terminal.settled()
            assert ("\x1b" in terminal.raw) is wanted, (words, terminal.raw)
