"""The pictures of conversations, read from the state directory once and kept for the next request."""

import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio.to_thread

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.pictures import MOST_BYTES
from openclaw.agent.tools.files.place import Territory
from openclaw.types.conversation import Picture

BYTES = 32 << 20
"""Of base64."""
FOLDER = "media"


class StateAlbum:
    """Satisfies `llm.chat.Album`."""

    def __init__(self, state: Path, budget: int = BYTES) -> None:
        self._ground = Territory(state)
        self._budget = budget
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    async def load(self, pictures: Sequence[Picture]) -> Mapping[Picture, bytes]:
        found = {picture: self._kept[picture.path] for picture in pictures if picture.path in self._kept}
        missing = [picture for picture in pictures if picture not in found]
        if missing:
            found |= await anyio.to_thread.run_sync(self._read, missing)
        for picture, data in found.items():
            self._keep(picture.path, data)
        return found

    def _keep(self, path: str, data: bytes) -> None:
        if path not in self._kept:
            self._size += len(data)
        self._kept[path] = data
        self._kept.move_to_end(path)
        while self._size > self._budget:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped)

    def _read(self, pictures: Sequence[Picture]) -> dict[Picture, bytes]:
        found = {}
        for picture in pictures:
            try:
                path = self._ground.place(picture.path)
                if path.parts[:1] == (FOLDER,):
                    content = Beneath(path.root).read(path, MOST_BYTES)
                    found.update({picture: base64.b64encode(content.data)} if content.whole else {})
            except ToolError:
                # Gone, or never there: the request tells it in words.
                continue
        return found
