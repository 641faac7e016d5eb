"""The HTTP interface against its own description, by a program that looks for the places where they differ."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeTwilio, fetch

CONFIG = Path(__file__).parent / "schemathesis.toml"
BASES = ["https://texts.example.org"]


def config(twilio: FakeTwilio) -> dict[str, Any]:
    login = {"accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number}
    door = {"apiRoot": twilio.url, "publicWebhookUrls": BASES}
    return {"channels": {"sms": {**login, **door}, "voice": door}}


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server


async def test_every_answer_is_as_it_is_described(
    make_daemon: MakeDaemon, twilio: FakeTwilio, tmp_path: Path
) -> None:
    daemon = make_daemon(config(twilio))
    await daemon.start()
    bearer = {"authorization": f"Bearer {daemon.token}"}
    status, answer = await fetch("GET", f"{daemon.url}/openapi.json", headers=bearer)
    found = json.loads(answer)
    untold = [
        f"{method} {path}"
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
        if not operation["summary"]
    ]

    code, report = await searched(daemon, tmp_path)

    assert status == 200
    assert untold == [], "these routes have no row in openclaw/web/document/operations.py"
    assert code == 0, report[-8_000:]
    assert "generated" in report
    assert (await fetch("GET", f"{daemon.url}/healthz"))[0] == 200
    assert await daemon.stop() == 0


async def searched(daemon: Daemon, folder: Path) -> tuple[int, str]:
    """Exit code and report. All checks, with a fixed seed, so that the same tree gets the same requests."""
    # One worker: Python 3.11 cannot parse code in two threads at once, which its generators do.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color",
        "run", f"{daemon.url}/openapi.json", "--header", f"Authorization: Bearer {daemon.token}",
        "--max-examples", "1", "--seed", "1",
        cwd=folder, env={"PATH": os.defpath, "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
