"""A run as it is told, on the terminal: the answer while it comes, a dim line for every tool call."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from openclaw.cli.meanwhile import Meanwhile, of_tool, of_work
from openclaw.cli.tables import printable, printable_text
from openclaw.types.errors import OpenClawError

MAX_ARGUMENTS = 100


class RunFailedError(OpenClawError):
    """The run ended without an answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    text: str
    payload: Mapping[str, Any]


def stopped(answer: Mapping[str, Any], *, quiet: bool) -> Told:
    """A word for stopping begins no run."""
    text = f"Stopped: {len(answer['runIds'])}." if answer["aborted"] else "Nothing was under way."
    if not quiet:
        click.echo(text)
    return Told(text, answer)


class Telling:
    """Sees `agent` and `chat` events until the run has ended."""

    def __init__(self, run_id: str, *, quiet: bool = False) -> None:
        self._run_id = run_id
        self._quiet = quiet
        self._written = ""
        """What of the present reply stands on the terminal already."""
        self._fresh_line = True
        self._meanwhile = Meanwhile(quiet=quiet)
        self._session: object = None
        """The full key, once something of the run was told."""

    def see(self, name: str, payload: Mapping[str, Any]) -> Told | None:
        """The end, when this was it. Raises RunFailedError."""
        if name == "work":
            if payload.get("sessionKey") in {None, self._session}:
                self._wait(of_work(payload), over=payload.get("phase") == "ended")
            return None
        if payload.get("runId") != self._run_id:
            return None
        self._session = payload.get("sessionKey")
        if name == "agent":
            self._progress(str(payload["stream"]), payload["data"])
            return None
        match payload.get("state"):
            case "final":
                return self._end(payload)
            case "error":
                self._line_break()
                raise RunFailedError(
                    str(payload.get("errorMessage") or "the run failed; see: openclaw trace last")
                )
            case _:
                return None

    def _progress(self, stream: str, data: Mapping[str, Any]) -> None:
        if stream == "lifecycle" and data.get("phase") == "paused":
            self._line_break()
            raise RunFailedError(str(data.get("text") or data.get("reason") or "no model answers for now"))
        if stream == "assistant" and data.get("replace"):
            self._line_break()
        elif stream == "assistant":
            self._write(str(data["delta"]))
        elif stream == "tool" and data.get("phase") == "start":
            self._line_break()
            self._note(f"· {data['name']} {_short(data.get('args') or {})}")
        elif stream == "tool" and data.get("phase") == "update":
            self._wait(of_tool(data))
        elif stream == "tool" and data.get("isError"):
            self._line_break()
            self._note(f"  {data['name']} failed")

    def _wait(self, words: str, *, over: bool = False) -> None:
        """Never into the middle of a line that is being written."""
        if over:
            self._meanwhile.clear()
        elif self._fresh_line:
            self._meanwhile.say(words)

    def _end(self, payload: Mapping[str, Any]) -> Told:
        self._meanwhile.clear()
        message: Mapping[str, Any] = payload.get("message") or {"content": []}
        text = "".join(block.get("text", "") for block in message["content"])
        if text.strip() != self._written.strip():
            # Events are dropped for a slow reader, and some answers are never streamed: the final text counts.
            goes_on = text.startswith(self._written)
            missing = text[len(self._written) :] if goes_on else text
            if not goes_on:
                self._line_break()
            self._write(missing)
        self._line_break()
        return Told(text, payload)

    def _write(self, text: str) -> None:
        if self._quiet or not text:
            return
        self._meanwhile.clear()
        click.echo(printable_text(text), nl=False)
        self._written += text
        self._fresh_line = text.endswith("\n")

    def _line_break(self) -> None:
        self._meanwhile.clear()
        if not self._quiet and not self._fresh_line:
            click.echo()
        self._fresh_line = True
        self._written = ""

    def _note(self, text: str) -> None:
        # On stderr, so that what is piped on is the answer alone.
        if not self._quiet:
            click.echo(click.style(printable(text), dim=sys.stderr.isatty()), err=True)


def _short(arguments: Mapping[str, Any]) -> str:
    text = json.dumps(arguments, ensure_ascii=False)
    return text if len(text) <= MAX_ARGUMENTS else text[: MAX_ARGUMENTS - 1] + "…"
