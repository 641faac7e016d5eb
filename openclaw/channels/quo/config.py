"""`channels.quo` of the config file. Quo was called OpenPhone."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.schema import ConfigPart, Ids, OwnPort, SecretField
from openclaw.types import e164

MAX_TEXT = 1600
API_ROOT = "https://api.openphone.com/v1"

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]


def _several(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else [value]


def _number(entry: object) -> object:
    if not isinstance(entry, str):
        return entry
    text = entry.strip().removeprefix("quo:")
    return e164.parse_north_american(text) or text


def _numbers(value: object) -> object:
    return [_number(entry) for entry in (value if isinstance(value, list | tuple) else [value])]


class QuoConfig(ConfigPart):
    enabled: bool = True
    signing_keys: Annotated[tuple[SecretField, ...], BeforeValidator(_several)] = ()
    """Each webhook at Quo has one of its own; any of them will do."""
    api_key: SecretField | None = None
    api_root: str = Field(default=API_ROOT, pattern=r"^https?://[^\s?#]+$")
    from_number: str | None = None
    """`+1…` or `PN…`: what texts leave from that answer nobody. An answer leaves from the number that was texted."""
    agent_id: str | None = None
    """Who answers. Without it: `bindings`, then the default agent."""
    dm_policy: DmPolicy = "open"
    allow_from: Annotated[Ids, BeforeValidator(_numbers)] = ()
    text_chunk_limit: int = Field(default=MAX_TEXT, ge=16, le=MAX_TEXT)
    webhook_port: OwnPort = None
    timeout_seconds: float = Field(default=20, gt=0)

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is no number."""
        return tuple(entry for entry in self.allow_from if _is_sender(entry))

    def problems(self) -> tuple[str, ...]:
        """What is wrong although it can be used, in words that say what to do."""
        return tuple(self._problems()) if self.enabled else ()

    def _problems(self) -> Iterator[str]:
        if not self.signing_keys:
            yield (
                "channels.quo has no signingKeys, and its webhook is not served; copy the signing secret of each"
                " webhook from Quo (Settings, Webhooks)"
            )
        if self.api_key is None:
            yield (
                "channels.quo has no apiKey, and texts that come cannot be answered; make one at Quo (Settings, API)"
            )
        for entry in self.allow_from:
            if not _is_sender(entry):
                yield f"channels.quo.allowFrom: {entry!r} is no number and lets nobody in; write it like +12015550123"


def _is_sender(entry: str) -> bool:
    return entry == "*" or e164.parse(entry) is not None
