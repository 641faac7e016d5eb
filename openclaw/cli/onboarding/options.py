"""Every question as an option of the command."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import click

from openclaw.cli.onboarding import reading
from openclaw.cli.onboarding.answers import Answers, MistakenError
from openclaw.cli.onboarding.questions import Desk, given_bot, given_key


@dataclass(frozen=True, slots=True)
class Options:
    """As they were typed; None where an option was not given."""

    key: str | None = None
    model: str | None = None
    name: str | None = None
    bot: str | None = None
    owner: str | None = None
    workspace: str | None = None
    boot: bool | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        return cls(**given)

    def has(self, question: str) -> bool:
        return getattr(self, question) is not None


def given_answers(desk: Desk, options: Options) -> Answers:
    """Raises MistakenError where what was tried did not work, click.UsageError for what cannot be tried."""
    answers = _untried(desk, options)
    if options.key is not None:
        answers = replace(answers, key=given_key(desk, _typed(options.key, "--model-key")))
    if options.bot not in (None, reading.NONE):
        answers = replace(answers, bot=given_bot(desk, _typed(options.bot or "", "--telegram-token")))
    return answers


def _untried(desk: Desk, options: Options) -> Answers:
    answers = Answers(model=options.model, boot=options.boot)
    try:
        if options.name is not None:
            answers = replace(answers, name=reading.name(options.name))
        if options.owner is not None:
            answers = replace(answers, owner=reading.telegram_id(options.owner))
        if options.workspace is not None:
            answers = replace(answers, workspace=reading.workspace(options.workspace, desk.home))
    except MistakenError as mistake:
        raise click.UsageError(str(mistake)) from None
    return answers


def _typed(text: str, option: str) -> str:
    """`-` takes the next line of the standard input, where no other program sees it."""
    found = sys.stdin.readline().strip() if text == "-" else text.strip()
    if not found:
        raise click.UsageError(f"{option}: there is nothing in it.")
    return found
