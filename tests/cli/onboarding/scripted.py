"""An owner who answers by script, and probes that know which key is right."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from openclaw.cli.onboarding.answers import BackError, MistakenError, Present
from openclaw.cli.onboarding.probing import Heard
from openclaw.cli.onboarding.questions import Desk
from openclaw.cli.onboarding.screen import Prompt, Screen
from openclaw.types.secrets import Secret

KEY, OTHER_KEY, BAD_KEY, POOR_KEY = (f"sk-ant-{name}-0123456789" for name in ("good", "other", "bad", "poor"))
OPENAI_KEY = "sk-proj-0123456789"
TOKEN = "123456789:" + "A" * 35
OWNER = "821071206"
BASES = {name: f"https://{name}.example.org" for name in ("anthropic", "openai", "openrouter")}


@dataclass(frozen=True, slots=True)
class ScriptedScreen(Screen):
    typed: deque[str] = field(default_factory=deque)
    prompts: list[Prompt] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    live: bool = False
    impatient: bool = False
    """Enter is pressed while the bot listens."""

    @property
    def is_live(self) -> bool:
        return self.live

    def ask(self, prompt: Prompt) -> str:
        self.prompts.append(prompt)
        if not self.typed:
            raise click.Abort
        if (text := self.typed.popleft()) == "<":
            raise BackError
        return text

    def was_entered(self) -> bool:
        return self.impatient

    def _marked(self, mark: str, style: str, text: str) -> None:
        self.said.append(f"{mark} {text}")

    def _print(self, text: str, style: str = "", *, indent: int = 0) -> None:
        self.said.append(text)

    def heading(self, number: int, total: int, title: str) -> None:
        self.said.append(f"{number} of {total}: {title}")


@dataclass
class ScriptedProbes:
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    word_heard_after: int = 0
    words: list[str] = field(default_factory=list)
    deaf: bool = False

    def key(self, provider: str, key: Secret, base: str, model: str) -> None:
        self.asked.append((provider, base, model))
        if key.reveal() == BAD_KEY:
            raise MistakenError("it is not taken")
        if key.reveal() == POOR_KEY:
            raise MistakenError("it has no credit", anyway=True)

    def bot(self, root: str, token: Secret) -> str:
        return "claw_test_bot"

    def hear(self, root: str, token: Secret, word: str) -> Heard | None:
        self.words.append(word)
        if self.deaf:
            raise MistakenError("another program listens", anyway=True)
        return Heard(OWNER, "Ana") if len(self.words) > self.word_heard_after else None


def desk(
    *typed: str, probes: ScriptedProbes | None = None, environ: Mapping[str, str] | None = None,
    live: bool = False, impatient: bool = False, home: Path = Path("/home/ana"), **present: object,
) -> Desk:  # fmt: skip
    there = replace(Present(home / ".openclaw" / "workspace", bases=BASES), **present)  # type: ignore[arg-type]
    screen = ScriptedScreen(typed=deque(typed), live=live, impatient=impatient)
    return Desk(screen, there, probes or ScriptedProbes(), environ or {}, home)


def screen_of(desk: Desk) -> ScriptedScreen:
    assert isinstance(desk.screen, ScriptedScreen)
    return desk.screen
