"""The command `openclaw`. A command's module is imported when it is used, so that `--version` is instant."""

import importlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from openclaw import __version__
from openclaw.types.errors import ConfigError, OpenClawError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXIT_FAILED, EXIT_MISUSED, EXIT_CONFIG, EXIT_INTERRUPTED = 1, 2, 78, 130


@dataclass(frozen=True, slots=True)
class Entry:
    place: str
    """`module:command`."""
    summary: str


COMMANDS: dict[str, Entry] = {
    "serve": Entry("openclaw.cli.serve:serve", "Run the assistant until it is stopped."),
    "gateway": Entry("openclaw.cli.serve:gateway", "`gateway run` is another name of `serve`."),
    "onboard": Entry("openclaw.cli.onboard:onboard", "Set it up, in five questions."),
    "status": Entry("openclaw.cli.status:status", "What the running assistant is doing."),
    "health": Entry("openclaw.cli.status:health", "Whether it is well."),
    "doctor": Entry("openclaw.cli.doctor:doctor", "What is wrong, why it matters, and what mends it."),
    "security": Entry("openclaw.cli.security:security", "Who can do what, and what should be narrower."),
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
    "channels": Entry("openclaw.cli.channels:channels", "How the ways to it are."),
    "logs": Entry("openclaw.cli.logs:logs", "What it wrote down, and what it writes now."),
    "completion": Entry("openclaw.cli.completion:completion", "Your shell completes its words."),
    "man": Entry("openclaw.cli.man:man", "The manual page."),
    "ports": Entry("openclaw.cli.ports:ports", "What listens where."),
    "backup": Entry("openclaw.cli.backup:backup", "One file of everything, and back again."),
    "service": Entry("openclaw.cli.service:service", "Start it with the machine, and keep it running."),
    "secrets": Entry("openclaw.cli.secrets:secrets", "Keys and tokens: try them, put them away."),
    "migrate": Entry("openclaw.cli.migrate:migrate", "Move here from another assistant."),
    "config": Entry("openclaw.cli.config:config", "Check, read and change the configuration."),
}


_SECTIONS: dict[str, str] = {
    "Begin": "onboard serve service status health doctor dashboard",
    "Talk": "chat agent send sessions",
    "Let in, or not": "pairing devices approvals phone compliance security secrets",
    "See what it does": "trace logs costs cron outbox channels webhooks ports workspace",
    "See what it has": "models tools skills mcp config",
    "Keep and move": "backup migrate",
}


def sections() -> dict[str, list[str]]:
    """Every command once, under what one comes for."""
    found = {
        title: [name for name in names.split() if name in COMMANDS] for title, names in _SECTIONS.items()
    }
    shown = {name for names in found.values() for name in names}
    found["More"] = [name for name in COMMANDS if name not in shown]
    return {title: names for title, names in found.items() if names}


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            # click would look for the nearest among those that are imported.
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """From the table, too: between two keystrokes there is no time to import every command."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: click would import every command for its first line."""
        width = max(map(len, COMMANDS))
        for title, names in sections().items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), COMMANDS[name].summary) for name in names])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="openclaw %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Your own assistant, in one process on your own machine."""
    from openclaw.settings import colours

    if colours.are_unwanted():
        context.color = False


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
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_MISUSED
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone, `head` for instance. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return result if isinstance(result, int) else 0


def _misused(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "openclaw"
    said = " ".join(error.format_message().split())
    said = said if said.endswith((".", "?", "?)")) else f"{said}."
    click.echo(f"{path}: {said} See: {path} --help", err=True)
    return error.exit_code


def _fail(error: Exception, code: int) -> int:
    click.echo(f"openclaw: {' '.join(str(error).split())}", err=True)
    return code
