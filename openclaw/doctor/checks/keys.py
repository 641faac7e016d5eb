"""The models' keys and all other secrets: there, readable, taken by their provider, and not resting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio

from openclaw.doctor.asking import Asking, reason
from openclaw.doctor.checking import apart
from openclaw.doctor.finding import Finding, Put
from openclaw.doctor.premises import Alive, Premises
from openclaw.doctor.references import references
from openclaw.llm import auth_file
from openclaw.llm.catalog import VENDORS, find_provider, needs_key, parse_ref
from openclaw.llm.config import ProviderEntry
from openclaw.llm.profiles import Profile, can_ask_any, profiles_of
from openclaw.llm.survey import profile_row
from openclaw.net.fetched import OutboundError
from openclaw.ops.safekeeping.keeping import SecretsFile, secrets_file
from openclaw.settings.editing.spelling import key_named
from openclaw.settings.problems import at
from openclaw.types.errors import OpenClawError, SecretError

ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a provider's models are listed, which costs nothing."""

    api: str
    base_url: str
    headers: Mapping[str, str]

    @property
    def models_url(self) -> str:
        root = self.base_url.rstrip("/")
        return f"{root}/v1/models" if self.api == "anthropic-messages" else f"{root}/models"

    def with_key(self, key: str) -> dict[str, str]:
        if self.api == "anthropic-messages":
            return {**self.headers, "x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
        return {**self.headers, "authorization": f"Bearer {key}"}


# -- how they fare ----------------------------------------------------------------------------------------


async def resting(premises: Premises) -> Iterable[Finding]:
    now = premises.clock.now_ms()
    if isinstance(premises.daemon, Alive):
        return list(judged(premises.daemon.keys, now))
    return list(judged(await apart(lambda: _rows(premises)), now))


def judged(rows: Sequence[Mapping[str, Any]], now_ms: int) -> Iterator[Finding]:
    """Pure. `rows` as `models.status` has them."""
    for row in rows:
        until = row.get("until")
        if row.get("state") == "ok" or (isinstance(until, int) and until <= now_ms):
            continue
        match row.get("reason"):
            case "billing":
                yield _unpaid(str(row["id"]), until)
            case "auth":
                yield _refused(str(row["id"]), "was refused when it was last used")
            case _:
                yield _cooling(str(row["id"]), until)


def _unpaid(name: str, until: object) -> Finding:
    return Finding(
        "keys.unpaid",
        "error",
        f"The account of the key {name} has no money left, or has met its limit; it rests{_until(until)}.",
        "With no other key the assistant cannot answer.",
        "Add money at the provider, or another key under auth.profiles.",
    )


def _refused(name: str, how: str) -> Finding:
    return Finding(
        "keys.refused",
        "error",
        f"The key {name} {how}.",
        "It is wrong, has expired or was taken back; with no other key the assistant cannot answer.",
        "Make a new key at the provider and put it in the place of the old one: openclaw secrets list, then"
        " openclaw secrets set NAME",
    )


def _cooling(name: str, until: object) -> Finding:
    return Finding(
        "keys.cooling",
        "warn",
        f"The key {name} was asked too much and rests{_until(until)}.",
        "Answers wait that long, unless there is another key or model.",
        "It passes by itself; a second key under auth.profiles helps, or agents.defaults.model.fallbacks.",
    )


def _until(until: object) -> str:
    if not isinstance(until, int):
        return ""
    return f" until {datetime.fromtimestamp(until / 1000).astimezone():%H:%M}"


# -- where they are ---------------------------------------------------------------------------------------


def _document(premises: Premises) -> dict[str, Any]:
    path = premises.paths.agents / premises.agents()[0].id / "agent" / "auth-profiles.json"
    try:
        return auth_file.parse(path.read_bytes())
    except (OSError, ValueError):
        return {}


def _rows(premises: Premises) -> list[dict[str, Any]]:
    """As the file remembers them."""
    document, now = _document(premises), premises.clock.now_ms()
    records = auth_file.records(document)
    rows = []
    for profile in _profiles(premises, document):
        if (record := records.get(profile.id)) is not None:
            troubles = {model: each for model, each in record.troubles.items() if each.active(now)}
            rows.append(profile_row(profile, record.used, troubles))
    return rows


def _profiles(premises: Premises, document: dict[str, Any]) -> list[Profile]:
    settings, stored = premises.settings, auth_file.stored_profiles(document)
    named = [each.provider or name.partition(":")[0] for name, each in settings.auth.profiles.items()]
    every = (*settings.models.providers, *named, *(each.provider for each in stored.values()))
    providers = dict.fromkeys(name.lower() for name in every)
    return [each for name in providers for each in profiles_of(name, settings.models, settings.auth, stored)]


def missing(premises: Premises) -> Iterator[Finding]:
    """Models that somebody is to be answered by and that no key opens. Without any key the offline model answers."""
    document = _document(premises)
    models = premises.settings.models
    if not can_ask_any(models, premises.settings.auth, auth_file.stored_profiles(document)):
        return
    open_to = {profile.provider for profile in _profiles(premises, document)}
    for key, name in _chosen(premises):
        ref = parse_ref(name, models)
        if ref.provider != "offline" and ref.provider not in open_to and _server(ref.provider, premises):
            yield Finding(
                "keys.missing",
                "error",
                f"{key} is {ref}, and there is no key for {ref.provider}.",
                "It cannot answer.",
                f"openclaw secrets set models.providers.{ref.provider}.apiKey",
            )


def _chosen(premises: Premises) -> Iterator[tuple[str, str | None]]:
    agents = premises.settings.agents
    default = agents.defaults.model
    yield "agents.defaults.model", default.primary if default is not None else None
    for place, agent in enumerate(agents.list):
        if agent.model is not None and agent.model.primary:
            yield f"agents.list[{place}].model", agent.model.primary


# -- whether they are taken -------------------------------------------------------------------------------


async def taken(premises: Premises) -> Iterable[Finding]:
    """Each key asks its provider once for the list of models."""
    profiles = await apart(lambda: _profiles(premises, _document(premises)))
    found: dict[str, Finding | None] = {}

    async def ask(profile: Profile, server: Server) -> None:
        found[profile.id] = await _asked(profile, server, premises)

    async with anyio.create_task_group() as group:
        for profile in profiles:
            server = _server(profile.provider, premises)
            if profile.key is not None and server is not None and premises.asking.allowed:
                group.start_soon(ask, profile, server)
    return [each for each in found.values() if each is not None]


def _server(provider: str, premises: Premises) -> Server | None:
    models = premises.settings.models
    entry, vendor = find_provider(provider, models) or ProviderEntry(), VENDORS.get(provider)
    api = entry.api or (vendor.api if vendor is not None else "")
    base_url = entry.base_url or (vendor.base_url if vendor is not None else "")
    if not base_url.startswith(("http://", "https://")) or not needs_key(api, base_url):
        return None
    return Server(api, base_url, entry.headers)


async def _asked(profile: Profile, server: Server, premises: Premises) -> Finding | None:
    assert profile.key is not None
    try:
        key = (await premises.resolver.resolve(profile.key)).reveal().strip()
    except SecretError:
        return None  # told by `unreadable`
    if not key:
        return None
    return await _answer(profile, server, key, premises.asking)


async def _answer(profile: Profile, server: Server, key: str, asking: Asking) -> Finding | None:
    try:
        answer = await asking.get(server.models_url, server.with_key(key))
    except OutboundError as error:
        return Finding(
            "keys.unreachable",
            "warn",
            f"{server.base_url} cannot be reached: {reason(error).replace(key, '***')}.",
            "Until it can be, nobody gets an answer from this provider; whether its key is right is not known.",
            "Look at the network, and at models.providers." + f"{profile.provider}.baseUrl.",
        )
    # Any other answer lets the key in: not every server has a list of models, and not every key may see it.
    if answer.status != HTTPStatus.UNAUTHORIZED:
        return None
    return _refused(profile.id, f"is refused by {server.base_url}")


# -- all secrets ------------------------------------------------------------------------------------------


async def unreadable(premises: Premises) -> Iterable[Finding]:
    """References whose secret cannot be read."""
    if premises.loaded is None:
        return ()
    places: dict[str, list[str]] = {}
    known = {}
    to_be_made = await apart(lambda: _made_at_the_start(premises))
    for key, reference in references(premises.settings):
        if not reference.is_plain and reference.text != to_be_made:
            places.setdefault(reference.text, []).append(key)
            known[reference.text] = reference
    found: dict[str, Finding] = {}

    async def read(text: str) -> None:
        try:
            await premises.resolver.resolve(known[text])
        except SecretError as error:
            moved = await apart(lambda: _moved(text, places[text][0], premises))
            found[text] = _unread(places[text], str(error), moved)

    async with anyio.create_task_group() as group:
        for text in places:
            group.start_soon(read, text)
    return [found[text] for text in places if text in found]


def _made_at_the_start(premises: Premises) -> str:
    """The reference to the token that the first start has yet to make."""
    token = premises.paths.gateway_token
    return "" if token.exists() else f"file:{token}"


def _moved(text: str, name: str, premises: Premises) -> Put | None:
    """To where the secrets file lies now: it is named by its whole path, and the house had another once."""
    file, _, item = text.partition("#")
    ours = SecretsFile(secrets_file(premises.paths))
    if premises.loaded is None or not item or Path(file).parts[-2:] != ours.path.parts[-2:]:
        return None
    try:
        reference = next((ours.reference(each) for each in ours.names() if item == _item(ours, each)), None)
        key = key_named(name, premises.loaded.written)
    except OpenClawError:
        return None
    is_written = at(premises.loaded.written, key) == text
    return Put(key, reference) if reference is not None and reference != text and is_written else None


def _item(ours: SecretsFile, name: str) -> str:
    return ours.reference(name).partition("#")[2]


def _unread(keys: Sequence[str], said: str, moved: Put | None) -> Finding:
    what, _, mend = said.partition(". ")
    mend = mend or "Put the secret where the config says it is."
    if moved is not None:
        mend = (
            "It lies in this house's own secrets file now; to have the config say so: openclaw doctor --fix"
        )
    return Finding(
        "secrets.unreadable",
        "error",
        f"The secret of {' and '.join(keys)} cannot be read: {what.rstrip('.')}.",
        "The part that needs it does not work.",
        mend,
        moved,
    )
