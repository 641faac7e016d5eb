"""Speech to text, by whatever speaks OpenAI's `/audio/transcriptions`."""

import json
import logging
from typing import TYPE_CHECKING

import anyio.to_thread
from pydantic import Field

from openclaw.llm.catalog import VENDORS, is_loopback
from openclaw.llm.config import ProviderEntry
from openclaw.schema import ConfigPart
from openclaw.types.errors import OpenClawError, SecretError
from openclaw.types.secrets import Resolver, SecretRef

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

_KEYS = {"openai": "env:OPENAI_API_KEY"}
"""Where a provider's key is looked for when the file names none."""


class AudioModel(ConfigPart):
    provider: str
    """Of `models.providers`, or a known vendor."""
    model: str


class AudioConfig(ConfigPart):
    enabled: bool = True
    models: tuple[AudioModel, ...] = ()
    """Asked one after the other until one answers. None: voice notes are told of and not heard."""
    max_bytes: int = Field(default=20_000_000, gt=0)
    max_chars: int = Field(default=20_000, gt=0)
    timeout_seconds: float = Field(default=60, gt=0)


class MediaToolsConfig(ConfigPart):
    audio: AudioConfig = AudioConfig()


class TranscriptionError(OpenClawError):
    """Nobody could hear it; the text says why."""


class Transcriber:
    def __init__(self, config: AudioConfig, providers: dict[str, ProviderEntry], resolver: Resolver) -> None:
        self._config = config
        self._providers = providers
        self._resolver = resolver

    def adopt(self, config: AudioConfig, providers: dict[str, ProviderEntry]) -> None:
        self._config, self._providers = config, providers

    @property
    def able(self) -> bool:
        return self._config.enabled and bool(self._config.models)

    async def words(self, data: bytes, name: str, media_type: str) -> str:
        """Raises TranscriptionError."""
        if len(data) > self._config.max_bytes:
            raise TranscriptionError(f"it is larger than {self._config.max_bytes:,} bytes")
        problem = "no model is configured for it"
        for model in self._config.models if self._config.enabled else ():
            try:
                return (await self._ask(model, (name, data, media_type)))[: self._config.max_chars]
            except TranscriptionError as error:
                problem = str(error)
                logger.warning("%s", error)
        raise TranscriptionError(problem)

    async def _ask(self, model: AudioModel, file: tuple[str, bytes, str]) -> str:
        import httpx

        entry, vendor = self._providers.get(model.provider), VENDORS.get(model.provider)
        base_url = (entry.base_url if entry else None) or (vendor.base_url if vendor else "")
        if not base_url:
            raise TranscriptionError(f"models.providers.{model.provider}.baseUrl is not set")
        headers, form = entry.headers if entry else {}, {"model": model.model, "response_format": "json"}
        client = await anyio.to_thread.run_sync(_client, base_url, self._config.timeout_seconds)

        async def ask(key: dict[str, str]) -> "httpx.Response":
            place = f"{base_url.rstrip('/')}/audio/transcriptions"
            return await client.post(place, data=form, files={"file": file}, headers={**headers, **key})

        async with client:
            try:
                key = await self._authorization(model, entry)
                answer = await ask(key)
                # It may have been changed where it is kept.
                if answer.status_code == 401:
                    newer = await self._authorization(model, entry, fresh=True)
                    answer = await ask(newer) if newer != key else answer
            except httpx.HTTPError as error:
                raise TranscriptionError(
                    f"{model.provider} cannot be reached: {type(error).__name__}"
                ) from error
        return _text(answer.status_code, answer.content, model.provider)

    async def _authorization(
        self, model: AudioModel, entry: ProviderEntry | None, *, fresh: bool = False
    ) -> dict[str, str]:
        reference = entry.api_key if entry is not None else None
        if reference is None and model.provider in _KEYS:
            reference = SecretRef(_KEYS[model.provider])
        if reference is None:
            return {}
        try:
            key = await self._resolver.resolve(reference, fresh=fresh)
        except SecretError as error:
            raise TranscriptionError(f"no key for {model.provider}: {error}") from error
        return {"authorization": f"Bearer {key.reveal()}"}


def _client(base_url: str, seconds: float) -> "httpx.AsyncClient":
    """Reads the certificates: not for the event loop."""
    import httpx

    # A redirect would carry what was said to wherever it points.
    return httpx.AsyncClient(timeout=seconds, follow_redirects=False, trust_env=not is_loopback(base_url))


def _text(status: int, body: bytes, provider: str) -> str:
    if status != 200:
        raise TranscriptionError(f"{provider} answered {status}")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TranscriptionError(f"{provider} answered something that is not JSON") from error
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise TranscriptionError(f"{provider} answered without a text")
    return text.strip()
