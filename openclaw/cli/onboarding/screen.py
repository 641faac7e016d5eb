"""The questions on the terminal: coloured for people, plain for a pipe, and never wider than reads well."""

import select
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from openclaw.cli.onboarding.answers import BackError
from openclaw.cli.tables import printable, terminal
from openclaw.cli.timewords import span

WIDTH = 84
BACK = ("<", "back")


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    enter: str
    """What Enter alone means."""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    spans: list[tuple[str, float]] = field(default_factory=list)
    """What took how many milliseconds."""

    @property
    def is_live(self) -> bool:
        """Somebody sits there, who may also do something else than type."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def title(self, text: str, hint: str) -> None:
        self.blank()
        self._print(text, "bold")
        self._print(hint, "dim")

    def heading(self, number: int, total: int, title: str) -> None:
        from rich.text import Text

        self.blank()
        terminal().print(Text.assemble((f"{number} of {total}", "cyan"), "  ", (title, "bold")))

    def say(self, text: str) -> None:
        self._print(text, indent=2)

    def hint(self, text: str) -> None:
        self._print(text, "dim", indent=2)

    def good(self, text: str) -> None:
        self._marked("✓", "green", text)

    def bad(self, text: str) -> None:
        self._marked("✗", "red", text)

    def odd(self, text: str) -> None:
        self._marked("!", "yellow", text)

    def ask(self, prompt: Prompt) -> str:
        """What was typed; empty for Enter alone. Raises BackError, and click.Abort at the end of the input."""
        what = f"{prompt.text}, not shown" if prompt.hidden and sys.stdin.isatty() else prompt.text
        enter = click.style(f" [{printable(prompt.enter)}]", dim=True) if prompt.enter else ""
        shown = f"{click.style('›', fg='cyan')} {what}{enter}{':' if prompt.enter else ''} "
        hidden = prompt.hidden and sys.stdin.isatty()
        answer: str = click.prompt(shown, prompt_suffix="", default="", show_default=False, hide_input=hidden)
        if not sys.stdin.isatty():
            click.echo()  # else the next words stand behind the question
        if answer.strip().lower() in BACK:
            raise BackError
        return answer.strip()

    def was_entered(self) -> bool:
        """Whether a line has been typed meanwhile; it is gone then."""
        if not select.select([sys.stdin], [], [], 0)[0]:
            return False
        sys.stdin.readline()
        return True

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """How long it took is told at the end, whether it went well or not."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.spans.append((what, (time.monotonic() - began) * 1000))

    def lasted(self) -> str:
        """Of what was timed last."""
        return span(self.spans[-1][1])

    def account(self, ms: float) -> str:
        """The whole, and what each step took of it."""
        sums: dict[str, float] = {}
        for what, each in self.spans:
            sums[what] = sums.get(what, 0) + each
        steps = ", ".join(f"{what} {span(each)}" for what, each in sums.items())
        return f"{span(ms)} ({steps})" if steps else span(ms)

    def pointer(self, what: str, where: str, note: str = "") -> None:
        """In one line however long: it is there to be copied."""
        click.echo(f"  {click.style(what.ljust(14), dim=True)} {printable(where)}")
        if note:
            click.echo(f"  {' ' * 14} {click.style(note, dim=True)}")

    def blank(self) -> None:
        click.echo()

    def _marked(self, mark: str, style: str, text: str) -> None:
        from rich.text import Text

        first, *rest = wrapped(printable(text), 4)
        console = terminal()
        console.print(Text.assemble("  ", (mark, style), f" {first.lstrip()}"), soft_wrap=True)
        for line in rest:
            console.print(Text(line), soft_wrap=True)

    def _print(self, text: str, style: str = "", *, indent: int = 0) -> None:
        from rich.text import Text

        console = terminal()
        for line in wrapped(text, indent):
            console.print(Text(line, style), soft_wrap=True)


def wrapped(text: str, indent: int) -> list[str]:
    """Paths and keys stay whole: they are there to be copied."""
    width = min(WIDTH, shutil.get_terminal_size().columns)
    edge = " " * indent
    return textwrap.wrap(
        text,
        width,
        initial_indent=edge,
        subsequent_indent=edge,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
