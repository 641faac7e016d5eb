"""Links in answers to the owner: what the model knows can leave with the address that it makes up. Pure.

Once the words of others are in a conversation, a link of an answer can be followed only as it was read there. Any
other one stays to be read, and takes a deliberate hand to be followed. Code is left as it is: nobody's chat makes a
link of it.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from openclaw.agent.taint import FOREIGN, provenances
from openclaw.types.conversation import AssistantMessage, Entry, ToolCall, ToolMessage, UserMessage
from openclaw.types.messages import Role

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,20}:)//(?P<rest>[^\s<>\"'`\\^{}|\[\]]+)"
    r"|(?<![\w@/.-])(?P<bare>(?:[\w-]+\.)+[a-z]{2,24})(?P<path>(?::\d+)?[/?#][^\s<>\"'`\\^{}|\[\]]+)",
    re.IGNORECASE,
)
_MARKS = ".,;:!?)*_~"
"""Behind an address they may be the sentence's."""
_WEB_TOOLS = frozenset({"web_search", "web_fetch"})


def tamed(text: str, role: Role, heard: Sequence[Entry], system: Callable[[], str] = str) -> str:
    """`heard`: the whole conversation. `system`: what the owner's own files say, asked for only where it counts."""
    if _ADDRESS.search(text) is None or not is_tame(role, heard):
        return text
    return tamer(heard, system)(text)


def is_tame(role: Role, heard: Sequence[Entry]) -> bool:
    """Whether answers in this conversation are looked through at all."""
    return role == "owner" and bool(provenances(heard) & FOREIGN)


def tamer(heard: Sequence[Entry], system: Callable[[], str] = str) -> Callable[[str], str]:
    """For several pieces of one answer: the conversation is gone through once, and only for an address."""

    @cache
    def known() -> frozenset[str]:
        return frozenset(
            address for words in (system(), *_read(heard)) for match in _ADDRESS.finditer(words)
            for address in (match[0], match[0].rstrip(_MARKS))
        )  # fmt: skip

    return lambda text: _tame(text, known()) if _ADDRESS.search(text) else text


def _tame(text: str, known: frozenset[str]) -> str:
    pieces: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        pieces += [_without_links(text[end : code.start()], known), code[0]]
        end = code.end()
    return "".join((*pieces, _without_links(text[end:], known)))


def _without_links(text: str, known: frozenset[str]) -> str:
    def one(match: re.Match[str]) -> str:
        if match[0].rstrip(_MARKS) in known:
            return match[0]
        if match["scheme"] is None:
            return f"{_dotted(match['bare'])}{match['path']}"
        host, slash, path = match["rest"].partition("/")
        return f"{match['scheme'].replace('http', 'hxxp')}//{_dotted(host)}{slash}{path}"

    return _ADDRESS.sub(one, text)


def _dotted(host: str) -> str:
    return host.replace(".", "[.]")


def _read(heard: Iterable[Entry]) -> Iterator[str]:
    """What people have said and the web has answered, but for what a call itself had put into it."""
    calls: Mapping[str, ToolCall] = {}
    for entry in heard:
        match entry:
            case UserMessage():
                yield entry.text
            case AssistantMessage():
                calls = {call.id: call for call in entry.calls}
            case ToolMessage():
                for result in entry.results:
                    call = calls.get(result.call_id)
                    if call is not None and not result.failed and _asks_the_web(call.name):
                        yield from _not_asked_for(result.content, json.dumps(dict(call.arguments)))
            case _:
                pass


def _asks_the_web(tool: str) -> bool:
    return tool in _WEB_TOOLS or tool.startswith("mcp__")


def _not_asked_for(content: str, asked: str) -> Iterator[str]:
    for match in _ADDRESS.finditer(content):
        if match[0].rstrip(_MARKS) not in asked:
            yield match[0]
