"""Every secret of the config tried, as it would be when it is used. Blocks, for about as long as the slowest takes."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from openclaw.settings.checking.plaintext import MADE_HERE, Stated, stated_secrets
from openclaw.settings.loading import Loaded
from openclaw.settings.references import read_reference
from openclaw.settings.sources.config import SecretsConfig
from openclaw.types.errors import SecretError

State = Literal["ok", "missing", "unreadable", "slow", "plain"]
"""`plain`: it can be used, and anybody who sees the file can use it."""
Read = Callable[[str, Mapping[str, str], SecretsConfig], str]
AT_ONCE = 8
IN_FILE = "in the config file, as text"


@dataclass(frozen=True, slots=True)
class Checked:
    """Never holds a value."""

    key: str
    where: str
    """The reference; for plain text only that it is."""
    state: State
    detail: str = ""
    """What is wrong and what to do; empty where nothing is."""
    ms: int = 0

    @property
    def usable(self) -> bool:
        return self.state in ("ok", "plain")


def check_all(loaded: Loaded, read: Read = read_reference) -> list[Checked]:
    """In the order of the file. A reference that several keys share is asked once."""
    stated = stated_secrets(loaded.written)
    texts = list(dict.fromkeys(each.text for each in stated if each.text and not each.is_plain))
    with ThreadPoolExecutor(min(AT_ONCE, len(texts)) or 1) as pool:
        answers = dict(zip(texts, pool.map(lambda text: _tried(text, loaded, read), texts), strict=True))
    return [_row(each, answers) for each in stated]


def _tried(text: str, loaded: Loaded, read: Read) -> tuple[State, str, int]:
    started = time.monotonic()
    state: State = "ok"
    detail = ""
    try:
        read(text, loaded.environ, loaded.settings.secrets)
    except SecretError as error:
        state, detail = error.state, str(error)
    return state, detail, round((time.monotonic() - started) * 1000)


def _row(stated: Stated, answers: Mapping[str, tuple[State, str, int]]) -> Checked:
    if stated.trouble:
        mend = "Use env:, file:, op://, keychain: or exec:."
        return Checked(stated.name, "a reference object", "unreadable", f"{stated.trouble}. {mend}")
    if stated.is_plain and stated.key in MADE_HERE:
        return Checked(stated.name, IN_FILE, "ok")
    if stated.is_plain:
        return Checked(
            stated.name,
            IN_FILE,
            "plain",
            f"It stands there as text. Run: openclaw secrets move {stated.name}",
        )
    state, detail, ms = answers[stated.text]
    return Checked(stated.name, stated.text, state, detail.removeprefix(f"{stated.text}: "), ms)
