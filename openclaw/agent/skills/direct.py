"""A skill's command that goes straight to a tool: the turn runs as always, and no model is asked."""

from collections.abc import Awaitable, Callable

from openclaw.agent.skills.commands import DirectCall
from openclaw.llm.chat import Delta, Message, OnDelta, Reply, Request
from openclaw.types.conversation import Text, ToolCall, ToolResult, Usage


class DirectModel:
    """Satisfies `agent.ports.Model`: first the call, then what it brought."""

    def __init__(self, call: DirectCall, call_id: str) -> None:
        """`call_id`: the same when the turn is taken up again."""
        self._call = call
        self._call_id = call_id

    @property
    def name(self) -> str:
        return f"skill/{self._call.skill}"

    async def ask(
        self, request: Request, on_delta: OnDelta, on_withdraw: Callable[[], Awaitable[None]]
    ) -> Reply:
        newest = request.messages[-1] if request.messages else Message("user", ())
        results = [block for block in newest.blocks if isinstance(block, ToolResult)]
        if not results:
            call = ToolCall(self._call_id, self._call.tool, self._call.arguments)
            return Reply((call,), "tool_use", Usage(), self.name)
        text = "\n\n".join(result.content.strip() for result in results)
        await on_delta(Delta("text", text))
        return Reply((Text(text),), "end", Usage(), self.name)
