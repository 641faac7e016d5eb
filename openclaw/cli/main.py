"""The command `openclaw`. A command's module is imported when it is used, so that `--version` is instant."""

import importlib
import os
import sys
from dataclasses import dataclass

import click

from openclaw import __version__
from openclaw.types.errors import ConfigError, OpenClawError

EXIT_FAILED, EXIT_MISUSED, EXIT_CONFIG, EXIT_INTERRUPTED = 1, 2, 78, 130


@dataclass(frozen=True, slots=True)
class Entry:
    place: str
    """`module:command`."""
    summary: str


COMMANDS: dict[str, Entry] = {
    "serve": Entry("openclaw.cli.serve:serve", "Run the assistant until it is stopped."),
    "gateway": Entry("openclaw.cli.serve:gateway", "`gateway run` is another name of `serve`."),
    "status": Entry("openclaw.cli.status:status", "What the running assistant is doing."),
    "health": Entry("openclaw.cli.status:health", "Whether it is well."),
    "dashboard": Entry("openclaw.cli.dashboard:dashboard", "A link to its page in your browser."),
    "chat": Entry("openclaw.cli.chat:chat", "Talk to it here."),
    "agent": Entry("openclaw.cli.chat:agent", "One message to an agent, one answer."),
    "sessions": Entry("openclaw.cli.sessions:sessions", "List, show, sum up and reset conversations."),
    "pairing": Entry("openclaw.cli.pairing:pairing", "Let people in, or not."),
    "devices": Entry("openclaw.cli.devices:devices", "Which programs and machines may connect."),
    "send": Entry("openclaw.cli.send:send", "A message by one of its channels, in your own words."),
    "approvals": Entry("openclaw.cli.approvals:approvals", "What it asks you before it does it."),
    "cron": Entry("openclaw.cli.cron:cron", "Reminders and recurring tasks."),
    "trace": Entry("openclaw.cli.trace:trace", "The way of a message, step by step."),
    "costs": Entry("openclaw.cli.costs:costs", "What was spent."),
    "models": Entry("openclaw.cli.models:models", "Which models there are, and how their keys fare."),
    "tools": Entry("openclaw.cli.tools:tools", "Which tools there are, who has them, and why."),
    "mcp": Entry("openclaw.cli.mcp:mcp", "MCP servers, and this assistant as one."),
    "skills": Entry("openclaw.cli.skills:skills", "Guides to kinds of tasks: which there are, and new ones."),
    "phone": Entry("openclaw.cli.phone:phone", "Whose texts are answered; texts and calls of your own."),
    "compliance": Entry("openclaw.cli.compliance:compliance", "The checks before a text or call leaves."),
    "outbox": Entry("openclaw.cli.outbox:outbox", "Messages on their way out."),
    "workspace": Entry("openclaw.cli.workspace:workspace", "What an agent did to its files, taken back."),
    "webhooks": Entry("openclaw.cli.webhooks:webhooks", "What the outside may call, and whether it does."),
    "ports": Entry("openclaw.cli.ports:ports", "What listens where."),
    "config": Entry("openclaw.cli.config:config", "Check and read the configuration."),
}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: click would import every command for its first line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="openclaw %(version)s")
def cli() -> None:
    """Your own assistant, in one process on your own machine."""


def main(arguments: list[str] | None = None) -> None:
    """A command's own exit code is what it returns; errors become one line and a code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    try:
        result = cli.main(arguments, prog_name="openclaw", standalone_mode=False)
    except ConfigError as error:
        return _fail(error, EXIT_CONFIG)
    except OpenClawError as error:
        return _fail(error, EXIT_FAILED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone, `head` for instance. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return result if isinstance(result, int) else 0


def _fail(error: Exception, code: int) -> int:
    click.echo(f"openclaw: {' '.join(str(error).split())}", err=True)
    return code
