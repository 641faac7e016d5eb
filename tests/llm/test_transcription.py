import json
from collections.abc import AsyncIterator

import pytest

from openclaw.llm.config import ProviderEntry
from openclaw.llm.transcription import AudioConfig, AudioModel, Transcriber, TranscriptionError
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from tests.fake.http import Answer, FakeServer, HttpRequest


class Ear(FakeServer):
    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.answer: object = {"text": " Good morning. "}
        self.requests: list[HttpRequest] = []

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.requests.append(request)
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        answer.send(self.status, body)


class Keys:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if reference.text.startswith("env:"):
            raise SecretError(f"{reference.text} is not there")
        return Secret(reference.text)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with Ear() as server:
        yield server


def transcriber(*ears: Ear, **more: object) -> Transcriber:
    names = [f"ear{n}" for n in range(len(ears))]
    providers = {
        name: ProviderEntry(base_url=f"{ear.url}/v1/", api_key=SecretRef("k3y"), headers={"x-who": "me"})
        for name, ear in zip(names, ears, strict=True)
    }
    models = tuple(AudioModel(provider=name, model="whisper-1") for name in names)
    return Transcriber(AudioConfig.model_validate({"models": models, **more}), providers, Keys())


async def test_what_is_said_comes_back_as_text(ear: Ear) -> None:
    assert await transcriber(ear).words(b"OggS...", "U1.ogg", "audio/ogg") == "Good morning."

    (request,) = ear.requests
    assert request.path == "/v1/audio/transcriptions"
    assert request.headers["authorization"] == "Bearer k3y"
    assert request.headers["x-who"] == "me"
    for part in (b"whisper-1", b'filename="U1.ogg"', b"audio/ogg", b"OggS..."):
        assert part in request.body


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (500, {"error": "no"}, "ear0 answered 500"),
        (302, {}, "ear0 answered 302"),
        (200, b"<html>", "not JSON"),
        (200, {"words": []}, "without a text"),
        (200, [], "without a text"),
    ],
)
async def test_why_it_is_not_heard_is_told(ear: Ear, status: int, answer: object, reason: str) -> None:
    ear.status, ear.answer = status, answer

    with pytest.raises(TranscriptionError, match=reason):
        await transcriber(ear).words(b"OggS", "U1.ogg", "audio/ogg")


async def test_the_next_model_is_asked_where_one_fails(ear: Ear) -> None:
    async with Ear() as deaf:
        deaf.status = 503
        assert await transcriber(deaf, ear).words(b"OggS", "U1.ogg", "audio/ogg") == "Good morning."
        deaf.refuse_connections()
        assert await transcriber(deaf, ear).words(b"OggS", "U1.ogg", "audio/ogg") == "Good morning."


async def test_limits_are_kept(ear: Ear) -> None:
    assert await transcriber(ear, maxChars=4).words(b"OggS", "U1.ogg", "audio/ogg") == "Good"
    with pytest.raises(TranscriptionError, match="larger than 3 bytes"):
        await transcriber(ear, maxBytes=3).words(b"OggS", "U1.ogg", "audio/ogg")
    assert len(ear.requests) == 1


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (AudioConfig(), "no model is configured"),
        (
            AudioConfig(enabled=False, models=(AudioModel(provider="openai", model="m"),)),
            "no model is configured",
        ),
        (
            AudioConfig(models=(AudioModel(provider="nobody", model="m"),)),
            r"models\.providers\.nobody\.baseUrl",
        ),
        (AudioConfig(models=(AudioModel(provider="openai", model="m"),)), "env:OPENAI_API_KEY is not there"),
    ],
)
async def test_what_is_missing_in_the_config_is_named(config: AudioConfig, reason: str) -> None:
    silent = Transcriber(config, {}, Keys())

    with pytest.raises(TranscriptionError, match=reason):
        await silent.words(b"OggS", "U1.ogg", "audio/ogg")


def test_without_a_model_nobody_listens() -> None:
    assert not transcriber().able


class Rotated(Keys):
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret("n3w" if fresh else "k3y")


class Strict(Ear):
    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.status = 200 if request.headers["authorization"] == "Bearer n3w" else 401
        await super().handle(request, answer)


async def test_a_key_that_is_refused_is_looked_up_once_more() -> None:
    async with Strict() as strict:
        providers = {"ear": ProviderEntry(base_url=strict.url, api_key=SecretRef("k3y"))}
        config = AudioConfig.model_validate({"models": [{"provider": "ear", "model": "whisper-1"}]})

        assert (
            await Transcriber(config, providers, Rotated()).words(b"", "a.ogg", "audio/ogg")
            == "Good morning."
        )
        with pytest.raises(TranscriptionError, match="answered 401"):
            await Transcriber(config, providers, Keys()).words(b"", "a.ogg", "audio/ogg")
        assert len(strict.requests) == 3
