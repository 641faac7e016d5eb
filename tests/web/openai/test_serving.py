import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from openclaw.bus import Bus
from openclaw.types.errors import OpenClawError, StorageFullError
from openclaw.types.events import ReplyWithdrawn, TextDelta, TurnFinished
from openclaw.web.desk import Question, UnknownKeyError
from openclaw.web.openai.completions import Completion
from openclaw.web.openai.serving import ALIVE, DEPTH, RunResponse
from tests.web.fake_house import MAIN, FakeDesk, FakeHouse

Script = Callable[[FakeDesk, str], Awaitable[None]]
QUESTION = Question("r1", "hi", MAIN)


class Line:
    """A client's connection, until it hangs up."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.gone = anyio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await anyio.lowlevel.checkpoint()
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def words(self) -> str:
        events = [text.removeprefix("data: ") for text in self.body.decode().split("\n\n") if text[:1] == "d"]
        choices = [json.loads(text)["choices"][0] for text in events if text != "[DONE]"]
        return "".join(choice["delta"].get("content", "") for choice in choices)


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def line() -> Line:
    return Line()


def says(*words: str, error: str = "") -> Script:
    async def script(desk: FakeDesk, run_id: str) -> None:
        for word in words:
            await desk.bus.publish(TextDelta(run_id, MAIN, word))
        await desk.bus.publish(TextDelta("another", MAIN, "not for you"))
        await desk.end(run_id, "".join(words), error=error)

    return script


async def ask(house: FakeHouse, line: Line, *, stream: bool, alive: float = 10.0) -> None:
    response = RunResponse(house, QUESTION, Completion("c", 7, "m"), stream=stream)
    response.alive_seconds = alive
    with anyio.fail_after(5):
        await response({"type": "http"}, line.receive, line.send)


async def test_the_answer_comes_whole_when_the_run_has_ended(house: FakeHouse, line: Line) -> None:
    house.desk.reply = says("It is ", "open.")

    await ask(house, line, stream=False)

    assert line.status == 200
    assert json.loads(line.body)["choices"][0]["message"]["content"] == "It is open."
    assert house.desk.questions == [QUESTION]


async def test_or_piece_by_piece(house: FakeHouse, line: Line) -> None:
    house.desk.reply = says("It is ", "open.")

    await ask(house, line, stream=True)

    assert (line.status, line.words) == (200, "It is open.")
    assert dict(line.sent[0]["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert line.body.endswith(b"data: [DONE]\n\n")
    assert line.sent[-1]["more_body"] is False


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("failing", "status"),
    [
        (UnknownKeyError("there is no agent 'x'"), 404),
        (StorageFullError("the disk is full"), 503),
        (OpenClawError("our mistake"), 500),
    ],
)
async def test_what_cannot_be_asked_has_its_status(
    house: FakeHouse, line: Line, stream: bool, failing: Exception, status: int
) -> None:
    house.desk.failing = failing

    await ask(house, line, stream=stream)

    assert line.status == status
    assert json.loads(line.body)["error"]["message"] in {str(failing), str(failing.args[0])}


@pytest.mark.parametrize("stream", [False, True])
async def test_a_run_that_fails_before_its_first_word_has_its_status(
    house: FakeHouse, line: Line, stream: bool
) -> None:
    house.desk.reply = says(error="model_unavailable")

    await ask(house, line, stream=stream)

    assert (line.status, json.loads(line.body)["error"]["code"]) == (503, "model_unavailable")


async def test_a_stream_that_fails_later_says_so_in_the_stream(house: FakeHouse, line: Line) -> None:
    house.desk.reply = says("It is ", error="internal_error")

    await ask(house, line, stream=True)

    assert line.status == 200
    *_, last, rest = line.body.decode().split("\n\n")
    assert (json.loads(last.removeprefix("data: "))["error"]["code"], rest) == ("internal_error", "")
    assert line.sent[-1]["more_body"] is False


@pytest.mark.parametrize("text", ["The model is away.", ""])
async def test_nobody_waits_for_a_run_that_pauses(house: FakeHouse, line: Line, text: str) -> None:
    async def pauses(desk: FakeDesk, run_id: str) -> None:
        await desk.bus.publish(TurnFinished(run_id, MAIN, "paused", text))

    house.desk.reply = pauses

    await ask(house, line, stream=True)

    assert (line.status, json.loads(line.body)["error"]["code"]) == (503, "paused")
    assert house.desk.left == ["r1"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_hangs_up_leaves_its_run(house: FakeHouse, line: Line, stream: bool) -> None:
    async def hang_up(desk: FakeDesk, run_id: str) -> None:
        await desk.bus.publish(TextDelta(run_id, MAIN, "It is "))
        line.gone.set()

    house.desk.reply = hang_up

    await ask(house, line, stream=stream)

    assert house.desk.left == ["r1"]
    assert not any(b"[DONE]" in message.get("body", b"") for message in line.sent)


async def test_a_client_that_reads_too_slowly_is_told_the_end(house: FakeHouse, line: Line) -> None:
    async def hurries(desk: FakeDesk, run_id: str) -> None:
        for _ in range(DEPTH + 10):
            await desk.bus.publish(TextDelta(run_id, MAIN, "x"))
        await desk.end(run_id, "x" * (DEPTH + 10))

    house.desk.reply = hurries

    await ask(house, line, stream=True)

    assert line.words == "x" * (DEPTH + 10)


async def test_an_end_that_was_missed_is_found(house: FakeHouse, line: Line) -> None:
    async def hurries(desk: FakeDesk, run_id: str) -> None:
        await desk.end(run_id, "Yes.")
        for _ in range(DEPTH + 1):
            await desk.bus.publish(ReplyWithdrawn("another", MAIN))

    house.desk.reply = hurries

    await ask(house, line, stream=False)

    assert json.loads(line.body)["choices"][0]["message"]["content"] == "Yes."


async def test_a_long_silence_is_filled(house: FakeHouse, line: Line) -> None:
    async with anyio.create_task_group() as group:

        async def answer_when_alive() -> None:
            while ALIVE not in line.body:
                await anyio.lowlevel.checkpoint()
            await house.desk.end("r1", "Yes.")

        group.start_soon(answer_when_alive)
        await ask(house, line, stream=True, alive=0.001)

    assert line.words == "Yes."
    assert line.body.index(ALIVE) < line.body.index(b"Yes.")


async def test_the_bus_is_left(house: FakeHouse, line: Line) -> None:
    house.desk.reply = says("Yes.")

    await ask(house, line, stream=False)

    assert isinstance(house.bus, Bus)
    assert not any(house.bus._subscriptions.values())
