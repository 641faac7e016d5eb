"""What a request says, as entries of a conversation. Pure."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from openclaw.sessions.lines import encode_all
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Entry,
    Picture,
    Provenance,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from openclaw.web.openai.faults import ApiError

SENDER = "webchat:operator"
ELSEWHERE = "openai/elsewhere"
"""The model of what somebody else's assistant said."""
BROUGHT: Provenance = "web"
"""Nobody knows whose words a program's tools found: the careful reading is anybody's."""
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Instructed:
    text: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A picture as the request holds it."""

    url: str
    param: str


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    name: str = ""
    enclosed: tuple[Enclosed, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """Those of `enclosed` once they are kept."""


@dataclass(frozen=True, slots=True)
class Answered:
    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Resulted:
    call_id: str
    content: str
    param: str = "messages"


Said = Instructed | Asked | Answered | Resulted


@dataclass(frozen=True, slots=True)
class Talk:
    """What is new to us of a request."""

    words: str
    """The newest; empty where the newest is more than words, or results alone."""
    lines: str
    """What stands before them, and all that is more than words, as lines of a transcript."""
    instructions: str


def called(call_id: str, name: str, arguments: str) -> ToolCall:
    """Of a request's own past. Providers refuse ids with other characters than these."""
    try:
        parsed = orjson.loads(arguments or "{}")
        orjson.dumps([[[[parsed]]]])  # nested deeper than it can be written down
    except (orjson.JSONDecodeError, TypeError):
        parsed = None
    whole = isinstance(parsed, dict)
    return ToolCall(tidy(call_id), name, parsed if whole else {}, "" if whole else arguments[:1000])


def tidy(call_id: str) -> str:
    return _NOT_IN_IDS.sub("_", call_id)[:64]


def talk(said: Sequence[Said], *, known: bool, seed: str, now: int) -> Talk:
    """`known`: what was said before the last answer is in our session. Raises ApiError.

    `seed`: makes the entries' ids others than those of the same words in another request.
    """
    instructions = "\n\n".join(
        each.text for each in said if isinstance(each, Instructed) and each.text.strip()
    )
    spoken = [each for each in said if not isinstance(each, Instructed)]
    if not spoken or isinstance(spoken[-1], Answered):
        raise ApiError(400, "the last message must be the user's or a tool's", param="messages")
    if known:
        last = max((place for place, each in enumerate(spoken) if isinstance(each, Answered)), default=-1)
        spoken = spoken[last + 1 :]
    else:
        _check_pairs(spoken)
    newest = spoken[-1]
    if not isinstance(newest, Asked) or newest.pictures:
        return Talk("", encode_all(list(_entries(spoken, seed, now))), instructions)
    if not newest.text.strip():
        raise ApiError(400, "the newest message is empty", param="messages")
    return Talk(newest.text, encode_all(list(_entries(spoken[:-1], seed, now))), instructions)


def _check_pairs(spoken: Sequence[Said]) -> None:
    """Providers refuse a call without its result, and a result without its call."""
    open_calls: set[str] = set()
    for each in spoken:
        match each:
            case Resulted():
                if each.call_id not in open_calls:
                    raise ApiError(400, f"no call {each.call_id!r:.100} waits for a result", param=each.param)
                open_calls.discard(each.call_id)
            case Answered() | Asked():
                _check_answered(open_calls)
                open_calls = {call.id for call in each.calls} if isinstance(each, Answered) else set()
            case _:
                pass
    _check_answered(open_calls)


def _check_answered(open_calls: set[str]) -> None:
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        raise ApiError(400, f"these calls have no result behind them: {missing}", param="messages")


def _entries(spoken: Sequence[Said], seed: str, now: int) -> Iterator[Entry]:
    """Each id depends on all that was said before: the same beginning is the same to the provider's cache."""
    chain, results = hashlib.sha256(seed.encode()), list[ToolResult]()
    for place, each in enumerate(spoken):
        chain.update(repr(each).encode("utf-8", "replace"))
        name = f"m_{chain.hexdigest()[:24]}"
        match each:
            case Resulted():
                results.append(ToolResult(each.call_id, each.content, provenance=BROUGHT))
                if place + 1 == len(spoken) or not isinstance(spoken[place + 1], Resulted):
                    yield ToolMessage(name, now, tuple(results))
                    results = []
            case Asked() if each.text.strip() or each.pictures:
                yield UserMessage(name, now, each.text, SENDER, "owner", "", each.name, each.pictures)
            case Answered() if blocks := _blocks(each):
                yield AssistantMessage(name, now, blocks, ELSEWHERE)
            case _:
                pass


def _blocks(answered: Answered) -> tuple[Block, ...]:
    text: tuple[Block, ...] = (Text(answered.text),) if answered.text.strip() else ()
    return (*text, *answered.calls)
