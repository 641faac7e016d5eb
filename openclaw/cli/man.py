"""`man`: the manual page, made of the commands' own help."""

import re
from collections.abc import Iterator

import click

TITLE = '.TH OPENCLAW 1 "" "OpenClaw" "User Commands"'
_FILES = (
    ("~/.openclaw/openclaw.json", "The configuration: JSON5, every key may be left out."),
    ("~/.openclaw/workspace/", "What the assistant is told, and what it notes."),
    ("~/.openclaw/agents/ID/sessions/", "The conversations, a file each, a line a message."),
    ("~/.openclaw/ledger.sqlite", "What came in and goes out, what it cost, and its way."),
    ("~/.openclaw/logs/gateway.log", "The log."),
)
_VARIABLES = (
    ("OPENCLAW_STATE_DIR", "Instead of ~/.openclaw."),
    ("OPENCLAW_CONFIG_PATH", "Instead of openclaw.json in the state directory."),
    ("OPENCLAW_GATEWAY_PORT, OPENCLAW_GATEWAY_TOKEN", "Where the assistant answers, and what it is shown."),
    ("OPENCLAW__PATH__KEY", "Any key of the configuration, OPENCLAW__AGENTS__DEFAULTS__MODEL for instance."),
    ("ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY", "The model's key."),
    ("TELEGRAM_BOT_TOKEN", "The bot's token."),
    ("NO_COLOR", "Without colours."),
)
_EXITS = (
    ("0", "Well."),
    ("1", "It failed; one line on the standard error says what, where and what to do."),
    ("2", "The command was not understood."),
    ("75", "serve: another one holds the state directory."),
    ("78", "The configuration cannot be used safely."),
    ("130", "Broken off."),
)


@click.command()
def man() -> None:
    """Print the manual page; read it with: openclaw man | man -l -"""
    from openclaw.cli.main import cli

    click.echo(page(cli), nl=False)


def page(root: click.Group) -> str:
    """In roff's man macros. Says the same whenever the commands are the same."""
    context = click.Context(root, info_name="openclaw")
    parts = [
        TITLE,
        ".SH NAME",
        rf"openclaw \- {_roff(_first(root.help))}",
        ".SH SYNOPSIS",
        ".B openclaw",
        r"[\-\-version] [\-\-help] \fICOMMAND\fR [\fIARGUMENT\fR ...]",
        ".SH DESCRIPTION",
        "It runs on your own machine, talks to you over Telegram, WhatsApp, text messages, the telephone, the web page"
        " and this terminal, and works with tools in a sandbox.",
        "Begin with \\fBopenclaw onboard\\fR; every listing takes \\fB\\-\\-json\\fR.",
        ".SH COMMANDS",
        *_commands(root, context, ""),
        *_table("FILES", _FILES),
        *_table("ENVIRONMENT", _VARIABLES),
        *_table("EXIT STATUS", _EXITS),
    ]
    return "\n".join(parts) + "\n"


def _commands(group: click.Group, context: click.Context, prefix: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        within = click.Context(command, parent=context, info_name=name)
        if isinstance(command, click.Group):
            yield from _commands(command, within, f"{prefix}{name} ")
        else:
            yield from _command(command, within, f"{prefix}{name}")


def _command(command: click.Command, context: click.Context, name: str) -> Iterator[str]:
    takes = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_roff(name)} {_roff(takes)}"
    paragraphs = re.split(r"\n\s*\n", command.help or "")
    for number, paragraph in enumerate(paragraphs):
        yield from ([".PP"] if number else [])
        yield _roff(" ".join(paragraph.split()))
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None and "--help" not in parameter.opts:
            yield from (".TP", rf"\fB{_roff(record[0])}\fR", _roff(record[1] or ""))


def _table(title: str, rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f".SH {title}"
    for name, meaning in rows:
        yield from (".TP", rf"\fB{_roff(name)}\fR", _roff(meaning))


def _first(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split()).rstrip(".")


def _roff(text: str) -> str:
    """Words as they are: a backslash, a hyphen that is copied, and a dot at the start of a line mean something else."""
    escaped = text.replace("INTEGER RANGE", "NUMBER").replace("\\", r"\e").replace("-", r"\-")
    # Old readers know ASCII alone.
    escaped = "".join(char if char.isascii() else rf"\[u{ord(char):04X}]" for char in escaped)
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
