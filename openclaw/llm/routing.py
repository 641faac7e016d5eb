"""The headers that tell proxies and their dashboards who asks. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from openclaw.llm.catalog import is_vendors_own
from openclaw.llm.config import RoutingConfig

_PLACE = re.compile(r"\{(agent|session|channel|trace)\}")
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


@dataclass(frozen=True, slots=True)
class Asker:
    agent: str
    session: str
    channel: str
    trace: str
    era: str = ""
    """Changes when the provider's cache of this conversation is worth nothing any more."""

    @property
    def conversation(self) -> str:
        """Stays with the key that answered it last."""
        return f"{self.session}#{self.era}"


def routing_headers(config: RoutingConfig, asker: Asker, base_url: str) -> dict[str, str]:
    own = config.per_agent.get(asker.agent)
    templates = {**config.headers, **(own.headers if own is not None else {})}
    headers = filled(templates, asker)
    if not is_vendors_own(base_url):
        headers.setdefault("x-openclaw-agent", header_value(asker.agent))
    return headers


def filled(templates: Mapping[str, str], asker: Asker) -> dict[str, str]:
    return {name.strip().lower(): header_value(_fill(value, asker)) for name, value in templates.items()}


def _fill(template: str, asker: Asker) -> str:
    # Not `format`: a template may hold other braces, JSON for instance.
    return _PLACE.sub(lambda place: str(getattr(asker, place[1])), template)


def header_value(text: str) -> str:
    """Session keys hold what people typed: what a header cannot carry is percent-encoded, line ends above all."""
    return quote(text, safe=_PRINTABLE).strip()
