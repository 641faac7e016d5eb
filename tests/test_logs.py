import io
import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import anyio
import pytest

from openclaw import logs
from openclaw.logs import Formatter, LoggingConfig, Readable, Redactor, as_json, logging_to, printable

logger = logging.getLogger("openclaw.somewhere")


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """The library loggers' levels are the process's; tests after these get them back."""
    before = {name: logging.getLogger(name).level for name in logs._QUIET}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abcdefghijkl.mno", "Authorization: ***"),
        ("key sk-ant-api03-AAAAbbbbCCCC", "key ***"),
        (
            "POST https://api.telegram.org/bot8000001:AAH_x-yzAAH_x-yzAAH_x-yzAAH_x-yzAAH/sendMessage",
            "POST https://api.telegram.org/***/sendMessage",
        ),
        ("to bot8000001:TEST-token/getUpdates", "to ***/getUpdates"),
        ("account AC0123456789abcdef0123456789abcdef", "account ***"),
        ("https://ana:hunter2@example.org/x", "https://***@example.org/x"),
        ("GET /webhooks/salesmsg?token=hush&x=1", "GET /webhooks/salesmsg?***&x=1"),
        ("at 12:30, 3 of 5 for +12015550123", "at 12:30, 3 of 5 for +12015550123"),
        ("Skill weather; accounts: 12", "Skill weather; accounts: 12"),
    ],
)
def test_what_looks_like_a_secret_is_not_written(redactor: Redactor, text: str, clean: str) -> None:
    assert redactor.clean(text) == clean


def test_a_known_secret_is_not_written_in_any_of_its_spellings(redactor: Redactor) -> None:
    redactor.add("pa/ss wo'rd")
    redactor.add("short")

    assert redactor.clean("pa/ss wo'rd pa%2Fss%20wo%27rd short") == "*** *** short"
    redactor.configure(patterns=False)
    assert redactor.clean("pa/ss wo'rd, Bearer abcdefghijkl") == "***, Bearer abcdefghijkl"


def test_patterns_of_the_owners_own_are_used_or_told(redactor: Redactor) -> None:
    assert redactor.configure(patterns=True, own=("ticket-[0-9]+", "(")) == ["("]
    assert redactor.clean("ticket-42 sk-ant-api03-AAAAbbbb") == "*** ***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a\\nb c"),
        ("\x1b[31mred\x00", "\\x1b[31mred\\x00"),
        ("x\u202ey\u2028z", "x�y�z"),
        ("x" * 12, "xxxxxxxxxx… (2 more)"),
    ],
)
def test_a_field_is_one_short_line_of_printable_characters(text: str, shown: str) -> None:
    assert printable(text, 10) == shown


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"msg": message, "name": "openclaw.web.control", "levelname": "INFO", "created": 1e9}
    )
    vars(made).update(extra)
    return made


def test_a_json_line_carries_the_facts_and_cuts_the_long_ones(redactor: Redactor) -> None:
    redactor.add("hush-hush-hush")
    made = record("hello hush-hush-hush", trace="t_1", header="x" * 1000, facts={"a": ["hush-hush-hush", 5]})

    line = json.loads(Formatter(redactor, as_json).format(made))

    assert line["time"] == "2001-09-09T01:46:40.000Z"
    assert (line["level"], line["logger"], line["event"]) == ("info", "openclaw.web.control", "hello ***")
    assert (line["trace"], line["facts"]) == ("t_1", {"a": ["***", 5]})
    assert line["header"].endswith("… (744 more)")


def test_a_secret_cut_by_the_limit_does_not_show_its_beginning(redactor: Redactor) -> None:
    redactor.add("hush-hush-hush")

    line = Formatter(redactor, as_json).format(record("x", header="y" * 250 + "hush-hush-hush"))

    assert "hush" not in line


