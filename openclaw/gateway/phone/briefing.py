"""What a turn on the telephone is told besides: how short it must be, what was texted before, what else is going on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from openclaw.gateway.phone import echo, overlay
from openclaw.gateway.phone.bundle import Bundle
from openclaw.gateway.phone.dual import TEXTED
from openclaw.gateway.phone.threads import Threads, began_at, number_of
from openclaw.llm.chat import Request
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Entry

Prompt = Callable[[Sequence[Entry]], Request]


def is_confided(row: InboxRow) -> bool:
    """Whether it comes from an authorised number: it gets to know what the owner would, and has not his authority."""
    return row.role == "member" and bool(row.event.settings.get(echo.SETTING))


def capabilities(row: InboxRow) -> tuple[str, ...]:
    """In words, for texts."""
    richer = row.event.settings.get(overlay.SETTING)
    return overlay.instructions(str(richer)) if richer is not None else overlay.PLAIN


class PhoneBriefing:
    def __init__(self, threads: Threads, bundle: Bundle) -> None:
        self._threads = threads
        self._bundle = bundle

    async def history(
        self, row: InboxRow, history: Sequence[Entry], entry: Mapping[str, Any]
    ) -> Sequence[Entry]:
        """`entry`: the session's."""
        if not is_confided(row) or number_of(row.session_key) is None:
            return history
        return await self._threads.recent(row, history, began_at(str(entry.get("sessionId", ""))))

    async def beside(self, row: InboxRow, prompt: Prompt) -> Prompt:
        """With what else is going on behind the cached part of the request, the same for all steps of the turn."""
        parts = (
            await self._bundle.text(row) if is_confided(row) else "",
            await self._bundle.besides(row) if row.channel in TEXTED else "",
        )
        context = "\n\n".join(filter(None, parts))
        return (lambda entries: replace(prompt(entries), context=context)) if context else prompt
