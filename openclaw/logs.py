"""Logging: JSON lines in a file, readable lines on stderr, both without secrets and both off the event loop."""

import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import orjson
from pydantic import Field

from openclaw.schema import ConfigPart
from openclaw.types.clock import iso

if TYPE_CHECKING:
    from io import TextIOWrapper

Level = Literal["silent", "fatal", "error", "warn", "info", "debug", "trace"]

MAX_BYTES = 10 * 1024 * 1024
FILES = 5
WAITING = 10_000
"""Lines between the daemon and the disk; when the disk is slower than that, lines are dropped and counted."""

_FIELD, _EVENT, _TRACEBACK = 256, 2_000, 20_000
_LEVELS: dict[str, int] = {
    "silent": 100,
    "fatal": 50,
    "error": 40,
    "warn": 30,
    "info": 20,
    "debug": 10,
    "trace": 5,
}
_QUIET = ("httpx", "httpcore", "httpx2", "httpcore2", "anthropic", "telegram", "websockets", "uvicorn.access")
"""They log URLs, headers or bodies; Telegram's URLs hold the bot's token."""


class LoggingConfig(ConfigPart):
    level: Level = "info"
    """Of the file."""
    file: str | None = None
    """None: `logs/gateway.log` in the state directory."""
    console_level: Level = "info"
    console_style: Literal["pretty", "compact", "json"] = "pretty"
    redact_sensitive: Literal["tools", "off"] = "tools"
    """`off` keeps what only looks like a secret; secrets that we know are never written."""
    redact_patterns: tuple[str, ...] = Field(default=())
    """Regular expressions of your own; what they match is not written."""


_PATTERNS = (
    r"(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}",
    r"\bsk-[\w-]{12,}",
    r"\b(?:bot)?\d{6,}:[\w-]{30,}",
    r"\bbot\d+:[\w%:-]{4,}",
    r"\b(?:AC|SK)[0-9a-fA-F]{32}\b",
    r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",
    r"(?i:(?<=[?&])(?:token|secret|key|api_key|access_token)=)[^\s&#]+",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Redactor:
    """Takes secrets out of text: the values it was told, and what looks like one."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self._looks: re.Pattern[str] | None = _any(_PATTERNS)

    def configure(self, *, patterns: bool, own: tuple[str, ...] = ()) -> list[str]:
        """Returns the expressions that cannot be used."""
        usable = [expression for expression in own if _compiles(expression)]
        self._looks = _any([*(_PATTERNS if patterns else ()), *usable])
        return [expression for expression in own if expression not in usable]

    def add(self, value: str) -> None:
        """A secret of less than eight characters would blank out innocent words."""
        if len(value) >= 8 and value not in self._values:
            # Replaced, never changed in place: the thread that writes may be reading it.
            self._values |= {value, quote(value, safe=""), repr(value)[1:-1]}
            longest_first = sorted(self._values, key=len, reverse=True)
            self._known = re.compile("|".join(re.escape(one) for one in longest_first))

    def clean(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub("***", text)
        return self._looks.sub("***", text) if self._looks is not None else text


def _any(expressions: list[str] | tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{expression})" for expression in expressions)) if expressions else None


def _compiles(expression: str) -> bool:
    try:
        re.compile(f"(?:{expression})")
    except re.error:
        return False
    return True


def printable(text: str, limit: int, *, lines: bool = False) -> str:
    """One field of a log line: control characters shown as escapes, the end cut with a note of how much."""
    cut = f"{text[:limit]}… ({len(text) - limit} more)" if len(text) > limit else text
    cut = cut if lines else cut.replace("\n", "\\n").replace("\t", " ")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}" if found[0] < "\xff" else "�", cut)


class _Hand(logging.handlers.QueueHandler):
    """Hands records to the writing thread. Never waits: a full queue loses the line, not the loop's time."""

    def __init__(
        self, waiting: "Queue[logging.LogRecord]", adopt: Callable[[LoggingConfig], None] | None = None
    ) -> None:
        """`adopt`: has the writers behind it follow another config."""
        super().__init__(waiting)
        self._waiting = waiting
        self._dropped = 0
        self.adopt = adopt

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # Only the words are made here; a traceback is put into words where reading the sources may take its time.
        record.msg, record.args = record.getMessage(), None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self._dropped:
                self._waiting.put_nowait(_dropped(self._dropped))
                self._dropped = 0
            self._waiting.put_nowait(record)
        except Full:
            self._dropped += 1


def _dropped(count: int) -> logging.LogRecord:
    text = f"{count} log lines were lost: the disk was slower than the log"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)