def test_a_traceback_keeps_its_lines_and_loses_its_secrets(redactor: Redactor) -> None:
    redactor.add("hush-hush-hush")
    try:
        raise ValueError("hush-hush-hush")
    except ValueError as error:
        made = record("failed", exc_info=(ValueError, error, error.__traceback__))

    text = Formatter(redactor, Readable(color=False, moment=True)).format(made)

    assert text.startswith("01:46:40 info    web.control: failed\nTraceback")
    assert text.endswith("ValueError: ***")


def test_colours_are_there_only_when_wanted(redactor: Redactor) -> None:
    warning = record("careful", levelname="WARNING")

    assert "\x1b[33m" in Formatter(redactor, Readable(color=True, moment=False)).format(warning)
    plain = Formatter(redactor, Readable(color=False, moment=False)).format(warning)
    assert plain == "warning web.control: careful"


def test_lines_are_written_off_the_loop_to_a_private_file(
    tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    path = tmp_path / "logs" / "gateway.log"

    async def work() -> None:
        logger.info("one %s", {"two": 3})
        logger.warning("two")
        try:
            raise RuntimeError("three")
        except RuntimeError:
            logger.exception("failed")
        logging.getLogger("httpx").info("GET https://example.org/bot1:secret")

    with logging_to(LoggingConfig(console_level="warn"), path, redactor, color=False):
        anyio.run(work)

    assert [line["event"] for line in lines(path)] == ["one {'two': 3}", "two", "failed"]
    assert "RuntimeError: three" in lines(path)[2]["exception"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stderr.getvalue().count("\n") > 2
    assert "one" not in stderr.getvalue()


def test_an_unusable_pattern_is_told_in_the_log(tmp_path: Path, redactor: Redactor) -> None:
    with logging_to(LoggingConfig(redact_patterns=("(",)), tmp_path / "x.log", redactor, color=False):
        pass

    assert "logging.redactPatterns: '('" in lines(tmp_path / "x.log")[0]["event"]


def test_another_config_holds_for_what_is_written_from_then_on(tmp_path: Path, redactor: Redactor) -> None:
    path = tmp_path / "gateway.log"
    with logging_to(LoggingConfig(level="warn", console_level="error"), path, redactor, color=False):
        logger.debug("too much")
        logs.adopt(LoggingConfig(level="debug", console_level="error", redact_patterns=("hush.", "(")))
        logger.debug("of interest, hush1")

    messages = [line["event"] for line in lines(path)]
    assert [text for text in messages if text.startswith(("too", "of"))] == ["of interest, ***"]
    assert any("is not a regular expression" in text for text in messages)
    logs.adopt(LoggingConfig())  # nobody writes any more


def test_the_file_is_rotated_and_stays_private(
    tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 2000)
    path = tmp_path / "x.log"

    with logging_to(LoggingConfig(console_level="silent"), path, redactor, color=False):
        for number in range(200):
            logger.info("line %d", number)

    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.log", *(f"x.log.{n}" for n in range(1, 5))]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    assert lines(path)[-1]["event"] == "line 199"


def test_a_full_queue_loses_lines_and_says_how_many() -> None:
    waiting: Queue[logging.LogRecord] = Queue(2)
    hand = logs._Hand(waiting)
    for number in range(5):
        hand.handle(record(f"line {number}"))
    assert [waiting.get().getMessage() for _ in range(2)] == ["line 0", "line 1"]

    hand.handle(record("line 5"))

    assert waiting.get().getMessage().startswith("3 log lines were lost")
    assert waiting.get().getMessage() == "line 5"


def test_a_disk_that_takes_nothing_costs_only_the_lines(
    tmp_path: Path, redactor: Redactor, capsys: pytest.CaptureFixture[str]
) -> None:
    config = LoggingConfig(file="/dev/full", console_level="silent")

    with logging_to(config, tmp_path / "x.log", redactor, color=False):
        logger.info("lost")

    assert capsys.readouterr().err == ""
