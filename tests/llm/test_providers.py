import logging
import tomllib
from pathlib import Path

import anyio
import pytest

from openclaw.llm.chat import ChatModel, Endpoint, OnDelta, Reply, Request
from openclaw.llm.providers import Clients, find_providers
from openclaw.types.conversation import Usage
from openclaw.types.secrets import Secret


class CountedModel:
    def __init__(self, closed: list[str], key: str) -> None:
        self._closed = closed
        self._key = key

    async def ask(self, request: Request, on_delta: OnDelta) -> Reply:
        return Reply((), "end", Usage(), "house/x")

    async def aclose(self) -> None:
        self._closed.append(self._key)


class CountingProvider:
    api = "counting"

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []

    async def warm(self) -> None: ...

    async def open(self, endpoint: Endpoint) -> ChatModel:
        key = endpoint.key.reveal()
        self.opened.append(key)
        await anyio.lowlevel.checkpoint()
        return CountedModel(self.closed, key)


def endpoint(key: str, **headers: str) -> Endpoint:
    return Endpoint("house", "http://127.0.0.1:1", Secret(key), headers)


def plugin(folder: Path, entry_points: str, code: str) -> None:
    info = folder / "openclaw_house-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: openclaw-house\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    (folder / "openclaw_house.py").write_text(code)


def test_a_stranger_s_provider_is_found_like_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "class P:\n    api = 'house-messages'\nprovider = P()\n"
    plugin(tmp_path, "[openclaw.providers]\nhouse = openclaw_house:provider\n", code)
    monkeypatch.syspath_prepend(tmp_path)

    assert find_providers()["house-messages"].api == "house-messages"


def test_a_broken_plugin_is_told_and_hurts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plugin(tmp_path, "[openclaw.providers]\nhouse = openclaw_house:gone\n", "")
    monkeypatch.syspath_prepend(tmp_path)

    with caplog.at_level(logging.ERROR):
        providers = find_providers()

    assert "house" not in providers
    assert "the model provider house (openclaw_house:gone) cannot be loaded" in caplog.text


def test_our_own_providers_are_registered_under_the_names_that_the_config_uses() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert project["entry-points"]["openclaw.providers"] == {
        "anthropic": "openclaw.llm.anthropic:provider",
        "offline": "openclaw.llm.offline:provider",
        "openai": "openclaw.llm.openai:provider",
    }


async def test_one_client_serves_all_who_ask_the_same_place_with_the_same_key() -> None:
    provider, clients = CountingProvider(), Clients()

    async def borrow(key: str) -> None:
        async with clients.borrow(provider, endpoint(key)):
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(borrow, "a")
    await borrow("a")

    assert provider.opened == ["a"]
    assert provider.closed == []


async def test_another_key_or_other_headers_need_another_client() -> None:
    provider, clients = CountingProvider(), Clients()

    for wanted in (endpoint("a"), endpoint("b"), endpoint("a", team="kitchen"), endpoint("a")):
        async with clients.borrow(provider, wanted):
            pass

    assert provider.opened == ["a", "b", "a"]


async def test_the_client_of_an_old_key_is_closed_but_never_under_somebody() -> None:
    provider, clients = CountingProvider(), Clients(spare=2)

    async with clients.borrow(provider, endpoint("a")):
        for key in ("b", "c", "d"):
            async with clients.borrow(provider, endpoint(key)):
                pass
        assert "a" not in provider.closed
        assert provider.closed == ["b", "c"]

    await clients.aclose()
    assert sorted(provider.closed) == ["a", "b", "c", "d"]
