"""One request to one model over a socket."""

from collections.abc import Awaitable, Callable

from openclaw.llm.chat import ChatModel, Delta, Reply, Request
from tests.fake.http import Answer, FakeServer, HttpRequest


class RawServer(FakeServer):
    """Answers every request in the way that the test says."""

    def __init__(self, play: Callable[[Answer], Awaitable[None]]) -> None:
        super().__init__()
        self._play = play

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        await self._play(answer)


async def ask(model: ChatModel, request: Request) -> tuple[Reply, list[Delta]]:
    deltas: list[Delta] = []

    async def see(delta: Delta) -> None:
        deltas.append(delta)

    return await model.ask(request, see), deltas