class _File(logging.handlers.RotatingFileHandler):
    def _open(self) -> "TextIOWrapper":
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk costs log lines and nothing else."""

    def close(self) -> None:
        with suppress(OSError):
            super().close()


@contextmanager
def logging_to(
    config: LoggingConfig, default_file: Path, redactor: Redactor, *, color: bool
) -> Iterator[None]:
    """All of the process's logging, until the block is left; what is waiting then is still written.

    Entering and leaving touch the disk: around the event loop, not inside it. `color` counts on a terminal only.
    """
    console, file = _console(config, redactor, color=color), _file(config, default_file, redactor)
    waiting: Queue[logging.LogRecord] = Queue(WAITING)
    listener = logging.handlers.QueueListener(waiting, console, file, respect_handler_level=True)
    hand, root = _Hand(waiting, partial(_follow, redactor, console, file)), logging.getLogger()
    before = root.level
    root.addHandler(hand)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    listener.start()
    adopt(config)
    try:
        yield
    finally:
        root.removeHandler(hand)
        root.setLevel(before)
        listener.stop()
        for handler in (console, file):
            handler.close()


def adopt(config: LoggingConfig) -> None:
    """From now on these levels, and these things left out; the file and the style stay."""
    for hand in logging.getLogger().handlers:
        if isinstance(hand, _Hand) and hand.adopt is not None:
            hand.adopt(config)


def _follow(
    redactor: Redactor, console: logging.Handler, file: logging.Handler, config: LoggingConfig
) -> None:
    root = logging.getLogger()
    console.setLevel(_LEVELS[config.console_level])
    file.setLevel(_LEVELS[config.level])
    root.setLevel(min(console.level, file.level))
    patterns = config.redact_sensitive != "off"
    for expression in redactor.configure(patterns=patterns, own=config.redact_patterns):
        root.warning("logging.redactPatterns: %r is not a regular expression; it is ignored", expression)


def _file(config: LoggingConfig, default: Path, redactor: Redactor) -> logging.Handler:
    path = Path(config.file).expanduser() if config.file else default
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _File(path, maxBytes=MAX_BYTES, backupCount=FILES - 1, delay=True)
    handler.setFormatter(Formatter(redactor, as_json))
    return handler


def _console(config: LoggingConfig, redactor: Redactor, *, color: bool) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    if config.console_style == "json":
        handler.setFormatter(Formatter(redactor, as_json))
    else:
        readable = Readable(color=color and sys.stderr.isatty(), moment=config.console_style == "pretty")
        handler.setFormatter(Formatter(redactor, readable))
    return handler


Facts = dict[str, Any]
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest is what `extra=` added."""


class Formatter(logging.Formatter):
    """A record as a few facts, cleaned of secrets and control characters, then as one line."""

    def __init__(self, redactor: Redactor, render: Callable[[Facts], str]) -> None:
        super().__init__()
        self._redactor = redactor
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        facts: Facts = {
            "time": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._cleaned(record.getMessage(), _EVENT),
        }
        for name, value in vars(record).items():
            if name not in _OWN:
                facts[name] = self._cleaned(value, _FIELD)
        if record.exc_info:
            traceback = self._redactor.clean(self.formatException(record.exc_info))
            facts["exception"] = printable(traceback, _TRACEBACK, lines=True)
        return self._render(facts)

    def _cleaned(self, value: Any, limit: int) -> Any:
        if isinstance(value, Mapping):
            return {printable(str(name), limit): self._cleaned(item, limit) for name, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._cleaned(item, limit) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        # First the whole text: a cut in the middle of a secret would leave a part that no pattern knows.
        text = value if isinstance(value, str) else repr(value)
        return printable(self._redactor.clean(text), limit)


def as_json(facts: Facts) -> str:
    return orjson.dumps(facts, option=orjson.OPT_NON_STR_KEYS).decode()


_COLORS = {
    "debug": "\x1b[2m",
    "info": "",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}


class Readable:
    def __init__(self, *, color: bool, moment: bool) -> None:
        self._color = color
        self._moment = moment

    def __call__(self, facts: Facts) -> str:
        rest = dict(facts)
        level, moment, words = rest.pop("level"), rest.pop("time"), rest.pop("event")
        logger = str(rest.pop("logger")).removeprefix("openclaw.")
        traceback = rest.pop("exception", "")
        line = f"{level:<8}{logger}: {words}" + "".join(f" {name}={value}" for name, value in rest.items())
        line = f"{moment[11:19]} {line}" if self._moment else line
        line = f"{line}\n{traceback}" if traceback else line
        color = _COLORS.get(level, "") if self._color else ""
        return f"{color}{line}\x1b[0m" if color else line
