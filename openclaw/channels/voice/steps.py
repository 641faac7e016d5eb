"""Where a call goes on: each address that we give out is good for one call, one turn of it, one purpose. Pure."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlencode

StepName = Literal["heard", "wait", "forwarded"]
_NAMES = frozenset(get_args(StepName))
_LARGEST = 10**12


@dataclass(frozen=True, slots=True)
class Step:
    name: StepName
    turn: int
    began_at: int
    """When the call began, in seconds since 1970: it outlives us in the address."""


def step_key(auth_token: str) -> bytes:
    """The same after a restart, and of no use for signing requests."""
    return hmac.new(auth_token.encode(), b"openclaw voice steps", hashlib.sha256).digest()


def query_of(step: Step, sid: str, key: bytes) -> str:
    token = _token(step, sid, key)
    return urlencode({"step": step.name, "turn": step.turn, "at": step.began_at, "token": token})


def read_step(query: Mapping[str, str], sid: str, key: bytes) -> Step | None:
    """None for a request that names no step of this call's."""
    name, turn, at = query.get("step", ""), _whole(query.get("turn")), _whole(query.get("at"))
    if name not in _NAMES or turn is None or at is None:
        return None
    step = Step(name, turn, at)  # type: ignore[arg-type]  # it is one of the names
    shown = query.get("token", "").encode("utf-8", "replace")
    return step if hmac.compare_digest(_token(step, sid, key).encode(), shown) else None


def _token(step: Step, sid: str, key: bytes) -> str:
    bound = f"{sid}\n{step.name}\n{step.turn}\n{step.began_at}".encode()
    return urlsafe_b64encode(hmac.new(key, bound, hashlib.sha256).digest()[:18]).decode()


def _whole(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 12:
        return None
    return min(int(text), _LARGEST)
