"""The public door: how soon a text is acknowledged, quietly, beside forgeries, and among those who never finish."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from openclaw.channels.twilio.bases import Bases
from openclaw.channels.twilio.signature import Credentials, refusal
from openclaw.types.channel import WebhookRequest
from openclaw.types.secrets import Secret
from tests.bench import floors
from tests.bench.house import House, ground
from tests.bench.report import Figure
from tests.fakes import FakeTwilio, fetch

BASE = "https://texts.example.org"
FORM = "application/x-www-form-urlencoded"
A_SECOND = 50
SECONDS = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Door:
    house: House
    twilio: FakeTwilio

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.house.daemon.webhook_port}/sms"

    async def text(self, sender: str) -> float:
        """Milliseconds until it is acknowledged."""
        form = self.twilio.inbound("hello", sender=sender)
        shown, begun = self.twilio.signature(BASE + "/sms", form), time.monotonic()
        headers = {"content-type": FORM, "x-twilio-signature": shown}
        status, _ = await fetch("POST", self.url, body=urlencode(form).encode(), headers=headers)
        took = (time.monotonic() - begun) * 1000
        if status != 200:
            raise RuntimeError(f"a true text was answered by {status}")
        return took

    async def forge(self, number: int) -> None:
        body = urlencode(self.twilio.inbound(f"forged {number}", sender="+12015550177")).encode()
        await fetch("POST", self.url, body=body, headers={"content-type": FORM, "x-twilio-signature": "x"})


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    """Texts of strangers are kept and not answered: what is measured is the door, beside what they cause."""
    async with FakeTwilio() as twilio:
        sms = {
            "accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number,
            "apiRoot": twilio.url, "publicWebhookUrls": [BASE], "bootstrapTrust": False,
        }  # fmt: skip
        async with ground(channels={"sms": sms}) as house:
            await house.daemon.start()
            await twilio.wait_requests(1)
            found = Door(house, twilio)
            for number in range(20):
                await found.text(_sender(number))
            yield found


def _sender(number: int) -> str:
    return f"+1201555{number % 10_000:04d}"


async def acknowledgement() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as folder:
        commit = (await asyncio.to_thread(floors.committing, Path(folder), 300)).middle
    async with door() as quiet:
        cpu = quiet.house.cpu_ms()
        took = await steadily(A_SECOND, SECONDS, lambda number: quiet.text(_sender(number)))
        cpu = (quiet.house.cpu_ms() - cpu) / len(took)
    async with door() as stormy:
        beside = asyncio.create_task(steadily(200, SECONDS, stormy.forge))
        flooded = await steadily(A_SECOND, SECONDS, lambda number: stormy.text(_sender(number)))
        await beside
    note = "floor: three commits to the disk"
    return [
        Figure(
            f"a text acknowledged, {A_SECOND} a second", took, "ms", 3 * commit, 50,
            f"{p99(took)}; {cpu:.1f} ms of processor each, all that follows included; {note}",
        ),
        Figure("the same beside 200 forged ones a second", flooded, "ms", 3 * commit, 50, p99(flooded)),
    ]  # fmt: skip


async def steadily(a_second: int, seconds: int, do: Callable[[int], Awaitable[T]]) -> list[T]:
    """Begun at even intervals, whether those before have ended or not."""
    begun, under_way = time.monotonic(), list[asyncio.Task[T]]()
    for number in range(a_second * seconds):
        await asyncio.sleep(max(0.0, begun + number / a_second - time.monotonic()))
        under_way.append(asyncio.ensure_future(do(number)))
    return [await each for each in under_way]


def p99(took: list[float]) -> str:
    return f"p99 {sorted(took)[round(0.99 * (len(took) - 1))]:.1f} ms"


async def slow(count: int = 500, texts: int = 100) -> list[Figure]:
    figures = []
    head = b"POST /sms HTTP/1.1\r\nhost: a\r\nx-twilio-signature: x\r\ncontent-type: " + FORM.encode()
    whole = head + b"\r\ncontent-length: 1000000\r\n\r\n"
    for name, sent in (("headers", head), ("bodies", whole + b"Body=half"), ("bodies of 900 KB", whole)):
        async with door() as found, AsyncExitStack() as stack:
            before = found.house.memory_mib()
            for _ in range(count):
                await stack.enter_async_context(_half_sent(found, sent, 900_000 if sent is whole else 0))
            took = [await found.text(_sender(number)) for number in range(texts)]
            grown = found.house.memory_mib() - before
        note = f"{p99(took)}; {grown:.0f} MiB more"
        figures.append(
            Figure(f"a text acknowledged among {count} half-sent {name}", took, "ms", target=1000, note=note)
        )
    return figures


@asynccontextmanager
async def _half_sent(found: Door, sent: bytes, more: int) -> AsyncIterator[None]:
    _, writer = await asyncio.open_connection("127.0.0.1", found.house.daemon.webhook_port)
    writer.write(sent + b"x" * more)
    try:
        yield
    finally:
        writer.transport.abort()


async def signatures(times: int = 2000) -> list[Figure]:
    twilio = FakeTwilio()
    form = twilio.inbound("Did you book the dentist?", sender="+12015550123")
    known = [Credentials(twilio.account_sid, Secret(twilio.token))]
    bases = Bases((BASE, "https://srv1.example.org/openclaw"))

    def request(shown: str, body: bytes) -> WebhookRequest:
        return WebhookRequest("POST", "/sms", {"content-type": FORM, "x-twilio-signature": shown}, {}, body)

    body = urlencode(form).encode()
    true = request(twilio.signature(BASE + "/sms", form), body)
    long = request("x", b"Body=" + b"%C3%A9" * 20_000)

    def took(incoming: WebhookRequest, count: int) -> Iterator[float]:
        for _ in range(count):
            before = time.perf_counter()
            refusal(incoming, known, bases)
            yield (time.perf_counter() - before) * 1000

    return [
        Figure("a true signature, two public addresses", list(took(true, times)), "ms"),
        Figure("a forged one", list(took(request("x", body), times)), "ms", note="every address is tried"),
        Figure("a forged one over the longest form", list(took(long, 50)), "ms", note="120 KB of escapes"),
    ]
