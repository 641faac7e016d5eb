"""The five questions, each with what Enter means, and what is tried before an answer counts."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openclaw.cli.onboarding import reading
from openclaw.cli.onboarding.answers import (
    Answers,
    BackError,
    Bot,
    Key,
    MistakenError,
    Offline,
    Present,
    Stated,
)
from openclaw.cli.onboarding.probing import Probes
from openclaw.cli.onboarding.screen import Prompt, Screen
from openclaw.settings.environment import process_environment
from openclaw.types.secrets import Secret

ROUNDS = 60
"""How often it is asked whether the owner has written to the bot: two minutes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every question works with."""

    screen: Screen
    present: Present
    probes: Probes | None
    """None: nothing is tried."""
    environ: Mapping[str, str]
    home: Path
    model: str = ""
    """What answers, where the owner has said it."""


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    title: str
    ask: Callable[[Desk, Answers], Answers]
    """Raises BackError, click.Abort."""


# -- the model ----------------------------------------------------------------------------------------------


def ask_key(desk: Desk, answers: Answers) -> Answers:
    present = desk.present
    desk.screen.say(
        "Paste the API key of Anthropic (sk-ant-…), OpenAI (sk-…) or OpenRouter (sk-or-…), or a reference to it:"
        " env:NAME, file:/path, op://vault/item/field. Without a key the built-in offline model answers: it shows"
        " how everything works, and knows nothing."
    )
    enter = f"the {present.provider} key from {present.key_from}" if present.provider else reading.OFFLINE
    if answers.key is not None:
        enter = (
            f"the {answers.key.provider} key just given" if isinstance(answers.key, Key) else reading.OFFLINE
        )

    def take(text: str, anyway: bool) -> Answers:
        return replace(answers, key=given_key(desk, text, anyway=anyway)) if text else answers

    return _until_good(desk, Prompt("key", enter, hidden=True), take)


def given_key(desk: Desk, text: str, *, anyway: bool = False) -> Key | Offline:
    """Raises MistakenError."""
    if text.lower() == reading.OFFLINE:
        return Offline()
    provider, rest = reading.named_provider(text)
    stated = reading.stated(rest, desk.environ)
    provider = provider or reading.provider_of(stated.value.reveal())
    own = desk.present.model if desk.present.model.startswith(f"{provider}/") else reading.MODELS[provider]
    model = desk.model or own
    if desk.probes is not None and not anyway:
        with desk.screen.timed("trying the key"):
            desk.probes.key(provider, stated.value, desk.present.bases[provider], model.partition("/")[2])
        tail = reading.tail(stated.value.reveal())
        desk.screen.good(f"The key {tail} works: {model} answered in {desk.screen.lasted()}.")
    return Key(provider, stated, model)


# -- the owner ----------------------------------------------------------------------------------------------


def ask_name(desk: Desk, answers: Answers) -> Answers:
    desk.screen.say("What should it call you? It is written into USER.md, which is yours to change.")
    enter = answers.name or desk.present.name or "later"

    def take(text: str, _: bool) -> Answers:
        return replace(answers, name=reading.name(text)) if text else answers

    return _until_good(desk, Prompt("name", enter), take)


# -- Telegram -----------------------------------------------------------------------------------------------


def ask_bot(desk: Desk, answers: Answers) -> Answers:
    desk.screen.say(
        "To talk to it from your phone, write /newbot to @BotFather in Telegram and paste the token that it gives"
        " you."
    )
    enter = f"the token from {desk.present.bot_from}" if desk.present.bot_from else reading.NONE
    if answers.bot is not None:
        enter = f"@{answers.bot.name}" if answers.bot.name else "the bot just given"

    def take(text: str, anyway: bool) -> Answers:
        if text.lower() == reading.NONE:
            return replace(answers, bot=None, owner=None)
        return replace(answers, bot=given_bot(desk, text, anyway=anyway)) if text else answers

    taken = _until_good(desk, Prompt("token", enter, hidden=True), take)
    if taken.bot is not None and taken.bot.name and taken.owner is None and not desk.present.owners:
        return recognise(desk, taken, taken.bot)
    return taken


def given_bot(desk: Desk, text: str, *, anyway: bool = False) -> Bot:
    """Raises MistakenError."""
    stated = reading.stated(text, desk.environ)
    token = Secret(reading.bot_token(stated.value.reveal()))
    if desk.probes is None or anyway:
        return Bot(stated)
    with desk.screen.timed("trying the bot"):
        name = desk.probes.bot(desk.present.telegram_root, token)
    desk.screen.good(f"Telegram knows it as @{name}, and answered in {desk.screen.lasted()}.")
    return Bot(stated, name)


def recognise(desk: Desk, answers: Answers, bot: Bot) -> Answers:
    """Who writes the word to the bot is the owner: nobody else has seen it."""
    screen = desk.screen
    if desk.probes is None or not screen.is_live:
        return answers
    word = f"{secrets.randbelow(900_000) + 100_000}"
    screen.say(f"So that it knows you there, write to @{bot.name} now:  hello {word}")
    screen.hint("I wait for that. Enter goes on without it; then strangers and you alike get a pairing code.")
    try:
        for _ in range(ROUNDS):
            heard = desk.probes.hear(desk.present.telegram_root, bot.stated.value, word)
            if heard is not None:
                screen.good(f"That is you: {heard.name}, number {heard.sender} in Telegram.")
                return replace(answers, owner=heard.sender)
            if screen.was_entered():
                break
    except MistakenError as mistake:
        screen.odd(f"That cannot be heard here: {mistake}")
    screen.hint("Write to it later, and let yourself in by: openclaw pairing approve telegram CODE")
    return answers


# -- the workspace, and starting ----------------------------------------------------------------------------


def ask_workspace(desk: Desk, answers: Answers) -> Answers:
    desk.screen.say("The folder of its notes and instructions, and the only one that it writes in.")

    def take(text: str, _: bool) -> Answers:
        return replace(answers, workspace=reading.workspace(text, desk.home)) if text else answers

    enter = reading.short(answers.workspace or desk.present.workspace, desk.home)
    return _until_good(desk, Prompt("folder", enter), take)


def ask_boot(desk: Desk, answers: Answers) -> Answers:
    present = desk.present
    if present.obstacle:
        desk.screen.odd(f"That cannot be set up here: {present.obstacle}.")
        desk.screen.ask(Prompt("Enter goes on", ""))
        return replace(answers, boot=None)
    desk.screen.say(
        "It runs as a service already, and starts with the machine."
        if present.runs_at_boot
        else "As a service it starts with the machine, and again after a crash; and right now, too."
    )
    enter = present.runs_at_boot if answers.boot is None else answers.boot

    def take(text: str, _: bool) -> Answers:
        return replace(answers, boot=reading.yes(text)) if text else answers

    return _until_good(desk, Prompt("yes or no", "yes" if enter else "no"), take)


QUESTIONS = (
    Question("key", "Which model answers?", ask_key),
    Question("name", "Who are you?", ask_name),
    Question("bot", "Is there a Telegram bot for it?", ask_bot),
    Question("workspace", "Where does it work?", ask_workspace),
    Question("boot", "Does it run whenever the machine does?", ask_boot),
)


def _until_good(desk: Desk, prompt: Prompt, take: Callable[[str, bool], Answers]) -> Answers:
    """Asks again after a mistake; an answer that may be right all the same is kept by Enter."""
    doubtful = ""
    while True:
        text = desk.screen.ask(replace(prompt, enter="keep it all the same") if doubtful else prompt)
        try:
            return take(text or doubtful, bool(doubtful) and not text)
        except MistakenError as mistake:
            said = str(mistake)
            desk.screen.bad(said[:1].upper() + said[1:])
            doubtful = (text or doubtful) if mistake.anyway else ""


def with_own_key(desk: Desk, answers: Answers) -> Answers:
    """A service does not have this shell's variables: a key that lies in one is put away for it."""
    variable = desk.present.key_from.removeprefix("the variable ")
    if not answers.boot or answers.key is not None or variable == desk.present.key_from:
        return answers
    value = process_environment().get(variable)
    if value is None:
        return answers  # it stands in the file .env, which the service reads as well
    model = desk.present.model or reading.MODELS[desk.present.provider]
    return replace(answers, key=Key(desk.present.provider, Stated("", Secret(value)), model))


# -- one after the other ------------------------------------------------------------------------------------


def interview(desk: Desk, answers: Answers, questions: Sequence[Question]) -> Answers:
    """Raises click.Abort when the owner breaks off; then nothing has been written."""
    place = 0
    while place < len(questions):
        desk.screen.heading(place + 1, len(questions), questions[place].title)
        try:
            answers = questions[place].ask(desk, answers)
        except BackError:
            place = max(place - 1, 0)
        else:
            place += 1
    return answers
