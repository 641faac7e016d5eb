"""Pictures in a request: which of them are shown, and what stands in their place when they are not."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from openclaw.llm.chat import Message, ModelError, Reply, Request
from openclaw.types.conversation import Picture, ToolResult

logger = logging.getLogger(__name__)

Shown = Mapping[Picture, bytes]
"""In base64."""
NOTHING: Shown = MappingProxyType({})
MOST, STEP = 20, 10
"""Of more than twenty, providers take only smaller ones. The older go in steps: each step costs the cached prefix."""
MOST_BYTES = 20 << 20
"""Of base64; providers take 32 MB in all."""
REMEMBERED = 256


def pictures_in(message: Message) -> Iterator[Picture]:
    for block in message.blocks:
        if isinstance(block, Picture):
            yield block
        elif isinstance(block, ToolResult):
            yield from block.pictures


def has_pictures(message: Message) -> bool:
    return next(pictures_in(message), None) is not None


def in_words(picture: Picture) -> str:
    return f"[a picture that is not shown here: {picture.path}]"


def newest(messages: Iterable[Message]) -> list[Picture]:
    """Those that may be shown, in their order, each once."""
    found = list(dict.fromkeys(picture for message in messages for picture in pictures_in(message)))
    excess = len(found) - MOST
    return found[-(-excess // STEP) * STEP :] if excess > 0 else found


class Sight:
    """What one client has learnt about the pictures its models are shown."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, frozenset[Picture]]] = set()

    async def ask(self, request: Request, ask: Callable[[Shown], Awaitable[Reply]]) -> Reply:
        """A model that does not take the pictures is asked once more without: one must not end a conversation."""
        shown = await _loaded(request)
        tried = (request.model, frozenset(shown))
        if not shown or tried in self._refused:
            return await ask(NOTHING)
        try:
            return await ask(shown)
        except ModelError as error:
            if error.fault != "invalid":
                raise
            refusal = error
        try:
            reply = await ask(NOTHING)
        except ModelError:
            raise refusal from None
        logger.warning("%s; it was asked without the %d pictures", refusal, len(shown))
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        self._refused.add(tried)
        return reply


async def _loaded(request: Request) -> Shown:
    wanted = newest(request.messages)
    if not wanted or request.album is None:
        return NOTHING
    loaded = await request.album.load(wanted)
    fitting: dict[Picture, bytes] = {}
    room = MOST_BYTES
    for picture in reversed(wanted):
        data = loaded.get(picture)
        if data is not None and len(data) <= room:
            fitting[picture] = data
            room -= len(data)
    return fitting
