"""A program that is asked for a secret: no shell, a group of its own, seconds to answer, few words. Blocks."""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openclaw.types.errors import SecretError

SECONDS = 5.0
MAX_BYTES = 64 * 1024
_LONGEST_QUOTE = 200

_PASSED = re.compile(r"(PATH|HOME|USER|LOGNAME|LANG|TMPDIR|DBUS_SESSION_BUS_ADDRESS|XDG_\w+|OP_\w+)$")
"""The programs' own variables; the others may be secrets that are no business of theirs."""


def passed(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if _PASSED.match(name)}


@dataclass(frozen=True, slots=True)
class Order:
    command: Sequence[str]
    reference: str
    """What is asked for, as messages name it."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """All that the program gets."""
    told: bytes = field(default=b"", repr=False)
    """Its standard input; less than a pipe holds."""
    seconds: float | None = None
    """None: `SECONDS`."""
    max_bytes: int = MAX_BYTES
    quoted: bool = False
    """Whether what it complains of may be told: a program that we do not know may print anything there."""

    @property
    def name(self) -> str:
        return self.command[0]


def printed(order: Order) -> str:
    """What the program prints, without the end of its line. Raises SecretError."""
    code, output, complaint = _run(order)
    if code != 0:
        said = (complaint.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
        # Who prints the secret before he fails may name it in his complaint too.
        why = said[:_LONGEST_QUOTE] if order.quoted and not output else f"exit code {code}"
        raise SecretError(f"{order.reference}: {order.name!r} failed ({why}). Try it by hand.")
    value = output.decode(errors="replace").removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(
            f"{order.reference}: {order.name!r} printed nothing. Check the item and its field.",
            state="missing",
        )
    return value


def _run(order: Order) -> tuple[int, bytes, bytes]:
    try:
        # In a group of its own: what the program has started must not outlive its time.
        process = subprocess.Popen(  # noqa: S603 - no shell, and the reference is one argument
            order.command,
            stdin=subprocess.PIPE if order.told else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(order.environ),
            start_new_session=True,
        )
    except OSError as error:
        raise SecretError(
            f"{order.reference}: the program {order.name!r} cannot be started ({error.strerror}). Install it."
        ) from error
    with process:
        try:
            _tell(process, order.told)
            output, complaint = _heard(process, order)
            return process.wait(), output, complaint
        finally:
            # Before it is waited for, so that the number is still its own.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _tell(process: "subprocess.Popen[bytes]", told: bytes) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(told)
            process.stdin.close()


def _heard(process: "subprocess.Popen[bytes]", order: Order) -> tuple[bytes, bytes]:
    """Both of its voices, until it falls silent. Raises SecretError for one that says too much or takes too long."""
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + (SECONDS if order.seconds is None else order.seconds)
    heard = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for voice in heard:
            selector.register(voice, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _too_slow(order)
            for key, _ in ready:
                voice = process.stdout if key.fileobj is process.stdout else process.stderr
                chunk = os.read(key.fd, 65_536)
                heard[voice] += chunk
                if not chunk:
                    selector.unregister(voice)
            if max(map(len, heard.values())) > order.max_bytes:
                raise SecretError(
                    f"{order.reference}: {order.name!r} printed more than {order.max_bytes // 1024} KiB."
                    " Check what it is asked for."
                )
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _too_slow(order) from None
    return bytes(heard[process.stdout]), bytes(heard[process.stderr])


def _too_slow(order: Order) -> SecretError:
    seconds = SECONDS if order.seconds is None else order.seconds
    return SecretError(
        f"{order.reference}: {order.name!r} did not answer within {seconds:g} s. Is it unlocked?",
        state="slow",
    )
