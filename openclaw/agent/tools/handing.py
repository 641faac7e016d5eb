"""Calls of tools that run in the program that asks. Pure."""

from openclaw.types.conversation import AssistantMessage, ToolCall, ToolMessage, ToolResult

HANDED_OVER = "(This call was handed to the program that asked. Its result comes with a later message.)"
NOT_BEGUN = "not run: calls of the asking program's tools end the step; call it again if it is still needed"


def handed_over(message: AssistantMessage, client_tools: frozenset[str]) -> tuple[ToolCall, ...]:
    return tuple(call for call in message.calls if call.name in client_tools)


def closed(message: AssistantMessage, handed: tuple[ToolCall, ...], now: int) -> ToolMessage:
    """Nothing of the step is run here: what is called together may depend on each other.

    Every call gets its result at once, so that the conversation is whole even if the program never comes back.
    """
    results = tuple(
        ToolResult(call.id, HANDED_OVER) if call in handed else ToolResult(call.id, NOT_BEGUN, failed=True)
        for call in message.calls
    )
    return ToolMessage(f"{message.id}.results", now, results)
