"""The built-in model that answers while no model key is set, and drives the tool loop on request."""

import json
import re
from collections.abc import Sequence

from openclaw.llm.chat import ChatModel, Delta, Endpoint, Message, OnDelta, Reply, Request, StopReason
from openclaw.types.conversation import Text, ToolCall, ToolResult, Usage

_WRAPPED = re.compile(
    r'<<<EXTERNAL_UNTRUSTED_CONTENT id="(\w+)">>>\n[^\n]*\n(.*?)\n?<<<END_EXTERNAL_UNTRUSTED_CONTENT id="\1">>>',
    re.DOTALL,
)
_COMMAND = re.compile(r"/tool\b\s*(\S*)\s*(.*)", re.DOTALL)
_WORD = re.compile(r"\s*\S+\s*")
_ECHO_LIMIT = 500

NO_KEY = (
    "No model key is set, so this is the built-in offline model: it cannot think, but it can show that everything "
    "else works."
)
HOW_TO_SET = (
    "For real answers it needs a model's key: `openclaw onboard` asks for one and tries it. Or set ANTHROPIC_API_KEY "
    "in the environment that it is started in."
)
HOW_TO_TRY = "To try a tool: /tool NAME {json}"


class OfflineModel:
    async def ask(self, request: Request, on_delta: OnDelta) -> Reply:
        block = answer(request)
        if isinstance(block, Text):
            for word in _WORD.findall(block.text):
                await on_delta(Delta("text", word))
        stop: StopReason = "tool_use" if isinstance(block, ToolCall) else "end"
        return Reply((block,), stop, Usage(), f"offline/{request.model}")

    async def aclose(self) -> None:
        """Nothing is open."""


def answer(request: Request) -> Text | ToolCall:
    """Pure: the same conversation always gets the same answer."""
    newest = request.messages[-1] if request.messages else Message("user", ())
    results = [block for block in newest.blocks if isinstance(block, ToolResult)]
    if results:
        return Text("\n\n".join(_report(result, request.messages) for result in results))
    said = _newest_text(newest)
    command = _COMMAND.fullmatch(said)
    return _call(command[1], command[2], request) if command else Text(_echo(said, request))


def _newest_text(message: Message) -> str:
    texts = [block.text for block in message.blocks if isinstance(block, Text)]
    return _unwrapped(texts[-1]).strip() if texts else ""


def _unwrapped(text: str) -> str:
    """The last of what stands between markers, without its source line; all of it where there are none."""
    wrapped = _WRAPPED.findall(text)
    return str(wrapped[-1][1]) if wrapped else text


def _call(name: str, arguments: str, request: Request) -> Text | ToolCall:
    names = [tool.name for tool in request.tools]
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        return Text(f"There is no tool named {name!r}. The tools of this conversation: {known}.")
    try:
        given = json.loads(arguments or "{}")
    except ValueError as error:
        return Text(f"The arguments of /tool {name} are not JSON: {error}. Write /tool {name} {{…}}.")
    if not isinstance(given, dict):
        return Text(f"The arguments of /tool {name} must be a JSON object, as in /tool {name} {{}}.")
    return ToolCall(f"toolu_offline_{len(_calls(request.messages)) + 1}", name, given)


def _calls(messages: Sequence[Message]) -> list[ToolCall]:
    return [block for message in messages for block in message.blocks if isinstance(block, ToolCall)]


def _report(result: ToolResult, messages: Sequence[Message]) -> str:
    name = next((call.name for call in _calls(messages) if call.id == result.call_id), "The tool")
    return f"{name} {'failed' if result.failed else 'answered'}: {_unwrapped(result.content).strip()}"


def _echo(said: str, request: Request) -> str:
    understood = f"You said: “{_short(said)}”" if said else "Your message held no text."
    offers = [HOW_TO_TRY] if request.tools else []
    return "\n\n".join([NO_KEY, understood, HOW_TO_SET, *offers])


def _short(text: str) -> str:
    return text if len(text) <= _ECHO_LIMIT else f"{text[:_ECHO_LIMIT]}…"


class OfflineProvider:
    api = "offline"

    async def warm(self) -> None:
        """Nothing is slow."""

    async def open(self, endpoint: Endpoint) -> ChatModel:
        return OfflineModel()


provider = OfflineProvider()
